"""Keyset pagination of brief lists.

A page never skips or repeats a brief, even when briefs are published meanwhile.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet

from ..database.prepared_query import PreparedQuery
from .page_keys import ListPosition

type QuerysetBuilder = Callable[..., QuerySet[Any, Any]]


class KeysetPage[R](NamedTuple):
    """One page of a list, with the keys of the older and newer pages.

    A key is empty if there is no such page.
    """

    rows: list[R]
    older_key: str
    newer_key: str


class KeysetPaginator[R]:
    """Fetch pages of a queryset ordered by time and id, newest first.

    `build_queryset` takes the query arguments and an optional `where` condition, and must apply `where` in
    the same filter as its joins: a second filter would join again and repeat a brief for each of its
    keywords. `select_columns` selects the columns of a row, id and time first. `time_column` and
    `id_column` define the order; `page_size` returns the rows per page.
    """

    def __init__(
        self, build_queryset: QuerysetBuilder, select_columns: QuerysetBuilder, build_row: Callable[..., R], *argument_types: type, time_column: str, id_column: str, page_size: Callable[[], int]
    ) -> None:  # fmt: skip
        def ask(*arguments: Any) -> QuerySet[Any, Any]:
            return cut(build_queryset(*arguments).order_by(f"-{time_column}", f"-{id_column}"))

        def older(*arguments: Any) -> QuerySet[Any, Any]:
            there = build_queryset(
                *arguments[:-2], where=ListPosition(*arguments[-2:]).older_condition(time_column, id_column)
            )
            return cut(there.order_by(f"-{time_column}", f"-{id_column}"))

        def newer(*arguments: Any) -> QuerySet[Any, Any]:
            there = build_queryset(
                *arguments[:-2], where=ListPosition(*arguments[-2:]).newer_condition(time_column, id_column)
            )
            return cut(there.order_by(time_column, id_column))

        def cut(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
            return select_columns(rows)[: page_size() + 1]

        self._build_row, self._page_size = build_row, page_size
        self._orders_by_day = time_column.endswith("date")
        place = (dt.date if self._orders_by_day else dt.datetime, int)
        self.queries = (
            PreparedQuery(ask, *argument_types),
            PreparedQuery(older, *argument_types, *place),
            PreparedQuery(newer, *argument_types, *place),
        )

    def fetch_page(self, *arguments: Any, before: str | None, after: str | None) -> KeysetPage[R]:
        """Return the page before or after a key, or the first page. Raise MalformedKey."""
        first, older, newer = self.queries
        upwards = before is None and after is not None
        if before is not None:
            got = older(*arguments, *self._parse_key(before))
        elif after is not None:
            got = newer(*arguments, *self._parse_key(after))
        else:
            got = first(*arguments)
        more, rows = len(got) > self._page_size(), got[: self._page_size()]
        if upwards:
            rows.reverse()
        has_older = bool(rows) if upwards else more
        has_newer = more if upwards else bool(rows) and before is not None
        return KeysetPage(
            [self._build_row(*row) for row in rows],
            older_key=_format_key(*rows[-1][:2]) if has_older else "",
            newer_key=_format_key(*rows[0][:2]) if has_newer else "",
        )

    def _parse_key(self, key: str) -> tuple[dt.date, int]:
        place = ListPosition.parse(key)
        return (place.published_at.date() if self._orders_by_day else place.published_at), place.id


def _format_key(pk: int, at: dt.date) -> str:
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time(), dt.UTC)
    return str(ListPosition(at, pk))
