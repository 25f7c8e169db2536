"""Store what is derived from an edition when it is added, and find and rebuild what is stale."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import batched
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils import timezone

from briefs.bilingual.public_brief import PublicNames
from briefs.bilingual.text import date_format
from briefs.derived.search import indexing
from briefs.models.bulk_writes import insert_rows
from briefs.models.derived import UNDATED, EditionAuthor, EditionKeyword, EditionPlace, EditionTerm
from briefs.models.edition import Edition
from briefs.models.vocabulary import Author, Keyword, Source, Vocabulary, follow_merges

from . import term_occurrences
from .page_names import LoadedNames
from .public_brief import load_names
from .term_occurrences import Glossary

BATCH = 1000

COLUMNS: Final[dict[type[Model], tuple[str, ...]]] = {
    EditionPlace: ("source_id", "article_date", "article_month", "published_at", "picture"),
    EditionAuthor: ("position", "author_id", "published_at", "article_date"),
    EditionKeyword: ("position", "keyword_id", "published_at", "article_date"),
    EditionTerm: ("term_id", "places", "published_at"),
}
"""Columns of each table besides the edition. The first one orders the rows of an edition."""

type DerivedRows = dict[type[Model], list[list[Any]]]
"""Rows of one edition by table, with the values of `COLUMNS`."""
type VocabularyById = dict[int, Vocabulary]


def rebuild_derived_rows(editions: Iterable[Edition]) -> None:
    """Rebuild all derived rows, 1,000 editions at a time, with a constant number of queries for each batch."""
    for batch in batched(editions, BATCH):
        with transaction.atomic():
            _delete_derived_rows(COLUMNS, batch)
            _add_derived_rows(batch)


def build_derived_rows(edition: Edition, names: LoadedNames) -> None:
    """Build all derived rows of an edition added in this transaction. It must have none yet.

    `names`: those of its content, loaded in this transaction.
    """
    rows = [(edition.pk, _build_rows(edition, names.public, names.glossary))]
    _insert_rows(COLUMNS, rows)
    indexing.put([edition], timezone.now(), are_new=True)


_NAMES_LOCK: Final = 0x72656C6162656C


def lock_names_exclusively() -> None:
    """Block other transactions that change names or approve, until this transaction ends.

    On PostgreSQL a merge would miss an edition that is approved meanwhile, and two writers of the same edition would
    collide. SQLite serialises write transactions anyway.
    """
    _take_advisory_lock("pg_advisory_xact_lock")


def lock_names_shared() -> None:
    """Block changes of names until this transaction ends, but not other holders of the shared lock.

    So an edition shows every earlier change, and later changes find the edition.
    """
    _take_advisory_lock("pg_advisory_xact_lock_shared")


def _take_advisory_lock(lock: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [_NAMES_LOCK])


def is_used_in_editions(row: Vocabulary) -> bool:
    return row.pk in find_used_ids(type(row), [row.pk])


def find_used_ids(kind: type[Vocabulary], rows: Collection[int] | None = None) -> set[int]:
    """Return the ids of the rows, by default of all, that an edition uses, or that such a row was merged into.

    Editions are past, public or scheduled.
    """
    uses = _TABLES_OF_NAMES.get(kind, EditionTerm)._default_manager.filter(
        **{str(kind._meta.model_name): OuterRef("pk")}
    )
    family = kind._default_manager.all()
    if rows is not None:
        family = family.filter(pk__in=find_family_ids(kind, *rows))
    found = set(family.filter(Exists(uses)).values_list("pk", flat=True))
    heirs = dict(family.exclude(merged_into=None).values_list("pk", "merged_into"))
    for pk in tuple(found):
        heir = heirs.get(pk)
        while heir:
            found.add(heir)
            heir = heirs.get(heir)
    return found


def find_family_ids(kind: type[Vocabulary], *pks: int) -> set[int]:
    """Return the ids of the entries and of all entries merged into them, directly or not."""
    found, new = {*pks}, {*pks}
    while new:
        new = set(kind._default_manager.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def find_edition_ids_using(kind: type[Vocabulary], rows: Iterable[int]) -> QuerySet[Any, int]:
    """Return the ids of editions that use one of these rows: past, public or scheduled."""
    return _filter_uses(kind, rows).values_list("edition_id", flat=True)


def find_brief_ids_using(
    kind: type[Vocabulary], rows: Iterable[int], editions: QuerySet[Edition]
) -> dict[int, set[int]]:
    """Return the ids of the briefs, by row, of those `editions` that use one of these rows."""
    found: dict[int, set[int]] = {pk: set() for pk in rows}
    uses = _filter_uses(kind, found).filter(edition__in=editions)
    for row, brief in uses.values_list(f"{kind._meta.model_name}_id", "edition__brief"):
        found[row].add(brief)
    return found


def _filter_uses(kind: type[Vocabulary], rows: Iterable[int]) -> QuerySet[Any]:
    table: type[Model] = _TABLES_OF_NAMES.get(kind, EditionTerm)
    return table._default_manager.filter(**{f"{kind._meta.model_name}__in": rows})


_TABLES_OF_NAMES: dict[type[Vocabulary], type[Model]] = {
    Source: EditionPlace,
    Author: EditionAuthor,
    Keyword: EditionKeyword,
}


def rebuild_lists(kind: type[Vocabulary], editions: Sequence[Edition]) -> None:
    """Rebuild the rows of the lists of authors, sources or keywords."""
    tables = [_TABLES_OF_NAMES[kind]]
    _delete_derived_rows(tables, editions)
    _insert_rows(tables, _build_rows_of(editions, Glossary(())))


def _add_derived_rows(editions: Sequence[Edition]) -> None:
    _insert_rows(COLUMNS, _build_rows_of(editions, Glossary()))
    indexing.put(editions, timezone.now())


def _build_rows_of(editions: Sequence[Edition], glossary: Glossary) -> list[tuple[int, DerivedRows]]:
    """Return the rows by edition id. One query for the names."""
    return [(edition.pk, _build_rows(edition, names, glossary)) for edition, names in _load_names(editions)]


def _insert_rows(tables: Collection[type[Model]], rows: Sequence[tuple[int, DerivedRows]]) -> None:
    for table in tables:
        columns = ("edition_id", *COLUMNS[table])
        insert_rows(table, columns, [(pk, *row) for pk, by_table in rows for row in by_table[table]])


def _build_rows(edition: Edition, names: PublicNames, glossary: Glossary) -> DerivedRows:
    content, at = edition.frozen_content, edition.published_at
    facts, source = content.facts, names.source
    day, month = date_format.parse_first_day(facts.date) or UNDATED, date_format.build_month_key(facts.date)
    picture = facts.picture.key if facts.picture else ""
    terms = term_occurrences.group_places_by_term(content, glossary.find_terms(content))
    return {
        EditionPlace: [[source.pk if source else None, day, month, at, picture]],
        EditionAuthor: [[n, name.pk, at, day] for n, name in enumerate(names.authors)],
        EditionKeyword: [[n, name.pk, at, day] for n, name in enumerate(names.keywords)],
        EditionTerm: [[pk, terms[pk], at] for pk in sorted(terms)],
    }


def _delete_derived_rows(tables: Iterable[type[Model]], editions: Iterable[Edition]) -> None:
    ids = [edition.pk for edition in editions]
    for table in tables:
        table._default_manager.filter(edition__in=ids).delete()


def _load_names(editions: Sequence[Edition]) -> Iterable[tuple[Edition, PublicNames]]:
    return zip(editions, load_names([edition.frozen_content for edition in editions]), strict=True)


def resolve_merged(kind: type[Vocabulary], ids: set[int]) -> VocabularyById:
    """Return the row for each id, or the row it was merged into. One query, and one per step of a chain."""
    rows: VocabularyById = {}
    wanted = ids
    while wanted:
        rows |= kind._default_manager.in_bulk(wanted)
        wanted = {into for row in rows.values() if (into := get_merged_into_id(row))} - rows.keys()
    return {pk: follow_merges(rows, pk) for pk in ids & rows.keys()}


def get_merged_into_id(row: Vocabulary) -> int | None:
    return getattr(row, "merged_into_id", None)


def find_stale_edition_ids() -> Iterator[int]:
    """Yield the ids of editions whose derived rows are missing or outdated."""
    now = timezone.now()
    for batch in batched(Edition.objects.order_by("pk").iterator(BATCH), BATCH):
        ids = [edition.pk for edition in batch]
        stored, outdated = _load_stored_rows(ids), indexing.find_outdated(batch, now)
        glossary = Glossary()
        for edition, names in _load_names(batch):
            expected, found = _build_rows(edition, names, glossary), stored[edition.pk]
            if indexing.is_past(edition, now):
                found[EditionTerm] = expected[EditionTerm]  # a changed term is not looked for in these
            if edition.pk in outdated or found != expected:
                yield edition.pk


def _load_stored_rows(editions: Sequence[int]) -> dict[int, DerivedRows]:
    """Load the rows by edition id, in the shape of `_build_rows`."""
    stored: dict[int, DerivedRows] = {pk: {table: [] for table in COLUMNS} for pk in editions}
    for table, columns in COLUMNS.items():
        rows = table._default_manager.filter(edition__in=editions).order_by(columns[0])
        for pk, *values in rows.values_list("edition_id", *columns):
            stored[pk][table].append(values)
    return stored
