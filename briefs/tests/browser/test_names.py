"""Test name fields of the brief form in a browser: autocomplete and inline creation by keyboard and touch."""

from typing import Any

import pytest

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Brief, Keyword, Source
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language
from briefs.tests.support.factories import load_content

pytestmark = browser_tabs.pytestmark


@pytest.fixture
def open_brief(chromium: Any, live_server: Any, team: factories.Team) -> Any:
    def open_tab(brief: Brief, language: str = "en", **options: Any) -> Tab:
        tab = Tab(chromium, live_server.url, set_language(team.writer, language), **options)
        tab.brief(brief)
        tab.open_article()
        return tab

    return open_tab


def offered_options(tab: Tab) -> list[str]:
    """Return the options for the whole typed text.

    The last option repeats that text. Wait for it, because earlier responses are for shorter text.
    """
    typed = tab.page.evaluate("document.activeElement.value")
    rows = tab.page.locator("[role=listbox]:visible [role=option] > span")
    expect(rows.last).to_contain_text(typed, ignore_case=True)
    return list(rows.all_inner_texts())


def test_writer_picks_one_of_two_authors_of_same_name_by_keyboard(
    open_brief: Any, team: factories.Team
) -> None:
    first = Author.make(name="Wei Wang", family="Wang", given="Wei")
    second = Author.make(name="Wei Wang", family="Wang", given="Wei", name_zh="王偉", name_zh_kind="own")
    earlier = Byline(first.pk, "國防院研究員", "Fellow, INDSR")
    factories.draft_brief(team, factories.content(facts=factories.facts(authors=(earlier,))))
    brief = factories.draft_brief(team)
    tab = open_brief(brief)
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("wei wa")
    assert offered_options(tab)[:2] == ["Wei Wang", "Wei Wang 王偉"]
    assert "Fellow, INDSR" in page.locator("[role=option]:visible").first.inner_text()
    assert tab.accessibility_violations() == []
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


def test_writer_creates_author_in_the_form(open_brief: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = open_brief(brief, "zh-hant")
    page = tab.page
    page.fill("[name=summary_en]", "Typed before, and not lost.")
    page.focus("[name=name-w1]")
    page.keyboard.type("Jane van Doe")
    offered_options(tab)
    page.keyboard.press("ArrowUp")  # the last option creates the name, whichever response is shown
    page.locator("[role=option][aria-selected=true]", has_text="Jane van Doe").wait_for()
    page.keyboard.press("Enter")
    panel = page.locator(".naming")
    panel.wait_for()
    expect(panel.locator("[name=family]")).to_have_value("van Doe")
    assert tab.accessibility_violations() == []
    panel.locator("[name=name_zh]").fill("杜珍")
    page.keyboard.press("Enter")
    panel.locator(".naming-reasons li").wait_for()  # the kind of the Chinese name is missing
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
    assert [line for line in tab.console_messages if "409" not in line] == []


def test_text_typed_before_prefill_response_is_kept(open_brief: Any, team: factories.Team) -> None:
    tab = open_brief(factories.draft_brief(team))
    page = tab.page
    held_requests: list[Any] = []
    page.route("**/names/?*new=1*", lambda route: held_requests.append(route))
    page.focus("[name=name-w1]")
    page.keyboard.type("Jane van Doe")
    offered_options(tab)
    page.keyboard.press("ArrowDown")
    with page.expect_request("**/names/?*new=1*"):
        page.keyboard.press("Enter")
    family = page.locator(".naming [name=family]")
    family.fill("Van Doe-Smith")
    with page.expect_response("**/names/?*new=1*"):
        held_requests.pop().continue_()
    expect(page.locator(".naming [name=given]")).to_have_value("Jane")
    assert family.input_value() == "Van Doe-Smith"
    expect(family).to_be_focused()
    assert tab.console_messages == []


@pytest.mark.parametrize("existing", ["Lawfare", "War on the Rock"])
def test_create_waits_for_the_check_for_similar_names(
    open_brief: Any, team: factories.Team, existing: str
) -> None:
    Source.make(name=existing)
    brief = factories.draft_brief(team)
    tab = open_brief(brief)
    page = tab.page
    held_requests: list[Any] = []
    page.route("**/names/?*new=1*", lambda route: held_requests.append(route))
    page.get_by_role("combobox", name="Source").fill("War on the Rocks")
    offered_options(tab)
    page.keyboard.press("ArrowUp")
    with page.expect_request("**/names/?*new=1*"):
        page.keyboard.press("Enter")
    page.locator(".naming .create").click()
    assert not Source.objects.filter(name="War on the Rocks").exists()
    held_requests.pop().continue_()
    if existing == "War on the Rock":  # similar: must be confirmed first
        expect(page.locator(".naming-like button")).to_be_focused()
        assert not Source.objects.filter(name="War on the Rocks").exists()
        page.locator(".naming .create").click()
    page.locator(".naming").wait_for(state="detached")
    tab.save()
    assert load_content(brief).facts.source == Source.objects.get(name="War on the Rocks").pk
    assert tab.console_messages == []


def test_writer_takes_similar_author_instead_of_creating_one(open_brief: Any, team: factories.Team) -> None:
    existing = Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    brief = factories.draft_brief(team)
    tab = open_brief(brief)
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("V. Chilukuri")
    assert offered_options(tab) == ["Vivek Chilukuri", "Create “V. Chilukuri”…"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".naming-like button").wait_for()
    assert tab.accessibility_violations() == []
    assert page.evaluate("document.activeElement.closest('.naming-like') !== null")
    page.keyboard.press("Enter")
    assert page.locator("[name=id-w1]").input_value() == str(existing.pk)
    tab.save()
    assert Author.objects.count() == 1
    assert [byline.author for byline in load_content(brief).facts.authors] == [existing.pk]
    assert tab.console_messages == []


def test_new_keyword_asks_for_both_labels(open_brief: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = open_brief(brief)
    page = tab.page
    page.focus("[name=name-x1]")
    page.keyboard.type("Quantum")
    offered_options(tab)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".naming [name=label_zh]").wait_for()
    expect(page.locator(".naming [name=label_zh]")).to_be_focused()  # the missing label
    page.keyboard.type("量子")
    page.keyboard.press("Enter")
    page.locator(".naming").wait_for(state="detached")
    assert page.locator("[name=name-x1]").input_value() == "量子 · Quantum"
    tab.save()
    keyword = Keyword.objects.get(label_en="Quantum")
    assert load_content(brief).facts.keywords[-1] == keyword.pk
    assert tab.console_messages == []


def test_writer_picks_and_creates_source(open_brief: Any, team: factories.Team) -> None:
    lawfare = Source.make(name="Lawfare")
    brief = factories.draft_brief(team)
    tab = open_brief(brief)
    page = tab.page
    field = page.get_by_role("combobox", name="Source")
    assert field.input_value() == "Foreign Policy 外交政策"
    expect(page.locator("[name=source]")).to_be_hidden()
    field.fill("lawf")
    offered_options(tab)
    page.keyboard.press("Tab")  # nothing chosen: the text stays, and Save would create it
    field.fill("Lawfare")
    offered_options(tab)
    page.keyboard.press("Enter")
    assert page.locator("[name=source]").input_value() == str(lawfare.pk)
    tab.save()
    assert load_content(brief).facts.source == lawfare.pk
    field.fill("War on the Rocks")
    offered_options(tab)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".naming .create").click()
    page.locator(".naming").wait_for(state="detached")
    tab.save()
    assert load_content(brief).facts.source == Source.objects.get(name="War on the Rocks").pk
    assert tab.console_messages == []


