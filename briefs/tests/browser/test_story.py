"""A brief's whole life in a real browser, from a draft to its correction, in each language of the interface."""

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
from ..support.browser_tabs import Tab, set_language

SAID = {"zh-hant": ("太長了。", "改好了。"), "en": ("Too long.", "Shorter now.")}


class Story:
    """Everybody has a tab of their own, which stays signed in."""

    def __init__(self, browser: Any, site: str, language: str) -> None:
        self.browser, self.site, self.language = browser, site, language
        self.tabs: dict[int, Tab] = {}

    def at(self, person: Person, brief: Brief, verb: str = "change") -> Any:
        """The person's tab, at a page of the brief."""
        if person.pk not in self.tabs:
            self.tabs[person.pk] = Tab(self.browser, self.site, set_language(person, self.language))
        tab = self.tabs[person.pk]
        tab.brief(brief, verb)
        assert tab.page.locator("html").get_attribute("lang") == self.language
        return tab.page

    def press(self, person: Person, brief: Brief, verb: str, page: str = "change") -> None:
        self.focus_cell(person, brief, page).locator(f"[formaction$='/{verb}/']").first.click()
        self.done(person)

    def done(self, person: Person) -> None:
        self.tabs[person.pk].page.locator(".messagelist .success").first.wait_for()

    def sign(self, person: Person, brief: Brief, *sides: str) -> None:
        for side in sides:
            self.press(person, brief, f"sign_off_{side}", "review")

    def approve(self, person: Person, brief: Brief, when: str, **fields: str) -> Edition:
        page = self.focus_cell(person, brief, "approve")
        for name, value in fields.items():
            field = page.locator(f"[name={name}]")
            field.select_option(value) if name == "kind" else field.fill(value)
        page.locator(f"button[name=when][value={when}]").click()
        self.done(person)
        return Edition.objects.filter(brief=brief).latest("number")

    def read(self, edition: Edition, code: str) -> tuple[int, str]:
        """By somebody who has not been here: a browser keeps a public page for a minute."""
        reader = Tab(self.browser, self.site, None)
        answer = reader.page.goto(f"{self.site}/{code}/briefs/{edition.slug}/parallel/")
        found = answer.status, reader.page.inner_text("body")
        assert [line for line in reader.console_messages if "404" not in line] == []
        reader.page.context.close()
        return found

    def said(self) -> list[str]:
        return [line for tab in self.tabs.values() for line in tab.console_messages]


@pytest.fixture(params=["zh-hant", "en"])
def story(request: Any, chromium: Any, live_server: Any) -> Iterator[Story]:
    told = Story(chromium, live_server.url, request.param)
    yield told
    for tab in told.tabs.values():
        tab.page.context.close()


def state(brief: Brief) -> str:
    return Brief.objects.get(pk=brief.pk).state


def test_a_team_takes_a_brief_from_its_draft_to_its_correction(story: Story) -> None:
    team, (remark, answer) = factories.Team(), SAID[story.language]
    brief = factories.draft_brief(team)
    story.press(team.writer, brief, "submit")
    assert state(brief) == State.IN_REVIEW

    suggests = story.focus_cell(team.reviewer, brief, "review")
    suggests.locator("#b1").focus()
    for key in ("e", "s", "Control+a"):
        suggests.keyboard.press(key)
    suggests.keyboard.type("A better first point.")
    suggests.keyboard.press("Control+Enter")
    suggests.locator("#b1 .suggestion").wait_for()
    notes = story.focus_cell(team.reviewer_en, brief, "review")
    notes.locator("#b2").focus()
    for key in ("z", "n"):
        notes.keyboard.press(key)
    notes.keyboard.type(remark)
    notes.keyboard.press("Control+Enter")
    notes.locator("#b2 .note").wait_for()

    answers = story.focus_cell(team.writer, brief, "review")
    answers.locator("#b1 [value^='accept:']").click()
    answers.locator("#b1 .suggestion").wait_for(state="detached")
    reply = answers.locator("#b2 [name^='reply-']")
    reply.evaluate("field => { const folded = field.closest('details'); if (folded) folded.open = true; }")
    reply.fill(answer)
    answers.locator("#b2 [value^='reply:']").click()
    answers.locator(f"#b2 >> text={answer}").wait_for()
    resolves = story.focus_cell(team.reviewer_en, brief, "review")
    resolves.locator("#b2 [value^='resolve:']").click()
    resolves.locator("#b2 [value^='reopen:']").wait_for(state="attached")
    story.sign(team.reviewer, brief, "en")
    story.sign(team.reviewer_en, brief, "zh")

    tomorrow = timezone.now().astimezone(ZoneInfo("Asia/Taipei")) + dt.timedelta(days=1)
    edition = story.approve(team.publisher, brief, "later", at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert state(brief) == State.APPROVED
    assert story.read(edition, "en")[0] == 404
    with time_machine.travel(edition.live_from + dt.timedelta(seconds=5)):
        for code in ("zh-hant", "en"):
            status, text = story.read(edition, code)
            assert (status, "A better first point." in text, "第0點。" in text) == (200, True, True)

        story.press(team.writer, brief, "revise")
        page = story.focus_cell(team.writer, brief)
        page.fill("[name=summary_en]", "A summary, corrected.")
        page.locator("[formaction$='/submit/']").first.click()  # what was typed goes first
        story.done(team.writer)
        story.sign(team.reviewer, brief, "en")
        change = {"note_zh": "更正摘要。", "note_en": "The summary was wrong."}
        corrected = story.approve(team.publisher, brief, "now", kind="correction", **change)
        for code, note in (("zh-hant", "更正摘要。"), ("en", "The summary was wrong.")):
            status, text = story.read(corrected, code)
            assert (status, note in text, "A summary, corrected." in text) == (200, True, True)
    assert story.console_messages() == []


def test_a_team_of_two_does_the_same(story: Story) -> None:
    every = ("Writers", "Reviewers", "Publishers")
    one, two = factories.person("one", *every), factories.person("two", *every)
    brief = workflow.create(factories.content(), by=one)
    story.press(one, brief, "submit")
    own = story.focus_cell(one, brief, "review")
    assert own.locator("[formaction*='/sign_off_']").count() == 0, "nobody signs their own words"
    story.sign(two, brief, "zh", "en")
    edition = story.approve(two, brief, "now")
    assert (edition.edited_by, edition.approved_by) == (one, two)
    assert story.read(edition, "en")[0] == 200
    assert story.console_messages() == []
