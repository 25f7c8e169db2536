"""Settings: their table in docs/operators.md, the file that holds them, and the sentence about a wrong one."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.db import connection

from digest import environment, setting_parsers
from digest.environment import SETTINGS
from digest.environment_file import UnreadableLine, parse

from .support.guide import read_table

ROOT = Path(settings.BASE_DIR)
KEY = "0123456789abcdefghijklmnopqrstuvwxyz" * 2


@contextmanager
def only_these(variables: dict[str, str]) -> Iterator[None]:
    """Let the environment of this process hold these settings alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SETTINGS:
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            yield
        finally:
            environment._file_values.clear()


def load_settings(**variables: str) -> dict[str, Any]:
    with only_these(variables):
        return run_settings()


def run_settings() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "digest/settings.py"), run_name="digest.settings")


def find_refusal(**variables: str) -> str:
    """Return the sentence that stops the start."""
    with pytest.raises(SystemExit) as stopped:
        load_settings(**variables)
    return str(stopped.value)


class WrongSetting(NamedTuple):
    lines: tuple[str, ...]
    found_by: str
    sentence: str

    def build_file(self, base: str) -> str:
        """Return the file of a public site with these lines in place of its own."""
        for line in self.lines:
            base = re.sub(rf"^{re.escape(line.lstrip('#').partition('=')[0])}=.*\n", "", base, flags=re.M)
        return base + "".join(f"{line}\n" for line in self.lines if not line.startswith("#"))

    @property
    def variables(self) -> set[str]:
        return {line.lstrip("#").partition("=")[0] for line in self.lines}

    def is_in(self, text: str, file: Path) -> bool:
        parts = self.sentence.replace("/etc/digest.env", str(file)).split("…")
        return re.search(".*".join(map(re.escape, parts)), text) is not None


def read_wrong_settings() -> Iterator[WrongSetting]:
    text = (Path(__file__).parent / "support/wrong_settings.txt").read_text(encoding="utf-8")
    for row in text.partition("\n\n")[2].splitlines():
        lines, found_by, sentence = row.split(" | ")
        yield WrongSetting(tuple(re.findall("`([^`]+)`", lines)), found_by, sentence)


WRONG_SETTINGS = list(read_wrong_settings())


@pytest.fixture
def base(tmp_path: Path) -> str:
    """The example file of `deploy/`, for a site in the folder of the test."""
    text = (ROOT / "deploy/digest.env.example").read_text(encoding="utf-8")
    text = text.replace("/srv/digest/app/var", str(tmp_path)).replace("SECRET_KEY=\n", f"SECRET_KEY={KEY}\n")
    return text.replace("EMAIL_URL=smtps://user:password@mail.example:465", "EMAIL_URL=console:")


def skip_without_package(sentence: str) -> None:
    if "the Python package" in sentence:
        pytest.skip(sentence)


@pytest.mark.parametrize("wrong", [w for w in WRONG_SETTINGS if w.found_by == "start"], ids=lambda w: ",".join(w.lines)[:60])  # fmt: skip
def test_wrong_setting_stops_the_start_with_one_sentence(
    wrong: WrongSetting, base: str, tmp_path: Path
) -> None:
    file = tmp_path / "digest.env"
    file.write_text(wrong.build_file(base), encoding="utf-8")
    sentence = find_refusal(DIGEST_ENV_FILE=str(file))
    skip_without_package(sentence)
    assert wrong.is_in(sentence, file), sentence
    assert len(sentence.splitlines()) == 1


