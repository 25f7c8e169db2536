"""Test uploads in a browser: dropped files and citations, progress, and use without JavaScript."""

from typing import Any

import pytest

from briefs import workflow
from briefs.exchange.brief_text import write_table_files
from briefs.models import Author, Brief, Keyword, Upload
from briefs.tests.admin.uploads.test_brief_sheet_pages import sheet_with_headlines
from briefs.tests.citations.test_citation_files import ZOTERO_RIS
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.documents.word_builder import edit_word_file
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect

pytestmark = browser_tabs.pytestmark
PAGE = "/admin/briefs/brief/upload/"
DROP_FILES = """([place, files]) => {
  const data = new DataTransfer();
  files.forEach(([name, text]) => data.items.add(new File([text], name)));
  for (const kind of ["dragover", "drop"])
    document.querySelector(place).dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
WATCH_PROGRESS = """() => {
  const progress = document.getElementById("progress-said");
  new MutationObserver(() => saw(progress.textContent)).observe(progress, { childList: true });
}"""


@pytest.fixture
def team() -> factories.Team:
    team = factories.Team()
    type(team.writer).objects.update(language="en")
    return team


def digest_text(n: int) -> str:
    return f"作者/Author(s): Ann Lee\n網站來源/Source: Review\n日期/Date: 2025-05-19\n連結/URL: https://example.org/{n}\n\n摘要:\n第{n}篇。\n\nSummary:\nNumber {n}.\n"


def test_dropped_files_are_uploaded_in_batches_with_progress(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer)
    page = tab.page
    progress: list[str] = []
    page.expose_function("saw", lambda text: progress.append(text))
    tab.open(PAGE)
    page.evaluate(
        DROP_FILES, [".drop", [["seed.txt", SEED.read_text(encoding="utf-8")], ["letter.txt", "Dear all"]]]
    )
    long_word = "Averylong" * 30
    page.evaluate(DROP_FILES, [".drop", [[f"{n}.txt", digest_text(n) + long_word] for n in range(24)]])
    expect(page.locator(".chosen li")).to_have_count(26)
    page.get_by_role("button", name="Remove 23.txt").click()
    page.evaluate(WATCH_PROGRESS)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/upload/*-*/")
    assert progress == [f"Uploading {n} of 25 files" for n in (0, 10, 20, 25)]
    assert not Brief.objects.exists()
    expect(page.locator(".digest")).to_have_count(25)
    expect(page.locator("[name=take]:checked")).to_have_count(24)
    assert_no_faults(tab)
    progress.clear()
    page.evaluate(WATCH_PROGRESS)
    page.get_by_role("button", name="Import 23").wait_for()
    page.get_by_role("radio", name="9 June 2025 (Monday)").check()
    page.get_by_role("button", name="Import 24").click()
    page.get_by_role("heading", name="What was imported").wait_for()
    assert (progress[0], progress[-1]) == ("Importing 0 of 24", "Importing 24 of 24")
    assert Brief.objects.count() == 24
    assert Upload.objects.get().done_at
    assert_no_faults(tab)


def assert_no_faults(tab: Any) -> None:
    """Check for console lines and axe violations, and that the page fits the width of a phone."""
    tab.page.set_viewport_size({"width": 390, "height": 844})
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.accessibility_violations() == []
    assert tab.console_messages == []
    tab.page.set_viewport_size({"width": 1280, "height": 900})


def test_interrupted_upload_is_reported_and_keeps_the_files(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer)
    tab.open(PAGE)
    tab.page.evaluate(DROP_FILES, [".drop", [["a.txt", digest_text(1)]]])
    tab.page.route("**/upload/", lambda route: route.abort())
    tab.page.get_by_role("button", name="Continue").click()
    tab.page.get_by_text("The upload was interrupted.").wait_for()
    expect(tab.page.locator(".chosen li")).to_have_count(1)
    tab.page.unroute("**/upload/")
    tab.page.get_by_role("button", name="Continue").click()
    tab.page.wait_for_url("**/upload/*-*/")


def test_upload_works_without_javascript(chromium: Any, live_server: Any, team: factories.Team) -> None:
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer, java_script_enabled=False)
    tab.open(PAGE)
    files = [str(path) for path in sorted((FIXTURES / "samples").glob("*.txt"))]
    tab.page.set_input_files("#files", files)
    tab.page.select_option("#date_order", "mdy")
    tab.page.get_by_role("button", name="Continue").click()
    expect(tab.page.locator(".digest")).to_have_count(3)
    tab.page.locator("[name=take]").first.uncheck()
    tab.page.get_by_role("button", name="Import 3").click()
    assert Brief.objects.count() == 2
    expect(tab.page.locator(".digest"), "what was not ticked waits").to_have_count(1)
    tab.page.locator("[name=take]:not(:checked)").check()
    tab.page.get_by_role("button", name="Import", exact=True).click()
    tab.page.get_by_role("heading", name="What was imported").wait_for()
    assert Brief.objects.count() == 3


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_questions_are_answered_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team, java_script_enabled: bool
) -> None:
    Author.make(name="Russell Hsiao", name_zh="蕭良其")
    Keyword.make(label_zh="台灣海峽", label_en="Taiwan Strait")
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(url="https://example.org/1")))
    asking = digest_text(2).replace("2025-05-19", "03/04/2025").replace("Ann Lee", "Russell Hsaio")
    asking = asking.replace("連結", "關鍵字/Keywords: 台海\n連結")
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer, java_script_enabled=java_script_enabled)
    page = tab.page
    tab.open(PAGE)
    files = {"renamed.txt": digest_text(1), "asking.txt": asking, "plain.txt": digest_text(3)}
    page.set_input_files(
        "#files",
        [{"name": name, "mimeType": "text/plain", "buffer": text.encode()} for name, text in files.items()],
    )
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/upload/*-*/")
    page.get_by_role("button", name="Import 1").press("Enter")
    page.get_by_text("1 digest of this upload is imported already.").wait_for()
    assert Brief.objects.count() == 2
    assert (page.locator("#import-now").text_content() or "").strip() == "Import", "nothing is ready"
    page.get_by_role("link", name="4 questions left").focus()
    if java_script_enabled:
        page.keyboard.press("Enter")
    else:
        page.get_by_role("radio", name=f"Update {brief.pk}").focus()
    for _ in range(4):  # the first option of each question
        page.keyboard.press("Space")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.locator("input[type=radio]:focus, button:focus").count():
                break
    expect(page.locator(".question :checked")).to_have_count(4)
    if java_script_enabled:
        expect(page.locator("#open-questions")).to_be_hidden()
        assert page.locator("#import-says").text_content() == "Import 2. "
        assert_no_faults(tab)
    page.locator("#import-now").press("Enter")
    page.get_by_role("heading", name="What was imported").wait_for()
    assert Brief.objects.count() == 3
    assert workflow.load_working_copy(brief := Brief.objects.get(pk=brief.pk)).summary_en == "Number 1."
    newest = Brief.objects.order_by("pk").last()
    assert newest is not None
    assert (str(newest.article_date), newest.article_date_confirmed) == ("2025-03-04", True)
    assert (Author.objects.count(), Keyword.objects.filter(label_zh="台海").exists()) == (2, False)


def test_brief_of_a_sheet_is_left_out_and_the_rest_imported(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    briefs = [factories.draft_brief(team) for _ in range(3)]
    data = sheet_with_headlines(*briefs)
    factories.edit(briefs[2], team.other_writer, headline_en="Faster")
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer)
    page = tab.page
    tab.open(PAGE)
    page.set_input_files("#files", [{"name": "briefs.csv", "mimeType": "text/csv", "buffer": data}])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/upload/*-*/")
    page.get_by_role("button", name="Import 2").wait_for()
    assert_no_faults(tab)
    page.locator("[type=checkbox][name=take]").nth(1).uncheck()
    page.get_by_role("button", name="Import 1").click()
    page.get_by_role("heading", name="What was imported").wait_for()
    assert list(Brief.objects.order_by("pk").values_list("headline_en", flat=True)) == [
        "From the sheet", "A Headline", "Faster",
    ]  # fmt: skip
    page.get_by_role("radio", name="The file’s").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Import 1").press("Enter")
    page.get_by_text("2 drafts changed").wait_for()
    page.get_by_role("button", name="Import").wait_for(state="detached")
    assert Brief.objects.get(pk=briefs[2].pk).headline_en == "From the sheet"
    assert_no_faults(tab)


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_questions_of_sheets_and_tables_are_answered_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team, java_script_enabled: bool
) -> None:
    """Tab to each question of the page, choose its first option by Space, and import by Enter."""
    draft, tabled = factories.draft_brief(team), factories.draft_brief(team)
    sheet = sheet_with_headlines(draft)
    factories.edit(draft, team.other_writer, headline_en="Faster")
    keyword = Keyword.objects.get(slug="technology")
    names = b"slug,label_en\ntechnology,Tech\n"
    (table,) = write_table_files([tabled])
    returned = edit_word_file(table.data, (">A Headline<", ">From the table<"))
    factories.edit(tabled, team.other_writer, headline_en="Faster")
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer, java_script_enabled=java_script_enabled)
    page = tab.page

    def upload(address: str, field: str, name: str, data: bytes, button: str) -> None:
        tab.open(address)
        page.set_input_files(field, [{"name": name, "mimeType": "text/plain", "buffer": data}])
        page.get_by_role("button", name=button).click()
        page.wait_for_url("**/upload/*-*/")

    def answer() -> None:
        page.locator(".question").wait_for()
        page.wait_for_load_state()
        page.evaluate("document.activeElement.blur()")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.locator(".question input:focus").count():
                page.keyboard.press("Space")
            if page.locator("#import-now:focus").count():
                break
        expect(page.locator(".question")).to_have_count(1)
        expect(page.locator(".question :checked")).to_have_count(1)
        page.keyboard.press("Enter")

    upload(PAGE, "#files", "briefs.csv", sheet, "Continue")
    answer()
    page.locator(".results").wait_for()
    upload("/admin/briefs/keyword/import/", "#files", "names.csv", names, "Preview")
    keyword.label_en = "Theirs"
    workflow.save_vocabulary_row(keyword, by=team.other_writer)
    page.get_by_role("button", name="Import 1").press("Enter")
    answer()
    page.locator(".results").wait_for()
    upload(f"/admin/briefs/brief/{tabled.pk}/word/", "#file", "table.docx", returned, "Compare")
    answer()
    page.wait_for_url("**/change/")
    assert Brief.objects.get(pk=draft.pk).headline_en == "From the sheet"
    assert Keyword.objects.get(pk=keyword.pk).label_en == "Tech"
    assert Brief.objects.get(pk=tabled.pk).headline_en == "From the table"


def test_citation_dropped_on_brief_is_imported(chromium: Any, live_server: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = browser_tabs.Tab(chromium, live_server.url, team.writer)
    tab.brief(brief)
    tab.open_article()
    tab.page.get_by_text("Paste a citation").click()
    tab.page.evaluate(DROP_FILES, ["#citation", [["zotero.ris", ZOTERO_RIS]]])
    expect(tab.page.locator("#citation")).to_have_value(ZOTERO_RIS)
    tab.page.get_by_role("button", name="Show the differences").click()
    tab.page.get_by_role("heading", name="Facts from a citation").wait_for()
    assert_no_faults(tab)
    tab.page.get_by_role("checkbox", name="Article title").uncheck()
    tab.page.get_by_role("button", name="Take what is ticked").click()
    tab.page.wait_for_url("**/change/")
    facts = workflow.load_working_copy(Brief.objects.get()).facts
    assert (facts.title, facts.language, len(facts.authors)) == ("", "en-US", 3)
