"""Tell whether a Chinese word in a text is a word of its own or part of longer words, as 統一 in 系統一致.

The dictionary cuts the text around the place twice, with and without the word. Without a dictionary every place counts.
"""

from collections.abc import Collection, Mapping

from briefs.lexicon.dictionary import LONGEST_WORD, load_dictionary

_WINDOW = LONGEST_WORD + 2
_SINGLE = 3
_WORD = 2
"""Costs of a cut: fewest words win, and single characters count half as much again."""
_NEVER = 1_000


def is_own_word(text: str, start: int, end: int, stems: Collection[str]) -> bool:
    """Return whether the best cut of the text has borders at `start` and `end`.

    `stems` are English stems of the word. A longer word that shares one has the same meaning: 經濟制裁 for 制裁. Between
    equal cuts the one with the longer first word is right: 台北|約, but 嚇阻|力.
    """
    known = load_dictionary().stems
    left, right = max(0, start - _WINDOW), min(len(text), end + _WINDOW)
    own = _cost(text, left, start, known) + _WORD + _cost(text, end, right, known)
    for i in range(max(left, start - LONGEST_WORD + 1), end):
        for j in range(max(i + 2, start + 1), min(i + LONGEST_WORD, right) + 1):
            if (i >= start and j <= end) or text[i:j] not in known:
                continue
            if i <= start and j >= end and not set(known[text[i:j]].split()).isdisjoint(stems):
                continue
            longer = _cost(text, left, i, known) + _WORD + _cost(text, j, right, known)
            if longer < own or (longer == own and i < start):
                return False
    return True


def _cost(text: str, start: int, end: int, known: Mapping[str, str]) -> int:
    """Return the cost of the cheapest cut of a stretch into words."""
    costs = [0] + [_NEVER] * (end - start)
    for j in range(1, end - start + 1):
        costs[j] = costs[j - 1] + _SINGLE
        for i in range(max(0, j - LONGEST_WORD), j - 1):
            if costs[i] + _WORD < costs[j] and text[start + i : start + j] in known:
                costs[j] = costs[i] + _WORD
    return costs[-1]
