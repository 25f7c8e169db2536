"""Rows of cells, drawn in Word or typed with `|` → lines with labels, as if they had been typed one by one.

Read are: label | value, as often as a row has it; a row of labels over a row of values; a row that names the
languages (or bodies) over columns of text; one label before a cell for each language. All other rows are read
cell by cell.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from briefs.content import SIDES
from briefs.documents.fields.label_names import FIELDS_OF_BODY, TABLE
from briefs.documents.fields.labels import Label, find
from briefs.documents.markers import find_marker
from briefs.text.scripts import side_of

_LISTS = ("authors", "keywords")
_COUNT = re.compile(
    r"(?:#|no\.?|編號|序號|項次|點次|要點|[\d一二三四五六七八九十]{0,3}[.、)]?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One line on its way to the parser. `number` is that of its line or paragraph in the file.

    `begins`: a paragraph of Word's begins here (True) or goes on after a line break (False); None in a text,
    where nobody knows. `link` is the address of a link in it; `is_link`: it is that link and nothing else.
    """

    number: int
    text: str
    begins: bool | None = None
    new_page: bool = False
    is_title: bool = False
    link: str = ""
    is_link: bool = False

    @property
    def words(self) -> str:
        return self.text.strip()


Cell = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Row:
    """`whole` is the row as one line, for a row that is read as nothing else."""

    cells: Sequence[Cell]
    whole: Piece | None = None


def flatten(rows: Sequence[Row]) -> list[Piece]:
    lines: list[Piece] = []
    at = 0
    while at < len(rows):
        at += _take(rows, at, lines)
    return lines


def reads(rows: Sequence[Row]) -> bool:
    """Whether any row is more than a line with bars in it."""
    return any(label_of(row.cells[0]) for row in rows if len(row.cells) > 1)


def label_of(cell: Cell) -> Label | None:
    """The label that a cell holds, if it holds nothing else."""
    filled = [piece for piece in cell if piece.words]
    if len(filled) != 1:
        return None
    label = find(filled[0].words)
    return label if label and not label.value else None


def _take(rows: Sequence[Row], at: int, lines: list[Piece]) -> int:
    """Reads one row, or the ones below it too. How many."""
    if taken := _take_counted(rows, at, lines):
        return taken
    row = rows[at]
    labels = [label_of(cell) for cell in row.cells]
    known = [label for label in labels if label]
    filled = [cell for cell in row.cells if any(piece.words for piece in cell)]
    if len(known) > 1 and len(known) == len(filled):
        if len({label.field for label in known}) == len(known) and _is_row_of_values(rows, at + 1, labels):
            for cell, label, value in zip(row.cells, labels, rows[at + 1].cells, strict=True):
                if label:
                    _labelled([(label, cell)], [value], lines)
            return 2
        if all(label.field in FIELDS_OF_BODY for label in known):
            return _columns(rows, at, labels, lines)
    if _begins_columns(row):
        end = at + 1
        while end < len(rows) and _is_row_of_values(rows, end, labels):
            end += 1
        lines += [piece for n in range(len(row.cells)) for below in rows[at:end] for piece in below.cells[n]]
        return end - at
    if len(row.cells) > 1 and labels[0]:
        _pairs(row, labels, lines)
        return 1
    pieces = [row.whole] if row.whole else [piece for cell in row.cells for piece in cell]
    lines += pieces
    return 1


def _take_counted(rows: Sequence[Row], at: int, lines: list[Piece]) -> int:
    """`# | 中文 | English`: a first column that only counts the rows is no part of what they say."""
    if len(rows[at].cells) < 3 or not all(map(_is_count, rows[at].cells[0])):
        return 0
    end = at + 1
    while (
        end < len(rows)
        and len(rows[end].cells) == len(rows[at].cells)
        and all(map(_is_count, rows[end].cells[0]))
    ):
        end += 1
    body = [Row(row.cells[1:], row.whole) for row in rows[at:end]]
    labels = [label_of(cell) for cell in body[0].cells]
    if len(body) < 2 or not all(label and label.field in FIELDS_OF_BODY for label in labels):
        return 0
    return _take(body, 0, lines)


