"""Migrations must leave a database on which the version before still works: expand, backfill, contract (docs/contributing.md)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.migrations import operations as do
from django.db.migrations.loader import MigrationLoader

LAST_EXEMPT = "0019"
"""Version 0.2.0 was not upgraded while the version before it ran."""
REASONS: dict[str, str] = {
    "0035_drop_stored_pages": "rows that no code has read since 0030_edition_place; the upgrade notes say how to apply it after the restart",
    "0036_drop_relabelling": "progress of a job that the new version does not have; applied after the restart, as 0035",
}
"""Why a migration may do what is refused here, by its name: such as `a column that no code has read since 0.3.0`."""
REFUSED = (do.RemoveField, do.RenameField, do.RenameModel, do.DeleteModel, do.AlterModelTable, do.RunSQL)


def find_breaks(name: str, loader: MigrationLoader) -> Iterator[str]:
    """Yield the operations after which the version before fails: it reads what is gone, or inserts what is refused."""
    migration = loader.disk_migrations["briefs", name]
    state = loader.project_state(("briefs", name), at_end=False)
    created: set[str] = set()
    for operation in migration.operations:
        if isinstance(operation, do.CreateModel):
            created.add(operation.name_lower)
        elif is_break(operation, state, created):
            yield operation.describe()
        operation.state_forwards("briefs", state)


def is_break(operation: Any, state: Any, created: set[str]) -> bool:
    if getattr(operation, "model_name_lower", "") in created:
        return False
    if isinstance(operation, do.AddField):
        return must_be_given(operation.field)
    if isinstance(operation, do.AlterField):
        before = state.models["briefs", operation.model_name_lower].fields[operation.name]
        return must_be_given(operation.field) and not must_be_given(before)
    return isinstance(operation, (*REFUSED, do.AddConstraint))


def must_be_given(field: Any) -> bool:
    """Return whether an INSERT without the column fails. Django keeps `default` out of the database."""
    return not (field.many_to_many or field.null or field.has_db_default())


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def test_version_before_works_on_the_migrated_database(loader: MigrationLoader) -> None:
    names = sorted(name for app, name in loader.disk_migrations if app == "briefs" and name[:4] > LAST_EXEMPT)
    breaks = {name: list(find_breaks(name, loader)) for name in names if name not in REASONS}
    assert {name: found for name, found in breaks.items() if found} == {}
    assert REASONS.keys() <= set(names)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("0013_leaner_pages", "Delete model"),
        ("0008_assignments_notes_letters", "Add field field to note"),
        ("0015_job_runs", ""),
        ("0017_account_mail", ""),  # a column that may now be empty
    ],
)
def test_check_finds_what_breaks(name: str, found: str, loader: MigrationLoader) -> None:
    assert found in "".join(find_breaks(name, loader))
    assert bool(found) == bool(list(find_breaks(name, loader)))
