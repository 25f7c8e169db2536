"""Generated briefs, typed in many different ways, are read as the same brief."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.bilingual.documents.types import ParsedDocument
from briefs.tests.bilingual.documents.test_parser import HEADER, parse
from briefs.tests.support import scale

CHINESE = [
    "美國調整晶片出口管制，以維持領先。", "盟國擔心供應鏈受到衝擊", "國會在2023年要求每年檢討一次。", "海底電纜承載全球95%的數據，卻少有人保護。",
    "各國應成立共同的維修船隊，並由NATO協調。", "「合作」與「競爭」並存：兩者都需要規則。", "政府也應放寬某些限制（例如DFC），更新部分條件，以提升吸引力。",
    "三十億美元的投資仍然不夠。", "第二個問題是人才。", "5G之後，下一場競賽是AI。",
]  # fmt: skip
ENGLISH = [
    "Washington is adjusting its chip export controls to keep its lead.", "Allies worry about the shock to supply chains",
    "Congress asks for a review every year since 2023.", "Subsea cables carry 95% of the world's data, yet few protect them.",
    "States should form a joint fleet, led by NATO; others may follow.", "“Cooperation” and competition stand side by side: both need rules.",
    "The DFC could loosen some limits (and update its terms) to attract more partners.", "Three billion dollars are not enough.",
    "U.S. officials disagree.", "After 5G the next race is AI.",
]  # fmt: skip
AUTHORS = ["Vivek Chilukuri", "王小明", "Jane Doe", "李大同", "Ministry of Foreign Affairs"]
KEYWORDS = ["科技", "美國", "供應鏈", "全球"]
DATES = {
    "2025-06-19": ["2025-06-19", "19 June 2025", "June 19, 2025", "2025年6月19日", "06/19/2025", "民國114年6月19日", "114.6.19", "2025/6/19"],
    "2025-06": ["June 2025", "2025年6月", "2025-06", "06/2025"],
    "2025-05": ["May/June 2025", "2025年5-6月號"],
}  # fmt: skip
LABELS = {
    "authors": ["作者/Author(s)", "作者", "Author", "Authors", "撰文", "Written by"],
    "source": ["網站來源/Source", "來源", "Source", "出處", "网站来源", "Published in"],
    "date": ["日期/Date", "日期", "Date", "發布日期", "Published on"],
    "keywords": ["關鍵字/Keywords", "關鍵字", "Keywords", "关键词", "Tags"],
    "zh": ["摘要", "內容摘要", "中文摘要", "Summary (Chinese)", "摘要段落"],
    "en": ["Summary", "Abstract", "English summary", "英文摘要", "Executive summary"],
}
COLONS = [
    ("{}: {}", "{}:"),
    ("{}：{}", "{}："),
    ("【{}】{}", "【{}】"),
    ("**{}:** {}", "**{}**"),
    ("{} : {}", "{} :"),
    ("{}:\n{}", "## {}"),
]
BULLETS = ["•", "-", "–", "*", "·", "‧", "●", "○", "▪"]
NUMBERS = ["{}.", "{})", "({})", "（{}）", "{}、"]


@st.composite
def point_lists(draw, sentences):
    points, level = [], 0
    for text in draw(st.lists(st.sampled_from(sentences), min_size=1, max_size=6, unique=True)):
        level = draw(st.integers(0, min(level + 1, 2))) if points else 0
        points.append((level, text))
    markers = draw(st.tuples(*[st.sampled_from(["bullet", "number"])] * 3))
    return [(level, markers[level], text) for level, text in points]


@st.composite
def brief_contents(draw):
    """Generate the content of a brief as plain data, before it is typed in some form."""
    iso = draw(st.sampled_from(list(DATES)))
    return {
        "authors": draw(st.lists(st.sampled_from(AUTHORS), min_size=1, max_size=3, unique=True)),
        "source": draw(st.sampled_from(["Foreign Policy", "海洋安全季刊", "The Wire China"])),
        "date": (iso, draw(st.sampled_from(DATES[iso]))),
        "keywords": draw(st.lists(st.sampled_from(KEYWORDS), min_size=1, max_size=3, unique=True)),
        "zh": (
            draw(st.lists(st.sampled_from(CHINESE), min_size=1, max_size=2, unique=True)),
            draw(point_lists(CHINESE)),
        ),
        "en": (
            draw(st.lists(st.sampled_from(ENGLISH), min_size=1, max_size=2, unique=True)),
            draw(point_lists(ENGLISH)),
        ),
    }


def assert_document_matches(document: ParsedDocument, brief, sides=("zh", "en")) -> None:
    assert document.authors == tuple(brief["authors"])
    assert document.source == brief["source"]
    assert document.date.iso == brief["date"][0]
    assert not document.date.ambiguous
    assert document.keywords == tuple(brief["keywords"])
    assert set(document.sides) == set(sides)
    for side in sides:
        paragraphs, expected_points = brief[side]
        assert document.sides[side].summary == "\n\n".join(paragraphs)
        assert [(p.level, p.marker, p.text) for p in document.sides[side].points] == expected_points
    assert document.unplaced_lines == ()


@st.composite
def typed_briefs(draw, brief):
    """Generate one of many ways to type the brief."""
    form, body_form = draw(st.sampled_from(COLONS))
    values = {
        "authors": draw(st.sampled_from(["、", "; "])).join(brief["authors"]),
        "source": brief["source"],
        "date": brief["date"][1],
        "keywords": draw(st.sampled_from(["、", ", ", "；", "，"])).join(brief["keywords"]),
    }
    order = draw(st.permutations(list(values)))
    gap = "\n" * draw(st.integers(1, 3))
    heads = [form.format(draw(st.sampled_from(LABELS[name])), values[name]) for name in order]
    bodies = []
    for side in draw(st.permutations(["zh", "en"])):
        paragraphs, items = brief[side]
        label = body_form.format(draw(st.sampled_from(LABELS[side])))
        bodies.append("\n".join([label, "\n\n".join(paragraphs), *type_items(draw, items)]))
    parts = [gap.join(heads), *bodies] if draw(st.booleans()) else [*bodies, gap.join(heads)]
    return ("\n" * draw(st.integers(2, 4))).join(parts) + "\n" * draw(st.integers(0, 2))


def type_items(draw, items):
    step = draw(st.sampled_from(["  ", "    ", "\t", "\u3000", "\u00a0\u00a0"]))
    start = draw(st.sampled_from(["", "  ", "\t"]))
    space = draw(st.sampled_from([" ", "\t", "\u00a0", "  "]))
    bullets = draw(st.lists(st.sampled_from(BULLETS), min_size=3, max_size=3, unique=True))
    numbers = draw(st.lists(st.sampled_from(NUMBERS), min_size=3, max_size=3, unique=True))
    counts: dict[int, int] = {}
    for level, marker, text in items:
        counts = {depth: count for depth, count in counts.items() if depth <= level}
        counts[level] = counts.get(level, 0) + 1
        mark = bullets[level] if marker == "bullet" else numbers[level].format(counts[level])
        yield f"{start}{step * level}{mark}{space}{text}"


def text_width(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in line)


def wrap_lines(text: str, columns: int) -> str:
    """Wrap lines like a mail program: Latin text at spaces, Chinese text anywhere."""
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())].replace("\t", "    ").replace("\u3000", "  ")
        while text_width(line) > columns:
            end = next(n for n in range(len(line)) if text_width(line[: n + 1]) > columns)
            while end > 8 and line[end - 1 : end + 1].isascii() and line[end] != " ":
                end -= 1
            lines.append(line[:end].rstrip())
            line = f"{indent}  {line[end:].lstrip()}" if indent else line[end:].lstrip()
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.heavy
@settings(max_examples=scale(250), deadline=None)
@given(st.data())
def test_brief_typed_or_wrapped_and_quoted_in_mail_is_read_unchanged(data):
    brief = data.draw(brief_contents())
    text = data.draw(typed_briefs(brief))
    body = wrap_lines(text, data.draw(st.sampled_from([66, 72, 76, 10_000])))
    mark = data.draw(st.sampled_from(["", "> ", ">", "> > "]))
    assert_document_matches(parse("\n".join(f"{mark}{line}" for line in body.split("\n"))), brief)


# Big5 characters


def decodable_characters(encoding):
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            try:
                character = bytes((lead, trail)).decode(encoding)
            except UnicodeDecodeError:
                continue
            if not "\ue000" <= character <= "\uf8ff" and not character.isspace():
                yield character


def test_every_big5_character_is_kept():
    """Compared in NFC, which the product uses everywhere: it unifies the few characters that Big5 encodes twice."""
    characters = list(decodable_characters("cp950"))
    assert len(characters) > 13_000
    for start in range(0, len(characters), 400):
        words = f"的{''.join(characters[start : start + 400])}是"
        document = parse((HEADER + f"摘要:\n這是中文的內容。\n‧{words}\n").encode("cp950"))
        assert document.sides["zh"].points[0].text == unicodedata.normalize("NFC", words)
