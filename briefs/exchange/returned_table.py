"""Read a returned parallel table: the text of each cell, tracked changes apart from it, comments and notes."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from briefs.bilingual.documents import (
    TABLE_PROPERTY,
    ParagraphReader,
    iterate_parts,
    open_package,
    read_xml,
    require_word_format,
)
from briefs.content import SIDES, Side

from .word_table import COLUMN_NAMES, LEAD_NAMES

_INSERTED: Final = frozenset(("w:ins", "w:moveTo"))
_DELETED: Final = frozenset(("w:del", "w:moveFrom"))
_PROPERTY = re.compile(r"(\d{1,9})/(\d{1,9})/([0-9a-f]{8})", re.ASCII)
_LINE = re.compile(r"Brief (\d{1,9}) · .*?Revision (\d{1,9}) · ([0-9a-f]{8})", re.ASCII)
_NUMBER = re.compile(r"[#b]?0*([1-9]\d{0,8})\.?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TableComment:
    """A comment. `side` is None if it is on neither language's cell."""

    author: str
    text: str
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class ReturnedCell:
    """A cell: `text` without tracked changes, `proposed` with them, and the author of the changes."""

    text: str = ""
    proposed: str = ""
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    cells: Mapping[Side, ReturnedCell]
    note: str = ""
    comments: tuple[TableComment, ...] = ()
    unread: tuple[str, ...] = ()
    """Text in footnotes, text boxes and hidden text."""


@dataclass(slots=True)
class ReturnedTable:
    """Rows by key: `headline`, `summary`, `b4`. A number that occurs twice is in `repeated` and not in `rows`.

    A row with merged cells, whose texts cannot be assigned to columns, is only in `merged`, with its text. `added`: texts
    of rows without a number.
    """

    brief: int = 0
    revision: int = 0
    checksum: str = ""
    rows: dict[str, ReturnedRow] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)
    remarks: list[TableComment] = field(default_factory=list)
    """Comments outside the table."""


def read_table_file(data: bytes) -> ReturnedTable | None:
    """Read the file. Return None if it is a Word file but no parallel table. Raise `DocumentRefused`."""
    require_word_format(data)
    package = open_package(data, has_word_extension=True)
    reader = _TableReader(read_xml(package.comments) if package.comments else None)
    read_xml(package.document, parent_tag="w:body", handle_child=reader.read_block)
    identity = _PROPERTY.fullmatch(package.properties.get(TABLE_PROPERTY, "")) or _LINE.search(
        reader.text_above
    )
    if identity is None or not reader.has_table:
        return None
    table = reader.table
    for key in table.merged:
        table.rows.pop(key, None)
    table.brief, table.revision, table.checksum = int(identity[1]), int(identity[2]), identity[3]
    return table


class _TableReader:
    def __init__(self, comments: Element | None) -> None:
        self.comments = (
            {c.get("w:id") or "": c for c in comments if c.tag == "w:comment"} if comments is not None else {}
        )
        self.table = ReturnedTable()
        self.text_above = ""
        self.has_table = False

    def read_block(self, block: Element) -> None:
        if block.tag == "w:tbl":
            self._read_table(block)
            return
        self.table.remarks += self._read_comments(block)
        if not self.has_table:
            texts = [_read_cell(block)[0].text] if block.tag == "w:sdt" else [_read_paragraph(block)]
            self.text_above += "\n".join(texts) + "\n"

    def _read_table(self, table: Element) -> None:
        columns: dict[str, int] = {}
        width = 0
        for row in iterate_parts(table, "w:tr"):
            cells = list(iterate_parts(row, "w:tc"))
            if not columns:
                columns, width = _find_columns([_read_cell(cell)[0].text for cell in cells]), len(cells)
                self.has_table = self.has_table or bool(columns)
            elif len(cells) != width or any(map(_is_merged, cells)):
                self._refuse_row(cells, columns["number"])
            else:
                self._read_row({name: cells[at] for name, at in columns.items()})

    def _refuse_row(self, cells: list[Element], number_column: int) -> None:
        texts = [_read_cell(cell)[0].text for cell in cells]
        if key := _parse_key(texts[number_column]) if number_column < len(texts) else "":
            others = [text for at, text in enumerate(texts) if at != number_column and text]
            self.table.merged.setdefault(key, "\n".join(others))
        elif any(texts):
            self.table.added.append(" / ".join(filter(None, texts)))

    def _read_row(self, cells: Mapping[str, Element]) -> None:
        read = {name: _read_cell(cell) for name, cell in cells.items()}
        sides = {side: read[side][0] if side in read else ReturnedCell() for side in SIDES}
        name = read["number"][0].text if "number" in read else ""
        row = ReturnedRow(
            sides,
            read["note"][0].proposed if "note" in read else "",
            tuple(
                TableComment(comment.author, comment.text, side)
                for column, cell in cells.items()
                for side in [next((side for side in SIDES if side == column), None)]
                for comment in self._read_comments(cell)
            ),
            tuple(text for _, unread in read.values() for text in unread),
        )
        key = _parse_key(name)
        texts = [text for cell in sides.values() for text in (cell.proposed or cell.text,) if text]
        if not key:
            if set(_find_columns([name, *(cell.text for cell in sides.values())])) == set():
                self.table.added += [f"{name} {' / '.join(texts)}".strip()] if texts or row.note else []
            self.table.remarks += row.comments
        elif key in self.table.rows or key in self.table.repeated:
            self.table.rows.pop(key, None)
            self.table.repeated += [key] if key not in self.table.repeated else []
        else:
            self.table.rows[key] = row

    def _read_comments(self, element: Element) -> list[TableComment]:
        ids = [mark.get("w:id") or "" for mark in element.iter("w:commentReference")]
        comments = [self.comments[name] for name in dict.fromkeys(ids) if name in self.comments]
        return [
            TableComment(comment.get("w:author") or "", text)
            for comment in comments
            if (text := "\n".join(_read_paragraph(p) for p in comment.iter("w:p")).strip())
        ]


