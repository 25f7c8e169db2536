"""What a store is asked and what it answers: the whole of the interface. A third store is a third class."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, Self

from django.db import connection

from ..models.edition import Edition, Editions
from .documents import Document
from .query import Query

MOST: Final = 1_000
"""Ranked and counted: the newest that are listed."""
NAMES: Final = ("head", "author", "source", "keyword")
EXACTLY: Final = 1e9
"""The score of what is called exactly as was typed."""


class Row(NamedTuple):
    """A listed edition that was found. `score` is higher for the better; None for what was not ranked."""

    place: int
    edition: int
    facets: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    query: Query
    facets: tuple[str, ...]
    """All of these."""
    now: dt.datetime


class Tally(NamedTuple):
    """How many there are, at most MOST, with all their facets; `about` says that some may lack a phrase."""

    n: int
    facets: str
    about: bool = False

    @classmethod
    def of(cls, rows: Sequence[Row], *, about: bool = False) -> Self:
        return cls(len(rows), " ".join([row.facets for row in rows]), about)


NO_TALLY: Final = Tally(0, "")


@dataclass(frozen=True, slots=True)
class Found:
    """`rows` are the newest listed, as many as were asked for, the newest first; `best` is what was ranked, the best first.

    `more` says that there are more than `rows`, or than were counted. `tally` is empty where nobody counted.
    """

    rows: Sequence[Row]
    best: Sequence[Row] = ()
    more: bool = False
    tally: Tally = NO_TALLY


def best(rows: Sequence[Row], heads: Sequence[Row]) -> list[Row]:
    """By rank, each once; `heads` may be older than `rows` reach. Those without a score are left out."""
    ranked: dict[int, tuple[float, Row]] = {}
    for row in (*rows, *heads):
        score = -1e9 if row.score is None else row.score
        if row.score is not None and score > ranked.get(row.place, (-1e9, row))[0]:
            ranked[row.place] = (score, row)
    return [row for score, row in sorted(ranked.values(), key=lambda one: (-one[0], -one[1].place))]


def counted(row: Sequence[Any], most: int, *, about: bool = False) -> Found:
    """From a row of how many are to be counted, how many were found, and all facets, a line an edition: of at most one
    more than `most`.
    """
    n, found, facets, *_ = row
    more = found > most
    lines = facets or ""
    tally = Tally(n - 1, lines.rpartition("\n")[0], about) if more else Tally(n, lines, about)
    return Found((), (), more, tally)


class Store(Protocol):
    """Writes run in the caller's transaction. Reads see what is listed at `Ask.now` and nothing else."""

    def put(self, documents: Sequence[Document]) -> None: ...

    def drop(self, places: Sequence[int]) -> None: ...

    def clear(self) -> None: ...

    def tidy(self) -> None:
        """What may be done now and then to make it smaller or faster."""

    def places(self) -> set[int]: ...

    def ranked(self, ask: Ask, *, enough: int = MOST) -> Found:
        """A tally, and in `best` the newest that match and those, however old, whose headline does; it may end after
        `enough`.
        """

    def counted(self, ask: Ask, *, limit: int) -> Found:
        """The newest that match, in no rank, and a tally of them all."""

    def newest(self, ask: Ask, *, before: int | None, limit: int) -> Found:
        """From a place on, as far back as it goes."""

    def above(self, ask: Ask, *, after: int, limit: int) -> Found:
        """Those next to a place on its newer side; the newest first, as everywhere."""

    def named(self, ask: Ask, *, limit: int) -> Found:
        """The newest whose headline, author, source or keyword matches: for suggestions."""

    def all(self, query: Query) -> tuple[str, list[Any]]:
        """SQL and its values for the places of all that match, whoever may see them: for the desk alone."""


def listed(now: dt.datetime) -> tuple[str, list[Any]]:
    """`Editions.listed`, as a condition on the table `briefs_edition`: there is one word for what is public."""
    sql, values = _compiled(Editions.listed, connection.vendor)
    moment = connection.ops.adapt_datetimefield_value(now)
    return sql, [moment if value == _SOMETIME else value for value in values]


_SOMETIME: Final = "\x01"


@lru_cache(8)
def _compiled(word: Callable[[Editions, dt.datetime], Editions], vendor: str) -> tuple[str, list[Any]]:
    """Put into SQL once: that takes longer than asking."""
    sometime = dt.datetime(1, 1, 1, 0, 0, 7, tzinfo=dt.UTC)
    rows = word(Editions(Edition), sometime).order_by().values("pk")
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    given = connection.ops.adapt_datetimefield_value(sometime)
    return f"({sql.partition(' WHERE ')[2]})", [_SOMETIME if value == given else value for value in values]
