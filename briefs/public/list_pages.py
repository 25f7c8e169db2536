"""Keyset pagination of lists: the address of a page has the key of a position, a time (or article day) and an id."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from briefs.bilingual.text import paths

from .responses import ListView

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = re.compile(
    r"(-?[0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII
)  # below 2⁶⁰, so that no database integer overflows; negative before 1970


type PageSide = Literal["", "before", "after"]


class PageKey(NamedTuple):
    """Requested page: older than (`before`) or newer than (`after`) a list position, or the first page."""

    side: PageSide = ""
    position: str = ""


def read_page_key(request: HttpRequest) -> PageKey:
    sides: tuple[PageSide, ...] = ("before", "after")
    return next((PageKey(side, request.GET[side]) for side in sides if side in request.GET), PageKey())


def build_beyond_condition(
    comparison: Literal["lt", "gt"],
    time: Any,
    pk: Any,
    time_column: str = "published_at",
    id_column: str = "pk",
) -> Q:
    """Select rows below or above a position.

    The redundant first condition lets the database seek in the (time, id) index.
    """
    return Q(**{f"{time_column}__{comparison}e": time}) & (
        Q(**{f"{time_column}__{comparison}": time}) | Q(**{f"{id_column}__{comparison}": pk})
    )


class ListPosition(NamedTuple):
    published_at: dt.datetime
    id: int

    @classmethod
    def parse(cls, key: str) -> Self:
        """Parse the key of an address. Raise Http404."""
        parts = _KEY.fullmatch(key)
        try:
            if parts:
                return cls(_EPOCH + dt.timedelta(microseconds=int(parts[1], 16)), int(parts[2], 16))
        except OverflowError:
            pass
        raise Http404

    def __str__(self) -> str:
        return f"{(self.published_at - _EPOCH) // dt.timedelta(microseconds=1):x}-{self.id:x}"


def build_year_key(year: int) -> str:
    """Return the key of the position before the first article of a year, in a list by article day."""
    return build_key(0, dt.date(year + 1, 1, 1))


PAGE_SIZE = 20


class KeysetPage[R](NamedTuple):
    """One page of a list, with the keys of the older and newer pages.

    A key is empty if there is no such page. `query_string` is the page's own, empty on the first page.
    """

    rows: list[R]
    older_key: str
    newer_key: str
    query_string: str

    def build_links(self, url: str, view: ListView) -> dict[str, Any]:
        """Return the addresses of the older and the newer page, empty if there are none. `url`: of the first page."""
        return {
            "older": self.older_key and paths.with_query(url, f"before={self.older_key}", view.show),
            "newer": self.newer_key and paths.with_query(url, f"after={self.newer_key}", view.show),
        }


def fetch_page(
    rows: QuerySet[Any, Any], page: PageKey, columns: Sequence[Any], *, time: str = "published_at", pk: str = "pk", where: Q | None = None
) -> KeysetPage[tuple[Any, ...]]:  # fmt: skip
    """Return a page of rows of id, time and `columns`, ordered by the columns `time` and `pk`. Raise Http404.

    `where` stands in one filter with the position: a second filter would join again, and repeat a brief for each of its
    keywords.
    """
    where, sign = where or Q(), "" if page.side == "after" else "-"
    if page.side:
        at, row_id = ListPosition.parse(page.position)
        is_day = time.endswith("date")
        where &= build_beyond_condition("lt" if sign else "gt", at.date() if is_day else at, row_id, time, pk)
    ordered = rows.filter(where).order_by(f"{sign}{time}", f"{sign}{pk}").values_list("pk", time, *columns)
    return cut_page(list(ordered[: PAGE_SIZE + 1]), page)


def cut_page[R: tuple[Any, ...]](rows: list[R], page: PageKey) -> KeysetPage[R]:
    """Return a page of rows, newest first. The rows begin with id and time, from the key on, and are one more if there are more."""
    is_upwards = page.side == "after"
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if is_upwards:
        rows.reverse()
    has_older = bool(rows) if is_upwards else more
    has_newer = more if is_upwards else bool(rows) and page.side == "before"
    return KeysetPage(
        rows,
        older_key=build_key(*rows[-1][:2]) if has_older else "",
        newer_key=build_key(*rows[0][:2]) if has_newer else "",
        query_string=f"?{page.side}={page.position}" if page.side else "",
    )


def build_key(pk: int, at: dt.date) -> str:
    """Return the key of a row's position in its list."""
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time(), dt.UTC)
    return str(ListPosition(at, pk))