def _is_count(piece: Piece) -> bool:
    return _COUNT.fullmatch(piece.words) is not None


def _begins_columns(row: Row) -> bool:
    """Each cell begins with the label of another language's text: `摘要：…` beside `Summary: …`."""
    begun = [next((find(piece.words) for piece in cell if piece.words), None) for cell in row.cells]
    sides = [label.side for label in begun if label and label.field in FIELDS_OF_BODY]
    return len(sides) == len(row.cells) > 1 and len(set(sides)) == len(sides) and None not in sides


def _is_row_of_values(rows: Sequence[Row], at: int, labels: Sequence[Label | None]) -> bool:
    return (
        at < len(rows)
        and len(rows[at].cells) == len(labels)
        and not any(label_of(cell) for cell in rows[at].cells)
    )


def _columns(rows: Sequence[Row], at: int, labels: Sequence[Label | None], lines: list[Piece]) -> int:
    """One language after the other, each from the top of its column to the end."""
    end = at + 1
    while end < len(rows) and _is_row_of_values(rows, end, labels):
        end += 1
    for number, label in enumerate(labels):
        cells = [row.cells[number] for row in rows[at + 1 : end]]
        if label and any(piece.words for cell in cells for piece in cell):
            _labelled([(label, rows[at].cells[number])], cells, lines)
    return end - at


def _pairs(row: Row, labels: Sequence[Label | None], lines: list[Piece]) -> None:
    names: list[tuple[Label, Cell]] = []
    values: list[Cell] = []
    for number, (label, cell) in enumerate(zip(labels, row.cells, strict=True)):
        is_last = number == len(labels) - 1
        same = bool(names) and label is not None and label.field == names[0][0].field
        if label is None or (same and is_last and not values):
            values.append(cell)
        elif values or not same:
            if names:
                _labelled(names, values, lines)
            names, values = [(label, cell)], []
        else:
            names.append((label, cell))
    _labelled(names, values, lines)


def _labelled(names: Sequence[tuple[Label, Cell]], values: Sequence[Cell], lines: list[Piece]) -> None:
    """A label, in both languages where it stood in two cells, and what belongs to it."""
    start = next(piece for piece in names[0][1] if piece.words)
    name = "/".join(dict.fromkeys(label.name for label, _ in names))
    pieces = [replace(piece, new_page=False, is_title=False) for cell in values for piece in cell]
    filled = [piece for piece in pieces if piece.words]
    field = names[0][0].field
    start = replace(start, is_title=False)
    if field in ("title", *FIELDS_OF_BODY) and {side_of(piece.words) for piece in filled} >= set(SIDES):
        _both_languages(field, start, values, lines)
    elif field in FIELDS_OF_BODY or not filled:
        lines += [replace(start, text=f"{name}:"), *pieces]
    elif field in _LISTS:
        names_or_words = [mark.text if (mark := find_marker(p.words, 2)) else p.words for p in filled]
        link = next((piece.link for piece in filled if piece.link), "")
        lines.append(replace(start, text=f"{name}: {'; '.join(names_or_words)}", link=link))
    else:
        lines.append(replace(start, text=f"{name}: {filled[0].words}", link=filled[0].link))
        lines += filled[1:]


def _both_languages(field: str, start: Piece, values: Sequence[Cell], lines: list[Piece]) -> None:
    """What stands in one language in one cell, or paragraph, and in the other in the next."""
    parts: list[Cell] = list(values) if len(values) > 1 else [[piece] for piece in values[0]]
    for number, side in enumerate(SIDES):
        own = [
            piece
            for part in parts
            if (side_of(" ".join(p.words for p in part)) or SIDES[0]) == side
            for piece in part
        ]
        own = [replace(piece, new_page=False, is_title=False) for piece in own if piece.words]
        label = TABLE[field][number][0]
        if field == "title":
            lines += [replace(piece, text=f"{label}: {piece.words}") for piece in own]
        elif own:
            lines += [replace(start, text=f"{label}:"), *own]
