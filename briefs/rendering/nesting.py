"""Flat rows (level, marker) → nested lists. Any jump of levels gives valid HTML and loses no row."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..content import Marker

_TAG: dict[Marker, str] = {"bullet": "ul", "number": "ol"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands. `before` is the markup between the row before and this row's `<li>`."""

    before: str
    depth: int
    ordinal: int
    """Its place among the numbered rows of its list; 0 for a bullet."""


@dataclass(slots=True)
class _List:
    level: int
    marker: Marker
    count: int = 0


def nest(rows: Iterable[tuple[int, Marker]]) -> tuple[list[Place], str]:
    """The place of each row, and the markup that closes the last one."""
    places: list[Place] = []
    open_: list[_List] = []
    for level, marker in rows:
        before = ""
        while len(open_) > 1 and open_[-1].level > level:
            before += f"</li></{_TAG[open_.pop().marker]}>"
        if not open_:
            open_.append(_List(level, marker))
            before += _start(open_[-1], outer=True)
        elif open_[-1].level < level:
            open_.append(_List(level, marker))
            before += _start(open_[-1], outer=False)
        else:
            here = open_[-1]
            here.level = level  # a first row that began too deep
            before += "</li>"
            if here.marker != marker:
                before += f"</{_TAG[here.marker]}>"
                here.marker = marker
                before += _start(here, outer=len(open_) == 1)
        ordinal = 0
        if marker == "number":
            open_[-1].count += 1
            ordinal = open_[-1].count
        places.append(Place(before, len(open_) - 1, ordinal))
    return places, "".join(f"</li></{_TAG[part.marker]}>" for part in reversed(open_))


def _start(part: _List, *, outer: bool) -> str:
    """A numbered list that goes on after bullets goes on counting."""
    start = f' start="{part.count + 1}"' if part.marker == "number" and part.count else ""
    return f"<{_TAG[part.marker]}{' class="bullets"' if outer else ''}{start}>"
