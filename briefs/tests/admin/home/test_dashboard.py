"""Dashboard: tasks, outstanding work, presence and plans, with a constant number of queries."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet, Facts, hash_json
from briefs.models import Brief, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in
from briefs.workflow.review_comments import TextAnchor

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def load_home(client: Client, person: Person) -> Any:
    response = sign_in(client, person).get("/admin/")
    assert response.status_code == 200
    return response.context


def load_tasks(client: Client, person: Person) -> dict[int, Any]:
    return {task.brief.pk: task for task in load_home(client, person)["tasks"]}


def verbs_of(client: Client, person: Person) -> dict[int, str]:
    return {pk: task.verb for pk, task in load_tasks(client, person).items()}


def days_ago(n: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=n)


def test_only_person_is_told_that_a_second_is_needed(client: Client) -> None:
    first = factories.person("first", "Publishers", is_superuser=True)
    page = sign_in(client, first).get("/admin/").text
    assert "Somebody else must sign off" in page
    assert 'href="/admin/briefs/person/add/">Add a person' in page
    factories.person("second", "Reviewers")
    assert "Somebody else must sign off" not in client.get("/admin/").text


def test_own_draft_waits_with_what_it_lacks(client: Client, team: Team) -> None:
    bullets = (
        Bullet(0, "甲", ""),
        Bullet(0, "乙", "–"),
        Bullet(0, "", "C"),
        Bullet(0, "丁", "", one_sided="刻意"),
    )
    content = factories.content(
        headline_en="", summary_en="", bullets=bullets, facts=Facts(date="2025-06-09")
    )
    half, whole, undated = (
        factories.draft_brief(team, content),
        *(factories.draft_brief(team) for _ in range(2)),
    )
    Brief.objects.filter(pk=undated.pk).update(article_date_confirmed=False)
    planned = workflow.claim("https://example.org/a", by=team.writer)
    tasks = load_tasks(client, team.writer)
    fill, submit = "Fill the gaps", "Submit for review"
    assert {pk: (task.verb, task.why) for pk, task in tasks.items()} == {
        half.pk: (
            fill,
            "Draft. 5 things missing: source, English headline, English summary, English of 2 points, Chinese of point 3.",
        ),
        whole.pk: (submit, "Draft, complete."),
        undated.pk: (submit, "Draft, complete. Before approval: date to confirm."),
        planned.pk: (
            fill,
            "Draft. 6 things missing: source, date, Chinese headline, English headline, Chinese summary, English summary.",
        ),
    }
    assert tasks[half.pk].url.endswith("?view=write#source")
    assert not load_tasks(client, team.other_writer)


def test_age_of_review_counts_from_submission(client: Client, team: Team) -> None:
    old = workflow.editing.create(factories.content(), by=team.writer, now=days_ago(9))
    workflow.submit(old, by=team.writer, version=old.version, now=days_ago(5))
    Brief.objects.update(updated_at=timezone.now())  # an edit does not reset the waiting time
    new = factories.submitted_brief(team)
    tasks = load_tasks(client, team.reviewer)
    assert [(pk, task.age) for pk, task in tasks.items()] == [(old.pk, "5 days"), (new.pk, "1 minute")]


def test_tasks_are_ordered_by_kind(client: Client, team: Team) -> None:
    boss = team.other_publisher
    free = factories.submitted_brief(team)
    draft = factories.draft_brief(team)
    factories.assign_writer(draft, boss, by=team.writer)
    back = factories.submitted_brief(team)
    factories.assign_writer(back, boss, by=team.writer)
    workflow.send_back(back, by=team.reviewer, note="改", sides=("en",))
    asked = factories.submitted_brief(team)
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    factories.assign_reviewer(asked, "en", boss, by=team.writer, due_on=tomorrow)
    factories.assign_reviewer(asked, "zh", team.reviewer, by=team.writer)
    ready = factories.signed_brief(team)
    tasks = load_tasks(client, boss)
    assert [(pk, task.verb, task.tone) for pk, task in tasks.items()] == [
        (ready.pk, "Approve", ""),
        (free.pk, "Sign off the Chinese", ""),
        (asked.pk, "Sign off the English", "soon"),
        (back.pk, "Answer the notes", ""),
        (draft.pk, "Submit for review", ""),
    ]
    assert tasks[asked.pk].why == "In review · Chinese waits for reviewer · English waits for you"
    assert tasks[ready.pk].why.startswith("In review · Chinese ✓ reviewer · English ✓ reviewer")
    assert tasks[asked.pk].due == "due in 1 day"
    assert tasks[back.pk].why == "reviewer sent the English back; 1 note to answer."
    for task in tasks.values():
        assert client.get(task.url, follow=True).status_code == 200


def test_signed_side_that_changed_comes_back_to_its_signer(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer, "zh")
    english = {brief.pk: "Sign off the English"}
    assert verbs_of(client, team.reviewer) == english, "one signed page tells no language"
    factories.sign_off(brief, team.reviewer, "en")
    factories.edit(brief, team.writer, headline_en="Changed")
    assert verbs_of(client, team.reviewer) == english


def test_brief_submitted_again_waits_for_who_rejected_it(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    workflow.send_back(brief, by=team.reviewer, note="改")
    brief = factories.edit(brief, team.writer, headline_zh="改過")
    workflow.submit(brief, by=team.writer, version=brief.version)
    why = load_tasks(client, team.reviewer)[brief.pk].why
    assert why == "In review · Chinese waits for you · English waits for you"
    assert verbs_of(client, team.reviewer_en) == {brief.pk: "Sign off the Chinese"}


def test_task_is_one_link_with_headline_in_interface_language(client: Client, team: Team) -> None:
    factories.draft_brief(team)
    for language, shown in (("en", ("en", "A Headline")), ("zh-hant", ("zh-Hant-TW", "標題"))):
        page = sign_in(client, team.writer, language).get("/admin/").text
        line = page[page.index("<ol>") : page.index("</ol>")]
        assert line.count("<a ") == 1
        assert re.findall(r'lang="(.*?)"\s*>(.*?)<', line) == [shown]


def test_home_lists_what_is_scheduled_by_day(client: Client, team: Team) -> None:
    coming = [factories.signed_brief(team) for _ in range(10)]
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    for days, brief in enumerate(coming, 1):
        factories.approve(brief, team.publisher, at=noon + dt.timedelta(days=days))
    home = load_home(client, team.writer)
    assert [line.brief.pk for line in home["scheduled"]] == [brief.pk for brief in coming[:8]]
    assert home["scheduled"][0].when.endswith(" 12:00")
    assert client.get(home["scheduled_url"]).context["cl"].result_count == 10


def test_long_list_shows_first_tasks_counts_all_and_links_list(client: Client, team: Team) -> None:
    for _ in range(32):
        factories.draft_brief(team)
    home = load_home(client, team.writer)
    assert (len(home["tasks"]), home["task_count"]) == (30, 32)
    assert f'href="{home["my_list_url"]}"' in client.get("/admin/").text
    assert client.get(home["my_list_url"]).context["cl"].result_count == 32


def test_side_assigned_to_another_is_no_task_of_mine(client: Client, team: Team) -> None:
    assigned, unassigned = factories.submitted_brief(team), factories.submitted_brief(team)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    factories.assign_reviewer(assigned, "zh", team.reviewer, by=team.writer, due_on=yesterday)
    assert verbs_of(client, team.reviewer_en) == {
        assigned.pk: "Sign off the English",
        unassigned.pk: "Sign off the Chinese",
    }
    first = next(iter(load_tasks(client, team.reviewer).values()))
    assert (first.brief.pk, first.due, first.tone) == (assigned.pk, "1 day overdue", "late")
    factories.assign_writer(unassigned, team.writer, by=team.writer, urgent=True)
    assert next(iter(load_tasks(client, team.reviewer_en))) == unassigned.pk


def test_open_notes_and_suggestions_are_tasks_of_the_writer(client: Client, team: Team) -> None:
    brief, other = factories.submitted_brief(team), factories.submitted_brief(team)
    notes = [
        workflow.reviewing.add_note(brief, "Why?", by=team.reviewer, bullet=1, side="en") for _ in range(2)
    ]
    suggestion = workflow.review_comments.suggest(
        other, TextAnchor("headline"), "en", "Better", by=team.reviewer, seen=hash_json("A Headline")
    )
    tasks = load_tasks(client, team.writer)
    assert {pk: task.verb for pk, task in tasks.items()} == {
        brief.pk: "Answer the notes",
        other.pk: "Answer the suggestions",
    }
    assert tasks[brief.pk].url == f"/admin/briefs/brief/{brief.pk}/change/#note-{notes[0].pk}"
    assert "Answer" not in str(verbs_of(client, team.reviewer))
    workflow.review_comments.decline(suggestion, by=team.writer)
    factories.assign_writer(brief, team.other_writer, by=team.writer)
    assert verbs_of(client, team.other_writer) == {brief.pk: "Answer the notes"}
    assert not load_tasks(client, team.writer)
    page = sign_in(client, team.writer).get("/admin/").text
    for words in ("New brief", "0 wait for you"):
        assert words in page
    for words in ("Nothing is waiting", "Scheduled"):
        assert words not in page


@pytest.mark.parametrize("is_chosen", [True, False])
def test_reviewer_of_one_language_is_not_asked_for_the_other(
    client: Client, team: Team, is_chosen: bool
) -> None:
    """The language is the one chosen, else that of the last two pages signed. Without another reviewer it does not count."""
    earlier = [factories.submitted_brief(team) for _ in range(2)]
    for person, side in ((team.reviewer, "zh"), (team.reviewer_en, "en")):
        if is_chosen:
            person.reviews = side
            person.save()
        else:
            for signed in earlier:
                factories.sign_off(signed, person, side)
    brief = factories.submitted_brief(team)
    assert verbs_of(client, team.reviewer)[brief.pk] == "Sign off the Chinese"
    assert verbs_of(client, team.reviewer_en)[brief.pk] == "Sign off the English"
    for person in (team.publisher, team.other_publisher):
        Person.objects.filter(pk=person.pk).update(reviews="en")
    Person.objects.filter(pk=team.reviewer.pk).update(is_active=False)
    expected = "Sign off the English" if is_chosen else "Sign off the Chinese"
    assert verbs_of(client, team.reviewer_en)[brief.pk] == expected


def test_reviewer_chooses_the_own_language(client: Client, team: Team) -> None:
    sign_in(client, team.reviewer).post("/admin/mail/", {"reviews": "en", "kind": ["review"]})
    team.reviewer.refresh_from_db()
    assert team.reviewer.reviews == "en"
    client.post("/admin/mail/", {"reviews": "fr"})
    sign_in(client, team.writer).post("/admin/mail/", {"reviews": "en"})
    assert list(Person.objects.exclude(reviews="").values_list("username", flat=True)) == ["reviewer"]
    assert 'name="reviews"' not in client.get("/admin/mail/").text
    assert 'href="/admin/mail/"' in client.get("/admin/").text, "in one's own menu"
