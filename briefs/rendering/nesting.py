"""Convert flat rows of (level, marker) to nested lists.

Any jump of levels gives valid HTML and keeps every row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..content import Marker

_LIST_TAGS: dict[Marker, str] = {"bullet": "ul", "number": "ol"}


@dataclass(frozen=True, slots=True)
class NestedPosition:
    """Position of a row. `preceding_markup` goes between the previous row and this row's `<li>`."""

    preceding_markup: str
    depth: int
    ordinal: int
    """Position among the numbered rows of its list; 0 for a bullet."""


@dataclass(slots=True)
class _OpenList:
    level: int
    marker: Marker
    count: int = 0


def nest(rows: Iterable[tuple[int, Marker]]) -> tuple[list[NestedPosition], str]:
    """Return the position of each row, and the markup that closes the last one."""
    places: list[NestedPosition] = []
    open_: list[_OpenList] = []
    for level, marker in rows:
        before = ""
        while len(open_) > 1 and open_[-1].level > level:
            before += f"</li></{_LIST_TAGS[open_.pop().marker]}>"
        if not open_:
            open_.append(_OpenList(level, marker))
            before += _opening_tag(open_[-1], is_outermost=True)
        elif open_[-1].level < level:
            open_.append(_OpenList(level, marker))
            before += _opening_tag(open_[-1], is_outermost=False)
        else:
            here = open_[-1]
            here.level = level  # the first row was nested too deep
            before += "</li>"
            if here.marker != marker:
                before += f"</{_LIST_TAGS[here.marker]}>"
                here.marker = marker
                before += _opening_tag(here, is_outermost=len(open_) == 1)
        ordinal = 0
        if marker == "number":
            open_[-1].count += 1
            ordinal = open_[-1].count
        places.append(NestedPosition(before, len(open_) - 1, ordinal))
    return places, "".join(f"</li></{_LIST_TAGS[part.marker]}>" for part in reversed(open_))


def _opening_tag(open_list: _OpenList, *, is_outermost: bool) -> str:
    """Return the opening tag. A numbered list resumed after bullets continues its count."""
    start = f' start="{open_list.count + 1}"' if open_list.marker == "number" and open_list.count else ""
    return f"<{_LIST_TAGS[open_list.marker]}{' class="bullets"' if is_outermost else ''}{start}>"
