"""What a store is asked and what it answers: the whole of the interface. A third store is a third class."""

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
"""Ranked and counted: the newest that are listed."""
NAME_SEARCH_FIELDS: Final = ("head", "author", "source", "keyword")
EXACT_MATCH_SCORE: Final = 1e9
"""The score of what is called exactly as was typed."""


class ResultRow(NamedTuple):
    """A listed edition that was found. `score` is higher for the better; None for what was not ranked."""

    place: int
    edition: int
    facets: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class StoreRequest:
    query: ParsedQuery
    facets: tuple[str, ...]
    """All of these."""
    now: dt.datetime


class Tally(NamedTuple):
    """How many there are, at most MOST, with all their facets; `about` says that some may lack a phrase."""

    total: int
    facets: str
    is_approximate: bool = False

    @classmethod
    def from_rows(cls, rows: Sequence[ResultRow], *, is_approximate: bool = False) -> Self:
        return cls(len(rows), " ".join([row.facets for row in rows]), is_approximate)


NO_TALLY: Final = Tally(0, "")


@dataclass(frozen=True, slots=True)
class StoreResult:
    """`rows` are the newest listed, as many as were asked for, the newest first; `best` is what was ranked, the best first.

    `more` says that there are more than `rows`, or than were counted. `tally` is empty where nobody counted.
    """

    rows: Sequence[ResultRow]
    ranked: Sequence[ResultRow] = ()
    has_more: bool = False
    tally: Tally = NO_TALLY


def rank_rows(rows: Sequence[ResultRow], headline_rows: Sequence[ResultRow]) -> list[ResultRow]:
    """By rank, each once; `heads` may be older than `rows` reach. Those without a score are left out."""
    ranked: dict[int, tuple[float, ResultRow]] = {}
    for row in (*rows, *headline_rows):
        score = -1e9 if row.score is None else row.score
        if row.score is not None and score > ranked.get(row.place, (-1e9, row))[0]:
            ranked[row.place] = (score, row)
    return [row for score, row in sorted(ranked.values(), key=lambda one: (-one[0], -one[1].place))]


def parse_count_row(row: Sequence[Any], limit: int, *, is_approximate: bool = False) -> StoreResult:
    """From a row of how many are to be counted, how many were found, and all facets, a line an edition: of at most one
    more than `most`.
    """
    n, found, facets, *_ = row
    more = found > limit
    lines = facets or ""
    tally = (
        Tally(n - 1, lines.rpartition("\n")[0], is_approximate) if more else Tally(n, lines, is_approximate)
    )
    return StoreResult((), (), more, tally)


class SearchStore(Protocol):
    """Writes run in the caller's transaction. Reads see what is listed at `Ask.now` and nothing else."""

    def put(self, documents: Sequence[SearchDocument]) -> None: ...

    def drop(self, places: Sequence[int]) -> None: ...

    def clear(self) -> None: ...

    def optimise(self) -> None:
        """What may be done now and then to make it smaller or faster."""

    def places(self) -> set[int]: ...

    def find_ranked(self, ask: StoreRequest, *, enough: int = MAX_TALLIED) -> StoreResult:
        """A tally, and in `best` the newest that match and those, however old, whose headline does; it may end after
        `enough`.
        """

    def find_and_count(self, ask: StoreRequest, *, limit: int) -> StoreResult:
        """The newest that match, in no rank, and a tally of them all."""

    def find_newest(self, ask: StoreRequest, *, before: int | None, limit: int) -> StoreResult:
        """From a place on, as far back as it goes."""

    def find_newer(self, ask: StoreRequest, *, after: int, limit: int) -> StoreResult:
        """Those next to a place on its newer side; the newest first, as everywhere."""

    def find_by_name(self, ask: StoreRequest, *, limit: int) -> StoreResult:
        """The newest whose headline, author, source or keyword matches: for suggestions."""

    def build_match_sql(self, query: ParsedQuery) -> tuple[str, list[Any]]:
        """SQL and its values for the places of all that match, whoever may see them: for the desk alone."""


def build_listed_condition(now: dt.datetime) -> tuple[str, list[Any]]:
    """`Editions.listed`, as a condition on the table `briefs_edition`: there is one word for what is public."""
    sql, values = _compile_condition(EditionQuerySet.listed, connection.vendor)
    moment = connection.ops.adapt_datetimefield_value(now)
    return sql, [moment if value == _NOW_PLACEHOLDER else value for value in values]


_NOW_PLACEHOLDER: Final = "\x01"


@lru_cache(8)
def _compile_condition(
    queryset_method: Callable[[EditionQuerySet, dt.datetime], EditionQuerySet], vendor: str
) -> tuple[str, list[Any]]:
    """Put into SQL once: that takes longer than asking."""
    sometime = dt.datetime(1, 1, 1, 0, 0, 7, tzinfo=dt.UTC)
    rows = queryset_method(EditionQuerySet(Edition), sometime).order_by().values("pk")
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    given = connection.ops.adapt_datetimefield_value(sometime)
    return f"({sql.partition(' WHERE ')[2]})", [
        _NOW_PLACEHOLDER if value == given else value for value in values
    ]
