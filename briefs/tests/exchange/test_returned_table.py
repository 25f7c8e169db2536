"""A parallel table that comes back: rows by number, three-way, tracked changes and comments apart from the text."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given, settings

from briefs import workflow
from briefs.bilingual.documents.types import DocumentRefused
from briefs.content import Bullet, Content
from briefs.exchange.brief_text import write_table_files
from briefs.exchange.returned_table import ReturnedCell, TableComment, read_table_file
from briefs.exchange.table_plan import TablePlan, TableRefused, plan_table, store_table
from briefs.exchange.word_table import build_checksum, write_table_file
from briefs.models import Brief, Event, Note, Outbox, Person, Revision, Suggestion
from briefs.tests.bilingual.documents.word_builder import build_word_file, edit_word_file
from briefs.tests.conftest import FIXTURES
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.workflow.review_comments import get_anchor

from .test_word_files import CONTENTS, NASTY, needs_libreoffice, save_with_libreoffice

COMMENT_MARK = '<w:r><w:commentReference w:id="1"/></w:r>'


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def draft(team: Team) -> Brief:
    bullets = tuple(
        Bullet(0, zh, en) for zh, en in (("甲案。", "Plan A."), ("乙案。", "Plan B."), ("丙案。", "Plan C."))
    )
    return factories.draft_brief(team, factories.content(bullets=bullets))


def export(brief: Brief) -> bytes:
    (file,) = write_table_files([Brief.objects.get(pk=brief.pk)])
    return file.data


def comment(number: int, author: str, text: str) -> str:
    return (
        f'<w:comment w:id="{number}" w:author="{author}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:comment>'
    )


def tracked(old: str, new: str, author: str = "Ann Lee") -> str:
    """Return markup that ends the run of a cell, replaces `old` by `new` with tracking, and begins a run."""
    who = f'w:id="9" w:author="{author}" w:date="2026-01-01T00:00:00Z"'
    deleted = f"<w:del {who}><w:r><w:delText>{old}</w:delText></w:r></w:del>" if old else ""
    inserted = f"<w:ins {who}><w:r><w:t>{new}</w:t></w:r></w:ins>" if new else ""
    return f"</w:t></w:r>{deleted}{inserted}<w:r><w:t>"


def row_of(data: bytes, key: str) -> str:
    """Return the markup of a row by its number."""
    markup = zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").decode()
    return next(row for row in re.findall(r"<w:tr>.*?</w:tr>", markup) if f">{key}<" in row)


def plan(data: bytes, brief: Brief) -> TablePlan:
    table = read_table_file(data)
    assert table is not None
    return plan_table("a.docx", table, Brief.objects.get(pk=brief.pk))


def store(data: bytes, brief: Brief, by: Person) -> list[str]:
    table, row = read_table_file(data), Brief.objects.get(pk=brief.pk)
    assert table is not None
    return store_table("a.docx", table, row, by=by)


def list_suggestions(brief: Brief) -> list[tuple[str, str, str, str]]:
    """Return row, language, text that is replaced, and suggested text."""
    return [(str(get_anchor(row)), row.side, row.was, row.text) for row in brief.suggestions.order_by("id")]


def read_texts(data: bytes) -> dict[str, tuple[str, str]]:
    table = read_table_file(data)
    assert table is not None
    return {key: (row.cells["zh"].text, row.cells["en"].text) for key, row in table.rows.items()}


def content_texts(content: Content) -> dict[str, tuple[str, str]]:
    return {
        "headline": (content.headline_zh, content.headline_en),
        "summary": (content.summary_zh, content.summary_en),
        **{f"b{b.number}": (b.text_zh, b.text_en) for b in content.bullets},
    }


@settings(max_examples=15, deadline=None)
@given(CONTENTS)
def test_table_is_read_back_exactly(content: Content) -> None:
    content = replace(content, bullets=tuple(replace(b, number=n) for n, b in enumerate(content.bullets, 7)))
    data = write_table_file(Brief(pk=12), content, 3)
    assert read_texts(data) == content_texts(content)
    table = read_table_file(data)
    assert (table.brief, table.revision, table.checksum) == (12, 3, build_checksum(content))
    assert [*table.added, *table.repeated, *table.remarks] == []


def test_changes_made_in_libreoffice_are_told_apart() -> None:
    """The file was exported from samples/02, edited in LibreOffice 25.2 and saved there."""
    table = read_table_file((FIXTURES / "word" / "table-from-libreoffice.docx").read_bytes())
    assert (table.brief, table.revision, len(table.rows)) == (12, 3, 11)
    assert table.rows["b1"].cells["en"].text.endswith("supply chains. Edited plainly.")
    assert table.rows["b2"].note == "請看備註 007"
    price, summary = table.rows["b3"].cells["en"], table.rows["summary"].cells["en"]
    assert (price.text[:16], price.proposed[:18]) == ("Price volatility", "TRACKED volatility")
    assert summary.proposed == f"{summary.text}\n\nA second paragraph, tracked."
    assert price.authors == summary.authors == ("Unknown Author",)
    assert table.rows["b4"].comments == (TableComment("王小明", "請查證這個數字。See page 7.", "zh"),)


@pytest.mark.heavy
@needs_libreoffice
def test_table_saved_by_libreoffice_is_read_back(tmp_path: Path) -> None:
    bullets = tuple(Bullet(n, f"{text} 甲", text, level_en=n % 3) for n, text in enumerate(NASTY, 1))
    content = Content("標題", "=1+1", "一。\n\n二。\n三。", "One.\n\nTwo.", bullets)
    data = edit_word_file(
        write_table_file(Brief(pk=12), content, 3),
        (">1E5<", f">1{tracked('E', 'F')}5<"),
        (">007 甲</w:t></w:r>", f">007 甲</w:t></w:r>{COMMENT_MARK}"),
        comments=comment(1, "王小明", "請查證。"),
    )
    saved = save_with_libreoffice(data, tmp_path)
    assert read_texts(saved) == content_texts(content)
    table = read_table_file(saved)
    assert (table.brief, table.revision) == (12, 3)
    assert table.rows["b2"].cells["en"] == ReturnedCell("1E5", "1F5", ("Ann Lee",))
    assert table.rows["b1"].comments == (TableComment("王小明", "請查證。", "zh"),)


@pytest.mark.django_db
def test_changed_cells_become_suggestions_by_number_not_position() -> None:
    team = Team()
    brief = draft(team)
    data = export(brief)
    first, third = row_of(data, "#1"), row_of(data, "#3")
    data = edit_word_file(
        data,
        (first, "ROW"),
        (third, first),
        ("ROW", third),
        (">Plan B.<", ">Plan B, 007.<"),
        (">摘要。<", ">新摘要。<"),
    )
    assert store(data, brief, team.other_writer) == ["2 suggestions"]
    assert store(data, brief, team.other_writer) == [], "a second upload adds nothing"
    assert list_suggestions(brief) == [
        ("summary", "zh", "摘要。", "新摘要。"),
        ("b2", "en", "Plan B.", "Plan B, 007."),
    ]
    assert factories.load_content(brief).bullets[1].text_en == "Plan B.", "the text stays"
    workflow.review_comments.accept_file(brief, "a.docx", by=team.writer)
    content = factories.load_content(brief)
    assert [b.text_en for b in content.bullets] == ["Plan A.", "Plan B, 007.", "Plan C."]
    assert content.summary_zh == "新摘要。"
    revision = Revision.objects.get(brief=brief, number=2)
    assert (revision.by, revision.also_by) == (team.writer, [team.other_writer.pk])
    assert store(data, brief, team.other_writer) == []


@pytest.mark.django_db
@pytest.mark.parametrize("mark", ['<w:gridSpan w:val="2"/>', "<w:vMerge/>", "one cell less"])
def test_row_with_merged_cells_is_said_and_the_others_are_read(team: Team, mark: str) -> None:
    brief = draft(team)
    data = export(brief)
    row = row_of(data, "#2")
    cells = re.findall(r"<w:tc>.*?</w:tc>", row)
    last = cells[-1]
    if mark.startswith("<"):
        merged = row.replace("<w:tcPr>", f"<w:tcPr>{mark}", 1).replace("乙案。", "Words.")
    else:
        merged = row.replace(last, "").replace("乙案。", "Words.")
    data = edit_word_file(data, (row, merged), ("Plan C.", "Plan D."))
    made = plan(data, brief)
    assert [(str(asked.anchor), asked.text) for asked in made.suggestions] == [("b3", "Plan D.")]
    assert "This row has merged cells and was not read. Split them in Word: #2" in made.notes[-1].text


@pytest.mark.django_db
def test_merged_cell_is_split_by_script_and_swapped_languages_are_put_back() -> None:
    team = Team()
    brief = draft(team)
    data = export(brief)
    first, third = row_of(data, "#1"), row_of(data, "#3")
    merged = re.sub(r"<w:tc>(?:(?!</w:tc>).)*甲案.*?</w:tc>", "", first, count=1)
    merged = merged.replace("Plan A.", "新甲案。New plan A.")
    swapped = third.replace("丙案。", "%").replace("Plan C.", "新丙案。").replace("%", "New plan C.")
    store(edit_word_file(data, (first, merged), (third, swapped)), brief, team.writer)
    assert [row[0::3] for row in list_suggestions(brief)] == [
        ("b1", "新甲案。"), ("b1", "New plan A."), ("b3", "新丙案。"), ("b3", "New plan C."),
    ]  # fmt: skip


@pytest.mark.django_db
def test_row_changed_by_others_is_suggested_over_their_text() -> None:
    team = Team()
    brief = draft(team)
    data = edit_word_file(
        export(brief), (">Plan A.<", ">Plan A in the file.<"), (">Plan B.<", ">Plan B in the file.<")
    )
    bullets = factories.load_content(brief).bullets
    factories.edit(
        brief,
        team.writer,
        headline_en="Anew",
        bullets=(replace(bullets[0], text_zh="甲案，改。"), *bullets[1:]),
    )
    store(data, brief, team.other_writer)
    assert list_suggestions(brief) == [
        ("b1", "en", "Plan A.", "Plan A in the file."), ("b2", "en", "Plan B.", "Plan B in the file."),
    ]  # fmt: skip
    content = factories.load_content(brief)
    assert (content.bullets[0].text_zh, content.headline_en) == ("甲案，改。", "Anew"), (
        "only the desk changed it"
    )
    factories.edit(brief, team.writer, bullets=content.bullets[1:])
    assert "#1 is not on the desk any more: Plan A in the file." in plan(data, brief).notes[-1].text


@pytest.mark.django_db
def test_missing_repeated_added_and_empty_rows_are_said() -> None:
    team = Team()
    brief = draft(team)
    data = export(brief)
    first, second = row_of(data, "#1"), row_of(data, "#2")
    added = first.replace(">#1<", "><").replace("甲案。", "丁案。")
    unknown = first.replace(">#1<", ">#99<")
    data = edit_word_file(
        data, (first, added + unknown), (second, second + second.replace("Plan B", "Plan X")), (">丙案。<", "><"),
        (">Plan C.<", "><"),
    )  # fmt: skip
    planned = plan(data, brief)
    assert planned.suggestions == []
    assert planned.notes[-1].text.split("\n") == [
        "Not read from “a.docx”:",
        "#3 is empty in the file. It stays on the desk.",
        "This row is not in the file. It stays on the desk: #1",
        "This number is in the file more than once. None of its rows was read: #2",
        "These rows have no number of this brief and were not read. Add them on the desk: 丁案。 / Plan A.; #99",
    ]


@pytest.mark.django_db
def test_tracked_changes_and_comments_become_suggestions_and_notes() -> None:
    team = Team()
    brief = draft(team)
    second = row_of(export(brief), "#2")
    noted = second.replace(
        '<w:pStyle w:val="Cell"/></w:pPr></w:p></w:tc></w:tr>',
        '<w:pStyle w:val="Cell"/></w:pPr><w:r><w:t>Which plan?</w:t></w:r></w:p></w:tc></w:tr>',
    )
    assert noted != second
    data = edit_word_file(
        export(brief),
        (second, noted),
        (">Plan A.<", f'>Plan {tracked("A", "Alpha")}.<'),
        (">丙案。</w:t></w:r>", f">丙案。</w:t></w:r>{COMMENT_MARK}"),
        (">Plan C.<", f'>{tracked("Plan C.", "")}<'),
        comments=comment(1, "王小明", "請　查證\x86。"),
    )  # fmt: skip
    for expected in (["1 suggestion", "3 notes"], []):  # a second upload adds nothing
        assert store(data, brief, team.writer) == expected
    assert factories.load_content(brief).bullets[0].text_en == "Plan A."
    assert not Revision.objects.filter(brief=brief, number=2).exists()
    assert list(Suggestion.objects.values_list("bullet", "side", "was", "text", "why", "by")) == [
        (1, "en", "Plan A.", "Plan Alpha.", "Ann Lee", team.writer.pk)
    ]
    assert list(Note.objects.values_list("bullet", "side", "text")) == [
        (2, "", "Which plan?"), (3, "zh", "王小明: 請　查證。"),
        (None, "", "Not read from “a.docx”:\n#3 is empty in the file. It stays on the desk."),
    ]  # fmt: skip
    workflow.review_comments.accept(Suggestion.objects.get(), by=team.other_writer)
    assert factories.load_content(brief).bullets[0].text_en == "Plan Alpha."


@pytest.mark.django_db
def test_many_tracked_changes_and_comments_are_one_act() -> None:
    team = Team()

    def count_queries(n: int) -> int:
        bullets = tuple(Bullet(0, f"第{k}案。", f"Plan {k}.") for k in range(n))
        brief = factories.draft_brief(team, factories.content(bullets=bullets))
        edits = ((f">Plan {k}.<", f">Plan {tracked(str(k), f'{k}a')}.<") for k in range(n))
        notes = ((f">第{k}案。</w:t></w:r>", f">第{k}案。</w:t></w:r>{COMMENT_MARK}") for k in range(n))
        data = edit_word_file(export(brief), *edits, *notes, comments=comment(1, "王小明", "請查證。"))
        with CaptureQueriesContext(connection) as queries:
            store(data, brief, team.other_writer)
        assert Suggestion.objects.filter(brief=brief).count() == n
        assert Note.objects.filter(brief=brief).count() == n
        assert sorted(Outbox.objects.filter(brief=brief).values_list("kind", "to")) == [
            ("noted", team.writer.pk), ("suggested", team.writer.pk),
        ]  # fmt: skip
        assert Event.objects.filter(brief=brief, verb__in=("note", "suggest")).count() == 2 * n
        return len(queries)

    few = count_queries(2)
    assert count_queries(20) <= few


@pytest.mark.django_db
def test_table_of_another_brief_or_site_is_refused() -> None:
    team = Team()
    brief, other = draft(team), draft(team)
    with pytest.raises(TableRefused, match=f"table of brief {brief.pk}"):
        plan(export(brief), other)
    data = export(brief)
    table = read_table_file(data)
    table.checksum = "00000000"
    with pytest.raises(TableRefused, match="not exported from this site"):
        plan_table("a.docx", table, brief)
    assert read_table_file(build_word_file("<w:p/>")) is None
    with pytest.raises(DocumentRefused):
        read_table_file(edit_word_file(data, ("<w:body>", "<w:body>" + "<w:p>" * 300 + "</w:p>" * 300)))
    with pytest.raises(DocumentRefused):
        read_table_file(build_word_file(parts={"word/comments.xml": "<!DOCTYPE a><w/>"}))


@pytest.mark.django_db
def test_identity_survives_the_loss_of_the_property() -> None:
    brief = draft(Team())
    source, output = zipfile.ZipFile(io.BytesIO(export(brief))), io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name in source.namelist():
            if name != "docProps/custom.xml":
                archive.writestr(name, source.read(name))
    made = plan(output.getvalue(), brief)
    assert (made.suggestions, made.notes) == ([], [])


@pytest.mark.django_db
def test_closed_brief_takes_no_table() -> None:
    team = Team()
    live = factories.live_brief(team)
    for brief_row, person in ((live, team.writer), (live, team.publisher), (draft(team), team.reviewer)):
        with pytest.raises(workflow.Refused), transaction.atomic():
            store(edit_word_file(export(brief_row), (">A Headline<", ">Another<")), brief_row, person)
    assert not Suggestion.objects.exists()
