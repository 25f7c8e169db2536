"""Times and dates in the site's time zone, as people type and read them."""

import datetime as dt

from django.conf import settings
from django.utils import formats, timezone, translation

from .refusals import Reason, build_refusal

_WEEKDAYS_ZH = "一二三四五六日"


def find_moments(naive: dt.datetime) -> list[dt.datetime]:
    """Return the moments of a wall-clock time in the site's zone, the earlier first: none in a gap, two in an overlap.

    Return none for the first and the last year of `datetime`, because conversion to another zone may overflow.
    """
    zone = timezone.get_default_timezone()
    found: dict[dt.datetime, dt.datetime] = {}
    if not dt.MINYEAR < naive.year < dt.MAXYEAR:
        return []
    for fold in (0, 1):
        moment = naive.replace(tzinfo=zone, fold=fold)
        exact = moment.astimezone(dt.UTC)
        if exact.astimezone(zone).replace(tzinfo=None, fold=0) == naive:
            found[exact] = moment
    return list(found.values())


def why_not_past(at: dt.datetime | None, now: dt.datetime) -> list[Reason]:
    """Return a reason against a publication time that is over. An `at` of None is now."""
    if at is None or at > now:
        return []
    values = {"time": f"{timezone.localtime(now):%H:%M}", "zone": settings.TIME_ZONE}
    return [Reason("time-past", values, "at")]


def resolve_local_time(naive: dt.datetime) -> dt.datetime:
    """Return the moment of a wall-clock time. Raise Refused in a gap; in an overlap return the later moment."""
    found = find_moments(naive)
    if not found:
        raise build_refusal("time-gap", about="at", zone=settings.TIME_ZONE)
    return found[-1]


def format_time(moment: dt.datetime) -> str:
    """Format a time of today as 14:05, any other time with its date."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return f"{local:%H:%M}"
    return f"{formats.date_format(local.date(), 'DATE_FORMAT')} {local:%H:%M}"


def format_iso_date(iso: str) -> str:
    """Format a date with its weekday in the active language: 9 June 2025 (Monday)."""
    if len(iso) == 7:
        return formats.date_format(dt.date.fromisoformat(f"{iso}-01"), "YEAR_MONTH_FORMAT")
    date = dt.date.fromisoformat(iso)
    if translation.get_language().startswith("zh"):
        return f"{date.year} 年 {date.month} 月 {date.day} 日（星期{_WEEKDAYS_ZH[date.weekday()]}）"
    return f"{date.day} {date:%B %Y} ({date:%A})"


def format_iso_date_in_sentence(iso: str, *, with_weekday: bool = True) -> str:
    """Format a date for use in a sentence: Monday, 9 June 2025. A month is June 2025."""
    date = dt.date.fromisoformat(iso if len(iso) > 7 else f"{iso}-01")
    chinese = (translation.get_language() or "").startswith("zh")
    if len(iso) == 7:
        return f"{date.year} 年 {date.month} 月" if chinese else f"{date:%B %Y}"
    if chinese:
        return format_iso_date(iso) if with_weekday else f"{date.year} 年 {date.month} 月 {date.day} 日"
    return f"{date:%A}, {date.day} {date:%B %Y}" if with_weekday else f"{date.day} {date:%B %Y}"
