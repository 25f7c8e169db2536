"""Read pasted lines as the rows of one language: markers and levels as in an imported document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from briefs.content import Marker
from briefs.documents.list_sequences import SequenceLine, ends_at_hard_break, find_sequence_markers
from briefs.documents.markers import (
    DEEPEST_LEVEL,
    OUTLINE_STYLE_PREFIX,
    ListMarker,
    ListNesting,
    find_capital_marker,
    find_capital_sequences,
    find_marker,
)
from briefs.text.scripts import display_width

_WORD_BULLETS = {"o": "○", "§": "▪", "v": "❖", "Ø": "➢", "ü": "✓", "q": "□", "n": "■", "u": "◆", "l": "●"}
"""Word's bullets as plain text: the letters that its symbol fonts draw as these signs. A tab follows."""
_WORD_BULLET = re.compile(rf"[{''.join(_WORD_BULLETS)}](?=\t)")
_LEAST_YEAR = 100
_WIDTHS = {"\t": 4, "\u3000": 2}


@dataclass(frozen=True, slots=True)
class PastedLine:
    """`depth` counts from 0. A line without a marker has no `marker`."""

    text: str
    marker: Marker | None = None
    depth: int = 0


def read_pasted_lines(lines: Sequence[str]) -> list[PastedLine]:
    """Return one entry per line, also for empty lines."""
    read = {
        at: (_replace_word_bullet(raw.strip()), _indent(raw)) for at, raw in enumerate(lines) if raw.strip()
    }
    nesting = ListNesting()
    found: dict[int, PastedLine] = {}
    for (at, (text, indent)), mark in zip(read.items(), _find_markers(list(read.values())), strict=True):
        resolved = mark and nesting.resolve_roman_or_letter(mark)
        if resolved and _is_item(resolved, nesting):
            level = nesting.add_item(indent, resolved)
            found[at] = PastedLine(_clean(resolved.item_text), resolved.kind, min(level, DEEPEST_LEVEL))
        else:
            found[at] = PastedLine(_clean(text))
    return [found.get(at, PastedLine("")) for at in range(len(lines))]


def _is_item(mark: ListMarker, nesting: ListNesting) -> bool:
    """A pasted part of a list may begin with any number, but not with a year or an outline number."""
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
