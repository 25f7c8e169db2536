"""Pasted lines get the markers and levels that the importer gives them."""

import pytest

from briefs.bilingual.documents.pasted_lines import read_pasted_lines


def outline(text: str) -> list[tuple[str, str | None, int]]:
    return [(line.text, line.marker, line.depth) for line in read_pasted_lines(text.split("\n"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("·\t甲\no\t乙\n§\t丙\n·\t丁", "甲0b 乙1b 丙2b 丁0b"),
        ("一、甲事\n（一）乙事\n（二）丙事\n二、丁事", "甲事0n 乙事1n 丙事1n 丁事0n"),
        ("1. One\n(a) Two\n(b) Three\n2. Four", "One0n Two1n Three1n Four0n"),
        ("1. One\n\t1.1 Two\n\t1.2 Three\n2. Four", "One0n Two1n Three1n Four0n"),
        ("一、七大工業國\n二、三十人\n三、八國聯軍", "七大工業國0n 三十人0n 八國聯軍0n"),
        ("甲說\n2025年的事", "甲說0- 2025年的事0-"),
        ("Ø\tFirst\nü\tSecond", "First0b Second1b"),
    ],
)
def test_marker_and_level_of_each_line(text: str, expected: str) -> None:
    got = " ".join(f"{line}{depth}{(marker or '-')[0]}" for line, marker, depth in outline(text))
    assert got == expected


ENGLISH_MAIL = """\
The port authority will raise its fees in stages, and shippers that
signed long-term contracts before the summer will keep the old rates.
Smaller firms, by contrast, pay the full price from the first of
January.

A second paragraph follows."""
CHINESE_MAIL = """\
港務公司將分階段調漲費率，夏季前已簽訂長期合約的業者可沿用舊費率，其餘業者
則自一月一日起適用新制。較小的公司必須支付全額，且沒有任何緩衝期間可以調整，
影響不容小覷。"""
LIST_IN_MAIL = """\
• The port authority will raise its fees in stages, and shippers that
  signed long-term contracts keep the old rates
• Smaller firms pay the full price
1. From the first of January, when the contracts of this year have run
out"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENGLISH_MAIL, [ENGLISH_MAIL.partition("\n\n")[0].replace("\n", " "), "A second paragraph follows."]),
        (CHINESE_MAIL, [CHINESE_MAIL.replace("\n", "")]),
        (
            LIST_IN_MAIL,
            [
                "The port authority will raise its fees in stages, and shippers that signed long-term contracts keep the old rates",
                "Smaller firms pay the full price",
                "From the first of January, when the contracts of this year have run out",
            ],
        ),
    ],
)
def test_lines_wrapped_by_a_mail_program_are_joined(text: str, expected: list[str]) -> None:
    lines = text.split("\n")
    read = read_pasted_lines(lines, joins_wrapped=True)
    assert [line.text for line in read if line.text] == expected
    assert len(read) == len(lines)
    assert [line.text for line in read_pasted_lines(lines) if line.text] != expected, "only on request"


@pytest.mark.parametrize(
    "text",
    [
        "第一點沒有句號\n第二點也沒有句號\n第三點",
        "港務公司將分階段調漲費率，夏季前已簽訂長期合約的業者可沿用舊費率，其餘業者適用新制。\n較小的公司必須支付全額，且沒有任何緩衝期間可以調整，影響的範圍因此不容許小覷。",
        "Port fees rise in stages, while old contracts keep their old rates\nSmaller firms pay the full price from the beginning of next year\nShippers look for other harbors in the north and in the far south",
        "One long paragraph that no program has wrapped, because it goes on and on and is wider than any mail\nAnother one that is short\nand a third one",
    ],
)
def test_points_on_lines_of_their_own_stay_apart(text: str) -> None:
    read = read_pasted_lines(text.split("\n"), joins_wrapped=True)
    assert [line.text for line in read] == text.split("\n")
