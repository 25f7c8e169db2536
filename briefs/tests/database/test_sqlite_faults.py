"""A site whose SQLite file is locked by another program, or whose disk is full, asked as browsers ask."""

import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from briefs.database.request_limits import SQLITE_LOCK_SECONDS
from briefs.management import commands
from briefs.tests.operations.backup.site_writers import Site
from briefs.tests.support.factories import SEED
from briefs.tests.support.servers import running_server

from .postgresql_server import Visitor, Writer

pytestmark = pytest.mark.heavy


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "digest", tmp_path], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not allow mounts")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


@contextmanager
def visited_site(folder: Path, migrated_file: Path) -> Iterator[tuple[Writer, Visitor, str]]:
    """Yield a writer who typed into a draft, a reader of a live brief, and the draft's address."""
    site = Site(f"sqlite:///{folder}/site.sqlite3", folder / "media")
    site.copy_tables(migrated_file)
    assert site.manage("setup", "--no-person").endswith("exit 0")
    desk = site.ask("desk")
    draft = f"/admin/briefs/brief/{desk['drafts'][0]}/change/"
    with running_server(site.environment) as (port, _):
        writer, reader = Writer(port, desk["cookies"]), Visitor(port)
        writer.type(draft, "Typed first")
        assert writer.send(draft) == 302
        usual = max(answer.seconds for answer in writer.answers)
        writer.type(draft, "Typed before")
        yield writer, reader, draft
        assert reader.open(desk["public"]).status == 200
        longest = max(answer.seconds for answer in (*writer.answers, *reader.answers))
        assert longest < SQLITE_LOCK_SECONDS + max(0.5, 3 * usual)  # beyond the wait, what this machine takes
    assert set(writer.saved) <= set(site.ask("headlines"))


def test_save_waits_for_a_short_lock_and_comes_back_from_a_long_one(
    tmp_path: Path, migrated_file: Path
) -> None:
    with visited_site(tmp_path, migrated_file) as (writer, reader, draft):
        file = tmp_path / "site.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert writer.send(draft) == 503
            assert "The database is busy" in writer.answers[-1].body
            assert [reader.open(path).status for path in ("/en/", "/zh-hant/", "/healthz")] == [200] * 3
            other.execute("ROLLBACK")
        assert writer.send(draft) == 302
        with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
            writer.type(draft, "Typed after")
            other.execute("BEGIN IMMEDIATE")
            release = threading.Timer(2, other.execute, ["ROLLBACK"])
            release.start()
            assert writer.send(draft) == 302
            release.join()


def fill_disk(disk: Path) -> Path:
    """Return the file whose deletion makes room again."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    return ballast


def test_full_disk_refuses_a_save_and_serves_readers(small_disk: Path, migrated_file: Path) -> None:
    with visited_site(small_disk, migrated_file) as (writer, reader, draft):
        assert writer.form
        writer.form["summary_en"] = ["A long summary. " * 1_000]
        ballast = fill_disk(small_disk)
        assert [reader.open(path).status for path in ("/en/", "/zh-hant/", "/healthz")] == [200] * 3
        assert writer.send(draft) == 503
        assert "The disk is full" in writer.answers[-1].body
        ballast.unlink()
        assert writer.send(draft) == 302


ARGUMENTS = {
    "backup": ["{disk}/new.zip"],
    "check_documents": [str(SEED)],
    "demo": ["--no-server"],
    "doctor": [],
    "export_briefs": ["--output", "{disk}/briefs"],
    "import_briefs": [str(SEED)],
    "publish_due": [],
    "read_bounces": [os.devnull],
    "rebuild_derived": ["--all"],
    "reset_second_factor": ["root"],
    "restore": ["{elsewhere}/site.zip"],
    "setup": ["--no-person"],
}
"""Of every command of ours. `disk` is full, `elsewhere` is not."""
NEED_NO_ROOM = ("check_documents", "read_bounces", "reset_second_factor", "setup")
"""They find nothing to write, at least here."""


def test_every_command_on_a_full_disk_ends_with_a_sentence(
    small_disk: Path, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    site = Site(f"sqlite:///{small_disk}/site.sqlite3", small_disk / "media")
    site.set_up(migrated_file)
    for command in (
        ["demo", "--no-server", "--briefs", "3"],
        ["backup", f"{elsewhere}/site.zip", "--no-proof"],
    ):
        assert site.manage(*command).endswith("exit 0")
    assert ARGUMENTS.keys() == {file.stem for file in Path(commands.__path__[0]).glob("[!_]*.py")}
    ballast = fill_disk(small_disk)
    answers = {
        name: site.manage(name, *(part.format(disk=small_disk, elsewhere=elsewhere) for part in arguments))
        for name, arguments in ARGUMENTS.items()
    }
    for name, said in answers.items():
        assert "Traceback" not in said, name
        if name not in NEED_NO_ROOM:
            assert "full" in said or "No space left" in said, (name, said)
            assert not said.endswith("exit 0"), name
    os.truncate(ballast, ballast.stat().st_size - (1 << 18))
    for command in (["backup", f"{small_disk}/new.zip"], ["restore", f"{elsewhere}/site.zip"]):
        said = site.manage(*command)
        assert "Traceback" not in said, command
        assert "the disk is full" in said.lower(), said
        assert not [*small_disk.glob(".backup-*"), *small_disk.glob("*.restoring*")]
    ballast.unlink()
    assert site.manage("rebuild_derived", "--check").endswith("exit 0")
