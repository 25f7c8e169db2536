"""`PING_URL`: which runs of the jobs call it, and that a call that fails changes nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from briefs.operations import health
from briefs.tests.database.test_faults import database_away
from briefs.tests.support import factories
from briefs.tests.support.proxy import find_free_port

pytestmark = pytest.mark.django_db


class Watcher(ThreadingHTTPServer):
    """A watcher that records the calls, and answers them as the path says."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    def build_url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        if self.path == "/hangs":
            self.server.closing.wait(30)
        elif self.path == "/is-no-http":
            self.wfile.write(b"Hello.\r\n")
        elif self.path != "/closes":
            self.send_response(500 if self.path == "/fails" else 200)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def watcher(settings: Any) -> Iterator[Watcher]:
    with Watcher() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.PING_URL = server.build_url("/ping")
        yield server
        server.closing.set()
        server.shutdown()


def test_complete_run_of_publish_due_is_reported(watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    call_command("publish_due")
    assert watcher.calls == ["/ping"]
    assert caplog.messages == []


def test_run_that_failed_is_not_reported(watcher: Watcher, team: factories.Team, settings: Any) -> None:
    refusing = {"host": "127.0.0.1", "port": find_free_port()}
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": refusing}
    settings.MAILERS = {"default": smtp}
    factories.submitted_brief(team)  # queues notices
    with pytest.raises(SystemExit):
        call_command("publish_due")
    with database_away(), pytest.raises(CommandError):
        call_command("publish_due")
    assert watcher.calls == []


@pytest.mark.parametrize("path", ["/fails", "/hangs", "/is-no-http", "/closes"])
def test_watcher_that_does_not_answer_fails_no_job(
    watcher: Watcher,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
) -> None:
    monkeypatch.setattr(health, "PING_TIMEOUT", 0.2)
    settings.PING_URL = watcher.build_url(path)
    call_command("publish_due")
    assert watcher.calls == [path]
    assert [message.partition(": ")[0] for message in caplog.messages] == ["PING_URL was not reached"]


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_only_a_proved_backup_is_reported(watcher: Watcher, tmp_path: Path) -> None:
    call_command("backup", str(tmp_path / "site.zip"), "--no-proof")
    assert watcher.calls == []
    call_command("backup", str(tmp_path / "site.zip"))
    assert watcher.calls == ["/ping"]
