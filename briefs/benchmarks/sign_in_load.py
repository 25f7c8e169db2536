"""Measure what readers notice while many people sign in at once, in one run of alternating phases.

    uv run python -m briefs.benchmarks.sign_in_load [SECONDS]

Starts gunicorn as `deploy/systemd/digest.service` does, behind a proxy as far as the server can tell, on a SQLite
file with published briefs. Four readers request public pages all the time. In every second phase 16 clients
sign in with wrong passwords, each time for another account from another address, so that the throttle pauses
nobody and passwords are really checked. SECONDS is the sum of the phases with sign-ins.
"""

import http.client
import itertools
import multiprocessing
import os
import re
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

from .fresh_site import describe_machine, fill_site, running_server
from .sign_in_client import HOST, Browser

CLIENTS, READERS, PHASE = 16, 4, 5.0
THINKING = 0.02
"""Seconds that a reader waits between two pages."""
MOST = 3.0
"""Largest ratio of the 95th percentiles of a page that is acceptable."""


def main(seconds: float) -> None:
    print(f"{describe_machine()}, {CLIENTS} sign-ins at once for {seconds:.0f} s")
    with public_site() as (port, _, _):
        quiet, busy, sign_ins = measure(port, seconds)
    times = [[seconds for status, seconds in pages if status == 200] for pages in (quiet, busy)]
    before, during = (quantiles(found, n=20)[-1] * 1000 for found in times)
    refused = sum(status != 200 for status, _ in quiet + busy)
    print(f"95th percentile of a page alone        {before:8.1f} ms of {len(quiet):,}")
    print(f"95th percentile of a page beside them  {during:8.1f} ms of {len(busy):,}")
    print(f"ratio                                  {during / before:8.2f}, at most {MOST:g}")
    print(f"pages refused                          {refused:8}")
    print("sign-ins                               ", dict(sorted(sign_ins.items())))
    sys.exit(bool(refused or during / before > MOST))


@contextmanager
def public_site(**changes: str) -> Iterator[tuple[int, dict[str, str], int]]:
    """Run an https site with 300 briefs. Yield its port, its environment and the process id of its worker."""
    with tempfile.TemporaryDirectory() as place:
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{place}/benchmark.sqlite3",
            "MEDIA_STORAGE": f"file://{place}/media",
            "SITE_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": HOST,
            "DIGEST_PROXIES": "1",
            "SECRET_KEY": secrets.token_urlsafe(60),
            **changes,
        }
        fill_site(environment, 300)
        with running_server(environment) as (port, worker):
            yield port, environment, worker


def measure(port: int, seconds: float) -> tuple[list[Any], list[Any], Counter[str]]:
    """Return status and seconds of each page in the quiet and the busy phases, and the sign-ins by outcome."""
    processes = multiprocessing.get_context("fork")
    attacking, ended, outcomes = processes.Event(), processes.Event(), processes.SimpleQueue()
    attackers = processes.Process(target=_sign_in_for_long, args=(port, attacking, ended, outcomes))
    attackers.start()
    pages: dict[bool, list[tuple[int, float]]] = {False: [], True: []}
    addresses = list_pages(port)
    readers = [
        threading.Thread(target=_read, args=(port, addresses[i:] + addresses[:i], attacking, ended, pages))
        for i in range(READERS)
    ]
    for reader in readers:
        reader.start()
    for _ in range(round(seconds / PHASE)):
        time.sleep(PHASE)
        attacking.set()
        time.sleep(PHASE)
        attacking.clear()
        time.sleep(0.5)
    ended.set()
    attacking.set()
    sign_ins = outcomes.get()
    for worker in (*readers, attackers):
        worker.join()
    return pages[False], pages[True], sign_ins


def list_pages(port: int) -> list[str]:
    _, body = Browser(port, "192.0.2.200").open("/zh-hant/")
    briefs = re.findall(r'<h2><a href="(/zh-hant/briefs/[^"]+)"', body)
    return ["/zh-hant/", "/en/", *briefs, *(f"{brief}parallel/" for brief in briefs)]


def _read(port: int, addresses: Sequence[str], attacking: Any, ended: Any, pages: Any) -> None:
    browser = Browser(port, "192.0.2.201")
    for address in itertools.cycle(addresses):
        if ended.is_set():
            return
        phase, start = attacking.is_set(), time.perf_counter()
        try:
            status, _ = browser.open(address)
        except (OSError, http.client.HTTPException):
            status = 0
        if phase == attacking.is_set():
            pages[phase].append((status, time.perf_counter() - start))
        time.sleep(THINKING)


def _sign_in_for_long(port: int, attacking: Any, ended: Any, outcomes: Any) -> None:
    counts: Counter[str] = Counter()
    numbers = itertools.count()

    def sign_in() -> None:
        browser = Browser(port, "192.0.2.1")
        browser.open_sign_in()
        while attacking.wait() and not ended.is_set():
            n = next(numbers)
            browser.address = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
            counts[browser.try_password(f"somebody{n}", "wrong and long enough")] += 1

    threads = [threading.Thread(target=sign_in) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes.put(counts)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
