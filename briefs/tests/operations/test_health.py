"""What the probes find and answer, and that they never wait for what hangs."""

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import RequestFactory
from django.utils import timezone

from briefs.database import guards
from briefs.models import JobRun, Outbox
from briefs.operations import health
from briefs.tests.support import factories
from digest.wsgi import application

pytestmark = pytest.mark.django_db

LONG_AGO = dt.timedelta(days=2)


@pytest.fixture(autouse=True)
def _no_threads_left() -> Iterator[None]:
    yield
    health.stop_watching()


def ask(path: str = "/readyz", method: str = "GET", **environ: str) -> tuple[int, dict[str, str], bytes]:
    """Send a request to the server itself, under a bare address and over http."""
    told: list[Any] = []
    request = RequestFactory()._base_environ(PATH_INFO=path, REQUEST_METHOD=method)  # type: ignore[attr-defined]
    request |= {"HTTP_HOST": "203.0.113.9", **environ}
    body = b"".join(application(request, lambda status, headers: told.extend((status, dict(headers)))))
    return int(told[0].split()[0]), told[1], body


# What is found


def queue_old_notice() -> None:
    person = factories.person("w", "Writers")
    Outbox.objects.create(key="k", kind="review", to=person, due_at=timezone.now() - LONG_AGO)


FAULTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], object]]] = {
    "unapplied migration": (
        "migrations",
        lambda patch: MigrationRecorder(connection).record_unapplied("briefs", "0001_initial"),
    ),
    "missing guard": ("guards", lambda patch: patch.setattr(guards, "find_missing_guards", lambda c: ["frozen"])),
    "database away": ("database", lambda patch: patch.setattr(connection, "cursor", lambda: 1 / 0)),
    "late publish_due": ("jobs", lambda patch: JobRun.record("publish_due", timezone.now() - LONG_AGO)),
    "old backup": ("backup", lambda patch: JobRun.record(JobRun.PROVED_BACKUP, timezone.now() - LONG_AGO)),
    "damage": ("integrity", lambda patch: JobRun.record(health.DAMAGE)),
    "old examination": ("integrity", lambda patch: JobRun.record(health.INTEGRITY, timezone.now() - LONG_AGO)),
    "overdue notice": ("notices", lambda patch: queue_old_notice()),
    "full disk": ("disk", lambda patch: patch.setattr(health, "LOW_DISK", 1 << 60)),
    "mail server": ("mail", lambda patch: patch.setitem(settings.MAILERS["default"], "OPTIONS", {"host": "127.0.0.1", "port": 9})),
}  # fmt: skip


def test_healthy_site_has_no_fault() -> None:
    for name in (*health.JOB_LIMITS, health.INTEGRITY):
        JobRun.record(name)
    JobRun.record(health.DAMAGE, timezone.now() - LONG_AGO)
    status = health.check_now()
    assert {part: fault for part, fault in status.faults.items() if fault} == {}
    assert status.can_serve
    assert status.figures["database_bytes"] > 100_000
    assert status.figures["notices_overdue"] == 0
    assert 0 <= status.figures["proved_backup_age_seconds"] < 60


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found_and_only_required_parts_take_a_node_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, cause = FAULTS[name]
    cause(monkeypatch)
    status = health.check_now()
    monkeypatch.undo()
    assert status.faults[part]
    assert status.can_serve is (part not in ("database", "guards", "migrations"))


@pytest.mark.usefixtures("denied_cache")
def test_cache_that_is_away_is_reported() -> None:
    status = health.check_now()
    assert (status.faults["cache"], status.can_serve) == ("away", True)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file of SQLite")
def test_log_that_is_not_emptied_and_read_only_file_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LARGE_WAL", -1)
    monkeypatch.setattr(health.os, "access", lambda *_: False)
    faults = health.check_now().faults
    assert (faults["wal"][-2:], faults["writes"]) == ("MB", "the database file is read-only")


# What is answered


