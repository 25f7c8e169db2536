"""Open a Word file: a zip within limits, XML without dangerous features, and the parts with text.

Nothing is extracted to disk, so file names are harmless. Declared sizes are checked first, because that is
cheap, but they are not trusted: the unpacked bytes are counted.
"""

import re
import struct
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from posixpath import dirname, join, normpath
from typing import Protocol
from xml.etree.ElementTree import Element
from xml.parsers import expat

from briefs.bilingual.documents.types import DocumentRefused

# Read the entries of a zip, with limits before and during unpacking.

ARCHIVE_SIZE_LIMIT = 10 * 1024 * 1024
ARCHIVE_ENTRY_LIMIT = 2_000
ARCHIVE_UNPACKED_LIMIT = 50 * 1024 * 1024
READ_SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of all parts that are read. Pictures are counted but not kept."""
COMPRESSION_RATIO_LIMIT = 100
RATIO_CHECKED_FROM = 1024 * 1024
"""Bytes. Smaller entries are harmless at any compression ratio."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Limits in bytes: the zip itself, all its entries unpacked, the unpacked entries that are kept."""

    file: int = ARCHIVE_SIZE_LIMIT
    unpacked: int = ARCHIVE_UNPACKED_LIMIT
    kept: int = READ_SIZE_LIMIT


DEFAULT_LIMITS = ArchiveLimits()

_END, _CENTRAL, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_END_FORM, _CENTRAL_FORM, _LOCAL_FORM = (
    struct.Struct(form) for form in ("<4s4H2LH", "<4s6H3L5H2L", "<4s5H3L2H")
)
_CHUNK = 256 * 1024
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x2041
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One file as described in the zip's directory."""

    name: str
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int


def build_damaged_refusal() -> DocumentRefused:
    return DocumentRefused(None, "word-damaged")


def _build_too_large_refusal(limits: ArchiveLimits) -> DocumentRefused:
    return DocumentRefused(None, "archive-too-large", {"limit": f"{limits.unpacked // 1024 // 1024} MB"})


def read_zip_directory(data: bytes, limits: ArchiveLimits = DEFAULT_LIMITS) -> dict[str, ZipEntry]:
    """Return the entries by name. Refuse too many entries, duplicate names, overlap, encryption and
    zip64.
    """
    if len(data) > limits.file:
        raise DocumentRefused(None, "too-large", {"limit": f"{limits.file // 1024 // 1024} MB"})
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or end + _END_FORM.size > len(data):
        raise build_damaged_refusal()
    _, disk, first_disk, here, count, size, offset, _ = _END_FORM.unpack_from(data, end)
    if count > ARCHIVE_ENTRY_LIMIT:
        raise DocumentRefused(None, "archive-too-many", {"limit": ARCHIVE_ENTRY_LIMIT})
    if disk or first_disk or here != count or offset + size != end:
        raise build_damaged_refusal()
    entries: dict[str, ZipEntry] = {}
    for entry in _read_central_directory(data, offset, end, count):
        name = entry.name.casefold()
        if name in entries:
            raise build_damaged_refusal()
        entries[name] = entry
    _check_entry_limits(list(entries.values()), offset, limits)
    return {entry.name: entry for entry in entries.values()}


def _read_central_directory(data: bytes, at: int, end: int, count: int) -> Iterator[ZipEntry]:
    for _ in range(count):
        if at + _CENTRAL_FORM.size > end or data[at : at + 4] != _CENTRAL:
            raise build_damaged_refusal()
        fields = _CENTRAL_FORM.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_size, extra, comment, offset = *fields[10:13], fields[16]
        at += _CENTRAL_FORM.size
        raw = data[at : at + name_size]
        at += name_size + extra + comment
        yield ZipEntry(
            raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace"),
            flags, method, crc, packed, size, offset,
        )  # fmt: skip
    if at != end:
        raise build_damaged_refusal()


