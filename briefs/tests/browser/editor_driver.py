"""Drive the pair editor in a browser: focus cells, press keys, read texts from the page and the database."""

import contextlib
from typing import Any

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Person
from briefs.tests.support import browser_tabs

ZH, EN = 0, 1
THREE_BULLETS = (("第一句。", "First sentence."), ("第二句。", "Second sentence."), ("第三句", "Third"))
ROWS = ".rows[data-group=bullet] > .pair:not(.is-next)"
"""The rows without the empty last one."""
TEXTS_SCRIPT = "pairs => pairs.map(p => [...p.querySelectorAll('.cell textarea')].map(t => t.value))"
READY = "html.desk-js:not(:has(#brief-form:not([data-brief=''], [data-stopped]) #desk-flag:not([data-n])))"
"""The page has started. If it saves by itself, its first answer is shown: drafts of closed tabs and all findings."""
CURSOR_SCRIPT = """() => {
  const at = document.activeElement, pair = at.closest(".pair");
  return [pair?.getAttribute("aria-label") ?? null, at.closest(".cell")?.dataset.side ?? at.className, at.selectionStart ?? null];
}"""


def bullets(*pairs: tuple[str, str]) -> tuple[Bullet, ...]:
    return tuple(Bullet(0, zh, en) for zh, en in pairs)


LOCAL_DRAFT_COUNT = """() => new Promise((done) => {
  const opening = indexedDB.open("desk");
  opening.onsuccess = () => {
    opening.result.transaction("drafts").objectStore("drafts").count().onsuccess = (event) => done(event.target.result);
  };
})"""


class Editor(browser_tabs.Tab):
    """The editor page of a brief, opened by a signed-in person."""

    def __init__(
        self, chromium: Any, site: str, person: Person, language: str = "en", **options: Any
    ) -> None:
        person = browser_tabs.set_language(person, language)
        super().__init__(chromium, site, person, **{"start": "", **options})

    def brief(self, brief: Brief, verb: str = "change") -> None:
        """Open a page of the brief and, if it is the workspace, wait until that has started."""
        self.page.goto(f"{self.site}/admin/briefs/brief/{brief.pk}/{verb}/")
        if verb in ("change", "review"):
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        self.page.locator(READY).wait_for()
        self.wait_for_layout()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def lose_saved_responses(self) -> None:
        """Let autosaves reach the server, but no response reach the page."""
        self.page.route("**/autosave/", lambda route: (route.fetch(), route.abort()))

    def insert_text(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def bullet_texts(self) -> list[list[str]]:
        return list(self.page.eval_on_selector_all(ROWS, TEXTS_SCRIPT))

    def bullet_levels(self) -> list[list[str]]:
        read = "pairs => pairs.map(p => [...p.querySelectorAll('.cell')].map(c => c.dataset.level))"
        return list(self.page.eval_on_selector_all(ROWS, read))

    def cell(self, row: int, side: int) -> Any:
        return (
            self.page.locator(".rows[data-group=bullet] > .pair").nth(row).locator(".cell textarea").nth(side)
        )

    def focus_cell(self, row: int, side: int, key: str = "Control+End") -> None:
        self.cell(row, side).focus()
        self.press(key)

    def cursor_position(self) -> list[Any]:
        return list(self.page.evaluate(CURSOR_SCRIPT))

    def save(self) -> None:
        self.press("Control+s")
        self.wait_for_state("saved")

    def wait_for_state(self, state: str) -> None:
        self.page.locator(f"#desk-save[data-state={state}]").wait_for(state="attached")

    def wait_for_answer(self) -> None:
        """Wait until no change waits for the server, whatever that said."""
        self.page.locator("#desk-save:not([data-state=unsaved], [data-state=saving])").wait_for(
            state="attached"
        )

    def state(self) -> str:
        return str(self.page.locator("#desk-save").get_attribute("data-state"))

    def unexpected_messages(self) -> list[str]:
        """Return console messages, without those about network errors that the test itself caused."""
        expected = ("ERR_INTERNET_DISCONNECTED", "409 (Conflict)", "403 (Forbidden)", "ERR_FAILED")
        return [message for message in self.console_messages if not any(word in message for word in expected)]

    def local_draft_count(self) -> int:
        return int(self.page.evaluate(LOCAL_DRAFT_COUNT))

    def crash_tab(self) -> None:
        """Crash the tab and replace it with a new page in the same browser context."""
        context = self.page.context
        with contextlib.suppress(browser_tabs.sync_api.Error):
            self.page.goto("chrome://crash")
        self.page.close()
        self.page = context.new_page()
        self.page.on("console", lambda m: self.console_messages.append(m.text) if m.type == "error" else None)


class OpenEditors:
    """Editors open on one brief. The fixture `open_editors` checks their consoles after the test."""

    def __init__(self, chromium: Any, site: str, brief: Brief) -> None:
        self.chromium, self.site, self.brief = chromium, site, brief
        self.editors: list[Editor] = []

    def open(self, person: Person) -> Editor:
        editor = Editor(self.chromium, self.site, person)
        editor.brief(self.brief)
        self.editors.append(editor)
        return editor


def stored_bullets(brief: Brief) -> list[tuple[int, str, str]]:
    content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
    return [(b.number, b.text_zh, b.text_en) for b in content.bullets]


def stored_texts(brief: Brief) -> list[list[str]]:
    return [[zh, en] for _, zh, en in stored_bullets(brief)]
