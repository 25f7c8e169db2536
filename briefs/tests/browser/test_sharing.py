"""A guest and the desk in a real browser: a link is made and copied, read without JavaScript, and answered."""

from typing import Any

import pytest
from django.core.cache import cache

from briefs import letters, workflow
from briefs.models import Letter, PreviewLink

from ..support import factories
from ..support.browser_tabs import Tab, set_language

VIEWS = ("", "zh-hant/", "en/", "en/parallel/")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any) -> None:
    """A machine is quicker than two seconds; the site is where the live server stands."""
    monkeypatch.setattr(letters, "MIN_FORM_AGE", letters.MIN_FORM_AGE * 0)
    settings.SITE_URL = live_server.url
    cache.clear()


def test_a_link_is_copied_read_without_javascript_and_answered(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:  # fmt: skip
    brief = factories.draft_brief(team)
    desk = Tab(
        chromium,
        live_server.url,
        set_language(team.writer, "en"),
        permissions=["clipboard-read", "clipboard-write"],
    )
    desk.brief(brief, "share")
    desk.page.get_by_role("button", name="New link").click()
    desk.page.get_by_role("button", name="Copy preview link").click()
    desk.page.get_by_role("button", name="Copied").wait_for()
    address = desk.page.evaluate("navigator.clipboard.readText()")
    assert address.startswith(f"{live_server.url}/preview/")
    assert desk.accessibility_faults() == []

    guest = Tab(chromium, live_server.url, None, java_script_enabled=False, locale="en-US")
    guest.open(address.removeprefix(live_server.url))
    guest.page.get_by_label("Remark", exact=True).fill("The second number is wrong.\n\nSee page 3.")
    guest.page.get_by_label("Which part").select_option("2")
    guest.page.get_by_role("button", name="Send").click()
    guest.page.get_by_text("Thank you.").wait_for()
    letter = Letter.objects.get()
    assert (letter.text, letter.bullet) == ("The second number is wrong.\n\nSee page 3.", 2)
    assert guest.page.context.cookies() == []
    guest.page.get_by_role("link", name="Side by side").first.click()
    assert guest.page.locator(".unpublished").is_visible()

    desk.brief(brief, "share")
    desk.page.get_by_role("button", name="Revoke").click()
    desk.page.get_by_text("Revoked by writer").wait_for()
    guest.page.reload()
    assert guest.page.get_by_text("The link has expired or was revoked.").first.is_visible()
    assert desk.console_messages == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_have_no_fault_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str
) -> None:  # fmt: skip
    brief = factories.draft_brief(team)
    token = workflow.share(brief, by=team.writer).token
    factories.guest_letter(brief, name="王小明", bullet=2)
    size = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    guest = Tab(chromium, live_server.url, None, **size)
    for address in (*(f"/preview/{token}/{view}" for view in VIEWS), "/preview/nothing/"):
        guest.open(address)
        assert (guest.accessibility_faults(), guest.horizontal_overflow()) == ([], 0), address
    assert [said for said in guest.console_messages if "404" not in said] == []
    tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"), **size)
    for address in (
        f"/admin/briefs/brief/{brief.pk}/share/",
        "/admin/briefs/letter/",
        "/admin/briefs/outbox/",
        "/admin/mail/",
    ):
        tab.open(address)
        assert (tab.accessibility_faults(), tab.horizontal_overflow()) == ([], 0), address
    assert tab.console_messages == []
    assert PreviewLink.objects.exists()
