"""A search page without results: examples taken from the newest brief, or topics and newest briefs."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from urllib.parse import quote_plus

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering.text import render_partial
from briefs.bilingual.text import detect_language_code, paths
from briefs.content import Side

from . import editions, list_rows, views
from .list_pages import PageKey
from .responses import ListView
from .search_queries import SearchParams, SearchResults

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
