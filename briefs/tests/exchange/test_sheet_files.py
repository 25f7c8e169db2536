"""Sheets as files: whatever a cell holds comes back as it was, no cell becomes a formula, hostile files stop early."""

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.exchange.sheets import sheet_formats
from briefs.exchange.sheets.cells import format_number, guard_formula, parse_cell_reference, unguard_formula
from briefs.exchange.sheets.table import SHEET_ROW_LIMIT, SHEET_SIZE_LIMIT

LIVE = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫]|[\t\r\n]")
PAYLOADS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", " =1", "\u200b=1", "\ufeff=1",
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","中")', "=DDE(\"a\";\"b\";\"c\")", "-2+3+cmd|' /C calc'!A0", "'", "''", "'=1", "''=1", "'tis",
    "007", "0", "1e308", "1E5", "TRUE", "2025-06-09", "3/4", "#REF!", "_x000D_", "_x005F_x000D_", "a\nb", "a\r\nb", "a\rb", "a\tb", '"', '""', '","',
    ";=1", "中文，「引號」", "產业", "é", "🙂", "x" * 5000, "a\u2028b", "\u3000空格\u3000", " a ", "\x07", "\x1f", "=\n=", "a,b;c\td",
]  # fmt: skip


def nasty() -> list[str]:
    """500 cells: the known ones, and pieces of them put together."""
    chance = random.Random(20250609)
    pieces = [*PAYLOADS, "=", "+", "-", "@", "'", "\t", "\r", "\n", "＝", "A1", "中", "0", '"', ",", ";"]
    made = ["".join(chance.choices(pieces, k=chance.randint(2, 5))) for _ in range(500 - len(PAYLOADS))]
    return PAYLOADS + made


def table(cells: list[str]) -> list[list[str]]:
    return [["slug", "note", "end"], *[[f"r{n}", cell, "."] for n, cell in enumerate(cells)]]


def back(data: bytes) -> list[list[str]]:
    sheet = sheet_formats.read_sheet(data)
    return [list(sheet.headings), *[list(line.cells) for line in sheet.rows]]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_500_nasty_cells_come_back_exactly_and_none_is_live(form: sheet_formats.SheetFormat) -> None:
    rows = table(nasty())
    assert len(rows) == 501
    data = sheet_formats.write_sheet(rows, form, title="Notes")
    assert back(data) == rows
    if form == "csv":
        seen = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert [cell for row in seen for cell in row if LIVE.match(cell)] == []
    else:
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} == {"s"}
        assert [cell.value for cell in cells if LIVE.match(cell.value)] == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("'=+-@＝\t\r\n a中\u200b"), max_size=6))
