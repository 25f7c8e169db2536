"""No text is lost when it cannot be sent: refused, offline, signed out, in a crashed tab or a killed browser."""

import os
import re
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from briefs.models import Brief, State
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.sign_in_pages import PASSWORD, app_code, set_password

from .editor_driver import (
    EN,
    NETWORK_ERRORS,
    ORIGINAL,
    READY,
    ZH,
    OpenTab,
    stored_bullets,
    stored_texts,
)

pytestmark = browser_tabs.pytestmark
AUTOSAVE = "**/autosave/"


def test_typing_is_saved_in_pauses_and_what_is_refused_stays_on_the_page(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)
    page = tab.page
    tab.focus_cell(0, EN)
    with tab.hold(AUTOSAVE):
        with page.expect_request(AUTOSAVE):
            page.keyboard.type(" More.")
        tab.expect_local_drafts(1)
    tab.expect_state("saved")
    assert stored_bullets(brief)[0] == (1, "第一句。", "First sentence. More.")
    tab.expect_local_drafts(0)
    # A new row that is saved again stays one row, even if the answer to the first save is lost.
    tab.lose_answers()
    tab.focus_cell(2, ZH)
    tab.press("Enter")
    tab.type("第四")
    tab.expect_state("kept")
    tab.type("句")
    tab.find_network()
    tab.save()
    assert stored_bullets(brief)[3:] == [(4, "第四句", "")]
    # Signing in again in another tab has changed the token.
    tab.expected_messages += ("status of 403",)
    page.evaluate("document.querySelector('#brief-form [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    tab.type_in(3, EN, "Fourth.")
    tab.save()
    assert stored_texts(brief)[3] == ["第四句", "Fourth."]
    # A value that cannot be stored is explained beside its field; the rest is stored.
    tab.open_article()
    page.fill("[name=date]", "yesterday-ish")
    tab.type_in(0, EN, " Saved.")
    tab.expect_state("untaken")
    assert stored_bullets(brief)[0][2] == "First sentence. More. Saved."
    expect(page.locator("[name=date]")).to_have_value("yesterday-ish")
    expect(page.locator(".untaken")).to_have_count(1)
    assert tab.faults() == []
    page.fill("[name=date]", "2025-06-10")
    tab.save()
    expect(page.locator(".untaken")).to_have_count(0)
    # An act saves what was just typed.
    tab.type_in(1, EN, " Just typed.")
    tab.click_verb("submit")
    assert Brief.objects.get(pk=brief.pk).state == State.IN_REVIEW
    assert stored_bullets(brief)[1][2] == "Second sentence. Just typed."
    # Typed after the approval of somebody else: kept on the page, and not left without a question.
    tab.wait_until_ready()
    Brief.objects.filter(pk=brief.pk).update(state=State.APPROVED)
    tab.expected_messages += ("status of 409",)
    tab.type_in(0, ZH, "太晚了。")
    tab.expect_state("refused")
    expect(page.locator("#desk-banner")).to_be_visible()
    expect(tab.cell(0, ZH)).to_have_value("第一句。太晚了。")
    tab.expect_local_drafts(1)
    questions: list[str] = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    tab.open("/admin/")
    assert questions == ["beforeunload"]
    assert stored_bullets(brief)[0][1] == "第一句。"


def test_text_of_a_crashed_tab_is_offered_if_the_server_lacks_it(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    """With its time in the zone of the site."""
    tab = open_tab(team.writer, brief, timezone_id="America/New_York")
    tab.lose_network()
    began = timezone.localtime()
    tab.type_in(0, ZH, "還沒存的。")
    tab.focus_cell(2, EN)
    tab.press("Enter")
    tab.type("A new one.")
    tab.expect_local_drafts(1)
    tab.crash_tab()
    tab.brief(brief)
    banner = tab.expect_banner()
    times = (f"{moment:%H:%M}" for moment in (began, timezone.localtime()))
    expect(tab.page.locator("#desk-banner")).to_contain_text(re.compile("|".join(times)))
    tab.expect_texts(*ORIGINAL)
    banner.first.click()
    restored = [["第一句。還沒存的。", "First sentence."], *ORIGINAL[1:], ["", "A new one."]]
    tab.expect_texts(*restored)
    tab.expect_state("saved")
    assert stored_texts(brief) == restored
    tab.expect_local_drafts(0)
    # Discarded, it is deleted.
    tab.lose_network()
    tab.type_in(1, ZH, "不要了。")
    tab.expect_local_drafts(1)
    tab.crash_tab()
    tab.brief(brief)
    tab.expect_banner().nth(1).click()
    expect(tab.page.locator("#desk-banner")).to_be_hidden()
    tab.expect_local_drafts(0)
    tab.expect_texts(*restored)
    # What reached the server is not offered, though its answer was lost and somebody else went on.
    tab.lose_answers()
    tab.type_in(1, EN, " Arrived.")
    tab.expect_state("kept")
    tab.crash_tab()
    factories.edit(brief, team.other_writer, headline_en="Another headline")
    tab.brief(brief)
    tab.expect_state("saved")
    expect(tab.cell(1, EN)).to_have_value("Second sentence. Arrived.")
    expect(tab.page.locator("#desk-banner")).to_be_hidden()
    tab.expect_local_drafts(0)
    # A brief that was never sent is offered on the page of a new one.
    tab.new_brief()
    tab.lose_network()
    tab.page.locator("#headline_zh").focus()
    tab.type("從未送出的標題")
    tab.expect_local_drafts(1)
    tab.crash_tab()
    tab.new_brief()
    tab.expect_banner().first.click()
    tab.page.wait_for_url("**/change/**")
    tab.expect_state("saved")
    assert Brief.objects.latest("pk").headline_zh == "從未送出的標題"
    tab.expect_local_drafts(0)


def test_second_window_and_offline_work_lose_no_draft(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)
    expect(tab.page.locator("#desk-twice")).to_be_hidden()
    tab.lose_network()
    tab.type_in(0, ZH, "一頁。")
    tab.expect_local_drafts(1)
    second = tab.page.context.new_page()
    second.goto(tab.page.url)
    second.locator(READY).wait_for()
    expect(second.locator("#desk-banner")).to_be_hidden()
    expect(second.locator("#desk-twice")).to_contain_text("another window")
    tab.poll()
    expect(tab.page.locator("#desk-twice")).to_be_visible()
    second.fill("[name=text_en-b2]", "The other page.")
    second.keyboard.press("Control+s")
    second.locator("#desk-save[data-state=saved]").wait_for(state="attached")
    tab.expect_local_drafts(1)
    second.close()
    tab.poll()
    expect(tab.page.locator("#desk-twice")).to_be_hidden()
    tab.find_network()
    tab.focus_cell(0, ZH)
    tab.save()
    begun = [["第一句。一頁。", "First sentence."], ["第二句。", "The other page."], ORIGINAL[2]]
    assert stored_texts(brief) == begun
    # Offline, everything is kept, and saved once when online again.
    tab.page.context.set_offline(True)
    tab.type_in(0, ZH, "離線。")
    tab.expect_state("kept")
    expect(tab.page.locator("#desk-trouble")).to_contain_text("Nothing can be stored")
    tab.focus_cell(1, EN)
    tab.press("Enter")
    with tab.page.expect_event("requestfailed", lambda request: request.url.endswith("/autosave/")):
        tab.type("Written offline.")
    tab.expect_state("kept")
    tab.page.context.set_offline(False)
    tab.expect_state("saved")
    rows = [["第一句。一頁。離線。", "First sentence."], begun[1], ["", "Written offline."], begun[2]]
    assert stored_texts(brief) == rows
    tab.expect_texts(*rows)


def test_killed_browser_loses_nothing_typed_offline(
    chromium: Any, open_tab: OpenTab, team: factories.Team, brief: Brief, tmp_path: Path
) -> None:
    """The browser is killed without a warning, all its processes at once."""
    launch = partial(
        chromium.browser_type.launch_persistent_context,
        tmp_path,
        executable_path=str(browser_tabs.CHROMIUM),
        args=browser_tabs.CHROMIUM_ARGS,
    )
    browser = SimpleNamespace(new_context=launch)
    tab = open_tab(team.writer, brief, browser=browser)
    tab.expected_messages = NETWORK_ERRORS
    tab.page.context.set_offline(True)
    tab.type_in(0, ZH, "斷線時寫的。")
    tab.expect_local_drafts(1)
    for process in find_processes(str(tmp_path)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    with suppress(browser_tabs.sync_api.Error):
        tab.page.context.close()
    tab = open_tab(team.writer, brief, browser=browser)
    tab.expect_banner().first.click()
    expect(tab.cell(0, ZH)).to_have_value("第一句。斷線時寫的。")
    tab.page.context.close()


def find_processes(argument: str) -> list[int]:
    """Return the processes whose command line contains the text."""
    lines = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [
        pid for pid, path in lines.items() if pid != os.getpid() and argument.encode() in path.read_bytes()
    ]


def test_signed_out_writer_signs_in_beside_the_page_and_the_text_is_saved(
    open_tab: OpenTab, team: factories.Team, brief: Brief, settings: Any
) -> None:
    set_password(team.writer)
    tab = open_tab(team.writer, brief)
    secret = generate_totp_secret()
    TOTP.activate(team.writer, secret)
    settings.DIGEST_REQUIRE_MFA = True
    tab.page.context.clear_cookies(name="sessionid")
    tab.type_in(0, ZH, "登出時寫的。")
    tab.expect_state("signin")
    panel = tab.page.locator("#desk-sign-in")
    expect(panel).to_be_visible()
    tab.expect_cursor(0, ZH)  # the panel takes no focus
    assert tab.faults() == []
    with tab.page.expect_popup() as popup:
        panel.locator("button").click()
    window = popup.value
    window.fill("[name=login]", team.writer.username)
    window.fill("[name=password]", PASSWORD)
    window.click("button.first")
    window.wait_for_url("**/login/code/")
    window.fill("[name=code]", app_code(secret))
    with window.expect_event("close"):
        window.click("form .btn.first")
    tab.expect_state("saved")
    expect(panel).to_be_hidden()
    assert stored_bullets(brief)[0][1] == "第一句。登出時寫的。"
    # Nothing is saved in the name of somebody else.
    settings.DIGEST_REQUIRE_MFA = False
    other, context = open_tab(team.other_writer), tab.page.context
    context.clear_cookies(name="csrftoken")
    context.add_cookies([c for c in other.page.context.cookies() if c["name"] == "sessionid"])
    tab.expected_messages += ("status of 403",)
    tab.type_in(0, ZH, "我的。")
    expect(tab.page.locator(".toast")).to_contain_text("other-writer is signed in now")
    tab.expect_state("signin")
    expect(tab.cell(0, ZH)).to_have_value("第一句。登出時寫的。我的。")
    assert stored_bullets(brief)[0][1] == "第一句。登出時寫的。"
