"""Format dates in the language of the page: 9 June 2025, 2025年6月9日. On public pages CSS sets gaps around figures."""

import datetime as dt
import re

from briefs.content import Side

ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_SEASONS = {"Spring": "春", "Summer": "夏", "Autumn": "秋", "Fall": "秋", "Winter": "冬"}


def format_day(date: dt.date, side: Side) -> str:
    if side == "zh":
        return f"{date.year}年{date.month}月{date.day}日"
    return f"{date.day} {ENGLISH_MONTHS[date.month - 1]} {date.year}"


def format_short_day(date: dt.date, side: Side) -> str:
    """Format a day without its year: 9 Jun, 6月9日."""
    if side == "zh":
        return f"{date.month}月{date.day}日"
    return f"{date.day} {ENGLISH_MONTHS[date.month - 1][:3]}"


def format_year(number: int | str, side: Side) -> str:
    return f"{number}年" if side == "zh" else str(number)


def format_with_weekday(iso: str, side: Side) -> str:
    """Format an ISO date for the desk: 9 June 2025 (Monday), 2025 年 6 月 9 日（星期一）. A month has no weekday."""
    date = dt.date.fromisoformat(iso if len(iso) > len("2025-06") else f"{iso}-01")
    month = f"{date.year} 年 {date.month} 月" if side == "zh" else f"{date:%B} {date.year}"
    if len(iso) == len("2025-06"):
        return month
    if side == "zh":
        return f"{month} {date.day} 日（星期{'一二三四五六日'[date.weekday()]}）"
    return f"{date.day} {month} ({date:%A})"


def format_month(date: dt.date, side: Side) -> str:
    return f"{date.year}年{date.month}月" if side == "zh" else f"{ENGLISH_MONTHS[date.month - 1]} {date.year}"


def parse_first_day(iso: str) -> dt.date | None:
    """Return the first day of a `Facts.date` (2025, 2025-06 or 2025-06-09), or None if it is no date."""
    try:
        return dt.date.fromisoformat(iso + "0000-01-01"[len(iso) :])
    except ValueError:
        return None


def build_month_key(iso: str) -> int | None:
    """Return the key used by the archive: 202506 for a day or a month, 202500 for a year."""
    first = parse_first_day(iso)
    return first.year * 100 + (first.month if len(iso) > len("2025") else 0) if first else None


def format_article_date(iso: str, label: str, side: Side) -> str:
    """Format an article's date to its precision. An issue's own label ("May/June 2025") takes precedence."""
    date = parse_first_day(iso)
    if label or date is None:
        return (_format_chinese_issue(label) if side == "zh" else "") or label or iso
    if len(iso) == len("2025-06-09"):
        return format_day(date, side)
    return format_month(date, side) if len(iso) == len("2025-06") else format_year(date.year, side)


def _format_chinese_issue(label: str) -> str:
    """Format the label of an issue in Chinese: 2025年5／6月號, 2025年春季號. Return "" for any other label."""
    words = re.fullmatch(r"([A-Z][a-z]+)(?:\s?[/–-]\s?([A-Z][a-z]+))? (\d{4})", label)
    names = [word for word in words.groups()[:2] if word] if words else []
    if words and all(name in ENGLISH_MONTHS for name in names):
        return f"{words[3]}年{'／'.join(str(ENGLISH_MONTHS.index(name) + 1) for name in names)}月號"
    if words and all(name in _SEASONS for name in names):
        return f"{words[3]}年{'／'.join(_SEASONS[name] for name in names)}季號"
    return ""
