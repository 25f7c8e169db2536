"""A brief nobody typed, written as different people would type it, is the brief that was meant."""

import codecs
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.documents.reader import read_document
from briefs.documents.types import ParsedDocument
from briefs.tests.documents.test_parser import HEADER, parsed
from briefs.tests.documents.test_word import KIND, NAMES, pack, paragraph, run

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
ENCODINGS = {
    "utf-8": b"", "utf-8-sig": b"", "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE, "cp950": b"", "gb18030": b"",
}  # fmt: skip


@st.composite
def points(draw, texts):
    found, level = [], 0
    for text in draw(st.lists(st.sampled_from(texts), min_size=1, max_size=6, unique=True)):
        level = draw(st.integers(0, min(level + 1, 2))) if found else 0
        found.append((level, text))
    markers = draw(st.tuples(*[st.sampled_from(["bullet", "number"])] * 3))
    return [(level, markers[level], text) for level, text in found]


@st.composite
def meant(draw):
    """What a brief says: plain data, since what it is typed like comes later."""
    iso = draw(st.sampled_from(list(DATES)))
    return {
        "authors": draw(st.lists(st.sampled_from(AUTHORS), min_size=1, max_size=3, unique=True)),
        "source": draw(st.sampled_from(["Foreign Policy", "海洋安全季刊", "The Wire China"])),
        "date": (iso, draw(st.sampled_from(DATES[iso]))),
        "keywords": draw(st.lists(st.sampled_from(KEYWORDS), min_size=1, max_size=3, unique=True)),
        "zh": (
            draw(st.lists(st.sampled_from(CHINESE), min_size=1, max_size=2, unique=True)),
            draw(points(CHINESE)),
        ),
        "en": (
            draw(st.lists(st.sampled_from(ENGLISH), min_size=1, max_size=2, unique=True)),
            draw(points(ENGLISH)),
        ),
    }


def is_said(document: ParsedDocument, brief, sides=("zh", "en")) -> None:
    assert document.authors == tuple(brief["authors"])
    assert document.source == brief["source"]
    assert document.date.iso == brief["date"][0]
    assert not document.date.ambiguous
    assert document.keywords == tuple(brief["keywords"])
    assert set(document.sides) == set(sides)
    for side in sides:
        paragraphs, wanted = brief[side]
        assert document.sides[side].summary == "\n\n".join(paragraphs)
        assert [(p.level, p.marker, p.text) for p in document.sides[side].points] == wanted
    assert document.unplaced_lines == ()


@st.composite
def texts(draw, brief):
    """The brief typed in one of very many ways."""
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
        bodies.append("\n".join([label, "\n\n".join(paragraphs), *typed_items(draw, items)]))
    parts = [gap.join(heads), *bodies] if draw(st.booleans()) else [*bodies, gap.join(heads)]
    return ("\n" * draw(st.integers(2, 4))).join(parts) + "\n" * draw(st.integers(0, 2))


def typed_items(draw, items):
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


def width(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in line)


def wrapped(text: str, columns: int) -> str:
    """As a mail program breaks lines: Latin at spaces, Chinese anywhere but inside a word of Latin letters."""
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())].replace("\t", "    ").replace("\u3000", "  ")
        while width(line) > columns:
            cut = next(n for n in range(len(line)) if width(line[: n + 1]) > columns)
            while cut > 8 and line[cut - 1 : cut + 1].isascii() and line[cut] != " ":
                cut -= 1
            lines.append(line[:cut].rstrip())
            line = f"{indent}  {line[cut:].lstrip()}" if indent else line[cut:].lstrip()
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.heavy
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_brief_wrapped_and_quoted_by_mail_programs(data):
    brief = data.draw(meant())
    text = data.draw(texts(brief))
    body = wrapped(text, data.draw(st.sampled_from([66, 72, 76])))
    mark = data.draw(st.sampled_from(["", "> ", ">", "> > "]))
    is_said(parsed("\n".join(f"{mark}{line}" for line in body.split("\n"))), brief)


@pytest.mark.heavy
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_brief_typed_in_any_way_is_read_as_it_was_meant(data):
    brief = data.draw(meant())
    text = data.draw(texts(brief))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r", "\u2028"]))
    encoding = data.draw(st.sampled_from(list(ENCODINGS)))
    if encoding in ("cp950", "gb18030"):
        end = "\n" if end == "\u2028" else end
        text = (
            text.replace("•", "‧" if encoding == "cp950" else "·")
            .replace("\u00a0", " ")
            .replace("–", "-")
            .replace("▪", "●")
        )
    if "关" in text or "来" in text:
        encoding = "utf-8" if encoding == "cp950" else encoding
    raw = ENCODINGS[encoding] + text.replace("\n", end).encode(encoding)
    readings = read_document(raw, "a.txt")
    assert [reading.refusal for reading in readings] == [None]
    is_said(readings[0].parsed, brief)


