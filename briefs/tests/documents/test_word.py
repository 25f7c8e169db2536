"""Word files: what python-docx writes, what a style or a numbering means, and where a line is said to stand.

What a whole file must read as stands in `fixtures/corpus/`; here are the rules behind it.
"""

import io
import zipfile

import docx
import pytest
from docx.enum.text import WD_BREAK

from briefs.documents.reader import read_document
from briefs.documents.types import ParseResult
from briefs.tests.documents.test_parser import BODY, HEADER, SEED, codes, parsed, shape

NAMES = " ".join(
    f'xmlns:{prefix}="http://schemas.openxmlformats.org/{name}"'
    for prefix, name in (
        ("w", "wordprocessingml/2006/main"),
        ("r", "officeDocument/2006/relationships"),
        ("mc", "markup-compatibility/2006"),
    )
)
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)


def pack(
    body: str = "",
    parts: dict[str, str | bytes] | None = None,
    relations: str = "",
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A Word file as small as can be. `parts` adds others, or puts them in the place of these."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "word/document.xml": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": RELATIONS.format(relations),
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    content = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def typed(text: str) -> str:
    return "".join(paragraph(line) for line in text.split("\n"))


def item(text: str, num: int = 1, level: int = 0, more: str = "") -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>{more}')


def word(data: bytes) -> ParseResult:
    readings = read_document(data, "a.docx")
    assert len(readings) == 1
    return readings[0]


def points(*items: str, **parts: str) -> list[tuple[int, str, str]]:
    """The English points of a document with these paragraphs in it."""
    named = {f"word/{name}.xml": text for name, text in parts.items()}
    relations = "".join(f'<Relationship Id="{n}" Type="{KIND}/{n}" Target="{n}.xml"/>' for n in parts)
    document = word(pack(typed("作者: a\nSummary:\nText.") + "".join(items), named, relations)).parsed
    return shape(document, "en")


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def seed_in_word(bullets="List Bullet", numbers="List Number"):
    document = docx.Document()
    for line in SEED.read_text().replace("\u00a0", " ").split("\n"):
        words = line.strip()
        if words.startswith("•"):
            document.add_paragraph(words[1:].strip(), style=bullets)
        elif words[:2] in ("1.", "2.", "3."):
            document.add_paragraph(words[2:].strip(), style=numbers)
        else:
            document.add_paragraph(words)
    return document


# The real document in Word


@pytest.mark.parametrize("numbers", ["List Number", "List Number 2", "List Number 3"])
def test_the_seed_in_word_is_the_seed(numbers):
    assert word(saved(seed_in_word(numbers=numbers))).parsed == parsed(SEED.read_bytes())


def test_the_seed_typed_into_word_is_the_seed():
    document = docx.Document()
    for line in SEED.read_text().split("\n"):
        document.add_paragraph(line)
    assert word(saved(document)).parsed == parsed(SEED.read_bytes())


def test_encoding_and_hash_are_stable():
    first, again = word(saved(seed_in_word())), word(saved(seed_in_word()))
    assert (first.encoding, first.lines_sha256) == ("word", again.lines_sha256)
    changed = seed_in_word()
    changed.paragraphs[-1].add_run("!")
    assert word(saved(changed)).lines_sha256 != first.lines_sha256


def test_the_hash_is_that_of_the_words_not_of_the_file():
    plain = typed(HEADER + BODY)
    bold = plain.replace("<w:r>", "<w:r><w:rPr><w:b/></w:rPr>")
    assert word(pack(plain)).lines_sha256 == word(pack(bold)).lines_sha256


# Where a line stands


def test_lines_are_paragraphs_counted_from_one():
    body = HEADER.replace("2025-06-19", "06/09/2025") + "\n\n" + BODY
    assert [c.line for c in word(pack(typed(body))).parsed.cautions] == [3]
    table = (
        f"<w:tbl><w:tr><w:tc>{paragraph('日期')}</w:tc><w:tc>{paragraph('06/09/2025')}</w:tc></w:tr></w:tbl>"
    )
    document = word(pack(paragraph("作者: a") + table + typed(BODY))).parsed
    assert [(c.line, c.code) for c in document.cautions if c.line] == [(2, "date-ambiguous")]


def test_a_soft_break_does_not_count():
    body = paragraph(run("作者: a") + "<w:r><w:br/></w:r>" + run("來源: b")) + typed(
        "日期: 06/09/2025\n" + BODY
    )
    document = word(pack(body)).parsed
    assert document.source == "b"
    assert [c.line for c in document.cautions] == [2]


def test_a_refusal_names_the_paragraph():
    reading = word(pack(typed("作者: a\n\n來源: b")))
    assert reading.refusal.message("en", file="a.docx") == (
        "“a.docx”, line 3: expected a summary or a bullet under “摘要:” or “Summary:”. "
        "Nothing of this document was stored."
    )


# Lists

LEVELS = f"""<w:numbering {NAMES}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:numFmt w:val="{{0}}"/><w:lvlText w:val="{{1}}"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>
<w:lvl w:ilvl="2"><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%3."/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("decimal", "%1."), ("decimal", "%1)"), ("decimal", "(%1)"), ("decimal", "第%1點"), ("decimalZero", "%1"),
        ("upperLetter", "%1."), ("lowerLetter", "%1)"), ("upperRoman", "%1."), ("lowerRoman", "(%1)"),
        ("chineseCounting", "%1、"), ("taiwaneseCountingThousand", "（%1）"), ("ideographTraditional", "%1、"),
        ("chineseLegalSimplified", "%1、"), ("decimalEnclosedCircle", "%1"), ("decimalFullWidth", "%1．"),
    ],
)  # fmt: skip
def test_every_form_of_number(form, text):
    numbering = LEVELS.format(form, text)
    found = points(*(item(f"Point {n}") for n in range(40)), item("Deeper", level=1), numbering=numbering)
    assert found == [*((0, "number", f"Point {n}") for n in range(40)), (1, "bullet", "Deeper")]


@pytest.mark.parametrize("levels", [(0, 1, 2, 1, 0), (0, 1, 2, 0, 1), (0, 0, 1, 1, 2)])
def test_levels(levels):
    found = points(*(item("x", level=n) for n in levels), numbering=LEVELS.format("bullet", "•"))
    assert tuple(level for level, *_ in found) == levels


def test_a_skipped_level_is_closed():
    found = points(*(item("x", level=n) for n in (0, 2, 2, 1, 0)), numbering=LEVELS.format("bullet", "•"))
    assert [level for level, *_ in found] == [0, 1, 1, 1, 0]


def test_a_list_that_is_not_defined_is_one_of_bullets():
    assert points(item("One"), item("Two", level=1)) == [(0, "bullet", "One"), (1, "bullet", "Two")]


def test_a_list_that_was_taken_off():
    style = f'<w:styles {NAMES}><w:style w:type="paragraph" w:styleId="x"><w:name w:val="List Bullet"/></w:style></w:styles>'
    off = '<w:pStyle w:val="x"/><w:numPr><w:numId w:val="0"/></w:numPr>'
    document = word(
        pack(
            typed("作者: a\nSummary:") + paragraph("Text.", off) + paragraph("One", '<w:pStyle w:val="x"/>'),
            {"word/styles.xml": style},
            f'<Relationship Id="s" Type="{KIND}/styles" Target="styles.xml"/>',
        )
    ).parsed
    assert document.sides["en"].summary == "Text."
    assert shape(document, "en") == [(0, "bullet", "One")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("List Bullet", (0, "bullet")), ("List Number", (0, "number")), ("list bullet", (0, "bullet")),
        ("清單項目符號", (0, "bullet")), ("項目符號", (0, "bullet")), ("列表项目符号", (0, "bullet")),
        ("清單編號", (0, "number")), ("清單號碼", (0, "number")), ("列表编号", (0, "number")),
    ],
)  # fmt: skip
def test_styles_by_name(name, expected):
    styles = f"""<w:styles {NAMES}><w:style w:type="paragraph" w:styleId="p"><w:name w:val="{name}"/></w:style>
        <w:style w:type="paragraph" w:styleId="q"><w:name w:val="{name} 2"/></w:style></w:styles>"""
    found = points(
        paragraph("One", '<w:pStyle w:val="p"/>'), paragraph("Two", '<w:pStyle w:val="q"/>'), styles=styles
    )
    assert found == [(*expected, "One"), (1, expected[1], "Two")]


def test_typed_bullets_nest_by_the_indent_of_the_paragraph():
    found = points(
        *(paragraph(f"• {n}x", f'<w:ind w:left="{n}"/>') for n in (360, 720, 1080, 720)),
    )
    assert [level for level, *_ in found] == [0, 1, 2, 1]


# Titles


@pytest.mark.parametrize("name", ["Title", "heading 1", "Heading 2", "標題", "標題 1", "标题 1", "Subtitle"])
def test_a_title_by_its_style(name):
    styles = f'<w:styles {NAMES}><w:style w:type="paragraph" w:styleId="t"><w:name w:val="{name}"/></w:style></w:styles>'
    relations = f'<Relationship Id="s" Type="{KIND}/styles" Target="styles.xml"/>'
    title = paragraph("晶片之爭", '<w:pStyle w:val="t"/>')
    document = word(pack(title + typed(HEADER + BODY), {"word/styles.xml": styles}, relations)).parsed
    assert document.title == {"zh": "晶片之爭"}
    inside = word(pack(typed(HEADER + BODY) + title, {"word/styles.xml": styles}, relations)).parsed
    assert inside.title == {}
    assert codes(inside) == ["unplaced"]


def test_the_title_nearest_to_the_header_counts():
    document = docx.Document()
    document.add_heading("每週文摘", 0)
    document.add_heading("晶片之爭", 1)
    document.add_heading("The Chip Race", 1)
    for line in (HEADER + BODY).split("\n"):
        document.add_paragraph(line)
    found = word(saved(document)).parsed
    assert found.title == {"zh": "晶片之爭", "en": "The Chip Race"}
    assert [text for _, text in found.unplaced_lines] == ["每週文摘"]


# Words


def test_every_kind_of_text_in_a_run():
    content = (
        run("a") + "<w:r><w:tab/></w:r>" + run("b") + "<w:r><w:noBreakHyphen/></w:r>" + run("c")
        + '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>' + '<w:r><w:sym w:font="x" w:char="4E2D"/></w:r>'
        + "<w:r><w:softHyphen/></w:r>" + '<w:r><w:sym w:char="zz"/></w:r>' + "<w:r><w:pict/></w:r>"
        + '<w:r><w:ruby><w:rt><w:r><w:t>ㄓㄨㄥ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>中</w:t></w:r></w:rubyBase></w:ruby></w:r>'
        + "<w:r><w:delText>gone</w:delText></w:r>"
    )  # fmt: skip
    document = word(pack(typed("作者: a\n摘要:") + paragraph(content))).parsed
    assert document.sides["zh"].summary == "a b-c→中中"


def test_a_field_gives_its_result_alone():
    def mark(kind):
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    inner = (
        mark("begin")
        + "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        + mark("separate")
        + run("7")
        + mark("end")
    )
    outer = mark("begin") + "<w:r><w:instrText>IF </w:instrText></w:r>" + inner + mark("separate")
    content = outer + run("Kept.") + mark("end") + run(" And more.")
    document = word(pack(typed("作者: a\nSummary:") + paragraph(content))).parsed
    assert document.sides["en"].summary == "Kept. And more."
    broken = typed("作者: a\nSummary:") + paragraph(run("Text.") + mark("begin")) + typed("• One")
    assert shape(word(pack(broken)).parsed, "en") == [(0, "bullet", "One")]


def test_two_paragraphs_whose_border_was_deleted_are_one():
    gone = '<w:rPr><w:del w:id="1" w:author="x"/></w:rPr>'
    body = typed("作者: a\nSummary:") + paragraph("The first ", gone) + paragraph("half.") + typed("• One")
    assert word(pack(body)).parsed.sides["en"].summary == "The first half."


def test_a_deleted_row_is_no_row():
    row = "<w:tr>{}<w:tc>" + paragraph("來源") + "</w:tc><w:tc>" + paragraph("{}") + "</w:tc></w:tr>"
    table = row.format("<w:trPr><w:del/></w:trPr>", "Old") + row.format("", "New")
    document = word(pack(paragraph("作者: a") + f"<w:tbl>{table}</w:tbl>" + typed(BODY))).parsed
    assert document.source == "New"


def test_what_stands_beside_the_text_is_said():
    box = f"<w:r><w:pict><w:txbxContent>{paragraph('A box')}</w:txbxContent></w:pict></w:r>"
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden</w:t></w:r>"
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = f'<w:footnotes {NAMES}><w:footnote w:id="2">{paragraph("A note")}</w:footnote></w:footnotes>'
    document = word(
        pack(
            typed("作者: a\nSummary:") + paragraph(run("Text.") + box + hidden + note) + "<w:altChunk/>",
            {"word/footnotes.xml": notes},
            f'<Relationship Id="f" Type="{KIND}/footnotes" Target="footnotes.xml"/>',
        )
    ).parsed
    assert document.sides["en"].summary == "Text."
    assert document.unplaced_lines == ((3, "A box"), (3, "A note"), (3, "Hidden"))
    assert [c.code for c in document.cautions if c.line == 3] == ["unplaced"] * 3 + ["not-read"]


# Links


@pytest.mark.parametrize(
    ("before", "words", "url"),
    [
        ("連結: ", "原文", "https://a.org/x"), ("連結: ", "https://b.org/y", "https://b.org/y"),
        ("連結: ", "https://b.org/…", "https://a.org/x"), ("來源: ", "FP", "https://a.org/x"),
        ("標題: ", "科技", "https://a.org/x"), ("", "原文", "https://a.org/x"), ("", "https://b.org/y", "https://b.org/y"),
        ("作者: ", "Jane Doe", None), ("關鍵字: ", "科技", None), ("見 ", "這裡", None),
    ],
)  # fmt: skip
def test_links(before, words, url):
    link = f'{run(before)}<w:hyperlink r:id="l">{run(words)}</w:hyperlink>'
    relations = (
        f'<Relationship Id="l" Type="{KIND}/hyperlink" Target="https://a.org/x" TargetMode="External"/>'
    )
    body = typed("日期: 2025-06-19") + paragraph(link) + typed(BODY)
    assert word(pack(body, relations=relations)).parsed.url == url


@pytest.mark.parametrize(
    "target", ["mailto:a@b.org", "javascript:alert(1)", "file:///etc/passwd", "#top", ""]
)
def test_links_that_lead_to_no_page_are_their_words(target):
    relations = f'<Relationship Id="l" Type="{KIND}/hyperlink" Target="{target}" TargetMode="External"/>'
    link = f'{run("來源: ")}<w:hyperlink r:id="l">{run("FP")}</w:hyperlink>'
    document = word(pack(paragraph(link) + typed(BODY), relations=relations)).parsed
    assert (document.source, document.url) == ("FP", None)


def test_an_address_given_by_label_outweighs_every_link():
    relations = (
        f'<Relationship Id="l" Type="{KIND}/hyperlink" Target="https://a.org/x" TargetMode="External"/>'
    )
    link = f'{run("來源: ")}<w:hyperlink r:id="l">{run("FP")}</w:hyperlink>'
    body = paragraph(link) + typed("連結: https://b.org/y\n" + BODY)
    document = word(pack(body, relations=relations)).parsed
    assert document.url == "https://b.org/y"
    assert "repeated-label" not in codes(document)


# Several digests


def test_page_breaks_part_digests_only_where_a_header_follows():
    document = docx.Document()
    for part in (HEADER + BODY, HEADER.replace("Jane", "John") + BODY):
        for line in part.split("\n"):
            paragraph_of = document.add_paragraph(line)
            if line.startswith("Summary"):
                paragraph_of.insert_paragraph_before("").add_run().add_break(WD_BREAK.PAGE)
        document.add_page_break()
    readings = read_document(saved(document), "a.docx")
    assert [reading.parsed.authors for reading in readings] == [("Jane Doe",), ("John Doe",)]
    assert all(len(reading.parsed.sides) == 2 for reading in readings)
    assert readings[0].lines_sha256 != readings[1].lines_sha256


def test_a_digest_without_text_costs_the_others_nothing():
    page = paragraph('<w:r><w:br w:type="page"/></w:r>')
    body = typed(HEADER + BODY) + page + typed(HEADER) + page + typed(HEADER.replace("Jane", "John") + BODY)
    readings = read_document(pack(body), "a.docx")
    assert [reading.refusal and reading.refusal.code for reading in readings] == [None, "no-body", None]
