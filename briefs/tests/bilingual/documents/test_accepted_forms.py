"""Accepted forms of labels, names, keywords and markers."""

import pytest

from briefs.bilingual.documents.fields import labels as names
from briefs.bilingual.documents.fields.authors import split_authors, split_keywords
from briefs.bilingual.documents.fields.labels import find_label, format_header_label
from briefs.tests.bilingual.documents.test_parser import BODY, HEADER, SEED, caution_codes, list_points, parse

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
        ("作者／Author(s)：Vivek Chilukuri", "authors", "Vivek Chilukuri"),
        ("作者 Author(s): V", "authors", "V"),
        ("作者（Author）：V", "authors", "V"),
        ("Ａｕｔｈｏｒ：V", "authors", "V"),
        ("**Author: V**", "authors", "V"),
        ("**【作者】** V", "authors", "V"),
        ("【作者：】V", "authors", "V"),
        ("[Author] V", "authors", "V"),
        ("〔作者/Author〕V", "authors", "V"),
        ("### 作者: V", "authors", "V"),
        ("网站来源/Source: FP", "source", "FP"),
        ("發布日期/Published on: 2025", "date", "2025"),
        ("連結/URL: https://a.org/b:c", "url", "https://a.org/b:c"),
        ("【摘要】", "summary", ""),
        ("摘要", "summary", ""),
        ("Key points", "points", ""),
        ("摘要＝", "summary", ""),
        ("摘要／", "summary", ""),
        ("作者／羅慶生", "authors", "羅慶生"),
        ("連結／https://a.org/b", "url", "https://a.org/b"),
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


def test_written_labels_match_the_real_document():
    real = SEED.read_text()
    for field in ("authors", "source", "date", "keywords"):
        assert f"{format_header_label(field)}:" in real


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
        ("王小明與李大同", ["王小明", "李大同"]),
        ("王小明及李大同", ["王小明", "李大同"]),
        ("王小明、李大同及陳美", ["王小明", "李大同", "陳美"]),
        ("和田一郎", ["和田一郎"]),
        ("和田一郎和與謝野晶", ["和田一郎", "與謝野晶"]),
        ("李和平與張三", ["李和平", "張三"]),
        ("約翰‧史密斯與珍‧杜", ["約翰‧史密斯", "珍‧杜"]),
        ("國家與社會研究中心", ["國家與社會研究中心"]),
        ("外交部與國防部", ["外交部", "國防部"]),
        ("Ministry of Economy and Finance", ["Ministry of Economy and Finance"]),
        ("Ministry of X and Y", ["Ministry of X and Y"]),
        (
            "Center for Strategic and International Studies",
            ["Center for Strategic and International Studies"],
        ),
        (
            "National Oceanic and Atmospheric Administration",
            ["National Oceanic and Atmospheric Administration"],
        ),
        (
            "National Academies of Sciences, Engineering, and Medicine",
            ["National Academies of Sciences, Engineering, and Medicine"],
        ),
        ("Department of State and Department of Defense", ["Department of State", "Department of Defense"]),
        ("Jane Doe and Brookings Institution", ["Jane Doe", "Brookings Institution"]),
        ("Jane Doe / John Roe", ["Jane Doe", "John Roe"]),
        ("Ryan Hass / 何瑞恩", ["Ryan Hass / 何瑞恩"]),
    ],
)
def test_authors_are_split(text, names):
    assert split_authors(text)[0] == tuple(names)