def test_escape_closes_list_then_panel_and_keeps_typed_text(open_brief: Any, team: factories.Team) -> None:
    tab = open_brief(factories.draft_brief(team))
    page = tab.page
    page.focus("[name=name-w1]")
    page.keyboard.type("Somebody")
    offered_options(tab)
    page.keyboard.press("Escape")
    assert page.locator("[name=name-w1]").get_attribute("aria-expanded") == "false"
    assert page.locator("[name=name-w1]").input_value() == "Somebody"
    page.keyboard.press("ArrowDown")
    offered_options(tab)
    page.keyboard.press("Enter")
    page.locator(".naming [name=name]").wait_for()
    page.keyboard.press("Escape")
    page.locator(".naming").wait_for(state="detached")
    assert page.evaluate("document.activeElement.name") == "name-w1"
    assert not Author.objects.exists()
    assert tab.console_messages == []


def test_names_are_picked_by_touch_on_a_phone(open_brief: Any, team: factories.Team) -> None:
    Author.make(name="Vivek Chilukuri")
    brief = factories.draft_brief(team)
    tab = open_brief(brief, "zh-hant", viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = tab.page
    page.locator("[name=name-w1]").tap()
    page.keyboard.type("Vivek")
    offered_options(tab)
    assert tab.horizontal_overflow() <= 0
    assert page.locator("[role=option]:visible").first.bounding_box()["height"] >= 44
    assert tab.accessibility_violations() == []
    page.locator("[role=option]:visible").first.tap()
    assert page.locator("[name=was-w1]").input_value() == "Vivek Chilukuri"
    page.locator("[value='add:keyword']").tap()
    page.keyboard.type("新詞")
    offered_options(tab)
    page.locator("[role=option].is-command:visible").tap()
    page.locator(".naming [name=label_en]").wait_for()
    assert tab.accessibility_violations() == []
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []


def test_autosave_of_half_typed_name_creates_no_author(open_brief: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = open_brief(brief)
    page = tab.page
    page.focus("[name=name-w1]")
    for part in ("Some", "body"):
        with page.expect_response("**/autosave/"):
            page.keyboard.type(part)
    assert not Author.objects.exists()
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts.authors == ()
