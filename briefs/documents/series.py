"""Markers that are ones only in a row with others: 一、七大工業國, 2.2025年, -NATO, ※.

Alone each may be what is left of a wrapped line: 二、三十人, 2.5億, U.S. / -China. So it is looked at what stands
before it and after it in the list, and whether a line could have been wrapped there at all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefs.documents.markers import FURNITURE, HAN_NUMERALS, INDENT_STEP, STEMS, SUMS, Mark, numbered
from briefs.documents.scripts import is_wider

_LOOSE = re.compile(
    rf"""(?P<han>[{HAN_NUMERALS}]{{1,3}})[、．.](?=[{HAN_NUMERALS}])
    |(?P<sum>[{SUMS}])[、．.](?=[{SUMS}])
    |(?P<stem>[{STEMS}])[、．.](?=[{STEMS}])
    |第(?P<ordinal>[{HAN_NUMERALS}]{{1,3}})[、：:](?=[{HAN_NUMERALS}])
    |(?P<number>\d{{1,2}})[.．](?=\d)
    |(?!{FURNITURE})(?P<dash>[-–—*－＊])(?=[A-Za-z\d“"‘$€£])
    |(?P<note>※)\ *(?=\S)""",
    re.VERBOSE,
)
_STOPS = "。！？.!?」』”；;：:"
_INITIAL = re.compile(r"[A-Z]\.$")
"""U.S. at the end of a line ends no sentence."""
_NARROW = 40
"""Columns. No mail program wraps as early, so a shorter line ended where its writer ended it."""
_NEAR = 12
"""Lines from one dash to the next, in one list."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line as far as it matters here. `mark` is one that stands on its own; `begins` if the line was not wrapped there."""

    text: str
    indent: int
    mark: Mark | None
    begins: bool


def is_loose(text: str) -> bool:
    """Whether a line could be an item beside others like it."""
    return _LOOSE.match(text) is not None


def ended(above: str) -> bool:
    """Whether a line ends where its writer wanted it to end."""
    if not is_wider(above, _NARROW):
        return True
    return above[-1] in _STOPS and not _INITIAL.search(above)


def in_a_row(places: Sequence[Place]) -> dict[int, Mark]:
    """The markers of one section that only the others tell, by place."""
    rows: dict[str, list[_Item]] = {}
    for at, place in enumerate(places):
        mark = place.mark or _loose(place.text)
        if mark is not None:
            rows.setdefault(mark.style, []).append(_Item(at, mark, place))
    return {item.at: item.mark for row in rows.values() for item in _taken(row)}


@dataclass(frozen=True, slots=True)
class _Item:
    at: int
    mark: Mark
    place: Place

    @property
    def is_sure(self) -> bool:
        return self.place.mark is not None

    def stands_by(self, other: "_Item | None") -> bool:
        return other is not None and abs(self.place.indent - other.place.indent) < INDENT_STEP


def _loose(text: str) -> Mark | None:
    match = _LOOSE.match(text)
    if match is None:
        return None
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    rest = text[match.end() :]
    return (
        Mark("bullet", value, 0, rest) if kind in ("dash", "note") else numbered(kind, value, match[0], rest)
    )


def _taken(row: Sequence[_Item]) -> Iterator[_Item]:
    last: _Item | None = None
    for n, item in enumerate(row):
        following = row[n + 1] if n + 1 < len(row) else None
        if not item.is_sure:
            fits = _follows if item.mark.ordinal else _is_beside
            if not fits(item, last, following):
                continue
            yield item
        last = item


def _follows(item: _Item, last: _Item | None, following: _Item | None) -> bool:
    """一 before it and 三 after it; where the list begins or ends, one of the two."""
    number = item.mark.ordinal
    goes_on = following is not None and following.mark.ordinal == number + 1 and item.stands_by(following)
    if number == 1:
        return goes_on and (item.place.begins or _is_certain(following))
    if last is None or last.mark.ordinal != number - 1 or not item.stands_by(last):
        return False
    if goes_on:
        return item.place.begins or _is_certain(following)
    return item.place.begins and (following is None or following.mark.ordinal == 1)


def _is_certain(item: _Item | None) -> bool:
    return item is not None and item.is_sure


def _is_beside(item: _Item, last: _Item | None, following: _Item | None) -> bool:
    if not item.place.begins:
        return False
    near = [other for other in (last, following) if other and abs(other.at - item.at) <= _NEAR]
    return any(item.stands_by(other) and (other.is_sure or other.place.begins) for other in near)
