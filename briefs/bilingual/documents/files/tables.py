"""Flatten table rows, drawn in Word or typed with `|`, into labelled lines.

Recognized are: label | value, also several per row; a row of labels over a row of values; a row of languages
(or bodies) over columns of text; one label before a cell for each language. Other rows are read cell by cell.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from briefs.bilingual.documents.fields.labels import (
    FIELDS_OF_BODY,
    LABEL_NAMES,
    LIST_FIELDS,
    FieldLabel,
    find_label,
)
from briefs.bilingual.documents.markers import find_marker
from briefs.bilingual.text import detect_side
from briefs.content import SIDES

_ROW_NUMBER = re.compile(
    r"(?:#|no\.?|編號|序號|項次|點次|要點|[\d一二三四五六七八九十]{0,3}[.、)]?)", re.IGNORECASE
)


_LEAST_ROWS = 2
"""Rows in two languages, without labels, that are a table."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line before parsing. `number` is the number of its line or paragraph in the file.

    `starts_paragraph` is True at the start of a Word paragraph, False after a line break, None in a text
    file, where it is unknown. `link_address` is the address of a link in the line; `is_only_link` means that
    the line is nothing else.
    """

    number: int
    text: str
    starts_paragraph: bool | None = None
    new_page: bool = False
    is_title: bool = False
    link_address: str = ""
    is_only_link: bool = False

    @property
    def stripped_text(self) -> str:
        return self.text.strip()


TableCell = Sequence[SourceLine]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. `whole_line` is the row as one line, used if the row has no recognized form."""

    cells: Sequence[TableCell]
    whole_line: SourceLine | None = None


def flatten_rows(rows: Sequence[TableRow], *, has_summary: bool = False) -> list[SourceLine]:
    """Return the rows as labelled lines. `has_summary`: a summary stands above, so that no row is one."""
    lines: list[SourceLine] = []
    at = 0
    while at < len(rows):
        before = len(lines)
        at += _read_rows(rows, at, lines, has_summary=has_summary)
        if at < len(rows) and not has_summary:
            has_summary = any(is_summary(piece.stripped_text) for piece in lines[before:])
    return lines


def is_summary(text: str) -> bool:
    """Return whether a line begins a summary."""
    label = find_label(text) if text else None
    return label is not None and label.field == "summary"


def complete_table(rows: Sequence[TableRow]) -> list[TableRow]:
    """Return the rows of a table, with a row of labels if it has none, or nothing if these are lines with bars."""
    if any(find_cell_label(cell) for row in rows if len(row.cells) > 1 for cell in row.cells[:2]):
        return list(rows)
    sides = [detect_side(cell[-1].stripped_text) for cell in rows[0].cells]
    filled = [side for side in sides if side]
    is_alike = all([detect_side(c[-1].stripped_text) for c in row.cells] == sides for row in rows)
    if len(rows) < _LEAST_ROWS or len(filled) != len(SIDES) or set(filled) != set(SIDES) or not is_alike:
        return []
    number = rows[0].cells[0][0].number
    names = [LABEL_NAMES["summary"][SIDES.index(side)][0] if side else "" for side in sides]
    return [TableRow([[SourceLine(number, name)] for name in names]), *rows]


def find_cell_label(cell: TableCell) -> FieldLabel | None:
    """Return the label in a cell that contains nothing else."""
    filled = [piece for piece in cell if piece.stripped_text]
    if len(filled) != 1:
        return None
    label = find_label(filled[0].stripped_text)
    return label if label and not label.value else None


def _read_rows(rows: Sequence[TableRow], at: int, lines: list[SourceLine], *, has_summary: bool) -> int:
    """Read one or more rows from `at`. Return how many were read."""
    if rows_read := _read_numbered_rows(rows, at, lines, has_summary=has_summary):
        return rows_read
    row = rows[at]
    labels = [find_cell_label(cell) for cell in row.cells]
    known = [label for label in labels if label]
    filled = [cell for cell in row.cells if any(piece.stripped_text for piece in cell)]
    if len(known) > 1 and len(known) == len(filled):
        if len({label.field for label in known}) == len(known) and _is_row_of_values(rows, at + 1, labels):
            for cell, label, value in zip(row.cells, labels, rows[at + 1].cells, strict=True):
                if label:
                    _add_labelled_lines([(label, cell)], [value], lines)
            return 2
        if all(label.field in FIELDS_OF_BODY for label in known):
            return _read_columns(rows, at, labels, lines, has_summary=has_summary)
    if _begins_columns(row):
        end = _find_end_of_values(rows, at + 1, labels)
        lines += [piece for n in range(len(row.cells)) for below in rows[at:end] for piece in below.cells[n]]
        return end - at
    if len(row.cells) > 1 and labels[0]:
        _read_label_value_pairs(row, labels, lines)
        return 1
    lines += [row.whole_line] if row.whole_line else [piece for cell in row.cells for piece in cell]
    return 1


def _read_numbered_rows(
    rows: Sequence[TableRow], at: int, lines: list[SourceLine], *, has_summary: bool
) -> int:
    """Read rows with a first column of row numbers, which is dropped: `# | 中文 | English`."""
    if len(rows[at].cells) < 3 or not all(map(_is_row_number, rows[at].cells[0])):
        return 0
    numbered = takewhile(
        lambda row: len(row.cells) == len(rows[at].cells) and all(map(_is_row_number, row.cells[0])),
        rows[at:],
    )
    body = [TableRow(row.cells[1:], row.whole_line) for row in numbered]
    labels = [find_cell_label(cell) for cell in body[0].cells]
    if len(body) < 2 or not all(label and label.field in FIELDS_OF_BODY for label in labels):
        return 0
    return _read_rows(body, 0, lines, has_summary=has_summary)


