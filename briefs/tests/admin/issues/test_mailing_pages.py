"""The mail of an issue on the desk: preview, test, sending and its progress, with counts for all and addresses for none."""

import re
from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Copy, Mailing, Person
from briefs.publications import mailings, sending
from briefs.tests.support import factories, issue_factories, mailing_fixtures
from briefs.tests.support.factories import Team
from briefs.tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "COPIES_PER_MINUTE", 1_000_000)


def log_in(person: Person) -> Client:
    person.language = "en"
    person.save()
    client = Client()
    client.force_login(person)
    return client


def build_url(issue: Any, page: str = "mail") -> str:
    return f"/admin/briefs/issue/{issue.pk}/{page}/"


def read(client: Client, url: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(url).content.decode()).split())


def test_publisher_sends_and_steers_a_mailing(team: Team, mail_server: MailServer) -> None:
    mailing_fixtures.subscribe(2)
    issue = issue_factories.published_issue(team, factories.live_brief(team)).issue
    publisher, url = log_in(team.publisher), build_url(issue)
    assert "2 readers would get it now." in read(publisher, url)
    publisher.post(url, {"do": "later", "due_at": "2090-01-02T08:30"})
    assert "It is sent from 2090-01-02 08:30." in read(publisher, url)
    for command, state in (
        ("pause_mailing", "Paused"),
        ("resume_mailing", "Queued"),
        ("stop_mailing", "Stopped"),
    ):
        publisher.post(url, {"do": command, "mailing": Mailing.objects.get().pk})
        assert f"{state} ·" in read(publisher, url)
    publisher.post(url, {"do": "now"})
    mail_server.drops_connection = True
    assert sending.send_due().unknown == 2
    words = read(publisher, build_url(issue, "change"))
    assert "Sent · 2 of 2 copies. Delivery of 2 is unconfirmed; they count as received." in words
    assert 'value="now"' not in publisher.get(url).content.decode()


def test_desk_warns_of_a_mail_that_is_too_long_before_publication(team: Team) -> None:
    bullets = tuple(Bullet(n, "長" * 100, "long " * 60) for n in [0] * 20)
    text = factories.content(bullets=bullets)
    draft = issue_factories.draft_issue(team, *(factories.live_brief(team, text) for _ in range(9)))
    words = read(log_in(team.publisher), build_url(draft))
    warnings = re.findall(r"so the last (\d) briefs are shortened", words)
    assert len(warnings) == 1, "that of both languages"


def test_tested_mail_of_a_draft_is_what_is_sent(team: Team, mail_server: MailServer) -> None:
    mailing_fixtures.subscribe(3)
    corrected = factories.live_brief(team, factories.content(" corrected"))
    workflow.revise(corrected, by=team.writer, version=Brief.objects.get(pk=corrected.pk).version)
    corrected = factories.edit(
        corrected, team.writer, summary_en="A right summary.", **factories.change_note()
    )
    workflow.submit(corrected, by=team.writer, version=corrected.version)
    factories.sign_off(corrected, team.reviewer)
    factories.approve(corrected, team.publisher)
    issue = issue_factories.signed_issue(team, corrected, factories.live_brief(team))
    log_in(team.publisher).post(build_url(issue), {"do": "test"})
    edition = issue_factories.publish(issue, team.publisher)
    mailings.queue_issue(edition, by=team.publisher)
    assert sending.send_due().sent == 3
    texts = [
        re.sub(r"/u/[\w-]+/", "", message.get_body(("html",)).get_content())
        for _to, message in mail_server.accepted
    ]
    assert "A right summary." in texts[1]
    assert sorted(texts[:3]) == sorted(texts[3:])
    assert read(log_in(team.publisher), build_url(issue)).count("A right summary.") == 2


def test_mail_of_a_cancelled_publication_is_promised_to_nobody(team: Team) -> None:
    mailing_fixtures.subscribe(1)
    at = factories.tomorrow()
    edition = issue_factories.published_issue(team, factories.live_brief(team), at=at)
    mailings.queue_issue(edition, by=team.publisher)
    publisher, url = log_in(team.publisher), build_url(edition.issue)
    assert "It is sent from" in read(publisher, url)
    workflow.cancel(edition.issue, by=team.publisher)
    words = read(publisher, url)
    assert "It is sent from" not in words
    assert "Stop it and send it anew." in words


