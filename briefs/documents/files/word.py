"""Decode a Word file into lines like those of a text file, so that `parser` can parse both."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from briefs.content import Side
from briefs.documents.fields.labels import (
    FIELDS_OF_BODY,
    LABEL_NAMES,
    WEB_ADDRESS_PATTERN,
    FieldLabel,
    find_label,
    format_header_label,
)
from briefs.documents.files.archive import TABLE_PROPERTY, WordPackage, open_package, read_xml
from briefs.documents.files.encodings import (
    DOCUMENT_LINE_LIMIT,
    DecodedDocument,
    LineOrigin,
    find_suspicious_characters,
    split_clean_lines,
)
from briefs.documents.files.tables import SourceLine, TableRow, flatten_rows, is_summary
from briefs.documents.files.word_paragraphs import (
    ParagraphLayout,
    ParagraphReader,
    ParagraphText,
    WordLists,
    get_attribute,
    get_first_choice,
    is_prompt,
)
from briefs.documents.markers import find_marker
from briefs.documents.types import Caution, DocumentRefused
from briefs.text.scripts import detect_side, join_wrapped, split_bilingual

# Convert what Word expresses by style and link into labelled lines: titles and the article's address.

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


_SOFT_INDENT = 2
"""Columns by which a line after a break is indented beyond its list item's marker."""

_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_SKIPPED_TAGS = frozenset(
    ("w:del", "w:moveFrom", "w:sectPr", "w:tblPr", "w:tblGrid", "w:sdtPr", "w:trPr", "w:tcPr")
)
_NOT_READ = frozenset(("w:altChunk", "w:subDoc"))


def decode_word(data: bytes, *, has_word_extension: bool) -> DecodedDocument:
    """Decode a Word file into lines. Raise `DocumentRefused`."""
    package = open_package(data, has_word_extension=has_word_extension)
    if identity := package.properties.get(TABLE_PROPERTY):
        raise DocumentRefused(None, "parallel-table", {"brief": identity.partition("/")[0][:9]})
    document = _WordDocumentReader(package)
    read_xml(package.document, parent_tag="w:body", handle_child=document.read_block)
    pieces = add_link_addresses(label_titles(document.finish()))
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
    return DecodedDocument(lines, "word", (*document.cautions, *suspicious), origins)


