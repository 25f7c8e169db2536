"""Who does what on a brief: the page, the lists and the front page, and nobody's choice overwritten unseen."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Event, Outbox
from briefs.workflow import AssignmentPlan

from ...support import factories
from ...support.factories import Team
from ...support.form_client import Form, get_verb_form, sign_in, brief_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def brief(team: Team) -> Brief:
    return factories.submitted_brief(team)


def names(brief: Brief) -> list[str]:
    plan = AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    return [str(asked.person or "") for asked in (plan.writer, plan.reviewers["zh"], plan.reviewers["en"])]


def test_one_page_gives_every_part_and_leaves_one_event(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    due = timezone.localdate() + dt.timedelta(days=2)
    form = get_verb_form(client, brief, "assign")
    chosen = {"zh": team.reviewer.pk, "en": team.reviewer.pk, "zh_due": due, "urgent": "on"}
    response = client.post(brief_url(brief, "assign"), form.data_with(**chosen))
    assert response.status_code == 302
    assert names(brief) == ["", "reviewer", "reviewer"]
    assert Brief.objects.get(pk=brief.pk).has_priority
    assert Event.objects.get(verb="assign").note.split("\n") == [
        f"zh: reviewer {due}",
        "en: reviewer",
        "priority: yes",
    ]
    notice = Outbox.objects.get(kind="assigned")
    assert (notice.to, notice.values) == (team.reviewer, {"sides": "zh,en", "due_on": due.isoformat()})
    page = client.get(brief_url(brief)).content.decode()
    assert "due in 2 days" in page
    timeline = page.partition('id="timeline"')[2]
    assert "Reviewer of the Chinese: reviewer" in timeline


def test_a_choice_that_somebody_made_meanwhile_is_not_overwritten(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_in(client, team.writer)
    form = get_verb_form(client, brief, "assign")
    workflow.assign_reviewer(brief, "zh", team.reviewer_en, by=team.publisher)
    response = client.post(brief_url(brief, "assign"), form.data_with(zh=team.reviewer.pk))
    assert response.status_code == 409
    assert names(brief)[1] == "reviewer-en"
    again = Form(response.content.decode(), id=None)
    assert again.data["zh"] == [
        str(team.reviewer.pk)
    ]  # what was chosen is there, with what stands now beside it
    assert "Now: reviewer-en" in response.content.decode()
    assert client.post(brief_url(brief, "assign"), again.data_with()).status_code == 302
    assert names(brief)[1] == "reviewer"


def test_a_part_is_claimed_with_one_press_and_only_once(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    data = Form(client.get(brief_url(brief)).content.decode()).data_with(claim="zh")
    assert client.post(brief_url(brief, "assign"), data).status_code == 302
    assert names(brief)[1] == "reviewer"
    assert not Outbox.objects.filter(kind="assigned").exists()
    sign_in(client, team.reviewer_en)
    assert client.post(brief_url(brief, "assign"), data).status_code == 409  # the page showed that it was free
    assert names(brief)[1] == "reviewer"


def test_nobody_is_given_a_part_that_their_role_does_not_fit(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_in(client, team.writer)
    form = get_verb_form(client, brief, "assign")
    for forged in ({"zh": team.writer.pk}, {"writer": team.reviewer.pk}, {"en": team.outsider.pk}):
        assert client.post(brief_url(brief, "assign"), form.data_with(**forged)).status_code == 409
    assert client.post(brief_url(brief, "assign"), {"zh": team.reviewer.pk}).status_code == 409  # nothing was seen
    data = {"claim": "writer", "plan": AssignmentPlan.load(brief).fingerprint()}
    sign_in(client, team.reviewer)
    assert client.post(brief_url(brief, "assign"), data).status_code == 409
    sign_in(client, team.outsider)
    assert client.post(brief_url(brief, "assign"), data).status_code == 403
    assert names(brief) == ["", "", ""]
    assert not Event.objects.filter(verb="assign").exists()


def test_submitting_tells_who_is_asked_and_all_of_what_is_nobodys(team: Team) -> None:
    brief = factories.draft_brief(team)
    workflow.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 4))
    workflow.submit(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    told = {row.to.username: row.values for row in Outbox.objects.filter(kind="review")}
    assert told.pop("reviewer") == {"sides": "zh", "due_on": "2026-05-04"}
    assert told == {"reviewer-en": {}, "publisher": {}, "other-publisher": {}}


def test_several_briefs_are_given_to_one_row_by_row(client: Client, team: Team, brief: Brief) -> None:
    other, stale, live = factories.submitted_brief(team), factories.submitted_brief(team), factories.live_brief(team)
    sign_in(client, team.writer)
    rows = {f"version-{b.pk}": b.version for b in (brief, other, stale, live)}
    data = {
        "action": "assign_to",
        "index": "0",
        "_selected_action": [brief.pk, other.pk, stale.pk, live.pk],
        **rows,
    }
    page = client.post("/admin/briefs/brief/", data).content.decode()
    factories.edit(stale, team.writer, summary_en="Changed.")
    form = Form(page, id=None).data_with(part="en", person=team.reviewer.pk, due_on="2026-05-04")
    response = client.post("/admin/briefs/brief/", form)
    assert [b.pk for b in (a.brief for a in response.context["done"])] == [brief.pk, other.pk]
    assert [a.brief.pk for a in response.context["refused"]] == [stale.pk, live.pk]
    assert names(other)[2] == "reviewer"
    assert names(stale)[2] == names(live)[2] == ""


def test_approval_ends_what_people_were_asked_for(team: Team) -> None:
    brief = factories.signed_brief(team)
    workflow.assign_reviewer(brief, "zh", team.reviewer, by=team.writer, due_on=dt.date(2026, 5, 4))
    workflow.assign_writer(brief, team.writer, by=team.writer, due_on=dt.date(2026, 5, 4), urgent=True)
    factories.approve(brief, team.publisher)
    row = Brief.objects.get(pk=brief.pk)
    assert (row.assigned_to, row.due_on, row.has_priority) == (team.writer, None, False)
    assert names(brief)[1] == ""
