"""Install database triggers on SQLite and PostgreSQL: guards that freeze rows, and those that renew the site version.

A model that declares `open_columns` is append only: DELETE, TRUNCATE, REPLACE and any UPDATE of other columns raise
IntegrityError, for the ORM and for raw SQL. The SQL is built from the table's current columns, so new columns are
frozen by default.

A model that declares `is_public_state` holds what public pages show: each changed row gives `SiteVersion` a new token.
On PostgreSQL this happens at the commit, once per transaction, so that no other transaction waits for the row before.

A model that declares `desk_columns` holds names: a change of any other column adds a `NameChange`, so that no rename can
be forgotten. At the commit a `NameChange` gets its position, under the lock of `SiteVersion`: positions follow the order
in which changes become visible, so nobody who reads past one position finds an earlier one later.

SQLite drops triggers when a migration rebuilds a table, and a trigger that reads another table breaks the next rebuild
of that table. So guards read only their own table, and a `migrate` with migrations removes and reinstalls all triggers.
While they are away the token is empty, and no page is kept; afterwards the database has a new generation, because names
may have changed unrecorded.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .sqlite.base import describe_missing_file

type Connection = BaseDatabaseWrapper
type ListColumns = Callable[[str], list[str]]

INTERVAL_GUARD = "briefs_edition_one_public"
VERSION_TABLE = "briefs_siteversion"
_FUNCTION = "digest_frozen"
_VERSION_FUNCTION = "digest_renew_site_version"
_NAME_FUNCTION = "digest_record_name_change"
_POSITION_FUNCTION = "digest_place_name_change"
NAME_TABLE = "briefs_namechange"
_POSITION_TRIGGER = "renamed_position"
_NEW_TOKEN = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}


def frozen_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model, "open_columns")]


def public_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model, "is_public_state")]


def named_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model, "desk_columns")]


def install_guards(connection: Connection, *, is_new_generation: bool = True) -> None:
    """Install all triggers whose tables exist, and renew the site version. Can be repeated.

    Other connections see the triggers of before until they see the new ones.
    """
    with transaction.atomic(connection.alias):
        _install_guards(connection)
        if is_new_generation:
            renew_generation(connection)


def renew_generation(connection: Connection) -> None:
    """Tell every mirror to begin anew. Call after a change of what briefs show that no edition or name has recorded."""
    with connection.cursor() as cursor:
        if NAME_TABLE in connection.introspection.table_names(cursor):
            cursor.execute(f"UPDATE {VERSION_TABLE} SET generation = {_NEW_TOKEN[connection.vendor]}")


def _install_guards(connection: Connection) -> None:
    remove_guards(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is frozen', ERRCODE = 'restrict_violation'; "
                "END $$"
            )
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_VERSION_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"UPDATE {VERSION_TABLE} SET token = {_NEW_TOKEN['postgresql']} "
                "WHERE xmin <> pg_current_xact_id()::xid; "  # once a transaction
                "RETURN NULL; END $$"
            )
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_NAME_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f'INSERT INTO {NAME_TABLE} (kind, "row", at) VALUES (TG_ARGV[0], NEW.id, clock_timestamp()); '
                "RETURN NULL; END $$"
            )
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_POSITION_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"PERFORM 1 FROM {VERSION_TABLE} FOR UPDATE; "
                f"UPDATE {NAME_TABLE} SET position = nextval(pg_get_serial_sequence('{NAME_TABLE}', 'id')) "
                "WHERE id = NEW.id; RETURN NULL; END $$"
            )
        for statement in _trigger_statements(connection, cursor, partial(_column_names, cursor)):
            cursor.execute(statement)
        if VERSION_TABLE in connection.introspection.table_names(cursor):
            cursor.execute(
                f"INSERT INTO {VERSION_TABLE} (id, token) VALUES (1, {_NEW_TOKEN[connection.vendor]}) "
                "ON CONFLICT (id) DO UPDATE SET token = excluded.token"
            )


def remove_guards(connection: Connection) -> None:
    with connection.cursor() as cursor:
        if VERSION_TABLE in connection.introspection.table_names(cursor):
            cursor.execute(f"UPDATE {VERSION_TABLE} SET token = ''")
        for table, name in _existing_triggers(connection, cursor):
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')


def find_missing_guards(connection: Connection) -> list[str]:
    """Return the names of expected guards that are not installed."""
    with connection.cursor() as cursor:
        have = {name for _, name in _existing_triggers(connection, cursor)} | _exclusion_constraints(
            connection, cursor
        )
        return sorted(_expected_guards(connection, cursor) - have)


def _expected_guards(connection: Connection, cursor: Any) -> set[str]:
    """Return the names in the statements, which are built without the columns that these compare."""
    statements = _trigger_statements(connection, cursor, lambda _table: [])
    names = {statement.split('"')[1] for statement in statements}
    if connection.vendor == "postgresql" and "briefs_edition" in connection.introspection.table_names(cursor):
        names.add(INTERVAL_GUARD)
    return names


def _existing_triggers(connection: Connection, cursor: Any) -> list[tuple[str, str]]:
    """Return (table, trigger) for each installed guard."""
    if connection.vendor == "sqlite":
        cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
    else:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND pg_table_is_visible(c.oid)"
        )
    ours = ("frozen_", "version_", "renamed_", INTERVAL_GUARD)
    return [(table, name) for table, name in cursor.fetchall() if name.startswith(ours)]


def _exclusion_constraints(connection: Connection, cursor: Any) -> set[str]:
    if connection.vendor == "sqlite":
        return set()
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'x'")
    return {name for (name,) in cursor.fetchall()}


def _trigger_statements(connection: Connection, cursor: Any, list_columns: ListColumns) -> Iterator[str]:
    """Yield the statement of each trigger whose table exists. The first quoted word of each is the trigger's name."""
    tables = set(connection.introspection.table_names(cursor))
    for model in frozen_models():
        table = model._meta.db_table
        if table not in tables:
            continue
        columns = list_columns(table)
        closed = [c for c in columns if c not in model.open_columns]  # type: ignore[attr-defined]
        if connection.vendor == "sqlite":
            yield from _sqlite_triggers(table, closed, _unique_keys(model, columns))
        else:
            yield from _postgresql_triggers(table, closed)
    if "briefs_edition" in tables and connection.vendor == "sqlite":
        yield from _interval_triggers()
    if VERSION_TABLE in tables:
        for model in public_models():
            if model._meta.db_table in tables:
                yield from _version_triggers(connection, model._meta.db_table)
    if NAME_TABLE in tables:
        yield from _name_triggers(connection, list_columns)


