"""Mailings sent over real SMTP: each copy at most once, none lost, whatever the server does."""

import datetime as dt
import re
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.models import Copy, Event, IssueEdition, JobRun, Mailing, MailSide, Subscriber
from briefs.publications import mailings, sending
from briefs.publications.subscribers import change_side, hash_token
from briefs.tests.support import factories, issue_factories, mailing_fixtures
from briefs.tests.support.factories import Team
from briefs.tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "COPIES_PER_MINUTE", 1_000_000)


def build_rows() -> Team:
    """Make a team and a published issue with one brief."""
    team = Team()
    mailing_fixtures.publish_issue(team, factories.live_brief(team))
    return team


@pytest.fixture
def team(rows: Team) -> Team:
    return rows


def queue(team: Team, readers: int = 6, **values: Any) -> Mailing:
    mailing_fixtures.subscribe(readers)
    issue = IssueEdition.objects.get(issue_number=12)
    return mailings.queue_issue(issue, by=team.publisher, **values)


def count(mailing: Mailing) -> dict[str, int]:
    return mailings.count_copies(mailing).by_stage


def send(hours: float = 0) -> sending.SentCopies:
    return sending.send_due(timezone.now() + hours * HOUR)


def get_state(mailing: Mailing) -> str:
    mailing.refresh_from_db()
    return mailing.state


# Sent once


def test_each_reader_gets_one_copy_in_their_language(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team)
    assert send().numbers == (6, 0, 0, 0, 0)
    assert send(1).numbers == (0, 0, 0, 0, 0)
    assert mail_server.to == [f"reader{n}@example.org" for n in range(1, 7)]
    assert get_state(mailing) == "done"
    subjects = {to[0]: str(message["Subject"]) for to, message in mail_server.accepted}
    assert subjects["reader3@example.org"] == "第12期：韌性的價格"
    assert subjects["reader4@example.org"] == "Issue 12: The Price of Resilience"
    assert subjects["reader5@example.org"] == "第12期：韌性的價格 · Issue 12: The Price of Resilience"
    assert not Subscriber.objects.filter(last_mailed_at=None).exists()


def test_mail_written_to_a_folder_replaces_none_to_the_same_address(tmp_path: Path) -> None:
    transport = sending.FileTransport(tmp_path)
    for text in (b"1", b"2", b"3"):
        transport.begin("desk@example.org", "reader@example.org")
        transport.send_data(text)
    assert sorted(file.read_bytes() for file in tmp_path.iterdir()) == [b"1", b"2", b"3"]


def test_reader_who_subscribes_before_a_mailing_begins_gets_it(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team, 1, due_at=timezone.now() + HOUR)
    mailing_fixtures.subscribe(1, first=2)
    assert send(1.1).sent == 2
    mailing_fixtures.subscribe(1, first=3)
    assert send(1.2).sent == 0
    assert mail_server.to == ["reader1@example.org", "reader2@example.org"]
    assert count(mailing) == {"sent": 2}


def test_reader_who_chose_another_language_after_queueing_gets_that_one(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 1)
    change_side(Subscriber.objects.get(), MailSide.ZH)
    assert send().sent == 1
    [(_to, message)] = mail_server.accepted
    assert str(message["Subject"]) == "第12期：韌性的價格"
    assert mailings.count_copies(mailing).by_side == {"zh": 1}


def test_link_of_a_copy_finds_its_reader(mail_server: MailServer, team: Team) -> None:
    queue(team, 2)
    send()
    for to, message in mail_server.accepted:
        token = str(message["List-Unsubscribe"]).rstrip("/>").rpartition("/")[2]
        assert Copy.objects.get(token_hash=hash_token(token)).subscriber.address == to[0]
        assert token in message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        addresses = re.findall(r'href="([^"]+)"[^>]*>(?:Unsubscribe|取消訂閱)</a>', html)
        assert addresses
        assert all(token in address for address in addresses)


