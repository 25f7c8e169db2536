"""`check_documents`: the findings that the desk would show, as text or JSON lines, with nothing stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from briefs import workflow
from briefs.admin.common.findings import CheckedContent
from briefs.exchange.intake import create_import_job, import_documents
from briefs.management.commands.check_documents import format_rule
from briefs.models import Brief
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.support import factories

from .test_importer import checksum

pytestmark = pytest.mark.django_db
CLEAN = FIXTURES / "samples" / "02-critical-minerals.txt"
FAULTY = FIXTURES / "samples" / "03-faulty-drones.txt"


def run_check(capsys: Any, *args: object) -> tuple[list[dict[str, Any]], int]:
    code = 0
    try:
        call_command("check_documents", *map(str, args), "--format", "json")
    except SystemExit as exit_info:
        code = int(exit_info.code or 0)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()], code


@pytest.mark.parametrize("path", [SEED, CLEAN, FAULTY], ids=lambda path: path.name)
def test_findings_are_those_of_the_desk(capsys: Any, path: Path) -> None:
    factories.load_vocabulary()
    (line,), _ = run_check(capsys, path)
    (outcome,) = import_documents([(path.name, path.read_bytes())], create_import_job())
    brief = Brief.objects.get(pk=outcome.brief)
    desk = CheckedContent.check(brief.pk, workflow.load_working_copy(brief)).open_findings
    found = {(f["rule"], f["bullet"], f["side"] or "", f["repair"]) for f in line["findings"]}
    assert found == {(format_rule(f.code), f.bullet, f.side, bool(f.repair and f.repair.edits)) for f in desk}


def test_json_has_one_line_a_digest_and_stores_nothing(capsys: Any, tmp_path: Path) -> None:
    factories.load_vocabulary()
    before = checksum()
    two = tmp_path / "two.txt"
    two.write_text(f"{SEED.read_text()}\n\n{FAULTY.read_text()}", encoding="utf-8")
    lines, code = run_check(capsys, two, f"{FIXTURES}/samples/./02-critical-minerals.txt")
    assert [(line["file"], line["index"], line["error"]) for line in lines] == [
        (str(two), 0, None),
        (str(two), 1, None),
        (f"{FIXTURES}/samples/./02-critical-minerals.txt", 0, None),
    ]
    assert {
        "rule": "numbers.scale",
        "bullet": 3,
        "side": "zh",
        "message": "US$3.5 billion is 35億美元, not 3.5億美元.",
        "repair": False,
    } in lines[1]["findings"]
    rules = {(found["rule"], found["bullet"]) for found in lines[1]["findings"]}
    assert {("numbers.differs", 5), ("numbers.only-en", 7), ("length.short-zh", 7)} <= rules
    commas = next(found for found in lines[0]["findings"] if found["rule"] == "punctuation.commas")
    assert commas == {
        "rule": "punctuation.commas",
        "bullet": None,
        "side": "zh",
        "message": "27 half-width commas between Chinese characters. Change to ，",
        "repair": True,
    }
    assert {found["bullet"] for found in lines[1]["findings"]} <= {None, *range(1, 13)}
    assert (lines[2]["findings"], code) == ([], 0)
    assert checksum() == before


@pytest.mark.parametrize(
    ("paths", "code"), [([CLEAN], 0), ([CLEAN, FAULTY], 1), ([FIXTURES / "broken" / "no-body.txt"], 1)]
)
def test_strict_exits_with_1_if_anything_was_found(capsys: Any, paths: list[Path], code: int) -> None:
    factories.load_vocabulary()
    assert run_check(capsys, *paths, "--strict")[1] == code
    assert run_check(capsys, *paths)[1] == 0


def test_text_names_the_place_of_each_finding(capsys: Any) -> None:
    factories.load_vocabulary()
    call_command("check_documents", str(SEED), str(CLEAN), str(FIXTURES / "broken" / "no-body.txt"))
    printed = capsys.readouterr()
    assert f"{SEED} [0]: 10 findings\n" in printed.out
    assert "    headline, Chinese: The Chinese headline is empty. (completeness.headline-zh)\n" in printed.out
    assert "    bullet 3, English: AI appears in the English only." in printed.out
    assert "(punctuation.commas, can be repaired)\n" in printed.out
    assert printed.out.endswith(f"{CLEAN} [0]: 0 findings\n")
    assert "no-body.txt [0]: refused." in printed.err


def test_without_tables_the_shipped_glossary_is_used(capsys: Any) -> None:
    factories.load_vocabulary()
    with_tables, _ = run_check(capsys, SEED, FAULTY)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE briefs_term RENAME TO briefs_no_term")
    call_command("check_documents", str(SEED), str(FAULTY), "--format", "json")
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == with_tables
    assert printed.err == "The database could not be read. The glossary of a new site is used.\n"


def test_missing_file_is_wrong_usage(capsys: Any) -> None:
    with pytest.raises(CommandError) as error:
        call_command("check_documents", str(SEED), "nowhere.txt")
    assert error.value.returncode == 2
    assert capsys.readouterr().out == ""
