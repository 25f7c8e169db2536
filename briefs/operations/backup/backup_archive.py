"""The form of an archive: its manifest, files, and rows as values of the schema's fields."""

import dataclasses
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from django.apps.registry import Apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import models
from django.db.migrations.loader import MigrationLoader

# Database rows as JSON lines, the same for SQLite and PostgreSQL.

EXCLUDED_TABLES: Final = frozenset(
    (
        "sessions.session",
        "usersessions.usersession",
        "contenttypes.contenttype",
        "auth.permission",
        "briefs.searchentry",
        "briefs.searchindex",
        "briefs.editionvector",
        "briefs.siteversion",
        "briefs.namechange",
    )
)
"""Tables that are not backed up: signing in, `migrate` or `rebuild_derived` fill them again. Mirrors begin anew after a
restore, so they need no change of a name from before it."""

_NAMED: Final = {
    "contenttypes.contenttype": ("app_label", "model"),
    "auth.permission": ("content_type__app_label", "content_type__model", "codename"),
}

type Row = dict[str, Any]
type Field = models.Field[Any, Any]


def list_models(apps: Apps) -> list[type[models.Model]]:
    """Return every model whose rows are backed up, in a stable order."""
    stored_models = (
        m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy
    )
    return sorted(
        (m for m in stored_models if m._meta.label_lower not in EXCLUDED_TABLES),
        key=lambda m: m._meta.label_lower,
    )


def count_rows_at_once(model: type[models.Model]) -> int:
    """Return how many rows may be in memory at once. Documents are up to 5 MB each."""
    has_binary = any(isinstance(field, models.BinaryField) for field in model._meta.concrete_fields)
    return 20 if has_binary else 500


def read_lines(model: type[models.Model]) -> Iterator[str]:
    """Yield the table's rows as JSON, sorted by primary key."""
    fields = model._meta.concrete_fields
    rows = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    encoders = [(field.attname, _build_encoder(field)) for field in fields]
    lines = (
        dump({name: encode(value) for (name, encode), value in zip(encoders, row, strict=True)})
        for row in rows.iterator(chunk_size=count_rows_at_once(model))
    )
    return lines if has_number_as_key(model) else iter(sorted(lines))


def has_number_as_key(model: type[models.Model]) -> bool:
    """Return whether the key is a number, which all databases sort alike. Tables with text keys are small."""
    return isinstance(get_stored_field(model._meta.pk), models.IntegerField)


def parse_line(line: str, parsers: dict[str, Callable[[Any], Any]]) -> Row:
    """Return the values by attribute name, in the order of the fields. Raise ValueError if the line is no row of the model."""
    row = json.loads(line)
    if not isinstance(row, dict) or row.keys() != parsers.keys():
        raise ValueError("other columns")
    return {name: parse(row[name]) for name, parse in parsers.items()}


def build_parsers(
    model: type[models.Model], *, resolve_names: bool = False
) -> dict[str, Callable[[Any], Any]]:
    """Return the parser of each column. With `resolve_names`, names of content types and permissions become ids."""
    return {field.attname: _build_parser(field, resolve_names) for field in model._meta.concrete_fields}


def dump(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def list_value_columns(field: Field) -> list[str]:
    """Return the columns to select for a field, so that its values are the same in every database."""
    return [f"{field.name}__{column}" for column in _get_named_columns(field)] or [field.attname]


def _get_named_columns(field: Field) -> tuple[str, ...]:
    """Return the columns that name the referenced row; empty if the archive stores its primary key."""
    related = field.related_model if field.is_relation else None
    return _NAMED.get(related._meta.label_lower, ()) if related else ()


def _find_names(field: Field) -> dict[Any, tuple[str, ...]]:
    rows = field.related_model._base_manager  # type: ignore[union-attr]
    return {pk: tuple(name) for pk, *name in rows.values_list("pk", *_get_named_columns(field))}


def get_stored_field(field: Field) -> Field:
    """Return the field itself, or the referenced field of a foreign key."""
    while field.is_relation:
        field = field.target_field  # type: ignore[attr-defined]
    return field


def _build_encoder(field: Field) -> Callable[[Any], Any]:
    return _find_names(field).get if _get_named_columns(field) else partial(_encode, get_stored_field(field))


def _encode(stored: Field, value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    return stored.value_to_string(SimpleNamespace(**{stored.attname: value}))  # type: ignore[arg-type]


def _build_parser(field: Field, resolve_names: bool) -> Callable[[Any], Any]:
    stored = get_stored_field(field)
    parse: Callable[[Any], Any] = partial(_parse, stored, get_plain_type(stored))
    if _get_named_columns(field):
        ids = {name: pk for pk, name in _find_names(field).items()} if resolve_names else {}
        parse = lambda name: ids[tuple(name)] if resolve_names else name  # noqa: E731

    def parse_value(value: Any) -> Any:
        if value is None and not field.null:
            raise ValueError(f"{field.attname} is empty")
        return None if value is None else parse(value)

    return parse_value


_PLAIN_TYPES: Final = {
    models.BooleanField: bool,
    models.IntegerField: int,
    models.CharField: str,
    models.TextField: str,
}


def get_plain_type(stored: Field) -> type | None:
    """Return the type of the field's values if JSON and databases take them as they are, else None."""
    return next((type_ for kind, type_ in _PLAIN_TYPES.items() if isinstance(stored, kind)), None)


def _parse(stored: Field, plain: type | None, value: Any) -> Any:
    """Return the field's value. Raise ValueError if the field would write it differently, such as text for a number.

    `plain`: the type of values that need no conversion.
    """
    parsed = value
    if type(value) is not plain:
        try:
            parsed = stored.to_python(value)
        except ValidationError:
            parsed = None
        written = _encode(stored, parsed)
        if type(written) is not type(value) or written != value:
            raise ValueError(f"{stored.attname} is not of its type")
    if isinstance(parsed, str) and stored.max_length and len(parsed) > stored.max_length:
        raise ValueError(f"{stored.attname} is too long")
    return parsed


# What a backup archive is, and whether one is whole.

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
