"""Review a brief in a browser: shortcut keys, sign-off of the shown text, and what others do meanwhile."""

import re

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Note, SignOff, Suggestion
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark
from briefs.tests.support.factories import load_content
from briefs.workflow.review_comments import TextAnchor

from .editor_driver import OpenTab

__all__ = ["pytestmark"]
ACTS = (".same .show >> nth=0", ".answer-head .btn >> nth=0", "#notes summary")
"""One act of each part below the texts."""
IS_SHOWN = "part => part.checkVisibility({ opacityProperty: true })"
ROWS_SHOWN = "() => [...document.querySelectorAll('.review .pair')].filter((row) => row.checkVisibility()).map((row) => row.id)"


def test_reviewer_reviews_and_signs_by_keyboard(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    factories.assign_reviewer(brief, "en", team.reviewer, by=team.writer)
    note = workflow.reviewing.add_note(brief, "Which one?", by=team.writer, bullet=1, side="en")
    tab = open_tab(team.reviewer, "/admin/")
    tab.expected_messages = ("status of 409",)
    page = tab.page
    page.click(f".waiting a[href*='/brief/{brief.pk}/']")
    page.wait_for_url("**/change/?view=review")
    tab.expect_focus("#cell-headline-en")  # the language that is asked of this reviewer
    tab.press("j", "k", "ArrowDown")
    tab.expect_focus("#cell-summary-en")
    tab.press("n")
    tab.expect_focus("#note-summary-en")
    page.keyboard.type("Too long, j and k.")  # no letter is a shortcut in an open form
    tab.press("Control+Enter")
    expect(page.locator("#summary .note")).to_contain_text("Too long, j and k.")
    page.locator("#summary .cell[data-side=en]").focus()
    tab.press("j", "s")
    tab.expect_focus("#suggest-b1-en")
    tab.press("Control+a")
    page.keyboard.type("A better point.")
    tab.press("Control+Enter")
    expect(page.locator("#b1 .suggestion")).to_be_attached()
    for key, field in (("z", "#cell-b1-zh"), ("e", "#cell-b1-en")):
        page.locator("#b1 .cell[data-side=en]").focus()
        tab.press(key)
        tab.expect_focus(field)
    tab.press("?")
    expect(page.locator("#keys-sheet")).to_be_visible()
    assert tab.faults() == []
    tab.press("Escape")
    expect(page.locator("#keys-sheet")).to_be_hidden()
    written = Note.objects.exclude(pk=note.pk).get()
    assert (written.text, written.field, written.side) == ("Too long, j and k.", "summary", "en")
    assert Suggestion.objects.get().text == "A better point."
    # Forms that are opened with the mouse, too, take all keys; Escape leads back to the cell.
    page.focus("#b1 .cell[data-side=zh]")
    for summary, field in (
        ("#b1 .acts[data-side=zh] [data-key=n]", "#note-b1-zh"),
        (f"#note-{note.pk} summary", f"#reply-{note.pk}"),
        ("#notes summary", "#note-brief-"),
    ):
        page.click(summary)
        tab.expect_focus(field)
        page.keyboard.type("jns")
        expect(page.locator(field)).to_have_value("jns")
    page.locator("#b1 .cell[data-side=zh] [data-form=note] button").focus()
    tab.press("s", "Escape")
    tab.expect_focus("#cell-b1-zh")
    expect(page.locator("#note-b1-zh")).to_be_hidden()
    expect(page.locator("#suggest-b1-zh")).to_be_hidden()
    # A sign-off of a text that was changed meanwhile is refused and shows the change.
    factories.edit(brief, team.writer, headline_en="Another headline")
    page.locator("#b3 .cell[data-side=en]").focus()
    tab.press("n")
    tab.expect_focus("#note-b3-en")
    page.keyboard.type("Here, too.")
    tab.press("Control+Enter")
    expect(page.locator("#b3 .note")).to_contain_text("Here, too.")
    expect(page.locator("#review-stale")).to_be_visible()
    sign = page.locator("#desk-bar [formaction$='/sign_off_en/']:visible")
    sign.click()
    expect(page.locator(".reasons")).to_be_visible()
    expect(page.locator("#headline ins").first).to_contain_text("Another")
    assert not SignOff.objects.exists()
    page.wait_for_load_state()
    sign.click()
    expect(page.locator("#signoff-en .badge.good")).to_be_attached()
    assert SignOff.objects.get().hash == load_content(brief).hash_side("en")
    page.set_viewport_size({"width": 320, "height": 800})
    assert tab.overflow() == []


def test_second_review_shows_the_changes_and_acts_where_one_points(
    open_tab: OpenTab, team: factories.Team
) -> None:
    rows = tuple(Bullet(0, f"第{n}點。", f"Point {n}.") for n in range(1, 9))
    brief = factories.submitted_brief(team, factories.content(bullets=rows))
    factories.sign_off(brief, team.reviewer, "en")
    changed = load_content(brief)
    for number in (3, 5):
        changed = TextAnchor("bullet", number).replace_text(changed, "en", f"Another point {number}.")
    factories.edit(brief, team.writer, bullets=changed.bullets)
    tab = open_tab(team.reviewer, brief, language="zh-hant")
    page = tab.page
    tab.expect_read(ROWS_SHOWN, ["b3", "b5"])
    tab.expect_focus("#b3 *")
    tab.press("c")
    expect(page.locator(".review .pair:visible")).to_have_count(10)
    tab.press("c")
    tab.expect_read(ROWS_SHOWN, ["b3", "b5"])
    page.locator(".same > summary").last.press("Enter")
    expect(page.locator("#b8")).to_be_visible()
    assert tab.faults() == []
    # Acts below the texts appear where one points or enters.
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    act = page.locator(ACTS[1])
    expect(act).to_have_css("opacity", "0")
    act.hover()
    expect(act).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    page.focus("#b3 .cell[data-side=en]")
    tab.press("g")
    expect(act).to_be_focused()
    expect(act).to_have_css("opacity", "1")
    page.set_viewport_size({"width": 320, "height": 800})
    assert tab.overflow() == []
    # Without a pointer that hovers, and without JavaScript, they are always there.
    phone = open_tab(team.reviewer, brief, has_touch=True, is_mobile=True)
    expect(phone.page.locator(ACTS[0])).to_be_attached()
    assert [phone.page.locator(act).evaluate(IS_SHOWN) for act in ACTS] == [True] * 3
    plain = open_tab(team.reviewer, java_script_enabled=False)
    plain.open(f"/admin/briefs/brief/{brief.pk}/review/")
    assert [plain.page.locator(act).evaluate(IS_SHOWN) for act in ACTS[1:]] == [True] * 2
    expect(plain.page.locator(".review .pair:visible")).to_have_count(2)


def test_open_pages_follow_what_others_do(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    # A sign-off from before the first poll, and one that no longer counts.
    tab = open_tab(team.publisher, language="zh-hant")
    tab.expected_messages = ("ERR_FAILED",)
    page = tab.page
    page.route("**/pulse/", lambda route: route.abort())
    tab.brief(brief, query="?view=write")
    expect(page.locator("#step")).to_contain_text("中文還沒請人審")
    factories.sign_off(brief, team.reviewer)
    page.unroute("**/pulse/")
    tab.poll()
    expect(page.locator("#step")).to_contain_text("兩種語言都已簽核")
    page.fill("[name=headline_zh]", "改過的標題")  # stored by the autosave
    tab.expect_state("saved")
    expect(page.locator("#step")).not_to_contain_text("兩種語言都已簽核")
    expect(page.locator("#signoff-zh")).to_contain_text("簽核失效")
    # A text that arrived in the open page is the one that is signed.
    writing = open_tab(team.reviewer)
    writing.brief(brief, query="?view=write")
    factories.edit(brief, team.other_writer, headline_zh="後來的標題")
    writing.poll()
    expect(writing.page.locator("[name=headline_zh]")).to_have_value("後來的標題")
    writing.click_verb("sign_off_zh")
    assert SignOff.objects.latest("pk").hash == load_content(brief).hash_side("zh")
    # Two reviewers see each other's place.
    first, second = open_tab(team.reviewer), open_tab(team.reviewer_en)
    for each in (first, second):
        each.brief(brief, "review")
    first.page.focus("#cell-b2-zh")
    second.page.focus("#cell-b3-en")
    second.poll()
    first.poll()
    expect(first.page.locator("#b3 .here")).to_have_attribute("title", "reviewer-en is in Bullet 3")
    expect(first.page.locator("#desk-who")).to_have_attribute("aria-label", re.compile("reviewer-en"))
    assert first.faults() == []
    first.page.click("#history > summary")
    expect(first.page.locator("#timeline")).to_be_visible()
    first.page.set_viewport_size({"width": 320, "height": 800})
    assert first.overflow() == []
    assert Brief.objects.get().state == "in_review"
