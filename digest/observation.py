"""Request ids, the access log, and the probes `/healthz` and `/readyz`."""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from briefs.operations import health
from digest.logs import hide_tokens, request_id

# `/healthz` and `/readyz`, answered before Django runs: for any host name, over http, without a query.

type Environ = dict[str, Any]
type Application = Callable[[Environ, Any], Iterable[bytes]]

_STATUS_LINES: Final = {200: "200 OK", 405: "405 Method Not Allowed", 503: "503 Service Unavailable"}


def answer_probes(application: Application) -> Application:
    """Wrap the application to answer probes. Reasons of failures are only logged: readers can reach these addresses."""

    @wraps(application)
    def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] in PROBES:
            return answer_probe(environ, start_response)
        return application(environ, start_response)

    return answer


def answer_probe(environ: Environ, start_response: Any) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, body, content_type = 405, b"", "text/plain"
    else:
        status, body, content_type = PROBES[environ["PATH_INFO"]]()
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **({"Allow": "GET, HEAD"} if status == 405 else {}),
    }
    start_response(_STATUS_LINES[status], list(headers.items()))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _healthz() -> tuple[int, bytes, str]:
    return 200, b"ok", "text/plain"


def _readyz() -> tuple[int, bytes, str]:
    """Answer 200 if this process can serve, else 503. Failures of optional parts are reported, but give 200."""
    status = health.read_status()
    parts = {part: "failed" if fault else "ok" for part, fault in status.faults.items()}
    body = json.dumps({"version": settings.VERSION, **parts})
    return 200 if status.can_serve else 503, body.encode(), "application/json"


PROBES: Final = {"/healthz": _healthz, "/readyz": _readyz}


# Give each request an id, and record it in the access log.

access = logging.getLogger("digest.access")

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
ROUTE: Final = "digest.route"


def observe(application: Application) -> Application:
    """Wrap the application to log requests. No IP address, name, query or form value is logged."""

    @wraps(application)
    def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        sent_id = environ.get("HTTP_X_REQUEST_ID", "")
        identifier = sent_id if _WELL_FORMED.fullmatch(sent_id) else uuid.uuid4().hex
        request_id.set(identifier)
        began, status = time.perf_counter(), "500"
        # read before Django replaces it by the decoded path
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@~+,;=!$&()*")

        def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, [*headers, ("X-Request-ID", identifier)], *rest)

        try:
            return application(environ, start)
        finally:
            _record(environ, path, status, time.perf_counter() - began)

    return answer


def _record(environ: Environ, path: str, status: str, seconds: float) -> None:
    if access.isEnabledFor(logging.INFO):
        fields = {
            "method": environ["REQUEST_METHOD"],
            "path": hide_tokens(path),
            "route": environ.get(ROUTE) or ("static" if path.startswith(settings.STATIC_URL) else "none"),
            "status": int(status),
            "ms": round(seconds * 1000, 1),
        }
        access.info("request", extra={"fields": fields})


def note_route(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that passes the route's name to `observe`, for the access log."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.resolver_match is not None:
            request.environ[ROUTE] = request.resolver_match.view_name  # type: ignore[attr-defined]
        return response

    return answer
