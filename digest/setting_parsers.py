"""Parsers of the values of settings. Each raises `Unexpected` with what it expects, or `ValueError` with a whole sentence."""

import os
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import available_timezones

import dj_database_url

SQLITE: Final = "briefs.database.sqlite"
SQLITE_SETUP: Final = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
POSTGRESQL_OPTIONS: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class Unexpected(ValueError):
    """A value is invalid. The message says what was expected; the value is appended unless the setting is secret."""


def flag(value: str) -> bool:
    if value not in ("0", "1"):
        raise Unexpected("0 or 1")
    return value == "1"


def number(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not (value.isascii() and value.isdecimal() and minimum <= int(value) <= maximum):
            raise Unexpected(f"a number from {minimum} to {maximum}")
        return int(value)

    return parse


def choice(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise Unexpected(f"one of {', '.join(choices)}")
        return value

    return parse


def name_list(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def mail_address(value: str) -> str:
    """Return a mail address, alone or as `Name <address>`."""
    if not re.fullmatch(r"(?:[^<>@\n]+ )?<[^\s<>@:]+@[^\s<>@:]+>|[^\s<>@:]+@[^\s<>@:]+", value):
        raise Unexpected("a mail address")
    return value


def bare_mail_address(value: str) -> str:
    if value and not re.fullmatch(r"[\w.-]+@[\w.-]+", value, re.ASCII):
        raise Unexpected("a mail address without a name, like bounce@digest.example")
    return value


def one_line(value: str) -> str:
    value = value.strip()
    if not value or len(value) > 60 or not value.isprintable():
        raise ValueError("expected one line of at most 60 characters.")
    return value


def link(example: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?#][!-~]*)?", value, re.ASCII):
            raise Unexpected(f"an address such as {example}")
        return value

    return parse


def zone(value: str) -> str:
    if value not in available_timezones():
        raise Unexpected("a zone such as Asia/Taipei")
    return value


def file_path(value: str) -> Path | None:
    if value and (not Path(value).is_absolute() or Path(value).is_dir()):
        raise Unexpected("the whole path of a file")
    return Path(value) if value else None


class Site(NamedTuple):
    url: str
    """Without a slash at the end."""
    host: str
    is_https: bool


def site_address(value: str) -> Site:
    parts = urlsplit(value.rstrip("/"))
    try:
        _ = parts.port
        host = parts.hostname or ""
    except ValueError:
        host = ""
    is_whole = parts.scheme in ("http", "https") and re.fullmatch(
        r"(?!.*\.\.)[a-z0-9][a-z0-9.-]*|[0-9a-f:]+", host
    )
    if not is_whole or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise Unexpected("an address such as https://digest.example")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ValueError("plain http is only for this machine (127.0.0.1 or localhost); use https.")
    return Site(value.rstrip("/"), host, parts.scheme == "https")


def host_names(value: str) -> list[str]:
    hosts = name_list(value)
    for name in hosts:
        if name == "*" or (name.startswith(".") and name.count(".") == 1):
            raise ValueError(f"{name} admits hosts of anybody. Name those of the site.")
        if "*" in name:
            raise ValueError(f"write .{name.rpartition('*.')[2]} for all subdomains, not {name}.")
        if re.search(r"[/\s]", name) or (":" in name and not name.endswith("]")):
            raise Unexpected("host names without scheme or port, separated by commas")
    return hosts


def split_address(value: str, expected: str) -> SplitResult:
    """Split a server's address into user, password, host and port. Raise Unexpected if the parts are ambiguous."""
    user_and_password = value.partition("://")[2].rpartition("@")[0]
    if re.search(r"[#/?@]", user_and_password):
        raise ValueError(
            "write special characters of the password as %XX, for example %23 for # and %2F for /."
        )
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(f"expected {expected}. The port must be a number.") from None
    return parts


def require_package(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise ValueError(f"the Python package {module} is missing: install the extra {extra!r}.")


def database(value: str) -> dict[str, Any]:
    """Return Django's settings of the database at an address. Other variables add to them in `databases`."""
    expected = "sqlite:////path or postgres://user:password@host:port/name"
    if not value.startswith("sqlite:"):
        split_address(value, expected)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value, conn_health_checks=True))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise Unexpected(expected) from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        if options:
            raise ValueError("a SQLite file takes no options: remove the question mark and what follows.")
        require_sqlite_file(Path(config["NAME"] or ":memory:"))
        config["ENGINE"] = SQLITE
        config["CONN_MAX_AGE"] = None  # reopening the file costs more than rendering most pages
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_SETUP}
    elif config["ENGINE"] == "django.db.backends.postgresql":
        if not config["NAME"]:
            raise Unexpected(f"{expected}; the name of the database is missing")
        require_package("psycopg", "postgres")
        require_package("psycopg_pool", "postgres")
        require_known_options(options)
        config["OPTIONS"] = POSTGRESQL_OPTIONS | options
    else:
        raise ValueError("expected SQLite or PostgreSQL.")
    return config


def require_known_options(options: dict[str, Any]) -> None:
    from psycopg import ProgrammingError, conninfo  # an optional package

    try:
        conninfo.make_conninfo(**dict.fromkeys(options, ""))
    except ProgrammingError as error:
        raise ValueError(f"{str(error).strip()}.") from None


def require_sqlite_file(file: Path) -> None:
    if not file.is_absolute():
        raise ValueError("SQLite needs a file with its whole path: sqlite:////srv/digest/digest.sqlite3.")
    if file.is_dir():
        raise ValueError(f"{file} is a folder; SQLite needs a file.")
    if file.parent.exists() and not os.access(file.parent, os.W_OK):
        raise ValueError(
            f"this user may not write to the folder {file.parent}, where SQLite needs files of its own."
        )


def cache(value: str) -> dict[str, Any]:
    if not value:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    expected = "redis://host:port/0, or nothing for a cache in each process"
    parts = split_address(value, expected)
    if (
        parts.scheme not in ("redis", "rediss")
        or not parts.hostname
        or not re.fullmatch(r"|/|/\d{1,3}", parts.path)
    ):
        raise Unexpected(expected)
    require_package("redis", "redis")
    quick = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25}  # a page must not wait for the cache
    return {"BACKEND": "digest.cache.PatientRedisCache", "LOCATION": value, "OPTIONS": quick}


def page_cache(cache: dict[str, Any]) -> dict[str, Any]:
    """Return Django's settings of the page cache: on the server of `cache`, or up to 500 answers in each process."""
    if "LOCATION" not in cache:
        return cache | {"LOCATION": "pages", "OPTIONS": {"MAX_ENTRIES": 500}}
    return cache | {"KEY_PREFIX": "pages"}


def mailer(value: str) -> dict[str, Any]:
    expected = "console:, file:///folder, smtp://…, smtp+tls://… or smtps://user:password@host:port"
    parts = split_address(value, expected)
    if parts.scheme == "console":
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file" and parts.path and not parts.netloc:
        folder = {"file_path": unquote(parts.path)}
        return {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": folder}
    if parts.scheme not in ("smtp", "smtps", "smtp+tls") or not parts.hostname:
        raise Unexpected(expected)
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


def media_storage(value: str) -> dict[str, Any]:
    parts = urlsplit(value)
    if parts.scheme != "file" or not parts.path or parts.netloc:
        raise Unexpected("file:///srv/digest/media, a folder with its whole path")
    location = {"location": unquote(parts.path)}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}


def report_address(value: str) -> str:
    expected = "https://key@host/number"
    if value:
        parts = split_address(value, expected)
        has_number = re.search(r"/\d+/?$", parts.path, re.ASCII)
        if parts.scheme not in ("http", "https") or not (parts.username and parts.hostname and has_number):
            raise Unexpected(expected)
        require_package("sentry_sdk", "sentry")
    return value
