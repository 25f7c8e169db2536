"""Find editions whose derived rows differ from what a rebuild would write."""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

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


def find_stale_edition_ids() -> Iterator[int]:
    """Yield the ids of editions whose derived rows are missing, outdated or show old labels."""
    now = timezone.now()
    for batch in batched(Edition.objects.order_by("pk").iterator(BATCH), BATCH):
        ids = [edition.pk for edition in batch]
        made = _stored_state(ids)
        vocabulary, glossary = load_vocabulary(batch), term_occurrences.Glossary()
        for edition in batch:
            if made.get(edition.pk) != _expected_state(edition, vocabulary, glossary, now):
                yield edition.pk


def _expected_state(
    edition: Edition, names: ResolvedVocabulary, glossary: term_occurrences.Glossary, now: dt.datetime
) -> tuple[object, ...]:
    content = edition.frozen_content
    mark = (content_hash(edition), rendering.VERSION)
    found = glossary.find_terms(content)
    return (
        dict.fromkeys(rendering.READING_VIEWS, mark),
        mark,
        build_card_data(edition, content, names),
        set(SIDES),
        list(names.authors_of(content.facts)),
        list(names.keywords_of(content.facts)),
        get_picture_key(content),
        None
        if indexing.is_past(edition, now)
        else build_search_entry(edition, content, names).mark_and_version,
        (*mark, term_occurrences.collect_shown_labels(found, glossary)),
        term_occurrences.group_places_by_term(content, found),
        related_briefs.build_related_lines(edition),
    )


def _stored_state(ids: Sequence[int]) -> dict[int, tuple[object, ...]]:
    """Return the stored rows in the shape of `_expected_state`. Editions without a card are left out."""
    views: dict[int, dict[str, tuple[str, int]]] = {}
    for row in Rendering.objects.filter(edition__in=ids).defer("html"):
        views.setdefault(row.edition_id, {})[row.view] = (row.content_hash, row.version)
    authors: dict[int, list[int]] = {}
    for pk, author in (
        EditionAuthor.objects.filter(edition__in=ids)
        .order_by("position")
        .values_list("edition_id", "author_id")
    ):
        authors.setdefault(pk, []).append(author)
    keywords: dict[int, list[int]] = {}
    for pk, keyword in (
        EditionKeyword.objects.filter(edition__in=ids)
        .order_by("position")
        .values_list("edition_id", "keyword_id")
    ):
        keywords.setdefault(pk, []).append(keyword)
    faces: dict[int, set[str]] = {}
    for pk, page in Face.objects.filter(edition__in=ids).values_list("edition_id", "page"):
        faces.setdefault(pk, set()).add(page)
    indexed = indexing.load_marks_and_versions(ids)
    pictures = dict(EditionPicture.objects.filter(edition__in=ids).values_list("edition_id", "key"))
    glossed = {
        pk: tuple(made)
        for pk, *made in Gloss.objects.filter(edition__in=ids).values_list(
            "edition_id", "content_hash", "version", "labels"
        )
    }
    terms: dict[int, dict[int, Any]] = {}
    for use in EditionTerm.objects.filter(edition__in=ids):
        terms.setdefault(use.edition_id, {})[use.term_id] = use.places
    lines = {
        row.edition_id: {"line_zh": row.line_zh, "line_en": row.line_en}
        for row in Related.objects.filter(edition__in=ids)
    }
    return {
        card.pk: (
            views.get(card.pk, {}),
            (card.content_hash, card.version),
            card.data,
            faces.get(card.pk, set()),
            authors.get(card.pk, []),
            keywords.get(card.pk, []),
            pictures.get(card.pk, ""),
            indexed.get(card.pk),
            glossed.get(card.pk),
            terms.get(card.pk, {}),
            lines.get(card.pk),
        )
        for card in Card.objects.filter(edition__in=ids)
    }
