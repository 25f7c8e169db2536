"""Read the files of an import of briefs, and group the rows of both sheets by brief."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import starmap
from typing import Final

from django.utils.translation import gettext as _

from briefs.bilingual.documents import DocumentRefused, read_zip_directory, unpack_parts

from .brief_columns import BRIEFS, DATE_COLUMNS, KEY_COLUMNS, SHEET_COLUMNS, name_sheet_by_headings
from .sheet_files import build_archive_limits, is_archive, read_csv, read_workbook
from .table import (
    SHEET_PROBLEM_LIMIT,
    Sheet,
    SheetBuilder,
    SheetLimits,
    SheetProblem,
    SheetRefused,
    SheetSkipped,
    build_sheet_refusal,
    check_headings,
)
from .workbook_parts import build_damage_refusal

BRIEF_LIMITS: Final = SheetLimits(rows=100_000, size=20 * 1024 * 1024, cells=1_500_000)
MAX_BRIEFS: Final = 5_000
"""Briefs in one export, and in one file that is read."""


def read_brief_sheets(files: Iterable[tuple[str, bytes]]) -> tuple[list[Sheet], list[str]]:
    """Read a workbook, a zip or CSV files, by name and bytes. Return sheets and notices. Raise SheetRefused."""
    sheets: list[Sheet] = []
    notices: list[str] = []
    for name, data in files:
        try:
            for file_sheets, file_notices in starmap(_read_file, _unpack(name, data)):
                sheets += file_sheets
                notices += file_notices
        except SheetRefused as refused:
            named = (replace(problem, sheet=problem.sheet or name) for problem in refused.problems)
            raise SheetRefused(*named) from None
    twice = [name for name, n in Counter(sheet.name for sheet in sheets).items() if n > 1]
    if twice:
        raise build_sheet_refusal(_("There are two sheets “%(name)s”. Keep one.") % {"name": twice[0]})
    if not sheets:
        raise build_sheet_refusal(
            _("No sheet has the headings “id” and “version”, or “brief”, “version” and “number”.")
        )
    return sheets, notices


def _begin_sheet() -> SheetBuilder:
    return SheetBuilder(BRIEF_LIMITS, name_sheet_by_headings, DATE_COLUMNS)


def _read_file(name: str, data: bytes) -> tuple[list[Sheet], list[str]]:
    if is_archive(data, BRIEF_LIMITS):
        return read_workbook(data, BRIEF_LIMITS, _begin_sheet)
    try:
        return [read_csv(data, _begin_sheet())], []
    except SheetSkipped:
        return [], [_("Not read: the file “%(name)s”.") % {"name": name}]


def _unpack(name: str, data: bytes) -> Iterable[tuple[str, bytes]]:
    """Yield the file itself, or the CSV files in it if it is a zip of them."""
    if not is_archive(data, BRIEF_LIMITS):
        return [(name, data)]
    most = build_archive_limits(BRIEF_LIMITS)
    try:
        entries = read_zip_directory(data, most)
        if not any(map(_is_csv, entries)):
            return [(name, data)]
        return unpack_parts(data, entries, _is_csv, lambda name, begin: None, most).items()
    except DocumentRefused:
        raise build_damage_refusal() from None


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv") and not name.startswith("__MACOSX/")


@dataclass(frozen=True, slots=True)
class SheetCells:
    """The cells of one row by column. `key_number`: the number of the row's bullet, or 0."""

    sheet: str
    number: int
    cells: Mapping[str, str]
    key_number: int = 0


@dataclass(slots=True)
class BriefRows:
    """The row of a brief and the rows of its bullets."""

    brief: int
    version: int
    first: SheetCells
    brief_row: SheetCells | None = None
    bullet_rows: list[SheetCells] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    """Row by number of the bullet."""

    @property
    def id_column(self) -> str:
        return KEY_COLUMNS[self.first.sheet][0]


class SheetProblems:
    """Collect errors in the sheets, up to a limit."""

    def __init__(self) -> None:
        self.problems: list[SheetProblem] = []

    def add(self, text: str, row: SheetCells, column: str = "") -> None:
        self.problems.append(SheetProblem(text, row.number, column, row.sheet))
        if len(self.problems) >= SHEET_PROBLEM_LIMIT:
            self.refuse()

    def reporter(self, row: SheetCells) -> Callable[[str, str], None]:
        return lambda column, text: self.add(text, row, column)

    def refuse(self) -> None:
        """Raise SheetRefused if there are errors."""
        if self.problems:
            raise SheetRefused(*dict.fromkeys(self.problems))


def group_rows(sheets: Sequence[Sheet], problems: SheetProblems) -> list[BriefRows]:
    """Return the rows by brief, in the order of the ids. Raise SheetRefused for wrong headings."""
    for sheet in sheets:
        check_headings(sheet, SHEET_COLUMNS[sheet.name])
    groups: dict[int, BriefRows] = {}
    for sheet in sorted(sheets, key=lambda sheet: sheet.name):  # briefs before bullets
        for row in sheet.rows:
            cells = {h: cell for h, cell in zip(sheet.headings, row.cells, strict=True) if h}
            _add_row(groups, SheetCells(sheet.name, row.number, cells), problems)
    if len(groups) > MAX_BRIEFS:
        raise build_sheet_refusal(
            _("The sheets are about more than %(n)s briefs. Split them.") % {"n": f"{MAX_BRIEFS:,}"}
        )
    return [groups[pk] for pk in sorted(groups)]


def _add_row(groups: dict[int, BriefRows], row: SheetCells, problems: SheetProblems) -> None:
    keys = KEY_COLUMNS[row.sheet]
    cells = [row.cells[column].strip() for column in keys]
    if len(cells) > 2 and not cells[2]:  # a new bullet, made from the version of the rows above
        cells[2] = "0"
        if not cells[1] and cells[0].isdecimal() and int(cells[0]) in groups:
            cells[1] = str(groups[int(cells[0])].version)
    for column, cell in zip(keys, cells, strict=True):
        if not (cell.isascii() and cell.isdecimal() and len(cell) < 10):
            problems.add(_KEY_SENTENCES[column](), row, column)
            return
    key, version, *number = map(int, cells)
    row = replace(row, key_number=sum(number))
    group = groups.setdefault(key, BriefRows(key, version, row))
    if group.version != version:
        message = _("The rows of a brief have one version; row %(row)s has another.")
        problems.add(message % {"row": group.first.number}, row, "version")
    if row.sheet == BRIEFS:
        if group.brief_row:
            problems.add(
                _("row %(row)s is about the same brief.") % {"row": group.brief_row.number}, row, "id"
            )
        group.brief_row = row
        return
    if row.key_number and (first := group.numbers.setdefault(row.key_number, row.number)) != row.number:
        problems.add(_("row %(row)s is about the same bullet.") % {"row": first}, row, "number")
    group.bullet_rows.append(row)


def _ask_for_number() -> str:
    return _("Write a number, as the export has it.")


_KEY_SENTENCES: Final[Mapping[str, Callable[[], str]]] = {
    "id": lambda: _(
        "A row needs the number of its brief. A sheet cannot create briefs: upload documents instead."
    ),
    "brief": _ask_for_number,
    "version": lambda: _(
        "A row needs the version that the export wrote, so that nothing newer is overwritten."
    ),
    "number": _ask_for_number,
}
