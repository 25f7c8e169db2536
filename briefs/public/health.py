"""Liveness and readiness endpoints. They name the failing part; the reason is only logged."""

import datetime as dt
import logging
import shutil
from collections.abc import Callable
from functools import cache as once

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from ..database import guards
from ..models.site import JobRun
from .responses import NO_STORE

log = logging.getLogger(__name__)
LATE_AFTER = {"publish_due": dt.timedelta(minutes=15), "backup": dt.timedelta(hours=26)}
LOW_DISK = 1 << 30


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": NO_STORE})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if this node can serve. Optional parts are reported and do not take it out."""
    required, optional = (
        {part: _is_healthy(part, check) for part, check in checks.items()}
        for checks in (REQUIRED_CHECKS, OPTIONAL_CHECKS)
    )
    parts = {part: "ok" if fine else "failed" for part, fine in (required | optional).items()}
    return JsonResponse(
        {"version": settings.VERSION, **parts},
        status=200 if all(required.values()) else 503,
        headers={"Cache-Control": NO_STORE},
    )


def _is_healthy(part: str, check: Callable[[], object]) -> bool:
    """Run a check, which returns a description of the problem or a falsy value."""
    try:
        wrong = check()
    except Exception:
        log.exception("readyz: %s", part)
        return False
    if wrong:
        log.error("readyz: %s: %s", part, wrong)
    return not wrong


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> list[tuple[str, str]]:
    return sorted(_disk_migrations() - MigrationRecorder(connection).applied_migrations().keys())


@once
def _disk_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _cache() -> str:
    cache.set("readyz", "well", 10)
    return "" if cache.get("readyz") == "well" else "does not keep what it is given"


def _late_jobs() -> list[str]:
    """Return the jobs that ran once and are late now. A site without timers is not reported."""
    now = timezone.now()
    runs = JobRun.objects.filter(name__in=LATE_AFTER).values_list("name", "at")
    return [name for name, at in runs if now - at > LATE_AFTER[name]]


def _disk() -> str:
    free = shutil.disk_usage(settings.BASE_DIR).free
    return f"{free >> 20} MB free" if free < LOW_DISK else ""


REQUIRED_CHECKS: dict[str, Callable[[], object]] = {
    "database": _database,
    "guards": lambda: guards.find_missing_guards(connection),
    "migrations": _migrations,
}
OPTIONAL_CHECKS: dict[str, Callable[[], object]] = {"cache": _cache, "jobs": _late_jobs, "disk": _disk}