def test_reader_who_left_after_queueing_gets_none(mail_server: MailServer, team: Team) -> None:
    queue(team, 3)
    Subscriber.objects.filter(address="reader1@example.org").update(left_at=timezone.now())
    Subscriber.objects.filter(address="reader2@example.org").delete()
    assert send().numbers == (1, 0, 0, 0, 2)
    assert mail_server.to == ["reader3@example.org"]


def test_dropped_connection_after_the_text_is_unknown_and_never_sent_again(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 2)
    mail_server.drops_connection = True
    assert send().unknown == 2
    mail_server.drops_connection = False
    assert send(30).numbers == (0, 0, 0, 0, 0)
    assert (count(mailing), get_state(mailing)) == ({"handed": 2}, "done")
    assert mail_server.accepted == []


def test_copy_of_a_process_that_died_is_sent_again_only_if_it_was_not_handed_over(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 2)
    for stage, copy in zip(("handed", "claimed"), mailing.copies.order_by("pk"), strict=True):
        Copy.objects.filter(pk=copy.pk).update(stage=stage, stage_at=timezone.now())
    assert send().sent == 0
    assert send(0.1).sent == 1
    assert count(mailing) == {"handed": 1, "sent": 1}


def test_copies_of_unknown_fate_are_sent_again_to_exactly_those_when_a_person_asks(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 12)
    lost = {"reader3@example.org", "reader9@example.org"}

    def drop(word: str, address: str) -> bool:
        if word == "RCPT TO":
            mail_server.drops_connection = address in lost
        return False

    mail_server.on_command = drop
    assert send().numbers == (10, 0, 0, 2, 0)
    tokens = set(Copy.objects.filter(stage="handed").values_list("token_hash", flat=True))
    lost.clear()
    assert send(1).numbers == (0, 0, 0, 0, 0)
    mailings.send_again(mailing, by=team.publisher)
    assert send(1).numbers == (0, 0, 0, 0, 0), "a process may still be handing them over"
    mailings.send_again(mailing, by=team.publisher, now=timezone.now() + HOUR)
    assert send(1).numbers == (2, 0, 0, 0, 0)
    assert mail_server.to == sorted(f"reader{n}@example.org" for n in range(1, 13))
    assert get_state(mailing) == "done"
    again = Copy.objects.filter(subscriber__address__in=["reader3@example.org", "reader9@example.org"])
    assert set(again.values_list("token_hash", flat=True)) == tokens, "links of the first copies still work"


def test_nothing_changes_while_no_server_answers(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team, 3)
    mail_server.stop()
    assert send().fault
    assert set(Copy.objects.values_list("stage", "attempts")) == {("queued", 0)}
    assert get_state(mailing) == "running"


def test_greylisted_copy_is_sent_later_and_given_up_after_a_day(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team, 2)
    mail_server.answers["reader1@example.org"] = "451 4.7.1 later"
    assert send().numbers == (1, 0, 1, 0, 0)
    for tenths in range(1, 40):
        send(tenths / 10)
    later = Copy.objects.get(reader_no=Subscriber.objects.get(address="reader1@example.org").pk)
    assert (later.stage, later.smtp_code, later.attempts) == ("queued", 451, 6)
    # The sender ran all the time, so that the mailing goes on although it is late.
    Mailing.objects.update(run_at=timezone.now() + 30 * HOUR)
    assert send(30).refused == 1
    assert (count(mailing), get_state(mailing)) == ({"sent": 1, "refused": 1}, "done")


def test_unknown_address_is_refused_and_its_reader_dropped(mail_server: MailServer, team: Team) -> None:
    queue(team, 3)
    mail_server.answers |= {
        "reader1@example.org": "550 5.1.1 no such person",
        "reader2@example.org": "550 not today",
    }
    assert send().numbers == (1, 2, 0, 0, 0)
    assert Subscriber.objects.exclude(bounced_at=None).get().address == "reader1@example.org"


