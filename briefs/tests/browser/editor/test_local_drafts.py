"""Test that no text is lost when it cannot be sent: crashed tabs, and lost network, session or CSRF token."""

import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from briefs.models import Brief, Revision
from briefs.tests.browser.editor_driver import (
    EN,
    READY,
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


def test_text_of_crashed_tab_is_restored(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.page.route("**/autosave/", lambda route: route.abort())  # leaving a row saves it
    editor.focus_cell(0, ZH)
    editor.insert_text("還沒存的。")
    editor.focus_cell(2, EN)
    editor.press("Enter")
    editor.insert_text("A new one.")
    editor.crash_tab()
    editor.brief(brief)
    banner = editor.page.locator("#desk-banner")
    banner.wait_for()
    assert editor.bullet_texts() == [list(pair) for pair in THREE_BULLETS]
    banner.locator("button").first.click()
    restored = [["第一句。還沒存的。", "First sentence."], *map(list, THREE_BULLETS[1:]), ["", "A new one."]]
    assert editor.bullet_texts() == restored
    editor.wait_for_state("saved")
    assert stored_texts(brief) == restored
    assert editor.local_draft_count() == 0


MOVE_TO_LOCAL_STORAGE = """() => new Promise((done) => {
  const opening = indexedDB.open("desk", 1);
  opening.onsuccess = () => {
    const store = opening.result.transaction("drafts", "readwrite").objectStore("drafts");
    store.getAll().onsuccess = ({ target }) => {
      for (const { slot, ...words } of target.result) localStorage.setItem(`desk:${slot}`, JSON.stringify(words));
      store.clear().onsuccess = () => done(target.result.length);
    };
  };
})"""


def test_text_kept_by_the_version_before_is_restored(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.page.route("**/autosave/", lambda route: route.abort())
    editor.focus_cell(0, ZH)
    editor.insert_text("還沒存的。")
    editor.focus_cell(2, EN)
    assert editor.local_draft_count() == 1
    assert editor.page.evaluate(MOVE_TO_LOCAL_STORAGE) == 1
    editor.crash_tab()
    editor.brief(brief)
    editor.page.locator("#desk-banner button").first.click()
    assert editor.bullet_texts()[0][0] == "第一句。還沒存的。"
    assert (
        editor.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('desk:')).length") == 0
    )


def test_killed_browser_loses_nothing_typed_offline(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief, tmp_path: Path
) -> None:
    """The browser is killed without a warning, all its processes at once."""
    launch = partial(
        chromium.browser_type.launch_persistent_context,
        tmp_path,
        executable_path=str(browser_tabs.CHROMIUM),
        args=browser_tabs.CHROMIUM_ARGS,
    )
    editor = Editor(SimpleNamespace(new_context=launch), live_server.url, team.writer)
    editor.brief(brief)
    editor.page.context.set_offline(True)
    editor.focus_cell(0, ZH)
    editor.insert_text("斷線時寫的。")
    assert editor.local_draft_count() == 1
    for process in find_processes(str(tmp_path)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    with suppress(browser_tabs.sync_api.Error):
        editor.page.context.close()
    editor = Editor(SimpleNamespace(new_context=launch), live_server.url, team.writer)
    editor.brief(brief)
    editor.page.locator("#desk-banner button").first.click()
    assert editor.bullet_texts()[0][0] == "第一句。斷線時寫的。"
    editor.page.context.close()


def find_processes(argument: str) -> list[int]:
    """Return the processes whose command line contains the text."""
    lines = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [
        pid for pid, path in lines.items() if pid != os.getpid() and argument.encode() in path.read_bytes()
    ]


def test_draft_that_reached_the_server_is_not_offered_again(
    open_editors: OpenEditors, team: factories.Team, brief: Brief
) -> None:
    editor = open_editors.open(team.writer)
    editor.lose_saved_responses()
    editor.focus_cell(2, EN)
    editor.press("Enter")
    editor.insert_text("A new one.")
    editor.wait_for_state("kept")
    editor.crash_tab()
    editor.brief(brief)
    editor.wait_for_state("saved")
    assert editor.bullet_texts()[3] == ["", "A new one."]
    expect(editor.page.locator("#desk-banner")).to_be_hidden()
    assert editor.local_draft_count() == 0


def test_discarded_draft_is_deleted(open_editors: OpenEditors, team: factories.Team, brief: Brief) -> None:
    editor = open_editors.open(team.writer)
    editor.focus_cell(0, ZH)
    editor.insert_text("不要了。")
    editor.crash_tab()
    editor.brief(brief)
    editor.page.locator("#desk-banner button").nth(1).click()
    assert editor.local_draft_count() == 0
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
    editor.crash_tab()
    editor.page.goto(address)
    editor.wait_until_ready()
    editor.page.locator("#desk-banner button").first.click()
    editor.wait_for_state("saved")
    assert Brief.objects.get().headline_zh == "從未送出的標題"
    assert editor.local_draft_count() == 0
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
    second_tab.locator(READY).wait_for()
    expect(second_tab.locator("#desk-banner")).to_be_hidden()  # the tab with the draft is still open
    second_tab.locator("[name=text_en-b2]").fill("The other page.")
    second_tab.keyboard.press("Control+s")
    second_tab.locator("#desk-save[data-state=saved]").wait_for()
    assert editor.local_draft_count() == 1
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
    with editor.page.expect_event("requestfailed", lambda request: request.url.endswith("/autosave/")):
        editor.insert_text("Written offline.")
    editor.wait_for_state("kept")
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
    editor.lose_saved_responses()
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
    editor.wait_for_state("saved")
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
