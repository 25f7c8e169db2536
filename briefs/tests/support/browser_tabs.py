"""Chromium for browser tests: its path and options, and a page of one person that waits for what a test expects."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from briefs.models import Brief, Person

BROWSERS = [Path("/usr/bin", name) for name in ("chromium-headless-shell", "chromium")]
CHROMIUM = next((path for path in BROWSERS if path.exists()), BROWSERS[0])
"""The headless shell opens a page in a quarter of the time."""
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_RUN = """([within, values]) =>
  axe.run(within, {runOnly: {type: "tag", values}, resultTypes: ["violations"]}).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.slice(0, 3).map(({target, html}) => `${id} ${target} ${html}`)))
"""
"""Only the violations leave the browser: the whole report takes longer to write than to make."""

SLOW = os.environ.get("TEST_SLOW", "")
"""`answers`: every answer of the server is 0.3 s late. `processor`: pages have a quarter of the processor."""
TIMEOUT = 30_000
"""Milliseconds after which a page is wrong, not slow: a busy machine takes ten times as long as a free one."""

FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`))"""
PLACES_OF_TEXTS = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, li, time)")].filter((part) => part.checkVisibility())
  .map((part) => { const box = part.getBoundingClientRect(); return [box.left, box.top + scrollY, box.width]; })"""
END_ANIMATIONS = "Promise.allSettled(document.getAnimations().map((animation) => animation.finished))"

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser group is not installed")
expect = sync_api.expect
"""Tries again until what it says holds: a page read right after a click may still be on its way."""
expect.set_options(timeout=TIMEOUT)
axe_api = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="the browser group is not installed"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium in /usr/bin"),
]


class Tab:
    """A page of one person. It records console messages and violations of the content security policy.

    `expected_messages`: parts of messages that the test itself causes, such as the browser's report of a refusal.
    """

    def __init__(
        self, browser: Any, site: str, person: Person | None = None, *, language: str = "en", **options: Any
    ) -> None:
        self.site = site
        self.console_messages: list[str] = []
        self.expected_messages: tuple[str, ...] = ()
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(REPORT_VIOLATIONS)
        if SLOW == "processor":
            context.on("page", slow_down)
        self.page = context.new_page()
        self.record_console()
        if person:
            set_language(person, language)
            session = Client()
            session.force_login(person)
            cookie = session.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])

    def record_console(self) -> None:
        def record(message: Any) -> None:
            if message.type in ("error", "warning"):
                self.console_messages.append(message.text)

        self.page.on("console", record)
        self.page.on("pageerror", lambda error: self.console_messages.append(f"error {error}"))

    def unexpected_messages(self) -> list[str]:
        return [
            text for text in self.console_messages if not any(part in text for part in self.expected_messages)
        ]

    def open(self, address: str) -> None:
        self.page.goto(self.site + address)

    def brief(self, brief: Brief, verb: str = "change") -> None:
        self.open(f"/admin/briefs/brief/{brief.pk}/{verb}/")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_tab_until(self, selector: str, *, back: bool = False) -> None:
        """Press Tab until the selector has the focus."""
        for _ in range(120):
            self.press("Shift+Tab" if back else "Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} is not reachable by Tab")

    def expect_read(self, script: str, expected: object) -> None:
        """Ask a function of the page until it returns this value."""
        end = time.monotonic() + TIMEOUT / 1000
        while (value := self.page.evaluate(script)) != expected and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        assert value == expected, f"the page says {value}, not {expected}"

    def expect_focus(self, selector: str) -> None:
        """Wait until an element that matches has the focus."""
        expect(self.page.locator(f":is({selector}):focus")).to_have_count(1)

    def expect_done(self, text: str = "") -> None:
        """Wait for the message of success on the next page."""
        expect(self.page.locator(".messagelist .success").first).to_contain_text(text)
        self.page.wait_for_load_state()

    def click_verb(self, verb: str) -> None:
        """Press the button of an act, wherever the page has it, and wait for its success."""
        button = self.page.locator(f"[formaction$='/{verb}/']").first
        button.wait_for(state="attached")
        self.page.wait_for_load_state()
        if not button.is_visible():
            self.page.click(".more-verbs")
        with self.page.expect_navigation():  # this page may have a message, too
            button.click()
        self.expect_done()

    def wait_for_layout(self) -> None:
        """Wait until margins and bar are fitted: at most one frame and one timer after what changed them."""
        self.page.evaluate(FRAMES)

    def faults(self, label: object = "", within: str = ":root") -> list[Any]:
        """Return what axe finds in the part of the loaded page, and whether the page scrolls sideways."""
        self.page.wait_for_load_state()
        self.page.evaluate(END_ANIMATIONS)
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe_api.Axe().axe_script)
        found = [(label, fault) for fault in self.page.evaluate(AXE_RUN, [within, AXE_TAGS])]
        return found + self.overflow(label)

    def overflow(self, label: object = "") -> list[Any]:
        self.page.wait_for_load_state()
        wider = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [(label, f"{wider} px too wide")] if wider > 0 else []

    def faults_by_width_and_colours(self, label: object, widths: tuple[int, ...] = (1280, 320)) -> list[Any]:
        """Return the faults of the page at the first width in light and at the last one in dark."""
        found = []
        for width, scheme in ((widths[0], "light"), (widths[-1], "dark")):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)
            found += self.faults((label, width, scheme))
        return found


def slow_down(page: Any) -> None:
    """Leave the page a quarter of the processor."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})


def set_language(person: Person, language: str) -> Person:
    person.language = language
    person.save()
    return person
