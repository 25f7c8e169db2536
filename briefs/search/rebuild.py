"""Both indexes against what they are made from: what is missing, what is too much, and making it right."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from django.db import transaction
from django.utils import timezone

from ..content import Content
from . import DRAFTS, indexing, store
from . import draft_index as drafts

BATCH = 500

type Contents = Callable[[Sequence[int]], Sequence[tuple[int, Content]]]
"""Working copies by id. This room knows no drafts: whoever calls gives them."""


@dataclass(frozen=True, slots=True)
class Astray:
    editions: Sequence[int]
    """Lost by the store, though they have an entry: to be derived again."""
    strays: Sequence[int]
    """Places in the store that no entry knows."""
    drafts: Sequence[int]
    """Missing, or all of them after a change of the analyser."""
    stray_drafts: Sequence[int]

    def __len__(self) -> int:
        return sum(map(len, (self.editions, self.strays, self.drafts, self.stray_drafts)))


def astray(briefs: Iterable[int]) -> Astray:
    every, held = set(briefs), store(DRAFTS).places()
    missing = every - held if drafts.is_current() else every
    return Astray(*indexing.astray(), sorted(missing), sorted(held - every))


def clean(found: Astray) -> None:
    """Take out what is too much. Before anything is indexed anew: it may get the place of a stray."""
    indexing.sweep(timezone.now())
    store().drop(found.strays)
    store(DRAFTS).drop(found.stray_drafts)


def mend(found: Astray, contents: Contents) -> None:
    """Put the drafts in. (Lost editions are derived again, with everything else of theirs.)"""
    for batch in batched(found.drafts, BATCH):
        with transaction.atomic():
            drafts.put(contents(batch))
    drafts.made_current()
    store().tidy()
    store(DRAFTS).tidy()
