"""Test autosave in the editor: concurrent writers, conflicts, presence, rejected fields and refused saves."""

from typing import Any

import pytest

from briefs.models import Brief, Revision, SignOff
from briefs.tests.browser.editor_driver import (
    EN,
    THREE_BULLETS,
    ZH,
    Editor,
    OpenEditors,
    stored_bullets,
    stored_texts,
)
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect

pytestmark = browser_tabs.pytestmark


def test_pause_in_typing_saves_and_deletes_the_local_draft(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(0, EN)
    editor.page.keyboard.type(" More.")
    assert editor.state() == "unsaved"
    assert editor.local_draft_count() == 1
    editor.wait_for_state("saved")
    assert stored_bullets(brief)[0] == (1, "第一句。", "First sentence. More.")
    assert editor.local_draft_count() == 0
    assert Revision.objects.filter(brief=brief).count() == 2
    editor.press("Backspace", "Backspace")
    editor.page.keyboard.type("e.")
    editor.wait_for_state("saved")
    assert Revision.objects.filter(brief=brief).count() == 2


def test_new_bullet_saved_repeatedly_stays_one_bullet(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(2, ZH)
    editor.press("Enter")
    editor.insert_text("第四")
    editor.save()
    editor.insert_text("句")
    editor.save()
    assert stored_bullets(brief)[3] == (4, "第四句", "")
    editor.page.reload()
    editor.wait_until_ready()
    assert editor.bullet_texts()[3] == ["第四句", ""]


def test_changes_in_different_bullets_merge_and_appear(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor, other_editor = open_editors.open(team.writer), open_editors.open(team.other_writer)
    other_editor.focus_cell(2, EN)
    other_editor.insert_text(" of three.")
    other_editor.save()
    editor.focus_cell(0, ZH)
    editor.insert_text("我的。")
    editor.save()
    assert stored_texts(brief) == [
        ["第一句。我的。", "First sentence."],
        list(THREE_BULLETS[1]),
        ["第三句", "Third of three."],
    ]
    assert editor.bullet_texts()[2][1] == "Third of three."
    assert editor.cursor_position() == ["Bullet 1", "zh", 7]
    other_editor.page.locator("#b1 textarea >> nth=0").and_(
        other_editor.page.locator("[name=text_zh-b1]")
    ).wait_for()
    expect(other_editor.cell(0, ZH)).to_have_value("第一句。我的。")
    editor.press("Control+z")  # undo keeps the other writer's changes
    assert editor.bullet_texts() == [
        list(THREE_BULLETS[0]),
        list(THREE_BULLETS[1]),
        ["第三句", "Third of three."],
    ]


def test_move_and_text_change_of_one_bullet_merge(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor, other_editor = open_editors.open(team.writer), open_editors.open(team.other_writer)
    other_editor.focus_cell(2, ZH)
    other_editor.press("Alt+Shift+ArrowUp", "Alt+Shift+ArrowRight")
    editor.page.locator("[name=text_en-b3]").press("Control+End")
    other_editor.save()
    editor.insert_text(" point.")
    editor.save()
    assert stored_texts(brief) == [list(THREE_BULLETS[0]), ["第三句", "Third point."], list(THREE_BULLETS[1])]
    assert editor.cursor_position() == ["Bullet 2", "en", len("Third point.")]
    editor.insert_text(" More.")  # the row was moved while it had the focus
    editor.save()
    assert stored_texts(brief)[1] == ["第三句", "Third point. More."]
    assert editor.bullet_texts() == stored_texts(brief)
    assert editor.bullet_levels()[1] == ["1", "1"]


def test_row_added_between_a_colleagues_move_and_its_arrival_keeps_the_move(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    one, two, three = factories.load_content(brief).bullets
    editor.page.locator(".is-next textarea").first.focus()
    editor.insert_text("第四句。")
    with editor.page.expect_response("**/autosave/"):
        factories.edit(brief, team.other_writer, bullets=(three, one, two))
        editor.press("Control+s")
        editor.page.locator(".is-next textarea").first.focus()
        editor.insert_text("第五句。")  # while the answer is on its way
    editor.save()
    moved = [
        three.text_zh,
        "第四句。",
        "第五句。",
        one.text_zh,
        two.text_zh,
    ]  # a new row follows the one before it
    assert [zh for zh, _ in stored_texts(brief)] == [zh for zh, _ in editor.bullet_texts()] == moved


def test_changes_in_same_bullet_are_a_conflict_to_resolve(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor, other_editor = open_editors.open(team.writer), open_editors.open(team.other_writer)
    other_editor.cell(1, ZH).fill("他們的。")
    other_editor.press("Control+s")
    other_editor.wait_for_state("saved")
    editor.cell(1, ZH).fill("我的。")
    editor.press("Control+s")
    editor.wait_for_state("clash")
    assert editor.bullet_texts()[1][0] == "我的。"
    assert stored_bullets(brief)[1][1] == "他們的。"
    editor.page.locator("#desk-save").click()  # moves the focus to the banner
    editor.page.locator("#desk-banner button:focus").press("Enter")
    editor.page.locator(".clashes").wait_for()
    assert editor.accessibility_violations() == []
    assert "我的。" in editor.page.locator(".clashes").inner_text()
    editor.page.locator(".clashes [name=take-b2-zh][value=mine]").check()
    editor.page.locator(".clashes .first").click()
    editor.page.locator(".messagelist .success").wait_for()
    assert stored_bullets(brief)[1][1] == "我的。"
    editor.wait_until_ready()
    expect(editor.page.locator("#desk-banner")).to_be_hidden()
    assert editor.local_draft_count() == 0


def test_two_people_write_in_one_sentence(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor, other_editor = open_editors.open(team.writer), open_editors.open(team.other_writer)
    other_editor.focus_cell(0, EN)
    other_editor.insert_text(" It is here.")
    other_editor.save()
    editor.focus_cell(0, EN, "Control+Home")
    editor.insert_text("The very ")
    with editor.page.expect_response("**/autosave/"):
        editor.press("Control+s")
        editor.insert_text("own ")  # while the answer is on its way
    editor.save()
    merged = "The very own First sentence. It is here."
    expect(editor.cell(0, EN)).to_have_value(merged)
    assert editor.cursor_position()[2] == len("The very own ")
    editor.save()
    assert stored_texts(brief)[0][1] == merged


def test_presence_of_other_writer_appears_within_ten_seconds(
    open_editors: OpenEditors, team: factories.Team
) -> None:
    editor, other_editor = open_editors.open(team.writer), open_editors.open(team.other_writer)
    editor.page.locator("#desk-who .face").wait_for()
    assert editor.page.locator("#desk-who").get_attribute("title") == "Also here: other-writer"
    other_editor.page.goto("about:blank")
    editor.page.locator("#desk-who .face").wait_for(state="detached")


def test_rejected_field_shows_error_and_the_rest_is_saved(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.open_article()
    editor.page.locator("[name=date]").fill("yesterday-ish")
    editor.focus_cell(0, EN)
    editor.insert_text(" Saved.")
    editor.wait_for_state("untaken")
    assert stored_bullets(brief)[0][2] == "First sentence. Saved."
    assert editor.page.locator("[name=date]").input_value() == "yesterday-ish"
    assert editor.page.locator(".untaken").inner_text()
    assert editor.accessibility_violations() == []
    editor.page.locator("[name=date]").fill("2025-06-10")
    editor.save()
    expect(editor.page.locator(".untaken")).to_have_count(0)


def test_text_typed_after_approval_is_kept_but_not_stored(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    Brief.objects.filter(pk=brief.pk).update(state="approved")
    editor.focus_cell(0, ZH)
    editor.insert_text("太晚了。")
    editor.wait_for_state("refused")
    assert editor.bullet_texts()[0][0] == "第一句。太晚了。"
    assert editor.page.locator("#desk-banner").inner_text()
    assert editor.local_draft_count() == 1


def test_submit_saves_unsaved_text_first(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(0, EN)
    editor.insert_text(" Just typed.")
    with editor.page.expect_navigation():
        editor.page.click("[formaction$='/submit/']")
    editor.page.wait_for_load_state("networkidle")
    assert Brief.objects.get(pk=brief.pk).state == "in_review"
    assert stored_bullets(brief)[0][2] == "First sentence. Just typed."


def test_leaving_with_unsaved_text_asks_for_confirmation(
    open_editors: OpenEditors, team: factories.Team
) -> None:
    editor = open_editors.open(team.writer)
    dialogs: list[str] = []
    editor.page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    editor.page.route("**/autosave/", lambda route: route.abort())
    editor.focus_cell(0, EN)
    editor.page.keyboard.type("x")
    editor.page.goto(f"{open_editors.site}/admin/")
    assert dialogs == ["beforeunload"]


@pytest.mark.parametrize("is_loading", [False, True])
def test_preview_follows_the_form(
    open_editors: OpenEditors, team: factories.Team, *, is_loading: bool
) -> None:
    """Also when the text is saved before the script of the preview runs."""
    editor = open_editors.open(team.writer)
    held: list[Any] = []
    if is_loading:
        editor.page.context.route("**/preview*.js", lambda route: held.append(route))
    with editor.page.expect_popup() as popup:
        editor.page.click(".more-verbs")
        editor.page.locator(".more-menu [data-preview]").click()
    preview = popup.value
    preview.locator("#b1").wait_for()
    editor.focus_cell(0, EN)
    editor.insert_text(" Followed.")
    editor.save()
    assert len(held) == is_loading
    for route in tuple(held):
        route.continue_()
    preview.get_by_text("First sentence. Followed.").wait_for()


def test_other_writers_change_appears_without_typing(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    factories.edit(brief, team.other_writer, headline_en="From elsewhere")
    expect(editor.page.locator("[name=headline_en]")).to_have_value("From elsewhere")


def test_reviewer_signs_text_that_arrived_in_the_open_page(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    editor = Editor(chromium, live_server.url, team.reviewer)
    editor.open(f"/admin/briefs/brief/{brief.pk}/change/?view=write")
    factories.edit(brief, team.other_writer, headline_zh="後來的標題")
    expect(editor.page.locator("[name=headline_zh]")).to_have_value("後來的標題")
    with editor.page.expect_navigation():
        editor.page.click("[formaction$='/sign_off_zh/']")
    editor.page.locator(".messagelist .success").wait_for()
    assert SignOff.objects.filter(brief=brief, side="zh", yes=True).exists()
    assert editor.unexpected_messages() == []
    editor.page.context.close()
