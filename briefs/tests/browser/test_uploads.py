"""Upload documents, sheets and citations in a browser: dropped or chosen, with questions answered by keyboard."""

import pytest

from briefs import workflow
from briefs.exchange.brief_text import write_table_files
from briefs.models import Author, Brief, Keyword, Upload
from briefs.tests.admin.uploads.test_brief_sheet_pages import sheet_with_headlines
from briefs.tests.citations.test_citation_files import ZOTERO_RIS
from briefs.tests.conftest import SEED
from briefs.tests.documents.word_builder import edit_word_file
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content

from .editor_driver import Editor, OpenTab

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


def digest_text(n: int) -> str:
    return f"作者/Author(s): Ann Lee\n網站來源/Source: Review\n日期/Date: 2025-05-19\n連結/URL: https://example.org/{n}\n\n摘要:\n第{n}篇。\n\nSummary:\nNumber {n}.\n"


def choose_files(
    tab: Editor, files: dict[str, str | bytes], *, at: str = PAGE, field: str = "#files"
) -> None:
    tab.open(at)
    data = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    tab.page.set_input_files(
        field, [{"name": name, "mimeType": "text/plain", "buffer": text} for name, text in data.items()]
    )
    tab.page.locator(f"form:has({field}) button:not([type=button]):visible").last.click()
    tab.page.wait_for_url("**/upload/*-*/")


def test_dropped_files_are_uploaded_in_batches_with_progress(open_tab: OpenTab, team: factories.Team) -> None:
    tab = open_tab(team.writer)
    page = tab.page
    progress: list[str] = []
    page.expose_function("saw", lambda text: progress.append(text))
    tab.open(PAGE)
    seed = SEED.read_text(encoding="utf-8")
    page.evaluate(DROP_FILES, [".drop", [["seed.txt", seed], ["letter.txt", "Dear all"]]])
    long_word = "Averylong" * 30
    page.evaluate(DROP_FILES, [".drop", [[f"{n}.txt", digest_text(n) + long_word] for n in range(24)]])
    expect(page.locator(".chosen li")).to_have_count(26)
    page.get_by_role("button", name="Remove 23.txt").click()
    # Interrupted, it keeps the files.
    tab.expected_messages = ("ERR_FAILED",)
    page.route("**/upload/", lambda route: route.abort())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The upload was interrupted.")).to_be_visible()
    expect(page.locator(".chosen li")).to_have_count(25)
    page.unroute("**/upload/")
    progress.clear()
    page.evaluate(WATCH_PROGRESS)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/upload/*-*/")
    assert progress[:3] == [f"Uploading {n} of 25 files" for n in (0, 10, 20)]  # then the page goes
    assert not Brief.objects.exists()
    expect(page.locator(".digest")).to_have_count(25)
    expect(page.locator("[name=take]:checked")).to_have_count(24)
    assert tab.faults_by_width_and_colours("found", (390,)) == []
    progress.clear()
    page.evaluate(WATCH_PROGRESS)
    expect(page.get_by_role("button", name="Import 23")).to_be_visible()
    page.get_by_role("radio", name="9 June 2025 (Monday)").check()
    page.get_by_role("button", name="Import 24").click()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    assert progress[0] == "Importing 0 of 24"
    assert Brief.objects.count() == 24
    assert Upload.objects.get().done_at
    assert tab.faults_by_width_and_colours("imported", (390,)) == []


