"""Assignments of a brief: the page, the bulk action, notices, and conflicts with concurrent choices."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Event, Outbox
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_verb_form, sign_in
from briefs.workflow import AssignmentPlan

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def brief(team: Team) -> Brief:
    return factories.submitted_brief(team)


def assignee_names(brief: Brief) -> list[str]:
    plan = AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    return [
        str(assignment.person or "")
        for assignment in (plan.writer, plan.reviewers["zh"], plan.reviewers["en"])
    ]


def test_writer_assigns_both_reviewers_on_one_page_with_one_event(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_in(client, team.writer)
    due = timezone.localdate() + dt.timedelta(days=2)
    form = get_verb_form(client, brief, "assign")
    chosen = {"zh": team.reviewer.pk, "en": team.reviewer.pk, "zh_due": due, "urgent": "on"}
    response = client.post(brief_url(brief, "assign"), form.data_with(**chosen))
    assert response.status_code == 302
    assert assignee_names(brief) == ["writer", "reviewer", "reviewer"]
    assert Brief.objects.get(pk=brief.pk).has_priority
    assert Event.objects.get(verb="assign").note.split("\n") == [
        f"zh: reviewer {due}",
        "en: reviewer",
        "priority: yes",
    ]
    notice = Outbox.objects.get(kind="assigned")
    assert (notice.to, notice.values) == (team.reviewer, {"sides": "zh,en", "due_on": due.isoformat()})
    page = client.get(brief_url(brief)).text
    assert "due in 2 days" in page
    timeline = page.partition('id="timeline"')[2]
    assert "Reviewer of the Chinese: reviewer" in timeline


def test_concurrent_assignment_is_not_overwritten(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    form = get_verb_form(client, brief, "assign")
    factories.assign_reviewer(brief, "zh", team.reviewer_en, by=team.publisher)
    response = client.post(brief_url(brief, "assign"), form.data_with(zh=team.reviewer.pk))
    assert response.status_code == 409
    assert assignee_names(brief)[1] == "reviewer-en"
    conflict_form = Form(response.text, id=None)
    # the choice is kept, beside the current assignee
    assert conflict_form.data["zh"] == [str(team.reviewer.pk)]
    assert "Now: reviewer-en" in response.text
    assert client.post(brief_url(brief, "assign"), conflict_form.data_with()).status_code == 302
    assert assignee_names(brief)[1] == "reviewer"


def test_reviewer_claims_role_with_one_click_and_only_once(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    data = Form(client.get(brief_url(brief)).text).data_with(claim="zh")
    assert client.post(brief_url(brief, "assign"), data).status_code == 302
    assert assignee_names(brief)[1] == "reviewer"
    assert not Outbox.objects.filter(kind="assigned").exists()
    sign_in(client, team.reviewer_en)
    # the stale page showed the role as free
    assert client.post(brief_url(brief, "assign"), data).status_code == 409
    assert assignee_names(brief)[1] == "reviewer"


def test_assignment_that_does_not_fit_role_is_refused(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    form = get_verb_form(client, brief, "assign")
    due_nobody = {"zh_due": timezone.localdate()}
    for forged in (
        {"zh": team.writer.pk},
        {"writer": team.reviewer.pk},
        {"en": team.outsider.pk},
        due_nobody,
    ):
        assert client.post(brief_url(brief, "assign"), form.data_with(**forged)).status_code == 409
    # the fingerprint of the plan is missing
    assert client.post(brief_url(brief, "assign"), {"zh": team.reviewer.pk}).status_code == 409
    data = {"claim": "writer", "plan": AssignmentPlan.load(brief).fingerprint()}
    sign_in(client, team.reviewer)
    assert client.post(brief_url(brief, "assign"), data).status_code == 409
    sign_in(client, team.outsider)
    assert client.post(brief_url(brief, "assign"), data).status_code == 403
    assert assignee_names(brief) == ["writer", "", ""]
    assert not Event.objects.filter(verb="assign").exists()


def test_submission_notifies_assignee_and_all_for_unassigned_side(team: Team) -> None:
    brief = factories.draft_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 4))
    workflow.submit(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    notices = {row.to.username: row.values for row in Outbox.objects.filter(kind="review")}
    assert notices.pop("reviewer") == {"sides": "zh", "due_on": "2026-05-04"}
    assert notices == {"reviewer-en": {}, "publisher": {}, "other-publisher": {}}


def test_bulk_assignment_refuses_only_stale_and_live_briefs(client: Client, team: Team, brief: Brief) -> None:
    other_brief, stale, live = (
        factories.submitted_brief(team),
        factories.submitted_brief(team),
        factories.live_brief(team),
    )
    sign_in(client, team.writer)
    rows = {f"version-{b.pk}": b.version for b in (brief, other_brief, stale, live)}
    data = {
        "action": "assign_to",
        "index": "0",
        "_selected_action": [brief.pk, other_brief.pk, stale.pk, live.pk],
        **rows,
    }
    page = client.post("/admin/briefs/brief/", data).text
    factories.edit(stale, team.writer, summary_en="Changed.")
    form = Form(page, id=None).data_with(part="en", person=team.reviewer.pk, due_on="2026-05-04")
    response = client.post("/admin/briefs/brief/", form)
    assert [b.pk for b in (a.brief for a in response.context["done"])] == [brief.pk, other_brief.pk]
    assert [a.brief.pk for a in response.context["refused"]] == [stale.pk, live.pk]
    assert assignee_names(other_brief)[2] == "reviewer"
    assert assignee_names(stale)[2] == assignee_names(live)[2] == ""


def test_approval_clears_reviewer_due_date_and_priority(team: Team) -> None:
    brief = factories.signed_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 4))
    factories.assign_writer(brief, team.writer, by=team.writer, due_on=dt.date(2026, 5, 4), urgent=True)
    factories.approve(brief, team.publisher)
    row = Brief.objects.get(pk=brief.pk)
    assert (row.assigned_to, row.due_on, row.has_priority) == (team.writer, None, False)
    assert assignee_names(brief)[1] == ""
