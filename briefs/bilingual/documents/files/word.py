"""Decode a Word file into lines like those of a text file, so that `parser` can parse both.

Properties are looked up as in Word: first the paragraph's own, then its style's, along `basedOn`. A list is found by
numId → num → abstractNum (→ its numStyleLink) → level. An unknown numId counts as a bullet list.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
    parse_hyperlink_address,
)
from briefs.bilingual.documents.files.word_package import TABLE_PROPERTY, WordPackage, open_package
from briefs.bilingual.documents.files.xml_reader import read_xml
from briefs.bilingual.documents.types import Caution, DocumentRefused

_CHAIN_LIMIT = 12
_LIST = re.compile(
    r"(?:list|清單|列表|リスト)? ?(?:(bullet|項目符號|项目符号)|(number|編號|编号|號碼|号码|數字|数字)) ?(?:清單|列表)? ?(\d?)",
    re.IGNORECASE,
)
_OFF = frozenset(("0", "false", "off"))


def get_attribute(element: Element | None, *names: str) -> str | None:
    """Return the first of the attributes that the element has."""
    if element is None:
        return None
    return next((value for name in names if (value := element.get(name)) is not None), None)


def is_switched_on(element: Element | None) -> bool:
    """Return whether a switch such as `<w:vanish/>` is on. A switch without a value is on."""
    return element is not None and (element.get("w:val") or "1").lower() not in _OFF


def parse_number(text: str | None, default: int = 0) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else default


def _read_indent(properties: Element | None) -> Indent:
    """Read an indent. `…Chars` are hundredths of a character, converted at 12 points."""
    ind = properties.find("w:ind") if properties is not None else None
    if ind is None:
        return Indent()
    left = _read_length(ind, "left", "start")
    hanging, first = _read_length(ind, "hanging"), _read_length(ind, "firstLine")
    return Indent(left, -hanging if hanging is not None else first)


def _read_length(ind: Element, *names: str) -> int | None:
    chars = get_attribute(ind, *(f"w:{name}Chars" for name in names))
    if chars and parse_number(chars):
        return parse_number(chars) * 240 // 100
    value = get_attribute(ind, *(f"w:{name}" for name in names))
    return parse_number(value) if value else None


@dataclass(frozen=True, slots=True)
class WordStyle:
    """A style, or the properties of a paragraph itself, which have no name. None where undefined."""

    name: str = ""
    based_on: str | None = None
    list_id: str | None = None
    level: int | None = None
    indent: Indent = NO_INDENT
    outline: int | None = None
    new_page: bool | None = None


def _read_properties(properties: Element | None, name: str = "", based_on: str | None = None) -> WordStyle:
    if properties is None:
        return WordStyle(name, based_on)
    num = properties.find("w:numPr")
    level = get_attribute(num.find("w:ilvl"), "w:val") if num is not None else None
    outline = get_attribute(properties.find("w:outlineLvl"), "w:val")
    page = properties.find("w:pageBreakBefore")
    return WordStyle(
        name,
        based_on,
        get_attribute(num.find("w:numId"), "w:val") if num is not None else None,
        parse_number(level) if level else None,
        _read_indent(properties),
        parse_number(outline) if outline else None,
        None if page is None else is_switched_on(page),
    )


def read_styles(root: Element | None) -> tuple[dict[str, WordStyle], str | None]:
    """Return the paragraph and list styles by id, and the id of the default style."""
    styles: dict[str, WordStyle] = {}
    default = None
    for element in root.findall("w:style") if root is not None else ():
        kind, name = element.get("w:type"), element.get("w:styleId")
        if name is None or kind not in (None, "paragraph", "numbering"):
            continue
        if kind != "numbering" and element.get("w:default") in ("1", "true", "on"):
            default = name
        styles[name] = _read_properties(
            element.find("w:pPr"),
            get_attribute(element.find("w:name"), "w:val") or name,
            get_attribute(element.find("w:basedOn"), "w:val"),
        )
    return styles, default


def _read_levels(parent: Element) -> dict[int, ListLevel]:
    levels: dict[int, ListLevel] = {}
    for element in parent.iter("w:lvl"):
        form = get_attribute(element.find("w:numFmt"), "w:val") or "decimal"
        text = get_attribute(element.find("w:lvlText"), "w:val") or ""
        style = get_attribute(element.find("w:pStyle"), "w:val")
        levels[parse_number(element.get("w:ilvl"))] = ListLevel(
            form, text, _read_indent(element.find("w:pPr")), style
        )
    return levels


class _WordLists(ListCounters):
    """The lists of one document, with its styles."""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        super().__init__()
        self.levels: dict[str, dict[int, ListLevel]] = {}
        self.styles, self.default_style = read_styles(styles)
        if numbering is not None:
            self._read_numbering(numbering)

    def _read_numbering(self, root: Element) -> None:
        abstract = {element.get("w:abstractNumId"): element for element in root.findall("w:abstractNum")}
        nums = {element.get("w:numId"): element for element in root.findall("w:num")}
        known = {key: _read_levels(element) for key, element in abstract.items()}
        for num_id, num in nums.items():
            key = get_attribute(num.find("w:abstractNumId"), "w:val")
            element = abstract.get(key)
            link = get_attribute(element.find("w:numStyleLink"), "w:val") if element is not None else None
            if link in self.styles and (linked := nums.get(self.styles[link].list_id)) is not None:
                key = get_attribute(linked.find("w:abstractNumId"), "w:val")
            if num_id is not None:
                self.levels[num_id] = {**known.get(key, {}), **_read_levels(num)}

    def lay_out_paragraph(self, properties: Element | None) -> ParagraphLayout:
        """Return the layout of the next paragraph, and advance its list's number."""
        own = _read_properties(properties)
        style_id = get_attribute(properties.find("w:pStyle"), "w:val") if properties is not None else None
        chain = [own, *self._chain(style_id or self.default_style)]
        styled = Indent()
        for style in chain[1:]:
            styled = styled.inherit_from(style.indent)
        new_page = next((style.new_page for style in chain if style.new_page is not None), False)
        num, ilvl, level = self._level(style_id, chain)
        # A heading's own number ("1. 摘要") does not make the heading a list item.
        is_title = _is_title(chain)
        if level is None or (is_title and own.list_id is None):
            whole = own.indent.inherit_from(styled)
            return ParagraphLayout.from_indent(whole, is_title=is_title, new_page=new_page)
        below = level.indent.inherit_from(styled) if own.list_id else styled.inherit_from(level.indent)
        indent = own.indent.inherit_from(below)
        if level.number_format == "none":
            return ParagraphLayout.from_indent(Indent(indent.left), new_page=new_page)
        columns = self.find_column(num, ilvl, indent)
        return ParagraphLayout(self.build_marker(num, ilvl, level), columns, columns, False, new_page)

    def _chain(self, style_id: str | None) -> Iterator[WordStyle]:
        for _ in range(_CHAIN_LIMIT):
            style = self.styles.get(style_id or "")
            if style is None:
                return
            yield style
            style_id = style.based_on

    def _level(self, style_id: str | None, chain: list[WordStyle]) -> tuple[str, int, ListLevel | None]:
        at = next((n for n, style in enumerate(chain) if style.list_id is not None), None)
        if at is None:
            return _find_list_by_style_name(chain)
        num = chain[at].list_id or "0"
        ilvl = next((style.level for style in chain[: at + 1] if style.level is not None), None)
        if ilvl is None and at and style_id:
            ilvl = next((n for n, lvl in self.levels.get(num, {}).items() if lvl.style == style_id), None)
        ilvl = min(max(ilvl or 0, 0), 8)
        if num == "0":
            return num, ilvl, None
        return num, ilvl, self.levels.get(num, {}).get(ilvl) or ListLevel("bullet", "•", Indent(), None)


