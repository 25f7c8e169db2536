"""A content → what a store keeps of it: texts by field, and marks that no reader can type. Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from ..content import SIDES, Content
from .analysis import analyse, hash_tokens

# Private characters: the analyser never makes a token of them, so no query can ask for what they mark.
TEXT_GAP: Final = "\ue000"
"""Between two texts of a field: no phrase reaches over it."""
EXACT_PREFIX: Final = "\ue001"
"""Before the key of a whole headline."""
FACET_PREFIX: Final = "\ue002"
SURFACE_FORM_PREFIX: Final = "\ue003"
"""Before a word as it is written, for `word*`."""
EVERY_DOCUMENT_MARK: Final = f"{FACET_PREFIX}x"
"""Every document has it: what is only excluded or filtered is taken from all."""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """`place` is the number under which a store keeps it; the greatest is the newest."""

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
"""What the vocabulary calls something now: `zh` and `en`, and of an author the affiliations."""


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
    """By field the tokens of each text; and marks: the facets, the keys of the headlines, the words as written."""

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
        exact = [EXACT_PREFIX + hash_tokens(row) for row in fields["head"]]
        return cls(
            fields, [*document.marks, *exact, *(SURFACE_FORM_PREFIX + word for word in sorted(written))]
        )


def build_month_facets(since: dt.date | None, until: dt.date | None) -> list[str] | None:
    """Facets of years and months that cover the days, a little more at the edges; None for no bound at all."""
    if since is None and until is None:
        return None
    first, last = since or dt.date(1800, 1, 1), until or dt.date(2199, 12, 31)
    if first > last:
        return []
    found = []
    for year in range(max(first.year, 1800), min(last.year, 2199) + 1):
        start, end = (first.month if year == first.year else 1), (last.month if year == last.year else 12)
        if (start, end) == (1, 12):
            found.append(f"y{year}")
        else:
            found += [f"m{year}{month:02}" for month in range(start, end + 1)]
    return found


def _label_texts(rows: LabelRows) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_non_empty(row[side] for row in rows for side in SIDES)))


def _non_empty(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
