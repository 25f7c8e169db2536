"""Test the page of a brief in a browser: margins in place, answers to suggestions, quick marks, what changed since."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.admin.common.presence import record_presence
from briefs.content import Bullet, hash_json
from briefs.models import Brief, Revision, Suggestion
from briefs.tests.browser.editor_driver import Editor
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language
from briefs.tests.support.factories import load_content
from briefs.workflow.review_comments import TextAnchor

pytestmark = browser_tabs.pytestmark

PLACES = "cells => cells.map(cell => { const box = cell.getBoundingClientRect(); return [box.left, box.top + scrollY]; })"
WIDER_THAN_ITS_BOX = (
    "parts => parts.filter(part => part.scrollWidth > part.clientWidth + 9).map(part => part.className)"
)
ANSWER_LATE = """delay => {
  const { fetch } = window;
  window.fetch = async (...values) => {
    const answer = await fetch(...values);
    if (String(values[0]).includes("autosave")) await new Promise((done) => setTimeout(done, delay));
    return answer;
  };
}"""
WATCH_TYPED_LINE = """() => {
  window.jumps = [];
  let before = {};
  const look = () => {
    const area = document.activeElement;
    const top = area.closest(".pair")?.getBoundingClientRect().top;
    if (before.area === area && Math.abs(before.top - top) > 0.5) window.jumps.push([area.name, before.top, top]);
    before = { area, top };
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""In each frame, compare the place of the row that has the focus with where it was."""
LONG_WORD = f"https://example.org/{'a' * 120}"
BULLETS = (
    Bullet(0, "限制,以芯片。", "A limit on chips.", passage="¶ 6"),
    Bullet(0, "产业,也。", "Industry in 10-15 places, too."),
    *(Bullet(0, f"第{n}點。", f"Point {n}.") for n in range(3, 12)),
)


def add_suggestion(team: factories.Team, brief: Brief, text: str) -> None:
    was = load_content(brief).bullets[0].text_en
    workflow.suggest(brief, TextAnchor("bullet", 1), "en", text, by=team.reviewer, seen=hash_json(was))


@pytest.mark.parametrize("width", [1440, 1024, 720, 390])
def test_entering_a_row_moves_no_text(
    chromium: Any, live_server: Any, team: factories.Team, width: int
) -> None:
    long_word = Bullet(0, f"見{LONG_WORD}。", f"See {LONG_WORD}.")
    brief = factories.submitted_brief(team, factories.content(bullets=(*BULLETS, long_word)))
    workflow.add_note(brief, f"Which one? {LONG_WORD}", by=team.reviewer, bullet=1)
    add_suggestion(team, brief, "A limit upon chips.")
    for person, view, cell in (
        (team.writer, "write", ".cell textarea"),
        (team.reviewer, "review", ".cell.read"),
    ):
        tab = Tab(chromium, live_server.url, person, viewport={"width": width, "height": 900})
        tab.open(f"/admin/briefs/brief/{brief.pk}/change/?view={view}")
        tab.page.wait_for_selector(".finding", state="attached")
        tab.wait_for_layout()
        places = tab.page.eval_on_selector_all(cell, PLACES)
        assert tab.page.eval_on_selector_all(".pair, .cell, .grow, .margin", WIDER_THAN_ITS_BOX) == []
        assert tab.horizontal_overflow() <= 0
        for button in tab.page.locator("#desk-fix:visible").all():
            box, headline = button.bounding_box(), tab.page.locator(cell).first.bounding_box()
            is_beside = box["x"] >= headline["x"] + headline["width"]
            is_above = box["y"] + box["height"] <= headline["y"] + 1
            assert is_beside or is_above or box["y"] >= headline["y"] + headline["height"]
        for row in ("b1", "b2", "b3"):
            with tab.page.expect_response("**/rail/") if view == "write" else nullcontext():
                tab.page.locator(f"#{row} {cell}").first.focus()
            tab.wait_for_layout()
            assert tab.page.eval_on_selector_all(cell, PLACES) == places, (view, row)
            assert tab.accessibility_violations() == []
        assert tab.console_messages == []


@pytest.mark.parametrize("width", [1440, 1024, 720, 390])
def test_face_of_a_colleague_moves_no_text(
    chromium: Any, live_server: Any, team: factories.Team, width: int
) -> None:
    brief = factories.submitted_brief(team)
    at = {"headline": team.other_writer, "summary": team.reviewer_en, "b3": team.publisher}
    for row, colleague in at.items():
        record_presence(brief.pk, colleague, timezone.now(), page="0" * 32, row=row)
    for person, view, cell in (
        (team.writer, "write", ".cell textarea"),
        (team.reviewer, "review", ".cell.read"),
    ):
        tab = Tab(chromium, live_server.url, person, viewport={"width": width, "height": 900})
        tab.open(f"/admin/briefs/brief/{brief.pk}/change/?view={view}")
        for row in at:
            tab.page.locator(f"#{row} .here").wait_for()
        tab.wait_for_layout()
        places = tab.page.eval_on_selector_all(cell, PLACES)
        tab.page.locator(".here").evaluate_all("faces => faces.forEach(face => face.remove())")
        tab.wait_for_layout()
        assert tab.page.eval_on_selector_all(cell, PLACES) == places, view


@pytest.mark.parametrize(("width", "delay"), [(1440, 0.3), (1440, 3), (390, 0.3), (390, 3)])
def test_typed_line_stays_when_findings_and_a_row_of_a_colleague_come(
    chromium: Any, live_server: Any, team: factories.Team, width: int, delay: float
) -> None:
    rows = tuple(Bullet(0, f"第{n}點,含芯片。", f"Point {n} on defence.") for n in range(1, 31))
    brief = factories.draft_brief(team, factories.content(bullets=rows))
    tab = Editor(chromium, live_server.url, team.writer, viewport={"width": width, "height": 900})
    tab.brief(brief)
    page = tab.page
    assert page.locator(".finding").count() >= 60

    page.evaluate(ANSWER_LATE, delay * 1000)
    page.evaluate(WATCH_TYPED_LINE)
    tab.cell(5, 0).click()
    tab.insert_text("产")
    tab.press("Tab")
    tab.insert_text("More. ")
    content = load_content(brief)
    factories.edit(brief, team.other_writer, bullets=(Bullet(0, "新的一點。", "New."), *content.bullets))
    tab.press("Tab")
    for _ in range(60):
        tab.insert_text("字")
        page.wait_for_timeout(100)
        if page.locator("#b6 .finding[data-code=simplified]").count() and len(tab.bullet_texts()) == 31:
            break
    assert len(tab.bullet_texts()) == 31
    assert (
        page.locator("#b7 .finding").evaluate_all("items => items.filter(i => i.checkVisibility()).length")
        < 3
    )
    tab.press("Tab", "F8")
    tab.wait_for_layout()
    assert page.evaluate("window.jumps") == []
    assert tab.console_messages == []


@pytest.mark.parametrize("width", [1440, 390])
def test_writer_accepts_suggestion_in_place_and_undoes_it(
    chromium: Any, live_server: Any, team: factories.Team, width: int
) -> None:
    brief = factories.submitted_brief(team, factories.content(bullets=BULLETS))
    add_suggestion(team, brief, "A limit upon chips.")
    tab = Tab(chromium, live_server.url, team.writer, viewport={"width": width, "height": 900})
    tab.brief(brief)
    page = tab.page
    page.wait_for_selector(".finding", state="attached")
    page.fill("[name=text_zh-b3]", "還沒存。")  # what is typed is saved first
    page.locator("#b1 .margin").click()  # below 1281 pixels, a dot
    page.locator("#b1 [value^='accept:']").click()
    page.locator("#b1 .suggestion").wait_for(state="detached")
    page.locator(".toast button").wait_for()
    assert page.input_value("[name=text_en-b1]") == "A limit upon chips."
    tab.wait_until_saved()
    assert Suggestion.objects.get().answer == "accepted"
    assert load_content(brief).bullets[0].text_en == "A limit upon chips."
    assert load_content(brief).bullets[2].text_zh == "還沒存。"
    page.focus("[name=text_en-b1]")
    page.keyboard.press("Control+z")
    assert page.input_value("[name=text_en-b1]") == "A limit on chips."
    tab.save()
    assert load_content(brief).bullets[0].text_en == "A limit on chips."
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []


def test_writer_replies_and_resolves_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "Which one?", by=team.reviewer, bullet=2)
    tab = Editor(chromium, live_server.url, team.writer)
    tab.brief(brief)
    page = tab.page
    page.focus("[name=text_zh-b2]")
    page.keyboard.press("F8")
    assert page.evaluate("document.activeElement.closest('.item')?.id") == f"note-{note.pk}"
    page.keyboard.press("r")
    page.locator(f"#reply-{note.pk}:focus").wait_for()
    page.keyboard.type("The second, X and R too.")
    page.keyboard.press("Control+Enter")
    page.locator(f"#note-{note.pk} .reply >> text=The second, X and R too.").wait_for()
    page.focus(f"#note-{note.pk}")
    page.keyboard.press("x")
    page.locator(f"#note-{note.pk}.past").wait_for(state="attached")
    page.locator("[name=text_zh-b2]:focus").wait_for()
    note.refresh_from_db()
    assert note.resolved_by == team.writer
    assert tab.console_messages == []


def test_answered_note_leaves_the_focus_in_place_and_the_sentence_at_once(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.send_back(brief, by=team.reviewer, note="Which plan?")
    tab = Editor(chromium, live_server.url, team.writer)
    page = tab.page
    page.route(
        "**/pulse/", lambda _route: None
    )  # never answered: the page hears of nothing by the next pulse
    tab.brief(brief)
    page.locator("#step >> text=1 note to answer").wait_for()
    page.focus(f"#note-{note.pk}")
    page.keyboard.press("x")
    page.locator(".whole > .act > summary:focus").wait_for()
    page.locator(f"#note-{note.pk}.past").wait_for(state="attached")
    page.locator("#step:not(:has-text('note to answer'))").wait_for()
    expect(page.locator(".whole > .act > summary:focus")).to_have_count(1)
    assert tab.console_messages == []


def test_note_of_another_person_appears_on_the_open_page(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.brief(brief)
    workflow.add_note(brief, "Which one?", by=team.reviewer, bullet=2)
    tab.page.locator("#b2 .note >> text=Which one?").wait_for()
    assert tab.console_messages == []


def test_plain_repairs_are_applied_in_one_press_and_undone_in_one(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.draft_brief(team, factories.content(bullets=BULLETS))
    tab = Tab(
        chromium, live_server.url, set_language(team.writer, "en"), viewport={"width": 1440, "height": 900}
    )
    tab.brief(brief)
    page = tab.page
    page.locator("#desk-fix >> text=directly").press("Enter")
    page.locator("#desk-fix").wait_for(state="hidden")
    tab.wait_until_saved()
    first, second = load_content(brief).bullets[:2]
    assert (first.text_zh, second.text_zh) == ("限制，以晶片。", "產業，也。")
    assert second.text_en == "Industry in 10-15 places, too.", "a figure is left to a person"
    assert Revision.objects.filter(brief=brief).first().kind == Revision.Kind.SAVE, "characters were changed"
    page.locator("[name=headline_zh]:focus").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    assert page.input_value("[name=text_zh-b1]") == "限制,以芯片。"
    assert page.input_value("[name=text_zh-b2]") == "产业,也。"
    assert tab.console_messages == []


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_second_review_begins_at_the_first_change(
    chromium: Any, live_server: Any, team: factories.Team, language: str
) -> None:
    brief = factories.submitted_brief(team, factories.content(bullets=BULLETS))
    factories.sign_off(brief, team.reviewer, "en")
    content = load_content(brief)
    changed = TextAnchor("bullet", 3).replace_text(content, "en", "Point three.")
    changed = TextAnchor("bullet", 5).replace_text(changed, "en", "Point five.")
    factories.edit(brief, team.writer, bullets=changed.bullets)
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, language))
    tab.brief(brief)
    page = tab.page
    assert page.locator("#review-unseen").get_attribute("href") == "#b3"
    assert page.locator(".review > .pair:visible").evaluate_all("pairs => pairs.map(p => p.id)") == [
        "b3",
        "b5",
    ]
    assert page.evaluate("document.activeElement.closest('.pair')?.id") == "b3"
    page.keyboard.press("c")
    expect(page.locator(".review > .pair:visible")).to_have_count(13)
    page.keyboard.press("c")
    page.locator(".same").last.click()
    expect(page.locator("#b11")).to_be_visible()
    assert tab.accessibility_violations() == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []
