"""Markers that only the others of their list tell, ends and remarks that are none, and words that a wrap cut in two."""

import pytest

from briefs.documents.reading import read
from briefs.documents.scripts import join_wrapped

HEAD = "作者: A B\n來源: C\n日期: 2025-06-19\n關鍵字: 科技\n\n"
LONG = "這一行寫得很滿所以郵件程式可能在此換行因此不能斷定是另起一點還是同一點的文字約有"


def points(body: str, *, side: str = "zh") -> list[str]:
    label = "摘要：\n本文主張。" if side == "zh" else "Summary:\nSome words."
    (reading,) = read(f"{HEAD}{label}\n{body}\n".encode(), "a.txt")
    assert reading.parsed is not None
    return [f"{'  ' * point.level}{point.text}" for point in reading.parsed.sides[side].points]


def left(body: str) -> list[str]:
    (reading,) = read(f"{HEAD}摘要：\n本文主張。\n{body}\n".encode(), "a.txt")
    assert reading.parsed is not None
    return [text for _, text in reading.parsed.unplaced]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("一、台灣合作。\n二、七大工業國合作。\n三、各國簽約。", ["台灣合作。", "七大工業國合作。", "各國簽約。"]),
        ("一、七大工業國合作。\n二、台灣合作。", ["七大工業國合作。", "台灣合作。"]),
        ("一、台灣合作\n二、一帶一路", ["台灣合作", "一帶一路"]),
        ("一、三項\n二、五角大廈\n三、九二共識", ["三項", "五角大廈", "九二共識"]),
        ("壹、台灣\n一、七大工業國\n二、兩岸\n貳、各國\n一、三星\n二、台積電", ["台灣", "  七大工業國", "  兩岸", "各國", "  三星", "  台積電"]),
        ("甲、台灣\n乙、丙烯\n丙、各國", ["台灣", "丙烯", "各國"]),
        ("1.台灣合作。\n2.2025年是關鍵。\n3.5G網路。", ["台灣合作。", "2025年是關鍵。", "5G網路。"]),
        ("１．台灣\n２．２０２５年\n３．各國", ["台灣", "２０２５年", "各國"]),
        ("-NATO擴張。\n-台灣合作。\n-5G網路。", ["NATO擴張。", "台灣合作。", "5G網路。"]),
        ("※ 台灣合作。\n※ 各國簽約。", ["台灣合作。", "各國簽約。"]),
        ("（一）、七國\n（二）.五國", ["七國", "五國"]),
        ("一）台灣\n二）各國", ["台灣", "各國"]),
        ("十、台灣\n十一、各國\n十二、七國", ["台灣", "各國", "七國"]),
        (f"一、{LONG}\n二、三十人。\n二、各國。", [f"{LONG}二、三十人。", "各國。"]),
        (f"1.台灣。\n2.{LONG}\n3.5億元。", ["台灣。", f"{LONG}3.5億元。"]),
        (f"1.{LONG}\n2.5億元。\n2.台灣。", [f"{LONG}2.5億元。", "台灣。"]),
        (f"• {LONG}\n-5%。\n• 台灣。", [f"{LONG}-5%。", "台灣。"]),
    ],
)  # fmt: skip
def test_chinese_lists(body: str, found: list[str]) -> None:
    assert points(body) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("-Taiwan acts.\n-Ships are few.", ["Taiwan acts.", "Ships are few."]),
        ("*Taiwan acts.\n* Ships are few.", ["Taiwan acts.", "Ships are few."]),
        ("- Relations between the United States of America and the U.S.\n-China trade.\n- Ships.",
         ["Relations between the United States of America and the U.S. -China trade.", "Ships."]),
        ("1. Taiwan acts.\n2.2030 is the deadline.", ["Taiwan acts.", "2030 is the deadline."]),
        ("a)Taiwan\nb)Others", ["Taiwan", "Others"]),
        ("I. Taiwan acts.\n  A. Ships are few.\nII. Others.", ["Taiwan acts.", "  Ships are few.", "Others."]),
        ("I. It was said in the House of Commons by somebody called\n  A. Smith.\nII. Others.",
         ["It was said in the House of Commons by somebody called A. Smith.", "Others."]),
    ],
)  # fmt: skip
def test_english_lists(body: str, found: list[str]) -> None:
    assert points(body, side="en") == found


@pytest.mark.parametrize("end", ["－完－", "-完-", "- End -", "—全文完—", "- 12 -", "※ 僅供內部參考"])
def test_the_end_of_a_page_is_no_point(end: str) -> None:
    assert points(f"- 台灣。\n- 各國。\n{end}") == ["台灣。", "各國。"]
    assert left(f"- 台灣。\n- 各國。\n{end}") == [end]


@pytest.mark.parametrize("line", ["-NATO擴張。", "2.5G網路。", "二、三十人。", "※ 附註。"])
def test_alone_it_is_a_paragraph_like_any(line: str) -> None:
    (reading,) = read(f"{HEAD}摘要：\n{line}\n".encode(), "a.txt")
    assert reading.parsed is not None
    assert (reading.parsed.sides["zh"].summary, reading.parsed.sides["zh"].points) == (line, ())


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("the Indo-", "Pacific", "the Indo-Pacific"),
        ("U.S.-", "China", "U.S.-China"),
        ("COVID-", "19", "COVID-19"),
        ("2024–", "25", "2024–25"),
        ("word—", "and", "word—and"),
        ("short-", "and long-term", "short- and long-term"),
        ("text -", "more", "text - more"),
        ("約為1億2,", "000萬美元", "約為1億2,000萬美元"),
        ("US$1,200,", "000", "US$1,200,000"),
        ("in 2024,", "500 ships", "in 2024, 500 ships"),
        ("約3.", "5億", "約3.5億"),
        ("about 3.", "5 billion", "about 3.5 billion"),
        ("成立於2024.", "25國", "成立於2024. 25國"),
        ("in 2024.", "2025 was", "in 2024. 2025 was"),
        ("reached 3.", "5 countries", "reached 3. 5 countries"),
        ("40", "% of", "40% of"),
        ("the (", "see", "the (see"),
        ("https://example.org/a/", "b/c", "https://example.org/a/b/c"),
        ("https://example.org/a/", "for more", "https://example.org/a/ for more"),
    ],
)
def test_what_a_wrap_cut_in_two_is_whole(above: str, below: str, joined: str) -> None:
    assert join_wrapped(above, below) == joined
