"""Test preview links in a browser: created and copied by a writer, read and answered by a guest, revoked."""

from typing import Any

import pytest
from django.core.cache import cache

from briefs import letters, workflow
from briefs.models import Letter, PreviewLink
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import Tab, expect, pytestmark, set_language

__all__ = ["pytestmark"]

VIEWS = ("", "zh-hant/", "en/", "en/parallel/")


@pytest.fixture(autouse=True)
def _accept_quick_forms(monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any) -> None:
    """Accept forms sent in less than two seconds, and use the live server's address for links."""
    monkeypatch.setattr(letters, "MIN_FORM_AGE", letters.MIN_FORM_AGE * 0)
    settings.SITE_URL = live_server.url
    cache.clear()


def test_guest_reads_preview_link_without_javascript_and_answers(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.draft_brief(team)
    writer_tab = Tab(
        chromium,
        live_server.url,
        set_language(team.writer, "en"),
        permissions=["clipboard-read", "clipboard-write"],
    )
    writer_tab.brief(brief, "share")
    writer_tab.page.get_by_role("button", name="New link").click()
    writer_tab.page.get_by_role("button", name="Copy preview link").click()
    writer_tab.page.get_by_role("button", name="Copied").wait_for()
    address = writer_tab.page.evaluate("navigator.clipboard.readText()")
    assert address.startswith(f"{live_server.url}/preview/")
    assert writer_tab.accessibility_violations() == []

    guest_tab = Tab(chromium, live_server.url, None, java_script_enabled=False, locale="en-US")
    guest_tab.open(address.removeprefix(live_server.url))
    guest_tab.page.get_by_label("Remark", exact=True).fill("The second number is wrong.\n\nSee page 3.")
    guest_tab.page.get_by_label("Which part").select_option("2")
    guest_tab.page.get_by_role("button", name="Send").click()
    guest_tab.page.get_by_text("Thank you.").wait_for()
    letter = Letter.objects.get()
    assert (letter.text, letter.bullet) == ("The second number is wrong.\n\nSee page 3.", 2)
    assert guest_tab.page.context.cookies() == []
    guest_tab.page.get_by_role("link", name="Both", exact=True).click()
    expect(guest_tab.page.locator(".unpublished")).to_be_visible()

    writer_tab.brief(brief, "share")
    writer_tab.page.get_by_role("button", name="Revoke").click()
    writer_tab.page.get_by_text("Revoked by writer").wait_for()
    guest_tab.page.reload()
    expect(guest_tab.page.get_by_text("The link has expired or was revoked.").first).to_be_visible()
    assert writer_tab.console_messages == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_preview_share_and_letter_pages_are_accessible_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str
) -> None:  # fmt: skip
    brief = factories.draft_brief(team)
    token = workflow.share(brief, by=team.writer).token
    factories.guest_letter(brief, name="王小明", bullet=2)
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    guest_tab = Tab(chromium, live_server.url, None, **options)
    for address in (*(f"/preview/{token}/{view}" for view in VIEWS), "/preview/nothing/"):
        guest_tab.open(address)
        assert (guest_tab.accessibility_violations(), guest_tab.horizontal_overflow()) == ([], 0), address
    assert [line for line in guest_tab.console_messages if "404" not in line] == []
    publisher_tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"), **options)
    for address in (
        f"/admin/briefs/brief/{brief.pk}/share/",
        "/admin/briefs/letter/",
        "/admin/briefs/outbox/",
        "/admin/mail/",
    ):
        publisher_tab.open(address)
        assert (publisher_tab.accessibility_violations(), publisher_tab.horizontal_overflow()) == ([], 0), (
            address
        )
    assert publisher_tab.console_messages == []
    assert PreviewLink.objects.exists()
