"""Senders killed at random moments while the server refuses, says "later", hangs up and hangs: none twice, none lost."""

import datetime as dt
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from briefs.models import Copy, Mailing
from briefs.publications import mailings, sending
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support.mail_server import MailServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]

ROUND = dt.timedelta(minutes=3)
"""Between two runs, so that a claim of the dead is over."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "COPIES_PER_MINUTE", 1_000_000)


class Killer:
    """Kills the sender at a command drawn at random, or a moment after it."""

    def __init__(self, server: MailServer, seed: int) -> None:
        self.server, self.random = server, random.Random(seed)
        self.lock = threading.Lock()
        self.pid = self.left = self.kills = 0
        self.greylisted: set[str] = set()
        server.on_command = self.meet

    def meet(self, command: str, address: str) -> bool:
        with self.lock:
            self._count_down()
            if command != "RCPT TO":
                return False
            number = int(address.partition("@")[0].removeprefix("reader"))
            if number % 7 == 0 and address not in self.greylisted:
                self.greylisted.add(address)
                self.server.answers[address] = "451 4.7.1 later"
            elif number % 11 == 0:
                self.server.answers[address] = "550 5.2.2 full"
            else:
                self.server.answers.pop(address, None)
            luck = self.random.random()
        if luck > 0.995:
            time.sleep(0.4)  # longer than the sender waits
        return luck > 0.97

    def _count_down(self) -> None:
        self.left -= 1
        if self.pid and self.left <= 0:
            time.sleep(self.random.choice((0, 0, self.random.random() / 200)))
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
                self.kills += 1
            self.pid = 0

    def run_sender(self, now: dt.datetime, *, kill: bool) -> None:
        """Send in a process of its own, which is killed before it has done much."""
        connections.close_all()
        with self.lock:  # no command is met before the pid is known
            pid = os.fork()
            if pid == 0:
                try:
                    sending.send_due(now, seconds=20)
                finally:
                    os._exit(0)
            self.pid, self.left = (pid if kill else 0), self.random.randrange(1, 28)
        os.waitpid(pid, 0)
        with self.lock:
            self.pid = 0


def send_with_kills(server: MailServer, settings: Any, readers: int, kills: int) -> tuple[Mailing, Killer]:
    settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.3
    team = factories.Team()
    mailing_fixtures.subscribe(readers)
    issue = mailing_fixtures.publish_issue(team, factories.live_brief(team))
    mailing = mailings.queue_issue(issue, by=team.publisher)
    killer, now = Killer(server, seed=readers + kills), timezone.now()
    for _round in range(4 * kills + 200):
        killer.run_sender(now, kill=killer.kills < kills)
        now += ROUND
        mailing.refresh_from_db()
        if mailing.state == "done":
            break
    assert mailing.state == "done"
    return mailing, killer


def check_copies(server: MailServer, readers: int) -> int:
    """Check that none was sent twice or lost. Return the number of copies of unknown fate."""
    arrived = Counter(to[0] for to, _message in server.accepted)
    stages = {copy.subscriber.address: copy.stage for copy in Copy.objects.select_related("subscriber")}
    assert [address for address, times in arrived.items() if times > 1] == []
    assert len(stages) == readers
    for address, stage in stages.items():
        assert stage in ("sent", "refused", "handed"), (address, stage)
        assert stage != "sent" or arrived[address], f"{address} never arrived"
        assert stage != "refused" or not arrived[address]
    return Counter(stages.values())["handed"]


@pytest.mark.heavy
def test_twenty_kills_lose_and_repeat_no_copy(mail_server: MailServer, settings: Any) -> None:
    _mailing, killer = send_with_kills(mail_server, settings, 200, 20)
    assert killer.kills == 20
    assert check_copies(mail_server, 200) <= 20


def test_two_senders_at_once_send_each_copy_once(mail_server: MailServer) -> None:
    team = factories.Team()
    mailing_fixtures.subscribe(30)
    issue = mailing_fixtures.publish_issue(team, factories.live_brief(team))
    mailings.queue_issue(issue, by=team.publisher)
    connections.close_all()
    pids = []
    for _n in range(3):
        if (pid := os.fork()) == 0:
            try:
                sending.send_due(seconds=20)
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    assert sorted(mail_server.to) == sorted(f"reader{n}@example.org" for n in range(1, 31))
    assert set(Copy.objects.values_list("stage", flat=True)) == {"sent"}
