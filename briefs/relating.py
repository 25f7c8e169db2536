"""Edition → the briefs that go with it: shared keywords, the rarer the heavier, and the same source.

Worked out when an edition is made, from the newest briefs of each of its keywords, so that a page need not. A brief
that others are found for is told to them too: theirs are worked out anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log2
from typing import Any

from django.db.models import QuerySet

from .content import SIDES
from .models.derived import Card, EditionKeyword, Related
from .models.edition import Edition
from .prepared import Prepared
from .rendering import cards

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


def write(editions: Sequence[Edition]) -> None:
    """Of new editions, of which the cards are written."""
    ids = [edition.pk for edition in editions]
    near = _near([(edition.brief_id, edition.pk) for edition in editions])
    Related.objects.filter(edition__in=ids).delete()
    Related.objects.bulk_create(
        Related(edition=edition, briefs=near[edition.pk], **lines(edition)) for edition in editions
    )
    if len(editions) <= FEW:
        briefs = {brief for found in near.values() for brief in found}
        rows = list(Related.objects.filter(edition__brief__in=briefs).select_related("edition"))
        others = _near([(row.edition.brief_id, row.pk) for row in rows])
        for row in rows:
            row.briefs = others[row.pk]
        Related.objects.bulk_update(rows, ["briefs"])


def lines(edition: Edition) -> dict[str, str]:
    """Its own line in each language. Whom it names changes with every brief; this does not."""
    content = edition.frozen
    return {f"line_{page}": cards.line(content, edition.slug, page) for page in SIDES}


def _near(rows: Sequence[Row]) -> dict[int, list[int]]:
    """By edition, the briefs that go with it."""
    ids = [pk for _, pk in rows]
    keywords: dict[int, list[int]] = defaultdict(list)
    for pk, keyword in EditionKeyword.objects.filter(edition__in=ids).values_list("edition_id", "keyword_id"):
        keywords[pk].append(keyword)
    sources = dict(Card.objects.filter(edition__in=ids).values_list("edition_id", "source_id"))
    under = {
        keyword: _under_keyword(keyword) for keyword in sorted({k for ks in keywords.values() for k in ks})
    }
    weights = {keyword: 1 / log2(2 + _uses(keyword, found)) for keyword, found in under.items()}
    beside = {source: _under_source(source) for source in sorted({s for s in sources.values() if s})}
    near = {}
    for brief, pk in rows:
        lists = [(under[k], weights[k]) for k in keywords[pk]]
        lists.append((beside.get(sources.get(pk) or 0, []), 0.05))
        near[pk] = _nearest(brief, lists)
    return near


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
