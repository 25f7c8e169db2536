"""Inbox: what happened to a person's briefs and remarks, read and unread, with and without mail."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.content import hash_json
from briefs.models import Brief, MailSwitch, Outbox, Person
from briefs.operations import notifications
from briefs.tests.support import brief_states, factories
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
    brief = factories.edit(brief, team.other_writer, summary_zh="合寫的。")
    workflow.submit(brief, by=team.other_writer, version=brief.version)
    note = workflow.reviewing.add_note(brief, "Why?", by=team.reviewer)
    suggestion = workflow.review_comments.suggest(
        brief, TextAnchor("headline"), "en", "Better", by=team.reviewer, seen=hash_json("A Headline")
    )
    factories.sign_off(brief, team.reviewer, "zh")
    lines = lines_of(client, team.other_writer)
    assert [(line["what"], line["who"]) for line in lines] == [
        ("Chinese signed off: A Headline", "reviewer signed off the Chinese"),
        ("A wording is suggested for: A Headline", "reviewer suggested a wording"),
        ("A note on: A Headline", "reviewer added a note: Why?"),
    ]
    for line in lines:
        assert client.get(line["url"], follow=True).status_code == 200
    assert lines_of(client, team.writer) == [], "what the writer has to do is among their acts"
    workflow.review_comments.reply(note, "Because.", by=team.writer)
    assert lines_of(client, team.reviewer)[0]["who"] == "writer replied: Because."
    workflow.review_comments.decline(suggestion, by=team.writer)
    workflow.reviewing.resolve(note, by=team.writer)
    workflow.take_back_sign_off(brief, "zh", by=team.reviewer)
    assert lines_of(client, team.other_writer) == []


def test_one_act_makes_one_notice(team: Team) -> None:
    brief = workflow.editing.create(factories.content(), by=team.publisher)
    workflow.submit(brief, by=team.publisher, version=brief.version)
    factories.sign_off(brief, team.reviewer, "zh", "en")
    assert Outbox.objects.get(event__verb="sign_off_en", to=team.publisher).kind == "ready"


def test_inbox_does_not_depend_on_mail(client: Client, team: Team, mailoutbox: list[Any]) -> None:
    Person.objects.filter(pk=team.writer.pk).update(email="")
    MailSwitch.objects.create(person=team.writer, kind="answers")
    factories.sign_off(factories.submitted_brief(team), team.reviewer, "zh")
    Outbox.objects.exclude(to=team.writer).delete()
    workflow.reviewing.add_note(
        factories.draft_brief(team, factories.content("二")), "Why?", by=team.reviewer
    )
    notifications.send_due()
    assert mailoutbox == []
    signed = "Chinese signed off: A Headline"
    assert [line["what"] for line in lines_of(client, team.writer)] == ["A note on: A Headline二", signed]


def test_publication_is_told_when_it_happens_unless_it_was_cancelled(client: Client, team: Team) -> None:
    def list_kinds_in_three_days() -> list[str]:
        later = timezone.now() + dt.timedelta(days=3)
        return list(notifications.find_inbox(team.writer, later).values_list("kind", flat=True))

    brief = brief_states.scheduled(team)
    assert [line["what"][:9] for line in lines_of(client, team.writer)] == ["Scheduled"]
    assert list_kinds_in_three_days() == ["published"]
    workflow.cancel(brief, by=team.publisher)
    assert "published" not in list_kinds_in_three_days()


def test_read_notice_is_gone_for_its_reader_alone(client: Client, team: Team) -> None:
    for _ in range(2):
        factories.sign_off(factories.submitted_brief(team), team.reviewer, "zh")
    newest, _oldest = lines_of(client, team.writer)
    sign_in(client, team.other_writer).post(INBOX, {"read": newest["pk"]})
    for left in (2, 1):
        assert len(lines_of(client, team.writer)) == left
        assert f"{left}<span" in client.get("/admin/").text
        client.post(INBOX, {"read": newest["pk"]} if left == 2 else {"all": ""})
    assert lines_of(client, team.writer) == []


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


def test_lists_behind_the_inbox_link_each_other(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    for page in ("letter", "search"):
        html = client.get(f"/admin/briefs/{page}/").text
        nav = html[html.index('<nav class="since"') :].partition("</nav>")[0]
        assert (nav.count("<a"), nav.count('aria-current="page"')) == (4, 1)


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
