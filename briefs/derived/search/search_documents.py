"""Build search documents from contents: texts by field, and marks that no query can contain. Pure: no database."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from briefs.bilingual.text import date_format
from briefs.content import SIDES, Content

from .analysis import analyse, hash_tokens

# Private use characters: the analyser makes no tokens of them, so no query can contain a mark.
TEXT_GAP: Final = "\ue000"
"""Separates two texts of a field, so that no phrase matches across them."""
EXACT_PREFIX: Final = "\ue001"
"""Prefix of the hash of a whole headline."""
FACET_PREFIX: Final = "\ue002"
SURFACE_FORM_PREFIX: Final = "\ue003"
"""Prefix of an unstemmed word, for `word*`."""
NO_SUCH_FACET: Final = "-"
"""Facet that matches no edition."""
EVERY_DOCUMENT_MARK: Final = f"{FACET_PREFIX}x"
"""Mark of every document, for queries with only filters or exclusions."""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """Texts and names of one document. `place` is its number in the store; the greatest is the newest.

    Names are facets: they are found by `NameIndex`, so that a renamed row needs no other document.
    """

    place: int
    head: tuple[str, ...] = ()
    keyword: tuple[str, ...] = ()
    gist: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    """Facets of the article's year and month."""

    @property
    def facets(self) -> tuple[str, ...]:
        return (*self.keyword, *self.author, *self.source, *self.dates)


SEARCH_FIELDS: Final = ("head", "keyword", "gist", "body", "author", "source")
_NAME_FIELDS: Final = ("keyword", "author", "source")


def build_search_document(place: int, content: Content) -> SearchDocument:
    facts = content.facts
    texts = (bullet.text(side) for bullet in content.bullets for side in SIDES)
    affiliations = (text for line in facts.authors for text in (line.affiliation_zh, line.affiliation_en))
    return SearchDocument(
        place,
        head=_non_empty(content.headline(side) for side in SIDES),
        keyword=tuple(f"k{pk}" for pk in facts.keywords),
        gist=_non_empty(content.summary(side) for side in SIDES),
        body=_non_empty((*texts, facts.title, *affiliations)),
        author=tuple(f"a{line.author}" for line in facts.authors),
        source=(f"s{facts.source}",) if facts.source else (),
        dates=_list_date_facets(facts.date),
    )


def _list_date_facets(date: str) -> tuple[str, ...]:
    """Return y2025 and m202506, as far as the date goes."""
    if not date_format.parse_first_day(date):
        return ()
    return (f"y{date[:4]}", f"m{date[:4]}{date[5:7]}")[: 1 + (len(date) >= len("2025-06"))]


@dataclass(frozen=True, slots=True)
class AnalysedDocument:
    """Tokens of each text by field, and marks: facets of dates, headline hashes and unstemmed words."""

    fields: Mapping[str, list[list[str]]]
    marks: list[str]

    @classmethod
    def from_document(cls, document: SearchDocument) -> Self:
        fields: dict[str, list[list[str]]] = {}
        written: set[str] = set()
        for name in SEARCH_FIELDS:
            texts = getattr(document, name)
            if name in _NAME_FIELDS:
                fields[name] = [build_facet_marks(texts)]
                continue
            made = [analyse(text) for text in texts]
            fields[name] = [row for row, _ in made]
            written.update(*(words for _, words in made))
        marks = [EVERY_DOCUMENT_MARK, *build_facet_marks(document.dates)]
        marks += map(build_exact_mark, fields["head"])
        return cls(fields, [*marks, *(SURFACE_FORM_PREFIX + word for word in sorted(written))])


def build_facet_marks(facets: Iterable[str]) -> list[str]:
    return [FACET_PREFIX + facet for facet in facets]


def build_mark_filters(
    facets: Iterable[Sequence[str]], since: dt.date | None, until: dt.date | None
) -> list[list[str]]:
    """Return lists of marks. A document with one of each group of facets and a day in the span has one mark of each list.

    Months at the edges are covered whole, so callers must still compare the days.
    """
    groups = [*facets, _list_month_facets(since, until)] if since or until else facets
    return [build_facet_marks(group or [NO_SUCH_FACET]) for group in groups]


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


def _non_empty(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
