"""List markers recognized by their sequence, page ends and remarks that are no points, and wrapped words."""

import pytest

from briefs.bilingual.text.scripts import join_wrapped

from .test_parser import BODY, HEADER, parse
from .word_builder import build_word_file, plain_paragraphs, read_word

HEADER_LINES = "作者: A B\n來源: C\n日期: 2025-06-19\n關鍵字: 科技\n\n"
LONG_LINE = "這一行寫得很滿所以郵件程式可能在此換行因此不能斷定是另起一點還是同一點的文字約有"


def read_points(body: str, *, side: str = "zh") -> list[str]:
    label = "摘要：\n本文主張。" if side == "zh" else "Summary:\nSome words."
    document = parse(f"{HEADER_LINES}{label}\n{body}\n")
    return [f"{'  ' * point.level}{point.text}" for point in document.sides[side].points]


def read_unplaced_lines(body: str) -> list[str]:
    document = parse(f"{HEADER_LINES}摘要：\n本文主張。\n{body}\n")
    return [text for _, text in document.unplaced_lines]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("一、台灣合作。\n二、七大工業國合作。\n三、各國簽約。", ["台灣合作。", "七大工業國合作。", "各國簽約。"]),
        ("壹、台灣\n一、七大工業國\n二、兩岸\n貳、各國\n一、三星\n二、台積電", ["台灣", "  七大工業國", "  兩岸", "各國", "  三星", "  台積電"]),
        ("1.台灣合作。\n2.2025年是關鍵。\n3.5G網路。", ["台灣合作。", "2025年是關鍵。", "5G網路。"]),
        ("-NATO擴張。\n-台灣合作。\n-5G網路。", ["NATO擴張。", "台灣合作。", "5G網路。"]),
        ("（一）、七國\n（二）.五國", ["七國", "五國"]),
        ("十、台灣\n十一、各國\n十二、七國", ["台灣", "各國", "七國"]),
        (f"一、{LONG_LINE}\n二、三十人。\n二、各國。", [f"{LONG_LINE}二、三十人。", "各國。"]),
        (f"1.{LONG_LINE}\n1.5倍。\n2.台灣。", [f"{LONG_LINE}1.5倍。", "台灣。"]),
        (f"一、{LONG_LINE}\n一、二百人。\n二、台灣。", [f"{LONG_LINE}一、二百人。", "台灣。"]),
        ("1.管制：\n1.1管制對象。\n1.2要求盟友。\n2.反制：\n2.1稀土。", ["管制：", "  管制對象。", "  要求盟友。", "反制：", "  稀土。"]),
        (f"一、{LONG_LINE}\n二、七大工業國{LONG_LINE}\n三、一帶一路{LONG_LINE}", [LONG_LINE, f"七大工業國{LONG_LINE}", f"一帶一路{LONG_LINE}"]),
        ("• 甲說「命運共同體」\n並以此為主軸。", ["甲說「命運共同體」並以此為主軸。"]),
        ("• 三項建議：（1）增加預算；\n（2）簽訂契約；\n（3）成立機構。\n• 乙。", ["三項建議：（1）增加預算；（2）簽訂契約；（3）成立機構。", "乙。"]),
        (f"1.台灣。\n2.{LONG_LINE}\n3.5億元。", ["台灣。", f"{LONG_LINE}3.5億元。"]),
    ],
)  # fmt: skip
def test_chinese_list_is_split_into_points(body: str, expected: list[str]) -> None:
    assert read_points(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("- Relations between the United States of America and the U.S.\n-China trade.\n- Ships.",
         ["Relations between the United States of America and the U.S. -China trade.", "Ships."]),
        ("1. Taiwan acts.\n2.2030 is the deadline.", ["Taiwan acts.", "2030 is the deadline."]),
        ("-Germany acts:\n  -Debt brake amended.\n  -Funds set aside.\n-France waits.",
         ["Germany acts:", "  Debt brake amended.", "  Funds set aside.", "France waits."]),
        ("-Germany may now borrow about a trillion euros\n-France has been placed under the procedure\n-Poland spends more than anybody",
         ["Germany may now borrow about a trillion euros", "France has been placed under the procedure", "Poland spends more than anybody"]),
        ("- First.\n- Second.\n\n-Jane Smith", ["First.", "Second."]),
        ("• Carmakers ran short of parts.\nSome of their lines stood still for three\nweeks, and they asked for help.\n• Second.",
         ["Carmakers ran short of parts. Some of their lines stood still for three weeks, and they asked for help.", "Second."]),
        ("• It would help both the U.S.\nadministration and its allies.\n• Second.", ["It would help both the U.S. administration and its allies.", "Second."]),
        ("I. Taiwan acts.\n  A. Ships are few.\nII. Others.", ["Taiwan acts.", "  Ships are few.", "Others."]),
        ("I. It was said in the House of Commons by somebody called\n  A. Smith.\nII. Others.",
         ["It was said in the House of Commons by somebody called A. Smith.", "Others."]),
    ],
)  # fmt: skip
def test_english_list_is_split_into_points(body: str, expected: list[str]) -> None:
    assert read_points(body, side="en") == expected


