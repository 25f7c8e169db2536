"""Back up a site while people write to it, restore, and compare; restore after a kill; copy a file by hand."""

import shutil
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from briefs.operations.backup import backup_archive
from briefs.tests.support import scale

from .conftest import MakeSite
from .site_writers import Site, hash_files

ROUNDS = scale(2 if connection.vendor == "sqlite" else 1)
HOPS = {"sqlite": ["sqlite"], "postgresql": ["postgresql", "sqlite", "postgresql"]}
"""Where an archive is restored to, one after the other: each time from a backup of the last."""

pytestmark = [pytest.mark.heavy, pytest.mark.django_db(transaction=True)]
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="is about the file of SQLite")


def back_up(site: Site, archive: Path) -> dict[str, str]:
    """Return the checksum of each table and each media file of the new archive."""
    said = site.manage("backup", str(archive))
    assert said.endswith("exit 0"), said
    members = backup_archive.read_manifest(archive).members
    return {name: member.sha256 for name, member in members.items() if not name.startswith("native/")}


def read_site(site: Site) -> dict[str, str]:
    return site.ask("tables") | hash_files(site.media)


def find_faults(site: Site) -> list[str]:
    """Return what `doctor` says, but for the fonts of this machine."""
    faults = [line for line in site.manage("doctor").splitlines() if line.startswith("- ")]
    return [line for line in faults if not line.startswith("- No font")]


def test_every_backup_made_while_people_write_is_restored_as_it_was(
    make_site: MakeSite, tmp_path: Path, migrated_file: Path
) -> None:
    site = make_site(connection.vendor)
    site.set_up(migrated_file)
    assert site.manage("publish_due").endswith("exit 0")
    archives = {tmp_path / f"{n}.zip": {} for n in range(ROUNDS)}
    with site.being_written() as written:
        for archive in archives:
            archives[archive] = back_up(site, archive)
    assert min(written.values()) > ROUNDS, "the writers wrote between the backups"
    assert len({tuple(sums.items()) for sums in archives.values()}) == ROUNDS
    for archive, expected in archives.items():
        vendors = HOPS[connection.vendor]
        for n, vendor in enumerate(vendors, 1):
            copy = make_site(vendor)
            said = copy.manage("restore", str(archive))
            assert said.endswith("exit 0"), said
            assert read_site(copy) == expected, vendor
            assert find_faults(copy) == []
            if n < len(vendors):
                archive = tmp_path / f"{archive.stem}-{n}.zip"
                expected = back_up(copy, archive)


@pytest.fixture
def killed(tmp_path: Path, migrated_file: Path) -> Path:
    """Return the folder of a site whose process was killed while it saved: its log is left. `site.zip` is older."""
    folder = tmp_path / "killed"
    folder.mkdir()
    site = Site(f"sqlite:///{folder}/db", folder / "media")
    site.set_up(migrated_file)
    assert site.manage("publish_due").endswith("exit 0")
    with closing(sqlite3.connect(site.file, timeout=20)) as other, site.running("save") as process:
        assert process.stdout.readline() == "1\n"
        back_up(site, folder / "site.zip")
        wait_for_briefs(other, 20)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # as SQLite does of itself after a thousand pages
        wait_for_briefs(other, 3)
        process.kill()
        process.wait()
        log = folder / "db-wal"
        shutil.copy(log, folder / "log")  # closing the last connection deletes it, a kill does not
    shutil.move(folder / "log", log)
    return folder


def wait_for_briefs(database: sqlite3.Connection, more: int) -> None:
    def count() -> int:
        return int(database.execute("SELECT count(*) FROM briefs_brief").fetchone()[0])

    target = count() + more
    while count() < target:
        time.sleep(0.01)


@sqlite_only
def test_site_of_a_killed_process_is_restored_and_a_copy_beside_its_log_is_found(
    killed: Path, tmp_path: Path
) -> None:
    copied = shutil.copytree(killed, tmp_path / "copied")
    with zipfile.ZipFile(killed / "site.zip") as archive:
        (copied / "db").write_bytes(archive.read("native/digest.sqlite3"))
    faults = find_faults(Site(f"sqlite:///{copied}/db", copied / "media"))
    assert any("damaged" in fault or "malformed" in fault for fault in faults)

    site = Site(f"sqlite:///{killed}/db", killed / "media")
    assert (killed / "db-wal").stat().st_size
    said = site.manage("restore", str(killed / "site.zip"))
    assert said.endswith("exit 0"), said
    assert not (killed / "db-wal").exists(), "it would corrupt the file"
    assert len(list(killed.glob("db.before-*"))) >= 1, "the replaced file is kept"
    members = backup_archive.read_manifest(killed / "site.zip").members
    assert site.ask("tables") == {n: m.sha256 for n, m in members.items() if n.startswith("rows/")}
    assert find_faults(site) == []

    said = site.manage("publish_due", full_disk=True)
    assert "Traceback" not in said
    assert said.endswith("exit 1")
    assert "Not everything was done: " in said
    assert site.manage("publish_due").endswith("exit 0")
