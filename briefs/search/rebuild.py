"""Both indexes against what they are made from: what is missing, what is too much, and making it right."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from django.db import transaction
from django.utils import timezone

from ..content import Content
from . import DRAFT_INDEX, get_store, indexing
from . import draft_index as drafts

BATCH = 500

type LoadContents = Callable[[Sequence[int]], Sequence[tuple[int, Content]]]
"""Working copies by id. This room knows no drafts: whoever calls gives them."""


@dataclass(frozen=True, slots=True)
class IndexDrift:
    editions: Sequence[int]
    """Lost by the store, though they have an entry: to be derived again."""
    stray_places: Sequence[int]
    """Places in the store that no entry knows."""
    drafts: Sequence[int]
    """Missing, or all of them after a change of the analyser."""
    stray_drafts: Sequence[int]

    def __len__(self) -> int:
        return sum(map(len, (self.editions, self.stray_places, self.drafts, self.stray_drafts)))


def find_drift(briefs: Iterable[int]) -> IndexDrift:
    every, held = set(briefs), get_store(DRAFT_INDEX).places()
    missing = every - held if drafts.is_current() else every
    return IndexDrift(*indexing.find_lost_and_stray(), sorted(missing), sorted(held - every))


def drop_strays(drift: IndexDrift) -> None:
    """Take out what is too much. Before anything is indexed anew: it may get the place of a stray."""
    indexing.drop_past_editions(timezone.now())
    get_store().drop(drift.stray_places)
    get_store(DRAFT_INDEX).drop(drift.stray_drafts)


def index_missing_drafts(drift: IndexDrift, load_contents: LoadContents) -> None:
    """Put the drafts in. (Lost editions are derived again, with everything else of theirs.)"""
    for batch in batched(drift.drafts, BATCH):
        with transaction.atomic():
            drafts.put(load_contents(batch))
    drafts.mark_current()
    get_store().optimise()
    get_store(DRAFT_INDEX).optimise()
