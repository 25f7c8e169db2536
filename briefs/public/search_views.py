"""The search page: answers with highlighting, counts and filters, or examples; and suggestions.

Each piece of text is escaped by `highlight_spans` or `escape`.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from html import escape
from itertools import chain, islice
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.rendering import cards, text
from briefs.bilingual.rendering.cards import LIST_SEPARATOR
from briefs.bilingual.rendering.text import KeyLine, render_partial
from briefs.bilingual.text import date_format, detect_language_code, paths
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.derived.search import (
    NO_SUCH_FACET,
    ClosestAnswer,
    ParsedQuery,
    Phrase,
    TextSpan,
    find_spans,
    has_quotation,
    highlight_spans,
    search_log,
)

from . import brief_answers, editions, feeds, list_rows, responses, search_queries, views
from .editions import PageKey
from .list_rows import Row
from .responses import TITLE_SEPARATOR, ListView
from .search_queries import SearchHit, SearchParams, SearchResults

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
            "label": str(KIND_LABELS[one.kind]),
            "url": paths.brief(one.side, one.slug)
            if one.side
            else paths.subject(language, f"{one.kind}s", one.slug),
        }
        for one in suggestions
    ]
    return JsonResponse({"suggestions": rows}, json_dumps_params={"ensure_ascii": False})


# Render a search hit as a row: the point or sentence that holds most of the query, and what else the brief holds.

type MatchSpans = list[list[TextSpan]]
type PartSpans = Mapping[tuple[str, Side], MatchSpans]
"""Match spans of headline and summary on each side."""


class Answer(NamedTuple):
    row: Row
    matching_bullets: int
    """Number of matching bullets in the brief, shown or not."""


def build_answer(hit: SearchHit, query: ParsedQuery, number: int, view: ListView) -> Answer:
    """Build the row of a hit. `number`: its position by rank; 0 for a list by day of publication."""
    phrases, content, language = query.highlighted_phrases, hit.content, view.language
    matches = _find_matching_bullets(content.get("bullets", ()), phrases)
    spans = {
        (part, side): find_spans(content.get(f"{part}_{side}", ""), phrases)
        for part in ("headline", "summary")
        for side in SIDES
    }
    lines = _choose_lines(hit, matches, spans, language)
    headlines = {
        side: highlight_spans(content.get(f"headline_{side}", ""), spans["headline", side]) for side in SIDES
    }
    notes = {}
    for side in view.sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            notes[side] = _render_reason(hit, query, spans, matches, lines[language].number, side)
    posted = hit.brief.published_day
    fold = list_rows.render_number(number) if number else cards.render_posted_day(posted, language)
    row = list_rows.build_row(hit.brief, view, fold, lines=lines, headlines=headlines, notes=notes)
    return Answer(row, len(matches))


def _choose_lines(
    hit: SearchHit, matches: Sequence["BulletMatch"], spans: PartSpans, language: Side
) -> dict[Side, KeyLine]:
    """Return the point that holds most of the query, unless a sentence of the summary holds more; else the key line."""
    sentences = {
        side: list_rows.highlight_sentence(
            hit.content.get(f"summary_{side}", ""), spans["summary", side], side
        )
        for side in SIDES
        if any(spans["summary", side])
    }
    best = max((held for held, _ in sentences.values()), default=0)
    readable = [match for match in matches if match[2].get(f"text_{language}")]
    if readable and (match := max(readable, key=lambda match: (match[0], -match[1])))[0] >= best:
        _, _, bullet, places = match
        return {
            side: KeyLine(bullet["number"], highlight_spans(bullet.get(f"text_{side}", ""), places[side]))
            for side in SIDES
        }
    lines = {side: text.find_key_line(hit.brief.content, side) for side in SIDES}
    return {
        side: KeyLine(0, sentences[side][1]) if sentences.get(side, (0,))[0] else line
        for side, line in lines.items()
    }


def _render_reason(
    hit: SearchHit,
    query: ParsedQuery,
    spans: PartSpans,
    matches: Sequence["BulletMatch"],
    shown: int,
    language: Side,
) -> str:
    """Render why the brief matches: other texts that contain words of the query, and names that contain the others.

    `shown`: number of the point in the row, 0 for the summary. Nothing is said if that is all.
    """
    places = [
        f"<b>{escape(label)}</b>"
        for part, label in (("headline", gettext("headline")), ("summary", gettext("summary")))
        if any(any(spans[part, side]) for side in SIDES)
    ]
    if numbers := [bullet["number"] for _, _, bullet, _ in matches]:
        url = paths.brief(language, hit.brief.slug)
        places.append(list_rows.render_point_links(numbers, url, language))
    span_lists = [*spans.values(), *(by_side[side] for *_, by_side in matches for side in SIDES)]
    seen = {n for row in span_lists for n, places_of in enumerate(row) if places_of}
    named = dict.fromkeys(_name_reasons(hit.brief, query, seen, language))
    if not places and len(named) == 1:
        return escape(gettext("Matches only the %(reason)s")) % {"reason": next(iter(named))}
    if len(places) == 1 and not named and numbers == [shown] * bool(shown):
        return ""
    said = LIST_SEPARATOR[language].join([*places, *named])
    return escape(gettext("Matches: %(places)s")) % {"places": said} if said else ""


def _name_reasons(brief: PublicBrief, query: ParsedQuery, seen: Set[int], language: Side) -> Iterator[str]:
    """Yield names, as HTML, that contain a query term which the text lacks. `seen`: indexes of phrases in the text."""
    at = 0
    for term in query.required_terms:
        if not term.field:
            in_text = not seen.isdisjoint(range(at, at := at + len(term.alternatives)))
            if in_text:
                continue
        for kind, label, names in _list_names(brief):
            for name in names if term.field in ("", kind) else ():
                if any(any(find_spans(name.label(side), term.alternatives)) for side in SIDES):
                    shown = text.mark_language(name.label(language), language)
                    yield escape(gettext("%(kind)s “%(name)s”")) % {"kind": escape(label), "name": shown}


def _list_names(brief: PublicBrief) -> Iterator[tuple[str, str, Sequence[PublicName]]]:
    yield "keyword", gettext("Keyword").lower(), brief.keywords
    yield "author", gettext("Author").lower(), brief.authors
    yield "source", gettext("Source").lower(), [brief.source] if brief.source else []


type BulletMatch = tuple[int, int, Mapping[str, Any], dict[Side, MatchSpans]]
"""Number of matching phrases in one language, position, bullet, match spans per side."""


def _find_matching_bullets(
    bullets: Sequence[Mapping[str, Any]], phrases: Sequence[Phrase]
) -> list[BulletMatch]:
    matches = []
    for n, bullet in enumerate(bullets) if phrases else ():
        places: dict[Side, MatchSpans] = {
            side: find_spans(bullet.get(f"text_{side}", ""), phrases) for side in SIDES
        }
        if has := max(sum(map(bool, places[side])) for side in SIDES):
            matches.append((has, n, bullet, places))
    return matches


KIND_LABELS = {
    "brief": gettext_lazy("Brief"),
    "term": gettext_lazy("Term"),
    "keyword": gettext_lazy("Keyword"),
    "author": gettext_lazy("Author"),
    "source": gettext_lazy("Source"),
}
"""What a suggested or similar name leads to, by the kind of page."""


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
