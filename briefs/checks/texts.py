"""Iterate over the texts of a brief, fold characters and mask URLs for the checks.

Do not use `\\b` or `\\w` here: Python counts Han as word characters, so "AI技術" has no word boundary inside.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from briefs.checks.finding import FindingField
from briefs.content import INVISIBLE, Content, Side

from ..lexicon.masking import blank_out_matches

HAN_RANGES = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# Full-width letters, digits and ％＄．＋－／＆ fold to ASCII; ，：； do not, since they end a figure.
_FULL_WIDTH = {code + 0xFEE0: code for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
_FOLD = _FULL_WIDTH | {
    ord(wide): ord(narrow) for wide, narrow in zip("％＄．＋－／＆‐‑’", "%$.+-/&--'", strict=True)
}
_EQUIVALENT = {ord("臺"): "台", ord("-"): " ", 0xA0: " "}
_WIDE_THOUSANDS = re.compile("(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_URL = re.compile(f'(?:https?://|www\\.)[^\\s<>"“”「」『』《》（），。；、{HAN_RANGES}]+', re.IGNORECASE)
_COUNTED_UNIT = re.compile(f"[{HAN_RANGES}]|[A-Za-z0-9]+(?:[-.,][A-Za-z0-9]+)*")
_WORD = re.compile("[A-Za-z0-9]")
_TRAILING = ".,;:!?)]}'"
INVISIBLE_CHARACTER = re.compile(f"[{INVISIBLE}]")


@dataclass(frozen=True, slots=True)
class TextPair:
    """One text in both languages."""

    field: FindingField
    bullet: int | None
    zh: str
    en: str

    def text(self, side: Side) -> str:
        return self.zh if side == "zh" else self.en


def iterate_text_pairs(content: Content) -> Iterator[TextPair]:
    """Yield headline, summary, then the bullets in order."""
    yield TextPair("headline", None, content.headline_zh, content.headline_en)
    yield TextPair("summary", None, content.summary_zh, content.summary_en)
    for bullet in content.bullets:
        yield TextPair("bullet", bullet.number, bullet.text_zh, bullet.text_en)


def describe_character(character: str) -> str:
    """Return the code and the Unicode name: `U+00AD SOFT HYPHEN`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def index_text_pairs(content: Content) -> dict[tuple[FindingField, int | None], TextPair]:
    return {(pair.field, pair.bullet): pair for pair in iterate_text_pairs(content)}


def has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def fold_characters(text: str) -> str:
    """Fold width of letters and digits, hyphens and apostrophes. Length and positions are kept."""
    return _WIDE_THOUSANDS.sub(",", text).translate(_FOLD)


def fold_for_names(text: str) -> str:
    """Fold characters, and also 臺, hyphens and non-breaking spaces, which names may write either way."""
    return fold_characters(text).translate(_EQUIVALENT)


def find_urls(text: str) -> list[str]:
    return [match[0].rstrip(_TRAILING) for match in _URL.finditer(text)]


def fold_and_mask_urls(text: str) -> str:
    """Fold the text and blank out URLs, for the checks of figures and names."""
    return blank_out_matches(_URL, fold_characters(text))


def mask_urls(text: str) -> str:
    """Blank out URLs without folding."""
    if "://" not in text and "www." not in text.lower():
        return text
    return blank_out_matches(_URL, text)


def count_characters(text: str) -> int:
    """Count Han characters and Latin runs, without punctuation (字)."""
    return len(_COUNTED_UNIT.findall(text))


def count_words(text: str) -> int:
    """Count English words: tokens with a letter or a digit."""
    return sum(bool(_WORD.search(token)) for token in text.split())
