"""Write a brief in the pair editor: by keyboard with an input method, by mouse, and from the clipboard."""

from typing import Any

import pytest

from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content

from .clipboards import CLIPBOARDS, Clipboard
from .editor_driver import (
    EN,
    KEYS,
    LEVELS,
    ORIGINAL,
    ROWS,
    ZH,
    Editor,
    OpenTab,
    bullets,
    stored_bullets,
    stored_numbers,
    stored_texts,
)

pytestmark = browser_tabs.pytestmark

MAC = "Object.defineProperty(navigator, 'platform', {get: () => 'MacIntel'})"
ENTER_AT_ONCE = """document.addEventListener("compositionend", ({ target }) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })), { once: true })"""
"""Some browsers send the Enter that ends a composition, at once."""
KEYS_WHILE_COMPOSING = ("Enter", "Tab", "ArrowUp", "ArrowDown", "Backspace", "Delete", "Escape", "F8", "m")


class Typist(Editor):
    """An editor on Windows or a Mac, whose Chinese is composed by an input method."""

    mod = "Control"

    def use_mac(self) -> None:
        self.mod = "Meta"
        self.page.add_init_script(MAC)

    def write(self, text: str) -> None:
        """Type Latin text, and Chinese as Zhuyin does: every key is pressed while it composes, then it commits."""
        if text.isascii():
            self.type(text)
            return
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("Input.imeSetComposition", {"text": "ㄉㄧ", "selectionStart": 2, "selectionEnd": 2})
        for key in KEYS_WHILE_COMPOSING:
            for kind in ("rawKeyDown", "keyUp"):
                event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": 229}
                devtools.send("Input.dispatchKeyEvent", event)
        self.page.evaluate(ENTER_AT_ONCE)
        devtools.send("Input.insertText", {"text": text})
        devtools.detach()
        # An Enter within 30 ms of the composition's end belongs to the input method.
        now = self.page.evaluate("performance.now()")
        self.page.wait_for_function("ended => performance.now() > ended + 40", arg=now)

    def write_pairs(self, pairs: list[list[str]], between: str, after: str) -> None:
        for zh, en in pairs:
            self.write(zh)
            self.press(between)
            self.write(en)
            self.press(after.replace("Mod", self.mod))


@pytest.mark.parametrize(("language", "is_mac"), [("zh-hant", False), ("en", True)])
def test_brief_is_written_in_five_ways_by_keyboard_alone(
    open_tab: OpenTab, team: factories.Team, language: str, *, is_mac: bool
) -> None:
    typist = open_tab(team.writer, language=language, kind=Typist)
    if is_mac:
        typist.use_mac()
    pairs = [[f"第{n}點，寫得下去。", f"Point {n} can be written."] for n in range(1, 12)]
    page, press = typist.page, typist.press
    typist.new_brief()
    typist.expect_focus("#headline_zh")
    typist.write("誰能贏得科技競爭")
    press("Tab")
    typist.write("Who Wins the Tech Race")
    press("Enter")  # down the column
    typist.expect_focus("#summary_en")
    typist.write("Limits may be lifted.")
    press("Shift+Enter")  # a paragraph
    typist.write("Not all.")
    press("Shift+Tab")
    typist.write("川普政府可能會解除限制。")
    press("Enter")
    typist.expect_cursor(0, ZH)
    typist.write_pairs(pairs[:2], "Tab", "Tab")
    typist.write_pairs(pairs[2:4], "Tab", "Enter")
    typist.write_pairs(pairs[4:6], "Tab", "Mod+Enter")
    for zh, _ in pairs[6:9]:
        typist.write(zh)
        press("Enter")
    press("Tab")  # reached by Enter: to the first empty cell
    for _, en in pairs[6:9]:
        typist.write(en)
        press("Enter")
    page.locator(".is-next textarea").nth(EN).focus()
    typist.write_pairs([pair[::-1] for pair in pairs[9:]], "Shift+Tab", "Enter")
    typist.expect_texts(*pairs)
    expect(page.locator(".rows > .is-next")).to_have_count(1)
    typist.focus_cell(10, ZH)
    press("Control+Meta+ArrowRight" if typist.mod == "Meta" else "Alt+Shift+ArrowRight")
    typist.expect_read(LEVELS, [*[[0, 0]] * 10, [1, 1]])
    press(f"{typist.mod}+s")
    page.wait_for_url("**/change/**")
    typist.expect_state("saved")
    brief = Brief.objects.get()
    assert stored_texts(brief) == pairs
    assert brief.summary_en == "Limits may be lifted.\nNot all."


