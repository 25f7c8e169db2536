"""Divide a question that exact search cannot answer into units: words, names, amounts and dates. Pure: no database.

Question and function words are left out. Chinese is divided by the dictionary, the concepts and the pairs of
characters that the index has.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final, NamedTuple

from briefs import lexicon
from briefs.checks.texts import claim_span
from briefs.lexicon import translations
from briefs.lexicon.concepts import KEYS_ZH, find_names
from briefs.lexicon.dictionary import stem_english
from briefs.lexicon.meanings import SHORT_NAMES, has_short_name_at
from briefs.text.data_files import read_sections

from .analysis import build_bigrams, find_runs, fold, fold_with_offsets, stem
from .expansion import Concepts, Quantity, expand_query, find_concepts, find_near, find_quantities
from .query import ParsedQuery, QueryTerm, QueryWord, build_phrase

MAX_UNITS: Final = 12
_MAX_CUT: Final = 60
"""Most Chinese characters of a query that are divided into words, to limit the time of a search."""
_MAX_WORD: Final = 8
_CONCEPT_FACTOR: Final = 1.2
_LEAST_SHARE: Final = 0.7
"""Value of a word without a pair of characters in the index, relative to one that has all its pairs there."""
_PAIR_VALUE: Final = 1.5
"""Value of a pair of characters that only the index has. A known word of n characters has n²."""
_SHORT_NAME_VALUE: Final = 0.3
_AMBIGUOUS: Final = frozenset("以加越中港")
"""Short names of countries that are mostly other words at the beginning of a query."""
_LONGEST_ACRONYM: Final = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, name, amount or date of a question. `start`, `end`: its position in the query."""

    text: str
    start: int
    end: int
    term: QueryTerm
    """As typed, with the other renderings of its concept."""
    stems: tuple[str, ...] = ()
    """English stems of a word that the dictionary has, by which its generality is measured."""
    names: tuple[str, ...] = ()
    """Keys of the names that the unit is, as in `concepts.txt`."""
    is_name: bool = False
    """Whether it names something: such a name, an acronym, or a word that no dictionary has."""
    is_figure: bool = False
    is_suffix: bool = False
    """A single character after a word, as in 人工智慧法. It counts little, and no brief needs it."""
    month: str = ""
    day: dt.date | None = None

    @property
    def is_han(self) -> bool:
        phrase = self.term.alternatives[0]
        return len(phrase) == 1 and phrase[0].is_han


class _Piece(NamedTuple):
    start: int
    end: int
    text: str
    kind: str
    """`han` (a run), `word` (Latin), `concept` or `figure`."""
    quantity: Quantity | None = None


@cache
def _question_words(language: str) -> frozenset[str]:
    path = Path(lexicon.__file__).with_name("question_words.txt")
    return frozenset(word for line in read_sections(path)[language] for word in line.split())


