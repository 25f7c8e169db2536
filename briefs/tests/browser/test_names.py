"""Name the authors, source and keywords of a brief: choose them as one types, or create them in the form."""

import pytest

from briefs.content import Byline
from briefs.models import Author, Brief, Keyword, Source
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content

from .editor_driver import Editor, OpenTab

pytestmark = browser_tabs.pytestmark
NEW_NAME = "**/names/?*new=1*"


def type_name(tab: Editor, text: str) -> None:
    """Type a name and wait for the options of the whole text: the last one repeats it."""
    tab.page.keyboard.type(text)
    option = tab.page.locator("[role=listbox]:visible [role=option] > span").last
    expect(option).to_contain_text(text, ignore_case=True)


def expect_options(tab: Editor, *options: str) -> None:
    expect(tab.page.locator("[role=listbox]:visible [role=option] > span")).to_have_text(list(options))


def test_writer_chooses_names_by_keyboard(open_tab: OpenTab, team: factories.Team) -> None:
    first = Author.make(name="Wei Wang", family="Wang", given="Wei")
    Author.make(name="Wei Wang", family="Wang", given="Wei", name_zh="王偉", name_zh_kind="own")
    similar = Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    lawfare, defence = Source.make(name="Lawfare"), Keyword.make(label_zh="國防", label_en="Defense")
    earlier = Byline(first.pk, "國防院研究員", "Fellow, INDSR")
    factories.draft_brief(team, factories.content(facts=factories.facts(authors=(earlier,))))
    brief = factories.draft_brief(team)
    tab = open_tab(team.writer, brief)
    tab.open_article()
    page = tab.page
    # One of two authors of the same name, with the affiliation that was used before.
    page.focus("[name=name-w1]")
    type_name(tab, "wei wa")
    expect_options(tab, "Wei Wang", "Wei Wang 王偉", "Add “wei wa”…")
    expect(page.locator("[role=option]:visible").first).to_contain_text("Fellow, INDSR")
    assert tab.faults() == []
    tab.press("ArrowDown", "ArrowDown")
    active = page.locator("[role=option][aria-selected=true]")
    expect(active).to_contain_text("王偉")
    expect(page.locator("[name=name-w1]")).to_have_attribute(
        "aria-activedescendant", str(active.get_attribute("id"))
    )
    tab.press("ArrowUp", "Enter")
    expect(page.locator("[name=id-w1]")).to_have_value(str(first.pk))
    page.locator(".used-before button").press("Enter")
    expect(page.locator("[name=affiliation_en-w1]")).to_have_value("Fellow, INDSR")
    # A similar name is offered before another is created.
    page.click("[value='add:author']")
    type_name(tab, "V. Chilukuri")
    expect_options(tab, "Vivek Chilukuri", "Add “V. Chilukuri”…")
    tab.press("ArrowUp", "Enter")
    tab.expect_focus(".naming-like button")
    assert tab.faults() == []
    tab.press("Enter")
    expect(page.locator(".naming")).to_have_count(0)
    # A source: what is left as typed stays, an exact name needs no choice.
    source = page.get_by_role("combobox", name="Source")
    expect(source).to_have_value("Foreign Policy 外交政策")
    expect(page.locator("[name=source]")).to_be_hidden()
    source.fill("")
    type_name(tab, "lawf")
    tab.press("Enter")  # the first match
    expect(page.locator("[name=source]")).to_have_value(str(lawfare.pk))
    # Keywords, in another order.
    page.click("[value='add:keyword']")
    type_name(tab, "國防")
    tab.press("ArrowDown", "Enter")
    tab.save()
    facts = load_content(brief).facts
    assert [byline.author for byline in facts.authors] == [first.pk, similar.pk]
    assert facts.authors[0] == earlier
    assert facts.source == lawfare.pk
    assert facts.keywords[1:] == (defence.pk,)
    assert Author.objects.count() == 3
    for _ in range(2):  # above the empty row of the page, then above the first
        page.click("[value='up:x2']")
    tab.save()
    assert load_content(brief).facts.keywords == (defence.pk, facts.keywords[0])


