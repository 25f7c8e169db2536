"""Passkeys and authenticator apps in a browser with a virtual authenticator, in both languages."""

from typing import Any

import pytest

from briefs.models import Person
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.sign_in_pages import ACCOUNT, PASSWORD, app_code, set_password

from .editor_driver import Editor, OpenTab

pytestmark = browser_tabs.pytestmark

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Visit:
    """A tab of somebody who signs in by the pages. Faults of every page that was seen are in `faults`."""

    def __init__(self, tab: Editor, owner: Person) -> None:
        self.tab, self.page, self.owner = tab, tab.page, owner
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.devtools = devtools  # the authenticator ends with its session
        self.faults: list[Any] = []

    def look(self) -> None:
        self.faults += self.tab.faults_by_width_and_colours(self.page.url)
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def press(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.click(selector)

    def enter_password(self) -> None:
        self.page.fill("[name=login]", self.owner.username)
        self.page.fill("[name=password]", PASSWORD)
        self.press("form .btn.first")

    def log_out(self) -> None:
        self.tab.open(f"{ACCOUNT}logout/")
        self.press(".account .btn.first")


@pytest.fixture
def visit(request: pytest.FixtureRequest, open_tab: OpenTab, settings: Any) -> Visit:
    """Each journey is made in one of the languages."""
    settings.DIGEST_REQUIRE_MFA = True
    is_english = "passkey" in request.node.name
    owner = set_password(factories.person("owner", "Writers", language="en" if is_english else "zh-hant"))
    return Visit(open_tab(locale="en-US" if is_english else "zh-TW"), owner)


def test_person_adds_an_app_and_signs_in_with_a_recovery_code(visit: Visit) -> None:
    page = visit.page
    visit.tab.open("/admin/")
    visit.look()
    visit.enter_password()
    visit.look()
    visit.press("a[href$='app/add/']")
    visit.look()
    page.fill("[name=code]", app_code(page.text_content(".secret")))
    visit.press("form .btn.first")
    visit.look()
    codes = page.locator(".codes code").all_inner_texts()
    visit.press("a[href='/admin/']")
    page.wait_for_url(f"{visit.tab.site}/admin/")
    for address in ("", "sessions/", "recovery-codes/new/", "app/remove/", "password/reset/", "logout/"):
        visit.tab.open(f"{ACCOUNT}{address}")
        visit.look()
    visit.log_out()
    visit.enter_password()
    visit.look()
    page.fill("[name=code]", codes[0])
    visit.press("form .btn.first")
    page.wait_for_url(f"{visit.tab.site}/admin/")
    assert visit.faults == []


def test_person_adds_a_passkey_and_signs_in_by_it_alone(visit: Visit) -> None:
    page = visit.page
    visit.tab.open("/admin/")
    visit.enter_password()
    visit.press("a[href$='passkeys/add/']")
    visit.look()
    page.fill("[name=name]", "Laptop")
    visit.press("#passkey-button")
    visit.tab.open(f"{ACCOUNT}passkeys/")
    expect(page.locator("main")).to_contain_text("Laptop")
    visit.look()
    visit.log_out()
    visit.tab.open("/admin/briefs/letter/")
    visit.press("#passkey-button")
    page.wait_for_url(f"{visit.tab.site}/admin/briefs/letter/")
    visit.log_out()
    visit.enter_password()
    page.wait_for_url("**/login/code/")
    visit.press("#passkey-button")  # it also serves as the second factor after a password
    page.wait_for_url(f"{visit.tab.site}/admin/")
    visit.log_out()
    # A refusal is said on the page.
    visit.tab.open(f"{ACCOUNT}login/")
    expect(page.locator("#passkey-failed")).to_be_hidden()
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    page.click("#passkey-button")
    expect(page.locator("#passkey-failed")).to_be_visible()
    visit.look()
    assert visit.faults == []
    # Where browsers refuse passkeys, there is no button.
    page.goto(f"{visit.tab.site.replace('localhost', '127.0.0.1')}{ACCOUNT}login/")
    expect(page.locator("[name=login]")).to_be_visible()
    expect(page.locator("#passkey-button")).to_have_count(0)
