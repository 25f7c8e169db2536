"""Format dates relative to today, in whole days of the site's time zone."""

import datetime as dt
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


def format_age(moment: dt.datetime, now: dt.datetime) -> str:
    days = days_between(moment, now)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days else _("today")


def format_due(day: dt.date, today: dt.date) -> str:
    """Describe in how many days something is due or for how many days it is overdue."""
    days = (day - today).days
    if days == 0:
        return _("due today")
    if days < 0:
        return ngettext("%(n)s day overdue", "%(n)s days overdue", -days) % {"n": -days}
    return ngettext("due in %(n)s day", "due in %(n)s days", days) % {"n": days}
