"""Test the whole workflow of a brief in a browser, from draft to correction, in each interface language."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Edition, Person, State

from ..support import factories
from ..support.browser_tabs import Tab, pytestmark, set_language

__all__ = ["pytestmark"]

REMARKS = {"zh-hant": ("太長了。", "改好了。"), "en": ("Too long.", "Shorter now.")}


class Story:
    """One signed-in tab for each person."""

    def __init__(self, browser: Any, site: str, language: str) -> None:
        self.browser, self.site, self.language = browser, site, language
        self.tabs: dict[int, Tab] = {}
        self.closed_tabs: list[Tab] = []

    def close_tabs(self) -> None:
        """Let everybody sign in again, since a night ends all sessions."""
        for tab in self.tabs.values():
            tab.page.context.close()
            self.closed_tabs.append(tab)
        self.tabs.clear()

    def open_page(self, person: Person, brief: Brief, verb: str = "change") -> Any:
        """Open a page of the brief in the person's tab and return the page."""
        if person.pk not in self.tabs:
            self.tabs[person.pk] = Tab(self.browser, self.site, set_language(person, self.language))
        tab = self.tabs[person.pk]
        tab.brief(brief, verb)
        assert tab.page.locator("html").get_attribute("lang") == self.language
        return tab.page

    def press_verb(self, person: Person, brief: Brief, verb: str, page: str = "change") -> None:
        self.open_page(person, brief, page).locator(f"[formaction$='/{verb}/']:visible").first.click()
        self.wait_for_success(person)

    def wait_for_success(self, person: Person) -> None:
        self.tabs[person.pk].page.locator(".messagelist .success").first.wait_for()

    def sign(self, person: Person, brief: Brief, *sides: str) -> None:
        for side in sides:
            self.press_verb(person, brief, f"sign_off_{side}", "review")

    def approve(self, person: Person, brief: Brief, when: str, **fields: str) -> Edition:
        page = self.open_page(person, brief, "approve")
        for name, value in fields.items():
            field = page.locator(f"[name={name}]")
            field.select_option(value) if name == "kind" else field.fill(value)
        page.locator(f"button[name=when][value={when}]").click()
        self.wait_for_success(person)
        return Edition.objects.filter(brief=brief).latest("number")

    def read(self, edition: Edition, code: str) -> tuple[int, str]:
        """Read the public page in a fresh browser context, because browsers cache public pages for a minute."""
        reader = Tab(self.browser, self.site, None)
        answer = reader.page.goto(f"{self.site}/{code}/briefs/{edition.slug}/parallel/")
        result = answer.status, reader.page.inner_text("body")
        assert [line for line in reader.console_messages if "404" not in line] == []
        reader.page.context.close()
        return result

    def console_lines(self) -> list[str]:
        return [line for tab in (*self.closed_tabs, *self.tabs.values()) for line in tab.console_messages]


@pytest.fixture(params=["zh-hant", "en"])
def story(request: Any, chromium: Any, live_server: Any) -> Iterator[Story]:
    story = Story(chromium, live_server.url, request.param)
    yield story
    story.close_tabs()


def state_of(brief: Brief) -> str:
    return Brief.objects.get(pk=brief.pk).state


def test_team_takes_brief_from_draft_to_correction(story: Story) -> None:
    team, (remark, answer) = factories.Team(), REMARKS[story.language]
    brief = factories.draft_brief(team)
    story.press_verb(team.writer, brief, "submit")
    assert state_of(brief) == State.IN_REVIEW

    reviewer_page = story.open_page(team.reviewer, brief, "review")
    reviewer_page.locator("#b1").focus()
    for key in ("e", "s", "Control+a"):
        reviewer_page.keyboard.press(key)
    reviewer_page.keyboard.type("A better first point.")
    reviewer_page.keyboard.press("Control+Enter")
    reviewer_page.locator("#b1 .suggestion").wait_for()
    second_reviewer_page = story.open_page(team.reviewer_en, brief, "review")
    second_reviewer_page.locator("#b2").focus()
    for key in ("z", "n"):
        second_reviewer_page.keyboard.press(key)
    second_reviewer_page.keyboard.type(remark)
    second_reviewer_page.keyboard.press("Control+Enter")
    second_reviewer_page.locator("#b2 .note").wait_for()

    writer_page = story.open_page(team.writer, brief, "review")
    writer_page.locator("#b1 [value^='accept:']").click()
    writer_page.locator("#b1 .suggestion").wait_for(state="detached")
    writer_page.focus("#cell-b2-zh")  # its margin rises
    reply = writer_page.locator("#b2 [name^='reply-']")
    reply.evaluate("field => { const folded = field.closest('details'); if (folded) folded.open = true; }")
    reply.fill(answer)
    writer_page.locator("#b2 [value^='reply:']").click()
    writer_page.locator(f"#b2 >> text={answer}").wait_for()
    second_reviewer_page = story.open_page(team.reviewer_en, brief, "review")
    second_reviewer_page.focus("#cell-b2-zh")
    second_reviewer_page.locator("#b2 [value^='resolve:']").click()
    second_reviewer_page.locator("#b2 [value^='reopen:']").wait_for(state="attached")
    story.sign(team.reviewer, brief, "en")
    story.sign(team.reviewer_en, brief, "zh")

    tomorrow = timezone.now().astimezone(ZoneInfo("Asia/Taipei")) + dt.timedelta(days=1)
    edition = story.approve(team.publisher, brief, "later", at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert state_of(brief) == State.APPROVED
    assert story.read(edition, "en")[0] == 404
    story.close_tabs()
    with time_machine.travel(edition.live_from + dt.timedelta(seconds=5)):
        for code in ("zh-hant", "en"):
            status, text = story.read(edition, code)
            assert (status, "A better first point." in text, "第0點。" in text) == (200, True, True)

        story.press_verb(team.writer, brief, "revise")
        page = story.open_page(team.writer, brief)
        page.fill("[name=summary_en]", "A summary, corrected.")
        page.locator("[formaction$='/submit/']").first.click()  # saves the typed text first
        story.wait_for_success(team.writer)
        story.sign(team.reviewer, brief, "en")
        change = {"note_zh": "更正摘要。", "note_en": "The summary was wrong."}
        corrected = story.approve(team.publisher, brief, "now", kind="correction", **change)
        for code, note in (("zh-hant", "更正摘要。"), ("en", "The summary was wrong.")):
            status, text = story.read(corrected, code)
            assert (status, note in text, "A summary, corrected." in text) == (200, True, True)
    assert story.console_lines() == []


def test_team_of_two_publishes_brief(story: Story) -> None:
    every = ("Writers", "Reviewers", "Publishers")
    writer, reviewer = factories.person("one", *every), factories.person("two", *every)
    brief = workflow.create(factories.content(), by=writer)
    story.press_verb(writer, brief, "submit")
    writer_page = story.open_page(writer, brief, "review")
    assert writer_page.locator("[formaction*='/sign_off_']").count() == 0, (
        "people cannot sign off their own text"
    )
    story.sign(reviewer, brief, "zh", "en")
    edition = story.approve(reviewer, brief, "now")
    assert (edition.edited_by, edition.approved_by) == (writer, reviewer)
    assert story.read(edition, "en")[0] == 200
    assert story.console_lines() == []
