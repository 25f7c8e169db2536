"""Notices sent over a real SMTP connection: each exactly once, despite outages and bad addresses."""

import datetime as dt
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from briefs import workflow
from briefs.models import Brief, Edition, Letter, MailSwitch, Outbox, Person
from briefs.operations import notifications

from .support import factories
from .support.factories import Team
from .support.mail_server import MailServer

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def submit_brief(team: Team) -> list[str]:
    """Submit a brief, make its notices due, and return their addresses."""
    factories.submitted_brief(team)
    Outbox.objects.update(due_at=NOW)
    return sorted(Outbox.objects.values_list("to__email", flat=True))


def send_due(minutes: float = 0) -> notifications.Delivery:
    return notifications.send_due(NOW + minutes * MINUTE)


def review_notice(person: Person) -> Outbox:
    return Outbox.objects.get(to=person, kind="review")


# Sent once


def test_notice_is_sent_once_after_mail_server_outage(
    team: Team, settings: Any, mail_server: MailServer
) -> None:
    expected, port = submit_brief(team), mail_server.port
    mail_server.stop()
    for minute in range(30):
        assert send_due(minute) == notifications.Delivery(failed=4)
    assert set(Outbox.objects.values_list("attempts", "sent_at")) == {(0, None)}
    assert notifications.find_failed_notices().count() == 4
    assert "ConnectionRefusedError" in notifications.find_failed_notices()[0].error
    factories.approve(factories.signed_brief(team, factories.content("2")), team.publisher)
    assert Edition.objects.count() == 1, "publishing does not wait for mail"
    Outbox.objects.exclude(brief=Brief.objects.earliest("pk")).update(cancelled_at=NOW)
    restarted = MailServer(port)
    try:
        assert send_due(31) == notifications.Delivery(sent=4)
        assert send_due(32) == send_due(1000) == notifications.Delivery()
        assert restarted.to == expected
    finally:
        restarted.stop()
    assert not notifications.find_failed_notices().exists()


