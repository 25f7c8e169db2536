"""Mail that came back: dead addresses drop their reader, blocked mail stops the mailing, forged reports do nothing."""

import datetime as dt
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from briefs.models import Copy, Mailing, Subscriber
from briefs.publications import bounces, mailings, sending
from briefs.publications.bounces import Verdict
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support.factories import Team
from briefs.tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db

REPORT = """\
From: MAILER-DAEMON@mail.example
To: {to}
Subject: Undelivered mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not arrive.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; reader@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} blocked, DMARC

--b--
"""


def build_rows() -> SimpleNamespace:
    """Send an issue to three readers. Return its mailing and the token of the first copy."""
    team, server = Team(), MailServer()
    mailing_fixtures.subscribe(3)
    issue = mailing_fixtures.publish_issue(team, factories.live_brief(team))
    mailing = mailings.queue_issue(issue, by=team.publisher)
    backend = "django.core.mail.backends.smtp.EmailBackend"
    options = {"host": "127.0.0.1", "port": server.port, "timeout": 5}
    with override_settings(MAILERS={"default": {"BACKEND": backend, "OPTIONS": options}}):
        assert sending.send_due().sent == 3
    server.stop()
    link = str(server.accepted[0][1]["List-Unsubscribe"])
    return SimpleNamespace(team=team, mailing=mailing, token=link.rstrip("/>").rpartition("/")[2])


@pytest.fixture(autouse=True)
def _bounce_address(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BOUNCE_ADDRESS = "bounce@digest.example"
    monkeypatch.setattr(sending, "COPIES_PER_MINUTE", 1_000_000)


@pytest.fixture
def mailing(rows: SimpleNamespace) -> Mailing:
    return rows.mailing


def build_report(status: str, *, to: str = "", action: str = "failed") -> bytes:
    first = Copy.objects.order_by("pk")[0]
    to = to or bounces.build_return_path(first)
    return REPORT.format(to=to, status=status, action=action).encode()


def read(*reports: bytes) -> Counter[Verdict | None]:
    return bounces.read_reports(reports)


def count_bounced() -> tuple[int, int]:
    copies, readers = (model.objects.exclude(bounced_at=None).count() for model in (Copy, Subscriber))
    return copies, readers


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("5.1.1", Verdict.DEAD), ("5.1.10", Verdict.DEAD), ("5.2.1", Verdict.DEAD), ("5.7.26", Verdict.POLICY),
        ("4.2.2", Verdict.FAILED), ("5.0.0", Verdict.FAILED), ("5.1.8", Verdict.FAILED),
    ],
)  # fmt: skip
def test_only_a_dead_address_drops_the_reader(mailing: Mailing, status: str, verdict: Verdict) -> None:
    assert read(build_report(status), build_report(status)) == {verdict: 2}
    assert count_bounced() == (1, verdict is Verdict.DEAD)
    assert mailings.count_copies(mailing).bounced == 1


REPORTS = {
    "postfix": Verdict.DEAD, "postfix-delayed": Verdict.DELAYED, "sendmail": Verdict.DEAD,
    "exchange-online": Verdict.POLICY, "exchange-full": Verdict.FAILED, "gmail": Verdict.DEAD,
    "ses": Verdict.DEAD, "courier": Verdict.FAILED, "exim": Verdict.DEAD, "qmail": Verdict.DEAD,
    "qmail-full": Verdict.FAILED, "yahoo": Verdict.DEAD,
}  # fmt: skip


def read_fixture(name: str, *, to: str, token: str = "") -> bytes:
    text = (Path("fixtures/reports") / f"{name}.eml").read_text()
    return text.replace("@TO@", to).replace("@TOKEN@", token).encode()


@pytest.mark.parametrize("name", REPORTS)
def test_report_of_a_mail_program_is_read_and_judged(mailing: Mailing, name: str) -> None:
    to = bounces.build_return_path(Copy.objects.order_by("pk")[0])
    assert read(read_fixture(name, to=to)) == {REPORTS[name]: 1}
    assert count_bounced() == (REPORTS[name] is not Verdict.DELAYED, REPORTS[name] is Verdict.DEAD)


@pytest.mark.parametrize("by", ["its link", "its return path"])
def test_complaint_ends_the_reader_at_once(rows: SimpleNamespace, by: str) -> None:
    copy = Copy.objects.order_by("pk")[0]
    to, token = bounces.build_return_path(copy), rows.token
    report = (
        read_fixture("complaint", to="redacted", token=token)
        if by == "its link"
        else read_fixture("complaint", to=to, token="redacted")
    )
    assert read(report.replace(b"abuse\nUser", b"not-spam\nUser"), read_fixture("complaint", to="")) == {
        None: 2
    }
    assert not Subscriber.objects.exclude(left_at=None).exists()
    assert read(report) == {Verdict.COMPLAINT: 1}
    assert [row.pk for row in Subscriber.objects.exclude(left_at=None)] == [copy.subscriber_id]


