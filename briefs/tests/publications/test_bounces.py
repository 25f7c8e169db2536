"""Mail that came back: dead addresses drop their reader, blocked mail stops the mailing, forged reports do nothing."""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

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


@pytest.fixture
def mailing(team: Team, mail_server: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Mailing:
    settings.BOUNCE_ADDRESS = "bounce@digest.example"
    monkeypatch.setattr(sending, "COPIES_PER_MINUTE", 1_000_000)
    mailing_fixtures.subscribe(3)
    issue = mailing_fixtures.publish_issue(
        [factories.live_brief(team)], team.writer, approved_by=team.publisher
    )
    queued = mailings.queue_issue(issue, by=team.publisher)
    assert sending.send_due().sent == 3
    return queued


def build_report(status: str, *, to: str = "", action: str = "failed") -> bytes:
    first = Copy.objects.order_by("pk")[0]
    to = to or bounces.build_return_path(first)
    return REPORT.format(to=to, status=status, action=action).encode()


def read(*reports: bytes) -> Counter[Verdict | None]:
    return bounces.read_reports(reports)


def count_bounced() -> tuple[int, int]:
    copies, readers = (model.objects.exclude(bounced_at=None).count() for model in (Copy, Subscriber))
    return copies, readers


def test_return_path_names_the_copy(mailing: Mailing, mail_server: MailServer) -> None:
    paths = {bounces.build_return_path(copy) for copy in Copy.objects.all()}
    assert set(mail_server.senders) == paths


@pytest.mark.parametrize("status", ["5.1.1", "5.1.10", "5.2.1"])
def test_dead_address_drops_the_reader(mailing: Mailing, status: str) -> None:
    assert read(build_report(status), build_report(status))[Verdict.DEAD] == 2
    assert count_bounced() == (1, 1)
    assert mailings.count_copies(mailing).bounced == 1


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.7.515"])
def test_blocked_mail_stops_the_mailing_and_drops_no_reader(mailing: Mailing, status: str) -> None:
    sent_at = Copy.objects.order_by("pk")[0].stage_at
    Mailing.objects.update(state="running", state_at=sent_at)
    assert read(build_report(status))[Verdict.POLICY] == 1
    mailing.refresh_from_db()
    assert (mailing.state, count_bounced()) == ("stopped", (1, 0))


def test_report_of_a_copy_from_before_the_resumption_stops_nothing(mailing: Mailing) -> None:
    sent_at = Copy.objects.order_by("pk")[0].stage_at
    Mailing.objects.update(state="running", state_at=sent_at + dt.timedelta(seconds=1))
    assert read(build_report("5.7.1"))[Verdict.POLICY] == 1
    mailing.refresh_from_db()
    assert mailing.state == "running"


@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "5.0.0", "5.1.8", "4.4.7"])
def test_other_failure_is_of_the_copy_alone(mailing: Mailing, status: str) -> None:
    assert read(build_report(status))[Verdict.FAILED] == 1
    assert count_bounced() == (1, 0)


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
