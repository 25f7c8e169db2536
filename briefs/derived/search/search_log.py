"""Count readers' searches by words and day, without IP address and time of day.

Search pages must not write. So searches are collected in the process and written after a response is sent, at most
twice a minute; if the database is busy, they wait for the next write.
"""

import datetime as dt
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError, connection, transaction

from briefs.models.bulk_writes import delete_in_batches
from briefs.models.searches import Search

MAX_PENDING_WORDS: Final = 500
"""Different searches kept between two writes. Further ones are not counted."""
WRITE_INTERVAL: Final = 30.0
"""Minimum seconds between two writes."""
RETENTION: Final = dt.timedelta(days=400)
MAX_WORDS_LENGTH: Final = 100
_BUSY_TIMEOUT_MS: Final = 100
"""Milliseconds to wait for a locked SQLite file."""
_PERSONAL: Final = re.compile(r"@|(?:\d[\s()+.-]*){7}|https?:", re.IGNORECASE)
"""E-mail addresses, links and numbers of 7 or more digits may be personal. Years, bills and figures are shorter."""

log = logging.getLogger(__name__)
type PendingSearches = dict[tuple[dt.date, str], tuple[int, int]]
"""Number of searches and the last number of results, by day and words."""

_pending: PendingSearches = {}
_lock = threading.Lock()
_last_write = time.monotonic()


def record_search(words: str, result_count: int, day: dt.date) -> None:
    words = " ".join(words.split())[:MAX_WORDS_LENGTH].strip().casefold()
    if len(words) < 2 or _PERSONAL.search(words) or not words.isprintable():
        return
    with _lock:
        times, _ = _pending.get((day, words), (0, 0))
        if times or len(_pending) < MAX_PENDING_WORDS:
            _pending[day, words] = (times + 1, result_count)


def write_if_due() -> None:
    if _pending and time.monotonic() - _last_write > WRITE_INTERVAL:
        write_pending()


def write_pending() -> None:
    """Write the pending counts. Log database errors and keep the counts: no page may fail because of the log."""
    global _pending, _last_write
    with _lock:
        held, _pending = _pending, {}
        _last_write = time.monotonic()
    try:
        _store_counts(held)
    except DatabaseError as error:
        log.warning("What readers looked for could not be written: %s", type(error).__name__)
        with _lock:
            _pending = {**held, **_pending}


def _store_counts(pending: Mapping[tuple[dt.date, str], tuple[int, int]]) -> None:
    table = Search._meta.db_table
    sql = (
        f"INSERT INTO {table} (day, words, times, found) VALUES (%s, %s, %s, %s)"
        f" ON CONFLICT (day, words) DO UPDATE SET times = {table}.times + excluded.times, found = excluded.found"
    )
    rows = [(day, words, times, found) for (day, words), (times, found) in sorted(pending.items())]
    if not rows:
        return
    with _short_busy_timeout(), transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, rows)


@contextmanager
def _short_busy_timeout() -> Iterator[None]:
    """Shorten SQLite's lock timeout: the log need not wait as long as an editor's save."""
    _set_busy_timeout(_BUSY_TIMEOUT_MS)
    try:
        yield
    finally:
        _set_busy_timeout(int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1_000))


def _set_busy_timeout(milliseconds: int) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")


def delete_expired(today: dt.date) -> int:
    return delete_in_batches(Search.objects.filter(day__lt=today - RETENTION))
