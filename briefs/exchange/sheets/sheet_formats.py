"""Read a file's bytes into a sheet, and write vocabulary rows as CSV or XLSX.

Importing a sheet into the vocabulary is in `sheet_import`.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from django.utils.translation import gettext as _

from .csv_files import read_csv, write_csv
from .table import VOCABULARY_LIMITS, Sheet, SheetLimits, SheetRefused, build_sheet_refusal
from .xlsx_files import read_xlsx, write_xlsx

type SheetFormat = Literal["csv", "xlsx"]

CONTENT_TYPES: dict[SheetFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheet(data: bytes) -> Sheet:
    """Read a sheet, detecting the format from the bytes, not the file name. Raise SheetRefused."""
    return read_xlsx(data) if is_archive(data) else read_csv(data)


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
