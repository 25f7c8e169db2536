"""Every setting of the site, declared once: name, parser, default, whether it is secret.

Values come from the environment of the process and from the file that `DIGEST_ENV_FILE` names; the process takes
precedence. A wrong value or name stops the start with one sentence that begins with the variable.
"""

import os
import re
import secrets
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

import dj_database_url
from django.http.request import validate_host
from rapidfuzz.distance import OSA

from .environment_file import UnreadableLine, read_assignments

SQLITE: Final = "briefs.database.sqlite"
SQLITE_SETUP: Final = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
POSTGRESQL_DEFAULTS: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
PREFIX: Final = "DIGEST_"

FOREIGN_PREFIXES: Final = ("AWS_", "LC_", "MALLOC_", "PG", "PYTHON", "SSL_")
FOREIGN_NAMES: Final = {
    "FORWARDED_ALLOW_IPS", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "LANG", "LANGUAGE", "LD_PRELOAD", "NO_PROXY", "PATH",
    "REQUESTS_CA_BUNDLE", "TMPDIR", "TZ",
}  # fmt: skip
"""Variables of other programs that the file may set, compared in capitals."""
LOOKALIKES: Final = {"CACHE_TTL", "FILE_URL", "LIVE_URL", "SITE_UID"}
"""Names of other programs' variables that look like misspellings of ours."""
LONG_NAME: Final = 8
"""Shorter names are too similar to others' variables for a misspelling to be recognized."""
MISSPELT: Final = 2


class Unexpected(ValueError):
    """A value is invalid. The message says what was expected; the value is appended unless the setting is secret."""


@dataclass(frozen=True, slots=True)
class Setting[T]:
    name: str
    parse: Callable[[str], T]
    """Raise `Unexpected`, or `ValueError` with a whole sentence."""
    default: str = ""
    is_secret: bool = False

    def __post_init__(self) -> None:
        SETTINGS[self.name] = self

    @property
    def environment_value(self) -> str:
        return os.environ.get(self.name, _file_values.get(self.name, ""))

    def read(self, *, default: str | None = None) -> T:
        value = self.environment_value or (self.default if default is None else default)
        try:
            return self.parse(value)
        except Unexpected as error:
            actual = "" if self.is_secret else f", found {value!r}"
            self.stop(f"expected {error}{actual}.")
        except ValueError as error:
            self.stop(str(error))

    def stop(self, why: str) -> NoReturn:
        stop(self.name, why)


SETTINGS: Final[dict[str, Setting[Any]]] = {}
_file_values: Final[dict[str, str]] = {}


def stop(variable: str, why: str) -> NoReturn:
    raise SystemExit(f"{variable}: {why}")


# The file and the names


def load() -> None:
    """Read the settings file. Stop at an unknown name."""
    _file_values.clear()
    if file := ENV_FILE.read():
        _load_file(file)
    for name in sorted(os.environ):
        if name in SETTINGS or name in LOOKALIKES or _is_foreign(name):
            continue
        if name.startswith(PREFIX) or _find_nearest(name, shortest=LONG_NAME):
            stop(name, f"no such setting. {_suggest(name)}")


