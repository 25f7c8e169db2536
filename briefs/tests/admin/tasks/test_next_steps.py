"""After an act the page says what was done, what follows and which brief waits next."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.admin.tasks.task_list import Rank, TaskList
from briefs.models import Brief, Person

from ...support import factories
from ...support.form_client import brief_url, get_verb_form, reload_brief, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def message_after(client: Client, person: Person, brief: Brief, verb: str, **data: Any) -> str:
    sign_in(client, person)
    page = client.post(brief_url(brief, verb), {"version": reload_brief(brief).version, **data}, follow=True)
    assert page.status_code == 200, page.content.decode()[-4000:]
    return re.sub(r"<[^>]*>", "", str(next(iter(page.context["messages"]))))


def sign(client: Client, person: Person, brief: Brief, side: Any) -> str:
    seen = workflow.load_working_copy(reload_brief(brief)).hash_side(side)
    return message_after(client, person, brief, f"sign_off_{side}", **{f"seen_{side}": seen})


def test_writer_learns_who_reviews_after_submission(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer)
    assert message_after(client, team.writer, brief, "submit") == (
        "Submitted for review. The Chinese waits for reviewer. Nobody is asked for the English: Ask a reviewer "
        "Nothing else waits for you."
    )


def test_reviewer_is_offered_the_next_brief(client: Client, team: factories.Team) -> None:
    brief, other = factories.submitted_brief(team), factories.submitted_brief(team)
    factories.assign_reviewer(brief, "en", team.reviewer, by=team.writer)
    factories.assign_reviewer(other, "en", team.reviewer, by=team.writer)
    assert sign(client, team.reviewer, brief, "zh") == (
        "Signed off the Chinese. The English waits for you. Next: Sign off the English · A Headline"
    )
    assert sign(client, team.reviewer, brief, "en") == (
        "Signed off the English. Both languages are signed. publisher, other-publisher can approve it. "
        "Next: Sign off the English · A Headline"
    )


def test_open_notes_are_named_before_approval(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer, "zh")
    workflow.add_note(brief, "Why?", by=team.reviewer)
    message = sign(client, team.publisher, brief, "en")
    assert "Both languages are signed. Before approval: 1 open note. Approve" in message


def test_sent_back_brief_goes_on_with_its_writer(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    sign_in(client, team.reviewer)
    data = get_verb_form(client, brief, "send_back").data_with(note="No source.")
    message = message_after(client, team.reviewer, brief, "send_back", **data)
    assert message == "Sent back. writer goes on with it. Nothing else waits for you."


def test_rejected_language_waits_for_who_rejected_it(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    workflow.send_back(brief, by=team.reviewer, note="No.", sides=("en",))
    message = message_after(client, team.writer, brief, "submit")
    assert "The English waits for reviewer. Nobody is asked for the Chinese: Ask a reviewer" in message


def test_scheduled_edition_names_its_time(client: Client, team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    data = get_verb_form(client, brief, "approve").data_with(when="later", at="2030-01-02T10:00")
    message = message_after(client, team.publisher, brief, "approve", **data)
    assert message.startswith("Approved. It is public from Jan. 2, 2030 10:00 (Asia/Taipei).")


def test_urgent_edition_names_who_confirms_it(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.publisher)
    data = get_verb_form(client, brief, "publish_urgently").data_with(reason="war")
    message = message_after(client, team.publisher, brief, "publish_urgently", **data)
    assert message.startswith("Published urgently. ")
    assert " can confirm it. " in message
    assert "publisher, publisher" not in message


def test_note_is_told_in_one_sentence(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    assert message_after(client, team.reviewer, brief, "note", note_text="Why?") == "Added a note."


def test_next_task_is_the_first_of_the_list(team: factories.Team) -> None:
    urgent, signed = factories.draft_brief(team), factories.signed_brief(team)
    workflow.publish_urgently(urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war")
    workflow.add_note(factories.submitted_brief(team), "Why?", by=team.reviewer)
    factories.assign_reviewer(factories.submitted_brief(team), "zh", team.reviewer, by=team.writer)
    workflow.claim("https://example.org/1", by=team.writer)
    workflow.create(factories.content(headline_en=""), by=team.publisher)
    now, ranks = timezone.now(), set()
    for person in (team.writer, team.reviewer, team.publisher, team.other_publisher):
        tasks = TaskList(person, now).tasks
        ranks |= {task.rank for task in tasks}
        for after in (0, *(task.brief.pk for task in tasks)):
            expected = next((task for task in tasks if task.brief.pk != after), None)
            assert TaskList(person, now).find_next(after) == expected
    assert ranks >= {Rank.CONFIRM, Rank.APPROVE, Rank.REVIEW, Rank.ANSWER, Rank.DRAFT, Rank.CLAIM}
    with CaptureQueriesContext(connection) as queries:
        task = TaskList(team.other_publisher, now).find_next(signed.pk)
    assert task
    assert task.rank == Rank.CONFIRM
    assert len(queries) <= 4, "what comes later is not read"
