"""Accepted forms of labels, names, keywords and markers."""

import pytest

from briefs.bilingual.documents.fields import labels as names
from briefs.bilingual.documents.fields.authors import split_authors
from briefs.bilingual.documents.fields.labels import find_label
from briefs.tests.bilingual.documents.test_parser import BODY, HEADER, caution_codes, list_points, parse

NAMES = [
    (field, side, name)
    for field, forms in names.LABEL_NAMES.items()
    for side, names in zip(("zh", "en"), forms, strict=True)
    for name in names
]

# Labels


@pytest.mark.parametrize(("field", "side", "name"), NAMES)
def test_every_label_name_is_recognized(field, side, name):
    if name in names.SIDE_WORDS:
        side = names.SIDE_WORDS[name]
    for line in (
        f"{name}: x",
        f"{name}：x",
        f"{name.upper()} : x",
        f"**{name}:** x",
        f"**{name}**: x",
        f"【{name}】x",
    ):
        label = find_label(line)
        assert label is not None, line
        assert (label.field, label.side, label.value) == (field, side, "x"), line


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("作者/Author(s): Vivek Chilukuri", "authors", "Vivek Chilukuri"),
        ("作者 Author(s): V", "authors", "V"),
        ("作者（Author）：V", "authors", "V"),
        ("Ａｕｔｈｏｒ：V", "authors", "V"),
        ("**Author: V**", "authors", "V"),
        ("[Author] V", "authors", "V"),
        ("〔作者/Author〕V", "authors", "V"),
        ("### 作者: V", "authors", "V"),
        ("發布日期/Published on: 2025", "date", "2025"),
        ("連結/URL: https://a.org/b:c", "url", "https://a.org/b:c"),
        ("【摘要】", "summary", ""),
        ("摘要", "summary", ""),
        ("作者／羅慶生", "authors", "羅慶生"),
        ("By Jane Doe and John Roe", "authors", "Jane Doe and John Roe"),
        ("英文重點：", "points", ""),
        ("Chinese title: x", "title", "x"),
        ("# The Chip Race", "title", "The Chip Race"),
    ],
)
def test_label_form_is_recognized(line, field, value):
    label = find_label(line)
    assert label is not None
    assert (label.field, label.value) == (field, value)


@pytest.mark.parametrize(
    "line",
    ["作者指出：這是錯的", "The Author: V", "Author/Source: V", "Author V", "作者/譯者：王", "By 2030 AI will need more", "#半導體 #臺灣", "https://a.org", "12:30", "【重要】作者", ":", "**", "【"],
)  # fmt: skip
def test_text_that_is_no_label_is_not_recognized(line):
    assert find_label(line) is None


# Names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Vivek Chilukuri", ["Vivek Chilukuri"]),
        ("Jane Doe, John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe, John Roe, and Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe、John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe 與 John Roe", ["Jane Doe", "John Roe"]),
        ("Doe, Jane; Roe, John", ["Doe, Jane", "Roe, John"]),
        ("Doe, J., Roe, J. K.", ["Doe, J.", "Roe, J. K."]),
        ("van der Berg, Jan", ["van der Berg, Jan"]),
        ("Martin Luther King, Jr., Jane Doe", ["Martin Luther King, Jr.", "Jane Doe"]),
        ("Jane Doe (Center for Peace and War)", ["Jane Doe (Center for Peace and War)"]),
        ("王小明、李大同", ["王小明", "李大同"]),
        ("王小明,李大同", ["王小明", "李大同"]),
        ("王小明、李大同及陳美", ["王小明", "李大同", "陳美"]),
        ("和田一郎和與謝野晶", ["和田一郎", "與謝野晶"]),
        ("李和平與張三", ["李和平", "張三"]),
        ("約翰‧史密斯與珍‧杜", ["約翰‧史密斯", "珍‧杜"]),
        ("國家與社會研究中心", ["國家與社會研究中心"]),
        ("外交部與國防部", ["外交部", "國防部"]),
        ("Ministry of Economy and Finance", ["Ministry of Economy and Finance"]),
        ("Center for Strategic and International Studies", ["Center for Strategic and International Studies"]),
        ("National Oceanic and Atmospheric Administration", ["National Oceanic and Atmospheric Administration"]),
        ("National Academies of Sciences, Engineering, and Medicine", ["National Academies of Sciences, Engineering, and Medicine"]),
        ("Jane Doe and Brookings Institution", ["Jane Doe", "Brookings Institution"]),
        ("Ryan Hass / 何瑞恩", ["Ryan Hass / 何瑞恩"]),
        ("A. Michael Spence，Jane Doe；John Roe", ["A. Michael Spence", "Jane Doe", "John Roe"]),
        ("Jane Q. Doe, Mary Poe; John Roe", ["Jane Q. Doe", "Mary Poe", "John Roe"]),
        ("A. Michael Spence (NYU), Jane Doe; John Roe", ["A. Michael Spence (NYU)", "Jane Doe", "John Roe"]),
        ("王小明，李大同；陳美", ["王小明", "李大同", "陳美"]),
        ("Jane Doe; John Roe; 與 Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("J. Doe, Stanford University; John Roe", ["J. Doe, Stanford University", "John Roe"]),
        ("J. Doe, Foreign Policy; John Roe", ["J. Doe, Foreign Policy", "John Roe"]),
        ("Dr. Jane Doe; Prof. John Roe & 王小明教授", ["Dr. Jane Doe", "Prof. John Roe", "王小明教授"]),
        ("葛來儀 (Bonnie Glaser), 印太計畫主任", ["葛來儀 (Bonnie Glaser), 印太計畫主任"]),
        ("王小明，中央研究院", ["王小明", "中央研究院"]),
        ("International Institute for Peace and Security and Jane Doe", ["International Institute for Peace and Security", "Jane Doe"]),
        ("Center for Strategic and International Studies and Jane Doe and John Roe", ["Center for Strategic and International Studies", "Jane Doe", "John Roe"]),
    ],
)  # fmt: skip
def test_authors_are_split(text, names):
    assert split_authors(text)[0] == tuple(names)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("Vivek Chilukuri\nand Jane Doe", ["Vivek Chilukuri", "Jane Doe"]),
        ("Vivek Chilukuri\n及Jane Doe", ["Vivek Chilukuri", "Jane Doe"]),
        ("Jane Doe\n  John Roe\n  Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("Jane Doe; John Roe\nand Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("\nJane Doe\nand John Roe", ["Jane Doe", "John Roe"]),
    ],
)  # fmt: skip
def test_author_list_continues_on_the_next_line(lines: str, names: list[str]) -> None:
    document = parse(HEADER.replace("Jane Doe", lines) + BODY)
    assert document.authors == tuple(names)
    assert caution_codes(document) == []


