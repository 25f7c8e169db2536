"""Test the desk's issues in a browser: from *New issue* to readers in few presses, order, and every screen at every width."""

from typing import Any

import pytest
from django.utils import timezone

from briefs.admin.issues.issue_pages import build_issue_url
from briefs.models import Brief, Copy, Issue, IssueEdition, Mailing, Person
from briefs.publications import mail_text, mailings
from briefs.publications.published import load_issue
from briefs.tests.support import browser_tabs, factories, mailing_fixtures
from briefs.tests.support import issue_factories as making
from briefs.tests.support.browser_tabs import Tab, expect, set_language
from briefs.workflow import issues

pytestmark = browser_tabs.pytestmark
MAX_PRESSES = 12


@pytest.fixture
def live(team: factories.Team) -> list[Brief]:
    return [factories.live_brief(team, factories.content(tag)) for tag in ("甲", "乙", "丙")]


def stored_order(issue: Issue) -> list[str]:
    return [str(pk) for pk in making.load_content(issue).items]


def shown_order(tab: Tab) -> list[str]:
    return list(tab.page.eval_on_selector_all("#issue-items [name=item]", "all => all.map(i => i.value)"))


def test_issue_goes_from_choice_to_readers_in_few_presses(
    chromium: Any, live_server: Any, team: factories.Team, live: list[Brief]
) -> None:
    presses = 0

    def press(tab: Tab, selector: str) -> None:
        nonlocal presses
        tab.page.locator(selector).first.click()
        presses += 1

    def sign_in(person: Person) -> Tab:
        return Tab(chromium, live_server.url, set_language(person, "en"))

    writer = sign_in(team.writer)
    press(writer, ".desk-nav a:has-text('Issues')")
    press(writer, "button:has-text('New issue')")
    for field, text in (("title", "title"), ("preface", "preface")):
        for side, texts in making.TEXTS.items():
            writer.page.locator(f"#{field}_{side}").focus()
            writer.page.keyboard.insert_text(getattr(texts, text))
    expect(writer.page.locator("#issue-unsaved")).to_be_visible()
    press(writer, ".act-bar .btn:has-text('Save')")
    press(writer, ".main-act:has-text('Submit')")
    reviewer = sign_in(team.reviewer)
    press(reviewer, ".waiting a:has-text('Issue 1')")
    for _language in making.TEXTS:
        press(reviewer, ".main-act:has-text('Sign off')")
    publisher = sign_in(team.publisher)
    mailing_fixtures.subscribe(3)
    press(publisher, ".waiting a:has-text('Issue 1')")
    press(publisher, ".main-act:has-text('Publish')")
    press(publisher, "#mail")
    press(publisher, "button:has-text('Publish now')")
    publisher.page.locator(".step:has-text('Published since')").wait_for()
    assert IssueEdition.objects.get().frozen_content.zh == making.TEXTS["zh"]
    assert Mailing.objects.get().copies.count() == 3
    assert presses <= MAX_PRESSES
    assert [*writer.console_messages, *reviewer.console_messages, *publisher.console_messages] == []


def test_order_follows_keys_and_dragging_and_is_saved(
    chromium: Any, live_server: Any, team: factories.Team, live: list[Brief]
) -> None:
    issue, (a, b, c) = making.draft_issue(team, *live), (str(brief.pk) for brief in live)
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    page = tab.page
    tab.open(build_issue_url(issue))
    page.locator(f"#item-{a} .more-verbs").focus()
    page.keyboard.press("Alt+ArrowDown")
    assert shown_order(tab) == [b, a, c]
    assert page.locator("#issue-live").inner_text() == "2 of 3"
    assert page.locator(f"#item-{a} .more-verbs").evaluate("one => one === document.activeElement")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowUp")
    assert shown_order(tab) == [b, a, c]
    box, end = (page.locator(f"#item-{pk} .n").bounding_box() for pk in (c, b))
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 2, steps=12)
    page.mouse.up()
    assert shown_order(tab) == [c, b, a]
    assert page.locator(".issue-items .n").all_inner_texts()[:3] == ["1", "2", "3"]
    page.keyboard.press("Control+s")
    page.locator(".messagelist .success").wait_for()
    assert stored_order(issue) == [c, b, a]
    page.locator(f"#item-{c} .more-verbs").click()
    page.locator(f"#item-{c} button:has-text('Remove')").click()
    page.locator(f"[value='add:{c}']").first.click()
    page.locator(f"#item-{c} [name=item]").wait_for(state="attached")
    assert stored_order(issue) == [b, a, c]
    page.locator(f"#item-{b} .more-verbs").click()
    page.locator(f"#item-{b} button:has-text('Remove')").click()
    page.locator(f"#item-{b} [name=item]").wait_for(state="detached")
    page.locator("#title_en").fill("Kept words")
    page.keyboard.press("Control+k")
    page.keyboard.type("headline")
    page.locator(f"#palette [data-add='{b}']").click()
    page.locator(f"#item-{b} [name=item]").wait_for(state="attached")
    assert (stored_order(issue), making.load_content(issue).en.title) == ([a, c, b], "Kept words")
    assert tab.console_messages == []


