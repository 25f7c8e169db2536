"""Translation memory: the bullet pairs of each brief's newest approved edition, and the search for similar pairs.

Derived data: it can be rebuilt at any time and is written only here. It includes scheduled editions, so it is for
staff only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final

from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery

from briefs.bilingual.text import compute_keys, estimate_highest_likeness, measure_likeness
from briefs.content import SIDES, Content, Side
from briefs.models import Edition, MemoryKey, MemoryPair
from briefs.models.bulk_writes import insert_rows

BATCH: Final = 500
MIN_SIMILARITY: Final = 0.6
"""Similarity below which a match is not shown."""
MAX_MEMORY_MATCHES: Final = 3
MAX_COMPARED: Final = 40
"""Number of candidates with the most shared keys that are compared with the text."""

type BulletTexts = dict[int, tuple[str, str]]
"""Chinese and English text by bullet number."""


@dataclass(frozen=True, slots=True)
class MemoryMatch:
    zh: str
    en: str
    score: float
    brief: int
    number: int
    title: str


def rebuild_memory(briefs: Iterable[int]) -> None:
    """Rebuild the pairs of these briefs, with a constant number of queries for each batch."""
    for batch in batched(briefs, BATCH):
        with transaction.atomic():
            _delete_pairs(batch)
            _add_pairs(list(_newest_editions().filter(brief__in=batch)))


def store_edition_pairs(edition: Edition) -> None:
    """Store the pairs of an edition added in this transaction and delete those of the previous edition."""
    if edition.number > 1:
        _delete_pairs([edition.brief_id])
    _add_pairs([edition])


def _delete_pairs(briefs: Sequence[int]) -> None:
    """Delete pairs, and their keys by pair id (Django's cascade). For a single query PostgreSQL may read all keys."""
    MemoryPair.objects.filter(edition__brief__in=briefs).delete()


def _newest_editions() -> QuerySet[Edition]:
    """Return the newest uncancelled edition of every brief."""
    standing = Edition.objects.uncancelled()
    last = standing.filter(brief=OuterRef("brief")).order_by("-number").values("pk")[:1]
    return standing.filter(pk=Subquery(last))


def _add_pairs(editions: Sequence[Edition]) -> None:
    made = MemoryPair.objects.bulk_create(
        MemoryPair(edition_id=edition.pk, number=number, text_zh=zh, text_en=en)
        for edition in editions
        for number, (zh, en) in _two_sided_bullets(edition.frozen_content).items()
    )
    insert_rows(
        MemoryKey,
        ("pair_id", "side", "key"),
        [(pair.pk, side, key) for pair in made for side, key in _hash_both_sides(pair.text_zh, pair.text_en)],
    )


def _two_sided_bullets(content: Content) -> BulletTexts:
    return {b.number: (b.text_zh, b.text_en) for b in content.bullets if b.text_zh and b.text_en}


def _hash_both_sides(zh: str, en: str) -> set[tuple[str, int]]:
    return {
        (side, key) for side, text in zip(SIDES, (zh, en), strict=True) for key in compute_keys(text, side)
    }


def find_stale_brief_ids() -> Iterator[int]:
    """Yield the ids of briefs whose stored pairs or keys differ from what a rebuild would write."""
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
"""Both texts and the keys, by edition id and bullet number."""


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
    """Return the pairs most similar to the text on this side, the best first. Two queries.

    Pairs of withdrawn or removed editions are left out.
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
