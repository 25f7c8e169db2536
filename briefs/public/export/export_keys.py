"""Keys that tell whether an exported page would come out as it is. A key is a hash of all that the page is made from.

The page of a brief, its citation files and its Markdown depend on the brief's editions, the derived rows of the public
one, and one line of each brief that it links to. All other pages may depend on anything that is public.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Model

from ...models.derived import (
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
from ...models.edition import Edition
from ...models.site import SiteText
from ...models.vocabulary import Author, Keyword, Source, Term
from ..build_hash import compute_build_hash, hash_parts
from ..editions import MAX_NEIGHBOURS
from ..machines import fonts

TABLES_OF_EDITIONS: Final[tuple[type[Model], ...]] = (
    *(Rendering, Card, Face, Gloss, Related, EditionAuthor, EditionKeyword, EditionPicture, EditionTerm),
)
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
        own: dict[int, Any] = {
            pk: hashlib.sha256() for pk in Edition.objects.found(now).values_list("pk", flat=True)
        }
        for table in TABLES_OF_EDITIONS:
            for pk, *row in _read_rows(table, "edition_id", edition__in=Edition.objects.found(now)):
                own[pk].update(repr(row).encode())
        history: dict[int, Any] = {}
        for brief, *row in _read_rows(Edition, "brief_id", live_from__lte=now):
            history.setdefault(brief, hashlib.sha256()).update(repr(row).encode())
        links = _read_links(now)
        for pk, brief, slug in Edition.objects.found(now).values_list("pk", "brief_id", "slug"):
            parts = [self._common, own[pk].hexdigest(), history[brief].hexdigest(), links.get(brief)]
            self._by_slug[slug] = hash_parts(parts)


def _read_links(now: dt.datetime) -> dict[int, list[Any]]:
    """Return the lines of the older, the newer and the related briefs that a page shows, by brief."""
    listed = Edition.objects.listed(now).order_by("published_at", "pk")
    rows = list(
        listed.values_list("brief_id", "related__briefs", "related__line_zh", "related__line_en").iterator(
            _CHUNK
        )
    )
    lines = {brief: line for brief, _, *line in rows}
    found = {}
    for n, (brief, related, *_) in enumerate(rows):
        beside = [rows[other][0] if 0 <= other < len(rows) else 0 for other in (n - 1, n + 1)]
        found[brief] = [lines.get(other) for other in [*beside, *(related or ())][:MAX_NEIGHBOURS]]
    return found


def _read_rows(table: type[Model], first: str = "pk", **conditions: Any) -> Iterator[tuple[Any, ...]]:
    """Yield all rows in a fixed order, with the columns that may be shown after the column `first`."""
    columns = [
        field.attname
        for field in table._meta.concrete_fields
        if field.name not in _NOT_SHOWN and (table is not Edition or not field.is_relation)
    ]
    rows = table._default_manager.filter(**conditions).order_by("pk")
    yield from rows.values_list(first, *columns).iterator(_CHUNK)
