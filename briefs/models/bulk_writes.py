"""Write or delete many rows without making other writers wait."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import DateField, JSONField, Model, QuerySet

PAUSE_SECONDS: Final = 0.15
"""Longer than a waiting writer of SQLite sleeps between two tries."""


def let_other_writers_in() -> None:
    """Pause between transactions on SQLite. Otherwise a waiting save hardly ever gets the lock until the work ends."""
    if connection.vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)


BATCH_SIZE = 500
MAX_ROWS = 20_000


def delete_in_batches(rows: QuerySet[Any], *, batch_size: int = BATCH_SIZE, max_rows: int = MAX_ROWS) -> int:
    """Delete at most `max_rows` rows in short transactions, and return their number. The next run deletes the rest.

    A row that no longer matches when its batch is deleted stays.
    """
    done = 0
    while done < max_rows and (keys := list(rows.values_list("pk", flat=True)[:batch_size])):
        if done:
            let_other_writers_in()
        rows.filter(pk__in=keys).delete()
        done += len(keys)
    return done


def insert_rows(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, conflict_column: str = ""
) -> None:
    """Insert rows. `columns` are attribute names (`brief_id` for a foreign key).

    Only dates, datetimes and JSON are adapted.

    With `conflict_column`, a unique column, a row with the same value there is updated instead.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    adapted = [
        (n, fields[column].get_db_prep_save)
        for n, column in enumerate(columns)
        if isinstance(fields[column], (DateField, JSONField))
    ]
    values = [_adapt_row(row, adapted) for row in rows] if adapted else list(rows)
    if not values:
        return
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608 - our own names
    if conflict_column:
        taken = ", ".join(
            f"{quote(column)} = excluded.{quote(column)}" for column in columns if column != conflict_column
        )
        sql += f" ON CONFLICT ({quote(conflict_column)}) DO UPDATE SET {taken}"
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def _adapt_row(row: Sequence[Any], adapted: Iterable[tuple[int, Callable[..., Any]]]) -> list[Any]:
    values = list(row)
    for n, adapt in adapted:
        values[n] = adapt(values[n], connection)
    return values
