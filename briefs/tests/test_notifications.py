"""Notices over a real connection: each once, whatever is down, and nobody's bad address in anybody's way."""

import datetime as dt
import itertools
import re
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from briefs import notifications, workflow
from briefs.models import Brief, Edition, Letter, MailSwitch, Outbox, Person

from .support import factories
from .support.factories import Team

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Session(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender needs. What the server keeps is what it said 250 to."""

    server: "Post"

    def handle(self) -> None:
        self.say("220 here")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].upper()
            if word == "RCPT TO":
                address = line.partition("<")[2].partition(">")[0]
                if address in self.server.refused:
                    self.say("550 no such person")
                    continue
                to.append(address)
            elif word == "DATA":
                self.say("354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                if self.server.hangs_up:
                    return
                self.server.kept.append((to, message_from_bytes(body, policy=policy.default)))
                to = []
            elif word == "RSET":
                to = []
            self.say("221 bye" if word == "QUIT" else "250 ok")
            if word == "QUIT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Post(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        self.kept: list[tuple[list[str], EmailMessage]] = []
        self.refused: set[str] = set()
        self.hangs_up = False
        super().__init__(("127.0.0.1", port), Session)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def to(self) -> list[str]:
        return sorted(to[0] for to, _ in self.kept)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    server = Post()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": server.port, "timeout": 5},
        }
    }
    yield server
    server.stop()


@pytest.fixture
def team() -> Team:
    return Team()


def submitted(team: Team) -> list[str]:
    """A brief goes to review; the addresses that are told."""
    factories.submitted_brief(team)
    Outbox.objects.update(due_at=NOW)
    return sorted(Outbox.objects.values_list("to__email", flat=True))


def send(minutes: float = 0) -> notifications.Delivery:
    return notifications.send_due(NOW + minutes * MINUTE)


def row(person: Person) -> Outbox:
    return Outbox.objects.get(to=person, kind="review")


# Once


def test_each_goes_out_once(post: Post, team: Team) -> None:
    expected = submitted(team)
    assert len(expected) == 4
    assert send() == notifications.Delivery(sent=4)
    assert send(1000) == notifications.Delivery()
    assert post.to == expected


def test_down_then_back_is_delivered_exactly_once(team: Team, settings: Any, post: Post) -> None:
    expected, port = submitted(team), post.port
    post.stop()
    for minute in range(30):
        assert send(minute) == notifications.Delivery(failed=4)
    assert set(Outbox.objects.values_list("attempts", "sent_at")) == {(0, None)}
    assert notifications.find_failed_notices().count() == 4
    assert "ConnectionRefusedError" in notifications.find_failed_notices()[0].error
    factories.approve(factories.signed_brief(team, factories.content("2")), team.publisher)
    assert Edition.objects.count() == 1, "publishing does not wait for mail"
    Outbox.objects.exclude(brief=Brief.objects.earliest("pk")).update(cancelled_at=NOW)
    back = Post(port)
    try:
        assert send(31) == notifications.Delivery(sent=4)
        assert send(32) == send(1000) == notifications.Delivery()
        assert back.to == expected
    finally:
        back.stop()
    assert not notifications.find_failed_notices().exists()


def test_one_poison_recipient_stops_nobody_else(post: Post, team: Team) -> None:
    expected = submitted(team)
    post.refused.add(team.reviewer.email)
    assert send() == notifications.Delivery(sent=3, failed=1)
    assert post.to == [address for address in expected if address != team.reviewer.email]
    assert (row(team.reviewer).attempts, row(team.reviewer).sent_at) == (1, None)
    assert "550" in row(team.reviewer).error


def test_one_that_makes_the_server_hang_up_stops_nobody_else(
    post: Post, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = submitted(team)
    compose = notifications.compose

    def poison(message: Outbox) -> mail.EmailMessage:
        post.hangs_up = message.to_id == team.reviewer.pk
        return compose(message)

    monkeypatch.setattr(notifications, "compose", poison)
    assert send() == notifications.Delivery(sent=3, failed=1)
    assert len(post.kept) == len(expected) - 1


@pytest.mark.parametrize("bad", ["not an address", "a@b\r\nBcc: x@y", "使用者@例.tw"])
def test_an_address_that_cannot_be_written_to_stops_nobody_else(post: Post, team: Team, bad: str) -> None:
    submitted(team)
    Person.objects.filter(pk=team.reviewer.pk).update(email=bad)
    assert send() == notifications.Delivery(sent=3, failed=1)
    assert all("x@y" not in str(message) for _, message in post.kept)


# Again, and later each time


def test_it_is_tried_five_times_with_growing_delay(post: Post, team: Team) -> None:
    submitted(team)
    post.refused.add(team.reviewer.email)
    tried = []
    for minute in range(600):
        before = row(team.reviewer).attempts
        send(minute)
        if row(team.reviewer).attempts != before:
            tried.append(minute)
    gaps = [later - sooner for sooner, later in itertools.pairwise(tried)]
    assert len(tried) == notifications.MAX_ATTEMPTS
    assert gaps == [11, 21, 41, 81]


def test_a_recipient_who_can_be_reached_again_gets_it_once(post: Post, team: Team) -> None:
    submitted(team)
    post.refused.add(team.reviewer.email)
    send()
    post.refused.clear()
    assert send(9) == notifications.Delivery()
    assert send(11) == notifications.Delivery(sent=1)
    assert post.to.count(team.reviewer.email) == 1
    assert row(team.reviewer).error == ""


def given_up(post: Post, team: Team) -> None:
    submitted(team)
    post.refused.add(team.reviewer.email)
    for minute in (0, 11, 32, 73, 154):
        send(minute)
    assert row(team.reviewer).attempts == notifications.MAX_ATTEMPTS


def test_after_the_fifth_failure_publishers_are_told_once_and_not_in_a_loop(post: Post, team: Team) -> None:
    given_up(post, team)
    post.refused.add(team.publisher.email)
    for minute in range(155, 1200, 5):
        send(minute)
    alarms = Outbox.objects.filter(kind="failure")
    assert {a.to for a in alarms} == {team.publisher, team.other_publisher}
    assert {(a.to.username, a.attempts) for a in alarms} == {("publisher", 5), ("other-publisher", 1)}
    ((_, alarm),) = [
        (to, m)
        for to, m in post.kept
        if "could not be sent" in m["Subject"] or "通知未能送出" in m["Subject"]
    ]
    assert "/admin/briefs/outbox/" in alarm.get_content()
    assert "reviewer" in alarm.get_content()


def test_a_publisher_tries_again_and_it_is_sent_once(post: Post, team: Team) -> None:
    given_up(post, team)
    post.refused.clear()
    assert send(10_000).sent == 2, "the alarms alone"
    assert notifications.requeue_failed(row(team.reviewer).pk, now=NOW + 10_000 * MINUTE) == 1
    assert send(10_001) == notifications.Delivery(sent=1)
    assert notifications.requeue_failed(now=NOW + 10_002 * MINUTE) == 0
    assert post.to.count(team.reviewer.email) == 1


def test_what_a_worker_has_in_hand_is_not_tried_again(post: Post, team: Team) -> None:
    submitted(team)
    Outbox.objects.update(claimed_at=NOW, attempts=2, error="before")
    assert notifications.requeue_failed(now=NOW + MINUTE) == 0
    assert send(1) == notifications.Delivery()
    assert notifications.requeue_failed(now=NOW + 3 * MINUTE) == 4


# Switched off


def test_what_is_switched_off_is_not_sent_even_if_it_was_queued_before(post: Post, team: Team) -> None:
    expected = submitted(team)
    MailSwitch.objects.create(person=team.reviewer, kind="review")
    MailSwitch.objects.create(person=team.publisher, kind="ready")
    assert send() == notifications.Delivery(sent=3)
    assert post.to == [address for address in expected if address != team.reviewer.email]
    assert (row(team.reviewer).sent_at, row(team.reviewer).cancelled_at) == (None, NOW)
    MailSwitch.objects.all().delete()
    assert send(60) == notifications.Delivery(), "what was laid aside stays aside"


def test_both_languages_of_an_answer_hang_on_one_switch(post: Post, team: Team) -> None:
    brief = factories.submitted_brief(team)
    Outbox.objects.all().delete()
    MailSwitch.objects.create(person=team.writer, kind="answers")
    factories.sign_off(brief, team.reviewer)
    Outbox.objects.update(due_at=NOW)
    send()
    assert team.writer.email not in post.to
    assert sorted(m.split("@")[0] for m in post.to) == ["other-publisher", "publisher"]


def test_the_urgent_is_always_sent(post: Post, team: Team) -> None:
    brief = factories.draft_brief(team)
    MailSwitch.objects.create(person=team.reviewer, kind="urgent")
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="快")
    Outbox.objects.update(due_at=NOW)
    send()
    assert team.reviewer.email in post.to


def test_who_has_left_is_not_written_to(post: Post, team: Team) -> None:
    submitted(team)
    Person.objects.filter(pk=team.reviewer.pk).update(is_active=False)
    Person.objects.filter(pk=team.reviewer_en.pk).update(email="")
    assert send() == notifications.Delivery(sent=2)
    assert Outbox.objects.filter(cancelled_at=NOW).count() == 2


# What it says


def test_every_kind_that_is_queued_can_be_said_and_switched() -> None:
    """A verb that queues a kind which nobody can word would fail at every sending."""
    room = Path(workflow.__file__).parent
    source = "\n".join(file.read_text(encoding="utf-8") for file in room.rglob("*.py"))
    kinds = set(re.findall(r'notify\(\s*\w+,\s*"(\w+)"', source)) | {"signed_zh", "signed_en", "failure"}
    assert {"review", "sent_back", "ready", "urgent", "scheduled", "published"} <= kinds
    values = {"title": "ABC", "n": 1, "time": NOW.isoformat()}
    for kind in kinds:
        assert "ABC" in notifications._subject(kind, dict(values)), kind
        assert notifications.get_switch(kind) in notifications.NOTICE_KINDS, kind
    assert set(notifications.NOTICE_KINDS) >= notifications.MANDATORY_KINDS


def test_a_notice_names_the_title_and_never_the_text(post: Post, team: Team) -> None:
    Person.objects.filter(pk=team.reviewer.pk).update(language="en")
    submitted(team)
    send()
    said = {to[0]: message for to, message in post.kept}
    english, chinese = said[team.reviewer.email], said[team.reviewer_en.email]
    assert english["Subject"] == "[Digest] For your review: A Headline"
    assert chinese["Subject"] == "【文摘】請審閱：〈標題〉"
    for message in (english, chinese):
        assert "http://127.0.0.1:8000/admin/briefs/brief/" in message.get_content()
        assert "摘要。" not in message.get_content()
    assert len({message["Message-ID"] for message in said.values()}) == 4


def test_the_same_notice_has_the_same_message_id_whenever_it_is_sent(team: Team) -> None:
    submitted(team)
    one = row(team.reviewer)
    first, second = notifications.compose(one), notifications.compose(one)
    assert first.extra_headers == second.extra_headers
    assert re.fullmatch(r"<[0-9a-f]{32}@127\.0\.0\.1>", first.extra_headers["Message-ID"])


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_once(post: Post) -> None:
    team = Team()
    expected = submitted(team)

    def work() -> None:
        try:
            send()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert post.to == expected


# Letters, and requests to review


def test_a_letter_is_told_once_to_whom_it_concerns() -> None:
    team = Team()
    brief = factories.live_brief(team)
    factories.preview_link(brief)
    remark = factories.guest_letter(brief, "不對。")
    notifications.send_due()
    notifications.send_due()
    told = Outbox.objects.filter(kind="letter")
    assert [row.to for row in told] == [remark.link.by]
    edition = Edition.objects.get(brief=brief)
    Letter.objects.create(key="x", kind="report", brief=brief, edition=edition, text="Wrong.", at=remark.at)
    notifications.send_due()
    assert {row.to for row in told.filter(values__kind="report")} == {team.publisher, team.other_publisher}
    team.publisher.language = "zh-hant"
    message = notifications.compose(told.get(to=team.publisher, values__kind="report"))
    assert message.subject == "【文摘】讀者回報錯誤：〈標題〉"
    assert "Wrong." not in message.body
    handled = factories.guest_letter(brief, "好。", handled_at=remark.at, handled_by=team.writer)
    notifications.send_due()
    assert not told.filter(key__startswith=f"letter:{handled.pk}:").exists()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "[Digest] For your review: A Headline (Chinese, due 8 May 2026)"),
        ("zh-hant", "【文摘】請審閱：〈標題〉中文，2026 年 5 月 8 日 前"),
    ],
)
def test_a_request_to_review_names_the_language_and_the_day(language: str, subject: str) -> None:
    team = Team()
    Person.objects.filter(pk=team.reviewer.pk).update(language=language)
    brief = factories.submitted_brief(team)
    workflow.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 8))
    message = notifications.compose(Outbox.objects.select_related("to").get(kind="assigned"))
    assert message.subject == subject
    assert f"/admin/briefs/brief/{brief.pk}/review/" in message.body
