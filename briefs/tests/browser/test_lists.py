"""Test the dashboard and the list of briefs in a browser: filters, saved filters and bulk submission."""

from typing import Any

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.models import Presence, SavedFilter
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, set_language

pytestmark = browser_tabs.pytestmark
LIST = "/admin/briefs/brief/"


@pytest.fixture
def team() -> factories.Team:
    """Return a team with a brief in every section of the dashboard."""
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
def test_dashboard_and_brief_list_in_use_are_accessible_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    size = {"width": width, "height": 900}
    person = set_language(team.writer, language)
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    page, results = tab.page, {}

    def check(label: str) -> None:
        page.wait_for_load_state("networkidle")
        results[label] = (tab.accessibility_violations(), max(0, tab.horizontal_overflow()))

    check("front page")
    assert page.locator(".waiting li").count() == 2
    assert page.locator(".week ul").count() == 2
    tab.open(LIST)
    check("list")
    if not page.locator("[name=state]").is_visible():
        page.locator(".list-search summary").click()
    page.select_option("[name=state]", "draft")
    page.locator("#list-filters button").click()
    check("filtered")
    page.locator(".saved-filters summary").click()
    check("naming a filter")
    page.locator(".saved-filters [name=name]").fill("Drafts")
    page.keyboard.press("Enter")
    page.locator(".saved-filters [aria-current]").wait_for()
    page.locator(".saved-filters summary").click()
    check("saved")
    page.locator(".action-select").first.check()
    page.select_option("[name=action]", "submit_briefs")
    page.locator("[name=index]").click()
    page.locator(".bulk").wait_for()
    check("answers")
    assert {label: result for label, result in results.items() if result != ([], 0)} == {}
    assert SavedFilter.objects.get().query == "state=draft"
    assert tab.console_messages == []
