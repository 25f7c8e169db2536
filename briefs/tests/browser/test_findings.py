"""Test findings and row suggestions in a browser: repairs, dismissals, inserted terms and translations, notes."""

from typing import Any

import pytest

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Dismissal, Note, Revision, Term
from briefs.tests.derived.test_translation_memory import EN, ZH
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language

pytestmark = browser_tabs.pytestmark


BULLETS = (
    Bullet(0, "限制,以芯片。", "A limit on chips.", level_zh=1),
    Bullet(0, "芯片,也。", "Chips, too."),
    Bullet(0, "第三點。", "The third point."),
)


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    return factories.draft_brief(team, factories.content(bullets=BULLETS))


def open_brief(chromium: Any, site: str, team: factories.Team, brief: Brief, **options: Any) -> Tab:
    tab = Tab(chromium, site, team.writer, **{"viewport": {"width": 1440, "height": 900}, **options})
    tab.brief(brief)
    tab.page.wait_for_selector(".finding")
    return tab


def finding_codes(tab: Tab) -> list[str]:
    return list(tab.page.eval_on_selector_all(".finding[data-id]", "cards => cards.map(c => c.dataset.code)"))


def test_repairs_apply_to_one_or_all_and_are_undone_in_one_step(chromium, live_server, team, brief) -> None:
    tab = open_brief(chromium, live_server.url, team, brief)
    page = tab.page
    assert finding_codes(tab) == ["structure", "mainland", "punctuation", "mainland"]
    expect(page.locator("#b1 mark")).to_have_count(2)
    assert tab.accessibility_violations() == []
    page.focus("[name=text_zh-b1]")  # at rest, the margin shows what fits beside the row
    page.locator("#b1 .finding[data-code=punctuation] button", has_text="2").click()
    page.wait_for_selector(".finding[data-code=punctuation]", state="detached")
    tab.wait_until_saved()
    newest = Revision.objects.filter(brief=brief).first()
    assert newest.kind == Revision.Kind.REPAIR
    page.locator("#b1 .finding[data-code=mainland] button").nth(1).click()
    page.wait_for_selector(".finding[data-code=mainland]", state="detached")
    tab.wait_until_saved()
    texts = [b.text_zh for b in workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).bullets]
    assert texts == ["限制，以晶片。", "晶片，也。", "第三點。"]
    assert Revision.objects.filter(brief=brief).first().kind == Revision.Kind.SAVE
    page.focus("#b1 [name=text_zh-b1]")
    page.keyboard.press("Control+z")
    page.wait_for_selector("#b2 .finding[data-code=mainland]")
    page.locator("#b1 .finding[data-code=structure] button").first.click()
    page.wait_for_selector(".finding[data-code=structure]", state="detached")
    tab.wait_until_saved()
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).bullets[0].level_en == 1
    assert tab.console_messages == []


def test_writer_dismisses_finding_by_keyboard(chromium, live_server, team, brief) -> None:
    tab = open_brief(chromium, live_server.url, team, brief)
    page = tab.page
    page.focus("[name=text_zh-b2]")
    page.keyboard.press("F8")
    focused_finding = "document.activeElement.closest('.finding')?.dataset.code + ' ' + document.activeElement.closest('.pair')?.id"
    assert page.evaluate(focused_finding) == "mainland b2"
    page.keyboard.press("F8")
    assert page.evaluate(focused_finding) == "structure b1"
    page.keyboard.press("Shift+F8")
    assert page.evaluate(focused_finding) == "mainland b2"
    page.locator("#b2 .finding .dismiss").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.reason input')")
    page.keyboard.type("A brand")
    assert tab.accessibility_violations() == []
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('#b2 .finding .dismiss')")
    page.keyboard.press("Enter")
    page.keyboard.type("A brand")
    page.keyboard.press("Enter")
    page.wait_for_selector("#b2 .findings-past", state="attached")
    assert Dismissal.objects.get().reason == "A brand"
    page.focus("[name=text_zh-b2]")  # what is settled is folded in the row's margin
    expect(
        page.locator("#b2 mark"), "the comma is still marked: it belongs to the repair at b1"
    ).to_have_count(1)
    page.locator("#b2 .findings-past summary").click()
    assert "A brand" in page.locator("#b2 .findings-past .why").inner_text()
    assert tab.accessibility_violations() == []
    page.locator("#b2 .findings-past button").click()
    page.wait_for_selector("#b2 .finding[data-code=mainland]")
    assert not Dismissal.objects.filter(undone_at=None).exists()
    assert tab.console_messages == []


def test_autosave_keeps_a_half_written_dismissal_reason(chromium, live_server, team, brief) -> None:
    tab = open_brief(chromium, live_server.url, team, brief)
    page = tab.page
    page.focus("[name=text_zh-b2]")
    page.locator("#b2 .finding .dismiss").click()
    page.keyboard.type("A bra")
    with page.expect_response("**/news/"):  # what the save changed, the last that comes to the page
        page.evaluate(
            "() => { const a = document.querySelector('[name=text_en-b3]'); a.value += ' More.';"
            " a.dispatchEvent(new InputEvent('input', {bubbles: true})); }"
        )
    tab.wait_until_saved()
    tab.wait_for_layout()
    assert page.evaluate("document.activeElement.value") == "A bra"
    page.keyboard.type("nd")
    page.keyboard.press("Enter")
    page.wait_for_selector("#b2 .findings-past", state="attached")
    assert Dismissal.objects.get().reason == "A brand"
    assert (
        workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).bullets[2].text_en
        == "The third point. More."
    )
    assert tab.console_messages == []


