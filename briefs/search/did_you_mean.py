"""Guess other queries for a search without results. Pure: the caller must check that a guess finds something."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

import opencc

from .analysis import find_runs, fold

MAX_GUESSES: Final = 4
_MIN_SIMILARITY: Final = {True: 0.6, False: 0.75}
"""Minimum similarity of a name, for Chinese (True), where one character is a large part, and for Latin script."""
_MAX_WORD_LENGTH: Final = 40
_MIN_PREFIX_LENGTH: Final = 3
"""Minimum number of letters in a prefix query."""
_HAN = re.compile("[\u3400-\u9fff]+")


def guess_queries(query_text: str, names: Iterable[str]) -> list[str]:
    """Return the query in Taiwan usage, then with unknown words replaced by the nearest names, then as a prefix query.

    A prefix query helps with incomplete words: tech does not match technology.
    """
    found = dict.fromkeys(
        [*_as_in_taiwan(query_text), *_with_nearest_names(query_text, names), *_as_prefix_query(query_text)]
    )
    return [guess for guess in found if fold(guess) != fold(query_text)][:MAX_GUESSES]


def _as_prefix_query(query_text: str) -> Iterator[str]:
    folded = fold(query_text)
    last = [*find_runs(folded)][-1:]
    if last and not last[0].is_han and len(last[0].text) >= _MIN_PREFIX_LENGTH and last[0].end == len(folded):
        yield f"{query_text}*"


def _as_in_taiwan(query_text: str) -> Iterator[str]:
    """Yield the query in Taiwan usage: 人工智能 → 人工智慧. May be wrong: 程序 becomes 程式, which has another meaning."""
    if _HAN.search(query_text):
        yield _to_taiwan().convert(query_text)


@cache
def _to_taiwan() -> opencc.OpenCC:
    return opencc.OpenCC("s2twp")


def _with_nearest_names(query_text: str, names: Iterable[str]) -> Iterator[str]:
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(fold(name), name)
        for word in name.split():
            known.setdefault(fold(word), word)
    if whole := _find_nearest(fold(query_text), known):
        yield whole
    folded = fold(query_text)
    if len(folded) != len(query_text):
        return
    for run in find_runs(folded):
        text = folded[run.start : run.end]
        if text not in known and (near := _find_nearest(text, known)):
            yield f"{query_text[: run.start]}{near}{query_text[run.end :]}"


def _find_nearest(text: str, names: dict[str, str]) -> str:
    if not 2 <= len(text) <= _MAX_WORD_LENGTH:
        return ""
    is_han = bool(_HAN.search(text))
    # The first letter is seldom wrong, and comparing with all names would be slow.
    some = [word for word in names if abs(len(word) - len(text)) <= 2 and (is_han or word[:1] == text[:1])]
    close = get_close_matches(text, some, n=1, cutoff=_MIN_SIMILARITY[is_han])
    return names[close[0]] if close else ""