def test_the_guard_is_taken_off_exactly(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text
    assert not LIVE.match(guard_formula(text))


def test_what_a_person_types_keeps_its_apostrophe() -> None:
    assert [unguard_formula(text) for text in ("'tis", "'90s", "'", "a'=1")] == ["'tis", "'90s", "'", "a'=1"]


def test_csv_is_written_as_excel_reads_it() -> None:
    data = sheet_formats.write_sheet([["slug"], ["中"]], "csv", title="x")
    assert data == b'\xef\xbb\xbf"slug"\r\n"\xe4\xb8\xad"\r\n'


CHINESE = "slug,label_zh\r\na,供應鏈韌性與國家安全政策的關鍵問題\r\n"


@pytest.mark.parametrize(
    ("encode", "told"),
    [
        (lambda t: t.encode("utf-8-sig"), False),
        (lambda t: t.encode(), False),
        (lambda t: t.encode("utf-16"), False),
        (lambda t: t.replace(",", "\t").encode("utf-16"), False),  # Excel's "Unicode text"
        (lambda t: t.encode("cp950"), False),
        (lambda t: t.replace(",", ";").replace("\r\n", "\n").encode(), False),
        (lambda t: t.replace("鏈韌", "链韧").replace("國", "国").encode("gb18030"), True),
    ],
)
def test_csv_in_the_encodings_of_excel(encode: Callable[[str], bytes], told: bool) -> None:
    sheet = sheet_formats.read_sheet(encode(CHINESE))
    assert sheet.headings == ("slug", "label_zh")
    assert sheet.rows[0].cells[1].startswith("供應")
    assert bool(sheet.notices) is told


def refusal(data: bytes) -> str:
    with translation.override("en"):
        with pytest.raises(sheet_formats.SheetRefused) as refused:
            sheet_formats.read_sheet(data)
        return str(refused.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The sheet is empty."),
        (b"\xff\xff\x00\x81", "The file is no text"),
        (b'slug,note\r\na,"b\r\n', "Row 2: the quotation marks"),
        (b"slug,note\r\na,b,c\r\n", "Row 2: a cell stands in a column without a heading."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "older Excel file (.xls)"),
        (b"PK\x03\x04" + bytes(100), "The workbook is damaged"),
        (b"a" * (SHEET_SIZE_LIMIT + 1), "The file is too large. The limit is 5 MB."),
        (b"slug\r\n" + b"a\r\n" * (SHEET_ROW_LIMIT + 1), "more than 10,000 rows"),
        (b"slug\r\n" + b"," * 200 + b"x\r\n", "more than 100 columns"),
    ],
)
def test_a_refused_file_says_why(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_rows_are_counted_as_the_spreadsheet_counts_them() -> None:
    sheet = sheet_formats.read_sheet(b'slug,note\r\n\r\na,"x\r\ny"\r\n,\r\nb,z\r\n')
    assert [(line.number, line.cells) for line in sheet.rows] == [(3, ("a", "x\r\ny")), (5, ("b", "z"))]


def book(*edits: Callable[[openpyxl.Workbook], None]) -> bytes:
    made = openpyxl.Workbook()
    page = made.active
    page.title = "Terms"
    for row in (["slug", "zh", "note"], ["a", "甲", "x"], ["b", "乙", "y"], ["c", "丙", "z"]):
        page.append(row)
    for edit in edits:
        edit(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def put(cell: str, value: object, form: str = "") -> Callable[[openpyxl.Workbook], None]:
    def edit(made: openpyxl.Workbook) -> None:
        made.active[cell] = value
        if form:
            made.active[cell].number_format = form

    return edit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (7.0, "7"),
        (-0.5, "-0.5"),
        (1e308, "1e+308"),
        (1e15, "1000000000000000.0"),
        (True, "TRUE"),
        (0.1, "0.1"),
        (12345678901, "12345678901"),
    ],
)
def test_numbers_are_the_text_that_a_person_reads(value: object, text: str) -> None:
    assert sheet_formats.read_sheet(book(put("C3", value))).rows[1].cells[2] == text


def test_a_text_cell_keeps_its_zeros_and_formats_are_not_dates() -> None:
    data = book(put("C2", "007"), put("C3", 7, "000"), put("C4", 5, '0 "days"'))
    assert [line.cells[2] for line in sheet_formats.read_sheet(data).rows] == ["007", "7", "5"]


@pytest.mark.parametrize(
    ("cell", "value", "form", "said"),
    [
        ("C3", 45817, "yyyy-mm-dd", "Row 3, column “note”: this cell is a date."),
        ("C3", 45817, '[$-404]e"年"m"月"d"日"', "Row 3, column “note”: this cell is a date."),
        ("C3", 0.5, "[h]:mm", "Row 3, column “note”: this cell is a date."),
        ("B4", "=A1&A2", "", "Row 4, column “zh”: this cell holds a formula."),
        ("B4", "#REF!", "", "Row 4, column “zh”: this cell holds the error #REF!."),
    ],
)
def test_a_cell_whose_text_cannot_be_known_is_refused(cell: str, value: object, form: str, said: str) -> None:
    assert said in refusal(book(put(cell, value, form)))


def test_a_1904_workbook_is_no_different() -> None:
    def old(made: openpyxl.Workbook) -> None:
        made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    assert "this cell is a date" in refusal(book(old, put("C3", 45817, "yyyy-mm-dd")))
    assert sheet_formats.read_sheet(book(old, put("C3", 45817))).rows[1].cells[2] == "45817"


def test_merged_cells_are_refused() -> None:
    assert "Row 3: the cells C3:C4 are merged. Split them." in refusal(
        book(lambda made: made.active.merge_cells("C3:C4"))
    )


def test_what_is_hidden_is_read_and_told() -> None:
    def hide(made: openpyxl.Workbook) -> None:
        made.active.row_dimensions[3].hidden = True
        made.active.column_dimensions["C"].hidden = True
        made.create_sheet("Old").sheet_state = "hidden"
        made.create_sheet("More")

    with translation.override("en"):
        sheet = sheet_formats.read_sheet(book(hide))
    assert len(sheet.rows) == 3
    assert sheet.notices == [
        "Hidden in the file, and read all the same: rows 3.",
        "Hidden in the file, and read all the same: columns note.",
        "Only the sheet “Terms” was read, not “Old” (hidden), “More”.",
    ]
    assert sheet_formats.read_sheet(book()).notices == []


