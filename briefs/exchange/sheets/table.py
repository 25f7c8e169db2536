"""A sheet as read from any format, and formula guards for cells.

A guard is an apostrophe before a text that a program may run as a formula. A cell that already begins with an apostrophe
is guarded too, so that removing the guard restores the original.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
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


SHEET_ROW_LIMIT = 10_000
SHEET_COLUMN_LIMIT = 100
SHEET_SIZE_LIMIT = 5 * 1024 * 1024
SHEET_PROBLEM_LIMIT = 200


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """Limits: rows of one sheet, bytes of the file, cells of one sheet."""

    rows: int = SHEET_ROW_LIMIT
    size: int = SHEET_SIZE_LIMIT
    cells: int = 400_000


VOCABULARY_LIMITS = SheetLimits()


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """An error in a sheet. `row` is the spreadsheet's number, 0 for the whole sheet; `column` is the heading.

    `sheet` is the name of the sheet, if the file may have several.
    """

    text: str
    row: int = 0
    column: str = ""
    sheet: str = ""

    def __str__(self) -> str:
        return name_sheet(self.sheet, self._describe()) if self.sheet else self._describe()

    def _describe(self) -> str:
        if self.row and self.column:
            message = _("Row %(row)s, column “%(column)s”: %(text)s")
        elif self.row:
            message = _("Row %(row)s: %(text)s")
        else:
            return self.text
        return message % {"row": self.row, "column": self.column, "text": self.text}


def name_sheet(sheet: str, text: str) -> str:
    """Prefix a sentence with the name of the sheet that it is about."""
    return _("Sheet “%(sheet)s”: %(text)s") % {"sheet": sheet, "text": text}


class SheetRefused(Exception):
    def __init__(self, *problems: SheetProblem) -> None:
        self.problems: Sequence[SheetProblem] = problems
        super().__init__(*problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def build_sheet_refusal(text: str) -> SheetRefused:
    return SheetRefused(SheetProblem(text))


def build_column_refusal() -> SheetRefused:
    return build_sheet_refusal(_("The sheet has more than %(n)s columns.") % {"n": SHEET_COLUMN_LIMIT})


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row below the headings. `number` is the row number in the spreadsheet."""

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """A sheet. `notices` are sentences about things the user may have overlooked in the file."""

    headings: tuple[str, ...] = ()
    rows: list[SheetRow] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    name: str = ""


@dataclass(slots=True)
class SheetImport[Change]:
    """What an import changes, in the form that import-export asks for. A sheet with an error is refused instead.

    `emptied`: cells with a stored text that the sheet empties. `drafts`: stored changes that wait for a second person.
    """

    rows: Sequence[Change]
    unchanged: int
    emptied: int
    notices: Sequence[str] = ()
    drafts: Sequence[Any] = ()
    file: str = ""

    def has_errors(self) -> bool:
        return False

    has_validation_errors = has_errors


def check_headings(sheet: Sheet, known: Collection[str], *, required: str = "") -> None:
    """Raise SheetRefused for columns that are unknown, appear twice, or are missing."""
    counts = Counter(filter(None, sheet.headings))
    faults = [
        (heading[:40], _("The column “%(column)s” is unknown.")) for heading in counts if heading not in known
    ]
    faults += [
        (heading, _("The column “%(column)s” appears twice.")) for heading, n in counts.items() if n > 1
    ]
    if required and required not in counts:
        faults.append((required, _("The column “%(column)s” is missing.")))
    if faults:
        problems = [SheetProblem(text % {"column": column}, sheet=sheet.name) for column, text in faults]
        raise SheetRefused(*problems[:SHEET_PROBLEM_LIMIT])


class SheetSkipped(Exception):
    """The headings identify no sheet that is to be read."""


class SheetBuilder:
    """Build a sheet from rows of cells: headings first, blank rows left out.

    `name_of` returns a sheet's name from its headings, in files that may have several; "" skips the sheet.
    Dates of a workbook are read in `date_columns` only, None for all: Excel may have taken the text “3-4” for a date.
    """

    def __init__(
        self,
        limits: SheetLimits = VOCABULARY_LIMITS,
        name_of: Callable[[Sequence[str]], str] | None = None,
        date_columns: Collection[str] | None = (),
    ) -> None:
        self.limits, self.name_of, self.date_columns = limits, name_of, date_columns
        self.sheet = Sheet()
        self.problems: list[SheetProblem] = []

    def add_row(self, number: int, cells: Sequence[str]) -> None:
        cells = list(cells)
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            return
        if len(cells) > SHEET_COLUMN_LIMIT:
            raise build_column_refusal()
        if not self.sheet.headings:
            self._begin([cell.strip() for cell in cells])
            return
        if len(self.sheet.rows) >= self.limits.rows:
            raise build_sheet_refusal(
                _("The sheet has more than %(n)s rows. Split it.") % {"n": f"{self.limits.rows:,}"}
            )
        width = len(self.sheet.headings)
        if len(cells) > width or any(c and not h for c, h in zip(cells, self.sheet.headings, strict=False)):
            self.add_problem(_("there is text in a column without a heading."), number)
        self.sheet.rows.append(SheetRow(number, tuple([*cells, *[""] * (width - len(cells))][:width])))

    def _begin(self, headings: Sequence[str]) -> None:
        self.sheet.headings = tuple(headings)
        if self.name_of:
            self.sheet.name = self.name_of(headings)
            if not self.sheet.name:
                raise SheetSkipped

    def add_problem(self, text: str, row: int, column: str = "") -> None:
        self.problems.append(SheetProblem(text, row, column, self.sheet.name))
        if len(self.problems) >= SHEET_PROBLEM_LIMIT:
            raise SheetRefused(*self.problems)

    def build(self) -> Sheet:
        if self.problems:
            raise SheetRefused(*self.problems)
        if not self.sheet.headings:
            raise build_sheet_refusal(_("The sheet is empty."))
        return self.sheet
