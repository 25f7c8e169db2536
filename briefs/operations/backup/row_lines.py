"""Database rows as JSON lines, the same for SQLite and PostgreSQL."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
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
