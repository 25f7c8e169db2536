"""Test the whole workflow of a brief in a browser, from nothing to a correction, in each interface language.

Each story runs in one of the languages, and in the other among the heavy tests.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Edition, Person, State
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import Tab, expect, pytestmark

from .editor_driver import EN, ZH, Editor, stored_texts

__all__ = ["pytestmark"]

ENGLISH_IS_HEAVY = ["zh-hant", pytest.param("en", marks=pytest.mark.heavy)]
CHINESE_IS_HEAVY = ["en", pytest.param("zh-hant", marks=pytest.mark.heavy)]
PAIRS = [[f"第{n}項限制不應放寬。", f"Limit {n} should not be relaxed."] for n in "一二三四五六"]
CITATION = """TY  - MGZN
AU  - 林 宗弘
TI  - Who Wins the Tech Race
T2  - Foreign Policy
DA  - 2025/06/09
KW  - 科技
UR  - https://example.org/tech-race
ER  - """
RED_SCRIPT = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--bad)";
  const red = getComputedStyle(probe).color;
  return [...document.querySelectorAll("main *")].filter((part) => part.checkVisibility())
    .filter((part) => ["color", "borderLeftColor", "backgroundColor"].some((name) => getComputedStyle(part)[name] === red))
    .map((part) => part.outerHTML.slice(0, 90));
}"""
REMARKS = {"zh-hant": ("太長了。", "改好了。"), "en": ("Too long.", "Shorter now.")}


class Story:
    """One signed-in tab for each person."""

    def __init__(self, browser: Any, site: str, language: str) -> None:
        self.browser, self.site, self.language = browser, site, language
        self.tabs: dict[int, Editor] = {}
        self.closed_tabs: list[Editor] = []

    def close_tabs(self) -> None:
        """Let everybody sign in again, since a night ends all sessions."""
        for tab in self.tabs.values():
            tab.page.context.close()
            self.closed_tabs.append(tab)
        self.tabs.clear()

    def sign_in(self, person: Person) -> Editor:
        """Return the person's tab, which opens at the front page."""
        if person.pk not in self.tabs:
            self.tabs[person.pk] = Editor(self.browser, self.site, person, self.language, start="/admin/")
        return self.tabs[person.pk]

    def open_page(self, person: Person, brief: Brief, verb: str = "change") -> Any:
        """Open a page of the brief in the person's tab and return the page."""
        tab = self.sign_in(person)
        tab.brief(brief, verb)
        assert tab.page.locator("html").get_attribute("lang") == self.language
        return tab.page

    def press_verb(self, person: Person, brief: Brief, verb: str, page: str = "change") -> None:
        tab = self.open_page(person, brief, page)
        button = tab.locator(f"[formaction$='/{verb}/']:visible").first
        if not button.count():
            tab.click(".more-verbs")
        button.click()
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
        return [
            line for tab in (*self.closed_tabs, *self.tabs.values()) for line in tab.unexpected_messages()
        ]


@pytest.fixture
def story(language: str, chromium: Any, live_server: Any) -> Iterator[Story]:
    story = Story(chromium, live_server.url, language)
    yield story
    story.close_tabs()


def state_of(brief: Brief) -> str:
    return Brief.objects.get(pk=brief.pk).state


@pytest.mark.parametrize("language", ENGLISH_IS_HEAVY)
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
    writer_page.focus("#b1 .margin")
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
    story.sign(team.reviewer, brief, "zh")  # the English has words of the reviewer's now
    story.sign(team.reviewer_en, brief, "en")

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


@pytest.mark.parametrize("language", CHINESE_IS_HEAVY)
def test_team_of_two_publishes_brief(story: Story) -> None:
    every = ("Writers", "Reviewers", "Publishers")
    writer, reviewer = factories.person("one", *every), factories.person("two", *every)
    brief = workflow.create(factories.content(), by=writer)
    story.press_verb(writer, brief, "submit")
    writer_page = story.open_page(writer, brief, "review")
    own = writer_page.locator("[formaction*='/sign_off_']")
    expect(own, "people cannot sign off their own text").to_have_count(0)
    story.sign(reviewer, brief, "zh", "en")
    edition = story.approve(reviewer, brief, "now")
    assert (edition.edited_by, edition.approved_by) == (writer, reviewer)
    assert story.read(edition, "en")[0] == 200
    assert story.console_lines() == []


def type_pairs(editor: Editor, pairs: list[list[str]]) -> int:
    """Type pairs into the first empty row and below, and return how many other keys that took."""
    keys = 0
    for number, (zh, en) in enumerate(pairs):
        if number:
            editor.press("Control+Enter")
            keys += 1
        editor.insert_text(zh)
        editor.press("Tab")
        editor.insert_text(en)
        keys += 1
    return keys


