"""Assignments of a brief: the page, the bulk action, notices, and conflicts with concurrent choices."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Event, Outbox
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_verb_form, post_verb_form, sign_in
from briefs.workflow.assignments import AssignmentPlan

pytestmark = pytest.mark.django_db


@pytest.fixture
def brief(team: Team) -> Brief:
    return factories.submitted_brief(team)


def assignee_names(brief: Brief) -> list[str]:
    plan = AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    return [str(each.person or "") for each in (plan.writer, *plan.reviewers.values())]


def test_writer_assigns_both_reviewers_on_one_page_with_one_event(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_in(client, team.writer)
    due = timezone.localdate() + dt.timedelta(days=2)
    chosen = {"zh": team.reviewer.pk, "en": team.reviewer.pk, "zh_due": due, "urgent": "on"}
    assert post_verb_form(client, brief, "assign", **chosen).status_code == 302
    assert assignee_names(brief) == ["writer", "reviewer", "reviewer"]
    assert Brief.objects.get(pk=brief.pk).has_priority
    lines = [f"zh: reviewer {due}", "en: reviewer", "priority: yes"]
    assert Event.objects.get(verb="assign").note.split("\n") == lines
    notice = Outbox.objects.get(kind="assigned")
    assert (notice.to, notice.values) == (team.reviewer, {"sides": "zh,en", "due_on": due.isoformat()})
    page = client.get(brief_url(brief)).text
    assert "due in 2 days" in page
    assert "Reviewer of the Chinese: reviewer" in page.partition('id="timeline"')[2]
    factories.sign_off(brief, team.reviewer_en)
    factories.approve(brief, team.publisher)
    row = Brief.objects.get(pk=brief.pk)
    assert (row.assigned_to, row.due_on, row.has_priority) == (team.writer, None, False)
    assert assignee_names(brief)[1] == ""


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
    forged = (
        {"zh": team.writer.pk},
        {"writer": team.reviewer.pk},
        {"en": team.outsider.pk},
        {"zh_due": "2026-05-04"},
    )
    without_plan = {"zh": team.reviewer.pk}
    for data in (*(form.data_with(**values) for values in forged), without_plan):
        assert client.post(brief_url(brief, "assign"), data).status_code == 409
    data = {"claim": "writer", "plan": AssignmentPlan.load(brief).fingerprint()}
    for person, status in ((team.reviewer, 409), (team.outsider, 403)):
        assert sign_in(client, person).post(brief_url(brief, "assign"), data).status_code == status
    assert assignee_names(brief) == ["writer", "", ""]
    assert not Event.objects.filter(verb="assign").exists()


def test_bulk_assignment_refuses_only_stale_and_live_briefs(client: Client, team: Team, brief: Brief) -> None:
    other, stale, live = *(factories.submitted_brief(team) for _ in range(2)), factories.live_brief(team)
    rows = (brief, other, stale, live)
    data = {"action": "assign_to", "index": "0", "_selected_action": [row.pk for row in rows]}
    data |= {f"version-{row.pk}": row.version for row in rows}
    page = sign_in(client, team.writer).post("/admin/briefs/brief/", data).text
    factories.edit(stale, team.writer, summary_en="Changed.")
    form = Form(page, id=None).data_with(part="en", person=team.reviewer.pk, due_on="2026-05-04")
    outcome = client.post("/admin/briefs/brief/", form).context
    assert [each.brief.pk for each in outcome["done"]] == [brief.pk, other.pk]
    assert [each.brief.pk for each in outcome["refused"]] == [stale.pk, live.pk]
    assert [assignee_names(row)[2] for row in rows] == ["reviewer", "reviewer", "", ""]


def test_submission_notifies_assignee_and_all_for_unassigned_side(team: Team) -> None:
    brief = factories.draft_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 4))
    workflow.submit(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    notices = {row.to.username: row.values for row in Outbox.objects.filter(kind="review")}
    assert notices.pop("reviewer") == {"sides": "zh", "due_on": "2026-05-04"}
    assert notices == {"reviewer-en": {}, "publisher": {}, "other-publisher": {}}
