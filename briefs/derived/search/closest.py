"""Find the briefs that are closest to a question, where exact search finds none: by its words, and by meaning.

Closest by meaning needs the extra `meaning`; without it the words decide alone.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import nlargest
from typing import Final, NamedTuple

from django.db import connection

from briefs.models.derived import SearchEntry

from . import meaning
from .engines import get_store
from .expansion import Concepts
from .meaning import Closeness
from .name_index import NameIndex
from .query import ParsedQuery, QueryTerm, QueryWord
from .spelling import correct_words
from .store import MAX_TALLIED, ResultRow, StoreRequest, build_listed_condition
from .units import Part, divide_question, expand_word

MAX_HITS: Final = 10
MAX_NEAREST: Final = 3
"""Briefs that are shown although probably none is on the subject."""
_CANDIDATES: Final = 50
"""Briefs that are loaded by their words, and as many by their meaning."""
_WORDS: Final = 0.5
"""Weight of the words beside the meaning."""
_LEAST_CLOSE: Final = {True: 0.28, False: 0.3}
"""Least score of a brief that is close by meaning (True), and by words alone."""


@dataclass(frozen=True, slots=True)
class ClosestAnswer:
    """The closest briefs of a question, the best first."""

    hits: Sequence[ResultRow]
    query: ParsedQuery
    """The question with what was looked up, for highlighting."""
    words: Sequence[str]
    unused: Sequence[str]
    is_by_meaning: bool
    is_close: bool
    """Whether the best one is probably on the subject."""


def find_closest(ask: StoreRequest, concepts: Concepts) -> ClosestAnswer | None:
    """Return the closest briefs, or None if no word and no meaning leads to one. At most seven queries."""
    fixed = tuple(term for term in ask.query.terms if not term.is_flexible)
    request = replace(ask, query=replace(ask.query, terms=fixed))
    parts, unused = divide_question(ask.query, concepts)
    parts, mistyped = _correct(parts, ask.names, concepts)
    if not parts:
        return None
    held = _look_up(parts, request)
    if not held.shares and len(parts) == 1 and parts[0].is_name:
        return None
    closeness = Closeness(_list_question(ask.query), ask.names) if meaning.is_installed() else None
    scored = [
        (_measure_score(row, held, closeness), row) for row in _load_rows(request, held.shares, closeness)
    ]
    ranked = sorted(scored, key=lambda one: (one[0], one[1].place), reverse=True)
    if not ranked:
        return None
    score, best = ranked[0]
    is_close = score >= _LEAST_CLOSE[closeness is not None] and held.has_names(best)
    found = [QueryTerm(tuple(way for unit in part.units for way in unit.phrases)) for part in parts]
    return ClosestAnswer(
        [row._replace(score=score) for score, row in ranked[: MAX_HITS if is_close else MAX_NEAREST]],
        replace(ask.query, terms=(*fixed, *found)),
        [part.text for part in parts],
        [*mistyped, *unused],
        closeness is not None,
        is_close,
    )


def _correct(parts: Sequence[Part], names: NameIndex, concepts: Concepts) -> tuple[list[Part], list[str]]:
    """Correct English words that occur nowhere. Return the parts, and the words that were replaced."""
    words = {part: word.text for part in parts if (word := _get_english_word(part))}
    meant = correct_words(words.values(), names.complete, concepts.words, get_store().find_present)
    mistyped = {part: meant[word] for part, word in words.items() if word in meant}
    corrected = [
        expand_word(mistyped[part], concepts)._replace(is_name=part.is_name) if part in mistyped else part
        for part in parts
    ]
    return corrected, [part.text for part in mistyped]


def _get_english_word(part: Part) -> QueryWord | None:
    (first, *others) = part.units[0].phrases[0]
    is_word = len(part.units) == len(part.units[0].phrases) == 1 and not others and not first.is_han
    return first if is_word else None


def _list_question(query: ParsedQuery) -> str:
    """Return what was typed, without conditions such as fields and exclusions."""
    return " ".join(query.text[slice(*term.span)] for term in query.terms if term.is_flexible)


class _Held(NamedTuple):
    """What the documents hold of a question: the weighted share of its units by place, and the places of each name."""

    shares: Mapping[str, float]
    names: Sequence[Sequence[str]]

    def has_names(self, row: ResultRow) -> bool:
        """Return whether a document has all names of the question. No other word can stand for one."""
        return all(str(row.place) in places for places in self.names)


def _look_up(parts: Sequence[Part], ask: StoreRequest) -> _Held:
    """Look up all units. One query."""
    found = iter(get_store().find_places(ask, [unit for part in parts for unit in part.units]))
    count = _count_documents(ask.names)
    shares: dict[str, float] = {}
    names: list[Sequence[str]] = []
    total = 0.0
    for part in parts:
        places = [next(found) for _ in part.units]
        if part.is_name and len(places) == 1:
            names += places
        for one in _leave_out_accidental_pairs(places):
            weight = math.log(1 + count / (len(one) + 0.5))
            total += weight
            for place in one:
                shares[place] = shares.get(place, 0.0) + weight
    return _Held({place: share / total for place, share in shares.items()}, names)


def _measure_score(row: ResultRow, held: _Held, closeness: Closeness | None) -> float:
    share = held.shares.get(str(row.place), 0.0)
    return round(closeness.of(row.edition) + _WORDS * share if closeness else share, 4)


def _leave_out_accidental_pairs(places: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Leave out pairs of characters that no brief has and whose characters are both in pairs that some have: 武合 in 核武合作."""
    last = len(places) - 1
    return [
        one for n, one in enumerate(places) if one or not (0 < n < last and places[n - 1] and places[n + 1])
    ]


@lru_cache(maxsize=1)
def _count_documents(names: NameIndex) -> int:
    """Count the documents. The number is as old as the names."""
    return max(SearchEntry.objects.count(), 1)


def _load_rows(
    ask: StoreRequest, shares: Mapping[str, float], closeness: Closeness | None
) -> list[ResultRow]:
    """Return the listed editions that are closest by words, and those closest by meaning. At most two queries."""
    best = nlargest(_CANDIDATES, ((round(share, 4), int(place)) for place, share in shares.items()))
    editions: Collection[int] = ()
    if closeness:
        among = None
        if ask.query.terms or ask.list_filters():
            among = {row.edition for row in get_store().find_page(ask, limit=MAX_TALLIED)}
        editions = closeness.list_best(_CANDIDATES, among)
    if not (best or editions):
        return []
    conditions = [
        f"n.{column} IN ({', '.join(map(str, some))})"
        for column, some in (("place", [place for _, place in best]), ("edition_id", editions))
        if some
    ]
    listed, values = build_listed_condition(ask)
    sql = (
        "SELECT n.place, n.edition_id, n.facets FROM briefs_searchentry n"
        " JOIN briefs_edition ON briefs_edition.id = n.edition_id"
        f" WHERE ({' OR '.join(conditions)}) AND {listed}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [ResultRow(*row) for row in cursor.fetchall()]