@pytest.mark.parametrize(
    ("who", "answer"), [("DATA", "550 5.7.26 blocked, DMARC"), ("MAIL FROM", "554 5.7.1 spam")]
)
def test_blocked_mail_stops_the_mailing_and_the_rest_get_a_new_one(
    mail_server: MailServer, team: Team, who: str, answer: str
) -> None:
    mailing = queue(team, 12)
    mail_server.answers[who] = answer
    assert send().numbers == (0, 10 if who == "DATA" else 0, 0, 0, 0)
    assert get_state(mailing) == "stopped"
    assert count(mailing).get("queued", 0) == 0, (
        "whoever waits for a stopped mailing is never told of a correction"
    )
    assert answer in mailings.describe_halt(mailing)
    assert not Subscriber.objects.exclude(bounced_at=None).exists()
    mail_server.answers.clear()
    assert send(1).sent == 0
    with pytest.raises(workflow.Refused):
        mailings.resume_mailing(mailing, by=team.publisher)
    again = mailings.queue_issue(mailing.issue_edition, by=team.publisher)
    send()
    send(0.2)
    assert get_state(again) == "done"
    assert mail_server.to == sorted(f"reader{n}@example.org" for n in range(1, 13))


def test_answer_of_a_mail_server_shows_no_address(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team, 1)
    answer = "550 5.7.1 <Reader1@example.org>: blocked, see b.example/?to=reader1@example.org"
    mail_server.answers["MAIL FROM"] = answer
    send()
    assert get_state(mailing) == "stopped"
    assert "550 5.7.1 … blocked, see …" in mailings.describe_halt(mailing)


def test_reader_whose_server_blocks_us_keeps_the_issue_from_nobody_else(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 3)
    mail_server.answers["reader1@example.org"] = "550 5.7.1 not allowed to write to this group"
    assert (send().numbers, get_state(mailing)) == ((2, 1, 0, 0, 0), "done")
    assert mail_server.to == ["reader2@example.org", "reader3@example.org"]