def test_a_hidden_first_sheet_is_not_the_one_that_is_read() -> None:
    def behind(made: openpyxl.Workbook) -> None:
        made.create_sheet("Front").append(["slug", "zh"])
        made["Terms"].sheet_state = "hidden"

    assert sheet_formats.read_sheet(book(behind)).headings == ("slug", "zh")


def test_the_last_row_of_excel_costs_nothing() -> None:
    sheet = sheet_formats.read_sheet(
        book(put("A1048576", "", "@"), put("XFD2", "", "@"), put("A1048575", "z"))
    )
    assert [line.number for line in sheet.rows] == [2, 3, 4, 1048575]


def rezipped(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            part = old.read(info)
            new.writestr(info.filename, change(part) if info.filename == name else part)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part + b" " * 60_000_000,
        lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 2_500_000),
        lambda part: b'<!DOCTYPE x [<!ENTITY a "b">]>' + part,
        lambda part: part[: len(part) // 2],
        lambda part: part.replace(b'r="A2"', b'r="ZZZZ2"'),
        lambda part: part.replace(b'r="2"', b'r="x"'),
    ],
)
def test_a_hostile_workbook_stops_early(change: Callable[[bytes], bytes]) -> None:
    data = rezipped(book(), SHEET, change)
    assert data != rezipped(book(), SHEET, bytes)
    said = refusal(data)
    assert "damaged" in said or "more than" in said


@pytest.mark.heavy
def test_too_many_cells_stop_the_reading() -> None:
    chance = random.Random(1)
    cells = "".join(f'<c r="{chance.choice("ABCDEFGH")}{chance.randrange(9999)}"/>' for _ in range(400_001))
    row = f"<row>{cells}</row>".encode()
    data = rezipped(book(), SHEET, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + row))
    assert "more than" in refusal(data)


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def as_excel_writes(*cells: str, strings: str) -> bytes:
    """Excel keeps all texts in one part and writes their numbers into the cells; openpyxl does not."""
    rows = "".join(f'<row r="{n}">{cell}</row>' for n, cell in enumerate(cells, 1))
    parts = {
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{REL}"><sheets><sheet name="工作表1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="x"><Relationship Id="rId1" Type="{REL}/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData>{rows.replace("<", "<x:").replace("<x:/", "</x:")}</x:sheetData></x:worksheet>',
        "xl/sharedStrings.xml": f"<sst {MAIN}>{strings}</sst>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return out.getvalue()


HEAD = '<c r="A1" t="s"><v>0</v></c>'


def test_shared_strings_with_runs_and_a_phonetic_guide() -> None:
    strings = (
        "<si><t>slug</t></si><si><r><t>甲</t></r><r><rPr><b/></rPr><t xml:space='preserve'> 乙_x000D_\n</t></r>"
        "<rPh sb='0' eb='1'><t>コウ</t></rPh></si>"
    )
    sheet = sheet_formats.read_sheet(as_excel_writes(HEAD, '<c r="A2" t="s"><v>1</v></c>', strings=strings))
    assert sheet.rows[0].cells == ("甲 乙\r\n",)


@pytest.mark.parametrize("number", ["2", "-1", "99999999999999999999", "x", "1.0"])
def test_a_text_that_is_not_there_is_refused(number: str) -> None:
    strings = "<si><t>slug</t></si><si><t>a</t></si>"
    data = as_excel_writes(HEAD, f'<c r="A2" t="s"><v>{number}</v></c>', strings=strings)
    assert "damaged" in refusal(data)


@pytest.mark.parametrize("number", ["1e999", "nan", "x"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    data = as_excel_writes(HEAD, f'<c r="A2"><v>{number}</v></c>', strings="<si><t>slug</t></si>")
    assert "damaged" in refusal(data)


def test_a_cell_longer_than_excel_allows_asks_for_csv() -> None:
    rows = [["slug", "note"], ["a", "x" * 32_768]]
    with translation.override("en"), pytest.raises(sheet_formats.SheetRefused, match="Choose CSV"):
        sheet_formats.write_sheet(rows, "xlsx", title="x")
    assert back(sheet_formats.write_sheet(rows, "csv", title="x")) == rows


def test_places_and_numbers() -> None:
    assert [parse_cell_reference(p) for p in ("A1", "Z9", "AA10", "XFD1")] == [
        (0, 0),
        (8, 25),
        (9, 26),
        (0, 16_383),
    ]
    for bad in ("", "1", "a1", "XFE1", "A"):
        with pytest.raises(ValueError):  # noqa: PT011
            parse_cell_reference(bad)
    with pytest.raises(ValueError, match="nan"):
        format_number("nan")
