"""Compare both indexes with their data, find missing and stray documents, and repair them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from django.db import transaction
from django.utils import timezone

from briefs.content import Content

from . import draft_index as drafts
from . import indexing
from .engines import DRAFT_INDEX, get_store

BATCH = 500

type LoadContents = Callable[[Sequence[int]], Sequence[tuple[int, Content]]]
"""Loads working copies by brief id. The caller passes it in, because this package must not import the working
copy.
"""


@dataclass(frozen=True, slots=True)
class IndexDrift:
    editions: Sequence[int]
    """Editions with an entry but no document in the store. The caller rebuilds their derived rows."""
    stray_places: Sequence[int]
    """Places in the store without an entry."""
    drafts: Sequence[int]
    """Missing drafts, or all drafts after a change of the analyser."""
    stray_drafts: Sequence[int]

    def __len__(self) -> int:
        return sum(map(len, (self.editions, self.stray_places, self.drafts, self.stray_drafts)))


def find_drift(briefs: Iterable[int]) -> IndexDrift:
    every, held = set(briefs), get_store(DRAFT_INDEX).places()
    missing = every - held if drafts.is_current() else every
    return IndexDrift(*indexing.find_lost_and_stray(), sorted(missing), sorted(held - every))


def drop_strays(drift: IndexDrift) -> None:
    """Drop stray documents. Call before reindexing, which may reuse the place of a stray."""
    indexing.drop_past_editions(timezone.now())
    get_store().drop(drift.stray_places)
    get_store(DRAFT_INDEX).drop(drift.stray_drafts)


def index_missing_drafts(drift: IndexDrift, load_contents: LoadContents) -> None:
    """Index the missing drafts and optimise both stores. Missing editions are left to the caller."""
    for batch in batched(drift.drafts, BATCH):
        with transaction.atomic():
            drafts.put(load_contents(batch))
    drafts.mark_current()
    get_store().optimise()
    get_store(DRAFT_INDEX).optimise()
