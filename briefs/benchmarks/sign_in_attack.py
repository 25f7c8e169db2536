"""Attack one account by guessing its password, and see whether its owner and readers still get in.

    uv run python -m briefs.benchmarks.sign_in_attack

Starts gunicorn on a SQLite file, once with a Redis that is stopped and once with one that runs (needs `redis-server`).
200 wrong passwords come from one address, then from 50; browsers at these addresses keep their cookies. While they
go on, the owner signs in from a browser that signed in before and from a new one at another address.
"""

import itertools
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from .fresh_site import describe_machine, manage
from .sign_in_client import Browser
from .sign_in_load import list_pages, public_site

GUESSES, FREE, WORKERS = 200, 5, 4
MOST_SECONDS = {"known": 5.0, "new": 60.0}
PASSWORD = "a long enough passphrase"


def main() -> None:
    print(describe_machine())
    failed = False
    for redis_runs in (False, True):
        with redis(runs=redis_runs) as url, public_site(CACHE_URL=url) as (port, environment, _):
            for n, addresses in enumerate((1, 50)):
                owner = f"owner{n}"
                add_account(environment, owner)
                checked, seconds, pages = attack(port, owner, [f"198.51.{n}.{i}" for i in range(addresses)])
                print(
                    f"Redis {'running' if redis_runs else 'stopped'}, {addresses:>2} addresses:"
                    f" {checked} of {GUESSES} guesses checked; owner in after {seconds['known']:.1f} s from a known"
                    f" browser, {seconds['new']:.1f} s from a new one; pages {dict(pages)}"
                )
                late = any(seconds[kind] > most for kind, most in MOST_SECONDS.items())
                failed |= late or checked > FREE or set(pages) != {200}
    sys.exit(failed)


@contextmanager
def redis(*, runs: bool) -> Iterator[str]:
    """Yield the address of a Redis, which is stopped unless `runs`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", place]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        if not runs:
            server.terminate()
            server.wait()
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait()


def add_account(environment: dict[str, str], username: str) -> None:
    code = f"from briefs.installation import create_first_person as c; c({username!r}, 'O', '', {PASSWORD!r})"
    manage(environment, "shell", "-v0", "-c", code)


def attack(port: int, owner: str, addresses: list[str]) -> tuple[int, dict[str, float], Counter[int]]:
    """Return how many of the guesses were checked, the seconds until the owner was in, and the pages by status."""
    known = Browser(port, "203.0.113.1")
    if known.sign_in(owner, PASSWORD) != "in":
        raise LookupError("the owner cannot sign in before the attack")
    known.forget_session()
    attackers = [Browser(port, address) for address in addresses]
    for attacker in attackers:
        attacker.open_sign_in()
    guesses = [
        browser.try_password(owner, "wrong")
        for browser in itertools.islice(itertools.cycle(attackers), GUESSES)
    ]
    ended, pages = threading.Event(), Counter[int]()
    threads = [
        threading.Thread(target=_guess, args=(attackers[i::WORKERS], owner, ended)) for i in range(WORKERS)
    ]
    threads.append(threading.Thread(target=_read, args=(port, ended, pages)))
    for thread in threads:
        thread.start()
    seconds = {
        "known": _time_sign_in(known, owner),
        "new": _time_sign_in(Browser(port, "203.0.113.2"), owner),
    }
    ended.set()
    for thread in threads:
        thread.join()
    return guesses.count("wrong"), seconds, pages


def _time_sign_in(browser: Browser, owner: str) -> float:
    start = time.monotonic()
    while (outcome := browser.sign_in(owner, PASSWORD)) != "in" and time.monotonic() - start < 120:
        time.sleep(browser.told_to_wait if outcome == "paused" else 1)
    return time.monotonic() - start


def _guess(attackers: list[Browser], owner: str, ended: threading.Event) -> None:
    for browser in itertools.cycle(attackers):
        if ended.is_set():
            return
        browser.try_password(owner, "wrong")


def _read(port: int, ended: threading.Event, pages: Counter[int]) -> None:
    for address in itertools.cycle(list_pages(port)):
        if ended.is_set():
            return
        pages[Browser(port, "192.0.2.201").open(address)[0]] += 1
        time.sleep(0.05)


if __name__ == "__main__":
    main()
