"""Read and write sheets as CSV and XLSX."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from posixpath import join, normpath
from typing import Any, Literal

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from briefs.bilingual.documents import (
    ArchiveLimits,
    DocumentRefused,
    decode_text,
    read_zip_directory,
    unpack_parts,
)

from .table import (
    VOCABULARY_LIMITS,
    Sheet,
    SheetBuilder,
    SheetLimits,
    SheetRefused,
    SheetSkipped,
    build_sheet_refusal,
    guard_formula,
    name_sheet,
    unguard_formula,
)
from .workbook_parts import (
    RelationshipsHandler,
    SharedStringsHandler,
    SheetTab,
    StylesHandler,
    WorkbookHandler,
    WorksheetHandler,
    build_damage_refusal,
    read_part,
)

CSV_DELIMITERS = (",", "\t", ";")


def read_csv(data: bytes, table: SheetBuilder | None = None) -> Sheet:
    """Read a CSV file and remove formula guards. Raise SheetRefused."""
    try:
        text, encoding, doubtful = decode_text(data)
    except DocumentRefused:
        raise build_sheet_refusal(
            _("The file is not text in UTF-8, UTF-16 or Big5. Save it as .xlsx or as CSV in UTF-8.")
        ) from None
    table = table or SheetBuilder()
    if doubtful:
        table.sheet.notices.append(
            _("The file was read as %(encoding)s. Check that the Chinese is right.") % {"encoding": encoding}
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_detect_delimiter(text))
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            table.add_row(number, [unguard_formula(cell) for cell in cells])
    except csv.Error:
        table.add_problem(
            _("the quotation marks around a cell do not match, or the cell is too long."), number + 1
        )
    return table.build()


def _detect_delimiter(text: str) -> str:
    """Return the most frequent delimiter of the first line; on a tie, the first in `CSV_DELIMITERS`."""
    first = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""
    return max(CSV_DELIMITERS, key=first.count)


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Write CSV with every cell quoted, so that line breaks and regional separators do not split cells."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([guard_formula(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode()


MAX_CELL_CHARACTERS = 32_767
"""Excel's limit of characters per cell."""
_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_PART = re.compile(r"xl/.*\.(?:xml|rels)", re.IGNORECASE)


class XlsxFile:
    """An opened workbook, whose sheets are read one by one. Raise SheetRefused."""

    def __init__(self, data: bytes, limits: SheetLimits = VOCABULARY_LIMITS) -> None:
        self._parts = _parts(data, limits)
        self._links = read_part(RelationshipsHandler(), self._parts.get("xl/_rels/workbook.xml.rels"))
        book = read_part(WorkbookHandler(), self._parts.get("xl/workbook.xml"))
        self.tabs, self._first_day = book.sheets, book.first_day
        if all(tab.hidden for tab in self.tabs):
            raise _build_no_sheet_refusal()
        strings = read_part(SharedStringsHandler(), self._parts.get("xl/sharedStrings.xml"))
        self._strings = strings.items
        self._dates = read_part(StylesHandler(), self._parts.get("xl/styles.xml")).dates

    def read_cells(self, tab: SheetTab, table: SheetBuilder) -> WorksheetHandler | None:
        """Add the cells of a sheet to the table. Return None if the file has no such sheet."""
        part = self._parts.get(_resolve_target(self._links.targets.get(tab.relationship_id, "")))
        if part is None:
            return None
        return read_part(WorksheetHandler(table, self._strings, self._dates, self._first_day), part)


def read_xlsx(data: bytes, table: SheetBuilder | None = None) -> Sheet:
    """Read the first sheet that is not hidden. Raise SheetRefused."""
    file, table = XlsxFile(data), table or SheetBuilder()
    shown = next(tab for tab in file.tabs if not tab.hidden)
    cells = file.read_cells(shown, table)
    if cells is None:
        raise _build_no_sheet_refusal()
    table.sheet.notices += _hidden_notices(cells)
    if others := _name_tabs(tab for tab in file.tabs if tab.name != shown.name):
        message = _("Only the sheet “%(name)s” was read, not %(others)s.")
        table.sheet.notices.append(message % {"name": shown.name, "others": others})
    return table.build()


def read_workbook(
    data: bytes, limits: SheetLimits, begin: Callable[[], SheetBuilder]
) -> tuple[list[Sheet], list[str]]:
    """Read every visible sheet whose headings identify it. Return the sheets, and notices about the others."""
    file = XlsxFile(data, limits)
    sheets: list[Sheet] = []
    left_out: list[SheetTab] = []
    for tab in file.tabs:
        table = begin()
        try:
            cells = None if tab.hidden else file.read_cells(tab, table)
        except SheetSkipped:
            cells = None
        if cells is None or not table.sheet.headings:
            left_out.append(tab)
            continue
        table.sheet.notices += [name_sheet(table.sheet.name, notice) for notice in _hidden_notices(cells)]
        sheets.append(table.build())
    others = _name_tabs(left_out)
    return sheets, [_("Not read: the sheets %(others)s.") % {"others": others}] if others else []


def _build_no_sheet_refusal() -> SheetRefused:
    return build_sheet_refusal(
        _("This is not an Excel workbook (.xlsx), or all its sheets are hidden. Save it as .xlsx.")
    )


