"""Vocabulary sheets as files: cells are read back exactly, none becomes a formula, hostile files are refused early."""

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

from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.table import SHEET_ROW_LIMIT, SHEET_SIZE_LIMIT, guard_formula, unguard_formula

FORMULA_START = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫]|[\t\r\n]")
PAYLOADS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", " =1", "\u200b=1", "\ufeff=1",
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","中")', "=DDE(\"a\";\"b\";\"c\")", "-2+3+cmd|' /C calc'!A0", "'", "''", "'=1", "''=1", "'tis",
    "007", "0", "1e308", "1E5", "TRUE", "2025-06-09", "3/4", "#REF!", "_x000D_", "_x005F_x000D_", "a\nb", "a\r\nb", "a\rb", "a\tb", '"', '""', '","',
    ";=1", "中文，「引號」", "產业", "é", "🙂", "x" * 5000, "a\u2028b", "\u3000空格\u3000", " a ", "\x07", "\x1f", "=\n=", "a,b;c\td",
]  # fmt: skip


def hostile_cells() -> list[str]:
    """Return 500 cells: the payloads, and random combinations of their parts."""
    rng = random.Random(20250609)
    pieces = [*PAYLOADS, "=", "+", "-", "@", "'", "\t", "\r", "\n", "＝", "A1", "中", "0", '"', ",", ";"]
    combined = ["".join(rng.choices(pieces, k=rng.randint(2, 5))) for _ in range(500 - len(PAYLOADS))]
    return PAYLOADS + combined


def table(cells: list[str]) -> list[list[str]]:
    return [["slug", "note", "end"], *[[f"r{n}", cell, "."] for n, cell in enumerate(cells)]]


def read_back(data: bytes) -> list[list[str]]:
    sheet = sheet_files.read_sheet(data)
    return [list(sheet.headings), *[list(line.cells) for line in sheet.rows]]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_hostile_cells_are_read_back_exactly_and_none_is_a_formula(
    file_format: sheet_files.SheetFormat,
) -> None:
    rows = table(hostile_cells())
    assert len(rows) == 501
    data = sheet_files.write_sheet(rows, file_format, title="Notes")
    assert read_back(data) == rows
    if file_format == "csv":
        written_rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert [cell for row in written_rows for cell in row if FORMULA_START.match(cell)] == []
    else:
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} == {"s"}
        assert [cell.value for cell in cells if FORMULA_START.match(cell.value)] == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("'=+-@＝\t\r\n a中\u200b"), max_size=6))
