"""Search working copies, including drafts, with the query language of the public search."""

from collections.abc import Iterator
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from ...derived.glossary_cache import TermRows, build_glossary_entries, fetch_term_rows
from ...models import Author, Brief, Keyword, Source
from ...models.vocabulary import Vocabulary
from ...search import DRAFT_INDEX, get_store, parse_query
from ...search.expansion import Concepts, expand_query
from ...search.highlighting import find_spans
from ...search.query import ParsedQuery, QueryField, QueryTerm
from ..common.name_fields import build_name_condition

_NAME_MODELS: dict[QueryField, type[Vocabulary]] = {"author": Author, "source": Source, "keyword": Keyword}


def search_briefs(rows: QuerySet[Brief], search_text: str) -> QuerySet[Brief]:
    """Filter briefs by each term, in the brief's text or in the names of its author, source and keywords."""
    query = expand_query(parse_query(search_text), _build_concepts(fetch_term_rows()))
    for term in query.terms:
        found = Q(pk__in=_build_text_subquery(term)) if not term.field else Q(pk__in=())
        for kind in [term.field] if term.field else list(_NAME_MODELS):
            found |= build_name_condition(_NAME_MODELS[kind], _find_named_entries(kind, term))
        rows = rows.exclude(found) if term.is_excluded else rows.filter(found)
    bounds = {"article_date__gte": query.since, "article_date__lte": query.until}
    return rows.filter(**{name: day for name, day in bounds.items() if day})


@lru_cache(maxsize=2)
def _build_concepts(rows: TermRows) -> Concepts:
    return Concepts(build_glossary_entries(rows))


def _build_text_subquery(term: QueryTerm) -> RawSQL:
    sql, values = get_store(DRAFT_INDEX).build_match_sql(ParsedQuery(terms=(QueryTerm(term.alternatives),)))
    return RawSQL(sql, values)  # noqa: S611 SQL from the store; typed text is in the values


def _find_named_entries(field: QueryField, term: QueryTerm) -> list[int]:
    """Return ids of matching entries, including merged ones, which a working copy may still refer to."""
    return [
        pk
        for pk, *names in _list_entry_names(field)
        if any(any(find_spans(name, term.alternatives)) for name in names if name)
    ]


def _list_entry_names(field: QueryField) -> Iterator[tuple[int, str, str]]:
    columns = ("label_zh", "label_en") if field == "keyword" else ("name_zh", "name")
    yield from _NAME_MODELS[field]._default_manager.values_list("pk", *columns)
