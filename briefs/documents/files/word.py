"""A Word file → the same lines as those of a text, so that `parsing` does the rest.

A list item gets the marker and the indent that a typist would give it. Numbers of lines count Word's paragraphs
from 1, empty ones and those in tables too. Words that stand beside the text (notes, text boxes, hidden text) have
no place in a brief and are said to have none; headers, footers, comments and pictures are passed over.

Links: their words are kept. Their address is taken (a) under a label for links whose words are no address;
(b) where the source or a title is a link, or a line of the header is nothing but a link, and its header gives
no other address. Everywhere else a link is its words.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from briefs.documents.files.encodings import LINE_LIMIT, Decoded, Origin, clean, suspicious
from briefs.documents.files.safe_xml import read_xml
from briefs.documents.files.tables import Piece, Row, flatten
from briefs.documents.files.word_lists import Layout, Lists, attribute, is_on
from briefs.documents.files.word_package import Package, open_package
from briefs.documents.files.word_runs import Reader, Words
from briefs.documents.files.word_titles import with_links, with_titles
from briefs.documents.markers import find_marker
from briefs.documents.types import Caution, DocumentRefused

_SOFT_INDENT = 2
"""Columns by which a line after a break stands further in than its list item's marker."""

_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_GONE = frozenset(("w:del", "w:moveFrom", "w:sectPr", "w:tblPr", "w:tblGrid", "w:sdtPr", "w:trPr", "w:tcPr"))
_NOT_READ = frozenset(("w:altChunk", "w:subDoc"))


def decode_word(data: bytes, *, is_called_word: bool) -> Decoded:
    """Raises DocumentRefused."""
    package = open_package(data, is_called_word=is_called_word)
    document = _Document(package)
    read_xml(package.document, under="w:body", take=document.block)
    pieces = with_links(with_titles(document.finished()))
    try:
        lines = clean("\n".join(piece.text for piece in pieces))
    except DocumentRefused as refusal:
        number = pieces[refusal.line - 1].number if refusal.line else None
        raise DocumentRefused(number, refusal.code, refusal.values) from None
    if not any(lines):
        raise DocumentRefused(None, "empty")
    origins = tuple(Origin(piece.number, piece.begins is not False, piece.new_page) for piece in pieces)
    found = [replace(caution, line=origins[(caution.line or 1) - 1].number) for caution in suspicious(lines)]
    return Decoded(lines, "word", (*document.cautions, *found), origins)


