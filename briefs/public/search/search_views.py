"""Search page and suggestions. The only thing stored is the search log."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from ...content import Side
from ...search import search_log
from ...text import paths
from ...text.scripts import detect_language_code
from .. import errors, page_frame, rate_limits
from ..machines import feeds
from . import search_examples, search_queries, search_results
from .search_params import SearchParams


def search(request: HttpRequest, language: Side) -> HttpResponse:
    asked = SearchParams.from_query(request.GET.dict())
    if not asked.is_empty and (wait := rate_limits.seconds_to_wait(request)):
        return errors.too_many_requests(language, wait)
    now = timezone.now()
    found = search_queries.run_search(asked, now)
    feeds_of_search = feeds.build_search_links(language, asked)
    response = page_frame.render(
        "briefs/search.html",
        language,
        f"search/{asked}",
        feeds=feeds_of_search.head,
        follow=feeds_of_search.button,
        openings=search_examples.build_openings(asked, found, language, now),
        **search_results.build_results_context(asked, found, language),
    )
    if asked.query_text and asked.is_first_page and not asked.is_filtered and request.method == "GET":
        search_log.record_search(asked.query_text, 0 if found.rescue else found.count, timezone.localdate())
        response._resource_closers.append(search_log.write_if_due)  # type: ignore[attr-defined]  # runs after the response was sent
    return response


def suggest(request: HttpRequest, language: Side) -> HttpResponse:
    if wait := rate_limits.seconds_to_wait(request, "suggestion"):
        return JsonResponse({"suggestions": []}, status=429, headers={"Retry-After": str(wait)})
    asked = SearchParams.from_query(request.GET.dict())
    typed = asked.query_text
    found = search_queries.list_suggestions(typed, language, timezone.now()) if typed else []
    rows = [
        {
            "text": one.text,
            "lang": detect_language_code(one.text),
            "kind": one.kind,
            "label": str(search_results.KIND_LABELS[one.kind]),
            "url": paths.brief(one.side, one.slug)
            if one.side
            else paths.subject(language, f"{one.kind}s", one.slug),
        }
        for one in found
    ]
    return JsonResponse({"suggestions": rows}, json_dumps_params={"ensure_ascii": False})
