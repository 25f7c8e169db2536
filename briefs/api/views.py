"""The API: briefs, one brief, changes, vocabulary. All read `listed(now)`, `found(now)`, `gone(now)` or `changed`."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from msgspec import Struct

from ..derived import shape_queries
from ..derived.brief_shape import Brief, FoundBrief, Name
from ..public.page_keys import ListPosition
from ..public.responses import NO_STORE
from ..public.search import search_queries
from ..public.subjects import subject_queries
from . import brief_queries, parameters
from .api_responses import Problem, json_response, require_rate


class BriefPage(Struct):
    """Listed briefs, newest first. `next` is the address of the next page, null on the last."""

    briefs: list[Brief]
    next: str | None


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
    values, now = parameters.read_parameters(request, parameters.LIST_PARAMETERS), timezone.now()
    fields, limit = parameters.read_fields(values), parameters.read_limit(values)
    since = parameters.read_time(values, "updated_since")
    search = parameters.read_search(values)
    if search.is_empty:
        position = parameters.read_list_position(values)
        rows = brief_queries.fetch_newest(now, limit + 1, since=since, position=position)
        last = rows[limit - 1] if len(rows) > limit else None
        cursor = str(ListPosition(last.published_at, last.pk)) if last else ""
    else:
        require_rate(request, "search")
        before = parameters.read_search_position(values)
        found = search_queries.list_newest(search, now, limit=limit + 1, before=before)
        rows = brief_queries.fetch_listed(now, [row.edition for row in found[:limit]], since=since)
        cursor = f"s{found[limit - 1].place:x}" if len(found) > limit else ""
    briefs = shape_queries.build_shapes(rows[:limit])
    next_url = _build_url("briefs", values | {"cursor": cursor}) if cursor else ""
    page = {"briefs": _choose_fields(briefs, fields), "next": next_url or None}
    return json_response(page, next_url=next_url)


def _choose_fields(briefs: list[FoundBrief], fields: Sequence[str]) -> Any:
    if not fields:
        return briefs
    return [{name: values[name] for name in fields} for values in msgspec.to_builtins(briefs)]


def _build_url(path: str, values: dict[str, str]) -> str:
    return f"{settings.SITE_URL}{shape_queries.API_PATH}{path}?{urlencode(values)}"


def show_brief(request: HttpRequest, slug: str) -> HttpResponse:
    parameters.read_parameters(request, ())
    return json_response(shape_queries.build_shapes([brief_queries.find_row(slug)])[0])


def list_changes(request: HttpRequest) -> HttpResponse:
    values = parameters.read_parameters(request, parameters.CHANGE_PARAMETERS)
    return json_response(brief_queries.build_change_page(values))


def list_vocabulary(request: HttpRequest) -> HttpResponse:
    parameters.read_parameters(request, ())
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
    """Answer every other address of the API, so that its errors too are problem+json."""
    detail = f"There is no such address. {settings.SITE_URL}/api/docs/ lists them."
    raise Problem(HTTPStatus.NOT_FOUND, detail)


def serve_assistants(request: HttpRequest) -> HttpResponse:
    """Answer MCP, if `DIGEST_MCP` switches it on. Else the address answers like any that accepts no POST."""
    if not settings.DIGEST_MCP:
        if request.method == "POST":
            return HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"], headers={"Cache-Control": NO_STORE})
        raise Http404
    from .assistants import answer  # needs the extra `mcp`

    return answer(request)
