"""The search page: answers with highlighting, counts and filters, or examples; and suggestions.

Each piece of text is escaped by `highlight_spans` or `escape`.
"""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from briefs.bilingual.rendering.cards import LIST_SEPARATOR
from briefs.bilingual.rendering.text import render_partial
from briefs.bilingual.text import date_format, detect_language_code, paths
from briefs.content import LANGUAGE_TAGS, Side
from briefs.derived.search import NO_SUCH_FACET, ClosestAnswer, has_quotation, search_log

from . import brief_answers, feeds, list_rows, rate_limits, responses, search_queries
from .responses import TITLE_SEPARATOR, ListView
from .search_hits import KIND_LABELS, build_answer
from .search_openings import build_openings
from .search_queries import SearchParams, SearchResults


def search(request: HttpRequest, language: Side) -> HttpResponse:
    asked = SearchParams.from_query(request.GET.dict())
    if not asked.is_empty and (wait := rate_limits.seconds_to_wait(request)):
        return responses.too_many_requests(language, wait)
    with rate_limits.charge_time(request):
        return _answer(request, asked, language)


def _answer(request: HttpRequest, asked: SearchParams, language: Side) -> HttpResponse:
    now = timezone.now()
    results, view = search_queries.run_search(asked, now), ListView.read(request, language)
    plain = replace(asked, show="")
    follow = {} if asked.is_empty else feeds.build_feed_links(feeds.build_search_scope(language, plain))
    response = responses.render(
        "briefs/search.html",
        language,
        f"search/{plain}",
        list_view=view,
        robots="" if asked.is_empty else brief_answers.NOINDEX,
        **follow,
        openings=build_openings(asked, results, view, now),
        **_build_results_context(asked, results, view),
    )
    if asked.query_text and asked.is_first_page and not asked.is_filtered and request.method == "GET":
        search_log.record_search(asked.query_text, results.count, timezone.localdate())
        response._resource_closers.append(search_log.write_if_due)  # type: ignore[attr-defined]  # runs after the response was sent
    return response


def suggest(request: HttpRequest, language: Side) -> HttpResponse:
    if wait := rate_limits.seconds_to_wait(request, "suggestion"):
        return JsonResponse({"suggestions": []}, status=429, headers={"Retry-After": str(wait)})
    asked = SearchParams.from_query(request.GET.dict())
    typed = asked.query_text
    with rate_limits.charge_time(request, "suggestion"):
        suggestions = search_queries.list_suggestions(typed, language, timezone.now()) if typed else []
    rows = [
        {
            "text": one.text,
            "lang": detect_language_code(one.text),
            "kind": one.kind,
            "label": str(KIND_LABELS[one.kind]),
            "url": paths.brief(one.side, one.slug)
            if one.side
            else paths.subject(language, f"{one.kind}s", one.slug),
        }
        for one in suggestions
    ]
    return JsonResponse({"suggestions": rows}, json_dumps_params={"ensure_ascii": False})


def _build_results_context(params: SearchParams, results: SearchResults, view: ListView) -> dict[str, Any]:
    language = view.language
    answers = [
        build_answer(hit, results.query, 0 if params.newest_first else params.start + n, view)
        for n, hit in enumerate(results.hits, 1)
    ]
    here = paths.search(language)
    is_all = results.next_page is None and params.is_first_page
    return {
        "asking": f"{params.query_text}{TITLE_SEPARATOR[language]}" if params.query_text else "",
        "typed": params.query_text,
        "kept": _hidden_inputs(params),
        "found": render_partial(
            "briefs/_search_summary.html",
            asked=params,
            has_quotation=has_quotation(params.query_text),
            home=paths.home(language),
            count=_count_text(results, sum(answer.matching_bullets for answer in answers), is_all=is_all),
            chips=[
                {"label": label, "url": f"{here}{params.without_filter(kind)}"}
                for kind, label in _filter_chips(params, results, language)
            ],
            spellings=results.query.spellings if results.count else (),
            cut=results.query.is_truncated,
            closest=_build_closest_context(results, language),
            nothing=not results.hits and not params.is_empty,
        ),
        "term": _render_term(results, language),
        "facets": render_partial(
            "briefs/_search_facets.html",
            asked=params,
            facets=list(_facet_groups(params, results, language)),
            orders=_order_links(params, language) if params.query_text and results.count else [],
        )
        if not params.is_empty
        else "",
        "answers": list_rows.render_rows([answer.row for answer in answers], view),
        "paging": render_partial(
            "briefs/_search_paging.html",
            newer=f"{here}{results.previous_page}" if results.previous_page else "",
            older=f"{here}{results.next_page}" if results.next_page else "",
            all_newest=f"{here}{replace(params.first_page(), newest_first=True)}"
            if results.is_truncated
            else "",
        ),
    }


