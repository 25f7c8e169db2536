"""Find the phrases of a query in a text, as offsets in the original, and highlight them. Pure: no database.

Uses the rules of the index: a Simplified query marks Traditional text, a stem the whole word, a phrase all its words.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import islice

from django.utils.safestring import SafeString, mark_safe

from .analysis import TextRun, find_run_at, find_runs, fold_with_offsets, stem
from .query import Phrase, QueryWord

type TextSpan = tuple[int, int]


def find_spans(text: str, phrases: Sequence[Phrase]) -> list[list[TextSpan]]:
    """Return the spans of each phrase in the text."""
    if not phrases:
        return []
    if text.isascii() and all(phrase[0].is_han for phrase in phrases):
        return [[] for _ in phrases]
    folded, places = fold_with_offsets(text)
    stubs = {backwards[::-1] for backwards in _BEFORE_APOSTROPHE.findall(folded[::-1])}
    marked = []
    for phrase in phrases:
        is_there = any(beginning in folded for beginning in _list_beginnings(phrase[0], stubs))
        marked.append(list(_find_phrase(folded, phrase, stubs)) if is_there else [])
    if places is not None:
        marked = [[(places[a], places[b - 1] + 1) for a, b in row] for row in marked]
    return marked


def highlight_spans(text: str, spans: Sequence[Sequence[TextSpan]]) -> SafeString:
    """Return the text as escaped HTML with the spans in `mark` elements."""
    parts: list[str] = []
    at = 0
    for start, end in _merge_spans(span for row in spans for span in row):
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 escaped piece by piece


def _find_phrase(folded: str, phrase: Phrase, stubs: Collection[str]) -> Iterator[TextSpan]:
    first, rest = phrase[0], phrase[1:]
    if first.is_han and rest:
        if all(any(one in folded for one in _list_beginnings(word, stubs)) for word in phrase):
            yield from _match_consecutive(list(find_runs(folded)), phrase)
    elif first.is_han:
        yield from _find_all(folded, first.text)
    else:
        for beginning in _list_beginnings(first, stubs):
            for start, _ in _find_all(folded, beginning):
                if (run := find_run_at(folded, start)) and _matches_word(run, first, 0, 1):
                    yield from _match_consecutive(list(islice(find_runs(folded, start), len(phrase))), phrase)


_BEFORE_APOSTROPHE = re.compile(r"['’](?<=\w['’])\w+")
"""In a reversed text: forwards, each of its words would be tried."""


def _list_beginnings(word: QueryWord, stubs: Collection[str]) -> tuple[str, ...]:
    """Return the prefixes with which a word may occur. Searching for them is a fast filter before the exact match.

    `stubs`: the beginnings of words of the text, up to an apostrophe: O’Neil, Xi'an, Qur’an.
    """
    beginnings = _list_plain_beginnings(word)
    if word.is_han or not stubs:
        return beginnings
    return (*beginnings, *(stub for stub in stubs if word.text.startswith(stub[:-1])))


@lru_cache(5_000)
def _list_plain_beginnings(word: QueryWord) -> tuple[str, ...]:
    if word.is_han:
        return (word.text,)
    text = word.text
    same = (
        text
        if word.is_prefix
        else _IRREGULAR_BEGINNINGS.get(word.stem, word.stem[: max(len(word.stem) - 1, 2)])
    )
    odd = [".".join(text)] if 1 < len(text) < 7 else []  # U.S.
    odd += [text[:n] + "," for n in (1, 2, 3)] if text.isdecimal() and len(text) > 3 else []  # 2,500
    return same, *odd


_IRREGULAR_BEGINNINGS = {"die": "d", "lie": "l", "tie": "t"}
"""Prefixes for stems that differ from the beginning of some of their words: dying."""


def _find_all(folded: str, text: str) -> Iterator[TextSpan]:
    at = folded.find(text)
    while at >= 0:
        yield at, at + len(text)
        at = folded.find(text, at + 1)


def _match_consecutive(runs: Sequence[TextRun], phrase: Phrase) -> Iterator[TextSpan]:
    for n in range(len(runs) - len(phrase) + 1):
        rows = runs[n : n + len(phrase)]
        if all(
            _matches_word(run, word, k, len(phrase))
            for k, (run, word) in enumerate(zip(rows, phrase, strict=True))
        ):
            first, last = rows[0], rows[-1]
            start = first.end - len(phrase[0].text) if phrase[0].is_han and len(phrase) > 1 else first.start
            end = last.start + len(phrase[-1].text) if phrase[-1].is_han and len(phrase) > 1 else last.end
            yield start, end


def _matches_word(run: TextRun, word: QueryWord, k: int, n: int) -> bool:
    """Return whether a run matches the phrase's word `k` of `n`. Chinese at its edges may continue beyond the phrase."""
    if run.is_han != word.is_han:
        return False
    if word.is_han:
        if k == 0:
            return run.text.endswith(word.text)
        return run.text.startswith(word.text) if k == n - 1 else run.text == word.text
    if word.is_prefix:
        return run.text.startswith(word.text)
    return stem(run.text) == word.stem


def _merge_spans(spans: Iterator[TextSpan]) -> Iterator[TextSpan]:
    last: TextSpan | None = None
    for start, end in sorted(spans):
        if last and start < last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last:
            yield last
        last = (start, end)
    if last:
        yield last
