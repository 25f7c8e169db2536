"""Additions to Django's database layer: `guards` (triggers that freeze rows), `faults` (causes of failures),
`prepared` (queries compiled once), `request_limits`, `bulk_writes`, and an engine for SQLite.
"""

from .bulk_writes import delete_in_batches, insert_rows, let_other_writers_in
from .faults import Fault, describe_error, find_fault, log_fault
from .prepared import PreparedQuery, prepare
from .request_limits import POOL_SIZE

__all__ = [
    "POOL_SIZE",
    "Fault",
    "PreparedQuery",
    "delete_in_batches",
    "describe_error",
    "find_fault",
    "guards",
    "insert_rows",
    "let_other_writers_in",
    "log_fault",
    "prepare",
    "sqlite",
    "versions",
]
