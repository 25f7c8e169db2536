"""Find editions whose derived rows differ from what a rebuild would write."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from django.db.models import Model
from django.utils import timezone

from ..models.derived import EditionAuthor, EditionKeyword, EditionPlace, EditionTerm
from ..models.edition import Edition
from ..public_brief import PublicNames
from ..search import indexing
from ..search.analysis import VERSION
from . import term_occurrences
from .build import BATCH, PLACE_COLUMNS, build_place, pair_with_names

_COMPARED_COLUMNS: dict[type[Model], tuple[str, ...]] = {
    EditionPlace: PLACE_COLUMNS,
    EditionAuthor: ("position", "author_id"),
    EditionKeyword: ("position", "keyword_id"),
    EditionTerm: ("term_id", "places"),
}
"""Columns that show whether a row is stale. The first one orders the rows of an edition."""

type DerivedRows = dict[type[Model], list[list[Any]]]
"""Rows of one edition by table, each with its compared columns."""


def find_stale_edition_ids() -> Iterator[int]:
    """Yield the ids of editions whose derived rows are missing or outdated."""
    now = timezone.now()
    for batch in batched(Edition.objects.order_by("pk").iterator(BATCH), BATCH):
        ids = [edition.pk for edition in batch]
        stored, versions = _load_stored_rows(ids), indexing.load_versions(ids)
        glossary = term_occurrences.Glossary()
        for edition, names in pair_with_names(batch):
            expected, found = _build_expected_rows(edition, names, glossary), stored[edition.pk]
            if is_past := indexing.is_past(edition, now):
                found[EditionTerm] = expected[EditionTerm]  # a changed term is not looked for in these
            if versions.get(edition.pk) != (None if is_past else VERSION) or found != expected:
                yield edition.pk


def _build_expected_rows(
    edition: Edition, names: PublicNames, glossary: term_occurrences.Glossary
) -> DerivedRows:
    content = edition.frozen_content
    places_by_term = term_occurrences.group_places_by_term(content, glossary.find_terms(content))
    return {
        EditionPlace: [[*build_place(edition, names)]],
        EditionAuthor: [[n, name.pk] for n, name in enumerate(names.authors)],
        EditionKeyword: [[n, name.pk] for n, name in enumerate(names.keywords)],
        EditionTerm: [[pk, places_by_term[pk]] for pk in sorted(places_by_term)],
    }


def _load_stored_rows(editions: Sequence[int]) -> dict[int, DerivedRows]:
    """Load the rows by edition id, in the shape of `_build_expected_rows`."""
    stored: dict[int, DerivedRows] = {pk: {table: [] for table in _COMPARED_COLUMNS} for pk in editions}
    for table, columns in _COMPARED_COLUMNS.items():
        rows = table._default_manager.filter(edition__in=editions).order_by(columns[0])
        for pk, *values in rows.values_list("edition_id", *columns):
            stored[pk][table].append(values)
    return stored
