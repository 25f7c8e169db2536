"""Resolve Word's styles and lists: a paragraph's marker, its indent, and whether it is a title.

Looked up as Word does: the paragraph's own properties, then its style's, along `basedOn`; a list is numId →
num → abstractNum (→ its numStyleLink) → the level. An unknown numId counts as a bullet list.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import Element

TWIPS_PER_COLUMN = 120
FIRST_COLUMN = 2
COLUMNS_PER_LEVEL = 3
DEEPEST_COLUMN = 36

_CHAIN_LIMIT = 12
_TITLE = re.compile(
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
    indent: Indent = Indent()
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
            columns = _convert_to_columns(whole.left or 0)
            return ParagraphLayout(
                "", columns, _convert_to_columns((whole.left or 0) + (whole.first or 0)), is_title, new_page
            )
        below = level.indent.inherit_from(styled) if own.list_id else styled.inherit_from(level.indent)
        indent = own.indent.inherit_from(below)
        if level.number_format == "none":
            columns = _convert_to_columns(indent.left or 0)
            return ParagraphLayout("", columns, columns, False, new_page)
        columns = self._find_column(num, ilvl, indent)
        return ParagraphLayout(self._marker(num, ilvl, level), columns, columns, False, new_page)

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

    def _find_column(self, num: str, ilvl: int, indent: Indent) -> int:
        """Return the column of an item.

        Items on deeper levels of a list are always further right; on the same level, the indent decides.
        """
        default = FIRST_COLUMN + COLUMNS_PER_LEVEL * ilvl
        known = indent.left is not None
        column = _convert_to_columns((indent.left or 0) + (indent.first or 0)) if known else default
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

    def _marker(self, num: str, ilvl: int, level: ListLevel) -> str:
        if level.number_format == "bullet":
            return "•"
        for key in [key for key in self.counts if key[0] == num and key[1] > ilvl]:
            del self.counts[key]
        count = self.counts[num, ilvl] = self.counts.get((num, ilvl), 0) + 1
        return _format_typed_number(level.number_format, level.text, min(count, 999))


def _is_title(chain: list[WordStyle]) -> bool:
    outline = next((style.outline for style in chain if style.outline is not None), 9)
    return outline < 9 or any(_TITLE.fullmatch(style.name.strip()) for style in chain)


def _find_list_by_style_name(chain: list[WordStyle]) -> tuple[str, int, ListLevel | None]:
    """Return a list for a style that is named as a list but has no numbering."""
    for style in chain:
        if match := _LIST.fullmatch(style.name.strip()):
            ilvl = max(parse_number(match[3], 1), 1) - 1
            form, name = ("bullet", "bullets") if match[1] else ("decimal", "numbers")
            return name, ilvl, ListLevel(form, "%1.", Indent(), None)
    return "0", 0, None


@lru_cache(maxsize=2048)
def _format_typed_number(form: str, text: str, count: int) -> str:
    """Format a number so that `markers` recognizes it. Formats that `markers` may not recognize are replaced."""
    if text.startswith(("(", "（")) or "enclosed" in form.lower():
        return f"({count})"
    if form in ("decimal", "decimalZero", "decimalFullWidth", "decimalHalfWidth", "ordinal"):
        return f"{count})" if text.endswith((")", "）")) else f"{count}."
    if "letter" in form.lower() or "roman" in form.lower():
        return f"{count})"
    return f"{count}、"


def _convert_to_columns(twips: int) -> int:
    return min(max(round(twips / TWIPS_PER_COLUMN), 0), DEEPEST_COLUMN)
