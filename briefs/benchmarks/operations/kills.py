"""Kill the server while people save and approve, and look at what is left.

    uv run python -m briefs.benchmarks.operations.kills [N]

Starts gunicorn on the empty PostgreSQL database of `DATABASE_URL`, or else on a SQLite file. Four writers save; then
four publishers approve. Each round kills the worker with SIGKILL at a random moment after a request was sent, N times
while saving and N times while approving. Exits with 1 if an acknowledged text or approval is missing, an edition is
there without its event, a person got a notice twice or not at all, or `rebuild_derived --check` finds something.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..fresh_site import describe_machine, find_free_port, list_workers, manage, start_server
from .site_clients import Client, Editor, approve, make_editors, make_session
from .site_load import site_environment

PEOPLE = 4


def main(kills: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        environment = site_environment(Path(place))
        manage(environment, "setup", "--no-person")
        import django

        django.setup()
        port = find_free_port()
        server = start_server(environment, port)
        print(
            f"{describe_machine()}, {environment['DATABASE_URL'].partition(':')[0]}, {kills} kills of each kind"
        )
        try:
            from briefs.tests.support.factories import Team

            team = Team()
            wrong = kill_while_saving(server, port, kills, team)
            wrong += kill_while_approving(server, port, kills, team)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
        try:
            print(manage(environment, "rebuild_derived", "--check").strip())
        except subprocess.CalledProcessError as error:
            wrong.append(error.stdout)
    print(*wrong or ["nothing is missing or in half"], sep="\n")
    sys.exit(bool(wrong))


def kill_while_saving(server: "subprocess.Popen[bytes]", port: int, kills: int, team: Any) -> list[str]:
    editors = make_editors(port, PEOPLE, team)
    for editor in editors:
        editor.open()

    def save_once(editor: Editor, n: int) -> None:
        if editor.save(f"Saved in round {n}.") != 200:
            while editor.open() != 200:
                time.sleep(0.02)

    kill_in_rounds(server, kills, [partial(save_once, editor) for editor in editors])
    missing = [text for editor in editors for text in editor.find_missing()]
    print(
        f"{sum(len(editor.acknowledged) for editor in editors)} saves acknowledged, {len(missing)} of them missing"
    )
    return missing


def kill_while_approving(server: "subprocess.Popen[bytes]", port: int, kills: int, team: Any) -> list[str]:
    """Each publisher approves briefs one after the other, again where the answer was lost."""
    from briefs.tests.support import factories

    session = make_session(team.publisher)
    acknowledged: list[int] = []

    def approve_next(client: Client, queue: list[int], n: int) -> None:
        status = approve(client, queue[0])
        if status == 302:
            acknowledged.append(queue[0])
        if status in (200, 302, 409):  # done now, or earlier although the answer was lost
            queue.pop(0)

    acts: list[Callable[[int], None]] = []
    for i in range(PEOPLE):
        texts = [factories.content(f" {i} {n}") for n in range(kills + 1)]
        queue = [factories.signed_brief(team, text).pk for text in texts]
        acts.append(partial(approve_next, Client(port, session), queue))
    kill_in_rounds(server, kills, acts)
    return find_half_approvals(acknowledged)


def find_half_approvals(acknowledged: list[int]) -> list[str]:
    from briefs.models import Edition, Event, Outbox

    editions = list(Edition.objects.values_list("pk", "brief"))
    briefs = Counter(brief for _, brief in editions)
    events = Counter(Event.objects.filter(verb="approve").values_list("brief", flat=True))
    notices = Counter(Outbox.objects.filter(kind="published").values_list("edition", flat=True))
    print(f"{len(acknowledged)} approvals acknowledged, {len(editions)} editions, {notices.total()} notices")
    wrong = [
        f"brief {brief}: approved, but there is no edition" for brief in acknowledged if brief not in briefs
    ]
    wrong += [f"brief {brief}: {n} editions, {events[brief]} events" for brief, n in briefs.items() if (n, events[brief]) != (1, 1)]  # fmt: skip
    return wrong + [
        f"edition {pk}: {notices[pk]} notices for two people" for pk, _ in editions if notices[pk] != 2
    ]


def kill_in_rounds(server: "subprocess.Popen[bytes]", kills: int, acts: list[Callable[[int], None]]) -> None:
    """Let everybody act at once in each round, and kill the worker meanwhile or soon after.

    Round 0 is undisturbed. The others take longer, since each starts with a new process.
    """
    rng = random.Random(19)
    start = time.monotonic()
    join(start_threads(acts, 0))
    undisturbed = time.monotonic() - start
    for n in range(1, kills + 1):
        threads = start_threads(acts, n)
        time.sleep(rng.uniform(0, 3 * undisturbed))
        for worker in list_workers(server):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        join(threads)


def start_threads(acts: list[Callable[[int], None]], n: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=act, args=(n,)) for act in acts]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
