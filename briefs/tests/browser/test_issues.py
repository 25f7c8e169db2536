"""Make an issue at the desk, from *New issue* to readers' mail, and subscribe to it as a reader."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from briefs.admin.issues.issue_pages import build_issue_url
from briefs.models import Brief, IssueEdition, Mailing, Subscriber
from briefs.publications import mail_text, subscribers
from briefs.publications.published import load_issue
from briefs.tests.support import browser_tabs, factories, mailing_fixtures
from briefs.tests.support import issue_factories as making
from briefs.tests.support.browser_tabs import expect

from .editor_driver import Editor, OpenTab

pytestmark = browser_tabs.pytestmark
ORDER = "() => [...document.querySelectorAll('#issue-items [name=item]')].map((field) => field.value)"


@pytest.fixture
def live(team: factories.Team) -> list[Brief]:
    return [factories.live_brief(team, factories.content(tag)) for tag in ("甲", "乙", "丙")]


def test_issue_goes_from_choice_to_readers(
    open_tab: OpenTab, team: factories.Team, live: list[Brief]
) -> None:
    def press(tab: Editor, selector: str) -> None:
        with tab.page.expect_navigation():
            tab.page.locator(selector).first.click()

    writer, reviewer, publisher = (
        open_tab(person, "/admin/") for person in (team.writer, team.reviewer, team.publisher)
    )
    press(writer, ".desk-nav a:has-text('Issues')")
    press(writer, "button:has-text('New issue')")
    for side, texts in making.TEXTS.items():
        writer.page.locator(f"#title_{side}").focus()
        writer.type(texts.title)
        writer.press("Enter")  # to the same language of the next row
        writer.type(texts.preface)
    expect(writer.page.locator("#desk-unsaved")).to_be_visible()
    press(writer, ".act-bar .btn:has-text('Save')")
    press(writer, ".main-act:has-text('Submit')")
    reviewer.open("/admin/")
    press(reviewer, ".waiting a:has-text('Issue 1')")
    for _language in making.TEXTS:
        press(reviewer, ".main-act:has-text('Sign off')")
    mailing_fixtures.subscribe(3)
    publisher.open("/admin/")
    press(publisher, ".waiting a:has-text('Issue 1')")
    press(publisher, ".main-act:has-text('Publish')")
    publisher.page.click("#mail")
    press(publisher, "button:has-text('Publish now')")
    expect(publisher.page.locator(".step")).to_contain_text("Published since")
    assert IssueEdition.objects.get().frozen_content.zh == making.TEXTS["zh"]
    assert Mailing.objects.get().copies.count() == 3
    # The mail, on an empty page, which has no policy of ours: it forbids the mail's own styles.
    shown = load_issue(1, timezone.now())
    assert shown
    tab = open_tab()
    for choice in ("zh", "both"):
        html = mail_text.build_issue_body(shown, choice)["html"]
        assert "<img" not in html
        tab.page.set_content(html)
        assert tab.faults_by_width_and_colours(choice, (800, 320)) == []


def test_briefs_of_an_issue_are_chosen_and_put_in_order(
    open_tab: OpenTab, team: factories.Team, live: list[Brief]
) -> None:
    issue, (a, b, c) = making.draft_issue(team, *live), (str(brief.pk) for brief in live)
    tab = open_tab(team.writer, build_issue_url(issue))
    page = tab.page

    def expect_stored(*order: str) -> None:
        tab.expect_read(ORDER, list(order))
        assert [str(pk) for pk in making.load_content(issue).items] == list(order)

    page.locator(f"#item-{a} .more-verbs").focus()
    tab.press("Alt+ArrowDown")
    tab.expect_read(ORDER, [b, a, c])
    expect(page.locator("#issue-live")).to_have_text("2 of 3")
    tab.expect_focus(f"#item-{a} .more-verbs")
    start, end = (page.locator(f"#item-{pk} .n").bounding_box() for pk in (c, b))
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 2, steps=12)
    page.mouse.up()
    tab.expect_read(ORDER, [c, b, a])
    expect(page.locator(".issue-items .n")).to_have_text(["1", "2", "3"])
    with page.expect_navigation():
        tab.press("Control+s")
    tab.expect_done()
    expect_stored(c, b, a)
    # Nobody leaves unsaved words without a question.
    page.locator("#title_en").fill("Mine")
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as question:
        page.locator(".act-bar .back").click()
    assert question.value.type == "beforeunload"
    expect(page.locator("#title_en")).to_have_value("Mine")
    assert tab.faults() == []


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_reader_subscribes_leaves_and_is_erased(open_tab: OpenTab, language: str) -> None:
    cache.clear()
    tab = open_tab()
    page = tab.page

    def press(act: str) -> None:
        with page.expect_navigation():
            page.locator(f"form:has([value={act}]) button").click()
        expect(page.get_by_role("status")).to_be_visible()

    tab.open(f"/{language}/subscribe/")
    faults = tab.faults_by_width_and_colours("subscribe")
    page.locator("[type=email]").fill("ada@example.org")
    with page.expect_navigation():
        tab.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    subscribers.send_confirmations(timezone.now())
    tab.open(re.findall(r"/u/[\w-]{22}/", str(mail.outbox[-1].body))[0])
    faults += tab.faults_by_width_and_colours("confirm")
    press("confirm")
    faults += tab.faults_by_width_and_colours("confirmed")
    press("erase")
    faults += tab.faults_by_width_and_colours("erased")
    assert (faults, page.context.cookies()) == ([], [])
    assert not Subscriber.objects.exists()
