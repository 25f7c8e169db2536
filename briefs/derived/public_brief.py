"""Build public briefs from editions, with names as they stand now."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any, Final, NamedTuple

from django.db import connection
from django.utils import timezone

from briefs.bilingual.public_brief import PublicAuthor, PublicBrief, PublicName, PublicNames, PublicSource
from briefs.content import Content, Facts
from briefs.models.vocabulary import Author, Keyword, Source, Vocabulary, follow_merges

BRIEF_COLUMNS: Final = ("slug", "published_at", "live_from", "content")
"""Columns of an edition that `build_briefs` takes."""


def build_briefs(rows: Sequence[Sequence[Any]]) -> list[PublicBrief]:
    """Build briefs from rows of `BRIEF_COLUMNS`. One query for the names."""
    contents = [Content.from_json(row[-1]) for row in rows]
    return [
        PublicBrief(slug, timezone.localtime(published_at), live_from, content, names)
        for (slug, published_at, live_from, _), content, names in zip(
            rows, contents, load_names(contents), strict=True
        )
    ]


def join_briefs(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return the rows with a brief in place of their last columns, `BRIEF_COLUMNS`."""
    size = len(BRIEF_COLUMNS)
    briefs = build_briefs([row[-size:] for row in rows])
    return [(*row[:-size], brief) for row, brief in zip(rows, briefs, strict=True)]


def build_unpublished_brief(content: Content, slug: str) -> PublicBrief:
    """Build a brief that is no edition, for previews."""
    now = timezone.localtime()
    return PublicBrief(slug, now, now, content, load_names([content])[0])


def load_names(contents: Sequence[Content]) -> list[PublicNames]:
    """Return the current names of each content, in order. One query, and one more per further step of a merge chain.

    The contents need not be stored.
    """
    return build_names(contents, load_rows_of(contents))


def load_rows_of(contents: Sequence[Content]) -> "RowsByKind":
    facts = [content.facts for content in contents]
    ids: dict[type[Vocabulary], set[int]] = {
        Source: {f.source for f in facts if f.source},
        Author: {line.author for f in facts for line in f.authors},
        Keyword: {pk for f in facts for pk in f.keywords},
    }
    return _load_rows(ids)


def build_names(contents: Sequence[Content], rows: "RowsByKind") -> list[PublicNames]:
    facts = [content.facts for content in contents]
    sources = {
        pk: PublicSource(row.pk, row.slug, row.zh or row.en, row.en, row.kind)
        for pk, row in rows[Source].items()
    }
    keywords = {
        pk: PublicName(row.pk, row.slug, row.zh or row.en, row.en or row.zh)
        for pk, row in rows[Keyword].items()
    }
    return [
        PublicNames(
            sources.get(f.source or 0),
            _list_authors(f, rows[Author]),
            _unique(keywords.get(pk) for pk in f.keywords),
        )
        for f in facts
    ]


def build_source_name(source: Source) -> PublicSource:
    return PublicSource(source.pk, source.slug, source.label("zh"), source.label("en"), source.kind)


def _list_authors(facts: Facts, rows: Mapping[int, "NameRow"]) -> tuple[PublicAuthor, ...]:
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


def _build_author(row: "NameRow", affiliation_zh: str, affiliation_en: str) -> PublicAuthor:
    """Build an author. A transliterated Chinese name is shown on Chinese pages, but is not `own`, so it is not cited."""
    own = row.zh if row.kind == Author.ChineseName.OWN else ""
    return PublicAuthor(
        row.pk, row.slug, row.zh or row.en, row.en, row.family, row.given, row.order, own,
        affiliation_zh, affiliation_en,
    )  # fmt: skip


class NameRow(NamedTuple):
    """The columns of an author, source or keyword that pages show. `kind` is that of a row, or of an author's Chinese name."""

    pk: int
    slug: str
    zh: str
    en: str
    kind: str
    family: str
    given: str
    order: str
    address: str
    listed: str
    merged_into_id: int | None


_COLUMNS: Final[dict[type[Vocabulary], tuple[str, ...]]] = {
    Source: (*Source.label_columns, "kind", "", "", "", "url", ""),
    Author: (*Author.label_columns, "name_zh_kind", "family", "given", "name_order", "", ""),
    Keyword: (*Keyword.label_columns, "kind", "", "", "", "", "CASE WHEN listed THEN '1' ELSE '' END"),
}
"""Column of each field of `NameRow` from `zh` to `listed`; empty if the kind has none."""
_MAX_IDS: Final = 5000
"""Ids of one query: SQLite takes 32,766 values, and each id occurs twice."""

type RowsByKind = dict[type[Vocabulary], dict[int, NameRow]]


def _load_rows(ids: Mapping[type[Vocabulary], Collection[int]]) -> RowsByKind:
    """Return the row of each id, or the row that it was merged into."""
    rows: RowsByKind = {kind: {} for kind in ids}
    wanted = {kind: set(of_kind) for kind, of_kind in ids.items()}
    while any(wanted.values()):
        for kind, row in _fetch(wanted):
            rows[kind][row.pk] = row
        wanted = {
            kind: {row.merged_into_id for row in of_kind.values() if row.merged_into_id} - of_kind.keys()
            for kind, of_kind in rows.items()
        }
    return {
        kind: {pk: follow_merges(rows[kind], pk) for pk in of_kind if pk in rows[kind]}
        for kind, of_kind in ids.items()
    }


def _fetch(ids: Mapping[type[Vocabulary], Collection[int]]) -> Iterator[tuple[type[Vocabulary], NameRow]]:
    """Fetch these rows and those that they were merged into."""
    kinds = list(_COLUMNS)
    pairs = [(kind, pk) for kind, of_kind in ids.items() for pk in of_kind]
    for part in batched(pairs, _MAX_IDS):
        of_kind: dict[type[Vocabulary], list[int]] = {}
        for kind, pk in part:
            of_kind.setdefault(kind, []).append(pk)
        sql = " UNION ALL ".join(
            _build_sql(kind, kinds.index(kind), len(few)) for kind, few in of_kind.items()
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [pk for few in of_kind.values() for _ in range(2) for pk in few])
            yield from ((kinds[n], NameRow(*values)) for n, *values in cursor.fetchall())


def _build_sql(kind: type[Vocabulary], number: int, size: int) -> str:
    table, places = kind._meta.db_table, ", ".join(["%s"] * size)
    columns = ", ".join(column or "''" for column in _COLUMNS[kind])
    heirs = f"SELECT merged_into_id FROM {table} WHERE id IN ({places}) AND merged_into_id IS NOT NULL"  # noqa: S608 our own names
    return (
        f"SELECT {number} AS kind_number, id, slug, {columns}, merged_into_id FROM {table}"  # noqa: S608
        f" WHERE id IN ({places}) OR id IN ({heirs})"
    )
