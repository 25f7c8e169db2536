"""Import of documents: the seed document exactly, a second time without effect, and never in part."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from briefs import workflow
from briefs.content import hash_json
from briefs.exchange.intake import create_import_job, find_files, import_documents, import_files
from briefs.models import Brief, Document, Event, Revision, SiteVersion, Source, Term
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

pytestmark = pytest.mark.django_db


def run_import(capsys, *args: str) -> tuple[list[dict], int]:
    code = 0
    try:
        call_command("import_briefs", *args, "--format", "json")
    except SystemExit as exit_info:
        code = int(exit_info.code or 0)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()], code


def checksum() -> str:
    """Return a hash of every row of every table of the briefs app, without the token, which every write changes."""
    rows = []
    for model in apps.get_app_config("briefs").get_models():
        if model is SiteVersion:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY 1')
            values = [
                [str(bytes(v) if isinstance(v, memoryview) else v) for v in row] for row in cursor.fetchall()
            ]
            rows.append([model._meta.label, values])
    return hash_json(rows)


def test_seed_document_is_imported_exactly(capsys) -> None:
    factories.load_vocabulary()
    lines, code = run_import(capsys, str(SEED))
    assert code == 0
    (line,) = lines
    assert set(line) == {"file", "index", "status", "brief", "warnings", "error", "parsed", "pairing"}
    assert (line["file"], line["index"], line["status"], line["error"]) == (str(SEED), 0, "created", None)
    assert {w["code"] for w in line["warnings"]} == {"date-ambiguous", "structure-differs"}
    parsed = line["parsed"]
    names = "authors bullets date date_ambiguous keywords languages source title url"
    assert " ".join(sorted(parsed)) == names
    assert (parsed["title"], parsed["url"]) == (None, None)
    assert (parsed["authors"], parsed["source"]) == (["Vivek Chilukuri"], "Foreign Policy")
    assert (parsed["date"], parsed["date_ambiguous"]) == ("2025-06-09", True)
    assert parsed["keywords"] == ["科技", "美國", "全球"]
    zh, en = parsed["languages"]["zh-hant"], parsed["languages"]["en"]
    assert len(zh["points"]) == 5
    assert [len(p["children"]) for p in zh["points"]] == [0, 0, 0, 0, 3]
    assert len(en["points"]) == 8
    assert [(b["level_zh"], b["marker_zh"]) for b in parsed["bullets"]] == [(0, "bullet")] * 5 + [
        (1, "number")
    ] * 3
    assert {(b["level_en"], b["marker_en"]) for b in parsed["bullets"]} == {(0, "bullet")}
    brief = Brief.objects.get(pk=line["brief"])
    assert brief.bullets.count() == 8
    assert list(brief.bullets.values_list("number", flat=True)) == list(range(1, 9))
    assert brief.summary_zh.startswith("川普政府可能會解除拜登時期對人工智慧擴散的限制,以贏得")
    assert "5G 電信" in brief.bullets.first().text_zh
    assert not brief.article_date_confirmed
    assert brief.article_date_alternative == "2025-09-06"
    document = Document.objects.get()
    assert bytes(document.data) == SEED.read_bytes()
    revision = Revision.objects.get()
    assert (revision.kind, revision.by.username, revision.document) == ("import", "importer", document)
    assert not revision.by.is_active
    assert not Source.objects.filter(name="Foreign Policy").exclude(name_zh="外交政策").exists()


def write_related_documents(folder: Path) -> None:
    """Write documents that affect each other: a repeated one, a newer version, another of the same article, new names twice."""
    seed = SEED.read_text(encoding="utf-8")
    other_document = (FIXTURES / "samples" / "03-faulty-drones.txt").read_text(encoding="utf-8")
    for name, text in {
        "1/a.txt": seed,
        "2/a.txt": seed.replace("\n", "\r\n"),
        "3/a.txt": seed.replace("華為", "小米"),
        "4/b.txt": seed + "\nOne more word.",
        "5/c.txt": other_document,
        "6/d.txt": other_document.replace("07/08/2025", "1 May 2020"),
        "7/c.txt": other_document.replace("07/08/2025", "2 May 2020"),
    }.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8", newline="")


def test_dry_run_reports_what_the_import_then_does(tmp_path: Path) -> None:
    write_related_documents(tmp_path)
    job = create_import_job(dry_run=True)
    before = checksum()
    predicted = [
        (o.file, o.dry_run_status, [(c.line, c.code) for c in o.cautions])
        for o in import_files(find_files([str(tmp_path)]), job)
    ]
    assert before == checksum()
    actual = [
        (o.file, o.status, [(c.line, c.code) for c in o.cautions])
        for o in import_files(find_files([str(tmp_path)]), create_import_job())
    ]
    assert predicted == actual
    assert [status for _, status, _ in actual[:4]] == ["created", "unchanged", "updated", "created"]
    codes = [{code for _, code in cautions} for _, _, cautions in predicted]
    assert "same-article" in codes[3]
    assert "unknown-keyword" in codes[4]
    assert "unknown-keyword" not in codes[5]
    assert "same-name" in codes[6]


def test_dry_run_names_file_instead_of_unsaved_brief(capsys, tmp_path: Path) -> None:
    write_related_documents(tmp_path)
    lines, _ = run_import(capsys, str(tmp_path), "--dry-run")
    messages = [w["message"] for w in lines[3]["warnings"] if w["code"] == "same-article"]
    assert messages == ["This article has already been digested: “a.txt” of this import."]
    call_command("import_briefs", str(tmp_path), "--dry-run")
    assert "2/a.txt [0]: dry-run, would be unchanged" in capsys.readouterr().out


def test_glossary_pairs_bullets_of_imported_document() -> None:
    Term.make(zh="翠微", en="Fenwick")
    text = "標題: 甲\n作者: 乙\n\n要點:\n1. 甲案很快完成。\n2. 翠微已經停辦。\n\nBullets:\n1. Fenwick has been wound up.\n"
    (outcome,) = import_documents([("a.txt", text.encode())], create_import_job())
    bullets = workflow.load_working_copy(Brief.objects.get(pk=outcome.brief)).bullets
    assert [(bullet.text_zh, bullet.text_en) for bullet in bullets] == [
        ("甲案很快完成。", ""),
        ("翠微已經停辦。", "Fenwick has been wound up."),
    ]


def test_refusal_is_worded_in_the_requested_language() -> None:
    long = "作者/Author(s): A B\n摘要:\n" + "長" * 30_000
    (outcome,) = import_documents([("long.txt", long.encode())], create_import_job())
    refusal = outcome.refusal
    assert refusal is not None
    assert refusal.code == "not-storable"
    assert not Brief.objects.exists()
    assert not Document.objects.exists()
    assert refusal.message("en", "long.txt") == (
        "“long.txt”: Summary is too long: 30000 characters; the limit is 20000. Nothing of this document was stored."
    )
    chinese_message = refusal.message("zh", "long.txt")
    assert (
        chinese_message
        == "「long.txt」：「摘要」過長：共 30000 字，上限為 20000 字。這份文件未存入任何內容。"
    )


def test_refused_file_does_not_stop_other_files(capsys, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(SEED.read_bytes())
    (tmp_path / "b.txt").write_text("just a letter\n", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\x00\xff\xfe\x00" * 40)
    (tmp_path / "d.txt").write_bytes((FIXTURES / "samples" / "02-critical-minerals.txt").read_bytes())
    lines, code = run_import(capsys, str(tmp_path))
    assert code == 1
    assert [line["status"] for line in lines] == ["created", "refused", "refused", "created"]
    for line in lines[1:3]:
        assert line["parsed"] is None
        assert line["brief"] is None
        assert line["error"]["message"].count(line["file"]) == 1
        assert "Nothing of this document was stored" in line["error"]["message"]
    assert Brief.objects.count() == 2
    assert Document.objects.count() == 2


def test_wrong_usage_exits_with_error() -> None:
    for args in (["nowhere.txt"], [str(SEED), "--written-by", "nobody"], [str(SEED), "--format", "xml"], []):
        with pytest.raises((CommandError, SystemExit)) as exit_info:
            call_command("import_briefs", *args)
        assert getattr(exit_info.value, "returncode", getattr(exit_info.value, "code", None)) in (2, 1)
    assert not Brief.objects.exists()


def test_written_by_sets_author_of_imported_revision(capsys) -> None:
    team = Team()
    run_import(capsys, str(SEED), "--written-by", "writer")
    assert Revision.objects.get().by == team.writer
    assert Event.objects.get(brief__isnull=False).by.username == "importer"


@pytest.mark.parametrize(("others", "is_known"), [([], True), (["CNAS Press"], False)])
def test_acronym_is_the_only_source_whose_name_carries_it(
    capsys, tmp_path: Path, others: list[str], is_known: bool
) -> None:
    center = Source.make(name="Center for a New American Security (CNAS)")
    for name in others:
        Source.make(name=name)
    file = tmp_path / "a.txt"
    file.write_text(SEED.read_text().replace("Foreign Policy", "CNAS"))
    (line,), _ = run_import(capsys, str(file))
    assert ("unknown-source" not in {w["code"] for w in line["warnings"]}) is is_known
    source = workflow.load_working_copy(Brief.objects.get()).facts.source
    assert (source == center.pk) is is_known
