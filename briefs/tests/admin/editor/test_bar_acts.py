"""The main act of a brief's bar is what is next for this person; every other act is under More."""

import re

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Keyword
from briefs.tests.support import factories
from briefs.tests.support.brief_states import STATES
from briefs.tests.support.desk_states import DESK_STATES, SmallTeam
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, get_brief_form, reload_brief, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

HEAVY = ["source_withdrew", "discard", "cancel", "withdraw", "remove"]


def bar_of(client: Client, brief: Brief) -> str:
    page = client.get(brief_url(brief)).text
    return page[page.index('class="bar act-bar"') : page.index('id="step"')]


def step_of(client: Client, brief: Brief) -> str:
    """Return the sentence that the bar shows."""
    return client.get(brief_url(brief)).text.partition('id="step"')[2].partition("</p>")[0]


@pytest.mark.parametrize("state", ["live", "discarded"])
def test_bar_has_the_main_act_once_and_the_heavy_ones_last(client: Client, team: Team, state: str) -> None:
    brief = STATES[state](team)
    for person in (team.writer, team.publisher):
        bar = bar_of(sign_in(client, person), brief)
        (main,) = re.findall(r'data-next="(\w+)"', bar)
        assert main == {"live": "revise", "discarded": "recover"}[state]
        verbs = re.findall(r'formaction="[^"]*/(\w+)/"', bar[bar.index('id="more-verbs"') :])
        assert main not in verbs
        assert verbs == sorted(verbs, key=lambda verb: verb in HEAVY)


def test_button_to_sign_names_the_language_on_a_phone_too(client: Client, team: Team) -> None:
    bar = bar_of(sign_in(client, team.reviewer), STATES["in review"](team))
    assert re.findall(r'<span class="short">([^<]*)', bar) == ["Sign Chinese"]


def test_bar_says_that_readers_no_longer_have_the_brief(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    workflow.withdraw(brief, by=team.publisher, kind="rights")
    assert ">Withdrawn<" in step_of(sign_in(client, team.writer), brief)
    workflow.remove(brief, by=team.publisher, reason="court")
    assert ">Removed<" in step_of(sign_in(client, team.writer), brief)


def test_missing_label_keeps_the_brief_back_and_is_no_changed_fact(client: Client, team: Team) -> None:
    keyword = Keyword.make(label_zh="全新關鍵字")
    text = factories.content(facts=factories.facts(keywords=(keyword.pk,)))
    sentence = step_of(sign_in(client, team.reviewer), factories.signed_brief(team, text))
    assert "English of the keyword" in sentence
    assert "changed facts" not in sentence


def test_main_act_of_a_brief_that_nobody_writes_claims_it(client: Client) -> None:
    team = SmallTeam()
    brief = DESK_STATES["planned"](team)
    form = get_brief_form(sign_in(client, team.lin), brief)
    (button,) = (button for button in form.buttons if button.get("data-next") == "claim")
    client.post(button["formaction"], {**form.data, button["name"]: button["value"]})
    assert reload_brief(brief).assigned_to == team.lin


def test_next_brief_is_the_first_that_waits(client: Client, team: Team) -> None:
    sign_in(client, team.reviewer)
    assert client.get("/admin/next/").headers["Location"] == "/admin/"
    first, second = STATES["in review"](team), STATES["in review"](team)
    addresses = [
        client.get(f"/admin/next/?after={brief.pk}").headers["Location"] for brief in (second, first)
    ]
    assert addresses == [f"{brief_url(brief)}?view=review" for brief in (first, second)]
