"""Test the pair editor by keyboard and mouse: commands, undo, and the stored text."""

from typing import Any

import pytest

from briefs.models import Brief, Keyword, State
from briefs.tests.browser.editor_driver import (
    EN,
    THREE_BULLETS,
    ZH,
    Editor,
    bullets,
    stored_bullets,
    stored_texts,
)
from briefs.tests.support import browser_tabs, factories

pytestmark = browser_tabs.pytestmark


def original_texts() -> list[list[str]]:
    return [list(pair) for pair in THREE_BULLETS]


def test_writer_creates_and_submits_brief_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    factories.facts()
    editor = Editor(chromium, live_server.url, team.writer)
    editor.page.goto(f"{live_server.url}/admin/briefs/brief/add/")
    editor.wait_until_ready()
    press_tab_until_focused(editor, "[name=headline_zh]")
    editor.insert_text("誰能贏得科技競爭")
    editor.press("Tab")
    editor.insert_text("Who Wins the Tech Race")
    editor.press("Tab")
    editor.insert_text("川普政府可能會解除限制。")
    editor.press("Tab")
    editor.insert_text("The administration may lift restrictions.")
    editor.press("ArrowDown", "Shift+Tab")
    editor.insert_text("第一句。第二句。")
    editor.press("Tab")
    editor.insert_text("First sentence. Second sentence.")
    editor.press(*["ArrowLeft"] * len("Second sentence."), "Enter")
    assert editor.bullet_texts()[1] == ["", "Second sentence."]
    editor.press("ArrowUp", "Shift+Tab", "Home", *["ArrowRight"] * len("第一句。"), "Enter", "Tab")
    assert editor.bullet_texts() == [["第一句。", "First sentence."], ["第二句。", "Second sentence."]]
    editor.press("End", "Enter")
    editor.insert_text("第三句。")
    editor.press("Tab")
    editor.insert_text("Third sentence.")
    editor.press("Alt+Shift+ArrowRight")
    assert editor.bullet_levels()[2] == ["1", "1"]
    editor.save()
    brief = Brief.objects.get()
    editor.page.wait_for_url(f"**/brief/{brief.pk}/change/**")
    press_tab_until_focused(editor, "#fact-sentence", back=True)
    editor.press("Enter")
    press_tab_until_focused(editor, "[name=date]")
    editor.insert_text("2025-06-09")
    editor.page.locator("[name=source]").wait_for(state="attached")
    choose_source(editor)
    press_tab_until_focused(editor, "[name^=name-x]")
    editor.insert_text("科技 · Technology")
    editor.press("Escape")
    editor.save()
    editor.page.locator("[formaction$='/submit/']").wait_for()
    press_tab_until_focused(editor, "[formaction$='/submit/']", back=True)
    with editor.page.expect_navigation():
        editor.press("Enter")
    editor.page.wait_for_load_state("networkidle")
    assert Brief.objects.get().state == State.IN_REVIEW, editor.page.locator("#reasons").inner_text()
    assert stored_bullets(brief)[2] == (3, "第三句。", "Third sentence.")
    assert editor.unexpected_messages() == []


def choose_source(editor: Editor) -> None:
    press_tab_until_focused(editor, "[role=combobox][id*=source], select[name=source], [name=source_new]")
    if editor.page.evaluate("document.activeElement.matches('select')"):
        editor.press("ArrowDown")
        return
    editor.insert_text("Foreign Policy")
    editor.page.locator("[role=option]:visible").first.wait_for()
    editor.press("ArrowDown", "Enter")


def press_tab_until_focused(editor: Editor, selector: str, *, back: bool = False) -> None:
    for _ in range(120):
        editor.press("Shift+Tab" if back else "Tab")
        if editor.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"{selector} is not reachable by Tab")


def test_shift_command_realigns_slipped_bullets(editor: Editor, brief: Brief) -> None:
    numbers = [number for number, _, _ in stored_bullets(brief)]
    editor.focus_cell(1, EN)
    editor.press("Alt+ArrowDown")
    slipped = [
        ["第一句。", "First sentence."],
        ["第二句。", ""],
        ["第三句", "Second sentence."],
        ["", "Third"],
    ]
    assert editor.bullet_texts() == slipped
    editor.save()
    assert stored_texts(brief) == slipped
    editor.press("Alt+ArrowUp")
    assert editor.bullet_texts() == original_texts()
    editor.save()
    assert stored_texts(brief) == original_texts()
    assert [number for number, _, _ in stored_bullets(brief)] == numbers


def test_enter_splits_one_side_then_fills_gap_on_the_other(editor: Editor) -> None:
    editor.focus_cell(1, ZH, "Control+Home")
    editor.press("ArrowRight", "Enter")
    assert editor.bullet_texts()[1:3] == [["第", "Second sentence."], ["二句。", ""]]
    editor.focus_cell(1, EN, "Control+Home")
    editor.press(*["ArrowRight"] * 7, "Enter")
    assert editor.bullet_texts()[1:3] == [["第", "Second"], ["二句。", "sentence."]]
    editor.press("Control+z", "Control+z")
    assert editor.bullet_texts() == original_texts()
    editor.press("Control+y", "Control+y")
    assert editor.bullet_texts()[2] == ["二句。", "sentence."]


