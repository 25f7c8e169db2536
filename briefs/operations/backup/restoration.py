"""Restore an archive into an empty database, and swap it with the old one.

On SQLite, rows go to a new file, which replaces the old one only after everything in it has been checked. The old
database and media folder are kept beside the new ones.
"""

import datetime as dt
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import batched, zip_longest
from pathlib import Path
from typing import Any, Final

from django.apps.registry import Apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteConnection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model
from django.utils import timezone

from briefs.database import guards
from briefs.derived.search import indexing
from briefs.models import Edition, Mailing
from briefs.publications import mailings, subscribers
from briefs.workflow import originals

from . import row_lines
from .backup_archive import (
    BackupError,
    Manifest,
    find_faults,
    find_targets,
    get_state_apps,
    read_manifest,
    read_member_lines,
)

NEW: Final = ".restoring"
BATCH: Final = 500


def restore(path: Path) -> list[Path]:
    """Restore database and media. Return the paths of the old ones, moved aside. On BackupError nothing has changed."""
    if faults := find_faults(path):
        raise BackupError(" ".join(faults[:3]))
    media = Path(default_storage.path(""))
    if connection.vendor != "sqlite":
        fill(path, _new_path(media))
        return _swap(_new_path(media), media)
    target = Path(settings.DATABASES["default"]["NAME"])
    new = _new_path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _delete(new)
    require_unused(target)
    try:
        run_on_database(lambda: open_sqlite_file(new, DEFAULT_DB_ALIAS), lambda: fill(path, _new_path(media)))
        require_unused(target)
        kept = _swap(new, target, with_files=_wal_files(target))
    finally:
        _delete(new)
    return kept + _swap(_new_path(media), media)


def _delete(database: Path) -> None:
    for file in (database, *_wal_files(database)):
        file.unlink(missing_ok=True)


def run_on_database(open_database: Callable[[], BaseDatabaseWrapper], act: Callable[[], None]) -> None:
    """Call `act` in a thread in which the default database is the one that `open_database` returns."""

    def run() -> None:
        connections[DEFAULT_DB_ALIAS] = own = open_database()
        try:
            act()
        finally:
            own.close()
            ContentType.objects.clear_cache()  # shared by all threads, and now filled with ids of the other database

    with ThreadPoolExecutor(1) as threads:
        threads.submit(run).result()


def open_sqlite_file(file: Path, alias: str) -> BaseDatabaseWrapper:
    if connection.vendor == "sqlite":
        own: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS].copy(alias)
        own.settings_dict["NAME"] = str(file)
        return own
    config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
    return SqliteConnection(
        connections.configure_settings({DEFAULT_DB_ALIAS: config})[DEFAULT_DB_ALIAS], alias
    )


def fill(path: Path, media: Path) -> None:
    """Restore into the empty default database and a new folder."""
    load(path, media)
    _compare_rows(path)
    call_command("migrate", verbosity=0)  # to this version; also installs the guards
    _catch_up(timezone.now())
    for editions in batched(Edition.objects.order_by("pk").iterator(), BATCH):
        with transaction.atomic():
            indexing.put(editions, timezone.now())
    call_command("rebuild_derived")  # the desk's index, and what this version builds differently
    if missing := guards.find_missing_guards(connection):
        raise BackupError(f"The guard {missing[0]} could not be installed.")
    _finish_file()


def _catch_up(now: dt.datetime) -> None:
    """Repeat what was due since the backup: departures and deletions. Pause every unfinished mailing: it may have been sent since."""
    subscribers.repeat_departures()
    originals.delete_expired(now)
    mailings.pause_by_itself(Mailing.objects.all(), "restored", now)


def load(path: Path, media: Path) -> None:
    """Write the archive's rows and files unchanged, into tables at the archive's migrations, without guards."""
    manifest = read_manifest(path)
    state = get_state_apps(manifest)
    if connection.introspection.table_names():
        raise BackupError("The database is not empty. Give the name of an empty one in DATABASE_URL.")
    executor = MigrationExecutor(connection)
    executor.migrate(find_targets(manifest))
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default", apps=state)
    guards.remove_guards(connection)
    with zipfile.ZipFile(path) as archive:
        _load_rows(archive, state)
        _extract_media(archive, manifest, media)
    _finish_file()


