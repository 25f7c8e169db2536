"""Accepted forms of labels, dates, names, keywords and markers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefs.documents.fields import date_reader
from briefs.documents.fields import label_names as names
from briefs.documents.fields.authors import split_authors, split_keywords
from briefs.documents.fields.labels import find_label, format_header_label
from briefs.tests.documents.test_parser import BODY, HEADER, SEED, caution_codes, list_points, parse

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
        ("Author(s)/作者: V", "authors", "V"),
        ("作者 Author(s): V", "authors", "V"),
        ("作者 (Author): V", "authors", "V"),
        ("作者（Author）：V", "authors", "V"),
        ("作者 | Author: V", "authors", "V"),
        ("Ａｕｔｈｏｒ：V", "authors", "V"),
        ("AUTHOR: V", "authors", "V"),
        ("*Author:* V", "authors", "V"),
        ("__Author__: V", "authors", "V"),
        ("**Author: V**", "authors", "V"),
        ("**【作者】** V", "authors", "V"),
        ("【作者】：V", "authors", "V"),
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
        ("Summary =", "summary", ""),
        ("摘要／", "summary", ""),
        ("作者／羅慶生", "authors", "羅慶生"),
        ("文／羅慶生", "authors", "羅慶生"),
        ("日期／2025/6/9", "date", "2025/6/9"),
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


# Dates

DATES = [
    ("06/09/2025", "2025-06-09", "2025-09-06", ""),
    ("6/9/2025", "2025-06-09", "2025-09-06", ""),
    ("06-09-2025", "2025-06-09", "2025-09-06", ""),
    ("06.09.2025", "2025-06-09", "2025-09-06", ""),
    ("06/23/2025", "2025-06-23", "", ""),
    ("23/06/2025", "2025-06-23", "", ""),
    ("06/06/2025", "2025-06-06", "", ""),
    ("2025-06-09", "2025-06-09", "", ""),
    ("2025/6/9", "2025-06-09", "", ""),
    ("2025.6.9", "2025-06-09", "", ""),
    ("9 June 2025", "2025-06-09", "", ""),
    ("9th June, 2025", "2025-06-09", "", ""),
    ("09-Jun-2025", "2025-06-09", "", ""),
    ("June 9, 2025", "2025-06-09", "", ""),
    ("june 9 2025", "2025-06-09", "", ""),
    ("Jun. 9, 2025", "2025-06-09", "", ""),
    ("Sept. 1st, 2025", "2025-09-01", "", ""),
    ("Monday, June 9, 2025", "2025-06-09", "", ""),
    ("2025年6月9日", "2025-06-09", "", ""),
    ("2025 年 6 月 9 日", "2025-06-09", "", ""),
    ("２０２５年６月９日", "2025-06-09", "", ""),
    ("2025年6月9日（星期一）", "2025-06-09", "", ""),
    ("2025年6月9日（星期一）15:20", "2025-06-09", "", ""),
    ("2025年6月19日（四）下午3:20", "2025-06-19", "", ""),
    ("Updated June 9, 2025", "2025-06-09", "", ""),
    ("2025年6月9日(一)", "2025-06-09", "", ""),
    ("二〇二五年六月九日", "2025-06-09", "", ""),
    ("民國114年6月9日", "2025-06-09", "", "minguo"),
    ("中華民國 114 年 6 月 9 日", "2025-06-09", "", "minguo"),
    ("民国99年6月9日", "2010-06-09", "", "minguo"),
    ("民國一一四年十二月三十一日", "2025-12-31", "", "minguo"),
    ("114年6月9日", "2025-06-09", "", "minguo"),
    ("114.6.9", "2025-06-09", "", "minguo"),
    ("114/06/09", "2025-06-09", "", "minguo"),
    ("114-06-09", "2025-06-09", "", "minguo"),
    ("06/09/114", "2025-06-09", "2025-09-06", "minguo"),
    ("100.1.1", "2011-01-01", "", "minguo"),
    ("150.1.1", "2061-01-01", "", "minguo"),
    ("June 2025", "2025-06", "", ""),
    ("2025-06", "2025-06", "", ""),
    ("06/2025", "2025-06", "", ""),
    ("2025年6月", "2025-06", "", ""),
    ("民國114年6月", "2025-06", "", "minguo"),
    ("May/June 2025", "2025-05", "", "issue"),
    ("May–June 2025", "2025-05", "", "issue"),
    ("July/August, 2025", "2025-07", "", "issue"),
    ("2025年5/6月", "2025-05", "", "issue"),
    ("2025年5月/6月號", "2025-05", "", "issue"),
    ("May/June 2025 (Vol. 104, No. 3)", "2025-05", "", "issue"),
    ("June 2025, No. 6", "2025-06", "", "issue"),
    ("2025年5-6月號（第104卷第3期）", "2025-05", "", "issue"),
    ("2025年5月號第3期", "2025-05", "", "issue"),
    ("Summer 2025", "2025-06", "", "issue season"),
    ("2025年秋季號", "2025-09", "", "issue season"),
    ("Winter 2024/25", "2024-12", "", "issue season"),
    ("Spring/Summer 2025", "2025-03", "", "issue season"),
    ("2025 Fall", "2025-09", "", "issue season"),
    ("June 2025 issue", "2025-06", "", ""),
    ("Published June 9, 2025", "2025-06-09", "", ""),
    ("Published online on 9 June 2025", "2025-06-09", "", ""),
    ("發布於2025年6月9日", "2025-06-09", "", ""),
]


@pytest.mark.parametrize(("text", "iso", "alternative", "traits"), DATES)
def test_date_is_read(text, iso, alternative, traits):
    date, notes = date_reader.read_date(text)
    assert (date.iso, date.alternative, date.raw) == (iso, alternative, text)
    assert date.ambiguous is bool(alternative)
    assert date.label == (text if "issue" in traits else "")
    assert notes == set(traits.split()) - {"issue"}


def test_day_first_order_is_applied():
    date, _ = date_reader.read_date("06/09/2025", "dmy")
    assert (date.iso, date.alternative) == ("2025-09-06", "2025-06-09")
    assert parse(SEED.read_bytes(), date_order="dmy").date.iso == "2025-09-06"


@pytest.mark.parametrize(
    "text",
    ["", "2025", "yesterday", "31/02/2025", "13/13/2025", "2025-02-30", "99/06/09", "151.1.1", "06/09/25", "Junk 9, 2025",
     "2025-06-09 and later", "June/June 2025", "0000-01-01", "9" * 500, "西元前2006年6月9日"],
)  # fmt: skip
def test_unreadable_date_gives_none(text):
    assert date_reader.read_date(text) is None


def test_unreadable_date_is_kept_and_reported():
    document = parse(HEADER.replace("2025-06-19", "last spring") + BODY)
    assert document.date is None
    assert document.unplaced_lines == ((3, "日期/Date: last spring"),)
    assert [(c.line, c.code, c.values["text"]) for c in document.cautions] == [
        (3, "date-unreadable", "last spring")
    ]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("19/6/25", "19 June 2025 (Thursday) or 25 June 2019 (Tuesday)"),
        ("6/9/25", "9 June 2025 (Monday) or 6 September 2025 (Saturday)"),
        ("June 9, 25", "9 June 2025 (Monday)"),
        ("9 Jun 25", "9 June 2025 (Monday)"),
        ("25-06-19", "19 June 2025 (Thursday) or 25 June 2019 (Tuesday)"),
        ("25.6.9", "9 June 2025 (Monday)"),
    ],
)
def test_year_of_two_digits_is_reported_with_its_readings(text, readings):
    document = parse(HEADER.replace("2025-06-19", text) + BODY)
    assert document.date is None
    (caution,) = document.cautions
    assert caution.message() == (
        f"The date “{text}” could not be read. The year has two digits: {readings}? Enter the date of the article."
    )


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025年第3期", "2025-03"),
        ("2025年第三期", "2025-03"),
        ("2025年3期", "2025-03"),
        ("2025/3期", "2025-03"),
        ("第3期，2025年", "2025-03"),
        ("第3期（2025）", "2025-03"),
        ("2025年第26卷第3期", "2025-03"),
        ("第26卷第3期（2025年）", "2025-03"),
        ("2025年第3期（總第120期）", "2025-03"),
        ("2025年第3辑", "2025-03"),
        ("民國114年第3期", "2025-03"),
        ("2025, No. 3", "2025-03"),
        ("Issue 3, 2025", "2025-03"),
        ("No. 3 (2025)", "2025-03"),
        ("Vol. 104, No. 3, 2025", "2025-03"),
        ("2025年第12期", "2025-12"),
        ("2025年第13期", "2025-07"),
        ("2025年第24期", "2025-12"),
        ("2025年第30期", "2025-07"),
        ("2025年第53期", "2025-12"),
    ],
)
def test_number_of_issue_is_filed_under_a_month_to_confirm(text, iso):
    document = parse(HEADER.replace("2025-06-19", text) + BODY)
    assert (document.date.iso, document.date.label, document.date.ambiguous) == (iso, text, True)
    assert "date-numbered" in caution_codes(document)


@given(
    number=st.integers(1, 53),
    year=st.integers(1912, 2060),
    form=st.sampled_from(["{y}年第{n}期", "No. {n}, {y}", "第{n}期（{y}年）"]),
)
def test_later_issue_is_never_filed_under_an_earlier_month(number, year, form):
    months = [date_reader.read_date(form.format(y=year, n=n))[0].iso for n in (number, 53)]
    assert f"{year}-01" <= months[0] <= months[1] == f"{year}-12"


@pytest.mark.parametrize("text", ["2025年第0期", "第3期", "No. 3", "2025年第3", "2025年第120期", "25年第3期"])
def test_number_of_issue_without_a_year_or_a_month_is_unreadable(text):
    assert date_reader.read_date(text) is None


def test_minguo_year_is_reported():
    document = parse(HEADER.replace("2025-06-19", "114.6.9") + BODY)
    assert caution_codes(document) == ["date-minguo"]
    assert (
        document.cautions[0].message() == "114.6.9 was read as a year of the Republic: 9 June 2025 (Monday)."
    )


# Names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Vivek Chilukuri", ["Vivek Chilukuri"]),
        ("Jane Doe, John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe, John Roe, and Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe & John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe; John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe、John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe 與 John Roe", ["Jane Doe", "John Roe"]),
        ("Doe, Jane", ["Doe, Jane"]),
        ("Doe, Jane; Roe, John", ["Doe, Jane", "Roe, John"]),
        ("Doe, J., Roe, J. K.", ["Doe, J.", "Roe, J. K."]),
        ("van der Berg, Jan", ["van der Berg, Jan"]),
        ("Martin Luther King, Jr., Jane Doe", ["Martin Luther King, Jr.", "Jane Doe"]),
        ("Jane Doe (Center for Peace and War)", ["Jane Doe (Center for Peace and War)"]),
        ("王小明、李大同", ["王小明", "李大同"]),
        ("王小明，李大同", ["王小明", "李大同"]),
        ("王小明,李大同", ["王小明", "李大同"]),
        ("王小明與李大同", ["王小明", "李大同"]),
        ("王小明和李大同", ["王小明", "李大同"]),
        ("王小明及李大同", ["王小明", "李大同"]),
        ("王小明 & 李大同", ["王小明", "李大同"]),
        ("王小明、李大同及陳美", ["王小明", "李大同", "陳美"]),
        ("和田一郎", ["和田一郎"]),
        ("和田一郎和與謝野晶", ["和田一郎", "與謝野晶"]),
        ("陳和平", ["陳和平"]),
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
        ("Food and Drug Administration", ["Food and Drug Administration"]),
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
        ("王小明／李大同", ["王小明", "李大同"]),
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
        (["• a", "\t• b", "\t\t• c", "• d"], [0, 1, 2, 0]),
        (["• a", "\u3000\u3000• b", "• c"], [0, 1, 0]),
        (["• a", "  ○ b", "    ▪ c", "• d"], [0, 1, 2, 0]),
        (["• a", "- b", "- c", "• d"], [0, 1, 1, 0]),
        (["1. a", "• b", "• c", "2. d"], [0, 1, 1, 0]),
        (["一、a", "（一）b", "1. c", "（二）d", "二、e"], [0, 1, 2, 1, 0]),
        (["• a", "  1. b", "  a. c", "• d"], [0, 1, 2, 0]),
        (["  • a", " • b", "  • c"], [0, 0, 0]),
        (["    • a", "  • b"], [0, 0]),
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
