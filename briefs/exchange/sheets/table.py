"""What a sheet is once it is read, whatever file it came from; and why it cannot be taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

ROW_LIMIT = 10_000
COLUMN_LIMIT = 100
SIZE_LIMIT = 5 * 1024 * 1024
PROBLEM_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` counts as the spreadsheet does; 0 means the sheet as a whole. `column` is its heading."""

    text: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        if self.row and self.column:
            place = _("Row %(row)s, column “%(column)s”: %(text)s")
        elif self.row:
            place = _("Row %(row)s: %(text)s")
        else:
            return self.text
        return place % {"row": self.row, "column": self.column, "text": self.text}


class SheetRefused(Exception):
    def __init__(self, *problems: Problem) -> None:
        self.problems: Sequence[Problem] = problems
        super().__init__(*problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def refused(text: str) -> SheetRefused:
    return SheetRefused(Problem(text))


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the headings. `number` counts as the spreadsheet does."""

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """`notices` are sentences about what a person may not have seen in the file."""

    headings: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


class Table:
    """Rows of cells, taken one by one, become a sheet: headings first, blank rows left out."""

    def __init__(self) -> None:
        self.sheet = Sheet()
        self.problems: list[Problem] = []

    def take(self, number: int, cells: Sequence[str]) -> None:
        cells = list(cells)
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            return
        if len(cells) > COLUMN_LIMIT:
            raise refused(_("The sheet has more than %(n)s columns.") % {"n": COLUMN_LIMIT})
        if not self.sheet.headings:
            self.sheet.headings = tuple(cell.strip() for cell in cells)
            return
        if len(self.sheet.lines) >= ROW_LIMIT:
            raise refused(_("The sheet has more than %(n)s rows. Split it.") % {"n": f"{ROW_LIMIT:,}"})
        width = len(self.sheet.headings)
        if len(cells) > width or any(c and not h for c, h in zip(cells, self.sheet.headings, strict=False)):
            self.problem(_("a cell stands in a column without a heading."), number)
        self.sheet.lines.append(Line(number, tuple([*cells, *[""] * (width - len(cells))][:width])))

    def problem(self, text: str, row: int, column: str = "") -> None:
        self.problems.append(Problem(text, row, column))
        if len(self.problems) >= PROBLEM_LIMIT:
            raise SheetRefused(*self.problems)

    def done(self) -> Sheet:
        if self.problems:
            raise SheetRefused(*self.problems)
        if not self.sheet.headings:
            raise refused(_("The sheet is empty."))
        return self.sheet
