"""Liveness and readiness endpoints. They name the failing part; the reason is only logged."""

import logging
from collections.abc import Callable
from functools import cache as once

from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from ..database import guards
from .responses import NO_STORE

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": NO_STORE})


def readyz(request: HttpRequest) -> HttpResponse:
    well = {part: _is_healthy(part, check) for part, check in READINESS_CHECKS.items()}
    return JsonResponse(
        {part: "ok" if fine else "failed" for part, fine in well.items()},
        status=200 if all(well.values()) else 503,
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


READINESS_CHECKS: dict[str, Callable[[], object]] = {
    "database": _database,
    "guards": lambda: guards.find_missing_guards(connection),
    "migrations": _migrations,
    "cache": _cache,
}
