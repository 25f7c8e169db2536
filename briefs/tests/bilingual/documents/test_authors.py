"""Author lines with mixed separators, organizations beside people, and several lines."""

import pytest

from briefs.bilingual.documents.fields.authors import split_authors

from .test_parser import BODY, HEADER, caution_codes, parse


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A. Michael Spence，Jane Doe；John Roe", ["A. Michael Spence", "Jane Doe", "John Roe"]),
        ("Jane Q. Doe, Mary Poe; John Roe", ["Jane Q. Doe", "Mary Poe", "John Roe"]),
        ("A. Michael Spence (NYU), Jane Doe; John Roe", ["A. Michael Spence (NYU)", "Jane Doe", "John Roe"]),
        ("王小明，李大同；陳美", ["王小明", "李大同", "陳美"]),
        ("Jane Doe; John Roe; 與 Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("J. Doe, Stanford University; John Roe", ["J. Doe, Stanford University", "John Roe"]),
        ("J. Doe, Foreign Policy; John Roe", ["J. Doe, Foreign Policy", "John Roe"]),
        ("Dr. Jane Doe; Prof. John Roe & 王小明教授", ["Dr. Jane Doe", "Prof. John Roe", "王小明教授"]),
        ("葛來儀 (Bonnie Glaser), 印太計畫主任", ["葛來儀 (Bonnie Glaser), 印太計畫主任"]),
        ("王小明，國防安全研究院副研究員", ["王小明，國防安全研究院副研究員"]),
        ("王小明，中央研究院", ["王小明", "中央研究院"]),
        ("Vivek Chilukuri, Center for a New American Security", ["Vivek Chilukuri, Center for a New American Security"]),
        ("Russell Hsiao, Mark Stokes; Jane Doe and John Roe", ["Russell Hsiao", "Mark Stokes", "Jane Doe", "John Roe"]),
        ("馬克・史托克斯(Mark Stokes)/蕭良其(Russell Hsiao)", ["馬克・史托克斯(Mark Stokes)", "蕭良其(Russell Hsiao)"]),
        ("International Institute for Peace and Security and Jane Doe", ["International Institute for Peace and Security", "Jane Doe"]),
        ("Center for Strategic and International Studies and Jane Doe and John Roe", ["Center for Strategic and International Studies", "Jane Doe", "John Roe"]),
    ],
)  # fmt: skip
def test_author_line_with_mixed_separators_is_split(text: str, names: list[str]) -> None:
    assert split_authors(text)[0] == tuple(names)


@pytest.mark.parametrize(
    "organization",
    [
        "Council on Foreign Relations",
        "Office of Science and Technology Policy",
        "Bureau of Oceans and International Environmental and Scientific Affairs",
        "Institute for Peace and Security",
    ],
)
def test_organization_name_stays_whole_without_doubt(organization: str) -> None:
    assert split_authors(organization) == ((organization,), False)


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
