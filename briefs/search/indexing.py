"""Add editions to the search index and remove them, in the transaction that writes their cards."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from ..content import Content, hash_json
from ..database.bulk_writes import insert_rows
from ..models.derived import SearchEntry
from ..models.edition import Edition
from . import get_store
from .analysis import VERSION
from .search_documents import LabelRows, build_search_document

_MAX_TRIES: Final = 5
_LOOKAHEAD: Final = 20
"""Number of extra places to read, since editions approved within seconds of each other compete for places."""


@dataclass(frozen=True, slots=True)
class IndexedLabels:
    """The current labels of an edition's facts, and the ids to filter by."""

    authors: LabelRows
    sources: LabelRows
    keywords: LabelRows
    ids: Sequence[str]
    """`k3`, `a7`, `s1`."""

    def hash_with_content(self, content_hash: str) -> str:
        return hash_json(
            [content_hash, list(self.authors), list(self.sources), list(self.keywords), list(self.ids)]
        )


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """An edition to index. `day` is the first day of its article's date."""

    edition: Edition
    content: Content
    labels: IndexedLabels
    content_hash: str
    day: dt.date | None

    @property
    def mark_and_version(self) -> tuple[str, str]:
        """Return the hash of the indexed data and the version of the analyser."""
        return self.labels.hash_with_content(self.content_hash), VERSION

    @property
    def facets(self) -> list[str]:
        date = self.content.facts.date if self.day else ""
        years = [f"y{date[:4]}"] if date else []
        months = [f"m{date[:4]}{date[5:7]}"] if len(date) >= len("2025-06") else []
        return [*self.labels.ids, *years, *months]


def is_past(edition: Edition, now: dt.datetime) -> bool:
    """Return whether the edition is superseded or cancelled, and so will not be listed again."""
    return edition.is_cancelled or (edition.live_until is not None and edition.live_until <= now)


def put(entries: Sequence[IndexEntry], now: dt.datetime) -> None:
    """Index or reindex the entries, and drop past editions."""
    drop([entry.edition.pk for entry in entries if is_past(entry.edition, now)])
    entries = [entry for entry in entries if not is_past(entry.edition, now)]
    if not entries:
        return
    places = _assign_places(entries)
    get_store().put(
        [
            build_search_document(
                places[entry.edition.pk],
                entry.content,
                authors=entry.labels.authors,
                sources=entry.labels.sources,
                keywords=entry.labels.keywords,
                facets=entry.facets,
            )
            for entry in entries
        ]
    )


def _assign_places(entries: Sequence[IndexEntry]) -> dict[int, int]:
    """Write the entries' rows and return their places. New editions get the next free place."""
    ids = [entry.edition.pk for entry in entries]
    places = dict(SearchEntry.objects.filter(edition__in=ids).values_list("edition", "place"))
    new = [entry for entry in entries if entry.edition.pk not in places]
    _write([entry for entry in entries if entry.edition.pk in places], places)
    for tries in range(_MAX_TRIES if new else 0):
        free = _FreePlaces([entry.edition.published_at for entry in new])
        places |= {entry.edition.pk: free.take_from(entry.edition.published_at) for entry in new}
        try:
            with transaction.atomic():
                _write(new, places)
            break
        except IntegrityError:  # a concurrent edition took the place
            if tries == _MAX_TRIES - 1:
                raise
    return places


def _write(entries: Sequence[IndexEntry], places: Mapping[int, int]) -> None:
    insert_rows(
        SearchEntry,
        ("place", "edition_id", "day", "facets", "mark", "version"),
        [
            (
                places[entry.edition.pk],
                entry.edition.pk,
                entry.day,
                " ".join(entry.facets),
                *entry.mark_and_version,
            )
            for entry in entries
        ],
        conflict_column="edition_id",
    )


class _FreePlaces:
    """Free places near the wanted ones, looked up with one query."""

    def __init__(self, moments: Sequence[dt.datetime]) -> None:
        first, last = (int(pick(moments).timestamp()) for pick in (min, max))
        self._end = last + len(moments) + _LOOKAHEAD
        near = SearchEntry.objects.filter(place__gte=first, place__lt=self._end)
        self._taken = set(near.values_list("place", flat=True))

    def take_from(self, moment: dt.datetime) -> int:
        place = int(moment.timestamp())
        while place in self._taken or (
            place >= self._end and SearchEntry.objects.filter(place=place).exists()
        ):
            place += 1
        self._taken.add(place)
        return place


def drop(editions: Sequence[int]) -> None:
    if not editions:
        return
    rows = SearchEntry.objects.filter(edition__in=editions)
    places = list(rows.values_list("place", flat=True))
    if places:
        get_store().drop(places)
        rows.delete()


def drop_past_editions(now: dt.datetime, brief: int | None = None) -> int:
    """Drop superseded and cancelled editions of one brief or of all. Return their number."""
    of_it = Q() if brief is None else Q(edition__brief=brief)
    past = SearchEntry.objects.filter(of_it, edition__live_until__lte=now)
    with transaction.atomic():
        editions = list(past.values_list("edition", flat=True))
        drop(editions)
    return len(editions)


def load_marks_and_versions(editions: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Load mark and version by edition id. Editions without an entry are left out."""
    rows = SearchEntry.objects.filter(edition__in=editions)
    return {pk: (mark, version) for pk, mark, version in rows.values_list("edition", "mark", "version")}


def find_lost_and_stray() -> tuple[list[int], list[int]]:
    """Return the editions whose document is missing in the store, and places in the store without an entry."""
    known = dict(SearchEntry.objects.values_list("place", "edition"))
    held = get_store().places()
    return sorted(known[place] for place in known.keys() - held), sorted(held - known.keys())
