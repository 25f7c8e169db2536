"""Apply the edits of repairs, and compare the words of two texts."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from briefs.bilingual.checks.texts import Edit, FindingField, fold_characters, index_text_pairs
from briefs.content import Content, Side

_LATIN_RUN = re.compile("[A-Za-z0-9\u00c0-\u024f]+")
_MEANINGFUL_SIGNS = "%&@#*/\\?!"
"""Unicode classes these as punctuation, but they carry meaning and must not change."""
_WIDE = str.maketrans("？！", "?!")
_MINUS = re.compile(r"(?<![A-Za-z0-9)])[-\u2013\u2212](?=[0-9])")


def apply_edits(content: Content, edits: Iterable[Edit]) -> Content | None:
    """Return the content with all edits applied.

    Return None if the text of an edit is missing or differs from `expected`, or if two edits overlap.
    """
    by_text: dict[tuple[FindingField, int | None, Side], list[Edit]] = defaultdict(list)
    for edit in edits:
        by_text[edit.field, edit.bullet, edit.side].append(edit)
    pairs = index_text_pairs(content)
    leads: dict[str, str] = {}
    bullets: dict[int | None, dict[str, str]] = defaultdict(dict)
    for (field, number, side), some in by_text.items():
        pair = pairs.get((field, number))
        new = _apply_to_text(pair.text(side), sorted(some, key=lambda edit: edit.span)) if pair else None
        if new is None:
            return None
        if field == "bullet":
            bullets[number][f"text_{side}"] = new
        else:
            leads[f"{field}_{side}"] = new
    edited = (replace(b, **bullets[b.number]) if b.number in bullets else b for b in content.bullets)  # type: ignore[arg-type]
    return replace(content, bullets=tuple(edited), **leads)  # type: ignore[arg-type]


def has_same_words(old: str, new: str) -> bool:
    """Return whether two texts differ at most in white space, width and punctuation."""
    return _letters_and_words(old) == _letters_and_words(new)


def _letters_and_words(text: str) -> tuple[list[str], list[str]]:
    """Return the characters that are neither space nor punctuation, and the list of Latin words."""
    folded = _MINUS.sub("+", fold_characters(text).translate(_WIDE))
    said = [c for c in folded if c in _MEANINGFUL_SIGNS or unicodedata.category(c)[0] not in "ZPC"]
    return said, _LATIN_RUN.findall(folded)


def _apply_to_text(text: str, edits: Sequence[Edit]) -> str | None:
    if any(one.end > other.start for one, other in pairwise(edits)):
        return None
    if any(text[edit.start : edit.end] != edit.expected for edit in edits):
        return None
    starts = [0, *(edit.end for edit in edits)]
    kept = [text[start : edit.start] for start, edit in zip(starts, edits, strict=False)]
    parts = (part for pair in zip(kept, (edit.replacement for edit in edits), strict=True) for part in pair)
    return "".join(parts) + text[starts[-1] :]
