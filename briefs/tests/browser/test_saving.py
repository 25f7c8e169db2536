"""No acknowledged character is lost: two people, a killed tab, no network, no session, no token."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from briefs.models import Brief, Revision, SignOff

from ..support import browser_tabs, factories
from ..support.editor_driver import EN, ZH, Editor, bullets, stored_bullets, stored_texts

pytestmark = browser_tabs.pytestmark
THREE = (("第一句。", "First sentence."), ("第二句。", "Second sentence."), ("第三句", "Third"))


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    return factories.draft_brief(team, factories.content(bullets=bullets(*THREE)))


class Room:
    """Editors on one brief; at the end every one's console was silent."""

    def __init__(self, chromium: Any, site: str, brief: Brief) -> None:
        self.chromium, self.site, self.brief = chromium, site, brief
        self.editors: list[Editor] = []

    def enter(self, person: Any) -> Editor:
        editor = Editor(self.chromium, self.site, person)
        editor.brief(self.brief)
        self.editors.append(editor)
        return editor


@pytest.fixture
def room(chromium: Any, live_server: Any, brief: Brief) -> Iterator[Room]:
    room = Room(chromium, live_server.url, brief)
    yield room
    for editor in room.editors:
        assert editor.unexpected_messages() == []
        editor.page.context.close()


def test_a_pause_saves_and_what_is_saved_is_in_no_other_store(
    room: Room, team: factories.Team, brief: Brief
) -> None:
    mine = room.enter(team.writer)
    mine.focus_cell(0, EN)
    mine.page.keyboard.type(" More.")
    assert mine.state() == "unsaved"
    assert kept(mine) == 1
    mine.wait_for_state("saved")
    assert stored_bullets(brief)[0] == (1, "第一句。", "First sentence. More.")
    assert kept(mine) == 0
    assert Revision.objects.filter(brief=brief).count() == 2
    mine.press("Backspace", "Backspace")
    mine.page.keyboard.type("e.")
    mine.page.wait_for_timeout(2200)
    assert Revision.objects.filter(brief=brief).count() == 2


def kept(editor: Editor) -> int:
    return int(editor.page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('desk:')).length"))


