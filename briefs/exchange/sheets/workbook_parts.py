"""Parse the parts of a workbook with expat in one pass. A DOCTYPE is refused, so there are no entities."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from .table import (
    SHEET_COLUMN_LIMIT,
    SheetBuilder,
    SheetRefused,
    build_column_refusal,
    build_sheet_refusal,
    format_number,
    parse_cell_reference,
    unguard_formula,
)

MAX_DEPTH = 100
_CHUNK = 64 * 1024
_ESCAPED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
"""A single surrogate (D800 to DFFF) is no character and is left escaped."""
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)

type Attributes = dict[str, str]
type DateStyle = Literal["day", "part"]
"""Whether a date is shown with year, month and day, or only a part of it or a time."""

_DATE_IDS: Final[Mapping[int, DateStyle]] = {
    **dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), "part"),
    **dict.fromkeys((14, 15, 22), "day"),
}
"""Built-in formats. From 27 on they depend on the language of Excel."""


class PartHandler:
    """Base of the handlers for one kind of part: start and end of elements, text between."""

    _depth = 0

    def open_element(self, name: str, values: Attributes) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("depth")
        self.start(_local(name), {_local(key): value for key, value in values.items()})

    def close_element(self, name: str) -> None:
        self._depth -= 1
        self.end(_local(name))

    def start(self, name: str, values: Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def read_part[P: PartHandler](part: P, data: bytes | None) -> P:
    """Parse a part with its handler. A missing part is treated as empty."""
    if data is None:
        return part
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.StartElementHandler = part.open_element
    parser.EndElementHandler = part.close_element
    parser.CharacterDataHandler = part.text
    try:
        for start in range(
            0, len(data), _CHUNK
        ):  # a handler's refusal stops the parser at the end of a chunk
            parser.Parse(data[start : start + _CHUNK])
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError, OverflowError):
        raise build_damage_refusal() from None
    return part


def build_damage_refusal() -> SheetRefused:
    return build_sheet_refusal(
        _("The workbook is damaged, or much larger than it looks. Save it again as .xlsx.")
    )


def _refuse_doctype(*_args: object) -> None:
    raise ValueError("DOCTYPE")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


class RelationshipsHandler(PartHandler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, values: Attributes) -> None:
        if name == "Relationship" and values.get("TargetMode") != "External":
            self.targets[values.get("Id", "")] = values.get("Target", "")


@dataclass(frozen=True, slots=True)
class SheetTab:
    name: str
    relationship_id: str
    hidden: bool


class WorkbookHandler(PartHandler):
    def __init__(self) -> None:
        self.sheets: list[SheetTab] = []
        self.first_day = WINDOWS_EPOCH

    def start(self, name: str, values: Attributes) -> None:
        if name == "workbookPr" and values.get("date1904") in ("1", "true"):
            self.first_day = MAC_EPOCH
        if name == "sheet":
            hidden = values.get("state", "visible") != "visible"
            self.sheets.append(SheetTab(values.get("name", ""), values.get("id", ""), hidden))


def _parse_date_style(code: str) -> DateStyle | None:
    letters = set(_NO_LETTERS.sub("", code).lower())
    if not letters & set("ymdhs"):
        return None
    return "day" if letters >= set("md") and letters & set("ye") else "part"


class StylesHandler(PartHandler):
    """Cell styles. `dates` says for each style whether it shows a number as a date or a time."""

    def __init__(self) -> None:
        self.dates: list[DateStyle | None] = []
        self._codes: dict[str, DateStyle | None] = {}
        self._inside = False

    def start(self, name: str, values: Attributes) -> None:
        if name == "numFmt":
            self._codes[values.get("numFmtId", "")] = _parse_date_style(values.get("formatCode", ""))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            number = values.get("numFmtId", "0")
            usual = _DATE_IDS.get(int(number)) if number.isdecimal() else None
            self.dates.append(self._codes.get(number, usual))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


class TextHandler(PartHandler):
    """Collect the text of `t`, without the phonetic guide that Excel stores with Asian names."""

    def __init__(self) -> None:
        self._is_in_text = False
        self._phonetic = False
        self._pieces: list[str] = []

    def start(self, name: str, values: Attributes) -> None:
        if name == "rPh":
            self._phonetic = True
        self._is_in_text = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        if name == "rPh":
            self._phonetic = False
        self._is_in_text = False

    def text(self, text: str) -> None:
        if self._is_in_text:
            self._pieces.append(text)

    def _take_text(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return unguard_formula(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))


class SharedStringsHandler(TextHandler):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            self.items.append(self._take_text())


class WorksheetHandler(TextHandler):
    def __init__(
        self,
        builder: SheetBuilder,
        strings: list[str],
        dates: list[DateStyle | None],
        first_day: dt.datetime,
    ) -> None:
        super().__init__()
        self.builder, self.strings, self.dates, self.first_day = builder, strings, dates, first_day
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []
        self._row = self._column = -1
        self._cells: list[str] = []
        self._cell: Attributes = {}
        self._formula = False
        self._count = 0

    def start(self, name: str, values: Attributes) -> None:
        super().start(name, values)
        if name == "c":
            self._begin_cell(values)
        elif name == "v":
            self._is_in_text = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(values.get("r", self._row + 2)) - 1
            self._column, self._cells = -1, []
            if values.get("hidden") in ("1", "true"):
                self.hidden_rows.add(self._row + 1)
        elif name == "col" and values.get("hidden") in ("1", "true"):
            self.hidden_columns.append((int(values["min"]) - 1, int(values["max"]) - 1))
        elif name == "mergeCell":
            self._report_merged_cells(values.get("ref", ""))

    def _begin_cell(self, values: Attributes) -> None:
        self._count += 1
        most = self.builder.limits.cells
        if self._count > most:
            raise build_sheet_refusal(_("The sheet has more than %(n)s cells.") % {"n": most})
        self._cell, self._formula = values, False
        self._column = parse_cell_reference(values["r"])[1] if "r" in values else self._column + 1

    def end(self, name: str) -> None:
        super().end(name)
        if name == "c":
            self._end_cell()
        elif name == "row":
            self.builder.add_row(self._row + 1, self._cells)

    def _end_cell(self) -> None:
        """Store a cell with text. Blank cells far to the right, left by formatting, are skipped."""
        raw = "".join(self._pieces)
        text = self._cell_value(raw)
        self._pieces.clear()
        if not text:
            return
        if self._column >= SHEET_COLUMN_LIMIT:
            raise build_column_refusal()
        self._cells += [""] * (self._column + 1 - len(self._cells))
        self._cells[self._column] = text

    def _cell_value(self, raw: str) -> str:
        kind = self._cell.get("t", "n")
        style = self._cell.get("s", "0")
        date = self.dates[int(style)] if style.isdecimal() and int(style) < len(self.dates) else None
        if self._formula:
            return self._report_unreadable_cell(_("this cell holds a formula. Paste its value instead."))
        if kind == "s" and raw:
            return self.strings[int(raw) if raw.isdecimal() else len(self.strings)]
        if kind in ("inlineStr", "str"):
            return self._take_text()
        if not raw:
            return ""
        if kind == "b":
            return "TRUE" if raw == "1" else "FALSE"
        if kind == "e":
            return self._report_unreadable_cell(
                _("this cell holds the error %(error)s.") % {"error": raw[:20]}
            )
        columns = self.builder.date_columns
        if kind == "n" and date == "day" and (columns is None or self._find_heading() in columns):
            return (self.first_day + dt.timedelta(days=float(raw))).date().isoformat()
        if kind == "d" or date:
            return self._report_unreadable_cell(
                _("this cell is a date. Format the column as text and type it as it should be read.")
            )
        return format_number(raw)

    def _find_heading(self) -> str:
        headings = self.builder.sheet.headings
        return headings[self._column] if self._column < len(headings) else ""

    def _report_unreadable_cell(self, text: str) -> str:
        self.builder.add_problem(text, self._row + 1, self._find_heading())
        return ""

    def _report_merged_cells(self, reference: str) -> None:
        row = parse_cell_reference(reference.partition(":")[0])[0]
        self.builder.add_problem(
            _("the cells %(cells)s are merged. Split them.") % {"cells": reference[:20]}, row + 1
        )
