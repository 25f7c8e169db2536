"""Edition → the briefs that go with it: shared keywords, the rarer the heavier, and the same source.

Worked out when an edition is made, from the newest briefs of each of its keywords, so that a page need not. A brief
that others are found for is told to them too: theirs are worked out anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import log2
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ..content import SIDES
from ..database.bulk_insert import insert
from ..database.prepared_query import Prepared
from ..models.derived import Card, EditionKeyword, Related
from ..models.edition import Edition
from ..rendering import cards

KEPT = 8
"""More than a page shows: some may not be public when it is read."""
NEWEST = 60
"""Briefs looked at under each keyword and source."""
RARE = 2000
"""From here on a keyword is as common as can be."""
FEW = 5
"""Editions made together whose relatives are told at once; a bulk load tells nobody."""

type Row = tuple[Any, ...]
"""(brief, edition), newest first."""

type Labels = tuple[list[int], int | None]
"""Of an edition: its keywords and its source, by id, as they are called now."""


def add(editions: Sequence[Edition], labels: Mapping[int, Labels]) -> None:
    """Of editions that have none, of which the cards are written; `labels` are theirs, by id."""
    lists = _Lists()
    near = {edition.pk: _nearest(edition.brief_id, lists.under(labels[edition.pk])) for edition in editions}
    insert(
        Related,
        ("edition_id", "briefs", *(f"line_{page}" for page in SIDES)),
        [(edition.pk, near[edition.pk], *lines(edition).values()) for edition in editions],
    )
    if len(editions) <= FEW:
        _tell({brief for found in near.values() for brief in found}, lists)


def _tell(briefs: Iterable[int], lists: "_Lists") -> None:
    """Work out anew what goes with these, and write what is another now."""
    rows = Related.objects.filter(edition__brief__in=briefs)
    known = {(brief, pk): found for brief, pk, found in rows.values_list("edition__brief_id", "pk", "briefs")}
    labels = _labels([pk for _, pk in known])
    near = {pk: _nearest(brief, lists.under(labels[pk])) for brief, pk in known}
    adapt = Related._meta.get_field("briefs").get_db_prep_save
    changed = [(adapt(near[pk], connection), pk) for (_, pk), found in known.items() if near[pk] != found]
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE briefs_related SET briefs = %s WHERE edition_id = %s", changed)


def lines(edition: Edition) -> dict[str, str]:
    """Its own line in each language. Whom it names changes with every brief; this does not."""
    content = edition.frozen
    return {f"line_{page}": cards.render_brief_link(content, edition.slug, page) for page in SIDES}


class _Lists:
    """The newest under each keyword and source with its weight, asked once for all that are worked out together."""

    def __init__(self) -> None:
        self.of_keyword = cache(_weighed)
        self.of_source = cache(lambda source: (_under_source(source), 0.05))

    def under(self, labels: Labels) -> list[tuple[list[Row], float]]:
        keywords, source = labels
        found = [self.of_keyword(keyword) for keyword in keywords]
        return [*found, self.of_source(source)] if source else found


def _weighed(keyword: int) -> tuple[list[Row], float]:
    rows = _under_keyword(keyword)
    return rows, 1 / log2(2 + _uses(keyword, rows))


def _labels(editions: Sequence[int]) -> dict[int, Labels]:
    """Of editions that are there already."""
    keywords: dict[int, list[int]] = defaultdict(list)
    rows = EditionKeyword.objects.filter(edition__in=editions)
    for pk, keyword in rows.values_list("edition_id", "keyword_id"):
        keywords[pk].append(keyword)
    sources = dict(Card.objects.filter(edition__in=editions).values_list("edition_id", "source_id"))
    return {pk: (keywords[pk], sources.get(pk)) for pk in editions}


def _nearest(brief: int, lists: Iterable[tuple[list[Row], float]]) -> list[int]:
    """By weight, and of equals the newest: its edition has the larger id."""
    scores: dict[int, float] = defaultdict(float)
    newest: dict[int, int] = {}
    for rows, weight in lists:
        for other in {other for other, _ in rows}:
            scores[other] += weight
        for other, pk in rows:
            newest[other] = max(pk, newest.get(other, 0))
    scores.pop(brief, None)
    return sorted(scores, key=lambda other: (-round(scores[other], 9), -newest[other]))[:KEPT]


def _newest(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by("-published_at", "-edition_id").values_list("edition__brief_id", "edition_id")[
        :NEWEST
    ]


_under_keyword = Prepared(lambda pk: _newest(EditionKeyword.objects.filter(keyword=pk)), int)
_under_source = Prepared(lambda pk: _newest(Card.objects.filter(source=pk)), int)


def _uses(keyword: int, newest: Sequence[Row]) -> int:
    if len(newest) < NEWEST:  # that is all of them
        return len(newest)
    return EditionKeyword.objects.filter(keyword=keyword)[:RARE].count()
