"""Give each request an id, and record it in the access log."""

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

from digest.logs import hide_tokens, request_id

from .probes import Application, Environ

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
