"""The page of the open corpus and its files. `DIGEST_CORPUS=0` switches them off."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from django.conf import settings
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from ..content import Side
from ..models.edition import Edition
from ..public import page_frame
from ..shapes import corpus


class CorpusFile(NamedTuple):
    write: Callable[[dt.datetime], Iterator[bytes]]
    content_type: str


FILES: Final = {
    "jsonl": CorpusFile(corpus.write_json_lines, "application/jsonl"),
    "tmx": CorpusFile(corpus.write_tmx, "application/x-tmx+xml"),
}


def show_corpus(request: HttpRequest, language: Side) -> HttpResponse:
    _require_corpus()
    now = timezone.now()
    listed = Edition.objects.listed(now)
    state = listed.aggregate(Count("pk"), Max("pk"), Max("live_from"))
    return page_frame.render(
        "briefs/corpus.html",
        language,
        "corpus/",
        size=_count(repr(state), now.date()),
        licence=settings.DIGEST_LICENCE,
        page_address=f"{settings.SITE_URL}/{'zh-hant' if language == 'zh' else 'en'}/corpus/",
        newest=state["live_from__max"],
    )


@lru_cache(maxsize=1)
def _count(state: str, day: dt.date) -> corpus.CorpusSize:
    """Count again when the listed editions have changed, and once a day: it reads all texts."""
    return corpus.count_corpus(timezone.now())


def download(request: HttpRequest, file_format: str) -> HttpResponse:
    """Stream a file of the corpus. It is made while it is sent, so it has no length and no ranges."""
    _require_corpus()
    now, file = timezone.now(), FILES[file_format]
    headers = {
        "ETag": corpus.compute_etag(now),
        "Accept-Ranges": "none",
        "Content-Disposition": f'attachment; filename="digest.{file_format}"',
    }
    parts = file.write(now) if request.method == "GET" else iter(())
    return StreamingHttpResponse(parts, content_type=file.content_type, headers=headers)  # type: ignore[return-value]


def _require_corpus() -> None:
    if not settings.DIGEST_CORPUS:
        raise Http404
