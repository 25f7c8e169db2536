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
    ("DATABASE_REPLICA_URL", "sqlite:////srv/digest/db", environment.replica),
    ("DATABASE_REPLICA_URL", "postgres://a@b/c", environment.replica),  # without a primary of the same kind
    ("CACHE_URL", "memcached://x", environment.cache),
    ("EMAIL_URL", "pigeon://x", environment.mailer),
    ("MEDIA_STORAGE", "ftp://x", lambda: environment.media_storage(Path("/nowhere"))),
    ("SECRET_KEY", "short", lambda: environment.secret_key(Path("/nowhere"), required=True)),
    ("SECRET_KEY", "", lambda: environment.secret_key(Path("/nowhere"), required=True)),
    ("DATABASE_URL", "sqlite:///relative.sqlite3", lambda: environment.database(Path("/nowhere"))),
    ("DATABASE_URL", "sqlite:////proc/none/a.sqlite3", lambda: environment.database(Path("/nowhere"))),
    ("DATABASE_URL", "postgres://a:b@host:many/c", lambda: environment.database(Path("/nowhere"))),
    ("DATABASE_URL", "postgres://a:b#c@host/d", lambda: environment.database(Path("/nowhere"))),
    ("CACHE_URL", "redis://", environment.cache),
    ("CACHE_URL", "redis://host:many/0", environment.cache),
    ("EMAIL_URL", "smtps://a:b@host:many", environment.mailer),
    ("EMAIL_URL", "smtps://a:b/c@host:465", environment.mailer),
    ("EMAIL_URL", "smtps://a:b#c@host:465", environment.mailer),
    ("EMAIL_URL", "smtp://u:p#x@h:25", environment.mailer),
    ("MEDIA_STORAGE", "file://relative/media", lambda: environment.media_storage(Path("/nowhere"))),
    ("MEDIA_STORAGE", "s3://bucket?zone=x", lambda: environment.media_storage(Path("/nowhere"))),
    ("MEDIA_STORAGE", "s3://bucket?endpoint=x", lambda: environment.media_storage(Path("/nowhere"))),
    ("MEDIA_STORAGE", "s3://bucket/folder?region=x", lambda: environment.media_storage(Path("/nowhere"))),
    ("HSTS", "always", environment.hsts),
    ("METRICS_BIND", "9101", environment.metrics_bind),
    ("METRICS_BIND", "127.0.0.1:many", environment.metrics_bind),
    ("SENTRY_DSN", "https://host/1", environment.sentry_dsn),
    ("EMAIL_FROM", "nobody", lambda: environment.read_address("EMAIL_FROM", default="a@b.org")),
    ("SITE_NAME_EN", "two\nlines", lambda: environment.read_text("SITE_NAME_EN", default="Digest")),
    ("DIGEST_FOUR_EYE", "1", environment.require_known_names),
    ("ALLOWED_HOSTS", "other.example", lambda: environment.allowed_hosts("digest.example", required=True)),
    (
        "ALLOWED_HOSTS",
        "https://digest.example",
        lambda: environment.allowed_hosts("digest.example", required=True),
    ),
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


@pytest.mark.parametrize(
    ("variable", "value", "read", "module"),
    [
        ("DATABASE_URL", "postgres://a:b@host/c", lambda: environment.database(Path("/nowhere")), "psycopg"),
        ("CACHE_URL", "redis://host:6379/0", environment.cache, "redis"),
        ("METRICS_BIND", "127.0.0.1:9101", environment.metrics_bind, "prometheus_client"),
        ("SENTRY_DSN", "https://key@host/1", environment.sentry_dsn, "sentry_sdk"),
    ],
)
def test_missing_package_stops_startup_and_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, read, module: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(environment, "find_spec", {}.get)
    with pytest.raises(SystemExit, match=rf"^{variable}: the Python package {module} is missing"):
        read()


@pytest.mark.parametrize(
    ("value", "seconds", "subdomains", "preload"),
    [
        ("host", 31_536_000, False, False),
        ("subdomains", 31_536_000, True, False),
        ("preload", 31_536_000, True, True),
        ("off", 0, False, False),
    ],
)
def test_hsts_covers_what_the_setting_says(
    monkeypatch: pytest.MonkeyPatch, value: str, seconds: int, subdomains: bool, preload: bool
) -> None:
    monkeypatch.setenv("HSTS", value)
    assert list(environment.hsts().values()) == [seconds, subdomains, preload]


@pytest.mark.parametrize("password", ["p#x", "p/x", "p?x", "p@x"])
def test_unencoded_password_is_named_as_the_fault(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("EMAIL_URL", f"smtp://u:{password}@h:25")
    with pytest.raises(SystemExit, match="of the password as %XX"):
        environment.mailer()


def test_password_with_encoded_special_characters_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtps://me%40here:p%23a%2Fb%40c@mail.example:465")
    options = environment.mailer()["OPTIONS"]
    assert (options["username"], options["password"]) == ("me@here", "p#a/b@c")


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
