"""Test the review page in a browser: keyboard shortcuts, sign-off of the shown text, and the live status bar."""

import re
from typing import Any

from briefs import workflow
from briefs.content import Bullet, hash_json
from briefs.models import Brief, Look, Note, SignOff, Suggestion
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import Tab, expect, pytestmark, set_language
from briefs.workflow.review_comments import TextAnchor

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
    bar = page.locator("#desk-bar")
    page.keyboard.press("f")  # marks the English headline: the reviewer is assigned the English
    page.locator("#step >> text=1 of 5 pairs seen").wait_for()
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
    expect(page.locator("#keys-sheet")).to_be_visible()
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
        expect(page.locator(field)).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("fns")
        expect(page.locator(field)).to_have_value("fns")
    page.locator("#b1 .cell[data-side=en] [data-form=note] button").focus()  # the button of an open form
    page.keyboard.press("s")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    expect(page.locator("#cell-b1-en")).to_be_focused()
    expect(page.locator("#note-b1-en")).to_be_hidden()
    expect(page.locator("#suggest-b1-en")).to_be_hidden()
    assert tab.console_messages == []
    assert not Look.objects.exists()


ACTS = [".same button", ".answer-head .btn >> nth=0", "#notes summary"]
"""One act of each part below the texts."""
SHOWN = "part => part.checkVisibility({ opacityProperty: true })"


def test_acts_below_the_texts_appear_where_one_points_or_enters(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    """Without a pointer that hovers, and without JavaScript, they are always there."""
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer, "en")
    factories.edit(brief, team.writer, headline_en="Another Headline")
    person = set_language(team.reviewer, "en")
    tab = Tab(chromium, live_server.url, person, viewport={"width": 1440, "height": 900})
    tab.brief(brief)
    page = tab.page
    acts = [page.locator(act) for act in ACTS]
    assert [act.evaluate(SHOWN) for act in acts] == [False] * 3
    for act in acts:
        act.hover()
        assert [other.evaluate(SHOWN) for other in acts] == [other is act for other in acts]
    page.mouse.move(0, 0)
    for act in acts:
        act.focus()
        assert act.evaluate(SHOWN)
    page.focus("#cell-headline-en")
    page.keyboard.press("g")
    expect(acts[1]).to_be_focused()
    acts[0].focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cell-summary-en")).to_be_focused()
    assert tab.console_messages == []
    for options in ({"has_touch": True, "is_mobile": True}, {"java_script_enabled": False}):
        tab = Tab(chromium, live_server.url, person, **options)
        tab.brief(brief)
        if options.get("java_script_enabled", True):
            assert [tab.page.locator(act).evaluate(SHOWN) for act in ACTS] == [True] * 3
        else:
            assert [tab.page.locator(act).evaluate(SHOWN) for act in ACTS[1:]] == [True] * 2
            expect(tab.page.locator(".review > .pair:visible")).to_have_count(5)


