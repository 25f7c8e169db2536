"""Limits of request bodies."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict

from .middleware import Handler

LIMIT: Final = 64 * 1024
"""Bytes of a body sent by somebody who is not signed in: a letter or a password."""
DESK_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of uploads, as in deploy/nginx.conf. The upload pages have lower limits of their own."""

WAITING: Final = 2
"""Requests with a large body that wait while another is answered. With more, they would hold all threads of the process
and readers would wait for them: the longest brief takes two seconds of processor time.
"""
WAIT_SECONDS: Final = 5

_turn = threading.Lock()
_places = threading.BoundedSemaphore(1 + WAITING)


class LargeRequestRefused(Exception):
    """Too many requests with a large body are running or waiting. Nothing of the body was read."""


@contextmanager
def take_turn() -> Iterator[None]:
    """Wait until no other request with a large body is running. Raise LargeRequestRefused if that takes too long."""
    if not _places.acquire(blocking=False):
        raise LargeRequestRefused
    try:
        if not _turn.acquire(timeout=WAIT_SECONDS):
            raise LargeRequestRefused
        try:
            yield
        finally:
            _turn.release()
    finally:
        _places.release()


def limit_body(get_response: Handler) -> Handler:
    """Answer 413 to a body over the limit, and 411 to one of unknown length, which Django would treat as empty.

    Must follow the authentication middleware and precede the CSRF check, which reads the body.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        request.multipart_parser_class = FormParser  # type: ignore[assignment]  # the stubs want an instance
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return _refuse(411, "The length of the request is missing. / 請求未註明長度。")
        if length.isdecimal() and int(length) <= LIMIT:
            return get_response(request)
        limit = (
            DESK_LIMIT if request.path_info.startswith("/admin/") and request.user.is_authenticated else LIMIT
        )
        if length.isdecimal() and int(length) <= limit:
            with take_turn():
                return get_response(request)
        return _refuse(413, f"At most {limit >> 10} kB. / 上限為 {limit >> 10} kB。")

    return answer


class FormParser(MultiPartParser):
    """Parse a body of plain fields, as browsers write them, in one go: 1 µs a field. Django's parser takes 150 µs, two
    seconds for the longest brief. Any other body is left to it.
    """

    _content_length: int
    _input_data: Any
    _boundary: bytes
    _encoding: str
    _FIELD = re.compile(rb'\r\nContent-Disposition: form-data; name="(?P<name>[\w.:-]+)"\r\n\r\n')

    def _parse(self) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        if 0 < self._content_length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            body = self._input_data.read()
            if (fields := self._read_fields(body)) is not None:
                return fields, MultiValueDict()
            self._input_data = BytesIO(body)
        return super()._parse()  # type: ignore[misc, no-any-return]  # unknown to the stubs

    def _read_fields(self, body: bytes) -> QueryDict | None:
        first, *parts, last = body.split(b"--" + self._boundary)
        if first or last not in (b"--", b"--\r\n"):
            return None
        if len(parts) > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
            raise TooManyFieldsSent
        fields = QueryDict(mutable=True)
        for part in parts:
            match, end = self._FIELD.match(part), len(part) - 2
            if not match or match.end() > end or not part.endswith(b"\r\n"):
                return None
            value = part[match.end() : end].decode(self._encoding, "replace")
            fields.appendlist(match["name"].decode(), value)
        fields._mutable = False
        return fields


def _refuse(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
