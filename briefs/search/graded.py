"""Find the briefs that hold most of a question, where exact search finds none, and grade how much each holds."""

import datetime as dt
import json
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import nlargest
from itertools import accumulate, pairwise
from typing import Any, Final, Literal, NamedTuple

from django.db import connection

from briefs.content import SIDES
from briefs.lexicon import translations
from briefs.models.derived import SearchEntry

from . import get_store
from .analysis import fold
from .expansion import Concepts
from .highlighting import TextSpan, find_spans_folded
from .name_index import NameIndex
from .query import ParsedQuery, Phrase, QueryTerm
from .question import Question, Unit
from .store import Lookup, ResultRow, StoreRequest, build_listed_condition
from .wordings import NEAR_WORD, SURE, Wording, WordSource, join_neighbours

type Grade = Literal["all", "closest", "part"]

_MAX_HITS: Final[Mapping[Grade, int]] = {"all": 10, "closest": 10, "part": 3}
_HELD: Final = 0.85
"""Least quality of the wording by which a brief holds a unit, if it is to hold all."""
_CLOSEST: Final = 0.54
_PART: Final = 0.22
"""Least coverage of these grades."""
_MAX_LOADED: Final = 20
_NEWEST_NEAR: Final = 300
_NEAR_WEIGHT: Final = 0.4
_COVERAGE, _BEST_POINT, _HEADLINE, _PHRASE = 0.55, 0.30, 0.15, 0.10
_KEYWORD_FACTOR: Final = 0.5
_NAME_PRIOR, _SUFFIX_PRIOR = 1.3, 0.15
_GENERAL_FROM, _GENERAL_SLOPE = 40, 0.35
"""A word whose stem more Chinese words share than this is general, and has a lower prior."""
_LEAST_RARITY: Final = {True: 0.4, False: 0.25}
"""Of a name (True), and of other words."""
_MAX_UNFOUND: Final = 0.7
"""Greatest weight of a word of the dictionary that no brief has."""
_MAX_UNKNOWN: Final = 0.4
"""Greatest weight of Chinese characters that no brief and no dictionary has, mostly parts of two words."""
_NEAR_CHARACTERS: Final = {True: 12, False: 70}
"""Greatest distance of neighbouring units in Chinese (True) and in English."""
_MIN_NEAR_QUALITY: Final = 0.75
_MAX_NEAR_PHRASES: Final = 4
_OWN_TEXTS: Final = ("headline", "summary")
_NAMES: Final = -1
"""Number of the part that stands for the names of a brief."""


class GradedHit(NamedTuple):
    """A brief that holds a question in part. `holds`, `lacks`: words as typed."""

    row: ResultRow
    holds: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """The closest briefs of a question, the best first, all of the same grade."""

    grade: Grade
    hits: Sequence[GradedHit]
    query: ParsedQuery
    """The question with all wordings, for highlighting."""
    words: Sequence[str]
    also: Sequence[str]
    """Renderings, corrections and translations by which the hits were found."""
    left_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Weighed:
    unit: Unit
    wordings: Sequence[Wording]
    weight: float
    facets: Sequence[frozenset[str]]
    """Facets of the names that have each wording."""


def find_closest(ask: StoreRequest, concepts: Concepts) -> GradedAnswer | None:
    """Return the briefs that hold most of a question, or None if none holds enough. Three queries, and one after a change."""
    fixed = tuple(term for term in ask.query.terms if not term.is_flexible)
    request = replace(ask, query=replace(ask.query, terms=fixed))
    question, source = Question(ask.query, concepts), WordSource(concepts, ask.names.complete)
    source.present = get_store().find_present(source.list_probes(question))
    units, left_out = question.divide(source.present)
    if not units:
        return None
    wordings = [source.list_wordings(unit) for unit in units]
    join_neighbours(units, wordings, source.present)
    weighed, places = _choose_places(request, units, wordings)
    candidates = [_score(row, weighed) for row in _load_rows(request, places)]
    return _answer(ask.query, fixed, weighed, left_out, candidates)


# Candidates


def _choose_places(
    ask: StoreRequest, units: Sequence[Unit], wordings: Sequence[Sequence[Wording]]
) -> tuple[list[_Weighed], list[int]]:
    """Weigh the units, and return the places of the most promising documents. One query."""
    lookups: list[Lookup] = []
    for unit, some in zip(units, wordings, strict=True):
        lookups += [
            Lookup(wording.phrases, month=unit.month if n == 0 else "") for n, wording in enumerate(some)
        ]
    heads = [Lookup(_list_near_phrases(some), is_headline=True, newest=_NEWEST_NEAR) for some in wordings]
    pairs = [
        Lookup(_list_near_phrases(one), _list_near_phrases(other), newest=_NEWEST_NEAR)
        for one, other in pairwise(wordings)
    ]
    found = iter(get_store().find_places(ask, [*lookups, *heads, *pairs]))
    count = _count_documents(ask.names)
    scores: dict[str, float] = {}
    weighed: list[_Weighed] = []
    for unit, some in zip(units, wordings, strict=True):
        best: dict[str, float] = {}
        sure = 0
        for wording in some:
            places = next(found)
            sure = sure or (len(places) if wording.quality in (SURE, NEAR_WORD) else 0)
            quality = wording.quality / (len(wording.phrases) if wording.is_share else 1)
            for place in places:
                best.setdefault(place, quality)
        weight = _weigh(unit, sure, count)
        facets = [_find_facets(wording, ask.names) for wording in some]
        weighed.append(_Weighed(unit, some, weight, facets))
        for place, quality in best.items():
            scores[place] = scores.get(place, 0.0) + weight * quality
    weights = [one.weight for one in weighed]
    for weight in (*weights, *((one + other) / 2 for one, other in pairwise(weights))):
        for place in next(found):
            scores[place] = scores.get(place, 0.0) + _NEAR_WEIGHT * weight
    best_places = nlargest(_MAX_LOADED, zip(scores.values(), scores, strict=True))
    return weighed, [int(place) for _, place in best_places]