@pytest.mark.parametrize("language", CHINESE_IS_HEAVY)
def test_brief_goes_from_nothing_to_urgent_and_confirmed(story: Story, team: factories.Team) -> None:
    """A writer and a colleague write together, the publisher publishes alone, and the colleague confirms."""
    factories.facts()
    colleague = factories.person("colleague", "Writers", "Reviewers")
    writer_tab, colleague_tab, publisher_tab = (
        story.sign_in(person) for person in (team.writer, colleague, team.publisher)
    )
    page = writer_tab.page
    page.click(".btn[href$='/briefs/brief/upload/']")
    page.click(".btn[href$='/briefs/brief/add/']")
    writer_tab.wait_until_ready()
    assert page.evaluate("document.activeElement.id") == "headline_zh"
    for text in (
        "誰能贏得科技競爭",
        "Who Wins the Tech Race",
        "川普政府可能會解除限制。",
        "Limits may be lifted.",
    ):
        writer_tab.insert_text(text)
        writer_tab.press("Tab")
    keys = type_pairs(writer_tab, PAIRS)
    print(f"\n{keys} structural keys for {len(PAIRS)} pairs")  # noqa: T201
    assert keys <= 3 * len(PAIRS)
    writer_tab.save()
    brief = Brief.objects.get()
    page.locator(".needed >> visible=true").first.wait_for()
    assert page.evaluate(RED_SCRIPT) == [], "red before submission"

    colleague_tab.brief(brief)  # two people write at once, one of them with an input method
    colleague_tab.focus_cell(1, ZH)
    devtools = colleague_tab.page.context.new_cdp_session(colleague_tab.page)
    devtools.send("Input.imeSetComposition", {"text": "ㄐㄧㄚ", "selectionStart": 3, "selectionEnd": 3})
    writer_tab.page.context.set_offline(True)
    writer_tab.focus_cell(2, EN)
    writer_tab.insert_text(" Typed offline.")
    writer_tab.wait_for_state("kept")
    devtools.send("Input.insertText", {"text": "加。"})
    colleague_tab.save()
    writer_tab.page.context.set_offline(False)
    writer_tab.wait_for_state("saved")
    assert writer_tab.bullet_texts()[1][0] == f"{PAIRS[1][0]}加。"
    written = [list(pair) for pair in PAIRS]
    written[1][0] += "加。"
    written[2][1] += " Typed offline."
    assert stored_texts(brief) == written

    page.click("#fact-sentence")
    page.fill("#citation", CITATION)
    page.click("#citation-panel button")
    page.locator("#facts-form .btn.first").click()
    page.locator(".messagelist .success").wait_for()
    assert [(row.family, row.given) for row in Brief.objects.get().authors.all()] == [("林", "宗弘")]

    publisher_tab.open("/admin/")
    publisher_tab.brief(brief)
    publisher_tab.page.click(".more-verbs")
    publisher_tab.page.click("#more-verbs [formaction$='/publish_urgently/']")
    publisher_tab.page.fill("[name=reason]", "戰爭")
    publisher_tab.page.click("button[name=when][value=now], .actions .btn.first")
    story.wait_for_success(team.publisher)
    edition = Edition.objects.get()
    urgent_body = story.read(edition, "en")[1]

    colleague_tab.open("/admin/")
    colleague_tab.page.locator(".waiting a").first.click()  # the most urgent task
    colleague_tab.page.click(".actions .btn.first")
    story.wait_for_success(colleague)
    edition.refresh_from_db()
    assert (edition.urgent, edition.confirmed_by, edition.approved_by) == (True, colleague, team.publisher)
    status, body = story.read(edition, story.language)
    assert (status, PAIRS[5][0] in body, PAIRS[5][1] in body) == (200, True, True)
    assert len(story.read(edition, "en")[1]) < len(urgent_body), "the notice of urgency is gone"
    assert story.console_lines() == []


@pytest.mark.parametrize("language", ENGLISH_IS_HEAVY)
def test_finished_text_is_public_after_seven_clicks(story: Story, team: factories.Team) -> None:
    """Writer, two reviewers and publisher: each takes the first act that the page or the list offers."""
    brief = factories.draft_brief(team)
    clicks: list[str] = []

    def click(person: Person, selector: str) -> None:
        place = story.tabs[person.pk].page.locator(selector)
        clicks.append(f"{person}: {place.inner_text().splitlines()[0]}")
        place.click()

    for person in (team.writer, team.reviewer, team.reviewer_en, team.publisher):
        tab = story.sign_in(person)
        if person == team.writer:
            tab.brief(brief)
        else:
            click(person, f".waiting a[href*='/brief/{brief.pk}/']")
        click(person, ".main-act:visible, button[name=when][value=now]")
        story.wait_for_success(person)
    print(f"\n{len(clicks)} clicks: {'; '.join(clicks)}")  # noqa: T201
    assert len(clicks) <= 7
    edition = Edition.objects.get(brief=brief)
    assert {story.read(edition, code)[0] for code in ("zh-hant", "en")} == {200}
    assert story.console_lines() == []