def _is_title(chain: list[WordStyle]) -> bool:
    outline = next((style.outline for style in chain if style.outline is not None), 9)
    return outline < 9 or any(TITLE_NAME.fullmatch(style.name.strip()) for style in chain)


def _find_list_by_style_name(chain: list[WordStyle]) -> tuple[str, int, ListLevel | None]:
    """Return a list for a style that is named as a list but has no numbering."""
    for style in chain:
        if match := _LIST.fullmatch(style.name.strip()):
            ilvl = max(parse_number(match[3], 1), 1) - 1
            form, name = ("bullet", "bullets") if match[1] else ("decimal", "numbers")
            return name, ilvl, ListLevel(form, "%1.", Indent(), None)
    return "0", 0, None


_DROPPED = frozenset(
    ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:rt", "w:delText", "w:instrText", "w:object")
)
_CHARACTERS_BY_TAG = {"w:tab": "\t", "w:ptab": "\t", "w:noBreakHyphen": "-", "w:cr": "\n"}
# Private characters of Symbol and Wingdings that AutoCorrect inserts. Others stay unchanged.
_SYMBOLS = {
    "f0b7": "•", "f0a7": "▪", "f0fc": "✓", "f0d8": "➢", "f06c": "●", "f06e": "■", "f0e0": "→", "f0e8": "→",
    "f0df": "←", "f0ae": "→", "f0be": "—", "f02d": "-",
}  # fmt: skip
# A line end in the markup is a space; a Unicode line separator was typed or pasted.
_LINE_ENDS = str.maketrans(dict.fromkeys("\n\r", " ") | dict.fromkeys("\x85\u2028\u2029", "\n"))


