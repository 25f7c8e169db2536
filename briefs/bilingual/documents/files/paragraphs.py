"""Collect the paragraphs of a document of any format, and convert them into lines like those of a text file.

What a format expresses by style and link becomes labelled lines: titles and the article's address.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Self

from briefs.bilingual.documents.fields.labels import (
    FIELDS_OF_BODY,
    LABEL_NAMES,
    WEB_ADDRESS_PATTERN,
    FieldLabel,
    find_label,
    format_header_label,
)
from briefs.bilingual.documents.files.encodings import (
    DOCUMENT_LINE_LIMIT,
    DecodedDocument,
    LineOrigin,
    find_suspicious_characters,
    split_clean_lines,
)
from briefs.bilingual.documents.files.tables import SourceLine, TableRow, flatten_rows, is_summary
from briefs.bilingual.documents.markers import find_marker
from briefs.bilingual.documents.types import Caution, DocumentRefused
from briefs.bilingual.text import detect_side, join_wrapped, split_bilingual
from briefs.content import Side

_SOFT_INDENT = 2
"""Columns by which a line after a break is indented beyond its list item's marker."""
_TEXT_LIMIT = 2 * 1024 * 1024
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


TWIPS_PER_COLUMN = 120
FIRST_COLUMN = 2
COLUMNS_PER_LEVEL = 3
DEEPEST_COLUMN = 36

TITLE_NAME = re.compile(
    r"(?:sub)?title|head(?:ing)? ?\d|(?:文件|文章)?(?:主|大)?[標标][題题] ?\d?", re.IGNORECASE
)


def convert_to_columns(twips: int) -> int:
    return min(max(round(twips / TWIPS_PER_COLUMN), 0), DEEPEST_COLUMN)


@dataclass(frozen=True, slots=True)
class Indent:
    """Indents in twips. None where undefined."""

    left: int | None = None
    first: int | None = None

    def inherit_from(self, below: "Indent") -> "Indent":
        return Indent(
            below.left if self.left is None else self.left, below.first if self.first is None else self.first
        )


NO_INDENT = Indent()


@dataclass(frozen=True, slots=True)
class ListLevel:
    number_format: str
    text: str
    indent: Indent
    style: str | None


@dataclass(frozen=True, slots=True)
class ParagraphLayout:
    """Layout of a paragraph. `marker` is written as people type it; columns are counted as in `encodings`."""

    marker: str = ""
    columns: int = 0
    marker_columns: int = 0
    """Column of a marker that was typed into the text."""
    is_title: bool = False
    new_page: bool = False

    @classmethod
    def from_indent(cls, indent: Indent, *, is_title: bool = False, new_page: bool = False) -> Self:
        """Return the layout of a paragraph without a marker of its own."""
        left = indent.left or 0
        columns, first = convert_to_columns(left), convert_to_columns(left + (indent.first or 0))
        return cls("", columns, first, is_title, new_page)