def test_senders_share_the_rate(mail_server: MailServer, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(team, 3)
    monkeypatch.setattr(sending, "COPIES_PER_MINUTE", 1)
    assert [send().sent for _process in range(3)] == [1, 0, 0]
    JobRun.objects.filter(name=JobRun.MAIL_TURN).update(at=timezone.now() + 30 * HOUR)
    assert send().sent == 1, "the clock that said so was wrong"


def test_refused_sender_pauses_the_mailing_and_refuses_no_copy(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team, 2)
    mail_server.answers["MAIL FROM"] = "553 not your address"
    assert send().numbers == (0, 0, 0, 0, 0)
    assert (count(mailing), get_state(mailing)) == ({"queued": 2}, "paused")


# Begin, pause, resume and stop


def test_mailing_begins_at_its_time_but_not_two_hours_later(mail_server: MailServer, team: Team) -> None:
    mailing = queue(team, 1, due_at=timezone.now() + HOUR)
    assert (send(0.9).sent, get_state(mailing)) == (0, "queued")
    assert (send(3.1).sent, get_state(mailing)) == (0, "paused")
    assert mailing.state_reason == "late"
    mailings.resume_mailing(mailing, by=team.publisher, now=timezone.now() + 4 * HOUR)
    assert send(4).sent == 1


def test_late_mailing_that_was_left_alone_does_not_resume_by_itself(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 1)
    mail_server.answers["reader1@example.org"] = "451 later"
    send()
    for hours in (0.2, 1, 1.9, 2.1):  # a slow one runs on
        send(hours)
    assert get_state(mailing) == "running"
    mail_server.answers.clear()
    assert (send(9).sent, get_state(mailing)) == (0, "paused")


def test_pause_holds_within_one_copy_and_resume_goes_on(
    mail_server: MailServer, team: Team, settings: Any
) -> None:
    mailing = queue(team, 4)

    class PausedSession(sending.SmtpTransport):
        """The publisher pauses after the server took the address, and before the text goes out."""

        def begin(self, sender: str, to: str) -> tuple[bool, sending.Answer]:
            answer = super().begin(sender, to)
            mailings.pause_mailing(mailing, by=team.publisher)
            return answer

    session = PausedSession(settings.MAILERS["default"]["OPTIONS"])
    assert sending.send_due(transport=session).numbers == (0, 0, 0, 0, 0)
    assert (count(mailing), get_state(mailing)) == ({"queued": 4}, "paused")
    assert send().sent == 0
    mailings.resume_mailing(mailing, by=team.publisher)
    assert send().sent == 4
    verbs = Event.objects.filter(about="issue/12").values_list("verb", flat=True)
    assert list(verbs) == ["send_issue", "pause_mailing", "resume_mailing"]


def test_stopped_mailing_sends_nothing_more_and_the_rest_get_a_new_one(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 3)
    mail_server.answers |= {f"reader{n}@example.org": "451 later" for n in (1, 2)}
    send()
    mailings.stop_mailing(mailing, by=team.publisher)
    mail_server.answers.clear()
    assert send(0.5).sent == 0
    assert count(mailing) == {"sent": 1, "dropped": 2}
    with pytest.raises(workflow.Refused) as refusal:
        mailings.resume_mailing(mailing, by=team.publisher)
    assert refusal.value.codes == ["mailing-state"]
    again = mailings.queue_issue(mailing.issue_edition, by=team.publisher)
    assert send().sent == 2
    assert count(again) == {"sent": 2}
    assert mail_server.to == ["reader1@example.org", "reader2@example.org", "reader3@example.org"]


def test_corrected_brief_pauses_the_mailing_that_holds_the_old_text(
    mail_server: MailServer, team: Team
) -> None:
    mailing = queue(team, 2)
    brief = mailing.editions.get().edition.brief
    factories.publish_revision(team, brief, "改")
    assert (send().sent, get_state(mailing)) == (0, "paused")
    with pytest.raises(workflow.Refused) as refusal:
        mailings.resume_mailing(mailing, by=team.publisher)
    assert refusal.value.codes == ["mailing-changed"]
    mailings.stop_mailing(mailing, by=team.publisher)
    mailings.queue_issue(mailing.issue_edition, by=team.publisher)
    assert send().sent == 2
    for _to, message in mail_server.accepted:
        assert "A summary改." in message.get_body(("plain",)).get_content()


def test_mail_of_a_corrected_issue_ends_the_one_before_and_reaches_nobody_twice(
    mail_server: MailServer, team: Team, settings: Any
) -> None:
    mailing_fixtures.subscribe(3)
    edition = issue_factories.published_issue(team, factories.live_brief(team))
    first = mailings.queue_issue(edition, by=team.publisher)

    class CorrectedSession(sending.SmtpTransport):
        """The issue is corrected and sent anew after the server took the address, and before the text goes out."""

        def begin(self, sender: str, to: str) -> tuple[bool, sending.Answer]:
            answer = super().begin(sender, to)
            corrected = issue_factories.correct_issue(team, edition.issue, title_en="Corrected")
            mailings.queue_issue(corrected, by=team.publisher)
            return answer

    session = CorrectedSession(settings.MAILERS["default"]["OPTIONS"])
    assert sending.send_due(transport=session).sent == 0
    assert (count(first), get_state(first)) == ({"dropped": 3}, "stopped")
    assert send().sent == 3
    assert mail_server.to == ["reader1@example.org", "reader2@example.org", "reader3@example.org"]


# Who may, and when


def test_issue_is_sent_once_by_a_publisher_and_only_when_public(team: Team) -> None:
    mailing = queue(team, 1)
    issue = mailing.issue_edition
    for person in (team.writer, team.reviewer, team.outsider):
        with pytest.raises(workflow.Refused) as refusal:
            mailings.queue_issue(issue, by=person)
        assert refusal.value.codes == ["role"]
        for verb in (mailings.pause_mailing, mailings.resume_mailing, mailings.stop_mailing):
            with pytest.raises(workflow.Refused):
                verb(mailing, by=person)
    with pytest.raises(workflow.Refused) as refusal:
        mailings.queue_issue(issue, by=team.publisher)
    assert refusal.value.codes == ["mailing-exists"]
    brief = factories.live_brief(team, factories.content("二"))
    cancelled = mailing_fixtures.publish_issue(team, brief, number=13, live_from=factories.tomorrow())
    IssueEdition.objects.filter(pk=cancelled.pk).update(live_until=cancelled.live_from)
    with pytest.raises(workflow.Refused) as refusal:
        mailings.queue_issue(cancelled, by=team.publisher)
    assert refusal.value.codes == ["issue-not-public"]


def test_scheduled_issue_goes_out_at_its_time_with_the_briefs_of_then(
    mail_server: MailServer, team: Team
) -> None:
    mailing_fixtures.subscribe(3)
    tomorrow = timezone.now() + 24 * HOUR
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=tomorrow - HOUR)
    issue = mailing_fixtures.publish_issue(team, brief, live_from=tomorrow)
    mailing = mailings.queue_issue(issue, by=team.publisher)
    assert (mailing.due_at, mailing.editions.count()) == (tomorrow, 1)
    assert (send(23).numbers, get_state(mailing)) == ((0, 0, 0, 0, 0), "queued")
    mailings.pause_mailing(mailing, by=team.publisher)
    mailings.resume_mailing(mailing, by=team.publisher)
    assert (send(24.5).sent, get_state(mailing)) == (3, "done")
    texts = [message.get_body(("plain",)).get_content() for _to, message in mail_server.accepted]
    assert any(brief.headline_en in text for text in texts)


