"""Text stays where it is while one types: saving, findings, colleagues, troubles and conflicts move no letter."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.admin.common.presence import record_presence
from briefs.content import Bullet, hash_json
from briefs.models import Brief
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark
from briefs.tests.support.factories import load_content
from briefs.workflow.review_comments import TextAnchor

from .editor_driver import EN, NETWORK_ERRORS, ZH, Editor, OpenTab

__all__ = ["pytestmark"]
WATCH = """() => {
  const texts = () => [...document.querySelectorAll(".sheet .cell textarea")].filter((area) => area.checkVisibility());
  const topOf = (area) => area.getBoundingClientRect().top + scrollY;
  const tops = new Map(texts().map((area) => [area, topOf(area)]));
  window.moves = [];
  const look = () => {
    for (const [area, top] of tops) {
      const by = Math.abs(topOf(area) - top);
      if (area.isConnected && by > 0.1) window.moves.push([area.name, by.toFixed(1)]), tops.delete(area);
    }
    window.looking = requestAnimationFrame(look);
  };
  look();
}"""
"""Record each text of the page that leaves its place, in any frame."""
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
MOVES = "() => { cancelAnimationFrame(window.looking); return window.moves; }"


@contextmanager
def still_text(tab: Editor, story: str) -> Iterator[None]:
    """Fail if a text moves within the block. What is typed in it must fit its line."""
    tab.wait_for_layout()
    tab.page.evaluate(WATCH)
    yield
    tab.wait_for_layout()
    assert tab.page.evaluate(MOVES) == [], story


def test_first_words_of_a_new_brief_move_no_text(open_tab: OpenTab, team: factories.Team) -> None:
    tab = open_tab(team.writer, viewport=PHONE)
    tab.new_brief()
    with still_text(tab, "first headline, first save"):
        tab.page.locator("[name=headline_zh]").focus()
        tab.type("標題")
        tab.expect_state("saved")
        expect(tab.page.locator("#step")).not_to_be_empty()
        expect(tab.page.locator("#history")).to_be_attached()
    with still_text(tab, "other headline"):
        tab.page.locator("[name=headline_en]").focus()
        tab.type("Title")
        tab.save()
    for side, text in ((ZH, "第一點。"), (EN, "A point.")):
        with still_text(tab, f"first bullet, {text}"):
            tab.type_in(0, side, text)
            tab.save()
    with still_text(tab, "summaries"):
        for name, text in (("summary_zh", "摘要。"), ("summary_en", "Summary.")):
            tab.page.locator(f"[name={name}]").focus()
            tab.type(text)
        tab.save()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_others_and_troubles_move_no_text_while_one_types(
    open_tab: OpenTab, team: factories.Team, size: dict[str, int]
) -> None:
    rows = (Bullet(0, "第一點。", ""), Bullet(0, "第二點。", "Second."), Bullet(0, "第三點。", "Third."))
    brief = factories.draft_brief(team, factories.content(bullets=rows))
    tab = open_tab(team.writer, brief, viewport=size)
    tab.expected_messages = ("status of 409", *NETWORK_ERRORS)
    with still_text(tab, "missing language filled, with a finding"):
        tab.type_in(0, EN, "First ,colour.")
        tab.save()
        tab.page.locator("[name=headline_en]").focus()
        expect(tab.page.locator("#b1 .finding").first).to_be_attached()
    with still_text(tab, "text of a colleague, and the colleague"):
        record_presence(brief.pk, team.other_writer, timezone.now(), page="0" * 32, row="b2")
        one, two, three = load_content(brief).bullets
        factories.edit(
            brief, team.other_writer, bullets=(one, factories.replace(two, text_en="Other."), three)
        )
        tab.type_in(0, EN, " More")
        tab.save()
        expect(tab.page.locator("[name=text_en-b2]")).to_have_value("Other.")
    with still_text(tab, "note of a colleague"):
        workflow.reviewing.add_note(Brief.objects.get(pk=brief.pk), "Which?", by=team.reviewer, bullet=2)
        tab.type_in(0, EN, " yet")
        tab.save()
        tab.poll()
        expect(tab.page.locator("#b2 .note")).to_be_attached()
    with still_text(tab, "second window"):
        record_presence(brief.pk, team.writer, timezone.now(), page="1" * 32, row="b2")
        tab.poll()
        expect(tab.page.locator("#desk-twice")).to_be_visible()
    with still_text(tab, "offline and online again"):
        tab.page.context.set_offline(True)
        tab.type_in(2, ZH, "離線。")
        tab.expect_state("kept")
        tab.page.context.set_offline(False)
        tab.expect_state("saved")
    with still_text(tab, "row added and removed"):
        tab.focus_cell(2, EN)
        tab.press("Enter")
        tab.type("Fourth.")
        tab.press("Control+z", "Control+z")
    with still_text(tab, "signed out"):
        cookies = tab.page.context.cookies()
        tab.page.context.clear_cookies(name="sessionid")
        tab.type_in(1, EN, " Out.")
        tab.expect_state("signin")
    tab.page.context.add_cookies(cookies)
    tab.save()
    with still_text(tab, "conflict"):
        one, two, three = load_content(brief).bullets
        factories.edit(
            brief, team.other_writer, bullets=(one, factories.replace(two, text_zh="他們的。"), three)
        )
        tab.focus_cell(1, ZH, "Control+a")
        tab.type("我的。")
        tab.expect_state("clash")
        expect(tab.page.locator("#desk-banner button")).to_be_visible()


PLACES = """() => [...document.querySelectorAll(":is(.cell textarea, .cell.read)")].map((cell) => {
  const box = cell.getBoundingClientRect();
  return [box.left, box.top + scrollY];
})"""
WIDER_THAN_ITS_BOX = """() => [...document.querySelectorAll(".pair, .cell, .grow, .margin")]
  .filter((part) => part.scrollWidth > part.clientWidth + 9).map((part) => part.className)"""
REPAIR_COVERS_HEADLINE = """() => {
  const [text, button] = [document.querySelector(".cell :is(textarea, .words)"), document.getElementById("desk-fix")]
    .map((part) => part?.getBoundingClientRect());
  return Boolean(button?.width) && button.left < text.right && button.top < text.bottom && text.top < button.bottom;
}"""
LONG_WORD = f"https://example.org/{'a' * 120}"


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_entering_a_row_and_faces_of_colleagues_move_no_text(
    open_tab: OpenTab, team: factories.Team, size: dict[str, int]
) -> None:
    rows = (
        Bullet(0, "限制,以芯片。", "A limit on chips.", passage="¶ 6"),
        Bullet(0, "产业,也。", "Industry in 10-15 places, too."),
        Bullet(0, f"見{LONG_WORD}。", f"See {LONG_WORD}."),
    )
    brief = factories.submitted_brief(team, factories.content(bullets=rows))
    workflow.reviewing.add_note(brief, f"Which one? {LONG_WORD}", by=team.reviewer, bullet=1)
    workflow.review_comments.suggest(
        brief,
        TextAnchor("bullet", 1),
        "en",
        "A limit upon chips.",
        by=team.reviewer,
        seen=hash_json(rows[0].text_en),
    )
    colleagues = {"headline": team.other_writer, "summary": team.reviewer_en, "b3": team.publisher}
    for person, view, cell in (
        (team.writer, "write", ".cell textarea"),
        (team.reviewer, "review", ".cell.read"),
    ):
        tab = open_tab(person, viewport=size)
        tab.brief(brief, query=f"?view={view}")
        expect(tab.page.locator(".finding").first).to_be_attached()
        tab.wait_for_layout()
        places = tab.page.evaluate(PLACES)
        assert places
        assert tab.page.evaluate(WIDER_THAN_ITS_BOX) == []
        assert tab.page.evaluate(REPAIR_COVERS_HEADLINE) is False
        for row in ("b1", "b2", "b3"):
            with tab.page.expect_response("**/rail/") if view == "write" else nullcontext():
                tab.page.locator(f"#{row} {cell}").first.focus()
            tab.wait_for_layout()
            assert tab.page.evaluate(PLACES) == places, (view, row)
            assert tab.faults((view, row)) == []
        for row, colleague in colleagues.items():
            record_presence(brief.pk, colleague, timezone.now(), page="0" * 32, row=row)
        tab.poll()
        for row, colleague in colleagues.items():
            expect(tab.page.locator(f"#{row} .here[title^={colleague.name}]")).to_be_visible()
        tab.wait_for_layout()
        assert tab.page.evaluate(PLACES) == places, view
        tab.page.context.close()


WATCH_TYPED_LINE = """() => {
  window.jumps = [];
  let before = {};
  const look = () => {
    const area = document.activeElement;
    const top = area.closest(".pair")?.getBoundingClientRect().top;
    if (before.area === area && Math.abs(before.top - top) > 0.5) window.jumps.push([area.name, before.top, top]);
    before = { area, top };
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""In each frame, compare the place of the row that has the focus with where it was."""


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_typed_line_stays_when_findings_and_a_row_of_a_colleague_come(
    open_tab: OpenTab, team: factories.Team, size: dict[str, int]
) -> None:
    rows = tuple(Bullet(0, f"第{n}點,含芯片。", f"Point 9{n} on defence.") for n in range(1, 31))
    brief = factories.draft_brief(team, factories.content(bullets=rows))
    tab = open_tab(team.writer, brief, viewport=size)
    page = tab.page
    expect(page.locator("#b30 .finding").first).to_be_attached()
    page.locator("#headline_zh").focus()
    for _ in range(20):  # Tab goes from text to text only
        tab.press("Tab")
        tab.expect_focus(".pair .cell textarea")
    page.evaluate(WATCH_TYPED_LINE)
    tab.cell(5, ZH).click()
    tab.type("产")
    tab.press("Tab")
    tab.type("More. ")
    factories.edit(
        brief, team.other_writer, bullets=(Bullet(0, "新的一點。", "New."), *load_content(brief).bullets)
    )
    tab.press(
        "Tab"
    )  # leaving the row saves it, and the answer brings the colleague's row, which moves the others
    tab.expect_focus("[name=text_zh-b7]")
    tab.type("字")
    expect(page.locator("[data-group=bullet] > .pair:not(.is-next)")).to_have_count(31)
    expect(page.locator(".findings-past .finding[data-code=simplified]")).to_be_attached()
    tab.expect_cursor(7, ZH)
    tab.type("字")
    tab.expect_state("saved")
    tab.press("Tab", "F8")
    tab.wait_for_layout()
    assert page.evaluate("window.jumps") == []
