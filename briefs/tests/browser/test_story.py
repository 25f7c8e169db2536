"""Several people take a brief from draft to publication, and read what is refused."""

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Edition, State
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark

from .editor_driver import Editor, OpenTab

__all__ = ["pytestmark"]


def test_guest_reads_a_copied_link_and_publisher_chooses_a_time(
    open_tab: OpenTab, team: factories.Team, settings: Any, live_server: Any
) -> None:
    settings.SITE_URL = live_server.url
    brief = factories.signed_brief(team)
    writer = open_tab(team.writer, language="zh-hant", permissions=["clipboard-read", "clipboard-write"])
    writer.brief(brief, "share")
    writer.page.get_by_role("button", name="建立連結").click()
    writer.page.get_by_role("button", name="複製預覽連結").click()
    expect(writer.page.get_by_role("button", name="已複製")).to_be_visible()
    assert writer.faults() == []
    guest = open_tab()
    guest.page.goto(f"{writer.page.evaluate('navigator.clipboard.readText()')}en/parallel/")
    expect(guest.page.locator(".unpublished")).to_be_visible()
    assert guest.faults_by_width_and_colours("preview") == []
    # The button says when the brief will be public.
    publisher = open_tab(team.publisher, language="zh-hant")
    publisher.brief(brief, "approve")
    button = publisher.page.locator("button[name=when]")
    expect(button).to_have_attribute("value", "now")
    expect(button).to_have_text(re.compile("立即發布"))
    tomorrow = timezone.now().astimezone(ZoneInfo("Asia/Taipei")) + dt.timedelta(days=1)
    time = f"{tomorrow:%Y-%m-%dT%H:%M}"
    publisher.page.fill("[name=at]", time)
    expect(button).to_have_attribute("value", time)
    expect(button).to_have_text(re.compile(r"\d\d:\d\d"))
    button.click()
    publisher.expect_done()
    assert Edition.objects.get().live_from == tomorrow.replace(second=0, microsecond=0)


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
