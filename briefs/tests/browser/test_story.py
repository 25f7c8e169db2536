"""The whole life of a brief in a browser, from nothing to a withdrawal, by several people in each interface language."""

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Edition, Person, State
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark

from .editor_driver import Editor, OpenTab

__all__ = ["pytestmark"]
REMARKS = {"zh-hant": ("太長了。", "改好了。"), "en": ("Too long.", "Shorter now.")}


@pytest.fixture(params=["zh-hant", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def read(open_tab: OpenTab, edition: Edition, code: str) -> tuple[int, str]:
    """Return the status and the text of a public page in a browser that has kept no page."""
    reader = open_tab()
    reader.expected_messages = ("status of 404", "status of 410")
    answer = reader.page.goto(f"{reader.site}/{code}/briefs/{edition.slug}/parallel/")
    text = reader.page.inner_text("body")
    reader.page.context.close()
    return answer.status, text


def go_to_task(tab: Editor, brief: Brief) -> None:
    """Open a brief from the person's list of tasks."""
    tab.open("/admin/")
    tab.page.click(f".waiting a[href*='/brief/{brief.pk}/']")
    tab.page.wait_for_url(f"**/brief/{brief.pk}/**")
    tab.page.wait_for_load_state()


def approve(tab: Editor, brief: Brief, **fields: str) -> Edition:
    tab.brief(brief, "approve")
    for name, value in fields.items():
        tab.page.fill(f"[name={name}]", value)
    button = tab.page.locator("button[name=when]")
    expect(button).to_have_attribute("value", fields.get("at", "now"))
    expect(button).to_have_text(re.compile(r"\d\d:\d\d" if fields else "Publish now|立即發布"))
    button.click()
    tab.expect_done()
    return Edition.objects.filter(brief=brief).latest("number")


def test_team_takes_brief_from_draft_to_withdrawal(open_tab: OpenTab, language: str) -> None:
    team, (remark, answer) = factories.Team(), REMARKS[language]
    brief = factories.draft_brief(team)

    def sign_in(person: Person) -> Editor:
        tab = open_tab(person, language=language)
        tab.brief(brief)
        assert tab.page.locator("html").get_attribute("lang") == language
        return tab

    def sign(tab: Editor, *sides: str) -> None:
        for side in sides:
            tab.brief(brief, "review")
            tab.click_verb(f"sign_off_{side}")

    writer, reviewer, english = map(sign_in, (team.writer, team.reviewer, team.reviewer_en))
    writer.click_verb("submit")
    # One reviewer suggests, another one writes a note; the writer accepts and replies.
    reviewer.brief(brief, "review")
    reviewer.page.locator("#b1").focus()
    reviewer.press("e", "s", "Control+a")
    reviewer.page.keyboard.type("A better first point.")
    reviewer.press("Control+Enter")
    expect(reviewer.page.locator("#b1 .suggestion")).to_be_attached()
    english.brief(brief, "review")
    english.page.locator("#b2").focus()
    english.press("z", "n")
    english.page.keyboard.type(remark)
    english.press("Control+Enter")
    expect(english.page.locator("#b2 .note")).to_be_attached()
    writer.brief(brief, "review")
    writer.page.focus("#b1 .margin")
    writer.page.click("#b1 [value^='accept:']")
    expect(writer.page.locator("#b1 .suggestion")).to_have_count(0)
    writer.page.focus("#cell-b2-zh")  # its margin rises
    reply = writer.page.locator("#b2 [name^='reply-']")
    reply.evaluate("field => { const fold = field.closest('details'); if (fold) fold.open = true; }")
    reply.fill(answer)
    writer.page.click("#b2 [value^='reply:']")
    expect(writer.page.locator("#b2")).to_contain_text(answer)
    english.brief(brief, "review")
    english.page.focus("#cell-b2-zh")
    english.page.click("#b2 [value^='resolve:']")
    expect(english.page.locator("#b2 [value^='reopen:']")).to_be_attached()
    sign(reviewer, "zh")  # the English has words of the reviewer's now
    sign(english, "en")
    # Scheduled: nobody reads it before its time.
    publisher = sign_in(team.publisher)
    tomorrow = timezone.now().astimezone(ZoneInfo("Asia/Taipei")) + dt.timedelta(days=1)
    edition = approve(publisher, brief, at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert Brief.objects.get(pk=brief.pk).state == State.APPROVED
    assert read(open_tab, edition, "en")[0] == 404
    with time_machine.travel(edition.live_from + dt.timedelta(seconds=5)):  # the night ends all sessions
        for code in ("zh-hant", "en"):
            status, text = read(open_tab, edition, code)
            assert (status, "A better first point." in text, "第0點。" in text) == (200, True, True)
        writer, english, publisher = map(sign_in, (team.writer, team.reviewer_en, team.publisher))
        # A correction.
        writer.click_verb("revise")
        writer.wait_until_ready()
        writer.page.select_option("[name=change_kind]", "correction")
        writer.page.fill("[name=change_note_zh]", "更正摘要。")
        writer.page.fill("[name=change_note_en]", "The summary was wrong.")
        writer.page.fill("[name=summary_en]", "A summary, corrected.")
        writer.click_verb("submit")  # saves the typed text first
        sign(english, "en")
        corrected = approve(publisher, brief)
        for code, note in (("zh-hant", "更正摘要。"), ("en", "The summary was wrong.")):
            status, text = read(open_tab, corrected, code)
            assert (status, note in text, "A summary, corrected." in text) == (200, True, True)
        # Withdrawn, and reinstated.
        publisher.brief(brief, "withdraw")
        publisher.page.select_option("[name=kind]", "rights")
        for field in publisher.page.locator("form textarea:visible").all():
            field.fill("A fault.")
        publisher.page.locator(".actions .btn.first").click()
        publisher.expect_done()
        status, text = read(open_tab, corrected, "en")
        assert (status, "A summary, corrected." in text) == (200, False)
        publisher.brief(brief, "reinstate")
        publisher.page.locator(".actions .btn.first").click()
        publisher.expect_done()
        assert "A summary, corrected." in read(open_tab, corrected, "en")[1]


def test_two_people_publish_by_keyboard_alone(open_tab: OpenTab) -> None:
    """Reach every button with Tab and press it with Enter; writing is tried in `test_writing.py`."""
    every = ("Writers", "Reviewers", "Publishers")
    one, two = factories.person("one", *every), factories.person("two", *every)
    brief = workflow.create(factories.content(), by=one)

    def press_enter(tab: Editor, selector: str) -> None:
        expect(tab.page.locator(selector).first).to_be_attached()
        tab.page.wait_for_load_state()
        tab.press_tab_until(selector)
        with tab.page.expect_navigation():
            tab.press("Enter")
        assert tab.faults(selector) == []

    def press_verb(tab: Editor, verb: str) -> None:
        tab.brief(brief)
        press_enter(tab, f":is([formaction$='/{verb}/'], [href$='/{verb}/'])")

    writer, reviewer = (open_tab(person, color_scheme="dark") for person in (one, two))
    press_verb(writer, "submit")
    writer.expect_done()
    for side in ("zh", "en"):
        press_verb(reviewer, f"sign_off_{side}")
        reviewer.expect_done()
    press_verb(reviewer, "approve")
    press_enter(reviewer, "[name=when]")
    reviewer.expect_done()
    edition = Edition.objects.get()
    assert (edition.edited_by, edition.approved_by) == (one, two)
    press_enter(reviewer, ".messagelist a[href*='/en/briefs/']")
    expect(reviewer.page.locator("h1")).to_have_text("A Headline")


def test_finished_text_is_public_after_seven_clicks(
    open_tab: OpenTab, team: factories.Team, language: str
) -> None:
    """Writer, two reviewers and publisher: each takes the first act that the page or the list offers."""
    for person, side in ((team.reviewer, "zh"), (team.reviewer_en, "en")):
        person.reviews = side
        person.save()
    brief = factories.draft_brief(team)
    clicks = 0
    for person, act in (
        (team.writer, "submit"),
        (team.reviewer, "sign_off_zh"),  # each is led to the language that is theirs
        (team.reviewer_en, "sign_off_en"),
        (team.publisher, ""),
    ):
        tab = open_tab(person, language=language)
        if person == team.writer:
            tab.brief(brief)
        else:
            go_to_task(tab, brief)
            clicks += 1
        button = tab.page.locator(".main-act:visible, button[name=when]")
        assert not act or button.get_attribute("data-next") == act
        button.click()
        clicks += 1
        tab.expect_done()
        tab.open("/admin/")
        expect(tab.page.locator(f".waiting a[href*='/brief/{brief.pk}/']")).to_have_count(0)
    assert clicks <= 7
    edition = Edition.objects.get(brief=brief)
    assert {read(open_tab, edition, code)[0] for code in ("zh-hant", "en")} == {200}


PRESS_SUBMIT_OF_OLD_PAGE = """() => {
  const button = document.createElement("button");
  button.setAttribute("formaction", location.pathname.replace("/change/", "/submit/"));
  document.getElementById("brief-form").append(button);
  button.click();
}"""
"""The page offers no act that would be refused, but one that was opened earlier may."""
RED_PARTS = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--bad)";
  const red = getComputedStyle(probe).color;
  return [...document.querySelectorAll("main *")].filter((part) => part.checkVisibility())
    .filter((part) => ["color", "borderLeftColor", "backgroundColor"].some((name) => getComputedStyle(part)[name] === red))
    .map((part) => part.outerHTML.slice(0, 90));
}"""


def test_refusal_gets_focus_and_links_to_the_faulty_fields(open_tab: OpenTab, team: factories.Team) -> None:
    faulty = factories.content(headline_en="", bullets=(Bullet(0, "只有中文"),))
    brief = factories.draft_brief(team, faulty)
    tab = open_tab(team.writer, brief)
    tab.expected_messages = ("status of 409",)
    page: Any = tab.page
    expect(page.locator(".needed >> visible=true").first).to_be_visible()
    assert page.evaluate(RED_PARTS) == [], "nothing is a fault before somebody submits"
    page.evaluate(PRESS_SUBMIT_OF_OLD_PAGE)
    tab.expect_focus("#reasons")
    assert tab.faults() == []
    page.click("#reasons a[href='#b1']")
    tab.expect_focus("[name=text_en-b1]")  # the cell whose text is missing
    expect(page.locator("#b1:target")).to_have_count(1)
    page.click("#reasons a[href='#headline']")
    tab.expect_focus("[name=headline_en]")
    assert Brief.objects.get(pk=brief.pk).state == State.DRAFT
