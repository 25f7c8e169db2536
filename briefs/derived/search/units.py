"""Divide a question that exact search cannot answer into units, which are looked up one by one. Pure: no database.

A unit is a name or thing in all its renderings, an amount or date, an English word, or a pair of Chinese characters.
Question and function words are left out. Everything else counts, so what no brief has lowers every share.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from briefs.bilingual import lexicon
from briefs.bilingual.lexicon.dictionary import stem_english
from briefs.bilingual.text import read_sections
from briefs.bilingual.text.person_names import ROMANISATIONS

from .analysis import find_runs, fold, fold_with_offsets
from .expansion import COUNTRIES, Concepts, expand_query
from .query import ParsedQuery, Phrase, QueryTerm, QueryWord, parse_query

MAX_UNITS: Final = 32
_LONGEST_STOP_WORD: Final = 5


class Unit(NamedTuple):
    """What a brief holds or lacks. `month`: facet of a month that serves as well."""

    phrases: tuple[Phrase, ...]
    month: str = ""


class Part(NamedTuple):
    """A stretch of a question, as typed, and its units: several are the pairs of characters of a run.

    `is_name`: a person, place or organisation, an acronym or a figure, which no other word can stand for.
    """

    text: str
    units: tuple[Unit, ...]
    is_name: bool = False


@cache
def _load_stop_words(language: str) -> frozenset[str]:
    path = Path(lexicon.__file__).with_name("question_words.txt")
    return frozenset(fold(word) for line in read_sections(path)[language] for word in line.split())


def divide_question(query: ParsedQuery, concepts: Concepts) -> tuple[list[Part], list[str]]:
    """Divide the flexible terms of an expanded query. Return the parts, and the words that were left out."""
    found = [part for term in query.terms if term.is_flexible for part in _divide(query.text, term, concepts)]
    parts: list[Part] = []
    unused: list[str] = []
    room = MAX_UNITS
    for part in found:
        if part.units and room:
            parts.append(part._replace(units=part.units[:room]))
            room -= len(parts[-1].units)
        else:
            unused.append(part.text)
    return parts, unused


def _divide(text: str, term: QueryTerm, concepts: Concepts) -> Iterator[Part]:
    """Yield the parts of a term. Those without units are left out of the search."""
    typed = text[slice(*term.span)]
    if term.kind:
        yield _build_part(typed, term)
        return
    folded, places = fold_with_offsets(typed)
    for run in find_runs(folded):
        start, end = (places[run.start], places[run.end - 1] + 1) if places else (run.start, run.end)
        written = typed[start:end]
        if run.is_han:
            yield from _divide_han(written if len(written) == len(run.text) else run.text, concepts)
        elif run.text in _load_stop_words("english") or not stem_english(run.text):
            yield Part(written, ())
        else:
            unit = Unit(((QueryWord(False, run.text),),))
            yield Part(written, (unit,), _is_name(written, text))


def _is_name(word: str, question: str) -> bool:
    """Return whether a word is a figure, an acronym, or has a capital although it does not open a longer question."""
    opens_question = question.startswith(word) and word != question
    capitals = word[1:] if opens_question else word
    return capitals != capitals.lower() or any(map(str.isdigit, word))


def _build_part(typed: str, term: QueryTerm) -> Part:
    return Part(typed, (Unit(term.alternatives, term.month),), is_name=term.kind in ("name", "figure"))


def _divide_han(typed: str, concepts: Concepts) -> Iterator[Part]:
    """Yield names and things, the longest first, stop words, and what lies between them."""
    run, at = fold(typed), 0
    named = _find_concepts(run, concepts)
    rest = 0
    while at < len(run):
        end = named.get(at) or _find_stop_word(run, at)
        if not end:
            at += 1
            continue
        yield from _divide_rest(typed[rest:at], run[rest:at], concepts)
        if at in named:
            yield expand_word(typed[at:end], concepts)
        else:
            yield Part(typed[at:end], ())
        at = rest = end
    yield from _divide_rest(typed[rest:], run[rest:], concepts)


def _find_concepts(run: str, concepts: Concepts) -> Mapping[int, int]:
    """Return the end of each concept by its start. 中美 is two countries and no concept here."""
    return {
        start: end
        for start, end, _ in concepts.find_within(run)
        if not (end - start == len("中美") and COUNTRIES.keys() >= set(run[start:end]))
    }


def _find_stop_word(run: str, at: int) -> int:
    """Return the end of the longest stop word of several characters that begins there, or 0."""
    words = _load_stop_words("chinese")
    return next((at + n for n in range(_LONGEST_STOP_WORD, 1, -1) if run[at : at + n] in words), 0)


def _divide_rest(typed: str, run: str, concepts: Concepts) -> Iterator[Part]:
    """Yield the countries that single characters name beside each other, and the pairs of the other characters."""
    at = 0
    for n in range(len(run) + 1):
        is_country = n < len(run) and run[n] in COUNTRIES and _has_country_beside(run, n)
        if n < len(run) and not is_country:
            continue
        if n > at:
            yield _pair(typed[at:n], run[at:n])
        if is_country:
            yield expand_word(COUNTRIES[run[n]], concepts)._replace(text=typed[n])
        at = n + 1


def _has_country_beside(run: str, at: int) -> bool:
    """Return whether a character beside this one is another country: 法 in 英法, but none in 憲法法庭."""
    return any(0 <= n < len(run) and run[n] in COUNTRIES and run[n] != run[at] for n in (at - 1, at + 1))


def _pair(typed: str, run: str) -> Part:
    """Build the part of characters that are no concept. Pairs of stop words are left out, and so is a single stop word."""
    words = _load_stop_words("chinese")
    pairs = [run[n : n + 2] for n in range(len(run) - 1)] or [run]
    units = (Unit(((QueryWord(True, pair),),)) for pair in pairs if not words.issuperset(pair))
    is_name = len(typed) == len("蔡明諺") and typed[0] in ROMANISATIONS
    return Part(typed, tuple(units), is_name)


def expand_word(word: str, concepts: Concepts) -> Part:
    """Build the part of one word or name, with its other renderings."""
    (term, *_) = expand_query(parse_query(word), concepts).terms
    return _build_part(word, term)
