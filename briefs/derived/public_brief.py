"""Load the names of contents as they stand now, in at most three queries for any number of contents."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from ..content import Content, Facts
from ..database.prepared_query import PreparedQuery
from ..models.vocabulary import Author, Keyword, Source, Vocabulary
from ..public_brief import PublicAuthor, PublicName, PublicNames, PublicSource

_SIZES: Final = (4, 32, 256)
"""Numbers of ids for which a query is compiled."""
_COLUMNS: Final[dict[type[Vocabulary], tuple[str, ...]]] = {
    Source: ("name_zh", "name", "kind"),
    Author: ("name_zh", "name", "family", "given", "name_zh_kind"),
    Keyword: ("label_zh", "label_en"),
}


def load_names(contents: Sequence[Content]) -> list[PublicNames]:
    """Return the names of each content, in order. The contents need not be stored: a draft's names are today's too.

    One query for the sources, one for the authors and one for the keywords, and none for a kind that no content has.
    """
    facts = [content.facts for content in contents]
    sources = {
        pk: _build_source(row)
        for pk, row in _load_rows(Source, {f.source for f in facts if f.source}).items()
    }
    authors = _load_rows(Author, {line.author for f in facts for line in f.authors})
    keywords = {
        pk: _build_keyword(row)
        for pk, row in _load_rows(Keyword, {pk for f in facts for pk in f.keywords}).items()
    }
    return [
        PublicNames(
            sources.get(f.source or 0),
            _list_authors(f, authors),
            _unique(keywords.get(pk) for pk in f.keywords),
        )
        for f in facts
    ]


def _list_authors(facts: Facts, rows: dict[int, Sequence[Any]]) -> tuple[PublicAuthor, ...]:
    return _unique(
        _build_author(rows[line.author], line.affiliation_zh, line.affiliation_en)
        for line in facts.authors
        if line.author in rows
    )


def _unique[N: PublicName](names: Iterable[N | None]) -> tuple[N, ...]:
    found: dict[int, N] = {}
    for name in names:
        if name:
            found.setdefault(name.pk, name)
    return tuple(found.values())


def _build_source(row: Sequence[Any]) -> PublicSource:
    pk, _, slug, zh, en, kind = row
    return PublicSource(pk, slug, zh or en, en, kind)


def _build_author(row: Sequence[Any], affiliation_zh: str, affiliation_en: str) -> PublicAuthor:
    """A Chinese name that is a transliteration is shown on Chinese pages, and not cited."""
    pk, _, slug, zh, en, family, given, kind = row
    own = zh if kind == Author.ChineseName.OWN else ""
    return PublicAuthor(pk, slug, zh or en, en, family, given, own, affiliation_zh, affiliation_en)


def _build_keyword(row: Sequence[Any]) -> PublicName:
    pk, _, slug, zh, en = row
    return PublicName(pk, slug, zh or en, en or zh)


def _load_rows(kind: type[Vocabulary], ids: Collection[int]) -> dict[int, Sequence[Any]]:
    """Return for each id the columns of its row, or of the row that it was merged into. One query, if merges are one step."""
    rows: dict[int, Sequence[Any]] = {}
    wanted = set(ids)
    while wanted:
        rows |= {row[0]: row for row in _fetch(kind, wanted)}
        wanted = {row[1] for row in rows.values() if row[1]} - rows.keys()
    found = {}
    for pk in set(ids) & rows.keys():
        row, seen = rows[pk], {pk}
        while row[1] and row[1] not in seen:
            seen.add(row[1])
            row = rows[row[1]]
        found[pk] = row
    return found


def _fetch(kind: type[Vocabulary], ids: Collection[int]) -> list[Any]:
    """Fetch these rows and those that they were merged into."""
    size = next((size for size in _SIZES if len(ids) <= size), 0)
    if not size:
        return list(_select(kind, list(ids)))
    padded = [*ids, *[next(iter(ids))] * (size - len(ids))]
    return _prepared[kind, size](*padded)


def _select(kind: type[Vocabulary], ids: Sequence[int]) -> QuerySet[Any, Any]:
    heirs = kind._default_manager.filter(pk__in=ids, merged_into__isnull=False).values("merged_into")
    rows = kind._default_manager.filter(Q(pk__in=ids) | Q(pk__in=heirs))
    return rows.values_list("pk", "merged_into_id", "slug", *_COLUMNS[kind])


_prepared = {
    (kind, size): PreparedQuery(lambda *ids, kind=kind: _select(kind, ids), *[int] * size)
    for kind in _COLUMNS
    for size in _SIZES
}
