"""The page of the open corpus and its files. `DIGEST_CORPUS=0` switches them off."""

import datetime as dt
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from ..content import Side
from ..models.edition import Edition
from ..public import page_frame
from ..shapes import corpus

_CONTENT_TYPES: Final = {"jsonl": "application/jsonl", "tmx": "application/x-tmx+xml"}


def show_corpus(request: HttpRequest, language: Side) -> HttpResponse:
    _require_corpus()
    now = timezone.now()
    listed = Edition.objects.listed(now)
    state = listed.aggregate(Count("pk"), Max("pk"), Max("live_from"))
    return page_frame.render(
        "briefs/corpus.html",
        language,
        "corpus/",
        size=count(repr(state), now.date()),
        licence=settings.DIGEST_LICENCE,
        newest=state["live_from__max"],
    )


@lru_cache(maxsize=1)
def count(state: str, day: dt.date) -> corpus.CorpusSize:
    """Count again when the listed editions have changed, and once a day: it reads all texts."""
    return corpus.count_corpus(timezone.now())


def download(request: HttpRequest, file_format: str) -> HttpResponse:
    """Stream a file of the corpus. It is made while it is sent, so it has no length and no ranges."""
    _require_corpus()
    now = timezone.now()
    headers = {
        "ETag": corpus.compute_etag(now),
        "Accept-Ranges": "none",
        "Content-Disposition": f'attachment; filename="digest.{file_format}"',
    }
    parts = corpus.WRITERS[file_format](now) if request.method == "GET" else iter(())
    return StreamingHttpResponse(parts, content_type=_CONTENT_TYPES[file_format], headers=headers)  # type: ignore[return-value]


def _require_corpus() -> None:
    if not settings.DIGEST_CORPUS:
        raise Http404
