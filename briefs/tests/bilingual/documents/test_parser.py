"""Parser: the real document, the samples, the layouts that people type, and refused documents."""

from pathlib import Path

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import DocumentRefused, ParsedDocument, ParseResult

FIXTURES = Path(__file__).parents[4] / "fixtures"
SEED = next((FIXTURES / "seeds").glob("*.txt"))
BROKEN_FILES = sorted(path for path in (FIXTURES / "broken").iterdir() if path.suffix != ".expected")

HEADER = "作者/Author(s): Jane Doe\n網站來源/Source: Foreign Policy\n日期/Date: 2025-06-19\n"
BODY = "摘要:\n這是摘要。\n  • 第一點\n\nSummary:\nThis is the summary.\n  • First point\n"


def parse(text: str | bytes, **options) -> ParsedDocument:
    readings = read_document(text if isinstance(text, bytes) else text.encode(), "a.txt", **options)
    assert [reading.refusal for reading in readings] == [None]
    assert readings[0].parsed is not None
    return readings[0].parsed


def get_refusal(reading: ParseResult) -> DocumentRefused:
    assert reading.parsed is None
    assert reading.refusal is not None
    return reading.refusal


def caution_codes(document: ParsedDocument) -> list[str]:
    return [caution.code for caution in document.cautions]


def list_points(document: ParsedDocument, side: str) -> list[tuple[int, str, str]]:
    return [(point.level, point.marker, point.text) for point in document.sides[side].points]


# The real document


def test_seed_cautions_are_reported_in_both_languages():
    document = parse(SEED.read_bytes())
    assert [(c.line, c.code) for c in document.cautions] == [
        (None, "structure-differs"),
        (5, "date-ambiguous"),
    ]
    assert document.cautions[0].message() == "Structure differs: 5 + 3 in Chinese, 8 in English."
    assert document.cautions[0].message("zh") == "兩欄層次不同：中文 5＋3 點，英文 8 點。"
    assert document.cautions[1].message() == (
        "06/09/2025 can be read in two ways. Choose 9 June 2025 (Monday) or 6 September 2025 (Saturday)."
    )
    assert document.cautions[1].message("zh") == (
        "「06/09/2025」有兩種讀法，請選擇 2025 年 6 月 9 日（星期一）或 2025 年 9 月 6 日（星期六）。"
    )
    assert document.unplaced_lines == ()


@pytest.mark.parametrize(
    ("name", "points", "warnings"),
    [
        ("01-subsea-cables.txt", (8, 8), ["structure-differs"]),
        ("02-critical-minerals.txt", (9, 9), []),
        ("03-faulty-drones.txt", (11, 12), ["date-ambiguous", "one-sided"]),
    ],
)
def test_samples_have_expected_points_and_cautions(name, points, warnings):
    document = parse((FIXTURES / "samples" / name).read_bytes())
    assert (len(document.sides["zh"].points), len(document.sides["en"].points)) == points
    assert caution_codes(document) == warnings
    assert document.unplaced_lines == ()


# The real document, typed or saved in other ways


@pytest.mark.parametrize(
    "path", sorted((FIXTURES / "variants").glob("seed-*.txt")), ids=lambda path: path.name
)
def test_seed_variant_is_read_like_the_seed(path):
    assert parse(path.read_bytes()) == parse(SEED.read_bytes())


# Layout


def test_unplaced_line_is_kept_and_reported():
    text = "每週文摘第五期\n" + HEADER + "插進來的一行\n\n" + BODY + "\n完\n"
    document = parse(text)
    assert document.unplaced_lines == ((1, "每週文摘第五期"), (5, "插進來的一行"), (15, "完"))
    assert [c.line for c in document.cautions if c.code == "unplaced"] == [1, 5, 15]
    assert document.cautions[0].message() == "This line has no place in a brief: “每週文摘第五期”"


def test_source_remark_under_a_list_does_not_start_a_digest():
    document = parse(HEADER + "摘要:\n摘要。\n• 一\n\n來源：作者整理\n\nSummary:\nText.\n• One")
    assert document.source == "Foreign Policy"
    assert [text for _, text in document.unplaced_lines] == ["來源：作者整理"]
    assert list_points(document, "en") == [(0, "bullet", "One")]


def test_url_and_doi_are_read():
    document = parse(f"連結/URL: https://a.org/b?c=d:e\nDOI: https://doi.org/10.1234/ab.c\n{HEADER}{BODY}")
    assert document.facts.get("url") == "https://a.org/b?c=d:e"
    assert document.facts.get("doi") == "10.1234/ab.c"
    assert caution_codes(parse(f"URL: see below\n{HEADER}{BODY}")) == ["url-doubtful"]
    unsafe = "https://user:password@example.org/a"  # which the import drops
    assert caution_codes(parse(f"URL: {unsafe}\n{HEADER}{BODY}")) == ["url-doubtful"]


# Refusals


@pytest.mark.parametrize("path", BROKEN_FILES, ids=lambda path: path.name)
def test_broken_document_is_refused_with_expected_message(path):
    english, chinese = path.with_suffix(".expected").read_text().splitlines()
    reading = read_document(path.read_bytes(), path.name)[0]
    assert get_refusal(reading).message("en", file=path.name) == english
    assert get_refusal(reading).message("zh", file=path.name) == chinese
