"""Test that autosave loses no text: concurrent writers, crashed tabs, and lost network, session or CSRF token."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from briefs.models import Brief, Revision, SignOff

from ..support import browser_tabs, factories
from ..support.editor_driver import EN, ZH, Editor, bullets, stored_bullets, stored_texts

pytestmark = browser_tabs.pytestmark
THREE_BULLETS = (("第一句。", "First sentence."), ("第二句。", "Second sentence."), ("第三句", "Third"))


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    return factories.draft_brief(team, factories.content(bullets=bullets(*THREE_BULLETS)))


class OpenEditors:
    """Editors open on one brief. The fixture checks their consoles after the test."""

    def __init__(self, chromium: Any, site: str, brief: Brief) -> None:
        self.chromium, self.site, self.brief = chromium, site, brief
        self.editors: list[Editor] = []

    def open(self, person: Any) -> Editor:
        editor = Editor(self.chromium, self.site, person)
        editor.brief(self.brief)
        self.editors.append(editor)
        return editor


@pytest.fixture
def open_editors(chromium: Any, live_server: Any, brief: Brief) -> Iterator[OpenEditors]:
    open_editors = OpenEditors(chromium, live_server.url, brief)
    yield open_editors
    for editor in open_editors.editors:
        assert editor.unexpected_messages() == []
        editor.page.context.close()


def test_pause_in_typing_saves_and_deletes_the_local_draft(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(0, EN)
    editor.page.keyboard.type(" More.")
    assert editor.state() == "unsaved"
    assert local_draft_count(editor) == 1
    editor.wait_for_state("saved")
    assert stored_bullets(brief)[0] == (1, "第一句。", "First sentence. More.")
    assert local_draft_count(editor) == 0
    assert Revision.objects.filter(brief=brief).count() == 2
    editor.press("Backspace", "Backspace")
    editor.page.keyboard.type("e.")
    editor.page.wait_for_timeout(2200)
    assert Revision.objects.filter(brief=brief).count() == 2


def local_draft_count(editor: Editor) -> int:
    return int(editor.page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('desk:')).length"))


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
    other_editor.page.wait_for_timeout(6000)
    assert other_editor.bullet_texts()[0][0] == "第一句。我的。"
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
    other_editor.save()
    editor.focus_cell(2, EN)
    editor.insert_text(" point.")
    editor.save()
    assert stored_texts(brief) == [list(THREE_BULLETS[0]), ["第三句", "Third point."], list(THREE_BULLETS[1])]
    assert editor.bullet_texts() == stored_texts(brief)
    assert editor.bullet_levels()[1] == ["1", "1"]


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
    editor.page.locator("#desk-save button").click()  # moves the focus to the banner
    editor.page.locator("#desk-banner button:focus").press("Enter")
    editor.page.locator(".clashes").wait_for()
    assert editor.accessibility_violations() == []
    assert "我的。" in editor.page.locator(".clashes").inner_text()
    editor.page.locator(".clashes [name=take-b2-zh][value=mine]").check()
    editor.page.locator(".clashes .first").click()
    editor.page.locator(".messagelist .success").wait_for()
    assert stored_bullets(brief)[1][1] == "我的。"
    editor.wait_until_ready()
    assert editor.page.locator("#desk-banner").is_hidden()
    assert local_draft_count(editor) == 0


def test_presence_of_other_writer_appears_within_ten_seconds(
    open_editors: OpenEditors, team: factories.Team
) -> None:
    editor, other_editor = open_editors.open(team.writer), open_editors.open(team.other_writer)
    editor.page.locator("#desk-who .face").wait_for(timeout=10_000)
    assert editor.page.locator("#desk-who").get_attribute("title") == "Also here: other-writer"
    other_editor.page.goto("about:blank")
    editor.page.locator("#desk-who .face").wait_for(state="detached", timeout=14_000)


def test_text_of_crashed_tab_is_restored(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(0, ZH)
    editor.insert_text("還沒存的。")
    editor.focus_cell(2, EN)
    editor.press("Enter")
    editor.insert_text("A new one.")
    crash_tab(editor)
    editor.brief(brief)
    banner = editor.page.locator("#desk-banner")
    banner.wait_for()
    assert editor.bullet_texts() == [list(pair) for pair in THREE_BULLETS]
    banner.locator("button").first.click()
    restored = [["第一句。還沒存的。", "First sentence."], *map(list, THREE_BULLETS[1:]), ["", "A new one."]]
    assert editor.bullet_texts() == restored
    editor.wait_for_state("saved")
    assert stored_texts(brief) == restored
    assert local_draft_count(editor) == 0


def crash_tab(editor: Editor) -> None:
    """Crash the tab and replace it with a new page in the same browser context."""
    context = editor.page.context
    with contextlib.suppress(browser_tabs.sync_api.Error):
        editor.page.goto("chrome://crash")
    editor.page.close()
    editor.page = context.new_page()
    editor.page.on("console", lambda m: editor.console_messages.append(m.text) if m.type == "error" else None)


def test_draft_that_reached_the_server_is_not_offered_again(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)

    def drop_response(route: Any) -> None:
        route.fetch()
        route.abort()

    editor.page.route("**/autosave/", drop_response)
    editor.focus_cell(2, EN)
    editor.press("Enter")
    editor.insert_text("A new one.")
    editor.wait_for_state("kept")
    crash_tab(editor)
    editor.brief(brief)
    editor.wait_for_state("saved")
    assert editor.bullet_texts()[3] == ["", "A new one."]
    assert editor.page.locator("#desk-banner").is_hidden()
    assert local_draft_count(editor) == 0


def test_discarded_draft_is_deleted(open_editors: OpenEditors, team: factories.Team, brief: Brief) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(0, ZH)
    editor.insert_text("不要了。")
    crash_tab(editor)
    editor.brief(brief)
    editor.page.locator("#desk-banner button").nth(1).click()
    assert local_draft_count(editor) == 0
    assert editor.bullet_texts() == [list(pair) for pair in THREE_BULLETS]
    assert Revision.objects.filter(brief=brief).count() == 1


def test_new_brief_that_was_never_sent_is_restored(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    editor = Editor(chromium, live_server.url, team.writer)
    address = f"{live_server.url}/admin/briefs/brief/add/"
    editor.page.goto(address)
    editor.wait_until_ready()
    editor.page.locator("[name=headline_zh]").focus()
    editor.insert_text("從未送出的標題")
    crash_tab(editor)
    editor.page.goto(address)
    editor.wait_until_ready()
    editor.page.locator("#desk-banner button").first.click()
    editor.wait_for_state("saved")
    assert Brief.objects.get().headline_zh == "從未送出的標題"
    assert local_draft_count(editor) == 0
    editor.page.context.close()


def test_second_tab_keeps_the_local_draft_of_the_first(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.page.route("**/autosave/", lambda route: route.abort())
    editor.focus_cell(0, ZH)
    editor.insert_text("一頁。")
    second_tab = editor.page.context.new_page()
    second_tab.goto(editor.page.url)
    second_tab.locator("html.desk-js").wait_for()
    second_tab.wait_for_timeout(300)
    assert second_tab.locator("#desk-banner").is_hidden()  # the tab with the draft is still open
    second_tab.locator("[name=text_en-b2]").fill("The other page.")
    second_tab.keyboard.press("Control+s")
    second_tab.locator("#desk-save[data-state=saved]").wait_for()
    assert local_draft_count(editor) == 1
    editor.page.unroute("**/autosave/")
    editor.save()
    assert stored_bullets(brief)[:2] == [
        (1, "第一句。一頁。", "First sentence."),
        (2, "第二句。", "The other page."),
    ]


def test_text_written_offline_is_saved_when_online_again(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.page.context.set_offline(True)
    editor.focus_cell(0, ZH)
    editor.insert_text("離線。")
    editor.wait_for_state("kept")
    editor.focus_cell(1, EN)
    editor.press("Enter")
    editor.insert_text("Written offline.")
    editor.page.wait_for_timeout(6000)
    assert editor.state() == "kept"
    editor.page.context.set_offline(False)
    editor.wait_for_state("saved")
    texts = stored_texts(brief)
    assert texts[0][0] == "第一句。離線。"
    assert texts[2] == ["", "Written offline."]
    assert len(texts) == 4


def test_lost_response_duplicates_no_bullet(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    """The server stores the autosave, but the page gets no response."""
    editor = open_editors.open(team.writer)

    def drop_response(route: Any) -> None:
        route.fetch()
        route.abort()

    editor.page.route("**/autosave/", drop_response)
    editor.focus_cell(2, ZH)
    editor.press("Enter")
    editor.insert_text("新的")
    editor.wait_for_state("kept")
    editor.insert_text("一點")
    editor.page.unroute("**/autosave/")
    editor.save()
    assert [zh for _, zh, _ in stored_bullets(brief)] == ["第一句。", "第二句。", "第三句", "新的一點"]


def test_text_typed_while_signed_out_is_saved_after_sign_in(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    context = editor.page.context
    session = [cookie for cookie in context.cookies() if cookie["name"] == "sessionid"]
    context.clear_cookies(name="sessionid")
    editor.focus_cell(0, ZH)
    editor.insert_text("登出時寫的。")
    editor.wait_for_state("signin")
    assert editor.bullet_texts()[0][0] == "第一句。登出時寫的。"
    context.add_cookies(session)
    editor.wait_for_state("saved", timeout=15_000)
    assert stored_bullets(brief)[0][1] == "第一句。登出時寫的。"


def test_invalid_csrf_token_is_replaced(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    """Signing in again in another tab rotates the token."""
    editor = open_editors.open(team.writer)
    editor.page.evaluate(
        "document.querySelector('#brief-form [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)"
    )
    editor.focus_cell(0, ZH)
    editor.insert_text("令牌。")
    editor.wait_for_state("saved")
    assert stored_bullets(brief)[0][1] == "第一句。令牌。"


def test_rejected_field_shows_error_and_the_rest_is_saved(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
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
    assert editor.page.locator(".untaken").count() == 0


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
    assert local_draft_count(editor) == 1


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


def test_preview_follows_the_form(open_editors: OpenEditors, team: factories.Team) -> None:
    editor = open_editors.open(team.writer)
    with editor.page.expect_popup() as popup:
        editor.page.locator("#desk-preview").click()
    preview = popup.value
    preview.locator("#b1").wait_for()
    editor.focus_cell(0, EN)
    editor.insert_text(" Followed.")
    editor.save()
    preview.get_by_text("First sentence. Followed.").wait_for()


def test_other_writers_change_appears_without_typing(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    factories.edit(brief, team.other_writer, headline_en="From elsewhere")
    editor.page.wait_for_timeout(7000)
    assert editor.page.locator("[name=headline_en]").input_value() == "From elsewhere"


def test_reviewer_signs_text_that_arrived_in_the_open_page(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    editor = Editor(chromium, live_server.url, team.reviewer)
    editor.brief(brief)
    factories.edit(brief, team.other_writer, headline_zh="後來的標題")
    editor.page.wait_for_timeout(7000)
    assert editor.page.locator("[name=headline_zh]").input_value() == "後來的標題"
    with editor.page.expect_navigation():
        editor.page.click("[formaction$='/sign_off_zh/']")
    editor.page.locator(".messagelist .success").wait_for()
    assert SignOff.objects.filter(brief=brief, side="zh", yes=True).exists()
    assert editor.unexpected_messages() == []
    editor.page.context.close()
