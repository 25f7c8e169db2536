"""Run actions of several people at the same moment: in processes on SQLite, in threads on PostgreSQL.

A process runs this module: it reads one action per line and answers with its result.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

type Action = tuple[str, dict[str, Any]]
type ActionResult = dict[str, Any]
"""Has one key: `did` (the result), `refused` (codes) or `error`."""

START_DELAY = 0.004
"""Seconds from sending the actions to the common start."""
START_SPREAD = {"sqlite": 0.006, "postgresql": 0.08}
"""Largest random delay after the common start, in seconds: about the time that an action takes, with a new connection for a thread."""


def approve(brief: int, by: int, seen: str) -> object:
    from briefs import workflow

    return workflow.approve(brief, by=_person(by), seen=seen).pk


def save(brief: int, by: int, version: int, summary: str) -> object:
    from dataclasses import replace

    from briefs import workflow
    from briefs.models import Brief

    content = workflow.load_working_copy(Brief.objects.get(pk=brief))
    revision = workflow.editing.save(
        brief, replace(content, summary_en=summary), by=_person(by), version=version
    )
    return revision and revision.number


def sign(brief: int, by: int, seen: str) -> object:
    from briefs import workflow

    return workflow.sign_off(brief, "en", by=_person(by), seen=seen).pk


def import_texts(texts: dict[str, str], by: int) -> object:
    from briefs.exchange.intake import create_import_job, import_documents

    job = create_import_job(actor=_person(by), for_desk=True)
    outcomes = import_documents(((name, text.encode()) for name, text in texts.items()), job)
    return sum(outcome.status == "created" for outcome in outcomes)


def _person(pk: int) -> Any:
    from briefs.models import Person

    return Person.objects.get(pk=pk)


def kill_at_statement(at: int, act: str, values: dict[str, Any]) -> object:
    """Run the action in a process that is killed at SQL statement number `at`. Return whether it finished."""
    import signal

    from django.db import connection, connections

    connections.close_all()
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    remaining = iter(range(at))

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        if next(remaining, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*args)

    with connection.execute_wrapper(count):
        ACTS[act](**values)
    os._exit(0)


def send(port: int) -> object:
    from django.test import override_settings

    from briefs.operations import notifications

    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    mailer = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
    with override_settings(MAILERS={"default": mailer}):
        return notifications.send_due().sent


ACTS: dict[str, Callable[..., object]] = {
    "approve": approve, "save": save, "sign": sign, "send": send, "killed": kill_at_statement, "import_texts": import_texts,
}  # fmt: skip


def perform(act: str, values: dict[str, Any], moment: float) -> ActionResult:
    from briefs import workflow

    time.sleep(max(0, moment - time.monotonic()))
    try:
        return {"did": ACTS[act](**values)}
    except workflow.Refused as refused:
        return {"refused": refused.codes}
    except Exception as error:
        return {"error": repr(error)}


class Racers:
    """Workers that start at the same moment. `ask` sends one action to one worker and returns a function that waits for its result."""

    def __init__(self, ask: Callable[[int, str, dict[str, Any], float], Callable[[], ActionResult]]) -> None:
        self._ask, self._dice = ask, random.Random(5)

    def race(self, *acts: Action, spread: float | None = None) -> list[ActionResult]:
        """Run each action in its own worker, all at nearly the same moment."""
        from django.db import connection

        spread = START_SPREAD[connection.vendor] if spread is None else spread
        start = time.monotonic() + START_DELAY
        # Shuffled, since on a busy machine the first to be sent starts first.
        order = self._dice.sample(range(len(acts)), len(acts))
        pending = {i: self._ask(i, *acts[i], start + spread * self._dice.random()) for i in order}
        results = [pending[i]() for i in range(len(acts))]
        assert not [result for result in results if "error" in result], results
        return results


@contextmanager
def racers(n: int) -> Iterator[Racers]:
    from django.db import connection

    with _process_racers(n) if connection.vendor == "sqlite" else _thread_racers(n) as workers:
        yield workers


@contextmanager
def _thread_racers(n: int) -> Iterator[Racers]:
    from django.db import connections

    def run(act: str, values: dict[str, Any], moment: float) -> ActionResult:
        try:
            return perform(act, values, moment)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(n) as pool:
        yield Racers(lambda i, act, values, moment: pool.submit(run, act, values, moment).result)


@contextmanager
def _process_racers(n: int) -> Iterator[Racers]:
    from django.db import connection

    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}"}
    command = [sys.executable, "-m", __name__]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, env=environment, **pipes) for _ in range(n)]

    def ask(i: int, act: str, values: dict[str, Any], moment: float) -> Callable[[], ActionResult]:
        process = processes[i]
        assert process.stdin
        assert process.stdout
        print(json.dumps([act, values, moment]), file=process.stdin, flush=True)
        return lambda: json.loads(process.stdout.readline())

    disable_fsync()
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        yield Racers(ask)
    finally:
        for process in processes:
            process.stdin.close()
            process.wait(60)
            process.stdout.close()


def disable_fsync() -> None:
    """Do not wait for the disk: no test of a race needs durability."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")


def _run_worker(lines: Iterable[str]) -> None:
    import django

    django.setup()
    disable_fsync()
    say = sys.stdout.write
    say("ready\n")
    sys.stdout.flush()
    for line in lines:
        say(json.dumps(perform(*json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    _run_worker(sys.stdin)
