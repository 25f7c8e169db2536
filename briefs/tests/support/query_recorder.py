"""Detect what a request wrote: by a checksum of all rows or, cheaper, by recording the statements."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from briefs.content import hash_json

_WRITES = re.compile(
    r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO|TRUNCATE)\s+\"?(\w+)", re.IGNORECASE
)


_UNCOMPARED = {"briefs_siteversion", "briefs_namechange"}
"""Tables that triggers fill, with random tokens and the time of the database."""


def database_checksum() -> str:
    """Return a hash of every row of every table but those that triggers fill."""
    rows = []
    with connection.cursor() as cursor:
        for table in sorted({*connection.introspection.table_names(cursor)} - _UNCOMPARED):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            values = [
                [str(bytes(v) if isinstance(v, memoryview) else v) for v in row] for row in cursor.fetchall()
            ]
            rows.append([table, values])
    return hash_json(rows)


@dataclass(slots=True)
class WrittenTables:
    """Records the tables whose rows a statement changed, including changes rolled back later."""

    tables: list[str] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if statement := _WRITES.match(sql):
            inserts = (
                statement[0].lstrip()[:1] in "iI"
            )  # with RETURNING, rowcount is known only after the rows are read
            if inserts or context["cursor"].rowcount != 0:
                self.tables.append(statement[1])
        return result


@contextmanager
def record_written_tables() -> Iterator[WrittenTables]:
    recorder = WrittenTables()
    with connection.execute_wrapper(recorder):
        yield recorder
