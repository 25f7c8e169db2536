"""Sheets of briefs: exact round trips, changes of drafts only, conflicts, and errors with sheet, row and column."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.exchange.sheets.brief_columns import BRIEFS, BULLETS
from briefs.exchange.sheets.brief_rows import read_brief_sheets
from briefs.exchange.sheets.brief_sheets import (
    BriefChange,
    BriefResource,
    build_brief_rows,
    plan_brief_import,
    save_changes,
    write_brief_workbook,
)
from briefs.exchange.sheets.sheet_files import write_csv
from briefs.exchange.sheets.table import Sheet, SheetImport, SheetRefused
from briefs.facts import SCALAR_FACTS
from briefs.models import Author, Brief, Keyword, Person, Revision, Source
from briefs.tests.support import factories

pytestmark = pytest.mark.django_db

type Rows = dict[str, list[list[str]]]
CELLS = st.one_of(
    st.sampled_from(["007", "1E5", "=1+1", "'=1", "-2", "第一行\n=第二行", "逗號，頓號、", "中" * 1000, "TRUE", "2025/6/9", " a ", '";,\t']),
    st.text(alphabet=st.sampled_from("'=+-@＝\n a中，1é🙂_x\u3000"), max_size=12),
)  # fmt: skip


def rows_of(*briefs: Brief) -> Rows:
    return build_brief_rows(Brief.objects.filter(pk__in=[brief.pk for brief in briefs]))


def plan(rows: Rows) -> SheetImport[BriefChange]:
    with translation.override("en"):
        return plan_brief_import(*read_rows(rows))


def read_rows(rows: Rows) -> tuple[list[Sheet], list[str]]:
    return read_brief_sheets([(name, write_csv(sheet)) for name, sheet in rows.items()])


def store(rows: Rows, by: Person) -> None:
    with translation.override("en"):
        BriefResource(by=by).import_data(read_rows(rows))


def refusal(rows: Rows) -> str:
    with translation.override("en"), pytest.raises(SheetRefused) as refused:
        plan(rows)
    with translation.override("en"):
        return str(refused.value)


def change_cell(rows: Rows, sheet: str, row: int, column: str, text: str) -> Rows:
    """Change a cell of row `row` of the spreadsheet."""
    rows[sheet][row - 1][rows[sheet][0].index(column)] = text
    return rows


def outcome(rows: Rows) -> tuple[int, int]:
    planned = plan(rows)
    return len(planned.rows), planned.unchanged


def through_libreoffice(folder: Path, name: str, data: bytes) -> bytes:
    """Open a file in LibreOffice and save it in the same format. Quoted cells of CSV stay text."""
    (folder / name).write_bytes(data)
    (folder / "out").mkdir(exist_ok=True)
    kind = name.rpartition(".")[2]
    options = ["--infilter=CSV:44,34,76,1,,0,true"] if kind == "csv" else []
    to = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true" if kind == "csv" else kind
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *options, "--convert-to", to,
         "--outdir", str(folder / "out"), str(folder / name)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return (folder / "out" / name).read_bytes()


def unchanged(_name: str, data: bytes) -> bytes:
    return data


def check_round_trip(brief: Brief, texts: list[str], resave: Callable[[str, bytes], bytes]) -> None:
    """Write the texts into exported sheets, import them, and compare what is stored with the normalised texts."""
    texts = [texts[0][:300], *texts[1:]]  # the limit of a headline
    for file_format in ("xlsx", "csv"):
        brief.refresh_from_db()
        before = workflow.load_working_copy(brief)
        rows = rows_of(brief)
        change_cell(rows, BRIEFS, 2, "headline_zh", texts[0])
        change_cell(rows, BRIEFS, 2, "summary_en", texts[1])
        change_cell(rows, BULLETS, 3, "text_zh", texts[2])
        if file_format == "xlsx":
            files = [("x.xlsx", resave("x.xlsx", write_brief_workbook(rows)))]
        else:
            files = [(f"{name}.csv", resave(f"{name}.csv", write_csv(sheet))) for name, sheet in rows.items()]
        BriefResource(by=brief.updated_by).import_data(read_brief_sheets(files))
        bullets = list(before.bullets)
        bullets[1] = replace(bullets[1], text_zh=texts[2])
        wanted = replace(before, headline_zh=texts[0], summary_en=texts[1], bullets=tuple(bullets))
        assert factories.load_content(brief) == workflow.editing.prepare(wanted, next_number=9).content
        brief.refresh_from_db()
        again = plan_brief_import(
            *read_brief_sheets([("x.xlsx", resave("y.xlsx", write_brief_workbook(rows_of(brief))))])
        )
        assert (again.rows, again.unchanged) == ([], 1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(CELLS, min_size=3, max_size=3))
def test_typed_cells_are_stored_as_typed(team: factories.Team, texts: list[str]) -> None:
    check_round_trip(factories.draft_brief(team), texts, unchanged)


@pytest.mark.heavy
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_cells_survive_libreoffice(team: factories.Team, tmp_path: Path) -> None:
    brief = factories.draft_brief(team)
    for texts in (
        ["007", "=1+1\n第二行，", "1E5"],
        ["'=1", "中" * 1000, "2025/6/9"],
        ["-2+3", "a\n\nb", "TRUE"],
    ):
        check_round_trip(brief, texts, lambda name, data: through_libreoffice(tmp_path, name, data))


def test_every_fact_and_structure_is_exported_and_read_back(team: factories.Team) -> None:
    authors = [
        Author.make(name="Ann Lee"),
        Author.make(name="ann lee"),
        Author.make(name="=Bo", name_zh="波"),
    ]
    facts = factories.facts(
        authors=(Byline(authors[1].pk, "教授", "Professor"), Byline(authors[2].pk)),
        **{name: factories.valid_fact(name) for name in SCALAR_FACTS},
    )
    bullets = (Bullet(0, "一", "", 1, 0, "number", "bullet", one_sided="x"), Bullet(0, "二", "Two", 0, 2))
    brief = factories.draft_brief(team, factories.content(facts=facts, bullets=bullets))
    rows = rows_of(brief)
    shown = dict(zip(*rows[BRIEFS], strict=True))
    assert shown["authors"] == f"ann lee #{authors[1].pk}\n=Bo"
    assert (shown["source"], shown["keywords"]) == ("Foreign Policy", "科技 · Technology")
    assert all(shown[name] for name in SCALAR_FACTS)
    assert rows[BULLETS][1][2:] == ["1", "一", "", "1", "", "number", ""]
    assert outcome(rows) == (0, 1)

    other = factories.draft_brief(team)  # has none of these
    into = dict(zip(rows_of(other)[BRIEFS][0], rows_of(other)[BRIEFS][1], strict=True))
    typed = [into[c] if c in ("id", "version") else shown[c] for c in rows[BRIEFS][0]]
    store({BRIEFS: [rows[BRIEFS][0], typed]}, team.writer)
    stored = factories.load_content(other).facts
    bare = tuple(replace(byline, affiliation_zh="", affiliation_en="") for byline in facts.authors)
    assert stored == replace(factories.load_content(brief).facts, authors=bare)


def test_key_line_is_chosen_and_taken_back_in_a_sheet(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    before = factories.load_content(brief)
    rows = rows_of(brief)
    store(change_cell(rows, BRIEFS, 2, "key_point", "2"), team.writer)
    assert factories.load_content(brief) == replace(before, key_point=2)

    rows = rows_of(Brief.objects.get())
    assert rows[BRIEFS][1][rows[BRIEFS][0].index("key_point")] == "2"
    assert outcome(rows) == (0, 1)
    place = rows[BRIEFS][0].index("key_point")
    assert outcome({BRIEFS: [[*row[:place], *row[place + 1 :]] for row in rows[BRIEFS]]}) == (0, 1)
    store(change_cell(rows, BRIEFS, 2, "key_point", ""), team.writer)
    assert factories.load_content(brief).hashes() == before.hashes()


def test_csv_saved_as_workbook_keeps_its_dates(team: factories.Team) -> None:
    facts = factories.facts(date="2025-06-09", accessed_on="2025-06-10")
    rows = rows_of(factories.draft_brief(team, factories.content(facts=facts)))
    days = {"date": 45817, "accessed_on": 45819, "updated": 46000.5}

    def plan_as_dates(
        columns: dict[str, float], number_format: str, first_day: Any = WINDOWS_EPOCH
    ) -> SheetImport[BriefChange]:
        book = openpyxl.load_workbook(io.BytesIO(write_brief_workbook(rows)))
        book.epoch = first_day
        for column, day in columns.items():
            cell = book[BRIEFS].cell(2, rows[BRIEFS][0].index(column) + 1, day)
            cell.number_format = number_format
        book.save(out := io.BytesIO())
        with translation.override("en"):
            return plan_brief_import(*read_brief_sheets([("x.xlsx", out.getvalue())]))

    for number_format in ("mm-dd-yy", "yyyy\\-mm\\-dd", '[$-404]e"年"m"月"d"日"'):
        (change,) = plan_as_dates(days, number_format).rows
        assert (change.after.facts.date, change.after.facts.accessed_on) == ("2025-06-09", "2025-06-11")
    (change,) = plan_as_dates({"accessed_on": 45819 - 1462}, "mm-dd-yy", MAC_EPOCH).rows
    assert change.after.facts.accessed_on == "2025-06-11"
    for columns, number_format in (days, "mmm-yy"), ({"title": 45817}, "mm-dd-yy"):
        with pytest.raises(SheetRefused, match="this cell is a date"):
            plan_as_dates(columns, number_format)
    with pytest.raises(SheetRefused, match="The workbook is damaged"):
        plan_as_dates({"date": 1e300}, "mm-dd-yy")


def test_brief_that_is_newer_or_no_draft_refuses_the_sheet_and_an_unchanged_row_does_not(
    team: factories.Team,
) -> None:
    draft, newer, untouched, deleted = (factories.draft_brief(team) for _ in range(4))
    submitted, live = factories.submitted_brief(team), factories.live_brief(team)
    rows = rows_of(draft, newer, untouched, deleted, submitted, live)
    for brief in (newer, untouched):
        factories.edit(brief, team.other_writer, summary_en="Newer.")
    factories.edit(deleted, team.other_writer, bullets=factories.load_content(deleted).bullets[:1])
    for row in rows[BRIEFS][1:]:
        if row[0] != str(untouched.pk):
            row[rows[BRIEFS][0].index("headline_en")] = "=From the sheet"
    before = {brief.pk: factories.load_content(brief) for brief in Brief.objects.all()}
    told = refusal(rows).splitlines()
    assert [line.partition(", column")[0] for line in told] == [
        f"Sheet “briefs”: Row {n}" for n in (3, 5, 6, 7)
    ]
    assert "other-writer saved a newer version at" in told[0]
    assert "This brief is live." in told[3]
    assert {pk: workflow.load_working_copy(Brief.objects.get(pk=pk)) for pk in before} == before

    rows[BRIEFS] = [row for row in rows[BRIEFS] if row[0] in ("id", str(draft.pk), str(untouched.pk))]
    store(rows, team.writer)
    assert factories.load_content(draft).headline_en == "=From the sheet"
    assert factories.load_content(untouched).summary_en == "Newer."
    last = Revision.objects.filter(brief=draft).latest("number")
    assert (last.by, last.kind, last.changed_zh, last.changed_en) == (team.writer, "save", False, True)
    rows[BULLETS] = rows[BULLETS][:1]
    assert outcome(rows) == (0, 2)  # a second import finds it done


def test_brief_saved_during_an_import_stores_nothing_of_the_sheet(team: factories.Team) -> None:
    first, second = factories.draft_brief(team), factories.draft_brief(team)
    rows = rows_of(first, second)
    for number in (2, 3):
        change_cell(rows, BRIEFS, number, "headline_en", "From the sheet")
    made = plan(rows)
    factories.edit(second, team.other_writer, headline_en="Faster")
    with pytest.raises(SheetRefused) as refused:
        save_changes(made.rows, by=team.writer)
    assert [problem.row for problem in refused.value.problems] == [3]
    assert [factories.load_content(b).headline_en for b in (first, second)] == ["A Headline", "Faster"]


def test_at_most_200_briefs_are_changed_at_once(team: factories.Team) -> None:
    briefs = [factories.draft_brief(team) for _ in range(3)]
    rows = rows_of(*briefs)
    for number in (2, 3):
        change_cell(rows, BRIEFS, number, "headline_en", "From the sheet")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("briefs.exchange.sheets.brief_sheets.MAX_CHANGED_BRIEFS", 2)
        assert outcome(rows) == (2, 1)
        patched.setattr("briefs.exchange.sheets.brief_sheets.MAX_CHANGED_BRIEFS", 1)
        assert "The sheet changes 2 briefs. At most 1 go at once: split it." in refusal(rows)


def test_bullets_are_added_emptied_and_kept_in_place(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    rows = rows_of(brief)
    head, one, two, _three = rows[BULLETS]
    gone = [*two[:3], "", "", *two[5:]]
    new = [str(brief.pk), "", "", "新", "New", "1", "", "number", ""]
    english = [str(brief.pk), "", "", "", "Only", "", "", "", ""]
    sheet = [head, gone, one, new, english]  # sorted by somebody; the third row was deleted
    store({BULLETS: sheet}, team.writer)
    stored = factories.load_content(brief).bullets
    assert [(b.number, b.text_zh, b.level_zh, b.marker_zh) for b in stored] == [
        (1, "第0點。", 0, "bullet"), (4, "新", 1, "number"), (5, "", 0, "bullet"), (3, "第0點。", 0, "bullet"),
    ]  # fmt: skip


WRONG: list[tuple[str, str, str, str]] = [
    (BRIEFS, "id", "", "Sheet “briefs”: Row 2, column “id”: A row needs the number of its brief."),
    (BRIEFS, "id", "999999", "Sheet “briefs”: Row 2, column “id”: There is no brief with this number."),
    (BRIEFS, "version", "x", "Sheet “briefs”: Row 2, column “version”: A row needs the version"),
    (BRIEFS, "authors", "Nobody", "Row 2, column “authors”: “Nobody” is not in the vocabulary."),
    (BRIEFS, "authors", "Ann Lee", "Row 2, column “authors”: More than one entry has this name. Write one of: Ann Lee #"),
    (BRIEFS, "date", "June", "Row 2, column “date”: “June” is not a date."),
    (BRIEFS, "url", "example", "Row 2, column “url”: Enter an address that starts with http"),
    (BRIEFS, "access", "open", "Row 2, column “access”: “open” is none of: free"),
    (BRIEFS, "key_point", "2nd", "Row 2, column “key_point”: Write the number of a bullet, or leave the cell empty."),
    (BRIEFS, "key_point", "9", "Row 2, column “key_point”: The brief has no bullet 9 in both languages."),
    (BRIEFS, "source_withdrew", "maybe", "Row 2, column “source_withdrew”: Write TRUE or FALSE."),
    (BRIEFS, "headline_en", "x" * 301, "Row 2, column “headline_en”: Headline is too long"),
    (BRIEFS, "headline_en", "a\x07b", "Row 2, column “headline_en”: Line 1: remove the control character U+0007."),
    (BULLETS, "number", "9", "Sheet “bullets”: Row 2, column “number”: The brief has no bullet 9."),
    (BULLETS, "number", "2", "Sheet “bullets”: Row 3, column “number”: row 2 is about the same bullet."),
    (BULLETS, "version", "7", "Row 2, column “version”: The rows of a brief have one version"),
    (BRIEFS, "doi", "the first issue", "Row 2, column “doi”: This is no DOI. Write it like 10.1000/182"),
    (BULLETS, "level_en", "3", "Row 2, column “level_en”: Write 0, 1 or 2"),
    (BULLETS, "marker_zh", "*", "Row 2, column “marker_zh”: “*” is none of: bullet, number."),
    (BULLETS, "text_zh", "x" * 6001, "Row 2, column “text_zh”: Bullet is too long"),
]  # fmt: skip


def test_wrong_cell_changes_nothing_and_is_named(team: factories.Team) -> None:
    Author.make(name="Ann Lee")
    Author.make(name="Ann Lee")
    bad, good = factories.draft_brief(team), factories.draft_brief(team)
    for sheet, column, text, sentence in WRONG:
        rows = change_cell(rows_of(bad, good), BRIEFS, 3, "headline_en", "Good")
        assert sentence in refusal(change_cell(rows, sheet, 2, column, text))
    rows = rows_of(bad, good)
    rows[BRIEFS].append(rows[BRIEFS][1])
    assert "Row 4, column “id”: row 2 is about the same brief." in refusal(rows)
    assert "Sheet “bullets”: The column “colour” is unknown." in refusal(
        {BULLETS: [[*rows[BULLETS][0], "colour"]]}
    )
    assert "No sheet has the headings" in refusal({"x": [["a", "b"], ["1", "2"]]})
    rows = rows_of(bad)
    for sheet, place, column in ((BRIEFS, 0, "id"), (BRIEFS, 1, "version"), (BULLETS, 2, "number")):
        lacking = [[*row[:place], *row[place + 1 :]] for row in rows[sheet]]
        told = f"Sheet “{sheet}”: The column “{column}” is missing."
        assert told in refusal(rows | {sheet: lacking}), "nor read as if nothing differed in it"
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with (
        translation.override("en"),
        pytest.raises(SheetRefused, match=r"Sheet “x\.ods”: This is not an Excel workbook"),
    ):
        read_brief_sheets([("x.ods", packed.getvalue())])


def test_hidden_and_foreign_sheets_and_ignored_cells_are_reported(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    rows = change_cell(rows_of(brief), BRIEFS, 2, "state", "approved")
    book = openpyxl.load_workbook(io.BytesIO(write_brief_workbook(rows)))
    book[BULLETS].sheet_state = "hidden"
    book[BRIEFS].row_dimensions[2].hidden = True
    book.create_sheet("Mine")["A1"] = "=1+1"
    out = io.BytesIO()
    book.save(out)
    with translation.override("en"):
        made = plan_brief_import(*read_brief_sheets([("x.xlsx", out.getvalue())]))
    assert made.notices == [
        "Not read: the sheets “bullets” (hidden), “Mine”.",
        "Sheet “briefs”: Hidden in the file, and read all the same: rows 2.",
        "Sheet “briefs”: The column “state” is never imported; it differs in the rows 2.",
    ]
    assert made.unchanged == 1


def test_export_asks_a_constant_number_of_queries(
    team: factories.Team, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        factories.draft_brief(team)
    Source.make(name="Other")
    Keyword.make(label_en="Other")
    with django_assert_max_num_queries(10):
        rows = build_brief_rows(Brief.objects.all())
    assert len(rows[BRIEFS]) == 6
    with django_assert_max_num_queries(12):
        plan(rows)
