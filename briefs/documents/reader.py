"""Read a file's bytes into its digests, each parsed or refused. This is the entry point of the package."""

import re
from collections.abc import Sequence

from briefs.documents.fields.date_reader import DateOrder
from briefs.documents.files.encodings import DecodedDocument, decode_text_file, hash_lines
from briefs.documents.files.word import decode_word
from briefs.documents.parser import parse
from briefs.documents.types import DocumentRefused, ParseResult

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
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|\?xml)\b", re.IGNORECASE)
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""Word stores a password-protected file in a container of the old format."""


def read_document(
    data: bytes, name: str, *, date_order: DateOrder = "mdy", terms: Sequence[tuple[str, str]] = ()
) -> list[ParseResult]:
    """Detect the format by the bytes and parse the file. The name only serves to refuse a .docx that is not a
    Word file.
    """
    try:
        decoded = _decode(data, has_word_extension=name.lower().endswith((".docx", ".docm")))
    except DocumentRefused as refusal:
        return [ParseResult(0, hash_lines(()), None, refusal, "")]
    return parse(decoded, date_order=date_order, terms=terms)


def _decode(data: bytes, *, has_word_extension: bool) -> DecodedDocument:
    if data.startswith(_ZIP_SIGNATURES):
        return decode_word(data, has_word_extension=has_word_extension)
    if has_word_extension and data.strip():
        require_word_format(data)
    if code := _detect_other_format(data):
        raise DocumentRefused(None, code)
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
    return "markup" if _MARKUP.match(data) else None
