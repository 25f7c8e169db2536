"""Attack one account by guessing its password, and see whether its owner and readers still get in.

    uv run python -m briefs.benchmarks.sign_in_attack [SECONDS]

Starts gunicorn on a SQLite file, once with a Redis that is stopped and once with one that runs (needs `redis-server`).
Browsers at one address, then at 150, guess passwords and codes for so many seconds and keep their cookies. Meanwhile the
owner, who has an authenticator app, signs in from a browser that signed in before and from a new one at another address.
"""

import base64
import hashlib
import hmac
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

WORKERS, MOST_CHECKED = 4, 25
MOST_SECONDS = {"known": 1.0, "new": 60.0}
PASSWORD = "a long enough passphrase"
SECRET = base64.b32encode(b"twenty random bytes!").decode()


def main(seconds: float) -> None:
    print(describe_machine())
    failed = False
    for redis_runs in (False, True):
        with redis(runs=redis_runs) as url, public_site(CACHE_URL=url) as (port, environment, _):
            for n, addresses in enumerate((1, 150)):
                owner = f"owner{n}"
                add_account(environment, owner)
                guesses, times, pages = attack(
                    port, owner, [f"198.51.{n}.{i}" for i in range(addresses)], seconds
                )
                print(
                    f"Redis {'running' if redis_runs else 'stopped'}, {addresses:>3} addresses:"
                    f" {guesses['wrong']} of {guesses.total()} guesses checked; owner in after {times['known']:.1f} s"
                    f" from a known browser ({times['quiet']:.1f} s before the attack), {times['new']:.1f} s from a new one; pages {dict(pages)}"
                )
                late = any(times[kind] > most for kind, most in MOST_SECONDS.items())
                failed |= late or guesses["wrong"] > MOST_CHECKED or set(pages) != {200}
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
    """Add an administrator with an authenticator app."""
    code = (
        "from allauth.mfa.totp.internal.auth import TOTP; from briefs.installation import create_first_person as c;"
        f"from briefs.models import Person; c({username!r}, 'O', '', {PASSWORD!r});"
        f"TOTP.activate(Person.objects.get(username={username!r}), {SECRET!r})"
    )
    manage(environment, "shell", "-v0", "-c", code)


class App:
    """The owner's authenticator app."""

    def __init__(self) -> None:
        self.period = 0

    def read_unused_code(self) -> str:
        """Wait until the app shows a code that was not read before, and return it."""
        while (period := int(time.time()) // 30) == self.period:
            time.sleep(0.1)
        self.period = period
        digest = hmac.digest(base64.b32decode(SECRET), period.to_bytes(8, "big"), hashlib.sha1)
        offset = digest[-1] & 15
        return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 10**6:06}"


def attack(
    port: int, owner: str, addresses: list[str], seconds: float
) -> tuple[Counter[str], dict[str, float], Counter[int]]:
    """Return the guesses by outcome, the seconds until the owner was in, and the pages by status.

    `quiet`: from a known browser before the attack.
    """
    known, app = Browser(port, "203.0.113.1"), App()
    _time_sign_in(known, owner, app, sends_code=True)
    known.forget_session()
    quiet = _time_sign_in(known, owner, app, sends_code=False)
    known.forget_session()
    attackers = [Browser(port, address) for address in addresses]
    for attacker in attackers:
        attacker.open_sign_in()
    ended, pages, guesses = threading.Event(), Counter[int](), Counter[str]()
    shares = [attackers[i::WORKERS] for i in range(min(WORKERS, len(attackers)))]
    threads = [threading.Thread(target=_guess, args=(share, owner, ended, guesses)) for share in shares]
    threads.append(threading.Thread(target=_read, args=(port, ended, pages)))
    start = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)
    new = Browser(port, "203.0.113.2")
    times = {
        "quiet": quiet,
        "known": _time_sign_in(known, owner, app, sends_code=False),
        "new": _time_sign_in(new, owner, app, sends_code=True),
    }
    time.sleep(max(0, start + seconds - time.monotonic()))
    ended.set()
    for thread in threads:
        thread.join()
    return guesses, times, pages


def _time_sign_in(browser: Browser, owner: str, app: App, *, sends_code: bool) -> float:
    """Return the seconds until the desk opens to the owner, who has read a code before."""
    code, start = app.read_unused_code(), time.monotonic()
    browser.open_sign_in()
    while (outcome := browser.try_password(owner, PASSWORD, code if sends_code else "")) != "in":
        if outcome == "code":
            browser.enter_code(app.read_unused_code() if sends_code else code)
            break
        if time.monotonic() - start > 120:
            raise LookupError(f"the owner does not get in: {outcome}")
        time.sleep(0.2)
    passed = time.monotonic() - start
    if browser.open("/admin/briefs/brief/")[0] != 200 or browser.place != "/admin/briefs/brief/":
        raise LookupError("the desk does not open")
    return passed


def _guess(attackers: list[Browser], owner: str, ended: threading.Event, guesses: Counter[str]) -> None:
    """Guess passwords, each with a code, as somebody would who wants to use up the owner's codes."""
    for browser in itertools.cycle(attackers):
        if ended.is_set():
            return
        guesses[browser.try_password(owner, "wrong", "000000")] += 1


def _read(port: int, ended: threading.Event, pages: Counter[int]) -> None:
    for address in itertools.cycle(list_pages(port)):
        if ended.is_set():
            return
        pages[Browser(port, "192.0.2.201").open(address)[0]] += 1
        time.sleep(0.05)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 120)
