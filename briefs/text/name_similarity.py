"""How alike two names are, whatever their case, accents, hyphens and the order of their parts."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_BREAK = re.compile(r"[\s,;，、‧·・•/()（）]+")
_NO_LETTER = re.compile(r"[^\w]|_")
_HAN = re.compile(r"[\u3400-\u9fff]")


NAME_CACHE_SIZE = 30_000
"""Names whose folded form is remembered: a slip of the finger is looked for among all of them."""


@lru_cache(maxsize=NAME_CACHE_SIZE)
def fold_name_parts(name: str) -> tuple[str, ...]:
    """Folded: `José-María Núñez` is josemaria, nunez. A leading “The” says nothing."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    found = tuple(word for part in _BREAK.split(plain) if (word := _NO_LETTER.sub("", part)))
    return found[1:] if len(found) > 1 and found[0] == "the" else found


@lru_cache(maxsize=NAME_CACHE_SIZE)
def fold_name(name: str) -> str:
    return "".join(fold_name_parts(name))


def are_similar_names(one: str, other: str) -> bool:
    """Whether a person should be asked if both are the same. Two empty names are not alike."""
    a, b = fold_name_parts(one), fold_name_parts(other)
    if not a or not b:
        return False
    if _abbreviates(a, b):
        return True
    mine = "".join(a)
    if _letters_differ_too_much(mine, fold_name(other)):
        return False
    return any(_is_within_typos(mine, theirs) for theirs in _rotate_parts(b))


def _letters_differ_too_much(a: str, b: str) -> bool:
    """Then no order of their parts makes them near; that is so of nearly all names, and soon seen."""
    limit = count_allowed_typos(a if len(a) >= len(b) else b)
    return abs(len(a) - len(b)) > limit or len(_letters(a) ^ _letters(b)) > 2 * limit


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _letters(name: str) -> frozenset[str]:
    return frozenset(name)


def _rotate_parts(parts: tuple[str, ...]) -> Iterator[str]:
    """As written, and with the family name at the other end: `lin wei ling`, `wei ling lin`, `ling lin wei`."""
    for i in range(len(parts)):
        yield "".join(parts[i:] + parts[:i])


def _abbreviates(a: Sequence[str], b: Sequence[str]) -> bool:
    """`V. Chilukuri` and `Vivek Chilukuri`: the same last word, the others the same or one letter of it."""
    if len(a) != len(b) or len(a) < 2 or a[-1] != b[-1] or len(a[-1]) < 3:
        return False
    return all(
        x == y or (1 in (len(x), len(y)) and x[0] == y[0]) for x, y in zip(a[:-1], b[:-1], strict=True)
    )


def _is_within_typos(a: str, b: str) -> bool:
    """Equal but for as many slips as a name of its length may have: none in a short one."""
    limit = count_allowed_typos(a if len(a) >= len(b) else b)
    return a == b or (limit > 0 and edit_distance(a, b, limit) <= limit)


@lru_cache(maxsize=NAME_CACHE_SIZE)
def count_allowed_typos(name: str) -> int:
    """A Chinese character carries more than a letter."""
    length = len(name)
    if _HAN.search(name):
        return 1 if length >= 4 else 0
    return 0 if length < 5 else 1 if length < 10 else 2


def edit_distance(a: str, b: str, limit: int) -> int:
    """Letters added, dropped, changed or swapped with their neighbour; `limit + 1` stands for more."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if older and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
