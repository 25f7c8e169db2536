"""The commands as pure functions, run in the browser: many random ones lose no character and mix up no key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..support import browser_tabs

pytestmark = browser_tabs.pytestmark
DRIVER = Path(__file__).with_name("commands.js").read_text(encoding="utf-8")


@pytest.fixture
def page(live_server: Any) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with browser_tabs.sync_api.sync_playwright() as playwright:
            opened = playwright.chromium.launch(
                executable_path=str(browser_tabs.CHROMIUM), args=browser_tabs.CHROMIUM_ARGS
            )
            page = opened.new_page()
            page.goto(f"{live_server.url}/admin/login/")
            yield page
            opened.close()


def test_random_commands_lose_no_character(page: Any) -> None:
    told = page.evaluate(f"({DRIVER})(2000, 7)")
    assert told["faults"] == []
    assert told["ran"] >= 10_000
    assert min(told["each"].values()) > 300, told["each"]


def test_what_others_wrote_comes_in_cell_by_cell(page: Any) -> None:
    """mine, sent, theirs → what stands then."""
    merged = page.evaluate(
        """async () => {
          const { mergeRows } = await import("/static/briefs/desk/editor/merge_form.js");
          const { EMPTY_ROW } = await import("/static/briefs/desk/editor/commands.js");
          const row = (key, text_zh, text_en) => ({ ...EMPTY_ROW, key, text_zh, text_en });
          const sent = [row("b1", "一", "One"), row("b2", "二", "Two"), row("b3", "三", "Three")];
          const mine = [row("b1", "一改", "One"), row("n1", "", ""), row("b2", "二", "Two"), row("b3", "三", "Three")];
          const theirs = [row("b3", "三", "Three!"), row("b1", "一", "One!"), row("b9", "九", "Nine")];
          return mergeRows(mine, sent, theirs).map((r) => [r.key, r.text_zh, r.text_en]);
        }"""
    )
    assert merged == [["b1", "一改", "One!"], ["b9", "九", "Nine"], ["n1", "", ""], ["b3", "三", "Three!"]]
