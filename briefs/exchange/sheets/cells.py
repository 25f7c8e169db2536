"""Guard sheet cells against being run as formulas, reversibly, and format numbers and cell references.

The guard is an apostrophe in front. A cell that already begins with one is guarded too, so that removing the
guard restores the original.
"""

import unicodedata

FORMULA_GUARD = "'"
_FORMULA_STARTS = frozenset("=+-@\t\r\n")


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


def column_letters(index: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def parse_cell_reference(reference: str) -> tuple[int, int]:
    """Parse “C7” to (6, 2), row and column counted from 0. Raise ValueError."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(reference)
        column = column * 26 + ord(letter) - 64
    if not 1 <= column <= 16_384:
        raise ValueError(reference)
    return int(reference[len(letters) :]) - 1, column - 1