def _finish_file() -> None:
    """Check the integrity of a SQLite file and write its write-ahead log into it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            require_integrity(cursor)
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def require_integrity(cursor: Any) -> None:
    """Raise BackupError if SQLite finds a damaged page, index or foreign key."""
    for check in ("integrity_check", "foreign_key_check"):
        cursor.execute(f"PRAGMA {check}")
        faults = [row for row in cursor.fetchall() if row != ("ok",)]
        if faults:
            raise BackupError(f"{check} says {faults[0]}.")


def _load_rows(archive: zipfile.ZipFile, state: Apps) -> None:
    models = row_lines.list_models(state)
    with connection.constraint_checks_disabled(), transaction.atomic():
        with connection.cursor() as cursor:
            for model in models:  # rows that migrations made
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        with _without_indexes():
            for model in models:
                _load_table(model, read_member_lines(archive, f"rows/{model._meta.label_lower}.jsonl"))
        connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop the indexes of a SQLite file and create them again at the end, sorted, in a third of the time."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, statement in indexes:
            cursor.execute(statement)


def _load_table(model: type[Model], lines: Iterator[str]) -> None:
    """Insert the rows without model objects, which would take three times as long."""
    parsers = row_lines.build_parsers(model, resolve_names=True)
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608
    stored = [row_lines.get_stored_field(field) for field in fields]
    adapters = [None if row_lines.get_plain_type(field) else field.get_db_prep_save for field in stored]
    own = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up for each value
    with own.cursor() as cursor:
        for batch in batched(lines, row_lines.count_rows_at_once(model)):
            parsed = (row_lines.parse_line(line, parsers).values() for line in batch)
            cursor.executemany(
                insert,
                [
                    [
                        value if value is None or adapt is None else adapt(value, own)
                        for adapt, value in zip(adapters, row, strict=True)
                    ]
                    for row in parsed
                ],
            )


def _compare_rows(path: Path) -> None:
    """Raise BackupError unless every table reads back as the lines of the archive."""
    with zipfile.ZipFile(path) as archive:
        for model in row_lines.list_models(get_state_apps(read_manifest(path))):
            name = f"rows/{model._meta.label_lower}.jsonl"
            lines = (line.rstrip("\n") for line in read_member_lines(archive, name))
            rows = zip_longest(row_lines.read_lines(model), lines)
            if any(restored != line for restored, line in rows):
                raise BackupError(f"{name} was not restored as it is in the archive.")


def _extract_media(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    storage = FileSystemStorage(folder)
    for name in manifest.members:
        kind, _, rest = name.partition("/")
        if kind == "media":
            with archive.open(name) as source:
                storage.save(rest, File(source))  # refuses a name that leads out of the folder


def require_unused(file: Path) -> None:
    """Raise BackupError if another process has the SQLite file open. Otherwise write its write-ahead log into it."""
    connection.close()
    if not file.exists():
        return
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as probe:
        try:
            probe.execute("PRAGMA locking_mode=EXCLUSIVE")
            probe.execute("BEGIN EXCLUSIVE")
            probe.execute("COMMIT")
            probe.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            raise BackupError(f"{file} is in use ({error}). Stop the server and its timers first.") from error
        except sqlite3.DatabaseError:
            pass  # damaged, which may be the reason for the restore


def _new_path(path: Path) -> Path:
    return path.with_name(path.name + NEW)


def _wal_files(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _swap(new: Path, target: Path, *, with_files: Sequence[Path] = ()) -> list[Path]:
    """Move `new` to `target`. An existing target is kept under a name with the time; return the paths of what was moved.

    `with_files`: the old database's write-ahead log. Left beside the restored file, SQLite would replay it and corrupt it.
    """
    kept = target.with_name(f"{target.name}.before-{timezone.now():%Y%m%dT%H%M%SZ}")
    for file in with_files:
        if file.exists():
            file.rename(kept.with_name(file.name.replace(target.name, kept.name, 1)))
    moved = [kept] if target.exists() else []
    if moved:
        target.rename(kept)
    new.rename(target)
    return moved
