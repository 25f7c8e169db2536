"""Write an issue at the desk, and read its mail."""

from django.utils import timezone

from briefs.admin.issues.issue_pages import build_issue_url
from briefs.publications import mail_text
from briefs.publications.published import load_issue
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support import issue_factories as making
from briefs.tests.support.browser_tabs import expect

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark
ORDER = "() => [...document.querySelectorAll('#issue-items [name=item]')].map((field) => field.value)"


def test_issue_is_written_and_put_in_order_by_keyboard_and_mouse(
    open_tab: OpenTab, team: factories.Team
) -> None:
    live = [factories.live_brief(team, factories.content(tag)) for tag in ("甲", "乙", "丙")]
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
    page.locator("#title_en").press("Enter")  # to the same language of the next row
    tab.expect_focus("#preface_en")
    expect(page.locator("#desk-unsaved")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as question:
        page.locator(".act-bar .back").click()
    assert question.value.type == "beforeunload"
    expect(page.locator("#title_en")).to_have_value("Mine")
    assert tab.faults() == []


def test_mail_of_an_issue_is_accessible_and_fits(open_tab: OpenTab, team: factories.Team) -> None:
    """On an empty page, which has no policy of ours: it forbids the mail's own styles."""
    making.published_issue(team, factories.live_brief(team))
    issue = load_issue(1, timezone.now())
    assert issue
    tab = open_tab()
    for choice in ("zh", "both"):
        html = mail_text.build_issue_body(issue, choice)["html"]
        assert "<img" not in html
        tab.page.set_content(html)
        assert tab.faults_by_width_and_colours(choice, (800, 320)) == []