def test_merge_keeps_upper_number_and_undo_restores_lower(editor: Editor, brief: Brief) -> None:
    before = stored_bullets(brief)
    editor.focus_cell(1, ZH)
    editor.press("Escape", "m")
    editor.save()
    assert stored_bullets(brief) == [before[0], (2, "第二句。第三句", "Second sentence. Third")]
    editor.press("Control+z")
    assert editor.bullet_texts() == original_texts()
    editor.save()
    assert stored_bullets(brief) == before


def test_keys_at_text_edge_merge_or_move_but_not_when_held(editor: Editor) -> None:
    editor.focus_cell(1, EN, "Control+Home")
    repeated_key = (
        "new KeyboardEvent('keydown', {key: 'Backspace', repeat: true, bubbles: true, cancelable: true})"
    )
    editor.page.evaluate(f"document.activeElement.dispatchEvent({repeated_key})")
    assert editor.bullet_texts() == original_texts()
    editor.press("Backspace")
    assert editor.bullet_texts()[0] == ["第一句。第二句。", "First sentence. Second sentence."]
    assert editor.cursor_position() == ["Bullet 1", "en", 16]
    editor.press("Control+z")
    editor.focus_cell(0, ZH)
    editor.press("Delete")
    assert len(editor.bullet_texts()) == 2
    editor.press("Control+z")
    editor.focus_cell(0, ZH)
    editor.press("Enter", "Backspace")
    assert editor.bullet_texts() == original_texts()
    editor.focus_cell(0, ZH)
    editor.press("ArrowDown")
    assert editor.cursor_position()[:2] == ["Bullet 2", "zh"]
    editor.press("Control+Home", "ArrowUp")
    assert editor.cursor_position() == ["Bullet 1", "zh", 4]


def test_bullet_is_moved_indented_and_deleted_with_its_subpoints(editor: Editor, brief: Brief) -> None:
    editor.focus_cell(1, ZH)
    editor.press("Alt+Shift+ArrowRight")
    editor.focus_cell(0, ZH)
    editor.press("Alt+Shift+ArrowDown")
    assert [zh for zh, _ in editor.bullet_texts()] == ["第三句", "第一句。", "第二句。"]
    assert editor.bullet_levels() == [["0", "0"], ["0", "0"], ["1", "1"]]
    editor.press("Escape", "ArrowDown")
    assert editor.cursor_position()[0] == "Bullet 3"
    editor.press("Shift+Z", "e", "n")
    assert editor.bullet_levels()[2] == ["0", "2"]
    markers = "c => c.map(m => m.textContent)"
    assert editor.page.eval_on_selector_all("#b2 .marker", markers) == ["1.", "1."]
    editor.press("Delete")
    assert [zh for zh, _ in editor.bullet_texts()] == ["第三句", "第一句。"]
    editor.page.locator(".toast button").click()
    assert [zh for zh, _ in editor.bullet_texts()] == ["第三句", "第一句。", "第二句。"]
    editor.save()
    assert [number for number, _, _ in stored_bullets(brief)] == [3, 1, 2]


def test_row_menu_runs_commands_and_returns_focus(editor: Editor) -> None:
    editor.focus_cell(0, ZH)
    editor.press("Escape", "Enter")
    assert editor.page.evaluate("document.activeElement.getAttribute('role')") == "menuitem"
    editor.press("ArrowRight", "End")
    assert "Chinese" in editor.page.evaluate("document.activeElement.textContent")
    editor.press("Escape", "Escape")
    assert editor.cursor_position() == ["Bullet 1", "zh", 4]
    editor.press("Escape", "Enter", "j")  # not a shortcut while the menu is open
    assert editor.bullet_texts() == original_texts()
    editor.press("Escape")
    editor.press("j")
    assert [zh for zh, _ in editor.bullet_texts()] == ["第一句。第二句。", "第三句", ""]
    editor.press("Control+z")
    editor.focus_cell(0, ZH)
    editor.press("Escape", "s")
    editor.insert_text("原文第 3 段")
    editor.save()
    assert editor.page.locator("#b1 [name=passage-b1]").input_value() == "原文第 3 段"


