"""A receiver of webhooks that behaves as its path says: `/ok`, `/500`, `/410`, `/hang`, `/drip`, `/redirect`, `/cut`."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> Any:
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    server: "Receiver"

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.path, headers, body))
        match self.path:
            case "/hang":
                self.server.closing.wait(30)
            case "/drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not self.server.closing.wait(0.05):
                    self.wfile.write(b"x")
            case "/cut":
                self.wfile.write(b"HTTP/1.1 2")
            case "/redirect":
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{self.server.port}/ok")
                self.end_headers()
            case "/500":
                self.send_error(500)
            case "/410":
                self.send_error(410)
            case _:
                self.send_response(204)
                self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """A sender that gives up breaks its connection."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def of(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def stop(self) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()
