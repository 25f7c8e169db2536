"""Attack one account by guessing its password, and see whether its owner and readers still get in.

    uv run python -m briefs.tests.support.sign_in_attack [SECONDS]

Starts gunicorn on a SQLite file, once with a Redis that is stopped and once with one that runs (needs `redis-server`).
Browsers at one address, then at 150, guess passwords and codes for so many seconds and keep their cookies. Meanwhile the
owner, who has an authenticator app, signs in from a browser that signed in before and from a new one at another address.
Then six connections of one block of addresses invent names, and the owner sends the right password from new browsers.
"""

import base64
import hashlib
import hmac
import http.client
import itertools
import multiprocessing
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from urllib.parse import urlencode, urljoin, urlsplit

from .servers import describe_machine, fill_site, manage, running_server

WORKERS, MOST_CHECKED = 4, 25
_FORK = multiprocessing.get_context("fork")
MOST_SECONDS = {"known": 1.0, "new": 60.0}
INVENTORS, TRIES = 6, 12
PASSWORD = "a long enough passphrase"
SECRET = base64.b32encode(b"twenty random bytes!").decode()


HOST = "digest.example"
SIGN_IN, CODE_PAGE = "/admin/login/", "/admin/account/login/code/"


class SignInForm(HTMLParser):
    """The first form with a password: where it is sent, its hidden values, and the names of its two inputs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.username, self.password = "", "", ""
        self.hidden: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind, name = values.get("type", "text"), values.get("name", "")
        if self.password:
            return
        if tag == "form":
            self.action, self.username, self.hidden = values.get("action", ""), "", {}
        elif tag == "input" and kind == "hidden":
            self.hidden[name] = values.get("value", "")
        elif tag == "input" and kind in ("text", "email") and name:
            self.username = self.username or name
        elif tag == "input" and kind == "password":
            self.password = name


class Browser:
    """One browser at one address, behind the site's proxy."""

    def __init__(self, port: int, address: str) -> None:
        self.port, self.address = port, address
        self.cookies: dict[str, str] = {}
        self.place = ""
        self.form = SignInForm("")

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and body. Redirects of a GET are followed."""
        for _ in range(5):
            response, body = self._request(path, data)
            if data is not None or response.status not in (301, 302, 303):
                break
            path = self._get_path(urljoin(f"https://{HOST}{path}", response.headers["Location"]))
        self.place = path
        return response.status, body

    def open_sign_in(self) -> None:
        _, body = self.open(SIGN_IN)
        self.form = SignInForm(body)
        if not self.form.password:
            raise LookupError(f"{self.place} has no form with a password")

    def try_password(self, username: str, password: str, code: str = "") -> str:
        """Send the form that was opened. Return the outcome: `in`, `paused`, `wrong`, `code`, or the status."""
        action = self._get_path(urljoin(f"https://{HOST}{self.place}", self.form.action))
        data = self.form.hidden | {self.form.username: username, self.form.password: password, "code": code}
        response, body = self._request(action, data)
        if "Too many attempts" in body:
            return "paused"
        if response.headers.get("Location", "").endswith("/login/code/"):
            return "code"
        return {200: "wrong", 302: "in"}.get(response.status, str(response.status))

    def enter_code(self, code: str) -> None:
        """Send a code to the page after the password."""
        _, body = self.open(CODE_PAGE)
        token = SignInForm(body).hidden["csrfmiddlewaretoken"]
        self._request(CODE_PAGE, {"csrfmiddlewaretoken": token, "code": code})

    def forget_session(self) -> None:
        self.cookies.pop("__Host-desk", None)

    def _request(self, path: str, data: dict[str, str] | None) -> tuple[http.client.HTTPResponse, str]:
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": self.address,
            "Accept-Language": "en",
            "Referer": f"https://{HOST}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        body = None
        if data is not None:
            body = urlencode(data)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST" if body is not None else "GET", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response, text

    @staticmethod
    def _get_path(address: str) -> str:
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def main(seconds: float) -> None:
    print(describe_machine())
    failed = False
    for redis_runs in (False, True):
        with redis(runs=redis_runs) as url, public_site(CACHE_URL=url) as (port, environment):
            for n, addresses in enumerate((1, 150)):
                owner = f"owner{n}"
                add_account(environment, owner)
                guesses, times, pages = attack(
                    port, owner, [f"198.{50 + n}.{i}.1" for i in range(addresses)], seconds
                )
                print(
                    f"Redis {'running' if redis_runs else 'stopped'}, {addresses:>3} addresses:"
                    f" {guesses['wrong']} of {guesses.total()} guesses checked; owner in after {times['known']:.1f} s"
                    f" from a known browser ({times['quiet']:.1f} s before the attack), {times['new']:.1f} s from a new one; pages {dict(pages)}"
                )
                late = any(times[kind] > most for kind, most in MOST_SECONDS.items())
                failed |= late or guesses["wrong"] > MOST_CHECKED or set(pages) != {200}
            accepted = count_accepted(port, "owner0")
            print(f"Invented names: {accepted} of {TRIES} right passwords were accepted")
            failed |= accepted < TRIES - 1
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
    ended, pages, outcomes = _FORK.Event(), Counter[int](), _FORK.SimpleQueue()
    shares = [attackers[i::WORKERS] for i in range(min(WORKERS, len(attackers)))]
    names = itertools.repeat(owner)
    guessing = [_FORK.Process(target=_guess, args=(share, names, ended, outcomes)) for share in shares]
    reading = threading.Thread(target=_read, args=(port, ended, pages))
    start = time.monotonic()
    reading.start()
    for process in guessing:
        process.start()
    time.sleep(seconds / 4)
    new = Browser(port, "203.0.113.2")
    times = {
        "quiet": quiet,
        "known": _time_sign_in(known, owner, app, sends_code=False),
        "new": _time_sign_in(new, owner, app, sends_code=True),
    }
    time.sleep(max(0, start + seconds - time.monotonic()))
    ended.set()
    guesses = sum((outcomes.get() for _ in guessing), Counter[str]())
    reading.join()
    for process in guessing:
        process.join()
    return guesses, times, pages


def count_accepted(port: int, owner: str) -> int:
    """Return how many right passwords from new browsers are accepted while INVENTORS connections guess at invented names."""
    ended, outcomes, accepted = _FORK.Event(), _FORK.SimpleQueue(), 0
    guessing = []
    for n in range(INVENTORS):
        browsers = [Browser(port, f"198.51.100.{i}") for i in range(n, 60, INVENTORS)]
        for browser in browsers:
            browser.open_sign_in()
        names = (f"invented{n}-{i}" for i in itertools.count())
        guessing.append(_FORK.Process(target=_guess, args=(browsers, names, ended, outcomes)))
    for process in guessing:
        process.start()
    time.sleep(2)
    for n in range(TRIES):
        new = Browser(port, f"203.0.113.{10 + n}")
        new.open_sign_in()
        accepted += new.try_password(owner, PASSWORD) == "code"
        time.sleep(0.5)
    ended.set()
    for process in guessing:
        outcomes.get()
        process.join()
    return accepted


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


def _guess(
    attackers: list[Browser], names: Iterator[str], ended: Event, outcomes: SimpleQueue[Counter[str]]
) -> None:
    """Guess passwords, each with a code, as somebody would who wants to use up the owner's codes.

    At the lowest priority: real attackers have processors of their own, and slow nobody down but by their requests.
    """
    os.nice(19)
    guesses = Counter[str]()
    for browser, name in zip(itertools.cycle(attackers), names, strict=False):
        if ended.is_set():
            break
        guesses[browser.try_password(name, "wrong", "000000")] += 1
    outcomes.put(guesses)


def _read(port: int, ended: Event, pages: Counter[int]) -> None:
    for address in itertools.cycle(list_pages(port)):
        if ended.is_set():
            return
        pages[Browser(port, "192.0.2.201").open(address)[0]] += 1
        time.sleep(0.05)


@contextmanager
def public_site(**changes: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Run an https site with 300 briefs. Yield its port and its environment."""
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
        with running_server(environment) as (port, _):
            yield port, environment


def list_pages(port: int) -> list[str]:
    _, body = Browser(port, "192.0.2.200").open("/zh-hant/")
    briefs = re.findall(r'<h2><a href="(/zh-hant/briefs/[^"]+)"', body)
    return ["/zh-hant/", "/en/", *briefs, *(f"{brief}parallel/" for brief in briefs)]


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 120)
