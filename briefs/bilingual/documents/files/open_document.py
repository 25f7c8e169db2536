"""Decode an OpenDocument text (.odt) into lines, as `word` does."""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from briefs.bilingual.documents.files.encodings import DecodedDocument
from briefs.bilingual.documents.files.paragraphs import (
    NO_INDENT,
    TITLE_NAME,
    Indent,
    ListCounters,
    ListLevel,
    ParagraphLayout,
    ParagraphList,
)
from briefs.bilingual.documents.files.word_package import open_parts
from briefs.bilingual.documents.files.xml_reader import read_xml_events
from briefs.bilingual.documents.types import DocumentRefused

_PARTS = ("META-INF/manifest.xml", "styles.xml", "content.xml")
_SPACES_LIMIT = 100
_CHAIN_LIMIT = 12
_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?)(cm|mm|in|pt|pc|px)")
_TWIPS = {"cm": 567, "mm": 56.7, "in": 1440, "pt": 20, "pc": 240, "px": 15}
_SKIPPED = frozenset([
    "text:tracked-changes", "text:sequence-decls", "office:annotation", "text:ruby-text",
    "text:note-citation", "office:forms",
])  # fmt: skip
_ASIDES = frozenset(("text:note", "draw:text-box"))
_PARAGRAPHS = frozenset(("text:p", "text:h"))
_NUMBER_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "": "none"}
_SPACE_RUN = re.compile("[ \t\r\n]+")


def decode_open_document(data: bytes) -> DecodedDocument:
    """Decode an OpenDocument text. Raise `DocumentRefused`."""
    parts = open_parts(data, _PARTS)
    if b"encryption-data" in parts.get(_PARTS[0], b""):
        raise DocumentRefused(None, "word-encrypted")
    if _PARTS[2] not in parts:
        raise DocumentRefused(None, "word-damaged")
    reader = _OpenDocumentReader()
    for name in _PARTS[1:]:
        if name in parts:
            read_xml_events(parts[name], reader)
    return reader.paragraphs.build_document("open-document")


@dataclass(frozen=True, slots=True)
class _Style:
    parent: str = ""
    is_title: bool = False
    indent: Indent = NO_INDENT
    new_page: bool = False
    is_automatic: bool = False


@dataclass(slots=True)
class _OpenList:
    style: str
    has_marker: bool = True
    """The current item has its marker still to come."""


