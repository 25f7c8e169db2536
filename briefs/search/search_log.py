"""What readers look for, counted by day: the words and how often, nobody's address and no time of day.

A search is a page that only reads. So what was asked is kept in the process, and written after an answer has
gone out, at most twice a minute; where the database is busy or refuses, it waits for the next time.
"""

import datetime as dt
import logging
import re
import threading
import time
from collections.abc import Mapping
from typing import Final

from django.db import DatabaseError, connection, transaction

from ..models.searches import Search

MOST_HELD: Final = 500
"""Different words; more than that between two writes are not counted."""
EVERY: Final = 30.0
"""Seconds between two writes."""
KEPT: Final = dt.timedelta(days=400)
LONGEST: Final = 100
_PATIENCE: Final = 100
"""Milliseconds for which a locked SQLite file is waited for."""
_PERSONAL: Final = re.compile(r"@|(?:\d[\s()+.-]*){7}|https?:", re.IGNORECASE)
"""An address or a number that may be somebody's. A year, a bill or a figure is shorter."""

log = logging.getLogger(__name__)
type Held = dict[tuple[dt.date, str], tuple[int, int]]
"""By day and words: how often, and how many briefs the last time."""

_held: Held = {}
_lock = threading.Lock()
_written = time.monotonic()


def note(words: str, found: int, day: dt.date) -> None:
    words = " ".join(words.split())[:LONGEST].strip().casefold()
    if len(words) < 2 or _PERSONAL.search(words) or not words.isprintable():
        return
    with _lock:
        times, _ = _held.get((day, words), (0, 0))
        if times or len(_held) < MOST_HELD:
            _held[day, words] = (times + 1, found)


def write_if_due() -> None:
    if _held and time.monotonic() - _written > EVERY:
        write()


def write() -> None:
    """Never raises: nobody's page depends on it."""
    global _held, _written
    with _lock:
        held, _held = _held, {}
        _written = time.monotonic()
    try:
        _add(held)
    except DatabaseError as error:
        log.warning("What readers looked for could not be written: %s", type(error).__name__)
        with _lock:
            _held = {**held, **_held}


def _add(held: Mapping[tuple[dt.date, str], tuple[int, int]]) -> None:
    table = Search._meta.db_table
    sql = (
        f"INSERT INTO {table} (day, words, times, found) VALUES (%s, %s, %s, %s)"
        f" ON CONFLICT (day, words) DO UPDATE SET times = {table}.times + excluded.times, found = excluded.found"
    )
    rows = [(day, words, times, found) for (day, words), (times, found) in sorted(held.items())]
    if not rows:
        return
    with _impatient(), transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, rows)


class _impatient:  # noqa: N801 used like a function
    """SQLite waits for another's write as long as an editor would; a reader's page need not."""

    def __enter__(self) -> None:
        self._set(_PATIENCE)

    def __exit__(self, *_: object) -> None:
        self._set(int(connection.settings_dict["OPTIONS"].get("timeout", 5)) * 1_000)

    def _set(self, milliseconds: int) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")


def forget(today: dt.date) -> int:
    return Search.objects.filter(day__lt=today - KEPT).delete()[0]
