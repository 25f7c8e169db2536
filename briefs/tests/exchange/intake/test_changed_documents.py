"""A document imported again: unchanged, or changed with its bullets keeping their numbers."""

from pathlib import Path

import pytest

from briefs.models import Brief, Bullet, Revision
from briefs.tests.conftest import SEED
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

from .test_importer import checksum, run_import

pytestmark = pytest.mark.django_db


def test_second_import_is_unchanged_and_changes_no_row(capsys) -> None:
    run_import(capsys, str(SEED))
    before = checksum()
    lines, code = run_import(capsys, str(SEED))
    assert [(line["status"], line["brief"]) for line in lines] == [("unchanged", Brief.objects.get().pk)]
    assert code == 0
    assert checksum() == before


def test_changed_document_updates_unedited_draft_and_keeps_numbers(capsys, tmp_path: Path) -> None:
    file = tmp_path / "weekly.txt"
    text = SEED.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    (first,), _ = run_import(capsys, str(file))
    old_beginning = "由於科技轉型成本高昂"
    shortened = "\n".join(
        line
        for line in text.split("\n")
        if "科技對於政府的成長" not in line and "Technology is necessary" not in line
    )
    file.write_text(shortened.replace(old_beginning, "由於科技轉型的成本高昂"), encoding="utf-8")
    (second,), code = run_import(capsys, str(file))
    assert (second["status"], second["brief"], code) == ("updated", first["brief"], 0)
    numbers = dict(Bullet.objects.values_list("number", "text_zh"))
    assert sorted(numbers) == [1, 3, 4, 5, 6, 7, 8]
    assert numbers[3].startswith("由於科技轉型的成本高昂")
    assert Revision.objects.count() == 2


SAMPLE_PAIRS = {
    "a": ("甲案可行，應自2026年起試辦三年。", "The first plan is sound and should be tried from 2026 for three years."),
    "b": ("乙案的經費高達55億元，遠超過預算。", "The second would cost NT$5.5 billion, far more than the budget allows."),
    "c": ("丙案須修法，2031年方能施行。", "The third needs a new law and could begin only in 2031."),
}  # fmt: skip


def build_document(keys: str, edition: int = 0) -> str:
    """Return a document with these pairs. A capital letter stands for a pair with only its Chinese text."""
    chinese = "\n".join(f"• {SAMPLE_PAIRS[key.lower()][0]}" for key in keys)
    english = "\n".join(f"• {SAMPLE_PAIRS[key][1]}" for key in keys if key.islower())
    header = "作者/Author(s): Jane Doe\n來源/Source: Review\n日期/Date: 2025-06-19"
    return f"{header}\n\n摘要:\n文{edition}。\n{chinese}\n\nSummary:\nText.\n{english}\n"


@pytest.mark.parametrize(
    ("versions", "numbers"),
    [
        (["abc", "ac", "abc"], {"a": 1, "b": 2, "c": 3}),
        (["abc", "c", "bac"], {"a": 1, "b": 2, "c": 3}),
        (["abc", "ac", "aBc"], {"a": 1, "b": 2, "c": 3}),
        (["aBc", "ac", "abc"], {"a": 1, "b": 2, "c": 3}),
        (["ac", "abc", "ac", "abc"], {"a": 1, "b": 3, "c": 2}),
    ],
)
def test_restored_bullet_gets_its_old_number(capsys, tmp_path: Path, versions, numbers) -> None:
    file = tmp_path / "up.txt"
    for n, version in enumerate(versions):
        file.write_text(build_document(version, n), encoding="utf-8")
        (line,), _ = run_import(capsys, str(file))
        assert line["status"] == ("updated" if n else "created")
    number_of = dict(Bullet.objects.values_list("text_zh", "number"))
    assert {key: number_of[SAMPLE_PAIRS[key][0]] for key in numbers} == numbers


def test_restored_bullet_does_not_take_number_in_use(capsys, tmp_path: Path) -> None:
    file = tmp_path / "up.txt"
    replacement = (SAMPLE_PAIRS["b"][0], SAMPLE_PAIRS["b"][0].replace("遠超過", "略高於"))
    for n, text in enumerate(
        (build_document("abc"), build_document("abc", 1).replace(*replacement), build_document("abc", 2))
    ):
        version = text.replace("• 丙", f"• {replacement[1]}\n• 丙") if n == 2 else text
        file.write_text(version, encoding="utf-8")
        run_import(capsys, str(file))
    numbers = list(Bullet.objects.values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers) == 4
    assert Bullet.objects.get(text_zh=SAMPLE_PAIRS["c"][0]).number == 3


def test_newer_file_is_refused_after_brief_was_edited(capsys, tmp_path: Path) -> None:
    team = Team()
    file = tmp_path / "weekly.txt"
    text = SEED.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    run_import(capsys, str(file))
    factories.edit(Brief.objects.get(), team.writer, headline_zh="標題")
    before = checksum()
    file.write_text(text.replace("華為", "小米"), encoding="utf-8")
    (line,), code = run_import(capsys, str(file))
    assert (line["status"], line["error"]["code"], code) == ("refused", "edited-since", 1)
    assert checksum() == before