def _load_file(file: Path) -> None:
    try:
        assignments = read_assignments(file)
    except OSError as error:
        ENV_FILE.stop(f"{file} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        ENV_FILE.stop(f"{file} is not UTF-8.")
    except UnreadableLine as error:
        name = error.word if error.word in SETTINGS else ENV_FILE.name
        stop(name, f"expected {error.expected} in line {error.line} of {file}.")
    for name, value, line in assignments:
        if name not in SETTINGS and not _is_foreign(name):
            stop(name, f"no such setting, in line {line} of {file}. {_suggest(name)}")
        if name == ENV_FILE.name:
            stop(name, f"it cannot be set in the file itself: remove line {line} of {file}.")
        if "\n" in value or "\r" in value:
            stop(name, f"expected one line, found several from line {line} of {file}: a quote is not closed.")
        if _file_values.setdefault(name, value) != value:
            stop(name, f"set to two values in {file}, the second in line {line}. Keep one.")
    for name, value in _file_values.items():
        if name not in SETTINGS:
            os.environ.setdefault(name, value)


def _is_foreign(name: str) -> bool:
    return name.upper() in FOREIGN_NAMES or name.startswith(FOREIGN_PREFIXES)


def _find_nearest(name: str, *, shortest: int = 1) -> str:
    """Return the setting whose name differs by at most two letters, or an empty string."""
    known_names = [known for known in SETTINGS if len(known) >= shortest]
    distances = {known: OSA.distance(name.upper(), known, score_cutoff=MISSPELT) for known in known_names}
    nearest = min(distances, key=lambda known: distances[known])
    return nearest if distances[nearest] <= MISSPELT else ""


def _suggest(name: str) -> str:
    if nearest := _find_nearest(name):
        return f"Did you mean {nearest}?"
    return "docs/operators.md lists the settings."


# Parsers of simple values


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
    if not re.fullmatch(r"(?:[^<>@\n]+ )?<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+", value):
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


def link(value: str) -> str:
    if value and not re.fullmatch(r"https?://[!-~]{1,300}", value):
        raise Unexpected("an address such as https://example.org/terms")
    return value


def zone(value: str) -> str:
    if value not in available_timezones():
        raise Unexpected("a zone such as Asia/Taipei")
    return value


def commit_hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{0,40}", value):
        raise Unexpected("the hash of a commit")
    return value


def file_path(value: str) -> Path | None:
    if value and not Path(value).is_absolute():
        raise Unexpected("the whole path of a file")
    return Path(value) if value else None


def blocking_checks(value: str) -> tuple[str, ...]:
    """Return the names of checks that block submission, always including completeness."""
    from briefs.checks import ALL_CHECKS  # imported here because only this setting needs it; pure Python

    chosen = name_list(value)
    if any(name not in ALL_CHECKS for name in chosen):
        raise Unexpected(f"names among {', '.join(ALL_CHECKS)}")
    return tuple(dict.fromkeys(["completeness", *chosen]))


def hsts(value: str) -> dict[str, Any]:
    """Return Django's settings of HSTS."""
    choice("host", "subdomains", "preload", "off")(value)
    return {
        "SECURE_HSTS_SECONDS": 0 if value == "off" else 60 * 60 * 24 * 365,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": value in ("subdomains", "preload"),
        "SECURE_HSTS_PRELOAD": value == "preload",
    }


# The address of the site, its hosts and its key


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


def read_version(folder: Path) -> str:
    """Return the version with the commit of the checkout, or of `DIGEST_COMMIT` in an image: `0.2.0+f50080b`."""
    number = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    commit = COMMIT.read()
    if not commit and (folder / ".git").exists() and (git := shutil.which("git")):
        # with --git-dir, git also answers to a user who does not own the folder
        command = [git, f"--git-dir={folder / '.git'}", "rev-parse", "--short=7", "HEAD"]
        commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return f"{number}+{commit}" if commit else number


def read_site() -> Site:
    """Return the site's address. Stop if it is missing or local although other settings are those of a public site.

    Otherwise a misspelt SITE_URL would open the desk without a second factor, or be reported as another variable's fault.
    """
    address, hosts = SITE_URL.read(), ALLOWED_HOSTS.read()
    public_hosts = [name for name in hosts if name.strip("[]") not in LOOPBACK]
    example = next((name.lstrip(".") for name in public_hosts), "digest.example")
    if not SITE_URL.environment_value and (hosts or SECRET_KEY.environment_value):
        sign = ALLOWED_HOSTS if hosts else SECRET_KEY
        SITE_URL.stop(f"missing, and {sign.name} is set. A public site needs SITE_URL=https://{example}.")
    if not address.is_https and public_hosts:
        SITE_URL.stop(
            f"{address.url} is for this machine alone, and ALLOWED_HOSTS names {public_hosts[0]}."
            f" A public site needs SITE_URL=https://{example}."
        )
    return address


def allowed_hosts(site: Site) -> list[str]:
    hosts = ALLOWED_HOSTS.read()
    if hosts and not validate_host(site.host, hosts):
        ALLOWED_HOSTS.stop(f"the host of SITE_URL is missing: add {site.host}.")
    if not hosts and site.is_https:
        ALLOWED_HOSTS.stop(f"an https site needs its host names, for example {site.host}.")
    return hosts or sorted(LOOPBACK | {"[::1]"})


def secret_key(key_file: Path, *, is_public: bool) -> str:
    key = SECRET_KEY.read()
    if is_public and not key:
        SECRET_KEY.stop("an https site needs one: at least 50 random characters, kept out of the repository.")
    for setting, keys in (SECRET_KEY, [key]), (SECRET_KEY_FALLBACKS, SECRET_KEY_FALLBACKS.read()):
        is_weak = any(
            len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-") for key in keys
        )
        if is_public and is_weak:
            setting.stop("expected at least 50 random characters.")
    return key or _read_or_make_key(key_file)


def _read_or_make_key(key_file: Path) -> str:
    if not key_file.exists():
        key_file.parent.mkdir(parents=True, exist_ok=True)
        made = key_file.with_name(f"{key_file.name}.{os.getpid()}")
        made.write_text(secrets.token_urlsafe(50), encoding="ascii")
        made.chmod(0o600)
        try:
            # If two processes start at once, both use the key of the first to write it completely.
            os.link(made, key_file)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return key_file.read_text(encoding="ascii").strip()


# Addresses of servers


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
        config: dict[str, Any] = dict(dj_database_url.parse(value))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise Unexpected(expected) from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        require_sqlite_file(Path(config["NAME"] or ":memory:"))
        config["ENGINE"] = SQLITE
        config["CONN_MAX_AGE"] = None  # reopening the file costs more than rendering most pages
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_SETUP}
    elif config["ENGINE"] == "django.db.backends.postgresql":
        if not config["NAME"]:
            raise Unexpected(f"{expected}; the name of the database is missing")
        require_package("psycopg", "postgres")
        config["ENGINE"] = "briefs.database.postgresql"
        config["OPTIONS"] = POSTGRESQL_DEFAULTS | options
    else:
        raise ValueError("expected SQLite or PostgreSQL.")
    return config


