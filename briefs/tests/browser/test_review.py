"""Test the review page in a browser: keyboard shortcuts, sign-off of the shown text, and the live status bar."""

import re
from typing import Any

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Look, Note, SignOff, Suggestion

from ..support import factories
from ..support.browser_tabs import Tab, pytestmark, set_language, sync_api

__all__ = ["pytestmark"]


def test_reviewer_reviews_and_signs_brief_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.submitted_brief(team)
    factories.assign_reviewer(brief, "en", team.reviewer, by=team.writer)
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, "en"))
    page = tab.page
    page.click("text=Sign off the English")  # a task on the dashboard
    page.wait_for_url("**/change/?view=review")
    bar = page.locator("#review-bar")
    page.keyboard.press("f")  # marks the English headline: the reviewer is assigned the English
    page.locator("#review-bar >> text=1 of 5 pairs seen").wait_for()
    page.keyboard.press("n")
    page.keyboard.type("Too long.")
    page.keyboard.press("Control+Enter")
    page.locator("#summary .note >> text=Too long.").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.keyboard.press("Control+a")
    page.keyboard.type("A better point.")
    page.keyboard.press("Control+Enter")
    page.locator("#b1 .suggestion").wait_for()
    page.keyboard.press("?")
    assert page.locator("#review-keys").is_visible()
    assert tab.accessibility_violations() == []
    page.keyboard.press("Escape")
    assert Look.objects.filter(place="headline", side="en", person=team.reviewer).exists()
    assert (Note.objects.get().field, Note.objects.get().side) == ("summary", "en")
    assert Suggestion.objects.get().text == "A better point."
    # After a save by the writer, marking goes on but a sign-off of the old text is refused.
    factories.edit(brief, team.writer, headline_en="Another headline")
    page.locator("#b2").focus()
    page.keyboard.press("f")
    page.locator("#review-stale").wait_for()
    bar.locator("button:has-text('Sign off the English')").click()
    page.locator(".reasons").wait_for()
    assert not SignOff.objects.exists()
    assert "Another" in page.inner_text("#headline ins")
    bar.locator("button:has-text('Sign off the English')").click()
    page.wait_for_url("**/change/?view=review**")
    page.locator("#signoff-en .badge.good").wait_for()
    assert SignOff.objects.get().hash == workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).hash_side(
        "en"
    )
    page.set_viewport_size({"width": 320, "height": 800})
    assert tab.horizontal_overflow() <= 0
    assert [line for line in tab.console_messages if "409" not in line] == []


def test_keys_typed_into_an_opened_form_are_not_shortcuts(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "Which one?", by=team.writer, bullet=1, side="en")
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, "en"))
    page = tab.page
    page.goto(f"{live_server.url}/admin/briefs/brief/{brief.pk}/review/")
    for summary, field in (
        ("#b1 .acts[data-side=en] [data-key=n]", "#note-b1-en"),
        ("#b1 .acts[data-side=zh] [data-key=s]", "#suggest-b1-zh"),
        (f"#note-{note.pk} summary", f"#reply-{note.pk}"),
        ("#notes summary", "#note-brief-"),
    ):
        if row := re.match("#b1 .acts(.*?) ", summary):  # the acts of the side that has the focus
            page.focus(f"#b1 .cell{row[1]}")
        page.click(summary)
        sync_api.expect(page.locator(field)).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("fns")
        sync_api.expect(page.locator(field)).to_have_value("fns")
    page.locator("#b1 .cell[data-side=en] [data-form=note] button").focus()  # the button of an open form
    page.keyboard.press("s")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    sync_api.expect(page.locator("#cell-b1-en")).to_be_focused()
    sync_api.expect(page.locator("#note-b1-en")).to_be_hidden()
    sync_api.expect(page.locator("#suggest-b1-en")).to_be_hidden()
    assert tab.console_messages == []
    assert not Look.objects.exists()


def test_open_page_shows_a_sign_off_from_before_its_first_poll(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.submitted_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"))
    tab.page.route("**/pulse/", lambda route: route.abort())
    tab.open(f"/admin/briefs/brief/{brief.pk}/change/?view=write")
    factories.sign_off(brief, team.reviewer)
    tab.page.unroute("**/pulse/")
    tab.page.locator("#desk-bar .badges >> text=待核定").wait_for(timeout=15_000)


def test_status_bar_of_open_page_follows_changes_of_the_brief(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.submitted_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"))
    tab.open(f"/admin/briefs/brief/{brief.pk}/change/?view=write")
    page = tab.page
    assert page.inner_text("#desk-bar .badges") == "審稿中"
    factories.sign_off(brief, team.reviewer)  # by another person, outside this page
    page.locator("#desk-bar .badges >> text=待核定").wait_for(timeout=12_000)
    page.fill("[name=headline_zh]", "改過的標題")  # stored by the autosave
    page.locator("#desk-bar .badges >> text=審稿中").wait_for()
    page.locator("#signoff-zh >> text=簽核失效").wait_for()
    assert tab.console_messages == []


def test_ten_quick_presses_of_f_mark_ten_texts(chromium: Any, live_server: Any, team: factories.Team) -> None:
    brief = factories.submitted_brief(
        team, factories.content(bullets=tuple(Bullet(0, f"第{n}點。", f"Point {n}.") for n in range(1, 13)))
    )
    factories.assign_reviewer(brief, "en", team.reviewer, by=team.writer)
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, "en"))
    tab.brief(brief, "review")
    tab.page.locator("#cell-headline-en:focus").wait_for()
    for _ in range(10):
        tab.page.keyboard.press("f")
        tab.page.wait_for_timeout(100)
    tab.page.locator("#review-bar >> text=10 of 14 pairs seen").wait_for()
    assert Look.objects.filter(person=team.reviewer, side="en").count() == 10
    assert tab.page.evaluate("document.activeElement.id") == "cell-b9-en"
    assert tab.console_messages == []
