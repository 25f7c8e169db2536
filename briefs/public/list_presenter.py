"""Render lists of briefs, grouped by month, and their paging links."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from ..content import Side
from ..rendering import text
from ..text import date_format
from .editions import BriefListRow
from .keyset import KeysetPage
from .subjects.archive_queries import ArchiveRow

NOINDEX = mark_safe('<meta name="robots" content="noindex, follow">')
_TIME_ELEMENT = re.compile("<time[^>]*>[^<]*</time>")


def render_list_by_publication(rows: Iterable[BriefListRow], language: Side, *, lead: str = "") -> SafeString:
    """Render entries grouped by month of publication. `lead` replaces the first entry."""
    parts: list[str] = []
    month = ""
    for row in rows:
        if month != (month := row.published_iso_date[:7]):
            parts.append(
                _render_month_heading(
                    month, date_format.format_month(dt.date.fromisoformat(row.published_iso_date), language)
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
                date_format.format_month(row.date, language)
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


def format_year(number: int | str, language: Side) -> str:
    return f"{number}年" if language == "zh" else str(number)


def build_paging_context(page: KeysetPage[Any], list_url: str) -> dict[str, str]:
    """Return the links to other pages of the list. Only its first page is indexed."""
    robots = NOINDEX if page.query_string else ""
    if page.rows and not page.older_key and not page.newer_key:
        return {"robots": robots, "paging": ""}
    links = text.render_partial(
        "briefs/_list_paging.html",
        here=list_url,
        older=page.older_key and f"{list_url}?before={page.older_key}",
        newer=page.newer_key and f"{list_url}?after={page.newer_key}",
        newest=not page.query_string,
        empty=not page.rows,
    )
    return {"robots": robots, "paging": links}


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