class Question:
    """The flexible terms of a query, divided as far as the text alone allows."""

    def __init__(self, query: ParsedQuery, concepts: Concepts) -> None:
        self.query, self._concepts = query, concepts
        self._pieces = sorted(self._find_pieces())
        self.words = [piece.text.lower() for piece in self._pieces if piece.kind == "word"]
        """Latin words that name no concept."""

    def _find_pieces(self) -> Iterator[_Piece]:
        text, flexible = self.query.text, [term for term in self.query.terms if term.is_flexible]
        claimed: set[int] = set()
        for quantity in find_quantities(text):
            start, end = span = quantity[:2]
            if any(t.span[0] < end and start < t.span[1] for t in flexible) and claim_span(claimed, span):
                yield _Piece(start, end, text[start:end], "figure", quantity)
        for first, last, _ in find_concepts(self.query, self._concepts):
            start, end = self.query.terms[first].span[0], self.query.terms[last - 1].span[1]
            name = text[start:end]
            if not name.isupper() and name.lower() in _question_words("english"):  # who is not WHO
                continue
            if name.isascii() and claim_span(claimed, (start, end)):
                yield _Piece(start, end, text[start:end], "concept")
        uncut = _MAX_CUT
        for term in flexible:
            folded, places = fold_with_offsets(text[slice(*term.span)])
            for run in find_runs(folded):
                start, end = (places[run.start], places[run.end - 1] + 1) if places else (run.start, run.end)
                own = range(term.span[0] + start, term.span[0] + end)
                if not run.is_han and claimed.isdisjoint(own):
                    yield _Piece(own.start, own.stop, text[own.start : own.stop], "word")
                for first, last in _join_numbers(n for n in own if n not in claimed) if run.is_han else ():
                    last = min(last, first + uncut)
                    uncut -= last - first
                    if len(fold(text[first:last])) == last - first > 0:
                        yield _Piece(first, last, text[first:last], "han")

    def list_probes(self) -> set[str]:
        """Return the tokens whose presence in the index decides how the question is divided."""
        joined = {stem(a + b) for a, b in pairwise(self.words)}
        runs = [fold(one.text) for one in self._pieces if one.kind == "han" and len(one.text) > len("兩字")]
        return joined.union(*(build_bigrams(run)[:-1] for run in runs))

    def divide(self, present: Set[str]) -> tuple[list[Unit], list[str]]:
        """Return the units, and the words that were left out."""
        units: list[Unit] = []
        left_out: list[str] = []
        for piece in self._pieces:
            if quantity := piece.quantity:
                phrases = tuple(dict.fromkeys(map(build_phrase, (piece.text, *quantity.forms))))
                unit = self._build(piece.start, piece.end)
                term = replace(unit.term, alternatives=phrases)
                units.append(replace(unit, term=term, is_figure=True, month=quantity.month, day=quantity.day))
            elif piece.kind == "han":
                some, others = self._divide_run(piece, present)
                units += some
                left_out += others
            elif piece.kind == "word" and _is_question_word(piece.text):
                left_out.append(piece.text)
            else:
                units.append(self._build(piece.start, piece.end))
        return units[:MAX_UNITS], left_out

    def _divide_run(self, piece: _Piece, present: Set[str]) -> tuple[list[Unit], list[str]]:
        run = fold(piece.text)
        cuts = self._cut(piece.text, run, present)
        units: list[Unit] = []
        left_out: list[str] = []
        for start, end, is_known in cuts:
            text = piece.text[start:end]
            if text in _question_words("chinese"):
                left_out.append(text)
            elif end - start > 1 or (is_known and text in SHORT_NAMES):
                units.append(self._build(piece.start + start, piece.start + end))
            elif units and units[-1].end == piece.start + start and not units[-1].is_suffix:
                unit = self._build(piece.start + start - 1, piece.start + end)
                units.append(replace(unit, text=text, is_suffix=True, is_name=False))
            else:
                left_out.append(text)
        return units, left_out

    def _cut(self, typed: str, run: str, present: Set[str]) -> list[tuple[int, int, bool]]:
        """Divide a run of Chinese: start, end, whether it is a known word. Neighbouring unknown characters are joined."""
        size = len(run)
        spans = [(a, b) for b in range(2, size + 1) for a in range(max(0, b - _MAX_WORD), b - 1)]
        known = translations.find_english({typed[a:b] for a, b in spans})
        best: list[tuple[float, tuple[tuple[int, int, bool], ...]]] = [(0.0, ())]
        for end in range(1, size + 1):
            value, cuts = best[end - 1]
            is_short = _is_short_name(typed, end - 1)
            is_known = is_short or typed[end - 1] in _question_words("chinese")
            best.append((value + _SHORT_NAME_VALUE * is_short, (*cuts, (end - 1, end, is_known))))
            for start in range(max(0, end - _MAX_WORD), end - 1):
                word, (value, cuts) = typed[start:end], best[start]
                added, is_known = self._value(word, run[start:end], word in known, present)
                if added and value + added > best[end][0]:
                    best[end] = value + added, (*cuts, (start, end, is_known))
        return _join_unknown(best[size][1])

    def _value(self, word: str, folded: str, is_known: bool, present: Set[str]) -> tuple[float, bool]:
        """Return the value of a part of a run, and whether it is a known word."""
        pairs, size = build_bigrams(folded)[:-1], len(folded)
        share = sum(pair in present for pair in pairs) / len(pairs)
        is_concept = self._concepts.knows_word(folded) or bool(find_near((QueryWord(True, folded),)))
        if word in _question_words("chinese"):
            return size * size, True
        is_joined = set(word[:2]) <= SHORT_NAMES.keys() and word not in KEYS_ZH  # 俄烏 is two countries
        if (is_concept or is_known) and not is_joined:
            factor = _CONCEPT_FACTOR if is_concept else 1.0
            return size * size * factor * (_LEAST_SHARE + (1 - _LEAST_SHARE) * share), True
        is_pair = size == len("兩字") and share and not _question_words("chinese").intersection(word)
        return _PAIR_VALUE if is_pair else 0.0, False

    def _build(self, start: int, end: int) -> Unit:
        text = self.query.text[start:end]
        shown = SHORT_NAMES.get(text, text)
        phrase = build_phrase(shown)
        term = QueryTerm((phrase,), span=(start, end))
        expanded = expand_query(ParsedQuery(shown, (replace(term, span=(0, len(shown))),)), self._concepts)
        term = replace(expanded.terms[0], span=(start, end))
        stems, names = _list_stems(shown, is_han=not shown.isascii()), tuple(find_names(shown))
        is_acronym = shown.isascii() and shown.isupper() and 1 < len(shown) <= _LONGEST_ACRONYM
        is_unknown = not stems and not find_near(phrase)
        return Unit(text, start, end, term, stems, names, is_name=bool(names) or is_acronym or is_unknown)


def _join_numbers(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each stretch of consecutive numbers."""
    for _, stretch in groupby(enumerate(numbers), key=lambda one: one[1] - one[0]):
        rows = [number for _, number in stretch]
        yield rows[0], rows[-1] + 1


def _join_unknown(cuts: Iterable[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    joined: list[tuple[int, int, bool]] = []
    for start, end, is_known in cuts:
        if joined and not is_known and not joined[-1][2]:
            start = joined.pop()[0]
        joined.append((start, end, is_known))
    return joined


def _is_short_name(typed: str, at: int) -> bool:
    """Return whether the character is a country: first, beside another one (俄烏), or after 對, 駐 and the like."""
    if typed[at] not in SHORT_NAMES:
        return False
    return (at == 0 and typed[at] not in _AMBIGUOUS) or has_short_name_at(typed, at)


def _is_question_word(word: str) -> bool:
    """Return whether a word that names no concept says nothing: *the*, and OR, but not WHO."""
    word = word.lower()
    return word in _question_words("english") or (
        word.isascii() and word.isalpha() and not stem_english(word)
    )


def _list_stems(text: str, *, is_han: bool) -> tuple[str, ...]:
    if is_han:
        found = translations.find_english([text]).get(text)
        text = found.first[0] if found and found.first else ""
    words = (run.text for run in find_runs(fold(text)))
    return tuple(translations.count_words(set(filter(None, map(stem_english, words)))))
