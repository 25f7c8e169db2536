"""Measure the similarity of two texts, and compute keys by which similar texts can be looked up (min-hash).

Chinese is cut into pairs of adjacent characters, English into informative words. Each of sixteen hash
functions keeps its least value over the pieces, and two values make one key. Texts that share half of their
pieces share a key nine times in ten, texts that share a twentieth once in fifty. The hashes are the same in
every process. No Django here.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Final

from rapidfuzz.distance import Indel

from ..content import Side

KEY_COUNT: Final = 8
VERSION: Final = 1
"""Increase when the keys of a text change. It is part of the hash, so that old and new keys differ."""

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_HAN}]+|[A-Za-z0-9\u00c0-\u024f]+")
_TOKEN = re.compile(f"[{_HAN}]|[A-Za-z0-9\u00c0-\u024f]+")
_HASHES = Struct(f"<{2 * KEY_COUNT}I")
_FEWEST = {"zh": 4, "en": 3}
"""Minimum number of tokens of a text that gets keys. A shorter text is similar to too many others."""
_LONGEST = 600
_PERSON = f"memory {VERSION}".encode()


def compute_keys(text: str, side: Side) -> tuple[int, ...]:
    """Return eight numbers below 2**63, or none for a text too short for a useful comparison."""
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
    """Return Han characters and Latin words, at most the first `_LONGEST`."""
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
