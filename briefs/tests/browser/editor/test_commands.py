"""Run the editor's row commands in a browser as pure functions, on random rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from briefs.tests.support import browser_tabs

pytestmark = browser_tabs.pytestmark
DRIVER = Path(__file__).with_name("commands.js").read_text(encoding="utf-8")


@pytest.fixture
def page(live_server: Any) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with browser_tabs.sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(browser_tabs.CHROMIUM), args=browser_tabs.CHROMIUM_ARGS
            )
            page = browser.new_page()
            page.goto(f"{live_server.url}/admin/login/")
            yield page
            browser.close()


def test_random_commands_lose_no_text_and_mix_up_no_keys(page: Any) -> None:
    report = page.evaluate(f"({DRIVER})(2000, 7)")
    assert report["faults"] == []
    assert report["ran"] >= 10_000
    assert min(report["each"].values()) > 300, report["each"]


def test_merge_rows_takes_other_writers_changes_cell_by_cell(page: Any) -> None:
    """Three-way merge: the page's rows, the rows last sent, and the stored rows."""
    merged = page.evaluate(
        """async () => {
          const { mergeRows } = await import("/static/briefs/desk/editor/merge_form.js");
          const { EMPTY_ROW } = await import("/static/briefs/desk/editor/commands.js");
          const row = (key, text_zh, text_en) => ({ ...EMPTY_ROW, key, text_zh, text_en });
          const sent = [row("b1", "一", "One"), row("b2", "二", "Two"), row("b3", "三", "Three")];
          const mine = [row("b1", "一改", "One"), row("n1", "", ""), row("b2", "二", "Two"), row("b3", "三", "Three")];
          const indented = (row) => ({ ...row, level_zh: 1, level_en: 1 });
          const theirs = [row("b3", "三", "Three!"), indented(row("b1", "一", "One!")), row("b9", "九", "Nine")];
          return mergeRows(mine, sent, theirs).map((r) => [r.key, r.text_zh, r.text_en, r.level_zh, r.level_en]);
        }"""
    )
    assert merged == [
        ["b1", "一改", "One!", 1, 1],
        ["b9", "九", "Nine", 0, 0],
        ["n1", "", "", 0, 0],
        ["b3", "三", "Three!", 0, 0],
    ]


def test_row_with_notes_alone_is_never_taken_for_empty(page: Any) -> None:
    """Undo brings back a note that was emptied, and pasted pairs fill the row and leave its notes."""
    notes, undone, pasted = page.evaluate(
        """async () => {
          const { EMPTY_ROW, pastePairs, withEmptyLast } = await import("/static/briefs/desk/editor/commands.js");
          const { History } = await import("/static/briefs/desk/editor/history.js");
          const row = { ...EMPTY_ROW, key: "n1", passage: "第三段", one_sided: "only there" };
          const rows = withEmptyLast([row], null);
          const history = new History({ fields: {}, rows });
          history.did({ fields: {}, rows: withEmptyLast([{ ...row, passage: "", one_sided: "" }], null) });
          const pair = { zh: { text: "一" }, en: { text: "One" } };
          const read = (list) => list.map((r) => [r.key, r.text_zh, r.passage, r.one_sided]);
          return [read(rows).length, read(history.undo()?.rows ?? [])[0], read(pastePairs(rows, 0, "zh", [pair]).rows)[0]];
        }"""
    )
    assert notes == 2
    assert undone == ["n1", "", "第三段", "only there"]
    assert pasted == ["n1", "一", "第三段", "only there"]
