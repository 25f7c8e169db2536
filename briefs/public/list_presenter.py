"""Render lists of briefs and their paging links."""

import re
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from ..content import Side
from ..rendering import cards, text
from .editions import BriefListRow
from .keyset import KeysetPage
from .subjects.archive_queries import ArchiveRow

NOINDEX = mark_safe('<meta name="robots" content="noindex, follow">')
_ENTRY_DATES = re.compile(
    r'(<span class="dated nb">.*?</span>)</p>\s*<p class="posted"><time datetime="([0-9-]+)">.*?</p>',
    re.DOTALL,
)


def render_list_by_publication(rows: Iterable[BriefListRow], language: Side, *, heading: str) -> SafeString:
    """Render entries with the year of publication on the fold where it changes."""
    parts = []
    year = ""
    for row in rows:
        if year != (year := row.published_iso_date[:4]):
            parts.append(_render_year_mark(year, language))
        parts.append(row.html)
    return _render_list(parts, heading)


def render_list_by_article_date(rows: Iterable[ArchiveRow], language: Side, *, heading: str) -> SafeString:
    """Render entries with the day of the article on the fold, and the posted date among the facts."""
    return _render_list(
        [_ENTRY_DATES.sub(partial(_swap_dates, row, language), row.html, count=1) for row in rows], heading
    )


def _swap_dates(row: ArchiveRow, language: Side, entry: re.Match[str]) -> str:
    """Return the two dates of an entry in the other order. A month or an issue stays among the facts."""
    article, posted = entry.groups()
    line = cards.render_posted_fact(posted, language)
    if row.iso_day:
        return f"{line}</p>\n{cards.render_fold_date(row.date, language, is_article=True)}"
    return f"{article}{cards.COMMA[language]}{line}</p>"


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
    return mark_safe(f"{_render_list_head(heading)}\n{html}" if html else "")  # noqa: S308 stored escaped


@lru_cache(maxsize=256)
def _render_list_head(heading: str) -> SafeString:
    return text.render_partial("briefs/_list_head.html", heading=heading)
