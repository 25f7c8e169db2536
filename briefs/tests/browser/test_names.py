"""Names in the brief's form in a real browser: by keyboard and touch, made, told apart, kept by the autosave."""

from typing import Any

import pytest

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Brief, Keyword, Source

from ..support import browser_tabs, factories
from ..support.browser_tabs import Tab, load_content, set_language

expect = browser_tabs.sync_api.expect
pytestmark = browser_tabs.pytestmark


@pytest.fixture
def desk(chromium: Any, live_server: Any, team: factories.Team) -> Any:
    def opened(brief: Brief, language: str = "en", **options: Any) -> Tab:
        tab = Tab(chromium, live_server.url, set_language(team.writer, language), **options)
        tab.brief(brief)
        return tab

    return opened


def options(tab: Tab) -> list[str]:
    """What is offered for all that was typed: the last row names it, and earlier answers had less of it."""
    typed = tab.page.evaluate("document.activeElement.value")
    rows = tab.page.locator("[role=listbox]:visible [role=option] > span")
    expect(rows.last).to_contain_text(typed, ignore_case=True)
    return list(rows.all_inner_texts())


def test_an_author_is_picked_by_keyboard_and_told_apart(desk: Any, team: factories.Team) -> None:
    first = Author.make(name="Wei Wang", family="Wang", given="Wei")
    second = Author.make(name="Wei Wang", family="Wang", given="Wei", name_zh="王偉", name_zh_kind="own")
    earlier = Byline(first.pk, "國防院研究員", "Fellow, INDSR")
    factories.draft_brief(team, factories.content(facts=factories.facts(authors=(earlier,))))
    brief = factories.draft_brief(team)
    tab = desk(brief)
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("wei wa")
    assert options(tab)[:2] == ["Wei Wang", "Wei Wang 王偉"]
    assert "Fellow, INDSR" in page.locator("[role=option]:visible").first.inner_text()
    assert tab.accessibility_faults() == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = page.locator("[name=name-w1]").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.locator("[name=id-w1]").input_value() == str(first.pk)
    page.locator(".used-before button").press("Enter")
    assert page.locator("[name=affiliation_en-w1]").input_value() == "Fellow, INDSR"
    tab.save()
    assert load_content(brief).facts.authors == (earlier,)
    assert second.pk != first.pk
    assert tab.console_messages == []


