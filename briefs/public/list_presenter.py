"""Render lists of briefs, grouped by month, and their paging links."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from ..content import Side
from ..rendering import text
from ..text import dates
from .editions import BriefListRow
from .subjects.subject_queries import ArchiveRow

NOINDEX = mark_safe('<meta name="robots" content="noindex, follow">')
_TIME_ELEMENT = re.compile("<time[^>]*>[^<]*</time>")


class PagedList(Protocol):
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def older_key(self) -> str: ...
    @property
    def newer_key(self) -> str: ...


def render_list_by_publication(rows: Iterable[BriefListRow], language: Side, *, lead: str = "") -> SafeString:
    """Render entries grouped by month of publication. `lead` replaces the first entry."""
    parts: list[str] = []
    month = ""
    for row in rows:
        if month != (month := row.published_iso_date[:7]):
            parts.append(
                _render_month_heading(
                    month, dates.format_month(dt.date.fromisoformat(row.published_iso_date), language)
                )
            )
        parts.append(lead or row.html)
        lead = ""
    return _join_html(parts)


def render_list_by_article_date(rows: Iterable[ArchiveRow], language: Side) -> SafeString:
    """Render entries grouped by month of the article, showing the article's day if known."""
    parts: list[str] = []
    month = -1
    for row in rows:
        if month != (month := row.month):
            label = (
                dates.format_month(row.date, language)
                if month % 100
                else format_year(row.date.year, language)
            )
            parts.append(
                _render_month_heading(f"{row.date:%Y-%m}" if month % 100 else f"{row.date.year}", label)
            )
        parts.append(
            _TIME_ELEMENT.sub(_render_day(row, language), row.html, count=1)
        )  # the replacement has no backslash to escape
    return _join_html(parts)


def format_year(number: int, language: Side) -> str:
    return f"{number}年" if language == "zh" else str(number)


def render_paging(paged_list: PagedList, list_url: str, *, is_first_page: bool, language: Side) -> str:
    if paged_list.rows and not paged_list.older_key and not paged_list.newer_key:
        return ""
    context = {
        "here": list_url,
        "older": paged_list.older_key,
        "newer": paged_list.newer_key,
        "newest": is_first_page,
        "empty": not paged_list.rows,
    }
    return render_partial("briefs/_list_paging.html", **context)


def render_partial(template: str, **context: Any) -> SafeString:
    return mark_safe(text.strip_indentation(render_to_string(template, context)))  # noqa: S308 escaped by the template


def _render_day(row: ArchiveRow, language: Side) -> str:
    """Return the article's day as HTML; empty if only its month or year is known."""
    iso = row.iso_day
    if not iso:
        return ""
    return f'<time datetime="{iso}">{row.date.day}{"日" if language == "zh" else ""}</time>'


def _render_month_heading(iso: str, label: str) -> str:
    return f'<p class="month"><time datetime="{iso}">{label}</time></p>'


def _join_html(parts: Iterable[str]) -> SafeString:
    return mark_safe("\n".join(parts))  # noqa: S308 stored escaped
