"""Set up a site by one command, repeat it, and look for what is wrong with `doctor`."""

import datetime as dt
import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from briefs.database import guards
from briefs.management.commands import setup
from briefs.models import Keyword, Person
from briefs.models.site import JobRun
from briefs.operations import health, installation
from briefs.operations.backup.backup_archive import BackupError
from manage import main as run_manage

from .support import factories

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough passphrase"


@pytest.fixture
def typed_password(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stdin = io.StringIO(f"{PASSWORD}\n")
    monkeypatch.setattr("sys.stdin", stdin)
    return stdin


def run_doctor() -> str:
    out = io.StringIO()
    try:
        call_command("doctor", stdout=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def healthy_site() -> None:
    installation.prepare_database()
    installation.create_first_person("root", "Root", "root@example.org", PASSWORD)
    for job in ("publish_due", JobRun.PROVED_BACKUP):
        JobRun.record(job)


@pytest.mark.usefixtures("typed_password")
def test_setup_makes_roles_vocabulary_and_first_person_and_changes_nothing_again() -> None:
    call_command("setup", "--username", "root", "--name", "林書瑋", "--password-stdin", stdout=io.StringIO())
    person = Person.objects.get(username="root")
    assert person.check_password(PASSWORD)
    assert person.is_superuser
    assert set(person.groups.values_list("name", flat=True)) == set(installation.ROLES)
    assert Keyword.objects.exists()
    Keyword.objects.filter(label_en="Technology").update(label_en="Tech, as the team says")
    Keyword.objects.filter(label_en="Global").delete()
    Keyword.make(label_zh="我們的", label_en="Global")
    counts = [model.objects.count() for model in (Person, Group, Keyword)]
    call_command("setup", stdout=io.StringIO())
    assert [model.objects.count() for model in (Person, Group, Keyword)] == counts
    assert Keyword.objects.filter(label_en="Tech, as the team says").exists()
    assert Keyword.objects.get(label_en="Global").label_zh == "我們的", "a row whose label editors took"


def test_setup_refuses_a_weak_password_and_creates_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError):
        call_command("setup", "--username", "root", "--password-stdin", stdout=io.StringIO())
    assert not Person.objects.filter(username="root").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("locale", "language", "question"),
    [
        ({"LANG": "zh_TW.UTF-8"}, "zh-hant", "電子郵件地址："),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en", "E-mail address: "),
    ],
)
def test_setup_asks_for_the_address_in_the_language_of_the_shell(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    locale: dict[str, str],
    language: str,
    question: str,
) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in locale.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr("sys.stdin", Terminal("root\n林書瑋\nroot@example.org\n"))
    monkeypatch.setattr(setup, "getpass", lambda prompt: PASSWORD)
    call_command("setup", stdout=io.StringIO())
    person = Person.objects.get(username="root")
    assert (person.name, person.email, person.language) == ("林書瑋", "root@example.org", language)
    assert question in capsys.readouterr().out


def test_setup_refuses_a_wrong_address_in_the_language_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "zh_TW.UTF-8")
    monkeypatch.setattr("sys.stdin", Terminal("root\n林書瑋\nroot\n"))
    with pytest.raises(CommandError, match="電子郵件"):
        call_command("setup", stdout=io.StringIO())
    assert not Person.objects.filter(username="root").exists()


def test_setup_without_terminal_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="--username"):
        call_command("setup", stdout=io.StringIO())


def test_doctor_finds_nothing_on_a_healthy_site(monkeypatch: pytest.MonkeyPatch) -> None:
    healthy_site()
    monkeypatch.setattr(installation.title_card, "find_font", lambda: ("font.ttc", 0))
    assert "All is well." in run_doctor()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such examination")
def test_doctor_records_whether_the_database_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    run_doctor()
    assert not health.check_now().faults["integrity"]
    assert JobRun.objects.filter(name=health.INTEGRITY).exists()

    found: Exception = OperationalError("unable to open the file")

    def fail(cursor: object) -> None:
        raise found

    monkeypatch.setattr(installation, "require_integrity", fail)
    assert "DATABASE_URL: unable to open the file" in run_doctor()
    assert not health.check_now().faults["integrity"], "nothing was examined"
    found = BackupError("a page is missing.")
    assert "The database is damaged: a page is missing. Restore" in run_doctor()
    assert health.check_now().faults["integrity"] == "the database is damaged"


