"""Rows with a value in every column of every table, built from the fields, so that a new model or field has one too."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from itertools import count
from typing import Any, Final

import dj_database_url
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from briefs.content import BULLET_MARKERS
from briefs.models import JobRun
from briefs.operations.backup.row_lines import list_models

type Field = models.Field[Any, Any]
type Tables = dict[str, list[dict[str, Any]]]

ROWS: Final = 3
"""Of each table. In the last row every column that may be NULL is NULL."""
FIRST_KEY: Final = 1001
"""Of these rows. A site has others below."""
MOMENT: Final = dt.datetime(2026, 2, 28, 23, 59, 58, 123457, dt.UTC)
TEXT: Final = "「文」 it’s <b>&amp; \\\"'\t\u2028é𠮷\n\ufeff"
OTHER: Final = "other"
"""Alias of a second database."""

_numbers: Final = count(1)

EXAMPLES: Final[dict[str, Callable[[int], Any]]] = {
    "BooleanField": lambda n: n % 2 == 0,
    "IntegerField": lambda n: -(2**31) + n,
    "BigIntegerField": lambda n: -(2**63) + n,
    "PositiveIntegerField": lambda n: 2**31 - 1 - n,
    "PositiveBigIntegerField": lambda n: 2**63 - 1 - n,
    "PositiveSmallIntegerField": lambda n: 2**15 - 1 - n,
    "CharField": lambda n: f"{next(_numbers)} {TEXT}" * 50,
    "SlugField": lambda n: f"slug-{next(_numbers)}",
    "TextField": lambda n: f"{next(_numbers)} {TEXT}",
    "DateField": lambda n: (MOMENT + dt.timedelta(next(_numbers))).date(),
    "DateTimeField": lambda n: MOMENT + dt.timedelta(hours=next(_numbers)),
    "UUIDField": lambda n: uuid.uuid4(),
    "BinaryField": lambda n: bytes(range(n, 256)),
    "JSONField": lambda n: {"zh": TEXT, "": [n, -1, 2.5, 1e-7, 2**53, True, None, {}, "", {"\u2029": []}]},
}
"""A value of the `n`th row by the kind of field. It may differ with each call."""

LETTER_KINDS: Final = ("remark", "report", "remark")
MAILING_KINDS: Final = ("issue", "correction", "issue")
CONSTRAINED: Final[dict[str, Callable[[int], Any]]] = {
    "briefs.Bullet.level_zh": lambda n: 1,
    "briefs.Bullet.level_en": lambda n: 1,
    "briefs.Bullet.marker_zh": lambda n: BULLET_MARKERS[n % 2],
    "briefs.Bullet.marker_en": lambda n: BULLET_MARKERS[n % 2],
    "briefs.Edition.edited_by_id": lambda n: FIRST_KEY + (n + 1) % ROWS,
    "briefs.IssueEdition.edited_by_id": lambda n: FIRST_KEY + (n + 1) % ROWS,
    "briefs.SignOff.leaf": lambda n: ("zh", "en", "common")[n],
    "briefs.Mailing.kind": lambda n: MAILING_KINDS[n],
    "briefs.Mailing.issue_edition_id": lambda n: FIRST_KEY + n if MAILING_KINDS[n] == "issue" else None,
    "briefs.Mailing.edition_id": lambda n: FIRST_KEY + n if MAILING_KINDS[n] == "correction" else None,
    "briefs.Letter.kind": lambda n: LETTER_KINDS[n],
    "briefs.Letter.link_id": lambda n: FIRST_KEY + n if LETTER_KINDS[n] == "remark" else None,
    "briefs.Letter.edition_id": lambda n: FIRST_KEY + n if LETTER_KINDS[n] == "report" else None,
    "mfa.Authenticator.data": lambda n: {**EXAMPLES["JSONField"](n), "secret": TEXT},
}
"""Values of columns that a constraint of the database restricts. A backup keeps the rows of `EncryptionKey` only while
some secret was encrypted with a missing key."""


def create_filled_rows() -> None:
    """Store ROWS rows in every table that is backed up. Raise KeyError for a kind of field without an example."""
    keys: dict[type[models.Model], list[Any]] = {}
    with transaction.atomic():
        for model in _sort_by_foreign_keys():
            rows = [model(**dict(_fill(model, n, keys))) for n in range(ROWS)]
            for n, row in enumerate(rows):
                _point_to_own_table(row, rows[n - 1] if n else None)
            keys[model] = [row.pk for row in rows]
            model._base_manager.bulk_create(rows)


def _sort_by_foreign_keys() -> list[type[models.Model]]:
    every = list_models(apps)
    return list(TopologicalSorter({m: _list_related(m) & set(every) - {m} for m in every}).static_order())


def _list_related(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}


def _fill(model: type[models.Model], n: int, keys: dict[Any, list[Any]]) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        name = f"{model._meta.label}.{field.attname}"
        if name in CONSTRAINED:
            yield field.attname, CONSTRAINED[name](n)
        elif (field.null and n == ROWS - 1) or field.related_model is model:
            yield field.attname, None
        elif field.is_relation:
            yield field.attname, (keys.get(field.related_model) or _named_keys(field.related_model))[n]
        elif isinstance(field, models.AutoField):
            yield field.attname, FIRST_KEY + n
        elif field.choices:
            yield field.attname, field.flatchoices[-1 - n % len(field.flatchoices)][0]
        else:
            value = EXAMPLES[field.get_internal_type()](n)
            yield field.attname, value[: field.max_length] if isinstance(value, str) else value


def _point_to_own_table(row: models.Model, other: models.Model | None) -> None:
    for field in row._meta.concrete_fields:
        if field.related_model is type(row) and other:
            setattr(row, field.attname, other.pk)


def _named_keys(model: Any) -> list[int]:
    columns = {ContentType: ("app_label", "model"), Permission: ("content_type__app_label", "codename")}
    return list(model.objects.order_by(*columns[model]).values_list("pk", flat=True)[:ROWS])


def read_tables(database: str = DEFAULT_DB_ALIAS) -> Tables:
    """Return every row of every table that is backed up, by column. Content types and permissions are named."""
    return {model._meta.label: _read_table(model, database) for model in list_models(apps)}


def _read_table(model: type[models.Model], database: str) -> list[dict[str, Any]]:
    columns = []
    for field in model._meta.concrete_fields:
        named = {ContentType: ["model"], Permission: ["content_type__model", "codename"]}
        inside = named.get(field.related_model) if field.is_relation else None  # type: ignore[call-overload]
        columns += [f"{field.name}__{column}" for column in inside] if inside else [field.attname]
    rows = model._base_manager.using(database).exclude(pk=JobRun.PROVED_BACKUP if model is JobRun else None)
    values = ({name: _plain(value) for name, value in row.items()} for row in rows.values("pk", *columns))
    return sorted(values, key=lambda row: str(row["pk"]))


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def open_database(url: str, alias: str) -> BaseDatabaseWrapper:
    config = connections.configure_settings({DEFAULT_DB_ALIAS: dict(dj_database_url.parse(url))})[
        DEFAULT_DB_ALIAS
    ]
    opened: BaseDatabaseWrapper = load_backend(config["ENGINE"]).DatabaseWrapper(config, alias)
    return opened


@contextmanager
def other_database(url: str) -> Iterator[str]:
    """Yield the alias of the database at `url`, to be read inside the block."""
    connections[OTHER] = open_database(url, OTHER)
    try:
        yield OTHER
    finally:
        connections[OTHER].close()
        del connections[OTHER]