def test_home_tells_publishers_of_a_mailing_that_halted_by_itself(
    team: Team, mail_server: MailServer
) -> None:
    mailing_fixtures.subscribe(1)
    brief = factories.live_brief(team)
    issue = issue_factories.published_issue(team, brief).issue
    publisher = log_in(team.publisher)
    publisher.post(build_url(issue), {"do": "now"})
    assert build_url(issue) not in publisher.get("/admin/").content.decode()
    factories.publish_revision(team, brief, "改")
    sending.send_due()
    assert build_url(issue) in publisher.get("/admin/").content.decode()
    assert "was corrected or withdrawn after it was made." in read(publisher, "/admin/")
    assert build_url(issue) not in log_in(team.reviewer).get("/admin/").content.decode()
    publisher.post(build_url(issue), {"do": "stop_mailing", "mailing": Mailing.objects.latest("pk").pk})
    assert build_url(issue) not in publisher.get("/admin/").content.decode()
    publisher.post(build_url(issue), {"do": "now"})
    mail_server.answers["MAIL FROM"] = "550 5.7.26 blocked, DMARC"
    sending.send_due()
    assert "blocked, DMARC" in read(publisher, "/admin/")
    publisher.post(build_url(issue), {"do": "now"})
    assert build_url(issue) not in publisher.get("/admin/").content.decode()


@pytest.mark.parametrize("due_at", ["", "2020-01-02T08:30", "tomorrow"])
def test_wrong_time_is_refused(team: Team, due_at: str) -> None:
    mailing_fixtures.subscribe(1)
    issue = issue_factories.published_issue(team, factories.live_brief(team)).issue
    response = log_in(team.publisher).post(build_url(issue), {"do": "later", "due_at": due_at})
    assert response.status_code == 409
    assert not Mailing.objects.exists()


def test_test_mail_goes_to_whoever_asks_in_three_languages(team: Team, mail_server: MailServer) -> None:
    mailing_fixtures.subscribe(2)
    issue = issue_factories.draft_issue(team, factories.live_brief(team))
    log_in(team.reviewer).post(build_url(issue), {"do": "test"})
    assert mail_server.to == ["reviewer@example.org"] * 3
    assert len({str(message["Subject"]) for _to, message in mail_server.accepted}) == 3
    assert not Copy.objects.exists()
    mail_server.answers["reviewer@example.org"] = "550 no"
    assert log_in(team.reviewer).post(build_url(issue), {"do": "test"}).status_code == 409


def test_preview_of_a_draft_shows_its_mail_without_running_anything(team: Team) -> None:
    issue = issue_factories.draft_issue(team, factories.live_brief(team, factories.content("<script>")))
    client = log_in(team.writer)
    for side in ("zh", "en", "both"):
        response = client.get(f"{build_url(issue)}{side}/")
        assert b"<script" not in response.content
        assert "script-src" not in response["Content-Security-Policy"]
        assert "default-src 'none'" in response["Content-Security-Policy"]
    assert client.get(f"{build_url(issue)}fr/").status_code == 404


def test_only_administrators_see_addresses(team: Team, mail_server: MailServer) -> None:
    mailing_fixtures.subscribe(2)
    edition = issue_factories.published_issue(team, factories.live_brief(team))
    publisher = log_in(team.publisher)
    publisher.post(build_url(edition.issue), {"do": "now"})
    mail_server.drops_connection = True
    sending.send_due()
    copies = f"/admin/briefs/issue/copies/{Mailing.objects.get().pk}/"
    for url in (build_url(edition.issue), build_url(edition.issue, "change"), copies):
        response = publisher.get(url)
        assert response.status_code == (403 if url == copies else 200)
        assert b"reader1@" not in response.content
    admin = Person.objects.create_superuser("root", "root@example.org", "pw", name="Root")
    assert "reader1@example.org" in read(log_in(admin), copies)
