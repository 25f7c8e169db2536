"""The search page and its suggestions, with examples where there are no results."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from urllib.parse import quote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering.text import render_partial
from briefs.bilingual.text import detect_language_code, paths
from briefs.content import Side
from briefs.derived.search import search_log

from . import brief_answers, editions, feeds, list_rows, responses, search_queries, search_results, views
from .editions import PageKey
from .responses import ListView
from .search_queries import SearchParams, SearchResults

# Content without results: examples taken from the newest brief, or topics and newest briefs.

MAX_NEWEST = 3
MAX_QUESTIONS = 3
_LONG_WORD = re.compile(r"[A-Za-z]{7,}")


def build_openings(
    params: SearchParams, results: SearchResults, view: ListView, now: dt.datetime
) -> SafeString:
    """Return examples for an empty search; topics and newest briefs if nothing was found; else nothing."""
    if not params.is_empty and results.hits:
        return mark_safe("")
    language, newest = view.language, editions.list_newest_briefs(now, PageKey()).rows
    briefs = [row.brief for row in newest] if params.is_empty else []
    examples = [
        {
            "text": query,
            "url": f"{paths.search(language)}?q={quote_plus(query)}",
            "lang": detect_language_code(query),
            "meaning": meaning,
        }
        for query, meaning in chain(
            islice(_list_questions(briefs, language), MAX_QUESTIONS),
            *(_list_examples(brief, language) for brief in briefs[:1]),
        )
    ]
    shown = [] if examples else newest[:MAX_NEWEST]
    return render_partial(
        "briefs/_search_openings.html",
        examples=examples,
        topics=views.render_topics(view, now),
        newest=list_rows.render_rows(
            [list_rows.build_row_by_posting(row.brief, view) for row in shown],
            view,
            heading=gettext("Newest briefs"),
        ),
    )


def _list_questions(briefs: Iterable[PublicBrief], language: Side) -> Iterator[tuple[str, str]]:
    """Yield questions that these briefs answer, without an explanation."""
    for brief in briefs:
        if brief.authors and brief.keywords:
            names = {"author": brief.authors[0].label(language), "topic": brief.keywords[0].label(language)}
            yield gettext("What does %(author)s argue about %(topic)s?") % names, ""


def _list_examples(brief: PublicBrief, language: Side) -> Iterator[tuple[str, str]]:
    """Yield (search, explanation) for searches that find this brief."""
    if brief.keywords:
        yield brief.keywords[0].label(language), gettext("either language finds the same briefs")
    if brief.authors:
        yield f'"{brief.authors[0].en}"', gettext("a phrase, exactly as it stands")
    if word := _LONG_WORD.search(brief.headline("en")):
        yield f"{word[0][:-2].lower()}*", gettext("words that begin so")
    names = []
    if brief.authors:
        family = brief.authors[0].family or brief.authors[0].en
        names.append(f"author:{_quote(family)}")
    if brief.source:
        names.append(f"source:{_quote(brief.source.en)}")
    if names:
        yield " ".join(names), gettext("by name")
    if brief.facts.date:
        yield f"date:{brief.facts.date[:4]}", gettext("by the date of the article")


def _quote(name: str) -> str:
    return f'"{name}"' if " " in name else name


# Search page and suggestions. The only thing stored is the search log.


def search(request: HttpRequest, language: Side) -> HttpResponse:
    asked = SearchParams.from_query(request.GET.dict())
    if not asked.is_empty and (wait := responses.seconds_to_wait(request)):
        return responses.too_many_requests(language, wait)
    with responses.charge_time(request):
        return _answer(request, asked, language)


def _answer(request: HttpRequest, asked: SearchParams, language: Side) -> HttpResponse:
    now = timezone.now()
    results, view = search_queries.run_search(asked, now), ListView.read(request, language)
    plain = replace(asked, show="")
    feeds_of_search = feeds.build_search_links(language, plain)
    response = responses.render(
        "briefs/search.html",
        language,
        f"search/{plain}",
        list_view=view,
        robots="" if asked.is_empty else brief_answers.NOINDEX,
        feeds=feeds_of_search.head,
        follow=feeds_of_search.button,
        openings=build_openings(asked, results, view, now),
        **search_results.build_results_context(asked, results, view),
    )
    if asked.query_text and asked.is_first_page and not asked.is_filtered and request.method == "GET":
        search_log.record_search(asked.query_text, results.count, timezone.localdate())
        response._resource_closers.append(search_log.write_if_due)  # type: ignore[attr-defined]  # runs after the response was sent
    return response


def suggest(request: HttpRequest, language: Side) -> HttpResponse:
    if wait := responses.seconds_to_wait(request, "suggestion"):
        return JsonResponse({"suggestions": []}, status=429, headers={"Retry-After": str(wait)})
    asked = SearchParams.from_query(request.GET.dict())
    typed = asked.query_text
    with responses.charge_time(request, "suggestion"):
        suggestions = search_queries.list_suggestions(typed, language, timezone.now()) if typed else []
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
        for one in suggestions
    ]
    return JsonResponse({"suggestions": rows}, json_dumps_params={"ensure_ascii": False})
