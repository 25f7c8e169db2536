"""Spreadsheets: files to a `table` (`sheet_files`), cells to values (`columns`), and the imports of vocabulary and
briefs.
"""

from .brief_columns import BRIEF_COLUMNS, BULLET_COLUMNS
from .brief_rows import BRIEF_LIMITS, MAX_BRIEFS, read_brief_sheets
from .brief_sheets import (
    BRIEF_SHEET_TYPES,
    MAX_CHANGED_BRIEFS,
    BriefChange,
    BriefResource,
    BriefSheetFormat,
    name_brief_file,
    write_brief_sheets,
)
from .sheet_files import build_size_refusal, read_sheet
from .table import (
    VOCABULARY_LIMITS,
    Sheet,
    SheetBuilder,
    SheetImport,
    SheetLimits,
    SheetProblem,
    SheetRefused,
    build_sheet_refusal,
)
from .vocabulary_sheets import RESOURCES, RowChange, export_rows, export_values, list_columns
from .waiting_sheets import SHEET_RETENTION, SheetStorage, build_missing_refusal, keep_sheet

__all__ = [
    "BRIEF_COLUMNS",
    "BRIEF_LIMITS",
    "BRIEF_SHEET_TYPES",
    "BULLET_COLUMNS",
    "MAX_BRIEFS",
    "MAX_CHANGED_BRIEFS",
    "RESOURCES",
    "SHEET_RETENTION",
    "VOCABULARY_LIMITS",
    "BriefChange",
    "BriefResource",
    "BriefSheetFormat",
    "RowChange",
    "Sheet",
    "SheetBuilder",
    "SheetImport",
    "SheetLimits",
    "SheetProblem",
    "SheetRefused",
    "SheetStorage",
    "build_missing_refusal",
    "build_sheet_refusal",
    "build_size_refusal",
    "export_rows",
    "export_values",
    "keep_sheet",
    "list_columns",
    "name_brief_file",
    "read_brief_sheets",
    "read_sheet",
    "sheet_files",
    "waiting_sheets",
    "write_brief_sheets",
]
