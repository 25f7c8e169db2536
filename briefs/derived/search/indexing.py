"""Add editions to the search index and remove them, in the transaction that writes their other derived rows."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from briefs.bilingual.text import date_format
from briefs.models.bulk_writes import insert_rows
from briefs.models.derived import SearchEntry
from briefs.models.edition import Edition

from . import meaning
from .analysis import VERSION
from .engines import get_store
from .search_documents import SearchDocument, build_search_document

_MAX_TRIES: Final = 5
_LOOKAHEAD: Final = 20
"""Number of extra places to read, since editions approved within seconds of each other compete for places."""


def is_past(edition: Edition, now: dt.datetime) -> bool:
    """Return whether the edition is superseded or cancelled, and so will not be listed again."""
    return edition.is_cancelled or (edition.live_until is not None and edition.live_until <= now)


def put(editions: Sequence[Edition], now: dt.datetime, *, are_new: bool = False) -> None:
    """Index or reindex the editions, and drop past ones. `are_new`: they were added in this transaction."""
    drop([edition.pk for edition in editions if is_past(edition, now)])
    editions = [edition for edition in editions if not is_past(edition, now)]
    if not editions:
        return
    documents = {edition.pk: build_search_document(0, edition.frozen_content) for edition in editions}
    known = {} if are_new else _load_places(editions)
    places = _assign_places(editions, documents, known)
    get_store().put([replace(document, place=places[pk]) for pk, document in documents.items()])
    meaning.put({edition.pk: edition.frozen_content for edition in editions})


def _load_places(editions: Iterable[Edition]) -> dict[int, int]:
    rows = SearchEntry.objects.filter(edition__in=[edition.pk for edition in editions])
    return dict(rows.values_list("edition", "place"))


def _assign_places(
    editions: Sequence[Edition], documents: Mapping[int, SearchDocument], known: Mapping[int, int]
) -> dict[int, int]:
    """Write the editions' rows and return their places. Editions that are not among the `known` get the next free place."""
    places = dict(known)
    new = [edition for edition in editions if edition.pk not in places]
    _write([edition for edition in editions if edition.pk in places], documents, places)
    for tries in range(_MAX_TRIES if new else 0):
        free = _FreePlaces([edition.published_at for edition in new])
        places |= {edition.pk: free.take_from(edition.published_at) for edition in new}
        try:
            with transaction.atomic():
                _write(new, documents, places)
            break
        except IntegrityError:  # a concurrent edition took the place
            if tries == _MAX_TRIES - 1:
                raise
    return places


def _write(
    editions: Sequence[Edition], documents: Mapping[int, SearchDocument], places: Mapping[int, int]
) -> None:
    insert_rows(
        SearchEntry,
        ("place", "edition_id", "day", "facets", "mark", "version"),
        [
            (
                places[edition.pk],
                edition.pk,
                date_format.parse_first_day(edition.frozen_content.facts.date),
                " ".join(documents[edition.pk].facets),
                "",
                VERSION,
            )
            for edition in editions
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
    if editions:
        _drop_entries(SearchEntry.objects.filter(edition__in=editions))


def _drop_entries(entries: QuerySet[SearchEntry]) -> int:
    """Drop these entries with their texts and vectors. Return their number."""
    places = dict(entries.values_list("edition", "place"))
    if places:
        get_store().drop(list(places.values()))
        SearchEntry.objects.filter(edition__in=places).delete()
        meaning.drop(places)
    return len(places)


def drop_past_editions(now: dt.datetime, brief: int | None = None) -> int:
    """Drop superseded and cancelled editions of one brief or of all. Return their number."""
    of_it = Q() if brief is None else Q(edition__brief=brief)
    with transaction.atomic(savepoint=False):
        return _drop_entries(SearchEntry.objects.filter(of_it, edition__live_until__lte=now))


def find_outdated(editions: Sequence[Edition], now: dt.datetime) -> set[int]:
    """Return the editions whose entry or vector is missing, of another version, or left over."""
    past = {edition.pk for edition in editions if is_past(edition, now)}
    current = {edition.pk for edition in editions} - past
    entries = SearchEntry.objects.filter(edition__in=[*past, *current])
    versions = dict(entries.values_list("edition", "version"))
    indexed = {pk for pk in current if versions.get(pk) == VERSION}
    return (past & versions.keys()) | (current - indexed) | meaning.find_missing(indexed)


def find_lost_and_stray() -> tuple[list[int], list[int]]:
    """Return two lists: editions missing in the store, and places in the store without an entry."""
    known = dict(SearchEntry.objects.values_list("place", "edition"))
    held = get_store().places()
    return sorted(known[place] for place in known.keys() - held), sorted(held - known.keys())
