"""Rows into a table as plain values.

`bulk_create` makes a model object of each and puts its SQL together anew, which for the few rows of an approval is ten
times what the database takes. For tables whose rows nothing else hangs on: the new ids are not asked for.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateField, JSONField, Model


def insert_rows(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, conflict_column: str = ""
) -> None:
    """`columns` are names of fields, a foreign key's with `_id`. Only moments, days and JSON are put in another form.

    With `instead`, a unique column, a row takes the place of the one that has its value there.
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
