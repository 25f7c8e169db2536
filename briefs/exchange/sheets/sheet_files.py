"""Read and write sheets as CSV and XLSX."""

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import join, normpath
from typing import Any, Final, Literal
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from briefs.bilingual.documents import (
    ArchiveLimits,
    DocumentRefused,
    decode_text,
    read_zip_directory,
    unpack_parts,
)

from .table import (
    SHEET_COLUMN_LIMIT,
    VOCABULARY_LIMITS,
    Sheet,
    SheetBuilder,
    SheetLimits,
    SheetRefused,
    SheetSkipped,
    build_column_refusal,
    build_sheet_refusal,
    format_number,
    guard_formula,
    name_sheet,
    parse_cell_reference,
    unguard_formula,
)

# Parse the parts of a workbook with expat in one pass. A DOCTYPE is refused, so there are no entities.

MAX_DEPTH = 100
_CHUNK = 64 * 1024
_ESCAPED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
"""A single surrogate (D800 to DFFF) is no character and is left escaped."""
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)

type Attributes = dict[str, str]
type DateStyle = Literal["day", "part"]
"""Whether a date is shown with year, month and day, or only a part of it or a time."""

_DATE_IDS: Final[Mapping[int, DateStyle]] = {
    **dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), "part"),
    **dict.fromkeys((14, 15, 22), "day"),
}
"""Built-in formats. From 27 on they depend on the language of Excel."""


class PartHandler:
    """Base of the handlers for one kind of part: start and end of elements, text between."""

    _depth = 0

    def open_element(self, name: str, values: Attributes) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("depth")
        self.start(_local(name), {_local(key): value for key, value in values.items()})

    def close_element(self, name: str) -> None:
        self._depth -= 1
        self.end(_local(name))

    def start(self, name: str, values: Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def read_part[P: PartHandler](part: P, data: bytes | None) -> P:
    """Parse a part with its handler. A missing part is treated as empty."""
    if data is None:
        return part
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.StartElementHandler = part.open_element
    parser.EndElementHandler = part.close_element
    parser.CharacterDataHandler = part.text
    try:
        for start in range(
            0, len(data), _CHUNK
        ):  # a handler's refusal stops the parser at the end of a chunk
            parser.Parse(data[start : start + _CHUNK])
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError, OverflowError):
        raise build_damage_refusal() from None
    return part


def build_damage_refusal() -> SheetRefused:
    return build_sheet_refusal(
        _("The workbook is damaged, or much larger than it looks. Save it again as .xlsx.")
    )


def _refuse_doctype(*_args: object) -> None:
    raise ValueError("DOCTYPE")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


class RelationshipsHandler(PartHandler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, values: Attributes) -> None:
        if name == "Relationship" and values.get("TargetMode") != "External":
            self.targets[values.get("Id", "")] = values.get("Target", "")


@dataclass(frozen=True, slots=True)
class SheetTab:
    name: str
    relationship_id: str
    hidden: bool


class WorkbookHandler(PartHandler):
    def __init__(self) -> None:
        self.sheets: list[SheetTab] = []
        self.first_day = WINDOWS_EPOCH

    def start(self, name: str, values: Attributes) -> None:
        if name == "workbookPr" and values.get("date1904") in ("1", "true"):
            self.first_day = MAC_EPOCH
        if name == "sheet":
            hidden = values.get("state", "visible") != "visible"
            self.sheets.append(SheetTab(values.get("name", ""), values.get("id", ""), hidden))


def _parse_date_style(code: str) -> DateStyle | None:
    letters = set(_NO_LETTERS.sub("", code).lower())
    if not letters & set("ymdhs"):
        return None
    return "day" if letters >= set("md") and letters & set("ye") else "part"


class StylesHandler(PartHandler):
    """Cell styles. `dates` says for each style whether it shows a number as a date or a time."""

    def __init__(self) -> None:
        self.dates: list[DateStyle | None] = []
        self._codes: dict[str, DateStyle | None] = {}
        self._inside = False

    def start(self, name: str, values: Attributes) -> None:
        if name == "numFmt":
            self._codes[values.get("numFmtId", "")] = _parse_date_style(values.get("formatCode", ""))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            number = values.get("numFmtId", "0")
            usual = _DATE_IDS.get(int(number)) if number.isdecimal() else None
            self.dates.append(self._codes.get(number, usual))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