def test_the_example_file_itself_is_accepted(base: str, tmp_path: Path) -> None:
    file = tmp_path / "digest.env"
    file.write_text(base, encoding="utf-8")
    loaded = load_settings(DIGEST_ENV_FILE=str(file))
    assert loaded["SITE_URL"] == "https://digest.example"
    assert loaded["DEFAULT_FROM_EMAIL"] == "Digest <digest@digest.example>"
    assert loaded["DIGEST_REQUIRE_MFA"] is True
    assert loaded["SECURE_HSTS_SECONDS"] == 31_536_000
    assert "SECURE_HSTS_INCLUDE_SUBDOMAINS" not in loaded, "other hosts are not ours"
    file.write_text(base.replace("\nSECRET_KEY", "\n#SECRET_KEY"), encoding="utf-8")
    assert find_refusal(DIGEST_ENV_FILE=str(file)).startswith("SECRET_KEY: "), "nothing is left of the first"


def run_doctor(wrong: list[WrongSetting], base: str, tmp_path: Path) -> str:
    """Run `doctor` as an operator would, with all these lines at once."""
    for setting in wrong:
        base = setting.build_file(base)
    file = tmp_path / "digest.env"
    file.write_text(base.replace("/srv/digest/app", str(tmp_path)), encoding="utf-8")
    with only_these({"DIGEST_ENV_FILE": str(file), "PYTHONWARNINGS": "ignore"}):
        command = [sys.executable, "manage.py", "doctor"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    skip_without_package(run.stderr)
    return run.stdout.replace(str(tmp_path), "/srv/digest/app") + run.stderr


def assert_found(wrong_settings: list[WrongSetting], base: str, tmp_path: Path) -> None:
    """Run `doctor` as seldom as possible. Each sentence must be in the run of its line, and in no other."""
    runs: list[list[WrongSetting]] = []
    for wrong in wrong_settings:
        fitting = (run for run in runs if not any(wrong.variables & other.variables for other in run))
        if (run := next(fitting, None)) is None:
            runs.append(run := [])
        run.append(wrong)
    if len(runs) == 1:
        runs.append([])
    for run in runs:
        output = run_doctor(run, base, tmp_path)
        for wrong in wrong_settings:
            is_default = wrong.lines[0] in base and not any(
                wrong.variables & other.variables for other in run
            )
            assert wrong.is_in(output, tmp_path) == (wrong in run or is_default), (wrong, output)


FOUND_BY_DOCTOR = [wrong for wrong in WRONG_SETTINGS if wrong.found_by == "doctor"]


def needs_postgresql(wrong: WrongSetting) -> bool:
    return "the server allows" in wrong.sentence


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
def test_doctor_finds_the_other_wrong_settings(base: str, empty_database: Path, tmp_path: Path) -> None:
    shutil.copy(empty_database, tmp_path / "digest.sqlite3")
    (tmp_path / "CHANGELOG.md").write_text("no database\n" * 100, encoding="utf-8")
    assert_found([w for w in FOUND_BY_DOCTOR if not needs_postgresql(w)], base, tmp_path)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="it needs a server")
@pytest.mark.django_db(transaction=True)
def test_doctor_compares_connections_with_what_the_server_allows(base: str, tmp_path: Path) -> None:
    config = connection.settings_dict
    address = f"digest@{config['HOST']}:{config['PORT']}/{config['NAME']}"
    base = base.replace(f"sqlite:///{tmp_path}/digest.sqlite3", f"postgres://{address}")
    assert_found([w for w in FOUND_BY_DOCTOR if needs_postgresql(w)], base, tmp_path)


def test_the_guide_names_every_setting_with_its_default() -> None:
    rows = {
        name: default
        for variables, default, _ in read_table("Settings")
        for name, default in zip(re.findall("`([A-Z_]+)`", variables), default.split(", ") * 2, strict=False)
    }
    assert rows.keys() == SETTINGS.keys()
    for name, setting in SETTINGS.items():
        assert not setting.default or f"`{setting.default}`" in rows[name], name


# Names


@pytest.mark.parametrize(
    ("name", "meant"), [("ALOWED_HOSTS", "ALLOWED_HOSTS"), ("SITEURL", "SITE_URL"), ("Site_Url", "SITE_URL")]
)
def test_misspelt_variable_of_the_process_is_refused(name: str, meant: str) -> None:
    assert find_refusal(**{name: "x"}) == f"{name}: no such setting. Did you mean {meant}?"


