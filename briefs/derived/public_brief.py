"""Build public briefs from editions, load names as they stand now, and find related briefs."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import batched, zip_longest
from math import log2
from typing import Any, Final, NamedTuple, Self

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext

from briefs.bilingual.citations.works import is_publication
from briefs.bilingual.public_brief import PublicAuthor, PublicBrief, PublicName, PublicNames, PublicSource
from briefs.bilingual.text.person_names import NameOrder
from briefs.content import CONTENT_FORMAT, SIDES, Content, Facts, canonical_json, get_change, hash_json
from briefs.models.derived import EditionKeyword, EditionPlace
from briefs.models.edition import Edition
from briefs.models.vocabulary import Author, Keyword, Source, Vocabulary, follow_merges

from .term_occurrences import Glossary

# Build public briefs from editions, and load the current names of contents.

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
    return _build_names(contents, _load_rows_of(contents))


def _load_rows_of(contents: Sequence[Content]) -> "_RowsByKind":
    facts = [content.facts for content in contents]
    ids: dict[type[Vocabulary], set[int]] = {
        Source: {f.source for f in facts if f.source},
        Author: {line.author for f in facts for line in f.authors},
        Keyword: {pk for f in facts for pk in f.keywords},
    }
    return _load_rows(ids)


def _build_names(contents: Sequence[Content], rows: "_RowsByKind") -> list[PublicNames]:
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


def _list_authors(facts: Facts, rows: Mapping[int, "_NameRow"]) -> tuple[PublicAuthor, ...]:
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


def _build_author(row: "_NameRow", affiliation_zh: str, affiliation_en: str) -> PublicAuthor:
    """Build an author. A transliterated Chinese name is shown on Chinese pages, but is not `own`, so it is not cited."""
    own = row.zh if row.kind == Author.ChineseName.OWN else ""
    return PublicAuthor(
        row.pk, row.slug, row.zh or row.en, row.en, row.family, row.given, row.order, own,
        affiliation_zh, affiliation_en,
    )  # fmt: skip


class _NameRow(NamedTuple):
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
"""Column of each field of `_NameRow` from `zh` to `listed`; empty if the kind has none."""
_MAX_IDS: Final = 5000
"""Ids of one query: SQLite takes 32,766 values, and each id occurs twice."""

type _RowsByKind = dict[type[Vocabulary], dict[int, _NameRow]]


def _load_rows(ids: Mapping[type[Vocabulary], Collection[int]]) -> _RowsByKind:
    """Return the row of each id, or the row that it was merged into."""
    rows: _RowsByKind = {kind: {} for kind in ids}
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


def _fetch(ids: Mapping[type[Vocabulary], Collection[int]]) -> Iterator[tuple[type[Vocabulary], _NameRow]]:
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
            yield from ((kinds[n], _NameRow(*values)) for n, *values in cursor.fetchall())


def _build_sql(kind: type[Vocabulary], number: int, size: int) -> str:
    table, places = kind._meta.db_table, ", ".join(["%s"] * size)
    columns = ", ".join(column or "''" for column in _COLUMNS[kind])
    heirs = f"SELECT merged_into_id FROM {table} WHERE id IN ({places}) AND merged_into_id IS NOT NULL"  # noqa: S608 our own names
    return (
        f"SELECT {number} AS kind_number, id, slug, {columns}, merged_into_id FROM {table}"  # noqa: S608
        f" WHERE id IN ({places}) OR id IN ({heirs})"
    )


# All names that a brief's pages print: keywords, authors, source, and glossary terms in the text.


@dataclass(frozen=True, slots=True)
class ChangedName:
    """A name before and after a change. `before` is empty for a term that was not in the text."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PageNames:
    """The names that pages print, by part and row id: each a dict of labels and texts."""

    parts: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @classmethod
    def load(cls, content: Content) -> Self:
        """Load the names in both languages as they stand now, in two queries."""
        return cls.load_many([content])[0]

    @classmethod
    def load_many(cls, contents: Sequence[Content]) -> list[Self]:
        return cls._build_many(contents, _load_rows_of(contents), Glossary())

    @classmethod
    def _build_many(cls, contents: Sequence[Content], rows: _RowsByKind, glossary: Glossary) -> list[Self]:
        found = []
        further = {
            kind: {row.pk: _read_further_texts(row) for row in of_kind.values()}
            for kind, of_kind in rows.items()
        }
        for content, names in zip(contents, _build_names(contents, rows), strict=True):
            printed: dict[str, tuple[type[Vocabulary], Sequence[PublicName]]] = {
                "source": (Source, (names.source,) if names.source else ()),
                "authors": (Author, names.authors),
                "keywords": (Keyword, names.keywords),
            }
            parts = {
                part: {str(name.pk): _read_texts(name) | further[kind][name.pk] for name in of_kind}
                for part, (kind, of_kind) in printed.items()
            }
            parts["terms"] = _find_terms(content, glossary)
            found.append(cls({part: rows for part, rows in parts.items() if rows}))
        return found

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the names that a page sends back. Return empty names for invalid input."""
        try:
            parts = json.loads(text)
            return cls({
                str(part): {str(pk): {str(k): str(v) for k, v in texts.items()} for pk, texts in rows.items()}
                for part, rows in parts.items()
            })  # fmt: skip
        except (ValueError, AttributeError, RecursionError):
            return cls()

    def as_text(self) -> str:
        return json.dumps(self.parts, ensure_ascii=False, separators=(",", ":"))

    def hash_common(self, content: Content) -> str:
        """Return the hash of the leaf that both languages show: the facts with the embargo, every public column of the rows
        that the pages print, and the change note.
        """
        form = {"format": CONTENT_FORMAT, "facts": content.as_json()["facts"], "names": self.parts}
        return hash_json(form | get_change(content))

    def hash_with(self, content: Content) -> str:
        """Return one hash of all that the pages will show."""
        return hash_json([content.hash_side("zh"), content.hash_side("en"), self.hash_common(content)])

    def find_changes_since(self, earlier: Self) -> list[ChangedName]:
        """Return the names that changed since `earlier`. A row merged into another counts as renamed to it."""
        changes = []
        for part in dict.fromkeys((*earlier.parts, *self.parts)):
            before, after = earlier.parts.get(part, {}), self.parts.get(part, {})
            kept = [pk for pk in before if pk in after and before[pk] != after[pk]]
            gone, new = (
                [pk for pk in one if pk not in other] for one, other in ((before, after), (after, before))
            )
            for old, now in (*zip(kept, kept, strict=True), *zip_longest(gone, new, fillvalue="")):
                changes.append(
                    ChangedName(_format_texts(before.get(old, {})), _format_texts(after.get(now, {})))
                )
        return changes


class LoadedNames:
    """The names of one content and the glossary, loaded once for all that one transaction makes of them."""

    def __init__(self, content: Content) -> None:
        self._content, self._rows = content, _load_rows_of([content])

    @cached_property
    def glossary(self) -> Glossary:
        return Glossary()

    @cached_property
    def printed(self) -> PageNames:
        return PageNames._build_many([self._content], self._rows, self.glossary)[0]

    @property
    def public(self) -> PublicNames:
        return _build_names([self._content], self._rows)[0]

    def list_keywords(self) -> list[tuple[str, str, int]]:
        """Return both labels and the id of each keyword, or of the one that it was merged into, in the order of ids."""
        rows = {row.pk: row for row in self._rows[Keyword].values()}
        return [(rows[pk].zh, rows[pk].en, pk) for pk in sorted(rows)]


def _read_texts(name: PublicName) -> dict[str, str]:
    texts = {"zh": name.zh, "en": name.en}
    if isinstance(name, PublicAuthor):
        texts |= {"family": name.family, "given": name.given, "own": name.own}
        if name.order is NameOrder.UNKNOWN:  # every other order follows from the texts
            texts["order"] = name.order
    if isinstance(name, PublicSource) and is_publication(name):
        texts["zh"] = f"《{name.zh}》"
    return texts


def _read_further_texts(row: _NameRow) -> dict[str, str]:
    """Return the public columns that no list of changed names shows."""
    texts = {"slug": row.slug, "kind": row.kind, "address": row.address, "listed": row.listed}
    return {name: text for name, text in texts.items() if text}


def _find_terms(content: Content, glossary: Glossary) -> dict[str, dict[str, str]]:
    """Return both renderings of each term that pages explain."""
    found = {term for places in glossary.find_terms(content).values() for term, _start, _end in places}
    return {
        str(pk): {
            **{side: glossary.terms[pk].label(side) for side in SIDES},
            "slug": glossary.terms[pk].slug,
            "forms": canonical_json(glossary.list_forms(pk)),
        }
        for pk in sorted(found)
    }


def _format_texts(texts: Mapping[str, str]) -> str:
    """Return the labels, followed in brackets by the texts that only citations print."""
    labels = " · ".join(dict.fromkeys(filter(None, (texts.get("zh"), texts.get("en")))))
    return f"{labels} ({cited})" if (cited := _format_cited(texts)) else labels


def _format_cited(texts: Mapping[str, str]) -> str:
    if texts.get("order"):
        return gettext("not known whether the family name is first")
    return ", ".join(filter(None, (texts.get("family"), texts.get("given"), texts.get("own"))))


# Find the briefs related to a brief by shared keywords, weighted by rarity, and by the same source.

MAX_RELATED: Final = 8
"""More than a page shows, because some may not be public."""
MAX_BRIEFS_PER_NAME: Final = 60
"""Newest briefs considered for each keyword and source."""
MAX_USES_COUNTED: Final = 2000
"""Number of uses at which the weight of a keyword stops falling."""
_SOURCE_WEIGHT: Final = 0.05

type _NameKey = tuple[str, int]
"""`k` or `s`, and the id of the keyword or source."""


def find_related(brief: int, keywords: Iterable[int], source: int | None) -> list[int]:
    """Return the ids of the most related briefs. Equally related ones come in falling order of edition id. One query."""
    keys: list[_NameKey] = [("k", keyword) for keyword in keywords]
    keys += [("s", source)] if source else []
    scores: dict[int, float] = defaultdict(float)
    newest: dict[int, int] = {}
    for rows, weight in _load_newest_briefs(keys):
        for other in {other for other, _ in rows}:
            scores[other] += weight
        for other, pk in rows:
            newest[other] = max(pk, newest.get(other, 0))
    scores.pop(brief, None)
    return sorted(scores, key=lambda other: (-round(scores[other], 9), -newest[other]))[:MAX_RELATED]


def _load_newest_briefs(keys: Sequence[_NameKey]) -> Iterator[tuple[list[tuple[int, int]], float]]:
    """Yield, for each name, its newest briefs as (brief, edition), and the weight of sharing the name."""
    if not keys:
        return
    rows: list[list[tuple[int, int]]] = [[] for _ in keys]
    uses = [0] * len(keys)
    with connection.cursor() as cursor:
        cursor.execute(_build_related_sql(key[0] for key in keys), [pk for _, pk in keys for _ in range(2)])
        for n, brief, edition, count in cursor.fetchall():
            rows[n].append((brief, edition))
            uses[n] = count
    for n, (kind, _) in enumerate(keys):
        yield rows[n], _SOURCE_WEIGHT if kind == "s" else 1 / log2(2 + uses[n])


def _build_related_sql(kinds: Iterable[str]) -> str:
    """Build one query for the newest briefs of several names. Each is read from an index up to its limit."""
    editions = Edition._meta.db_table
    parts = []
    for n, kind in enumerate(kinds):
        table, column = (
            (EditionKeyword._meta.db_table, "keyword_id")
            if kind == "k"
            else (EditionPlace._meta.db_table, "source_id")
        )
        limited = f"SELECT 1 FROM {table} WHERE {column} = %s LIMIT {MAX_USES_COUNTED}"  # noqa: S608 our own names
        parts.append(
            f"SELECT * FROM (SELECT {n} AS n, e.brief_id, e.id, (SELECT COUNT(*) FROM ({limited}) AS c{n}) AS uses"  # noqa: S608
            f" FROM {table} j JOIN {editions} e ON e.id = j.edition_id WHERE j.{column} = %s"
            f" ORDER BY j.published_at DESC, j.edition_id DESC LIMIT {MAX_BRIEFS_PER_NAME}) AS names{n}"
        )
    return " UNION ALL ".join(parts)
