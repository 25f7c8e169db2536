"""Where in a text the words of a query stand, by offset in the original: what is marked is what was found. Pure.

A Simplified query marks Traditional text, a stem marks the whole word, a phrase marks all of it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import islice

from django.utils.safestring import SafeString, mark_safe

from .analysis import Run, fold_with_places, run_at, runs, stem
from .query import Phrase, Word

type Span = tuple[int, int]


def spans(text: str, phrases: Sequence[Phrase]) -> list[list[Span]]:
    """For each phrase its places in the text; an empty list for one that is not there."""
    if not phrases:
        return []
    if text.isascii() and all(phrase[0].is_han for phrase in phrases):
        return [[] for _ in phrases]
    folded, places = fold_with_places(text)
    marked = [list(_found(folded, phrase)) for phrase in phrases]
    if places is not None:
        marked = [[(places[a], places[b - 1] + 1) for a, b in row] for row in marked]
    return marked


def marked(text: str, found: Sequence[Sequence[Span]]) -> SafeString:
    """The text as HTML, every character of it escaped, with `mark` around what was found."""
    parts: list[str] = []
    at = 0
    for start, end in _merged(span for row in found for span in row):
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 escaped piece by piece


def mark(text: str, phrases: Sequence[Phrase]) -> SafeString:
    return marked(text, spans(text, phrases))


def _found(folded: str, phrase: Phrase) -> Iterator[Span]:
    first, rest = phrase[0], phrase[1:]
    if first.is_han and rest:
        if all(any(beginning in folded for beginning in _standing(word, folded)) for word in phrase):
            yield from _in_a_row(list(runs(folded)), phrase)
    elif first.is_han:
        yield from _everywhere(folded, first.text)
    else:
        for beginning in _standing(first, folded):
            for start, _ in _everywhere(folded, beginning):
                if (run := run_at(folded, start)) and _is(run, first, 0, 1):
                    yield from _in_a_row(list(islice(runs(folded, start), len(phrase))), phrase)


@lru_cache(1_000)
def _beginnings(word: Word) -> list[str]:
    """How a word may begin where it stands: finding that costs little, and little is left to be looked at."""
    if word.is_han:
        return [word.text]
    text = word.text
    same = text if word.open else _BEGIN.get(word.stem, word.stem[: max(len(word.stem) - 1, 2)])
    odd = [".".join(text)] if 1 < len(text) < 7 else []  # U.S.
    odd += [text[:n] + "," for n in (1, 2, 3)] if text.isdecimal() and len(text) > 3 else []  # 2,500
    return [same, *odd]


def _standing(word: Word, folded: str) -> list[str]:
    """In a text with apostrophes one may stand in any word: O’Neil, Xi'an, Qur’an."""
    marks = "" if word.is_han else [mark for mark in "'’" if mark in folded]
    return [*_beginnings(word), *(begun + mark for mark in marks for begun in _begun(word.text))]


@lru_cache(1_000)
def _begun(word: str) -> list[str]:
    return [word[:n] for n in range(1, len(word))]


_BEGIN = {"die": "d", "lie": "l", "tie": "t"}
"""Stems that do not begin as all of their words do: dying."""


def _everywhere(folded: str, text: str) -> Iterator[Span]:
    at = folded.find(text)
    while at >= 0:
        yield at, at + len(text)
        at = folded.find(text, at + 1)


def _in_a_row(found: Sequence[Run], phrase: Phrase) -> Iterator[Span]:
    for n in range(len(found) - len(phrase) + 1):
        rows = found[n : n + len(phrase)]
        if all(
            _is(run, word, k, len(phrase)) for k, (run, word) in enumerate(zip(rows, phrase, strict=True))
        ):
            first, last = rows[0], rows[-1]
            start = first.end - len(phrase[0].text) if phrase[0].is_han and len(phrase) > 1 else first.start
            end = last.start + len(phrase[-1].text) if phrase[-1].is_han and len(phrase) > 1 else last.end
            yield start, end


def _is(run: Run, word: Word, k: int, n: int) -> bool:
    """Chinese at the edge of a phrase may go on beyond it."""
    if run.is_han != word.is_han:
        return False
    if word.is_han:
        if k == 0:
            return run.text.endswith(word.text)
        return run.text.startswith(word.text) if k == n - 1 else run.text == word.text
    if word.open:
        return run.text.startswith(word.text)
    return stem(run.text) == word.stem


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    last: Span | None = None
    for start, end in sorted(spans):
        if last and start < last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last:
            yield last
        last = (start, end)
    if last:
        yield last
