"""Read settings from environment variables. Exit with a one-sentence error if a value is invalid."""

import os
import re
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import dj_database_url
from django.http.request import validate_host

SQLITE_SETUP = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
POSTGRESQL_DEFAULTS = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PREFIX = "DIGEST_"
_known_names: set[str] = set()


def read(variable: str, default: str = "") -> str:
    _known_names.add(variable)
    return os.environ.get(variable) or default


def require_known_names() -> None:
    """Stop at a variable that begins like ours but that no setting reads, such as a misspelt name."""
    known = sorted(name for name in _known_names if name.startswith(_PREFIX))
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in _known_names:
            stop(name, f"no such setting. There are {', '.join(known)}.")


def stop(variable: str, why: str) -> NoReturn:
    raise SystemExit(f"{variable}: {why}")


def read_flag(variable: str, *, default: bool) -> bool:
    value = read(variable, "1" if default else "0")
    if value not in ("0", "1"):
        stop(variable, f"expected 0 or 1, found {value!r}.")
    return value == "1"


def read_number(variable: str, *, default: int, maximum: int) -> int:
    value = read(variable, str(default))
    if not (value.isascii() and value.isdecimal() and int(value) <= maximum):
        stop(variable, f"expected a number from 0 to {maximum}, found {value!r}.")
    return int(value)


def read_list(variable: str) -> list[str]:
    return [part.strip() for part in read(variable).split(",") if part.strip()]


def read_address(variable: str, *, default: str) -> str:
    """Return a mail address, alone or as `Name <address>`."""
    value = read(variable, default)
    if not re.fullmatch(r"(?:[^<>@\n]+ )?<?[^\s<>@]+@[^\s<>@]+>?", value):
        stop(variable, f"expected a mail address, found {value!r}.")
    return value


def read_text(variable: str, *, default: str) -> str:
    value = read(variable, default).strip()
    if not value or len(value) > 60 or not value.isprintable():
        stop(variable, "expected one line of at most 60 characters.")
    return value


def read_link(variable: str) -> str:
    """Return a web address, or nothing."""
    value = read(variable)
    if value and not re.fullmatch(r"https?://[!-~]{1,300}", value):
        stop(variable, f"expected an address such as https://example.org/terms, found {value!r}.")
    return value


def read_choice(variable: str, choices: tuple[str, ...]) -> str:
    """Return the variable's value. The first choice is the default."""
    value = read(variable, choices[0])
    if value not in choices:
        stop(variable, f"expected one of {', '.join(choices)}, found {value!r}.")
    return value


def blocking_checks() -> tuple[str, ...]:
    """Return the names of checks that block submission, always including completeness."""
    from briefs.checks import ALL_CHECKS  # imported here because only this setting needs it; pure Python

    variable = "DIGEST_BLOCKING_CHECKS"
    names = read_list(variable)
    for name in names:
        if name not in ALL_CHECKS:
            stop(variable, f"expected names among {', '.join(ALL_CHECKS)}, found {name!r}.")
    return tuple(dict.fromkeys(["completeness", *names]))


def time_zone() -> str:
    value = read("TIME_ZONE", "Asia/Taipei")
    if value not in available_timezones():
        stop("TIME_ZONE", f"expected a zone such as Asia/Taipei, found {value!r}.")
    return ZoneInfo(value).key


def site_url() -> tuple[str, str, bool]:
    """Return the address without a trailing slash, its host, and whether it is https."""
    value = read("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        stop("SITE_URL", f"expected an address such as https://digest.example, found {value!r}.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        stop("SITE_URL", "plain http is only for this machine (127.0.0.1 or localhost); use https.")
    return value, parts.hostname, parts.scheme == "https"


def secret_key(key_file: Path, *, required: bool) -> str:
    if value := read("SECRET_KEY", ""):
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
    value = read_list("ALLOWED_HOSTS")
    for name in value:
        if "/" in name or (":" in name and not name.endswith("]")):
            stop("ALLOWED_HOSTS", f"expected host names without scheme or port, found {name!r}.")
    if value and not validate_host(host, value):
        stop("ALLOWED_HOSTS", f"the host of SITE_URL is missing: add {host}.")
    if value:
        return value
    if required:
        stop("ALLOWED_HOSTS", f"an https site needs its host names, for example {host}.")
    return sorted(LOOPBACK | {"[::1]"})


def split_address(variable: str, value: str, expected: str) -> SplitResult:
    """Split an address with a user, a password, a host and a port. Stop where the parts are unclear."""
    user_and_password = value.partition("://")[2].rpartition("@")[0]
    if re.search(r"[#/?@]", user_and_password):
        stop(
            variable, "write special characters of the password as %XX, for example %23 for # and %2F for /."
        )
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        stop(variable, f"{expected} The port must be a number.")
    return parts


def require_package(variable: str, module: str, extra: str) -> None:
    if find_spec(module) is None:
        stop(variable, f"the Python package {module} is missing: install the extra {extra!r}.")


def database(var: Path) -> dict[str, Any]:
    variable, expected = (
        "DATABASE_URL",
        "expected sqlite:////path or postgres://user:password@host:port/name.",
    )
    value = read(variable, f"sqlite:///{var / 'digest.sqlite3'}")
    if not value.startswith("sqlite:"):
        split_address(variable, value, expected)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        stop(variable, expected)
    config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        require_sqlite_file(Path(config["NAME"] or ":memory:"))
        config["CONN_MAX_AGE"] = None  # reopening the file costs more than rendering most pages
        config["OPTIONS"] |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_SETUP}
    elif config["ENGINE"] == "django.db.backends.postgresql":
        require_package(variable, "psycopg", "postgres")
        config |= postgresql(config["OPTIONS"])
    else:
        stop(variable, "expected SQLite or PostgreSQL.")
    return config