class _OpenDocumentReader:
    """Handle the elements of `styles.xml` and then of `content.xml`."""

    def __init__(self) -> None:
        self.paragraphs = ParagraphList()
        self.lists = ListCounters()
        self.styles: dict[str, _Style] = {}
        self.levels: dict[str, dict[int, ListLevel]] = {}
        self.style_elements: list[Element] = []
        self.is_automatic = self.in_styles = self.in_text = False
        self.skipped = 0
        self.open_lists: list[_OpenList] = []
        self.asides: list[list[str]] = []
        self.open_paragraphs: list[str] = []
        self.cells_in_row = self.spanned = 0
        self.is_continued = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("office:styles", "office:automatic-styles"):
            self.in_styles, self.is_automatic = True, tag == "office:automatic-styles"
        elif self.in_styles:
            element = Element(tag, attributes)
            if self.style_elements:
                self.style_elements[-1].append(element)
            self.style_elements.append(element)
        elif tag == "office:text":
            self.in_text = True
        elif self.skipped or tag in _SKIPPED or not self.in_text:
            self.skipped += self.in_text
        elif tag in _ASIDES:
            self.asides.append([])
        elif not self._start_block(tag, attributes):
            self._start_inline(tag, attributes)

    def end(self, tag: str) -> None:
        if tag in ("office:styles", "office:automatic-styles"):
            self.in_styles = False
        elif self.in_styles:
            element = self.style_elements.pop()
            if not self.style_elements:
                self._add_style(element)
        elif tag == "office:text":
            self.in_text = False
        elif self.skipped:
            self.skipped -= 1
        elif not self.in_text:
            return
        elif tag in _ASIDES:
            self.paragraphs.add_aside("".join(self.asides.pop()))
        elif tag in _PARAGRAPHS and self.open_paragraphs:
            self._end_paragraph(self.open_paragraphs.pop(), is_heading=tag == "text:h")
        else:
            self._end_block(tag)

    def text(self, text: str) -> None:
        if self.open_paragraphs and not self.skipped:
            self._add_text(_SPACE_RUN.sub(" ", text))

    def _add_text(self, text: str) -> None:
        if self.asides:
            self.asides[-1].append(text)
        else:
            self.paragraphs.add_text(text)

    def _start_block(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag in _PARAGRAPHS:
            self.open_paragraphs.append(attributes.get("text:style-name", ""))
        elif tag == "text:list":
            outer = self.open_lists[-1].style if self.open_lists else ""
            style = attributes.get("text:style-name") or outer
            if not self.open_lists and not attributes.keys() & {
                "text:continue-numbering",
                "text:continue-list",
            }:
                self.lists.restart(style)
            self.open_lists.append(_OpenList(style))
        elif tag in ("text:list-item", "text:list-header"):
            if self.open_lists:
                self.open_lists[-1].has_marker = tag == "text:list-item"
        elif self.asides:
            return False
        elif tag == "table:table":
            self.paragraphs.begin_table()
        elif tag == "table:table-row":
            self.cells_in_row, self.spanned, self.is_continued = 0, 0, False
            self.paragraphs.begin_row()
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._start_cell(
                tag == "table:covered-table-cell", attributes.get("table:number-columns-spanned")
            )
        else:
            return False
        return True

    def _start_cell(self, is_covered: bool, columns: str | None) -> None:
        self.is_continued = self.is_continued or (is_covered and not self.cells_in_row)
        self.cells_in_row += 1
        self.spanned = (
            int(columns) if columns and columns.isdecimal() and len(columns) < 4 else max(self.spanned - 1, 0)
        )
        self.paragraphs.begin_cell()

    def _end_block(self, tag: str) -> None:
        if tag == "text:list" and self.open_lists:
            self.open_lists.pop()
        elif tag == "text:a":
            self.paragraphs.end_link()
        elif self.asides:
            return
        elif tag == "table:table":
            self.paragraphs.end_table()
        elif tag == "table:table-row":
            self.paragraphs.end_row(is_continued=self.is_continued)
        elif tag == "table:table-cell" or (tag == "table:covered-table-cell" and not self.spanned):
            self.paragraphs.end_cell()

    def _start_inline(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.open_paragraphs:
            return
        if tag == "text:s":
            count = attributes.get("text:c", "1")
            if not count.isdecimal() or len(count) > 3 or int(count) > _SPACES_LIMIT:
                raise DocumentRefused(None, "word-too-complex")
            self._add_text(" " * int(count))
        elif tag == "text:tab":
            self._add_text("\t")
        elif tag == "text:line-break" and not self.asides:
            self.paragraphs.break_line()
        elif tag == "text:line-break":
            self._add_text(" ")
        elif tag == "text:a":
            self.paragraphs.begin_link(attributes.get("xlink:href", ""))

    def _end_paragraph(self, style: str, *, is_heading: bool) -> None:
        if self.asides:
            self.asides[-1].append(" ")
        else:
            self.paragraphs.end_paragraph(self._lay_out(style, is_heading=is_heading))

    def _lay_out(self, name: str, *, is_heading: bool) -> ParagraphLayout:
        chain = self._list_styles(name)
        own = next((style.indent for style in chain if style.is_automatic), Indent())
        named = Indent()
        for style in chain:
            named = named.inherit_from(style.indent)
        new_page = any(style.new_page for style in chain)
        is_title = is_heading or any(style.is_title for style in chain)
        level = None
        if self.open_lists:
            ilvl = min(len(self.open_lists), 9) - 1
            level = self.levels.get(self.open_lists[-1].style, {}).get(
                ilvl, ListLevel("bullet", "•", Indent(), None)
            )
        if level is None or level.number_format == "none" or is_title:
            return ParagraphLayout.from_indent(named, is_title=is_title, new_page=new_page)
        item = self.open_lists[-1]
        columns = self.lists.find_column(item.style, ilvl, own.inherit_from(level.indent.inherit_from(named)))
        marker = self.lists.build_marker(item.style, ilvl, level) if item.has_marker else ""
        item.has_marker = False
        columns += 0 if marker else 2
        return ParagraphLayout(marker, columns, columns, False, new_page)

    def _list_styles(self, name: str) -> list[_Style]:
        chain: list[_Style] = []
        while (style := self.styles.get(name)) and len(chain) < _CHAIN_LIMIT:
            chain.append(style)
            name = style.parent
        return chain

    def _add_style(self, element: Element) -> None:
        name = element.get("style:name") or ""
        if element.tag == "text:list-style":
            self.levels[name] = dict(_read_levels(element))
        elif element.tag == "style:style" and element.get("style:family") == "paragraph":
            properties = element.find("style:paragraph-properties")
            title = element.get("style:display-name") or name.replace("_20_", " ")
            self.styles[name] = _Style(
                element.get("style:parent-style-name") or "",
                not self.is_automatic and TITLE_NAME.fullmatch(title) is not None,
                Indent()
                if properties is None
                else _read_indent(properties, "fo:margin-left", "fo:text-indent"),
                properties is not None and properties.get("fo:break-before") == "page",
                self.is_automatic,
            )


def _read_levels(list_style: Element) -> "list[tuple[int, ListLevel]]":
    levels: list[tuple[int, ListLevel]] = []
    for element in list_style:
        number = element.get("text:level") or ""
        if not number.isdecimal() or len(number) > 2:
            continue
        is_bullet = element.tag == "text:list-level-style-bullet"
        form = element.get("style:num-format", "")
        indent = Indent()
        for properties in element.iter():
            if properties.tag == "style:list-level-label-alignment":
                indent = _read_indent(properties, "fo:margin-left", "fo:text-indent").inherit_from(indent)
            elif properties.tag == "style:list-level-properties" and properties.get("text:space-before"):
                indent = _read_indent(properties, "text:space-before", "")
        text = f"{element.get('style:num-prefix', '')}%1{element.get('style:num-suffix', '')}"
        number_format = (
            "bullet" if is_bullet else _NUMBER_FORMATS.get(form, "decimal" if form == "1" else "chinese")
        )
        levels.append((int(number) - 1, ListLevel(number_format, text, indent, None)))
    return levels


def _read_indent(properties: Element, left: str, first: str) -> Indent:
    return Indent(_read_length(properties.get(left)), _read_length(properties.get(first)))


def _read_length(length: str | None) -> int | None:
    match = _LENGTH.fullmatch(length or "")
    return round(float(match[1]) * _TWIPS[match[2]]) if match else None
