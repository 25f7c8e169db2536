"""Find another query for one that finds nothing: cut Chinese into words, correct spelling, leave words out.

`plan` lists everything worth trying, the store looks it all up with one query, and `choose` takes the best that
finds something. Quoted words, fields and exclusions stay as typed. Pure: no database.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from string import ascii_lowercase
from typing import Final, NamedTuple

import opencc

from briefs.lexicon.dictionary import load_dictionary, stem_english
from briefs.lexicon.meanings import SHORT_NAMES

from .analysis import TextRun, find_runs, fold, stem
from .expansion import Concepts, expand_query, find_amounts_and_dates
from .query import ParsedQuery, QueryTerm, QueryWord, build_phrase

_MAX_CUT: Final = 60
"""Most Chinese characters of a query that are divided into words, to limit the time of a search."""
_MAX_WORD: Final = 8
_MAX_GUESSED: Final = 10
"""Longest run of which every part is tried, to find names that no dictionary has."""
_GUESS_VALUE: Final = 0.4
"""Value of a part with matches, relative to a word of the same length."""
_MAX_CORRECTED: Final = 3
"""Number of words whose spelling is corrected."""
_MIN_CORRECTED: Final = 5
_MIN_PREFIX: Final = 3
_MAX_LATIN: Final = 20
_EQUAL: Final = 1e-6
_MIN_SIMILARITY: Final = {False: 0.75, True: 0.9}
"""Minimum similarity of a correction; higher if a dictionary has the typed word (True)."""


class Candidate(NamedTuple):
    """A replacement to try for the terms from `start` to `end` in the text of the query."""

    term: QueryTerm
    text: str
    start: int
    end: int
    kind: str
    """`typed`, `day` (of the article), `near` (a spelling that the lexicon has), `edit` (any other), `prefix`, `word` or `guess` (Chinese)."""
    day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Rescue:
    """A query with fewer words, tried after an exact search found nothing. `left_out`: the dropped words. `words`: Chinese
    words that are searched separately.
    """

    query: ParsedQuery
    corrections: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    article_day: dt.date | None = None
    """A date in the query that was taken for the article's."""


@dataclass(frozen=True, slots=True)
class Plan:
    query: ParsedQuery
    groups: Sequence[Sequence[Candidate]]
    """Candidates for each flexible term, as typed first."""

    def list_queries(self) -> list[ParsedQuery]:
        """Return a query for each candidate, with the fixed parts of the query."""
        fixed = tuple(term for term in self.query.terms if not term.is_flexible)
        return [
            replace(self.query, terms=fixed, since=candidate.day, until=candidate.day)
            if candidate.day
            else replace(self.query, terms=(*fixed, candidate.term))
            for group in self.groups
            for candidate in group
        ]


def plan(query: ParsedQuery, concepts: Concepts) -> Plan | None:
    groups: list[list[Candidate]] = []
    corrected, uncut = 0, _MAX_CUT
    for term, day in _merge_amounts_and_dates(query):
        typed = query.text[slice(*term.span)]
        group = [Candidate(term, typed, *term.span, "typed")]
        if day and not (query.since or query.until):
            group.append(Candidate(term, typed, *term.span, "day", day))
        words = term.alternatives[0]
        if size := sum(len(word.text) for word in words if word.is_han):
            if size <= uncut:
                uncut -= size
                group += _cut(typed, term, query, concepts)
        elif len(words) == 1 and not stem_english(words[0].text) and len(query.terms) > 1:
            continue  # a function word
        elif len(words) == 1:
            if corrected < _MAX_CORRECTED and (some := list(_correct(typed, term, concepts))):
                corrected += 1
                group += [
                    _expand(one, query, concepts) if one.text.lower() in concepts.words else one
                    for one in some
                ]
            if len(words[0].text) >= _MIN_PREFIX:
                open_word = words[0]._replace(is_prefix=True)
                group.append(
                    Candidate(replace(term, alternatives=((open_word,),)), f"{typed}*", *term.span, "prefix")
                )
        groups.append(group)
    return Plan(query, groups) if groups else None


def _merge_amounts_and_dates(query: ParsedQuery) -> Iterator[tuple[QueryTerm, dt.date | None]]:
    """Yield (term, day) for the flexible terms. The terms of one amount or date are merged; `day` is the date's."""
    whole: dict[int, tuple[QueryTerm, dt.date | None]] = {}
    inner: set[int] = set()
    for start, end, day, phrases in find_amounts_and_dates(query):
        first, last = query.terms[start], query.terms[end - 1]
        typed = tuple(word for term in query.terms[start:end] for word in term.alternatives[0])
        one = replace(first, alternatives=(typed, *phrases), span=(first.span[0], last.span[1]))
        whole[start] = one, day
        inner.update(range(start + 1, end))
    for n, term in enumerate(query.terms):
        if term.is_flexible and n not in inner:
            yield whole.get(n, (term, None))


