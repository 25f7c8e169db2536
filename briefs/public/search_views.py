"""The search page and its suggestions, with examples or similar names where there are no results."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, NamedTuple, Self
from urllib.parse import quote_plus

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from briefs.content import Side
from briefs.database.prepared import prepare
from briefs.public_brief import PublicBrief
from briefs.rendering.text import render_partial
from briefs.search import ParsedQuery, search_log
from briefs.search.analysis import find_runs, fold
from briefs.search.name_index import Name, NameIndex, load_name_index
from briefs.text import paths
from briefs.text.scripts import detect_language_code

from . import editions, feeds, list_rows, responses, search_queries, search_results, views
from .editions import PageKey
from .responses import ListView
from .search_queries import SearchParams, SearchResults
from .search_results import KIND_LABELS
from .subject_queries import SUBJECT_KINDS

# Find the public names that are most like the words of a query that finds nothing.

MAX_SIMILAR: Final = 8
_MAX_CHECKED: Final = 24
"""Best names that are looked up among listed briefs. Names that only drafts use stay unnamed."""
_MAX_COMPARED: Final = 40
"""Parts of a query that are compared. Bounds the time of a search, which anybody can send."""
_MIN_WORD: Final = 4
"""Shorter words are left out, since most are function words."""
_MIN_SIMILARITY: Final = 0.86
"""Of two words by Jaro and Winkler: zelenskyy and zelensky have 0.98, china and chile 0.79."""


class SimilarNames(NamedTuple):
    """All names, indexed by their parts."""

    names: list[Name]
    places: dict[str, list[int]]
    """Places in `names` of each part."""
    part_counts: list[int]
    words: dict[str, list[str]]
    """Parts that are Latin words, by their first letter, which is seldom mistyped."""

    @classmethod
    def build(cls, names: list[Name]) -> Self:
        places, counts = defaultdict(list), []
        for n, name in enumerate(names):
            parts = {part for label in {name.zh, name.en} for part in _split(fold(label))}
            counts.append(len(parts))
            for part in parts:
                places[part].append(n)
        words = defaultdict(list)
        for part in places:
            if len(part) >= _MIN_WORD:
                words[part[0]].append(part)
        return cls(names, dict(places), counts, dict(words))

    def rank(self, typed: Collection[str], kinds: Collection[str]) -> list[Name]:
        """Return names that share parts with the typed words, the most similar first."""
        scores: dict[int, float] = defaultdict(float)
        for part in typed:
            alike = {part: 1.0}
            if len(part) >= _MIN_WORD:
                words = self.words.get(part[0], [])
                similar_words = process.extract(
                    part, words, scorer=JaroWinkler.similarity, score_cutoff=_MIN_SIMILARITY, limit=5
                )
                alike |= {word: similarity for word, similarity, _ in similar_words}
            best: dict[int, float] = {}
            for word, similarity in alike.items():
                for n in self.places.get(word, ()):
                    best[n] = max(best.get(n, 0), similarity)
            for n, similarity in best.items():
                scores[n] += similarity
        # Dice's coefficient, 2 × shared parts / all parts, without the factor 2.
        ranked = sorted(scores, key=lambda n: (-scores[n] / (len(typed) + self.part_counts[n]), n))
        return [self.names[n] for n in ranked if self.names[n].kind in kinds]


def find_similar(query: ParsedQuery, now: dt.datetime) -> list[Name]:
    """Return the names of listed briefs that are most like the query. At most two queries."""
    fields = {term.field for term in query.required_terms}
    kinds = [
        kind
        for name in SUBJECT_KINDS
        if (kind := name.removesuffix("s")) and ("" in fields or kind in fields)
    ]
    words = (word.text for term in query.required_terms for word in term.alternatives[0])
    parts = list(dict.fromkeys(part for word in words for part in _split(word)))[:_MAX_COMPARED]
    if not parts:
        return []
    ranked = _index_parts(load_name_index()).rank(parts, kinds)[:_MAX_CHECKED]
    if not ranked:
        return []
    public = set(_select_public(now, *(name.pk for name in ranked)))
    return [name for name in ranked if (f"{name.kind}s", name.pk) in public][:MAX_SIMILAR]


@lru_cache(maxsize=1)
def _index_parts(names: NameIndex) -> SimilarNames:
    return SimilarNames.build(list(names.names.values()))


def _split(folded: str) -> Iterator[str]:
    """Yield long words, and pairs of Chinese characters that are adjacent or have one character between them.

    Thanks to the second kind, 澤倫斯基 and 澤連斯基 share more than one pair.
    """
    for run in find_runs(folded):
        if not run.is_han:
            if len(run.text) >= _MIN_WORD:
                yield run.text
            continue
        for at, character in enumerate(run.text):
            yield from (character + other for other in run.text[at + 1 : at + 3])


def _union(rows: list[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    return rows[0].union(*rows[1:], all=True).order_by()


@prepare(dt.datetime, ids=_MAX_CHECKED)
def _select_public(now: dt.datetime, *ids: int) -> QuerySet[Any, Any]:
    return _union(
        [
            kind.model._default_manager.filter(Exists(kind.listed_editions(now, OuterRef("pk"))), pk__in=ids)
            .order_by()
            .values_list(Value(kind.name), "pk")
            for kind in SUBJECT_KINDS.values()
        ]
    )


# Content without results: examples taken from the newest brief, or similar names and newest briefs.

MAX_NEWEST = 3
MAX_QUESTIONS = 3
_LONG_WORD = re.compile(r"[A-Za-z]{7,}")


def build_openings(
    params: SearchParams, results: SearchResults, view: ListView, now: dt.datetime
) -> SafeString:
    """Return examples for an empty search; similar names, topics and newest briefs if nothing was found; else nothing."""
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
        similar=[_build_name_row(name, language) for name in find_similar(results.query, now)],
        topics=views.render_topics(view, now),
        newest=list_rows.render_rows(
            [list_rows.build_row_by_posting(row.brief, view) for row in shown],
            view,
            heading=gettext("Newest briefs"),
        ),
    )


def _build_name_row(name: Name, language: Side) -> dict[str, str]:
    text = name.label(language)
    return {
        "url": paths.subject(language, f"{name.kind}s", name.slug),
        "text": text,
        "lang": detect_language_code(text),
        "label": str(KIND_LABELS[name.kind]),
    }


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
