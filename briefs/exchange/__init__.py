"""Export briefs and import what comes back: `brief_text` (text and Word), `returned_table` and `table_plan` (a reviewed
table), `sheets/` (spreadsheets), `intake/` (documents).

In: files. Out: drafts, suggestions, and files.
"""

from .brief_text import (
    BriefFile,
    find_exportable_briefs,
    load_rows_by_id,
    write_brief_files,
    write_table_files,
    write_word_collection,
    write_word_files,
)
from .returned_table import ReturnedTable, read_table_file
from .table_plan import TableRefused, store_table
from .word_parts import WORD_TYPE

__all__ = [
    "WORD_TYPE",
    "BriefFile",
    "ReturnedTable",
    "TableRefused",
    "find_exportable_briefs",
    "load_rows_by_id",
    "read_table_file",
    "store_table",
    "write_brief_files",
    "write_table_files",
    "write_word_collection",
    "write_word_files",
]
