"""The translation memory: the pairs of every brief's newest approved edition, and what in them is like a text.

Derived, as `derive.py` is: it can be made anew at any time, and is written here alone. For the desk only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final

from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery

from ..content import SIDES, Content, Side
from ..database.bulk_insert import insert_rows
from ..models import Edition, MemoryKey, MemoryPair
from ..text.minhash import compute_keys, estimate_highest_likeness, measure_likeness

BATCH: Final = 500
MIN_SIMILARITY: Final = 0.6
"""Likeness below which a match is no help."""
MAX_MEMORY_MATCHES: Final = 3
MAX_COMPARED: Final = 40
"""Candidates that share most keys; only these are compared."""

type BulletTexts = dict[int, tuple[str, str]]
"""Both texts of a bullet, by its number."""


@dataclass(frozen=True, slots=True)
class MemoryMatch:
    zh: str
    en: str
    score: float
    brief: int
    number: int
    title: str


def rebuild_memory(briefs: Iterable[int]) -> None:
    """Make the pairs of these briefs anew, in a number of queries that does not grow with them."""
    for batch in batched(briefs, BATCH):
        with transaction.atomic():
            _delete_pairs(batch)
            _add_pairs(list(_newest_editions().filter(brief__in=batch)))


def store_edition_pairs(edition: Edition) -> None:
    """The pairs of an edition that was added in this transaction, in place of those of the one before."""
    if edition.number > 1:
        _delete_pairs([edition.brief_id])
    _add_pairs([edition])


def _delete_pairs(briefs: Sequence[int]) -> None:
    """Django takes the keys out too, by the pairs' numbers: PostgreSQL, asked for both at once, may read all keys."""
    MemoryPair.objects.filter(edition__brief__in=briefs).delete()


def _newest_editions() -> QuerySet[Edition]:
    """Of every brief the newest edition that was not cancelled."""
    standing = Edition.objects.exclude(live_until=F("live_from"))
    last = standing.filter(brief=OuterRef("brief")).order_by("-number").values("pk")[:1]
    return standing.filter(pk=Subquery(last))


def _add_pairs(editions: Sequence[Edition]) -> None:
    texts = {
        (edition.pk, number): both
        for edition in editions
        for number, both in _two_sided_bullets(edition.frozen_content).items()
    }
    insert_rows(
        MemoryPair,
        ("edition_id", "number", "text_zh", "text_en"),
        [(*place, *both) for place, both in texts.items()],
    )
    made = MemoryPair.objects.filter(edition__in=[edition.pk for edition in editions])
    insert_rows(
        MemoryKey,
        ("pair_id", "side", "key"),
        [
            (pk, side, key)
            for pk, edition, number in made.values_list("pk", "edition_id", "number")
            for side, key in _hash_both_sides(*texts[edition, number])
        ],
    )


def _two_sided_bullets(content: Content) -> BulletTexts:
    return {b.number: (b.text_zh, b.text_en) for b in content.bullets if b.text_zh and b.text_en}


def _hash_both_sides(zh: str, en: str) -> set[tuple[str, int]]:
    return {
        (side, key) for side, text in zip(SIDES, (zh, en), strict=True) for key in compute_keys(text, side)
    }


def find_stale_brief_ids() -> Iterator[int]:
    """Ids of briefs whose pairs or keys are missing, or made from another edition or in another way."""
    briefs = Edition.objects.order_by("brief").values_list("brief", flat=True).distinct()
    for batch in batched(briefs.iterator(BATCH), BATCH):
        made = _stored_pairs(batch)
        newest = {edition.brief_id: edition for edition in _newest_editions().filter(brief__in=batch)}
        for brief in batch:
            edition = newest.get(brief)
            expected = _expected_pairs(edition) if edition else {}
            if made.get(brief, {}) != expected:
                yield brief


type StoredPairs = dict[tuple[int, int], tuple[str, str, set[tuple[str, int]]]]
"""By edition and number of the bullet: both texts and the keys."""


def _expected_pairs(edition: Edition) -> StoredPairs:
    return {
        (edition.pk, n): (zh, en, _hash_both_sides(zh, en))
        for n, (zh, en) in _two_sided_bullets(edition.frozen_content).items()
    }


def _stored_pairs(briefs: Sequence[int]) -> dict[int, StoredPairs]:
    found: dict[int, StoredPairs] = {}
    pairs = MemoryPair.objects.filter(edition__brief__in=briefs)
    by_pk: dict[int, set[tuple[str, int]]] = {}
    for pair in pairs.annotate(brief=F("edition__brief")):
        by_pk[pair.pk] = set()
        at = (pair.edition_id, pair.number)
        found.setdefault(pair.brief, {})[at] = (pair.text_zh, pair.text_en, by_pk[pair.pk])
    for pk, side, key in MemoryKey.objects.filter(pair__in=pairs).values_list("pair", "side", "key"):
        by_pk[pk].add((side, key))
    return found


def find_matches(text: str, side: Side) -> list[MemoryMatch]:
    """The pairs whose text on this side is most like this one, the best first. Two queries.

    What was withdrawn or removed is offered no more.
    """
    wanted = compute_keys(text, side)
    if not wanted:
        return []
    shared = MemoryKey.objects.filter(side=side, key__in=wanted).order_by().values("pair")
    most = (
        shared.annotate(n=Count("pk"), last=Max("pair"))
        .order_by("-n", "-last")
        .values_list("pair")[:MAX_COMPARED]
    )
    rows = (
        MemoryPair.objects.filter(
            pk__in=[pk for (pk,) in most], edition__withdrawn_at=None, edition__removed_at=None
        )
        .order_by("-pk")
        .values_list(
            *("text_zh", "text_en", "number", "edition__brief"),
            *("edition__brief__headline_zh", "edition__brief__headline_en"),
        )
    )
    found: dict[tuple[str, str], MemoryMatch] = {}
    for zh, en, number, brief, *titles in rows:
        other = zh if side == "zh" else en
        if (zh, en) not in found and estimate_highest_likeness(text, other) >= MIN_SIMILARITY:
            score = measure_likeness(text, other)
            if score >= MIN_SIMILARITY:
                found[zh, en] = MemoryMatch(zh, en, score, brief, number, titles[0] or titles[1])
    return sorted(found.values(), key=lambda match: -match.score)[:MAX_MEMORY_MATCHES]