def postgresql(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a PostgreSQL database besides its address."""
    size = read_number("DATABASE_POOL", default=10, maximum=1_000)
    return {
        "ENGINE": "briefs.database.postgresql",
        "POOL_SIZE": max(size, 1),
        "OPTIONS": POSTGRESQL_DEFAULTS | options,
    }


def replica() -> dict[str, dict[str, Any]]:
    """Return the database `replica` if the variable names one: a PostgreSQL standby, for public pages."""
    variable = "DATABASE_REPLICA_URL"
    if not (value := read(variable)):
        return {}
    expected = "expected postgres://user:password@host:port/name of a standby of DATABASE_URL."
    split_address(variable, value, expected)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        stop(variable, expected)
    if config["ENGINE"] != "django.db.backends.postgresql" or not read("DATABASE_URL").startswith("postgres"):
        stop(variable, expected)
    return {"replica": config | postgresql(config.get("OPTIONS", {})) | {"TEST": {"MIRROR": "default"}}}


def require_sqlite_file(file: Path) -> None:
    variable = "DATABASE_URL"
    if not file.is_absolute():
        stop(variable, "SQLite needs a file with its whole path: sqlite:////srv/digest/digest.sqlite3.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(variable, f"the folder {file.parent} cannot be made: {error.strerror}.")
    if not os.access(file.parent, os.W_OK):
        stop(
            variable,
            f"this user may not write to the folder {file.parent}, where SQLite needs files of its own.",
        )


def cache() -> dict[str, Any]:
    value = read("CACHE_URL", "")
    if not value:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    expected = "expected redis://host:port/0, or nothing for a cache in each process."
    parts = split_address("CACHE_URL", value, expected)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        stop("CACHE_URL", expected)
    require_package("CACHE_URL", "redis", "redis")
    quick = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25}  # a page must not wait for the cache
    return {"BACKEND": "digest.cache.PatientRedisCache", "LOCATION": value, "OPTIONS": quick}


def page_cache() -> dict[str, Any]:
    """Return the cache of whole answers: on the same server, or up to 500 in each process."""
    own = cache()
    if "LOCATION" not in own:
        return own | {"LOCATION": "pages", "OPTIONS": {"MAX_ENTRIES": 500}}
    return own | {"KEY_PREFIX": "pages"}


def mailer() -> dict[str, Any]:
    value = read("EMAIL_URL", "console:")
    expected = "expected console:, smtp://…, smtp+tls://… or smtps://user:password@host:port."
    parts = split_address("EMAIL_URL", value, expected)
    if parts.scheme == "console":
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in ("smtp", "smtps", "smtp+tls") or not parts.hostname:
        stop("EMAIL_URL", expected)
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
    variable, value = "MEDIA_STORAGE", read("MEDIA_STORAGE", f"file://{var / 'media'}")
    parts = urlsplit(value)
    if parts.scheme == "s3":
        return s3_storage(variable, parts)
    if parts.scheme != "file" or not parts.path or parts.netloc:
        stop(variable, "expected file:///srv/digest/media (the whole path) or s3://bucket?region=….")
    location = {"location": unquote(parts.path)}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}


def metrics_bind() -> tuple[str, int] | None:
    """Return host and port of the second listener, or nothing."""
    value = read("METRICS_BIND")
    if not value:
        return None
    host, _, port = value.rpartition(":")
    if not host.strip("[]") or not port.isdecimal() or not 0 < int(port) < 65_536:
        stop("METRICS_BIND", f"expected host:port such as 127.0.0.1:9101, found {value!r}.")
    require_package("METRICS_BIND", "prometheus_client", "metrics")
    return host.strip("[]"), int(port)


def sentry_dsn() -> str:
    value = read("SENTRY_DSN")
    if value:
        parts = split_address("SENTRY_DSN", value, "expected https://key@host/number.")
        if parts.scheme not in ("http", "https") or not parts.username or not parts.hostname:
            stop("SENTRY_DSN", "expected https://key@host/number.")
        require_package("SENTRY_DSN", "sentry_sdk", "sentry")
    return value


def s3_storage(variable: str, parts: SplitResult) -> dict[str, Any]:
    options = dict(parse_qsl(parts.query))
    endpoint = urlsplit(options.get("endpoint", "https:"))
    if (
        not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc)
        or parts.path.strip("/")
        or options.keys() - {"region", "endpoint"}
        or ("endpoint" in options and not (endpoint.scheme in ("http", "https") and endpoint.hostname))
    ):
        stop(
            variable,
            "expected s3://bucket?region=eu-west-1, and &endpoint=https://… for a service other than Amazon's.",
        )
    require_package(variable, "boto3", "s3")
    return {"BACKEND": "digest.s3_storage.S3Storage", "OPTIONS": {"bucket": parts.netloc, **options}}


def hsts() -> dict[str, Any]:
    """Return Django's settings of HSTS for the value of the variable."""
    value = read_choice("HSTS", ("host", "subdomains", "preload", "off"))
    return {
        "SECURE_HSTS_SECONDS": 0 if value == "off" else 60 * 60 * 24 * 365,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": value in ("subdomains", "preload"),
        "SECURE_HSTS_PRELOAD": value == "preload",
    }
