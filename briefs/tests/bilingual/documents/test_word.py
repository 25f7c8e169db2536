"""Word files: python-docx output, styles, numbering and line numbers.

`fixtures/corpus/` tests whole files; this module tests single rules.
"""

import pytest

from briefs.tests.bilingual.documents.test_parser import BODY, HEADER, SEED, list_points, parse

from .word_builder import (
    NAMESPACES,
    RELATIONSHIP_TYPE,
    build_seed_document,
    build_word_file,
    list_item,
    paragraph,
    plain_paragraphs,
    read_points,
    read_word,
    run,
    save_document,
)

# The real document in Word


@pytest.mark.parametrize("numbers", ["List Number", "List Number 2", "List Number 3"])
def test_seed_with_word_lists_is_read_like_the_text_file(numbers):
    assert read_word(save_document(build_seed_document(numbers=numbers))).parsed == parse(SEED.read_bytes())


# Line numbers


def test_caution_line_is_the_paragraph_number():
    body = HEADER.replace("2025-06-19", "06/09/2025") + "\n\n" + BODY
    assert [c.line for c in read_word(build_word_file(plain_paragraphs(body))).parsed.cautions] == [3]
    table = (
        f"<w:tbl><w:tr><w:tc>{paragraph('日期')}</w:tc><w:tc>{paragraph('06/09/2025')}</w:tc></w:tr></w:tbl>"
    )
    document = read_word(build_word_file(paragraph("作者: a") + table + plain_paragraphs(BODY))).parsed
    assert [(c.line, c.code) for c in document.cautions if c.line] == [(2, "date-ambiguous")]


# Lists

