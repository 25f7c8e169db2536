"""Requests to the search stores, their results, and the condition that both databases share."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from django.db import connection

from briefs.models.edition import Edition, EditionQuerySet

from .name_index import NO_NAMES, NameIndex, load_name_index
from .query import ParsedQuery, QueryTerm
from .search_documents import NO_SUCH_FACET, build_facet_marks, build_mark_filters
from .units import Unit

MAX_TALLIED: Final = 1_000
"""Maximum number of newest listed matches that are counted."""
NEWEST_PLACES: Final = 3_000
"""Most places of a unit that are looked up, the newest ones."""
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
    names: NameIndex = field(default_factory=load_name_index)

    @classmethod
    def for_texts(cls, query: ParsedQuery) -> Self:
        """Build a request for texts alone, at no particular time."""
        return cls(query, (), _SOME_TIME, NO_NAMES)

    def list_filters(self) -> list[list[str]]:
        """Return lists of marks. A document that passes all filters has one mark of each list."""
        groups = [self.names.list_family(facet) for facet in self.facets]
        return build_mark_filters(groups, self.query.since, self.query.until)

    def list_name_marks(self, term: QueryTerm) -> list[str]:
        """Return the marks of the names that have the term. For one of a field, a mark that no document has if none does."""
        facets = self.names.find_facets(term.alternatives, term.field)
        return build_facet_marks(facets or [NO_SUCH_FACET] * bool(term.field))

    def list_unit_marks(self, unit: Unit) -> list[str]:
        """Return the marks of the month, and of the names that have one of the phrases."""
        facets = [facet for phrase in unit.phrases for facet in self.names.find_facets((phrase,))]
        return build_facet_marks([*facets, *([unit.month] if unit.month else [])])


class Tally(NamedTuple):
    """Number of matches, at most MAX_TALLIED, and their facets. If `is_approximate`, some may lack a phrase."""

    total: int
    facets: str
    is_approximate: bool = False

    @classmethod
    def from_rows(cls, rows: Sequence[ResultRow]) -> Self:
        return cls(len(rows), "\n".join([row.facets for row in rows]))


@dataclass(frozen=True, slots=True)
class StoreResult:
    """Result of a search: `rows` are the newest first, `ranked` the best first.

    `has_more` means more matches than were counted.
    """

    rows: Sequence[ResultRow]
    ranked: Sequence[ResultRow]
    has_more: bool
    tally: Tally


def rank_rows(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Return the best row of each place, the best first. Rows without a score are left out."""
    scored = sorted((row.score, row.place, row) for row in rows if row.score is not None)
    best = {place: (score, row) for score, place, row in scored}
    return [row for _, row in sorted(best.values(), key=lambda one: (one[0], one[1].place), reverse=True)]


def parse_count_row(row: Sequence[Any], limit: int, *, is_approximate: bool = False) -> StoreResult:
    """Build a result from a row of (number of matches, number of rows found, facets with one line per
    edition).

    Rows found may include rows without the phrase, which are not matches. The query must find up to `limit` +
    1 editions, so that `has_more` is known.
    """
    n, found, facets, *_ = row
    lines = facets or ""
    if more := found > limit:
        n, lines = n - 1, lines.rpartition("\n")[0]
    return StoreResult((), (), more, Tally(n, lines, is_approximate))


_SOME_TIME: Final = dt.datetime(1, 1, 1, 0, 0, 7, tzinfo=dt.UTC)
"""Placeholder for the request's time in the compiled condition."""


def build_listed_condition(ask: StoreRequest) -> tuple[str, list[Any]]:
    """Build the SQL condition for listed editions, and for the days of their articles in `n`.

    It is compiled from `EditionQuerySet.listed`, so that the rule is defined once.
    """
    sql, compiled = _compile_listed(connection.vendor)
    adapt = connection.ops.adapt_datetimefield_value
    values = [adapt(ask.now) if value == adapt(_SOME_TIME) else value for value in compiled]
    for comparison, bound in ((">=", ask.query.since), ("<=", ask.query.until)):
        if bound is not None:
            sql += f" AND n.day {comparison} %s"
            values.append(connection.ops.adapt_datefield_value(bound))
    return sql, values


def parse_places(rows: Iterable[tuple[Any, ...]], count: int) -> list[list[str]]:
    """Return the places of each unit, from rows of its number and its places, joined by commas.

    They stay strings: to parse the numbers took as long as the search.
    """
    found: dict[int, str | None] = dict(rows)
    return [places.split(",") if (places := found.get(n)) else [] for n in range(count)]


@lru_cache(2)
def _compile_listed(vendor: str) -> tuple[str, Sequence[Any]]:
    """Compile the condition once per database, because compiling takes longer than the query."""
    rows = EditionQuerySet(Edition).listed(_SOME_TIME).order_by().values("pk")
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    return f"({sql.partition(' WHERE ')[2]})", values
