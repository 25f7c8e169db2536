"""Build the derived rows of editions: places in lists, author and keyword rows, and search index entries.

Derived rows can be rebuilt at any time and are written only here (terms in `term_occurrences`). They hold ids and sort
keys; texts and names are read from the edition and the vocabulary when a page is made.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from ..content import Facts, hash_json
from ..database.bulk_writes import insert_rows
from ..models.derived import UNDATED, EditionAuthor, EditionKeyword, EditionPlace, EditionTerm
from ..models.edition import Edition
from ..models.vocabulary import Author, Keyword, Source, Term, Vocabulary
from ..public_brief import PublicName, PublicNames
from ..search import indexing
from ..text import date_format
from . import term_occurrences
from .public_brief import load_names

BATCH = 1000

type VocabularyById = dict[int, Vocabulary]
type NamedEditions = Sequence[tuple[Edition, PublicNames]]


def content_hash(edition: Edition) -> str:
    """Compute `Content.hash_all()` from the edition's columns."""
    return hash_json({"zh": edition.hash_zh, "en": edition.hash_en, "facts": edition.hash_facts})


def rebuild_derived_rows(editions: Iterable[Edition]) -> None:
    """Rebuild all derived rows, 1,000 editions at a time, with a constant number of queries for each batch."""
    for batch in batched(editions, BATCH):
        with transaction.atomic():
            _delete_derived_rows((*_TABLES_OF_NAMES, EditionTerm), batch)
            _add_derived_rows(batch)


def build_derived_rows(edition: Edition) -> None:
    """Build all derived rows of an edition added in this transaction. It must have none yet."""
    _add_derived_rows([edition])


def rebuild_labels(kind: type[Vocabulary], editions: Sequence[int]) -> None:
    """Rebuild the derived rows that follow names of this kind. `label_propagation` chooses the editions."""
    rows = list(Edition.objects.filter(pk__in=editions))
    if kind is Term:
        _delete_derived_rows([EditionTerm], rows)
        term_occurrences.add_occurrences(rows)
    else:
        _delete_derived_rows(_TABLES_OF_NAMES, rows)
        _add_rows_of_names(pair_with_names(rows))


def is_used_in_editions(row: Vocabulary) -> bool:
    """Return whether any edition uses this row or one merged into it: past, public or scheduled."""
    kind = type(row)
    return find_edition_ids_using(kind, list(find_family_ids(kind, row.pk))).exists()


def find_family_ids(kind: type[Vocabulary], pk: int) -> set[int]:
    """Return the ids of the entry and of all entries merged into it, directly or not."""
    found, new = {pk}, {pk}
    while new:
        new = set(kind._default_manager.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def find_edition_ids_using(kind: type[Vocabulary], rows: Iterable[int]) -> QuerySet[Any, int]:
    """Return the ids of editions that use one of these rows: past, public or scheduled."""
    tables: dict[type[Vocabulary], QuerySet[Any]] = {
        Source: EditionPlace.objects.filter(source__in=rows),
        Author: EditionAuthor.objects.filter(author__in=rows),
        Keyword: EditionKeyword.objects.filter(keyword__in=rows),
        Term: EditionTerm.objects.filter(term__in=rows),
    }
    return tables[kind].values_list("edition_id", flat=True)


_TABLES_OF_NAMES: tuple[type[Model], ...] = (EditionPlace, EditionAuthor, EditionKeyword)


def _add_derived_rows(editions: Sequence[Edition]) -> None:
    _add_rows_of_names(pair_with_names(editions))
    term_occurrences.add_occurrences(editions)


def _delete_derived_rows(tables: Iterable[type[Model]], editions: Iterable[Edition]) -> None:
    ids = [edition.pk for edition in editions]
    for table in tables:
        table._default_manager.filter(edition__in=ids).delete()


def pair_with_names(editions: Sequence[Edition]) -> NamedEditions:
    names = load_names([edition.frozen_content for edition in editions])
    return list(zip(editions, names, strict=True))


def _add_rows_of_names(editions: NamedEditions) -> None:
    columns = ("edition_id", *PLACE_COLUMNS)
    insert_rows(
        EditionPlace, columns, [(edition.pk, *build_place(edition, names)) for edition, names in editions]
    )
    places = ("position", "published_at", "article_date")
    insert_rows(
        EditionAuthor,
        ("edition_id", "author_id", *places),
        [row for edition, names in editions for row in _build_name_rows(edition, names.authors)],
    )
    insert_rows(
        EditionKeyword,
        ("edition_id", "keyword_id", *places),
        [row for edition, names in editions for row in _build_name_rows(edition, names.keywords)],
    )
    _index(editions)


PLACE_COLUMNS = ("source_id", "article_date", "article_month", "published_at", "picture")


def build_place(edition: Edition, names: PublicNames) -> tuple[Any, ...]:
    """Return the values of `PLACE_COLUMNS`."""
    facts = edition.frozen_content.facts
    month = date_format.build_month_key(facts.date)
    source, picture = names.source, facts.picture.key if facts.picture else ""
    return source.pk if source else None, _article_day(facts), month, edition.published_at, picture


def _build_name_rows(edition: Edition, names: Iterable[PublicName]) -> Iterator[tuple[Any, ...]]:
    day = _article_day(edition.frozen_content.facts)
    return ((edition.pk, name.pk, n, edition.published_at, day) for n, name in enumerate(names))


def _article_day(facts: Facts) -> dt.date:
    return date_format.parse_first_day(facts.date) or UNDATED


def index_editions(editions: Sequence[Edition]) -> None:
    """Put the editions that are not past into the search index."""
    _index(pair_with_names(editions))


def _index(editions: NamedEditions) -> None:
    indexing.put([build_search_entry(edition, names) for edition, names in editions], timezone.now())


def build_search_entry(edition: Edition, names: PublicNames) -> indexing.IndexEntry:
    content = edition.frozen_content
    sources = [names.source] if names.source else []
    ids = [
        *(f"k{name.pk}" for name in names.keywords),
        *(f"a{name.pk}" for name in names.authors),
        *(f"s{name.pk}" for name in sources),
    ]
    labels = indexing.IndexedLabels(
        [_build_label(name) for name in names.authors],
        [{"slug": name.slug, "zh": name.zh, "en": name.en} for name in sources],
        [_build_label(name) for name in names.keywords],
        ids,
    )
    day = date_format.parse_first_day(content.facts.date)
    return indexing.IndexEntry(edition, content, labels, content_hash(edition), day)


def _build_label(name: PublicName) -> Mapping[str, Any]:
    return {column: value for column, value in asdict(name).items() if column != "pk"}


def resolve_merged(kind: type[Vocabulary], ids: set[int]) -> VocabularyById:
    """Return for each id the row it was merged into, or its own. One query, and one for each step of a merge chain."""
    rows: VocabularyById = {}
    wanted = ids
    while wanted:
        rows |= kind._default_manager.in_bulk(wanted)
        wanted = {into for row in rows.values() if (into := get_merged_into_id(row))} - rows.keys()
    current: VocabularyById = {}
    for pk in ids & rows.keys():
        row, seen = rows[pk], {pk}
        while (into := get_merged_into_id(row)) and into not in seen:
            row = rows[into]
            seen.add(into)
        current[pk] = row
    return current


def get_merged_into_id(row: Vocabulary) -> int | None:
    return getattr(row, "merged_into_id", None)
