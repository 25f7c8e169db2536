"""Read a file's bytes into a sheet, and write vocabulary rows as CSV or XLSX.

Importing a sheet into the vocabulary is in `sheet_import`.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from django.utils.translation import gettext as _

from .csv_files import read_csv, write_csv
from .table import SHEET_SIZE_LIMIT, Sheet, SheetRefused, build_sheet_refusal
from .xlsx_files import read_xlsx, write_xlsx

type SheetFormat = Literal["csv", "xlsx"]

CONTENT_TYPES: dict[SheetFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheet(data: bytes) -> Sheet:
    """Read a sheet, detecting the format from the bytes, not the file name. Raise SheetRefused."""
    if len(data) > SHEET_SIZE_LIMIT:
        raise build_size_refusal()
    if data.startswith(_OLE):
        raise build_sheet_refusal(
            _(
                "This is an older Excel file (.xls), or one protected by a password. Save it as .xlsx without one."
            )
        )
    return read_xlsx(data) if data.startswith(b"PK") else read_csv(data)


def build_size_refusal() -> SheetRefused:
    return build_sheet_refusal(
        _("The file is too large. The limit is %(limit)s MB.") % {"limit": SHEET_SIZE_LIMIT // 1024 // 1024}
    )


def write_sheet(rows: Iterable[Sequence[str]], file_format: SheetFormat, *, title: str) -> bytes:
    """Write rows as a file. The first row holds the headings. Raise SheetRefused."""
    return write_csv(rows) if file_format == "csv" else write_xlsx(rows, title=title)
