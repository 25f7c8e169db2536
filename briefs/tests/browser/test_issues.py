"""Make an issue at the desk, from *New issue* to readers' mail, and subscribe to it as a reader."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from briefs.admin.issues.issue_pages import build_issue_url
from briefs.models import Brief, Issue, IssueEdition, Mailing, Subscriber
from briefs.publications import mail_text, subscribers
from briefs.publications.published import load_issue
from briefs.tests.support import browser_tabs, factories, mailing_fixtures
from briefs.tests.support import issue_factories as making
from briefs.tests.support.browser_tabs import expect

from .editor_driver import Editor, OpenTab

pytestmark = browser_tabs.pytestmark
MAX_PRESSES = 12
ORDER = "() => [...document.querySelectorAll('#issue-items [name=item]')].map((field) => field.value)"


@pytest.fixture
def live(team: factories.Team) -> list[Brief]:
    return [factories.live_brief(team, factories.content(tag)) for tag in ("甲", "乙", "丙")]


def test_issue_goes_from_choice_to_readers_in_few_presses(
    open_tab: OpenTab, team: factories.Team, live: list[Brief]
) -> None:
    presses = 0

    def press(tab: Editor, selector: str) -> None:
        nonlocal presses
        button = tab.page.locator(selector).first
        button.wait_for()
        with tab.page.expect_navigation():
            button.click()
        presses += 1

    writer, reviewer, publisher = (
        open_tab(person, "/admin/") for person in (team.writer, team.reviewer, team.publisher)
    )
    press(writer, ".desk-nav a:has-text('Issues')")
    press(writer, "button:has-text('New issue')")
    for field in ("title", "preface"):
        for side, texts in making.TEXTS.items():
            writer.page.locator(f"#{field}_{side}").focus()
            writer.type(getattr(texts, field))
    expect(writer.page.locator("#issue-unsaved")).to_be_visible()
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
    assert presses + 1 <= MAX_PRESSES
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
    page.locator(f"#item-{c} .more-verbs").click()
    with page.expect_navigation():
        page.locator(f"#item-{c} button:has-text('Remove')").click()
    # Typed words survive a search and a choice.
    page.locator("#title_en").fill("Typed")
    page.locator("[name=q]").fill("丙")
    with page.expect_navigation():
        tab.press("Enter")
    tab.expect_focus("#add")
    expect(page.locator("#title_en")).to_have_value("Typed")
    with page.expect_navigation():
        page.locator(f".issue-search [value='add:{c}']").click()
    expect_stored(b, a, c)
    # Nobody leaves unsaved words without a question, or overwrites those of a colleague.
    page.locator("#title_en").fill("Mine")
    questions: list[str] = []
    page.once("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    page.locator(".act-bar .back").click()
    expect(page.locator("#title_en")).to_have_value("Mine")
    assert questions == ["beforeunload"]
    making.edit_issue(Issue.objects.get(), team.other_writer, title_en="Another")
    tab.expected_messages = ("status of 409",)
    page.locator(".act-bar [value=save]").click()
    expect(page.locator("#theirs-title_en")).to_be_visible()
    expect(page.locator("#title_en")).to_have_value("Mine")
    assert tab.faults() == []
    assert making.load_content(Issue.objects.get()).en.title == "Another"


BUTTONS = {
    "en": ("Subscribe", "Confirm the subscription", "Save", "Unsubscribe", "Delete everything about me"),
    "zh-hant": ("訂閱", "確認訂閱", "儲存", "取消訂閱", "刪除我的所有資料"),
}


def read_link() -> str:
    subscribers.send_confirmations(timezone.now())
    found = re.search(r"/u/[\w-]{22}/", str(mail.outbox[-1].body))
    assert found
    return found[0]


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_reader_subscribes_changes_leaves_and_is_erased(open_tab: OpenTab, language: str) -> None:
    cache.clear()
    tab = open_tab()
    tab.expected_messages = ("status of 4",)
    page = tab.page
    faults: list[Any] = []

    def look(name: str) -> None:
        faults.extend(tab.faults_by_width_and_colours(name))

    def press(name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        button.wait_for()
        with page.expect_navigation():
            button.click()

    subscribe, confirm, save, leave, erase = BUTTONS[language]
    tab.open(f"/{language}/subscribe/")
    look("subscribe")
    page.get_by_role("textbox", name=re.compile("E-mail|電子郵件")).fill("ada@example.org")
    press(subscribe)
    expect(page.get_by_role("status")).to_be_visible()
    look("asked")
    link = read_link()
    tab.open(link)
    look("confirm")
    assert page.get_by_role("button", name=confirm, exact=True).bounding_box()["height"] >= 44
    assert not Subscriber.objects.reading().exists()
    press(confirm)
    expect(page.get_by_role("status")).to_be_visible()
    look("confirmed")
    page.get_by_role("radio").nth(2).check()
    press(save)
    expect(page.get_by_role("status")).to_be_visible()
    assert Subscriber.objects.reading().get().side == "both"
    press(leave)
    expect(page.get_by_role("link", name=re.compile("Subscribe again|重新訂閱"))).to_be_visible()
    look("left")
    assert not Subscriber.objects.reading().exists()
    press(erase)
    expect(page.get_by_role("status")).to_be_visible()
    assert not Subscriber.objects.exists()
    tab.open(link)
    look("unknown")
    assert faults == []
    assert page.context.cookies() == []
