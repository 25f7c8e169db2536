"""Every setting of the site, declared once: name, parser, default, whether it is secret.

Values come from the environment of the process and from the file that `DIGEST_ENV_FILE` names; the process takes
precedence. A wrong value or name stops the start with one sentence that begins with the variable.
"""

import os
import secrets
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from django.http.request import validate_host
from rapidfuzz.distance import OSA

from .environment_file import UnreadableLine, read_assignments
from .setting_parsers import (
    LOOPBACK,
    SQLITE,
    Site,
    Unexpected,
    bare_mail_address,
    cache,
    choice,
    database,
    file_path,
    flag,
    host_names,
    link,
    mail_address,
    mailer,
    media_storage,
    name_list,
    number,
    one_line,
    report_address,
    site_address,
    zone,
)

PREFIX: Final = "DIGEST_"

FOREIGN_PREFIXES: Final = ("LC_", "MALLOC_", "PG", "PYTHON", "SSL_")
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


def read_version(folder: Path) -> str:
    """Return the version, in a checkout with its commit: `0.2.0+f50080b`."""
    number: str = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    git = shutil.which("git")
    if not git or not (folder / ".git").exists():
        return number
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


def databases(var: Path) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES."""
    config = DATABASE_URL.read(default=f"sqlite:///{var / 'digest.sqlite3'}")
    if config["ENGINE"] == SQLITE:
        config["EXPECTED_FILE"] = config["NAME"]
    return {"default": config}


def find_server_faults(databases: dict[str, dict[str, Any]], *, workers: int = 1) -> Iterator[str]:
    """Yield reasons why a server must not start. Commands may run: a restore drill uses SQLite with PostgreSQL's settings.

    `workers` is the option of gunicorn, which takes precedence over the setting.
    """
    if databases["default"]["ENGINE"] != SQLITE:
        return
    for name, processes in ((WEB_CONCURRENCY.name, WEB_CONCURRENCY.read()), ("--workers", workers)):
        if processes > 1:
            yield f"{name}: {processes} server processes need PostgreSQL; with SQLite run one, which has threads."


ENV_FILE: Final = Setting("DIGEST_ENV_FILE", file_path)
SITE_URL: Final = Setting("SITE_URL", site_address, "http://127.0.0.1:8000")
SECRET_KEY: Final = Setting("SECRET_KEY", str, is_secret=True)
SECRET_KEY_FALLBACKS: Final = Setting("SECRET_KEY_FALLBACKS", name_list, is_secret=True)
ALLOWED_HOSTS: Final = Setting("ALLOWED_HOSTS", host_names)
DATABASE_URL: Final = Setting("DATABASE_URL", database, is_secret=True)
CACHE_URL: Final = Setting("CACHE_URL", cache, is_secret=True)
MEDIA_STORAGE: Final = Setting("MEDIA_STORAGE", media_storage)
EMAIL_URL: Final = Setting("EMAIL_URL", mailer, "console:", is_secret=True)
EMAIL_FROM: Final = Setting("EMAIL_FROM", mail_address)
DEPARTURES_FILE: Final = Setting("DEPARTURES_FILE", file_path)
BOUNCE_ADDRESS: Final = Setting("BOUNCE_ADDRESS", bare_mail_address)
SITE_NAME_ZH: Final = Setting("SITE_NAME_ZH", one_line, "智庫文摘")
SITE_NAME_EN: Final = Setting("SITE_NAME_EN", one_line, "Think-Tank Digest")
TIME_ZONE: Final = Setting("TIME_ZONE", zone, "Asia/Taipei")
FOUR_EYES: Final = Setting("DIGEST_FOUR_EYES", flag, "1")
REQUIRE_MFA: Final = Setting("DIGEST_REQUIRE_MFA", flag)
LICENCE: Final = Setting("DIGEST_LICENCE", link("https://example.org/terms"))
PROXIES: Final = Setting("DIGEST_PROXIES", number(0, 9))
LOG_FORMAT: Final = Setting("LOG_FORMAT", choice("text", "json"), "text")
PING_URL: Final = Setting("PING_URL", link("https://watcher.example/ping"), is_secret=True)
SENTRY_DSN: Final = Setting("SENTRY_DSN", report_address, is_secret=True)
DEBUG: Final = Setting("DEBUG", flag, "0")
WEB_CONCURRENCY: Final = Setting("WEB_CONCURRENCY", number(1, 100), "1")