def _column_names(cursor: Any, table: str) -> list[str]:
    """Read the names from an empty answer. Django's introspection of SQLite parses the table's SQL, for 150 ms in all."""
    cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
    return [column[0] for column in cursor.description]


def _unique_keys(model: type[models.Model], columns: Sequence[str]) -> Iterator[list[str]]:
    fields = {field.name: field for field in model._meta.local_concrete_fields}
    for field in fields.values():
        if (field.unique or field.primary_key) and field.column in columns:
            yield [str(field.column)]
    for constraint in model._meta.constraints:
        # With a condition, rows outside it share the key.
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:
            yield [str(fields[name].column) for name in constraint.fields]


def _sqlite_triggers(table: str, closed: Sequence[str], keys: Iterator[list[str]]) -> Iterator[str]:
    """Yield the guards of a table. `add` stops REPLACE, which bypasses DELETE triggers."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is frozen'); END"
    changed = " OR ".join(f'NEW."{c}" IS NOT OLD."{c}"' for c in closed)
    taken = " OR ".join(
        f'EXISTS (SELECT 1 FROM "{table}" WHERE {" AND ".join(f'"{c}" = NEW."{c}"' for c in key)})'
        for key in keys
    )
    yield f'CREATE TRIGGER "frozen_{table}_del" BEFORE DELETE ON "{table}" {refuse}'
    yield f'CREATE TRIGGER "frozen_{table}_set" BEFORE UPDATE ON "{table}" WHEN {changed} {refuse}'
    yield f'CREATE TRIGGER "frozen_{table}_add" BEFORE INSERT ON "{table}" WHEN {taken} {refuse}'


def _postgresql_triggers(table: str, closed: Sequence[str]) -> Iterator[str]:
    refuse = f"EXECUTE FUNCTION {_FUNCTION}()"
    changed = " OR ".join(f'NEW."{c}" IS DISTINCT FROM OLD."{c}"' for c in closed)
    yield f'CREATE TRIGGER "frozen_{table}_del" BEFORE DELETE ON "{table}" FOR EACH ROW {refuse}'
    yield f'CREATE TRIGGER "frozen_{table}_set" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({changed}) {refuse}'
    yield f'CREATE TRIGGER "frozen_{table}_cut" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {refuse}'


def _version_triggers(connection: Connection, table: str) -> Iterator[str]:
    """Yield triggers that renew the token; on PostgreSQL at the commit, since its row is locked from then only."""
    if connection.vendor == "sqlite":
        renew = f"BEGIN UPDATE {VERSION_TABLE} SET token = {_NEW_TOKEN['sqlite']}; END"
        for act in ("insert", "update", "delete"):
            yield f'CREATE TRIGGER "version_{table}_{act}" AFTER {act.upper()} ON "{table}" {renew}'
        return
    renew = f"EXECUTE FUNCTION {_VERSION_FUNCTION}()"
    yield (
        f'CREATE CONSTRAINT TRIGGER "version_{table}_rows" AFTER INSERT OR UPDATE OR DELETE'
        f' ON "{table}" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {renew}'
    )
    yield f'CREATE TRIGGER "version_{table}_truncate" AFTER TRUNCATE ON "{table}" {renew}'


def _name_triggers(connection: Connection, list_columns: ListColumns) -> Iterator[str]:
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:  # one transaction writes at a time
        place = f"UPDATE {NAME_TABLE} SET position = id WHERE id = NEW.id"
        yield f'CREATE TRIGGER "{_POSITION_TRIGGER}" AFTER INSERT ON {NAME_TABLE} BEGIN {place}; END'
    else:
        yield (
            f'CREATE CONSTRAINT TRIGGER "{_POSITION_TRIGGER}" AFTER INSERT ON {NAME_TABLE} DEFERRABLE'
            f" INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {_POSITION_FUNCTION}()"
        )
    for model in named_models():
        table, kind = model._meta.db_table, model._meta.model_name
        shown = [c for c in list_columns(table) if c not in model.desk_columns]  # type: ignore[attr-defined]
        differs = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
        changed = " OR ".join(f'NEW."{c}" {differs} OLD."{c}"' for c in shown)
        begin = f'CREATE TRIGGER "renamed_{table}" AFTER UPDATE ON "{table}" FOR EACH ROW WHEN'
        if is_sqlite:
            now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
            added = (
                f"INSERT INTO {NAME_TABLE} (kind, \"row\", briefs, at) VALUES ('{kind}', NEW.id, '[]', {now})"
            )
            yield f"{begin} {changed} BEGIN {added}; END"
        else:
            yield f"{begin} ({changed}) EXECUTE FUNCTION {_NAME_FUNCTION}('{kind}')"


def _interval_triggers() -> Iterator[str]:
    """Yield triggers against overlapping editions of a brief. Cancelled editions have an empty interval."""
    end = "COALESCE({}, '9999-12-31')"  # not '9999': column affinity would convert it to a number
    overlap = (
        'EXISTS (SELECT 1 FROM "briefs_edition" x WHERE x."brief_id" = NEW."brief_id" AND x."id" IS NOT NEW."id"'
        f' AND x."live_from" < {end.format('NEW."live_until"')} AND NEW."live_from" < {end.format('x."live_until"')}'
        f' AND x."live_from" < {end.format('x."live_until"')}'
        f' AND NEW."live_from" < {end.format('NEW."live_until"')})'
    )
    refuse = "BEGIN SELECT RAISE(ABORT, 'two public editions of a brief at one instant'); END"
    yield f'CREATE TRIGGER "{INTERVAL_GUARD}_add" BEFORE INSERT ON "briefs_edition" WHEN {overlap} {refuse}'
    yield (
        f'CREATE TRIGGER "{INTERVAL_GUARD}_set" BEFORE UPDATE OF "live_from", "live_until" ON "briefs_edition"'
        f" WHEN {overlap} {refuse}"
    )


def remove_before_migrate(sender: Any, using: str, plan: Any = None, **_: Any) -> None:
    """Remove the guards, unless there is nothing to migrate."""
    if sender.name == "briefs" and plan != []:
        remove_guards(connections[using])


def install_after_migrate(sender: Any, using: str, plan: Any = None, **_: Any) -> None:
    if sender.name == "briefs":
        connection = connections[using]
        were_away = plan != [] or bool(find_missing_guards(connection))
        install_guards(connection, is_new_generation=were_away)


def check_guards(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Warn of missing guards. As an error it would stop the `migrate` that reinstalls them, or makes the database."""
    return [
        checks.Warning(f"The guard {name} is missing.", hint="Run manage.py migrate.", id="briefs.W001")
        for alias in databases or ()
        if not describe_missing_file(connections[alias].settings_dict)
        for name in find_missing_guards(connections[alias])
    ]


def check_sqlite(**_: Any) -> list[checks.CheckMessage]:
    """Warn of SQLite before 3.51.3, which can lose a commit when two processes reset the write-ahead log at once."""
    version = sqlite3.sqlite_version_info
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if connections[DEFAULT_DB_ALIAS].vendor != "sqlite" or fixed:
        return []
    message = f"SQLite {sqlite3.sqlite_version}: run one process with threads, or PostgreSQL."
    return [
        checks.Warning(
            message, hint="SQLite 3.51.3 and newer are safe for several processes.", id="briefs.W002"
        )
    ]


def check_search(**_: Any) -> list[checks.CheckMessage]:
    """Report SQLite before 3.43, whose FTS5 cannot delete a row of the search index without its text."""
    if connections[DEFAULT_DB_ALIAS].vendor != "sqlite":
        return []
    if sqlite3.sqlite_version_info >= (3, 43):
        return []
    message = f"SQLite {sqlite3.sqlite_version} is too old for the search index."
    return [checks.Error(message, hint="Use SQLite 3.43 or newer, or PostgreSQL.", id="briefs.E001")]
