"""The shipped nginx configuration, run by nginx: the page during a restart, and what the log holds."""

import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from briefs.tests.support.proxy import find_free_port, running_proxy

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def ask(port: int, path: str, *, data: bytes | None = None, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, names)
    try:
        response = urllib.request.build_opener(NoRedirect).open(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return Answer(response.status, dict(response.headers), response.read().decode())


@contextmanager
def answering_app() -> Iterator[tuple[int, list[str]]]:
    """An app server that answers every request. Yield its port and the request ids that it was sent."""
    ids: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ids.append(self.headers["X-Request-ID"])
            self.send_response(404 if "missing" in self.path else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, ids
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("path", "data"), [("/en/", None), ("/admin/", b"headline=typed")])
def test_restart_is_answered_503_with_a_page_in_both_languages(
    tmp_path: Path, path: str, data: bytes | None
) -> None:
    with running_proxy(tmp_path, [find_free_port()]) as (port, _):
        answer = ask(port, path, data=data)
    assert answer.status == 503
    assert (answer.headers["Content-Type"], answer.headers["Server"]) == ("text/html", "nginx")
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "網站正在重新啟動" in answer.body
    assert "The site is restarting" in answer.body


def test_page_of_the_restart_has_no_address_of_its_own(tmp_path: Path) -> None:
    with answering_app() as (app, ids), running_proxy(tmp_path, [app]) as (port, _):
        assert ask(port, "/unavailable.html").status == 404
    assert not ids


def test_error_of_the_site_itself_is_passed_on(tmp_path: Path) -> None:
    with answering_app() as (app, _), running_proxy(tmp_path, [app]) as (port, _):
        assert ask(port, "/en/missing/").body == ""


def test_what_nginx_refuses_is_said_in_both_languages(tmp_path: Path) -> None:
    with answering_app() as (app, _), running_proxy(tmp_path, [app]) as (port, _):
        large = ask(port, "/en/subscribe/", data=b"a" * 70_000)
        often = [ask(port, "/en/subscribe/", data=b"a") for _ in range(30)][-1]
    for answer, status, words in (large, 413, "too large"), (often, 429, "Too many forms"):
        assert answer.status == status
        assert words in answer.body
        assert re.search("請回上一頁|回上一頁再送", answer.body)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert often.headers["Retry-After"] == "60"


SECRET_ADDRESSES = [
    "/en/search/?q=hunter2", "/preview/hunter2/", "/u/hunter2/", "/preview/hunter2/?page=2", "//preview///hunter2/",
    "/%70review/hunter2/", "/admin/account/password/new/ab/hunter2/",
    "/admin/account/password/./new/ab/hunter2/?x=1", "/en/briefs/a/?next=/preview/hunter2/",
]  # fmt: skip


@pytest.mark.parametrize("is_running", [True, False])
def test_log_has_the_request_id_and_neither_queries_nor_tokens(tmp_path: Path, is_running: bool) -> None:
    with answering_app() as (app, ids):
        servers = [app] if is_running else [find_free_port()]
        with running_proxy(tmp_path, servers) as (port, plain_port):
            for path in SECRET_ADDRESSES:
                for asked in (port, plain_port):
                    ask(
                        asked,
                        path,
                        Referer="http://a/preview/hunter2/",
                        User_Agent="hunter2",
                        Cookie="a=hunter2",
                    )
            ask(port, "/en/briefs/a-slug/?q=hunter2")
            for _ in range(30):  # more forms than one address may send
                ask(port, "/en/briefs/a/letter/?token=hunter2", data=b"hunter2")
            ask(port, "/en/briefs/a/letter/?token=hunter2", data=b"hunter2" * 20_000)
    log = (tmp_path / "digest.log").read_text()
    assert "hunter2" not in log + (tmp_path / "digest.error.log").read_text()
    assert len(log.splitlines()) == 2 * len(SECRET_ADDRESSES) + 32
    line = next(line for line in log.splitlines() if "a-slug" in line)
    status = 200 if is_running else 503
    pattern = rf"\S+T\S+ ([0-9a-f]{{32}}) 127\.0\.0\.1 GET /en/briefs/a-slug/ {status} \d+ [\d.]+ s, app: "
    match = re.match(pattern, line)
    assert match
    assert (match[1] in ids) == is_running
    assert re.search(" POST /en/briefs/a/letter/ 429 ", log)
    assert " /preview/... " in log
    assert " (percent-encoded) " in log
