"""Read XLSX files without openpyxl, taking only the text of cells, and write them with openpyxl.

As a reader openpyxl turns numbers into dates and formulas into old results, fails on unknown content, and does
not report which rows are hidden.
"""

import io
import re
from collections.abc import Iterable, Sequence
from posixpath import join, normpath

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ...documents.files.archive import read_zip_directory, unpack_parts
from ...documents.types import DocumentRefused
from .cells import guard_formula
from .table import Sheet, SheetBuilder, build_sheet_refusal
from .xlsx_xml import (
    RelationshipsHandler,
    SharedStringsHandler,
    StylesHandler,
    WorkbookHandler,
    WorksheetHandler,
    build_damage_refusal,
    read_part,
)

MAX_CELL_CHARACTERS = 32_767
"""Excel's limit of characters per cell."""
_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_PART = re.compile(r"xl/.*\.(?:xml|rels)", re.IGNORECASE)


def read_xlsx(data: bytes) -> Sheet:
    """Read the first sheet that is not hidden. Raise SheetRefused."""
    parts = _parts(data)
    links = read_part(RelationshipsHandler(), parts.get("xl/_rels/workbook.xml.rels"))
    book = read_part(WorkbookHandler(), parts.get("xl/workbook.xml"))
    shown = next((sheet for sheet in book.sheets if not sheet.hidden), None)
    part = parts.get(_resolve_target(links.targets.get(shown.relationship_id, ""))) if shown else None
    if shown is None or part is None:
        raise build_sheet_refusal(_("This is no Excel workbook (.xlsx) with a sheet to read."))
    strings = read_part(SharedStringsHandler(), parts.get("xl/sharedStrings.xml"))
    styles = read_part(StylesHandler(), parts.get("xl/styles.xml"))
    table = SheetBuilder()
    cells = read_part(WorksheetHandler(table, strings.items, styles.date_flags), part)
    table.sheet.notices += _notices(book, shown.name, cells)
    return table.build()


def _parts(data: bytes) -> dict[str, bytes]:
    """Unpack the needed parts. Sizes are limited before unpacking and counted during it."""
    try:
        return unpack_parts(
            data,
            read_zip_directory(data),
            lambda name: _PART.fullmatch(name) is not None,
            lambda name, begin: None,
        )
    except DocumentRefused as refusal:
        if refusal.code == "word-encrypted":
            raise build_sheet_refusal(
                _("The workbook is protected by a password. Save it without one.")
            ) from None
        raise build_damage_refusal() from None


def _resolve_target(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _notices(book: WorkbookHandler, read: str, cells: WorksheetHandler) -> list[str]:
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
    others = [
        _("“%(name)s” (hidden)") % {"name": s.name} if s.hidden else _("“%(name)s”") % {"name": s.name}
        for s in book.sheets
        if s.name != read
    ]
    if others:
        notices.append(
            _("Only the sheet “%(name)s” was read, not %(others)s.")
            % {"name": read, "others": _(", ").join(others)}
        )
    return notices


def write_xlsx(rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """Write rows with every cell typed as text and the headings frozen."""
    texts = [
        [_escape_cell(guard_formula(text)) for text in row] for row in rows
    ]  # may refuse, so done before the workbook is begun
    book = Workbook(write_only=True)
    page = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    page.freeze_panes = "A2"
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for n, row in enumerate(texts):
        cells = []
        for i, text in enumerate(row, 1):
            cell = WriteOnlyCell(page)
            cell.value = text
            cell.data_type = "s"  # else openpyxl makes a formula of text that begins with "="
            cell.number_format, cell.alignment = "@", wrapped
            if not n:
                cell.font = bold
                page.column_dimensions[get_column_letter(i)].width = 28
            cells.append(cell)
        page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _escape_cell(text: str) -> str:
    """Escape characters that XML cannot hold or would change as Excel does: `_x000D_`. Raise SheetRefused."""
    text = _ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(text) > MAX_CELL_CHARACTERS:
        raise build_sheet_refusal(_("A cell is longer than Excel allows. Choose CSV."))
    return text
