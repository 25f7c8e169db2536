"""The one door of the room: a file's bytes → its digests, each parsed or refused."""

import re
from collections.abc import Sequence

from briefs.documents.fields.dates import DateOrder
from briefs.documents.files.encodings import Decoded, decode, lines_sha256
from briefs.documents.files.word import decode_word
from briefs.documents.parser import parse
from briefs.documents.types import DocumentRefused, Reading

_MAGICS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "word-old"),
    (b"{\\rtf", "rich-text"),
    (b"%PDF-", "binary"),
    (b"\x89PNG", "binary"),
    (b"\xff\xd8\xff", "binary"),
    (b"GIF8", "binary"),
    (b"\x1f\x8b", "binary"),
)
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|\?xml)\b", re.IGNORECASE)
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""Word keeps a file with a password in a container of the old kind."""


def read(
    data: bytes, name: str, *, date_order: DateOrder = "mdy", terms: Sequence[tuple[str, str]] = ()
) -> list[Reading]:
    """What a file holds is told by its bytes; a name that ends in .docx only makes a text one to refuse."""
    try:
        decoded = _decode(data, is_called_word=name.lower().endswith((".docx", ".docm")))
    except DocumentRefused as refusal:
        return [Reading(0, lines_sha256(()), None, refusal, "")]
    return parse(decoded, date_order=date_order, terms=terms)


def _decode(data: bytes, *, is_called_word: bool) -> Decoded:
    if data.startswith(_ZIPS):
        return decode_word(data, is_called_word=is_called_word)
    if code := _other_format(data):
        raise DocumentRefused(None, "not-word" if is_called_word and code == "binary" else code)
    if is_called_word and data.strip():
        raise DocumentRefused(None, "not-word")
    return decode(data)


def _other_format(data: bytes) -> str | None:
    for magic, code in _MAGICS:
        if data.startswith(magic):
            return "word-encrypted" if code == "word-old" and _LOCKED in data else code
    return "markup" if _MARKUP.match(data) else None
