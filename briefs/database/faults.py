"""Find the cause of a database failure from the exception, and log each kind once a minute."""

import errno
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from django.db import InterfaceError, OperationalError

log = logging.getLogger(__name__)

LOG_SECONDS: Final = 60


class Fault(StrEnum):
    AWAY = "away"
    FULL = "full"
    READ_ONLY = "read-only"
    LOCKED = "locked"
    CROWDED = "crowded"
    DAMAGED = "damaged"


# https://www.sqlite.org/rescode.html: BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
_BY_SQLITE_CODE: Final = {
    5: Fault.LOCKED,
    6: Fault.LOCKED,
    8: Fault.READ_ONLY,
    10: Fault.AWAY,
    11: Fault.DAMAGED,
    13: Fault.FULL,
    14: Fault.AWAY,
    15: Fault.LOCKED,
    26: Fault.DAMAGED,
}
_IOERR_SHMSIZE: Final = 4874  # the index of the write-ahead log cannot grow: the disk is full

# https://www.postgresql.org/docs/current/errcodes-appendix.html, the longest prefix first
_BY_SQLSTATE: Final = {
    "25006": Fault.READ_ONLY,
    "53100": Fault.FULL,
    "57014": Fault.LOCKED,
    "55P03": Fault.LOCKED,
    "40001": Fault.LOCKED,
    "40P01": Fault.LOCKED,
    "XX001": Fault.DAMAGED,
    "XX002": Fault.DAMAGED,
    "08": Fault.AWAY,
    "53": Fault.CROWDED,
    "57P": Fault.AWAY,
    "58": Fault.AWAY,
}
_BY_ERRNO: Final = {errno.ENOSPC: Fault.FULL, errno.EDQUOT: Fault.FULL, errno.EROFS: Fault.READ_ONLY}
_CROWDED_WORDS: Final = ("too many c", "connection slots are reserved")
"""A refused connection has no SQLSTATE, only the server's message."""


def find_fault(error: BaseException | None) -> Fault | None:
    """Return the fault of the database or the disk that the exception means; None if our code is at fault."""
    chain = list(_causes(error))
    for part in chain:
        if isinstance(part, OSError) and part.errno in _BY_ERRNO:
            return _BY_ERRNO[part.errno]
        if code := getattr(part, "sqlite_errorcode", None):
            return Fault.FULL if code == _IOERR_SHMSIZE else _BY_SQLITE_CODE.get(code & 0xFF)
        if state := getattr(part, "sqlstate", None):
            return next((fault for prefix, fault in _BY_SQLSTATE.items() if state.startswith(prefix)), None)
    for part in chain:
        if isinstance(part, OperationalError | InterfaceError):
            is_crowded = any(words in str(part) for words in _CROWDED_WORDS)
            return Fault.CROWDED if is_crowded else Fault.AWAY
    return None


def describe_error(error: BaseException) -> str:
    """Return the error's message, and say if the disk is full: SQLite may call that "disk I/O error"."""
    return f"the disk is full ({error})" if find_fault(error) is Fault.FULL else str(error)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


_log_lock: Final = threading.Lock()
_last_logged: Final[dict[Fault, float]] = {}
_suppressed: Final[dict[Fault, int]] = defaultdict(int)


def log_fault(fault: Fault, error: BaseException) -> None:
    """Log each kind of fault once a minute, with the number of faults not logged since."""
    now = time.monotonic()
    with _log_lock:
        if now - _last_logged.get(fault, -LOG_SECONDS) < LOG_SECONDS:
            _suppressed[fault] += 1
            return
        _last_logged[fault] = now
        suppressed = _suppressed.pop(fault, 0)
    reason = " ".join(str(error).split())[:300]
    log.error("database %s: %s (%d more since the last line)", fault, reason, suppressed)
