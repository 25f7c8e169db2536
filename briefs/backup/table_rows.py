"""Database rows as JSON lines, the same for SQLite and PostgreSQL.

Lines are sorted by primary key, keys are sorted, and rows that differ between databases (content types and
permissions) are written by name. So equal tables give equal lines.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import models

EXCLUDED_TABLES: Final = frozenset(
    (
        "sessions.session",
        "usersessions.usersession",
        "contenttypes.contenttype",
        "auth.permission",
        "briefs.searchentry",
        "briefs.searchindex",
        "briefs.siteversion",
    )
)
"""Tables that are made anew: by signing in, by `migrate` and by `rebuild_derived`."""

CHUNK: Final = 500
BINARY_CHUNK: Final = 20
"""Rows in memory at once; documents are up to 5 MB each."""

_NAMED: Final = {
    "contenttypes.contenttype": ("app_label", "model"),
    "auth.permission": ("content_type__app_label", "content_type__model", "codename"),
}

type Row = dict[str, Any]


def list_models(apps: Apps) -> list[type[models.Model]]:
    """Return every model whose rows are backed up, in a stable order."""
    found = (m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy)
    return sorted(
        (m for m in found if m._meta.label_lower not in EXCLUDED_TABLES), key=lambda m: m._meta.label_lower
    )


def read_lines(model: type[models.Model]) -> Iterator[str]:
    """Yield the table's rows as JSON, sorted by primary key."""
    fields = model._meta.concrete_fields
    has_binary = any(isinstance(field, models.BinaryField) for field in fields)
    rows = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    encoders = [(field.attname, _get_encoder(field)) for field in fields]
    lines = (
        dump({name: encode(value) for (name, encode), value in zip(encoders, row, strict=True)})
        for row in rows.iterator(chunk_size=BINARY_CHUNK if has_binary else CHUNK)
    )
    if isinstance(model._meta.pk, models.AutoField):
        return lines
    return iter(sorted(lines))  # small tables with text keys, which databases sort in different orders


def hash_lines(model: type[models.Model]) -> str:
    """Return the sha256 of the table's lines, as the archive's manifest has it."""
    digest = hashlib.sha256()
    for line in read_lines(model):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def parse_line(line: str, parsers: dict[str, Callable[[Any], Any]]) -> Row:
    """Return the values by attribute name. Raise ValueError if the line is no row of the model."""
    row = json.loads(line)
    if not isinstance(row, dict) or row.keys() != parsers.keys():
        raise ValueError("other columns")
    return {name: parsers[name](value) for name, value in row.items()}


def build_parsers(
    model: type[models.Model], *, resolve_names: bool = False
) -> dict[str, Callable[[Any], Any]]:
    """Return the parser of each column. With `resolve_names`, look content types and permissions up."""
    return {field.attname: _build_parser(field, resolve_names) for field in model._meta.concrete_fields}


def dump(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _related_label(field: "models.Field[Any, Any]") -> str:
    return field.related_model._meta.label_lower if field.is_relation and field.related_model else ""


def _get_encoder(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    if (label := _related_label(field)) in _NAMED:
        rows = field.related_model._base_manager  # type: ignore[union-attr]
        names = {pk: list(name) for pk, *name in rows.values_list("pk", *_NAMED[label])}
        return names.get
    if isinstance(field, models.BinaryField):
        return lambda value: None if value is None else base64.b64encode(value).decode("ascii")
    if isinstance(field, models.DateField):  # also a moment
        return lambda value: None if value is None else value.isoformat()
    return str if isinstance(field, models.UUIDField) else _unchanged


def _build_parser(field: "models.Field[Any, Any]", resolve_names: bool) -> Callable[[Any], Any]:
    parse = _get_value_parser(field)
    if (label := _related_label(field)) in _NAMED:
        parse = _unchanged
        if resolve_names:
            rows = field.related_model._base_manager  # type: ignore[union-attr]
            ids = {tuple(name): pk for pk, *name in rows.values_list("pk", *_NAMED[label])}
            parse = lambda name: ids[tuple(name)]  # noqa: E731

    def parse_value(value: Any) -> Any:
        if value is None:
            if not field.null:
                raise ValueError(f"{field.attname} is empty")
            return None
        if isinstance(value, str) and field.max_length and len(value) > field.max_length:
            raise ValueError(f"{field.attname} is too long")
        return parse(value)

    return parse_value


def _get_value_parser(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    if isinstance(field, models.BinaryField):
        return lambda value: base64.b64decode(value, validate=True)
    if isinstance(field, models.DateTimeField):
        return dt.datetime.fromisoformat
    if isinstance(field, models.DateField):
        return dt.date.fromisoformat
    if isinstance(field, models.JSONField):
        return _unchanged
    target = field.target_field if field.is_relation else field  # type: ignore[attr-defined]
    return _strict_parser(target)


def _strict_parser(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return a parser that refuses a value of another type, such as a text for a number."""

    def parse(value: Any) -> Any:
        try:
            parsed = field.to_python(value)
        except ValidationError:
            parsed = None
        if parsed is None or (type(parsed) is not type(value) and not isinstance(field, models.UUIDField)):
            raise ValueError(f"{field.attname} is not of its type")
        return parsed

    return parse


def _unchanged(value: Any) -> Any:
    return value
