"""Find markers that are recognized only as part of a sequence: 一、七大工業國, 2.2025年, -NATO, and ※.

A single one may be the rest of a wrapped line (二、三十人, 2.5億, U.S. / -China) or, for ※, a remark. So the
decision uses the items before and after, and whether a line could have been wrapped there at all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefs.documents.markers import (
    FORMAL_NUMERALS,
    HAN_NUMERALS,
    HEAVENLY_STEMS,
    INDENT_STEP,
    PAGE_FURNITURE_PATTERN,
    UNIT_CHARACTERS,
    ListMarker,
    build_number_marker,
)
from briefs.text.scripts import display_width, is_wider

_AMBIGUOUS_MARKER = re.compile(
    rf"""(?P<han>[{HAN_NUMERALS}]{{1,3}})[、．.](?=[{HAN_NUMERALS}])
    |(?P<sum>[{FORMAL_NUMERALS}])[、．.](?=[{FORMAL_NUMERALS}])
    |(?P<stem>[{HEAVENLY_STEMS}])[、．.](?=[{HEAVENLY_STEMS}])
    |第(?P<ordinal>[{HAN_NUMERALS}]{{1,3}})[、：:](?=[{HAN_NUMERALS}])
    |(?P<number>\d{{1,2}})[.．](?=\d)
    |(?!{PAGE_FURNITURE_PATTERN})(?P<dash>[-–—－]|[*＊](?!.*[*＊]))(?=[A-Za-z“"‘]|\d{{1,2}}[A-Z]|\d{{4}}年|\d{{1,3}}(?=[㐀-鿿])(?![{UNIT_CHARACTERS}]))""",
    re.VERBOSE,
)
_AMOUNT = re.compile(r"\d+(?:\.\d+)? ?(?:[%％倍成億萬兆]|percent|[mbtr]+illion)")
_STOPS = "。！？.!?"
_PAUSES = "；;：:"
_QUOTED_SENTENCE_END = re.compile('[。！？.!?][」』”"’)）]$')
_INITIAL = re.compile(r"\b[A-Z]\.$")
"""U.S. at the end of a line does not end a sentence."""
_WORD = re.compile("[!-~]+|.")
_NARROWEST_WRAP = 40
"""Columns. No mail program wraps this early, so the writer ended a shorter line."""
WRAP_TOLERANCE = 8
"""Columns by which lines wrapped at one width may differ, besides the word that did not fit."""
_FARTHEST_DASH = 12
"""Maximum number of lines from one dash to the next in one list."""
_SHORTEST_RUN = 3
"""Adjacent lines that all begin like items. Wrapping does not produce that many."""
REMARK_SIGN = "※"


@dataclass(frozen=True, slots=True)
class SequenceLine:
    """A line as needed for sequences. `own_marker` counts without a sequence.

    `starts_paragraph` is true also after a blank line; `after_hard_break` if the line above was not wrapped.
    """

    text: str
    indent: int
    own_marker: ListMarker | None
    starts_paragraph: bool
    after_hard_break: bool


def ends_sentence(text: str) -> bool:
    """Return whether the text ends like a sentence."""
    return (text[-1:] in _STOPS and not _INITIAL.search(text)) or _QUOTED_SENTENCE_END.search(
        text[-2:]
    ) is not None


def ends_at_hard_break(above: str, below: str = "", widest: int = 0) -> bool:
    """Return whether the writer ended the line: the next word would have fitted."""
    if not is_wider(above, _NARROWEST_WRAP) or ends_sentence(above) or above[-1] in _PAUSES:
        return True
    word = _WORD.match(below)
    return word is not None and display_width(above) + display_width(word[0]) + WRAP_TOLERANCE <= widest


def are_remarks(marks: Sequence[ListMarker | None]) -> bool:
    """Return whether ※ lines of a section are remarks: another marker comes first, or ※ occurs only once."""
    made = [mark for mark in marks if mark and mark.ordinal <= 1]
    return bool(made) and (made[0].style != REMARK_SIGN or len(made) == 1)


def find_sequence_markers(lines: Sequence[SequenceLine]) -> dict[int, ListMarker]:
    """Return the markers of one section that only the sequence reveals, by line index."""
    rows: dict[str, list[_SequenceItem]] = {}
    for at, place in enumerate(lines):
        mark = place.own_marker or find_ambiguous_marker(place.text)
        if mark is not None:
            rows.setdefault(mark.style, []).append(_SequenceItem(at, mark, place))
    return {item.index: item.marker for row in rows.values() for item in _select_items(row)}


@dataclass(frozen=True, slots=True)
class _SequenceItem:
    index: int
    marker: ListMarker
    line: SequenceLine

    @property
    def has_own_marker(self) -> bool:
        return self.line.own_marker is not None

    def is_aligned_with(self, other: "_SequenceItem | None") -> bool:
        return other is not None and abs(self.line.indent - other.line.indent) < INDENT_STEP

    def directly_follows(self, other: "_SequenceItem") -> bool:
        """Return whether this is the very next line with the next number."""
        step = 1 if self.marker.ordinal else 0
        is_next = self.index == other.index + 1 and self.marker.ordinal == other.marker.ordinal + step
        return (
            is_next
            and self.is_aligned_with(other)
            and (bool(step) or self.has_own_marker == other.has_own_marker)
        )


def find_ambiguous_marker(text: str) -> ListMarker | None:
    """Return the marker of a line that could be an item in a sequence of similar lines."""
    match = _AMBIGUOUS_MARKER.match(text)
    if match is None:
        return None
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    rest = text[match.end() :]
    return (
        ListMarker("bullet", value, 0, rest)
        if kind == "dash"
        else build_number_marker(kind, value, match[0], rest)
    )


def _select_items(row: Sequence[_SequenceItem]) -> Iterator[_SequenceItem]:
    runs = _find_runs(row)
    last: _SequenceItem | None = None
    for n, item in enumerate(row):
        if not item.has_own_marker:
            fits = _fits_numbering if item.marker.ordinal else _fits_bullet_list
            if n not in runs and not fits(item, last, row, n):
                continue
            yield item
        last = item


def _find_runs(row: Sequence[_SequenceItem]) -> set[int]:
    """Return the indexes of items in runs of adjacent lines."""
    found: set[int] = set()
    start = 0
    for n in range(1, len(row) + 1):
        if n == len(row) or not row[n].directly_follows(row[n - 1]):
            if n - start >= _SHORTEST_RUN:
                is_wrapped = row[n - 2].has_own_marker  # only the last may be wrapped: nothing follows it
                found.update(range(start, n - is_wrapped))
            start = n
    return found


def _fits_numbering(
    item: _SequenceItem, last: _SequenceItem | None, row: Sequence[_SequenceItem], n: int
) -> bool:
    """Return whether the preceding and following numbers fit. At the start or end of a list, one of them
    suffices.
    """
    number = item.marker.ordinal
    following = row[n + 1] if n + 1 < len(row) else None
    goes_on = (
        following is not None and following.marker.ordinal == number + 1 and item.is_aligned_with(following)
    )
    is_between = goes_on and (item.line.after_hard_break or _is_certain(following))
    if number == 1:
        return is_between and (last is None or last.marker.ordinal != 1)
    if last is None or last.marker.ordinal != number - 1 or not item.is_aligned_with(last):
        return False
    if goes_on:
        return is_between
    is_amount = item.marker.style.startswith("number") and _AMOUNT.match(item.marker.item_text)
    is_last = following is None or following.marker.ordinal == 1
    return is_last and item.line.after_hard_break and not is_amount


def _is_certain(item: _SequenceItem | None) -> bool:
    return item is not None and item.has_own_marker


def _fits_bullet_list(
    item: _SequenceItem, last: _SequenceItem | None, row: Sequence[_SequenceItem], n: int
) -> bool:
    """Return whether another item of the list is near. A signature below a list does not count."""
    if not item.line.after_hard_break:
        return False
    after = [
        other
        for other in row[n + 1 : n + 1 + _FARTHEST_DASH]
        if other.index - item.index <= _FARTHEST_DASH and item.is_aligned_with(other)
    ]
    if any(other.has_own_marker or other.line.after_hard_break for other in after):
        return True
    if item.line.starts_paragraph and not (last and last.line.starts_paragraph):
        return False
    before = [
        other for other in row[max(n - _FARTHEST_DASH, 0) : n] if item.index - other.index <= _FARTHEST_DASH
    ]
    is_below = (
        bool(before)
        and before[-1].marker.item_text[-1:] in ":："
        and item.line.indent > before[-1].line.indent
    )
    return is_below or any(
        item.is_aligned_with(other) and (other.has_own_marker or other.line.after_hard_break)
        for other in before
    )
