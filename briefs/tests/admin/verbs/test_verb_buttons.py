"""Each verb by its button, as a permitted and a refused person. A refusal changes no row."""

from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.verbs.verb_views import CONTROLS
from briefs.models import Brief, Event
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import (
    brief_url,
    get_brief_form,
    get_verb_form,
    reload_brief,
    sign_in,
    snapshot_rows,
)
from briefs.workflow.acts import ACTS

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def press_button(client: Client, brief: Brief, verb: str, **values: object) -> int:
    """Press the verb's button on the brief's page, fill in the form, and return the status."""
    form = get_brief_form(client, brief)
    assert verb in form.offered_verbs(), f"no button for {verb}: {form.offered_verbs()}"
    if ACTS[verb].way == "form":
        page = get_verb_form(client, brief, verb)
        return client.post(brief_url(brief, verb), page.data_with(**values)).status_code
    return client.post(brief_url(brief, verb), form.data_with(**values)).status_code


def scheduled(team: Team) -> Brief:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    return reload_brief(brief)


def withdrawn(team: Team) -> Brief:
    brief = factories.live_brief(team)
    workflow.withdraw(brief, by=team.publisher, kind="rights")
    return reload_brief(brief)


def discarded(team: Team) -> Brief:
    brief = factories.draft_brief(team)
    workflow.discard(brief, by=team.writer, version=brief.version)
    return reload_brief(brief)


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


def test_button_of_verb_with_form_redirects_to_its_page(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    response = client.post(brief_url(brief, "withdraw"), get_brief_form(client, brief).data_with())
    assert (response.status_code, response["Location"]) == (302, brief_url(brief, "withdraw"))


def test_unknown_verb_or_brief_is_not_found(client: Client, team: Team) -> None:
    sign_in(client, team.publisher)
    brief = factories.draft_brief(team)
    for address in (
        brief_url(brief, "delete"),
        brief_url(brief, "history"),
        brief_url(brief, "save"),
        "/admin/briefs/brief/999/change/",
    ):
        assert client.get(address).status_code == 404
        assert client.post(address, {}).status_code == 404


def public_links(brief: Brief) -> list[str]:
    return [f'href="/{code}/briefs/{brief.slug}/"' for code in ("zh-hant", "en")]


def test_published_brief_links_its_public_pages(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    page = client.post(
        brief_url(brief, "approve"),
        get_verb_form(client, brief, "approve").data_with(when="now"),
        follow=True,
    )
    message, html = str(next(iter(page.context["messages"]))), page.text
    assert [link in message for link in public_links(reload_brief(brief))] == [True, True]
    # notice, menu
    assert [html.count(link) for link in public_links(reload_brief(brief))] == [2, 2]


@pytest.mark.parametrize("make", [scheduled, withdrawn])
def test_scheduled_or_withdrawn_brief_has_no_public_links(client: Client, team: Team, make: Any) -> None:
    brief = make(team)
    sign_in(client, team.publisher)
    html = client.get(brief_url(brief)).text
    assert brief.slug
    assert [link in html for link in public_links(brief)] == [False, False]
