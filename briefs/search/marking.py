"""Where in a text the words of a query stand, by offset in the original: what is marked is what was found. Pure.

A Simplified query marks Traditional text, a stem marks the whole word, a phrase marks all of it.
"""

from collections.abc import Iterator, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .analysis import Run, fold_with_places, runs, stem
from .query import Phrase, Word

type Span = tuple[int, int]


def spans(text: str, phrases: Sequence[Phrase]) -> list[list[Span]]:
    """For each phrase its places in the text; an empty list for one that is not there."""
    folded, places = fold_with_places(text)
    found: list[Run] | None = None
    marked: list[list[Span]] = []
    for phrase in phrases:
        if not all(_may_hold(folded, word) for word in phrase):
            marked.append([])
        elif len(phrase) == 1 and phrase[0].is_han:
            marked.append(list(_everywhere(folded, phrase[0].text)))
        else:
            found = list(runs(folded)) if found is None else found
            marked.append(list(_in_a_row(found, phrase)))
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


def _may_hold(folded: str, word: Word) -> bool:
    """A first look that costs nothing. (A word may stand there with dots, and die is the stem of dying.)"""
    return word.text in folded if word.is_han else word.text[0] in folded


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