def test_mail_of_an_issue_whose_publication_was_cancelled_waits_for_a_person(
    mail_server: MailServer, team: Team
) -> None:
    mailing_fixtures.subscribe(1)
    brief = factories.live_brief(team)
    issue = mailing_fixtures.publish_issue(team, brief, live_from=factories.tomorrow())
    mailing = mailings.queue_issue(issue, by=team.publisher)
    IssueEdition.objects.filter(pk=issue.pk).update(live_until=issue.live_from)
    assert (send(25).sent, get_state(mailing)) == (0, "paused")


def test_thousand_copies_are_queued_by_one_statement(team: Team, django_assert_max_num_queries: Any) -> None:
    mailing_fixtures.subscribe(1_000)
    Subscriber.objects.filter(address__endswith="7@example.org").update(left_at=timezone.now())
    issue = mailing_fixtures.publish_issue(team, factories.live_brief(team))
    with django_assert_max_num_queries(30):
        mailing = mailings.queue_issue(issue, by=team.publisher)
    counts = mailings.count_copies(mailing)
    assert counts.by_stage == {"queued": 900}
    assert counts.by_side == mailings.count_readers()


# Encrypted


@pytest.mark.parametrize("option", ["use_ssl", "use_tls"])
def test_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path, option: str) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(ssl.SSLError):
            if option == "use_tls":
                for answer in (b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go\r\n"):
                    connection.sendall(answer)
                    if answer != b"220 go\r\n":
                        connection.recv(1000)
            with context.wrap_socket(connection, server_side=True) as encrypted:
                encrypted.sendall(b"220 hello\r\n")
                received.append(encrypted.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:
        served = threads.submit(serve, listener)
        transport = sending.SmtpTransport(
            {"host": "localhost", "port": listener.getsockname()[1], option: True}
        )
        with pytest.raises(sending.ConnectionLost, match="CERTIFICATE_VERIFY_FAILED"):
            transport.open()
        served.result()
    assert received in ([], [b""])


def test_line_that_begins_with_a_dot_does_not_end_the_mail(mail_server: MailServer) -> None:
    transport = sending.build_transport()
    transport.open()
    assert transport.begin("digest@example.org", "reader@example.org")[1].is_yes
    assert transport.request_data().is_yes
    assert transport.send_data(b"Subject: dots\r\n\r\nbefore\r\n.\r\n.after\r\n").is_yes
    transport.close()
    ((_to, message),) = mail_server.accepted
    assert message.get_content().split() == ["before", ".", ".after"]
