"""Figures in a text: their values, units and currencies, and whether the other language must have them (N1, N2, N6)."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from briefs.bilingual.text import read_sections

BLANK_CHARACTER = "□"
"""Replaces a character that a check must not read. It is no letter, digit or punctuation mark in our texts.
"""


def blank_out_matches(pattern: re.Pattern[str], text: str) -> str:
    """Replace every match with blanks, so that a check does not read it. Length and positions are kept."""
    return pattern.sub(lambda match: BLANK_CHARACTER * len(match[0]), text)


_LENGTH, _AREA, _MASS, _DAYS, _MONTHS = "length", "area", "mass", "days", "months"
_SECTIONS = read_sections(Path(__file__).with_name("units.txt"))
_UNITS = {code: rest for code, *rest in (line.split("\t") for line in _SECTIONS["units"])}
_SIGNS = dict(line.split("\t") for line in _SECTIONS["signs"])
_BY_SIGN = {"$": {"$", "USD", "TWD", "HKD", "AUD"}, "¥": {"¥", "JPY", "CNY"}}
"""Currencies that a sign alone may mean."""
CURRENCIES = {code for code, unit in _UNITS.items() if unit[0] == "money"}

SIGN_PATTERN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))


def _build_unit_pattern(position: int, before: str, after: str) -> re.Pattern[str]:
    groups = (f"(?P<u{n}>{unit[position]})" for n, unit in enumerate(_UNITS.values()))
    return re.compile(f"{before}(?:{'|'.join(groups)}){after}")


_CODES = list(_UNITS)
_ZH = _build_unit_pattern(2, r"[多餘]?\s?", "")
_EN = _build_unit_pattern(3, r"[\s-]?", "(?![A-Za-z])")


def find_unit_after(text: str, end: int, *, chinese: bool) -> tuple[str, int]:
    """Return the unit that follows a figure and its end: `("km", 14)`, or `("", end)`."""
    match = (_ZH if chinese else _EN).match(text, end)
    if not match or not match.lastgroup:
        return "", end
    return _CODES[int(match.lastgroup[1:])], match.end()


def find_unit_of_sign(sign: str) -> str:
    return _SIGNS.get(sign.strip(), "")


def are_compatible(one: str, other: str) -> bool:
    """Return whether figures with these units may be equal. A missing unit is compatible with every unit."""
    if one == other or not one or not other:
        return True
    if {one, other} <= CURRENCIES and "元" in (one, other):
        return True
    return any(sign in (one, other) and {one, other} <= some for sign, some in _BY_SIGN.items())


def convert_to_base(value: Decimal, unit: str) -> tuple[str, Decimal] | None:
    """Convert to the base unit of the dimension, or return None if the dimension has no conversion."""
    if unit not in _UNITS:
        return None
    dimension, factor = _UNITS[unit][:2]
    if dimension not in (_LENGTH, _AREA, _MASS, _DAYS, _MONTHS):
        return None
    return dimension, value * Decimal(factor)


def convert(value: Decimal, unit: str, into: str) -> Decimal | None:
    """Convert between units: 500 mi into km is 804.672. Return None if the dimensions differ."""
    start, target = convert_to_base(value, unit), convert_to_base(Decimal(1), into)
    if start is None or target is None or start[0] != target[0]:
        return None
    return start[1] / target[1]


def rounding_tolerance(dimension: str) -> Decimal:
    """Return the relative tolerance of a conversion: 500 miles may be 800 km, but a week is seven days."""
    return Decimal("0.03") if dimension in (_LENGTH, _AREA, _MASS) else Decimal("0.001")


FIGURE_LIMIT = 1500
"""Maximum number of figures of one kind read from one text. Limits the cost of hostile pastes."""

ROUNDING_TOLERANCE = Decimal("0.005")
ROUNDING_FROM = 10_000 * (1 - ROUNDING_TOLERANCE)

NUMBER_PATTERN = r"(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,18})(?!\d)(?:\.\d{1,9})?"
"""A number in Arabic digits, in either language."""

_RANGE = re.compile(r"\s?(?:[–—~～至到-]|to|and|or)\s?")
_YEAR_SPAN = re.compile(r"[–/-]")


@dataclass(frozen=True, slots=True)
class Figure:
    """`values` contains every reading: "25" of "2024–25" is 25 and 2025. The first is the one written.

    `needs_counterpart` is false for most numerals written as words: they match a figure of the other language
    but need none.
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


class SortedValues:
    def __init__(self, values: Iterable[Decimal]) -> None:
        self._values = sorted(values)

    def has_between(self, low: Decimal, high: Decimal) -> bool:
        at = bisect_left(self._values, low)
        return at < len(self._values) and self._values[at] <= high

    def has_equal(self, value: Decimal) -> bool:
        """Allow a tolerance for what rounds to 10,000 or more, never for years and counts: 2027 is not 2028."""
        if value < ROUNDING_FROM:
            return self.has_between(value, value)
        low, high = value * (1 - ROUNDING_TOLERANCE), value / (1 - ROUNDING_TOLERANCE)
        return self.has_between(max(low, ROUNDING_FROM), high)


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
    """Return the first figure of a range with the scale and unit of the second: "2–3 billion"."""
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