def press_main_act(story: Story, person: Person, brief: Brief, expected: str) -> None:
    """Open the brief from the person's list of acts and do the act that its page offers first."""
    tab = story.sign_in(person)
    tab.open("/admin/")
    tab.page.click(f".waiting a[href*='/brief/{brief.pk}/']")
    main = tab.page.locator(".main-act:visible")
    assert main.get_attribute("data-next") == expected
    main.click()


@pytest.mark.parametrize("language", ENGLISH_IS_HEAVY)
def test_sole_publisher_keeps_a_change_as_suggestion_and_approves(story: Story, team: factories.Team) -> None:
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    brief = factories.submitted_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher)
    factories.assign_reviewer(brief, "en", team.reviewer_en, by=team.publisher)
    page = story.open_page(team.publisher, brief)
    page.click(".more-verbs")
    page.click("a[href*='view=write']:visible")
    page.wait_for_url("**view=write")
    story.tabs[team.publisher.pk].wait_until_ready()
    page.fill("[name=summary_en]", "The publisher's summary.")
    assert page.locator("#summary .becomes").inner_text() == page.get_attribute("#suggest", "data-short")
    page.locator("#desk-save[data-state=refused]").wait_for()
    expect(page.locator("#desk-banner")).to_be_hidden()  # the notice says the same
    page.locator("button[name=do][value=suggest]").click()
    story.wait_for_success(team.publisher)

    press_main_act(story, team.writer, brief, "suggestions")
    page = story.tabs[team.writer.pk].page
    page.focus("#summary .margin")
    page.locator("#summary [value^='accept:']").click()
    page.locator("#summary .suggestion").wait_for(state="detached")
    assert factories.load_content(brief).summary_en == "The publisher's summary."
    for person, side in ((team.reviewer, "zh"), (team.reviewer_en, "en")):
        press_main_act(story, person, brief, f"sign_off_{side}")
        story.wait_for_success(person)
    tab = story.sign_in(team.publisher)
    tab.open("/admin/")
    tab.page.click(f".waiting a[href*='/brief/{brief.pk}/']")
    tab.page.click("button[name=when][value=now]")
    story.wait_for_success(team.publisher)
    assert Edition.objects.get(brief=brief).approved_by == team.publisher
    assert story.console_lines() == []


@pytest.mark.parametrize("language", CHINESE_IS_HEAVY)
def test_reviewer_of_english_is_led_to_the_english(story: Story, team: factories.Team) -> None:
    for person, side in ((team.reviewer, "zh"), (team.reviewer_en, "en")):
        person.reviews = side
        person.save()
    brief = factories.submitted_brief(team)
    press_main_act(story, team.reviewer_en, brief, "sign_off_en")
    story.wait_for_success(team.reviewer_en)
    page = story.open_page(team.reviewer_en, brief)
    assert page.locator(".main-act:visible").get_attribute("data-next") == "next"
    page.goto(f"{story.site}/admin/")
    expect(page.locator(f".waiting a[href*='/brief/{brief.pk}/']")).to_have_count(0)
    press_main_act(story, team.reviewer, brief, "sign_off_zh")
    story.wait_for_success(team.reviewer)
    assert story.console_lines() == []


@pytest.mark.parametrize("language", ENGLISH_IS_HEAVY)
def test_return_that_was_answered_does_not_come_back(story: Story, team: factories.Team) -> None:
    remark, _answer = REMARKS[story.language]
    brief = factories.submitted_brief(team)
    page = story.open_page(team.reviewer, brief, "send_back")
    page.check("[name=sides][value=zh]")
    page.fill("[name=note]", remark)
    page.locator(".actions .btn.first").click()
    story.wait_for_success(team.reviewer)

    press_main_act(story, team.writer, brief, "notes")
    page = story.tabs[team.writer.pk].page
    page.locator(".note:visible").first.hover()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.locator("[value^='resolve:']:visible, [formaction$='/resolve/']:visible").first.click()
    story.press_verb(team.writer, brief, "submit")
    story.press_verb(team.writer, brief, "take_back")
    page.goto(f"{story.site}/admin/")
    line = page.locator(f".waiting li:has(a[href*='/brief/{brief.pk}/'])").inner_text()
    page = story.open_page(team.writer, brief)
    assert page.locator(".main-act:visible").get_attribute("data-next") == "submit"
    for shown in (line, page.locator(".act-bar").inner_text()):
        assert remark not in shown
        assert not {"退回", "sent back", "Sent back"} & set(re.findall("退回|sent back|Sent back", shown))
    assert state_of(brief) == State.DRAFT
    assert story.console_lines() == []