def test_formula_guard_is_removed_exactly(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text
    assert not FORMULA_START.match(guard_formula(text))


def test_typed_apostrophe_is_kept() -> None:
    assert [unguard_formula(text) for text in ("'tis", "'90s", "'", "a'=1")] == ["'tis", "'90s", "'", "a'=1"]


CHINESE = "slug,label_zh\r\na,供應鏈韌性與國家安全政策的關鍵問題\r\n"


@pytest.mark.parametrize(
    ("encode", "has_notice"),
    [
        (lambda t: t.encode("utf-8-sig"), False),
        (lambda t: t.encode("utf-16"), False),
        (lambda t: t.replace(",", "\t").encode("utf-16"), False),  # Excel's "Unicode text"
        (lambda t: t.encode("cp950"), False),
        (lambda t: t.replace(",", ";").replace("\r\n", "\n").encode(), False),
        (lambda t: t.replace("鏈韌", "链韧").replace("國", "国").encode("gb18030"), True),
    ],
)
def test_csv_in_excel_encodings_is_read(encode: Callable[[str], bytes], has_notice: bool) -> None:
    sheet = sheet_files.read_sheet(encode(CHINESE))
    assert sheet.headings == ("slug", "label_zh")
    assert sheet.rows[0].cells[1].startswith("供應")
    assert bool(sheet.notices) is has_notice


def refusal(data: bytes) -> str:
    with translation.override("en"):
        with pytest.raises(sheet_files.SheetRefused) as refused:
            sheet_files.read_sheet(data)
        return str(refused.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The sheet is empty."),
        (b"\xff\xff\x00\x81", "The file is not text"),
        (b'slug,note\r\na,"b\r\n', "Row 2: the quotation marks"),
        (b"slug,note\r\na,b,c\r\n", "Row 2: there is text in a column without a heading."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "older Excel file (.xls)"),
        (b"PK\x03\x04" + bytes(100), "The workbook is damaged"),
        (b"a" * (SHEET_SIZE_LIMIT + 1), "The file is too large. The limit is 5 MB."),
        (b"slug\r\n" + b"a\r\n" * (SHEET_ROW_LIMIT + 1), "more than 10,000 rows"),
        (b"slug\r\n" + b"," * 200 + b"x\r\n", "more than 100 columns"),
    ],
)
def test_unreadable_file_is_refused_with_reason(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_rows_are_numbered_as_in_the_spreadsheet() -> None:
    sheet = sheet_files.read_sheet(b'slug,note\r\n\r\na,"x\r\ny"\r\n,\r\nb,z\r\n')
    assert [(line.number, line.cells) for line in sheet.rows] == [(3, ("a", "x\r\ny")), (5, ("b", "z"))]


def workbook(*edits: Callable[[openpyxl.Workbook], None]) -> bytes:
    result = openpyxl.Workbook()
    worksheet = result.active
    worksheet.title = "Terms"
    for row in (["slug", "zh", "note"], ["a", "甲", "x"], ["b", "乙", "y"], ["c", "丙", "z"]):
        worksheet.append(row)
    for edit in edits:
        edit(result)
    out = io.BytesIO()
    result.save(out)
    return out.getvalue()


def set_cell(cell: str, value: object, number_format: str = "") -> Callable[[openpyxl.Workbook], None]:
    def edit(target: openpyxl.Workbook) -> None:
        target.active[cell] = value
        if number_format:
            target.active[cell].number_format = number_format

    return edit


@pytest.mark.parametrize(
    ("value", "text"),
    [(7.0, "7"), (-0.5, "-0.5"), (1e308, "1e+308"), (1e15, "1000000000000000.0"), (True, "TRUE")],
)
def test_number_is_read_as_displayed_text(value: object, text: str) -> None:
    assert sheet_files.read_sheet(workbook(set_cell("C3", value))).rows[1].cells[2] == text


@pytest.mark.parametrize(
    ("cell", "value", "number_format", "reason"),
    [
        ("C3", 45817, "yyyy-mm-dd", "Row 3, column “note”: this cell is a date."),
        ("C3", 45817, '[$-404]e"年"m"月"d"日"', "Row 3, column “note”: this cell is a date."),
        ("C3", 0.5, "[h]:mm", "Row 3, column “note”: this cell is a date."),
        ("B4", "=A1&A2", "", "Row 4, column “zh”: this cell holds a formula."),
        ("B4", "#REF!", "", "Row 4, column “zh”: this cell holds the error #REF!."),
    ],
)
def test_date_formula_or_error_cell_is_refused(
    cell: str, value: object, number_format: str, reason: str
) -> None:
    assert reason in refusal(workbook(set_cell(cell, value, number_format)))


def test_merged_cells_are_refused() -> None:
    assert "Row 3: the cells C3:C4 are merged. Split them." in refusal(
        workbook(lambda target: target.active.merge_cells("C3:C4"))
    )


def test_hidden_rows_and_columns_are_read_with_notice() -> None:
    def hide(target: openpyxl.Workbook) -> None:
        target.active.row_dimensions[3].hidden = True
        target.active.column_dimensions["C"].hidden = True
        target.create_sheet("Old").sheet_state = "hidden"
        target.create_sheet("More")

    with translation.override("en"):
        sheet = sheet_files.read_sheet(workbook(hide))
    assert len(sheet.rows) == 3
    assert sheet.notices == [
        "Hidden in the file, and read all the same: rows 3.",
        "Hidden in the file, and read all the same: columns note.",
        "Only the sheet “Terms” was read, not “Old” (hidden), “More”.",
    ]
    assert sheet_files.read_sheet(workbook()).notices == []


def replace_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
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
        lambda part: part.replace(
            b"<sheetData>", b"<sheetData>" + b"".join(b"<x%d>" % n for n in range(999_999))
        ),
        lambda part: b'<!DOCTYPE x [<!ENTITY a "b">]>' + part,
        lambda part: part[: len(part) // 2],
        lambda part: part.replace(b'r="A2"', b'r="ZZZZ2"'),
    ],
)
def test_hostile_workbook_is_refused(change: Callable[[bytes], bytes]) -> None:
    data = replace_part(workbook(), SHEET, change)
    assert data != replace_part(workbook(), SHEET, bytes)
    reason = refusal(data)
    assert "damaged" in reason or "more than" in reason


@pytest.mark.heavy
def test_workbook_with_too_many_cells_is_refused() -> None:
    rng = random.Random(1)
    cells = "".join(f'<c r="{rng.choice("ABCDEFGH")}{rng.randrange(9999)}"/>' for _ in range(400_001))
    row = f"<row>{cells}</row>".encode()
    data = replace_part(workbook(), SHEET, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + row))
    assert "more than" in refusal(data)


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def excel_workbook(*cells: str, strings: str) -> bytes:
    """Return a workbook with shared strings, as Excel writes it: cells hold the number of a text. openpyxl does not write this."""
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


def test_shared_string_with_runs_and_phonetic_guide_is_read() -> None:
    strings = (
        "<si><t>slug</t></si><si><r><t>甲</t></r><r><rPr><b/></rPr><t xml:space='preserve'> 乙_x000D_\n</t></r>"
        "<rPh sb='0' eb='1'><t>コウ</t></rPh></si>"
    )
    sheet = sheet_files.read_sheet(excel_workbook(HEAD, '<c r="A2" t="s"><v>1</v></c>', strings=strings))
    assert sheet.rows[0].cells == ("甲 乙\r\n",)


def test_missing_shared_string_or_invalid_number_is_refused() -> None:
    strings = "<si><t>slug</t></si><si><t>a</t></si>"
    for kind, number in [(' t="s"', n) for n in ("2", "-1", "9" * 20, "x", "1.0")] + [
        ("", n) for n in ("1e999", "nan", "x")
    ]:
        data = excel_workbook(HEAD, f'<c r="A2"{kind}><v>{number}</v></c>', strings=strings)
        assert "damaged" in refusal(data), number


def test_cell_too_long_for_excel_is_refused_and_csv_suggested() -> None:
    rows = [["slug", "note"], ["a", "x" * 32_768]]
    with translation.override("en"), pytest.raises(sheet_files.SheetRefused, match="Choose CSV"):
        sheet_files.write_sheet(rows, "xlsx", title="x")
    assert read_back(sheet_files.write_sheet(rows, "csv", title="x")) == rows
