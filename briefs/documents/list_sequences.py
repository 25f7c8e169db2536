"""Markers that are ones only in a row with others: 一、七大工業國, 2.2025年, -NATO. And ※, which may be a remark.

Alone each may be what is left of a wrapped line: 二、三十人, 2.5億, U.S. / -China. So it is looked at what stands
before it and after it in the list, and whether a line could have been wrapped there at all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefs.documents.markers import FURNITURE, HAN_NUMERALS, INDENT_STEP, STEMS, SUMS, UNITS, Mark, numbered
from briefs.text.scripts import is_wider, width

_LOOSE = re.compile(
    rf"""(?P<han>[{HAN_NUMERALS}]{{1,3}})[、．.](?=[{HAN_NUMERALS}])
    |(?P<sum>[{SUMS}])[、．.](?=[{SUMS}])
    |(?P<stem>[{STEMS}])[、．.](?=[{STEMS}])
    |第(?P<ordinal>[{HAN_NUMERALS}]{{1,3}})[、：:](?=[{HAN_NUMERALS}])
    |(?P<number>\d{{1,2}})[.．](?=\d)
    |(?!{FURNITURE})(?P<dash>[-–—－]|[*＊](?!.*[*＊]))(?=[A-Za-z“"‘]|\d{{1,2}}[A-Z]|\d{{4}}年|\d{{1,3}}(?=[㐀-鿿])(?![{UNITS}]))""",
    re.VERBOSE,
)
_AMOUNT = re.compile(r"\d+(?:\.\d+)? ?(?:[%％倍成億萬兆]|percent|[mbtr]+illion)")
_STOPS = "。！？.!?"
_PAUSES = "；;：:"
_QUOTED = re.compile('[。！？.!?][」』”"’)）]$')
_INITIAL = re.compile(r"\b[A-Z]\.$")
"""U.S. at the end of a line ends no sentence."""
_WORD = re.compile("[!-~]+|.")
_NARROW = 40
"""Columns. No mail program wraps as early, so a shorter line ended where its writer ended it."""
RAGGED = 8
"""Columns by which lines that were wrapped at one width may differ, beside the word that did not fit."""
_NEAR = 12
"""Lines from one dash to the next, in one list."""
_RUN = 3
"""Lines below each other that all begin as items do: nothing is wrapped so."""
REMARK = "※"


@dataclass(frozen=True, slots=True)
class Place:
    """A line as far as it matters here. `mark` is one that stands on its own; `apart` after a blank line; `begins` where
    the line above was not wrapped.
    """

    text: str
    indent: int
    mark: Mark | None
    apart: bool
    begins: bool


def is_loose(text: str) -> bool:
    """Whether a line could be an item beside others like it."""
    return _LOOSE.match(text) is not None


def is_ended(text: str) -> bool:
    """Whether it ends as a sentence does."""
    return (text[-1:] in _STOPS and not _INITIAL.search(text)) or _QUOTED.search(text[-2:]) is not None


def ended(above: str, below: str = "", widest: int = 0) -> bool:
    """Whether a line ends where its writer wanted it to end: the next word would have had room in it."""
    if not is_wider(above, _NARROW) or is_ended(above) or above[-1] in _PAUSES:
        return True
    word = _WORD.match(below)
    return word is not None and width(above) + width(word[0]) + RAGGED <= widest


def are_remarks(marks: Sequence[Mark | None]) -> bool:
    """Whether a line that begins with ※ is none of the section's points: these are made so from the first on."""
    made = [mark for mark in marks if mark and mark.ordinal <= 1]
    return bool(made) and (made[0].style != REMARK or len(made) == 1)


def in_a_row(places: Sequence[Place]) -> dict[int, Mark]:
    """The markers of one section that only the others tell, by place."""
    rows: dict[str, list[_Item]] = {}
    for at, place in enumerate(places):
        mark = place.mark or loose(place.text)
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

    def goes_on_from(self, other: "_Item") -> bool:
        """The very next line, and the next number."""
        step = 1 if self.mark.ordinal else 0
        is_next = self.at == other.at + 1 and self.mark.ordinal == other.mark.ordinal + step
        return is_next and self.stands_by(other) and (bool(step) or self.is_sure == other.is_sure)


def loose(text: str) -> Mark | None:
    match = _LOOSE.match(text)
    if match is None:
        return None
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    rest = text[match.end() :]
    return Mark("bullet", value, 0, rest) if kind == "dash" else numbered(kind, value, match[0], rest)


def _taken(row: Sequence[_Item]) -> Iterator[_Item]:
    runs = _runs(row)
    last: _Item | None = None
    for n, item in enumerate(row):
        if not item.is_sure:
            fits = _follows if item.mark.ordinal else _is_beside
            if n not in runs and not fits(item, last, row, n):
                continue
            yield item
        last = item


def _runs(row: Sequence[_Item]) -> set[int]:
    """Which of them stand in a run of lines."""
    found: set[int] = set()
    start = 0
    for n in range(1, len(row) + 1):
        if n == len(row) or not row[n].goes_on_from(row[n - 1]):
            if n - start >= _RUN:
                is_wrapped = row[n - 2].is_sure  # only the last may have been, as nothing comes after it
                found.update(range(start, n - is_wrapped))
            start = n
    return found


def _follows(item: _Item, last: _Item | None, row: Sequence[_Item], n: int) -> bool:
    """一 before it and 三 after it; where the list begins or ends, one of the two."""
    number = item.mark.ordinal
    following = row[n + 1] if n + 1 < len(row) else None
    goes_on = following is not None and following.mark.ordinal == number + 1 and item.stands_by(following)
    is_between = goes_on and (item.place.begins or _is_certain(following))
    if number == 1:
        return is_between and (last is None or last.mark.ordinal != 1)
    if last is None or last.mark.ordinal != number - 1 or not item.stands_by(last):
        return False
    if goes_on:
        return is_between
    is_amount = item.mark.style.startswith("number") and _AMOUNT.match(item.mark.text)
    is_last = following is None or following.mark.ordinal == 1
    return is_last and item.place.begins and not is_amount


def _is_certain(item: _Item | None) -> bool:
    return item is not None and item.is_sure


def _is_beside(item: _Item, last: _Item | None, row: Sequence[_Item], n: int) -> bool:
    """Beside another of its list; the signature below one is none."""
    if not item.place.begins:
        return False
    after = [
        other for other in row[n + 1 : n + 1 + _NEAR] if other.at - item.at <= _NEAR and item.stands_by(other)
    ]
    if any(other.is_sure or other.place.begins for other in after):
        return True
    if item.place.apart and not (last and last.place.apart):
        return False
    before = [other for other in row[max(n - _NEAR, 0) : n] if item.at - other.at <= _NEAR]
    is_below = (
        bool(before) and before[-1].mark.text[-1:] in ":：" and item.place.indent > before[-1].place.indent
    )
    return is_below or any(
        item.stands_by(other) and (other.is_sure or other.place.begins) for other in before
    )
