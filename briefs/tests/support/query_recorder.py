"""What a request did to the database: every row of every table, or cheaper, every statement that wrote."""

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


def database_checksum() -> str:
    """Every row of every table."""
    rows = []
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            said = [
                [str(bytes(v) if isinstance(v, memoryview) else v) for v in row] for row in cursor.fetchall()
            ]
            rows.append([table, said])
    return hash_json(rows)


@dataclass(slots=True)
class WrittenTables:
    """Tables by the statements that touched a row of them. What was rolled back since is among them."""

    tables: list[str] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if found := _WRITES.match(sql):
            inserts = found[0].lstrip()[:1] in "iI"  # with RETURNING, the count comes after the rows are read
            if inserts or context["cursor"].rowcount != 0:
                self.tables.append(found[1])
        return result


@contextmanager
def record_written_tables() -> Iterator[WrittenTables]:
    seen = WrittenTables()
    with connection.execute_wrapper(seen):
        yield seen
