"""Passkeys and an authenticator app in a browser with a virtual authenticator."""

from typing import Any

from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.sign_in_pages import ACCOUNT, PASSWORD, app_code, set_password

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_person_signs_in_by_a_passkey_alone_and_keeps_an_app_beside_it(
    open_tab: OpenTab, settings: Any
) -> None:
    settings.DIGEST_REQUIRE_MFA = True
    owner = set_password(factories.person("owner", "Writers"))
    tab = open_tab(locale="en-US")
    page = tab.page
    devtools = page.context.new_cdp_session(page)  # the authenticator ends with its session
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    faults: list[Any] = []

    def look() -> None:
        faults.extend(tab.faults_by_width_and_colours(page.url))
        page.set_viewport_size({"width": 1280, "height": 900})

    def press(selector: str) -> None:
        with page.expect_navigation():
            page.click(selector)

    def enter_password() -> None:
        page.fill("[name=login]", owner.username)
        page.fill("[name=password]", PASSWORD)
        press("form .btn.first")

    def log_out() -> None:
        tab.open(f"{ACCOUNT}logout/")
        press(".account .btn.first")

    tab.open("/admin/")
    look()
    enter_password()
    look()
    press("a[href$='passkeys/add/']")
    look()
    page.fill("[name=name]", "Laptop")
    press("#passkey-button")
    tab.open(f"{ACCOUNT}app/add/")
    look()
    page.fill("[name=code]", app_code(page.text_content(".secret")))
    press("form .btn.first")
    for address in (
        *("", "passkeys/", "sessions/", "recovery-codes/", "recovery-codes/new/"),
        *("app/remove/", "password/reset/", "logout/"),
    ):
        tab.open(f"{ACCOUNT}{address}")
        look()
    log_out()
    tab.open("/admin/briefs/letter/")
    press("#passkey-button")
    page.wait_for_url(f"{tab.site}/admin/briefs/letter/")
    log_out()
    enter_password()
    page.wait_for_url("**/login/code/")
    look()
    press("#passkey-button")  # it also serves as the second factor after a password
    page.wait_for_url(f"{tab.site}/admin/")
    log_out()
    # A refusal is said on the page.
    tab.open(f"{ACCOUNT}login/")
    expect(page.locator("#passkey-failed")).to_be_hidden()
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    page.click("#passkey-button")
    expect(page.locator("#passkey-failed")).to_be_visible()
    look()
    assert faults == []
    # Where browsers refuse passkeys, there is no button.
    page.goto(f"{tab.site.replace('localhost', '127.0.0.1')}{ACCOUNT}login/")
    expect(page.locator("[name=login]")).to_be_visible()
    expect(page.locator("#passkey-button")).to_have_count(0)
