"""Limit how long the requests of a server process wait for the database. Commands wait as long as they need."""

from typing import Any, Final

from django.db import connections

SQLITE_LOCK_SECONDS: Final = 3.5
LOCK_MILLISECONDS: Final = 1_800
STATEMENT_MILLISECONDS: Final = 2_000
"""Less than `patient_connection.ANSWER_SECONDS`, so that a working server itself reports a slow statement."""

POOL_SIZE: Final = 10
"""PostgreSQL connections of one process. Its eight threads use one each."""
POOL: Final[dict[str, Any]] = {
    "min_size": 0,
    "max_size": POOL_SIZE,
    "timeout": 2.5,  # seconds that a request waits for a connection
    "reconnect_timeout": 0.1,  # then the next request tries: psycopg_pool waits longer after each failure
}


def limit_waiting() -> None:
    """Limit the connections that this process opens from now on, and keep those to PostgreSQL in Django's pool."""
    for database in connections.settings.values():
        options = database["OPTIONS"]
        if database["ENGINE"].endswith("sqlite"):
            options["timeout"] = SQLITE_LOCK_SECONDS
        else:
            from .patient_connection import PatientConnection  # psycopg is an optional package

            options["pool"] = POOL | {"connection_class": PatientConnection}
            options["connect_timeout"] = 2
            options["options"] = (
                f"{options.get('options', '')} -c lock_timeout={LOCK_MILLISECONDS}"
                f" -c statement_timeout={STATEMENT_MILLISECONDS}"
            )