def test_open_page_shows_a_sign_off_from_before_its_first_poll(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.submitted_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"))
    tab.page.route("**/pulse/", lambda route: route.abort())
    tab.open(f"/admin/briefs/brief/{brief.pk}/change/?view=write")
    factories.sign_off(brief, team.reviewer)
    tab.page.unroute("**/pulse/")
    tab.page.locator("#step >> text=兩種語言都已簽核").wait_for()


def test_status_bar_of_open_page_follows_changes_of_the_brief(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.submitted_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"))
    tab.open(f"/admin/briefs/brief/{brief.pk}/change/?view=write")
    page = tab.page
    assert "中文還沒請人審" in page.inner_text("#step")
    factories.sign_off(brief, team.reviewer)  # by another person, outside this page
    page.locator("#step >> text=兩種語言都已簽核").wait_for()
    page.fill("[name=headline_zh]", "改過的標題")  # stored by the autosave
    expect(page.locator("#step")).not_to_contain_text("兩種語言都已簽核")
    page.locator("#signoff-zh >> text=簽核失效").wait_for(state="attached")
    assert tab.console_messages == []


def suggest_in_english(team: factories.Team, text: str) -> Brief:
    brief = factories.submitted_brief(team)
    workflow.suggest(
        brief, TextAnchor("bullet", 2), "en", text, by=team.reviewer_en, seen=hash_json("Point 0.")
    )
    return brief


LAYER = "[id=b2] .cell[data-side=en] .proposal"
LAYER_PARTS = """layer => [layer.innerText.trim(), ...["ins", "del"].map(tag => [...layer.querySelectorAll(tag)].map(part => part.textContent))]"""


def test_suggestion_is_previewed_in_the_cell_while_its_row_is_in_use(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    """The text, the caret and what is stored stay as they are."""
    brief = suggest_in_english(team, "A better point 0.")
    tab = Tab(
        chromium, live_server.url, set_language(team.writer, "en"), viewport={"width": 1440, "height": 900}
    )
    tab.brief(brief)
    page, layer = tab.page, tab.page.locator(LAYER)
    english = page.locator("#b2 .cell[data-side=en] textarea")
    expect(layer).to_have_count(0)
    page.focus("#b2 .cell[data-side=zh] textarea")
    assert layer.evaluate(LAYER_PARTS) == ["PointA better point 0.", ["A better point"], ["Point"]]
    assert english.evaluate("area => getComputedStyle(area).color") == "rgba(0, 0, 0, 0)"
    assert tab.accessibility_violations() == []
    english.focus()  # while one writes, the words keep their places
    english.evaluate("area => area.setSelectionRange(3, 3)")
    assert layer.evaluate(LAYER_PARTS) == ["Point 0.", [""], ["Point"]]
    assert english.evaluate("area => getComputedStyle(area).color") != "rgba(0, 0, 0, 0)"
    page.hover("#b2 .suggestion")
    assert layer.evaluate(LAYER_PARTS)[1] == ["A better point"]
    page.mouse.move(0, 0)
    assert english.evaluate("area => [area.value, area.selectionStart]") == ["Point 0.", 3]
    page.keyboard.type("s")  # another text: the suggestion no longer fits
    expect(layer).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(layer).to_have_count(1)
    page.hover("#b2 .margin")  # typing has closed it
    page.click("#b2 .suggestion .do.first")
    expect(english).to_have_value("A better point 0.")
    expect(layer).to_have_count(0)
    assert tab.console_messages == []


def test_review_previews_a_suggestion_and_shows_who_is_where(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = suggest_in_english(team, "Point 1.")
    tab, other = (
        Tab(chromium, live_server.url, set_language(person, "en"))
        for person in (team.reviewer, team.reviewer_en)
    )
    for each in (tab, other):
        each.brief(brief, "review")
    page, layer = tab.page, tab.page.locator(LAYER)
    page.focus("#cell-b2-zh")
    assert layer.evaluate(LAYER_PARTS) == ["Point 01.", ["1"], ["0"]]
    expect(page.locator("#cell-b2-en .words:not(.proposal)")).to_be_hidden()
    other.page.focus("#cell-b3-en")
    page.locator("#b3 .here").wait_for()
    assert page.locator("#b3 .here").get_attribute("title") == "reviewer-en is in Bullet 3"
    assert page.locator("#desk-who").get_attribute("aria-label") == "Also here: reviewer-en"
    page.keyboard.press("f")  # the bar is replaced
    page.locator("[value='unfine:b2:zh']").wait_for(state="attached")
    page.focus("#cell-headline-zh")
    expect(layer).to_have_count(0)
    page.locator("#desk-who .person").wait_for()
    assert tab.accessibility_violations() == []
    page.click("#history > summary")
    expect(page.locator("#timeline")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 800})
    assert tab.horizontal_overflow() <= 0
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
    tab.page.locator("#step >> text=10 of 14 pairs seen").wait_for()
    assert Look.objects.filter(person=team.reviewer, side="en").count() == 10
    assert tab.page.evaluate("document.activeElement.id") == "cell-b9-en"
    assert tab.console_messages == []