def _parts(data: bytes, limits: SheetLimits) -> dict[str, bytes]:
    """Unpack the needed parts. Sizes are limited before unpacking and counted during it."""
    most = build_archive_limits(limits)
    try:
        return unpack_parts(
            data,
            read_zip_directory(data, most),
            lambda name: _PART.fullmatch(name) is not None,
            lambda name, begin: None,
            most,
        )
    except DocumentRefused as refusal:
        if refusal.code == "word-encrypted":
            raise build_sheet_refusal(
                _("The workbook is protected by a password. Save it without one.")
            ) from None
        raise build_damage_refusal() from None


def _resolve_target(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def build_archive_limits(limits: SheetLimits) -> ArchiveLimits:
    """Return the limits of the zip: those of a document, raised if sheets may be larger."""
    usual = ArchiveLimits()
    unpacked = max(usual.unpacked, 6 * limits.size)
    kept = usual.kept if unpacked == usual.unpacked else unpacked
    return ArchiveLimits(max(usual.file, limits.size), unpacked, kept)


def _hidden_notices(cells: WorksheetHandler) -> list[str]:
    notices: list[str] = []
    rows = [str(line.number) for line in cells.builder.sheet.rows if line.number in cells.hidden_rows]
    if rows:
        shown = _(", ").join(rows[:20]) + ("…" if len(rows) > 20 else "")
        notices.append(_("Hidden in the file, and read all the same: rows %(rows)s.") % {"rows": shown})
    columns = [
        heading
        for i, heading in enumerate(cells.builder.sheet.headings)
        if heading and any(first <= i <= last for first, last in cells.hidden_columns)
    ]
    if columns:
        notices.append(
            _("Hidden in the file, and read all the same: columns %(columns)s.")
            % {"columns": _(", ").join(columns)}
        )
    return notices


def _name_tabs(tabs: Iterable[SheetTab]) -> str:
    return _(", ").join(
        _("“%(name)s” (hidden)") % {"name": s.name} if s.hidden else _("“%(name)s”") % {"name": s.name}
        for s in tabs
    )


def write_xlsx(
    sheets: Mapping[str, Iterable[Sequence[str]]], *, widths: Mapping[str, int] | None = None
) -> bytes:
    """Write sheets by title, with every cell typed as text and the headings frozen. `widths` are by heading."""
    texts = {
        title: [[_escape_cell(guard_formula(text)) for text in row] for row in rows]
        for title, rows in sheets.items()
    }  # escaping may refuse a text, so it precedes the workbook
    book = Workbook(write_only=True)
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for title, rows in texts.items():
        page = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
        page.freeze_panes = "A2"
        for i, heading in enumerate(rows[0], 1):
            column = page.column_dimensions[get_column_letter(i)]
            column.width = (widths or {}).get(heading, 28)
            column.number_format, column.alignment = "@", wrapped  # for empty cells, which are not written
        style = WriteOnlyCell(page)
        style.number_format, style.alignment = "@", wrapped
        for n, row in enumerate(rows):
            cells = [_build_text_cell(page, text, style) if text else None for text in row]
            if not n:
                for cell in filter(None, cells):
                    cell.font = bold
            page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _build_text_cell(page: Any, text: str, style: Any) -> Any:
    cell = WriteOnlyCell(page)
    cell.value = text
    cell.data_type = "s"  # else openpyxl makes a formula of text that begins with "="
    cell._style = style._style.__copy__()  # setting both properties takes five times as long
    return cell


def _escape_cell(text: str) -> str:
    """Escape characters that XML cannot hold or would change as Excel does: `_x000D_`. Raise SheetRefused."""
    text = _ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    if len(text) > MAX_CELL_CHARACTERS:
        raise build_sheet_refusal(_("A cell is longer than Excel allows. Choose CSV."))
    return text


type SheetFormat = Literal["csv", "xlsx"]

CONTENT_TYPES: dict[SheetFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheet(data: bytes, table: SheetBuilder | None = None) -> Sheet:
    """Read a sheet, detecting the format from the bytes, not the file name. Raise SheetRefused."""
    return read_xlsx(data, table) if is_archive(data) else read_csv(data, table)


def is_archive(data: bytes, limits: SheetLimits = VOCABULARY_LIMITS) -> bool:
    """Return whether a file is a workbook or a zip, and not CSV. Raise SheetRefused if it is neither."""
    if len(data) > limits.size:
        raise build_size_refusal(limits)
    if data.startswith(_OLE):
        raise build_sheet_refusal(
            _(
                "This is an older Excel file (.xls), or one protected by a password. Save it as .xlsx without one."
            )
        )
    return data.startswith(b"PK")


def build_size_refusal(limits: SheetLimits = VOCABULARY_LIMITS) -> SheetRefused:
    return build_sheet_refusal(
        _("The file is too large. The limit is %(limit)s MB.") % {"limit": limits.size // 1024 // 1024}
    )


def write_sheet(rows: Iterable[Sequence[str]], file_format: SheetFormat, *, title: str) -> bytes:
    """Write rows as a file. The first row holds the headings. Raise SheetRefused."""
    return write_csv(rows) if file_format == "csv" else write_xlsx({title: rows})
