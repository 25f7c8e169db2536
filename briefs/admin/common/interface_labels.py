"""Labels shared by several screens."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ...content import Side
from ...facts import FACTS
from ...models.history import SIDE_CHOICES

FIELD_LABELS: Final[Mapping[str, str | Promise]] = {
    "headline_zh": _("Headline, Chinese"),
    "headline_en": _("Headline, English"),
    "summary_zh": _("Summary, Chinese"),
    "summary_en": _("Summary, English"),
    **{name: _(fact.label) for name, fact in FACTS.items()},
    "picture_alt_zh": _("Alt text, Chinese"),
    "picture_alt_en": _("Alt text, English"),
    "picture_credit": _("Credit"),
    "picture_licence": _("Licence"),
    "picture_x": _("Percent from the left"),
    "picture_y": _("Percent from the top"),
}

VOCABULARY_KIND_NAMES: Final[Mapping[str, str | Promise]] = {
    "magazine": pgettext_lazy("source", "magazine"),
    "newspaper": pgettext_lazy("source", "newspaper"),
    "journal": pgettext_lazy("source", "journal"),
    "website": pgettext_lazy("source", "website"),
    "think-tank": pgettext_lazy("source", "think tank"),
    "university": pgettext_lazy("source", "university"),
    "government": pgettext_lazy("source", "government body"),
    "topic": pgettext_lazy("keyword", "topic"),
    "region": pgettext_lazy("keyword", "region"),
    "security": pgettext_lazy("keyword", "security"),
}
"""Labels of the kinds of source and keyword that come with the site. A team may add others."""

SIDE_NAMES: Final[Mapping[str, str | Promise]] = dict(SIDE_CHOICES)


def interface_side() -> Side:
    """Return the language of the interface as a side of a brief."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def format_with_label(label: object, text: object) -> str:
    """Join label and text as in `Withdrawn: 06:00`, with the punctuation of the interface language."""
    return gettext("%(label)s: %(text)s") % {"label": label, "text": text}


def format_with_remark(text: object, remark: object) -> str:
    """Add a remark in brackets, as in `06:00 (Asia/Taipei)`."""
    return gettext("%(text)s (%(remark)s)") % {"text": text, "remark": remark}
