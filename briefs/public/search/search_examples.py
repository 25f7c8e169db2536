"""What the search page shows without answers: examples taken from the newest brief, or similar names and newest briefs."""

import datetime as dt
import re
from collections.abc import Iterator
from urllib.parse import quote_plus

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ...content import Side
from ...public_brief import PublicBrief
from ...rendering.text import render_partial
from ...text import paths
from ...text.scripts import detect_language_code
from .. import editions, home_page, list_presenter
from ..page_keys import PageKey
from .search_params import SearchParams
from .search_queries import SearchResults
from .search_results import KIND_LABELS
from .similar_names import Name, find_similar

MAX_NEWEST = 3
_LONG_WORD = re.compile(r"[A-Za-z]{7,}")


def build_openings(
    params: SearchParams, results: SearchResults, language: Side, now: dt.datetime
) -> SafeString:
    """Return examples for an empty search; similar names, topics and newest briefs if nothing was found; else nothing."""
    if not params.is_empty and results.count:
        return mark_safe("")
    newest = editions.list_newest_briefs(now, PageKey()).rows
    examples = [
        {
            "text": query,
            "url": f"{paths.search(language)}?q={quote_plus(query)}",
            "lang": detect_language_code(query),
            "meaning": meaning,
        }
        for row in newest[: 1 if params.is_empty else 0]
        for query, meaning in _list_examples(row.brief, language)
    ]
    shown = [] if examples else newest[:MAX_NEWEST]
    return render_partial(
        "briefs/_search_openings.html",
        examples=examples,
        similar=[_build_name_row(name, language) for name in find_similar(results.query, now)],
        topics=home_page.render_topics(language, now),
        newest=list_presenter.render_list_by_publication(shown, language, heading=gettext("Newest briefs")),
    )


def _build_name_row(name: Name, language: Side) -> dict[str, str]:
    text = name.zh or name.en if language == "zh" else name.en or name.zh
    return {
        "url": paths.subject(language, name.kind, name.slug),
        "text": text,
        "lang": detect_language_code(text),
        "label": str(KIND_LABELS[name.kind.removesuffix("s")]),
    }


def _list_examples(brief: PublicBrief, language: Side) -> Iterator[tuple[str, str]]:
    """Yield searches that find this brief, and what each means."""
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
