"""The API: briefs, one brief, changes, vocabulary, and the open corpus with its files."""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from msgspec import Struct

from briefs.bilingual.text import date_format
from briefs.content import Side
from briefs.derived import corpus, shape_builder
from briefs.derived.brief_shape import Brief, FoundBrief, Name
from briefs.public import rate_limits, responses, search_queries, subject_queries
from briefs.public import views as public_views
from briefs.public.list_pages import ListPosition

from . import brief_queries
from .api_responses import Problem, json_response, require_rate


class BriefPage(Struct):
    """Listed briefs, newest first. `next` is the address of the next page, null on the last.

    `closest`: briefs that are probably on the subject of a search that none matches, best first. They are no matches.
    """

    briefs: list[Brief]
    next: str | None
    closest: list[Brief]


class CountedName(Name, frozen=True):
    """A name that a listed brief has, and how many have it."""

    briefs: int


class Vocabulary(Struct):
    """All names that listed briefs have."""

    keywords: list[CountedName]
    authors: list[CountedName]
    sources: list[CountedName]
    terms: list[CountedName]


def list_briefs(request: HttpRequest) -> HttpResponse:
    values, now = brief_queries.read_parameters(request, brief_queries.LIST_PARAMETERS), timezone.now()
    fields, limit = brief_queries.read_fields(values), brief_queries.read_limit(values)
    since = brief_queries.read_time(values, "updated_since")
    search = brief_queries.read_search(values)
    closest: list[FoundBrief] = []
    if search.is_empty:
        position = brief_queries.read_cursor(values, ListPosition.parse)
        rows = brief_queries.fetch_newest(now, limit + 1, since=since, position=position)
        last = rows[limit - 1] if len(rows) > limit else None
        cursor = str(ListPosition(last.published_at, last.pk)) if last else ""
    else:
        require_rate(request, "search")
        before = brief_queries.read_cursor(values, brief_queries.parse_search_cursor)
        with rate_limits.charge_time(request):
            matches = search_queries.list_newest(search, now, limit=limit + 1, before=before)
            rows = brief_queries.fetch_listed(now, [row.edition for row in matches[:limit]], since=since)
            if not matches and before is None and search.query_text:
                nearest = search_queries.list_closest(search, now)[:limit]
                closest = shape_builder.build_shapes(
                    brief_queries.fetch_listed(now, [row.edition for row in nearest], since=since)
                )
        cursor = f"s{matches[limit - 1].place:x}" if len(matches) > limit else ""
    briefs = shape_builder.build_shapes(rows[:limit])
    next_url = brief_queries.build_next_url("briefs", values, cursor=cursor)
    page = {
        "briefs": _choose_fields(briefs, fields),
        "next": next_url,
        "closest": _choose_fields(closest, fields),
    }
    return json_response(page, next_url=next_url)


def _choose_fields(briefs: list[FoundBrief], fields: Sequence[str]) -> Any:
    if not fields:
        return briefs
    return [{name: values[name] for name in fields} for values in msgspec.to_builtins(briefs)]


def show_brief(request: HttpRequest, slug: str) -> HttpResponse:
    brief_queries.read_parameters(request, ())
    return json_response(shape_builder.build_shapes([brief_queries.find_row(slug)])[0])


def list_changes(request: HttpRequest) -> HttpResponse:
    values = brief_queries.read_parameters(request, brief_queries.CHANGE_PARAMETERS)
    page, fields = brief_queries.build_change_page(values), brief_queries.read_fields(values)
    if not fields:
        return json_response(page)
    shown = msgspec.to_builtins(page)
    for change in shown["changes"]:
        if brief := change.get("brief"):
            change["brief"] = {name: brief[name] for name in fields if name in brief}
    return json_response(shown)


def list_manifest(request: HttpRequest) -> HttpResponse:
    parameters = brief_queries.MANIFEST_PARAMETERS
    values = brief_queries.read_parameters(request, parameters)
    after, limit = (
        brief_queries.read_number(values, name, parameters[name].schema) for name in ("after", "limit")
    )
    entries, has_more = brief_queries.build_manifest(after, limit)
    last = str(entries[-1].id) if has_more else ""
    next_url = brief_queries.build_next_url("manifest", values, after=last)
    return json_response(brief_queries.Manifest(entries, next_url), next_url=next_url)


def list_vocabulary(request: HttpRequest) -> HttpResponse:
    brief_queries.read_parameters(request, ())
    now = timezone.now()
    names = {
        kind: [
            CountedName(
                row.slug,
                subject_queries.subject_label(row, "zh"),
                subject_queries.subject_label(row, "en"),
                row.brief_count,
            )
            for row in subject_queries.list_subjects(of, now, is_complete=True)
        ]
        for kind, of in subject_queries.SUBJECT_KINDS.items()
    }
    return json_response(Vocabulary(**names))


def missing(request: HttpRequest, **_: str) -> HttpResponse:
    """Answer 404 as problem+json for any other address below the API's."""
    detail = f"There is no such address. {settings.SITE_URL}/api/docs/ lists them."
    raise Problem(HTTPStatus.NOT_FOUND, detail)


_CONTENT_TYPES: Final = {"jsonl": "application/jsonl", "tmx": "application/x-tmx+xml"}
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def show_corpus(request: HttpRequest, language: Side) -> HttpResponse:
    now = timezone.now()
    etag = corpus.compute_etag(now)
    return responses.render(
        "briefs/corpus.html",
        language,
        "corpus/",
        day=date_format.format_day(timezone.localdate(now), language),
        files={extension: corpus.describe_file(extension, etag) for extension in corpus.WRITERS},
        licence=settings.DIGEST_LICENCE,
    )


def redirect_to_page(request: HttpRequest) -> HttpResponse:
    return public_views.redirect_to_language(request, page="corpus/")


def download(request: HttpRequest, file_format: str) -> HttpResponse:
    """Stream a file of the corpus, or one range of its bytes.

    The file is made while it is sent, so a whole answer has no Content-Length, and a range costs as much as the bytes
    before it.
    """
    now = timezone.now()
    etag = corpus.compute_etag(now)
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="digest-{timezone.localdate(now)}.{file_format}"',
    }
    status = HTTPStatus.OK
    parts: Iterator[bytes] = iter(())
    if request.method == "GET":
        parts = corpus.WRITERS[file_format](now)
        if asked := _read_range(request, etag):
            length = corpus.describe_file(file_format, etag).size
            wanted = _resolve_range(*asked, length)
            parts, status = _cut(parts, wanted), HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{length}"
            headers["Content-Length"] = str(len(wanted))
    content_type = _CONTENT_TYPES[file_format]
    return StreamingHttpResponse(parts, status=status, content_type=content_type, headers=headers)  # type: ignore[return-value]


def _read_range(request: HttpRequest, etag: str) -> tuple[str, str] | None:
    """Return first and last position of the Range header, as typed. None (no range, several, or `If-Range` of another
    state) means the whole file.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    is_current = request.headers.get("If-Range", etag) == etag and "If-None-Match" not in request.headers
    return (match[1], match[2]) if match and any(match.groups()) and is_current else None


def _resolve_range(first: str, last: str, length: int) -> range:
    """Return the positions of a range. Without `first`, `last` is a number of bytes from the end. Raise Problem if empty."""
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
