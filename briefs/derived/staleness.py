"""Find editions whose derived rows differ from what a rebuild would write."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from django.db.models import Model
from django.utils import timezone

from .. import rendering
from ..content import SIDES
from ..models.derived import (
    Card,
    EditionAuthor,
    EditionKeyword,
    EditionPicture,
    EditionTerm,
    Face,
    Gloss,
    Related,
    Rendering,
)
from ..models.edition import Edition
from ..search import indexing
from . import related_briefs, term_occurrences
from .build import (
    BATCH,
    ResolvedVocabulary,
    build_card_data,
    build_search_entry,
    content_hash,
    get_picture_key,
    load_vocabulary,
)

_COMPARED_COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Rendering: ("view", "content_hash", "version"),
    Card: ("content_hash", "version", "data"),
    Face: ("page",),
    EditionAuthor: ("position", "author_id"),
    EditionKeyword: ("position", "keyword_id"),
    EditionPicture: ("key",),
    Gloss: ("content_hash", "version", "labels"),
    EditionTerm: ("term_id", "places"),
    Related: ("line_zh", "line_en"),
}
"""Columns that show whether a row is stale. The first one orders the rows of an edition."""

type DerivedRows = dict[type[Model], list[list[Any]]]
"""Rows of one edition by table, each with its compared columns."""


def find_stale_edition_ids() -> Iterator[int]:
    """Yield the ids of editions whose derived rows are missing, outdated or show old labels."""
    now = timezone.now()
    for batch in batched(Edition.objects.order_by("pk").iterator(BATCH), BATCH):
        ids = [edition.pk for edition in batch]
        stored, indexed = _load_stored_rows(ids), indexing.load_marks_and_versions(ids)
        vocabulary, glossary = load_vocabulary(batch), term_occurrences.Glossary()
        for edition in batch:
            expected_entry = (
                None
                if indexing.is_past(edition, now)
                else build_search_entry(edition, edition.frozen_content, vocabulary).mark_and_version
            )
            if indexed.get(edition.pk) != expected_entry or stored[edition.pk] != _build_expected_rows(
                edition, vocabulary, glossary
            ):
                yield edition.pk


def _build_expected_rows(
    edition: Edition, names: ResolvedVocabulary, glossary: term_occurrences.Glossary
) -> DerivedRows:
    content, key = edition.frozen_content, get_picture_key(edition.frozen_content)
    mark = (content_hash(edition), rendering.VERSION)
    found = glossary.find_terms(content)
    places_by_term = term_occurrences.group_places_by_term(content, found)
    return {
        Rendering: [[view, *mark] for view in sorted(rendering.READING_VIEWS)],
        Card: [[*mark, build_card_data(edition, content, names)]],
        Face: [[page] for page in sorted(SIDES)],
        EditionAuthor: [[n, pk] for n, pk in enumerate(names.authors_of(content.facts))],
        EditionKeyword: [[n, pk] for n, pk in enumerate(names.keywords_of(content.facts))],
        EditionPicture: [[key]] if key else [],
        Gloss: [[*mark, term_occurrences.collect_shown_labels(found, glossary)]],
        EditionTerm: [[pk, places_by_term[pk]] for pk in sorted(places_by_term)],
        Related: [[*related_briefs.build_related_lines(edition).values()]],
    }


def _load_stored_rows(editions: Sequence[int]) -> dict[int, DerivedRows]:
    """Load the rows by edition id, in the shape of `_build_expected_rows`."""
    stored: dict[int, DerivedRows] = {pk: {table: [] for table in _COMPARED_COLUMNS} for pk in editions}
    for table, columns in _COMPARED_COLUMNS.items():
        rows = table._default_manager.filter(edition__in=editions).order_by(columns[0])
        for pk, *values in rows.values_list("edition_id", *columns):
            stored[pk][table].append(values)
    return stored