NUMBERING = f"""<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:numFmt w:val="{{0}}"/><w:lvlText w:val="{{1}}"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>
<w:lvl w:ilvl="2"><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%3."/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("decimal", "第%1點"), ("lowerLetter", "%1)"), ("upperRoman", "%1."), ("taiwaneseCountingThousand", "（%1）"),
        ("ideographTraditional", "%1、"), ("decimalEnclosedCircle", "%1"),
    ],
)  # fmt: skip
def test_every_number_format_is_read_as_a_numbered_list(form, text):
    numbering = NUMBERING.format(form, text)
    points = read_points(
        *(list_item(f"Point {n}") for n in range(40)), list_item("Deeper", level=1), numbering=numbering
    )
    assert points == [*((0, "number", f"Point {n}") for n in range(40)), (1, "bullet", "Deeper")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("List Number", (0, "number")), ("list bullet", (0, "bullet")), ("項目符號", (0, "bullet")),
        ("列表项目符号", (0, "bullet")), ("清單號碼", (0, "number")), ("列表编号", (0, "number")),
    ],
)  # fmt: skip
def test_list_style_is_recognized_by_name(name, expected):
    styles = f"""<w:styles {NAMESPACES}><w:style w:type="paragraph" w:styleId="p"><w:name w:val="{name}"/></w:style>
        <w:style w:type="paragraph" w:styleId="q"><w:name w:val="{name} 2"/></w:style></w:styles>"""
    points = read_points(
        paragraph("One", '<w:pStyle w:val="p"/>'), paragraph("Two", '<w:pStyle w:val="q"/>'), styles=styles
    )
    assert points == [(*expected, "One"), (1, expected[1], "Two")]


# Text


def test_each_kind_of_run_content_is_read():
    content = (
        run("a") + "<w:r><w:tab/></w:r>" + run("b") + "<w:r><w:noBreakHyphen/></w:r>" + run("c")
        + '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>' + '<w:r><w:sym w:font="x" w:char="4E2D"/></w:r>'
        + "<w:r><w:softHyphen/></w:r>" + '<w:r><w:sym w:char="zz"/></w:r>' + "<w:r><w:pict/></w:r>"
        + '<w:r><w:ruby><w:rt><w:r><w:t>ㄓㄨㄥ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>中</w:t></w:r></w:rubyBase></w:ruby></w:r>'
        + "<w:r><w:delText>gone</w:delText></w:r>"
    )  # fmt: skip
    document = read_word(build_word_file(plain_paragraphs("作者: a\n摘要:") + paragraph(content))).parsed
    assert document.sides["zh"].summary == "a b-c→中中"


def test_field_gives_only_its_result():
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
    document = read_word(build_word_file(plain_paragraphs("作者: a\nSummary:") + paragraph(content))).parsed
    assert document.sides["en"].summary == "Kept. And more."
    broken = (
        plain_paragraphs("作者: a\nSummary:")
        + paragraph(run("Text.") + mark("begin"))
        + plain_paragraphs("• One")
    )
    assert list_points(read_word(build_word_file(broken)).parsed, "en") == [(0, "bullet", "One")]


def test_deleted_table_row_is_ignored():
    row = "<w:tr>{}<w:tc>" + paragraph("來源") + "</w:tc><w:tc>" + paragraph("{}") + "</w:tc></w:tr>"
    table = row.format("<w:trPr><w:del/></w:trPr>", "Old") + row.format("", "New")
    document = read_word(
        build_word_file(paragraph("作者: a") + f"<w:tbl>{table}</w:tbl>" + plain_paragraphs(BODY))
    ).parsed
    assert document.source == "New"


def test_boxes_notes_and_hidden_text_are_reported():
    box = f"<w:r><w:pict><w:txbxContent>{paragraph('A box')}</w:txbxContent></w:pict></w:r>"
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden</w:t></w:r>"
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = f'<w:footnotes {NAMESPACES}><w:footnote w:id="2">{paragraph("A note")}</w:footnote></w:footnotes>'
    document = read_word(
        build_word_file(
            plain_paragraphs("作者: a\nSummary:")
            + paragraph(run("Text.") + box + hidden + note)
            + "<w:altChunk/>",
            {"word/footnotes.xml": notes},
            f'<Relationship Id="f" Type="{RELATIONSHIP_TYPE}/footnotes" Target="footnotes.xml"/>',
        )
    ).parsed
    assert document.sides["en"].summary == "Text."
    assert document.unplaced_lines == ((3, "A box"), (3, "A note"), (3, "Hidden"))
    assert [c.code for c in document.cautions if c.line == 3] == ["unplaced"] * 3 + ["not-read"]


# Links


@pytest.mark.parametrize(
    ("before", "text", "url"),
    [
        ("連結: ", "原文", "https://a.org/x"), ("連結: ", "https://b.org/y", "https://b.org/y"),
        ("連結: ", "https://b.org/…", "https://a.org/x"), ("來源: ", "FP", "https://a.org/x"),
        ("標題: ", "科技", "https://a.org/x"), ("", "原文", "https://a.org/x"), ("", "https://b.org/y", "https://b.org/y"),
        ("作者: ", "Jane Doe", None), ("關鍵字: ", "科技", None), ("見 ", "這裡", None),
    ],
)  # fmt: skip
def test_article_url_is_read_from_a_link(before, text, url):
    link = f'{run(before)}<w:hyperlink r:id="l">{run(text)}</w:hyperlink>'
    relations = f'<Relationship Id="l" Type="{RELATIONSHIP_TYPE}/hyperlink" Target="https://a.org/x" TargetMode="External"/>'
    body = plain_paragraphs("日期: 2025-06-19") + paragraph(link) + plain_paragraphs(BODY)
    assert read_word(build_word_file(body, relations=relations)).parsed.facts.get("url") == url


@pytest.mark.parametrize(
    "target", ["mailto:a@b.org", "javascript:alert(1)", "file:///etc/passwd", "#top", ""]
)
def test_link_to_no_web_page_is_read_as_its_text(target):
    relations = (
        f'<Relationship Id="l" Type="{RELATIONSHIP_TYPE}/hyperlink" Target="{target}" TargetMode="External"/>'
    )
    link = f'{run("來源: ")}<w:hyperlink r:id="l">{run("FP")}</w:hyperlink>'
    document = read_word(
        build_word_file(paragraph(link) + plain_paragraphs(BODY), relations=relations)
    ).parsed
    assert (document.source, document.facts.get("url")) == ("FP", None)
