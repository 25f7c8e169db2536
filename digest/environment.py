"""Read settings from environment variables. Exit with a one-sentence error if a value is invalid."""

import os
import secrets
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import dj_database_url

SQLITE_SETUP = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def stop(variable: str, why: str) -> NoReturn:
    raise SystemExit(f"{variable}: {why}")


def read_flag(variable: str, *, default: bool) -> bool:
    value = os.environ.get(variable, "1" if default else "0")
    if value not in ("0", "1"):
        stop(variable, f"expected 0 or 1, found {value!r}.")
    return value == "1"


def read_number(variable: str, *, default: int, maximum: int) -> int:
    value = os.environ.get(variable, str(default))
    if not (value.isascii() and value.isdecimal() and int(value) <= maximum):
        stop(variable, f"expected a number from 0 to {maximum}, found {value!r}.")
    return int(value)


def read_choice(variable: str, choices: tuple[str, ...]) -> str:
    """Return the variable's value. The first choice is the default."""
    value = os.environ.get(variable, choices[0])
    if value not in choices:
        stop(variable, f"expected one of {', '.join(choices)}, found {value!r}.")
    return value


def blocking_checks() -> tuple[str, ...]:
    """Return the names of checks that block submission, always including completeness."""
    from briefs.checks import ALL_CHECKS  # imported here because only this setting needs it; pure Python

    variable = "DIGEST_BLOCKING_CHECKS"
    names = [name.strip() for name in os.environ.get(variable, "completeness").split(",") if name.strip()]
    for name in names:
        if name not in ALL_CHECKS:
            stop(variable, f"expected names among {', '.join(ALL_CHECKS)}, found {name!r}.")
    return tuple(dict.fromkeys(["completeness", *names]))


def time_zone() -> str:
    value = os.environ.get("TIME_ZONE", "Asia/Taipei")
    if value not in available_timezones():
        stop("TIME_ZONE", f"expected a zone such as Asia/Taipei, found {value!r}.")
    return ZoneInfo(value).key


def site_url() -> tuple[str, str, bool]:
    """Return the address without a trailing slash, its host, and whether it is https."""
    value = os.environ.get("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        stop("SITE_URL", f"expected an address such as https://digest.example, found {value!r}.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        stop("SITE_URL", "plain http is only for this machine (127.0.0.1 or localhost); use https.")
    return value, parts.hostname, parts.scheme == "https"


def secret_key(key_file: Path, *, required: bool) -> str:
    if value := os.environ.get("SECRET_KEY", ""):
        if required and (len(value) < 50 or len(set(value)) < 5 or value.startswith("django-insecure-")):
            stop("SECRET_KEY", "expected at least 50 random characters.")
        return value
    if required:
        stop(
            "SECRET_KEY",
            "an https site needs one: at least 50 random characters, kept out of the repository.",
        )
    if not key_file.exists():
        key_file.parent.mkdir(parents=True, exist_ok=True)
        made = key_file.with_name(f"{key_file.name}.{os.getpid()}")
        made.write_text(secrets.token_urlsafe(50), encoding="ascii")
        made.chmod(0o600)
        try:
            # If two processes start at once, both use the key of the first, completely written.
            os.link(made, key_file)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return key_file.read_text(encoding="ascii").strip()


def allowed_hosts(host: str, *, required: bool) -> list[str]:
    value = [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",") if name.strip()]
    if value:
        return value
    if required:
        stop("ALLOWED_HOSTS", f"an https site needs its host names, for example {host}.")
    return sorted(LOOPBACK | {"[::1]"})


def database(var: Path) -> dict[str, Any]:
    value = os.environ.get("DATABASE_URL", f"sqlite:///{var / 'digest.sqlite3'}")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        stop("DATABASE_URL", "expected sqlite:///path or postgres://user:password@host:port/name.")
    config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        if config["NAME"] in ("", ":memory:"):
            stop("DATABASE_URL", "SQLite needs a file: sqlite:///path/to/digest.sqlite3.")
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        config["CONN_MAX_AGE"] = None  # reopening the file costs more than rendering most pages
        config["OPTIONS"] |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_SETUP}
    elif config["ENGINE"] == "django.db.backends.postgresql":
        config["OPTIONS"].setdefault("pool", True)
    else:
        stop("DATABASE_URL", "expected SQLite or PostgreSQL.")
    return config


def cache() -> dict[str, Any]:
    value = os.environ.get("CACHE_URL", "")
    if not value:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if urlsplit(value).scheme not in ("redis", "rediss"):
        stop("CACHE_URL", "expected redis://host:port/0, or nothing for a cache in each process.")
    quick = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25}  # a page must not wait for the cache
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": value, "OPTIONS": quick}


def mailer() -> dict[str, Any]:
    value = os.environ.get("EMAIL_URL", "console:")
    parts = urlsplit(value)
    if parts.scheme == "console":
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in ("smtp", "smtps", "smtp+tls") or not parts.hostname:
        stop("EMAIL_URL", "expected console:, smtp://…, smtp+tls://… or smtps://user:password@host:port.")
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": 20,
        },
    }


def media_storage(var: Path) -> dict[str, Any]:
    value = os.environ.get("MEDIA_STORAGE", f"file://{var / 'media'}")
    parts = urlsplit(value)
    if parts.scheme == "file" and parts.path:
        location = {"location": unquote(parts.path)}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}
    if parts.scheme == "s3" and parts.hostname:
        region = parse_qs(parts.query).get("region", [None])[0]
        options = {"bucket_name": parts.hostname, "region_name": region, "querystring_auth": False}
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    stop("MEDIA_STORAGE", "expected file:///path or s3://bucket?region=….")