def test_doctor_does_not_deny_backups_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**names: str) -> None:
        raise OperationalError("connection refused")

    assert "No backup was proved here yet." in run_doctor()
    monkeypatch.setattr(JobRun.objects, "filter", fail)
    assert "Last proved backup: unknown" in run_doctor()


@pytest.mark.django_db(transaction=True)
def test_doctor_names_missing_guard() -> None:
    healthy_site()
    guards.remove_guards(connection)
    try:
        assert "The guard frozen_briefs_document_del is missing." in run_doctor()
    finally:
        guards.install_guards(connection)


def test_doctor_names_what_nobody_can_do_and_what_is_late(team: factories.Team) -> None:
    JobRun.objects.create(name="publish_due", at=timezone.now() - dt.timedelta(hours=1))
    found = run_doctor()
    assert "Nobody can manage accounts" in found
    assert "publish_due last ran at" in found
    assert "No backup was ever proved here" in found


def test_one_broken_part_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Iterator[str]:
        raise RuntimeError("out of order")
        yield

    monkeypatch.setattr(installation, "DOCTOR_CHECKS", (fail, installation._people))
    faults = list(installation.find_faults())
    assert faults[0] == "Fail: out of order"
    assert "Nobody can manage accounts. Run manage.py setup." in faults


# The file of SQLite


def manage(*command: str, file: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{file}", "PYTHONWARNINGS": "ignore", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
@pytest.mark.parametrize(
    "command", [("manage.py", "publish_due"), ("-m", "gunicorn", "digest.wsgi", "--check-config")]
)
def test_command_does_not_make_the_database_that_the_settings_name(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    run = manage(*command, file=tmp_path / "misspelt.sqlite3")
    assert run.returncode
    assert f"DATABASE_URL: {tmp_path}/misspelt.sqlite3 does not exist." in run.stdout + run.stderr
    assert command[0] != "manage.py" or "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["backup", "import_briefs"])
def test_command_says_which_file_its_user_may_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def refuse(self: Path, **options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    file = tmp_path / "brief.txt"
    monkeypatch.setattr(Path, "stat", refuse)  # tests may run as root, who may read everything
    monkeypatch.setattr(sys, "argv", ["manage.py", command, str(file)])
    with pytest.raises(SystemExit, match=rf"^{file}: Permission denied\.$"):
        run_manage()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
def test_server_reads_no_template_or_view_after_its_start(tmp_path: Path) -> None:
    """During an upgrade the old server answers while the files are already those of the new version."""
    (tmp_path / "digest.sqlite3").touch()
    run = manage("-c", ANSWER_WITHOUT_FILES, file=tmp_path / "digest.sqlite3")
    assert (run.returncode, run.stdout) == (0, "all\n"), run.stderr


ANSWER_WITHOUT_FILES = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
import digest.wsgi
from django.conf import settings
from django.template.loader import get_template
from django.template.loaders import filesystem
from django.urls import get_resolver
loaded = set(sys.modules)
filesystem.Loader.get_contents = None
for file in (settings.BASE_DIR / "templates").rglob("*.*"):
    get_template(str(file.relative_to(settings.BASE_DIR / "templates")))
get_resolver().reverse_dict
print(*sorted({name for name in sys.modules if name.startswith("briefs.")} - loaded) or ["all"])
from briefs.bilingual.lexicon import dictionary
assert dictionary._path and dictionary.load_dictionary.cache_info().currsize == 0, "read when first needed"
"""


@pytest.mark.heavy
@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
def test_setup_makes_the_database_that_the_settings_name(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "new.sqlite3"
    assert manage("manage.py", "setup", "--no-person", file=file).returncode == 0
    assert manage("manage.py", "migrate", "--check", file=file).returncode == 0


def test_database_of_another_version_is_refused_before_anything_changes(tmp_path: Path) -> None:
    MigrationRecorder(connection).record_applied("briefs", "0054_sheet_files")
    for command in (("migrate",), ("setup", "--no-person")):
        with pytest.raises(CommandError, match=r"Nothing was changed\..* 0054_sheet_files"):
            call_command(*command, verbosity=0)
    with pytest.raises(CommandError, match="of another version"):
        call_command("backup", str(tmp_path))
    assert "it has the migration briefs.0054_sheet_files" in run_doctor()
