"""Drive the pair editor in a browser: focus cells, press keys, expect texts on the page and read them in the database."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief
from briefs.tests.support import browser_tabs
from briefs.tests.support.browser_tabs import expect

ZH, EN = 0, 1
SIDES = ("zh", "en")
THREE_BULLETS = (("第一句。", "First sentence."), ("第二句。", "Second sentence."), ("第三句", "Third"))
ORIGINAL = [list(pair) for pair in THREE_BULLETS]
ROWS = ".rows[data-group=bullet] > .pair:not(.is-next)"
"""The rows without the empty last one."""
TEXTS = f"""() => [...document.querySelectorAll("{ROWS}")].map((row) =>
  [...row.querySelectorAll(".cell textarea")].map((area) => area.value))"""
LEVELS = f"""() => [...document.querySelectorAll("{ROWS}")].map((row) =>
  [...row.querySelectorAll(".cell")].map((cell) => Number(cell.dataset.level)))"""
KEYS = f"""() => [...document.querySelectorAll("{ROWS}")].map((row) => row.id)"""
READY = "html.desk-js:not(:has(#brief-form:not([data-brief=''], [data-stopped]) #desk-flag:not([data-n])))"
"""The page has started. If it saves by itself, its first answer is shown: drafts of closed tabs and all findings."""
CURSOR = """() => {
  const at = document.activeElement, row = at.closest(".rows > .pair"), cell = at.closest(".cell");
  return [row ? [...row.parentElement.children].indexOf(row) : null, cell?.dataset.side ?? null, at.selectionStart ?? null];
}"""
PLACE = CURSOR.replace(", at.selectionStart ?? null]", "]")
LOCAL_DRAFT_COUNT = """() => new Promise((done) => {
  const opening = indexedDB.open("desk");
  opening.onsuccess = () => {
    opening.result.transaction("drafts").objectStore("drafts").count().onsuccess = (event) => done(event.target.result);
  };
})"""
DROP_FILES = """([place, files]) => {
  const data = new DataTransfer();
  files.forEach(([name, text]) => data.items.add(new File([text], name)));
  for (const kind of ["dragover", "drop"])
    document.querySelector(place).dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
NETWORK_ERRORS = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")


def bullets(*pairs: tuple[str, str]) -> tuple[Bullet, ...]:
    return tuple(Bullet(0, zh, en) for zh, en in pairs)


class Editor(browser_tabs.Tab):
    """A page of the desk. On the page of a brief it types, saves and reads rows."""

    def brief(self, brief: Brief, verb: str = "change", query: str = "") -> None:
        """Open a page of the brief and, if it is the workspace, wait until that has started."""
        self.open(f"/admin/briefs/brief/{brief.pk}/{verb}/{query}")
        if verb in ("change", "review"):
            self.wait_until_ready()

    def new_brief(self) -> None:
        self.open("/admin/briefs/brief/add/")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        self.page.locator(READY).wait_for()
        self.wait_for_layout()

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def cell(self, row: int, side: int) -> Any:
        rows = self.page.locator(".rows[data-group=bullet] > .pair")
        return rows.nth(row).locator(".cell textarea").nth(side)

    def focus_cell(self, row: int, side: int, key: str = "Control+End") -> None:
        self.cell(row, side).focus()
        self.press(key)

    def type_in(self, row: int, side: int, text: str) -> None:
        """Type at the end of a cell."""
        self.focus_cell(row, side)
        self.type(text)

    def expect_texts(self, *rows: list[str]) -> None:
        self.expect_read(TEXTS, list(rows))

    def expect_cursor(self, row: int | None, side: int, position: int | None = None) -> None:
        at = [row, SIDES[side] if row is not None else None]
        self.expect_read(PLACE if position is None else CURSOR, at if position is None else [*at, position])

    def expect_state(self, name: str) -> None:
        """Wait until the bar shows this state of saving."""
        self.page.locator(f"#desk-save[data-state={name}]").wait_for(state="attached")

    def poll(self) -> None:
        """Ask what others did, as a page does that becomes visible again. By itself it asks every five seconds."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def save(self) -> None:
        """Save with the keyboard, from inside a field, and wait until the page says that everything is stored."""
        self.press("Control+s")
        self.expect_state("saved")

    def open_article(self) -> None:
        """Press the sentence of the article on the page of a brief, which opens its form."""
        self.page.click("#fact-sentence")

    def expect_banner(self) -> Any:
        """Wait for the banner that offers what a closed tab left. Its buttons bring back and discard."""
        banner = self.page.locator("#desk-banner button")
        expect(banner).to_have_count(2)
        return banner

    def expect_local_drafts(self, count: int) -> None:
        self.expect_read(LOCAL_DRAFT_COUNT, count)

    def lose_network(self) -> None:
        self.expected_messages += NETWORK_ERRORS
        self.page.route("**/autosave/", lambda route: route.abort())

    def lose_answers(self) -> None:
        """Let autosaves reach the server, but no answer reach the page."""
        self.expected_messages += NETWORK_ERRORS
        self.page.route("**/autosave/", lambda route: (route.fetch(), route.abort()))

    @contextlib.contextmanager
    def hold(self, address: str) -> Iterator[list[Any]]:
        """Hold back the requests to an address until the end of the block. Yield the list of them."""
        held: list[Any] = []
        self.page.route(address, lambda route: held.append(route))
        yield held
        for route in held:
            route.continue_()
        self.page.unroute(address)

    def find_network(self) -> None:
        self.page.unroute("**/autosave/")

    def crash_tab(self) -> None:
        """Crash the tab and replace it with a new page in the same browser context."""
        context = self.page.context
        with contextlib.suppress(browser_tabs.sync_api.Error):
            self.page.goto("chrome://crash")
        self.page.close()
        self.page = context.new_page()
        self.record_console()


type OpenTab = Callable[..., Editor]
"""The fixture `open_tab`."""


def stored_bullets(brief: Brief) -> list[tuple[int, str, str]]:
    content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
    return [(b.number, b.text_zh, b.text_en) for b in content.bullets]


def stored_texts(brief: Brief) -> list[list[str]]:
    return [[zh, en] for _, zh, en in stored_bullets(brief)]


def stored_numbers(brief: Brief) -> list[int]:
    return [number for number, _, _ in stored_bullets(brief)]