def _list_near_phrases(wordings: Sequence[Wording]) -> tuple[Phrase, ...]:
    """Return the phrases that are looked up in headlines and near others. Many synonyms would find everything."""
    good = [
        phrase
        for wording in wordings
        if wording.quality >= _MIN_NEAR_QUALITY and not wording.is_share
        for phrase in wording.phrases
    ]
    return tuple(good[:_MAX_NEAR_PHRASES])


def _weigh(unit: Unit, found: int, count: int) -> float:
    """Return the weight of a unit: how special the word is in general, times how rare it is among the documents."""
    if unit.is_suffix:
        return _SUFFIX_PRIOR
    counts = translations.count_words(unit.stems).values()
    general = max(min(counts, default=0), _GENERAL_FROM)
    prior = _NAME_PRIOR if unit.is_name else 1 / (1 + _GENERAL_SLOPE * math.log(general / _GENERAL_FROM))
    rarity = math.log(1 + count / (found + 0.5)) / math.log(1 + count / 0.5)
    weight = prior * max(rarity, _LEAST_RARITY[unit.is_name])
    if found or not (unit.stems or unit.is_han):
        return weight
    return min(weight, _MAX_UNFOUND if unit.stems else _MAX_UNKNOWN)


@lru_cache(maxsize=1)
def _count_documents(names: NameIndex) -> int:
    """Count the documents. The number is as old as the names."""
    return max(SearchEntry.objects.count(), 1)


# Load and score


class _Row(NamedTuple):
    place: int
    edition: int
    facets: str
    day: dt.date | None
    content: dict[str, Any]


