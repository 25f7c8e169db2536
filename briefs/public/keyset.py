"""Keyset pagination of brief lists.

A page never skips or repeats a brief, even when briefs are published meanwhile.
"""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from ..database.prepared_query import PreparedQuery
from .page_keys import ListPosition, PageKey, PageSide, build_beyond_condition

PAGE_SIZE = 20
NO_FILTER = Q()

type QuerysetBuilder = Callable[..., QuerySet[Any, Any]]


class KeysetPage[R](NamedTuple):
    """One page of a list, with the keys of the older and newer pages.

    A key is empty if there is no such page. `query_string` is the page's own, empty on the first page.
    """

    rows: list[R]
    older_key: str
    newer_key: str
    query_string: str


class KeysetPaginator:
    """Fetch pages of a queryset ordered by time and id, newest first.

    `build_queryset` takes the query arguments and a `where` condition, and must apply `where` in the same
    filter as its joins: a second filter would join again and repeat a brief for each of its keywords.
    `select_columns` selects the columns of a row, id and time first. `time_column` and `id_column` define
    the order.
    """

    def __init__(
        self, build_queryset: QuerysetBuilder, select_columns: QuerysetBuilder, *argument_types: type, time_column: str, id_column: str
    ) -> None:  # fmt: skip
        def build(side: PageSide, *arguments: Any) -> QuerySet[Any, Any]:
            where, sign = NO_FILTER, "" if side == "after" else "-"
            if side:
                *arguments, time, pk = arguments  # type: ignore[assignment]
                where = build_beyond_condition(
                    "gt" if side == "after" else "lt", time, pk, time_column, id_column
                )
            rows = build_queryset(*arguments, where=where)
            return select_columns(rows.order_by(f"{sign}{time_column}", f"{sign}{id_column}"))[
                : PAGE_SIZE + 1
            ]

        self._orders_by_day = time_column.endswith("date")
        position = (dt.date if self._orders_by_day else dt.datetime, int)
        self.queries: dict[PageSide, PreparedQuery] = {
            "": PreparedQuery(partial(build, ""), *argument_types),
            "before": PreparedQuery(partial(build, "before"), *argument_types, *position),
            "after": PreparedQuery(partial(build, "after"), *argument_types, *position),
        }

    def fetch_page(self, *arguments: Any, page: PageKey) -> KeysetPage[tuple[Any, ...]]:
        """Return a page of the list. Raise MalformedKey."""
        position = self._parse_key(page.position) if page.side else ()
        got = self.queries[page.side](*arguments, *position)
        upwards = page.side == "after"
        more, rows = len(got) > PAGE_SIZE, got[:PAGE_SIZE]
        if upwards:
            rows.reverse()
        has_older = bool(rows) if upwards else more
        has_newer = more if upwards else bool(rows) and page.side == "before"
        return KeysetPage(
            rows,
            older_key=_format_key(*rows[-1][:2]) if has_older else "",
            newer_key=_format_key(*rows[0][:2]) if has_newer else "",
            query_string=f"?{page.side}={page.position}" if page.side else "",
        )

    def _parse_key(self, key: str) -> tuple[dt.date, int]:
        place = ListPosition.parse(key)
        return (place.published_at.date() if self._orders_by_day else place.published_at), place.id


def _format_key(pk: int, at: dt.date) -> str:
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time(), dt.UTC)
    return str(ListPosition(at, pk))
