"""Pasted lines get the markers and levels that the importer gives them."""

import pytest

from briefs.documents.pasted_lines import PastedLine, read_pasted_lines


def outline(text: str) -> list[tuple[str, str | None, int]]:
    return [(line.text, line.marker, line.depth) for line in read_pasted_lines(text.split("\n"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("·\t甲\no\t乙\n§\t丙\n·\t丁", "甲0b 乙1b 丙2b 丁0b"),
        ("• A\n◦ B\n▪ C\n• D", "A0b B1b C2b D0b"),
        ("一、甲事\n（一）乙事\n（二）丙事\n二、丁事", "甲事0n 乙事1n 丙事1n 丁事0n"),
        ("（1）甲\n①乙\n②丙\n（2）丁", "甲0n 乙1n 丙1n 丁0n"),
        ("1. One\n(a) Two\n(b) Three\n2. Four", "One0n Two1n Three1n Four0n"),
        ("1. One\n\t1.1 Two\n\t1.2 Three\n2. Four", "One0n Two1n Three1n Four0n"),
        ("- 甲\n  - 乙\n    - 丙\n- 丁", "甲0b 乙1b 丙2b 丁0b"),
        ("一、七大工業國\n二、三十人\n三、八國聯軍", "七大工業國0n 三十人0n 八國聯軍0n"),
        ("甲說\n2025年的事", "甲說0- 2025年的事0-"),
        ("Ø\tFirst\nü\tSecond", "First0b Second1b"),
    ],
)
def test_marker_and_level_of_each_line(text: str, expected: str) -> None:
    got = " ".join(f"{line}{depth}{(marker or '-')[0]}" for line, marker, depth in outline(text))
    assert got == expected


def test_empty_lines_keep_their_place() -> None:
    assert [text for text, _, _ in outline("• A\n\n• B")] == ["A", "", "B"]


def test_figure_is_no_marker() -> None:
    assert outline("2.5億美元\nU.S. policy")[0] == ("2.5億美元", None, 0)


def test_year_at_the_beginning_of_a_line_is_text() -> None:
    assert read_pasted_lines(["2025. 關稅上升。"]) == [PastedLine("2025. 關稅上升。")]
