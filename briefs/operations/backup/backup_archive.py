"""What a backup archive is, and whether one is whole."""

import dataclasses
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.migrations.loader import MigrationLoader

from .row_lines import build_parsers, list_models, parse_line

FORMAT: Final = 2
MANIFEST: Final = "manifest.json"
BLOCK: Final = 1 << 20
SEAL_LENGTH: Final = 64
END_LENGTH: Final = 22 + SEAL_LENGTH
"""Of the zip format's last record, whose comment is the seal."""
KEYS: Final = "rows/briefs.encryptionkey.jsonl"


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
    """Contents of an archive. `migrations`: the applied ones, as app and name. `proved`: a test restore succeeded."""

    version: str
    made_at: str
    engine: str
    migrations: list[tuple[str, str]]
    members: dict[str, Member] = field(default_factory=dict)
    proved: bool = False
    format: int = FORMAT

    def as_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise BackupError(f"The archive has format {data['format']}; this version reads {FORMAT}.")
        data["migrations"] = [(app, name) for app, name in data["migrations"]]
        data["members"] = {name: Member(**member) for name, member in data["members"].items()}
        return cls(**data)


def list_media_names(folder: str = "") -> Iterator[str]:
    """Yield the name of each media file in the storage, without those that are being written."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet
        return
    yield from (f"{folder}{name}" for name in names if not name.startswith("."))
    for inside in folders:
        yield from list_media_names(f"{folder}{inside}/")


def hash_before_seal(path: Path) -> bytes:
    left, digest = path.stat().st_size - SEAL_LENGTH, hashlib.sha256()
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, BLOCK))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest().encode("ascii")


def read_manifest(path: Path) -> Manifest:
    """Return the manifest. Raise BackupError if the file is no archive of ours or was changed."""
    try:
        if damage := _find_damage(path):
            raise BackupError(f"{path} {damage}")
        with zipfile.ZipFile(path) as archive:
            return Manifest.from_json(archive.read(MANIFEST).decode())
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, zlib.error, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise BackupError(f"{path} is not a whole backup: {error}.") from error


def _find_damage(path: Path) -> str:
    """Return a sentence if the file is cut off, has changed bytes (the seal differs) or is no archive; else ""."""
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(0, file.seek(0, os.SEEK_END) - END_LENGTH))
        end = file.read()
    record, written_seal = end[:-SEAL_LENGTH], end[-SEAL_LENGTH:]
    # after a change of one byte, one of the two is still right
    has_end = record.startswith(b"PK\5\6") or (
        record.endswith(bytes((SEAL_LENGTH, 0))) and re.fullmatch(rb"[0-9a-f]{64}", written_seal) is not None
    )
    if not has_end:
        is_archive = head == b"PK\3\4"
        return "was cut off: its end is missing. Copy it again." if is_archive else "is no backup."
    return "" if hash_before_seal(path) == written_seal else "is damaged: its checksum differs."


def list_key_fingerprints(path: Path) -> list[str]:
    """Return fingerprints of the keys that decrypt the archive's secrets."""
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line)["fingerprint"] for line in read_member_lines(archive, KEYS)]


def find_faults(path: Path) -> list[str]:
    """Return a sentence for each fault: changed bytes, a missing file, a row that its model does not accept."""
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
    for model in list_models(state):
        name = f"rows/{model._meta.label_lower}.jsonl"
        if name not in manifest.members:
            yield f"{name} is missing."
            continue
        parsers = build_parsers(model)
        for number, line in enumerate(read_member_lines(archive, name), 1):
            try:
                parse_line(line, parsers)
            except (ValueError, TypeError, KeyError) as error:
                yield f"{name}, line {number}: {error}."
                break


def read_member_lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as member:
        for line in member:
            yield line.decode()


def find_targets(manifest: Manifest) -> list[tuple[str, str]]:
    """Return the last migration of each app, as (app, name). Raise BackupError if the archive is newer, or of before 1.0."""
    known, graph = MigrationLoader(None, ignore_no_migrations=True), set(manifest.migrations)
    if unknown := sorted(graph - known.disk_migrations.keys()):
        raise BackupError(
            f"The archive was made by version {manifest.version}: it has the migration {'.'.join(unknown[-1])}, which"
            f" this version, {settings.VERSION}, does not know. Restore it with the version that made it."
        )
    earlier = {
        parent.key for key in graph for parent in known.graph.node_map[key].parents if parent.key[0] == key[0]
    }
    return sorted(graph - earlier)


def get_state_apps(manifest: Manifest) -> Any:
    """Return the models as they were at the archive's migrations."""
    return MigrationLoader(None, ignore_no_migrations=True).project_state(find_targets(manifest)).apps
