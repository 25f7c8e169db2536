"""What an editor says of unsaved text when a tab was closed, after random acts and ways to close it."""

import itertools
import random
from typing import Any

from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories, scale
from briefs.tests.support.browser_tabs import expect

from .editor_driver import EN, LOCAL_DRAFT_COUNT, NETWORK_ERRORS, ROWS, ZH, Editor, OpenTab

pytestmark = browser_tabs.pytestmark
SEQUENCES = scale(12)
GIVEN_NAMES = ("Ada", "Boris", "Chloe", "Dmitri", "Esther", "Farid", "Greta", "Hugo", "Ingrid", "Jonas")
FAMILY_NAMES = ("Moss", "Oakley", "Reed", "Stone", "Vale", "Winter", "York", "Quist", "Nyberg", "Keller")
"""A name that the brief has already would be dropped, so none is typed twice."""
WRITTEN = """() => {
  const form = document.getElementById("brief-form");
  const rows = [...form.querySelectorAll(".rows > :is(.pair, .name-row):not(.is-deleted)")]
    .map((row) => [...row.querySelectorAll("textarea, input:not([type=hidden])")].map((field) => field.value.trim()));
  const facts = ["headline_zh", "headline_en", "summary_zh", "summary_en", "title", "url", "date"];
  return JSON.stringify([facts.map((name) => form.elements[name].value.trim()), rows.filter((row) => row.join(""))]);
}"""
"""Read everything that is written on the page. Rows in which nothing is written do not count."""
ACTS = ("type", "type", "title", "author row", "keyword row", "bullet row", "author", "save", "wait", "undo")
WATCH_SAVES = """(() => {
  const send = window.fetch;
  window.savesUnderWay = 0;
  window.fetch = async (address, options) => {
    if (!String(address).endsWith("/autosave/")) return send(address, options);
    if (window.isCut) throw new TypeError("no connection");
    window.savesUnderWay += 1;
    try {
      const answer = await send(address, options);
      await answer.clone().text();
      return answer;
    } finally {
      setTimeout(() => (window.savesUnderWay -= 1)); // the page has read the answer
    }
  };
})()"""
"""Count the saves under way, and cut the connection in the page: a request that it sends while it closes passes no route."""
HELD_LOCKS = "async () => (await navigator.locks.query()).held.length"
"""Each open page holds one."""


class Session:
    """A browser in which one person edits, closes and reopens a brief. Every autosave goes through `deliver`."""

    def __init__(self, editor: Editor, brief: Brief, seed: int) -> None:
        self.editor, self.brief = editor, brief
        self.random = random.Random(seed)
        self.way = ""
        self.sending = 0
        self.names = map(" ".join, itertools.product(GIVEN_NAMES, FAMILY_NAMES))
        self.has_typed_name = False
        editor.expected_messages = NETWORK_ERRORS
        editor.page.context.add_init_script(WATCH_SAVES)
        editor.page.context.route("**/autosave/", self.deliver)

    def deliver(self, route: Any) -> None:
        """Send a save to the server, unless the connection is cut, and its answer to the page, unless that is lost."""
        if self.way == "cut":
            route.abort()
            return
        self.sending += 1
        answer = route.fetch()
        self.sending -= 1
        route.abort() if self.way == "answer lost" else route.fulfill(response=answer)

    def act(self) -> str:
        name = self.random.choice(ACTS)
        page = self.editor.page
        if name == "type":
            row = self.random.randrange(page.locator(ROWS).count())
            side, text = self.random.choice([ZH, EN]), self.random.choice(["。", "更多", " More", "甲"])
            self.editor.type_in(row, side, text)
        elif name == "title":
            page.fill("[name=title]", f"A title {self.random.randrange(9)}")
        elif name in ("author row", "keyword row"):
            page.click(f"button[value='add:{name.split()[0]}']")
        elif name == "bullet row":
            self.editor.focus_cell(0, ZH)
            self.editor.press("Control+Enter")
        elif name == "author":
            page.locator("[data-group=author] [name^=name-]").last.fill(next(self.names))
            self.has_typed_name = True
            page.locator("[role=option]:visible").first.wait_for()
            page.keyboard.press("Escape")
        elif name == "save":
            self.save()
        elif name == "wait":
            self.wait_for_answer()
        else:
            self.editor.focus_cell(0, ZH)
            self.editor.press("Control+z")
        return name

    def save(self) -> None:
        """Press Save. A typed name that the vocabulary lacks sends the form; the next page has the name's row."""
        page = self.editor.page
        if self.has_typed_name:
            self.wait_for_answer()
        if page.locator("#desk-save[data-state=untaken]").count():
            with page.expect_navigation():
                self.editor.press("Control+s")
            self.editor.wait_until_ready()
            self.editor.open_article()
            self.has_typed_name = False
        else:
            self.editor.press("Control+s")

    def wait_for_answer(self) -> None:
        """Wait until no change of the page waits for the server, whatever that said."""
        answered = "#desk-save:not([data-state=unsaved], [data-state=saving])"
        expect(self.editor.page.locator(answered)).to_be_attached()

    def close(self, way: str) -> None:
        """Close the tab: as people do, with the last answer lost, or with the connection lost before.

        Not while a save is under way: what was undone after it was sent is stored if the next save never comes.
        """
        page, context = self.editor.page, self.editor.page.context
        self.editor.expect_read("() => savesUnderWay", 0)
        self.way = way
        if way == "answer lost":
            self.save()
            self.wait_for_answer()
            self.wait_until_delivered()
        self.way = "cut"
        page.evaluate("window.isCut = true")
        page.evaluate(LOCAL_DRAFT_COUNT)  # asked after the last change, so that is stored
        self.editor.page = context.new_page()
        self.editor.open("/robots.txt")
        page.close()
        self.editor.expect_read(HELD_LOCKS, 0)
        self.way = ""

    def wait_until_delivered(self) -> None:
        while self.sending:
            self.editor.page.wait_for_timeout(20)

    def reopen(self) -> None:
        self.editor.brief(self.brief)
        self.editor.open_article()

    @property
    def banner(self) -> Any:
        return self.editor.page.locator("#desk-banner:has-text('were not saved')")

    def answer_banner(self) -> None:
        self.banner.locator("button").nth(self.random.choice([0, 1])).click()
        self.save()
        self.wait_for_answer()


def test_banner_appears_exactly_when_something_written_is_not_on_the_server(
    open_tab: OpenTab, team: factories.Team, brief: Brief
) -> None:
    editor = open_tab(team.writer)
    session = Session(editor, brief, seed=1)
    shown = 0
    session.reopen()
    for sequence in range(SEQUENCES):
        names = [session.act() for _ in range(session.random.randrange(1, 6))]
        way = session.random.choice(["closed", "closed", "answer lost", "cut"])
        if way == "answer lost":
            editor.focus_cell(0, ZH)
            if session.has_typed_name:
                session.save()  # a name that is not taken yet would send the form instead, and the next page would wait
        written = editor.page.evaluate(WRITTEN)
        session.close(way)
        session.reopen()
        is_unsaved = editor.page.evaluate(WRITTEN) != written
        is_shown = session.banner.is_visible()
        assert is_shown == is_unsaved, (sequence, names, way, written, editor.page.evaluate(WRITTEN))
        shown += is_shown
        if is_shown:
            session.answer_banner()
    assert 0 < shown < SEQUENCES