def test_keys_of_a_cell_make_fill_and_leave_rows(open_tab: OpenTab, team: factories.Team) -> None:
    rows = bullets(("一。", "One."), ("二。", "Two."), ("三。三。", ""))
    brief = factories.draft_brief(team, factories.content(bullets=rows))
    typist = open_tab(team.writer, brief)
    mod, one, two, three = "Control", ["一。", "One."], ["二。", "Two."], ["三。三。", ""]
    typist.focus_cell(0, ZH, "End")
    typist.press("Enter")  # the cell below has text: a new pair between
    typist.expect_texts(one, ["", ""], two, three)
    typist.press("Enter", f"{mod}+Enter", "Tab", "Tab")  # an empty pair: nothing, and it goes when it is left
    typist.expect_cursor(1, ZH)
    typist.expect_texts(one, two, three)
    typist.press(f"{mod}+z")  # and so there is nothing to undo
    typist.focus_cell(1, EN, "Home")
    typist.press("ArrowRight", "ArrowRight", "Enter")  # inside: the rest goes into the free cell below
    typist.expect_texts(one, ["二。", "Tw"], ["三。三。", "o."])
    typist.press(f"{mod}+Enter")  # a new pair on the begun side: the empty last row
    typist.expect_cursor(3, EN)
    typist.press("Backspace")  # an empty pair: gone
    typist.expect_cursor(2, EN)
    typist.focus_cell(1, ZH)
    typist.press("Tab", "Tab")
    typist.expect_cursor(2, ZH)
    typist.press("Tab", "Tab", "Tab")  # the empty last row is one stop
    typist.expect_cursor(None, ZH)
    typist.focus_cell(0, EN)
    typist.press(f"{mod}+s")
    typist.expect_state("saved")
    assert stored_texts(brief) == [one, ["二。", "Tw"], ["三。三。", "o."]]


REPEATED_BACKSPACE = """document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
  { key: "Backspace", repeat: true, bubbles: true, cancelable: true }))"""


