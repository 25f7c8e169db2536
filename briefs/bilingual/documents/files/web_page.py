"""Decode a web page (.html) into lines, as `word` does."""

import codecs
import re
from html.parser import HTMLParser

from briefs.bilingual.documents.files.encodings import DOCUMENT_SIZE_LIMIT, DecodedDocument, decode_text
from briefs.bilingual.documents.files.paragraphs import (
    COLUMNS_PER_LEVEL,
    FIRST_COLUMN,
    ParagraphLayout,
    ParagraphList,
    format_typed_number,
)
from briefs.bilingual.documents.types import DocumentRefused

PAGE_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html)\b",
    re.IGNORECASE | re.DOTALL,
)

_DEPTH_LIMIT = 200
_TAG_LIMIT = 60_000
_ATTRIBUTE_LIMIT = 200_000
_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}charset=["']?\s*([\w-]{1,20})|<\?xml[^>]{0,100}encoding=["']([\w-]{1,20})""",
    re.IGNORECASE,
)
_ENCODINGS = frozenset(
    ("utf-8", "big5", "cp950", "big5hkscs", "gb2312", "gbk", "gb18030", "iso8859-1", "cp1252")
)
_SKIPPED = frozenset([
    "script", "style", "head", "template", "noscript", "select", "svg", "math", "del", "iframe", "object",
    "rt", "textarea",
])  # fmt: skip
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_BLOCKS = frozenset([
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "table", "caption",
    "blockquote", "section", "article", "header", "footer", "main", "nav", "aside", "ul", "ol", "dl", "dt",
    "dd", "pre", "hr", "body", "center", "address", "figure", "figcaption", "form", "fieldset", "tbody",
    "thead", "tfoot",
])  # fmt: skip
_CLOSED_BY = {
    "li": frozenset(("li",)), "p": _BLOCKS - {"body"}, "td": frozenset(("td", "th", "tr")), "th": frozenset(("td", "th", "tr")),
    "tr": frozenset(("tr", "tbody", "tfoot")), "dt": frozenset(("dt", "dd")), "dd": frozenset(("dt", "dd")),
}  # fmt: skip
"""Elements that end where one of these begins, as their end tag may be left out."""
_LIST_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_SPACE_RUN = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all", re.IGNORECASE)
_WORD_LEVEL = re.compile(r"mso-list:[^;]*\blevel(\d)", re.IGNORECASE)
_GOOGLE_LEVEL = re.compile(r"\blst-\S+-(\d)\b")
_NEW_PAGE = re.compile(r"(?:page-)?break-before:\s*(?:always|page)", re.IGNORECASE)
_NOTE_ANCHOR = re.compile("sdfootnoteanc|sdfootnotesym|sdendnote(?:anc|sym)|MsoFootnoteReference")
_NOTE_TEXT = re.compile("sdfootnote|sdendnote|ftn|edn")


def decode_web_page(data: bytes) -> DecodedDocument:
    """Decode a web page. Raise `DocumentRefused`."""
    if len(data) > DOCUMENT_SIZE_LIMIT:
        raise DocumentRefused(None, "too-large", {"limit": f"{DOCUMENT_SIZE_LIMIT // 1024 // 1024} MB"})
    if data.count(b"<") > _TAG_LIMIT or data.count(b"=") > _ATTRIBUTE_LIMIT:
        raise DocumentRefused(None, "word-too-complex")
    return read_page(_decode_page(data))


def _decode_page(data: bytes) -> str:
    declared = _DECLARED.search(data[:4096])
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            encoding = codecs.lookup((declared[1] or declared[2]).decode()).name
            if encoding in _ENCODINGS:
                return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode_text(data)[0]


def read_page(text: str) -> DecodedDocument:
    """Read the text of a page. Raise `DocumentRefused`."""
    reader = _PageReader()
    reader.feed(text)
    reader.close()
    while reader.open_tags:
        reader.handle_endtag(reader.open_tags[0])
    reader.finish_paragraph()
    return reader.paragraphs.build_document("web-page")


