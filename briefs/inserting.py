"""Rows into a table as plain values.

`bulk_create` makes a model object of each and puts its SQL together anew, which for the few rows of an approval is ten
times what the database takes. For tables whose rows nothing else hangs on: the new ids are not asked for.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateField, JSONField, Model


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """`columns` are names of fields, a foreign key's with `_id`. Only moments, days and JSON are put in another form."""
    of_model = {field.attname: field for field in model._meta.concrete_fields}
    fields = [of_model[column] for column in columns]
    adapted = [n for n, field in enumerate(fields) if isinstance(field, (DateField, JSONField))]
    values = [list(row) for row in rows]
    if not values:
        return
    for row in values:
        for n in adapted:
            row[n] = fields[n].get_db_prep_save(row[n], connection)
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})", values)  # noqa: S608 - our own names
