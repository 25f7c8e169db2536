"""Markers of list items, and how deep an item stands: told by marker and indent."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from briefs.content import Marker

DEEPEST = 2
INDENT_STEP = 2
"""Columns from which an indent counts as deeper: typists miss by one."""

_HAN_NUMERALS = "一二三四五六七八九十"
_BULLETS = "•‣⁃∙●○◦◉◎■□▪▫◆◇▶►▸➢➤➔✓✔❖★☆\uf0b7\uf0a7\uf06c\uf0d8"
# Big5 has no U+2022; Windows writes U+2027 for it.
_DOTS = "·‧・･"
_DASHES = "-–—*"

_MARKER = re.compile(
    rf"""(?P<bullet>[{_BULLETS}])\ *
    |(?P<dot>[{_DOTS}])\ *
    |(?P<dash>[{_DASHES}])(?:\ +|(?=[㐀-鿿「《〈（])|$)
    |(?P<o>o)\ +
    |(?P<number>\d{{1,4}})(?:[.．](?!\d)|[)）、])\ *
    |[(（](?P<inner>\d{{1,3}})[)）]\ *
    |(?P<han>[{_HAN_NUMERALS}]{{1,3}})(?:[、．.])(?![{_HAN_NUMERALS}])\ *
    |[(（](?P<inner_han>[{_HAN_NUMERALS}]{{1,3}})[)）]\ *
    |(?P<letter>[a-z])[.)]\ +
    |[(（](?P<inner_letter>[a-z])[)）]\ *
    |(?P<roman>[ivx]{{2,4}})[.)]\ +
    |(?P<circled>[①-⑳])\ *""",
    re.VERBOSE,
)
_BULLET_KINDS = frozenset(("bullet", "dot", "dash", "o"))
_RULE = re.compile(r"[-=_*~–—─━＿＝·.•#＊ ]{3,}|[|+:\-= ]{3,}")
_ITEM = re.compile(r"[-*–—·•] +[^ ]")
_ROMANS = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11, "xii": 12}


@dataclass(frozen=True, slots=True)
class Mark:
    """The marker of a line: `style` tells one kind of list from another, `ordinal` is a number's value."""

    marker: Marker
    style: str
    ordinal: int
    text: str


def find_marker(line: str, indent: int) -> Mark | None:
    """The marker at the start of a line without its indent."""
    match = _MARKER.match(line)
    if match is None:
        return None
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    text = line[match.end() :]
    if kind in _BULLET_KINDS:
        if kind == "o" and not indent:
            return None
        return Mark("bullet", value, 0, text)
    style = kind + match[0].rstrip(" ")[-1] if kind in ("number", "letter", "roman") else kind
    return Mark("number", style, _ordinal(kind, value), text)


def _ordinal(kind: str, value: str) -> int:
    if kind in ("number", "inner"):
        return int(value)
    if kind in ("han", "inner_han"):
        tens, ten, ones = value.rpartition("十")
        if not ten:
            return _HAN_NUMERALS.find(value) + 1
        return (_HAN_NUMERALS.find(tens) + 1 if tens else 1) * 10 + (
            _HAN_NUMERALS.find(ones) + 1 if ones else 0
        )
    if kind == "circled":
        return ord(value) - ord("①") + 1
    if kind == "roman":
        return _ROMANS.get(value, 0)
    return ord(value) - ord("a") + 1


def without_gaps(levels: Iterable[int]) -> list[int]:
    """Levels counted by the items above that stand further out: none is skipped, siblings stay siblings."""
    closed: list[int] = []
    above: list[int] = []
    for level in levels:
        while above and above[-1] >= level:
            above.pop()
        closed.append(len(above))
        above.append(level)
    return closed


def is_rule(line: str) -> bool:
    """A line drawn with hyphens or stars parts what is above from what is below; it has no words."""
    if line[0] not in "-=_*~–—─━＿＝·.•#＊|+" or _RULE.fullmatch(line) is None:
        return False
    return len(set(line) - {" "}) == 1 or not _ITEM.match(line)


@dataclass(slots=True)
class _Open:
    indent: int
    style: str
    ordinal: int


@dataclass(slots=True)
class Nesting:
    """The lists open at this line, outermost first."""

    open: list[_Open] = field(default_factory=list)

    def level(self, indent: int, mark: Mark, *, apart: bool = False) -> int:
        """The depth of the next item, from 0. `apart`: two blank lines or more stand before it.

        At one indent another marker nests under the item above it (the real document has numbers so);
        apart it begins a new list beside that one.
        """
        lists = self.open
        while lists and indent <= lists[-1].indent - INDENT_STEP:
            lists.pop()
        here = [n for n, item in enumerate(lists) if abs(item.indent - indent) < INDENT_STEP]
        same = [n for n in here if lists[n].style == mark.style]
        if same:
            del lists[same[-1] + 1 :]
            lists[-1].ordinal = mark.ordinal
        elif here and apart:
            lists[-1].style, lists[-1].ordinal = mark.style, mark.ordinal
        else:
            lists.append(_Open(indent, mark.style, mark.ordinal))
        return len(lists) - 1

    def expects(self, mark: Mark) -> bool:
        """Whether a number can be an item here, rather than a wrapped line that begins with a figure."""
        if mark.ordinal <= 3:
            return True
        return any(item.style == mark.style and mark.ordinal <= item.ordinal + 3 for item in self.open)
