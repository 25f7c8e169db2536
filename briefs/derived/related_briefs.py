"""Find briefs related to an edition by shared keywords, weighted by rarity, and by the same source.

Computed when an edition is added, from the newest briefs of each of its keywords, so that pages only read the result.
The related briefs of the briefs found are then updated too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import log2
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ..content import SIDES
from ..database.bulk_insert import insert_rows
from ..database.prepared_query import PreparedQuery
from ..models.derived import Card, EditionKeyword, Related
from ..models.edition import Edition
from ..rendering import cards

MAX_RELATED_STORED = 8
"""More than a page shows, because some may not be public when the page is read."""
MAX_BRIEFS_PER_LABEL = 60
"""Newest briefs considered for each keyword and source."""
MAX_USES_COUNTED = 2000
"""Number of uses at which the weight of a keyword stops falling."""
MAX_EDITIONS_TO_PROPAGATE = 5
"""Largest batch that also updates the related briefs of others. A bulk load does not."""

type BriefEditionRow = tuple[Any, ...]
"""(brief, edition), newest first."""

type EditionLabelIds = tuple[list[int], int | None]
"""Keyword ids and source id of an edition, with merges resolved."""


def add_related_briefs(editions: Sequence[Edition], labels: Mapping[int, EditionLabelIds]) -> None:
    """Store the related briefs of editions that have none yet. Their cards must exist; `labels` are by edition id."""
    lists = _WeightedLists()
    near = {
        edition.pk: _rank_nearest(edition.brief_id, lists.for_labels(labels[edition.pk]))
        for edition in editions
    }
    insert_rows(
        Related,
        ("edition_id", "briefs", *(f"line_{page}" for page in SIDES)),
        [(edition.pk, near[edition.pk], *build_related_lines(edition).values()) for edition in editions],
    )
    if len(editions) <= MAX_EDITIONS_TO_PROPAGATE:
        _update_related({brief for found in near.values() for brief in found}, lists)


def _update_related(briefs: Iterable[int], lists: "_WeightedLists") -> None:
    """Recompute the related briefs of these briefs and write those that changed."""
    rows = Related.objects.filter(edition__brief__in=briefs)
    known = {(brief, pk): found for brief, pk, found in rows.values_list("edition__brief_id", "pk", "briefs")}
    labels = _load_labels([pk for _, pk in known])
    near = {pk: _rank_nearest(brief, lists.for_labels(labels[pk])) for brief, pk in known}
    adapt = Related._meta.get_field("briefs").get_db_prep_save
    changed = [(adapt(near[pk], connection), pk) for (_, pk), found in known.items() if near[pk] != found]
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE briefs_related SET briefs = %s WHERE edition_id = %s", changed)


def build_related_lines(edition: Edition) -> dict[str, str]:
    """Build the link to this edition in each language, as the pages of related briefs show it."""
    content = edition.frozen_content
    return {f"line_{page}": cards.render_brief_link(content, edition.slug, page) for page in SIDES}


class _WeightedLists:
    """Newest briefs and weight of each keyword and source, queried once for all editions of a batch."""

    def __init__(self) -> None:
        self.of_keyword = cache(_weigh_keyword)
        self.of_source = cache(lambda source: (_newest_from_source(source), 0.05))

    def for_labels(self, labels: EditionLabelIds) -> list[tuple[list[BriefEditionRow], float]]:
        keywords, source = labels
        found = [self.of_keyword(keyword) for keyword in keywords]
        return [*found, self.of_source(source)] if source else found


def _weigh_keyword(keyword: int) -> tuple[list[BriefEditionRow], float]:
    rows = _newest_with_keyword(keyword)
    return rows, 1 / log2(2 + _count_uses(keyword, rows))


def _load_labels(editions: Sequence[int]) -> dict[int, EditionLabelIds]:
    """Load keyword and source ids of stored editions, by edition id."""
    keywords: dict[int, list[int]] = defaultdict(list)
    rows = EditionKeyword.objects.filter(edition__in=editions)
    for pk, keyword in rows.values_list("edition_id", "keyword_id"):
        keywords[pk].append(keyword)
    sources = dict(Card.objects.filter(edition__in=editions).values_list("edition_id", "source_id"))
    return {pk: (keywords[pk], sources.get(pk)) for pk in editions}


def _rank_nearest(brief: int, lists: Iterable[tuple[list[BriefEditionRow], float]]) -> list[int]:
    """Return the brief ids with the highest weight. Among equals, the larger edition id comes first."""
    scores: dict[int, float] = defaultdict(float)
    newest: dict[int, int] = {}
    for rows, weight in lists:
        for other in {other for other, _ in rows}:
            scores[other] += weight
        for other, pk in rows:
            newest[other] = max(pk, newest.get(other, 0))
    scores.pop(brief, None)
    return sorted(scores, key=lambda other: (-round(scores[other], 9), -newest[other]))[:MAX_RELATED_STORED]


def _newest_rows(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by("-published_at", "-edition_id").values_list("edition__brief_id", "edition_id")[
        :MAX_BRIEFS_PER_LABEL
    ]


_newest_with_keyword = PreparedQuery(lambda pk: _newest_rows(EditionKeyword.objects.filter(keyword=pk)), int)
_newest_from_source = PreparedQuery(lambda pk: _newest_rows(Card.objects.filter(source=pk)), int)


def _count_uses(keyword: int, newest: Sequence[BriefEditionRow]) -> int:
    if len(newest) < MAX_BRIEFS_PER_LABEL:  # the list is complete
        return len(newest)
    return EditionKeyword.objects.filter(keyword=keyword)[:MAX_USES_COUNTED].count()
