"""How alike two texts or two names are."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Final

from rapidfuzz.distance import OSA, Indel

from briefs.content import Side

from .scripts import fold_accents

KEY_COUNT: Final = 8
VERSION: Final = 1
"""Increase when the keys of a text change. It is part of the hash, so that old and new keys differ."""

_HAN_RANGE = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_HAN_RANGE}]+|[A-Za-z0-9\u00c0-\u024f]+")
_TOKEN = re.compile(f"[{_HAN_RANGE}]|[A-Za-z0-9\u00c0-\u024f]+")
_HASHES = Struct(f"<{2 * KEY_COUNT}I")
_FEWEST = {"zh": 4, "en": 3}
"""Minimum number of tokens of a text that gets keys. A shorter text is similar to too many others."""
_LONGEST = 600
_PERSON = f"memory {VERSION}".encode()


def compute_keys(text: str, side: Side) -> tuple[int, ...]:
    """Return eight min-hash keys below 2**63, or an empty tuple if the text is too short to compare."""
    if len(_tokens(text)) < _FEWEST[side]:
        return ()
    least = list(map(min, zip(*map(_hashes, _pieces(text)), strict=True)))
    return tuple((least[at] << 31) ^ least[at + 1] for at in range(0, 2 * KEY_COUNT, 2))


def measure_likeness(one: str, other: str) -> float:
    """Return 0 (nothing in common) to 1 (the same words in the same order). Punctuation does not count."""
    a, b = _tokens(one), _tokens(other)
    if a == b:
        return 1.0
    if not (a and b):
        return 0.0
    return Indel.normalized_similarity(a, b)


def estimate_highest_likeness(one: str, other: str) -> float:
    """Return an upper bound of `measure_likeness`, at a fraction of its cost."""
    a, b = _tokens(one), _tokens(other)
    return SequenceMatcher(None, a, b, autojunk=False).quick_ratio() if a and b else 0.0


@lru_cache(maxsize=512)
def _tokens(text: str) -> Sequence[str]:
    """Return the first `_LONGEST` Han characters and Latin words."""
    return tuple(token.lower() for token in _TOKEN.findall(text)[:_LONGEST])


def _pieces(text: str) -> set[str]:
    pieces: set[str] = set()
    for run in _RUN.findall(text):
        if run[0].isascii() or run[0] < "\u0250":
            pieces.add(run.lower())
        else:
            pieces.update(run[at : at + 2] for at in range(max(len(run) - 1, 1)))
    informative = {piece for piece in pieces if len(piece) > 3 or not piece.isascii() or piece.isdigit()}
    return informative or pieces


@lru_cache(maxsize=65_536)
def _hashes(piece: str) -> tuple[int, ...]:
    return _HASHES.unpack(blake2b(piece.encode(), digest_size=_HASHES.size, person=_PERSON).digest())


_BREAK = re.compile(r"[\s,;，、‧·・•/()（）]+")
_NO_LETTER = re.compile(r"[^\w]|_")
_HAN = re.compile(r"[\u3400-\u9fff]")


NAME_CACHE_SIZE = 30_000
"""Most names whose folded form is cached. A search for typing errors compares all names."""


@lru_cache(maxsize=NAME_CACHE_SIZE)
def fold_name_parts(name: str) -> tuple[str, ...]:
    """Return the folded parts: `José-María Núñez` is josemaria, nunez. A leading “The” is dropped."""
    parts = tuple(word for part in _BREAK.split(fold_accents(name)) if (word := _NO_LETTER.sub("", part)))
    return parts[1:] if len(parts) > 1 and parts[0] == "the" else parts


@lru_cache(maxsize=NAME_CACHE_SIZE)
def fold_name(name: str) -> str:
    return "".join(fold_name_parts(name))


def are_similar_names(one: str, other: str) -> bool:
    """Return whether two names are so alike that a person should decide if they are one. Empty names are not."""
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
