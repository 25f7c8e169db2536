"""Guard sheet cells against being run as formulas, reversibly, and format numbers and cell references.

The guard is an apostrophe in front. A cell that already begins with one is guarded too, so that removing the
guard restores the original.
"""

import re
import unicodedata

from openpyxl.utils import column_index_from_string

FORMULA_GUARD = "'"
_FORMULA_STARTS = frozenset("=+-@\t\r\n")
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]+)")


def guard_formula(text: str) -> str:
    return FORMULA_GUARD + text if _needs_guard(text) else text


def unguard_formula(text: str) -> str:
    return text[1:] if text.startswith(FORMULA_GUARD) and _needs_guard(text[1:]) else text


def _needs_guard(text: str) -> bool:
    """Return whether a cell needs the guard, ignoring leading spaces and invisible characters."""
    for character in text:
        if character == FORMULA_GUARD or character in _FORMULA_STARTS:
            return True
        if not character.isspace() and unicodedata.category(character) != "Cf":
            return unicodedata.normalize("NFKC", character)[0] in _FORMULA_STARTS  # full width, small, raised
    return False


def format_number(raw: str) -> str:
    """Format a number of an XLSX file for people: 7, not 7.0. Raise ValueError if it is not a finite number."""
    value = float(raw)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(raw)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def parse_cell_reference(reference: str) -> tuple[int, int]:
    """Parse “C7” to (6, 2), row and column counted from 0. Raise ValueError."""
    match = _REFERENCE.fullmatch(reference)
    column = column_index_from_string(match[1]) if match else 0
    if not match or column > 16_384:
        raise ValueError(reference)
    return int(match[2]) - 1, column - 1