def test_tab_goes_from_text_to_text_and_f8_through_the_findings(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    rows = bullets(*((f"第{n}點,含 AI 產业", f"Point {n} costs $5 and defence.") for n in range(12)))
    editor = Editor(chromium, live_server.url, team.writer)
    editor.brief(factories.draft_brief(team, factories.content(bullets=rows)))
    editor.page.locator(".finding").first.wait_for()
    with editor.page.expect_response("**/rail/"):  # suggestions beside the row
        editor.cell(3, ZH).focus()
    editor.wait_for_layout()
    editor.page.locator("#headline_zh").focus()
    stops = 0
    while not editor.page.evaluate("document.activeElement === document.getElementsByName('text_en-b12')[0]"):
        editor.press("Tab")
        stops += 1
        assert editor.page.evaluate("document.activeElement.matches('.pair .cell textarea')")
    print(f"\n{stops} Tab stops from the headline to the last text of 12 rows")  # noqa: T201
    assert stops == 27
    editor.press("F8")
    assert editor.page.evaluate("Boolean(document.activeElement.closest('.finding'))")
    first = editor.page.evaluate("document.activeElement.textContent")
    editor.press("ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft")
    assert editor.page.evaluate("document.activeElement.textContent") == first
    editor.press("Escape")
    assert editor.page.evaluate("document.activeElement.matches('.pair .cell textarea')")
    editor.page.context.close()


def test_choosing_a_keyword_opens_the_next_field(editor: Editor) -> None:
    Keyword.make(label_zh="國防", label_en="Defense")
    editor.open_article()
    field = editor.page.locator("[name^=name-x]").last
    field.fill("國防")
    editor.page.locator("[role=option]:has-text('國防')").first.wait_for()
    editor.press("ArrowDown", "Enter")
    focused = editor.page.evaluate("[document.activeElement.dataset.kind, document.activeElement.value]")
    assert focused == ["keyword", ""]
    editor.save()


def test_keys_are_ignored_during_input_method_composition(editor: Editor, brief: Brief) -> None:
    devtools = editor.page.context.new_cdp_session(editor.page)
    editor.focus_cell(0, ZH)
    devtools.send("Input.imeSetComposition", {"text": "ㄉㄧㄢ", "selectionStart": 3, "selectionEnd": 3})
    for key in ("Enter", "ArrowUp", "ArrowDown", "Backspace", "Delete", "Escape", "m"):
        for kind in ("rawKeyDown", "keyUp"):
            devtools.send(
                "Input.dispatchKeyEvent",
                {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": 229},
            )
    composing = (
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})"
    )
    editor.page.evaluate(f"document.activeElement.dispatchEvent({composing})")
    assert len(editor.bullet_texts()) == 3
    assert editor.page.evaluate("document.activeElement.name") == "text_zh-b1"
    enter = "target.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"
    editor.page.evaluate(  # some browsers send the Enter that ends a composition, at once
        f"document.addEventListener('compositionend', ({{target}}) => {enter}, {{once: true}})"
    )
    devtools.send("Input.insertText", {"text": "電"})
    assert editor.bullet_texts()[0][0] == "第一句。電"
    assert len(editor.bullet_texts()) == 3
    editor.save()
    assert stored_bullets(brief)[0][1] == "第一句。電"


def test_bullet_is_dragged_with_the_mouse(editor: Editor, brief: Brief) -> None:
    start = editor.page.locator("#b1 .handle").bounding_box()
    end = editor.page.locator("#b3").bounding_box()
    mouse = editor.page.mouse
    mouse.move(start["x"] + 10, start["y"] + 10)
    mouse.down()
    mouse.move(start["x"] + 10, start["y"] + 40, steps=3)
    mouse.move(end["x"] + 30, end["y"] + end["height"] - 4, steps=6)
    mouse.up()
    assert editor.pair_order() == ["b2", "b3", "b1"]
    editor.save()
    assert [number for number, _, _ in stored_bullets(brief)] == [2, 3, 1]


def test_writer_adds_and_reorders_keywords(editor: Editor, brief: Brief) -> None:
    Keyword.make(label_zh="國防", label_en="Defense")
    page = editor.page
    editor.open_article()
    page.click("[value='add:keyword']")
    page.keyboard.insert_text("國防 · Defense")
    page.keyboard.press("Escape")
    editor.save()
    labels = Brief.objects.get(pk=brief.pk).labels
    assert [str(row.keyword) for row in labels.order_by("position")] == [
        "科技 · Technology",
        "國防 · Defense",
    ]
    rows = page.locator("[data-group=keyword] .name-row")
    for _ in range(rows.count() - 1):
        rows.filter(has=page.locator("input:focus, button:focus")).locator("[value^='up:']").first.click()
    editor.save()
    assert [str(row.keyword) for row in labels.order_by("position")] == [
        "國防 · Defense",
        "科技 · Technology",
    ]


def test_unknown_keyword_is_created_by_save_not_autosave(editor: Editor, brief: Brief) -> None:
    page = editor.page
    editor.open_article()
    page.locator("[name^=name-x]").last.fill("國防 · Defense")
    page.keyboard.press("Escape")
    editor.wait_for_state("untaken")
    editor.focus_cell(0, ZH)
    editor.insert_text("x")
    editor.press("Backspace")
    assert editor.state() == "untaken", "all that can be stored is stored"
    assert not Keyword.objects.filter(label_zh="國防").exists()
    with page.expect_navigation():
        page.click("#desk-save")
    page.locator(".messagelist .success").wait_for()
    assert Brief.objects.get(pk=brief.pk).labels.count() == 2
