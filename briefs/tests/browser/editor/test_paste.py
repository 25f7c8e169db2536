"""Pasting into the pair editor: lines, markers, levels and columns."""

from briefs.models import Brief
from briefs.tests.browser.editor_driver import ROWS, THREE_BULLETS, ZH, Editor
from briefs.tests.support import browser_tabs
from briefs.tests.support.factories import load_content

from .clipboards import CLIPBOARDS

pytestmark = browser_tabs.pytestmark


PASTE_SCRIPT = """(clipboard) => {
  const { plain, html = "" } = typeof clipboard === "string" ? { plain: clipboard } : clipboard;
  const data = new DataTransfer();
  data.setData("text/plain", plain);
  if (html) data.setData("text/html", html);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_pasted_lines_become_bullets_without_markers(editor: Editor) -> None:
    editor.focus_cell(2, ZH)
    editor.page.evaluate(PASTE_SCRIPT, "。\n• 貼上一\n2. 貼上二")
    wait_for_bullets(editor, 5)
    assert [zh for zh, _ in editor.bullet_texts()][2:] == ["第三句。", "貼上一", "貼上二"]
    editor.press("Control+z")
    assert editor.bullet_texts() == [list(pair) for pair in THREE_BULLETS]


def test_pasted_lines_keep_level_and_marker_type(editor: Editor, brief: Brief) -> None:
    editor.focus_cell(2, ZH)
    editor.page.evaluate(PASTE_SCRIPT, "。\n• 甲\n\t1. 子一\n• \n\t2. 子二\n• 乙")
    wait_for_bullets(editor, 7)
    editor.save()
    pasted = load_content(brief).bullets[3:]
    assert [(b.text_zh, b.level_zh, b.marker_zh) for b in pasted] == [
        ("甲", 0, "bullet"),
        ("子一", 1, "number"),
        ("子二", 1, "number"),
        ("乙", 0, "bullet"),
    ]
    assert [(b.level_en, b.marker_en) for b in pasted] == [(b.level_zh, b.marker_zh) for b in pasted]


def test_wrapped_lines_of_a_mail_are_joined_in_one_step(editor: Editor) -> None:
    editor.focus_cell(2, ZH)
    lines = "，但沒有任何程式知道這一段文字在哪裡被切斷，因為郵件程式會在固定的寬度處換\n行。\n\n• 貼上一\n• 貼上二"
    editor.page.evaluate(PASTE_SCRIPT, {"plain": lines, "html": lines.replace("\n", "<br>")})
    wait_for_bullets(editor, 5)
    first, *rest = [zh for zh, _ in editor.bullet_texts()][2:]
    assert (first, rest) == ("第三句" + "".join(lines.split("\n")[:2]), ["貼上一", "貼上二"])
    editor.press("Control+z")
    assert editor.bullet_texts() == [list(pair) for pair in THREE_BULLETS]


def wait_for_bullets(editor: Editor, count: int) -> None:
    """The server reads pasted markers, so the rows come a moment later."""
    condition = (
        "n => document.querySelectorAll('.rows[data-group=bullet] > .pair:not(.is-next)').length === n"
    )
    editor.page.wait_for_function(condition, arg=count)


IS_PASTED = """() => [...document.querySelectorAll(".rows[data-group=bullet] > .pair:not(.is-next)")].slice(3).some(
  (pair) => [...pair.querySelectorAll(".cell textarea")].some((area) => area.value))"""


def describe_pasted(editor: Editor, *, is_pair: bool) -> str:
    """Return the rows below the three original ones, as in `Clipboard.expected`."""
    read = """pairs => pairs.slice(3).map(pair => {
      const [zh, en] = pair.querySelectorAll(".cell textarea");
      const [level, marker] = pair.querySelector("[name^=structure_zh]").value.split("-");
      return [zh.value, en.value, level + marker[0]];
    })"""
    rows = editor.page.eval_on_selector_all(ROWS, read)
    return "\n".join(f"{zh} = {en}" if is_pair else f"{zh} {structure}" for zh, en, structure in rows)


def test_clipboards_of_word_google_docs_and_web_pages_become_rows(editor: Editor) -> None:
    wrong = {}
    for name, clipboard in CLIPBOARDS.items():
        editor.focus_cell(2, ZH)
        editor.press("Control+Enter")
        editor.page.evaluate(PASTE_SCRIPT, clipboard._asdict())
        editor.page.wait_for_function(IS_PASTED)
        pasted = describe_pasted(editor, is_pair=" = " in clipboard.expected)
        editor.press("Control+z")  # one step takes all rows away
        after = len(editor.bullet_texts())
        if (pasted, after) != (clipboard.expected, 3):
            wrong[name] = (pasted, clipboard.expected, after)
    assert wrong == {}
    assert len(CLIPBOARDS) >= 20
    assert editor.bullet_texts() == [list(pair) for pair in THREE_BULLETS]
