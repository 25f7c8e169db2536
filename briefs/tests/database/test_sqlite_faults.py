"""A site whose SQLite file is locked by another program, or whose disk is full, asked as browsers ask."""

import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from briefs.tests.support.servers import running_server

from ..backup.site_writers import Site
from .postgresql_server import Visitor, Writer

pytestmark = pytest.mark.heavy

LONGEST_SECONDS = 4


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
def visited_site(folder: Path) -> Iterator[tuple[Writer, Visitor, str]]:
    """Yield a writer who typed into a draft, a reader of a live brief, and the draft's address."""
    site = Site(f"sqlite:///{folder}/site.sqlite3", folder / "media")
    assert site.manage("setup", "--no-person").endswith("exit 0")
    desk = site.ask("desk")
    draft = f"/admin/briefs/brief/{desk['drafts'][0]}/change/"
    with running_server(site.environment) as (port, _):
        writer, reader = Writer(port, desk["cookies"]), Visitor(port)
        writer.type(draft, "Typed before")
        yield writer, reader, draft
        assert reader.open(desk["public"]).status == 200
        assert max(answer.seconds for answer in (*writer.answers, *reader.answers)) < LONGEST_SECONDS
    assert set(writer.saved) <= set(site.ask("headlines"))


def test_save_waits_for_a_short_lock_and_comes_back_from_a_long_one(tmp_path: Path) -> None:
    with visited_site(tmp_path) as (writer, reader, draft):
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


def test_full_disk_refuses_a_save_and_serves_readers(small_disk: Path) -> None:
    with visited_site(small_disk) as (writer, reader, draft):
        assert writer.form
        writer.form["summary_en"] = ["A long summary. " * 1_000]
        ballast = small_disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"0" * 4096)
        assert [reader.open(path).status for path in ("/en/", "/zh-hant/", "/healthz")] == [200] * 3
        assert writer.send(draft) == 503
        assert "The disk is full" in writer.answers[-1].body
        ballast.unlink()
        assert writer.send(draft) == 302
