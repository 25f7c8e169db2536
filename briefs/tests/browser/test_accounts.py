"""Passkeys and authenticator apps in a browser with a virtual authenticator, in both languages and at five widths."""

from typing import Any

import pytest

from briefs.models import Person
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language
from briefs.tests.support.sign_in_pages import ACCOUNT, PASSWORD, app_code, set_password

pytestmark = browser_tabs.pytestmark

WIDTHS = (1440, 1024, 390, 320)
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(params=["zh-hant", "en"])
def owner(request: Any, settings: Any) -> Person:
    settings.DIGEST_REQUIRE_MFA = True
    return set_password(set_language(factories.person("owner", "Writers"), request.param))


class Visit(Tab):
    """A tab of somebody who signs in by the pages. Every page that was seen is in `faults` if it is not sound."""

    def __init__(self, chromium: Any, site: str, language: str) -> None:
        super().__init__(chromium, site, None, locale="en-US" if language == "en" else "zh-TW")
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.devtools = devtools
        self.faults: list[Any] = []

    def look(self) -> None:
        """Check the page at every width, in light and dark."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate("Promise.all(document.getAnimations().map(a => a.finished))")  # links fade
            if found := self.accessibility_violations():
                self.faults.append((self.page.url, scheme, found))
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            if (over := self.horizontal_overflow()) > 0:
                self.faults.append((self.page.url, width, over))
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def press(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.click(selector)

    def enter_password(self, person: Person) -> None:
        self.page.fill("[name=login]", person.username)
        self.page.fill("[name=password]", PASSWORD)
        self.press("form .btn.first")

    def log_out(self) -> None:
        self.open(f"{ACCOUNT}logout/")
        self.press(".account .btn.first")

    def wait_for_desk(self) -> None:
        self.page.wait_for_url(f"{self.site}/admin/")


@pytest.fixture
def visit(chromium: Any, live_server: Any, owner: Person) -> Visit:
    return Visit(chromium, live_server.url, owner.language)


def test_person_adds_an_app_and_signs_in_with_a_recovery_code(visit: Visit, owner: Person) -> None:
    page = visit.page
    visit.open("/admin/")
    visit.look()
    visit.enter_password(owner)
    visit.look()
    page.click("a[href$='app/add/']")
    visit.look()
    page.fill("[name=code]", app_code(page.text_content(".secret")))
    visit.press("form .btn.first")
    visit.look()
    codes = page.locator(".codes code").all_inner_texts()
    page.click("a[href='/admin/']")
    visit.wait_for_desk()
    for address in ("", "sessions/", "recovery-codes/new/", "app/remove/", "password/reset/", "logout/"):
        visit.open(f"{ACCOUNT}{address}")
        visit.look()
    visit.log_out()
    visit.enter_password(owner)
    visit.look()
    page.fill("[name=code]", codes[0])
    visit.press("form .btn.first")
    visit.wait_for_desk()
    assert visit.faults == []
    assert visit.console_messages == []


def test_person_adds_a_passkey_and_signs_in_by_it_alone(visit: Visit, owner: Person) -> None:
    page = visit.page
    visit.open("/admin/")
    visit.enter_password(owner)
    page.click("a[href$='passkeys/add/']")
    visit.look()
    page.fill("[name=name]", "Laptop")
    visit.press("#passkey-button")
    visit.open(f"{ACCOUNT}passkeys/")
    assert "Laptop" in page.inner_text("main")
    visit.look()
    visit.log_out()
    visit.open("/admin/briefs/letter/")
    visit.press("#passkey-button")
    page.wait_for_url(f"{visit.site}/admin/briefs/letter/")
    visit.log_out()
    visit.enter_password(owner)
    page.wait_for_url("**/login/code/")
    visit.press("#passkey-button")
    visit.wait_for_desk()  # a passkey also serves as the second factor after a password
    assert visit.faults == []
    assert visit.console_messages == []


def test_refused_passkey_is_reported_on_the_page(visit: Visit, owner: Person) -> None:
    visit.open(f"{ACCOUNT}login/")
    assert not visit.page.is_visible("#passkey-failed")
    visit.page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    visit.page.click("#passkey-button")
    visit.page.locator("#passkey-failed").wait_for()
    visit.look()
    assert visit.faults == []
    assert visit.console_messages == []


def test_passkey_button_is_absent_where_browsers_refuse_it(
    chromium: Any, live_server: Any, owner: Person
) -> None:
    visit = Visit(chromium, live_server.url.replace("localhost", "127.0.0.1"), owner.language)
    visit.open(f"{ACCOUNT}login/")
    expect(visit.page.locator("#passkey-button")).to_have_count(0)
    assert visit.console_messages == []