def test_enter_in_the_search_for_a_brief_searches_and_keeps_unsaved_words(
    chromium: Any, live_server: Any, team: factories.Team, live: list[Brief]
) -> None:
    issue = making.draft_issue(team, live[0])
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.open(build_issue_url(issue))
    page = tab.page
    page.locator("#title_en").fill("Typed")
    page.locator("[name=q]").fill("乙")
    page.keyboard.press("Enter")
    page.locator(f".issue-search [value='add:{live[1].pk}']").wait_for()
    page.locator("#add:focus").wait_for()
    assert page.locator("#title_en").input_value() == "Typed"
    assert tab.console_messages == []


def test_unsaved_words_are_not_left_without_a_question(
    chromium: Any, live_server: Any, team: factories.Team, live: list[Brief]
) -> None:
    issue = making.draft_issue(team, *live)
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.open(build_issue_url(issue))
    tab.page.locator("#title_en").press_sequentially("Typed")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    tab.page.on("dialog", stay)
    tab.page.locator(".act-bar .back").click()
    assert asked == ["beforeunload"]
    assert "Typed" in tab.page.locator("#title_en").input_value()


SIZES = [(1440, "light", "zh-hant"), (1280, "dark", "en"), (1024, "light", "en"), (390, "dark", "zh-hant"), (320, "light", "en")]  # fmt: skip


@pytest.mark.parametrize(("width", "scheme", "language"), SIZES)
def test_every_screen_of_issues_is_accessible_and_fits(
    chromium: Any,
    live_server: Any,
    team: factories.Team,
    live: list[Brief],
    width: int,
    scheme: str,
    language: str,
) -> None:
    draft = making.draft_issue(team, live[0])
    in_review = making.submitted_issue(team, *live)
    ready = making.signed_issue(team, *live)
    coming = making.published_issue(team, live[0], at=factories.tomorrow()).issue
    issues.create_issue(by=team.writer)
    public = making.published_issue(team, *live).issue
    person = set_language(team.publisher, language)
    size = {"width": width, "height": 900}
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    results = {}

    def check(label: str) -> None:
        results[label] = (tab.accessibility_violations(), max(0, tab.horizontal_overflow()))

    check("home")
    tab.open("/admin/briefs/issue/")
    check("list")
    for label, issue in {"draft": draft, "review": in_review, "ready": ready, "coming": coming}.items():
        tab.open(build_issue_url(issue))
        check(label)
        tab.page.locator(".act-bar .more-verbs").click()
        check(f"{label}, menu")
    tab.open(f"{build_issue_url(draft)}?q=標題")
    tab.page.locator(f"#item-{live[0].pk} .more-verbs").click()
    check("found, menu of an item")
    making.edit_issue(draft, team.writer, title_en="Another")
    tab.page.keyboard.press("Escape")
    tab.page.locator("#title_en").fill("Mine")
    tab.page.locator(".act-bar [value=save]").click()
    tab.page.locator("#theirs-title_en").wait_for()
    check("conflict")
    for verb, issue in {
        "publish_issue": ready,
        "send_back_issue": in_review,
        "cancel_issue": coming,
        "withdraw_issue": public,
    }.items():
        tab.open(build_issue_url(issue, "verb", verb))
        check(verb)
    tab.open(build_issue_url(public, "preview"))
    check("preview")
    mailing_fixtures.subscribe(3)
    tab.open(build_issue_url(public, "mail"))
    check("mail")
    Copy.objects.filter(
        mailing=mailings.queue_issue(IssueEdition.objects.get(issue=public), by=team.publisher)
    ).update(stage="handed")
    mailings.pause_by_itself(Mailing.objects.all(), "interrupted", timezone.now())
    tab.page.reload()
    tab.page.locator("summary").first.click()
    check("mail, paused")
    tab.open(build_issue_url(public))
    check("issue with its mailing")
    assert {label: found for label, found in results.items() if found != ([], 0)} == {}
    assert [line for line in tab.console_messages if "409" not in line] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("choice", ["zh", "both"])
def test_mail_is_accessible_and_fits_every_width(
    chromium: Any, live_server: Any, team: factories.Team, live: list[Brief], scheme: str, choice: str
) -> None:
    making.published_issue(team, *live)
    shown = load_issue(1, timezone.now())
    assert shown
    html = mail_text.build_issue_body(shown, choice)["html"]
    tab = Tab(chromium, live_server.url, team.writer, color_scheme=scheme)
    assert "<img" not in html
    for width in (320, 390, 600, 800):
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.page.goto("about:blank")  # has no policy of ours, which forbids the mail's own styles
        tab.page.set_content(html)
        assert (tab.accessibility_violations(), max(0, tab.horizontal_overflow())) == ([], 0), width