def test_a_new_author_is_made_without_leaving_the_page(desk: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = desk(brief, "zh-hant")
    page = tab.page
    page.fill("[name=summary_en]", "Typed before, and not lost.")
    page.focus("[name=name-w1]")
    page.keyboard.type("Jane van Doe")
    options(tab)
    page.keyboard.press("ArrowUp")  # the last: make a new one, whatever of the name is asked for by now
    page.locator("[role=option][aria-selected=true]", has_text="Jane van Doe").wait_for()
    page.keyboard.press("Enter")
    panel = page.locator(".naming")
    panel.wait_for()
    expect(panel.locator("[name=family]")).to_have_value("van Doe")
    assert tab.accessibility_faults() == []
    panel.locator("[name=name_zh]").fill("杜珍")
    page.keyboard.press("Enter")
    panel.locator(".naming-reasons li").wait_for()  # own, or a transliteration?
    assert page.evaluate("document.activeElement.name") == "name_zh_kind"
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    panel.wait_for(state="detached")
    assert page.evaluate("document.activeElement.name") == "name-w1"
    author = Author.objects.get()
    assert (author.name, author.family, author.name_zh_kind) == ("Jane van Doe", "van Doe", "own")
    tab.save()
    content = load_content(brief)
    assert [byline.author for byline in content.facts.authors] == [author.pk]
    assert content.summary_en == "Typed before, and not lost."
    assert [said for said in tab.console_messages if "409" not in said] == []


def test_what_is_typed_before_the_answer_comes_stays(desk: Any, team: factories.Team) -> None:
    tab = desk(factories.draft_brief(team))
    page = tab.page
    held: list[Any] = []
    page.route("**/names/?*new=1*", lambda route: held.append(route))
    page.focus("[name=name-w1]")
    page.keyboard.type("Jane van Doe")
    options(tab)
    page.keyboard.press("ArrowDown")
    with page.expect_request("**/names/?*new=1*"):
        page.keyboard.press("Enter")
    family = page.locator(".naming [name=family]")
    family.fill("Van Doe-Smith")
    with page.expect_response("**/names/?*new=1*"):
        held.pop().continue_()
    expect(page.locator(".naming [name=given]")).to_have_value("Jane")
    assert family.input_value() == "Van Doe-Smith"
    expect(family).to_be_focused()
    assert tab.console_messages == []


@pytest.mark.parametrize("there", ["Lawfare", "War on the Rock"])
def test_create_pressed_before_the_answer_comes_waits_for_it(
    desk: Any, team: factories.Team, there: str
) -> None:
    Source.make(name=there)
    brief = factories.draft_brief(team)
    tab = desk(brief)
    page = tab.page
    held: list[Any] = []
    page.route("**/names/?*new=1*", lambda route: held.append(route))
    page.get_by_role("combobox", name="Source").fill("War on the Rocks")
    options(tab)
    page.keyboard.press("ArrowUp")
    with page.expect_request("**/names/?*new=1*"):
        page.keyboard.press("Enter")
    page.locator(".naming .create").click()
    assert not Source.objects.filter(name="War on the Rocks").exists()
    held.pop().continue_()
    if there == "War on the Rock":  # nobody has seen yet that it may be the same one
        expect(page.locator(".naming-like button")).to_be_focused()
        assert not Source.objects.filter(name="War on the Rocks").exists()
        page.locator(".naming .create").click()
    page.locator(".naming").wait_for(state="detached")
    tab.save()
    assert load_content(brief).facts.source == Source.objects.get(name="War on the Rocks").pk
    assert tab.console_messages == []


def test_a_duplicate_is_offered_and_taken_instead(desk: Any, team: factories.Team) -> None:
    there = Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    brief = factories.draft_brief(team)
    tab = desk(brief)
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("V. Chilukuri")
    assert options(tab) == ["Vivek Chilukuri", "Create “V. Chilukuri”…"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".naming-like button").wait_for()
    assert tab.accessibility_faults() == []
    assert page.evaluate("document.activeElement.closest('.naming-like') !== null")
    page.keyboard.press("Enter")
    assert page.locator("[name=id-w1]").input_value() == str(there.pk)
    tab.save()
    assert Author.objects.count() == 1
    assert [byline.author for byline in load_content(brief).facts.authors] == [there.pk]
    assert tab.console_messages == []


def test_a_keyword_asks_for_both_labels(desk: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = desk(brief)
    page = tab.page
    page.focus("[name=name-x1]")
    page.keyboard.type("Quantum")
    options(tab)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".naming [name=label_zh]").wait_for()
    expect(page.locator(".naming [name=label_zh]")).to_be_focused()  # the one that is missing
    page.keyboard.type("量子")
    page.keyboard.press("Enter")
    page.locator(".naming").wait_for(state="detached")
    assert page.locator("[name=name-x1]").input_value() == "量子 · Quantum"
    tab.save()
    keyword = Keyword.objects.get(label_en="Quantum")
    assert load_content(brief).facts.keywords[-1] == keyword.pk
    assert tab.console_messages == []


def test_the_source_is_typed_and_made_too(desk: Any, team: factories.Team) -> None:
    lawfare = Source.make(name="Lawfare")
    brief = factories.draft_brief(team)
    tab = desk(brief)
    page = tab.page
    field = page.get_by_role("combobox", name="Source")
    assert field.input_value() == "Foreign Policy 外交政策"
    assert not page.locator("[name=source]").is_visible()
    field.fill("lawf")
    options(tab)
    page.keyboard.press("Tab")  # nothing chosen: as typed, and Save would make it
    field.fill("Lawfare")
    options(tab)
    page.keyboard.press("Enter")
    assert page.locator("[name=source]").input_value() == str(lawfare.pk)
    tab.save()
    assert load_content(brief).facts.source == lawfare.pk
    field.fill("War on the Rocks")
    options(tab)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".naming .create").click()
    page.locator(".naming").wait_for(state="detached")
    tab.save()
    assert load_content(brief).facts.source == Source.objects.get(name="War on the Rocks").pk
    assert tab.console_messages == []


def test_escape_shuts_the_list_then_the_panel_and_keeps_what_was_typed(
    desk: Any, team: factories.Team
) -> None:
    tab = desk(factories.draft_brief(team))
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("Somebody")
    options(tab)
    page.keyboard.press("Escape")
    assert page.locator("[name=name-w1]").get_attribute("aria-expanded") == "false"
    assert page.locator("[name=name-w1]").input_value() == "Somebody"
    page.keyboard.press("ArrowDown")
    options(tab)
    page.keyboard.press("Enter")
    page.locator(".naming [name=name]").wait_for()
    page.keyboard.press("Escape")
    page.locator(".naming").wait_for(state="detached")
    assert page.evaluate("document.activeElement.name") == "name-w1"
    assert not Author.objects.exists()
    assert tab.console_messages == []


def test_it_is_done_by_touch_on_a_phone(desk: Any, team: factories.Team) -> None:
    Author.make(name="Vivek Chilukuri")
    brief = factories.draft_brief(team)
    tab = desk(brief, "zh-hant", viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = tab.page
    page.locator("[name=name-w1]").tap()
    page.keyboard.type("Vivek")
    options(tab)
    assert tab.horizontal_overflow() <= 0
    assert page.locator("[role=option]:visible").first.bounding_box()["height"] >= 44
    assert tab.accessibility_faults() == []
    page.locator("[role=option]:visible").first.tap()
    assert page.locator("[name=was-w1]").input_value() == "Vivek Chilukuri"
    page.locator("[value='add:keyword']").tap()
    page.keyboard.type("新詞")
    options(tab)
    page.locator("[role=option].is-command:visible").tap()
    page.locator(".naming [name=label_en]").wait_for()
    assert tab.accessibility_faults() == []
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []


def test_a_half_typed_name_makes_no_author(desk: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = desk(brief)
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("Some")
    page.wait_for_timeout(2500)  # longer than the autosave's pause
    page.keyboard.type("body")
    page.wait_for_timeout(2500)
    assert not Author.objects.exists()
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts.authors == ()
