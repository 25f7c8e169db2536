"""Share a draft by a preview link in a browser, and read it as a guest."""

from typing import Any

from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import expect, pytestmark

from .editor_driver import OpenTab

__all__ = ["pytestmark"]


def test_guest_reads_the_preview_link_that_the_writer_copied(
    open_tab: OpenTab, team: factories.Team, live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    brief = factories.draft_brief(team)
    writer = open_tab(team.writer, permissions=["clipboard-read", "clipboard-write"])
    writer.brief(brief, "share")
    writer.page.get_by_role("button", name="New link").click()
    writer.page.get_by_role("button", name="Copy preview link").click()
    expect(writer.page.get_by_role("button", name="Copied")).to_be_visible()
    address = writer.page.evaluate("navigator.clipboard.readText()")
    assert writer.faults() == []
    guest = open_tab()
    guest.expected_messages = ("status of 404",)
    faults = []
    for view in ("", "zh-hant/", "en/", "en/parallel/"):
        guest.page.goto(f"{address}{view}")
        expect(guest.page.locator(".unpublished")).to_be_visible()
        faults += guest.faults_by_width_and_colours(view)
    guest.open("/preview/nothing/")
    faults += guest.faults_by_width_and_colours("nothing")
    assert faults == []
    assert guest.page.context.cookies() == []