@pytest.mark.parametrize(
    ("bounced", "resumed_later", "state"), [(9, 0, "running"), (10, 0, "stopped"), (10, 1, "running")]
)
def test_mailing_stops_when_half_of_the_last_twenty_came_back(
    mailing: Mailing, mail_server: MailServer, bounced: int, resumed_later: int, state: str
) -> None:
    """A report of a copy from before the mailing was resumed stops nothing."""
    mailing_fixtures.subscribe(27, first=4)
    Mailing.objects.update(state="stopped")
    again = mailings.queue_issue(mailing.issue_edition, by=mailing.created_by)
    sending.send_due()
    copies = list(Copy.objects.filter(mailing=again).order_by("pk"))
    Mailing.objects.filter(pk=again.pk).update(
        state="running", state_at=copies[0].stage_at + dt.timedelta(hours=resumed_later)
    )
    read(
        *(
            build_report("5.7.26", to=bounces.build_return_path(copy))
            for copy in copies[7 : 7 + 2 * bounced : 2]
        )
    )
    again.refresh_from_db()
    assert again.state == state


@pytest.mark.parametrize("outcomes", ["rrr", "rbr", "rrsrr", "rhr"])
def test_three_refused_mailings_running_end_a_reader(
    rows: SimpleNamespace, mail_server: MailServer, outcomes: str
) -> None:
    """r: refused, b: came back, s: sent, h: of unknown fate."""
    team, reader = rows.team, Subscriber.objects.earliest("pk")
    Subscriber.objects.exclude(pk=reader.pk).delete()
    for number, outcome in enumerate(outcomes, 13):
        issue = mailing_fixtures.publish_issue(team, factories.live_brief(team), number=number)
        mailings.queue_issue(issue, by=team.publisher)
        mail_server.answers = {reader.address: "550 5.2.2 full"} if outcome == "r" else {}
        mail_server.drops_connection = outcome == "h"
        sending.send_due()
        sending.send_due(timezone.now() + dt.timedelta(hours=1))
        if outcome == "b":
            read(build_report("5.2.2", to=bounces.build_return_path(Copy.objects.order_by("-pk")[0])))
    reader.refresh_from_db()
    assert (reader.bounced_at is not None) == (outcomes in ("rrr", "rbr"))


def test_delayed_forged_and_foreign_reports_change_nothing(mailing: Mailing) -> None:
    first, second, _third = Copy.objects.order_by("pk")
    other = bounces.build_return_path(second).replace(f"+{second.pk}-", f"+{first.pk}-")
    assert read(build_report("4.4.1", action="delayed"))[Verdict.DELAYED] == 1
    assert read(build_report("5.1.1", to=other))[None] == 1
    assert read(build_report("5.1.1", to="bounce@digest.example"))[None] == 1
    assert read(b"Subject: I am on holiday\n\nBye", b"", b"\xff\x00" * 100)[None] == 3
    assert count_bounced() == (0, 0)


def test_number_that_a_restored_database_gives_again_names_another_copy(mailing: Mailing) -> None:
    lost, copy = Copy.objects.order_by("pk")[0], Copy.objects.order_by("pk")[0]
    lost.mailing.created_at -= dt.timedelta(days=1)
    assert lost.key != copy.key, "mail clients hide a second mail with the same Message-ID"
    assert read(build_report("5.1.1", to=bounces.build_return_path(lost)))[None] == 1
    assert count_bounced() == (0, 0)
    assert read(build_report("5.1.1"))[Verdict.DEAD] == 1


def test_command_reads_a_mailbox_file(mailing: Mailing, tmp_path: Path, capsys: Any) -> None:
    box = tmp_path / "mbox"
    box.write_bytes(
        b"".join(b"From MAILER-DAEMON Mon May  4\n" + build_report(s) + b"\n" for s in ("5.1.1", "4.2.2"))
    )
    call_command("read_bounces", str(box))
    assert capsys.readouterr().out.startswith("1 dead addresses, 0 blocked, 1 failed")
    assert count_bounced() == (1, 1)
    with pytest.raises(CommandError, match="No such file"):
        call_command("read_bounces", str(tmp_path / "none"))


# doctor --message


SIGNED = """\
DKIM-Signature: v=1; a=rsa-sha256; d=digest.example; s=1; h=From:To:Subject{headers};
 bh=x; b=y
Authentication-Results: mx.example; dkim=pass; spf=pass; dmarc={dmarc}
List-Unsubscribe: <https://digest.example/u/abc/>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Text
"""


def run_doctor(tmp_path: Path, text: str) -> None:
    file = tmp_path / "received.eml"
    file.write_text(text)
    call_command("doctor", message=str(file))


def test_doctor_says_whether_dkim_covers_both_headers(tmp_path: Path, capsys: Any) -> None:
    run_doctor(tmp_path, SIGNED.format(headers=":List-Unsubscribe:\n List-Unsubscribe-Post", dmarc="pass"))
    words = capsys.readouterr().out
    assert "digest.example covers both headers" in words
    assert "DMARC: pass." in words
    with pytest.raises(CommandError, match="1 found"):
        run_doctor(tmp_path, SIGNED.format(headers=":List-Unsubscribe", dmarc="pass"))
    assert "No DKIM signature covers both" in capsys.readouterr().out
    with pytest.raises(CommandError):
        run_doctor(tmp_path, SIGNED.format(headers=":List-Unsubscribe:List-Unsubscribe-Post", dmarc="fail"))
    assert "DMARC did not pass" in capsys.readouterr().out
    with pytest.raises(CommandError, match="3 found"):
        run_doctor(tmp_path, "Subject: x\n\nText")
