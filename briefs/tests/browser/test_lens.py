"""Test the lens in a browser: in the editor while typing goes on, and on the review page."""

from typing import Any

import pytest

from briefs import workflow
from briefs.content import Bullet, Content
from briefs.models import Brief, Suggestion
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language

from .editor_driver import EN, ZH, Editor

pytestmark = browser_tabs.pytestmark

TURNED = (
    "政府不應把全部預算投入大型平台，而應保留部分經費採購小型系統。",
    "Governments should put the entire budget into large platforms rather than reserving some funds for small systems.",
)
BULLETS = (
    Bullet(0, *TURNED),
    Bullet(0, "三項建議不得外洩。", "Three proposals."),
    Bullet(0, "很好。", "Nothing at all."),
)


def content() -> Content:
    return factories.content(
        bullets=BULLETS, headline_zh="標題", headline_en="Headline", summary_zh="摘要", summary_en="Summary"
    )


def lit(tab: Tab, row: str, side: str, which: str = "") -> list[str]:
    """Return the lit words of a cell. `which`: a selector to narrow them."""
    return list(
        tab.page.eval_on_selector_all(
            f"#{row} .cell[data-side={side}] .lens-word{which}",
            "words => words.map(word => word.textContent)",
        )
    )


def lines(tab: Tab) -> list[list[str]]:
    read = (
        "lines => lines.map(line => [...line.querySelectorAll('button')].map(button => button.textContent))"
    )
    return list(tab.page.eval_on_selector_all(".lens-line", read))


