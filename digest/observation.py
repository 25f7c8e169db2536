"""Request ids, probes (`/healthz`, `/readyz`), Prometheus, and the listener for both.

With several workers, prometheus-client adds up files in `PROMETHEUS_MULTIPROC_DIR`, which deploy/gunicorn.conf.py makes
before this is imported. Only counters and histograms are kept there: they need no clean-up when a worker ends.
"""

import json
import logging
import os
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from briefs import health
from digest.logs import hide_tokens, request_id

# Counters for Prometheus, if `METRICS_BIND` is set: requests of all workers, and what `briefs.health` last measured.

if settings.METRICS_BIND:
    import prometheus_client as prometheus
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.multiprocess import MultiProcessCollector

    REQUESTS = prometheus.Counter("digest_requests", "Requests.", ["route", "status"], registry=None)
    SECONDS = prometheus.Histogram(
        "digest_request_seconds",
        "Seconds until the answer was made.",
        ["route"],
        registry=None,
        buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    )


def count_request(route: str, status: str, seconds: float) -> None:
    if settings.METRICS_BIND:
        REQUESTS.labels(route, status).inc()
        SECONDS.labels(route).observe(seconds)


class _HealthCollector:
    def collect(self) -> Iterator[Any]:
        status = health.read_status()
        parts = GaugeMetricFamily("digest_part_ok", "Whether a part of /readyz is fine.", labels=["part"])
        for part, fault in status.faults.items():
            parts.add_metric([part], 0 if fault else 1)
        yield parts
        for name, value in status.figures.items():
            yield GaugeMetricFamily(f"digest_{name}", name.replace("_", " "), value=value)


def render_metrics() -> bytes:
    registry: Any = prometheus.CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        collector: Any = MultiProcessCollector
        collector(registry)
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(_HealthCollector())
    return bytes(prometheus.generate_latest(registry))


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


def answer_probe(environ: Environ, start_response: Any, *, with_figures: bool = False) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, body, content_type = 405, b"", "text/plain"
    else:
        status, body, content_type = PROBES[environ["PATH_INFO"]](with_figures)
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **({"Allow": "GET, HEAD"} if status == 405 else {}),
    }
    start_response(_STATUS_LINES[status], list(headers.items()))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _healthz(with_figures: bool) -> tuple[int, bytes, str]:
    return 200, b"ok", "text/plain"


def _readyz(with_figures: bool) -> tuple[int, bytes, str]:
    """Answer 200 if this process can serve, else 503. Failures of optional parts are reported, but give 200."""
    status = health.read_status()
    parts = {part: "failed" if fault else "ok" for part, fault in status.faults.items()}
    body: dict[str, object] = {"version": settings.VERSION, **parts}
    if with_figures:
        body["details"] = status.figures
    return 200 if status.can_serve else 503, json.dumps(body).encode(), "application/json"


PROBES: Final = {"/healthz": _healthz, "/readyz": _readyz}


# The second listener, for probes and Prometheus: `METRICS_BIND`. Never open it to the public.

log = logging.getLogger(__name__)


def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path in PROBES:
        return answer_probe(environ, start_response, with_figures=True)
    if path == "/metrics" and environ["REQUEST_METHOD"] == "GET":
        start_response("200 OK", [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")])
        return [render_metrics()]
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b""]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_port = True  # each worker listens; the kernel gives a connection to one of them

    def server_bind(self) -> None:
        """Bind without a look-up of the machine's name, which may be slow."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log in one line that a client sent nothing or left. The standard library would print a traceback."""
        log.warning("METRICS_BIND: a request was not answered: %s", type(sys.exception()).__name__)


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = 5

    def log_message(self, *args: Any) -> None:
        return


def start_listener() -> None:
    """Listen in an extra thread of this worker, which answers probes while all other threads are busy."""
    if not settings.METRICS_BIND:
        return
    host, port = settings.METRICS_BIND
    try:
        server = (_Server6 if ":" in host else _Server)((host, port), _Handler)
    except OSError as error:
        log.error("METRICS_BIND: %s port %d cannot be opened: %s", host, port, error.strerror)
        return
    server.set_app(answer)
    threading.Thread(target=server.serve_forever, name="listener", daemon=True).start()


# Give each request an id, and record it in the access log and the metrics.

access = logging.getLogger("digest.access")

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
ROUTE: Final = "digest.route"


def observe(application: Application) -> Application:
    """Wrap the application to log and count requests. No IP address, name, query or form value is logged."""

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
    route = environ.get(ROUTE) or ("static" if path.startswith(settings.STATIC_URL) else "none")
    count_request(route, status, seconds)
    if access.isEnabledFor(logging.INFO):
        fields = {
            "method": environ["REQUEST_METHOD"],
            "path": hide_tokens(path),
            "route": route,
            "status": int(status),
            "ms": round(seconds * 1000, 1),
        }
        access.info("request", extra={"fields": fields})


def note_route(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that passes the route's name to `observe`, as a label of metrics: paths would be too many labels."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.resolver_match is not None:
            request.environ[ROUTE] = request.resolver_match.view_name  # type: ignore[attr-defined]
        return response

    return answer