def test_a_new_bullet_keeps_its_row_over_many_saves(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    mine.focus_cell(2, ZH)
    mine.press("Enter")
    mine.insert_text("第四")
    mine.save()
    mine.insert_text("句")
    mine.save()
    assert stored_bullets(brief)[3] == (4, "第四句", "")
    mine.page.reload()
    mine.wait_until_ready()
    assert mine.bullet_texts()[3] == ["第四句", ""]


def test_different_bullets_merge_and_appear(room: Room, team: factories.Team, brief: Brief) -> None:
    mine, theirs = room.enter(team.writer), room.enter(team.other_writer)
    theirs.focus_cell(2, EN)
    theirs.insert_text(" of three.")
    theirs.save()
    mine.focus_cell(0, ZH)
    mine.insert_text("我的。")
    mine.save()
    assert stored_texts(brief) == [
        ["第一句。我的。", "First sentence."],
        list(THREE[1]),
        ["第三句", "Third of three."],
    ]
    assert mine.bullet_texts()[2][1] == "Third of three."
    assert mine.cursor_position() == ["Bullet 1", "zh", 7]
    theirs.page.locator("#b1 textarea >> nth=0").and_(theirs.page.locator("[name=text_zh-b1]")).wait_for()
    theirs.page.wait_for_timeout(6000)
    assert theirs.bullet_texts()[0][0] == "第一句。我的。"
    mine.press("Control+z")  # no undo takes theirs away
    assert mine.bullet_texts() == [list(THREE[0]), list(THREE[1]), ["第三句", "Third of three."]]


def test_structure_and_text_merge(room: Room, team: factories.Team, brief: Brief) -> None:
    mine, theirs = room.enter(team.writer), room.enter(team.other_writer)
    theirs.focus_cell(2, ZH)
    theirs.press("Alt+Shift+ArrowUp", "Alt+Shift+ArrowRight")
    theirs.save()
    mine.focus_cell(2, EN)
    mine.insert_text(" point.")
    mine.save()
    assert stored_texts(brief) == [list(THREE[0]), ["第三句", "Third point."], list(THREE[1])]
    assert mine.bullet_texts() == stored_texts(brief)
    assert mine.bullet_levels()[1] == ["1", "1"]


def test_the_same_bullet_is_a_clash_to_settle(room: Room, team: factories.Team, brief: Brief) -> None:
    mine, theirs = room.enter(team.writer), room.enter(team.other_writer)
    theirs.cell(1, ZH).fill("他們的。")
    theirs.press("Control+s")
    theirs.wait_for_state("saved")
    mine.cell(1, ZH).fill("我的。")
    mine.press("Control+s")
    mine.wait_for_state("clash")
    assert mine.bullet_texts()[1][0] == "我的。"
    assert stored_bullets(brief)[1][1] == "他們的。"
    mine.page.locator("#desk-save button").click()  # from wherever one writes, to where it is decided
    mine.page.locator("#desk-banner button:focus").press("Enter")
    mine.page.locator(".clashes").wait_for()
    assert mine.accessibility_faults() == []
    assert "我的。" in mine.page.locator(".clashes").inner_text()
    mine.page.locator(".clashes [name=take-b2-zh][value=mine]").check()
    mine.page.locator(".clashes .first").click()
    mine.page.locator(".messagelist .success").wait_for()
    assert stored_bullets(brief)[1][1] == "我的。"
    mine.wait_until_ready()
    assert mine.page.locator("#desk-banner").is_hidden()
    assert kept(mine) == 0


def test_who_else_is_here_is_seen_within_ten_seconds(room: Room, team: factories.Team) -> None:
    mine, theirs = room.enter(team.writer), room.enter(team.other_writer)
    mine.page.locator("#desk-who .face").wait_for(timeout=10_000)
    assert mine.page.locator("#desk-who").get_attribute("title") == "Also here: other-writer"
    theirs.page.goto("about:blank")
    mine.page.locator("#desk-who .face").wait_for(state="detached", timeout=14_000)


def test_a_killed_tab_gives_its_words_back(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    mine.focus_cell(0, ZH)
    mine.insert_text("還沒存的。")
    mine.focus_cell(2, EN)
    mine.press("Enter")
    mine.insert_text("A new one.")
    killed(mine)
    mine.brief(brief)
    banner = mine.page.locator("#desk-banner")
    banner.wait_for()
    assert mine.bullet_texts() == [list(pair) for pair in THREE]
    banner.locator("button").first.click()
    whole = [["第一句。還沒存的。", "First sentence."], *map(list, THREE[1:]), ["", "A new one."]]
    assert mine.bullet_texts() == whole
    mine.wait_for_state("saved")
    assert stored_texts(brief) == whole
    assert kept(mine) == 0


def killed(editor: Editor) -> None:
    """Its process dies; the next page of the same browser takes its place."""
    context = editor.page.context
    with contextlib.suppress(browser_tabs.sync_api.Error):
        editor.page.goto("chrome://crash")
    editor.page.close()
    editor.page = context.new_page()
    editor.page.on("console", lambda m: editor.console_messages.append(m.text) if m.type == "error" else None)


def test_words_that_arrived_without_an_answer_are_not_offered(
    room: Room, team: factories.Team, brief: Brief
) -> None:
    mine = room.enter(team.writer)

    def swallow(route: Any) -> None:
        route.fetch()
        route.abort()

    mine.page.route("**/autosave/", swallow)
    mine.focus_cell(2, EN)
    mine.press("Enter")
    mine.insert_text("A new one.")
    mine.wait_for_state("kept")
    killed(mine)
    mine.brief(brief)
    mine.wait_for_state("saved")
    assert mine.bullet_texts()[3] == ["", "A new one."]
    assert mine.page.locator("#desk-banner").is_hidden()
    assert kept(mine) == 0


def test_discarded_words_are_gone(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    mine.focus_cell(0, ZH)
    mine.insert_text("不要了。")
    killed(mine)
    mine.brief(brief)
    mine.page.locator("#desk-banner button").nth(1).click()
    assert kept(mine) == 0
    assert mine.bullet_texts() == [list(pair) for pair in THREE]
    assert Revision.objects.filter(brief=brief).count() == 1


def test_a_new_brief_that_was_never_sent_is_brought_back(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    editor = Editor(chromium, live_server.url, team.writer)
    address = f"{live_server.url}/admin/briefs/brief/add/"
    editor.page.goto(address)
    editor.wait_until_ready()
    editor.page.locator("[name=headline_zh]").focus()
    editor.insert_text("從未送出的標題")
    killed(editor)
    editor.page.goto(address)
    editor.wait_until_ready()
    editor.page.locator("#desk-banner button").first.click()
    editor.wait_for_state("saved")
    assert Brief.objects.get().headline_zh == "從未送出的標題"
    assert kept(editor) == 0
    editor.page.context.close()


def test_a_second_tab_of_the_same_person_takes_nothing_away(
    room: Room, team: factories.Team, brief: Brief
) -> None:
    mine = room.enter(team.writer)
    mine.page.route("**/autosave/", lambda route: route.abort())
    mine.focus_cell(0, ZH)
    mine.insert_text("一頁。")
    other = mine.page.context.new_page()
    other.goto(mine.page.url)
    other.locator("html.desk-js").wait_for()
    other.wait_for_timeout(300)
    assert other.locator("#desk-banner").is_hidden()  # its tab is still open
    other.locator("[name=text_en-b2]").fill("The other page.")
    other.keyboard.press("Control+s")
    other.locator("#desk-save[data-state=saved]").wait_for()
    assert kept(mine) == 1
    mine.page.unroute("**/autosave/")
    mine.save()
    assert stored_bullets(brief)[:2] == [(1, "第一句。一頁。", "First sentence."), (2, "第二句。", "The other page.")]


def test_a_minute_without_a_network(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    mine.page.context.set_offline(True)
    mine.focus_cell(0, ZH)
    mine.insert_text("離線。")
    mine.wait_for_state("kept")
    mine.focus_cell(1, EN)
    mine.press("Enter")
    mine.insert_text("Written offline.")
    mine.page.wait_for_timeout(6000)
    assert mine.state() == "kept"
    mine.page.context.set_offline(False)
    mine.wait_for_state("saved")
    texts = stored_texts(brief)
    assert texts[0][0] == "第一句。離線。"
    assert texts[2] == ["", "Written offline."]
    assert len(texts) == 4


def test_a_lost_answer_doubles_no_row(room: Room, team: factories.Team, brief: Brief) -> None:
    """The server stored it; the page never heard."""
    mine = room.enter(team.writer)

    def swallow(route: Any) -> None:
        route.fetch()
        route.abort()

    mine.page.route("**/autosave/", swallow)
    mine.focus_cell(2, ZH)
    mine.press("Enter")
    mine.insert_text("新的")
    mine.wait_for_state("kept")
    mine.insert_text("一點")
    mine.page.unroute("**/autosave/")
    mine.save()
    assert [zh for _, zh, _ in stored_bullets(brief)] == ["第一句。", "第二句。", "第三句", "新的一點"]


def test_signed_out_and_in_again(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    context = mine.page.context
    session = [cookie for cookie in context.cookies() if cookie["name"] == "sessionid"]
    context.clear_cookies(name="sessionid")
    mine.focus_cell(0, ZH)
    mine.insert_text("登出時寫的。")
    mine.wait_for_state("signin")
    assert mine.bullet_texts()[0][0] == "第一句。登出時寫的。"
    context.add_cookies(session)
    mine.wait_for_state("saved", timeout=15_000)
    assert stored_bullets(brief)[0][1] == "第一句。登出時寫的。"


def test_a_token_that_is_no_longer_good_is_replaced(room: Room, team: factories.Team, brief: Brief) -> None:
    """As when signing in again in another tab has rotated it."""
    mine = room.enter(team.writer)
    mine.page.evaluate(
        "document.querySelector('#brief-form [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)"
    )
    mine.focus_cell(0, ZH)
    mine.insert_text("令牌。")
    mine.wait_for_state("saved")
    assert stored_bullets(brief)[0][1] == "第一句。令牌。"


def test_what_cannot_be_taken_is_said_beside_its_field_and_the_rest_is_saved(
    room: Room, team: factories.Team, brief: Brief
) -> None:
    mine = room.enter(team.writer)
    mine.page.locator("[name=date]").fill("yesterday-ish")
    mine.focus_cell(0, EN)
    mine.insert_text(" Saved.")
    mine.wait_for_state("untaken")
    assert stored_bullets(brief)[0][2] == "First sentence. Saved."
    assert mine.page.locator("[name=date]").input_value() == "yesterday-ish"
    assert mine.page.locator(".untaken").inner_text()
    assert mine.accessibility_faults() == []
    mine.page.locator("[name=date]").fill("2025-06-10")
    mine.save()
    assert mine.page.locator(".untaken").count() == 0


def test_approved_meanwhile_nothing_is_stored_and_the_words_stay(
    room: Room, team: factories.Team, brief: Brief
) -> None:
    mine = room.enter(team.writer)
    Brief.objects.filter(pk=brief.pk).update(state="approved")
    mine.focus_cell(0, ZH)
    mine.insert_text("太晚了。")
    mine.wait_for_state("refused")
    assert mine.bullet_texts()[0][0] == "第一句。太晚了。"
    assert mine.page.locator("#desk-banner").inner_text()
    assert kept(mine) == 1


def test_a_verb_takes_the_words_along(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    mine.focus_cell(0, EN)
    mine.insert_text(" Just typed.")
    with mine.page.expect_navigation():
        mine.page.click("[formaction$='/submit/']")
    mine.page.wait_for_load_state("networkidle")
    assert Brief.objects.get(pk=brief.pk).state == "in_review"
    assert stored_bullets(brief)[0][2] == "First sentence. Just typed."


def test_unsaved_words_are_not_left_without_asking(room: Room, team: factories.Team) -> None:
    mine = room.enter(team.writer)
    asked: list[str] = []
    mine.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    mine.page.route("**/autosave/", lambda route: route.abort())
    mine.focus_cell(0, EN)
    mine.page.keyboard.type("x")
    mine.page.goto(f"{room.site}/admin/")
    assert asked == ["beforeunload"]


def test_the_preview_follows_the_form(room: Room, team: factories.Team) -> None:
    mine = room.enter(team.writer)
    with mine.page.expect_popup() as popup:
        mine.page.locator("#desk-preview").click()
    beside = popup.value
    beside.locator("#b1").wait_for()
    mine.focus_cell(0, EN)
    mine.insert_text(" Followed.")
    mine.save()
    beside.get_by_text("First sentence. Followed.").wait_for()


def test_others_words_come_in_without_a_key(room: Room, team: factories.Team, brief: Brief) -> None:
    mine = room.enter(team.writer)
    factories.edit(brief, team.other_writer, headline_en="From elsewhere")
    mine.page.wait_for_timeout(7000)
    assert mine.page.locator("[name=headline_en]").input_value() == "From elsewhere"


def test_what_came_in_was_seen_when_it_is_signed(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    mine = Editor(chromium, live_server.url, team.reviewer)
    mine.brief(brief)
    factories.edit(brief, team.other_writer, headline_zh="後來的標題")
    mine.page.wait_for_timeout(7000)
    assert mine.page.locator("[name=headline_zh]").input_value() == "後來的標題"
    with mine.page.expect_navigation():
        mine.page.click("[formaction$='/sign_off_zh/']")
    mine.page.locator(".messagelist .success").wait_for()
    assert SignOff.objects.filter(brief=brief, side="zh", yes=True).exists()
    assert mine.unexpected_messages() == []
    mine.page.context.close()
