"""Read the printed text of a Word paragraph: insertions are kept, deletions dropped.

For a field, the stored result is read and nothing is computed or fetched; for a link, the text and the
address. Text outside the line (notes, text boxes, hidden text) is collected separately, never dropped
silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from briefs.documents.files.word_lists import is_switched_on

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
    return next((found for tag in ("mc:Choice", "mc:Fallback") for found in element.findall(tag)), ())


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
            self._read_link(element, _parse_hyperlink_address(element.get("w:instr") or ""))
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
        """The end of the text so far: line index, characters in the line."""
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
        place, before = start
        if address and place < len(self.paragraph_text.lines):
            text = self.paragraph_text.lines[place][before:].strip()
            self.paragraph_text.links.append((place, text, address))

    def _handle_field_character(self, kind: str | None) -> None:
        if kind == "begin":
            self.open_fields.append(WordField())
        elif kind == "separate" and self.open_fields:
            self.open_fields[-1].in_result = True
            self.open_fields[-1].result_start = self._position
        elif kind == "end" and self.open_fields:
            ended = self.open_fields.pop()
            self._add_link(ended.result_start, _parse_hyperlink_address(ended.instruction))

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


def _parse_hyperlink_address(instruction: str) -> str:
    """Return the address in `HYPERLINK "https://…"`. No other field has a usable address."""
    words = instruction.split(None, 1)
    if len(words) < 2 or words[0].upper() != "HYPERLINK":
        return ""
    rest = words[1].strip()
    if rest.startswith('"'):
        return rest[1:].partition('"')[0]
    first = rest.split()[0]
    return "" if first.startswith("\\") else first