@pytest.mark.parametrize("has_script", [True, False])
def test_questions_of_documents_are_answered_by_keyboard(
    open_tab: OpenTab, team: factories.Team, *, has_script: bool
) -> None:
    Author.make(name="Russell Hsiao", name_zh="蕭良其")
    Keyword.make(label_zh="台灣海峽", label_en="Taiwan Strait")
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(url="https://example.org/1")))
    asking = digest_text(2).replace("2025-05-19", "03/04/2025").replace("Ann Lee", "Russell Hsaio")
    asking = asking.replace("連結", "關鍵字/Keywords: 台海\n連結")
    tab = open_tab(team.writer, java_script_enabled=has_script)
    page = tab.page
    choose_files(tab, {"renamed.txt": digest_text(1), "asking.txt": asking, "plain.txt": digest_text(3)})
    page.get_by_role("button", name="Import 1").press("Enter")
    expect(page.get_by_text("1 digest of this upload is imported already.")).to_be_visible()
    assert Brief.objects.count() == 2
    expect(page.locator("#import-now")).to_have_text("Import")  # nothing is ready
    page.get_by_role("link", name="4 questions left").focus()
    if has_script:
        tab.press("Enter")
    else:
        page.get_by_role("radio", name=f"Update {brief.pk}").focus()
    for number in range(1, 5):  # the first option of each question
        tab.expect_focus(".question input")
        tab.press("Space")
        expect(page.locator(".question :checked")).to_have_count(number)
        tab.press_tab_until("input[type=radio], button")
    if has_script:
        expect(page.locator("#open-questions")).to_be_hidden()
        expect(page.locator("#import-says")).to_have_text("Import 2. ")
        assert tab.faults_by_width_and_colours("answered", (390,)) == []
    page.locator("#import-now").press("Enter")
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    assert Brief.objects.count() == 3
    assert load_content(brief).summary_en == "Number 1."
    newest = Brief.objects.latest("pk")
    assert (str(newest.article_date), newest.article_date_confirmed) == ("2025-03-04", True)
    assert (Author.objects.count(), Keyword.objects.filter(label_zh="台海").exists()) == (2, False)


@pytest.mark.parametrize("has_script", [True, False])
def test_questions_of_sheets_and_tables_are_answered_by_keyboard(
    open_tab: OpenTab, team: factories.Team, *, has_script: bool
) -> None:
    """Tab to each question of the page, choose its first option by Space, and import by Enter."""
    draft, other, tabled = (factories.draft_brief(team) for _ in range(3))
    sheet = sheet_with_headlines(draft, other)
    factories.edit(draft, team.other_writer, headline_en="Faster")
    keyword = Keyword.objects.get(slug="technology")
    (table,) = write_table_files([tabled])
    returned = edit_word_file(table.data, (">A Headline<", ">From the table<"))
    factories.edit(tabled, team.other_writer, headline_en="Faster")
    tab = open_tab(team.writer, java_script_enabled=has_script)
    page = tab.page

    def answer() -> None:
        expect(page.locator(".question")).to_have_count(1)
        page.wait_for_load_state()
        page.evaluate("document.activeElement.blur()")
        tab.press_tab_until(".question input")
        tab.press("Space")
        expect(page.locator(".question :checked")).to_have_count(1)
        tab.press_tab_until("#import-now")
        tab.press("Enter")

    choose_files(tab, {"briefs.csv": sheet})
    if has_script:  # one of the sheet is left out
        assert tab.faults_by_width_and_colours("sheet", (390,)) == []
        page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("[type=checkbox][name=take]:checked").last.uncheck()
    answer()
    expect(page.locator(".results")).to_be_visible()
    choose_files(tab, {"names.csv": "slug,label_en\ntechnology,Tech\n"}, at="/admin/briefs/keyword/import/")
    keyword.label_en = "Theirs"
    workflow.save_vocabulary_row(keyword, by=team.other_writer)
    page.get_by_role("button", name="Import 1").press("Enter")
    answer()
    expect(page.locator(".results")).to_be_visible()
    choose_files(tab, {"table.docx": returned}, at=f"/admin/briefs/brief/{tabled.pk}/word/", field="#file")
    answer()
    page.wait_for_url("**/change/")
    assert list(Brief.objects.order_by("pk").values_list("headline_en", flat=True)) == [
        "From the sheet",
        "A Headline",
        "From the table",
    ]
    assert Keyword.objects.get(pk=keyword.pk).label_en == "Tech"


def test_citation_dropped_on_brief_is_imported(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = open_tab(team.writer, brief)
    page = tab.page
    tab.open_article()
    page.get_by_text("Paste a citation").click()
    page.evaluate(DROP_FILES, ["#citation", [["zotero.ris", ZOTERO_RIS]]])
    expect(page.locator("#citation")).to_have_value(ZOTERO_RIS)
    page.get_by_role("button", name="Show the differences").click()
    expect(page.get_by_role("heading", name="Facts from a citation")).to_be_visible()
    assert tab.faults_by_width_and_colours("citation", (390,)) == []
    page.get_by_role("checkbox", name="Article title").uncheck()
    page.get_by_role("button", name="Take what is ticked").click()
    page.wait_for_url("**/change/")
    facts = load_content(brief).facts
    assert (facts.title, facts.language, len(facts.authors)) == ("", "en-US", 3)