class _Document:
    """A Word document while it is read from the top."""

    def __init__(self, package: Package) -> None:
        styles = read_xml(package.styles) if package.styles else None
        self.lists = Lists(read_xml(package.numbering) if package.numbering else None, styles)
        self.reader = Reader(package.targets)
        self.package = package
        self.notes: dict[str, dict[str, Element]] = {}
        self.cautions: list[Caution] = []
        self.pieces: list[Piece] = []
        self.number = self.count = 0
        self.carried: Words | None = None
        self.new_page = False

    def finished(self) -> list[Piece]:
        if self.carried:
            self._pieces(self.carried, Layout())
        return self.pieces

    def block(self, element: Element) -> None:
        tag = element.tag
        if tag == "w:p":
            self._paragraph(element)
        elif tag == "w:tbl":
            self._table(element)
        elif tag in _NOT_READ:
            self.cautions.append(Caution(max(self.number, 1), "not-read"))
        elif tag == "mc:AlternateContent":
            choices = element.findall("mc:Choice") or element.findall("mc:Fallback")
            self._blocks(choices[0] if choices else ())
        elif tag not in _GONE and not _is_prompt(element):
            self._blocks(element)

    def _blocks(self, elements: Element | tuple[()]) -> None:
        for child in elements:
            self.block(child)

    def _paragraph(self, paragraph: Element) -> None:
        self.number += 1
        properties = paragraph.find("w:pPr")
        layout = self.lists.layout(properties)
        words = self.reader.read(paragraph, self.carried)
        self.carried = words if _end_is_deleted(properties) else None
        if self.carried is None:
            self._pieces(words, layout)
        section = properties.find("w:sectPr") if properties is not None else None
        if section is not None and attribute(section.find("w:type"), "w:val") != "continuous":
            self.new_page = True

    def _pieces(self, words: Words, layout: Layout) -> None:
        self.new_page = self.new_page or layout.new_page
        texts = [text.rstrip() for text in words.texts]
        first = next((n for n, text in enumerate(texts) if text.strip()), 0)
        links = {place: (label, address) for place, label, address in words.links if _WEB.fullmatch(address)}
        for place, text in enumerate(texts):
            self.new_page = self.new_page or place in words.pages
            has_words = bool(text.strip())
            label, address = links.get(place, ("", ""))
            piece = Piece(
                self.number,
                _line(text, layout, is_first=place == first) if has_words else "",
                begins=place <= first or place in words.pages,
                new_page=self.new_page and has_words,
                is_title=layout.is_title,
                link=address,
                is_link=bool(address) and label in ("", text.strip()),
            )
            self.pieces.append(piece)
            self.new_page = self.new_page and not has_words
        self.count += len(texts)
        if self.count > LINE_LIMIT:
            raise DocumentRefused(None, "too-many-lines", {"limit": LINE_LIMIT})
        self._beside(words)

    def _beside(self, words: Words) -> None:
        texts = list(words.asides)
        for kind, name in words.notes:
            texts += self._note(kind, name)
        self.cautions += [Caution(self.number, "unplaced", {"text": text}) for text in texts]

    def _note(self, kind: str, name: str) -> list[str]:
        """The text of a footnote or endnote; each is said once, however often it is referred to."""
        if kind not in self.notes:
            part = self.package.footnotes if kind == "footnote" else self.package.endnotes
            root = read_xml(part) if part else ()
            self.notes[kind] = {note.get("w:id") or "": note for note in root}
        note = self.notes[kind].pop(name, None)
        if note is None:
            return []
        reader = Reader(self.package.note_targets.get(f"{kind}s", {}))
        texts = [" ".join("\n".join(reader.read(p).texts).split()) for p in note.iter("w:p")]
        return [text for text in texts if text]

    def _table(self, table: Element) -> None:
        outer, rows = self.pieces, list[Row]()
        for element in _inside(table, "w:tr"):
            properties = element.find("w:trPr")
            if properties is not None and properties.find("w:del") is not None:
                continue
            cells: list[list[Piece]] = []
            is_continued = False
            for cell in _inside(element, "w:tc"):
                kind = cell.find("w:tcPr")
                if kind is not None and (kind.find("w:cellDel") is not None or _continues(kind, "w:hMerge")):
                    continue
                self.pieces = []
                self._blocks(cell)
                is_continued = is_continued or (
                    not cells and kind is not None and _continues(kind, "w:vMerge")
                )
                cells.append(self.pieces)
            if is_continued and rows and len(rows[-1].cells) == len(cells):
                rows[-1] = Row([[*a, *b] for a, b in zip(rows[-1].cells, cells, strict=True)])
            elif cells:
                rows.append(Row(cells))
        self.pieces = outer
        self.pieces += flatten(rows)


def _line(text: str, layout: Layout, *, is_first: bool) -> str:
    words = text.strip()
    typed = find_marker(words, 2)
    if layout.marker and is_first:
        # Pasted lists carry their old bullet inside the new one.
        if typed and typed.marker == "bullet" and typed.style in "•●○▪■‧·\uf0b7" and typed.text:
            words = typed.text
        return f"{' ' * layout.columns}{layout.marker} {words}"
    if layout.marker:
        return f"{' ' * (layout.columns + _SOFT_INDENT)}{words}"
    return f"{' ' * (layout.marker_columns if typed and is_first else layout.columns)}{text}"


def _end_is_deleted(properties: Element | None) -> bool:
    """Then the paragraph below goes on where this one stops, and decides how both stand."""
    mark = properties.find("w:rPr") if properties is not None else None
    return mark is not None and (mark.find("w:del") is not None or mark.find("w:moveFrom") is not None)


def _is_prompt(element: Element) -> bool:
    properties = element.find("w:sdtPr") if element.tag == "w:sdt" else None
    return properties is not None and is_on(properties.find("w:showingPlcHdr"))


def _continues(properties: Element, name: str) -> bool:
    merge = properties.find(name)
    return merge is not None and merge.get("w:val") != "restart"


def _inside(parent: Element, tag: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, also those in content controls and insertions."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag not in _GONE and child.tag not in ("w:tr", "w:tc", "w:p", "w:tbl"):
            yield from _inside(child, tag)
