"""Labels shared by several screens, and dates relative to today."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from briefs.content import Side
from briefs.facts import FACTS
from briefs.models.history import SIDE_CHOICES
from briefs.models.people import REVIEW_CHOICES

FIELD_LABELS: Final[Mapping[str, str | Promise]] = {
    "headline_zh": gettext_lazy("Headline, Chinese"),
    "headline_en": gettext_lazy("Headline, English"),
    "summary_zh": gettext_lazy("Summary, Chinese"),
    "summary_en": gettext_lazy("Summary, English"),
    **{name: gettext_lazy(fact.label) for name, fact in FACTS.items()},
    "picture_alt_zh": gettext_lazy("Alt text, Chinese"),
    "picture_alt_en": gettext_lazy("Alt text, English"),
    "key_point": gettext_lazy("Key line"),
    "change_kind": gettext_lazy("Kind of change"),
    "change_note_zh": gettext_lazy("Note on change, Chinese"),
    "change_note_en": gettext_lazy("Note on change, English"),
    "picture_credit": gettext_lazy("Credit"),
    "picture_licence": gettext_lazy("Licence"),
    "picture_x": gettext_lazy("Percent from the left"),
    "picture_y": gettext_lazy("Percent from the top"),
}

REVIEW_LABELS: Final[Mapping[str, str | Promise]] = {
    **dict(REVIEW_CHOICES),
    "": gettext_lazy("As last signed; at first both languages"),
}
"""The language for which a reviewer is asked first."""

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
LEAF_NAMES: Final[Mapping[str, str | Promise]] = {**SIDE_NAMES, "common": gettext_lazy("Facts")}


def interface_side() -> Side:
    """Return the language of the interface as a side of a brief."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def format_issue(number: int) -> str:
    return gettext("Issue %(n)s") % {"n": number}


def format_with_label(label: object, text: object) -> str:
    """Join label and text as in `Withdrawn: 06:00`, with the punctuation of the interface language."""
    return gettext("%(label)s: %(text)s") % {"label": label, "text": text}


def format_with_remark(text: object, remark: object) -> str:
    """Add a remark in brackets, as in `06:00 (Asia/Taipei)`."""
    return gettext("%(text)s (%(remark)s)") % {"text": text, "remark": remark}


# Format dates relative to today, in whole days of the site's time zone.

MAX_RELATIVE_DAYS: Final = 31
"""Age in days after which `format_ago` shows the date itself."""


def days_between(moment: dt.datetime, now: dt.datetime) -> int:
    return (timezone.localtime(now).date() - timezone.localtime(moment).date()).days


def format_ago(moment: dt.datetime, now: dt.datetime) -> str:
    days = days_between(moment, now)
    if days < 1:
        return _("today %(time)s") % {"time": f"{timezone.localtime(moment):%H:%M}"}
    if days == 1:
        return _("yesterday")
    if days > MAX_RELATIVE_DAYS:
        return timezone.localtime(moment).date().isoformat()
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


def format_duration(moment: dt.datetime, now: dt.datetime) -> str:
    """Describe how long ago a moment was, in minutes, hours or days."""
    minutes = max(1, int((now - moment).total_seconds()) // 60)
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    days = days_between(moment, now)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def format_due(day: dt.date, today: dt.date) -> str:
    """Describe in how many days something is due or for how many days it is overdue."""
    days = (day - today).days
    if days == 0:
        return _("due today")
    if days < 0:
        return ngettext("%(n)s day overdue", "%(n)s days overdue", -days) % {"n": -days}
    return ngettext("due in %(n)s day", "due in %(n)s days", days) % {"n": days}
