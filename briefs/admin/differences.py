"""Two texts side by side, what differs marked: Chinese by character, English by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WORDS = re.compile(r"\s+|[A-Za-z0-9’']+|.", re.DOTALL)
_SENTENCES = re.compile(r"[^。！？；.!?;\n]*[。！？；.!?;\n]?", re.DOTALL)
MOST: Final = 4_000_000
"""Of pairs of tokens to compare; beyond it whole sentences are compared."""


def marked(mine: str, theirs: str) -> tuple[SafeString, SafeString]:
    """Both texts, with `<mark>` around what the other does not have."""
    a, b = _tokens(mine, theirs)
    left: list[tuple[bool, str]] = []
    right: list[tuple[bool, str]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        left.append((tag != "equal", "".join(a[i1:i2])))
        right.append((tag != "equal", "".join(b[j1:j2])))
    return _html(left), _html(right)


def _tokens(mine: str, theirs: str) -> tuple[Sequence[str], Sequence[str]]:
    """Han is one token a character, since the pattern's last branch takes what no word takes."""
    a, b = _WORDS.findall(mine), _WORDS.findall(theirs)
    if len(a) * len(b) <= MOST:
        return a, b
    return _SENTENCES.findall(mine), _SENTENCES.findall(theirs)


def _html(parts: Sequence[tuple[bool, str]]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in _marks(parts)))


def _marks(parts: Sequence[tuple[bool, str]]) -> Iterator[SafeString | str]:
    for differs, text in parts:
        if text:
            yield format_html("<mark>{}</mark>", text) if differs else text
