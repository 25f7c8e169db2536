"""Pause between the transactions of long work, so that other writers get their turn."""

import time
from typing import Final

from django.db import connection

PAUSE_SECONDS: Final = 0.15
"""Longer than a waiting writer of SQLite sleeps between two tries."""


def let_other_writers_in() -> None:
    """Pause on SQLite. Without it a save that waits for the lock hardly ever gets it before the long work ends."""
    if connection.vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)
