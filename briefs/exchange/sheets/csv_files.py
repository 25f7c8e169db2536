"""Read CSV in any encoding that Excel writes; write UTF-8 with a byte order mark and CRLF, as Excel expects."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from ...documents.files.encodings import decode_text
from ...documents.types import DocumentRefused
from .cells import guard_formula, unguard_formula
from .table import Sheet, SheetBuilder, build_sheet_refusal

CSV_DELIMITERS = (",", "\t", ";")


def read_csv(data: bytes, table: SheetBuilder | None = None) -> Sheet:
    """Read cells without formula guards. Raise SheetRefused."""
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
    """Quote every cell, so that line breaks and regional separators do not split one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([guard_formula(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode()
