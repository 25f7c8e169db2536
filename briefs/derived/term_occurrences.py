"""The parsed glossary, kept until it changes, and where its terms are in editions.

The raw rows are fetched each time and are the cache key, so a changed term misses the cache and nothing can be stale.
"""

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from briefs.bilingual import checks
from briefs.bilingual.checks import TermData, chinese
from briefs.bilingual.public_brief import PublicName
from briefs.bilingual.rendering import terms
from briefs.content import SIDES, Content
from briefs.models.prepared import prepare
from briefs.models.vocabulary import Term

_TEXTS = ("zh", "en")
FORM_COLUMNS = ("also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en")
TERM_COLUMNS = (*_TEXTS, *FORM_COLUMNS)

type TermRows = tuple[tuple[Any, ...], ...]
"""Unmerged terms in the order of their ids: id, slug, texts, and lists as JSON."""


class GlossaryEntry(NamedTuple):
    pk: int
    slug: str
    term: TermData


@prepare()
def _query_terms() -> QuerySet[Term, Any]:
    lists = (Cast(name, TextField()) for name in FORM_COLUMNS)
    return Term.objects.filter(merged_into=None).order_by("pk").values_list("pk", "slug", *_TEXTS, *lists)


def fetch_term_rows() -> TermRows:
    """Fetch the rows of all unmerged terms. One query."""
    return tuple(_query_terms())


@lru_cache(maxsize=4)
def build_glossary_entries(rows: TermRows) -> tuple[GlossaryEntry, ...]:
    return tuple(GlossaryEntry(pk, slug, _build_term(zh, en, lists)) for pk, slug, zh, en, *lists in rows)


def _build_term(zh: str, en: str, lists: list[str]) -> TermData:
    return TermData.from_mapping(dict(zip(TERM_COLUMNS, (zh, en, *map(json.loads, lists)), strict=True)))


type TermPlaces = dict[int, list[Any]]
"""`EditionTerm.places` by term id."""


class Glossary:
    """The parsed glossary: the current unmerged terms, or those of `rows`."""

    def __init__(self, rows: TermRows | None = None) -> None:
        self._rows = fetch_term_rows() if rows is None else rows
        self.terms, self._ids, self._context = _build_glossary(self._rows)

    def list_forms(self, pk: int) -> list[list[str]]:
        """Return the other renderings of a term, and its safe contexts, in the order of `TERM_COLUMNS`."""
        (term,) = (entry.term for entry in build_glossary_entries(self._rows) if entry.pk == pk)
        return [list(getattr(term, name)) for name in FORM_COLUMNS]

    def find_terms(self, content: Content, only: Collection[int] | None = None) -> terms.TermOccurrences:
        """Return the occurrences of all terms whose counterpart is in the same pair. `only`: in the pairs of these numbers."""
        if not self.terms:
            return {}
        texts = {side: dict(terms.list_texts(content, side)) for side in SIDES}
        numbers = [n for n in texts["zh"] if n in texts["en"] and (only is None or n in only)]
        pairs = [(texts["zh"][number], texts["en"][number]) for number in numbers]
        return {
            (number, side): [(self._ids[term], start, end) for term, start, end in places]
            for number, by_side in zip(numbers, checks.find_term_spans(pairs, self._context), strict=True)
            for side, places in by_side.items()
            if places
        }


@lru_cache(maxsize=4)
def _build_glossary(
    rows: TermRows,
) -> tuple[dict[int, PublicName], dict[TermData, int], checks.CheckContext]:
    """Return the names of terms by id, the lowest id of each distinct term, and the context of the checks."""
    entries = build_glossary_entries(rows)
    names = {entry.pk: PublicName(entry.pk, entry.slug, entry.term.zh, entry.term.en) for entry in entries}
    ids = {entry.term: entry.pk for entry in reversed(entries)}
    terms = tuple(entry.term for entry in entries)
    return names, ids, checks.CheckContext(terms=terms, mainland_wordings=chinese.load_default_wordings())


def group_places_by_term(content: Content, occurrences: terms.TermOccurrences) -> TermPlaces:
    """Group the occurrences by term in the format of `EditionTerm.places`."""
    places: TermPlaces = {}
    for number in (0, *(b.number for b in content.bullets)):
        for which, side in enumerate(SIDES):
            for term, start, end in occurrences.get((number, side), ()):
                rows = places.setdefault(term, [])
                if not rows or rows[-1][0] != number:
                    rows.append([number, [], []])
                rows[-1][which + 1].append([start, end])
    return places
