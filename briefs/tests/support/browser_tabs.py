"""Chromium for browser tests: its path and options, and a signed-in tab that records console messages."""

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

TIMEOUT = 30_000
"""Milliseconds after which a page is wrong, not slow: a busy machine takes ten times as long as a free one."""

FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)

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
    """A signed-in page, open at `start`. It records console messages and violations of the content security policy."""

    def __init__(
        self, browser: Any, site: str, person: Person | None, *, start: str = "/admin/", **options: Any
    ) -> None:
        self.site = site
        self.console_messages: list[str] = []
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        self.page = context.new_page()
        self.page.on(
            "console",
            lambda m: self.console_messages.append(m.text) if m.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda e: self.console_messages.append(f"error {e}"))
        if person:
            session = Client()
            session.force_login(person)
            cookie = session.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
            if start:
                self.open(start)

    def open(self, address: str) -> None:
        self.page.goto(self.site + address)

    def brief(self, brief: Brief, verb: str = "change") -> None:
        self.open(f"/admin/briefs/brief/{brief.pk}/{verb}/")

    def open_article(self) -> None:
        """Press the sentence of the article on the page of a brief, which opens its form."""
        self.page.click("#fact-sentence")

    def wait_until_saved(self) -> None:
        """Wait until the page says that everything is saved. A pending response may belong to earlier text, so none is awaited."""
        self.page.locator("#desk-save[data-state=saved]").wait_for(state="attached")

    def wait_for_layout(self) -> None:
        """Wait until margins and bar are fitted: at most one frame and one timer after what changed them."""
        self.page.evaluate(FRAMES)

    def save(self) -> None:
        """Save with the keyboard, from inside a field."""
        self.page.keyboard.press("Control+s")
        self.wait_until_saved()

    def accessibility_violations(self, within: str = ":root") -> list[str]:
        """Return the faults that axe finds in the part of the page that the selector names, once the page has loaded."""
        self.page.wait_for_load_state()
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe_api.Axe().axe_script)
        return list(self.page.evaluate(AXE_RUN, [within, AXE_TAGS]))

    def horizontal_overflow(self) -> int:
        self.page.wait_for_load_state()
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def pair_order(self) -> list[str]:
        return list(
            self.page.eval_on_selector_all(
                "[data-group=bullet] > .pair:not(.is-next)", "rows => rows.map(r => r.id)"
            )
        )


def set_language(person: Person, language: str) -> Person:
    person.language = language
    person.save()
    return person
