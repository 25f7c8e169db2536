"""Every column of every table comes back from an archive, on each database and across them."""

import subprocess
import zipfile
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connection

from briefs.operations.backup import restoration, row_lines
from briefs.tests.support import filled_rows
from briefs.tests.support.filled_rows import Tables, open_database, other_database, read_tables

from .conftest import MakeSite

HOPS = {"sqlite": ("sqlite",), "postgresql": ("sqlite", "postgresql", "postgresql")}
"""Where an archive of the filled database is restored to, each time from an archive of the last."""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tables(settings, tmp_path: Path) -> Tables:
    media = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "media"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": media}
    filled_rows.create_filled_rows()
    return read_tables()


def find_empty_columns(tables: Tables) -> list[str]:
    """Return the columns that hold no value, or the same one, in every row."""
    return [
        f"{label}.{column}"
        for label, rows in tables.items()
        for column in (rows[0] if rows else ["no row"])
        if not any(row[column] for row in rows)
    ]


def test_every_column_of_every_table_has_an_example(tables: Tables) -> None:
    assert tables.keys() == {model._meta.label for model in row_lines.list_models(filled_rows.apps)}
    assert find_empty_columns(tables) == []


@pytest.mark.heavy
def test_every_column_comes_back_from_archive_and_native_dump(
    tables: Tables, make_site: MakeSite, tmp_path: Path
) -> None:
    archive = tmp_path / "0.zip"
    call_command("backup", str(archive))
    native = restore_native_dump(archive, make_site)
    with other_database(native) as other:
        assert read_tables(other) == tables
    for n, vendor in enumerate(HOPS[connection.vendor], 1):
        site = make_site(vendor)
        restoration.run_on_database(
            partial(open_database, site.url, DEFAULT_DB_ALIAS), partial(restoration.load, archive, site.media)
        )
        with other_database(site.url) as other:
            assert read_tables(other) == tables, vendor
        archive = tmp_path / f"{n}.zip"
        said = site.manage("backup", str(archive), "--no-proof")
        assert said.endswith("exit 0"), said


def restore_native_dump(archive: Path, make_site: MakeSite) -> str:
    """Return the address of a new database, filled by the tools of the database."""
    site = make_site(connection.vendor)
    with zipfile.ZipFile(archive) as members:
        if connection.vendor == "sqlite":
            site.file.write_bytes(members.read("native/digest.sqlite3"))
        else:
            dump = members.extract("native/digest.pg_dump", archive.parent)
            subprocess.run(["pg_restore", "--no-owner", f"--dbname={site.url}", dump], check=True)
    return site.url


@pytest.mark.heavy
def test_archive_that_comes_back_with_other_values_is_not_kept(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A codec that loses the same in writing and in reading is found, since the ORM reads both databases."""
    write = row_lines._encode

    def lose(stored: filled_rows.Field, value: object) -> object:
        return write(stored, value).upper() if stored.name == "summary_zh" else write(stored, value)

    monkeypatch.setattr(row_lines, "_encode", lose)
    with pytest.raises(CommandError, match=r"briefs\.Brief 1001 came back from it with other values"):
        call_command("backup", str(tmp_path / "site.zip"))
    assert list(tmp_path.glob("*.zip*")) == []
