"""Read a Word paragraph: its printed text, marker and indent, and whether it is a title.

Properties are looked up as in Word: first the paragraph's own, then its style's, along `basedOn`. A list is found by
numId → num → abstractNum (→ its numStyleLink) → level. An unknown numId counts as a bullet list.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import Element

TWIPS_PER_COLUMN = 120
FIRST_COLUMN = 2
COLUMNS_PER_LEVEL = 3
DEEPEST_COLUMN = 36

_CHAIN_LIMIT = 12
TITLE_NAME = re.compile(
    r"(?:sub)?title|head(?:ing)? ?\d|(?:文件|文章)?(?:主|大)?[標标][題题] ?\d?", re.IGNORECASE
)
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


@dataclass(slots=True)
class WordLists:
    """The lists of one document and their current numbers, while the document is read from the top."""

    numbering: Element | None
    styles_root: Element | None
    styles: dict[str, WordStyle] = field(init=False)
    default_style: str | None = field(init=False)
    levels: dict[str, dict[int, ListLevel]] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)
    columns_by_level: dict[str, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.styles, self.default_style = read_styles(self.styles_root)
        if self.numbering is not None:
            self._read_numbering(self.numbering)

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
            columns = convert_to_columns(whole.left or 0)
            return ParagraphLayout(
                "", columns, convert_to_columns((whole.left or 0) + (whole.first or 0)), is_title, new_page
            )
        below = level.indent.inherit_from(styled) if own.list_id else styled.inherit_from(level.indent)
        indent = own.indent.inherit_from(below)
        if level.number_format == "none":
            columns = convert_to_columns(indent.left or 0)
            return ParagraphLayout("", columns, columns, False, new_page)
        columns = self.find_column(num, ilvl, indent)
        return ParagraphLayout(self.build_marker(num, ilvl, level), columns, columns, False, new_page)

    def restart(self, num: str) -> None:
        """Let the numbers of a list begin anew."""
        for key in [key for key in self.counts if key[0] == num]:
            del self.counts[key]

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


def convert_to_columns(twips: int) -> int:
    return min(max(round(twips / TWIPS_PER_COLUMN), 0), DEEPEST_COLUMN)


# Read the printed text of a Word paragraph: insertions are kept, deletions dropped.

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
