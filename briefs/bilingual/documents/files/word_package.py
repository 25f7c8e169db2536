"""Open a zip as a Word file and return its parts with text, or refuse it with the reason. Nothing is extracted to disk."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from briefs.bilingual.documents.types import DocumentRefused

from .archive import ZipEntry, build_damaged_refusal, read_beginning, read_zip_directory, unpack_parts
from .xml_reader import read_xml

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
