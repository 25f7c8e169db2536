"""Refuse large request bodies before they are read, and answer few of those that are accepted at the same time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.http import HttpRequest, HttpResponse

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

type Handler = Callable[[HttpRequest], HttpResponse]


class LargeRequestRefused(Exception):
    """Raised when too many requests with a large body are answered or wait. Nothing of the body was read."""


@contextmanager
def take_turn() -> Iterator[None]:
    """Wait until no other large body is answered. Raise LargeRequestRefused if that takes too long."""
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
    """Answer 413 to a larger body, and 411 to one of unknown length, which Django would take for an empty one.

    Must stand behind the middleware that knows the person. The CSRF check, which reads a body, comes after all of them.
    """

    def answer(request: HttpRequest) -> HttpResponse:
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


def _refuse(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
