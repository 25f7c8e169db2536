"""Compare two names regardless of case, accents, hyphens and the order of their parts."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_BREAK = re.compile(r"[\s,;，、‧·・•/()（）]+")
_NO_LETTER = re.compile(r"[^\w]|_")
_HAN = re.compile(r"[\u3400-\u9fff]")


NAME_CACHE_SIZE = 30_000
"""Names whose folded form is cached. Typing errors are searched among all of them."""


@lru_cache(maxsize=NAME_CACHE_SIZE)
def fold_name_parts(name: str) -> tuple[str, ...]:
    """Return the folded parts: `José-María Núñez` is josemaria, nunez. A leading “The” is dropped."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    found = tuple(word for part in _BREAK.split(plain) if (word := _NO_LETTER.sub("", part)))
    return found[1:] if len(found) > 1 and found[0] == "the" else found


@lru_cache(maxsize=NAME_CACHE_SIZE)
def fold_name(name: str) -> str:
    return "".join(fold_name_parts(name))


def are_similar_names(one: str, other: str) -> bool:
    """Return whether a person should be asked if both names are the same. Two empty names are not similar."""
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
    """Return whether no order of the parts can make the names similar. A fast check that is true of nearly
    all names.
    """
    limit = count_allowed_typos(a if len(a) >= len(b) else b)
    return abs(len(a) - len(b)) > limit or len(_letters(a) ^ _letters(b)) > 2 * limit


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _letters(name: str) -> frozenset[str]:
    return frozenset(name)


def _rotate_parts(parts: tuple[str, ...]) -> Iterator[str]:
    """Yield every rotation of the parts: `lin wei ling`, `wei ling lin`, `ling lin wei`."""
    for i in range(len(parts)):
        yield "".join(parts[i:] + parts[:i])


def _abbreviates(a: Sequence[str], b: Sequence[str]) -> bool:
    """Return whether one name abbreviates the other: `V. Chilukuri`, `Vivek Chilukuri`. The last word must be
    equal, the others equal or one an initial of the other.
    """
    if len(a) != len(b) or len(a) < 2 or a[-1] != b[-1] or len(a[-1]) < 3:
        return False
    return all(
        x == y or (1 in (len(x), len(y)) and x[0] == y[0]) for x, y in zip(a[:-1], b[:-1], strict=True)
    )


def _is_within_typos(a: str, b: str) -> bool:
    """Return whether the names are equal except for the typing errors allowed for their length."""
    limit = count_allowed_typos(a if len(a) >= len(b) else b)
    return a == b or (limit > 0 and edit_distance(a, b, limit) <= limit)


@lru_cache(maxsize=NAME_CACHE_SIZE)
def count_allowed_typos(name: str) -> int:
    """Return the number of allowed typing errors. A Chinese character carries more information than a letter."""
    length = len(name)
    if _HAN.search(name):
        return 1 if length >= 4 else 0
    return 0 if length < 5 else 1 if length < 10 else 2


def edit_distance(a: str, b: str, limit: int) -> int:
    """Count letters added, dropped, changed or swapped with the next one. Return `limit + 1` for more than
    `limit`.
    """
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
