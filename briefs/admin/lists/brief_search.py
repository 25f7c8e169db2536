"""Search in briefs with the query language of the public search, and the passages in which the words occur."""

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from briefs.admin.common.name_fields import build_name_condition
from briefs.content import SIDES
from briefs.derived import TermRows, build_glossary_entries, fetch_term_rows
from briefs.derived.search import (
    DRAFT_INDEX,
    Concepts,
    ParsedQuery,
    Phrase,
    QueryField,
    QueryTerm,
    TextSpan,
    expand_query,
    find_spans,
    get_store,
    highlight_spans,
    load_name_index,
    parse_query,
)
from briefs.models import Author, Brief, Keyword, Source
from briefs.models.vocabulary import Vocabulary

_NAME_MODELS: dict[QueryField, type[Vocabulary]] = {"author": Author, "source": Source, "keyword": Keyword}


def parse_desk_query(search_text: str) -> ParsedQuery:
    """Parse a query as the public search does, with the renderings of the glossary as alternatives."""
    return expand_query(parse_query(search_text), _build_concepts(fetch_term_rows()))


def search_briefs(rows: QuerySet[Brief], search_text: str) -> QuerySet[Brief]:
    return filter_briefs(rows, parse_desk_query(search_text))


def filter_briefs(rows: QuerySet[Brief], query: ParsedQuery) -> QuerySet[Brief]:
    """Filter briefs by each term, in the brief's text or in the names of its author, source and keywords."""
    names = load_name_index()
    for term in query.terms:
        found = Q() if term.field else Q(pk__in=_build_text_subquery(term))
        for kind, model in _NAME_MODELS.items():
            if term.field in ("", kind):  # ids of names, and of those merged into them
                ids = [int(facet[1:]) for facet in names.find_facets(term.alternatives, kind)]
                found |= build_name_condition(model, ids)
        rows = rows.exclude(found) if term.is_excluded else rows.filter(found)
    bounds = {"article_date__gte": query.since, "article_date__lte": query.until}
    return rows.filter(**{name: day for name, day in bounds.items() if day})


@lru_cache(maxsize=2)
def _build_concepts(rows: TermRows) -> Concepts:
    return Concepts(build_glossary_entries(rows))


def _build_text_subquery(term: QueryTerm) -> RawSQL:
    sql, values = get_store(DRAFT_INDEX).build_match_sql(ParsedQuery(terms=(QueryTerm(term.alternatives),)))
    return RawSQL(sql, values)  # noqa: S611 SQL from the store; typed text is in the values


MAX_PASSAGES = 2
MAX_LENGTH = {"zh": 60, "en": 130}
"""Characters shown of a text."""
PASSAGE = '<p class="hit"><span>{}</span><span lang="zh-Hant-TW">{}</span><span lang="en">{}</span></p>'


def render_passages(brief: Brief, phrases: Sequence[Phrase]) -> SafeString:
    """Render the texts in which most of the phrases occur, in the order of the brief and in both languages."""
    texts = [(_("Summary"), brief.summary_zh, brief.summary_en)]
    texts += [(f"#b{bullet.number}", bullet.text_zh, bullet.text_en) for bullet in brief.bullets.all()]
    matches = []
    for n, (label, *sides) in enumerate(texts):
        spans = [find_spans(text, phrases) for text in sides]
        if has := sum(any(one) for one in zip(*spans, strict=True)):
            shown = [
                _cut(text, one, MAX_LENGTH[side]) for side, text, one in zip(SIDES, sides, spans, strict=True)
            ]
            matches.append((-has, n, (label, *shown)))
    best = sorted(sorted(matches)[:MAX_PASSAGES], key=lambda match: match[1])
    return format_html_join("", PASSAGE, (passage for _has, _n, passage in best))


def _cut(text: str, spans: Sequence[Sequence[TextSpan]], length: int) -> SafeString:
    """Highlight the spans in the part of the text that begins shortly before the first of them."""
    first = min((start for row in spans for start, _end in row), default=0)
    start = max(0, min(first - length // 4, len(text) - length))
    end = min(len(text), start + length)
    inside = [[(a - start, b - start) for a, b in row if a >= start and b <= end] for row in spans]
    shown = highlight_spans(text[start:end], inside)
    return format_html("{}{}{}", "…" * (start > 0), shown, "…" * (end < len(text)))
