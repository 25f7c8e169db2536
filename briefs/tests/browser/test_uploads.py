"""Upload documents in a browser: dropped, and sent in batches of which one is interrupted."""

from briefs.models import Brief
from briefs.tests.conftest import SEED
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect

from .editor_driver import DROP_FILES, OpenTab

pytestmark = browser_tabs.pytestmark
PAGE = "/admin/briefs/brief/upload/"
WATCH_PROGRESS = """() => {
  const progress = document.getElementById("progress-said");
  new MutationObserver(() => saw(progress.textContent)).observe(progress, { childList: true });
}"""


def digest_text(n: int) -> str:
    return f"作者/Author(s): Ann Lee\n網站來源/Source: Review\n日期/Date: 2025-05-19\n連結/URL: https://example.org/{n}\n\n摘要:\n第{n}篇。\n\nSummary:\nNumber {n}.\n"


def test_writer_imports_dropped_files_and_goes_on_after_an_interruption(
    open_tab: OpenTab, team: factories.Team
) -> None:
    tab = open_tab(team.writer)
    page = tab.page
    progress: list[str] = []
    page.expose_function("saw", lambda text: progress.append(text))
    tab.open(PAGE)
    page.evaluate(DROP_FILES, [".drop", [["seed.txt", SEED.read_text()], ["letter.txt", "Dear all"]]])
    long_word = "Averylong" * 30
    page.evaluate(DROP_FILES, [".drop", [[f"{n}.txt", digest_text(n) + long_word] for n in range(24)]])
    expect(page.locator(".chosen li")).to_have_count(26)
    page.get_by_role("button", name="Remove 23.txt").click()
    # Interrupted after the first batch, the page keeps the files; sent again, none is imported twice.
    tab.expected_messages = ("ERR_FAILED",)
    sent: list[browser_tabs.sync_api.Route] = []

    def answer_once(route: browser_tabs.sync_api.Route) -> None:
        sent.append(route)
        route.continue_() if len(sent) == 1 else route.abort()

    page.route("**/upload/", answer_once)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The import was interrupted.")).to_be_visible()
    expect(page.locator("#imported li")).to_have_count(10)
    expect(page.locator(".chosen li")).to_have_count(25)
    page.unroute("**/upload/")
    progress.clear()
    page.evaluate(WATCH_PROGRESS)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#imported li")).to_have_count(25)
    assert progress[:3] == [f"Importing {n} of 25" for n in (0, 10, 20)]
    expect(page.locator("#imported .badge", has_text="Unchanged")).to_have_count(9)
    expect(page.locator("#imported .error")).to_have_count(1)
    expect(page.locator(".chosen li")).to_have_count(0)
    assert Brief.objects.count() == 24
    assert tab.faults_by_width_and_colours("imported", (390,)) == []
    # A single file leads to its brief.
    files = [{"name": "a.txt", "mimeType": "text/plain", "buffer": digest_text(99).encode()}]
    page.set_input_files("#files", files)
    page.get_by_role("button", name="Continue").press("Enter")
    page.wait_for_url("**/change/")
