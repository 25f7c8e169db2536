"""The second listener, for probes and Prometheus: `METRICS_BIND`. Never open it to the public."""

import logging
import socket
import sys
import threading
from collections.abc import Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.conf import settings

from .metrics import render_metrics
from .probes import PROBES, Environ, answer_probe

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
        """Bind without asking the name server for our name, which could take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say in one line what the standard library would print as a traceback: a client that sent nothing, or left."""
        log.warning("METRICS_BIND: a request was not answered: %s", type(sys.exception()).__name__)


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = 5

    def log_message(self, *args: Any) -> None:
        return


def start_listener() -> None:
    """Listen in a thread of this worker: probes are answered there also while all its other threads are busy."""
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
