"""Write briefs as sheets: a workbook with both sheets, or CSV."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from itertools import batched
from typing import Final, Literal

from django.db.models import Min, QuerySet
from django.utils import timezone

from ...models import Brief, Edition
from ...workflow import load_working_copy
from .brief_columns import (
    BRIEF_COLUMNS,
    BRIEFS,
    BULLET_COLUMNS,
    BULLETS,
    COLUMN_WIDTHS,
    format_brief_row,
    format_bullet_row,
)
from .brief_names import SheetNames
from .csv_files import write_csv
from .sheet_formats import CONTENT_TYPES
from .xlsx_files import write_xlsx

type BriefSheetFormat = Literal["xlsx", "csv", "briefs.csv", "bullets.csv"]

BRIEF_SHEET_TYPES: Final[dict[BriefSheetFormat, tuple[str, str]]] = {
    "xlsx": ("briefs-{day}.xlsx", CONTENT_TYPES["xlsx"]),
    "csv": ("briefs-{day}.zip", "application/zip"),
    "briefs.csv": ("briefs-{day}.csv", CONTENT_TYPES["csv"]),
    "bullets.csv": ("bullets-{day}.csv", CONTENT_TYPES["csv"]),
}
"""File name and content type of each format. `csv` is a zip with both sheets."""
_CHUNK: Final = 500

type Rows = list[list[str]]


def build_brief_rows(briefs: QuerySet[Brief]) -> dict[str, Rows]:
    """Return the rows of both sheets by name, headings first, in the order of the ids."""
    names = SheetNames()
    rows: dict[str, Rows] = {BRIEFS: [list(BRIEF_COLUMNS)], BULLETS: [list(BULLET_COLUMNS)]}
    for brief, published in _load_briefs(briefs):
        content = load_working_copy(brief)
        rows[BRIEFS].append(format_brief_row(brief, content, names, published))
        rows[BULLETS] += (format_bullet_row(brief, bullet) for bullet in content.bullets)
    return rows


def _load_briefs(briefs: QuerySet[Brief]) -> Iterator[tuple[Brief, dt.datetime | None]]:
    """Yield briefs with the time of their first publication."""
    now = timezone.now()
    found = briefs.order_by("pk").select_related(None).select_related("picture")
    loaded = found.prefetch_related("bullets", "bylines", "labels").iterator(chunk_size=_CHUNK)
    for chunk in batched(loaded, _CHUNK):
        public = Edition.objects.uncancelled().filter(brief__in=chunk, live_from__lte=now).order_by()
        first = dict(public.values_list("brief").annotate(Min("published_at")))
        yield from ((brief, first.get(brief.pk)) for brief in chunk)


def write_brief_sheets(briefs: QuerySet[Brief], file_format: BriefSheetFormat) -> bytes:
    """Write the sheets as one file. Raise SheetRefused."""
    rows = build_brief_rows(briefs)
    match file_format:
        case "xlsx":
            return write_brief_workbook(rows)
        case "csv":
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, sheet in rows.items():
                    packed.writestr(f"{name}.csv", write_csv(sheet))
            return out.getvalue()
    return write_csv(rows[file_format.removesuffix(".csv")])


def write_brief_workbook(rows: dict[str, Rows]) -> bytes:
    return write_xlsx(rows, widths=COLUMN_WIDTHS)


def name_brief_file(file_format: BriefSheetFormat) -> str:
    return BRIEF_SHEET_TYPES[file_format][0].format(day=timezone.localdate().isoformat())
