"""Additions to Django's database layer: `guards` (triggers that freeze rows), `faults` (causes of failures),
`versions`, `request_limits`, and an engine for SQLite. Knows no model.

In: a connection. Out: triggers, the cause of an error, which versions a database belongs to.
"""

from .faults import Fault, describe_error, find_fault, log_fault
from .request_limits import POOL_SIZE

__all__ = [
    "POOL_SIZE",
    "Fault",
    "describe_error",
    "find_fault",
    "guards",
    "log_fault",
    "sqlite",
    "versions",
]
