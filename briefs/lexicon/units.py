"""Units and currencies: how each language writes them, and which are compatible (N6)."""

import re
from decimal import Decimal
from pathlib import Path

from briefs.lexicon.word_tables import read_sections

_LENGTH, _AREA, _MASS, _DAYS, _MONTHS = "length", "area", "mass", "days", "months"
_SECTIONS = read_sections(Path(__file__).with_suffix(".txt"))
_UNITS = {code: rest for code, *rest in (line.split("\t") for line in _SECTIONS["units"])}
_SIGNS = dict(line.split("\t") for line in _SECTIONS["signs"])
_DOLLARS = {"$", "USD", "TWD", "HKD", "AUD"}
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
    return {one, other} <= _DOLLARS and "$" in (one, other)


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