def test_doubtful_authors_are_reported():
    document = parse(HEADER.replace("Jane Doe", "Jane Doe, Senior Fellow at CSIS") + BODY)
    assert document.authors == ("Jane Doe, Senior Fellow at CSIS",)
    assert caution_codes(document) == ["authors-doubtful"]


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("科技、美國、全球", ["科技", "美國", "全球"]),
        ("科技,美國，全球", ["科技", "美國", "全球"]),
        ("科技; AI; 5G", ["科技", "AI", "5G"]),
        ("科技 美國 全球", ["科技", "美國", "全球"]),
        ("supply chain, AI", ["supply chain", "AI"]),
        ("supply chain", ["supply chain"]),
        ("AI 供應鏈", ["AI 供應鏈"]),
        ("科技、科技、", ["科技"]),
        ("科技／美國／全球", ["科技", "美國", "全球"]),
        ("chips / AI", ["chips", "AI"]),
        ("AI/ML", ["AI/ML"]),
        ("半導體／Semiconductors", ["半導體／Semiconductors"]),
        ("半導體／Semiconductors、AI", ["半導體／Semiconductors", "AI"]),
        ("科技｜美國", ["科技", "美國"]),
        ("#半導體 #G7 #臺灣海峽", ["半導體", "G7", "臺灣海峽"]),
    ],
)
def test_keywords_are_split(text, keywords):
    assert split_keywords(text) == tuple(keywords)


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
    ("lines", "levels"),
    [
        (["• a", "• b", "1. c", "2. d", "• e"], [0, 0, 1, 1, 0]),
        (["• a", "  • b", "    • c", "  • d", "• e"], [0, 1, 2, 1, 0]),
        (["• a", "\u3000\u3000• b", "• c"], [0, 1, 0]),
        (["• a", "  ○ b", "    ▪ c", "• d"], [0, 1, 2, 0]),
        (["1. a", "• b", "• c", "2. d"], [0, 1, 1, 0]),
        (["一、a", "（一）b", "1. c", "（二）d", "二、e"], [0, 1, 2, 1, 0]),
        (["• a", "  1. b", "  a. c", "• d"], [0, 1, 2, 0]),
        (["  • a", " • b", "  • c"], [0, 0, 0]),
        (["• a", "    • b", "  • c"], [0, 1, 1]),
        (["• a", "", "• b", "", "1. c", "", "2. d"], [0, 0, 1, 1]),
        (["• a", "", "", "1. b", "", "", "• c"], [0, 0, 0]),
    ],
)
def test_points_nest_by_marker_and_indent(lines, levels):
    document = parse(HEADER + "Summary:\nText.\n" + "\n".join(lines))
    assert [point.level for point in document.sides["en"].points] == levels


def test_no_level_is_deeper_than_two():
    lines = [f"{'  ' * depth}• {depth}" for depth in range(5)]
    document = parse(HEADER + "Summary:\nText.\n" + "\n".join(lines))
    assert [point.level for point in document.sides["en"].points] == [0, 1, 2, 2, 2]
    assert caution_codes(document) == ["language-missing", "too-deep", "too-deep"]


@pytest.mark.parametrize(
    "line", ["2025 年以後的事", "1.5億美元的事", "——這是破折號", "-5% was the change", "3D printing", "二、三十年後的事", "a. m. is no marker"[1:], "**bold** text"]
)  # fmt: skip
def test_text_that_is_no_marker_stays_in_summary(line):
    document = parse(f"{HEADER}摘要:\n{line.strip()}\n")
    assert [side.summary for side in document.sides.values()] == [line.strip()]


def test_marker_without_text_is_reported():
    document = parse(HEADER + "摘要:\n文字。\n• 一\n•\n\n")
    assert list_points(document, "zh") == [(0, "bullet", "一")]
    assert caution_codes(document) == ["language-missing", "empty-point"]


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


def test_two_character_indent_starts_a_chinese_paragraph():
    document = parse(f"{HEADER}摘要：\n\u3000\u3000第一段文字。\n\u3000\u3000第二段文字。\n")
    assert document.sides["zh"].summary == "第一段文字。\n\n第二段文字。"
    line = "這一行寫得很滿所以郵件程式可能在此換行因此不能斷定是另起一段還是同一段落的文字。"
    document = parse(f"{HEADER}摘要：\n    {line}\n    接著寫。\n")
    assert document.sides["zh"].summary == f"{line}接著寫。"
