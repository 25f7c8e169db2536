"""Foreign names that Chinese writes by sound: how alike the consonants of 薛恩鮑姆 and Sheinbaum are."""

import re
from functools import cache, lru_cache
from pathlib import Path

from briefs.text.data_files import read_sections

_CLASSES = {
    **dict.fromkeys("bp", "P"),
    **dict.fromkeys("dt", "T"),
    **dict.fromkeys("kqh", "K"),
    **dict.fromkeys("szx", "S"),
    **dict.fromkeys("lr", "L"),
    **dict.fromkeys("fvw", "F"),
    "j": "J",
    "m": "M",
    "n": "N",
}
_SPELLINGS = (
    ("sch|sh|ch|tch|cz|zh", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("gu", "g"), ("c(?=[ei])", "s"), ("c", "k"),
    ("g(?=[ei])", "j"), ("g", "k"),
)  # fmt: skip
_ALIKE = {frozenset("JS"), frozenset("JK"), frozenset("NM"), frozenset("TS")}
_PARTLY, _OPTIONAL, _SKIPPED = 0.7, 0.25, 0.03
"""What similar consonants count; what an L or N, often left out, is discounted; what an unused character costs."""


@cache
def load_sounds() -> dict[str, str]:
    """Return the consonants of each character, possibly none."""
    lines = read_sections(Path(__file__).with_suffix(".txt"))["sounds"]
    rows = (line.split(": ") for line in lines)
    return {character: sound.strip("-") for sound, characters in rows for character in characters}


def is_written_by_sound(word: str) -> bool:
    return all(character in load_sounds() for character in word)


@lru_cache(10_000)
def _sound_en(word: str) -> str:
    word = max(word.partition("’")[0].lower().split("-"), key=len)
    for spelling, plain in _SPELLINGS:
        word = re.sub(spelling, plain, word)
    sounds = ""
    for before, letter in zip(" " + word, word, strict=False):
        sound = _CLASSES.get(letter, "")
        if sound and not (sounds and sounds[-1] == sound and before not in "aeiouy"):
            sounds += sound
    return sounds


@lru_cache(10_000)
def compute_likeness(zh: str, en: str) -> float:
    """Return from 0 to 1 how alike an English name and the best part of a Chinese one sound."""
    size, sounds = len(zh), load_sounds()
    return max(
        (
            _compare("".join(sounds[c] for c in zh[a:b]), _sound_en(en)) - _SKIPPED * (size - b + a)
            for a in range(size - 1)
            for b in range(a + 2, size + 1)
        ),
        default=0.0,
    )


def _compare(one: str, other: str) -> float:
    """Return the share of consonants in a common order."""
    if not one or not other:
        return 0.0
    row = [0.0] * (len(other) + 1)
    for mine in one:
        above = row[:]
        for j, theirs in enumerate(other):
            value = 1.0 if mine == theirs else _PARTLY if frozenset((mine, theirs)) in _ALIKE else 0.0
            row[j + 1] = max(above[j + 1], row[j], above[j] + value)
    longest = max(len(text) - _OPTIONAL * sum(c in "LN" for c in text[1:]) for text in (one, other))
    return min(row[-1] / max(longest, 1.0), 1.0)