class _WordDocumentReader:
    """Read a Word document block by block, from the top."""

    def __init__(self, package: WordPackage) -> None:
        styles = read_xml(package.styles) if package.styles else None
        self.lists = WordLists(read_xml(package.numbering) if package.numbering else None, styles)
        self.reader = ParagraphReader(package.link_targets)
        self.package = package
        self.notes: dict[str, dict[str, Element]] = {}
        self.cautions: list[Caution] = []
        self.pieces: list[SourceLine] = []
        self.paragraph_number = self.line_count = 0
        self.carried_text: ParagraphText | None = None
        self.new_page = False

    def finish(self) -> list[SourceLine]:
        if self.carried_text:
            self._add_lines(self.carried_text, ParagraphLayout())
        return self.pieces

    def read_block(self, element: Element) -> None:
        tag = element.tag
        if tag == "w:p":
            self._paragraph(element)
        elif tag == "w:tbl":
            self._table(element)
        elif tag in _NOT_READ:
            self.cautions.append(Caution(max(self.paragraph_number, 1), "not-read"))
        elif tag == "mc:AlternateContent":
            self._read_blocks(get_first_choice(element))
        elif tag not in _SKIPPED_TAGS and not (tag == "w:sdt" and is_prompt(element)):
            self._read_blocks(element)

    def _read_blocks(self, elements: Element | tuple[()]) -> None:
        for child in elements:
            self.read_block(child)

    def _paragraph(self, paragraph: Element) -> None:
        self.paragraph_number += 1
        properties = paragraph.find("w:pPr")
        layout = self.lists.lay_out_paragraph(properties)
        words = self.reader.read_paragraph(paragraph, self.carried_text)
        self.carried_text = words if _end_is_deleted(properties) else None
        if self.carried_text is None:
            self._add_lines(words, layout)
        section = properties.find("w:sectPr") if properties is not None else None
        if section is not None and get_attribute(section.find("w:type"), "w:val") != "continuous":
            self.new_page = True

    def _add_lines(self, words: ParagraphText, layout: ParagraphLayout) -> None:
        self.new_page = self.new_page or layout.new_page
        texts = [text.rstrip() for text in words.lines]
        first = next((n for n, text in enumerate(texts) if text.strip()), 0)
        links = {index: (label, address) for index, label, address in words.links if _WEB.fullmatch(address)}
        for index, text in enumerate(texts):
            self.new_page = self.new_page or index in words.page_break_lines
            has_words = bool(text.strip())
            label, address = links.get(index, ("", ""))
            piece = SourceLine(
                self.paragraph_number,
                _format_line(text, layout, is_first=index == first) if has_words else "",
                starts_paragraph=index <= first or index in words.page_break_lines,
                new_page=self.new_page and has_words,
                is_title=layout.is_title,
                link_address=address,
                is_only_link=bool(address) and label in ("", text.strip()),
            )
            self.pieces.append(piece)
            self.new_page = self.new_page and not has_words
        self.line_count += len(texts)
        if self.line_count > DOCUMENT_LINE_LIMIT:
            raise DocumentRefused(None, "too-many-lines", {"limit": DOCUMENT_LINE_LIMIT})
        self._report_asides(words)

    def _report_asides(self, words: ParagraphText) -> None:
        texts = list(words.asides)
        for kind, name in words.note_references:
            texts += self._note(kind, name)
        self.cautions += [Caution(self.paragraph_number, "unplaced", {"text": text}) for text in texts]

    def _note(self, kind: str, name: str) -> list[str]:
        """Return the text of a footnote or endnote at its first reference, later nothing."""
        if kind not in self.notes:
            part = self.package.footnotes if kind == "footnote" else self.package.endnotes
            root = read_xml(part) if part else ()
            self.notes[kind] = {note.get("w:id") or "": note for note in root}
        note = self.notes[kind].pop(name, None)
        if note is None:
            return []
        reader = ParagraphReader(self.package.note_link_targets.get(f"{kind}s", {}))
        texts = [" ".join("\n".join(reader.read_paragraph(p).lines).split()) for p in note.iter("w:p")]
        return [text for text in texts if text]

    def _table(self, table: Element) -> None:
        outer, rows = self.pieces, list[TableRow]()
        for element in iterate_parts(table, "w:tr"):
            properties = element.find("w:trPr")
            if properties is not None and properties.find("w:del") is not None:
                continue
            cells: list[list[SourceLine]] = []
            is_continued = False
            for cell in iterate_parts(element, "w:tc"):
                kind = cell.find("w:tcPr")
                if kind is not None and (
                    kind.find("w:cellDel") is not None or _is_merged_continuation(kind, "w:hMerge")
                ):
                    continue
                self.pieces = []
                self._read_blocks(cell)
                is_continued = is_continued or (
                    not cells and kind is not None and _is_merged_continuation(kind, "w:vMerge")
                )
                cells.append(self.pieces)
            if is_continued and rows and len(rows[-1].cells) == len(cells):
                rows[-1] = TableRow([[*a, *b] for a, b in zip(rows[-1].cells, cells, strict=True)])
            elif cells:
                rows.append(TableRow(cells))
        self.pieces = outer
        has_summary = any(is_summary(piece.stripped_text) for piece in outer)
        self.pieces += flatten_rows(rows, has_summary=has_summary)


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


def _end_is_deleted(properties: Element | None) -> bool:
    """Return whether the paragraph mark is deleted. The next paragraph then continues this one and decides
    the layout of both.
    """
    mark = properties.find("w:rPr") if properties is not None else None
    return mark is not None and (mark.find("w:del") is not None or mark.find("w:moveFrom") is not None)


def _is_merged_continuation(properties: Element, name: str) -> bool:
    merge = properties.find(name)
    return merge is not None and merge.get("w:val") != "restart"


def iterate_parts(parent: Element, tag: str) -> Iterator[Element]:
    """Yield the rows of a table, the cells of a row or the paragraphs of a cell, also in content controls and insertions."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag not in _SKIPPED_TAGS and child.tag not in ("w:tr", "w:tc", "w:p", "w:tbl"):
            yield from iterate_parts(child, tag)
