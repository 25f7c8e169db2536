"""Start sites and servers as they are deployed, and measure CPU time and memory of processes."""

import http.client
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

CONSTANT = "/robots.txt"
"""Address of a view that returns a constant. Its requests pass the same middleware as all others."""


@contextmanager
def fresh_site() -> Iterator[Path]:
    """Set up Django with a new SQLite file and the vocabulary in a temporary folder. Import models inside."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["DATABASE_URL"] = f"sqlite:///{place}/benchmark.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        from briefs.operations.installation import load_missing_rows

        load_missing_rows("vocabulary.json")
        yield Path(place)


def fill_site(environment: Mapping[str, str], briefs: int, *, code: Path = Path()) -> None:
    """Set up a site with this number of generated briefs."""
    manage(environment, "setup", "--no-person", code=code)
    load = f"from briefs.operations.sample_corpus import load_corpus; load_corpus({briefs})"
    manage(environment, "shell", "--no-imports", "--command", load, code=code)


def manage(environment: Mapping[str, str], *command: str, code: Path = Path()) -> str:
    """Run a command of the checkout `code`. Return what it printed."""
    program = [sys.executable, "manage.py", *command]
    done = subprocess.run(program, env=environment, cwd=code, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


@contextmanager
def running_server(
    environment: Mapping[str, str], *options: str, log: Path | None = None
) -> Iterator[tuple[int, int]]:
    """Run gunicorn as the units in deploy/ do. Yield its port and the process id of its first worker."""
    port = find_free_port()
    server = start_server(environment, port, *options, log=log)
    try:
        yield port, list_workers(server)[0]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def start_server(
    environment: Mapping[str, str], port: int, *options: str, log: Path | None = None, code: Path = Path()
) -> "subprocess.Popen[bytes]":
    """Start gunicorn in a process group of its own, from the checkout `code`, and wait until it answers.

    `log` gets what the server and the site write to stderr.
    """
    program = ["-m", "gunicorn", "digest.wsgi", "--config", "deploy/gunicorn.conf.py"]
    address = ["--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    with (log or Path(os.devnull)).open("ab") as stderr:
        server = subprocess.Popen(
            [sys.executable, *program, *address, *options],
            env=environment,
            stderr=stderr,
            cwd=code,
            start_new_session=True,
        )
    for _ in range(300):
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", CONSTANT)
            connection.getresponse().close()
            connection.close()
            break
        time.sleep(0.1)
    return server


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def list_workers(server: "subprocess.Popen[bytes]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def describe_machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def fetch(port: int, path: str, *, reader: int = 0) -> str:
    """Return a page. `reader` is a number of the client's address, which counts if the site has DIGEST_PROXIES=1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    address = f"10.0.{reader // 256}.{reader % 256}"
    connection.request("GET", path, headers={"X-Forwarded-For": address})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise LookupError(f"{path} answers {response.status}")
    return body.decode("utf-8", "replace")


def measure_cpu[T](act: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds of CPU time that this process used, and the result of `act`."""
    before = time.process_time()
    result = act()
    return time.process_time() - before, result


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_thread_cpu(process: int) -> float:
    """Return the seconds of CPU time of the first thread of a process. A sync worker has one."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def private_memory_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
