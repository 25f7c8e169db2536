"""Test the keys of the bullet table, with real composition events, in both languages, with the keys of Windows and Mac."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from briefs import workflow
from briefs.tests.browser.editor_driver import EN, ZH, Editor, bullets, stored_texts
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect

pytestmark = browser_tabs.pytestmark

MAC = "Object.defineProperty(navigator, 'platform', {get: () => 'MacIntel'})"
PAIRS = [[f"第{n}點，寫得下去。", f"Point {n} can be written."] for n in range(1, 9)]


class Typist(Editor):
    """An editor whose Chinese is composed by an input method, in which every key is pressed meanwhile."""

    team: factories.Team

    def __init__(self, *arguments: Any, is_mac: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.mod = "Meta" if is_mac else "Control"
        if is_mac:
            self.page.add_init_script(MAC)
        self.devtools = self.page.context.new_cdp_session(self.page)

    def compose(self, text: str) -> None:
        """Type with an input method, as Zhuyin does: every key is pressed while it composes, then it commits."""
        self.devtools.send(
            "Input.imeSetComposition", {"text": "ㄉㄧ", "selectionStart": 2, "selectionEnd": 2}
        )
        for key in ("Enter", "Tab", "Backspace", "Escape", "ArrowDown", "F8"):
            event = {"type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": 229}
            self.devtools.send("Input.dispatchKeyEvent", event)
        self.devtools.send("Input.insertText", {"text": text})
        self.page.wait_for_timeout(40)  # a person's next key; one within 30 ms ends the composition

    def write(self, text: str) -> None:
        if text.isascii():
            self.insert_text(text)
        else:
            self.compose(text)

    def open_new(self) -> None:
        self.page.goto(f"{self.site}/admin/briefs/brief/add/")
        self.page.locator("html.desk-js").wait_for()

    def place(self, row: int, side: int) -> list[Any]:
        """Return what `cursor` returns for this cell."""
        return [row, ("zh", "en")[side]]

    def cursor(self) -> list[Any]:
        script = """() => {
          const cell = document.activeElement.closest(".cell"), row = cell?.closest(".rows > .pair");
          return [row ? [...row.parentElement.children].indexOf(row) : null, cell?.dataset.side ?? document.activeElement.className];
        }"""
        return list(self.page.evaluate(script))


@pytest.fixture(params=[("zh-hant", False), ("en", True)], ids=["zh-hant on Windows", "en on a Mac"])
def typist(
    request: pytest.FixtureRequest, chromium: Any, live_server: Any, team: factories.Team
) -> Iterator[Typist]:
    language, is_mac = request.param
    typist = Typist(chromium, live_server.url, team.writer, language, is_mac=is_mac)
    typist.team = team
    yield typist
    assert typist.unexpected_messages() == []
    typist.page.context.close()


def by_tab(typist: Typist) -> None:
    for zh, en in PAIRS:
        typist.write(zh)
        typist.press("Tab")
        typist.write(en)
        typist.press("Tab")


def by_pair_and(key: str) -> Callable[[Typist], None]:
    def write(typist: Typist) -> None:
        for zh, en in PAIRS:
            typist.write(zh)
            typist.press("Tab")
            typist.write(en)
            typist.press(key.replace("Mod", typist.mod))

    return write


def by_columns(typist: Typist) -> None:
    for zh, _ in PAIRS:
        typist.write(zh)
        typist.press("Enter")
    typist.press("Tab")
    for _, en in PAIRS:
        typist.write(en)
        typist.press("Enter")


def english_first(typist: Typist) -> None:
    typist.page.locator(".is-next textarea").nth(EN).click()
    for zh, en in PAIRS:
        typist.write(en)
        typist.press("Shift+Tab")
        typist.write(zh)
        typist.press("Enter")


WAYS: dict[str, Callable[[Typist], None]] = {
    "Tab": by_tab,
    "Enter": by_pair_and("Enter"),
    "Ctrl+Enter": by_pair_and("Mod+Enter"),
    "columns": by_columns,
    "English first": english_first,
}


def test_eight_pairs_are_written_in_five_ways(typist: Typist) -> None:
    for way, write in WAYS.items():
        typist.open_new()
        typist.page.click("#headline_en")  # must not lead the Chinese into the English column
        typist.page.locator(".is-next textarea").nth(ZH).focus()
        write(typist)
        assert typist.bullet_texts() == PAIRS, way
        expect(typist.page.locator(".rows > .is-next"), way).to_have_count(1)


def open_pairs(typist: Typist, *pairs: tuple[str, str], note: str = "") -> Any:
    brief = factories.draft_brief(typist.team, factories.content(bullets=bullets(*pairs)))
    if note:
        workflow.add_note(brief, note, by=typist.team.reviewer)
    typist.brief(brief)
    return brief


def test_keys_in_a_cell(typist: Typist) -> None:
    brief = open_pairs(typist, ("一。", "One."), ("二。", "Two."), ("三。三。", ""))
    mod = typist.mod
    typist.cell(0, ZH).click()
    typist.press("End", "Enter")  # that cell has text: a new pair between
    assert typist.bullet_texts()[:3] == [["一。", "One."], ["", ""], ["二。", "Two."]]
    typist.press("Enter", f"{mod}+Enter")  # an empty pair: nothing
    assert len(typist.bullet_texts()) == 4
    typist.press("Tab", "Tab")
    assert len(typist.bullet_texts()) == 3, "an empty pair that is left is gone"
    assert typist.cursor() == typist.place(1, ZH)
    typist.press(f"{mod}+z")
    assert len(typist.bullet_texts()) == 3, "and so there is nothing to undo"
    typist.cell(2, ZH).click()
    typist.press("Home", "ArrowRight", "ArrowRight", "Enter")  # inside: the rest goes into a new pair
    assert typist.bullet_texts()[2:] == [["三。", ""], ["三。", ""]]
    typist.press(f"{mod}+z")
    typist.cell(1, EN).click()
    typist.press("Home", *["ArrowRight"] * 2, "Enter")  # inside: the rest goes into the free cell below
    assert typist.bullet_texts()[1:] == [["二。", "Tw"], ["三。三。", "o."]]
    typist.press(f"{mod}+Enter")  # anywhere: a new pair, the begun side
    assert typist.bullet_texts()[1:] == [["二。", "Tw"], ["三。三。", "o."]]
    assert typist.cursor() == typist.place(3, EN), "the empty last row is the new pair"
    typist.press("Backspace")  # an empty pair: gone
    assert typist.cursor() == typist.place(2, EN)
    typist.press("Home", "Backspace")  # at the start: joins the row above
    assert typist.bullet_texts()[1:] == [["二。三。三。", "Tw o."]]
    typist.press("ArrowUp")
    assert typist.cursor() == typist.place(1, EN), "not at the edge"
    typist.press("Escape", "Enter")
    typist.page.locator("#row-menu:popover-open").wait_for()
    typist.press("Escape", "Escape")
    assert typist.cursor() == typist.place(1, EN)
    typist.save()
    assert stored_texts(brief) == [["一。", "One."], ["二。三。三。", "Tw o."]]


def test_keys_in_the_lead_texts_and_at_the_end(typist: Typist) -> None:
    open_pairs(typist, ("一。", ""), ("", "Two."), ("三。", "Three."))
    typist.page.click("#headline_en")
    typist.press("Enter")
    assert typist.page.evaluate("document.activeElement.id") == "summary_en"
    typist.press("Shift+Enter")
    assert typist.page.input_value("#summary_en").startswith("\n"), "a paragraph"
    typist.press("Enter")
    assert typist.cursor() == typist.place(0, EN)
    typist.cell(2, ZH).click()
    typist.press("Tab", "Tab")
    assert typist.cursor() == typist.place(3, ZH), "the empty last row is one stop"
    typist.press("Tab")
    assert typist.cursor()[0] is None, "then out of the sheet"
    typist.cell(2, ZH).click()
    typist.press("End", "Enter")
    assert typist.cursor() == typist.place(3, ZH)
    typist.press("Tab")  # reached by Enter: the first empty cell
    assert typist.cursor() == typist.place(0, EN)
    typist.write("One.")
    typist.press("Enter")
    assert typist.bullet_texts()[1] == ["", ""], "that cell has text: a new pair between"
    typist.cell(3, EN).click()
    typist.press("End", f"{typist.mod}+Enter", "Tab")
    assert typist.cursor() == typist.place(1, ZH), "the English column has no gap, the Chinese one has"


def test_f8_enter_and_escape(typist: Typist) -> None:
    open_pairs(typist, ("一,產。", "One."), ("二。", "Two."), note="Which article?")
    typist.cell(0, ZH).click()
    typist.press("F8")
    assert typist.page.evaluate("Boolean(document.activeElement.closest('#b1 .finding'))")
    typist.press("Enter")
    assert typist.bullet_texts()[0][0] == "一，產。"
    typist.cell(1, EN).click()
    typist.press("F8")
    assert typist.page.evaluate("Boolean(document.activeElement.closest('.whole .item'))")
    typist.press("Escape")
    assert typist.cursor() == typist.place(1, EN), "an item of no row leads back"
