"""What is written can be read again, whatever was read; and no bytes at all bring the room down."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.documents.fields.authors import split_authors
from briefs.documents.fields.dates import read_date
from briefs.documents.fields.label_names import LABEL_NAMES
from briefs.documents.fields.labels import find_label
from briefs.documents.files.encodings import decode_text_file
from briefs.documents.markers import find_marker
from briefs.documents.reader import read_document
from briefs.documents.types import (
    ParsedDate,
    ParsedDocument,
    ParsedSide,
    ParseResult,
    Point,
    PointPair,
    serialize_parsed_document,
)
from briefs.documents.writer import write
from briefs.tests.documents.test_parser import BODY, FIXTURES, HEADER, SEED, parsed, shape

DOCUMENTS = [
    SEED,
    *sorted((FIXTURES / "samples").glob("*.txt")),
    *sorted((FIXTURES / "variants").glob("*.txt")),
]


def content(document: ParsedDocument):
    """All that a document says, without where it stood."""
    return document, [text for _, text in document.unplaced_lines]


def test_the_seed_is_written_as_it_is():
    cleaned = "\n".join(decode_text_file(SEED.read_bytes()).lines)
    assert write(parsed(SEED.read_bytes())) == cleaned + "\n"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_written_is_read_again(path):
    for reading in read_document(path.read_bytes(), path.name):
        text = write(reading.parsed)
        again = parsed(text)
        assert content(again) == content(reading.parsed)
        assert write(again) == text


@pytest.mark.parametrize("path", DOCUMENTS[:4], ids=lambda path: path.name)
def test_blank_lines_apart_a_document_is_written_as_it_was(path):
    def words(lines):
        return [line.strip() for line in lines if line]

    assert words(write(parsed(path.read_bytes())).split("\n")) == words(
        decode_text_file(path.read_bytes()).lines
    )


@pytest.mark.parametrize(
    "text",
    [
        "每週文摘\n" + HEADER + "多出來的一行\n\n" + BODY + "\n完\n",
        HEADER + "Source: Another\n" + BODY,
        HEADER.replace("2025-06-19", "someday") + BODY,
        HEADER.replace("2025-06-19", "May/June 2025") + BODY,
        HEADER.replace("2025-06-19", "民國114年6月9日") + BODY,
        HEADER.replace("Jane Doe", "Doe, Jane; Roe, John") + BODY,
        HEADER.replace("Jane Doe", "Ministry of X and Y") + BODY,
        HEADER.replace("Jane Doe", "王小明與李大同") + BODY,
        "標題/Title: 科技競賽 / The Race\nDOI: 10.1234/x\n原文標題: The Original\n" + HEADER + BODY,
        HEADER + "摘要:\n第一段。\n\n第二段。\n  • 一\n    ○ 二\n      1. 三\n  • 四\n",
        HEADER + "摘要:\n文字。\n  1. 一\n  2. 二\n    • 三\n  3. 四\n",
        HEADER + "摘要:\n文字。\n  • 一\n\n\n  1. 二\n\n\n  • 三\n",
        HEADER + "Summary:\n  • 1. One\n  • - Two\n  • Source: Three\n",
    ],
)
def test_round_trips(text):
    document = parsed(text)
    again = parsed(write(document))
    assert content(again) == content(document)
    assert serialize_parsed_document(again) == serialize_parsed_document(document)
    assert write(again) == write(document)


LABELS = [
    "摘要",
    "重點",
    "Summary",
    "English",
    "中文",
    "「摘要」：",
    "【摘要】",
    "**摘要**",
    "English:",
    "•",
    "---",
]


@pytest.mark.parametrize("text", LABELS)
@pytest.mark.parametrize("marker", ["bullet", "number"])
@pytest.mark.parametrize("level", [0, 1])
def test_a_point_that_is_a_label_or_a_rule_is_read_as_a_point(text, marker, level):
    for side, other in (("zh", "甲點的內容。"), ("en", "The first point.")):
        some = (Point(other), Point(text, level, marker), Point(other, level, marker), Point(other))
        document = ParsedDocument(authors=("Jane Doe",), sides={side: ParsedSide(other, some)})
        assert parsed(write(document)).sides == document.sides
        assert write(parsed(write(document))) == write(document)


@pytest.mark.parametrize("text", ["---", "***", "\\---", "＝＝＝", "— — —"])
def test_a_paragraph_drawn_like_a_rule_is_read_as_a_paragraph(text):
    for summary in (text, f"One.\n\n{text}\n\nTwo."):
        document = ParsedDocument(
            authors=("Jane Doe",), sides={"en": ParsedSide(summary, (Point("Three."),))}
        )
        assert parsed(write(document)).sides == document.sides


@pytest.mark.parametrize("text", ["**bold**", "__bold__", "**a** and **b**", "__**bold**__", "**粗體**"])
def test_a_value_in_bold_keeps_its_signs(text):
    document = ParsedDocument(
        title={_side(text): text}, source=text, article_title=text, sides={"en": ParsedSide("Text.", ())}
    )
    again = parsed(write(document))
    assert (again.title, again.source, again.article_title) == (document.title, text, text)


# Documents nobody typed

WORDS = {
    "zh": "川普政府可能會解除拜登時期對人工智慧的限制，以贏得競爭。「合作」與5G網路AI",
    "en": "The Trump administration may lift the U.S. restrictions, in 2025; “partly” at 80% (EXIM)",
}
ENGLISH = st.lists(st.sampled_from(WORDS["en"].split()), min_size=1, max_size=30).map(" ".join)
CHINESE = st.text(alphabet=WORDS["zh"], min_size=2, max_size=120).filter(
    lambda text: any(c >= "㐀" for c in text)
)
ANY_LINE = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")),
        max_size=60,
    )
    .map(lambda text: "".join(decode_text_file(f"x {text}".encode()).lines)[1:].strip())
    .filter(bool)
)
PROSE = {"zh": CHINESE, "en": ENGLISH}


def paragraphs(side):
    plain = PROSE[side].filter(lambda text: not find_label(text) and not find_marker(text, 2))
    return st.lists(plain, max_size=3).map("\n\n".join)


@st.composite
def points(draw, side):
    found: list[Point] = []
    for text in draw(st.lists(st.one_of(PROSE[side], ANY_LINE), max_size=8)):
        deepest = min(found[-1].level + 1, 2) if found else 0
        found.append(Point(text, draw(st.integers(0, deepest)), draw(st.sampled_from(["bullet", "number"]))))
    return tuple(found)


@st.composite
def parsed_sides(draw, side):
    summary, some = draw(paragraphs(side)), draw(points(side))
    return ParsedSide(summary, some) if summary else ParsedSide(draw(PROSE[side].filter(_is_plain)), some)


def _is_plain(text):
    return not find_label(text) and not find_marker(text, 2)


NAMES = st.sampled_from(
    ["Jane Doe", "Doe, Jane", "王小明", "和田一郎", "Ministry of X and Y", "Plato", "A, B and C"]
)
DATES = st.sampled_from(["06/09/2025", "2025-06-09", "May/June 2025", "114.6.9", "June 2025"])


@st.composite
def documents(draw):
    kept = draw(st.sampled_from([("zh", "en"), ("zh",), ("en",)]))
    title = {side: draw(PROSE[side]) for side in kept if draw(st.booleans())}
    date = read_date(draw(DATES))
    return ParsedDocument(
        title={side: text for side, text in title.items() if _side(text) == side},
        url=draw(st.sampled_from([None, "https://example.org/a:b?c=d"])),
        authors=tuple(draw(st.lists(NAMES, max_size=4, unique=True))),
        source=draw(st.none() | st.sampled_from(["Foreign Policy", "外交政策: 季刊"])),
        date=date[0] if date and draw(st.booleans()) else None,
        keywords=tuple(draw(st.lists(st.sampled_from(["科技", "supply chain", "5G", "供應 鏈"]), max_size=4, unique=True))),
        sides={side: draw(parsed_sides(side)) for side in kept},
        doi=draw(st.sampled_from([None, "10.1234/ab"])),
        article_title=draw(st.none() | ENGLISH),
    )  # fmt: skip


def _side(text):
    return "zh" if any("㐀" <= c <= "鿿" for c in text) else "en"


@pytest.mark.heavy
@settings(max_examples=150, deadline=None)
@given(documents())
def test_any_document_is_read_as_it_was_written(document):
    again = parsed(write(document))
    assert again.title == document.title
    assert again.sides == document.sides
    for name in ("url", "doi", "authors", "source", "date", "keywords", "article_title"):
        assert getattr(again, name) == getattr(document, name), name
    assert content(parsed(write(again))) == content(again)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["Jane Doe", "Roe", "J. P.", "王小明", "A and B", "X, Y & Z", "與謝野晶"]), min_size=1, max_size=4, unique=True))  # fmt: skip
def test_names_are_written_so_that_they_part_again(names):
    text = write(ParsedDocument(authors=tuple(names), sides={"en": ParsedSide("Text.", ())}))
    assert parsed(text).authors == tuple(names)


def test_a_document_without_its_raw_date():
    date = ParsedDate("2025-05", "May/June 2025")
    side = ParsedSide("Text.", (Point("One"),))
    document = ParsedDocument(date=date, sides={"en": side}, pairs=(PointPair(None, side.points[0]),))
    assert "日期/Date: May/June 2025" in write(document)
    assert parsed(write(document)).date.label == "May/June 2025"


# Whatever the bytes

PIECES = st.sampled_from(
    [name for forms in LABEL_NAMES.values() for names in forms for name in names[:2]]
    + [
        ":",
        "：",
        "\n",
        "\n\n",
        "  ",
        "• ",
        "1. ",
        "一、",
        "(",
        "【",
        "**",
        "/",
        "\u3000",
        "\t",
        "\u00a0",
        "\u200b",
    ]
    + ["Jane Doe", "王小明與李大同", "06/09/2025", "114.6.9", "中文段落。", "An English line."]
)


def check(readings: list[ParseResult]) -> None:
    assert [reading.index for reading in readings] == list(range(len(readings)))
    for reading in readings:
        assert (reading.parsed is None) is not (reading.refusal is None)
        if reading.parsed is None:
            assert all(reading.refusal.message(lang, "a") for lang in ("en", "zh"))
            continue
        assert serialize_parsed_document(reading.parsed)
        assert write(reading.parsed)
        assert all(caution.message("en") and caution.message("zh") for caution in reading.parsed.cautions)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_arbitrary_bytes_never_crash(data):
    check(read_document(data, "a"))
    check(read_document(HEADER.encode() + data, "a"))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_what_is_read_can_be_written_and_read_again(text):
    readings = read_document(text.encode(), "a")
    check(readings)
    for reading in readings:
        if reading.parsed:
            again = read_document(write(reading.parsed).encode(), "a")[0].parsed
            assert again is not None
            for side in reading.parsed.sides:
                assert again.sides[side].summary == reading.parsed.sides[side].summary
                assert shape(again, side) == shape(reading.parsed, side)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_letter_is_lost(text):
    """Each run of letters in the file is somewhere in the reading, or the whole is refused."""
    readings = read_document(text.encode(), "a")
    if any(reading.refusal for reading in readings):
        return
    kept = ""
    for reading in readings:
        document = reading.parsed
        parts = [document.url, document.source, document.doi, document.article_title, *document.authors]
        parts += [
            *document.keywords,
            *document.title.values(),
            *(text for _, text in document.unplaced_lines),
        ]
        parts += [document.date.raw if document.date else ""]
        for side in document.sides.values():
            parts += [side.summary, *(point.text for point in side.points)]
        kept += "\n".join(part or "" for part in parts)
    for word in ("Jane Doe", "王小明", "李大同", "中文段落", "An English line", "2025", "114"):
        assert (word in text.replace("\u200b", "")) <= (word in kept), word


HOSTILE = [
    "作者: " + "a and " * 8000, "作者: " + "與" * 16000, "作者: " + "王小明與" * 4000, "作者: " + "(" * 50_000,
    "作者: " + "A, " * 16000, "作者: " + "a & (" * 10000, "日期: " + "1" * 50_000, "日期: " + "民國 " * 8000,
    "日期: " + "一" * 16000 + "年", "關鍵字: " + "科 " * 12000, ":" * 50_000, "/" * 50_000, "【" * 16_000,
    "*" * 50_000, " *" * 25_000, "- " * 25_000, "（一）" * 5_000, "標題/Title: " + " / " * 16_000,
    "摘要: " + "1." * 25_000, "連結: [" + "a](" * 16_000, "DOI: " + "10.1234/" * 6_000, "a" * 50_000, "作者/" * 7_000,
    "來源: x\n摘要: y\n" + "來源: x\n" * 5_000, "摘要: y\n" + "• 1. a\n" * 6_000, "摘要: y\n" + "  " * 25_000 + "x",
    "摘要:\n" + "字\n" * 12_000, "Summary:\n" + "a\n" * 19_000, "Title: a\n" * 5_000, "•\n" * 12_000, "\u200b" * 16_000,
    "作者: a\n摘要: b\n" * 1_500, "9. a\n" * 10_000, "標題: a\n作者: b\n摘要: c\n" * 1_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_costs_no_time(text):
    data = (text if "摘要" in text or "Summary" in text else f"{text}\n摘要:\n文字。").encode()
    read_document(HEADER.encode() + BODY.encode(), "warm")
    start = time.process_time()
    check(read_document(data, "a"))
    assert time.process_time() - start < 5
    start = time.process_time()
    split_authors(text[:50_000])
    read_date(text[:50_000])
    find_label(text[:50_000])
    find_marker(text[:50_000], 2)
    assert time.process_time() - start < 5
