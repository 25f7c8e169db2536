"""Find the public names that are most like the words of a query that finds nothing."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from django.db.models import Exists, OuterRef, QuerySet, Value
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from ...database.prepared_query import PreparedQuery
from ...search import ParsedQuery
from ...search.analysis import find_runs, fold
from ..subjects.subject_queries import SUBJECT_KINDS

MAX_SIMILAR: Final = 8
_MAX_CHECKED: Final = 24
"""Best names that are looked up among listed briefs. Names that only drafts use stay unnamed."""
_MAX_COMPARED: Final = 40
"""Parts of a query that are compared. Bounds the time of a search, which anybody can send."""
_MIN_WORD: Final = 4
"""Shorter words are left out, since most are function words."""
_MIN_SIMILARITY: Final = 0.86
"""Of two words by Jaro and Winkler: zelenskyy and zelensky have 0.98, china and chile 0.79."""


class Name(NamedTuple):
    kind: str
    """Kind of subject, such as `keywords`."""
    pk: int
    slug: str
    zh: str
    en: str


class NameIndex(NamedTuple):
    """Names by their parts."""

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
        """Return names that share parts with the typed ones, those that share most first."""
        scores: dict[int, float] = defaultdict(float)
        for part in typed:
            alike = {part: 1.0}
            if len(part) >= _MIN_WORD:
                words = self.words.get(part[0], [])
                found = process.extract(
                    part, words, scorer=JaroWinkler.similarity, score_cutoff=_MIN_SIMILARITY, limit=5
                )
                alike |= {word: similarity for word, similarity, _ in found}
            best: dict[int, float] = {}
            for word, similarity in alike.items():
                for n in self.places.get(word, ()):
                    best[n] = max(best.get(n, 0), similarity)
            for n, similarity in best.items():
                scores[n] += similarity
        # Dice's coefficient: 2 × shared parts / all parts. The 2 changes no order.
        ranked = sorted(scores, key=lambda n: (-scores[n] / (len(typed) + self.part_counts[n]), n))
        return [self.names[n] for n in ranked if self.names[n].kind in kinds]


def find_similar(query: ParsedQuery, now: dt.datetime) -> list[Name]:
    """Return the names of listed briefs that are most like the query. At most two queries."""
    fields = {term.field for term in query.required_terms}
    kinds = [kind for kind in SUBJECT_KINDS if "" in fields or kind.removesuffix("s") in fields]
    words = (word.text for term in query.required_terms for word in term.alternatives[0])
    parts = list(dict.fromkeys(part for word in words for part in _split(word)))[:_MAX_COMPARED]
    if not parts:
        return []
    ranked = _index_names(now.replace(second=0, microsecond=0)).rank(parts, kinds)[:_MAX_CHECKED]
    if not ranked:
        return []
    ids = [name.pk for name in ranked]
    public = set(_select_public(now, *ids, *ids[-1:] * (_MAX_CHECKED - len(ids))))
    return [name for name in ranked if (name.kind, name.pk) in public][:MAX_SIMILAR]


@lru_cache(maxsize=1)
def _index_names(minute: dt.datetime) -> NameIndex:
    """Index all names. Kept for a minute: they are thousands, and whether they are public is looked up later."""
    return NameIndex.build([Name(*row) for row in _select_names()])


def _split(folded: str) -> Iterator[str]:
    """Yield long words, and of Chinese the pairs of characters next to each other or with one between them.

    With the latter 澤倫斯基 and 澤連斯基 share more than one pair.
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


def _names_query() -> QuerySet[Any, Any]:
    return _union(
        [
            kind.model._default_manager.filter(merged_into=None)
            .order_by()
            .values_list(Value(kind.name), "pk", "slug", kind.zh_column, kind.en_column)
            for kind in SUBJECT_KINDS.values()
        ]
    )


def _public_query(now: dt.datetime, *ids: int) -> QuerySet[Any, Any]:
    return _union(
        [
            kind.model._default_manager.filter(Exists(kind.listed_editions(now, OuterRef("pk"))), pk__in=ids)
            .order_by()
            .values_list(Value(kind.name), "pk")
            for kind in SUBJECT_KINDS.values()
        ]
    )


_select_names = PreparedQuery(_names_query)
_select_public = PreparedQuery(_public_query, dt.datetime, *[int] * _MAX_CHECKED)
