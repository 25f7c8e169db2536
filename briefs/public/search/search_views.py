"""The search page, and suggestions for whoever types. Nothing is changed by either but a count of what was asked."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from ...content import LANG, Side
from ...search import search_log
from ...text.scripts import lang_of
from .. import errors, limits, page_frame
from . import search_queries, search_results
from .search_params import Asked


def search(request: HttpRequest, page: Side) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    if not asked.is_empty and (wait := limits.seconds_to_wait(request)):
        return errors.too_many(page, wait)
    found = search_queries.answers(asked, timezone.now())
    response = page_frame.fill(
        "briefs/search.html", page, f"search/{asked}", **search_results.page_of(asked, found, page)
    )
    if asked.typed and asked.is_first_page and not asked.is_filtered and request.method == "GET":
        search_log.note(asked.typed, found.count, timezone.localdate())
        response._resource_closers.append(search_log.write_if_due)  # type: ignore[attr-defined]  # once it has gone out
    return response


def suggest(request: HttpRequest, page: Side) -> HttpResponse:
    if wait := limits.seconds_to_wait(request, typing=True):
        return JsonResponse({"suggestions": []}, status=429, headers={"Retry-After": str(wait)})
    asked = Asked.of(request.GET.dict())
    said = search_queries.suggestions(asked.typed, timezone.now()) if asked.typed else []
    rows = [{"text": words, "lang": lang_of(words)} for words in said]
    rows.sort(key=lambda row: row["lang"] != LANG[page])
    return JsonResponse({"suggestions": rows}, json_dumps_params={"ensure_ascii": False})