def _is_row_number(piece: SourceLine) -> bool:
    return _ROW_NUMBER.fullmatch(piece.stripped_text) is not None


def _begins_columns(row: TableRow) -> bool:
    """Return whether each cell begins with a label of its own language: `摘要：…` beside `Summary:
    …`.
    """
    begun = [
        next((find_label(piece.stripped_text) for piece in cell if piece.stripped_text), None)
        for cell in row.cells
    ]
    sides = [label.side for label in begun if label and label.field in FIELDS_OF_BODY]
    return len(sides) == len(row.cells) > 1 and len(set(sides)) == len(sides) and None not in sides


def _is_row_of_values(rows: Sequence[TableRow], at: int, labels: Sequence[FieldLabel | None]) -> bool:
    return (
        at < len(rows)
        and len(rows[at].cells) == len(labels)
        and not any(find_cell_label(cell) for cell in rows[at].cells)
    )


def _find_end_of_values(rows: Sequence[TableRow], at: int, labels: Sequence[FieldLabel | None]) -> int:
    while _is_row_of_values(rows, at, labels):
        at += 1
    return at


def _read_columns(
    rows: Sequence[TableRow],
    at: int,
    labels: Sequence[FieldLabel | None],
    lines: list[SourceLine],
    *,
    has_summary: bool,
) -> int:
    """Read columns one after the other, each from top to bottom. Return the number of rows read.

    Rows without a marker are points. The first is the summary, unless one stands above.
    """
    end = _find_end_of_values(rows, at + 1, labels)
    has_markers = any(
        find_marker(piece.stripped_text, 2) for row in rows[at + 1 : end] for c in row.cells for piece in c
    )
    for number, label in enumerate(labels):
        cells = [row.cells[number] for row in rows[at + 1 : end]]
        if not has_markers and (has_summary or len(cells) > 1):
            first = 0 if has_summary else 1
            cells = [*cells[:first], *map(_mark_point, cells[first:])]
        if label and any(piece.stripped_text for cell in cells for piece in cell):
            _add_labelled_lines([(label, rows[at].cells[number])], cells, lines)
    return end - at


def _mark_point(cell: TableCell) -> TableCell:
    at = next((n for n, piece in enumerate(cell) if piece.stripped_text), len(cell))
    return [
        replace(piece, text=f"• {piece.stripped_text}") if n == at else piece for n, piece in enumerate(cell)
    ]


def _read_label_value_pairs(
    row: TableRow, labels: Sequence[FieldLabel | None], lines: list[SourceLine]
) -> None:
    names: list[tuple[FieldLabel, TableCell]] = []
    values: list[TableCell] = []
    for number, (label, cell) in enumerate(zip(labels, row.cells, strict=True)):
        is_last = number == len(labels) - 1
        same = bool(names) and label is not None and label.field == names[0][0].field
        if label is None or (same and is_last and not values):
            values.append(cell)
        elif values or not same:
            if names:
                _add_labelled_lines(names, values, lines)
            names, values = [(label, cell)], []
        else:
            names.append((label, cell))
    _add_labelled_lines(names, values, lines)


def _add_labelled_lines(
    names: Sequence[tuple[FieldLabel, TableCell]], values: Sequence[TableCell], lines: list[SourceLine]
) -> None:
    """Add a line with a label and its values. A label named in several cells is written with all its names."""
    start = next(piece for piece in names[0][1] if piece.stripped_text)
    name = "/".join(dict.fromkeys(label.name for label, _ in names))
    pieces = [replace(piece, new_page=False, is_title=False) for cell in values for piece in cell]
    filled = [piece for piece in pieces if piece.stripped_text]
    field = names[0][0].field
    start = replace(start, is_title=False)
    sides = {detect_side(piece.stripped_text) for piece in filled}
    if field in ("title", *FIELDS_OF_BODY) and sides >= set(SIDES):
        _add_lines_by_language(field, start, values, lines)
    elif field in FIELDS_OF_BODY or not filled:
        lines += [replace(start, text=f"{name}:"), *pieces]
    elif field in LIST_FIELDS:
        names_or_words = [
            mark.item_text if (mark := find_marker(p.stripped_text, 2)) else p.stripped_text for p in filled
        ]
        link = next((piece.link_address for piece in filled if piece.link_address), "")
        lines.append(replace(start, text=f"{name}: {'; '.join(names_or_words)}", link_address=link))
    else:
        lines.append(
            replace(start, text=f"{name}: {filled[0].stripped_text}", link_address=filled[0].link_address)
        )
        lines += filled[1:]


def _add_lines_by_language(
    field: str, start: SourceLine, values: Sequence[TableCell], lines: list[SourceLine]
) -> None:
    """Add values in two languages, by cell or paragraph: first the Chinese ones, then the English
    ones.
    """
    parts: list[TableCell] = list(values) if len(values) > 1 else [[piece] for piece in values[0]]
    for number, side in enumerate(SIDES):
        own = [
            piece
            for part in parts
            if (detect_side(" ".join(p.stripped_text for p in part)) or SIDES[0]) == side
            for piece in part
        ]
        own = [replace(piece, new_page=False, is_title=False) for piece in own if piece.stripped_text]
        label = LABEL_NAMES[field][number][0]
        if field == "title":
            lines += [replace(piece, text=f"{label}: {piece.stripped_text}") for piece in own]
        elif own:
            lines += [replace(start, text=f"{label}:"), *own]
