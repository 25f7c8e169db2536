"""Test *Search or go to* (Ctrl+K) in a browser: by keyboard, from the editor, and without JavaScript."""

from typing import Any

import pytest

from briefs.models import Brief, State
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language

from .editor_driver import Editor

pytestmark = browser_tabs.pytestmark
FIELD = "#palette input"
SIZES = [(1280, "light", "en"), (390, "dark", "zh-hant"), (320, "light", "en")]


@pytest.mark.parametrize(("width", "scheme", "language"), SIZES)
def test_palette_in_use_is_accessible_and_fits(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    factories.submitted_brief(team, factories.content(headline_en="The Drone Wall"))
    size = {"width": width, "height": 900}
    person = set_language(team.writer, language)
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    page = tab.page
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    assert (tab.accessibility_violations(), max(0, tab.horizontal_overflow())) == ([], 0)
    page.keyboard.type("drone")
    page.locator("#palette [role=option]:has-text('The Drone Wall')").first.wait_for()
    assert (tab.accessibility_violations(), max(0, tab.horizontal_overflow())) == ([], 0)
    selected = page.locator("#palette [aria-selected=true]")
    assert selected.get_attribute("id") == page.locator(FIELD).get_attribute("aria-activedescendant")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    tab.open("/admin/find/?q=drone")
    assert (tab.accessibility_violations(), max(0, tab.horizontal_overflow())) == ([], 0)
    assert tab.console_messages == []


def test_person_goes_to_brief_and_screen_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team, factories.content(headline_en="The Drone Wall"))
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    page = tab.page
    page.keyboard.press("Control+k")
    page.keyboard.type("drone")
    page.locator("#palette [role=option]:has-text('Search the text')").wait_for()
    page.keyboard.press("ArrowDown")
    page.locator("#palette [aria-selected=true]:has-text('Search the text')").wait_for()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/brief/{brief.pk}/change/")
    page.click(".more-verbs")
    page.click("#find-link")
    page.locator(f"{FIELD}:focus").wait_for()
    page.keyboard.type("讀者來函")
    page.keyboard.press("Enter")  # before the results are there
    page.wait_for_url("**/briefs/letter/")
    assert tab.console_messages == []


def test_act_of_open_brief_saves_typed_text_first(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    page = tab.page
    tab.open(f"/admin/briefs/brief/{brief.pk}/change/")
    page.locator("[name=headline_en]").fill("Typed just now")
    page.keyboard.press("Control+k")
    page.keyboard.type("送審")
    page.locator("#palette [aria-selected=true]:has-text('Submit for review')").wait_for()
    page.keyboard.press("Enter")
    page.locator(".messagelist >> text=Submitted for review.").wait_for()
    saved = Brief.objects.get(pk=brief.pk)
    assert (saved.state, saved.headline_en) == (State.IN_REVIEW, "Typed just now")
    assert tab.console_messages == []


def test_palette_knows_a_brief_begun_on_the_open_page(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    tab = Editor(chromium, live_server.url, team.writer)
    tab.open("/admin/briefs/brief/add/")
    tab.wait_until_ready()
    tab.page.fill("[name=headline_en]", "Begun just now")
    tab.save()
    tab.press("Control+k")
    tab.page.locator("#palette [role=option]:has-text('Begun just now')").first.wait_for()
    tab.page.locator("#palette [role=option]:has-text('Discard')").first.wait_for()
    assert tab.unexpected_messages() == []


def test_palette_returns_the_focus_and_leaves_shortcuts_of_page_alone(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, "en"))
    page = tab.page
    tab.open(f"/admin/briefs/brief/{brief.pk}/review/")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    page.keyboard.type("fns?")
    assert page.locator(FIELD).input_value() == "fns?"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('#palette')") is None
    assert tab.console_messages == []
