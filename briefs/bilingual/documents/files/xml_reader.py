"""Parse untrusted XML with the standard library's expat, refusing every dangerous feature."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol
from xml.etree.ElementTree import Element
from xml.parsers import expat

from briefs.bilingual.documents.types import DocumentRefused

from .archive import build_damaged_refusal

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
