"""Parser: the real document, the samples, the layouts that people type, and refused documents."""

from pathlib import Path

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import (
    DocumentRefused,
    ParsedDocument,
    ParseResult,
    serialize_parsed_document,
)

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


def test_three_digests_in_one_file_are_all_read():
    readings = read_document((FIXTURES / "variants/three-digests.txt").read_bytes(), "a.txt")
    samples = [FIXTURES / "samples" / name for name in ("02-critical-minerals.txt", "01-subsea-cables.txt")]
    assert [reading.parsed for reading in readings] == [parse(path.read_bytes()) for path in (SEED, *samples)]
    assert [reading.index for reading in readings] == [0, 1, 2]


# Layout


@pytest.mark.parametrize(("side", "missing_side"), [("zh", "en"), ("en", "zh")])
def test_missing_language_is_reported(side, missing_side):
    body = dict(zip(("zh", "en"), BODY.split("\n\n"), strict=True))[side]
    document = parse(f"{HEADER}\n{body}")
    assert list(document.sides) == [side]
    assert caution_codes(document) == ["language-missing"]
    assert getattr(document.pairs[0], missing_side) is None
    assert list(serialize_parsed_document(document)["languages"]) == ["zh-hant" if side == "zh" else "en"]
    assert serialize_parsed_document(document)["bullets"][0][missing_side] == ""


def test_hard_wrapped_lines_are_joined():
    text = (
        "關鍵字: 科技、\n美國\n摘要:\n川普政府可能會解除拜登時期對\n人工智慧擴散的限制，運用AI\n技術。\n"
        "  • 中國得力於特殊國家\n    支持模式\n  • 第二點\n很短\n\n"
        "Summary:\nThe Trump administration may lift the state-\nbacked restrictions of\n2024. It may not.\n"
        "  • The U.S. lost in\n    2019. The race\n    is on\n  • Second\n"
    )
    document = parse(HEADER + text)
    assert document.keywords == ("科技", "美國")
    assert document.sides["zh"].summary == "川普政府可能會解除拜登時期對人工智慧擴散的限制，運用AI技術。"
    assert list_points(document, "zh") == [
        (0, "bullet", "中國得力於特殊國家支持模式"),
        (0, "bullet", "第二點很短"),
    ]
    assert document.sides["en"].summary == (
        "The Trump administration may lift the state-backed restrictions of 2024. It may not."
    )
    assert list_points(document, "en") == [
        (0, "bullet", "The U.S. lost in 2019. The race is on"),
        (0, "bullet", "Second"),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["摘要/Summary:", "中文摘要段落。", "  • 第一點", "", "An English summary.", "  • First point"],
        ["摘要/Summary:", "中文摘要段落。", "  • 第一點", "An English summary.", "  • First point"],
        ["中文:", "中文摘要段落。", "  • 第一點", "English:", "An English summary.", "  • First point"],
        ["Summary (Chinese):", "中文摘要段落。", "• 第一點", "Summary (English):", "An English summary.", "• First point"],
        ["## 摘要", "中文摘要段落。", "• 第一點", "", "## Summary", "An English summary.", "• First point"],
        ["摘要:", "中文摘要段落。", "要點:", "• 第一點", "Summary:", "An English summary.", "Key points:", "• First point"],
        ["摘要:", "中文摘要段落。", "------", "• 第一點", "* * *", "Summary:", "An English summary.", "• First point"],
    ],
)  # fmt: skip
def test_body_labels_in_any_form_are_read(lines):
    document = parse(HEADER + "\n".join(lines))
    assert document.sides["zh"].summary == "中文摘要段落。"
    assert document.sides["en"].summary == "An English summary."
    assert list_points(document, "zh") == [(0, "bullet", "第一點")]
    assert list_points(document, "en") == [(0, "bullet", "First point")]
    assert caution_codes(document) == []


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


def test_repeated_labels_are_reported():
    document = parse("作者: 王小明\nAuthor: Wang Xiaoming\n來源: 外交政策\nSource: Foreign Policy\n" + BODY)
    assert document.authors == ("王小明", "Wang Xiaoming")
    assert document.source == "外交政策"
    assert document.unplaced_lines == ((4, "Source: Foreign Policy"),)
    assert caution_codes(document) == ["field-missing", "repeated-label", "repeated-label"]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("標題: 科技競賽", {"zh": "科技競賽"}),
        ("標題/Title: 科技競賽 / The Race", {"zh": "科技競賽", "en": "The Race"}),
        ("標題/Title:\n科技競賽\nThe Race", {"zh": "科技競賽", "en": "The Race"}),
        ("Title: 科技競賽", {"zh": "科技競賽"}),
        ("標題: 科技: 競賽", {"zh": "科技: 競賽"}),
    ],
)
def test_title_is_read_by_language(line, title):
    assert parse(f"{line}\n{HEADER}{BODY}").title == title


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