def _check_entry_limits(entries: list[ZipEntry], directory_at: int, limits: ArchiveLimits) -> None:
    if any(entry.flags & _ENCRYPTED for entry in entries):
        raise DocumentRefused(None, "word-encrypted")
    if sum(entry.size for entry in entries) > limits.unpacked:
        raise _build_too_large_refusal(limits)
    for entry in entries:
        if entry.size > RATIO_CHECKED_FROM and entry.size > COMPRESSION_RATIO_LIMIT * entry.packed_size:
            raise _build_too_large_refusal(limits)
    reached = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < reached or entry.method not in (_STORED, _DEFLATED):
            raise build_damaged_refusal()
        reached = entry.offset + _LOCAL_FORM.size + entry.packed_size
    if reached > directory_at:
        raise build_damaged_refusal()


def unpack_parts(
    data: bytes,
    entries: dict[str, ZipEntry],
    is_needed: Callable[[str], bool],
    check_beginning: Callable[[str, bytes], None],
    limits: ArchiveLimits = DEFAULT_LIMITS,
) -> dict[str, bytes]:
    """Unpack the needed parts, by name. The bytes of every entry count; `check_beginning` may refuse an entry by its
    first bytes.
    """
    parts: dict[str, bytes] = {}
    total = read_size = 0
    for name, entry in entries.items():
        chunks: list[bytes] = []
        crc = size = 0
        for chunk in _chunks(data, entry):
            if not size:
                check_beginning(name, chunk[:4096])
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if total + size > limits.unpacked or (
                size > RATIO_CHECKED_FROM and size > COMPRESSION_RATIO_LIMIT * entry.packed_size
            ):
                raise _build_too_large_refusal(limits)
            if is_needed(name):
                read_size += len(chunk)
                chunks.append(chunk)
            if read_size > limits.kept:
                raise _build_too_large_refusal(limits)
        if crc != entry.crc or size != entry.size:
            raise build_damaged_refusal()
        total += size
        if is_needed(name):
            parts[name] = b"".join(chunks)
    return parts


def read_beginning(data: bytes, entry: ZipEntry, limit: int) -> bytes:
    """Return at most `limit` bytes from the start of an entry."""
    return next(_chunks(data, entry), b"")[:limit]


def _chunks(data: bytes, entry: ZipEntry) -> Iterator[bytes]:
    if data[entry.offset : entry.offset + 4] != _LOCAL:
        raise build_damaged_refusal()
    try:
        fields = _LOCAL_FORM.unpack_from(data, entry.offset)
    except struct.error:
        raise build_damaged_refusal() from None
    start = entry.offset + _LOCAL_FORM.size + fields[9] + fields[10]
    packed = memoryview(data)[start : start + entry.packed_size]
    if len(packed) != entry.packed_size:
        raise build_damaged_refusal()
    if entry.method == _STORED:
        for at in range(0, len(packed), _CHUNK):
            yield bytes(packed[at : at + _CHUNK])
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    rest: bytes | memoryview = packed
    try:
        while rest and not inflate.eof:
            yield inflate.decompress(rest, _CHUNK)
            rest = inflate.unconsumed_tail
    except zlib.error:
        raise build_damaged_refusal() from None


# Parse untrusted XML with the standard library's expat, refusing every dangerous feature.

XML_DEPTH_LIMIT = 200
XML_ELEMENT_LIMIT = 150_000
XML_MEMORY_LIMIT = 120_000
"""Elements and attributes in memory at one time, some 200 bytes each. A paragraph is released once it is
read.
"""
XML_TEXT_LIMIT = 2 * 1024 * 1024
_NAME_CACHE_SIZE = 1_000
_SPACE_LIMIT = 200
_ENCODINGS = frozenset(("utf-8", "utf8", "utf-16", "us-ascii", "ascii"))
_PREFIXES = (
    (re.compile(r".*/wordprocessingml/(?:2006/)?main"), "w:"),
    (re.compile(r".*/officeDocument/(?:2006/)?relationships"), "r:"),
    (re.compile(r".*/officeDocument/(?:2006/)?math"), "m:"),
    (re.compile(r".*/markup-compatibility/2006"), "mc:"),
    (re.compile(r".*/package/2006/(?:relationships|content-types)"), ""),
    (re.compile(r"http://www\.w3\.org/1999/xlink"), "xlink:"),
    (re.compile(r"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1\.0"), "fo:"),
    *(
        (re.compile(rf"urn:oasis:names:tc:opendocument:xmlns:{name}:1\.0"), f"{short}:")
        for name, short in (
            ("text", "text"),
            ("table", "table"),
            ("style", "style"),
            ("office", "office"),
            ("drawing", "draw"),
        )
    ),
)
_TEXT_TAGS = frozenset(("w:t", "m:t", "w:instrText", "w:delText", "x:lpwstr"))
"""`x:lpwstr` is the value of a custom property."""

