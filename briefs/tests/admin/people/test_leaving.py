"""A person leaves: open work goes to whom was chosen, the account is closed, and nothing is deleted."""

import datetime as dt
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from briefs import workflow
from briefs.admin.people.leaving import OpenWork, leave
from briefs.models import Assignment, Brief, Event, Outbox, Person, PreviewLink, Revision
from briefs.models.people import SignInEvent
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form, sign_in
from briefs.tests.support.query_recorder import database_checksum
from briefs.workflow import AssignmentPlan, Refused

from .people_pages import (
    change_url,
    create_clerk,
    create_root,
    is_signed_in,
    open_form,
    open_session,
    person_url,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

DUE = dt.date(2030, 1, 2)


def assigned_draft(team: factories.Team, tag: str = "") -> Brief:
    """A draft that is assigned to the writer."""
    brief = factories.draft_brief(team, factories.content(tag))
    factories.assign_writer(brief, team.writer, by=team.publisher, due_on=DUE)
    return brief


def brief_to_review(team: factories.Team, person: Person, tag: str = "") -> Brief:
    """A brief in review, of which the person was asked to review the English."""
    person.groups.add(Group.objects.get(name="Reviewers"))
    person = Person.objects.get(pk=person.pk)  # permissions are cached
    brief = factories.submitted_brief(team, factories.content(tag))
    factories.assign_reviewer(brief, "en", person, by=team.publisher, due_on=DUE)
    return brief


def open_page(client: Client, person: Person) -> Form:
    response = client.get(person_url(person, "leave"))
    assert response.status_code == 200
    return Form(response.content.decode(), id=None)


def send(client: Client, person: Person, data: dict[str, list[str]]) -> str:
    return client.post(person_url(person, "leave"), data, follow=True).content.decode()


def plan_of(brief: Brief) -> AssignmentPlan:
    return AssignmentPlan.load(Brief.objects.get(pk=brief.pk))


def test_leaver_hands_over_writing_and_loses_access(root_client: Client, team: factories.Team) -> None:
    first, second, third = (assigned_draft(team, tag) for tag in "甲乙丙")
    browser = open_session(team.writer)
    revisions = Revision.objects.count()
    form = open_page(root_client, team.writer)
    page = send(
        root_client,
        team.writer,
        form.data_with(writing=team.other_writer.pk)
        | {f"writer-{second.pk}": [""], f"writer-{third.pk}": [str(team.publisher.pk)]},
    )
    assert "Writer has left." in page
    assert "3 pieces of work handed over." in page
    assert plan_of(first).writer == workflow.Assignee(team.other_writer, DUE)
    assert plan_of(second).writer == workflow.Assignee(None, DUE)
    assert plan_of(third).writer.person == team.publisher
    leaver = Person.objects.get(pk=team.writer.pk)
    assert (leaver.is_active, leaver.is_staff) == (False, False)
    assert [group.name for group in leaver.groups.all()] == ["Writers"]
    assert not is_signed_in(browser)
    assert Revision.objects.count() == revisions
    event = SignInEvent.objects.filter(kind=SignInEvent.Kind.ACCOUNT).latest("id")
    assert (event.username, event.person.username) == ("writer", "root")
    assert event.detail == "left: 3 parts handed over, 0 links revoked, 1 sessions ended"


def test_hand_over_is_verb_with_event_and_notice(root_client: Client, team: factories.Team) -> None:
    brief = brief_to_review(team, team.reviewer)
    form = open_page(root_client, team.reviewer)
    send(root_client, team.reviewer, form.data_with(reviews=team.reviewer_en.pk))
    assert plan_of(brief).reviewers["en"] == workflow.Assignee(team.reviewer_en, DUE)
    event = Event.objects.filter(brief=brief).latest("id")
    assert (event.verb, event.by.username, event.note) == ("assign", "root", f"en: reviewer-en {DUE}")
    assert Outbox.objects.filter(to=team.reviewer_en, kind="assigned", brief=brief).exists()
    assert Assignment.objects.filter(brief=brief, person=team.reviewer).exclude(ended_at=None).exists()


def test_review_that_goes_to_nobody_loses_its_due_date(root_client: Client, team: factories.Team) -> None:
    brief = brief_to_review(team, team.reviewer)
    send(root_client, team.reviewer, open_page(root_client, team.reviewer).data)
    assert plan_of(brief).reviewers["en"] == workflow.Assignee()


def test_only_people_with_role_are_offered(root_client: Client, team: factories.Team) -> None:
    assigned_draft(team)
    brief_to_review(team, team.writer)
    page = root_client.get(person_url(team.writer, "leave")).content.decode()
    writing, reviews = (
        page.split(f'name="{name}"')[1].split("</select>")[0] for name in ("writing", "reviews")
    )
    assert f'value="{team.other_writer.pk}"' in writing
    assert f'value="{team.reviewer.pk}"' not in writing
    assert f'value="{team.reviewer.pk}"' in reviews
    assert f'value="{team.other_writer.pk}"' not in reviews
    assert f'value="{team.writer.pk}"' not in writing
    brief = Brief.objects.get(assigned_to=team.writer, state="draft")
    forged = open_page(root_client, team.writer).data_with(writing=team.reviewer.pk)
    assert "The chosen person may not do this any more." in send(root_client, team.writer, forged)
    assert plan_of(brief).writer.person == team.writer
    assert Person.objects.get(pk=team.writer.pk).is_active


def test_refused_hand_over_changes_nothing(team: factories.Team) -> None:
    first, second = assigned_draft(team, "甲"), assigned_draft(team, "乙")
    receivers = {(first.pk, "writer"): team.other_writer, (second.pk, "writer"): team.reviewer}
    with pytest.raises(Refused) as refused:
        leave(team.writer, receivers, by=create_root(), revoke_links=True, now=timezone.now())
    assert refused.value.codes == ["not-a-writer"]
    assert plan_of(first).writer.person == team.writer
    assert Person.objects.get(pk=team.writer.pk).is_active


def test_page_shows_everything_open(root_client: Client, team: factories.Team) -> None:
    brief = assigned_draft(team, "甲")
    workflow.add_note(brief, "看", by=team.reviewer)
    brief_to_review(team, team.writer, "乙")
    began = factories.draft_brief(team, factories.content("丁"))
    factories.assign_writer(began, None, by=team.writer)
    workflow.share(brief, by=team.writer)
    scheduled = factories.signed_brief(team, factories.content("丙"))
    factories.approve(scheduled, team.publisher, at=factories.tomorrow())
    page = " ".join(root_client.get(person_url(team.writer, "leave")).content.decode().split())
    for shown in ("標題甲", "1 open note or suggestion", "due 2030-01-02", "標題乙", "Revoke these links"):
        assert shown in page
    assert "標題丁" in page, "a brief that the person began and that nobody has"
    assert page.count("Assigned to nobody") >= 1
    assert "A Headline丙" not in page
    assert "A Headline丙" in root_client.get(person_url(team.publisher, "leave")).content.decode()
    assert began.pk


def test_brief_that_nobody_has_can_be_handed_over(root_client: Client, team: factories.Team) -> None:
    brief, other = factories.draft_brief(team), factories.draft_brief(team, factories.content("乙"))
    for unassigned in (brief, other):
        factories.assign_writer(unassigned, None, by=team.writer)
    form = open_page(root_client, team.writer)
    data = form.data_with(writing=team.other_writer.pk) | {f"writer-{other.pk}": [""]}
    assert "1 piece of work handed over." in send(root_client, team.writer, data)
    assert plan_of(brief).writer.person == team.other_writer
    assert plan_of(other).writer.person is None


def test_links_are_revoked_unless_unticked(root_client: Client, team: factories.Team) -> None:
    brief = assigned_draft(team)
    for person in (team.writer, team.reviewer):
        workflow.share(brief, by=person)
        factories.assign_reviewer(brief, "en", team.reviewer, by=team.publisher)
    data = open_page(root_client, team.reviewer).data
    assert data.pop("revoke") == ["on"]
    send(root_client, team.reviewer, data)
    assert not PreviewLink.objects.exclude(revoked_at=None).exists()
    page = send(root_client, team.writer, open_page(root_client, team.writer).data)
    assert "1 preview link revoked." in page
    revoked = PreviewLink.objects.exclude(revoked_at=None).get()
    assert (revoked.by, revoked.revoked_by.username) == (team.writer, "root")


def test_leaving_twice_does_nothing_more(root_client: Client, team: factories.Team) -> None:
    assigned_draft(team)
    data = open_page(root_client, team.writer).data_with(writing=team.other_writer.pk)
    send(root_client, team.writer, data)
    root_client.get("/admin/")  # the messages are shown
    before = database_checksum()
    assert "There was nothing left to do." in send(root_client, team.writer, data)
    assert database_checksum() == before


def test_work_that_came_meanwhile_stays_visible(root_client: Client, team: factories.Team) -> None:
    shown, taken = assigned_draft(team, "甲"), assigned_draft(team, "丙")
    data = open_page(root_client, team.writer).data_with(writing=team.other_writer.pk)
    new = assigned_draft(team, "乙")
    factories.assign_writer(taken, team.publisher, by=team.publisher)
    page = send(root_client, team.writer, data)
    assert "1 piece of work is still with writer." in page
    assert "標題乙" in page
    assert plan_of(shown).writer.person == team.other_writer
    assert plan_of(new).writer.person == team.writer
    assert plan_of(taken).writer.person == team.publisher, "somebody else has it by now"
    form = open_page(root_client, team.writer)
    assert "1 piece of work handed over." in send(
        root_client, team.writer, form.data_with(writing=team.other_writer.pk)
    )
    assert plan_of(new).writer.person == team.other_writer


def test_brief_approved_meanwhile_is_left_alone(team: factories.Team) -> None:
    """The approval may come between the page's query and the lock."""
    brief = factories.signed_brief(team)
    factories.assign_writer(brief, team.writer, by=team.publisher)
    factories.approve(brief, team.publisher)
    receivers = {(brief.pk, "writer"): team.other_writer}
    done = leave(team.writer, receivers, by=create_root(), revoke_links=True, now=timezone.now())
    assert (done.closed, done.parts) == (True, 0)
    assert Brief.objects.get(pk=brief.pk).assigned_to == team.writer


def test_nobody_leaves_by_themselves(client: Client, team: factories.Team) -> None:
    root = create_root()
    Person.objects.create_superuser("second", "second@example.org", "pw")
    sign_in(client, root)
    page = client.post(person_url(root, "leave"))
    assert page.status_code == 409
    assert "Nobody closes their own account." in page.content.decode()
    assert "Close the account" not in client.get(person_url(root, "leave")).content.decode()
    assert Person.objects.get(pk=root.pk).is_active


def test_last_administrator_cannot_leave(team: factories.Team) -> None:
    root = create_root()
    retired = Person.objects.create_superuser("retired", "retired@example.org", "pw", is_active=False)
    with pytest.raises(Refused) as refused:
        leave(root, {}, by=retired, revoke_links=True, now=timezone.now())
    assert refused.value.codes == ["leave-last"]
    with translation.override("en"):
        assert "Root is the last active administrator" in str(refused.value)
    assert Person.objects.get(pk=root.pk).is_active
    Person.objects.filter(pk=retired.pk).update(is_active=True)
    assert leave(root, {}, by=retired, revoke_links=True, now=timezone.now()).closed


def test_clerk_without_role_closes_account_and_work_stays(client: Client, team: factories.Team) -> None:
    brief = assigned_draft(team)
    workflow.share(brief, by=team.writer)
    clerk = create_clerk()
    clerk.groups.clear()
    team.writer.groups.clear()
    sign_in(client, clerk)
    page = client.get(person_url(team.writer, "leave")).content.decode()
    assert "Your role does not allow assigning" in page
    assert "<select" not in page
    page = send(client, team.writer, Form(page, id=None).data)
    assert "Writer has left." in page
    assert "1 piece of work is still with writer." in page
    assert plan_of(brief).writer.person == team.writer
    assert not PreviewLink.objects.exclude(revoked_at=None).exists()


def test_person_returns_by_the_ordinary_form(root_client: Client, team: factories.Team) -> None:
    send(root_client, team.writer, open_page(root_client, team.writer).data)
    assert "writer has left. For a return tick" in root_client.get(change_url(team.writer)).content.decode()
    form = open_form(root_client, change_url(team.writer))
    data = form.data_with(is_active="on", is_staff="on")
    page = root_client.post(change_url(team.writer), data, follow=True).content.decode()
    assert "changed successfully" in page
    assert is_signed_in(open_session(Person.objects.get(pk=team.writer.pk)))


def test_page_asks_constant_number_of_queries(root_client: Client, team: factories.Team) -> None:
    def fill(tag: str) -> None:
        brief = assigned_draft(team, tag)
        workflow.add_note(brief, "看", by=team.reviewer)
        workflow.share(brief, by=team.writer)
        brief_to_review(team, team.writer, f"{tag}審")

    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert root_client.get(address).status_code == 200
        return len(queries)

    addresses = (person_url(team.writer, "leave"), change_url(team.writer))
    fill("甲")
    before = [count(address) for address in addresses * 2][2:]  # the first requests fill caches
    for tag in "乙丙丁":
        fill(tag)
    assert [count(address) for address in addresses] == before
    assert len(OpenWork.load(team.writer, now=timezone.now()).reviews) == 4


def test_reviewer_and_writer_of_one_brief_leaves_in_one_event(
    root_client: Client, team: factories.Team
) -> None:
    brief = assigned_draft(team)
    plan = replace(plan_of(brief), writer=workflow.Assignee(team.publisher))
    plan = plan.with_reviewer("zh", workflow.Assignee(team.publisher))
    workflow.apply_plan(brief, plan, by=team.other_publisher)
    before = Event.objects.filter(brief=brief).count()
    form = open_page(root_client, team.publisher)
    data = form.data_with(writing=team.other_writer.pk, reviews=team.reviewer.pk)
    assert "2 pieces of work handed over." in send(root_client, team.publisher, data)
    assert Event.objects.filter(brief=brief).count() == before + 1