def require_sqlite_file(file: Path) -> None:
    if not file.is_absolute():
        raise ValueError("SQLite needs a file with its whole path: sqlite:////srv/digest/digest.sqlite3.")
    if file.is_dir():
        raise ValueError(f"{file} is a folder; SQLite needs a file.")
    if file.parent.exists() and not os.access(file.parent, os.W_OK):
        raise ValueError(
            f"this user may not write to the folder {file.parent}, where SQLite needs files of its own."
        )


def databases(var: Path, site: Site) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES: `default` and, if set, `replica`, a PostgreSQL standby for public pages."""
    primary = DATABASE_URL.read(default=f"sqlite:///{var / 'digest.sqlite3'}")
    pool = DATABASE_POOL.read()
    if primary["ENGINE"] == SQLITE:
        # In a new clone without DATABASE_URL, the first process to open the file creates it.
        primary["EXPECTED_FILE"] = primary["NAME"] if DATABASE_URL.environment_value or site.is_https else ""
    else:
        primary["POOL_SIZE"] = pool
    replica = DATABASE_REPLICA_URL.read()
    if replica is None or primary["ENGINE"] == SQLITE:
        return {"default": primary}
    if all(replica[part] == primary[part] for part in ("HOST", "PORT", "NAME")):
        DATABASE_REPLICA_URL.stop("this is the database of DATABASE_URL, not a standby of it.")
    return {"default": primary, "replica": replica | {"POOL_SIZE": pool, "TEST": {"MIRROR": "default"}}}


def find_server_faults(databases: dict[str, dict[str, Any]], *, workers: int = 1) -> Iterator[str]:
    """Yield reasons why a server must not start. Commands may run: a restore drill uses SQLite with PostgreSQL's settings.

    `workers` is the option of gunicorn, which takes precedence over the setting.
    """
    if databases["default"]["ENGINE"] != SQLITE:
        return
    for name, processes in ((WEB_CONCURRENCY.name, WEB_CONCURRENCY.read()), ("--workers", workers)):
        if processes > 1:
            yield f"{name}: {processes} server processes need PostgreSQL; with SQLite run one, which has threads."
    if DATABASE_REPLICA_URL.environment_value:
        yield f"{DATABASE_REPLICA_URL.name}: a replica needs a DATABASE_URL of PostgreSQL, and this is SQLite."


def standby(value: str) -> dict[str, Any] | None:
    config = database(value) if value else None
    if config and config["ENGINE"] == SQLITE:
        raise ValueError("expected a PostgreSQL standby of DATABASE_URL.")
    return config


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
    expected = "console:, smtp://…, smtp+tls://… or smtps://user:password@host:port"
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
    if parts.scheme == "s3":
        return _s3_storage(parts)
    if parts.scheme != "file" or not parts.path or parts.netloc:
        raise Unexpected("file:///srv/digest/media (the whole path) or s3://bucket?region=…")
    location = {"location": unquote(parts.path)}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}


def _s3_storage(parts: SplitResult) -> dict[str, Any]:
    options = dict(parse_qsl(parts.query))
    endpoint = urlsplit(options.get("endpoint", "https:"))
    if (
        not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc)
        or parts.path.strip("/")
        or options.keys() - {"region", "endpoint"}
        or ("endpoint" in options and not (endpoint.scheme in ("http", "https") and endpoint.hostname))
    ):
        raise Unexpected(
            "s3://bucket?region=eu-west-1, and &endpoint=https://… for a service other than Amazon's"
        )
    require_package("boto3", "s3")
    return {"BACKEND": "digest.s3_storage.S3Storage", "OPTIONS": {"bucket": parts.netloc, **options}}


def listener(value: str) -> tuple[str, int] | None:
    """Return host and port of the second listener, or None."""
    if not value:
        return None
    host, _, port = value.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Unexpected("host:port such as 127.0.0.1:9101")
    if is_public_address(host):
        raise ValueError(
            f"{host} can be reached from outside. Use 127.0.0.1 or an address of a private network."
        )
    require_package("prometheus_client", "metrics")
    return host, int(port)


def is_public_address(host: str) -> bool:
    """Return whether this is an internet address, or the wildcard for all addresses of the machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return False  # a name, which `doctor` looks up
    return address.is_global or address.is_unspecified


