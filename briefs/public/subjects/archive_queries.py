"""Queries for the archive, which lists briefs by the date of their article."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from ...content import SIDES, Side
from ...models.derived import Card
from ...models.edition import Edition
from .. import editions
from ..editions import EditionRows
from ..keyset import NO_FILTER, KeysetPage, KeysetPaginator
from ..page_keys import PageKey
from .subject_queries import count_by_column


class ArchiveMonth(NamedTuple):
    month: int
    """Year and month as in `Card.article_month`: 202506, or 202500 if only the year is known."""
    brief_count: int


class ArchiveRow(NamedTuple):
    """A brief in a list by article date."""

    pk: int
    date: dt.date
    month: int
    iso_date: str
    """Date to its known precision: 2025, 2025-06 or 2025-06-09."""
    html: str

    @property
    def iso_day(self) -> str:
        """ISO date; empty if the day is not known."""
        return self.iso_date if len(self.iso_date) == len("2025-06-09") else ""


def list_months(now: dt.datetime, year: int | None = None) -> list[ArchiveMonth]:
    """Return article months with their counts, newest first; of one year if given."""
    found = sorted((ArchiveMonth(*row) for row in count_by_column(Card, "article_month", now)), reverse=True)
    return [row for row in found if year in (None, row.month // 100)]


def list_briefs_of_month(
    year: int, month: int, language: Side, now: dt.datetime, page: PageKey
) -> KeysetPage[ArchiveRow]:
    """Return a page of briefs by article day in this month, newest first. Raise MalformedKey."""
    return _month_paginators[language].fetch_page(now, year * 100 + month, page=page)


def list_briefs_of_year(year: int, language: Side, now: dt.datetime, page: PageKey) -> KeysetPage[ArchiveRow]:
    """Like `list_briefs_of_month`, for a year. Articles with only a year come last. Raise MalformedKey."""
    first, end = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    return _year_paginators[language].fetch_page(now, first, end, page=page)


def _select_archive_rows(language: Side, rows: EditionRows) -> EditionRows:
    precise = KeyTextTransform("date", "card__data")
    columns = ("pk", "card__article_date", "card__article_month", precise, "face__entry")
    dated: EditionRows = editions.annotate_face(rows, language).values_list(*columns)
    return dated


def _editions_of_month(now: dt.datetime, month: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where, card__article_month=month)


def _editions_of_year(now: dt.datetime, first: Any, end: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(
        where, card__article_date__gte=first, card__article_date__lt=end
    )


def _prepare_archive(
    build_queryset: Callable[..., EditionRows], *period_types: type
) -> dict[Side, KeysetPaginator[ArchiveRow]]:
    return {
        page: KeysetPaginator(
            build_queryset,
            partial(_select_archive_rows, page),
            ArchiveRow,
            dt.datetime,
            *period_types,
            time_column="card__article_date",
            id_column="card__pk",
        )
        for page in SIDES
    }


_month_paginators = _prepare_archive(_editions_of_month, int)
_year_paginators = _prepare_archive(_editions_of_year, dt.date, dt.date)
