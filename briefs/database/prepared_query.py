"""Compile a queryset to SQL once per thread instead of for every request.

For a brief's page, building the SQL took Django 0.9 ms and running it on SQLite 0.05 ms. The queryset is compiled with
a placeholder value for each argument, and later calls substitute the arguments.
"""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from .replica import get_read_connection

_STAND_INS: dict[type, Callable[[int], Any]] = {
    str: lambda n: f"\x01{n}",
    int: lambda n: 7_000_000_000_000_000 + n,
    dt.datetime: lambda n: dt.datetime(1, 1, 1, 0, 0, n, 7, tzinfo=dt.UTC),
    dt.date: lambda n: dt.date(1, 2, n),
}


type _Compiled = tuple[Any, str, Callable[..., str] | None, list[Any], Any]


class PreparedQuery(threading.local):
    """Prepare the `values_list` queryset that `build` returns. `argument_types` are the types of its arguments.

    Compiled once per thread and database, like Django's connections. The queryset may use arguments only in comparisons.
    `around` is SQL that has `{queryset}` in it, for what querysets cannot express.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], *argument_types: type, around: str = "{queryset}"
    ) -> None:
        self._build, self._kinds, self._around = build, argument_types, around
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, *arguments: Any) -> list[tuple[Any, ...]]:
        connection = get_read_connection()
        compiler, sql, in_sqlite, places, converters = self._compiled.get(connection.alias) or self._compile(
            connection
        )
        given = [_adapt_value(value, connection) for value in arguments]
        with connection.cursor() as cursor:
            if in_sqlite:  # skips Django's search for each `%s`, a quarter of the time
                cursor.cursor.convert_query = in_sqlite
            cursor.execute(sql, [given[n] if n is not None else value for n, value in places])
            rows: Sequence[Any] = cursor.fetchall()
        if converters:
            rows = compiler.apply_converters(rows, converters)
        return [tuple(row) for row in rows]

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        stand_ins = [_STAND_INS[kind](n) for n, kind in enumerate(self._kinds, start=1)]
        compiler = self._build(*stand_ins).query.get_compiler(connection=connection)
        queryset, parameters = compiler.as_sql()
        sql = self._around.format(queryset=queryset)
        adapted = [_adapt_value(value, connection) for value in stand_ins]
        places = [(adapted.index(p), None) if p in adapted else (None, p) for p in parameters]
        if {n for n, _ in places if n is not None} != set(range(len(adapted))):
            raise TypeError("An argument of a prepared query is missing from its SQL.")
        columns = [column for column, _, _ in compiler.select]
        self._compiled[connection.alias] = (
            compiler,
            sql,
            _sqlite_placeholder_converter(sql, connection),
            places,
            compiler.get_converters(columns),
        )
        return self._compiled[connection.alias]


def _sqlite_placeholder_converter(sql: str, connection: BaseDatabaseWrapper) -> Callable[..., str] | None:
    """Return a function that replaces the cursor's `convert_query` and returns the converted SQL.

    Return None for databases other than SQLite.
    """
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        known: str = cursor.cursor.convert_query(sql)
    return lambda sql, **_: known


def _adapt_value(value: Any, connection: BaseDatabaseWrapper) -> Any:
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value
