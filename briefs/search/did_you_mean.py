"""What a reader may have meant who found nothing. Pure: whoever asks must see that it finds something."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

import opencc

from .analysis import fold, runs

MOST: Final = 4
_CLOSE: Final = {True: 0.6, False: 0.75}
"""How like a name must be: of Chinese, where one character is much, and of Latin script."""
_LONGEST: Final = 40
_BEGINS: Final = 3
"""Letters that are enough to begin a word."""
_HAN = re.compile("[\u3400-\u9fff]+")


def guesses(typed: str, names: Iterable[str]) -> list[str]:
    """The query as Taiwan would write it, then with each unknown word as the nearest name has it, then what only
    begins with its last word: tech is no word of a text about technology.
    """
    found = dict.fromkeys([*_as_in_taiwan(typed), *_respelt(typed, names), *_opened(typed)])
    return [guess for guess in found if fold(guess) != fold(typed)][:MOST]


def _opened(typed: str) -> Iterator[str]:
    folded = fold(typed)
    last = [*runs(folded)][-1:]
    if last and not last[0].is_han and len(last[0].text) >= _BEGINS and last[0].end == len(folded):
        yield f"{typed}*"


def _as_in_taiwan(typed: str) -> Iterator[str]:
    """人工智能 → 人工智慧. A guess only: 程序 would become 程式, which may be another thing."""
    if _HAN.search(typed):
        yield _to_taiwan().convert(typed)


@cache
def _to_taiwan() -> opencc.OpenCC:
    return opencc.OpenCC("s2twp")


def _respelt(typed: str, names: Iterable[str]) -> Iterator[str]:
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(fold(name), name)
        for word in name.split():
            known.setdefault(fold(word), word)
    if whole := _near(fold(typed), known):
        yield whole
    folded = fold(typed)
    if len(folded) != len(typed):
        return
    for run in runs(folded):
        text = folded[run.start : run.end]
        if text not in known and (near := _near(text, known)):
            yield f"{typed[: run.start]}{near}{typed[run.end :]}"


def _near(text: str, known: dict[str, str]) -> str:
    if not 2 <= len(text) <= _LONGEST:
        return ""
    is_han = bool(_HAN.search(text))
    # A first letter is seldom wrong, and comparing with everything would take long.
    some = [word for word in known if abs(len(word) - len(text)) <= 2 and (is_han or word[:1] == text[:1])]
    close = get_close_matches(text, some, n=1, cutoff=_CLOSE[is_han])
    return known[close[0]] if close else ""
