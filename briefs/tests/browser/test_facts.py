"""Fill in the article of a brief: names that are chosen or created, a citation, a cover picture."""

from pathlib import Path

from briefs.content import Byline
from briefs.models import Author, Brief, Keyword, Source
from briefs.tests.bilingual.citations.test_citation_files import ZOTERO_RIS
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content
from briefs.tests.support.picture_samples import photo
from briefs.tests.workflow.test_cover import upload_picture, with_picture

from .editor_driver import DROP_FILES, Editor, OpenTab

pytestmark = browser_tabs.pytestmark
NEW_NAME = "**/names/?*new=1*"
OPTIONS = "[role=listbox]:visible [role=option]"


def type_name(tab: Editor, text: str) -> None:
    """Type a name and wait for the options of the whole text: the last one repeats it."""
    tab.page.keyboard.type(text)
    expect(tab.page.locator(f"{OPTIONS} > span").last).to_contain_text(text, ignore_case=True)


def expect_options(tab: Editor, *options: str) -> None:
    expect(tab.page.locator(f"{OPTIONS} > span")).to_have_text(list(options))


def test_writer_chooses_names_by_keyboard(open_tab: OpenTab, team: factories.Team) -> None:
    first = Author.make(name="Wei Wang", family="Wang", given="Wei")
    Author.make(name="Wei Wang", family="Wang", given="Wei", name_zh="王偉", name_zh_kind="own")
    similar = Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    defence = Keyword.make(label_zh="國防", label_en="Defense")
    earlier = Byline(first.pk, "國防院研究員", "Fellow, INDSR")
    factories.draft_brief(team, factories.content(facts=factories.facts(authors=(earlier,))))
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(source=None)))
    tab = open_tab(team.writer, brief)
    page = tab.page
    for _ in range(2):  # the first leads to the page for writing, the second is followed on it
        page.click(".main-act[data-next=fill]")
        tab.wait_until_ready()
        tab.expect_focus("#source-name")
        page.focus("[name=title]")
    # One of two authors of the same name, with the affiliation that was used before.
    page.focus("[name=name-w1]")
    type_name(tab, "wei wa")
    expect_options(tab, "Wei Wang", "Wei Wang 王偉", "Add “wei wa”…")
    expect(page.locator(OPTIONS).first).to_contain_text("Fellow, INDSR")
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
    # A keyword, put above the first.
    page.click("[value='add:keyword']")
    type_name(tab, "國防")
    tab.press("ArrowDown", "Enter")
    tab.save()
    facts = load_content(brief).facts
    assert [byline.author for byline in facts.authors] == [first.pk, similar.pk]
    assert (facts.authors[0], facts.keywords[1:]) == (earlier, (defence.pk,))
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
    expect(page.locator(f"{OPTIONS} > span").last).to_contain_text("Somebody")
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
    # Nothing is created before the check for similar names, and one that is similar only if it is confirmed.
    Source.make(name="War on the Rock")
    sources = Source.objects.filter(name="War on the Rocks")
    page.get_by_role("combobox", name="Source").fill("")
    type_name(tab, "War on the Rocks")
    with tab.hold(NEW_NAME):
        with page.expect_request(NEW_NAME):
            tab.press("ArrowUp", "Enter")
        panel.locator(".create").click()
        assert not sources.exists()
    tab.expect_focus(".naming-like button")
    assert not sources.exists()
    panel.locator(".create").click()
    expect(panel).to_have_count(0)
    tab.save()
    author, facts = Author.objects.get(), load_content(brief).facts
    assert (author.name, author.family, author.name_zh_kind) == ("Jane van Doe", "Van Doe-Smith", "own")
    assert [byline.author for byline in facts.authors] == [author.pk]
    assert facts.keywords[-1] == Keyword.objects.get(label_en="Quantum").pk
    assert facts.source == sources.get().pk
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


