"""Compare two names regardless of case, accents, hyphens and the order of their parts."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

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
    mine, theirs = fold_name(one), fold_name(other)
    limit = count_allowed_typos(max(mine, theirs, key=len))
    if abs(len(mine) - len(theirs)) > limit:  # most names; saves building the rotations
        return False
    rotations = ("".join(b[i:] + b[:i]) for i in range(len(b)))
    return any(OSA.distance(mine, rotated, score_cutoff=limit) <= limit for rotated in rotations)


def _abbreviates(a: Sequence[str], b: Sequence[str]) -> bool:
    """Return whether one name abbreviates the other: `V. Chilukuri`, `Vivek Chilukuri`. The last word must be
    equal, the others equal or one an initial of the other.
    """
    if len(a) != len(b) or len(a) < 2 or a[-1] != b[-1] or len(a[-1]) < 3:
        return False
    return all(
        x == y or (1 in (len(x), len(y)) and x[0] == y[0]) for x, y in zip(a[:-1], b[:-1], strict=True)
    )


@lru_cache(maxsize=NAME_CACHE_SIZE)
def count_allowed_typos(name: str) -> int:
    """Return the number of allowed typing errors. A Chinese character carries more information than a letter."""
    length = len(name)
    if _HAN.search(name):
        return 1 if length >= 4 else 0
    return 0 if length < 5 else 1 if length < 10 else 2