def _hidden_inputs(params: SearchParams) -> SafeString:
    """Render hidden inputs for parameters that have no visible form field."""
    values = [
        (name, value)
        for name, value in params.first_page().to_parameters().items()
        if name not in ("q", "from", "to")
    ]
    return format_html_join("\n", '<input type="hidden" name="{}" value="{}">', values)


def _build_closest_context(results: SearchResults, language: Side) -> dict[str, Any] | None:
    """Return what was searched for, and what was not used, if no brief matches and the hits are the closest ones."""
    if not (closest := results.closest):
        return None
    joint = LIST_SEPARATOR[language]
    shown = [f"<b>{escape(word)}</b>" for word in dict.fromkeys(closest.words)]
    return {
        "words": mark_safe(joint.join(shown)),  # noqa: S308 escaped one by one
        "unused": joint.join(dict.fromkeys(closest.unused)),
    }


def _render_term(results: SearchResults, language: Side) -> SafeString:
    """Render the card of the glossary term that the query names: renderings by language, the preferred one first."""
    if not results.term:
        return mark_safe("")
    term, slug = results.term.term, results.term.slug
    sides = [
        {
            "lang": LANGUAGE_TAGS[side],
            "url": paths.subject(side, "terms", slug),
            "label": term.approved(side)[0],
            "also": LIST_SEPARATOR[side].join(term.approved(side)[1:]),
        }
        for side in (language, paths.OTHER_SIDE[language])
    ]
    return render_partial("briefs/_search_term.html", sides=sides)


def _count_text(results: SearchResults, matching_bullets: int, *, is_all: bool) -> str:
    if results.closest:
        return _label_closest(results.closest)
    n = results.count
    if results.count_is_lower_bound:
        return gettext("More than %(n)s briefs") % {"n": f"{n:,}"}
    if results.count_is_estimate:
        return gettext("About %(n)s results") % {"n": n}
    briefs = ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n}
    if not (is_all and matching_bullets):
        return briefs
    bullets = ngettext("%(m)s matching bullet", "%(m)s matching bullets", matching_bullets) % {
        "m": matching_bullets
    }
    return gettext("%(briefs)s, %(bullets)s") % {"briefs": briefs, "bullets": bullets}


def _label_closest(closest: ClosestAnswer) -> str:
    if not closest.is_close:
        return gettext("Probably no brief on this; the nearest:")
    if closest.is_by_meaning:
        return gettext("No exact match. Closest by meaning:")
    return gettext("No exact match. Closest in words:")


def _filter_chips(params: SearchParams, results: SearchResults, language: Side) -> Iterator[tuple[str, str]]:
    for kind, slug in params.filter_slugs.items():
        name = results.names_by_facet.get(results.filter_facets.get(kind, NO_SUCH_FACET))
        yield kind, name.label(language) if name else slug
    if params.year:
        yield "year", date_format.format_year(params.year, language)
    if params.since or params.until:
        since, until = (
            date_format.format_day(day, language) if day else "…" for day in (params.since, params.until)
        )
        yield "dates", f"{since}–{until}"


def _facet_groups(params: SearchParams, results: SearchResults, language: Side) -> Iterator[dict[str, Any]]:
    titles = {
        "keyword": gettext("Topics"),
        "source": gettext("Source"),
        "author": gettext("Author"),
        "year": pgettext("filter", "Date"),
    }
    for kind, title in titles.items():
        values = []
        for facet, n in results.facets.get(kind, ()):
            if kind == "year":
                label, slug = date_format.format_year(facet[1:], language), facet[1:]
            elif name := results.names_by_facet.get(facet):
                label, slug = name.label(language), name.slug
            else:
                continue
            url = escape(f"{paths.search(language)}{params.with_filter(kind, slug)}")
            values.append(
                f'<li><a href="{url}" rel="nofollow" lang="{detect_language_code(label)}">{escape(label)}</a>\n'
                f'<span class="n">{n}</span></li>'
            )
        if values or kind == "year":
            html = mark_safe("\n".join(values))  # noqa: S308 escaped one by one
            yield {"id": kind, "title": title, "values": html}


def _order_links(params: SearchParams, language: Side) -> list[dict[str, Any]]:
    words = {False: gettext("Best match"), True: gettext("Newest first")}
    return [
        {
            "label": label,
            "url": f"{paths.search(language)}{replace(params.first_page(), newest_first=newest)}",
            "current": params.newest_first == newest,
        }
        for newest, label in words.items()
    ]