def test_writer_creates_names_in_the_form(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = open_tab(team.writer, brief)
    tab.expected_messages = ("status of 409",)
    tab.open_article()
    page = tab.page
    panel = page.locator(".naming")
    # Half a name is nobody. Escape closes the list, then the panel, and keeps the text.
    page.focus("[name=name-w1]")
    with page.expect_response("**/autosave/"):
        type_name(tab, "Somebody")
    assert not Author.objects.exists()
    tab.press("Escape")
    expect(page.locator("[name=name-w1]")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("[name=name-w1]")).to_have_value("Somebody")
    tab.press("ArrowDown")
    expect(page.locator("[role=listbox]:visible [role=option] > span").last).to_contain_text("Somebody")
    tab.press("ArrowUp", "Enter")
    expect(panel.locator("[name=name]")).to_be_visible()
    tab.press("Escape")
    expect(panel).to_have_count(0)
    tab.expect_focus("[name=name-w1]")
    # An author: what is missing is asked for, and what is typed before the answer comes is kept.
    page.fill("[name=name-w1]", "")
    page.focus("[name=name-w1]")
    type_name(tab, "Jane van Doe")
    with tab.hold(NEW_NAME):
        with page.expect_request(NEW_NAME):
            tab.press("ArrowUp", "Enter")
        panel.locator("[name=family]").fill("Van Doe-Smith")
    expect(panel.locator("[name=given]")).to_have_value("Jane")
    expect(panel.locator("[name=family]")).to_have_value("Van Doe-Smith")
    tab.expect_focus("[name=family]")
    assert tab.faults() == []
    panel.locator("[name=name_zh]").fill("杜珍")
    tab.press("Enter")
    expect(panel.locator(".naming-reasons li")).to_have_count(1)  # the kind of the Chinese name
    tab.expect_focus("[name=name_zh_kind]")
    tab.press("Space", "Enter")
    expect(panel).to_have_count(0)
    tab.expect_focus("[name=name-w1]")
    # A keyword needs both labels.
    page.focus("[name=name-x1]")
    type_name(tab, "Quantum")
    tab.press("ArrowUp", "Enter")
    tab.expect_focus(".naming [name=label_zh]")
    page.keyboard.type("量子")
    tab.press("Enter")
    expect(panel).to_have_count(0)
    expect(page.locator("[name=name-x1]")).to_have_value("量子 · Quantum")
    tab.save()
    author, facts = Author.objects.get(), load_content(brief).facts
    assert (author.name, author.family, author.name_zh_kind) == ("Jane van Doe", "Van Doe-Smith", "own")
    assert [byline.author for byline in facts.authors] == [author.pk]
    assert facts.keywords[-1] == Keyword.objects.get(label_en="Quantum").pk
    # Left as typed, a name is created by Save, not by the autosave.
    page.click("[value='add:keyword']")
    type_name(tab, "太空 · Space")
    tab.press("Escape")
    page.focus("[name=title]")
    tab.type("A title")
    tab.expect_state("untaken")
    assert Brief.objects.get(pk=brief.pk).article_title == "A title"
    assert not Keyword.objects.filter(label_zh="太空").exists()
    tab.press("Control+s")
    tab.expect_done()
    assert Keyword.objects.filter(label_zh="太空", label_en="Space").exists()


def test_writer_fills_a_source_that_is_not_known(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(source=None)))
    tab = open_tab(team.writer, brief)
    for _ in range(2):  # the first leads to the page for writing, the second is followed on it
        tab.page.click(".main-act[data-next=fill]")
        tab.wait_until_ready()
        tab.expect_focus("#source-name")
        tab.page.focus("[name=title]")
    tab.page.focus("#source-name")
    type_name(tab, "War on the Rocks")
    expect_options(tab, "Add “War on the Rocks”…")
    tab.press("Control+s")
    tab.expect_done()
    assert load_content(brief).facts.source == Source.objects.get(name="War on the Rocks").pk


@pytest.mark.parametrize("existing", ["Lawfare", "War on the Rock"])
def test_create_waits_for_the_check_for_similar_names(
    open_tab: OpenTab, team: factories.Team, existing: str
) -> None:
    Source.make(name=existing)
    brief = factories.draft_brief(team)
    tab = open_tab(team.writer, brief)
    tab.open_article()
    page = tab.page
    sources = Source.objects.filter(name="War on the Rocks")
    page.get_by_role("combobox", name="Source").fill("")
    type_name(tab, "War on the Rocks")
    with tab.hold(NEW_NAME):
        with page.expect_request(NEW_NAME):
            tab.press("ArrowUp", "Enter")
        page.locator(".naming .create").click()
        assert not sources.exists()
    if existing == "War on the Rock":  # similar: must be confirmed first
        tab.expect_focus(".naming-like button")
        assert not sources.exists()
        page.locator(".naming .create").click()
    expect(page.locator(".naming")).to_have_count(0)
    tab.save()
    assert load_content(brief).facts.source == sources.get().pk


def test_names_are_chosen_by_touch_on_a_phone(open_tab: OpenTab, team: factories.Team) -> None:
    Author.make(name="Vivek Chilukuri")
    size = {"width": 390, "height": 800}
    brief = factories.draft_brief(team)
    tab = open_tab(team.writer, brief, language="zh-hant", viewport=size, has_touch=True, is_mobile=True)
    tab.open_article()
    page = tab.page
    page.locator("[name=name-w1]").tap()
    type_name(tab, "Vivek")
    option = page.locator("[role=option]:visible").first
    assert option.bounding_box()["height"] >= 44
    assert tab.faults() == []
    option.tap()
    expect(page.locator("[name=was-w1]")).to_have_value("Vivek Chilukuri")
    page.locator("[value='add:keyword']").tap()
    type_name(tab, "新詞")
    page.locator("[role=option].is-command:visible").tap()
    expect(page.locator(".naming [name=label_en]")).to_be_visible()
    assert tab.faults() == []
