"""Insert plain values into a table without model objects.

For the few rows of an approval, `bulk_create` takes ten times as long as the database itself, because it builds model
objects and SQL. The new ids are not returned.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateField, JSONField, Model


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
