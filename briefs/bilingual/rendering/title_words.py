"""Where the line of a title may end: between words of both languages, in Chinese by the dictionary."""

import re
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from briefs.bilingual.lexicon.dictionary import divide_words
from briefs.bilingual.text import count_han

_PIECES: Final = re.compile(r"[㐀-鿿]+|[!-,.-~À-ɏ‐-‧]+-?|.")
"""Runs of Chinese; Latin words, also the parts of a hyphenated one; other single characters."""
_LONGEST_WORD: Final = 4
"""In Chinese characters. A longer word may be broken: a line has ten."""
_NEVER_FIRST: Final = " ，。、；：？！」』）》〉”’…—·"
_NEVER_LAST: Final = "「『（《〈“‘"
_UNBROKEN: Final = re.compile(
    "[0-9一二兩三四五六七八九十百千幾][年月日億萬兆]|[上下這每第前後][一二兩三四五六七八九十百千幾]"
)
"""Two characters that no line ends between, although the dictionary has no word with both: 下一場, 2026年."""


def split_units(headline: str) -> list[str]:
    """Divide a headline where a line may end: between words of both languages, but not before or after every sign."""
    units: list[str] = []
    for run in _PIECES.findall(headline):
        for piece in divide_words(run, _LONGEST_WORD) if count_han(run) else [run]:
            last = units[-1][-1] if units else ""
            is_one = piece[0] in _NEVER_FIRST or last in _NEVER_LAST or _UNBROKEN.match(last + piece[0])
            if last and is_one:
                units[-1] += piece
            else:
                units.append(piece)
    return units


def render_title(title: str) -> SafeString:
    """Return a title as HTML, for styles with `word-break: keep-all`."""
    units = split_units(title) if count_han(title) else [title]
    return mark_safe("<wbr>".join(map(escape, units)))  # noqa: S308 escaped
