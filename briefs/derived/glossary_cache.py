"""Cache of the parsed glossary. Every save and approval needs the whole glossary, which seldom changes.

The raw rows are fetched each time and are the cache key, so a changed term misses the cache and nothing can be stale.
"""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast

from ..checks import TermData
from ..database.prepared_query import PreparedQuery
from ..models.vocabulary import Term

_TEXTS = ("zh", "en")
_LISTS = ("also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en")
TERM_COLUMNS = (*_TEXTS, *_LISTS)

type TermRows = tuple[tuple[Any, ...], ...]
"""Unmerged terms in the order of their ids: id, slug, texts, and lists as JSON."""


class GlossaryEntry(NamedTuple):
    pk: int
    slug: str
    term: TermData


_query_terms = PreparedQuery(
    lambda: (
        Term.objects.filter(merged_into=None)
        .order_by("pk")
        .values_list("pk", "slug", *_TEXTS, *(Cast(name, TextField()) for name in _LISTS))
    )
)


def fetch_term_rows() -> TermRows:
    """Fetch the rows of all unmerged terms. One query."""
    return tuple(_query_terms())


@lru_cache(maxsize=4)
def build_glossary_entries(rows: TermRows) -> tuple[GlossaryEntry, ...]:
    return tuple(GlossaryEntry(pk, slug, _build_term(zh, en, lists)) for pk, slug, zh, en, *lists in rows)


def _build_term(zh: str, en: str, lists: list[str]) -> TermData:
    return TermData.from_mapping(dict(zip(TERM_COLUMNS, (zh, en, *map(json.loads, lists)), strict=True)))
