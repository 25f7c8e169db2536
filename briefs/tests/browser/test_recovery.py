"""Test what an editor says after a closed tab, an expired session, and beside other windows and people."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.signals import request_finished, request_started

from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories, scale
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.sign_in_pages import PASSWORD, app_code, set_password

from .editor_driver import EN, ZH, Editor, bullets, stored_bullets

pytestmark = browser_tabs.pytestmark
THREE_BULLETS = (("第一句。", "First sentence."), ("第二句。", "Second sentence."), ("第三句", "Third"))
SEQUENCES = scale(12)
WRITTEN = """() => {
  const form = document.getElementById("brief-form");
  const rows = [...form.querySelectorAll(".rows > :is(.pair, .name-row):not(.is-deleted)")]
    .map((row) => [...row.querySelectorAll("textarea, input:not([type=hidden])")].map((field) => field.value.trim()));
  const facts = ["headline_zh", "headline_en", "summary_zh", "summary_en", "title", "url", "date"];
  return JSON.stringify([facts.map((name) => form.elements[name].value.trim()), rows.filter((row) => row.join(""))]);
}"""
"""Read everything that is written on the page. Rows in which nothing is written do not count."""


RUNNING: set[int] = set()
"""Threads of the server that answer a request."""


@pytest.fixture(autouse=True)
def running_requests() -> Iterator[None]:
    def begin(**_: object) -> None:
        RUNNING.add(threading.get_ident())

    def end(**_: object) -> None:
        RUNNING.discard(threading.get_ident())

    request_started.connect(begin)
    request_finished.connect(end)
    yield
    request_started.disconnect(begin)
    request_finished.disconnect(end)
    RUNNING.clear()


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    return factories.draft_brief(team, factories.content(bullets=bullets(*THREE_BULLETS)))


class Session:
    """A browser in which one person edits, closes and reopens a brief."""

    def __init__(self, editor: Editor, brief: Brief, seed: int) -> None:
        self.editor, self.brief = editor, brief
        self.random = random.Random(seed)

    def act(self) -> str:
        name = self.random.choice(
            [
                "type",
                "type",
                "title",
                "author row",
                "keyword row",
                "bullet row",
                "author",
                "save",
                "wait",
                "undo",
            ]
        )
        page = self.editor.page
        if name == "type":
            rows = page.locator(".rows[data-group=bullet] > .pair:not(.is-next)").count()
            self.editor.focus_cell(self.random.randrange(rows), self.random.choice([ZH, EN]))
            self.editor.insert_text(self.random.choice(["。", "更多", " More", "甲"]))
        elif name == "title":
            page.fill("[name=title]", f"A title {self.random.randrange(9)}")
        elif name in ("author row", "keyword row"):
            page.click(f"button[value='add:{name.split()[0]}']")
        elif name == "bullet row":
            self.editor.focus_cell(0, ZH)
            self.editor.press("Control+Enter")
        elif name == "author":
            page.locator("[data-group=author] [name^=name-]").last.fill("林 宗弘")
            page.locator("[role=option]:visible").first.wait_for()
            page.keyboard.press("Escape")
        elif name == "save":
            self.editor.press("Control+s")
        elif name == "wait":
            self.editor.wait_for_answer()
        else:
            self.editor.focus_cell(0, ZH)
            self.editor.press("Control+z")
        return name

    def close(self, *, way: str) -> None:
        """Close the tab: as people do, with the last answer lost, or with the connection lost before.

        Not while a save is under way: what was undone after it was sent is stored if the next save never comes.
        """
        page, context = self.editor.page, self.editor.page.context
        self._wait_until_server_rests()
        if way == "answer lost":
            self.editor.lose_saved_responses()
            self.editor.press("Control+s")
            self.editor.wait_for_answer()
        elif way == "offline":
            page.route("**/autosave/", lambda route: route.abort())
        self.editor.page = context.new_page()
        self.editor.open("/robots.txt")
        page.close()
        self.editor.page.wait_for_function("async () => !(await navigator.locks.query()).held.length")
        self._wait_until_server_rests()

    def _wait_until_server_rests(self) -> None:
        """Wait until no request has run for 300 ms: what a closed tab sent last may still be stored, and nothing shows it."""
        quiet = 0
        while quiet < 3:
            self.editor.page.wait_for_timeout(100)
            quiet = 0 if RUNNING else quiet + 1

    def reopen(self) -> None:
        self.editor.brief(self.brief)
        self.editor.open_article()

    @property
    def banner(self) -> Any:
        return self.editor.page.locator("#desk-banner:has-text('were not saved')")

    def answer_banner(self) -> None:
        self.banner.locator("button").nth(self.random.choice([0, 1])).click()
        self.editor.press("Control+s")
        self.editor.wait_for_answer()


def run_sequences(
    chromium: Any, site: str, team: factories.Team, brief: Brief, count: int, seed: int
) -> None:
    editor = Editor(chromium, site, team.writer)
    session = Session(editor, brief, seed)
    shown = 0
    session.reopen()
    for sequence in range(count):
        names = [session.act() for _ in range(session.random.randrange(1, 6))]
        way = session.random.choice(["closed", "closed", "answer lost", "offline"])
        if way == "answer lost":
            editor.focus_cell(0, ZH)
        written = editor.page.evaluate(WRITTEN)
        session.close(way=way)
        session.reopen()
        unsaved = editor.page.evaluate(WRITTEN) != written
        told = session.banner.is_visible()
        assert told == unsaved, (seed, sequence, names, way, written, editor.page.evaluate(WRITTEN))
        shown += told
        if told:
            session.answer_banner()
    assert 0 < shown < count
    editor.page.context.close()


def test_banner_appears_exactly_when_something_written_is_not_on_the_server(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief
) -> None:
    run_sequences(chromium, live_server.url, team, brief, SEQUENCES, seed=1)


@pytest.mark.parametrize("group", ["author", "keyword"])
def test_empty_row_added_before_closing_is_nothing_unsaved(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief, group: str
) -> None:
    editor = Editor(chromium, live_server.url, team.writer)
    session = Session(editor, brief, 0)
    session.reopen()
    editor.page.click(f"button[value='add:{group}']")
    assert editor.state() == "saved"
    session.close(way="closed")
    session.reopen()
    expect(session.banner).to_be_hidden()
    editor.page.context.close()


def test_stored_text_is_not_offered_after_somebody_else_went_on(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief
) -> None:
    """The page differs from what the tab left, but the server has all of it: only the answer was lost."""
    editor = Editor(chromium, live_server.url, team.writer)
    session = Session(editor, brief, 0)
    session.reopen()
    editor.focus_cell(0, ZH)
    editor.insert_text("我的。")
    editor.page.fill("[name=date]", "2025/6/10")
    editor.focus_cell(0, ZH)
    session.close(way="answer lost")
    factories.edit(brief, team.other_writer, headline_en="Another headline")
    session.reopen()
    assert editor.bullet_texts()[0][0] == "第一句。我的。"
    expect(session.banner).to_be_hidden()
    editor.page.context.close()


@pytest.mark.parametrize("has_app", [False, True])
def test_signed_out_writer_signs_in_beside_the_page_and_the_text_is_saved(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief, settings: Any, *, has_app: bool
) -> None:
    set_password(team.writer)
    editor = Editor(chromium, live_server.url, team.writer)
    editor.brief(brief)
    secret = generate_totp_secret()
    if has_app:
        TOTP.activate(team.writer, secret)
        settings.DIGEST_REQUIRE_MFA = True
    editor.page.context.clear_cookies(name="sessionid")
    editor.focus_cell(0, ZH)
    editor.insert_text("登出時寫的。")
    panel = editor.page.locator("#desk-sign-in")
    panel.wait_for()
    assert editor.cursor_position()[:2] == ["Bullet 1", "zh"], "the panel takes no focus"
    assert editor.accessibility_violations() == []
    with editor.page.expect_popup() as popup:
        panel.locator("button").click()
    window = popup.value
    window.fill("[name=login]", team.writer.username)
    window.fill("[name=password]", PASSWORD)
    if has_app:
        window.click("button.first")
        window.wait_for_url("**/login/code/")
        window.fill("[name=code]", app_code(secret))
    with window.expect_event("close"):
        window.click("form .btn.first")
    editor.wait_for_state("saved")
    panel.wait_for(state="hidden")
    assert stored_bullets(brief)[0][1] == "第一句。登出時寫的。"
    editor.page.context.close()


def test_text_is_not_saved_in_the_name_of_somebody_else(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief
) -> None:
    editor = Editor(chromium, live_server.url, team.writer)
    editor.brief(brief)
    other = Editor(chromium, live_server.url, team.other_writer)
    theirs = [cookie for cookie in other.page.context.cookies() if cookie["name"] == "sessionid"]
    other.page.context.close()
    editor.page.context.clear_cookies(name="csrftoken")
    editor.page.context.add_cookies(theirs)
    editor.focus_cell(0, ZH)
    editor.insert_text("我的。")
    editor.page.locator(".toast:has-text('other-writer is signed in now')").wait_for()
    assert editor.state() == "signin"
    assert stored_bullets(brief)[0][1] == "第一句。"
    editor.page.context.close()


def test_same_brief_in_two_windows_says_so(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief
) -> None:
    editor = Editor(chromium, live_server.url, team.writer)
    editor.brief(brief)
    notice = editor.page.locator("#desk-twice")
    expect(notice).to_be_hidden()
    second = editor.page.context.new_page()
    second.goto(editor.page.url)
    second.locator("#desk-twice:has-text('another window')").wait_for()
    editor.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    notice.wait_for()
    second.close()
    notice.wait_for(state="hidden")
    editor.page.context.close()


def test_other_writer_is_shown_beside_their_row(
    chromium: Any, live_server: Any, team: factories.Team, brief: Brief
) -> None:
    editor, other = (Editor(chromium, live_server.url, who) for who in (team.writer, team.other_writer))
    for each in (editor, other):
        each.brief(brief)
    other.focus_cell(1, EN)
    editor.page.locator("#b2 .here").wait_for()
    assert editor.page.locator("#b2 .here").get_attribute("title") == "other-writer is in Bullet 2"
    assert editor.accessibility_violations() == []
    other.page.goto("about:blank")
    editor.page.locator("#b2 .here").wait_for(state="detached")
    for each in (editor, other):
        each.page.context.close()
