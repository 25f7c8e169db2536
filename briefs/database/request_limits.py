"""Limit how long a request waits for the database. Commands do not call `begin_request` and wait as long as they need."""

import threading
from typing import Final

from django.db import connections

CONNECT_SECONDS: Final = 2.2
"""Wait for a free connection and, if there is none, again for a new one."""
ANSWER_SECONDS: Final = 2.2
"""Wait for the next byte from the server during a statement."""
LOCK_MILLISECONDS: Final = 1_800
STATEMENT_MILLISECONDS: Final = 2_000
"""Less than ANSWER_SECONDS, so that a working server itself reports a slow statement."""

SQLITE_LOCK_SECONDS: Final = 3.5

_thread = threading.local()


def limit_sqlite() -> None:
    """Limit how long new SQLite connections of this process wait for a lock, or waiting saves would fill all threads."""
    for database in connections.settings.values():
        if database["ENGINE"].endswith("sqlite"):
            database["OPTIONS"]["timeout"] = SQLITE_LOCK_SECONDS


def begin_request() -> None:
    """Apply the limits to this thread, and let it try each database again after an earlier failure."""
    _thread.failed = set()


def is_request() -> bool:
    return hasattr(_thread, "failed")


def record_failure(alias: str) -> None:
    """Refuse further connections of this request to a database that failed: a second wait would take too long."""
    if is_request():
        _thread.failed.add(alias)


def has_failed(alias: str) -> bool:
    return is_request() and alias in _thread.failed
