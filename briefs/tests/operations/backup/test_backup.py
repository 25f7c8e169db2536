"""Back up, check and restore a site: equal row by row, and nothing replaced by a damaged backup_archive."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from briefs.models import Edition, JobRun, Mailing, Subscriber
from briefs.operations import installation
from briefs.operations.accounts import second_factor
from briefs.operations.backup import archive_writer, backup_archive, restoration, row_lines
from briefs.publications import mailings, subscribers
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support.mail_server import MailServer

KEY = settings.SECRET_KEY
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="restores to a SQLite file")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media_folder(tmp_path: Path, settings) -> Iterator[Path]:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        },
    }
    default_storage.save("pictures/a.txt", ContentFile(b"a picture"))
    return tmp_path / "media"


@pytest.fixture
def backup_file(tmp_path: Path, team: factories.Team) -> Path:
    factories.live_brief(team)
    factories.draft_brief(team, factories.content(" second"))
    secret = second_factor.encrypt("a secret")
    Authenticator.objects.create(user=team.writer, type=Authenticator.Type.TOTP, data={"secret": secret})
    call_command("backup", str(tmp_path / "site.zip"), "--no-proof")  # test_every_column has the proof
    return tmp_path / "site.zip"


def start_command(database: Path, media: Path, *args: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "MEDIA_STORAGE": f"file://{media}",
        "SITE_URL": "http://127.0.0.1:8000",
    }
    command = [sys.executable, str(Path(settings.BASE_DIR, "manage.py")), *args]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run_command(database: Path, media: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    process = start_command(database, media, *args)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(args, process.returncode, stdout, stderr)


def rewrite_member(source: Path, target: Path, name: str, change) -> None:
    """Copy an archive with one member changed, and with the checksums of a writer who meant it."""
    manifest = backup_archive.read_manifest(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for other in manifest.members:
            data = old.read(other)
            archive_writer.add_member(new, manifest, other, change(data) if other == name else [data])
        new.writestr(backup_archive.MANIFEST, manifest.as_json())
        new.comment = b"0" * backup_archive.SEAL_LENGTH
    archive_writer.seal(target)


def test_archive_is_whole_private_and_holds_every_table(backup_file: Path) -> None:
    assert backup_archive.find_faults(backup_file) == []
    assert backup_file.stat().st_mode & 0o077 == 0
    manifest = backup_archive.read_manifest(backup_file)
    assert manifest.members["rows/briefs.brief.jsonl"].rows == 2
    tables = {
        model._meta.label_lower for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    assert {f"rows/{table}.jsonl" for table in tables - row_lines.EXCLUDED_TABLES} <= manifest.members.keys()
    assert manifest.members["media/pictures/a.txt"].size == len(b"a picture")
    assert manifest.version == settings.VERSION
    assert not list(backup_file.parent.glob(".backup-*"))


def test_backup_replaces_an_earlier_one_and_nothing_else(backup_file: Path, tmp_path: Path) -> None:
    before = backup_file.stat().st_ino
    call_command("backup", str(backup_file), "--no-proof")
    assert backup_file.stat().st_ino != before
    database = tmp_path / "digest.zip"
    database.write_bytes(b"SQLite format 3")
    with pytest.raises(CommandError, match="exists and is no backup"):
        call_command("backup", str(database), "--no-proof")
    assert database.read_bytes() == b"SQLite format 3"


def test_archive_leaves_out_unfinished_files_and_the_one_by_which_doctor_tries_the_storage(
    media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (media_folder / "pictures/.half").write_bytes(b"half a pic")
    monkeypatch.setattr(FileSystemStorage, "delete", lambda *name: None)
    assert not [fault for fault in installation.find_faults() if fault.startswith("Media")]
    assert len(list(media_folder.iterdir())) == 2
    assert list(backup_archive.list_media_names()) == ["pictures/a.txt"]


@pytest.mark.heavy
def test_only_a_proved_archive_counts_as_the_last_backup(
    capsys: pytest.CaptureFixture[str], backup_file: Path, tmp_path: Path
) -> None:
    assert "NOT PROVED" in capsys.readouterr().out
    call_command("restore", "--check", str(backup_file))
    assert "NOT proved when it was made" in capsys.readouterr().out
    assert not JobRun.objects.exists()

    call_command("backup", str(tmp_path / "proved.zip"))
    assert "restored and compared" in capsys.readouterr().out
    call_command("restore", "--check", str(tmp_path / "proved.zip"))
    assert ", proved when it was made" in capsys.readouterr().out
    run = JobRun.objects.get(name=JobRun.PROVED_BACKUP)
    with zipfile.ZipFile(tmp_path / "proved.zip") as archive:
        (line,) = archive.read("rows/briefs.jobrun.jsonl").splitlines()
    assert json.loads(line) == {"name": run.name, "at": run.at.isoformat()}


def test_damaged_cut_and_foreign_archives_are_told_apart(
    backup_file: Path, tmp_path: Path, settings, capsys: pytest.CaptureFixture[str]
) -> None:
    data, copy = backup_file.read_bytes(), tmp_path / "copy.zip"

    def verify(content: bytes) -> str:
        copy.write_bytes(content)
        try:
            call_command("restore", "--check", str(copy))
        except CommandError as error:
            return str(error)
        printed = capsys.readouterr()
        return printed.err + printed.out

    rng = random.Random(26)
    end = len(data) - backup_archive.END_LENGTH
    for place in (*rng.sample(range(len(data)), 20), 0, *rng.sample(range(end, len(data)), 8), len(data) - 1):
        flipped = bytes((data[place] ^ 1 << rng.randrange(8),))
        said = verify(data[:place] + flipped + data[place + 1 :])
        assert "is damaged: its checksum differs" in said, place
    for length in (*rng.sample(range(4, len(data)), 28), len(data) - 1, end):
        assert "was cut off: its end is missing" in verify(data[:length]), length
    for other in (b"", b"PK", b"no archive"):
        assert "is no backup" in verify(other)
    key = second_factor.make_fingerprint(settings.SECRET_KEY)
    assert "secret key" not in verify(data)
    settings.SECRET_KEY = "another key"
    assert f"need the secret key {key}, which this installation does not have" in verify(data)
    settings.SECRET_KEY_FALLBACKS = [KEY]
    assert "secret key" not in verify(data)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("headline_en", None),
        ("version", "many"),
        ("article_date", "soon"),
        ("no_such_column", 1),
        ("state", "x" * 13),
    ],
)
def test_row_that_no_model_takes_is_found(
    backup_file: Path, tmp_path: Path, column: str, value: object
) -> None:
    def change(data: bytes) -> list[bytes]:
        first, *others = data.splitlines(keepends=True)
        return [json.dumps({**json.loads(first), column: value}).encode() + b"\n", *others]

    rewrite_member(backup_file, tmp_path / "bad.zip", "rows/briefs.brief.jsonl", change)
    (fault,) = backup_archive.find_faults(tmp_path / "bad.zip")
    assert fault.startswith("rows/briefs.brief.jsonl, line 1")
    with pytest.raises(CommandError, match=r"briefs\.brief"):
        call_command("restore", "--check", str(tmp_path / "bad.zip"))


def test_archive_of_another_version_is_refused(backup_file: Path, tmp_path: Path) -> None:
    manifest = backup_archive.read_manifest(backup_file)
    manifest.migrations.append(("briefs", "0054_sheet_files"))
    with pytest.raises(backup_archive.BackupError, match="0054_sheet_files, which this version"):
        backup_archive.find_targets(manifest)


@pytest.mark.heavy
@sqlite_only
def test_restore_gives_the_same_rows_and_files_or_replaces_nothing(backup_file: Path, tmp_path: Path) -> None:
    database, media = tmp_path / "new.sqlite3", tmp_path / "new-media"
    done = run_command(database, media, "restore", str(backup_file))
    assert done.returncode == 0, done.stderr
    assert (media / "pictures/a.txt").read_bytes() == b"a picture"
    again = tmp_path / "again.zip"
    both = [start_command(database, media, "backup", str(again), "--no-proof") for _ in range(2)]
    assert [process.communicate()[1] for process in both] == ["", ""]
    assert backup_archive.find_faults(again) == [], "two at once write one whole file"
    was, now = (backup_archive.read_manifest(file).members for file in (backup_file, again))
    changed = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
    assert {name for name in changed if not name.startswith("native/")} == set()
    check = run_command(database, media, "rebuild_derived", "--check")
    assert check.returncode == 0, check.stderr

    before = database.read_bytes()  # to read it later would drop the lock of this process
    with closing(sqlite3.connect(database)) as server:
        server.execute("PRAGMA journal_mode=WAL")
        server.execute("SELECT count(*) FROM briefs_brief").fetchone()
        refused = run_command(database, media, "restore", str(backup_file))
    assert (refused.returncode, "in use" in refused.stderr) == (1, True)
    backup_file.write_bytes(backup_file.read_bytes()[:-5000])
    assert run_command(database, media, "restore", str(backup_file)).returncode == 1
    assert database.read_bytes() == before
    assert (media / "pictures/a.txt").exists()


@pytest.mark.heavy
@sqlite_only
def test_restore_forgets_no_departure_and_pauses_mailings(
    team: factories.Team, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPARTURES_FILE", str(tmp_path / "departures.txt"))
    settings.DEPARTURES_FILE, now = tmp_path / "departures.txt", timezone.now()
    readers = [
        Subscriber.objects.create(address=f"{name}@example.org", side="en", created_at=now, confirmed_at=now)
        for name in ("stays", "leaves", "erased")
    ]
    edition = Edition.objects.get(brief=factories.live_brief(team))
    values = {
        "due_at": now,
        "not_after": now,
        "created_at": now,
        "state_at": now,
        "created_by": team.publisher,
    }
    for state in Mailing.Status.values:
        Mailing.objects.create(kind="correction", edition=edition, bodies={}, state=state, **values)
    call_command("backup", str(tmp_path / "site.zip"), "--no-proof")
    restore = ("restore", str(tmp_path / "site.zip"))
    done = run_command(tmp_path / "early.sqlite3", tmp_path / "early-media", *restore)
    assert "departures.txt is empty" in done.stderr
    subscribers.leave(readers[1], timezone.now())
    subscribers.erase(readers[2], timezone.now())
    done = run_command(tmp_path / "new.sqlite3", tmp_path / "media", *restore)
    assert (done.returncode, done.stderr) == (0, "")
    with closing(sqlite3.connect(tmp_path / "new.sqlite3")) as restored:
        rows = restored.execute(
            "SELECT address, left_at IS NULL FROM briefs_subscriber ORDER BY id"
        ).fetchall()
        states = [state for (state,) in restored.execute("SELECT state FROM briefs_mailing ORDER BY id")]
    assert rows == [("stays@example.org", 1), ("leaves@example.org", 0)]
    assert states == ["paused", "paused", "paused", "stopped", "done"]


@pytest.mark.heavy
@sqlite_only
def test_restore_under_a_sender_that_runs_sends_nothing_more(
    team: factories.Team, tmp_path: Path, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restore waits for the sender's end. Then the mailing is paused, although the archive has all copies queued."""
    monkeypatch.setenv("DEPARTURES_FILE", str(tmp_path / "departures.txt"))
    monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{mail_server.port}")
    mailing_fixtures.subscribe(12)
    brief = factories.live_brief(team)
    issue = mailing_fixtures.publish_issue(team, brief)
    mailings.queue_issue(issue, by=team.publisher)
    call_command("backup", str(tmp_path / "site.zip"), "--no-proof")
    database, media = tmp_path / "new.sqlite3", tmp_path / "new-media"
    restore = ("restore", str(tmp_path / "site.zip"))
    assert run_command(database, media, *restore).returncode == 0
    with closing(sqlite3.connect(database)) as restored:
        restored.execute("UPDATE briefs_mailing SET state = 'queued'")
        restored.commit()
    is_in_the_middle, may_go_on = threading.Event(), threading.Event()

    def meet(command: str, address: str) -> bool:
        if address == "reader5@example.org" and not may_go_on.is_set():
            is_in_the_middle.set()
            may_go_on.wait()
        return False

    mail_server.on_command = meet
    sender = start_command(database, media, "publish_due")
    assert is_in_the_middle.wait(120), sender.communicate()
    sender.send_signal(signal.SIGSTOP)  # so that it does not give up its server meanwhile
    assert "in use" in run_command(database, media, *restore).stderr
    sender.kill()
    sender.communicate()
    may_go_on.set()
    assert run_command(database, media, *restore).returncode == 0
    assert run_command(database, media, "publish_due").returncode == 0
    copies = [address for address in mail_server.to if address.startswith("reader")]
    assert copies == [f"reader{n}@example.org" for n in range(1, 5)]
    with closing(sqlite3.connect(database)) as restored:
        (row,) = restored.execute("SELECT state, state_reason FROM briefs_mailing").fetchall()
    assert row == ("paused", "restored")


