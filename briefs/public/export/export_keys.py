"""Keys that tell whether an exported page would come out as it is. A key is a hash of all that the page is made from.

The page of a brief, its citation files and its Markdown depend on the brief's editions, the names of the public one, and
slug and headlines of each brief that it links to. All other pages may depend on anything that is public.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import Model

from ...derived.related_briefs import RelatedBriefs
from ...models.derived import EditionAuthor, EditionKeyword, EditionPlace, EditionTerm
from ...models.edition import Edition
from ...models.site import SiteText
from ...models.vocabulary import Author, Keyword, Source, Term
from ..build_hash import compute_build_hash, hash_parts
from ..editions import MAX_NEIGHBOURS, select_headlines
from ..machines import fonts

_JOINS: Final[dict[type[Model], tuple[str, type[Model]]]] = {
    EditionPlace: ("source_id", Source),
    EditionAuthor: ("author_id", Author),
    EditionKeyword: ("keyword_id", Keyword),
    EditionTerm: ("term_id", Term),
}
"""The tables that join editions to names, with the column of the name."""
OTHER_TABLES: Final[tuple[type[Model], ...]] = (Author, Keyword, Source, Term, SiteText)
_NOT_SHOWN: Final = {"content", "urgent_reason", "removed_reason"}
"""Columns of Edition that no page shows, and the content, of which there are hashes."""
_CHUNK: Final = 2000


class ExportKeys:
    """The keys at one moment. `site`: of the whole site."""

    def __init__(self, now: dt.datetime) -> None:
        self._common = hash_parts([compute_build_hash(), fonts.find_face("zh"), fonts.find_face("en")])
        self._by_slug: dict[str, str] = {}
        self._read_briefs(now)
        others = (row for table in OTHER_TABLES for row in _read_rows(table))
        self.site = hash_parts([self._common, sorted(self._by_slug.items()), *others])

    def find_key(self, slug: str) -> str:
        """Return the key of the pages of a brief that is listed or withdrawn; empty for another."""
        return self._by_slug.get(slug, "")

    def _read_briefs(self, now: dt.datetime) -> None:
        found = Edition.objects.found(now)
        own: dict[int, Any] = {pk: hashlib.sha256() for pk in found.values_list("pk", flat=True)}
        ids: dict[type[Model], dict[int, list[int]]] = {}
        for table, (column, kind) in _JOINS.items():
            names = {pk: row for pk, *row in _read_rows(kind)}
            of_edition = ids[table] = {}
            for pk, name, *row in _read_rows(table, "edition_id", column, edition__in=found):
                own[pk].update(repr((row, names.get(name))).encode())
                if name:
                    of_edition.setdefault(pk, []).append(name)
        history: dict[int, Any] = {}
        for brief, *row in _read_rows(Edition, "brief_id", live_from__lte=now):
            history.setdefault(brief, hashlib.sha256()).update(repr(row).encode())
        links = _read_links(now, ids[EditionKeyword], ids[EditionPlace])
        for pk, brief, slug in found.values_list("pk", "brief_id", "slug"):
            parts = [self._common, own[pk].hexdigest(), history[brief].hexdigest(), links.get(brief)]
            self._by_slug[slug] = hash_parts(parts)


def _read_links(
    now: dt.datetime, keywords: Mapping[int, Sequence[int]], sources: Mapping[int, Sequence[int]]
) -> dict[int, list[Any]]:
    """Return slug and headlines of the older, the newer and the related briefs that a page shows, by brief."""
    listed = Edition.objects.listed(now).order_by("published_at", "pk")
    rows = list(listed.values_list("pk", "brief_id", "slug", *select_headlines()).iterator(_CHUNK))
    lines = {brief: line for _, brief, *line in rows}
    related, found = RelatedBriefs(), {}
    for n, (pk, brief, *_) in enumerate(rows):
        beside = [rows[other][1] if 0 <= other < len(rows) else 0 for other in (n - 1, n + 1)]
        nearest = related.find(brief, keywords.get(pk, ()), next(iter(sources.get(pk, ())), None))
        found[brief] = [lines.get(other) for other in [*beside, *nearest][:MAX_NEIGHBOURS]]
    return found


def _read_rows(table: type[Model], *first: str, **conditions: Any) -> Iterator[tuple[Any, ...]]:
    """Yield all rows in a fixed order: the columns `first`, else the id, then those that may be shown."""
    columns = [
        field.attname
        for field in table._meta.concrete_fields
        if field.name not in _NOT_SHOWN and (table is not Edition or not field.is_relation)
    ]
    rows = table._default_manager.filter(**conditions).order_by("pk")
    yield from rows.values_list(*(first or ("pk",)), *columns).iterator(_CHUNK)
