"""Test the cover picture in a browser: upload, focus point, removal, and the public page."""

from pathlib import Path
from typing import Any

import pytest

from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language
from briefs.tests.support.factories import load_content
from briefs.tests.support.picture_samples import photo
from briefs.tests.workflow.test_cover import upload_picture, with_picture

pytestmark = browser_tabs.pytestmark


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "zh-hant")])
def test_writer_uploads_describes_removes_and_restores_cover(
    chromium: Any,
    live_server: Any,
    team: factories.Team,
    tmp_path: Path,
    width: int,
    scheme: str,
    language: str,
) -> None:
    brief = factories.draft_brief(team)
    file = tmp_path / "port.jpg"
    file.write_bytes(photo((900, 600)))
    person, size = set_language(team.writer, language), {"width": width, "height": 900}
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    page = tab.page
    tab.brief(brief)
    tab.open_article()
    expect(page.locator("[data-send]")).to_be_hidden()
    page.set_input_files("#picture_file", str(file))
    page.wait_for_selector("#picture .shown:not([hidden]) img[src]")
    box = page.locator("#picture .sight img").bounding_box()
    page.locator("#picture .sight img").click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    page.fill("[name=picture_alt_zh]", "港口")
    page.fill("[name=picture_credit]", "AP")
    page.locator("[name=picture_credit]").blur()
    page.wait_for_selector("#desk-save:not([data-state=saved])", state="attached")
    tab.wait_until_saved()
    content = load_content(brief)
    x, _, y = content.facts.picture.focus.partition(",")
    assert (abs(int(x) - 25) <= 1, abs(int(y) - 75) <= 1) == (True, True)
    assert (content.facts.picture.credit, content.picture_alt_zh) == ("AP", "港口")
    assert tab.accessibility_violations("#picture") == []
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []

    page.set_input_files("#picture_file", {"name": "a.svg", "mimeType": "image/png", "buffer": b"<svg/>"})
    page.wait_for_selector("#picture .refused:not([hidden])")
    assert "JPEG" in page.inner_text("#picture .refused")
    assert tab.accessibility_violations("#picture") == []
    tab.console_messages = [
        line for line in tab.console_messages if "409" not in line
    ]  # the browser logs every 409 response

    page.click("[data-remove]")
    page.wait_for_selector("#desk-save:not([data-state=saved])", state="attached")
    tab.wait_until_saved()
    assert load_content(brief).facts.picture is None
    assert page.inner_text("#picture .gone")
    assert tab.accessibility_violations("#picture") == []
    page.click("[data-remove]")
    page.wait_for_selector("#desk-save:not([data-state=saved])", state="attached")
    tab.wait_until_saved()
    assert load_content(brief) == content, "with its description and focus point"
    assert tab.console_messages == []


def test_cover_upload_on_new_brief_page_creates_the_brief(
    chromium: Any, live_server: Any, team: factories.Team, tmp_path: Path
) -> None:
    file = tmp_path / "port.jpg"
    file.write_bytes(photo())
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.open("/admin/briefs/brief/add/")
    tab.open_article()
    tab.page.set_input_files("#picture_file", str(file))
    tab.page.wait_for_url("**/change/")
    tab.wait_until_saved()
    tab.brief(factories.Brief.objects.get())
    tab.open_article()
    assert tab.page.locator("#picture .sight img").evaluate("image => image.naturalWidth") == 640
    assert tab.console_messages == []


@pytest.mark.parametrize("width", [1280, 390])
def test_public_cover_is_shown_uncropped_without_layout_shift(
    chromium: Any, live_server: Any, team: factories.Team, width: int
) -> None:
    brief = factories.live_brief(team, with_picture(upload_picture(team, size=(2000, 1000))))
    tab = Tab(chromium, live_server.url, None, viewport={"width": width, "height": 900})
    tab.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => shift += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    tab.open(f"/en/briefs/{brief.slug}/")
    image = tab.page.locator(".cover img")
    measured = image.evaluate(
        "i => [i.naturalWidth > 0, i.clientWidth, i.clientHeight, i.currentSrc.slice(-5)]"
    )
    assert measured[0] is True
    assert abs(measured[1] / measured[2] - 2) < 0.02
    assert measured[3] == ".webp"
    assert tab.page.evaluate("shift") == 0
    assert tab.accessibility_violations() == []
    assert tab.horizontal_overflow() <= 0
    tab.page.emulate_media(media="print")
    expect(image).to_be_hidden()
    assert tab.console_messages == []