def _expand(candidate: Candidate, query: ParsedQuery, concepts: Concepts) -> Candidate:
    expanded = expand_query(ParsedQuery(query.text, (candidate.term,)), concepts)
    return candidate._replace(term=expanded.terms[0])


# Chinese


def _cut(typed: str, term: QueryTerm, query: ParsedQuery, concepts: Concepts) -> Iterator[Candidate]:
    """Yield the known words in a run of Chinese. If the run is short, yield every part of it."""
    folded = fold(typed)
    if len(folded) != len(typed):
        return
    for run in find_runs(folded):
        size = run.end - run.start
        if not run.is_han:
            yield _piece(typed, term, run.start, run.end, "word", query, concepts)
            continue
        if near := _find_near_han(run.text, concepts):
            corrected = Candidate(replace(term, alternatives=(build_phrase(near),)), near, *term.span, "near")
            yield _expand(corrected, query, concepts)
        words = _find_words(typed, folded, run, concepts)
        for start in range(run.start, run.end):
            best = {start: 0}  # value of the words from `start` to each end
            for end in range(start + 1, min(start + _MAX_WORD, run.end) + 1):
                part = end - start
                long_words = [first for first in words[end] if start <= first < end - 1]
                best[end] = max([best[end - 1], *((end - first) ** 2 + best[first] for first in long_words)])
                if start in words[end]:
                    yield _piece(typed, term, start, end, "word", query, concepts)
                # If a part matches, so do the words in it; `_cover` then takes the more valuable.
                elif 1 < part < len(typed) and size <= _MAX_GUESSED and best[end] < _GUESS_VALUE * part**2:
                    yield _piece(typed, term, start, end, "guess", query, concepts)


def _find_words(typed: str, folded: str, run: TextRun, concepts: Concepts) -> dict[int, list[int]]:
    """Return, by end position, the start positions of the known words in a run.

    Single characters count only if they are short names: any other character begins thousands of tokens.
    """
    known = load_dictionary().stems
    return {
        end: [
            start
            for start in range(max(end - _MAX_WORD, run.start), end)
            if (end - start > 1 or typed[start:end] in SHORT_NAMES)
            and (typed[start:end] in known or concepts.knows_word(folded[start:end]))
        ]
        for end in range(run.start + 1, run.end + 1)
    }


def _piece(
    typed: str, term: QueryTerm, start: int, end: int, kind: str, query: ParsedQuery, concepts: Concepts
) -> Candidate:
    text = typed[start:end]
    ways = [build_phrase(SHORT_NAMES.get(text, text))]
    if kind == "word" and len(text) > 1 and not text.isascii():
        ways.append(build_phrase(_to_taiwan().convert(text)))
    at = term.span[0]
    part = replace(term, alternatives=tuple(dict.fromkeys(ways)), span=(at + start, at + end))
    return _expand(Candidate(part, text, *part.span, kind), query, concepts)


@cache
def _to_taiwan() -> opencc.OpenCC:
    return opencc.OpenCC("s2twp")


def _find_near_han(run: str, concepts: Concepts) -> str:
    """Return a rendering of a concept that differs from the run in one character, or an empty string."""
    if len(run) < 3 or concepts.knows_word(run):
        return ""
    for word in concepts.words:
        if len(word) == len(run) and sum(a != b for a, b in zip(word, run, strict=True)) == 1:
            return word
    return ""


# English


def _correct(typed: str, term: QueryTerm, concepts: Concepts) -> Iterator[Candidate]:
    """Yield corrections of a word that no rendering has: similar words of renderings and, unless a dictionary has the
    word, words that differ by one letter.
    """
    word = term.alternatives[0][0].text
    if not (word.isascii() and word.isalpha() and len(word) <= _MAX_LATIN) or word in concepts.words:
        return
    is_known = stem(word) in _english_stems()
    alike = [name for name in concepts.words if name[:1] == word[:1]]
    near = get_close_matches(word, alike, n=2, cutoff=_MIN_SIMILARITY[is_known])
    edits = _list_edits(word) if len(word) >= _MIN_CORRECTED and not (is_known or typed.isupper()) else set()
    by_stem = {stem(other): other for other in [*sorted(edits, key=lambda edit: (len(edit), edit)), *near]}
    for stemmed, other in by_stem.items():
        kind = "near" if other in near or stemmed in _english_stems() else "edit"
        shown = other.capitalize() if typed[:1].isupper() else other
        phrase = (QueryWord(False, other),)
        yield Candidate(replace(term, alternatives=(phrase,)), shown, *term.span, kind)


@cache
def _english_stems() -> frozenset[str]:
    return frozenset(word for stems in load_dictionary().stems.values() for word in stems.split())