@pytest.mark.parametrize("width", [1440, 390])
def test_suggested_term_and_translation_are_inserted(chromium, live_server, team, width) -> None:
    factories.live_brief(team, factories.content(bullets=(Bullet(0, ZH, EN),)))
    Term.make(zh="關鍵礦產", en="critical minerals")
    bullets = (
        Bullet(0, "關鍵礦產。", "The EU buys , too."),
        Bullet(0, ZH.replace("年底前", "上半年"), one_sided="So"),
    )
    brief = factories.draft_brief(team, factories.content("二", bullets=bullets))
    tab = Tab(chromium, live_server.url, team.writer, viewport={"width": width, "height": 900})
    tab.brief(brief)
    page = tab.page
    page.focus("[name=text_en-b1]")
    page.evaluate("document.activeElement.setSelectionRange(12, 12)")
    page.focus("[name=text_zh-b1]")
    page.locator("#b1 .rail .term.missing").wait_for(state="attached")
    page.locator("#b1 .margin").click()  # below 1281 pixels, a dot
    insert = page.locator("#b1 .rail .term.missing button")
    insert.wait_for()  # a hidden button takes no focus
    insert.press("Enter")
    assert page.input_value("[name=text_en-b1]") == "The EU buys critical minerals, too."
    page.wait_for_selector("#b1 .rail .missing", state="detached")
    page.focus("[name=text_zh-b2]")
    match = page.locator("#b2 .rail .match")
    match.wait_for(state="attached")
    page.locator("#b2 .margin").click()
    match.wait_for()
    assert match.locator("mark").all_inner_texts()
    assert match.locator("a").get_attribute("href").endswith("/change/#b1")
    assert tab.accessibility_violations() == []
    assert tab.horizontal_overflow() <= 0
    match.locator("button").click()
    assert page.input_value("[name=text_en-b2]") == EN
    page.wait_for_selector("#b2 .rail .match", state="detached")
    tab.save()
    stored = [b.text_en for b in workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).bullets]
    assert stored == ["The EU buys critical minerals, too.", EN]
    page.keyboard.press("Control+z")
    assert page.input_value("[name=text_en-b2]") == ""
    assert tab.console_messages == []


def test_open_notes_stand_in_the_margins_of_their_rows(chromium, live_server, team) -> None:
    brief = factories.submitted_brief(team)
    workflow.add_note(brief, "Too long.", by=team.reviewer, field="summary", side="en")
    resolved_note = workflow.add_note(brief, "Which one?", by=team.reviewer, bullet=1)
    workflow.add_note(brief, "When?", by=team.reviewer, bullet=1)
    workflow.resolve(workflow.add_note(brief, "Past", by=team.reviewer, bullet=2), by=team.writer)
    workflow.resolve(resolved_note, by=team.writer)
    open_note = workflow.add_note(brief, "Why?", by=team.reviewer, bullet=1)
    workflow.send_back(brief, by=team.reviewer, note="See the notes", sides=("en",))
    tab = Tab(
        chromium, live_server.url, set_language(team.writer, "en"), viewport={"width": 1440, "height": 900}
    )
    tab.brief(brief)
    read = "notes => notes.map(note => [note.closest('.pair').id, note.querySelector('.words').innerText])"
    assert tab.page.eval_on_selector_all(".margin .item.note", read) == [
        ["summary", "Too long."],
        ["b1", "When?"],
        ["b1", "Why?"],
    ]
    assert tab.accessibility_violations() == []
    tab.page.goto(f"{tab.page.url}#note-{open_note.pk}")  # as a mail links to it
    tab.page.focus("[name=text_zh-b1]")
    tab.page.locator(f"#note-{open_note.pk} .words >> text=Why?").wait_for()
    assert tab.accessibility_violations() == []
    tab.page.locator(f"#note-{open_note.pk} [data-key=x]").click()
    tab.page.locator(f"#note-{open_note.pk}.past").wait_for(state="attached")
    assert Note.objects.get(pk=open_note.pk).resolved_by == team.writer
    tab.page.set_viewport_size({"width": 320, "height": 800})
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []


def test_term_usage_page_is_accessible_and_fits(chromium, live_server, team) -> None:
    term = Term.make(zh="灰色地帶", en="gray zone", avoid_zh=["灰色區域"])
    factories.draft_brief(team, factories.content(bullets=(Bullet(0, "灰色區域。", "The gray zone."),)))
    tab = Tab(chromium, live_server.url, team.writer)
    for scheme in ("light", "dark"):
        tab.page.emulate_media(color_scheme=scheme)
        tab.open(f"/admin/briefs/term/{term.pk}/uses/?was_zh=灰色區域")
        assert tab.accessibility_violations() == []
        assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []
