"""Decode a Word file into lines like those of a text file, so that `parser` can parse both.

A list item gets the marker and the indent that a typist would use. Line numbers count Word's paragraphs from
1, including empty ones and those in tables. Text outside the line (notes, text boxes, hidden text) is
reported as unplaced; headers, footers, comments and pictures are skipped.

The text of a link is always kept. Its address is used (a) under a label for links, if the text is not an
address; (b) if the source or a title is a link, or a header line consists of a link, and the header gives no
other address.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from briefs.documents.files.encodings import (
    DOCUMENT_LINE_LIMIT,
    DecodedDocument,
    LineOrigin,
    find_suspicious_characters,
    split_clean_lines,
)
from briefs.documents.files.safe_xml import read_xml
from briefs.documents.files.tables import SourceLine, TableRow, flatten_rows
from briefs.documents.files.word_lists import ParagraphLayout, WordLists, get_attribute
from briefs.documents.files.word_package import TABLE_PROPERTY, WordPackage, open_package
from briefs.documents.files.word_runs import ParagraphReader, ParagraphText, get_first_choice, is_prompt
from briefs.documents.files.word_titles import add_link_addresses, label_titles
from briefs.documents.markers import find_marker
from briefs.documents.types import Caution, DocumentRefused

_SOFT_INDENT = 2
"""Columns by which a line after a break is indented beyond its list item's marker."""

_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_SKIPPED_TAGS = frozenset(
    ("w:del", "w:moveFrom", "w:sectPr", "w:tblPr", "w:tblGrid", "w:sdtPr", "w:trPr", "w:tcPr")
)
_NOT_READ = frozenset(("w:altChunk", "w:subDoc"))


def decode_word(data: bytes, *, has_word_extension: bool) -> DecodedDocument:
    """Decode a Word file. Raises `DocumentRefused`."""
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
    found = [
        replace(caution, line=origins[(caution.line or 1) - 1].number)
        for caution in find_suspicious_characters(lines)
    ]
    return DecodedDocument(lines, "word", (*document.cautions, *found), origins)


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
        links = {place: (label, address) for place, label, address in words.links if _WEB.fullmatch(address)}
        for place, text in enumerate(texts):
            self.new_page = self.new_page or place in words.page_break_lines
            has_words = bool(text.strip())
            label, address = links.get(place, ("", ""))
            piece = SourceLine(
                self.paragraph_number,
                _format_line(text, layout, is_first=place == first) if has_words else "",
                starts_paragraph=place <= first or place in words.page_break_lines,
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
        """Return the text of a footnote or endnote. Each is reported once, however often it is referred to."""
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
        self.pieces += flatten_rows(rows)


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
