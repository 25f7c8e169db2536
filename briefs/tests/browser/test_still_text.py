"""Text stays where it is while one types: saving, findings, colleagues, troubles and conflicts move no letter."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.admin.common.presence import record_presence
from briefs.content import Bullet
from briefs.models import Brief
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark

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
MOVES = "() => { cancelAnimationFrame(window.looking); return window.moves; }"


@contextmanager
def still_text(tab: Editor, story: str) -> Iterator[None]:
    """Fail if a text moves within the block. What is typed in it must fit its line."""
    tab.wait_for_layout()
    tab.page.evaluate(WATCH)
    yield
    tab.wait_for_layout()
    assert tab.page.evaluate(MOVES) == [], story


@pytest.mark.parametrize("width", [1440, 390])
def test_first_words_of_a_new_brief_move_no_text(open_tab: OpenTab, team: factories.Team, width: int) -> None:
    tab = open_tab(team.writer, viewport={"width": width, "height": 900})
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


@pytest.mark.parametrize("width", [1440, 390])
def test_what_others_do_moves_no_text_while_one_types(
    open_tab: OpenTab, team: factories.Team, width: int
) -> None:
    rows = (Bullet(0, "第一點。", ""), Bullet(0, "第二點。", "Second."), Bullet(0, "第三點。", "Third."))
    brief = factories.draft_brief(team, factories.content(bullets=rows))
    tab = open_tab(team.writer, brief, viewport={"width": width, "height": 900})
    tab.expected_messages = ("status of 409",)
    with still_text(tab, "missing language filled, with a finding"):
        tab.type_in(0, EN, "First ,colour.")
        tab.save()
        tab.page.locator("[name=headline_en]").focus()
        expect(tab.page.locator("#b1 .finding").first).to_be_attached()
    with still_text(tab, "text of a colleague, and the colleague"):
        record_presence(brief.pk, team.other_writer, timezone.now(), page="0" * 32, row="b2")
        one, two, three = factories.load_content(brief).bullets
        factories.edit(
            brief, team.other_writer, bullets=(one, factories.replace(two, text_en="Other."), three)
        )
        tab.type_in(0, EN, " More")
        tab.save()
        expect(tab.page.locator("[name=text_en-b2]")).to_have_value("Other.")
    with still_text(tab, "note of a colleague"):
        workflow.add_note(Brief.objects.get(pk=brief.pk), "Which?", by=team.reviewer, bullet=2)
        tab.type_in(0, EN, " yet")
        tab.save()
        expect(tab.page.locator("#b2 .note")).to_be_attached(timeout=60_000)
    with still_text(tab, "second window"):
        record_presence(brief.pk, team.writer, timezone.now(), page="1" * 32, row="b2")
        expect(tab.page.locator("#desk-twice")).to_be_visible(timeout=60_000)
    with still_text(tab, "conflict"):
        one, two, three = factories.load_content(brief).bullets
        factories.edit(
            brief, team.other_writer, bullets=(one, factories.replace(two, text_zh="他們的。"), three)
        )
        tab.focus_cell(1, ZH, "Control+a")
        tab.type("我的。")
        tab.expect_state("clash")
        expect(tab.page.locator("#desk-banner button")).to_be_visible()


def test_trouble_moves_no_text_while_one_types(open_tab: OpenTab, team: factories.Team, brief: Brief) -> None:
    tab = open_tab(team.writer, brief, viewport={"width": 1440, "height": 900})
    tab.expected_messages = NETWORK_ERRORS
    with still_text(tab, "offline and online again"):
        tab.page.context.set_offline(True)
        tab.type_in(0, ZH, "離線。")
        tab.expect_state("kept")
        tab.page.context.set_offline(False)
        tab.expect_state("saved")
    with still_text(tab, "row added and removed"):
        tab.focus_cell(2, EN)
        tab.press("Enter")
        tab.type("Fourth.")
        tab.press("Control+z", "Control+z")
    with still_text(tab, "signed out"):
        tab.page.context.clear_cookies(name="sessionid")
        tab.type_in(1, EN, " Out.")
        tab.expect_state("signin")
