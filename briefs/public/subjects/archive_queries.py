"""Queries for the archive, which lists briefs by the date of their article."""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Q

from ...derived.public_brief import BRIEF_COLUMNS
from ...models.derived import EditionPlace
from ...models.edition import Edition
from .. import editions
from ..editions import EditionRows, ListedBrief
from ..keyset import NO_FILTER, KeysetPage, KeysetPaginator
from ..page_keys import PageKey
from .subject_queries import count_by_column


class ArchiveMonth(NamedTuple):
    month: int
    """Year and month as in `EditionPlace.article_month`: 202506, or 202500 if only the year is known."""
    brief_count: int


def list_months(now: dt.datetime, year: int | None = None) -> list[ArchiveMonth]:
    """Return article months with their counts, newest first; of one year if given."""
    found = sorted(
        (ArchiveMonth(*row) for row in count_by_column(EditionPlace, "article_month", now)), reverse=True
    )
    return [row for row in found if year in (None, row.month // 100)]


def list_briefs_of_month(year: int, month: int, now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Return a page of briefs by article day in this month, newest first. Raise MalformedKey."""
    return editions.build_listed(_month_paginator.fetch_page(now, year * 100 + month, page=page))


def list_briefs_of_year(year: int, now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Like `list_briefs_of_month`, for a year. Articles with only a year come last. Raise MalformedKey."""
    first, end = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    return editions.build_listed(_year_paginator.fetch_page(now, first, end, page=page))


def _select_archive_rows(rows: EditionRows) -> EditionRows:
    return rows.values_list("pk", "place__article_date", *BRIEF_COLUMNS)


def _editions_of_month(now: dt.datetime, month: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where, place__article_month=month)


def _editions_of_year(now: dt.datetime, first: Any, end: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(
        where, place__article_date__gte=first, place__article_date__lt=end
    )


def _prepare_archive(build_queryset: Callable[..., EditionRows], *period_types: type) -> KeysetPaginator:
    return KeysetPaginator(
        build_queryset,
        _select_archive_rows,
        dt.datetime,
        *period_types,
        time_column="place__article_date",
        id_column="place__pk",
    )


_month_paginator = _prepare_archive(_editions_of_month, int)
_year_paginator = _prepare_archive(_editions_of_year, dt.date, dt.date)
