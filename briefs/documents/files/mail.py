"""Find the document in a mail (.eml): its attachment, else its text.

`email` takes time that grows with the square of headers and nesting, so both are bounded before it sees the mail.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message
from email.policy import compat32

from briefs.documents.files.formats import TEXT, WEB_PAGE, has_document_extension, has_extension
from briefs.documents.types import DocumentRefused

MAIL_START = re.compile(
    rb"(?:From [^\r\n]{1,200}\r?\n)?(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\r\n]{0,2000}\r?\n(?:[ \t][^\r\n]{0,2000}\r?\n){0,50}){2}"
)
_SIZE_LIMIT = 10 * 1024 * 1024
_HEADER_LIMIT = 8 * 1024
_PART_LIMIT = 50
_DEPTH_LIMIT = 5
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_KEPT_HEADER = re.compile(
    rb"^(?:(?:content-[a-z-]{1,30}|mime-version|from|subject|date):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_ALL_HEADERS_LIMIT = 256 * 1024
_CONTENT_TYPE = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"""boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailDocument:
    """The document of a mail: its name, with an extension that tells the format, and its bytes."""

    name: str
    data: bytes
    others: tuple[str, ...] = ()
    """Names of further attachments that could be documents."""


def is_mail(data: bytes) -> bool:
    """Return whether bytes begin with the headers of a mail as it is sent. A forwarded `From:` in a text is none."""
    head = _HEADERS_END.split(data[:_ALL_HEADERS_LIMIT], maxsplit=1)[0].lower()
    return (
        b"\nmime-version:" in b"\n" + head
        and b"\ncontent-type:" in b"\n" + head
        and MAIL_START.match(data) is not None
    )


def find_mail_document(data: bytes) -> MailDocument:
    """Return the document of a mail. Raise `DocumentRefused`."""
    if len(data) > _SIZE_LIMIT:
        raise DocumentRefused(None, "too-large", {"limit": f"{_SIZE_LIMIT // 1024 // 1024} MB"})
    message = email.message_from_bytes(_bound(data), policy=compat32)
    parts = list(_list_parts(message, 0))
    attached = [part for part in parts if has_document_extension(_get_name(part)) and _is_attached(part)]
    # Word before text: a mail program attaches signatures as .txt and .html.
    attached.sort(
        key=lambda part: has_extension(_get_name(part), TEXT) or has_extension(_get_name(part), WEB_PAGE)
    )
    if attached:
        others = tuple(map(_get_name, attached[1:]))
        return MailDocument(_get_name(attached[0]), _get_bytes(attached[0]), others)
    for kind, extension in (("text/plain", ".txt"), ("text/html", ".html")):
        for part in parts:
            if (
                part.get_content_type() == kind
                and not _is_attached(part)
                and (content := _get_bytes(part)).strip()
            ):
                return MailDocument(f"mail{extension}", _recode(content, part))
    raise DocumentRefused(None, "empty")


def _bound(data: bytes) -> bytes:
    """Return the mail with the headers that are needed. Refuse too long headers, too many parts or too deep nesting."""
    match = _HEADERS_END.search(data, 0, _ALL_HEADERS_LIMIT)
    if match is None:
        raise DocumentRefused(None, "word-too-complex")
    kept = b"\n".join(header[0] for header in _KEPT_HEADER.finditer(data, 0, match.start()))
    body = b"\n" + data[match.end() :]
    boundaries = {a or b for a, b in _BOUNDARY.findall(data)}
    count = 0
    parts = len(_CONTENT_TYPE.findall(data))
    if len(kept) > _HEADER_LIMIT or max(len(boundaries), parts) > 2 * _PART_LIMIT:
        raise DocumentRefused(None, "word-too-complex")
    for boundary in boundaries:
        delimiter = b"\n--" + boundary
        at = body.find(delimiter)
        while at >= 0:
            count += 1
            end = _HEADERS_END.search(body, at + 1, at + 1 + len(delimiter) + _HEADER_LIMIT)
            is_last = body[at + len(delimiter) : at + len(delimiter) + 2] == b"--"
            if count > 2 * _PART_LIMIT or (end is None and not is_last and len(body) - at > _HEADER_LIMIT):
                raise DocumentRefused(None, "word-too-complex")
            at = body.find(delimiter, at + 1)
    return kept + b"\n" + body


def _list_parts(message: Message, depth: int) -> Iterator[Message]:
    """Yield the parts without parts, at most `_PART_LIMIT`, from at most `_DEPTH_LIMIT` levels."""
    if depth > _DEPTH_LIMIT:
        raise DocumentRefused(None, "word-too-complex")
    payload = message.get_payload()
    if not isinstance(payload, list):
        yield message
        return
    if len(payload) > _PART_LIMIT:
        raise DocumentRefused(None, "word-too-complex")
    for part in payload:
        if isinstance(part, Message):
            yield from _list_parts(part, depth + 1)


def _get_name(part: Message) -> str:
    """Return the file name of a part, or an empty string."""
    raw = part.get_filename() or ""
    try:
        words = [
            word if isinstance(word, str) else word.decode(charset or "ascii", "replace")
            for word, charset in decode_header(raw[:1000])
        ]
    except (LookupError, ValueError):
        return ""
    return "".join(words).strip()


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_get_name(part))


def _get_bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _recode(content: bytes, part: Message) -> bytes:
    """Return a text in UTF-8, if the mail states its encoding rightly."""
    try:
        return content.decode(str(part.get_content_charset("utf-8"))).encode()
    except (LookupError, ValueError):
        return content
