"""The whole life of a brief in a browser, from the first text to the public page, by several people."""

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Edition, Person, State
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark

from .editor_driver import Editor, OpenTab

__all__ = ["pytestmark"]


def read(open_tab: OpenTab, edition: Edition, code: str) -> tuple[int, str]:
    """Return the status and the text of a public page in a browser that has kept no page."""
    reader = open_tab()
    reader.expected_messages = ("status of 404", "status of 410")
    answer = reader.page.goto(f"{reader.site}/{code}/briefs/{edition.slug}/parallel/")
    text = reader.page.inner_text("body")
    reader.page.context.close()
    return answer.status, text


def test_team_takes_brief_from_draft_to_publication(
    open_tab: OpenTab, settings: Any, live_server: Any
) -> None:
    settings.SITE_URL = live_server.url
    team = factories.Team()
    brief = factories.draft_brief(team)

    def sign_in(person: Person, **options: Any) -> Editor:
        tab = open_tab(person, language="zh-hant", **options)
        tab.brief(brief)
        return tab

    def sign(tab: Editor, side: str) -> None:
        tab.brief(brief, "review")
        tab.click_verb(f"sign_off_{side}")

    def approve(tab: Editor, **fields: str) -> Edition:
        tab.brief(brief, "approve")
        for name, value in fields.items():
            tab.page.fill(f"[name={name}]", value)
        button = tab.page.locator("button[name=when]")
        expect(button).to_have_attribute("value", fields.get("at", "now"))
        expect(button).to_have_text(re.compile(r"\d\d:\d\d" if fields else "立即發布"))
        button.click()
        tab.expect_done()
        return Edition.objects.filter(brief=brief).latest("number")

    # A guest reads the preview link that the writer copied.
    writer = sign_in(team.writer, permissions=["clipboard-read", "clipboard-write"])
    writer.brief(brief, "share")
    writer.page.get_by_role("button", name="建立連結").click()
    writer.page.get_by_role("button", name="複製預覽連結").click()
    expect(writer.page.get_by_role("button", name="已複製")).to_be_visible()
    assert writer.faults() == []
    guest = open_tab()
    guest.page.goto(f"{writer.page.evaluate('navigator.clipboard.readText()')}en/parallel/")
    expect(guest.page.locator(".unpublished")).to_be_visible()
    assert guest.faults_by_width_and_colours("preview") == []
    writer.brief(brief)
    writer.click_verb("submit")
    reviewer, english = map(sign_in, (team.reviewer, team.reviewer_en))
    sign(reviewer, "zh")
    sign(english, "en")
    # Scheduled: nobody reads it before its time.
    publisher = sign_in(team.publisher)
    tomorrow = timezone.now().astimezone(ZoneInfo("Asia/Taipei")) + dt.timedelta(days=1)
    edition = approve(publisher, at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert Brief.objects.get(pk=brief.pk).state == State.APPROVED
    assert read(open_tab, edition, "en")[0] == 404
    with time_machine.travel(edition.live_from + dt.timedelta(seconds=5)):  # the night ends all sessions
        for code in ("zh-hant", "en"):
            status, text = read(open_tab, edition, code)
            assert (status, "Point 0." in text, "第0點。" in text) == (200, True, True)


def test_two_people_publish_by_keyboard_alone(open_tab: OpenTab) -> None:
    """Each finds the brief among the tasks and presses the first act that is offered, with Tab and Enter."""
    every = ("Writers", "Reviewers", "Publishers")
    one, two = factories.person("one", *every), factories.person("two", *every)
    brief = workflow.editing.create(factories.content(), by=one)

    def press_enter(tab: Editor, selector: str) -> None:
        expect(tab.page.locator(selector).first).to_be_attached()
        tab.page.wait_for_load_state()
        tab.press_tab_until(selector)
        with tab.page.expect_navigation():
            tab.press("Enter")
        assert tab.faults(selector) == []

    writer, reviewer = (open_tab(person, "/admin/", color_scheme="dark") for person in (one, two))
    writer.brief(brief)
    press_enter(writer, ".main-act[data-next=submit]")
    writer.expect_done()
    reviewer.open("/admin/")
    press_enter(reviewer, f".waiting a[href*='/brief/{brief.pk}/']")
    for verb in ("sign_off_zh", "sign_off_en"):
        press_enter(reviewer, f".main-act[data-next={verb}]")
        reviewer.expect_done()
    press_enter(reviewer, ".main-act[data-next=approve]")
    press_enter(reviewer, "[name=when]")
    reviewer.expect_done()
    edition = Edition.objects.get()
    assert (edition.edited_by, edition.approved_by) == (one, two)
    press_enter(reviewer, ".messagelist a[href*='/en/briefs/']")
    expect(reviewer.page.locator("h1")).to_have_text("A Headline")


PRESS_SUBMIT_OF_OLD_PAGE = """() => {
  const button = document.createElement("button");
  button.setAttribute("formaction", location.pathname.replace("/change/", "/submit/"));
  document.getElementById("brief-form").append(button);
  button.click();
}"""
"""The page offers no act that would be refused, but one that was opened earlier may."""


def test_refusal_gets_focus_and_links_to_the_faulty_fields(open_tab: OpenTab, team: factories.Team) -> None:
    faulty = factories.content(headline_en="", bullets=(Bullet(0, "只有中文"),))
    brief = factories.draft_brief(team, faulty)
    tab = open_tab(team.writer, brief)
    tab.expected_messages = ("status of 409",)
    page: Any = tab.page
    page.evaluate(PRESS_SUBMIT_OF_OLD_PAGE)
    tab.expect_focus("#reasons")
    assert tab.faults() == []
    page.click("#reasons a[href='#b1']")
    tab.expect_focus("[name=text_en-b1]")  # the cell whose text is missing
    expect(page.locator("#b1:target")).to_have_count(1)
    page.click("#reasons a[href='#headline']")
    tab.expect_focus("[name=headline_en]")
    assert Brief.objects.get(pk=brief.pk).state == State.DRAFT
