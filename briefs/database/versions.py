"""Find a database of a version that this one cannot upgrade: one before 1.0, or a newer one."""

import functools
from typing import Any

from django.core.management.base import CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _


@functools.cache
def _list_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations of this version, as (app, name)."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def find_missing_migrations(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return the migrations of this version that the database lacks, as (app, name)."""
    return sorted(_list_migrations() - MigrationRecorder(connection).applied_migrations().keys())


def find_unknown_migrations(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return the digest's own migrations that the database has and this version does not know, as (app, name)."""
    applied = MigrationRecorder(connection).applied_migrations().keys()
    return sorted(key for key in applied - _list_migrations() if key[0] == "briefs")


def refuse_other_versions(sender: Any, using: str, **_values: Any) -> None:
    """Stop `migrate` before it changes a database that it would leave half new."""
    if sender.name == "briefs" and (unknown := find_unknown_migrations(connections[using])):
        raise CommandError(
            _(
                "Nothing was changed. The database is of a version before 1.0, or of a newer one: it has the migration"
                " %(name)s, which this version does not know. Use the version that made it, or an empty database."
            )
            % {"name": unknown[-1][1]}
        )
