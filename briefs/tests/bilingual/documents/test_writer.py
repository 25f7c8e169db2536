"""Round trips between reader and writer, and random bytes that must never crash the reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.bilingual.documents.fields.authors import split_authors
from briefs.bilingual.documents.fields.date_reader import read_date
from briefs.bilingual.documents.fields.labels import LABEL_NAMES, find_label
from briefs.bilingual.documents.files.encodings import decode_text_file
from briefs.bilingual.documents.markers import find_marker
from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import (
    ParsedDocument,
    ParsedSide,
    ParseResult,
    Point,
    serialize_parsed_document,
)
from briefs.bilingual.documents.writer import write
from briefs.tests.bilingual.documents.test_parser import FIXTURES, HEADER, SEED, list_points, parse
from briefs.tests.support import limit_cpu_time

DOCUMENTS = [
    SEED,
    *sorted((FIXTURES / "samples").glob("*.txt")),
    *sorted((FIXTURES / "variants").glob("*.txt")),
]


def collect_content(document: ParsedDocument):
    """Return the document and its unplaced lines, without line numbers."""
    return document, [text for _, text in document.unplaced_lines]


def test_seed_is_written_unchanged():
    cleaned = "\n".join(decode_text_file(SEED.read_bytes()).lines)
    assert write(parse(SEED.read_bytes())) == cleaned + "\n"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_written_document_is_read_back_equal(path):
    for reading in read_document(path.read_bytes(), path.name):
        text = write(reading.parsed)
        reread = parse(text)
        assert collect_content(reread) == collect_content(reading.parsed)
        assert write(reread) == text


LABEL_LIKE_TEXTS = ["摘要", "Summary", "「摘要」：", "【摘要】", "**摘要**", "English:", "•", "---"]


@pytest.mark.parametrize("text", LABEL_LIKE_TEXTS)
@pytest.mark.parametrize(("marker", "level"), [("bullet", 1), ("number", 0)])
def test_point_that_looks_like_a_label_is_read_back_as_a_point(text, marker, level):
    for side, plain_text in (("zh", "甲點的內容。"), ("en", "The first point.")):
        points = (
            Point(plain_text),
            Point(text, level, marker),
            Point(plain_text, level, marker),
            Point(plain_text),
        )
        document = ParsedDocument(authors=("Jane Doe",), sides={side: ParsedSide(plain_text, points)})
        assert parse(write(document)).sides == document.sides
        assert write(parse(write(document))) == write(document)


# Random input

PIECES = st.sampled_from(
    [name for forms in LABEL_NAMES.values() for names in forms for name in names[:2]]
    + [
        ":", "：", "\n", "\n\n", "  ", "• ", "1. ", "一、", "(", "【", "**", "/", "\u3000", "\t", "\u00a0",
        "\u200b",
    ]
    + ["Jane Doe", "王小明與李大同", "06/09/2025", "114.6.9", "中文段落。", "An English line."]
)  # fmt: skip


def assert_consistent(readings: list[ParseResult]) -> None:
    assert [reading.index for reading in readings] == list(range(len(readings)))
    for reading in readings:
        assert (reading.parsed is None) is not (reading.refusal is None)
        if reading.parsed is None:
            assert all(reading.refusal.message(lang, "a") for lang in ("en", "zh"))
            continue
        assert serialize_parsed_document(reading.parsed)
        assert write(reading.parsed)
        assert all(caution.message("en") and caution.message("zh") for caution in reading.parsed.cautions)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_arbitrary_bytes_never_crash(data):
    assert_consistent(read_document(data, "a"))
    assert_consistent(read_document(HEADER.encode() + data, "a"))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_readable_text_is_written_and_read_back_equal(text):
    readings = read_document(text.encode(), "a")
    assert_consistent(readings)
    for reading in readings:
        if reading.parsed:
            reread = read_document(write(reading.parsed).encode(), "a")[0].parsed
            assert reread is not None
            for side in reading.parsed.sides:
                assert reread.sides[side].summary == reading.parsed.sides[side].summary
                assert list_points(reread, side) == list_points(reading.parsed, side)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_word_is_lost_in_reading(text):
    """Every listed word of the text appears in some field of the reading, unless the file is refused."""
    readings = read_document(text.encode(), "a")
    if any(reading.refusal for reading in readings):
        return
    read_text = ""
    for reading in readings:
        document = reading.parsed
        parts = [document.source, *document.facts.values(), *document.authors]
        parts += [
            *document.keywords,
            *document.title.values(),
            *(text for _, text in document.unplaced_lines),
        ]
        parts += [document.date.raw if document.date else ""]
        for side in document.sides.values():
            parts += [side.summary, *(point.text for point in side.points)]
        read_text += "\n".join(part or "" for part in parts)
    for word in ("Jane Doe", "王小明", "李大同", "中文段落", "An English line", "2025", "114"):
        assert (word in text.replace("\u200b", "")) <= (word in read_text), word


SLOW_TEXTS = [
    "作者: " + "a and " * 8000, "作者: " + "與" * 16000, "作者: " + "王小明與" * 4000, "作者: " + "(" * 50_000,
    "作者: " + "A, " * 16000, "作者: " + "a & (" * 10000, "日期: " + "1" * 50_000, "日期: " + "民國 " * 8000,
    "日期: " + "一" * 16000 + "年", "關鍵字: " + "科 " * 12000, ":" * 50_000, "/" * 50_000, "【" * 16_000,
    "*" * 50_000, " *" * 25_000, "- " * 25_000, "（一）" * 5_000, "標題/Title: " + " / " * 16_000,
    "摘要: " + "1." * 25_000, "連結: [" + "a](" * 16_000, "DOI: " + "10.1234/" * 6_000, "a" * 50_000, "作者/" * 7_000,
    "來源: x\n摘要: y\n" + "來源: x\n" * 5_000, "摘要: y\n" + "• 1. a\n" * 6_000, "摘要: y\n" + "  " * 25_000 + "x",
    "摘要:\n" + "字\n" * 12_000, "Summary:\n" + "a\n" * 19_000, "Title: a\n" * 5_000, "•\n" * 12_000, "\u200b" * 16_000,
    "作者: a\n摘要: b\n" * 1_500, "9. a\n" * 10_000, "標題: a\n作者: b\n摘要: c\n" * 1_000,
]  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("text", SLOW_TEXTS, ids=lambda text: repr(text[:24]))
def test_reading_of_slow_text_ends(text):
    data = (text if "摘要" in text or "Summary" in text else f"{text}\n摘要:\n文字。").encode()
    with limit_cpu_time():
        assert_consistent(read_document(data, "a"))
        split_authors(text[:50_000])
        read_date(text[:50_000])
        find_label(text[:50_000])
        find_marker(text[:50_000], 2)