def _list_edits(word: str) -> set[str]:
    """Return the words that differ by one letter, or by two neighbouring letters in the wrong order."""
    halves = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    edits = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    edits |= {a + letter + b[1:] for a, b in halves if b for letter in ascii_lowercase}
    return (edits | {a + letter + b for a, b in halves for letter in ascii_lowercase}) - {word}


# Choice


def choose(planned: Plan, places: Sequence[frozenset[int]]) -> Rescue | None:
    """Return the best query that has matches, or None. `places`: the matches of each of `Plan.list_queries`."""
    at = 0
    units: list[tuple[Candidate, frozenset[int]]] = []
    missing: list[Candidate] = []
    for group in planned.groups:
        found = dict(zip(group, places[at : at + len(group)], strict=True))
        at += len(group)
        taken = _take(group, found)
        units += [(candidate, found[candidate]) for candidate in taken if found[candidate]]
        missing += [candidate for candidate in taken if not found[candidate]]
    kept = _keep_most(units)
    if not kept:
        return None
    missing += [candidate for candidate, _ in units if candidate not in kept]
    query = planned.query
    fixed = [term for term in query.terms if not term.is_flexible]
    day = next((unit.day for unit in kept if unit.day), None)
    terms = (*fixed, *(unit.term for unit in kept if not unit.day))
    return Rescue(
        replace(query, terms=terms, since=day or query.since, until=day or query.until),
        tuple(
            (query.text[unit.start : unit.end], unit.text)
            for unit in kept
            if unit.kind in ("near", "edit", "prefix")
        ),
        tuple(unit.text for unit in kept if unit.kind in ("word", "guess")),
        tuple(
            query.text[unit.start : unit.end]
            for unit in sorted(missing, key=lambda unit: unit.start)
            if len(unit.text) > 1 or unit.kind == "typed"
        ),
        day,
    )


def _take(group: Sequence[Candidate], found: dict[Candidate, frozenset[int]]) -> list[Candidate]:
    """Return the candidates for one term: as typed, else corrected, else its words, else as a prefix."""
    if found[group[0]]:
        return [group[0]]
    for kind in ("day", "near", "edit"):
        some = [candidate for candidate in group if candidate.kind == kind and found[candidate]]
        if some:
            return [max(some, key=lambda candidate: len(found[candidate]))]
    pieces = [candidate for candidate in group if candidate.kind in ("word", "guess")]
    if pieces:
        return [part for piece in _cover(pieces, found) for part in _look_within(piece, pieces, found)]
    return [candidate for candidate in group if candidate.kind == "prefix" and found[candidate]] or [group[0]]


def _cover(pieces: Sequence[Candidate], found: dict[Candidate, frozenset[int]]) -> list[Candidate]:
    """Divide a run into the longest words, preferring words that have matches, then words of the dictionary."""
    first, last = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
    best: dict[int, tuple[float, list[Candidate]]] = {first: (0, [])}
    for end in range(first + 1, last + 1):
        choices = [best[end - 1]]
        for piece in pieces:
            if piece.end == end and piece.start in best:
                value, before = best[piece.start]
                choices.append((value + _value(piece, bool(found[piece])), [*before, piece]))
        best[end] = max(choices, key=lambda choice: choice[0])
    return best[last][1]


def _look_within(
    piece: Candidate, pieces: Sequence[Candidate], found: dict[Candidate, frozenset[int]]
) -> list[Candidate]:
    """Return a word, or its parts if the word has no match: 俄烏戰爭 → 俄, 烏, 戰爭."""
    inner = [
        part
        for part in pieces
        if found[part]
        and piece.start <= part.start < part.end <= piece.end
        and (len(part.text) > 1 or part.text in SHORT_NAMES)
    ]
    return _cover(inner, found) if inner and not found[piece] else [piece]


def _value(piece: Candidate, is_found: bool) -> float:
    size = piece.end - piece.start
    if size == 1:
        return 0.3 * is_found
    if not is_found:
        return 0.2 * size * size if piece.kind == "word" else 0
    return size * size if piece.kind == "word" else _GUESS_VALUE * size * size


def _keep_most(units: Sequence[tuple[Candidate, frozenset[int]]]) -> list[Candidate]:
    """Return the words to keep: those in the briefs that have most of them. Rare and long words weigh more."""
    most = max((len(places) for _, places in units), default=0)
    scores: dict[int, float] = {}
    for unit, places in units:
        weight = round(math.log(1 + most / len(places)) * (1 + len(unit.text) / 20), 6)
        for place in places:
            scores[place] = scores.get(place, 0) + weight
    highest = max(scores.values(), default=0)
    best = max((place for place, score in scores.items() if score > highest - _EQUAL), default=0)
    return [candidate for candidate, places in units if best in places]