def test_rows_are_split_merged_moved_and_undone_and_keep_their_numbers(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)
    before = stored_bullets(brief)
    first, second, third = ORIGINAL

    def undo() -> None:
        tab.press("Control+z")
        tab.expect_texts(*ORIGINAL)

    # A column slips by one row, and back.
    tab.focus_cell(1, EN)
    tab.press("Alt+ArrowDown")
    tab.expect_texts(first, ["第二句。", ""], ["第三句", "Second sentence."], ["", "Third"])
    tab.save()
    tab.press("Alt+ArrowUp")
    tab.expect_texts(*ORIGINAL)
    tab.save()
    assert stored_bullets(brief) == before
    # Enter splits one side and then fills the gap on the other.
    for side, length in ((ZH, 1), (EN, 7)):
        tab.focus_cell(1, side, "Control+Home")
        tab.press(*["ArrowRight"] * length, "Enter")
    tab.expect_texts(first, ["第", "Second"], ["二句。", "sentence."], third)
    tab.press("Control+z", "Control+z", "Control+y", "Control+y")
    tab.expect_texts(first, ["第", "Second"], ["二句。", "sentence."], third)
    tab.press("Control+z")
    undo()
    # Keys at the edge of a text merge, but not while they are held; arrows walk on.
    tab.focus_cell(1, EN, "Control+Home")
    tab.page.evaluate(REPEATED_BACKSPACE)
    tab.press("Backspace")
    tab.expect_texts(["第一句。第二句。", "First sentence. Second sentence."], third)
    tab.expect_cursor(0, EN, len("First sentence. "))
    undo()
    tab.focus_cell(0, ZH)
    tab.press("Delete")
    tab.expect_texts(["第一句。第二句。", "First sentence. Second sentence."], third)
    undo()
    tab.focus_cell(0, ZH)
    tab.press("ArrowDown")
    tab.expect_cursor(1, ZH)
    tab.press("Control+Home", "ArrowUp")
    tab.expect_cursor(0, ZH, 4)
    # A merge keeps the upper number; undone, the lower is there again.
    tab.focus_cell(1, ZH)
    tab.press("Escape", "m")
    tab.save()
    assert stored_bullets(brief) == [before[0], (2, "第二句。第三句", "Second sentence. Third")]
    undo()
    tab.save()
    assert stored_bullets(brief) == before
    # A row moves, changes its level and goes with its subpoints.
    tab.focus_cell(1, ZH)
    tab.press("Alt+Shift+ArrowRight")
    tab.focus_cell(0, ZH)
    tab.press("Alt+Shift+ArrowDown")
    tab.expect_texts(third, first, second)
    tab.expect_read(LEVELS, [[0, 0], [0, 0], [1, 1]])
    tab.press("Escape", "ArrowDown", "Shift+Z", "e", "n")
    tab.expect_read(LEVELS, [[0, 0], [0, 0], [0, 2]])
    expect(tab.page.locator("#b2 .marker")).to_have_text(["1.", "1."])
    tab.press("Delete")
    tab.expect_texts(third, first)
    assert tab.faults("toast") == []
    tab.page.locator(".toast button").click()
    tab.expect_texts(third, first, second)
    tab.focus_cell(0, ZH)
    tab.save()
    assert stored_numbers(brief) == [3, 1, 2]
    # The menu of a row runs commands; no letter is a command while it is open.
    tab.press("Escape", "Enter")
    tab.expect_focus("[role=menuitem]")
    tab.press("ArrowRight", "End", "j", "Escape", "Escape")
    tab.expect_cursor(0, ZH, 3)
    tab.expect_texts(third, first, second)
    tab.press("Escape", "s")
    tab.expect_focus("[name=passage-b3]")
    tab.type("原文第 3 段")
    assert tab.faults("passage") == []
    tab.save()
    assert load_content(brief).bullets[0].passage == "原文第 3 段"
    # The mouse drags a row by its number.
    drag(tab, "#b3 .handle", "#b2")
    tab.expect_read(KEYS, ["b1", "b2", "b3"])
    tab.focus_cell(0, ZH)
    tab.save()
    assert stored_numbers(brief) == [1, 2, 3]


def drag(tab: Editor, handle: str, below: str) -> None:
    """Drag a row by its handle below another one."""
    tab.page.locator(handle).scroll_into_view_if_needed()
    start, end = tab.page.locator(handle).bounding_box(), tab.page.locator(below).bounding_box()
    mouse = tab.page.mouse
    mouse.move(start["x"] + 10, start["y"] + 10)
    mouse.down()
    mouse.move(start["x"] + 10, start["y"] + 40, steps=3)
    mouse.move(end["x"] + 30, end["y"] + end["height"] - 4, steps=6)
    mouse.up()