@pytest.mark.parametrize(
    "next_line",
    [
        "Jane Doe", "    Center for a New American Security", "And so it begins", "和平研究所",
        "    Foreign Policy", "與", "    of 2025",
    ],
)  # fmt: skip
def test_line_that_is_no_author_is_left_unplaced(next_line: str) -> None:
    document = parse(HEADER.replace("Jane Doe", f"Vivek Chilukuri\n{next_line}") + BODY)
    assert document.authors == ("Vivek Chilukuri",)
    assert [text for _, text in document.unplaced_lines] == [next_line.strip()]


# Markers and nesting


@pytest.mark.parametrize("marker", [*"•-–—*·‧●○▪‣◦■・\uf0b7＊－→⇒※＞"])
def test_bullet_marker_is_recognized(marker):
    document = parse(f"{HEADER}摘要:\n文字。\n  {marker} 第一點\n  {marker} 第二點\n")
    assert list_points(document, "zh") == [(0, "bullet", "第一點"), (0, "bullet", "第二點")]


@pytest.mark.parametrize(
    "markers",
    [
        ["1.", "2.", "3."], ["1)", "2)", "3)"], ["(1)", "(2)", "(3)"], ["（1）", "（2）", "（3）"], ["１．", "２．", "３．"],
        ["一、", "二、", "三、"], ["（一）", "（二）", "（三）"], ["(一)", "(二)", "(三)"], ["a.", "b.", "c."], ["a)", "b)", "c)"],
        ["(a)", "(b)", "(c)"], ["①", "②", "③"], ["1、", "2、", "3、"], ["9.", "10.", "11."],
        ["⑴", "⑵", "⑶"], ["❶", "❷", "❸"], ["㈠", "㈡", "㈢"], ["①、", "②、", "③、"], ["Ⅰ.", "Ⅱ.", "Ⅲ."], ["I.", "II.", "III."],
    ],
)  # fmt: skip
def test_number_marker_is_recognized(markers):
    lines = [f"  {marker} 要點{n}" for n, marker in enumerate(markers)]
    document = parse(f"{HEADER}摘要:\n文字。\n\n" + "\n".join(lines))
    assert list_points(document, "zh") == [(0, "number", f"要點{n}") for n in range(3)]


@pytest.mark.parametrize(
    "line", ["2025 年以後的事", "1.5億美元的事", "——這是破折號", "-5% was the change", "3D printing", "二、三十年後的事", "a. m. is no marker"[1:], "**bold** text"]
)  # fmt: skip
def test_text_that_is_no_marker_stays_in_summary(line):
    document = parse(f"{HEADER}摘要:\n{line.strip()}\n")
    assert [side.summary for side in document.sides.values()] == [line.strip()]


def test_line_after_a_finished_point_is_not_joined():
    """A short line that ends a sentence is not wrapped; an unfinished sentence is."""
    document = parse(f"{HEADER}Summary:\nText.\n• A short point.\nFor reference only.\n")
    assert list_points(document, "en") == [(0, "bullet", "A short point.")]
    assert document.unplaced_lines == ((7, "For reference only."),)
    document = parse(f"{HEADER}Summary:\nText.\n• A point that\ngoes on.\n")
    assert list_points(document, "en") == [(0, "bullet", "A point that goes on.")]


def test_mail_signature_is_not_joined_to_the_last_point():
    point = "A point whose last line is long enough that a mail program could have wrapped it right here."
    document = parse(f"{HEADER}Summary:\nText.\n• {point}\n--\nChen Yi-chun\n- Tel. 02-1234-5678\n")
    assert [p.text for p in document.sides["en"].points] == [point]
    assert [text for _, text in document.unplaced_lines] == ["--", "Chen Yi-chun", "- Tel. 02-1234-5678"]
