"""A wrong setting stops the start with one sentence that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from digest import environment

WRONG = [
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


@pytest.mark.parametrize(("variable", "value", "read"), WRONG, ids=[f"{v}={x}" for v, x, _ in WRONG])
def test_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, read) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stop:
        read()
    sentence = str(stop.value)
    assert sentence.startswith(f"{variable}: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_the_key_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    place = tmp_path / "var" / "secret_key"
    first = environment.secret_key(place, required=False)
    assert len(first) >= 50
    assert environment.secret_key(place, required=False) == first
    assert place.stat().st_mode & 0o077 == 0
    assert [p.name for p in place.parent.iterdir()] == ["secret_key"]


def test_a_whole_start_ends_in_one_line() -> None:
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
def test_good_addresses(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SITE_URL", value + "/")
    assert environment.site_url()[0] == value
