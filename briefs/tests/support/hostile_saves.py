"""Post maximal forged autosaves with eight clients at once, and measure how long readers wait meanwhile.

    uv run python -m briefs.tests.support.hostile_saves [SECONDS]

Starts gunicorn as deployed, on SQLite, with a site of generated briefs. Only 127.0.0.1 is loaded, for 20 seconds.
"""

import http.client
import itertools
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from .servers import describe_machine, fetch, fill_site, manage, running_server

CLIENTS = 8
READERS = 2
BULLETS, PIECE = 2_000, "限制,以芯片,也"
MAX_WAIT = 0.5
"""Seconds that 99 of 100 readers wait at most."""

CREATE_SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from briefs.models import Person
person = Person.objects.create_user("writer", email="writer@example.org", name="writer", is_staff=True)
person.groups.add(Group.objects.get(name="Writers"))
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print("session", session.session_key)
"""


def build_body(token: str, key: str) -> bytes:
    text = PIECE * (70 // len(PIECE.encode()))
    fields = [("csrfmiddlewaretoken", token), ("draft", "1"), ("client_key", key)]
    for n in range(1, BULLETS + 1):
        fields += [("bullet", f"n{n}"), (f"text_zh-n{n}", text), (f"text_en-n{n}", text)]
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    return "".join([*parts, "--b--\r\n"]).encode()


def post_saves(port: int, session: str, until: float, statuses: Counter[int]) -> None:
    token = "t" * 32
    headers = {
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    headers |= {"Accept": "application/json", "Sec-Fetch-Mode": "cors"}
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(
                "POST", "/admin/briefs/brief/add/autosave/", build_body(token, os.urandom(16).hex()), headers
            )
            statuses[connection.getresponse().status] += 1
        except OSError:
            statuses[0] += 1
        finally:
            connection.close()


def read_pages(port: int, paths: list[str], until: float, waits: list[float]) -> None:
    for path in itertools.cycle(paths):
        if time.monotonic() > until:
            return
        start = time.monotonic()
        fetch(port, path)
        waits.append(time.monotonic() - start)
        time.sleep(0.05)


def load(
    port: int, session: str, paths: list[str], seconds: float, clients: int
) -> tuple[list[float], Counter[int]]:
    until, waits, statuses = time.monotonic() + seconds, list[float](), Counter[int]()
    threads = [
        threading.Thread(target=post_saves, args=(port, session, until, statuses)) for _ in range(clients)
    ]
    threads += [
        threading.Thread(target=read_pages, args=(port, paths[n::READERS], until, waits))
        for n in range(READERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(waits), statuses


def describe(name: str, waits: list[float]) -> float:
    p50, p99 = (waits[len(waits) * share // 100] for share in (50, 99))
    sys.stdout.write(
        f"{name:<28} {len(waits):>5} pages  p50 {p50:.3f} s  p99 {p99:.3f} s  longest {waits[-1]:.3f} s\n"
    )
    return p99


def main(seconds: float = 20) -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "site.sqlite3")
        database.touch()
        environment: Mapping[str, str] = os.environ | {"DATABASE_URL": f"sqlite:///{database}", "DEBUG": "0"}
        fill_site(environment, 200)
        session = manage(environment, "shell", "-c", CREATE_SESSION).split("session ")[-1].split()[0]
        with running_server(environment) as (port, _):
            found = re.findall(r'"(/en/briefs/[^"/]+/)"', fetch(port, "/en/"))
            paths = [*sorted(set(found))[:20], "/en/", "/en/search/?q=China"]
            sys.stdout.write(f"{describe_machine()}, load {os.getloadavg()[0]:.1f}\n")
            load(port, session, paths, 2, 1)  # warms up
            describe("without saves", load(port, session, paths, seconds / 2, 0)[0])
            waits, statuses = load(port, session, paths, seconds, CLIENTS)
            p99 = describe(f"with {CLIENTS} hostile clients", waits)
            sys.stdout.write(f"answers to the saves: {dict(statuses)}\n")
    return int(p99 > MAX_WAIT)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
