"""How long a request waits for the database. Commands, which call nothing here, wait as long as they need."""

import threading
from typing import Final

from django.db import connections

CONNECT_SECONDS: Final = 2.2
"""For a free connection and, if there is none, for a new one."""
ANSWER_SECONDS: Final = 2.2
"""Without a byte from the server during a statement."""
LOCK_MILLISECONDS: Final = 1_800
STATEMENT_MILLISECONDS: Final = 2_000
"""Less than ANSWER_SECONDS, so that a server that works reports a slow statement itself."""

SQLITE_LOCK_SECONDS: Final = 3.5

_thread = threading.local()


def limit_sqlite() -> None:
    """Limit how long new connections of this process wait for a lock: waiting saves would fill all threads."""
    for database in connections.settings.values():
        if database["ENGINE"].endswith("sqlite3"):
            database["OPTIONS"]["timeout"] = SQLITE_LOCK_SECONDS


def begin_request() -> None:
    """Apply the limits to this thread, and let it try the database again after an earlier failure."""
    _thread.has_failed = False


def is_request() -> bool:
    return hasattr(_thread, "has_failed")


def record_failure() -> None:
    """Refuse further connections to this request: a second wait would make the answer too late."""
    _thread.has_failed = True


def has_failed() -> bool:
    return getattr(_thread, "has_failed", False)
