"""Several people write one brief at once: their changes merge, conflicts are theirs to resolve, and each sees the others."""

from typing import Any

from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect

from .editor_driver import EN, LEVELS, ORIGINAL, ZH, OpenTab, stored_texts

pytestmark = browser_tabs.pytestmark
AUTOSAVE = "**/autosave/"


def test_changes_of_two_writers_merge_and_undo_leaves_those_of_the_other(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab, other = open_tab(team.writer, brief), open_tab(team.other_writer, brief)
    first, second, third = ORIGINAL
    # Each sees where the other is.
    other.focus_cell(1, EN)
    other.poll()
    tab.poll()
    expect(tab.page.locator("#desk-who")).to_have_attribute("title", "Also here: other-writer")
    expect(tab.page.locator("#b2 .here")).to_have_attribute("title", "other-writer is in Bullet 2")
    assert tab.faults() == []
    # In different rows.
    other.type_in(2, EN, " of three.")
    other.save()
    tab.type_in(0, ZH, "我的。")
    tab.save()
    merged = [["第一句。我的。", first[1]], second, [third[0], "Third of three."]]
    assert stored_texts(brief) == merged
    tab.expect_texts(*merged)
    tab.expect_cursor(0, ZH, 7)
    other.poll()
    other.expect_texts(*merged)  # comes without typing
    tab.press("Control+z")
    tab.expect_texts(first, *merged[1:])
    tab.save()
    other.poll()
    other.expect_texts(first, *merged[1:])
    # One moves the row in which the other writes.
    other.focus_cell(2, ZH)
    other.press("Alt+Shift+ArrowUp", "Alt+Shift+ArrowRight")
    tab.focus_cell(2, EN)
    other.save()
    tab.type(" Point.")
    tab.save()
    tab.expect_cursor(1, EN, len("Third of three. Point."))
    tab.type(" More.")  # the row was moved while it had the focus
    tab.save()
    moved = [first, [third[0], "Third of three. Point. More."], second]
    assert stored_texts(brief) == moved
    tab.expect_texts(*moved)
    tab.expect_read(LEVELS, [[0, 0], [1, 1], [0, 0]])
    # In one sentence, also while the answer is on its way.
    other.poll()
    other.expect_texts(*moved)
    other.type_in(0, EN, " It is here.")
    other.save()
    tab.focus_cell(0, EN, "Control+Home")
    tab.type("The very ")
    with tab.hold(AUTOSAVE):
        with tab.page.expect_request(AUTOSAVE):
            tab.press("Control+s")
        tab.type("own ")
    sentence = "The very own First sentence. It is here."
    expect(tab.cell(0, EN)).to_have_value(sentence)
    tab.expect_cursor(0, EN, len("The very own "))
    tab.save()
    assert stored_texts(brief)[0] == ["第一句。", sentence]
    other.page.goto("about:blank")
    tab.poll()
    expect(tab.page.locator("#b2 .here")).to_have_count(0)
    expect(tab.page.locator("#desk-who .face")).to_have_count(0)


def test_composition_survives_the_arrival_of_a_colleagues_text(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)
    devtools = tab.page.context.new_cdp_session(tab.page)
    with tab.page.expect_response(AUTOSAVE), tab.hold(AUTOSAVE):
        with tab.page.expect_request(AUTOSAVE):
            factories.edit(brief, team.other_writer, headline_en="From elsewhere")
            tab.poll()
        tab.focus_cell(2, ZH)
        devtools.send("Input.imeSetComposition", {"text": "ㄐㄧㄚ", "selectionStart": 3, "selectionEnd": 3})
    expect(tab.cell(2, ZH)).to_have_value("第三句ㄐㄧㄚ")
    devtools.send("Input.insertText", {"text": "加。"})
    tab.type("再加。")
    tab.save()
    expect(tab.page.locator("[name=headline_en]")).to_have_value("From elsewhere")
    expect(tab.cell(2, ZH)).to_have_value("第三句加。再加。")
    assert stored_texts(brief)[2][0] == "第三句加。再加。"
    # A row that is added between a colleague's move and its arrival keeps the move.
    one, two, three = factories.load_content(brief).bullets
    with tab.hold(AUTOSAVE):
        with tab.page.expect_request(AUTOSAVE):
            tab.type_in(3, ZH, "第四句。")
            factories.edit(brief, team.other_writer, bullets=(three, one, two))
            tab.press("Control+s")
        tab.type_in(4, ZH, "第五句。")
    # A new row follows the one before it.
    moved = [[three.text_zh, "Third"], ["第四句。", ""], ["第五句。", ""], *ORIGINAL[:2]]
    tab.expect_texts(*moved)
    tab.save()
    assert stored_texts(brief) == moved


def test_changes_of_one_cell_are_a_conflict_whose_texts_both_stay(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)
    tab.expected_messages = ("status of 409",)
    page = tab.page
    one, two, three = factories.load_content(brief).bullets
    theirs = factories.replace(two, text_zh="他們的。")
    factories.edit(brief, team.other_writer, bullets=(one, theirs, three), summary_zh="摘要，改過。")
    page.fill("[name=text_zh-b2]", "我的。")
    page.fill("[name=text_en-b1]", "Mine alone.")
    tab.expect_state("clash")
    expect(page.locator("[name=text_zh-b2]")).to_have_value("我的。")
    page.click("#desk-save")
    tab.expect_focus("#desk-banner button")
    tab.press("Enter")
    expect(page.locator(".clashes")).to_contain_text("我的。")
    expect(page.locator(".clashes")).to_contain_text("他們的。")
    assert stored_texts(brief)[1][0] == "他們的。"
    assert tab.faults() == []
    page.check(".clashes [name=take-b2-zh][value=mine]")
    page.click(".clashes .first")
    tab.expect_done()
    assert stored_texts(brief) == [["第一句。", "Mine alone."], ["我的。", "Second sentence."], ORIGINAL[2]]
    assert factories.load_content(brief).summary_zh == "摘要，改過。"
    tab.wait_until_ready()
    expect(page.locator("#desk-banner")).to_be_hidden()
    tab.expect_local_drafts(0)


def test_preview_follows_the_form_also_while_it_loads(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)
    held: list[Any] = []
    tab.page.context.route("**/preview*.js", lambda route: route.continue_() if held else held.append(route))
    with tab.page.expect_popup() as popup:
        tab.page.click(".more-verbs")
        tab.page.locator(".more-menu [data-preview]").click()
    preview = popup.value
    preview.locator("#b1").wait_for()
    tab.type_in(0, EN, " Followed.")
    tab.save()
    (script,) = held
    script.continue_()
    expect(preview.get_by_text("First sentence. Followed.")).to_be_visible()
    tab.type_in(0, EN, " Again.")
    tab.save()
    expect(preview.get_by_text("First sentence. Followed. Again.")).to_be_visible()