def test_probes_answer_under_any_host_without_a_query(django_assert_num_queries: Any) -> None:
    assert health.start_watching()[0].has_looked.wait(30)
    with django_assert_num_queries(0):
        assert ask("/healthz")[::2] == (200, b"ok")
        status, headers, body = ask()
        assert ask(method="HEAD")[2] == b""
        assert ask(method="POST")[0] == 405
    parts = [check.part for check in (*health.REQUIRED_CHECKS, *health.OPTIONAL_CHECKS)]
    answer = json.loads(body)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert [*answer] == ["version", *parts]
    assert {answer[part] for part in parts[:3]} == {"ok"}


def watch_hanging_check(monkeypatch: pytest.MonkeyPatch, checks: str) -> threading.Event:
    """Let the first of the checks wait for the event that is returned. Nothing else is examined."""
    is_back = threading.Event()

    def hang(figures: health.Figures) -> str:
        return "" if is_back.wait(60) else "still away"

    (first, *_) = getattr(health, checks)
    well = health.Check("well", lambda figures: "", 1)
    for name in ("REQUIRED_CHECKS", "OPTIONAL_CHECKS"):
        monkeypatch.setattr(health, name, (health.Check(first.part, hang, 1),) if name == checks else (well,))
    monkeypatch.setattr(health, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(health, "STUCK_AFTER", 0.1)
    return is_back


def test_hanging_database_takes_the_node_out_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    is_back = watch_hanging_check(monkeypatch, "REQUIRED_CHECKS")
    assert ask()[0] == 503, "not examined yet"
    time.sleep(0.1)
    assert ask()[0] == 503
    is_back.set()
    monkeypatch.setattr(health, "FIRST_WAIT", 30.0)
    assert ask()[0] == 200


def test_hanging_optional_part_is_reported_and_takes_no_node_out(monkeypatch: pytest.MonkeyPatch) -> None:
    is_back = watch_hanging_check(monkeypatch, "OPTIONAL_CHECKS")
    assert health.start_watching()[0].has_looked.wait(30)
    status, _headers, body = ask()
    assert (status, json.loads(body)["cache"]) == (200, "failed")
    is_back.set()


def test_check_that_hangs_later_fails_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = health.Watch((health.Check("database", lambda figures: "", 1),))
    watch.faults["database"] = ""
    assert watch.read_faults() == {"database": ""}
    watch.running = ("database", time.monotonic() - health.STUCK_AFTER - 1)
    assert watch.read_faults() == {"database": "no answer"}


def test_parts_keep_what_was_found_while_the_database_is_away() -> None:
    asked: list[str] = []
    away = health.Check("database", lambda figures: "away", 1)
    guards_check = health.Check("guards", lambda figures: asked.append("guards"), 1)
    watch = health.Watch((away, guards_check), faults={"guards": ""})
    watch.start()
    assert watch.has_looked.wait(30)
    watch.stop()
    assert (watch.read_faults(), asked) == ({"database": "away", "guards": ""}, [])


def test_connection_from_before_a_restart_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    def ask(figures: health.Figures) -> None:
        calls.append("asked")
        if len(calls) == 1:
            connection.errors_occurred = True  # as Django notes when a statement fails
            raise OperationalError("the server closed the connection")

    watch = health.Watch((health.Check("database", ask, 1),))

    def examine() -> None:
        connections["default"] = health._build_own_connection()
        connection.ensure_connection()
        watch._examine(watch.checks[0])
        connections.close_all()

    thread = threading.Thread(target=examine)
    thread.start()
    thread.join()
    assert (watch.faults, len(calls), caplog.records) == ({"database": ""}, 2, [])


def test_reason_is_logged_once_and_not_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(figures: health.Figures) -> None:
        raise ConnectionError("host db.internal refused")

    watch = health.Watch((health.Check("database", fail, 1),))
    for _ in range(3):
        watch._examine(watch.checks[0])
    assert [r.message for r in caplog.records] == [
        "database failed: ConnectionError: host db.internal refused"
    ]
    monkeypatch.setattr(health, "REQUIRED_CHECKS", watch.checks)
    assert b"internal" not in ask()[2]
