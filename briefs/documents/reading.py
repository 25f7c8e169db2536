"""The one door of the room: a file's bytes → its digests, each parsed or refused."""

from collections.abc import Sequence

from briefs.documents.dates import DateOrder
from briefs.documents.decoding import decode, lines_sha256
from briefs.documents.parsing import parse
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
_ZIP = b"PK\x03\x04"


def read(
    data: bytes, name: str, *, date_order: DateOrder = "mdy", terms: Sequence[tuple[str, str]] = ()
) -> list[Reading]:
    """What a file holds is told by its bytes, never by its name; `name` is for the sentences alone."""
    try:
        if code := _other_format(data):
            raise DocumentRefused(None, code)
        decoded = decode(data)
    except DocumentRefused as refusal:
        return [Reading(0, lines_sha256(()), None, refusal, "")]
    return parse(
        decoded.lines,
        date_order=date_order,
        terms=terms,
        encoding=decoded.encoding,
        cautions=decoded.cautions,
    )


def _other_format(data: bytes) -> str | None:
    for magic, code in _MAGICS:
        if data.startswith(magic):
            return code
    if not data.startswith(_ZIP):
        return None
    if b"application/vnd.oasis.opendocument" in data[:200]:
        return "open-document"
    return "word-later" if b"word/" in data else "binary"