class _PageReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs = ParagraphList()
        self.open_tags: list[str] = []
        self.skipped_from = 0
        """Depth of the outermost element that is not read, or 0."""
        self.lists: list[list[str | int]] = []
        """Form and current number of each open list."""
        self.layout = ParagraphLayout()
        self.note_from = 0
        self.note = ""
        self.word_marker_from = 0
        self.in_pre = self.is_first_cell = self.is_continued = False
        self.spanned_rows = 0
        """Rows below that the first cell of the current one still covers."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.open_tags and tag in _CLOSED_BY.get(self.open_tags[-1], ()):
            self.handle_endtag(self.open_tags[-1])
        attributes = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            if not self.skipped_from:
                self._handle_void(tag)
            return
        if len(self.open_tags) >= _DEPTH_LIMIT:
            raise DocumentRefused(None, "word-too-complex")
        self.open_tags.append(tag)
        if self.skipped_from:
            return
        style, name = attributes.get("style", ""), attributes.get("class", "")
        if tag in _SKIPPED or _HIDDEN.search(style) or _NOTE_ANCHOR.search(name) or "hidden" in attributes:
            self.skipped_from = len(self.open_tags)
            return
        if not self.note_from and _NOTE_TEXT.match(attributes.get("id", "")):
            self.finish_paragraph()
            self.note_from = len(self.open_tags)
        if "mso-list:ignore" in style.lower().replace(" ", ""):
            self.word_marker_from = len(self.open_tags)
        self._begin(tag, attributes, style, name)

    def _begin(self, tag: str, attributes: dict[str, str], style: str, name: str) -> None:
        if tag in _BLOCKS:
            self.finish_paragraph()
        if tag in ("ul", "ol", "dir", "menu"):
            start = attributes.get("start", "1")
            form = _LIST_FORMS.get(attributes.get("type", ""), "decimal") if tag == "ol" else "bullet"
            level = _GOOGLE_LEVEL.search(name)
            depth = int(level[1]) if level else len(self.lists)
            self.lists.append([form, int(start) - 1 if start.isdecimal() and len(start) < 4 else 0, depth])
        elif tag == "li":
            self._begin_item()
        elif tag == "table":
            self.paragraphs.begin_table()
        elif tag == "tr":
            self.paragraphs.begin_row()
            self.is_first_cell, self.is_continued = True, self.spanned_rows > 0
            if self.is_continued:
                self.spanned_rows -= 1
                self.paragraphs.begin_cell()
                self.paragraphs.end_cell()
        elif tag in ("td", "th"):
            if self.is_first_cell and not self.is_continued:
                rows = attributes.get("rowspan", "")
                self.spanned_rows = int(rows) - 1 if rows.isdecimal() and 0 < len(rows) < 4 else 0
            self.is_first_cell = False
            self.paragraphs.begin_cell()
        elif tag == "a":
            self.paragraphs.begin_link(attributes.get("href", ""))
        elif tag == "pre":
            self.in_pre = True
        is_title = tag in ("h1", "h2", "h3", "h4", "h5", "h6") or name.lower() in (
            "title",
            "msotitle",
            "subtitle",
        )
        if is_title or _NEW_PAGE.search(style):
            self.layout = ParagraphLayout(is_title=is_title, new_page=_NEW_PAGE.search(style) is not None)
        if level := _WORD_LEVEL.search(style):
            columns = FIRST_COLUMN + COLUMNS_PER_LEVEL * (int(level[1]) - 1)
            self.layout = ParagraphLayout("", columns, columns)

    def _begin_item(self) -> None:
        if not self.lists:
            self.lists.append(["bullet", 0, 0])
        item = self.lists[-1]
        form, number, depth = str(item[0]), int(item[1]) + 1, int(item[2])
        item[1] = number
        marker = "•" if form == "bullet" else format_typed_number(form, "%1.", min(number, 999))
        columns = FIRST_COLUMN + COLUMNS_PER_LEVEL * min(depth, 9)
        self.layout = ParagraphLayout(marker, columns, columns)

    def _handle_void(self, tag: str) -> None:
        if tag == "br" and self.note_from:
            self.note += " "
        elif tag == "br":
            self.paragraphs.break_line()
        elif tag == "hr":
            self.finish_paragraph()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open_tags:
            return
        while self.open_tags:
            depth, last = len(self.open_tags), self.open_tags.pop()
            if self.skipped_from == depth:
                self.skipped_from = 0
            elif not self.skipped_from:
                self._end(last, depth)
            if last == tag:
                return

    def _end(self, tag: str, depth: int) -> None:
        if depth == self.word_marker_from:
            self.word_marker_from = 0
        if depth == self.note_from:
            self.note_from = 0
            self.paragraphs.add_aside(self.note, max(self.paragraphs.number, 1))
            self.note = ""
        elif tag == "p" and not self.note_from:
            self.finish_paragraph(keeps_empty=True)
        elif tag in _BLOCKS:
            self.finish_paragraph()
        if tag in ("ul", "ol", "dir", "menu") and self.lists:
            self.lists.pop()
        elif tag == "table":
            self.paragraphs.end_table()
        elif tag == "tr":
            self.paragraphs.end_row(is_continued=self.is_continued)
        elif tag in ("td", "th"):
            self.paragraphs.end_cell()
        elif tag == "a":
            self.paragraphs.end_link()
        elif tag == "pre":
            self.in_pre = False

    def handle_data(self, data: str) -> None:
        if self.skipped_from:
            return
        if self.note_from:
            self.note += data
        elif self.word_marker_from:
            marker = data.replace("\u00a0", " ").strip()
            if marker:
                text = marker if marker[0].isdecimal() or marker[-1] in ".)、" else "•"
                self.paragraphs.add_text(f"{text} ")
        elif self.in_pre:
            first, *others = data.split("\n")
            self.paragraphs.add_text(first)
            for line in others:
                self.paragraphs.break_line()
                self.paragraphs.add_text(line)
        else:
            text = _SPACE_RUN.sub(" ", data)
            is_open = bool(self.paragraphs.lines[-1]) and self.paragraphs.lines[-1][-1] != " "
            self.paragraphs.add_text(text if is_open else text.lstrip(" "))

    def finish_paragraph(self, *, keeps_empty: bool = False) -> None:
        """End the open paragraph, if there is one. An empty `<p>` is a blank line."""
        lines = self.paragraphs.lines
        has_break = len(lines) > 1
        if has_break and not lines[-1].strip():
            del lines[-1]
        if keeps_empty or has_break or lines[-1].strip():
            self.paragraphs.end_paragraph(self.layout)
            marker = self.layout.columns + 2 if self.layout.marker else self.layout.columns
            self.layout = ParagraphLayout("", marker, marker) if self.lists else ParagraphLayout()
