"""Give a brief a cover picture in a browser: upload, focus point, removal, and the public page."""

from pathlib import Path

from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content
from briefs.tests.support.picture_samples import photo
from briefs.tests.workflow.test_cover import upload_picture, with_picture

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark


def test_writer_uploads_describes_removes_and_restores_cover(
    open_tab: OpenTab, team: factories.Team, tmp_path: Path
) -> None:
    file = tmp_path / "port.jpg"
    file.write_bytes(photo((900, 600)))
    size = {"width": 390, "height": 900}
    tab = open_tab(team.writer, viewport=size, color_scheme="dark", language="zh-hant")
    page = tab.page
    tab.new_brief()
    tab.open_article()
    expect(page.locator("[data-send]")).to_be_hidden()
    page.set_input_files("#picture_file", str(file))  # creates the brief
    page.wait_for_url("**/change/")
    image = page.locator("#picture .shown:not([hidden]) img[src]").first
    expect(image).to_be_visible()
    expect(image).to_have_js_property("complete", value=True)
    box = page.locator("#picture .sight img").bounding_box()
    page.locator("#picture .sight img").click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    page.fill("[name=picture_alt_zh]", "港口")
    page.fill("[name=picture_credit]", "AP")
    tab.save()
    brief = Brief.objects.get()
    content = load_content(brief)
    x, _, y = content.facts.picture.focus.partition(",")
    assert (abs(int(x) - 25) <= 1, abs(int(y) - 75) <= 1) == (True, True)
    assert (content.facts.picture.credit, content.picture_alt_zh) == ("AP", "港口")
    tab.brief(brief)
    tab.open_article()
    expect(page.locator("#picture .sight img")).to_have_js_property("naturalWidth", 640)
    assert tab.faults(within="#picture") == []
    tab.expected_messages = ("status of 409",)
    page.set_input_files("#picture_file", {"name": "a.svg", "mimeType": "image/png", "buffer": b"<svg/>"})
    expect(page.locator("#picture .refused")).to_contain_text("JPEG")
    assert tab.faults(within="#picture") == []
    with page.expect_response("**/autosave/"):
        page.click("[data-remove]")
    tab.expect_state("saved")
    assert load_content(brief).facts.picture is None
    expect(page.locator("#picture .gone")).not_to_be_empty()
    assert tab.faults(within="#picture") == []
    with page.expect_response("**/autosave/"):
        page.click("[data-remove]")
    tab.expect_state("saved")
    assert load_content(brief) == content, "with its description and focus point"


def test_public_cover_is_shown_uncropped_and_moves_no_text(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.live_brief(team, with_picture(upload_picture(team, size=(2000, 1000))))
    tab = open_tab(viewport={"width": 390, "height": 900})
    image = tab.page.locator(".cover img")
    with tab.hold("**/*.webp"):
        with tab.page.expect_request("**/*.webp"):
            tab.page.goto(f"{tab.site}/en/briefs/{brief.slug}/", wait_until="domcontentloaded")
        tab.wait_for_layout()
        places = tab.page.evaluate(browser_tabs.PLACES_OF_TEXTS)
    expect(image).to_have_js_property("complete", value=True)
    assert tab.page.evaluate(browser_tabs.PLACES_OF_TEXTS) == places
    shape = image.evaluate(
        "i => [i.naturalWidth > 0, i.clientWidth / i.clientHeight, i.currentSrc.slice(-5)]"
    )
    assert (shape[0], abs(shape[1] - 2) < 0.02, shape[2]) == (True, True, ".webp")
    assert tab.faults() == []
    tab.page.emulate_media(media="print")
    expect(image).to_be_hidden()
