"""Interface of the search stores: requests, results and the protocol that each database implements."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, Self

from django.db import connection

from ..models.edition import Edition, EditionQuerySet
from .query import ParsedQuery
from .search_documents import SearchDocument

MAX_TALLIED: Final = 1_000
"""Maximum number of newest listed matches that are counted."""
NAME_SEARCH_FIELDS: Final = ("head", "author", "source", "keyword")
EXACT_MATCH_SCORE: Final = 1e9
"""Score of a headline equal to the query."""


class ResultRow(NamedTuple):
    """A listed edition that matches. A higher `score` is better; None means not ranked."""

    place: int
    edition: int
    facets: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class StoreRequest:
    query: ParsedQuery
    facets: tuple[str, ...]
    """Facets that must all match."""
    now: dt.datetime


class Tally(NamedTuple):
    """Number of matches, at most MAX_TALLIED, and their facets. If `is_approximate`, some may lack a phrase."""

    total: int
    facets: str
    is_approximate: bool = False

    @classmethod
    def from_rows(cls, rows: Sequence[ResultRow], *, is_approximate: bool = False) -> Self:
        return cls(len(rows), " ".join([row.facets for row in rows]), is_approximate)


NO_TALLY: Final = Tally(0, "")


@dataclass(frozen=True, slots=True)
class StoreResult:
    """Result of a search: `rows` are the newest first, `ranked` the best first.

    `has_more` means more matches than `rows` or than were counted. `tally` is empty if the search does not count.
    """

    rows: Sequence[ResultRow]
    ranked: Sequence[ResultRow] = ()
    has_more: bool = False
    tally: Tally = NO_TALLY


def rank_rows(rows: Sequence[ResultRow], headline_rows: Sequence[ResultRow]) -> list[ResultRow]:
    """Merge and sort rows by score, each place once. Rows without a score are left out."""
    ranked: dict[int, tuple[float, ResultRow]] = {}
    for row in (*rows, *headline_rows):
        score = -1e9 if row.score is None else row.score
        if row.score is not None and score > ranked.get(row.place, (-1e9, row))[0]:
            ranked[row.place] = (score, row)
    return [row for score, row in sorted(ranked.values(), key=lambda one: (-one[0], -one[1].place))]


def parse_count_row(row: Sequence[Any], limit: int, *, is_approximate: bool = False) -> StoreResult:
    """Build a result from a row of (number to count, number found, facets with one line an edition).

    The query must find up to `limit` + 1 editions, so that `has_more` is known.
    """
    n, found, facets, *_ = row
    more = found > limit
    lines = facets or ""
    tally = (
        Tally(n - 1, lines.rpartition("\n")[0], is_approximate) if more else Tally(n, lines, is_approximate)
    )
    return StoreResult((), (), more, tally)


class SearchStore(Protocol):
    """Store of one index. Writes run in the caller's transaction. Searches return editions listed at `StoreRequest.now`."""

    def put(self, documents: Sequence[SearchDocument]) -> None: ...

    def drop(self, places: Sequence[int]) -> None: ...

    def clear(self) -> None: ...

    def optimise(self) -> None:
        """Reduce the index size or refresh statistics. Run occasionally."""

    def places(self) -> set[int]: ...

    def find_ranked(self, ask: StoreRequest, *, enough: int = MAX_TALLIED) -> StoreResult:
        """Count the matches and rank the newest, and older ones whose headline matches. May stop after `enough`."""

    def find_and_count(self, ask: StoreRequest, *, limit: int) -> StoreResult:
        """Return the newest matches, unranked, and a tally."""

    def find_newest(self, ask: StoreRequest, *, before: int | None, limit: int) -> StoreResult:
        """Return the newest matches, from below place `before` if given."""

    def find_newer(self, ask: StoreRequest, *, after: int, limit: int) -> StoreResult:
        """Return the matches just above place `after`, the newest first."""

    def find_by_name(self, ask: StoreRequest, *, limit: int) -> StoreResult:
        """Return the newest matches in headline, author, source or keyword, for suggestions."""

    def build_match_sql(self, query: ParsedQuery) -> tuple[str, list[Any]]:
        """Build SQL and values for the places of all matches. For staff only: unlisted documents are included."""


def build_listed_condition(now: dt.datetime) -> tuple[str, list[Any]]:
    """Build the SQL condition of `EditionQuerySet.listed` on `briefs_edition`, so that the rule is defined once."""
    sql, values = _compile_condition(EditionQuerySet.listed, connection.vendor)
    moment = connection.ops.adapt_datetimefield_value(now)
    return sql, [moment if value == _NOW_PLACEHOLDER else value for value in values]


_NOW_PLACEHOLDER: Final = "\x01"


@lru_cache(8)
def _compile_condition(
    queryset_method: Callable[[EditionQuerySet, dt.datetime], EditionQuerySet], vendor: str
) -> tuple[str, list[Any]]:
    """Compile the condition to SQL once, because compiling takes longer than the query."""
    sometime = dt.datetime(1, 1, 1, 0, 0, 7, tzinfo=dt.UTC)
    rows = queryset_method(EditionQuerySet(Edition), sometime).order_by().values("pk")
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    given = connection.ops.adapt_datetimefield_value(sometime)
    return f"({sql.partition(' WHERE ')[2]})", [
        _NOW_PLACEHOLDER if value == given else value for value in values
    ]
