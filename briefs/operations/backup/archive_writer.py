"""Write a backup archive, and prove it: restore it into a scratch SQLite file and compare every value and file."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, Final

from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, models, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from briefs.database.versions import find_missing_migrations, find_unknown_migrations
from briefs.models import JobRun
from briefs.operations.accounts import second_factor

from . import row_lines
from .backup_archive import (
    BLOCK,
    MANIFEST,
    SEAL_LENGTH,
    BackupError,
    Manifest,
    Member,
    hash_before_seal,
    list_media_names,
)
from .restoration import load, open_sqlite_file, run_on_database

SCRATCH: Final = "scratch"
"""Alias of the database into which an archive is restored to prove it."""


def write_backup(path: Path, version: str, *, prove: bool = True) -> Manifest:
    """Write the database and the media files to a new archive at `path`, which appears only when complete and proved."""
    if path.exists() and not zipfile.is_zipfile(path):
        raise BackupError(f"{path} exists and is no backup. Give another name.")
    if find_missing_migrations(connection) or find_unknown_migrations(connection):
        raise BackupError(
            "the database is of another version: back up with that version, or run manage.py migrate."
        )
    second_factor.note_keys(timezone.now())
    migrations = sorted(MigrationRecorder(connection).applied_migrations())
    made_at = timezone.now().isoformat(timespec="seconds")
    manifest = Manifest(version, made_at, connection.vendor, migrations, proved=prove)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:
        part = Path(folder) / "part.zip"
        part.touch(0o600)
        with _frozen_database(Path(folder)) as native:
            _write_members(part, manifest, native)
            if prove:
                _prove(part, manifest, Path(folder))
        part.replace(path)
    return manifest


def _write_members(path: Path, manifest: Manifest, native: Iterable[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for model in row_lines.list_models(apps):
            lines = row_lines.read_lines(model)
            if model is JobRun and manifest.proved:
                lines = _add_this_run(lines, manifest.made_at)
            blocks = (f"{line}\n".encode() for line in lines)
            try:
                add_member(archive, manifest, f"rows/{model._meta.label_lower}.jsonl", blocks)
            except ValueError as error:  # such as a lone surrogate or an infinite number in JSON
                raise BackupError(
                    f"{model._meta.label} has a value that cannot be written: {error}."
                ) from error
        for file in native:
            add_member(archive, manifest, f"native/{file.name}", _read_blocks(file.open("rb")))
        for name in sorted(list_media_names()):
            add_member(archive, manifest, f"media/{name}", _read_blocks(default_storage.open(name)))
        archive.writestr(MANIFEST, manifest.as_json())
        archive.comment = b"0" * SEAL_LENGTH
    seal(path)


def _add_this_run(lines: Iterable[str], made_at: str) -> Iterator[str]:
    """Yield the lines of `JobRun` as they will be once this backup is proved: its own row is stored only then."""
    by_name = {json.loads(line)["name"]: line for line in lines}
    by_name[JobRun.PROVED_BACKUP] = row_lines.dump({"name": JobRun.PROVED_BACKUP, "at": made_at})
    return iter(sorted(by_name.values()))


def add_member(archive: zipfile.ZipFile, manifest: Manifest, name: str, blocks: Iterable[bytes]) -> None:
    digest, size, lines = hashlib.sha256(), 0, 0
    with archive.open(name, "w", force_zip64=True) as member:
        for block in blocks:
            digest.update(block)
            size += len(block)
            lines += name.startswith("rows/")
            member.write(block)
    manifest.members[name] = Member(digest.hexdigest(), size, lines)


def _read_blocks(source: "IO[bytes] | File[bytes]") -> Iterator[bytes]:
    with source:
        while block := source.read(BLOCK):
            yield block


def seal(path: Path) -> None:
    """Replace the zip comment by the sha256 of all bytes before it, and flush the file to disk."""
    with path.open("r+b") as file:
        seal = hash_before_seal(path)
        file.seek(-SEAL_LENGTH, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _frozen_database(folder: Path) -> Iterator[list[Path]]:
    """Read the database from one snapshot while editors go on writing. Yield the files of its native dump."""
    if connection.vendor != "sqlite":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            yield _dump_postgresql(folder, cursor.fetchone()[0])
        return
    copy = folder / "digest.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")  # `atomic` would begin with a write lock
        try:
            cursor.execute("SELECT count(*) FROM sqlite_master")
            with closing(sqlite3.connect(copy)) as target:
                connection.connection.backup(target)
            yield [copy]
        finally:
            cursor.execute("ROLLBACK")


def _dump_postgresql(folder: Path, snapshot: str) -> list[Path]:
    """Run pg_dump on the snapshot. Return an empty list if pg_dump is missing or older than the server."""
    if not (tool := shutil.which("pg_dump")):
        return []
    (_, *arguments), environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    file = folder / "digest.pg_dump"
    command = [tool, f"--snapshot={snapshot}", "--format=custom", f"--file={file}", *arguments]
    done = subprocess.run(command, env=os.environ | (environment or {}), capture_output=True, check=False)  # noqa: S603
    return [file] if done.returncode == 0 else []


def _prove(archive: Path, manifest: Manifest, folder: Path) -> None:
    """Restore the archive into a scratch file. Raise BackupError unless the ORM reads the same values there as here."""
    database, media = folder / "scratch.sqlite3", folder / "media"
    try:
        run_on_database(lambda: open_sqlite_file(database, DEFAULT_DB_ALIAS), lambda: load(archive, media))
    except (OSError, OperationalError):
        raise  # such as a full disk, which says nothing about the archive
    except Exception as error:
        raise BackupError(f"it could not be restored: {error}") from error
    with _opened_as_scratch(database):
        for model in row_lines.list_models(apps):
            rows = zip_longest(_read_values(model, DEFAULT_DB_ALIAS), _read_values(model, SCRATCH))
            different = next((stored or restored for stored, restored in rows if stored != restored), None)
            deque(rows, maxlen=0)  # reads to the end, which closes the cursors
            if different:
                raise BackupError(f"{model._meta.label} {different[0]} came back from it with other values.")
    for name, member in manifest.members.items():
        kind, _, rest = name.partition("/")
        if kind == "media" and not _holds(media / rest, member):
            raise BackupError(f"{name} came back from it with other bytes.")


def _holds(file: Path, member: Member) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == member.sha256


@contextmanager
def _opened_as_scratch(database: Path) -> Iterator[None]:
    connections[SCRATCH] = open_sqlite_file(database, SCRATCH)
    try:
        yield
    finally:
        connections[SCRATCH].close()
        del connections[SCRATCH]


def _read_values(model: type[models.Model], database: str) -> Iterator[tuple[Any, ...]]:
    """Yield the key and all values of each row. The row of this backup is left out: it is stored after the proof."""
    rows = model._base_manager.using(database).order_by("pk")
    if model is JobRun:
        rows = rows.exclude(pk=JobRun.PROVED_BACKUP)
    columns = [name for field in model._meta.concrete_fields for name in row_lines.list_value_columns(field)]
    values = rows.values_list("pk", *columns).iterator(chunk_size=row_lines.count_rows_at_once(model))
    return values if row_lines.has_number_as_key(model) else iter(sorted(values, key=lambda row: str(row[0])))