def report_address(value: str) -> str:
    expected = "https://key@host/number"
    if value:
        parts = split_address(value, expected)
        if parts.scheme not in ("http", "https") or not parts.username or not parts.hostname:
            raise Unexpected(expected)
        require_package("sentry_sdk", "sentry")
    return value


def assistants(value: str) -> bool:
    if flag(value):
        require_package("django_mcpz", "mcp")
    return flag(value)


ENV_FILE: Final = Setting("DIGEST_ENV_FILE", file_path)
SITE_URL: Final = Setting("SITE_URL", site_address, "http://127.0.0.1:8000")
SECRET_KEY: Final = Setting("SECRET_KEY", str, is_secret=True)
SECRET_KEY_FALLBACKS: Final = Setting("SECRET_KEY_FALLBACKS", name_list, is_secret=True)
ALLOWED_HOSTS: Final = Setting("ALLOWED_HOSTS", host_names)
DATABASE_URL: Final = Setting("DATABASE_URL", database, is_secret=True)
DATABASE_POOL: Final = Setting("DATABASE_POOL", number(1, 1_000), "10")
DATABASE_REPLICA_URL: Final = Setting("DATABASE_REPLICA_URL", standby, is_secret=True)
CACHE_URL: Final = Setting("CACHE_URL", cache, is_secret=True)
MEDIA_STORAGE: Final = Setting("MEDIA_STORAGE", media_storage)
EMAIL_URL: Final = Setting("EMAIL_URL", mailer, "console:", is_secret=True)
EMAIL_FROM: Final = Setting("EMAIL_FROM", mail_address)
DEPARTURES_FILE: Final = Setting("DEPARTURES_FILE", file_path)
MAIL_RATE: Final = Setting("MAIL_RATE", number(1, 100_000), "600")
BOUNCE_ADDRESS: Final = Setting("BOUNCE_ADDRESS", bare_mail_address)
SECURITY_CONTACT: Final = Setting("SECURITY_CONTACT", mail_address)
SITE_NAME_ZH: Final = Setting("SITE_NAME_ZH", one_line, "智庫文摘")
SITE_NAME_EN: Final = Setting("SITE_NAME_EN", one_line, "Think-Tank Digest")
TIME_ZONE: Final = Setting("TIME_ZONE", zone, "Asia/Taipei")
HSTS: Final = Setting("HSTS", hsts, "host")
COMMIT: Final = Setting("DIGEST_COMMIT", commit_hash)
DATE_ORDER: Final = Setting("DIGEST_DATE_ORDER", choice("mdy", "dmy"), "mdy")
FOUR_EYES: Final = Setting("DIGEST_FOUR_EYES", flag, "1")
REQUIRE_MFA: Final = Setting("DIGEST_REQUIRE_MFA", flag)
BLOCKING_CHECKS: Final = Setting("DIGEST_BLOCKING_CHECKS", blocking_checks, "completeness")
SEARCH_SECONDS: Final = Setting("DIGEST_SEARCH_SECONDS", number(0, 100_000), "4")
QUOTE_LIMIT: Final = Setting("DIGEST_QUOTE_LIMIT", number(0, 100_000), "0")
API_LIMIT: Final = Setting("DIGEST_API_LIMIT", number(0, 100_000), "120")
CORPUS: Final = Setting("DIGEST_CORPUS", flag, "1")
LICENCE: Final = Setting("DIGEST_LICENCE", link)
MCP: Final = Setting("DIGEST_MCP", assistants, "0")
PROXIES: Final = Setting("DIGEST_PROXIES", number(0, 9))
LOG_FORMAT: Final = Setting("LOG_FORMAT", choice("text", "json"), "text")
ACCESS_LOG: Final = Setting("ACCESS_LOG", flag)
METRICS_BIND: Final = Setting("METRICS_BIND", listener)
SENTRY_DSN: Final = Setting("SENTRY_DSN", report_address, is_secret=True)
DEBUG: Final = Setting("DEBUG", flag, "0")
WEB_CONCURRENCY: Final = Setting("WEB_CONCURRENCY", number(1, 100), "1")