@pytest.mark.parametrize(
    "end", ["－完－", "-完-", "- End -", "—全文完—", "- 12 -", "（完）", "第 2 頁，共 3 頁", "※ 僅供內部參考"]
)
def test_page_end_mark_is_not_a_point(end: str) -> None:
    assert read_points(f"- 台灣。\n- 各國。\n{end}") == ["台灣。", "各國。"]
    assert read_unplaced_lines(f"- 台灣。\n- 各國。\n{end}") == [end]


@pytest.mark.parametrize("sign", ["※", "◆", "-", "－"])
def test_labels_after_a_bullet_sign_are_read(sign: str) -> None:
    text = (
        f"{sign}作者：A B\n{sign}日期：2025-06-19\n{sign}摘要：\n本文。\n- 甲。\n\n{sign}Summary:\nIt.\n- A."
    )
    document = parse(text)
    texts_by_side = {
        side: (parsed_side.summary, [p.text for p in parsed_side.points])
        for side, parsed_side in document.sides.items()
    }
    assert texts_by_side == {"zh": ("本文。", ["甲。"]), "en": ("It.", ["A."])}


def test_italic_title_does_not_start_a_list() -> None:
    body = "*The Economist* argues so.\n\n* Germany acts.\n* France waits."
    document = parse(f"{HEADER_LINES}Summary:\n{body}\n")
    assert document.sides["en"].summary == "*The Economist* argues so."


@pytest.mark.parametrize(
    "mail",
    [
        "From: Amy <a@x.org>\nTo: Desk <d@x.org>,\n Bob <b@x.org>\nDate: Friday, June 20, 2025\nSubject: digest",
        "From: Amy <a@x.org>\n\nDate: Friday, June 20, 2025\n\nAttachments: a.docx\n\nSubject: digest",
        "From: Amy <a@x.org>\nSubject: digest",
    ],
)
def test_date_in_a_mail_header_is_not_the_brief_date(mail: str) -> None:
    document = parse(
        f"{mail}\n\nDate: 2025-06-19\n{HEADER_LINES.replace('日期: 2025-06-19', '')}摘要：\n本文。\n"
    )
    assert document.date.iso == "2025-06-19"


@pytest.mark.parametrize("line", ["-NATO擴張。", "2.5G網路。", "二、三十人。", "※ 附註。"])
def test_single_line_with_a_marker_is_read_as_the_summary(line: str) -> None:
    document = parse(f"{HEADER_LINES}摘要：\n{line}\n")
    assert (document.sides["zh"].summary, document.sides["zh"].points) == (line, ())


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("the Indo-", "Pacific", "the Indo-Pacific"),
        ("COVID-", "19", "COVID-19"),
        ("2024–", "25", "2024–25"),
        ("short-", "and long-term", "short- and long-term"),
        ("約為1億2,", "000萬美元", "約為1億2,000萬美元"),
        ("in 2024,", "500 ships", "in 2024, 500 ships"),
        ("約3.", "5億", "約3.5億"),
        ("in 2024.", "2025 was", "in 2024. 2025 was"),
        ("40", "% of", "40% of"),
        ("https://example.org/a/", "b/c", "https://example.org/a/b/c"),
        ("https://example.org/a/", "for more", "https://example.org/a/ for more"),
    ],
)
def test_text_split_by_a_line_wrap_is_joined(above: str, below: str, joined: str) -> None:
    assert join_wrapped(above, below) == joined


def test_mail_header_pasted_into_word_is_left_unplaced() -> None:
    mail = "From: desk@example.org\nSubject: weekly digest\nDate: 2025-06-20\n\n"
    document = read_word(build_word_file(plain_paragraphs(mail + HEADER + BODY))).parsed
    assert document.date.iso == "2025-06-19"
    assert [text for _, text in document.unplaced_lines] == mail.strip().split("\n")


def test_address_continues_on_the_next_line() -> None:
    document = parse(
        f"{HEADER_LINES}連結：https://www.example.org/2025-06-19/\nchips-and-allies\n摘要：\n本文。\n"
    )
    assert document.facts.get("url") == "https://www.example.org/2025-06-19/chips-and-allies"
