"""Export of briefs as text: an exported brief is imported unchanged."""

from pathlib import Path

import pytest
from django.core.management import call_command

from briefs import workflow
from briefs.bilingual.documents.parser import read_document
from briefs.content import Bullet, Content
from briefs.exchange.brief_text import file_name, find_exportable_briefs, write_brief_files
from briefs.models import Author, Brief, Keyword, Source
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.exchange.intake.test_importer import run_import
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

pytestmark = pytest.mark.django_db


def texts(content: Content) -> object:
    return (
        [(b.text_zh, b.text_en, b.level_zh, b.level_en, b.marker_zh, b.marker_en) for b in content.bullets],
        content.summary_zh,
        content.summary_en,
        content.headline_zh,
        content.headline_en,
    )


def test_exported_briefs_are_imported_unchanged(capsys, tmp_path: Path) -> None:
    factories.load_vocabulary()
    run_import(capsys, str(SEED), str(FIXTURES / "samples"))
    before = {b.pk: workflow.load_working_copy(b) for b in Brief.objects.all()}
    call_command("export_briefs", "--output", str(tmp_path / "out"))
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == len(before) == 4
    for file, (pk, content) in zip(files, sorted(before.items()), strict=True):
        (reading,) = read_document(file.read_bytes(), file.name)
        assert reading.parsed is not None
        assert reading.parsed.date.iso == content.facts.date
        assert reading.parsed.date.ambiguous is not Brief.objects.get(pk=pk).article_date_confirmed
        assert file.name.startswith(f"{pk:05}-")
    assert capsys.readouterr().err == "4 briefs written.\n"
    Brief.objects.update(state="discarded")
    lines, code = run_import(capsys, str(tmp_path / "out"))
    assert code == 0
    reimported = [workflow.load_working_copy(Brief.objects.get(pk=line["brief"])) for line in lines]
    assert [texts(c) for c in reimported] == [texts(before[pk]) for pk in sorted(before)]
    assert [(c.facts.source, c.facts.authors, c.facts.keywords) for c in reimported] == [
        (c.facts.source, c.facts.authors, c.facts.keywords) for _, c in sorted(before.items())
    ]


def test_export_names_successor_of_merged_row(capsys) -> None:
    run_import(capsys, str(SEED))
    rows = Author.objects.get(), Source.objects.get(), Keyword.objects.get(label_zh="科技")
    for row in rows:
        middle = type(row).make(**({"label_zh": "中間"} if isinstance(row, Keyword) else {"name": "Middle"}))
        successor = (
            Keyword.objects.get(label_zh="美國")
            if isinstance(row, Keyword)
            else type(row).make(name="The Heir")
        )
        type(row).objects.filter(pk=row.pk).update(merged_into=middle)
        type(row).objects.filter(pk=middle.pk).update(merged_into=successor)
    (file,) = write_brief_files(find_exportable_briefs())
    assert "作者/Author(s): The Heir\n" in file.text
    assert "網站來源/Source: The Heir\n" in file.text
    assert "關鍵字/Keywords: 美國、全球\n" in file.text


def export_draft(capsys, content: Content) -> tuple[str, str]:
    factories.draft_brief(Team(), content)
    call_command("export_briefs")
    return capsys.readouterr()


def test_paragraph_of_signs_is_exported_escaped(capsys) -> None:
    signs = ("--", "- 1 -", "（完）", "---", "-NATO", "※ 註")
    out, err = export_draft(capsys, factories.content(summary_en="\n\n".join(["One.", *signs, "Two."])))
    assert [sign for sign in signs if f"\n\\{sign}\n" not in out] == []
    assert err == "1 brief written.\n"


@pytest.mark.parametrize(
    ("keyword", "changes", "lost"),
    [
        ("Trade, Investment", {}, "keywords"),
        ("Trade", {"summary_zh": "", "summary_en": "", "bullets": ()}, "everything"),
        ("Trade", {"bullets": (Bullet(0, "丙案。", ""), Bullet(0, "", "Two."))}, "pairs"),
    ],
)
def test_export_reports_what_cannot_be_read_back(capsys, keyword, changes, lost) -> None:
    row = Keyword.make(label_zh="", label_en=keyword)
    _, err = export_draft(capsys, factories.content(facts=factories.facts(keywords=(row.pk,)), **changes))
    brief = Brief.objects.get()
    name = file_name(brief)
    assert err == f"{name}: would not be read back the same: {lost}.\n1 brief written.\n"


def test_exported_titles_and_affiliations_are_read_back(capsys, tmp_path: Path) -> None:
    authors = (
        "蕭良其（Russell Hsiao，智庫執行長）、王小明教授、Jane Doe（研究員，Senior Fellow, CSIS）、國家安全局"
    )
    document = tmp_path / "a.txt"
    document.write_text(f"作者: {authors}\n日期: 2025-06-09\n\n摘要:\n一段摘要。\n", encoding="utf-8")
    run_import(capsys, str(document))
    bylines = workflow.load_working_copy(Brief.objects.get()).facts.authors
    assert [(b.affiliation_zh, b.affiliation_en) for b in bylines] == [
        ("智庫執行長", ""),
        ("教授", ""),
        ("研究員", "Senior Fellow, CSIS"),
        ("", ""),
    ]
    call_command("export_briefs", "--output", str(tmp_path / "out"))
    assert capsys.readouterr().err == "1 brief written.\n"
    Brief.objects.update(state="discarded")
    (line,), _ = run_import(capsys, str(tmp_path / "out"))
    again = workflow.load_working_copy(Brief.objects.get(pk=line["brief"]))
    assert again.facts.authors == bylines
