"""A paragraph of Word's → its words as they would be printed: insertions kept, deletions dropped.

Of a field only its result is taken, nothing is computed or fetched; of a link its words, and its address beside
them. What stands outside the line (notes, text boxes, hidden words) is put aside, never dropped in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from briefs.documents.files.word_lists import is_on

_DROPPED = frozenset(
    ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:rt", "w:delText", "w:instrText", "w:object")
)
_PLAIN = {"w:tab": "\t", "w:ptab": "\t", "w:noBreakHyphen": "-", "w:cr": "\n"}
# Private characters of Symbol and Wingdings that people get by AutoCorrect; other ones stay as they are.
_SYMBOLS = {
    "f0b7": "•", "f0a7": "▪", "f0fc": "✓", "f0d8": "➢", "f06c": "●", "f06e": "■", "f0e0": "→", "f0e8": "→",
    "f0df": "←", "f0ae": "→", "f0be": "—", "f02d": "-",
}  # fmt: skip
# A line end of the markup is a space; one of Unicode's own was typed or pasted.
_LINE_ENDS = str.maketrans(dict.fromkeys("\n\r", " ") | dict.fromkeys("\x85\u2028\u2029", "\n"))


@dataclass(slots=True)
class Field:
    """A field that has begun. Until it is separated, what stands in it is its instruction."""

    instruction: str = ""
    is_result: bool = False
    start: tuple[int, int] = (0, 0)
    """Where its result begins: which text, and after how many characters."""


@dataclass(slots=True)
class Words:
    """One paragraph's. `texts` are parted by line breaks; a page break stands before text `pages`."""

    texts: list[str] = field(default_factory=lambda: [""])
    links: list[tuple[int, str, str]] = field(default_factory=list)
    """(which text, the words of the link, its address)."""
    pages: set[int] = field(default_factory=set)
    asides: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """(footnote or endnote, its id)."""


class Reader:
    """Reads paragraphs in order; fields may reach from one into the next."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self.targets = targets
        self.fields: list[Field] = []
        self.words = Words()

    def read(self, paragraph: Element, words: Words | None = None) -> Words:
        """`words` are those of a paragraph above whose end was deleted."""
        self.words = words or Words()
        self._children(paragraph)
        # An instruction that never ends is a broken field: it must not swallow the rest of the document.
        self.fields = [open_field for open_field in self.fields if open_field.is_result]
        return self.words

    def _children(self, element: Element) -> None:
        for child in element:
            self._take(child)

    def _take(self, element: Element) -> None:
        tag = element.tag
        if tag == "w:r":
            self._run(element)
        elif tag in ("w:t", "m:t"):
            self._say((element.text or "").translate(_LINE_ENDS))
        elif tag == "w:hyperlink":
            self._linked(element, self.targets.get(element.get("r:id") or "", ""))
        elif tag == "w:fldSimple":
            self._linked(element, _address(element.get("w:instr") or ""))
        elif tag in _PLAIN:
            self._say(_PLAIN[tag])
        elif tag == "w:br":
            self._break(element.get("w:type"))
        elif tag == "w:sym":
            self._say(_symbol(element.get("w:char") or ""))
        elif tag == "w:fldChar":
            self._field(element.get("w:fldCharType"))
        elif tag == "w:instrText":
            if self.fields:
                self.fields[-1].instruction += element.text or ""
        elif tag in ("w:footnoteReference", "w:endnoteReference"):
            self.words.notes.append((tag[2:-9], element.get("w:id") or ""))
        elif tag == "w:sdt":
            self._control(element)
        elif tag == "mc:AlternateContent":
            choices = element.findall("mc:Choice") or element.findall("mc:Fallback")
            self._children(choices[0]) if choices else None
        elif tag == "w:txbxContent":
            self._aside(element)
        elif tag not in _DROPPED:
            self._children(element)

    def _run(self, run: Element) -> None:
        properties = run.find("w:rPr")
        if properties is None or not is_on(properties.find("w:vanish")):
            self._children(run)
            return
        hidden = Reader(self.targets)
        hidden._children(run)
        self._put_aside(hidden.words)

    def _say(self, text: str) -> None:
        if any(not open_field.is_result for open_field in self.fields):
            return
        first, *others = text.split("\n")
        self.words.texts[-1] += first
        self.words.texts += others

    def _break(self, kind: str | None) -> None:
        if any(not open_field.is_result for open_field in self.fields):
            return
        self.words.texts.append("")
        if kind == "page":
            self.words.pages.add(len(self.words.texts) - 1)

    def _linked(self, element: Element, address: str) -> None:
        place, before = len(self.words.texts) - 1, len(self.words.texts[-1])
        self._children(element)
        if address:
            self.words.links.append((place, self.words.texts[place][before:].strip(), address))

    def _field(self, kind: str | None) -> None:
        if kind == "begin":
            self.fields.append(Field())
        elif kind == "separate" and self.fields:
            self.fields[-1].is_result = True
            self.fields[-1].start = (len(self.words.texts) - 1, len(self.words.texts[-1]))
        elif kind == "end" and self.fields:
            ended = self.fields.pop()
            place, before = ended.start
            if (address := _address(ended.instruction)) and place < len(self.words.texts):
                self.words.links.append((place, self.words.texts[place][before:].strip(), address))

    def _control(self, element: Element) -> None:
        """A content control that still shows its prompt holds no words."""
        properties, content = element.find("w:sdtPr"), element.find("w:sdtContent")
        is_prompt = properties is not None and is_on(properties.find("w:showingPlcHdr"))
        if content is not None and not is_prompt:
            self._children(content)

    def _aside(self, box: Element) -> None:
        for child in box:
            if child.tag == "w:p":
                self._put_aside(Reader(self.targets).read(child))
            elif child.tag not in _DROPPED:
                self._aside(child)

    def _put_aside(self, words: Words) -> None:
        self.words.asides += [text.strip() for text in words.texts if text.strip()] + words.asides
        self.words.notes += words.notes


def _symbol(code: str) -> str:
    if (known := _SYMBOLS.get(code.lower())) is not None:
        return known
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return character if character.isprintable() or "\ue000" <= character <= "\uf8ff" else ""


def _address(instruction: str) -> str:
    """Of `HYPERLINK "https://…"`. No other field has an address that we would take."""
    words = instruction.split(None, 1)
    if len(words) < 2 or words[0].upper() != "HYPERLINK":
        return ""
    rest = words[1].strip()
    if rest.startswith('"'):
        return rest[1:].partition('"')[0]
    first = rest.split()[0]
    return "" if first.startswith("\\") else first