ElementHandler = Callable[[Element], None]


def read_xml(data: bytes, *, parent_tag: str = "", handle_child: ElementHandler | None = None) -> Element:
    """Return the root. `handle_child` is called with each child of `parent_tag` elements, whose memory is then
    freed.
    """
    return _TreeBuilder(parent_tag, handle_child).read(data)


def _shorten_name(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return (_find_prefix(space[:_SPACE_LIMIT]) if space else "") + local


@lru_cache(maxsize=256)
def _find_prefix(space: str) -> str:
    return next((prefix for pattern, prefix in _PREFIXES if pattern.fullmatch(space)), "x:")


class XmlHandler(Protocol):
    """Receives the elements and texts of a part in order, with names such as `text:p`."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def text(self, text: str) -> None: ...


def read_xml_events(data: bytes, handler: XmlHandler) -> None:
    """Parse a part without keeping it, within the same limits as `read_xml`."""
    _EventReader(handler).read(data)


class _TreeBuilder:
    def __init__(self, parent_tag: str, handle_child: ElementHandler | None) -> None:
        self.parent_tag, self.handle_child = parent_tag, handle_child
        self.names: dict[str, str] = {}
        self.stack: list[Element] = []
        self.root: Element | None = None
        self.elements = self.letters = self.held = 0
        self.held_before: list[int] = []
        """Value of `held` at the start of each open element."""

    def read(self, data: bytes) -> Element:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            if isinstance(error, DocumentRefused):
                raise
            raise build_damaged_refusal() from None
        if self.root is None:
            raise build_damaged_refusal()
        return self.root

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise build_damaged_refusal()

    def _doctype(self, *_: object) -> None:
        raise DocumentRefused(None, "word-doctype")

    def _name(self, name: str) -> str:
        if (short := self.names.get(name)) is None:
            short = _shorten_name(name)
            if len(self.names) < _NAME_CACHE_SIZE:
                self.names[name] = short
        return short

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.held_before.append(self.held)
        self.elements += 1
        self.held += 1 + len(attributes)
        if (
            self.elements > XML_ELEMENT_LIMIT
            or self.held > XML_MEMORY_LIMIT
            or len(self.stack) >= XML_DEPTH_LIMIT
        ):
            raise DocumentRefused(None, "word-too-complex")
        element = Element(self._name(name), {self._name(key): value for key, value in attributes.items()})
        if self.stack:
            parent = self.stack[-1]
            if self.handle_child is None or parent.tag != self.parent_tag:
                parent.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def _end(self, _name: str) -> None:
        element, before = self.stack.pop(), self.held_before.pop()
        if self.handle_child and self.stack and self.stack[-1].tag == self.parent_tag:
            self.handle_child(element)
            self.held = before

    def _text(self, text: str) -> None:
        element = self.stack[-1]
        if element.tag in _TEXT_TAGS:
            self.letters += len(text)
            if self.letters > XML_TEXT_LIMIT:
                raise DocumentRefused(None, "too-large", {"limit": f"{XML_TEXT_LIMIT // 1024 // 1024} MB"})
            element.text = (element.text or "") + text


class _EventReader(_TreeBuilder):
    def __init__(self, handler: XmlHandler) -> None:
        super().__init__("", None)
        self.handler = handler
        self.tags: list[str] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > XML_ELEMENT_LIMIT or len(self.tags) >= XML_DEPTH_LIMIT:
            raise DocumentRefused(None, "word-too-complex")
        tag = self._name(name)
        if self.root is None:
            self.root = Element(tag)
        self.tags.append(tag)
        self.handler.start(tag, {self._name(key): value for key, value in attributes.items()})

    def _end(self, _name: str) -> None:
        self.handler.end(self.tags.pop())

    def _text(self, text: str) -> None:
        self.handler.text(text)


# Open a zip as a Word file and return its parts with text, or refuse it with the reason.

_CONTENT_TYPES_PART = "[Content_Types].xml"
_MAIN = re.compile(
    r"application/vnd\.(?:openxmlformats-officedocument\.wordprocessingml|ms-word)\..*main\+xml"
)
_OTHERS = (("spreadsheetml", "spreadsheet"), ("ms-excel", "spreadsheet"), ("presentationml", "presentation"))
OPEN_DOCUMENT = "open-document"
"""Code of the refusal where only Word is accepted. Elsewhere `open_document` reads the file."""
_MIME_TYPES = (
    (b"application/vnd.oasis.opendocument.spreadsheet", "spreadsheet"),
    (b"application/vnd.oasis.opendocument.presentation", "presentation"),
    (b"application/vnd.oasis.opendocument.text", OPEN_DOCUMENT),
    (b"application/epub+zip", "ebook"),
)
_TELLTALE_ENTRIES = (
    ("Index/Document.iwa", "pages"),
    ("index.xml.gz", "pages"),
    ("Index.zip", "pages"),
    ("xl/workbook.xml", "spreadsheet"),
    ("ppt/presentation.xml", "presentation"),
)
"""Entries that occur in no other kind of file."""
TABLE_PROPERTY = "digest-table"
"""Custom property of a parallel table (`exchange/word`): brief, revision and checksum, joined by slashes."""
_PARTS = ("styles", "numbering", "footnotes", "endnotes", "comments")
_NEEDED_PART = re.compile(
    r"(?:.*/)?(?:document|styles|numbering|footnotes|endnotes|comments|custom)\w*\.xml", re.IGNORECASE
)
_MARKUP = re.compile(r".*\.(?:xml|rels|vml)", re.IGNORECASE)
_STYLE, _STYLE_END = b"<w:style ", b"</w:style>"
_OTHER_STYLE = re.compile(rb"""w:type=["'](?:table|character)["']""")
_TYPES_LIMIT = 1024 * 1024


@dataclass(slots=True)
class WordPackage:
    document: bytes
    styles: bytes | None = None
    numbering: bytes | None = None
    footnotes: bytes | None = None
    endnotes: bytes | None = None
    comments: bytes | None = None
    properties: dict[str, str] = field(default_factory=dict)
    """Custom properties of the file: text values by name."""
    link_targets: dict[str, str] = field(default_factory=dict)
    """Link addresses by relationship id."""
    note_link_targets: dict[str, dict[str, str]] = field(default_factory=dict)


def open_package(data: bytes, *, has_word_extension: bool) -> WordPackage:
    """Open a Word file. Raises `DocumentRefused`; other kinds of files get a specific message."""
    if code := detect_by_mime_type(data):
        raise DocumentRefused(None, code)
    try:
        entries = read_zip_directory(data)
    except DocumentRefused as refusal:
        if refusal.code == "word-damaged" and not has_word_extension and b"word/" not in data:
            raise DocumentRefused(None, "archive") from None
        raise
    try:
        main = _main_part(data, entries)
    except DocumentRefused as refusal:
        if refusal.code == "archive" and has_word_extension:
            raise DocumentRefused(None, "not-word") from None
        raise
    parts = unpack_parts(data, entries, lambda name: _is_needed(name, main), _refuse_doctype)
    parts = {name.replace("\\", "/"): part for name, part in parts.items()}
    relations = {name: _read_relations(part) for name, part in parts.items() if name.endswith(".rels")}
    if main not in parts:
        raise build_damaged_refusal()
    own = relations.get(_build_relations_path(main), [])
    package = WordPackage(parts[main])
    for kind in _PARTS:
        name = next((target for _, k, target in own if k == kind), f"{kind}.xml")
        part = name.lstrip("/") if name.startswith("/") else normpath(join(dirname(main), name))
        setattr(package, kind, parts.get(part))
        package.note_link_targets[kind] = _links(relations.get(_build_relations_path(part), []))
    for _, kind, target in relations.get("_rels/.rels", []):
        if kind == "custom-properties" and (part_data := parts.get(target.lstrip("/"))):
            package.properties = _read_properties(part_data)
    if package.styles:
        package.styles = _strip_other_styles(package.styles)
    package.link_targets = _links(own)
    return package


def open_parts(data: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Return the named parts of a zip, unpacked. Raise `DocumentRefused`."""
    return unpack_parts(data, read_zip_directory(data), lambda name: name in names, _refuse_doctype)


def detect_by_mime_type(data: bytes) -> str | None:
    """Detect OpenDocument and EPUB by the media type in the first bytes."""
    return next((code for mime, code in _MIME_TYPES if mime in data[:200]), None)


def _main_part(data: bytes, entries: dict[str, ZipEntry]) -> str:
    entry = entries.get(_CONTENT_TYPES_PART)
    if entry is None:
        if any(name.replace("\\", "/") == "word/document.xml" for name in entries):
            raise build_damaged_refusal()
        raise DocumentRefused(None, _detect_by_entries(data, entries))
    if entry.size > _TYPES_LIMIT:
        raise DocumentRefused(None, "word-too-complex")
    kinds = {
        (child.get("ContentType") or ""): (child.get("PartName") or "").lstrip("/")
        for child in read_xml(read_beginning(data, entry, _TYPES_LIMIT))
    }
    for kind, part in kinds.items():
        if _MAIN.fullmatch(kind):
            return part or "word/document.xml"
    for word, code in _OTHERS:
        if any(word in kind for kind in kinds):
            raise DocumentRefused(None, code)
    raise DocumentRefused(None, _detect_by_entries(data, entries))


def _detect_by_entries(data: bytes, entries: dict[str, ZipEntry]) -> str:
    """Return the refusal code of a zip that is no Word file, by the names of its entries."""
    mime = read_beginning(data, entries["mimetype"], 200) if "mimetype" in entries else b""
    known_type = next((code for word, code in _MIME_TYPES if mime.startswith(word)), None)
    return known_type or next((code for name, code in _TELLTALE_ENTRIES if name in entries), "archive")


def _is_needed(name: str, main: str) -> bool:
    name = name.replace("\\", "/")
    return name == main or name.endswith(".rels") or _NEEDED_PART.fullmatch(name) is not None


def _refuse_doctype(name: str, beginning: bytes) -> None:
    """Refuse a document type definition in a part that is not parsed. (The parser refuses those in the
    others.)
    """
    if _MARKUP.fullmatch(name):
        plain = beginning.replace(b"\0", b"")
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise DocumentRefused(None, "word-doctype")


def _strip_other_styles(part: bytes) -> bytes:
    """Remove table and character styles, which are nine tenths of the part and do not affect paragraphs."""
    kept: list[bytes] = []
    at = 0
    while (start := part.find(_STYLE, at)) >= 0:
        head_end = part.find(b">", start)
        end = part.find(_STYLE_END, head_end)
        if head_end < 0 or end < 0:
            break
        end += len(_STYLE_END)
        is_other = _OTHER_STYLE.search(part, start, head_end) is not None
        kept.append(part[at:start] if is_other else part[at:end])
        at = end
    return b"".join((*kept, part[at:]))


def _build_relations_path(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def _read_relations(part: bytes) -> list[tuple[str, str, str]]:
    """Return relations as (id, kind, target). Only links may have a target outside the file."""
    relations: list[tuple[str, str, str]] = []
    for element in read_xml(part):
        kind = (element.get("Type") or "").rpartition("/")[2]
        is_outside = (element.get("TargetMode") or "").lower() == "external"
        if is_outside and kind != "hyperlink":
            raise DocumentRefused(None, "word-external", {"kind": kind[:40] or "?"})
        relations.append((element.get("Id") or "", kind, element.get("Target") or ""))
    return relations


def _read_properties(part: bytes) -> dict[str, str]:
    return {
        element.get("name") or "": "".join(child.text or "" for child in element)
        for element in read_xml(part)
    }


def _links(relations: list[tuple[str, str, str]]) -> dict[str, str]:
    return {name: target for name, kind, target in relations if kind == "hyperlink"}