def _load_rows(ask: StoreRequest, places: Sequence[int]) -> list[_Row]:
    """Return the listed editions at these places, within the days of the query. One query."""
    if not places:
        return []
    listed, values = build_listed_condition(ask)
    sql = (
        "SELECT n.place, n.edition_id, n.facets, n.day, briefs_edition.content FROM briefs_searchentry n"
        " JOIN briefs_edition ON briefs_edition.id = n.edition_id"
        f" WHERE n.place IN ({', '.join(['%s'] * len(places))}) AND {listed}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*places, *values])
        return [
            _Row(place, edition, facets, _read_day(day), json.loads(content))
            for place, edition, facets, day, content in cursor.fetchall()
        ]


def _read_day(value: dt.date | str | None) -> dt.date | None:
    """Return the day of a row. SQLite gives a string."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


class _Candidate(NamedTuple):
    row: _Row
    score: float
    coverage: float
    qualities: Sequence[float]
    """Best quality of each unit."""
    shown: Mapping[Phrase, str]
    """The phrases that the brief has, as it writes them."""


def _list_parts(content: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the texts of a brief with the number of their part: 0 the headline, 1 the summary, then the points; names are -1."""
    for number, name in enumerate(_OWN_TEXTS):
        yield from ((number, content.get(f"{name}_{side}", "")) for side in SIDES)
    for number, bullet in enumerate(content.get("bullets", ()), start=len(_OWN_TEXTS)):
        yield from ((number, bullet.get(f"text_{side}", "")) for side in SIDES)
    facts = content.get("facts", {})
    yield _NAMES, facts.get("title", "")
    for line in facts.get("authors", ()):
        yield from ((_NAMES, line.get(f"affiliation_{side}", "")) for side in SIDES)


def _score(row: _Row, weighed: Sequence[_Weighed]) -> _Candidate:
    numbers, texts = zip(*_list_parts(row.content), strict=True)
    folded_texts = list(map(fold, texts))
    starts = [0, *accumulate(len(text) + 1 for text in folded_texts)]
    folded, original = "\n".join(folded_texts), "\n".join(texts)
    original = original if len(original) == len(folded) else folded
    phrases = [phrase for one in weighed for wording in one.wordings for phrase in wording.phrases]
    spans = find_spans_folded(folded, phrases)
    places = {
        phrase: [(bisect_right(starts, span[0]) - 1, span) for span in found]
        for phrase, found in spans.items()
    }
    total = sum(one.weight for one in weighed)
    by_unit = [_measure_unit(one, row, places, numbers) for one in weighed]

    def measure(number: int) -> float:
        return sum(one.weight * has[number] for one, has in zip(weighed, by_unit, strict=True)) / total

    qualities = [max(has.values(), default=0) for has in by_unit]
    coverage = sum(one.weight * quality for one, quality in zip(weighed, qualities, strict=True)) / total
    points = {number for number in numbers if number > 0}
    near = [_are_near(*two) for two in pairwise(_list_places(one, places) for one in weighed)]
    score = (
        _COVERAGE * coverage
        + _BEST_POINT * max(map(measure, points), default=0)
        + _HEADLINE * measure(0)
        + _PHRASE * (sum(near) / len(near) if near else 0)
    )
    shown = {phrase: original[slice(*spans[phrase][0])] for phrase in phrases if spans[phrase]}
    return _Candidate(row, score, coverage, qualities, shown)


type _Places = Mapping[Phrase, Sequence[tuple[int, TextSpan]]]
"""Index of the text and span of each place that has a phrase."""


def _measure_unit(one: _Weighed, row: _Row, places: _Places, numbers: Sequence[int]) -> dict[int, float]:
    """Return the best quality with which each part of a brief has a unit."""
    facets = row.facets.split()
    by_part: dict[int, float] = defaultdict(float)
    for wording, named in zip(one.wordings, one.facets, strict=True):
        has = Counter(
            number for phrase in wording.phrases for number in {numbers[n] for n, _ in places[phrase]}
        )
        for number, count in has.items():
            share = count / len(wording.phrases) if wording.is_share else 1
            by_part[number] = max(by_part[number], wording.quality * share)
        if found := named.intersection(facets):
            factor = 1 if any(facet[0] != "k" for facet in found) else _KEYWORD_FACTOR
            by_part[_NAMES] = max(by_part[_NAMES], wording.quality * factor)
    if (one.unit.day and one.unit.day == row.day) or (not one.unit.day and one.unit.month in facets):
        by_part[_NAMES] = SURE
    return by_part


def _list_places(one: _Weighed, places: _Places) -> list[tuple[int, TextSpan]]:
    whole = (wording for wording in one.wordings if not wording.is_share)
    return [place for wording in whole for phrase in wording.phrases for place in places[phrase]]


def _find_facets(wording: Wording, names: NameIndex) -> frozenset[str]:
    """Return the facets of the names that have one of the phrases. Part of a name is not enough."""
    phrases = () if wording.is_share else wording.phrases
    return frozenset(facet for phrase in phrases for facet in names.find_facets((phrase,)))


def _are_near(ones: Sequence[tuple[int, TextSpan]], others: Sequence[tuple[int, TextSpan]]) -> bool:
    """Return whether two units are near each other in one text."""
    by_text: dict[int, list[TextSpan]] = defaultdict(list)
    for n, span in others:
        by_text[n].append(span)
    for n, (start, end) in ones:
        limit = _NEAR_CHARACTERS[n % 2 == 0]
        if any(max(first - end, start - last) <= limit for first, last in by_text.get(n, ())):
            return True
    return False


# Grade


def _answer(
    query: ParsedQuery,
    fixed: tuple[QueryTerm, ...],
    weighed: Sequence[_Weighed],
    left_out: Sequence[str],
    candidates: Sequence[_Candidate],
) -> GradedAnswer | None:
    ranked = sorted(candidates, key=lambda one: (-one.score, -one.row.place))
    grades = [_grade(one, weighed) for one in ranked]
    grade: Grade | None = next((one for one in ("all", "closest", "part") if one in grades), None)
    if grade is None:
        return None
    kept = [one for one, of_it in zip(ranked, grades, strict=True) if of_it == grade][: _MAX_HITS[grade]]
    own = [one.unit for one in weighed if not one.unit.is_suffix]
    shown = {phrase: written for one in reversed(kept) for phrase, written in one.shown.items()}
    terms = [
        QueryTerm(ways, span=one.unit.term.span)
        for one in weighed
        if (ways := tuple(p for wording in one.wordings for p in wording.phrases if p in shown))
    ]
    hits = []
    for one in kept:
        has = dict(zip((each.unit for each in weighed), one.qualities, strict=True))
        holds, lacks = (tuple(unit.text for unit in own if bool(has[unit]) == held) for held in (True, False))
        row = ResultRow(one.row.place, one.row.edition, one.row.facets, one.score)
        hits.append(GradedHit(row, holds, lacks))
    typed = {one.unit.term.alternatives[0] for one in weighed}
    wordings = (wording for one in weighed for wording in one.wordings if not wording.is_share)
    also = [shown[p] for wording in wordings for p in wording.phrases if p in shown and p not in typed]
    answered = replace(query, terms=(*fixed, *terms))
    return GradedAnswer(grade, hits, answered, [unit.text for unit in own], also, left_out)


def _grade(one: _Candidate, weighed: Sequence[_Weighed]) -> Grade | None:
    needed = [
        quality for each, quality in zip(weighed, one.qualities, strict=True) if not each.unit.is_suffix
    ]
    if min(needed, default=0) >= _HELD:
        return "all"
    if one.coverage >= _CLOSEST:
        return "closest"
    return "part" if one.coverage >= _PART else None
