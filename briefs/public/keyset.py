"""A list of briefs in pages by key: none is skipped or shown twice, whatever is published meanwhile."""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet

from ..database.prepared_query import Prepared
from .page_keys import Place

type Listed = Callable[..., QuerySet[Any, Any]]


class Sheet[R](NamedTuple):
    """One page of a list: its rows, and the keys of what is older and newer; empty where there is nothing."""

    rows: list[R]
    older: str
    newer: str


class Walk[R]:
    """`listed` gives the list from its arguments, the whole or `where` its rows stand: in one filter with what joins them,
    since a second filter would join anew, and give a brief once for each of its keywords. `columns` is what is wanted of a row: its id and place first.

    `at` and `pk` are where the order stands; `size` is how many a page holds.
    """

    def __init__(
        self, listed: Listed, columns: Listed, row: Callable[..., R], *kinds: type, at: str, pk: str, size: Callable[[], int]
    ) -> None:  # fmt: skip
        def ask(*arguments: Any) -> QuerySet[Any, Any]:
            return cut(listed(*arguments).order_by(f"-{at}", f"-{pk}"))

        def older(*arguments: Any) -> QuerySet[Any, Any]:
            there = listed(*arguments[:-2], where=Place(*arguments[-2:]).older(at, pk))
            return cut(there.order_by(f"-{at}", f"-{pk}"))

        def newer(*arguments: Any) -> QuerySet[Any, Any]:
            there = listed(*arguments[:-2], where=Place(*arguments[-2:]).newer(at, pk))
            return cut(there.order_by(at, pk))

        def cut(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
            return columns(rows)[: size() + 1]

        self._row, self._size = row, size
        self._by_day = at.endswith("date")
        place = (dt.date if self._by_day else dt.datetime, int)
        self.questions = (
            Prepared(ask, *kinds),
            Prepared(older, *kinds, *place),
            Prepared(newer, *kinds, *place),
        )

    def sheet(self, *arguments: Any, before: str | None, after: str | None) -> Sheet[R]:
        """Raises Malformed."""
        first, older, newer = self.questions
        upwards = before is None and after is not None
        if before is not None:
            got = older(*arguments, *self._parsed(before))
        elif after is not None:
            got = newer(*arguments, *self._parsed(after))
        else:
            got = first(*arguments)
        more, rows = len(got) > self._size(), got[: self._size()]
        if upwards:
            rows.reverse()
        has_older = bool(rows) if upwards else more
        has_newer = more if upwards else bool(rows) and before is not None
        return Sheet(
            [self._row(*row) for row in rows],
            older=_key(*rows[-1][:2]) if has_older else "",
            newer=_key(*rows[0][:2]) if has_newer else "",
        )

    def _parsed(self, key: str) -> tuple[dt.date, int]:
        place = Place.parse(key)
        return (place.published_at.date() if self._by_day else place.published_at), place.id


def _key(pk: int, at: dt.date) -> str:
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time(), dt.UTC)
    return str(Place(at, pk))
