"""Kill and upgrade two servers behind nginx while people read and write.

    uv run python -m briefs.benchmarks.operations.two_servers [MINUTES] [--from COMMIT]

Needs nginx and the empty PostgreSQL database of `DATABASE_URL`. Two servers run behind `deploy/nginx.conf`. For MINUTES
one of them is killed every 30 seconds and started again two seconds later. With `--from` both begin with the code of
COMMIT; at the end the database is migrated, then one server after the other is stopped and started with this code.
Exits with 1 if a request failed that was not in flight at a kill, or an acknowledged text is missing.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ...tests.support.proxy import running_proxy
from ..fresh_site import describe_machine, fill_site, find_free_port, manage, start_server
from .site_clients import Answers, Client, Editor, approve, read_pages, run_at_rate
from .site_load import PAGES, site_environment

KILL_EVERY, DOWN_FOR = 30.0, 2.0
READS_A_SECOND, READERS, EDITORS, SAVES_A_SECOND, APPROVALS_A_SECOND = 20.0, 8, 4, 2.0, 0.5
BRIEFS = 200
PEOPLE = f"""
import json
from django.test import Client
from briefs.models import Edition
from briefs.tests.support import factories
def session(person):
    browser = Client()
    browser.force_login(person)
    return browser.cookies["__Host-desk"].value
team = factories.Team()
print(json.dumps({{
    "slugs": list(Edition.objects.values_list("slug", flat=True)[:100]),
    "drafts": [factories.draft_brief(team, factories.content(f" draft {{i}}")).pk for i in range({EDITORS})],
    "signed": [factories.signed_brief(team, factories.content(f" signed {{i}}")).pk for i in range(600)],
    "writer": session(team.writer),
    "publisher": session(team.publisher),
}}))
"""
HERE = Path(__file__).resolve().parents[3]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", type=float, nargs="?", default=5)
    parser.add_argument("--from", dest="commit", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        environment = site_environment(Path(place))
        if not environment["DATABASE_URL"].startswith("postgres") or not shutil.which("nginx"):
            sys.exit("two_servers: needs nginx and the DATABASE_URL of an empty PostgreSQL database.")
        with checkout(options.commit, Path(place, "old")) as code:
            fill_site(environment, BRIEFS, code=code)
            pair = Pair(environment, code)
            try:
                with running_proxy(Path(place), pair.ports) as (port, _):
                    print(f"{describe_machine()}, two servers behind nginx, {options.minutes:g} minutes")
                    sys.exit(not measure(port, pair, options.minutes, upgrade=bool(options.commit)))
            finally:
                for server in pair.servers:
                    server.send_signal(signal.SIGTERM)
                for server in pair.servers:  # before their code and folders are removed
                    server.wait(60)


class Pair:
    """Two servers with the code of one checkout. `kills`: beginning and end of each kill in turn (`time.monotonic`)."""

    def __init__(self, environment: Mapping[str, str], code: Path) -> None:
        self.environment, self.code = environment, code
        self.ports = [find_free_port() for _ in range(2)]
        self.servers = [start_server(environment, port, code=code) for port in self.ports]
        self.kills: list[float] = []

    def kill(self, place: int) -> None:
        self.kills.append(time.monotonic())
        os.killpg(self.servers[place].pid, signal.SIGKILL)
        self.servers[place].wait()
        self.kills.append(time.monotonic())

    def start(self, place: int) -> None:
        self.servers[place] = start_server(self.environment, self.ports[place], code=self.code)

    def upgrade(self) -> None:
        """Migrate, then stop and start one server after the other, as docs/operators.md says."""
        manage(self.environment, "setup", "--no-person")
        self.code = HERE
        for place, server in enumerate(self.servers):
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            self.start(place)
            time.sleep(3)


def measure(port: int, pair: Pair, minutes: float, *, upgrade: bool) -> bool:
    import django

    django.setup()
    people = make_people(pair)
    pages = [*PAGES, *(f"/{lang}/briefs/{slug}/" for slug in people["slugs"] for lang in ("zh-hant", "en"))]
    editors = [Editor(Client(port, people["writer"]), brief) for brief in people["drafts"]]
    opened = [editor.open() for editor in editors]
    assert set(opened) == {200}, opened
    publisher, signed = Client(port, people["publisher"]), iter(people["signed"])
    reads, saves, approvals, ended = Answers(), Answers(), Answers(), threading.Event()
    threads = run_at_rate(
        READS_A_SECOND,
        ended,
        [read_pages(port, pages[i * 7 :] + pages[: i * 7]) for i in range(READERS)],
        reads,
    )
    threads += run_at_rate(SAVES_A_SECOND, ended, [partial(save, editor) for editor in editors], saves)
    threads += run_at_rate(APPROVALS_A_SECOND, ended, [lambda n: approve(publisher, next(signed))], approvals)
    for n in range(round(minutes * 60 / KILL_EVERY)):
        time.sleep(KILL_EVERY - DOWN_FOR)
        pair.kill(n % 2)
        time.sleep(DOWN_FOR)
        pair.start(n % 2)
    if upgrade:
        pair.upgrade()
        time.sleep(KILL_EVERY)
    ended.set()
    for thread in threads:
        thread.join()
    return report({"pages": reads, "saves": saves, "approvals": approvals}, pair.kills, editors)


def save(editor: Editor, n: int) -> int:
    """Save, and open the page again if the answer was lost, as a browser would."""
    status = editor.save(f"Saved {n} times.")
    if status != 200:
        editor.open()
    return status


def report(kinds: Mapping[str, Answers], kills: list[float], editors: list[Editor]) -> bool:
    fine = True
    for label, answers in kinds.items():
        p50, p99 = answers.percentiles()
        failed = answers.list_failures(zip(kills[::2], kills[1::2], strict=True))
        fine &= not failed
        print(
            f"{label:<10}{len(answers.rows):>7,}  p50 {p50:6.1f} ms  p99 {p99:7.1f} ms  {answers.count_statuses()}"
        )
        print(f"{'':<10}{len(failed):>7,} failed that were not in flight at a kill", *failed[:5])
    missing = [text for editor in editors for text in editor.find_missing()]
    print(f"{len(kills) // 2} kills; acknowledged texts missing: {len(missing)}")
    return fine and not missing


def make_people(pair: Pair) -> Any:
    """Make drafts, signed briefs and sessions with the code that runs, which may be older than this."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", PEOPLE]
    done = subprocess.run(command, cwd=pair.code, env=pair.environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def checkout(commit: str, place: Path) -> Iterator[Path]:
    """Yield a folder with the code of a commit, or this one."""
    if not commit:
        yield HERE
        return
    subprocess.run(["git", "worktree", "add", "-q", "--detach", place, commit], cwd=HERE, check=True)
    try:
        yield place
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", place], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
