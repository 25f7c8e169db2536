"""Test accessibility and width of the pair editor in use: every width, light and dark."""

from typing import Any

import pytest

from briefs.content import Bullet
from briefs.models import Brief
from briefs.tests.browser.editor_driver import EN, ZH, Editor
from briefs.tests.support import browser_tabs, factories

pytestmark = browser_tabs.pytestmark
BULLETS = (
    Bullet(
        0, "美國應調整外交政策,以因應全球科技競爭格局", "Instead, the U.S. could reform its foreign policy."
    ),
    Bullet(0, "第二點有5G 電信。", "A second point.", level_zh=1, marker_zh="number"),
    Bullet(0, "只有中文的一點。", "", passage="p. 3"),
    Bullet(0, "第四點。", "A fourth point.", level_zh=2, level_en=2),
)


@pytest.fixture
def brief() -> Brief:
    return factories.draft_brief(factories.Team(), factories.content(bullets=BULLETS))


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [
        (1440, "light", "zh-hant"),
        (1024, "dark", "en"),
        (390, "dark", "zh-hant"),
        (390, "light", "en"),
        (320, "light", "en"),
    ],
)
def test_editor_in_use_is_accessible_and_fits(
    chromium: Any, live_server: Any, brief: Brief, width: int, scheme: str, language: str
) -> None:
    touch = {"has_touch": True, "is_mobile": True} if width < 700 else {}
    options = {"viewport": {"width": width, "height": 850}, "color_scheme": scheme, **touch}
    editor = Editor(chromium, live_server.url, brief.updated_by, language, **options)
    editor.brief(brief)
    results = {}

    def check(label: str) -> None:
        # The sticky bar can cover half of a button, which axe reports.
        editor.page.evaluate("scrollTo(0, 0)")
        results[label] = (editor.accessibility_violations(), editor.horizontal_overflow())

    check("opened")
    editor.focus_cell(0, EN)
    editor.press("Alt+ArrowDown")
    check("shifted down")
    editor.press("Control+z")
    if touch:
        editor.page.locator("#b1 .handle").tap()
    else:
        editor.focus_cell(0, ZH)
        editor.press("Escape", "Enter")
    editor.page.locator("#row-menu").wait_for()
    check("row menu")
    heights = [item.bounding_box()["height"] for item in editor.page.locator("#row-menu button").all()]
    assert not touch or min(heights) >= 44
    editor.press("Escape")
    if not touch:
        editor.page.click(".more-verbs")
        editor.page.click("#desk-keys")
        check("list of keys")
        editor.press("Escape")
    editor.page.click(".more-verbs")
    check("more verbs")
    editor.press("Escape")
    editor.focus_cell(1, ZH)
    editor.press("Escape", "s")
    check("passage field")
    if touch:
        assert drag_first_below_second(editor) == ["b2", "b1", "b3", "b4"]
        check("dragged")
        editor.press("Control+z")
    editor.page.locator("#b4 textarea").first.fill("改寫。")
    editor.save()
    editor.page.locator(".toast").wait_for(state="hidden")  # it covers the content below it
    check("saved")
    assert {label: faults for label, faults in results.items() if faults[0] or faults[1] > 0} == {}
    assert editor.unexpected_messages() == []
    editor.page.context.close()


def drag_first_below_second(editor: Editor) -> list[str]:
    """Drag the first bullet below the second by touch."""
    devtools = editor.page.context.new_cdp_session(editor.page)
    editor.page.evaluate("document.activeElement.blur()")
    handle = editor.page.locator("#b1 .handle")
    handle.evaluate("handle => scrollTo(0, handle.getBoundingClientRect().top + scrollY - 250)")
    editor.wait_for_layout()
    box = handle.bounding_box()
    x, y = box["x"] + 10, box["y"] + 12

    def touch(kind: str, at: float | None = None) -> None:
        points = [] if at is None else [{"x": x, "y": at}]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", y)
    for step in range(1, 9):
        touch("touchMove", y + 4 * step)
    editor.wait_for_layout()
    second = editor.page.locator("#b2").bounding_box()
    touch("touchMove", second["y"] + second["height"] - 6)
    editor.wait_for_layout()
    touch("touchEnd")
    editor.wait_for_layout()
    return editor.pair_order()
