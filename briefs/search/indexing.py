"""Editions into the index, and out of it: written where their cards are, in the same transaction."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from ..content import Content, sha256
from ..database.bulk_insert import insert
from ..models.derived import SearchEntry
from ..models.edition import Edition
from . import store
from .analysis import VERSION
from .documents import Labels, document

_TRIES: Final = 5
_CROWD: Final = 20
"""Places behind a wanted one that are looked at with it: as many are approved within seconds where many work at once."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What an edition's facts are called now, and the ids to filter by."""

    authors: Labels
    sources: Labels
    keywords: Labels
    ids: Sequence[str]
    """`k3`, `a7`, `s1`."""

    def mark(self, content_hash: str) -> str:
        return sha256(
            [content_hash, list(self.authors), list(self.sources), list(self.keywords), list(self.ids)]
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """An edition, its content, what that is called now, and the first day of its article."""

    edition: Edition
    content: Content
    naming: Naming
    content_hash: str
    day: dt.date | None

    @property
    def made(self) -> tuple[str, str]:
        """Of what, and how."""
        return self.naming.mark(self.content_hash), VERSION

    @property
    def facets(self) -> list[str]:
        date = self.content.facts.date if self.day else ""
        years = [f"y{date[:4]}"] if date else []
        months = [f"m{date[:4]}{date[5:7]}"] if len(date) >= len("2025-06") else []
        return [*self.naming.ids, *years, *months]


def is_past(edition: Edition, now: dt.datetime) -> bool:
    """Superseded or cancelled: it will not be listed again."""
    return edition.is_cancelled or (edition.live_until is not None and edition.live_until <= now)


def put(entries: Sequence[Entry], now: dt.datetime) -> None:
    """Index them anew; those that are past are left out."""
    drop([entry.edition.pk for entry in entries if is_past(entry.edition, now)])
    entries = [entry for entry in entries if not is_past(entry.edition, now)]
    if not entries:
        return
    places = _placed(entries)
    store().put(
        [
            document(
                places[entry.edition.pk],
                entry.content,
                authors=entry.naming.authors,
                sources=entry.naming.sources,
                keywords=entry.naming.keywords,
                facets=entry.facets,
            )
            for entry in entries
        ]
    )


def _placed(entries: Sequence[Entry]) -> dict[int, int]:
    """Write the entries' rows. An edition keeps the place that it had; a new one gets the next that is free."""
    ids = [entry.edition.pk for entry in entries]
    places = dict(SearchEntry.objects.filter(edition__in=ids).values_list("edition", "place"))
    new = [entry for entry in entries if entry.edition.pk not in places]
    _write([entry for entry in entries if entry.edition.pk in places], places)
    for tries in range(_TRIES if new else 0):
        free = _Free([entry.edition.published_at for entry in new])
        places |= {entry.edition.pk: free.from_(entry.edition.published_at) for entry in new}
        try:
            with transaction.atomic():
                _write(new, places)
            break
        except IntegrityError:  # another edition of this second was faster
            if tries == _TRIES - 1:
                raise
    return places


def _write(entries: Sequence[Entry], places: Mapping[int, int]) -> None:
    insert(
        SearchEntry,
        ("place", "edition_id", "day", "facets", "mark", "version"),
        [
            (places[entry.edition.pk], entry.edition.pk, entry.day, " ".join(entry.facets), *entry.made)
            for entry in entries
        ],
        instead="edition_id",
    )


class _Free:
    """Places that nothing has yet, near the wanted ones: looked up once, however many are wanted."""

    def __init__(self, wanted: Sequence[dt.datetime]) -> None:
        first, last = (int(pick(wanted).timestamp()) for pick in (min, max))
        self._end = last + len(wanted) + _CROWD
        near = SearchEntry.objects.filter(place__gte=first, place__lt=self._end)
        self._taken = set(near.values_list("place", flat=True))

    def from_(self, moment: dt.datetime) -> int:
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
        store().drop(places)
        rows.delete()


def sweep(now: dt.datetime, brief: int | None = None) -> int:
    """Take out what was superseded or cancelled, of one brief or of all. Returns how many."""
    of_it = Q() if brief is None else Q(edition__brief=brief)
    past = SearchEntry.objects.filter(of_it, edition__live_until__lte=now)
    with transaction.atomic():
        editions = list(past.values_list("edition", flat=True))
        drop(editions)
    return len(editions)


def made(editions: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Of those that have an entry, its mark and version."""
    rows = SearchEntry.objects.filter(edition__in=editions)
    return {pk: (mark, version) for pk, mark, version in rows.values_list("edition", "mark", "version")}


def astray() -> tuple[list[int], list[int]]:
    """Editions with an entry that the store has lost, and places in the store that no entry knows."""
    known = dict(SearchEntry.objects.values_list("place", "edition"))
    held = store().places()
    return sorted(known[place] for place in known.keys() - held), sorted(held - known.keys())
