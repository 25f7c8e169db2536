"""Labels that several screens of the desk share."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..workflow.eyes import FACT_LABELS

FIELD_LABELS: Final[Mapping[str, str | Promise]] = {
    "headline_zh": _("Headline, Chinese"),
    "headline_en": _("Headline, English"),
    "summary_zh": _("Summary, Chinese"),
    "summary_en": _("Summary, English"),
    **FACT_LABELS,
    "picture_alt_zh": _("Alt text, Chinese"),
    "picture_alt_en": _("Alt text, English"),
    "picture_credit": _("Credit"),
    "picture_licence": _("Licence"),
    "picture_x": _("Percent from the left"),
    "picture_y": _("Percent from the top"),
}


def labelled(label: object, text: object) -> str:
    """`Withdrawn: 06:00`, with the marks of the person's language."""
    return gettext("%(label)s: %(text)s") % {"label": label, "text": text}


def remarked(text: object, remark: object) -> str:
    """`06:00 (Asia/Taipei)`."""
    return gettext("%(text)s (%(remark)s)") % {"text": text, "remark": remark}
