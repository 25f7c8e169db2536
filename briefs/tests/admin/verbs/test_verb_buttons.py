"""Each verb by its button, as a permitted and a refused person. A refusal changes no row."""

from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.verbs.verb_views import CONTROLS
from briefs.models import Brief, Event
from briefs.tests.support import factories
from briefs.tests.support.brief_states import discarded, scheduled, withdrawn
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import (
    brief_url,
    get_brief_form,
    post_verb_form,
    reload_brief,
    sign_in,
    snapshot_rows,
)
from briefs.workflow.acts import ACTS

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def press_button(client: Client, brief: Brief, verb: str, **values: object) -> int:
    """Press the verb's button on the brief's page, fill in the form that it leads to, and return the status."""
    form = get_brief_form(client, brief)
    assert verb in form.offered_verbs(), f"no button for {verb}: {form.offered_verbs()}"
    response = client.post(brief_url(brief, verb), form.data_with(**values))
    if ACTS[verb].way == "form":
        assert response["Location"] == brief_url(brief, verb)
        response = post_verb_form(client, brief, verb, **values)
    return response.status_code


def revised(team: Team) -> Brief:
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    return reload_brief(brief)


FUTURE_TIME = "2090-01-02T08:30"
# Verb: brief, permitted person, form values, state afterwards.
CASES = {
    "submit": (factories.draft_brief, "writer", {}, "in_review"),
    "take_back": (factories.submitted_brief, "writer", {}, "draft"),
    "sign_off_zh": (factories.submitted_brief, "reviewer", {}, "in_review"),
    "sign_off_en": (factories.submitted_brief, "reviewer", {}, "in_review"),
    "take_back_sign_off_zh": (factories.signed_brief, "reviewer", {}, "in_review"),
    "take_back_sign_off_en": (factories.signed_brief, "reviewer", {}, "in_review"),
    "send_back": (factories.submitted_brief, "reviewer", {"note": "請改", "sides": ["zh"]}, "draft"),
    "approve": (factories.signed_brief, "publisher", {"when": "now"}, "approved"),
    "reschedule": (scheduled, "publisher", {"when": "later", "at": FUTURE_TIME}, "approved"),
    "cancel": (scheduled, "publisher", {}, "in_review"),
    "withdraw": (factories.live_brief, "publisher", {"kind": "rights"}, "approved"),
    "remove": (factories.live_brief, "publisher", {"reason": "court"}, "approved"),
    "reinstate": (withdrawn, "publisher", {}, "approved"),
    "source_withdrew": (factories.live_brief, "writer", {}, "in_review"),
    "revise": (factories.live_brief, "writer", {}, "draft"),
    "discard": (revised, "writer", {}, "approved"),
    "recover": (discarded, "writer", {}, "draft"),
    "note": (factories.submitted_brief, "reviewer", {"note_text": "看一下", "note_bullet": "2", "note_side": "en"}, "in_review"),
}  # fmt: skip


def build_rows() -> tuple[Team, dict[str, Brief]]:
    team = Team()
    return team, {verb: case[0](team) for verb, case in CASES.items()}


@pytest.fixture
def team(rows: tuple[Team, dict[str, Brief]]) -> Team:
    return rows[0]


def test_every_verb_has_a_case() -> None:
    others = {
        "resolve",
        "confirm_date",
        "sign_off_common",
        "take_back_sign_off_common",
        "note_letter",
        "handle",
    }
    acts = {act.name for act in ACTS.values() if act.way in ("button", "form") and not act.of_issue}
    assert set(CASES) | others == acts | CONTROLS.keys()


@pytest.mark.parametrize("verb", CASES)
def test_permitted_person_uses_verb_by_its_button(client: Client, rows: Any, verb: str) -> None:
    _make, who, values, state = CASES[verb]
    team, brief = rows[0], rows[1][verb]
    events = Event.objects.filter(brief=brief).count()
    sign_in(client, getattr(team, who))
    assert press_button(client, brief, verb, **values) == 302
    assert reload_brief(brief).state == state
    assert Event.objects.filter(brief=brief).count() == events + 1
    assert Event.objects.latest("pk").by == getattr(team, who)


def test_empty_post_of_verb_is_refused(client: Client, team: Team) -> None:
    """Without the values that the page sends, every verb is refused, whether or not the state fits."""
    brief = factories.submitted_brief(team)
    sign_in(client, team.other_publisher)
    before = snapshot_rows()
    accepted = {verb for verb in CASES if client.post(brief_url(brief, verb), {}).status_code != 409}
    assert accepted == set()
    assert snapshot_rows() == before


def test_unknown_verb_or_brief_is_not_found(client: Client, team: Team) -> None:
    sign_in(client, team.publisher)
    brief = factories.draft_brief(team)
    unknown = [brief_url(brief, verb) for verb in ("delete", "history", "save")]
    for address in (*unknown, "/admin/briefs/brief/999/change/"):
        assert client.get(address).status_code == client.post(address, {}).status_code == 404


def test_published_brief_alone_links_its_public_pages(client: Client, team: Team) -> None:
    def link_counts(html: str, brief: Brief) -> list[int]:
        assert brief.slug
        return [html.count(f'href="/{code}/briefs/{brief.slug}/"') for code in ("zh-hant", "en")]

    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    page = client.get(post_verb_form(client, brief).headers["Location"])
    brief.refresh_from_db()
    assert link_counts(str(next(iter(page.context["messages"]))), brief) == [1, 1]
    assert link_counts(page.text, brief) == [2, 2]  # notice, menu
    for make in (scheduled, withdrawn):
        brief = make(team)
        assert link_counts(client.get(brief_url(brief)).text, brief) == [0, 0]
