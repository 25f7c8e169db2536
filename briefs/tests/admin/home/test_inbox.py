"""Inbox: what happened to a person's briefs and remarks, read and unread, with and without mail."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import hash_json
from briefs.models import Brief, Event, MailSwitch, Outbox, Person
from briefs.operations import notifications
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in
from briefs.workflow.review_comments import TextAnchor

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

INBOX = "/admin/inbox/"


def lines_of(client: Client, person: Person) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = sign_in(client, person).get(INBOX).context["lines"]
    return lines


def test_co_writer_reads_what_reviewer_did_while_it_is_true(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    factories.edit(brief, team.other_writer, summary_zh="合寫的。")
    brief.refresh_from_db()
    workflow.submit(brief, by=team.other_writer, version=brief.version)
    note = workflow.add_note(brief, "Why?", by=team.reviewer)
    suggestion = workflow.suggest(
        brief, TextAnchor("headline"), "en", "Better", by=team.reviewer, seen=hash_json("A Headline")
    )
    factories.sign_off(brief, team.reviewer, "zh")
    assert [(line["what"], line["who"]) for line in lines_of(client, team.other_writer)] == [
        ("Chinese signed off: A Headline", "reviewer signed off the Chinese"),
        ("A wording is suggested for: A Headline", "reviewer suggested a wording"),
        ("A note on: A Headline", "reviewer added a note: Why?"),
    ]
    for line in lines_of(client, team.other_writer):
        assert client.get(line["url"], follow=True).status_code == 200
    assert lines_of(client, team.writer) == [], "what the writer has to do is among their acts"
    workflow.decline(suggestion, by=team.writer)
    workflow.resolve(note, by=team.writer)
    workflow.take_back_sign_off(brief, "zh", by=team.reviewer)
    assert lines_of(client, team.other_writer) == []


def test_return_is_news_until_the_brief_is_submitted(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    brief = factories.edit(brief, team.other_writer, summary_zh="合寫的。") and Brief.objects.get(pk=brief.pk)
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.send_back(brief, by=team.reviewer_en, note="No source.", sides=("en",))
    assert [line["what"] for line in lines_of(client, team.other_writer)] == [
        "Sent back with 1 note: A Headline"
    ]
    brief.refresh_from_db()
    workflow.submit(brief, by=team.writer, version=brief.version)
    assert lines_of(client, team.other_writer) == []


def test_signature_that_lapsed_is_no_news(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer, "zh")
    assert len(lines_of(client, team.writer)) == 1
    factories.edit(brief, team.writer, summary_zh="改過。")
    assert lines_of(client, team.writer) == []


def test_one_act_makes_one_notice(team: Team) -> None:
    publisher = team.publisher
    brief = workflow.create(factories.content(), by=publisher)
    workflow.submit(brief, by=publisher, version=brief.version)
    factories.sign_off(brief, team.reviewer, "zh", "en")
    event = Event.objects.filter(verb="sign_off_en").get()
    assert Outbox.objects.filter(event=event, to=publisher).values_list("kind", flat=True).get() == "ready"


def test_author_of_note_reads_the_answer(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "Why?", by=team.reviewer)
    workflow.reply(note, "Because.", by=team.writer)
    assert lines_of(client, team.reviewer)[0]["who"] == "writer replied: Because."


def test_notes_are_in_the_inbox_but_not_mailed(client: Client, team: Team, mailoutbox: list[Any]) -> None:
    brief = factories.draft_brief(team)
    workflow.add_note(brief, "Why?", by=team.reviewer)
    notifications.send_due()
    assert mailoutbox == []
    assert len(lines_of(client, team.writer)) == 1


def test_inbox_does_not_depend_on_mail(client: Client, team: Team) -> None:
    Person.objects.filter(pk=team.writer.pk).update(email="")
    MailSwitch.objects.create(person=team.writer, kind="answers")
    factories.sign_off(factories.submitted_brief(team), team.reviewer, "zh")
    notifications.send_due()
    assert [line["what"] for line in lines_of(client, team.writer)] == ["Chinese signed off: A Headline"]


def test_publication_is_told_when_it_happens(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    assert [line["what"][:9] for line in lines_of(client, team.writer)] == ["Scheduled"]
    later = timezone.now() + dt.timedelta(days=3)
    kinds = notifications.find_inbox(team.writer, later).values_list("kind", flat=True)
    assert list(kinds) == ["published"]


def test_cancelled_publication_is_not_told(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    workflow.cancel(brief, by=team.publisher)
    later = timezone.now() + dt.timedelta(days=3)
    kinds = notifications.find_inbox(team.writer, later).values_list("kind", flat=True)
    assert "published" not in kinds


def test_read_notice_is_gone(client: Client, team: Team) -> None:
    for _ in range(2):
        factories.sign_off(factories.submitted_brief(team), team.reviewer, "zh")
    newest, _oldest = lines_of(client, team.writer)
    assert "2<span" in client.get("/admin/").text
    client.post(INBOX, {"read": newest["pk"]})
    assert len(lines_of(client, team.writer)) == 1
    assert "1<span" in client.get("/admin/").text
    client.post(INBOX, {"all": ""})
    assert lines_of(client, team.writer) == []


def test_person_cannot_mark_notices_of_others(client: Client, team: Team) -> None:
    factories.submitted_brief(team)
    theirs = Outbox.objects.get(to=team.reviewer)
    sign_in(client, team.reviewer_en).post(INBOX, {"read": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_inbox_pages_without_gaps(client: Client, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefs.admin.home.dashboard.INBOX_PAGE_SIZE", 2)
    for _ in range(3):
        factories.sign_off(factories.submitted_brief(team), team.reviewer, "zh")
    Outbox.objects.update(due_at=timezone.now())
    response = sign_in(client, team.writer).get(INBOX)
    first = [line["pk"] for line in response.context["lines"]]
    rest = client.get(f"{INBOX}?before={response.context['older']}").context
    assert len({*first, *(line["pk"] for line in rest["lines"])}) == 3
    assert rest["older"] == 0


def test_query_count_does_not_grow_with_notices(client: Client, team: Team) -> None:
    sign_in(client, team.reviewer)
    counts = []
    for n in (1, 4):
        for _ in range(n):
            workflow.add_note(factories.submitted_brief(team), "Why?", by=team.reviewer)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(INBOX).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["letter", "search"])
def test_lists_behind_the_inbox_link_each_other(client: Client, team: Team, page: str) -> None:
    html = sign_in(client, team.writer).get(f"/admin/briefs/{page}/").text
    nav = html[html.index('<nav class="since"') :].partition("</nav>")[0]
    assert nav.count("<a") == 4
    assert nav.count('aria-current="page"') == 1