PASTE = """({ plain, html }) => {
  const data = new DataTransfer();
  data.setData("text/plain", plain);
  if (html) data.setData("text/html", html);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
STRUCTURE = """([rows, skipped]) => [...document.querySelectorAll(rows)].slice(skipped).map((row) => {
  const [zh, en] = row.querySelectorAll(".cell textarea");
  const [level, marker] = row.querySelector("[name^=structure_zh]").value.split("-");
  return [zh.value, en.value, level + marker[0]];
})"""


HAS_PASTED = f"""() => [...document.querySelectorAll("{ROWS}")].slice(3).some((row) =>
  [...row.querySelectorAll(".cell textarea")].some((area) => area.value))"""


def test_clipboards_of_word_docs_mail_and_sheets_become_rows(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief)

    def paste(clipboard: Clipboard) -> None:
        tab.page.evaluate(PASTE, {"plain": clipboard.plain, "html": clipboard.html})

    wrong = {}
    for name, clipboard in CLIPBOARDS.items():
        tab.focus_cell(2, ZH)
        tab.press("Control+Enter")
        paste(clipboard)
        tab.expect_read(HAS_PASTED, True)  # the server reads what was pasted
        rows = tab.page.evaluate(STRUCTURE, [ROWS, 3])
        is_pair = " = " in clipboard.expected
        pasted = "\n".join(f"{zh} = {en}" if is_pair else f"{zh} {marks}" for zh, en, marks in rows)
        if pasted != clipboard.expected:
            wrong[name] = (pasted, clipboard.expected)
        tab.press("Control+z")  # one step takes all rows away
        tab.expect_texts(*ORIGINAL)
    assert wrong == {}
    # At the end of a text, the first line goes on with it. The other language gets the same levels and markers.
    tab.focus_cell(2, ZH)
    paste(Clipboard("", "。\n• 甲\n\t1. 子一\n• \n\t2. 子二\n• 乙", ""))
    tab.expect_texts(*ORIGINAL[:2], ["第三句。", "Third"], ["甲", ""], ["子一", ""], ["子二", ""], ["乙", ""])
    tab.save()
    pasted = [(b.level_zh, b.marker_zh, b.level_en, b.marker_en) for b in load_content(brief).bullets[3:]]
    assert pasted == [
        (level, marker) * 2 for level, marker in [(0, "bullet"), (1, "number"), (1, "number"), (0, "bullet")]
    ]
    tab.press("Control+z")
    tab.expect_texts(*ORIGINAL)


def test_phone_opens_menus_and_drags_rows_by_touch(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    tab = open_tab(team.writer, brief, viewport={"width": 390, "height": 850}, has_touch=True, is_mobile=True)
    tab.page.locator("#b1 .handle").tap()
    expect(tab.page.locator("#row-menu")).to_be_visible()
    heights = tab.page.eval_on_selector_all(
        "#row-menu button:not([hidden])", "all => all.map(b => b.offsetHeight)"
    )
    assert min(heights) >= 44
    assert tab.faults() == []
    tab.press("Escape")
    expect(tab.page.locator("#row-menu")).to_be_hidden()
    drag_by_touch(tab, "#b1 .handle", "#b2")
    tab.expect_read(KEYS, ["b2", "b1", "b3"])
    tab.focus_cell(0, ZH)
    tab.save()
    assert stored_numbers(brief) == [2, 1, 3]


def drag_by_touch(tab: Editor, handle: str, below: str) -> None:
    devtools = tab.page.context.new_cdp_session(tab.page)
    tab.page.evaluate("document.activeElement.blur()")
    tab.page.locator(handle).evaluate("part => scrollTo(0, part.getBoundingClientRect().top + scrollY - 250)")
    tab.wait_for_layout()
    box = tab.page.locator(handle).bounding_box()
    x, y = box["x"] + 10, box["y"] + 12

    def touch(kind: str, *points: float) -> None:
        touches: list[Any] = [{"x": x, "y": at} for at in points]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", y)
    for step in range(1, 9):
        touch("touchMove", y + 4 * step)
    tab.wait_for_layout()
    end = tab.page.locator(below).bounding_box()
    touch("touchMove", end["y"] + end["height"] - 6)
    tab.wait_for_layout()
    touch("touchEnd")