def _is_merged(cell: Element) -> bool:
    properties = cell.find("w:tcPr")
    if properties is None:
        return False
    span = properties.find("w:gridSpan")
    joined = any(properties.find(tag) is not None for tag in ("w:vMerge", "w:hMerge"))
    return joined or (span is not None and span.get("w:val") not in (None, "1"))


def _find_columns(names: list[str]) -> dict[str, int]:
    """Return the index of each column by name, or an empty dict if the row is no header of a parallel table."""
    columns: dict[str, int] = {}
    for at, name in enumerate(names):
        for column, known in COLUMN_NAMES.items():
            if column not in columns and any(word.casefold() in name.casefold() for word in known):
                columns[column] = at
                break
    return columns if {"number", *SIDES} <= set(columns) else {}


def _parse_key(name: str) -> str:
    """Return the row key (`headline`, `b4`) in a first cell, or an empty string."""
    name = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    if match := _NUMBER.fullmatch(name):
        return f"b{match[1]}"
    return next((key for key, words in LEAD_NAMES.items() if any(w.casefold() in name for w in words)), "")


def _read_cell(cell: Element) -> tuple[ReturnedCell, tuple[str, ...]]:
    """Return the cell and the texts of footnotes and other parts outside its lines."""
    text: list[str] = []
    proposed: list[str] = []
    unread: list[str] = []
    for paragraph in iterate_parts(cell, "w:p"):
        without, _ = _read_text(_reject_changes(paragraph))
        with_changes, asides = _read_text(paragraph)
        unread += asides
        tags = _get_tags_of_end(paragraph)
        text += [without, "" if tags & _INSERTED else "\n\n"]
        proposed += [with_changes, "" if tags & _DELETED else "\n\n"]
    read = ReturnedCell("".join(text).strip(), "".join(proposed).strip(), tuple(_list_authors(cell)))
    return read, tuple(unread)


def _get_tags_of_end(paragraph: Element) -> set[str]:
    """Return the tracked changes of the paragraph mark. An inserted or deleted mark joins the next paragraph."""
    properties = paragraph.find("w:pPr")
    mark = properties.find("w:rPr") if properties is not None else None
    return {change.tag for change in mark} if mark is not None else set()


def _list_authors(cell: Element) -> Iterator[str]:
    changes = (change for change in cell.iter() if change.tag in _INSERTED | _DELETED)
    return iter(dict.fromkeys(name for change in changes if (name := change.get("w:author"))))


def _read_paragraph(paragraph: Element) -> str:
    return _read_text(paragraph)[0]


def _read_text(paragraph: Element) -> tuple[str, list[str]]:
    words = ParagraphReader({}).read_paragraph(paragraph)
    notes = [f"[{kind}]" for kind, _ in words.note_references]
    return "\n".join(words.lines), [*words.asides, *notes]


def _reject_changes(element: Element) -> Element:
    """Return a copy without inserted text, in which deleted text is normal text."""
    plain = copy(element)
    plain.tag = "w:t" if element.tag == "w:delText" else element.tag
    plain[:] = [kept for child in element for kept in _reject_change(child)]
    return plain


def _reject_change(child: Element) -> Iterator[Element]:
    if child.tag in _DELETED:
        yield from _reject_changes(child)
    elif child.tag not in _INSERTED:
        yield _reject_changes(child)
