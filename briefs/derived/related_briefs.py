"""Find the briefs related to a brief by shared keywords, weighted by rarity, and by the same source."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import log2
from typing import Final

from django.db import connection

from briefs.models.derived import EditionKeyword, EditionPlace
from briefs.models.edition import Edition

MAX_RELATED: Final = 8
"""More than a page shows, because some may not be public."""
MAX_BRIEFS_PER_NAME: Final = 60
"""Newest briefs considered for each keyword and source."""
MAX_USES_COUNTED: Final = 2000
"""Number of uses at which the weight of a keyword stops falling."""
_SOURCE_WEIGHT: Final = 0.05

type _NameKey = tuple[str, int]
"""`k` or `s`, and the id of the keyword or source."""


def find_related(brief: int, keywords: Iterable[int], source: int | None) -> list[int]:
    """Return the ids of the most related briefs. Equally related ones come in falling order of edition id. One query."""
    keys: list[_NameKey] = [("k", keyword) for keyword in keywords]
    keys += [("s", source)] if source else []
    scores: dict[int, float] = defaultdict(float)
    newest: dict[int, int] = {}
    for rows, weight in _load_newest_briefs(keys):
        for other in {other for other, _ in rows}:
            scores[other] += weight
        for other, pk in rows:
            newest[other] = max(pk, newest.get(other, 0))
    scores.pop(brief, None)
    return sorted(scores, key=lambda other: (-round(scores[other], 9), -newest[other]))[:MAX_RELATED]


def _load_newest_briefs(keys: Sequence[_NameKey]) -> Iterator[tuple[list[tuple[int, int]], float]]:
    """Yield, for each name, its newest briefs as (brief, edition), and the weight of sharing the name."""
    if not keys:
        return
    rows: list[list[tuple[int, int]]] = [[] for _ in keys]
    uses = [0] * len(keys)
    with connection.cursor() as cursor:
        cursor.execute(_build_related_sql(key[0] for key in keys), [pk for _, pk in keys for _ in range(2)])
        for n, brief, edition, count in cursor.fetchall():
            rows[n].append((brief, edition))
            uses[n] = count
    for n, (kind, _) in enumerate(keys):
        yield rows[n], _SOURCE_WEIGHT if kind == "s" else 1 / log2(2 + uses[n])


def _build_related_sql(kinds: Iterable[str]) -> str:
    """Build one query for the newest briefs of several names. Each is read from an index up to its limit."""
    editions = Edition._meta.db_table
    parts = []
    for n, kind in enumerate(kinds):
        table, column = (
            (EditionKeyword._meta.db_table, "keyword_id")
            if kind == "k"
            else (EditionPlace._meta.db_table, "source_id")
        )
        limited = f"SELECT 1 FROM {table} WHERE {column} = %s LIMIT {MAX_USES_COUNTED}"  # noqa: S608 our own names
        parts.append(
            f"SELECT * FROM (SELECT {n} AS n, e.brief_id, e.id, (SELECT COUNT(*) FROM ({limited}) AS c{n}) AS uses"  # noqa: S608
            f" FROM {table} j JOIN {editions} e ON e.id = j.edition_id WHERE j.{column} = %s"
            f" ORDER BY j.published_at DESC, j.edition_id DESC LIMIT {MAX_BRIEFS_PER_NAME}) AS names{n}"
        )
    return " UNION ALL ".join(parts)
