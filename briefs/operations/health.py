"""Find out whether this process can serve, and what needs attention. Used by the probes, `doctor` and the desk.

`read_status` answers from what two threads of this process found, so it never waits for a database or a server that
hangs. The threads start when somebody first asks. `check_now` runs every check in the caller's thread.
"""

import datetime as dt
import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.request import urlopen

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone

from briefs.database import guards
from briefs.database.versions import find_missing_migrations, find_unknown_migrations
from briefs.models import JobRun, Outbox

log = logging.getLogger(__name__)

JOB_LIMITS: Final = {
    "publish_due": dt.timedelta(minutes=15),
    JobRun.PROVED_BACKUP: dt.timedelta(hours=26),
}
"""Time since its last run after which a job is late."""
INTEGRITY, DAMAGE = "integrity", "integrity_failed"
"""Names of the runs that `doctor` records when it has examined the database."""
INTEGRITY_LIMIT: Final = dt.timedelta(hours=26)
NOTICE_LIMIT: Final = dt.timedelta(hours=1)
LOW_DISK: Final = 1 << 30
LARGE_WAL: Final = 256 << 20
RETRY_AFTER: Final = 3.0
STUCK_AFTER: Final = 5.0
"""Seconds after which a check that has not ended counts as failed."""
FIRST_WAIT: Final = 0.8
"""Seconds that the first question waits for the first answers."""
PING_TIMEOUT: Final = 5.0

type Figures = dict[str, float]
type Finder = Callable[[Figures], object]
"""A check: return a description of the problem or a falsy value, and add the part's figures to the argument."""


class Check(NamedTuple):
    part: str
    find_fault: Finder
    seconds: float
    """Pause between two runs; at most RETRY_AFTER after a failure."""


@dataclass(frozen=True, slots=True)
class Status:
    faults: dict[str, str]
    """Each part with its fault, empty if it is fine. Faults may name hosts and folders: log them, do not publish them."""
    figures: Figures = field(default_factory=dict)
    """What `check_now` measured; `read_status` has none."""

    @property
    def can_serve(self) -> bool:
        return not any(self.faults.get(check.part) for check in REQUIRED_CHECKS)


def check_now() -> Status:
    figures: Figures = {}
    checks = (*REQUIRED_CHECKS, *OPTIONAL_CHECKS)
    return Status({check.part: _find_fault(check, figures) for check in checks}, figures)


def _find_fault(check: Check, figures: Figures) -> str:
    try:
        return str(check.find_fault(figures) or "")
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def count_overdue_notices(now: dt.datetime) -> int:
    return Outbox.objects.filter(sent_at=None, cancelled_at=None, due_at__lt=now - NOTICE_LIMIT).count()


def measure_disks() -> dict[Path, int]:
    """Return the free bytes of each folder that the site writes to."""
    places = {Path(settings.BASE_DIR), Path(default_storage.path(""))}
    if file := _sqlite_file():
        places.add(file.parent)
    return {folder: shutil.disk_usage(folder).free for folder in sorted(places) if folder.exists()}


def _sqlite_file() -> Path | None:
    return Path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None


def _check_database(figures: Figures) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA schema_version" if connection.vendor == "sqlite" else "SELECT 1")
        cursor.fetchone()


def _check_guards(figures: Figures) -> list[str]:
    return sorted(guards.find_missing_guards(connection))


def _check_migrations(figures: Figures) -> list[tuple[str, str]]:
    return find_missing_migrations(connection) + find_unknown_migrations(connection)


def _check_writes(figures: Figures) -> str:
    if file := _sqlite_file():
        return "" if os.access(file, os.W_OK) else "the database file is read-only"
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return "the database is read-only" if cursor.fetchone() == ("on",) else ""


def find_cache_fault(figures: Figures | None = None) -> str:
    cache.set("health", "well", 60)
    is_away = getattr(cache, "is_away", None)  # only caches on a server have it
    if is_away and is_away():
        return "away"
    return "" if cache.get("health") == "well" else "does not keep what it is given"


def _check_mail(figures: Figures) -> None:
    """Only connect to the mail server. Signing in every few minutes would fill its log."""
    options: dict[str, Any] = settings.MAILERS["default"].get("OPTIONS", {})
    if host := options.get("host"):
        socket.create_connection((host, int(options["port"])), timeout=3).close()


def _check_notices(figures: Figures) -> str:
    now = timezone.now()
    overdue = count_overdue_notices(now)
    waiting = Outbox.objects.filter(sent_at=None, cancelled_at=None, due_at__lte=now).count()
    figures |= {"notices_waiting": waiting, "notices_overdue": overdue}
    return f"{overdue} overdue" if overdue else ""


def _check_jobs(figures: Figures) -> str:
    return _find_late_job("publish_due", JOB_LIMITS["publish_due"], figures)


def _check_backup(figures: Figures) -> str:
    return _find_late_job(JobRun.PROVED_BACKUP, JOB_LIMITS[JobRun.PROVED_BACKUP], figures)


def _check_integrity(figures: Figures) -> str:
    runs = dict(JobRun.objects.filter(name__in=(INTEGRITY, DAMAGE)).values_list("name", "at"))
    sound_at, damaged_at = runs.get(INTEGRITY), runs.get(DAMAGE)
    if damaged_at and (sound_at is None or damaged_at > sound_at):
        figures[f"{INTEGRITY}_age_seconds"] = (timezone.now() - damaged_at).total_seconds()
        return "the database is damaged"
    return _find_late_job(INTEGRITY, INTEGRITY_LIMIT, figures)


