"""Write a backup archive, and check one.

An archive is a zip file: `rows/TABLE.jsonl` for each table, `media/…`, a native dump, and `manifest.json` with
the sha256 of each member. The zip comment is the sha256 of all bytes before it.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from ..models import JobRun
from . import table_rows

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
BLOCK: Final = 1 << 20
SEAL_LENGTH: Final = 64


class BackupError(Exception):
    """The backup cannot be made, checked or restored. The message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive. `rows`: number of lines of a table."""

    sha256: str
    size: int
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `migrations`: the applied ones, as app and name."""

    version: str
    made_at: str
    engine: str
    migrations: list[tuple[str, str]]
    members: dict[str, Member] = field(default_factory=dict)
    format: int = FORMAT

    def as_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise BackupError(f"The archive has format {data['format']}; this version reads format {FORMAT}.")
        data["migrations"] = [(app, name) for app, name in data["migrations"]]
        data["members"] = {name: Member(**member) for name, member in data["members"].items()}
        return cls(**data)


def write_backup(path: Path, version: str) -> Manifest:
    """Write the database and the media files to a new archive at `path`, which appears only when complete."""
    part = path.with_name(f"{path.name}.part")
    loader = MigrationLoader(connection)
    if loader.disk_migrations.keys() - loader.applied_migrations.keys():
        raise BackupError(
            "the database is of an older version: back up with that version, or run manage.py migrate."
        )
    migrations = sorted(loader.applied_migrations)
    manifest = Manifest(version, timezone.now().isoformat(timespec="seconds"), connection.vendor, migrations)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:
        try:
            part.touch(0o600)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                with _frozen_database(Path(folder)) as native:
                    for model in table_rows.list_models(apps):
                        lines = table_rows.read_lines(model)
                        if model is JobRun:
                            lines = _add_this_run(lines, manifest.made_at)
                        blocks = (f"{line}\n".encode() for line in lines)
                        _add_member(archive, manifest, f"rows/{model._meta.label_lower}.jsonl", blocks)
                    for file in native:
                        _add_member(archive, manifest, f"native/{file.name}", _read_blocks(file.open("rb")))
                for name in sorted(list_media_names()):
                    _add_member(archive, manifest, f"media/{name}", _read_blocks(default_storage.open(name)))
                archive.writestr(MANIFEST, manifest.as_json())
                archive.comment = b"0" * SEAL_LENGTH
            _seal(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return manifest


def _add_this_run(lines: Iterable[str], made_at: str) -> Iterator[str]:
    """Return the lines of the jobs, with this backup as the last one. Its row is stored when the archive is whole."""
    by_name = {json.loads(line)["name"]: line for line in lines}
    by_name["backup"] = table_rows.dump({"name": "backup", "at": made_at})
    return iter(sorted(by_name.values()))


def get_media_folder() -> Path | None:
    """Return the folder of the media files; None if they are in an object store."""
    return Path(default_storage.location) if isinstance(default_storage, FileSystemStorage) else None


def list_media_names(folder: str = "") -> Iterator[str]:
    """Yield the name of each media file in the storage, without those that are being written."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet
        return
    yield from (f"{folder}{name}" for name in names if not name.startswith("."))
    for inside in folders:
        yield from list_media_names(f"{folder}{inside}/")


def _add_member(archive: zipfile.ZipFile, manifest: Manifest, name: str, blocks: Iterable[bytes]) -> None:
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


def _seal(path: Path) -> None:
    """Replace the comment by the sha256 of what stands before it, and write everything to the disk."""
    with path.open("r+b") as file:
        seal = _hash_before_seal(path)
        file.seek(-SEAL_LENGTH, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())


def _hash_before_seal(path: Path) -> bytes:
    left, digest = path.stat().st_size - SEAL_LENGTH, hashlib.sha256()
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, BLOCK))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest().encode("ascii")


@contextmanager
def _frozen_database(folder: Path) -> Iterator[list[Path]]:
    """Show one moment of the database while editors go on writing. Yield the files of a native dump of it."""
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
    """Run pg_dump on the snapshot. Return no file if the tool is missing or older than the server."""
    if not (tool := shutil.which("pg_dump")):
        return []
    (_, *arguments), environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    file = folder / "digest.pg_dump"
    command = [tool, f"--snapshot={snapshot}", "--format=custom", f"--file={file}", *arguments]
    done = subprocess.run(command, env=os.environ | (environment or {}), capture_output=True, check=False)  # noqa: S603
    return [file] if done.returncode == 0 else []


def read_manifest(path: Path) -> Manifest:
    """Return the manifest. Raise BackupError if the file is no archive of ours or was changed."""
    try:
        with path.open("rb") as file:
            file.seek(-SEAL_LENGTH, os.SEEK_END)
            if file.read() != _hash_before_seal(path):
                raise BackupError(f"{path} is damaged or no backup: its checksum differs.")
        with zipfile.ZipFile(path) as archive:
            return Manifest.from_json(archive.read(MANIFEST).decode())
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise BackupError(f"{path} is not a whole backup: {error}.") from error


def find_faults(path: Path) -> list[str]:
    """Return what is wrong with an archive: a changed byte, a missing member, a row that no model takes."""
    manifest = read_manifest(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist()) - {MANIFEST}
        faults = [f"{name} is missing." for name in sorted(manifest.members.keys() - names)]
        faults += [f"{name} does not belong there." for name in sorted(names - manifest.members.keys())]
        faults += [
            f"{name}: its checksum differs."
            for name, member in manifest.members.items()
            if name in names and _hash_member(archive, name) != member.sha256
        ]
        return faults or list(_find_bad_rows(archive, manifest))


def _hash_member(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as member:
        return hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]


def _find_bad_rows(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    """Yield the first bad row of each table, read by the models at the archive's migrations."""
    state = get_state_apps(manifest)
    for model in table_rows.list_models(state):
        name = f"rows/{model._meta.label_lower}.jsonl"
        if name not in manifest.members:
            yield f"{name} is missing."
            continue
        parsers = table_rows.build_parsers(model)
        for number, line in enumerate(read_member_lines(archive, name), 1):
            try:
                table_rows.parse_line(line, parsers)
            except (ValueError, TypeError, KeyError) as error:
                yield f"{name}, line {number}: {error}."
                break


def read_member_lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as member:
        for line in member:
            yield line.decode()


def find_targets(manifest: Manifest) -> list[tuple[str, str]]:
    """Return the last migration of each app. Raise BackupError if the archive is of a newer version."""
    known, graph = MigrationLoader(None, ignore_no_migrations=True), set(manifest.migrations)
    if unknown := sorted(graph - known.disk_migrations.keys()):
        raise BackupError(
            f"The archive was made by version {manifest.version}, which is newer than this one:"
            f" it has the migration {'.'.join(unknown[0])}."
        )
    earlier = {
        parent.key for key in graph for parent in known.graph.node_map[key].parents if parent.key[0] == key[0]
    }
    return sorted(graph - earlier)


def get_state_apps(manifest: Manifest) -> Any:
    """Return the models as they were at the archive's migrations."""
    return MigrationLoader(None, ignore_no_migrations=True).project_state(find_targets(manifest)).apps
