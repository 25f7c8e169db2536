"""Decode a rich text file (.rtf) into lines, as `word` does."""

import re
from dataclasses import dataclass, field, replace

from briefs.documents.files.encodings import DecodedDocument
from briefs.documents.files.paragraphs import (
    NO_INDENT,
    TITLE_NAME,
    Indent,
    ListCounters,
    ListLevel,
    ParagraphLayout,
    ParagraphList,
    parse_hyperlink_address,
)
from briefs.documents.types import DocumentRefused

SIGNATURE = b"{\\rtf"

_SIZE_LIMIT = 10 * 1024 * 1024
_TOKEN_LIMIT = 200_000
_DEPTH_LIMIT = 200
_ROW_LIMIT = 5_000
_TOKEN = re.compile(
    rb"\\(?P<word>[a-z]{1,32})(?P<value>-?\d{1,10})? ?|\\'(?P<byte>[0-9A-Fa-f]{2})|\\(?P<sign>[^a-z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
_CODE_PAGES = {
    128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_EAST_ASIAN = frozenset(("cp932", "cp949", "gb18030", "cp950"))
_SKIPPED = frozenset([
    "colortbl", "info", "pict", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr",
    "footerf", "annotation", "object", "nonshppict", "xe", "tc", "themedata", "datastore", "revtbl",
    "listtable", "listoverridetable", "generator", "bkmkstart", "bkmkend", "filetbl", "atnid", "atnauthor",
])  # fmt: skip
_CHARACTERS = {
    "tab": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ", "nestcell": "\t",
}  # fmt: skip
_ASIDES = frozenset(("footnote", "shptxt"))
_NUMBER = re.compile(r"[(（]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5}|[㐀-鿿]{1,3})[.)）、．]?[)）]?")
_SEVERAL = re.compile(r"\d|[.)）、．]$")


def decode_rich_text(data: bytes) -> DecodedDocument:
    """Decode a rich text file. Raise `DocumentRefused`."""
    if len(data) > _SIZE_LIMIT:
        raise DocumentRefused(None, "too-large", {"limit": f"{_SIZE_LIMIT // 1024 // 1024} MB"})
    reader = _RichTextReader()
    at = count = 0
    while match := _TOKEN.match(data, at):
        count += 1
        if count > _TOKEN_LIMIT:
            raise DocumentRefused(None, "word-too-complex")
        at = match.end() + reader.read_token(match)
    if at < len(data) and data[at:].strip(b"\0\r\n\x1a"):
        raise DocumentRefused(None, "word-damaged")
    return reader.finish()


@dataclass(slots=True)
class _Group:
    """State that ends with its group. `destination`: where text goes; "" is the document."""

    destination: str = ""
    font: int = -1
    skip: int = 1
    """Characters that follow \\u for readers without Unicode."""
    is_hidden: bool = False
    begins: bool = True
    """Nothing but \\* was read, so that the next word may name a destination."""
    is_optional: bool = False
    link: str | None = None


@dataclass(slots=True)
class _Paragraph:
    style: int = 0
    list_id: int = 0
    level: int = 0
    indent: Indent = NO_INDENT
    outline: int = 9
    in_table: bool = False
    new_page: bool = False


@dataclass(slots=True)
class _RichTextReader:
    paragraphs: ParagraphList = field(default_factory=ParagraphList)
    lists: ListCounters = field(default_factory=ListCounters)
    group: _Group = field(default_factory=_Group)
    groups: list[_Group] = field(default_factory=list)
    paragraph: _Paragraph = field(default_factory=_Paragraph)
    code_page: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    titles: set[int] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    """Text of the open destinations that are read: list markers, instructions, notes, names of styles."""
    style_number: int = 0
    raw: bytearray = field(default_factory=bytearray)
    skipped: int = 0
    in_table: bool = False
    cells: list[str] = field(default_factory=list)
    merges: str = ""
    rows: int = 0
    marker: str = ""

    def read_token(self, match: re.Match[bytes]) -> int:
        """Handle a token. Return how many bytes after it are binary."""
        if match["text"] is not None:
            self._add_bytes(match["text"])
        elif match["byte"] is not None:
            self._add_bytes(bytes((int(match["byte"], 16),)))
        elif match["word"] is not None:
            word, value = match["word"].decode(), int(match["value"]) if match["value"] else None
            if word == "bin":
                return max(value or 0, 0)
            self._handle_word(word, value)
        elif match["brace"] is not None:
            self._flush()
            self._open() if match["brace"] == b"{" else self._close()
        elif (sign := match["sign"]) is not None:
            self._handle_sign(sign)
        return 0

    def finish(self) -> DecodedDocument:
        self._flush()
        if any(self.paragraphs.lines[0:1]) or len(self.paragraphs.lines) > 1:
            self._end_paragraph()
        return self.paragraphs.build_document("rich-text")

    def _open(self) -> None:
        if len(self.groups) >= _DEPTH_LIMIT:
            raise DocumentRefused(None, "word-too-complex")
        self.groups.append(self.group)
        self.group = replace(self.group, begins=True, is_optional=False, link=None)
        self.skipped = 0

    def _close(self) -> None:
        if not self.groups:
            raise DocumentRefused(None, "word-damaged")
        closed, self.group = self.group, self.groups.pop()
        self.skipped = 0
        if closed.link is not None:
            self.paragraphs.end_link()
        name = closed.destination
        if name == self.group.destination:
            return
        text = self.texts.pop(name, "")
        if name in ("listtext", "pntext"):
            self.marker = text.strip() or "•"
        elif name == "fldinst":
            self.group.link = parse_hyperlink_address(text.strip())
        elif name in _ASIDES:
            self.paragraphs.add_aside(text)

    def _handle_sign(self, sign: bytes) -> None:
        if sign == b"*":
            self.group.is_optional = True
        elif sign in (b"\n", b"\r"):
            self._handle_word("par", None)
        elif sign in b"\\{}":
            self._add_bytes(sign)
        elif sign in (b"~", b"_"):
            self._add_text(" " if sign == b"~" else "-")

    def _add_bytes(self, data: bytes) -> None:
        if self.skipped:
            cut = min(self.skipped, len(data))
            self.skipped -= cut
            data = data[cut:]
        self.group.begins = False
        if data and self.group.destination != "skipped":
            self.raw += data

    def _flush(self) -> None:
        if not self.raw:
            return
        data, self.raw = bytes(self.raw), bytearray()
        font = self.fonts.get(self.group.font, "")
        code_page = (
            self.code_page
            if self.code_page in _EAST_ASIAN and font not in _EAST_ASIAN
            else font or self.code_page
        )
        try:
            self._add_text(data.decode("ascii" if data.isascii() else code_page))
        except UnicodeDecodeError:
            if self.group.destination:
                return
            raise DocumentRefused(self.paragraphs.number + 1, "undecodable") from None

    def _add_text(self, text: str) -> None:
        self._flush()
        name = self.group.destination
        if name == "skipped" or (self.group.is_hidden and not name):
            return
        if name == "stylesheet":
            if TITLE_NAME.fullmatch(text.strip(" ;")):
                self.titles.add(self.style_number)
        elif name and name != "fonttbl":
            self.texts[name] = self.texts.get(name, "")[:4000] + text
        elif not name:
            self.paragraphs.add_text(text)

    def _handle_word(self, word: str, value: int | None) -> None:
        group = self.group
        if word == "u" and value is not None:
            if group.destination != "skipped":
                self._flush()
                self._add_text(chr(value % 65536))
            self.skipped = group.skip
            return
        self._flush()
        self.skipped = 0
        begins, group.begins = group.begins, False
        if begins and self._begin_destination(word):
            return
        if word == "uc":
            group.skip = min(max(value or 0, 0), 8)
        elif group.destination == "skipped":
            return
        elif word in ("f", "af") and value is not None:
            group.font = value if word == "f" or self.fonts.get(value) in _EAST_ASIAN else group.font
        elif word == "fcharset":
            self.fonts[group.font] = _CODE_PAGES.get(value or 0, "")
        elif word == "ansicpg":
            self.code_page = {936: "gb18030"}.get(
                value or 0, f"cp{value}" if value in (932, 949, 950, *range(1250, 1259)) else "cp1252"
            )
        elif word == "s" and group.destination == "stylesheet":
            self.style_number = value or 0
        elif word in ("v", "deleted"):
            group.is_hidden = value != 0
        elif word == "plain":
            group.is_hidden = False
        elif word in _CHARACTERS:
            self._add_text(_CHARACTERS[word])
        elif not group.destination:
            self._handle_layout(word, value or 0)

    def _begin_destination(self, word: str) -> bool:
        group = self.group
        if group.destination == "skipped":
            return True
        if word in _ASIDES or word in ("fonttbl", "stylesheet", "listtext", "pntext", "fldinst"):
            group.destination = word
        elif word == "fldrslt":
            outer = self.groups[-1] if self.groups else group
            if outer.link:
                group.link = outer.link
                self.paragraphs.begin_link(outer.link)
        elif word in _SKIPPED or (group.is_optional and word not in ("shp", "shpinst", "shptxt")):
            group.destination = "skipped"
        else:
            return False
        return True

    def _handle_layout(self, word: str, value: int) -> None:
        paragraph = self.paragraph
        if word == "par":
            self._end_paragraph()
        elif word == "line":
            self.paragraphs.break_line()
        elif word in ("page", "sect"):
            self.paragraphs.new_page = True
        elif word == "pard":
            self.paragraph = _Paragraph()
            self.marker = ""
        elif word == "s":
            paragraph.style = value
        elif word == "ls":
            paragraph.list_id = value
        elif word == "ilvl":
            paragraph.level = min(max(value, 0), 8)
        elif word == "li":
            paragraph.indent = Indent(value, paragraph.indent.first)
        elif word == "fi":
            paragraph.indent = Indent(paragraph.indent.left, value)
        elif word == "outlinelevel":
            paragraph.outline = value
        elif word == "pagebb":
            paragraph.new_page = True
        elif word in ("intbl", "itap"):
            paragraph.in_table = word == "intbl" or value > 0
        else:
            self._handle_table(word)

    def _handle_table(self, word: str) -> None:
        if word == "trowd":
            self.cells, self.merges, self.rows = [], "", self.rows + 1
            if self.rows > _ROW_LIMIT:
                raise DocumentRefused(None, "word-too-complex")
        elif word in ("clmrg", "clvmrg"):
            self.merges = word
        elif word == "cellx":
            self.cells.append(self.merges)
            self.merges = ""
        elif word == "cell":
            self.paragraph.in_table = True
            self._end_paragraph()
            self.paragraphs.end_cell()
            self.paragraphs.begin_cell()
        elif word == "row" and self.in_table:
            self.paragraphs.end_row(is_continued=self.cells[:1] == ["clvmrg"])
            self.paragraphs.begin_row()

    def _end_paragraph(self) -> None:
        paragraph = self.paragraph
        if paragraph.in_table and not self.in_table:
            self.in_table = True
            lines = self.paragraphs.lines
            self.paragraphs.begin_table()
            self.paragraphs.begin_row()
            self.paragraphs.begin_cell()
            self.paragraphs.lines = lines
        elif self.in_table and not paragraph.in_table:
            self.in_table = False
            self.paragraphs.end_table()
        lines = self.paragraphs.lines
        if any("\ud800" <= sign <= "\udfff" for line in lines for sign in line):
            self.paragraphs.lines = [
                line.encode("utf-16", "surrogatepass").decode("utf-16", "ignore") for line in lines
            ]
        self.paragraphs.end_paragraph(self._lay_out())

    def _lay_out(self) -> ParagraphLayout:
        paragraph, indent = self.paragraph, self.paragraph.indent
        is_title = paragraph.outline < 9 or paragraph.style in self.titles
        marker, self.marker = self.marker, ""
        if not marker or is_title:
            return ParagraphLayout.from_indent(indent, is_title=is_title, new_page=paragraph.new_page)
        num = str(paragraph.list_id)
        columns = self.lists.find_column(num, paragraph.level, indent)
        is_number = _NUMBER.fullmatch(marker) and _SEVERAL.search(marker)
        # LibreOffice writes `0.` for the first letter of a list.
        form = ("decimal" if marker.lstrip("(（")[0] in "123456789" else "letter") if is_number else "bullet"
        level = ListLevel(form, marker, indent, None)
        return ParagraphLayout(
            self.lists.build_marker(num, paragraph.level, level), columns, columns, False, paragraph.new_page
        )