def _find_late_job(name: str, limit: dt.timedelta, figures: Figures) -> str:
    """Return a sentence if a job is late. A job that never ran is not, so a site without timers is not reported."""
    at = JobRun.objects.filter(name=name).values_list("at", flat=True).first()
    if at is None:
        return ""
    age = timezone.now() - at
    figures[f"{name}_age_seconds"] = age.total_seconds()
    return f"{name} last ran {at:%Y-%m-%d %H:%M} UTC" if age > limit else ""


def _check_disk(figures: Figures) -> str:
    free = measure_disks()
    figures["disk_free_bytes"] = min(free.values())
    return ", ".join(f"{size >> 20} MB free at {folder}" for folder, size in free.items() if size < LOW_DISK)


def _check_size(figures: Figures) -> str:
    """Measure the database, and report a write-ahead log of SQLite that is no longer emptied."""
    if not (file := _sqlite_file()):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            figures["database_bytes"] = cursor.fetchone()[0]
        return ""
    wal = file.with_name(f"{file.name}-wal")
    figures["database_bytes"] = file.stat().st_size
    figures["wal_bytes"] = size = wal.stat().st_size if wal.exists() else 0
    return f"{size >> 20} MB" if size > LARGE_WAL else ""


REQUIRED_CHECKS: Final = (
    Check("database", _check_database, 1),
    Check("guards", _check_guards, 10),
    Check("migrations", _check_migrations, 10),
)
OPTIONAL_CHECKS: Final = (
    Check("cache", find_cache_fault, 15),
    Check("disk", _check_disk, 15),
    Check("mail", _check_mail, 300),
    Check("writes", _check_writes, 15),
    Check("wal", _check_size, 60),
    Check("notices", _check_notices, 15),
    Check("jobs", _check_jobs, 15),
    Check("backup", _check_backup, 60),
    Check("integrity", _check_integrity, 60),
)


@dataclass(slots=True)
class Watch:
    """Repeat checks in its own thread, with its own connection."""

    checks: tuple[Check, ...]
    faults: dict[str, str] = field(default_factory=dict)
    running: tuple[str, float] | None = None
    """The part whose check is running, and since when; None between checks."""
    has_looked: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run, name="health", daemon=True)
        self.thread.start()

    def is_alive(self) -> bool:
        """Return whether the thread runs in this process: a fork does not copy it, so each worker starts its own."""
        return self.thread is not None and self.thread.is_alive()

    def stop(self) -> None:
        self.stopped.set()
        if self.thread is not None:
            self.thread.join()

    def read_faults(self) -> dict[str, str]:
        """Return the fault of each part. A part that was never examined, or whose check hangs, has failed."""
        running = self.running
        faults = {check.part: self.faults.get(check.part, "not examined yet") for check in self.checks}
        if running and time.monotonic() - running[1] > STUCK_AFTER:
            faults[running[0]] = "no answer"
        return faults

    def _run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = _build_own_connection()
        due = dict.fromkeys(self.checks, 0.0)
        try:
            while not self.stopped.is_set():
                for check in self.checks:
                    if time.monotonic() >= due[check] and not self.stopped.is_set():
                        self._examine(check)
                        pause = min(check.seconds, RETRY_AFTER if self.faults[check.part] else check.seconds)
                        due[check] = time.monotonic() + pause
                    if check.part == "database" and self.faults.get(check.part):
                        break  # the other checks need the database too, and keep their last result
                self.has_looked.set()
                self.stopped.wait(1.0)
        finally:
            connections.close_all()

    def _examine(self, check: Check) -> None:
        self.running = (check.part, time.monotonic())
        was_connected = connection.connection is not None
        fault = _find_fault(check, {})
        if fault and connection.errors_occurred:
            with suppress(Exception):
                connection.close()
            if was_connected:  # the server may have restarted since; requests would connect anew
                fault = _find_fault(check, {})
        before = self.faults.get(check.part, "")
        if fault and not before:
            log.error("%s failed: %s", check.part, fault)
        elif before and not fault:
            log.warning("%s works again", check.part)
        self.faults[check.part] = fault
        self.running = None


def _build_own_connection() -> Any:
    """Return a connection outside the pool, so that a probe succeeds while readers hold every pooled one."""
    own = connections[DEFAULT_DB_ALIAS].copy()
    if own.vendor == "postgresql":
        own.settings_dict["OPTIONS"].pop("pool", None)
        own.settings_dict["OPTIONS"] |= {"connect_timeout": 2, "tcp_user_timeout": 5000}
    return own


_watches: tuple[Watch, ...] = ()
_start_lock = threading.Lock()


def start_watching() -> tuple[Watch, ...]:
    """Start the threads, unless they run in this process."""
    global _watches
    with _start_lock:
        if not _watches or not all(watch.is_alive() for watch in _watches):
            for watch in _watches:
                watch.stopped.set()
            _watches = (Watch(REQUIRED_CHECKS), Watch(OPTIONAL_CHECKS))
            for watch in _watches:
                watch.start()
        return _watches


def read_status() -> Status:
    """Return the last results of the threads, without waiting."""
    watches = start_watching()
    until = time.monotonic() + FIRST_WAIT
    for watch in watches:
        watch.has_looked.wait(max(0.0, until - time.monotonic()))
    return Status({part: fault for watch in watches for part, fault in watch.read_faults().items()})


def stop_watching() -> None:
    global _watches
    for watch in _watches:
        watch.stop()
    _watches = ()


def ping_watcher() -> None:
    """Call `PING_URL` after a job has succeeded. Log a failed call, which must not fail the job."""
    if settings.PING_URL:
        try:
            urlopen(settings.PING_URL, timeout=PING_TIMEOUT).close()  # noqa: S310  # the parser allows http and https
        except Exception as error:
            log.warning("PING_URL was not reached: %s", error)
