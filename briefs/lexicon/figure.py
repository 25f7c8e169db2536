"""A figure in a text: its value, its unit, and whether the other language must have it (N1, N2)."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from briefs.lexicon.masking import BLANK_CHARACTER

FIGURE_LIMIT = 1500
"""Maximum number of figures of one kind read from one text. Limits the cost of hostile pastes."""

ROUNDING_FROM = Decimal(10_000)
ROUNDING_TOLERANCE = Decimal("0.005")

NUMBER_PATTERN = r"(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,18})(?!\d)(?:\.\d{1,9})?"
"""A number in Arabic digits, in either language."""

_RANGE = re.compile(r"\s?(?:[–—~～至到-]|to|and|or)\s?")
_YEAR_SPAN = re.compile(r"[–/-]")


@dataclass(frozen=True, slots=True)
class Figure:
    """`values` contains every reading: "25" of "2024–25" is 25 and 2025. The first is the one written.

    `needs_counterpart` is false for most numerals written as words: they match a figure of the other side but
    need none.
    """

    start: int
    end: int
    raw: str
    values: tuple[Decimal, ...]
    scale: Decimal = Decimal(1)
    unit: str = ""
    needs_counterpart: bool = True
    written_unit: str = ""

    @property
    def value(self) -> Decimal:
        return self.values[0]

    @property
    def has_leading_unit(self) -> bool:
        """Return whether the unit precedes the number. It then applies to a whole range: US$10–15 billion."""
        return bool(self.written_unit) and self.raw.startswith(self.written_unit)


class FigureValues:
    """The values of one side, for membership tests with a rounding tolerance."""

    def __init__(self, values: Iterable[Decimal]) -> None:
        self._exact = set(values)
        self._large = sorted(
            value for value in self._exact if value >= ROUNDING_FROM * (1 - ROUNDING_TOLERANCE)
        )

    def __contains__(self, value: Decimal) -> bool:
        """Allow a tolerance from 10,000 on, never for years and counts: 2027 is not 2028."""
        if value in self._exact:
            return True
        if value < ROUNDING_FROM * (1 - ROUNDING_TOLERANCE):
            return False
        at = bisect_left(self._large, value)
        return any(_near(value, other) for other in self._large[max(at - 1, 0) : at + 1])


def _near(one: Decimal, other: Decimal) -> bool:
    return max(one, other) >= ROUNDING_FROM and abs(one - other) <= ROUNDING_TOLERANCE * max(one, other)


def join_ranges(text: str, figures: Sequence[Figure]) -> list[Figure]:
    """Complete the figures of a range from each other: "2–3 billion", "50至60億美元", "2024–25"."""
    result = list(figures)
    for i in range(len(result) - 2, -1, -1):
        here, after = result[i], result[i + 1]
        if after.start - here.end > 12:
            continue
        between = text[here.end : after.start]
        if _YEAR_SPAN.fullmatch(between) and (short := _expand_short_year(here, after)):
            result[i + 1] = replace(after, values=(after.value, short))
        elif _RANGE.fullmatch(between) and not after.has_leading_unit:
            result[i] = _complete_from_second(here, after)
            if not after.unit and here.has_leading_unit:
                result[i + 1] = replace(after, unit=here.unit, written_unit=here.written_unit)
    return result


def _complete_from_second(first: Figure, second: Figure) -> Figure:
    """Return the first figure of a range with the scale and unit that only the second has."""
    values = first.values
    if first.scale == 1 and second.scale > 1:
        values = (*values, first.value * second.scale)
    unit = first if first.unit else second
    return replace(first, values=values, unit=unit.unit, written_unit=unit.written_unit)


def _expand_short_year(first: Figure, second: Figure) -> Decimal | None:
    """Return the full year that "25" means after "2024"."""
    whole = len(first.raw) == 4 and first.raw.isdigit() and len(second.raw) == 2 and second.raw.isdigit()
    if not whole or second.value <= first.value % 100:
        return None
    return first.value - first.value % 100 + second.value


def blank_out_figures(text: str, figures: Iterable[Figure]) -> str:
    """Replace these figures, given in order, with blanks. Positions are kept."""
    pieces, at = [], 0
    for figure in figures:
        pieces += [text[at : figure.start], BLANK_CHARACTER * (figure.end - figure.start)]
        at = figure.end
    return "".join([*pieces, text[at:]])


def format_decimal(value: Decimal) -> str:
    """Format without exponent and trailing zeros: 3.5, 1200000000."""
    return f"{value.normalize():f}"
