"""Detect the format of a file by its bytes, and decode it into lines."""

import re

from briefs.bilingual.documents.files.encodings import DecodedDocument, decode_text_file
from briefs.bilingual.documents.files.formats import WEB_PAGE, WORD, has_extension
from briefs.bilingual.documents.files.open_document import decode_open_document
from briefs.bilingual.documents.files.web_page import PAGE_START, decode_web_page
from briefs.bilingual.documents.files.word import decode_word
from briefs.bilingual.documents.files.word_package import OPEN_DOCUMENT
from briefs.bilingual.documents.types import DocumentRefused

_MAGIC_NUMBERS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "word-old"),
    (b"{\\rtf", "rich-text"),
    (b"%PDF-", "binary"),
    (b"\x89PNG", "binary"),
    (b"\xff\xd8\xff", "binary"),
    (b"GIF8", "binary"),
    (b"\x1f\x8b", "binary"),
)
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\b", re.IGNORECASE)
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""Word stores a password-protected file in a container of the old format."""


def decode_document(data: bytes, name: str) -> DecodedDocument:
    """Decode a file. The name tells a mail, a page without its usual start, and a .docx that is no Word file.

    Raise `DocumentRefused`.
    """
    is_word = has_extension(name, WORD)
    if data.startswith(_ZIP_SIGNATURES):
        try:
            return decode_word(data, has_word_extension=is_word)
        except DocumentRefused as refusal:
            if refusal.code != OPEN_DOCUMENT:
                raise
        return decode_open_document(data)
    if is_word and data.strip():
        require_word_format(data)
    if code := _detect_other_format(data):
        raise DocumentRefused(None, code)
    if name.lower().endswith(".eml"):
        raise DocumentRefused(None, "mail")
    if PAGE_START.match(data) or (has_extension(name, WEB_PAGE) and data.lstrip().startswith(b"<")):
        return decode_web_page(data)
    return decode_text_file(data)


def require_word_format(data: bytes) -> None:
    """Raise `DocumentRefused` if the first bytes are not those of a .docx file."""
    if not data.startswith(_ZIP_SIGNATURES):
        code = _detect_other_format(data)
        raise DocumentRefused(None, "not-word" if not code or code == "binary" else code)


def _detect_other_format(data: bytes) -> str | None:
    for magic, code in _MAGIC_NUMBERS:
        if data.startswith(magic):
            return "word-encrypted" if code == "word-old" and _ENCRYPTED_PACKAGE in data else code
    return "markup" if _XML.match(data) and not PAGE_START.match(data) else None