def test_writer_fills_in_cover_citation_and_names_on_a_phone(
    open_tab: OpenTab, team: factories.Team, tmp_path: Path
) -> None:
    Author.make(name="Vivek Chilukuri")
    file = tmp_path / "port.jpg"
    file.write_bytes(photo((900, 600)))
    tab = open_tab(
        team.writer,
        viewport={"width": 390, "height": 900},
        color_scheme="dark",
        language="zh-hant",
        has_touch=True,
        is_mobile=True,
    )
    page = tab.page
    tab.new_brief()
    tab.open_article()
    expect(page.locator("[data-send]")).to_be_hidden()
    page.set_input_files("#picture_file", str(file))  # creates the brief
    page.wait_for_url("**/change/")
    tab.wait_until_ready()
    image = page.locator("#picture .sight img")
    expect(image).to_have_js_property("naturalWidth", 640)
    box = image.bounding_box()
    image.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    page.fill("[name=picture_alt_zh]", "港口")
    page.fill("[name=picture_credit]", "AP")
    tab.save()
    brief = Brief.objects.get()
    content = load_content(brief)
    x, _, y = content.facts.picture.focus.partition(",")
    assert (abs(int(x) - 25) <= 1, abs(int(y) - 75) <= 1) == (True, True)
    assert (content.facts.picture.credit, content.picture_alt_zh) == ("AP", "港口")
    tab.expected_messages = ("status of 409",)
    page.set_input_files("#picture_file", {"name": "a.svg", "mimeType": "image/png", "buffer": b"<svg/>"})
    expect(page.locator("#picture .refused")).to_contain_text("JPEG")
    assert tab.faults(within="#picture") == []
    for picture in (None, content.facts.picture):  # removed, and back with its description and focus point
        with page.expect_response("**/autosave/"):
            page.click("[data-remove]")
        tab.expect_state("saved")
        assert load_content(brief).facts.picture == picture
        assert tab.faults(within="#picture") == []
    # Names are chosen by touch.
    page.locator("[name=name-w1]").tap()
    type_name(tab, "Vivek")
    option = page.locator(OPTIONS).first
    assert option.bounding_box()["height"] >= 44
    assert tab.faults() == []
    option.tap()
    expect(page.locator("[name=was-w1]")).to_have_value("Vivek Chilukuri")
    page.locator("[value='add:keyword']").tap()
    type_name(tab, "新詞")
    page.locator("[role=option].is-command:visible").tap()
    expect(page.locator(".naming [name=label_en]")).to_be_visible()
    assert tab.faults() == []
    tab.press("Escape")
    # A citation is dropped on the brief.
    page.evaluate(DROP_FILES, ["#citation", [["zotero.ris", ZOTERO_RIS]]])
    expect(page.locator("#citation")).to_have_value(ZOTERO_RIS)
    page.get_by_role("button", name="顯示差異").click()
    expect(page.get_by_role("heading", name="由引用資料帶入原文資訊")).to_be_visible()
    assert tab.faults() == []
    page.locator("[type=checkbox][value=title]").uncheck()
    page.get_by_role("button", name="採用勾選項目").click()
    page.wait_for_url("**/change/")
    facts = load_content(brief).facts
    assert (facts.title, facts.language) == ("", "en-US")


def test_cover_is_shown_uncropped_and_moves_no_text(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.live_brief(team, with_picture(upload_picture(team, size=(2000, 1000))))
    tab = open_tab(viewport={"width": 390, "height": 900})
    image = tab.page.locator(".cover img")
    with tab.hold("**/*.webp"):
        with tab.page.expect_request("**/*.webp"):
            tab.page.goto(f"{tab.site}/en/briefs/{brief.slug}/", wait_until="domcontentloaded")
        tab.expect_read(
            "() => [...document.querySelectorAll('[rel=stylesheet]')].every((link) => link.sheet)", True
        )
        tab.wait_for_layout()
        places = tab.page.evaluate(browser_tabs.PLACES_OF_TEXTS)
    expect(image).not_to_have_js_property("naturalWidth", 0)
    assert tab.page.evaluate(browser_tabs.PLACES_OF_TEXTS) == places
    shape, kind = image.evaluate("i => [i.clientWidth / i.clientHeight, i.currentSrc.slice(-5)]")
    assert (abs(shape - 2) < 0.02, kind) == (True, ".webp")
    assert tab.faults() == []
    tab.page.emulate_media(media="print")
    expect(image).to_be_hidden()
