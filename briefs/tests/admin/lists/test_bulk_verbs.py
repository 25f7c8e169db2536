"""One verb for several rows of the list: each by its own version and rules, and each with its answer."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from briefs import workflow
from briefs.models import Brief, Event, Person, State

from ...support import factories
from ...support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST = "/admin/briefs/brief/"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def run(client: Client, action: str, *briefs: Brief, query: str = "", **more: Any) -> Any:
    data = {"action": action, "index": "0", "_selected_action": [brief.pk for brief in briefs]}
    data |= {f"version-{brief.pk}": brief.version for brief in briefs}
    return client.post(LIST + query, data | more)


def states(*briefs: Brief) -> list[str]:
    return [Brief.objects.get(pk=brief.pk).state for brief in briefs]


def answers(response: Any) -> tuple[set[int], dict[int, str]]:
    done = {answer.brief.pk for answer in response.context["done"]}
    return done, {answer.brief.pk: " ".join(answer.reasons) for answer in response.context["refused"]}


def test_each_row_is_answered_and_one_refused_stops_no_other(mine: Client, team: factories.Team) -> None:
    ready, empty, live = (
        factories.draft_brief(team),
        factories.draft_brief(team, factories.content(headline_en="")),
        factories.live_brief(team),
    )
    changed = factories.draft_brief(team)
    factories.edit(changed, team.other_writer, summary_en="Newer.")  # since the list was shown
    response = run(mine, "submit_briefs", empty, changed, ready, live)
    done, refused = answers(response)
    assert done == {ready.pk}
    assert "headline in both languages" in refused[empty.pk]
    assert "other-writer saved a newer version" in refused[changed.pk]
    assert "now" in refused[live.pk]
    assert states(ready, empty, changed, live) == ["in_review", "draft", "draft", "approved"]
    page = response.content.decode()
    assert "1 of 4 briefs done." in page
    assert refused[changed.pk] in page.replace("&#x27;", "'")
    assert Event.objects.filter(verb="submit", brief=ready).count() == 1


def test_a_row_without_its_version_is_stale(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    for forged in ("", "x", "-1", "99999999999"):
        response = run(mine, "submit_briefs", brief, **{f"version-{brief.pk}": forged})
        assert brief.pk in answers(response)[1]
    assert states(brief) == ["draft"]


def test_the_list_sends_the_version_that_it_shows(mine: Client, team: factories.Team) -> None:
    brief = factories.edit(factories.draft_brief(team), team.writer, summary_en="Second.")
    assert brief.version == 2
    assert f'name="version-{brief.pk}" value="2"' in mine.get(LIST).content.decode()


def test_sent_twice_it_is_done_once(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    assert answers(run(mine, "submit_briefs", brief))[0] == {brief.pk}
    assert brief.pk in answers(run(mine, "submit_briefs", brief))[1]
    assert Event.objects.filter(verb="submit").count() == 1


def test_a_row_that_left_the_filter_is_answered_too(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    workflow.submit(brief, by=team.writer, version=brief.version)
    response = run(mine, "submit_briefs", brief, query="?state=draft")
    assert brief.pk in answers(response)[1]


def test_all_of_the_list_is_never_meant(
    mine: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`select_across` says "all that the filter finds": rows that nobody has seen."""
    shown, unseen = factories.draft_brief(team), factories.draft_brief(team)
    run(mine, "submit_briefs", shown, select_across="1")
    assert states(shown, unseen) == ["in_review", "draft"]
    monkeypatch.setattr(admin.site._registry[Brief], "list_per_page", 1)
    assert 'class="question' not in mine.get(LIST).content.decode()


def test_taking_back_is_ones_own(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    done, refused = answers(run(sign_in(client, team.other_writer), "take_back_briefs", brief))
    assert not done
    assert "Only the person who submitted it" in refused[brief.pk]
    assert answers(run(sign_in(client, team.writer), "take_back_briefs", brief))[0] == {brief.pk}
    assert states(brief) == [State.DRAFT]


def test_assigning_keeps_the_due_day_and_asks_for_the_version(client: Client, team: factories.Team) -> None:
    due = dt.date(2030, 1, 2)
    planned = workflow.claim("https://example.org/a", by=team.writer, due_on=due)
    changed = factories.draft_brief(team)
    factories.edit(changed, team.writer, summary_en="Newer.")
    response = run(sign_in(client, team.other_writer), "assign_to_me", planned, changed)
    done, refused = answers(response)
    planned.refresh_from_db()
    assert done == {planned.pk}
    assert changed.pk in refused
    assert (planned.assigned_to, planned.due_on) == (team.other_writer, due)


def test_text_of_one_is_a_file_and_of_several_an_archive(client: Client, team: factories.Team) -> None:
    one, two = factories.draft_brief(team), factories.draft_brief(team, factories.content(headline_zh="另一篇"))
    sign_in(client, team.reviewer)
    response = run(client, "export_text", one)
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "attachment" in response.headers["Content-Disposition"]
    assert "摘要。" in response.content.decode()
    packed = zipfile.ZipFile(io.BytesIO(run(client, "export_text", one, two).content))
    texts = [packed.read(name).decode() for name in packed.namelist()]
    assert len(texts) == 2
    assert any("另一篇" in text for text in texts)


ACTIONS = {
    "submit_briefs": {"writer", "publisher"},
    "take_back_briefs": {"writer", "publisher"},
    "assign_to_me": {"writer", "reviewer", "publisher"},
    "assign_to": {"writer", "reviewer", "publisher"},
    "export_text": {"writer", "reviewer", "publisher"},
}


def test_every_action_is_offered_to_whom_the_policy_allows_and_to_nobody_else(
    client: Client, team: factories.Team
) -> None:
    screen = admin.site._registry[Brief]
    assert {action.name for action in screen._get_base_actions()} - {"delete_selected"} == set(ACTIONS)
    before = states(factories.draft_brief(team))
    brief = Brief.objects.get()
    for who in ("writer", "reviewer", "publisher", "outsider"):
        request = RequestFactory().get(LIST)
        request.user = Person.objects.get(pk=getattr(team, who).pk)
        offered = set(screen.get_actions(request))
        assert offered == {name for name, may in ACTIONS.items() if who in may}, who
        sign_in(client, getattr(team, who))
        for name in set(ACTIONS) - offered:
            response = run(client, name, brief)
            assert response.status_code in (302, 403), (who, name)
    assert states(brief) == before
    assert not Event.objects.exclude(verb="create").exists()


@pytest.mark.parametrize("forged", ["x", "1 OR 1=1", "９"])
def test_a_selection_that_is_none_is_refused(mine: Client, team: factories.Team, forged: str) -> None:
    factories.draft_brief(team)
    response = mine.post(LIST, {"action": "submit_briefs", "index": "0", "_selected_action": [forged]})
    assert response.status_code == 400


def test_a_row_that_is_not_there_is_left_out(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    ghost = Brief(pk=999_999, version=1)
    response = run(mine, "submit_briefs", ghost, brief)
    assert answers(response) == ({brief.pk}, {})