def count(tab: Tab, kind: str) -> str:
    return str(tab.page.locator(f"#lens [data-kind={kind}] .n").inner_text())


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_writer_sees_words_without_counterpart_while_typing(
    language: str, chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.draft_brief(team, content())
    tab = Editor(chromium, live_server.url, team.writer, language)
    tab.brief(brief)
    page = tab.page
    expect(page.locator("#lens")).to_be_hidden()
    # In a text the key is a letter; on the row's number it lights the words.
    tab.focus_cell(1, EN)
    tab.press("l", "Backspace", "Escape", "l")
    page.locator("#b1 .lens-word").first.wait_for()
    assert tab.cell(1, EN).input_value() == "Three proposals."
    assert lit(tab, "b1", "zh", "[data-alone]") == ["不應"]
    assert lit(tab, "b1", "en", "[data-alone]") == ["rather than"]
    assert lines(tab)[:2] == [["不應", "rather than"], ["不得"]]
    assert (count(tab, "negation"), count(tab, "number")) == ("4", "0")
    assert page.locator("#lens-said").inner_text() != ""
    assert page.locator("#more-verbs [data-lens-toggle]").get_attribute("aria-pressed") == "true"
    assert tab.accessibility_violations() == []
    # The caret and the pointer light a word with its counterpart.
    tab.cell(0, ZH).evaluate(
        "area => { area.focus(); const at = area.value.indexOf('全部'); area.setSelectionRange(at + 1, at + 1); }"
    )
    page.locator("#b1 .cell[data-side=en] .is-lit").wait_for()
    assert lit(tab, "b1", "en", ".is-lit") == ["entire"]
    page.mouse.move(*centre(page, "#b1 .cell[data-side=en] .lens-word:text-is('some')"))
    page.locator("#b1 .cell[data-side=zh] .is-lit:text-is('部分')").wait_for()
    assert lit(tab, "b1", "zh", ".is-lit") == ["部分"]
    # F8 stops at each word without a counterpart; Enter goes to it.
    page.locator("#b2 .handle").focus()
    tab.press("F8")
    assert page.evaluate("document.activeElement.textContent") == "不得"
    assert lit(tab, "b2", "zh", ".is-lit") == ["不得"]
    tab.press("Enter")
    assert tab.cursor_position()[1:] == ["zh", 6]
    # Words move with the typing and are never wrong; a pause brings the new ones.
    tab.cell(1, ZH).evaluate("area => area.setSelectionRange(0, 0)")
    tab.insert_text("以下")
    assert lit(tab, "b2", "zh") == ["三", "不得"]
    tab.focus_cell(1, EN)
    tab.insert_text(" They must not leak.")
    page.locator("#b2 .cell[data-side=en] .lens-word:text-is('must not')").wait_for()
    assert lit(tab, "b2", "zh", "[data-alone]") == []
    assert lines(tab)[1:] == [["Nothing"]]
    tab.press("Control+z")
    page.locator("#b2 .lens-line").wait_for()
    # The legend hides a kind and walks; the browser remembers both.
    page.click("#lens [data-kind=negation]")
    assert lines(tab) == []
    assert page.locator("#lens [data-walk='1']").is_disabled()
    page.click("#lens [data-kind=negation]")
    page.click("#lens [data-kind=modal]")
    for word in ("Nothing", "不應", "rather than"):  # after 不得, where F8 stopped
        page.click("#lens [data-walk='1']")
        assert page.locator(".lens-count").inner_text().endswith(word)
        assert page.locator(".is-lit").inner_text() == word
    tab.wait_until_saved()
    page.reload()
    page.locator("#b1 .lens-word[data-alone]").first.wait_for()
    assert lit(tab, "b1", "zh", "[data-kind=modal]") == []
    page.click("#lens [data-lens-close]")
    expect(page.locator(".lens-word:visible")).to_have_count(0)
    assert page.evaluate("document.activeElement.matches('.more-verbs')")
    assert tab.unexpected_messages() == []


def centre(page: Any, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_unfinished_composition_is_not_asked_about(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.draft_brief(team, content())
    tab = Editor(chromium, live_server.url, team.writer)
    tab.page.clock.install()
    tab.brief(brief)
    page = tab.page
    page.click(".more-verbs")
    page.click("[data-lens-toggle]")
    page.locator("#b1 .lens-word").first.wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/lens/") else None)
    tab.focus_cell(2, ZH)
    tab.cell(2, ZH).evaluate(
        """area => {
          area.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
          area.value = "不" + area.value;
          area.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
        }"""
    )
    page.clock.run_for(5_000)
    assert asked == []
    assert "不" not in lit(tab, "b3", "zh")
    tab.cell(2, ZH).evaluate(
        'area => area.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }))'
    )
    page.locator("#b3 .lens-word:text-is('不')").wait_for()


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_reviewer_steps_through_lit_words(
    language: str, chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team, content())
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, language))
    tab.brief(brief, "review")
    page = tab.page
    page.locator("#b1").focus()
    page.keyboard.press("l")
    page.locator("#b1 .lens-word").first.wait_for()
    assert lines(tab)[:2] == [["不應", "rather than"], ["不得"]]
    assert tab.accessibility_violations() == []
    page.keyboard.press("ArrowRight")
    assert lit(tab, "b1", "zh", ".is-lit") == ["不應"]
    page.keyboard.press("ArrowRight")
    assert (lit(tab, "b1", "zh", ".is-lit"), lit(tab, "b1", "en", ".is-lit")) == (["全部"], ["entire"])
    assert page.locator("#lens-said").inner_text() == "全部 = entire"
    page.keyboard.press("F8")
    assert page.evaluate("document.activeElement.textContent") == "不應"
    page.keyboard.press("Shift+F8")
    assert page.evaluate("document.activeElement.textContent") == "Nothing"
    # A suggestion replaces the row; its words are lit again, and those of the suggestion are not.
    page.locator("#b2").focus()
    page.keyboard.press("e")
    page.keyboard.press("s")
    page.keyboard.press("Control+a")
    page.keyboard.type("Three proposals, lol not to be leaked.")
    page.keyboard.press("Control+Enter")
    page.locator("#b2 .suggestion").wait_for()
    page.locator("#b2 .lens-line").wait_for()
    assert Suggestion.objects.get().text == "Three proposals, lol not to be leaked."
    assert lit(tab, "b2", "en") == ["Three"]
    page.keyboard.press("l")
    page.locator("#lens").wait_for(state="hidden")
    expect(page.locator(".sheet .lens-word")).to_have_count(0)
    page.locator("#b1").focus()
    page.keyboard.press("f")  # the answer replaces the bar
    page.locator("#b1 .acts .is-on").wait_for(state="attached")
    page.set_viewport_size({"width": 320, "height": 800})
    page.click(".more-verbs")
    page.click("#more-verbs [data-lens-toggle]")
    page.locator("#b1 .lens-word").first.wait_for()
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []


def test_deleted_words_are_not_lit(chromium: Any, live_server: Any, team: factories.Team) -> None:
    brief = factories.submitted_brief(team, content())
    factories.edit(
        brief,
        team.writer,
        bullets=(Bullet(1, TURNED[0].replace("不應", "應"), TURNED[1]), *brief_rows(brief)[1:]),
    )
    tab = Tab(chromium, live_server.url, set_language(team.reviewer, "en"))
    tab.open(f"/admin/briefs/brief/{brief.pk}/review/?since=r1")
    page = tab.page
    page.locator("#b1 del").first.wait_for()
    page.click(".more-verbs")
    page.click("#more-verbs [data-lens-toggle]")
    page.locator("#b1 .lens-word").first.wait_for()
    expect(page.locator("del .lens-word")).to_have_count(0)
    assert lit(tab, "b1", "zh")[0] == "應"


def brief_rows(brief: Brief) -> tuple[Bullet, ...]:
    return workflow.load_working_copy(brief).bullets
