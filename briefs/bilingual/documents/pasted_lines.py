"""Read pasted lines as the rows of one language: markers, levels and wrapped lines as in an imported document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from briefs.bilingual.documents.markers import (
    DEEPEST_LEVEL,
    OUTLINE_STYLE_PREFIX,
    ListMarker,
    ListNesting,
    SequenceLine,
    ends_at_hard_break,
    ends_sentence,
    find_capital_marker,
    find_capital_sequences,
    find_marker,
    find_sequence_markers,
)
from briefs.bilingual.text import display_width, join_wrapped
from briefs.content import Marker

_WORD_BULLETS = {"o": "○", "§": "▪", "v": "❖", "Ø": "➢", "ü": "✓", "q": "□", "n": "■", "u": "◆", "l": "●"}
"""Word's bullets as plain text: the letters that its symbol fonts draw as these signs. A tab follows."""
_WORD_BULLET = re.compile(rf"[{''.join(_WORD_BULLETS)}](?=\t)")
_LEAST_YEAR = 100
_WIDTHS = {"\t": 4, "\u3000": 2}
_NARROWEST_MAIL = 56
"""Columns. Mail programs wrap at 72 to 78; a line that is clearly shorter was ended by its writer."""
_HANGING = 4
"""Columns by which a wrapped Chinese line may be shorter, since a line neither begins nor ends with some signs."""
_FIRST_WORD = re.compile("[!-~]+|.")


@dataclass(frozen=True, slots=True)
class PastedLine:
    """`depth` counts from 0. A line without a marker has no `marker`."""

    text: str
    marker: Marker | None = None
    depth: int = 0


def read_pasted_lines(lines: Sequence[str], *, joins_wrapped: bool = False) -> list[PastedLine]:
    """Return one entry per line, including empty lines and those joined to the line above."""
    read = {
        at: (_replace_word_bullet(raw.strip()), _indent(raw)) for at, raw in enumerate(lines) if raw.strip()
    }
    nesting = ListNesting()
    pasted: dict[int, PastedLine] = {}
    for (at, (text, indent)), mark in zip(read.items(), _find_markers(list(read.values())), strict=True):
        resolved = mark and nesting.resolve_roman_or_letter(mark)
        if resolved and _is_item(resolved, nesting):
            level = nesting.add_item(indent, resolved)
            pasted[at] = PastedLine(_clean(resolved.item_text), resolved.kind, min(level, DEEPEST_LEVEL))
        else:
            pasted[at] = PastedLine(_clean(text))
    if joins_wrapped:
        pasted = _join_wrapped_lines(pasted, read)
    return [pasted.get(at, PastedLine("")) for at in range(len(lines))]


def _is_item(mark: ListMarker, nesting: ListNesting) -> bool:
    """Return whether a marker begins an item. A pasted list may begin with any number but a year or outline number."""
    is_number = mark.ordinal < _LEAST_YEAR and not mark.style.startswith(OUTLINE_STYLE_PREFIX)
    return is_number or nesting.expects(mark)


def _indent(raw: str) -> int:
    blank = raw[: len(raw) - len(raw.lstrip())]
    return sum(_WIDTHS.get(character, 1) for character in blank)


def _replace_word_bullet(text: str) -> str:
    text = _WORD_BULLET.sub(lambda match: _WORD_BULLETS[match[0]], text)
    return text.replace("\t", " ").replace("\u00a0", " ")


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _find_markers(texts: Sequence[tuple[str, int]]) -> Iterator[ListMarker | None]:
    if not texts:
        return
    capitals = find_capital_sequences(text for text, _indent in texts)
    own = [find_marker(text, indent) or find_capital_marker(text, capitals) for text, indent in texts]
    widest = max(display_width(text) for text, _indent in texts)
    breaks = [True, *(ends_at_hard_break(above, text, widest) for (above, _), (text, _) in pairwise(texts))]
    places = [
        SequenceLine(text, indent, mark, starts_paragraph=False, after_hard_break=hard)
        for (text, indent), mark, hard in zip(texts, own, breaks, strict=True)
    ]
    sequences = find_sequence_markers(places)
    yield from (mark or sequences.get(at) for at, mark in enumerate(own))


def _join_wrapped_lines(
    pasted: dict[int, PastedLine], read: dict[int, tuple[str, int]]
) -> dict[int, PastedLine]:
    """Join lines that a mail program wrapped: the next word did not fit, and some lines end within a sentence.

    If each line after such an end begins with a capital, the lines are a list.
    """
    widths = {at: indent + display_width(text) for at, (text, indent) in read.items()}
    widest = max(widths.values(), default=0)
    wrapped = [
        at
        for at, line in pasted.items()
        if not line.marker and at - 1 in pasted and _is_full(widths[at - 1], line.text, widest)
    ]
    within = [at for at in wrapped if not _may_end_paragraph(pasted[at - 1].text)]
    if all(pasted[at].text[0].isupper() for at in within):
        return pasted
    joined = dict(pasted)
    head = 0
    for at in pasted:
        if at in wrapped:
            joined[head] = replace(joined[head], text=join_wrapped(joined[head].text, joined.pop(at).text))
        else:
            head = at
    return joined


def _is_full(width: int, below: str, widest: int) -> bool:
    word = _FIRST_WORD.match(below)
    room = display_width(word[0]) if word else 0
    is_latin = below[0].isascii()
    return width >= _NARROWEST_MAIL and width + room + (1 if is_latin else _HANGING) > widest


def _may_end_paragraph(text: str) -> bool:
    return ends_sentence(text) or text[-1] in "；;：:"
