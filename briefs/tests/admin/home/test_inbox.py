"""Inbox: what happened to a person's briefs and remarks, read and unread, with and without mail."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import notifications, workflow
from briefs.content import hash_json
from briefs.models import MailSwitch, Outbox, Person
from briefs.workflow.review_comments import TextAnchor

from ...support import factories
from ...support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

INBOX = "/admin/inbox/"


def lines_of(client: Client, person: Person) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = sign_in(client, person).get(INBOX).context["lines"]
    return lines


def test_writer_reads_what_reviewer_did(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    workflow.add_note(brief, "Why?", by=team.reviewer)
    workflow.suggest(
        brief, TextAnchor("headline"), "en", "Better", by=team.reviewer, seen=hash_json("A Headline")
    )
    factories.sign_off(brief, team.reviewer, "zh")
    workflow.send_back(brief, by=team.reviewer_en, note="No source.", sides=("en",))
    assert [(line["what"], line["who"]) for line in lines_of(client, team.writer)] == [
        ("Sent back with 2 notes: A Headline", "reviewer-en sent back: No source."),
        ("Chinese signed off: A Headline", "reviewer signed off the Chinese"),
        ("A wording is suggested for: A Headline", "reviewer suggested a wording"),
        ("A note on: A Headline", "reviewer added a note: Why?"),
    ]
    for line in lines_of(client, team.writer):
        assert client.get(line["url"], follow=True).status_code == 200
    assert lines_of(client, team.other_writer) == []


def test_author_of_note_reads_the_answer(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "Why?", by=team.reviewer)
    workflow.reply(note, "Because.", by=team.writer)
    assert lines_of(client, team.reviewer)[0]["who"] == "writer replied: Because."


def test_publisher_reads_that_urgent_edition_is_confirmed(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="war")
    workflow.confirm(brief, by=team.reviewer)
    assert lines_of(client, team.publisher)[0]["what"] == "Confirmed: A Headline"


def test_notes_are_in_the_inbox_but_not_mailed(
    client: Client, team: factories.Team, mailoutbox: list[Any]
) -> None:
    brief = factories.draft_brief(team)
    workflow.add_note(brief, "Why?", by=team.reviewer)
    notifications.send_due()
    assert mailoutbox == []
    assert len(lines_of(client, team.writer)) == 1


def test_inbox_does_not_depend_on_mail(client: Client, team: factories.Team) -> None:
    Person.objects.filter(pk=team.reviewer.pk).update(email="")
    MailSwitch.objects.create(person=team.reviewer_en, kind="review")
    factories.submitted_brief(team)
    notifications.send_due()
    for person in (team.reviewer, team.reviewer_en):
        assert [line["what"] for line in lines_of(client, person)] == ["For your review: A Headline"]


def test_publication_is_told_when_it_happens(client: Client, team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    assert not [line for line in lines_of(client, team.writer) if "Published" in line["what"]]
    published = Outbox.objects.filter(kind="published", to=team.writer)
    published.update(due_at=timezone.now())
    assert lines_of(client, team.writer)[0]["what"] == "Published: A Headline"


def test_cancelled_publication_is_not_told(client: Client, team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    workflow.cancel(brief, by=team.publisher)
    later = timezone.now() + dt.timedelta(days=3)
    kinds = notifications.find_inbox(team.writer, later).values_list("kind", flat=True)
    assert "published" not in kinds


def test_person_marks_notices_as_read_and_unread(client: Client, team: factories.Team) -> None:
    for _ in range(2):
        factories.submitted_brief(team)
    newest, oldest = lines_of(client, team.reviewer)
    assert "2<span" in client.get("/admin/").content.decode()
    client.post(INBOX, {"read": newest["pk"]})
    assert [line["is_read"] for line in lines_of(client, team.reviewer)] == [True, False]
    assert "1<span" in client.get("/admin/").content.decode()
    client.post(INBOX, {"all": ""})
    assert [line["is_read"] for line in lines_of(client, team.reviewer)] == [True, True]
    client.post(INBOX, {"unread": oldest["pk"]})
    assert [line["is_read"] for line in lines_of(client, team.reviewer)] == [True, False]
    assert all(not line["is_read"] for line in lines_of(client, team.reviewer_en))


def test_person_cannot_mark_notices_of_others(client: Client, team: factories.Team) -> None:
    factories.submitted_brief(team)
    theirs = Outbox.objects.get(to=team.reviewer)
    sign_in(client, team.reviewer_en).post(INBOX, {"read": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_inbox_pages_without_gaps(
    client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefs.admin.home.dashboard.INBOX_PAGE_SIZE", 2)
    for _ in range(3):
        factories.submitted_brief(team)
    Outbox.objects.update(due_at=timezone.now())
    response = sign_in(client, team.reviewer).get(INBOX)
    first = [line["pk"] for line in response.context["lines"]]
    rest = client.get(f"{INBOX}?before={response.context['older']}").context
    assert len({*first, *(line["pk"] for line in rest["lines"])}) == 3
    assert rest["older"] == 0


def test_query_count_does_not_grow_with_notices(client: Client, team: factories.Team) -> None:
    sign_in(client, team.reviewer)
    counts = []
    for n in (1, 4):
        for _ in range(n):
            workflow.add_note(factories.submitted_brief(team), "Why?", by=team.reviewer)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(INBOX).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "page",
    ["inbox/", "mail/", "briefs/letter/", "briefs/outbox/", "briefs/proposal/", "briefs/search/"],
)
def test_pages_about_notices_link_each_other(client: Client, team: factories.Team, page: str) -> None:
    html = sign_in(client, team.writer).get(f"/admin/{page}").content.decode()
    nav = html[html.index('<nav class="since"') :].partition("</nav>")[0]
    assert nav.count("<a") == 6
    assert nav.count('aria-current="page"') == 1