def test_fill_refuses_a_database_with_tables(backup_file: Path, tmp_path: Path) -> None:
    with pytest.raises(backup_archive.BackupError, match="not empty"):
        restoration.fill(backup_file, tmp_path / "media")


def test_path_without_zip_is_a_folder_and_made_if_missing(team: factories.Team, tmp_path: Path) -> None:
    call_command("backup", str(tmp_path / "new" / "backups"), "--no-proof")
    (archive,) = (tmp_path / "new" / "backups").iterdir()
    assert archive.match("digest-*.zip")

    with pytest.raises(CommandError, match="is no folder"):
        call_command("backup", str(archive.rename(tmp_path / "archive")), "--no-proof")


@pytest.mark.heavy
def test_only_the_newest_archives_of_a_folder_are_kept(
    team: factories.Team, tmp_path: Path, time_machine
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("mine", "digest-20260501T030000Z", "digest-20260502T030000Z"):
        (folder / f"{name}.zip").write_bytes(b"")
    time_machine.move_to("2026-05-03T03:00:00+00:00")
    with pytest.raises(CommandError, match="needs the proof"):
        call_command("backup", str(folder), "--keep", "2", "--no-proof")
    call_command("backup", str(folder), "--keep", "2")
    assert [file.name for file in sorted(folder.glob("*.zip"))] == [
        "digest-20260502T030000Z.zip",
        "digest-20260503T030000Z.zip",
        "mine.zip",
    ]