def test_refused_recipient_does_not_stop_other_notices_and_the_log_says_why(
    mail_server: MailServer, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    expected = submit_brief(team)
    mail_server.refused_addresses.add(team.reviewer.email)
    assert send_due() == notifications.Delivery(sent=3, failed=1)
    assert mail_server.to == [address for address in expected if address != team.reviewer.email]
    notice = review_notice(team.reviewer)
    assert (notice.attempts, notice.sent_at, "550" in notice.error) == (1, None, True)
    assert f"Notice {notice.pk} (review) was not sent, attempt 1: SMTPRecipientsRefused" in caplog.text
    mail_server.stop()
    send_due(1000)
    assert "No mail was sent, 1 waiting: ConnectionRefusedError" in caplog.text


def test_dropped_connection_does_not_stop_other_notices(
    mail_server: MailServer, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = submit_brief(team)
    compose = notifications.compose

    def compose_and_hang_up(message: Outbox) -> mail.EmailMessage:
        mail_server.drops_connection = message.to_id == team.reviewer.pk
        return compose(message)

    monkeypatch.setattr(notifications, "compose", compose_and_hang_up)
    assert send_due() == notifications.Delivery(sent=3, failed=1)
    assert len(mail_server.accepted) == len(expected) - 1


@pytest.mark.parametrize("address", ["not an address", "a@b\r\nBcc: x@y"])
def test_invalid_address_does_not_stop_other_notices(
    mail_server: MailServer, team: Team, address: str
) -> None:
    submit_brief(team)
    Person.objects.filter(pk=team.reviewer.pk).update(email=address)
    assert send_due() == notifications.Delivery(sent=3, failed=1)
    assert all("x@y" not in str(message) for _, message in mail_server.accepted)


# Retries


def test_failed_notice_is_retried_with_growing_delay(mail_server: MailServer, team: Team) -> None:
    submit_brief(team)
    mail_server.refused_addresses.add(team.reviewer.email)
    attempt_minutes = []
    for minute in (
        *range(156),
        *range(310, 330),
    ):  # a sixth attempt would come after 161 more minutes, at 315
        before = review_notice(team.reviewer).attempts
        send_due(minute)
        if review_notice(team.reviewer).attempts != before:
            attempt_minutes.append(minute)
    gaps = [later - earlier for earlier, later in itertools.pairwise(attempt_minutes)]
    assert len(attempt_minutes) == notifications.MAX_ATTEMPTS
    assert gaps == [11, 21, 41, 81]


def exhaust_attempts(mail_server: MailServer, team: Team) -> None:
    submit_brief(team)
    mail_server.refused_addresses.add(team.reviewer.email)
    for minute in (0, 11, 32, 73, 154):
        send_due(minute)
    assert review_notice(team.reviewer).attempts == notifications.MAX_ATTEMPTS


def test_final_failure_alerts_publishers_once(mail_server: MailServer, team: Team) -> None:
    exhaust_attempts(mail_server, team)
    mail_server.refused_addresses.add(team.publisher.email)
    for minute in range(155, 1200, 5):
        send_due(minute)
    alarms = Outbox.objects.filter(kind="failure")
    assert {a.to for a in alarms} == {team.publisher, team.other_publisher}
    assert {(a.to.username, a.attempts) for a in alarms} == {("publisher", 5), ("other-publisher", 1)}
    ((_, alarm),) = [
        (to, m)
        for to, m in mail_server.accepted
        if "could not be sent" in m["Subject"] or "通知未能送出" in m["Subject"]
    ]
    assert "/admin/briefs/outbox/" in alarm.get_content()
    assert "reviewer" in alarm.get_content()


def test_requeued_notice_is_sent_once(mail_server: MailServer, team: Team) -> None:
    exhaust_attempts(mail_server, team)
    mail_server.refused_addresses.clear()
    assert send_due(10_000).sent == 2, "the alarms alone"
    assert notifications.requeue_failed(review_notice(team.reviewer).pk, now=NOW + 10_000 * MINUTE) == 1
    assert send_due(10_001) == notifications.Delivery(sent=1)
    assert notifications.requeue_failed(now=NOW + 10_002 * MINUTE) == 0
    assert mail_server.to.count(team.reviewer.email) == 1


def test_notice_claimed_by_worker_is_not_sent_again(mail_server: MailServer, team: Team) -> None:
    submit_brief(team)
    Outbox.objects.update(claimed_at=NOW, attempts=2, error="before")
    assert notifications.requeue_failed(now=NOW + MINUTE) == 0
    assert send_due(1) == notifications.Delivery()
    assert notifications.requeue_failed(now=NOW + 3 * MINUTE) == 4


# Switched off


def test_switched_off_notice_is_cancelled_even_if_queued(mail_server: MailServer, team: Team) -> None:
    expected = submit_brief(team)
    MailSwitch.objects.create(person=team.reviewer, kind="review")
    MailSwitch.objects.create(person=team.publisher, kind="ready")
    assert send_due() == notifications.Delivery(sent=3)
    assert mail_server.to == [address for address in expected if address != team.reviewer.email]
    assert (review_notice(team.reviewer).sent_at, review_notice(team.reviewer).cancelled_at) == (None, NOW)
    MailSwitch.objects.all().delete()
    assert send_due(60) == notifications.Delivery(), "a cancelled notice stays cancelled"


def test_one_switch_covers_answers_in_both_languages(mail_server: MailServer, team: Team) -> None:
    brief = factories.submitted_brief(team)
    Outbox.objects.all().delete()
    MailSwitch.objects.create(person=team.writer, kind="answers")
    factories.sign_off(brief, team.reviewer)
    Outbox.objects.update(due_at=NOW)
    send_due()
    assert team.writer.email not in mail_server.to
    assert sorted(m.split("@")[0] for m in mail_server.to) == ["other-publisher", "publisher"]


def test_request_for_a_review_that_is_over_is_cancelled(mail_server: MailServer, team: Team) -> None:
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer)
    workflow.send_back(brief, by=team.publisher, note="再看", sides=("zh",))
    Outbox.objects.update(due_at=NOW)
    send_due()
    sent = {*Outbox.objects.exclude(sent_at=None).values_list("kind", flat=True)}
    assert sent == {"signed_zh", "signed_en", "sent_back"}


def test_inactive_person_or_empty_address_gets_no_notice(mail_server: MailServer, team: Team) -> None:
    submit_brief(team)
    Person.objects.filter(pk=team.reviewer.pk).update(is_active=False)
    Person.objects.filter(pk=team.reviewer_en.pk).update(email="")
    assert send_due() == notifications.Delivery(sent=2)
    assert Outbox.objects.filter(cancelled_at=NOW).count() == 2


# Wording


def test_every_queued_kind_has_subject_and_switch() -> None:
    """A queued kind without a subject would fail every time it is sent."""
    package = Path(workflow.__file__).parent
    source = "\n".join(file.read_text(encoding="utf-8") for file in package.rglob("*.py"))
    kinds = set(re.findall(r'notify\(\s*\w+,\s*"(\w+)"', source)) | {"signed_zh", "signed_en", "failure"}
    assert {"review", "sent_back", "ready", "scheduled", "published"} <= kinds
    values = {"n": 1, "time": NOW.isoformat(), "label": "ABC", "outcome": "accepted", "number": "ABC"}
    for kind in kinds | notifications.KINDS_WITHOUT_MAIL:
        message = Outbox(kind=kind, brief=Brief(headline_zh="ABC"), values=values)
        assert "ABC" in notifications.describe_notice(message), kind
    for kind in kinds - notifications.KINDS_WITHOUT_MAIL:
        assert notifications.get_switch(kind) in notifications.NOTICE_KINDS, kind


def test_notice_names_title_and_omits_text(mail_server: MailServer, team: Team) -> None:
    Person.objects.filter(pk=team.reviewer.pk).update(language="en")
    submit_brief(team)
    send_due()
    messages = {to[0]: message for to, message in mail_server.accepted}
    english, chinese = messages[team.reviewer.email], messages[team.reviewer_en.email]
    assert english["Subject"] == "[Digest] For your review: A Headline"
    assert chinese["Subject"] == "【文摘】請審閱：〈標題〉"
    for message in (english, chinese):
        assert "http://127.0.0.1:8000/admin/briefs/brief/" in message.get_content()
        assert "摘要。" not in message.get_content()
    assert len({message["Message-ID"] for message in messages.values()}) == 4


def test_notice_keeps_its_message_id(team: Team) -> None:
    submit_brief(team)
    notice = review_notice(team.reviewer)
    first, second = notifications.compose(notice), notifications.compose(notice)
    assert first.extra_headers == second.extra_headers
    assert re.fullmatch(r"<[0-9a-f]{32}@127\.0\.0\.1>", first.extra_headers["Message-ID"])


# Letters and review requests


def test_letter_notifies_link_owner_or_publishers_once() -> None:
    team = Team()
    brief = factories.live_brief(team)
    factories.preview_link(brief)
    remark = factories.guest_letter(brief, "不對。")
    notifications.send_due()
    notifications.send_due()
    letter_notices = Outbox.objects.filter(kind="letter")
    assert {review_notice.to for review_notice in letter_notices} == {team.writer, remark.link.by}
    edition = Edition.objects.get(brief=brief)
    Letter.objects.create(key="x", kind="report", brief=brief, edition=edition, text="Wrong.", at=remark.at)
    notifications.send_due()
    assert {review_notice.to for review_notice in letter_notices.filter(values__kind="report")} == {
        team.writer,
        team.publisher,
        team.other_publisher,
    }
    team.publisher.language = "zh-hant"
    message = notifications.compose(letter_notices.get(to=team.publisher, values__kind="report"))
    assert message.subject == "【文摘】讀者回報錯誤：〈標題〉"
    assert "Wrong." not in message.body
    handled = factories.guest_letter(brief, "好。", handled_at=remark.at, handled_by=team.writer)
    notifications.send_due()
    assert not letter_notices.filter(key__startswith=f"letter:{handled.pk}:").exists()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "[Digest] For your review: A Headline (Chinese, due 8 May 2026)"),
        ("zh-hant", "【文摘】請審閱：〈標題〉中文，2026 年 5 月 8 日 前"),
    ],
)
def test_review_request_names_language_and_due_date(language: str, subject: str) -> None:
    team = Team()
    Person.objects.filter(pk=team.reviewer.pk).update(language=language)
    brief = factories.submitted_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 8))
    message = notifications.compose(Outbox.objects.select_related("to").get(kind="assigned"))
    assert message.subject == subject
    assert f"/admin/briefs/brief/{brief.pk}/review/" in message.body