class TextHandler(PartHandler):
    """Collect the text of `t`, without the phonetic guide that Excel stores with Asian names."""

    def __init__(self) -> None:
        self._is_in_text = False
        self._phonetic = False
        self._pieces: list[str] = []

    def start(self, name: str, values: Attributes) -> None:
        if name == "rPh":
            self._phonetic = True
        self._is_in_text = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        if name == "rPh":
            self._phonetic = False
        self._is_in_text = False

    def text(self, text: str) -> None:
        if self._is_in_text:
            self._pieces.append(text)

    def _take_text(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return unguard_formula(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))


class SharedStringsHandler(TextHandler):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            self.items.append(self._take_text())


class WorksheetHandler(TextHandler):
    def __init__(
        self,
        builder: SheetBuilder,
        strings: list[str],
        dates: list[DateStyle | None],
        first_day: dt.datetime,
    ) -> None:
        super().__init__()
        self.builder, self.strings, self.dates, self.first_day = builder, strings, dates, first_day
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []
        self._row = self._column = -1
        self._cells: list[str] = []
        self._cell: Attributes = {}
        self._formula = False
        self._count = 0

    def start(self, name: str, values: Attributes) -> None:
        super().start(name, values)
        if name == "c":
            self._begin_cell(values)
        elif name == "v":
            self._is_in_text = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(values.get("r", self._row + 2)) - 1
            self._column, self._cells = -1, []
            if values.get("hidden") in ("1", "true"):
                self.hidden_rows.add(self._row + 1)
        elif name == "col" and values.get("hidden") in ("1", "true"):
            self.hidden_columns.append((int(values["min"]) - 1, int(values["max"]) - 1))
        elif name == "mergeCell":
            self._report_merged_cells(values.get("ref", ""))

    def _begin_cell(self, values: Attributes) -> None:
        self._count += 1
        most = self.builder.limits.cells
        if self._count > most:
            raise build_sheet_refusal(_("The sheet has more than %(n)s cells.") % {"n": most})
        self._cell, self._formula = values, False
        self._column = parse_cell_reference(values["r"])[1] if "r" in values else self._column + 1

    def end(self, name: str) -> None:
        super().end(name)
        if name == "c":
            self._end_cell()
        elif name == "row":
            self.builder.add_row(self._row + 1, self._cells)

    def _end_cell(self) -> None:
        """Store a cell with text. Blank cells far to the right, left by formatting, are skipped."""
        raw = "".join(self._pieces)
        text = self._cell_value(raw)
        self._pieces.clear()
        if not text:
            return
        if self._column >= SHEET_COLUMN_LIMIT:
            raise build_column_refusal()
        self._cells += [""] * (self._column + 1 - len(self._cells))
        self._cells[self._column] = text

    def _cell_value(self, raw: str) -> str:
        kind = self._cell.get("t", "n")
        style = self._cell.get("s", "0")
        date = self.dates[int(style)] if style.isdecimal() and int(style) < len(self.dates) else None
        if self._formula:
            return self._report_unreadable_cell(_("this cell holds a formula. Paste its value instead."))
        if kind == "s" and raw:
            return self.strings[int(raw) if raw.isdecimal() else len(self.strings)]
        if kind in ("inlineStr", "str"):
            return self._take_text()
        if not raw:
            return ""
        if kind == "b":
            return "TRUE" if raw == "1" else "FALSE"
        if kind == "e":
            return self._report_unreadable_cell(
                _("this cell holds the error %(error)s.") % {"error": raw[:20]}
            )
        columns = self.builder.date_columns
        if kind == "n" and date == "day" and (columns is None or self._find_heading() in columns):
            return (self.first_day + dt.timedelta(days=float(raw))).date().isoformat()
        if kind == "d" or date:
            return self._report_unreadable_cell(
                _("this cell is a date. Format the column as text and type it as it should be read.")
            )
        return format_number(raw)

    def _find_heading(self) -> str:
        headings = self.builder.sheet.headings
        return headings[self._column] if self._column < len(headings) else ""

    def _report_unreadable_cell(self, text: str) -> str:
        self.builder.add_problem(text, self._row + 1, self._find_heading())
        return ""

    def _report_merged_cells(self, reference: str) -> None:
        row = parse_cell_reference(reference.partition(":")[0])[0]
        self.builder.add_problem(
            _("the cells %(cells)s are merged. Split them.") % {"cells": reference[:20]}, row + 1
        )


# Read and write sheets as CSV and XLSX.

# Read CSV in any encoding that Excel writes; write UTF-8 with a byte order mark and CRLF, as Excel expects.

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


# Read XLSX files without openpyxl, taking only the text of cells, and write them with openpyxl.

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


# Both formats.

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
