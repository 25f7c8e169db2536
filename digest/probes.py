"""`/healthz` and `/readyz`, answered before Django runs: for any host name, over http, without a query."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final

from django.conf import settings

from briefs.operations import health

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
