"""Lists of briefs as a page shows them: stored entries under the months on the fold, and the ways on and back."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from ..content import Side
from ..rendering import text
from ..text import dates
from .editions import Row
from .subjects.subject_queries import Dated

NOINDEX = mark_safe('<meta name="robots" content="noindex, follow">')
_DAY = re.compile("<time[^>]*>[^<]*</time>")


class Keyed(Protocol):
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def older(self) -> str: ...
    @property
    def newer(self) -> str: ...


def by_publication(rows: Iterable[Row], page: Side, *, lead: str = "") -> SafeString:
    """Under the months in which we published. `lead` stands for the first entry."""
    parts: list[str] = []
    month = ""
    for row in rows:
        if month != (month := row.published[:7]):
            parts.append(_month(month, dates.month(dt.date.fromisoformat(row.published), page)))
        parts.append(lead or row.html)
        lead = ""
    return _joined(parts)


def by_article(rows: Iterable[Dated], page: Side) -> SafeString:
    """Under the months of the articles, with the article's day on the fold, as far as it is known."""
    parts: list[str] = []
    month = -1
    for row in rows:
        if month != (month := row.month):
            label = dates.month(row.date, page) if month % 100 else year(row.date.year, page)
            parts.append(_month(f"{row.date:%Y-%m}" if month % 100 else f"{row.date.year}", label))
        parts.append(_DAY.sub(_day(row, page), row.html, count=1))  # no backslash in a day
    return _joined(parts)


def year(number: int, page: Side) -> str:
    return f"{number}年" if page == "zh" else str(number)


def paging(sheet: Keyed, here: str, *, newest: bool, page: Side) -> str:
    if sheet.rows and not sheet.older and not sheet.newer:
        return ""
    context = {
        "here": here,
        "older": sheet.older,
        "newer": sheet.newer,
        "newest": newest,
        "empty": not sheet.rows,
    }
    return part("briefs/_paging.html", **context)


def part(template: str, **context: Any) -> SafeString:
    return mark_safe(text.squeeze(render_to_string(template, context)))  # noqa: S308 escaped by the template


def _day(row: Dated, page: Side) -> str:
    """The day of an article known to its day; otherwise nothing, for the month stands above."""
    iso = row.day
    if not iso:
        return ""
    return f'<time datetime="{iso}">{row.date.day}{"日" if page == "zh" else ""}</time>'


def _month(iso: str, label: str) -> str:
    return f'<p class="month"><time datetime="{iso}">{label}</time></p>'


def _joined(parts: Iterable[str]) -> SafeString:
    return mark_safe("\n".join(parts))  # noqa: S308 stored escaped