@pytest.mark.parametrize("name", ["DEBUGS", "HOSTS", "CACHE_TTL", "http_proxy", "PGHOST", "SITE"])
def test_variable_of_another_program_is_left_alone(name: str) -> None:
    assert load_settings(**{name: "x"})["SITE_URL"] == "http://127.0.0.1:8000"


def test_variable_of_the_process_takes_precedence_over_the_file(tmp_path: Path, base: str) -> None:
    file = tmp_path / "digest.env"
    file.write_text(f"{base}LOG_FORMAT=json\nPGAPPNAME=from-the-file\n", encoding="utf-8")
    with only_these({"PGAPPNAME": ""}):
        del os.environ["PGAPPNAME"]
        assert load_settings(DIGEST_ENV_FILE=str(file))["LOG_FORMAT"] == "json"
        assert os.environ["PGAPPNAME"] == "from-the-file"
    assert load_settings(DIGEST_ENV_FILE=str(file), LOG_FORMAT="text")["LOG_FORMAT"] == "text"
    assert load_settings(DIGEST_ENV_FILE=str(file), LOG_FORMAT="")["LOG_FORMAT"] == "text", "the default"


@pytest.mark.parametrize("setting", [s for s in SETTINGS.values() if s.is_secret], ids=lambda s: s.name)
def test_refusal_of_a_secret_does_not_repeat_it(setting: environment.Setting[Any]) -> None:
    refusal = find_refusal(**{"SITE_URL": "https://a.example", "ALLOWED_HOSTS": "a.example", "SECRET_KEY": KEY} | {setting.name: "hunter2"})  # fmt: skip
    assert refusal.startswith(f"{setting.name}: ")
    assert "hunter2" not in refusal


# The file

SYSTEMD = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
FILES = [
    ("A=1\n; B=2\n  # C=3\n\n D = 4 \n", {"A": "1", "D": "4"}),
    ("A='x # y'\nB=x # y\nC=#\n", {"A": "x # y", "B": "x # y", "C": "#"}),
    ('A="a\\"b\\\\c\\q"\n', {"A": 'a"b\\c\\q'}),
    ("A=a\\ b\\\\c  \nB=it's\n", {"A": "a b\\c", "B": "it's"}),
    ("A=one \\\ntwo\n", {"A": "one two"}),
    ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
    ("A='x''y' z\n", {"A": "xyz"}),
    ("# x\\\nA=1\n", {"A": "1"}),
    ("A=postgres://u:p%23@h/d?x=y&z\n", {"A": "postgres://u:p%23@h/d?x=y&z"}),
    ("A='Digest <digest@digest.example>'\nA=2", {"A": "2"}),
]


@pytest.mark.parametrize(("text", "values"), FILES)
def test_file_is_read_as_systemd_reads_it(text: str, values: dict[str, str], tmp_path: Path) -> None:
    assert {name: value for name, value, _ in parse(text)} == values
    if not SYSTEMD.exists():
        return
    (tmp_path / "environment.d").mkdir()
    (tmp_path / "environment.d/a.conf").write_text(text, encoding="utf-8", newline="")
    printed = subprocess.run(
        [SYSTEMD], env={"XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True, text=True
    )
    for name, value in values.items():
        escaped = re.sub(r'(["\\])', r"\\\1", value)
        assert {f"{name}={value}", f'{name}="{escaped}"'} & set(printed.stdout.splitlines())


@pytest.mark.parametrize("text", ["A\n", "A B=1\n", "export A=1\n", "A='1\nB=2\n", 'A="1\\"\n', "=1\n", "1A=2\n"])  # fmt: skip
def test_line_that_systemd_would_skip_is_refused(text: str) -> None:
    with pytest.raises(UnreadableLine):
        list(parse(f"OK=1\n{text}"))


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert find_refusal(DIGEST_ENV_FILE="/none/a.env").startswith(
        "DIGEST_ENV_FILE: /none/a.env cannot be read"
    )
    assert find_refusal(DIGEST_ENV_FILE="a.env").startswith("DIGEST_ENV_FILE: expected the whole path")
    (tmp_path / "a.env").write_bytes(b"\xff")
    assert find_refusal(DIGEST_ENV_FILE=str(tmp_path / "a.env")).endswith("is not UTF-8.")


# Values


@pytest.mark.parametrize(
    ("variable", "value", "module"),
    [
        ("DATABASE_URL", "postgres://a:b@host/c", "psycopg"),
        ("CACHE_URL", "redis://host:6379/0", "redis"),
        ("SENTRY_DSN", "https://key@host/1", "sentry_sdk"),
    ],
)
def test_missing_package_stops_startup_and_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, module: str
) -> None:
    monkeypatch.setattr(setting_parsers, "find_spec", {}.get)
    refusal = find_refusal(**{variable: value})
    assert refusal.startswith(f"{variable}: the Python package {module} is missing")


