"""The front page and the list of briefs in a real browser, while they are used: filtered, saved, submitted in bulk."""

from typing import Any

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.models import Presence, SavedFilter

from ..support import browser_tabs, factories
from ..support.browser_tabs import Tab, set_language

pytestmark = browser_tabs.pytestmark
LIST = "/admin/briefs/brief/"


@pytest.fixture
def team() -> factories.Team:
    """With something on every board."""
    team = factories.Team()
    draft = factories.draft_brief(team, factories.content(headline_en=""))
    factories.submitted_brief(team)
    urgent = factories.draft_brief(team)
    workflow.publish_urgently(urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war")
    factories.approve(factories.signed_brief(team), team.publisher, at=factories.tomorrow())
    workflow.claim(
        "https://example.org/a-long-address/of-an-article", by=team.writer, due_on=timezone.localdate()
    )
    Presence.objects.create(brief=draft, person=team.reviewer, seen_at=timezone.now())
    return team


SIZES = [(1280, "light", "en"), (1024, "dark", "zh-hant"), (390, "dark", "en"), (320, "light", "zh-hant")]


@pytest.mark.parametrize(("width", "scheme", "language"), SIZES)
def test_the_list_in_use_is_accessible_and_fits(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    size = {"width": width, "height": 900}
    person = set_language(team.writer, language)
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    page, found = tab.page, {}

    def look(what: str) -> None:
        page.wait_for_load_state("networkidle")
        found[what] = (tab.accessibility_faults(), max(0, tab.horizontal_overflow()))

    look("front page")
    assert page.locator(".board").count() == 8
    tab.open(LIST)
    look("list")
    if not page.locator("[name=state]").is_visible():
        page.locator(".list-search summary").click()
    page.select_option("[name=state]", "draft")
    page.locator("#list-filters button").click()
    look("filtered")
    page.locator(".saved-filters summary").click()
    look("naming a filter")
    page.locator(".saved-filters [name=name]").fill("Drafts")
    page.keyboard.press("Enter")
    page.locator(".saved-filters [aria-current]").wait_for()
    page.locator(".saved-filters summary").click()
    look("saved")
    page.locator(".action-select").first.check()
    page.select_option("[name=action]", "submit_briefs")
    page.locator("[name=index]").click()
    page.locator(".bulk").wait_for()
    look("answers")
    assert {what: how for what, how in found.items() if how != ([], 0)} == {}
    assert SavedFilter.objects.get().query == "state=draft"
    assert tab.console_messages == []
