"""Render lists of briefs and their paging links."""

from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from ..content import Side
from ..rendering import cards, text
from .editions import ListedBrief
from .keyset import KeysetPage

NOINDEX = mark_safe('<meta name="robots" content="noindex, follow">')


def render_list_by_publication(rows: Iterable[ListedBrief], language: Side, *, heading: str) -> SafeString:
    """Render entries with the year of publication on the fold where it changes."""
    parts = []
    year = ""
    for _, _, brief in rows:
        if year != (year := str(brief.published_day.year)):
            parts.append(_render_year_mark(year, language))
        parts.append(cards.render_entry(brief, language))
    return _render_list(parts, heading)


def render_list_by_article_date(rows: Iterable[ListedBrief], language: Side, *, heading: str) -> SafeString:
    return _render_list([cards.render_archive_entry(brief, day, language) for _, day, brief in rows], heading)


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


def _render_year_mark(year: str, language: Side) -> str:
    return f'<p class="year-mark"><time datetime="{year}">{format_year(year, language)}</time></p>'


def _render_list(parts: Iterable[str], heading: str) -> SafeString:
    """Return the entries below their heading; empty if there is none."""
    html = "\n".join(parts)
    head = text.render_partial("briefs/_list_head.html", heading=heading) if html else ""
    return mark_safe(f"{head}\n{html}" if html else "")  # noqa: S308 escaped by the templates
