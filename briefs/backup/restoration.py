"""Restore an archive into an empty database, and swap it with the old one.

On SQLite a new file is filled by a process of its own and takes the old file's place only when everything in it
has been checked. The old database and media folder are kept beside the new ones.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from contextlib import closing
from itertools import batched
from pathlib import Path
from typing import Any, Final

from django.apps.registry import Apps
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from ..database import guards
from ..derived import build
from ..models import Edition
from . import table_rows
from .backup_archive import (
    BackupError,
    Manifest,
    find_faults,
    find_targets,
    get_media_folder,
    get_state_apps,
    read_manifest,
    read_member_lines,
)

NEW: Final = ".restoring"
BATCH: Final = 500


def restore(path: Path) -> list[Path]:
    """Restore database and media. Return what was moved aside. Raise BackupError, and change nothing."""
    if faults := find_faults(path):
        raise BackupError(" ".join(faults[:3]))
    if connection.vendor == "sqlite":
        return _restore_to_new_file(path, Path(settings.DATABASES["default"]["NAME"]))
    fill(path)
    return _swap_media()


def _restore_to_new_file(path: Path, target: Path) -> list[Path]:
    new = _new_path(target)
    for file in (new, *_wal_files(new)):
        file.unlink(missing_ok=True)
    new.touch()  # no command but `setup` makes the file of DATABASE_URL
    require_unused(target)
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{new}"}
    manage = str(Path(settings.BASE_DIR, "manage.py"))
    command = [sys.executable, manage, "restore", str(path.resolve()), "--fill"]
    if subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603
        raise BackupError(f"Nothing was replaced: {target} is as it was.")
    require_unused(target)
    kept = _swap(new, target, with_files=_wal_files(target))
    return kept + _swap_media()


def _swap_media() -> list[Path]:
    folder = get_media_folder()
    return _swap(_new_path(folder), folder) if folder else []


def fill(path: Path) -> None:
    """Fill the empty default database, and a new media folder beside the present one."""
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
        _compare_rows(manifest, state)
        _extract_media(archive, manifest)
    call_command("migrate", verbosity=0)  # to this version; also installs the guards
    for editions in batched(Edition.objects.order_by("pk").iterator(), BATCH):
        with transaction.atomic():
            build.index_editions(editions)
    call_command("rebuild_derived")  # the desk's index, and what this version builds differently
    if missing := guards.find_missing_guards(connection):
        raise BackupError(f"The guard {missing[0]} could not be installed.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            require_integrity(cursor)
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def require_integrity(cursor: Any) -> None:
    """Raise BackupError if SQLite finds a damaged page, index or foreign key."""
    for check in ("integrity_check", "foreign_key_check"):
        cursor.execute(f"PRAGMA {check}")
        found = [row for row in cursor.fetchall() if row != ("ok",)]
        if found:
            raise BackupError(f"{check} says {found[0]}.")


def _load_rows(archive: zipfile.ZipFile, state: Apps) -> None:
    models = table_rows.list_models(state)
    with connection.constraint_checks_disabled(), transaction.atomic():
        with connection.cursor() as cursor:
            for model in models:  # rows that migrations made
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        for model in models:
            parsers = table_rows.build_parsers(model, resolve_names=True)
            lines = read_member_lines(archive, f"rows/{model._meta.label_lower}.jsonl")
            size = table_rows.BINARY_CHUNK if "data" in parsers else BATCH
            for batch in batched(lines, size):
                model._base_manager.bulk_create(
                    model(**table_rows.parse_line(line, parsers)) for line in batch
                )
        connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _compare_rows(manifest: Manifest, state: Apps) -> None:
    """Raise BackupError unless every table gives the lines that it was filled from."""
    for model in table_rows.list_models(state):
        name = f"rows/{model._meta.label_lower}.jsonl"
        if table_rows.hash_lines(model) != manifest.members[name].sha256:
            raise BackupError(f"{name} was not restored as it is in the archive.")


def _extract_media(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write the files to a new folder. In an object store add them to those there: names follow from contents."""
    storage = default_storage
    if present := get_media_folder():
        folder = _new_path(present)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        storage = FileSystemStorage(folder)
    for name in manifest.members:
        kind, _, rest = name.partition("/")
        if kind == "media":
            with archive.open(name) as source:
                storage.save(rest, File(source))  # refuses a name that leads out of the folder


def require_unused(file: Path) -> None:
    """Raise BackupError if another process has the SQLite file open. Write its log into it otherwise."""
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
    """Move `new` to `target`. What was there is kept under a name with the time; return its path.

    `with_files`, the log of the old database, goes with it: beside the new one it would corrupt it.
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
