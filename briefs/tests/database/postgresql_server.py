"""A PostgreSQL server of a test's own, to stop, hang and restart; and visitors who note every answer of a site."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from briefs.tests.support.form_client import Form

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
"""The server refuses to run as root."""


def find_programs() -> Path | None:
    """Return the folder of the newest initdb."""
    found = shutil.which("initdb")
    return FOLDERS[-1] if FOLDERS else Path(found).parent if found else None


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        if AS_POSTGRES:
            shutil.chown(folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgres://digest@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", self.data, "-U", "digest", "--auth=trust", "-E", "UTF8")
        self.start()

    def _run(self, program: str, *arguments: object) -> None:
        folder = find_programs()
        assert folder
        command = [*AS_POSTGRES, folder / program, *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def allow(self, method: str) -> None:
        """Accept connections with `trust`, or refuse them with `reject` and end those that there are."""
        file = self.data / "pg_hba.conf"
        file.write_text(f"host all all 127.0.0.1/32 {method}\n")
        self._run("pg_ctl", "-D", self.data, "reload")
        while self._accepts_connections() is (method == "reject"):
            time.sleep(0.05)
        if method == "reject":
            self._signal(signal.SIGTERM, self._list_backends())

    def _accepts_connections(self) -> bool:
        try:
            self._run("psql", "-c", "", self.url)
        except subprocess.CalledProcessError:
            return False
        return True

    def stand_by(self) -> None:
        """Restart as a standby, which can only be read."""
        self.stop()
        (self.data / "standby.signal").touch()
        self.start()

    def promote(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def send(self, number: signal.Signals, *, only_backends: bool = False) -> None:
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        backends = self._list_backends(everything=not only_backends)
        self._signal(number, [*([] if only_backends else [main]), *backends])

    @staticmethod
    def _signal(number: signal.Signals, processes: list[int]) -> None:
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def wake(self) -> None:
        """Go on after SIGSTOP. Return when the server answers."""
        self.send(signal.SIGCONT)
        self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", self.port, "-t", 10)

    def _list_backends(self, *, everything: bool = False) -> list[int]:
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        children = map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())
        titles = dict[int, str]()
        for pid in children:
            with suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
                titles[pid] = Path(f"/proc/{pid}/cmdline").read_text()
        return [pid for pid, title in titles.items() if everything or "127.0.0.1" in title]


@dataclass
class Answer:
    status: int
    seconds: float
    retry_after: str
    cache_control: str
    body: str
    path: str


@dataclass
class Visitor:
    """A browser with cookies. `answers` are all that it got."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    def open(self, path: str, data: dict[str, list[str]] | None = None) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Accept": "text/html", "Origin": f"http://127.0.0.1:{self.port}"}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.monotonic()
        connection.request(
            "GET" if data is None else "POST",
            path,
            None if data is None else urlencode(data, doseq=True),
            headers,
        )
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        header = response.headers.get
        seconds = time.monotonic() - began
        answer = Answer(
            response.status, seconds, header("Retry-After", ""), header("Cache-Control", ""), body, path
        )
        self.answers.append(answer)
        return answer


@dataclass
class Writer(Visitor):
    """Save a draft. What a 503 gives back is sent again. `saved` are the headlines that were acknowledged."""

    form: dict[str, list[str]] | None = None
    saved: list[str] = field(default_factory=list)

    def type(self, path: str, headline: str) -> None:
        page = self.open(path)
        if page.status == 200:
            self.form = Form(page.body).data | {"headline_en": [headline]}

    def send(self, path: str) -> int:
        assert self.form
        answer, typed = self.open(path, self.form), self.form
        self.form = None
        if answer.status == 302:
            self.saved += typed["headline_en"]
        elif answer.status == 503:
            self.form = Form(answer.body, id=None).data
            assert self.form.pop("csrfmiddlewaretoken") != typed["csrfmiddlewaretoken"]
            kept = {name: values for name, values in typed.items() if name != "csrfmiddlewaretoken"}
            assert self.form == kept, answer.body
            self.form["csrfmiddlewaretoken"] = Form(answer.body, id=None).data["csrfmiddlewaretoken"]
        return answer.status

    def save(self, path: str, n: int) -> None:
        if self.form:
            self.send(path)
        else:
            self.type(path, f"Typed {n}")


@contextmanager
def visited(visits: list[Callable[[int], object]], pause: float = 0.02) -> Iterator[list[BaseException]]:
    """Run each visit again and again in a thread of its own."""
    is_over, errors = threading.Event(), []

    def run(visit: Callable[[int], object]) -> None:
        n = 0
        while not is_over.wait(pause):
            n += 1
            try:
                visit(n)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=run, args=(visit,)) for visit in visits]
    for thread in threads:
        thread.start()
    try:
        yield errors
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
