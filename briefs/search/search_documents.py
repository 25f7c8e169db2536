"""Build search documents from contents: texts by field, and marks that no query can contain. Pure: no database."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from ..content import SIDES, Content
from .analysis import analyse, hash_tokens

# Private use characters: the analyser makes no tokens of them, so no query can contain a mark.
TEXT_GAP: Final = "\ue000"
"""Separates two texts of a field, so that no phrase matches across them."""
EXACT_PREFIX: Final = "\ue001"
"""Prefix of the hash of a whole headline."""
FACET_PREFIX: Final = "\ue002"
SURFACE_FORM_PREFIX: Final = "\ue003"
"""Prefix of an unstemmed word, for `word*`."""
EVERY_DOCUMENT_MARK: Final = f"{FACET_PREFIX}x"
"""Mark of every document, for queries with only filters or exclusions."""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """Texts of one document. `place` is its number in the store; the greatest is the newest."""

    place: int
    head: tuple[str, ...] = ()
    keyword: tuple[str, ...] = ()
    gist: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    marks: tuple[str, ...] = (EVERY_DOCUMENT_MARK,)


SEARCH_FIELDS: Final = ("head", "keyword", "gist", "body", "author", "source")

type LabelRows = Sequence[Mapping[str, Any]]
"""Current labels: `zh` and `en`, and for authors the affiliations."""


def build_search_document(
    place: int,
    content: Content,
    *,
    authors: LabelRows = (),
    sources: LabelRows = (),
    keywords: LabelRows = (),
    facets: Iterable[str] = (),
) -> SearchDocument:
    affiliations = (row.get(f"affiliation_{side}", "") for row in authors for side in SIDES)
    texts = (bullet.text(side) for bullet in content.bullets for side in SIDES)
    return SearchDocument(
        place,
        head=_non_empty(content.headline(side) for side in SIDES),
        keyword=_label_texts(keywords),
        gist=_non_empty(content.summary(side) for side in SIDES),
        body=_non_empty((*texts, content.facts.title, *affiliations)),
        author=_label_texts(authors),
        source=_label_texts(sources),
        marks=(EVERY_DOCUMENT_MARK, *(FACET_PREFIX + facet for facet in facets)),
    )


@dataclass(frozen=True, slots=True)
class AnalysedDocument:
    """Tokens of each text by field, and marks: facets, headline hashes and unstemmed words."""

    fields: Mapping[str, list[list[str]]]
    marks: list[str]

    @classmethod
    def from_document(cls, document: SearchDocument) -> Self:
        fields: dict[str, list[list[str]]] = {}
        written: set[str] = set()
        for name in SEARCH_FIELDS:
            made = [analyse(text) for text in getattr(document, name)]
            fields[name] = [row for row, _ in made]
            written.update(*(words for _, words in made))
        exact = map(build_exact_mark, fields["head"])
        return cls(
            fields, [*document.marks, *exact, *(SURFACE_FORM_PREFIX + word for word in sorted(written))]
        )


def build_mark_filters(
    facets: Iterable[str], since: dt.date | None, until: dt.date | None
) -> list[list[str]]:
    """Return lists of marks. A document with all facets and a day in the span has one mark of each list.

    Months at the edges are covered whole, so callers must still compare the days.
    """
    filters = [[FACET_PREFIX + facet] for facet in facets]
    if since or until:
        filters.append([FACET_PREFIX + facet for facet in _list_month_facets(since, until) or ["-"]])
    return filters


def _list_month_facets(since: dt.date | None, until: dt.date | None) -> list[str]:
    """Return year and month facets that cover the days."""
    first, last = since or dt.date(1800, 1, 1), until or dt.date(2199, 12, 31)
    found: list[str] = []
    for year in range(max(first.year, 1800), min(last.year, 2199) + 1):
        start, end = (first.month if year == first.year else 1), (last.month if year == last.year else 12)
        if (start, end) == (1, 12):
            found.append(f"y{year}")
        else:
            found += [f"m{year}{month:02}" for month in range(start, end + 1)]
    return found


def build_exact_mark(headline_tokens: list[str]) -> str:
    """Return the mark of documents with this whole headline."""
    return EXACT_PREFIX + hash_tokens(headline_tokens)


def _label_texts(rows: LabelRows) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_non_empty(row[side] for row in rows for side in SIDES)))


def _non_empty(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