# In Word

NUMBERING = f"""<w:numbering {NAMES}>{
    "".join(
        f'<w:abstractNum w:abstractNumId="{n}">'
        + "".join(
            f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{"bullet" if bits[level] == "0" else "decimal"}"/><w:lvlText w:val="%{level + 1}."/>'
            f'<w:pPr><w:ind w:left="{720 * (level + 1)}" w:hanging="360"/></w:pPr></w:lvl>'
            for level in range(3)
        )
        + "</w:abstractNum>"
        for n, bits in enumerate(f"{n:03b}" for n in range(8))
    )
}{
    "".join(f'<w:num w:numId="{n + 1}"><w:abstractNumId w:val="{n}"/></w:num>' for n in range(8))
}</w:numbering>"""


def in_word(draw, brief) -> bytes:
    values = {
        "authors": "、".join(brief["authors"]),
        "source": brief["source"],
        "date": brief["date"][1],
        "keywords": "、".join(brief["keywords"]),
    }
    names = {name: draw(st.sampled_from(LABELS[name])) for name in values}
    kind = draw(st.sampled_from(["lines", "table", "breaks"]))
    if kind == "lines":
        body = "".join(paragraph(f"{names[name]}: {value}") for name, value in values.items())
    elif kind == "breaks":
        lines = [run(f"{names[name]}：{value}") for name, value in values.items()]
        body = paragraph("<w:r><w:br/></w:r>".join(lines))
    else:
        cells = "".join(
            f"<w:tr><w:tc>{paragraph(names[name])}</w:tc><w:tc>{paragraph(value)}</w:tc></w:tr>"
            for name, value in values.items()
        )
        body = f"<w:tbl>{cells}</w:tbl>"
    for side in draw(st.permutations(["zh", "en"])):
        paragraphs, items = brief[side]
        body += paragraph(draw(st.sampled_from(LABELS[side])) + ":") + "".join(map(paragraph, paragraphs))
        kinds = {level: marker for level, marker, _ in items}
        num = 1 + int(
            "".join("0" if kinds.get(level, "bullet") == "bullet" else "1" for level in range(3)), 2
        )
        is_typed = draw(st.booleans())
        for number, (level, marker, text) in enumerate(items):
            if is_typed:
                mark = "•" if marker == "bullet" else f"{number + 1})"
                body += paragraph(f"{mark}\t{text}".replace("\t", " "), f'<w:ind w:left="{360 * level}"/>')
            else:
                pieces = "".join(run(text[n : n + 7]) for n in range(0, len(text), 7))
                body += paragraph(
                    pieces, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>'
                )
    relation = f'<Relationship Id="n" Type="{KIND}/numbering" Target="numbering.xml"/>'
    return pack(body, {"word/numbering.xml": NUMBERING}, relation)


@pytest.mark.heavy
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_brief_in_word_is_read_as_it_was_meant(data):
    brief = data.draw(meant())
    readings = read_document(in_word(data.draw, brief), "a.docx")
    assert [reading.refusal for reading in readings] == [None]
    is_said(readings[0].parsed, brief)


@pytest.mark.heavy
@settings(max_examples=3_000, deadline=None)
@given(st.data())
def test_very_many_briefs(data):
    brief = data.draw(meant())
    is_said(parsed(data.draw(texts(brief))), brief)
    is_said(read_document(in_word(data.draw, brief), "a.docx")[0].parsed, brief)


# No character is lost


def every_character(encoding):
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            try:
                character = bytes((lead, trail)).decode(encoding)
            except UnicodeDecodeError:
                continue
            if not "\ue000" <= character <= "\uf8ff" and not character.isspace():
                yield character


def test_every_character_of_big5_is_kept():
    """In NFC, as everywhere in the house: it makes one of the few that Big5 has twice."""
    characters = list(every_character("cp950"))
    assert len(characters) > 13_000
    for start in range(0, len(characters), 400):
        words = f"的{''.join(characters[start : start + 400])}是"
        document = parsed((HEADER + f"摘要:\n這是中文的內容。\n‧{words}\n").encode("cp950"))
        assert document.sides["zh"].points[0].text == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize("text", ["作者: a\n摘要:\n中文的內容\x81\x8d", "作者: a\n摘要:\n中文的內\x80容"])
def test_no_byte_becomes_another_character_in_silence(text):
    raw = text.encode("latin-1", "ignore")
    for reading in read_document("作者: a\n摘要:\n中文的內容。".encode("cp950") + raw[-2:], "a.txt"):
        assert reading.refusal or "\ufffd" not in str(reading.parsed)