def test_password_with_encoded_special_characters_is_read() -> None:
    options = setting_parsers.mailer("smtps://me%40here:p%23a%2Fb%40c@mail.example:465")["OPTIONS"]
    assert (options["username"], options["password"]) == ("me@here", "p#a/b@c")


def test_secret_key_is_created_once_and_reused(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    with only_these({}):
        secret_key = environment.secret_key(path, is_public=False)
        assert len(secret_key) >= 50
        assert environment.secret_key(path, is_public=False) == secret_key
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == ["secret_key"]


def test_address_without_a_server_means_postgresql_on_its_socket() -> None:
    pytest.importorskip("psycopg")
    assert load_settings(DATABASE_URL="postgres:///digest")["DATABASES"]["default"]["NAME"] == "digest"


def test_startup_with_wrong_setting_prints_one_line() -> None:
    with only_these({"SITE_URL": "http://digest.example"}):
        command = [sys.executable, str(ROOT / "manage.py"), "check"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("SITE_URL: ")
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "value", ["https://digest.example", "https://digest.example:8443", "http://127.0.0.1:9000", "http://[::1]:80"]
)  # fmt: skip
def test_valid_site_url_is_accepted(value: str) -> None:
    assert environment.site_address(value + "/").url == value


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
def test_server_refuses_several_processes_that_a_drill_on_sqlite_may_have(base: str, tmp_path: Path) -> None:
    """`digest DATABASE_URL=sqlite:… restore` runs with the settings of a site on PostgreSQL."""
    (tmp_path / "digest.sqlite3").touch()
    file = tmp_path / "digest.env"
    file.write_text(f"{base}WEB_CONCURRENCY=3\n", encoding="utf-8")
    with only_these({"DIGEST_ENV_FILE": str(file)}):
        (fault,) = environment.find_server_faults(run_settings()["DATABASES"])
    assert fault.startswith("WEB_CONCURRENCY: ")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
def test_application_of_the_server_does_not_load_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    with pytest.raises(SystemExit, match=r"^WEB_CONCURRENCY: 3 server processes need PostgreSQL"):
        runpy.run_path(str(ROOT / "digest/wsgi.py"), run_name="digest.wsgi")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it needs a file")
def test_server_refuses_several_workers_on_sqlite_from_its_command_line(base: str, tmp_path: Path) -> None:
    (tmp_path / "digest.sqlite3").touch()
    file = tmp_path / "digest.env"
    file.write_text(base, encoding="utf-8")
    with only_these({"DIGEST_ENV_FILE": str(file)}):
        command = [sys.executable, "-m", "gunicorn", "digest.wsgi", "--config", "deploy/gunicorn.conf.py"]
        options = ["--workers", "3", "--bind", f"unix:{tmp_path}/socket"]
        run = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    skip_without_package(run.stderr)
    assert run.returncode
    assert "--workers: 3 server processes need PostgreSQL" in run.stderr
