"""The page of the open corpus and its files. `DIGEST_CORPUS=0` switches them off."""

import re
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from ..content import Side
from ..derived import corpus
from ..models.edition import Edition
from ..public import page_cache, page_frame
from ..public import views as public_views
from .api_responses import Problem

_CONTENT_TYPES: Final = {"jsonl": "application/jsonl", "tmx": "application/x-tmx+xml"}
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def show_corpus(request: HttpRequest, language: Side) -> HttpResponse:
    _require_corpus()
    now = timezone.now()
    newest = Edition.objects.listed(now).aggregate(newest=Max("live_from"))["newest"]
    return page_frame.render(
        "briefs/corpus.html",
        language,
        "corpus/",
        size=page_cache.keep_part("corpus", lambda: corpus.count_corpus(now)),
        licence=settings.DIGEST_LICENCE,
        newest=newest,
    )


def redirect_to_page(request: HttpRequest) -> HttpResponse:
    _require_corpus()
    return public_views.redirect_to_language(request, page="corpus/")


def download(request: HttpRequest, file_format: str) -> HttpResponse:
    """Stream a file of the corpus, or one range of its bytes.

    It is made while it is sent, so that a whole answer has no length. A range costs making what stands before it.
    """
    _require_corpus()
    now = timezone.now()
    etag = corpus.compute_etag(now)
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="digest.{file_format}"',
    }
    status = HTTPStatus.OK
    parts: Iterator[bytes] = iter(())
    if request.method == "GET":
        parts = corpus.WRITERS[file_format](now)
        if asked := _read_range(request, etag):
            length = measure(file_format, etag)
            wanted = _resolve_range(*asked, length)
            parts, status = _cut(parts, wanted), HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{length}"
            headers["Content-Length"] = str(len(wanted))
    return StreamingHttpResponse(
        parts, status=status, content_type=_CONTENT_TYPES[file_format], headers=headers
    )  # type: ignore[return-value]


@lru_cache(maxsize=len(corpus.WRITERS))
def measure(file_format: str, etag: str) -> int:
    """Return the length of a file in bytes. It makes the file, so it is done once for each state of the corpus."""
    return sum(map(len, corpus.WRITERS[file_format](timezone.now())))


def _read_range(request: HttpRequest, etag: str) -> tuple[str, str] | None:
    """Return first and last position as written. None asks for the whole: no range, several, or one of another state."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    is_current = request.headers.get("If-Range", etag) == etag and "If-None-Match" not in request.headers
    return (match[1], match[2]) if match and any(match.groups()) and is_current else None


def _resolve_range(first: str, last: str, length: int) -> range:
    """Raise Problem if no byte stands in the range. Without a first position the last so many bytes are meant."""
    start = int(first) if first else max(0, length - int(last))
    stop = min(length, int(last) + 1) if first and last else length
    if start >= stop:
        headers = {"Content-Range": f"bytes */{length}"}
        raise Problem(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"The file has {length} bytes.", headers=headers
        )
    return range(start, stop)


def _cut(parts: Iterator[bytes], wanted: range) -> Iterator[bytes]:
    position = 0
    for part in parts:
        if piece := part[max(0, wanted.start - position) : max(0, wanted.stop - position)]:
            yield piece
        position += len(part)
        if position >= wanted.stop:
            return


def _require_corpus() -> None:
    if not settings.DIGEST_CORPUS:
        raise Http404