def get_first_choice(element: Element) -> Element | tuple[()]:
    """Return the first alternative of an `mc:AlternateContent`."""
    return next((choice for tag in ("mc:Choice", "mc:Fallback") for choice in element.findall(tag)), ())


def is_prompt(element: Element) -> bool:
    """Return whether a content control still shows its prompt."""
    properties = element.find("w:sdtPr")
    return properties is not None and is_switched_on(properties.find("w:showingPlcHdr"))


@dataclass(slots=True)
class WordField:
    """An open field. Text before its separator is its instruction."""

    instruction: str = ""
    in_result: bool = False
    result_start: tuple[int, int] = (0, 0)
    """Start of the result: line index, characters before it."""


@dataclass(slots=True)
class ParagraphText:
    """The text of one paragraph. `lines` are separated by line breaks; a page break precedes each of
    `page_break_lines`.
    """

    lines: list[str] = field(default_factory=lambda: [""])
    links: list[tuple[int, str, str]] = field(default_factory=list)
    """(line index, text of the link, its address)."""
    page_break_lines: set[int] = field(default_factory=set)
    asides: list[str] = field(default_factory=list)
    note_references: list[tuple[str, str]] = field(default_factory=list)
    """(footnote or endnote, its id)."""


class ParagraphReader:
    """Read paragraphs in order. Fields may span several paragraphs."""

    def __init__(self, link_targets: Mapping[str, str]) -> None:
        self.link_targets = link_targets
        self.open_fields: list[WordField] = []
        self.paragraph_text = ParagraphText()

    def read_paragraph(
        self, paragraph: Element, unfinished_text: ParagraphText | None = None
    ) -> ParagraphText:
        """Read a paragraph. `unfinished_text` is that of a paragraph above whose end was deleted."""
        self.paragraph_text = unfinished_text or ParagraphText()
        self._read_children(paragraph)
        # An instruction that never ends is a broken field, which must not swallow the rest of the document.
        self.open_fields = [open_field for open_field in self.open_fields if open_field.in_result]
        return self.paragraph_text

    def _read_children(self, element: Element | tuple[()]) -> None:
        for child in element:
            self._read_element(child)

    def _read_element(self, element: Element) -> None:
        tag = element.tag
        if tag == "w:r":
            self._run(element)
        elif tag in ("w:t", "m:t"):
            self._append_text((element.text or "").translate(_LINE_ENDS))
        elif tag == "w:hyperlink":
            self._read_link(element, self.link_targets.get(element.get("r:id") or "", ""))
        elif tag == "w:fldSimple":
            self._read_link(element, parse_hyperlink_address(element.get("w:instr") or ""))
        elif tag in _CHARACTERS_BY_TAG:
            self._append_text(_CHARACTERS_BY_TAG[tag])
        elif tag == "w:br":
            self._break(element.get("w:type"))
        elif tag == "w:sym":
            self._append_text(_decode_symbol(element.get("w:char") or ""))
        elif tag == "w:fldChar":
            self._handle_field_character(element.get("w:fldCharType"))
        elif tag == "w:instrText":
            if self.open_fields:
                self.open_fields[-1].instruction += element.text or ""
        elif tag in ("w:footnoteReference", "w:endnoteReference"):
            self.paragraph_text.note_references.append((tag[2:-9], element.get("w:id") or ""))
        elif tag == "w:sdt":
            self._read_content_control(element)
        elif tag == "mc:AlternateContent":
            self._read_children(get_first_choice(element))
        elif tag == "w:txbxContent":
            self._read_text_box(element)
        elif tag not in _DROPPED:
            self._read_children(element)

    def _run(self, run: Element) -> None:
        properties = run.find("w:rPr")
        if properties is None or not is_switched_on(properties.find("w:vanish")):
            self._read_children(run)
            return
        hidden = ParagraphReader(self.link_targets)
        hidden._read_children(run)
        self._add_asides(hidden.paragraph_text)

    @property
    def _in_instruction(self) -> bool:
        return not all(open_field.in_result for open_field in self.open_fields)

    @property
    def _position(self) -> tuple[int, int]:
        """Return the end of the text so far: index of the line, characters in the line."""
        return len(self.paragraph_text.lines) - 1, len(self.paragraph_text.lines[-1])

    def _append_text(self, text: str) -> None:
        if self._in_instruction:
            return
        first, *others = text.split("\n")
        self.paragraph_text.lines[-1] += first
        self.paragraph_text.lines += others

    def _break(self, kind: str | None) -> None:
        if self._in_instruction:
            return
        self.paragraph_text.lines.append("")
        if kind == "page":
            self.paragraph_text.page_break_lines.add(len(self.paragraph_text.lines) - 1)

    def _read_link(self, element: Element, address: str) -> None:
        start = self._position
        self._read_children(element)
        self._add_link(start, address)

    def _add_link(self, start: tuple[int, int], address: str) -> None:
        line_index, before = start
        if address and line_index < len(self.paragraph_text.lines):
            text = self.paragraph_text.lines[line_index][before:].strip()
            self.paragraph_text.links.append((line_index, text, address))

    def _handle_field_character(self, kind: str | None) -> None:
        if kind == "begin":
            self.open_fields.append(WordField())
        elif kind == "separate" and self.open_fields:
            self.open_fields[-1].in_result = True
            self.open_fields[-1].result_start = self._position
        elif kind == "end" and self.open_fields:
            ended = self.open_fields.pop()
            self._add_link(ended.result_start, parse_hyperlink_address(ended.instruction))

    def _read_content_control(self, element: Element) -> None:
        """Read a content control, unless it still shows its prompt."""
        content = element.find("w:sdtContent")
        if content is not None and not is_prompt(element):
            self._read_children(content)

    def _read_text_box(self, box: Element) -> None:
        for child in box:
            if child.tag == "w:p":
                self._add_asides(ParagraphReader(self.link_targets).read_paragraph(child))
            elif child.tag not in _DROPPED:
                self._read_text_box(child)

    def _add_asides(self, words: ParagraphText) -> None:
        self.paragraph_text.asides += [text.strip() for text in words.lines if text.strip()] + words.asides
        self.paragraph_text.note_references += words.note_references


def _decode_symbol(code: str) -> str:
    if (known := _SYMBOLS.get(code.lower())) is not None:
        return known
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return character if character.isprintable() or "\ue000" <= character <= "\uf8ff" else ""


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
        self.lists = _WordLists(read_xml(package.numbering) if package.numbering else None, styles)
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
        for text in texts:
            self.paragraphs.cautions.append(Caution(self.paragraphs.number, "unplaced", {"text": text}))

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
