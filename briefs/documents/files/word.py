"""Decode a Word file into lines like those of a text file, so that `parser` can parse both."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from briefs.documents.files.archive import TABLE_PROPERTY, WordPackage, open_package, read_xml
from briefs.documents.files.encodings import DecodedDocument
from briefs.documents.files.paragraphs import ParagraphList
from briefs.documents.files.word_paragraphs import (
    ParagraphLayout,
    ParagraphReader,
    ParagraphText,
    WordLists,
    get_attribute,
    get_first_choice,
    is_prompt,
)
from briefs.documents.types import Caution, DocumentRefused

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
    return document.finish()


class _WordDocumentReader:
    """Read a Word document block by block, from the top."""

    def __init__(self, package: WordPackage) -> None:
        styles = read_xml(package.styles) if package.styles else None
        self.lists = WordLists(read_xml(package.numbering) if package.numbering else None, styles)
        self.reader = ParagraphReader(package.link_targets)
        self.package = package
        self.notes: dict[str, dict[str, Element]] = {}
        self.paragraphs = ParagraphList()
        self.carried_text: ParagraphText | None = None

    def finish(self) -> DecodedDocument:
        if self.carried_text:
            self._add_lines(self.carried_text, ParagraphLayout())
        return self.paragraphs.build_document("word")

    def read_block(self, element: Element) -> None:
        tag = element.tag
        if tag == "w:p":
            self._paragraph(element)
        elif tag == "w:tbl":
            self._table(element)
        elif tag in _NOT_READ:
            self.paragraphs.cautions.append(Caution(max(self.paragraphs.number, 1), "not-read"))
        elif tag == "mc:AlternateContent":
            self._read_blocks(get_first_choice(element))
        elif tag not in _SKIPPED_TAGS and not (tag == "w:sdt" and is_prompt(element)):
            self._read_blocks(element)

    def _read_blocks(self, elements: Element | tuple[()]) -> None:
        for child in elements:
            self.read_block(child)

    def _paragraph(self, paragraph: Element) -> None:
        self.paragraphs.number += 1
        properties = paragraph.find("w:pPr")
        layout = self.lists.lay_out_paragraph(properties)
        words = self.reader.read_paragraph(paragraph, self.carried_text)
        self.carried_text = words if _end_is_deleted(properties) else None
        if self.carried_text is None:
            self._add_lines(words, layout)
        section = properties.find("w:sectPr") if properties is not None else None
        if section is not None and get_attribute(section.find("w:type"), "w:val") != "continuous":
            self.paragraphs.new_page = True

    def _add_lines(self, words: ParagraphText, layout: ParagraphLayout) -> None:
        links = {index: (label, address) for index, label, address in words.links}
        self.paragraphs.add_lines(words.lines, layout, links, words.page_break_lines)
        self._report_asides(words)

    def _report_asides(self, words: ParagraphText) -> None:
        texts = list(words.asides)
        for kind, name in words.note_references:
            texts += self._note(kind, name)
        self.paragraphs.cautions += [
            Caution(self.paragraphs.number, "unplaced", {"text": text}) for text in texts
        ]

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
        self.paragraphs.begin_table()
        for element in iterate_parts(table, "w:tr"):
            properties = element.find("w:trPr")
            if properties is not None and properties.find("w:del") is not None:
                continue
            self.paragraphs.begin_row()
            is_continued = False
            for number, cell in enumerate(iterate_parts(element, "w:tc")):
                kind = cell.find("w:tcPr")
                if kind is not None and (
                    kind.find("w:cellDel") is not None or _is_merged_continuation(kind, "w:hMerge")
                ):
                    continue
                self.paragraphs.begin_cell()
                self._read_blocks(cell)
                self.paragraphs.end_cell()
                is_continued = is_continued or (
                    not number and kind is not None and _is_merged_continuation(kind, "w:vMerge")
                )
            self.paragraphs.end_row(is_continued=is_continued)
        self.paragraphs.end_table()


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