@dataclass(slots=True)
class ListCounters:
    """The current numbers and the columns of the lists of one document, while the document is read from the top."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)
    columns_by_level: dict[str, dict[int, int]] = field(default_factory=dict)

    def restart(self, num: str) -> None:
        """Let the numbers of a list begin anew."""
        for key in [key for key in self.counts if key[0] == num]:
            del self.counts[key]

    def find_column(self, num: str, ilvl: int, indent: Indent) -> int:
        """Return the column of an item.

        Items on deeper levels of a list are always further right; on the same level, the indent decides.
        """
        default = FIRST_COLUMN + COLUMNS_PER_LEVEL * ilvl
        known = indent.left is not None
        column = convert_to_columns((indent.left or 0) + (indent.first or 0)) if known else default
        places = self.columns_by_level.setdefault(num, {})
        floor = max((c for n, c in places.items() if n < ilvl), default=-COLUMNS_PER_LEVEL)
        column = max(column, floor + COLUMNS_PER_LEVEL)
        ceiling = min((c for n, c in places.items() if n > ilvl), default=DEEPEST_COLUMN)
        if ceiling <= column:
            column = places.get(ilvl, max(ceiling - COLUMNS_PER_LEVEL, 0))
        for deeper in [n for n in places if n > ilvl]:
            if places[deeper] <= column:
                del places[deeper]
        places[ilvl] = column
        return column

    def build_marker(self, num: str, ilvl: int, level: ListLevel) -> str:
        if level.number_format == "bullet":
            return "•"
        for key in [key for key in self.counts if key[0] == num and key[1] > ilvl]:
            del self.counts[key]
        count = self.counts[num, ilvl] = self.counts.get((num, ilvl), 0) + 1
        return format_typed_number(level.number_format, level.text, min(count, 999))


@lru_cache(maxsize=2048)
def format_typed_number(form: str, text: str, count: int) -> str:
    """Format a number so that `markers` recognizes it. Formats that `markers` may not recognize are replaced."""
    if text.startswith(("(", "（")) or "enclosed" in form.lower():
        return f"({count})"
    if form in ("decimal", "decimalZero", "decimalFullWidth", "decimalHalfWidth", "ordinal"):
        return f"{count})" if text.endswith((")", "）")) else f"{count}."
    if "letter" in form.lower() or "roman" in form.lower():
        return f"{count})"
    return f"{count}、"


_PLAIN = ParagraphLayout()


@dataclass(slots=True)
class _OpenTable:
    outer: list[SourceLine]
    rows: list[TableRow] = field(default_factory=list)
    cells: list[list[SourceLine]] | None = None


class ParagraphList:
    """The paragraphs of one document in reading order. Text is collected until its paragraph ends."""

    def __init__(self) -> None:
        self.pieces: list[SourceLine] = []
        self.cautions: list[Caution] = []
        self.number = 0
        self.new_page = False
        self.lines: list[str] = [""]
        self._line_count = self._letters = 0
        self._links: dict[int, tuple[str, str]] = {}
        self._open_link: tuple[int, int, str] | None = None
        self._tables: list[_OpenTable] = []

    def add_text(self, text: str) -> None:
        self._letters += len(text)
        if self._letters > _TEXT_LIMIT:
            raise DocumentRefused(None, "too-large", {"limit": f"{_TEXT_LIMIT // 1024 // 1024} MB"})
        self.lines[-1] += text.replace("\u2011", "-")

    def add_aside(self, text: str, number: int = 0) -> None:
        """Report text beside the paragraphs, such as a note. `number`: its paragraph, by default the open one."""
        if words := " ".join(text.split()):
            self.cautions.append(Caution(number or self.number + 1, "unplaced", {"text": words}))

    def break_line(self) -> None:
        self._count_line()
        self.lines.append("")

    def _count_line(self, lines: int = 1) -> None:
        self._line_count += lines
        if self._line_count > DOCUMENT_LINE_LIMIT:
            raise DocumentRefused(None, "too-many-lines", {"limit": DOCUMENT_LINE_LIMIT})

    def begin_link(self, address: str) -> None:
        self._open_link = len(self.lines) - 1, len(self.lines[-1]), address

    def end_link(self) -> None:
        if self._open_link:
            line, start, address = self._open_link
            if line < len(self.lines):
                self._links[line] = self.lines[line][start:].strip(), address
        self._open_link = None

    def end_paragraph(self, layout: ParagraphLayout = _PLAIN) -> None:
        self.number += 1
        self.add_lines(self.lines, layout, self._links)
        self.lines, self._links, self._open_link = [""], {}, None

    def add_lines(
        self,
        lines: Sequence[str],
        layout: ParagraphLayout,
        links: Mapping[int, tuple[str, str]],
        page_break_lines: Set[int] = frozenset(),
    ) -> None:
        """Add a paragraph. `links`: by line, the text of a link and its address."""
        self.new_page = self.new_page or layout.new_page
        texts = [text.rstrip() for text in lines]
        first = next((n for n, text in enumerate(texts) if text.strip()), 0)
        for index, text in enumerate(texts):
            self.new_page = self.new_page or index in page_break_lines
            has_words = bool(text.strip())
            label, address = links.get(index, ("", ""))
            if not _WEB.fullmatch(address):
                label = address = ""
            piece = SourceLine(
                self.number,
                _format_line(text, layout, is_first=index == first) if has_words else "",
                starts_paragraph=index <= first or index in page_break_lines,
                new_page=self.new_page and has_words,
                is_title=layout.is_title,
                link_address=address,
                is_only_link=bool(address) and label in ("", text.strip()),
            )
            self.pieces.append(piece)
            self.new_page = self.new_page and not has_words
        self._count_line(len(texts))

    def begin_table(self) -> None:
        self._tables.append(_OpenTable(self.pieces))

    def begin_row(self) -> None:
        if self._tables:
            self._tables[-1].cells = []

    def begin_cell(self) -> None:
        self.pieces = []

    def end_cell(self) -> None:
        if self._tables and (cells := self._tables[-1].cells) is not None:
            cells.append(self.pieces)

    def end_row(self, *, is_continued: bool = False) -> None:
        """End a row. `is_continued`: its first cell was merged with the one above, so the rows are one."""
        if not self._tables or not (cells := self._tables[-1].cells):
            return
        rows = self._tables[-1].rows
        if is_continued and rows and len(rows[-1].cells) == len(cells):
            rows[-1] = TableRow([[*a, *b] for a, b in zip(rows[-1].cells, cells, strict=True)])
        else:
            rows.append(TableRow(cells))
        self._tables[-1].cells = None

    def end_table(self) -> None:
        if self._tables:
            table = self._tables.pop()
            self.pieces = table.outer
            has_summary = any(is_summary(piece.stripped_text) for piece in self.pieces)
            self.pieces += flatten_rows(table.rows, has_summary=has_summary)

    def build_document(self, encoding: str) -> DecodedDocument:
        """Return the paragraphs as lines. Raise `DocumentRefused`."""
        while self._tables:
            if any(piece.stripped_text for piece in self.pieces):  # the file ends within a row
                self.end_cell()
            self.end_row()
            self.end_table()
        pieces = add_link_addresses(label_titles(self.pieces))
        try:
            lines = split_clean_lines("\n".join(piece.text for piece in pieces))
        except DocumentRefused as refusal:
            number = pieces[refusal.line - 1].number if refusal.line else None
            raise DocumentRefused(number, refusal.code, refusal.values) from None
        if not any(lines):
            raise DocumentRefused(None, "empty")
        origins = tuple(
            LineOrigin(piece.number, piece.starts_paragraph is not False, piece.new_page) for piece in pieces
        )
        suspicious = [
            replace(caution, line=origins[(caution.line or 1) - 1].number)
            for caution in find_suspicious_characters(lines)
        ]
        return DecodedDocument(lines, encoding, (*self.cautions, *suspicious), origins)


def _format_line(text: str, layout: ParagraphLayout, *, is_first: bool) -> str:
    words = text.strip()
    typed = find_marker(words, 2)
    if layout.marker and is_first:
        # Pasted lists contain their old bullet inside the new one.
        if typed and typed.kind == "bullet" and typed.style in "•●○▪■‧·\uf0b7" and typed.item_text:
            words = typed.item_text
        return f"{' ' * layout.columns}{layout.marker} {words}"
    if layout.marker:
        return f"{' ' * (layout.columns + _SOFT_INDENT)}{words}"
    return f"{' ' * (layout.marker_columns if typed and is_first else layout.columns)}{text}"


_LOOK_AHEAD = 3
"""Maximum number of unlabelled lines between a title and the first label of its header."""

_HEADER_LINES = 60
"""Maximum number of header lines that are searched for another title."""

_CELL = re.compile(r"\t| \| ")
_CUT = re.compile(r"…|\.\.\.")
_LINKED_FIELDS = frozenset(("source", "title", "article_title"))


def label_titles(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    """Label title-styled paragraphs above a header as its titles, by script; the last of each language
    counts.

    A section's heading is a label already, a heading inside the text stays text, and a title with a label
    takes precedence.
    """
    if not any(piece.is_title for piece in pieces):
        return list(pieces)
    whole = _join_broken_titles(pieces)
    labels = [_find_label(piece) for piece in whole]
    chosen: dict[int, str] = {}
    in_body = False
    at = 0
    while at < len(whole):
        label = labels[at]
        if label or find_marker(whole[at].stripped_text, 0):
            in_body = label is None or label.field in FIELDS_OF_BODY
        elif whole[at].is_title and whole[at].stripped_text:
            end = at
            while (
                end < len(whole) and not labels[end] and (whole[end].is_title or not whole[end].stripped_text)
            ):
                end += 1
            if _is_above_header(whole, labels, end, in_body=in_body):
                chosen.update(_choose_title_labels(whole, at, end))
            at = end
            continue
        at += 1
    return [
        replace(piece, text=f"{chosen[n]}: {piece.stripped_text}") if n in chosen else piece
        for n, piece in enumerate(whole)
    ]


def _join_broken_titles(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    """Join a title that is broken over two lines, if both are in one language."""
    whole: list[SourceLine] = []
    for piece in pieces:
        above = whole[-1] if whole else None
        if (
            above is not None
            and piece.is_title
            and piece.starts_paragraph is False
            and above.stripped_text
            and detect_side(above.stripped_text) == detect_side(piece.stripped_text)
            and not _find_label(piece)
            and not _find_label(above)
        ):
            whole[-1] = replace(above, text=join_wrapped(above.stripped_text, piece.stripped_text))
        else:
            whole.append(piece)
    return whole


def _find_label(piece: SourceLine) -> FieldLabel | None:
    """Return the label of a line, or of the first cell of a row. A tab after the name makes a line a row."""
    if not piece.stripped_text:
        return None
    name, *cells = _CELL.split(piece.stripped_text, maxsplit=1)
    return find_label(piece.stripped_text) or (find_label(name) if cells else None)


def _is_above_header(
    pieces: Sequence[SourceLine], labels: Sequence[FieldLabel | None], at: int, *, in_body: bool
) -> bool:
    """Return whether a header without a title of its own begins here."""
    waiting = _LOOK_AHEAD
    first: FieldLabel | None = None
    for piece, label in zip(pieces[at : at + _HEADER_LINES], labels[at : at + _HEADER_LINES], strict=True):
        if label is None:
            waiting -= bool(piece.stripped_text) and first is None
            if waiting < 0 or (first is None and find_marker(piece.stripped_text, 0)):
                return False
            continue
        if label.field == "title":
            return False
        first = first or label
        if label.field in FIELDS_OF_BODY:
            break
    return first is not None and (first.field not in FIELDS_OF_BODY or not in_body)


def _choose_title_labels(pieces: Sequence[SourceLine], start: int, end: int) -> dict[int, str]:
    lines_by_side: dict[Side, int] = {}
    for number in range(start, end):
        words = pieces[number].stripped_text
        if not words:
            continue
        if split_bilingual(words):
            return {number: "/".join(names[0] for names in LABEL_NAMES["title"])}
        lines_by_side[detect_side(words) or "zh"] = number
    return {
        number: LABEL_NAMES["title"][0 if side == "zh" else 1][0] for side, number in lines_by_side.items()
    }


def add_link_addresses(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    """If a header has no address, add the first link on its source or title, or alone on a line, as a labelled line."""
    if not any(piece.link_address for piece in pieces):
        return list(pieces)
    lines: list[SourceLine] = []
    start = 0
    for end in _header_ends(pieces):
        lines += _add_link_address(pieces[start:end])
        start = end
    return lines


def _header_ends(pieces: Sequence[SourceLine]) -> list[int]:
    """Return the indexes where digests may end: at each header label below a text, and at the end of the file."""
    ends: list[int] = []
    in_body = False
    for number, piece in enumerate(pieces):
        label = _find_label(piece)
        if label is None:
            continue
        if label.field in FIELDS_OF_BODY:
            in_body = True
        elif in_body:
            ends.append(number)
            in_body = False
    return [*ends, len(pieces)]


def _add_link_address(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    lines: list[SourceLine] = []
    above: FieldLabel | None = None
    offered: list[SourceLine] = []
    has_address = in_body = False
    for piece in pieces:
        label = _find_label(piece)
        in_body = in_body or (label is not None and label.field in FIELDS_OF_BODY)
        is_value = label is None and above is not None and not above.value and bool(piece.stripped_text)
        named = label or (above if is_value else None)
        if named and named.field == "url":
            piece = _replace_with_address(piece, label)
            has_address = has_address or bool(WEB_ADDRESS_PATTERN.search(piece.stripped_text))
        elif piece.link_address and named and named.field in _LINKED_FIELDS:
            offered.append(piece)
        elif piece.is_only_link and named is None and not in_body and not find_marker(piece.stripped_text, 0):
            if WEB_ADDRESS_PATTERN.fullmatch(piece.stripped_text) and not _CUT.search(piece.stripped_text):
                has_address = True  # the parser recognizes an address alone on its line
            else:
                offered.append(piece)
        lines.append(piece)
        if label or piece.stripped_text:
            above = label
    if offered and not has_address:
        link = offered[0]
        text = f"{format_header_label('url')}: {link.link_address}"
        added = replace(link, text=text, is_title=False, starts_paragraph=True, new_page=False)
        position = next(n for n, line in enumerate(lines) if line.number == link.number)
        while position < len(lines) and lines[position].number == link.number:
            position += 1
        lines.insert(position, added)
    return lines


def _replace_with_address(piece: SourceLine, label: FieldLabel | None) -> SourceLine:
    words = label.value if label else piece.stripped_text
    if not piece.link_address or (WEB_ADDRESS_PATTERN.search(words) and not _CUT.search(words)):
        return piece
    return replace(piece, text=f"{label.name}: {piece.link_address}" if label else piece.link_address)


def parse_hyperlink_address(instruction: str) -> str:
    """Return the address in `HYPERLINK "https://…"`. No other field has a usable address."""
    words = instruction.split(None, 1)
    if len(words) < 2 or words[0].upper() != "HYPERLINK":
        return ""
    rest = words[1].strip()
    if rest.startswith('"'):
        return rest[1:].partition('"')[0]
    first = rest.split()[0]
    return "" if first.startswith("\\") else first
