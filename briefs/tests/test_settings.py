"""A wrong setting stops startup with one sentence that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from digest import environment

INVALID_SETTINGS = [
    ("SITE_URL", "ftp://digest.example", environment.site_url),
    ("SITE_URL", "http://digest.example", environment.site_url),
    ("SITE_URL", "https://digest.example/path", environment.site_url),
    ("SITE_URL", "digest.example", environment.site_url),
    ("TIME_ZONE", "Mars/Olympus", environment.time_zone),
    ("DEBUG", "yes", lambda: environment.read_flag("DEBUG", default=False)),
    ("DIGEST_DATE_ORDER", "ymd", lambda: environment.read_choice("DIGEST_DATE_ORDER", ("mdy", "dmy"))),
    ("DIGEST_BLOCKING_CHECKS", "completeness,nonsense", environment.blocking_checks),
    ("DATABASE_URL", "nonsense", lambda: environment.database(Path("/nowhere"))),
    ("DATABASE_URL", "mysql://a@b/c", lambda: environment.database(Path("/nowhere"))),
    ("DATABASE_URL", "sqlite://:memory:", lambda: environment.database(Path("/nowhere"))),
    ("CACHE_URL", "memcached://x", environment.cache),
    ("EMAIL_URL", "pigeon://x", environment.mailer),
    ("MEDIA_STORAGE", "ftp://x", lambda: environment.media_storage(Path("/nowhere"))),
    ("SECRET_KEY", "short", lambda: environment.secret_key(Path("/nowhere"), required=True)),
    ("SECRET_KEY", "", lambda: environment.secret_key(Path("/nowhere"), required=True)),
    ("ALLOWED_HOSTS", "", lambda: environment.allowed_hosts("digest.example", required=True)),
]


@pytest.mark.parametrize(
    ("variable", "value", "read"), INVALID_SETTINGS, ids=[f"{v}={x}" for v, x, _ in INVALID_SETTINGS]
)
def test_wrong_value_stops_startup_and_names_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, read
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as exit_info:
        read()
    message = str(exit_info.value)
    assert message.startswith(f"{variable}: ")
    assert message.endswith(".")
    assert "\n" not in message


def test_secret_key_is_created_once_and_reused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    path = tmp_path / "var" / "secret_key"
    secret_key = environment.secret_key(path, required=False)
    assert len(secret_key) >= 50
    assert environment.secret_key(path, required=False) == secret_key
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == ["secret_key"]


def test_startup_with_wrong_setting_prints_one_line() -> None:
    run = subprocess.run(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "check"],
        env={**os.environ, "SITE_URL": "http://digest.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("SITE_URL: ")
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("value", ["https://digest.example", "http://127.0.0.1:9000", "http://localhost"])
def test_valid_site_url_is_accepted(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SITE_URL", value + "/")
    assert environment.site_url()[0] == value
