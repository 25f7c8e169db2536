"""Queries of the API for editions in their declared shape, each compiled once (`database.prepared_query`)."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Q

from ..database.prepared_query import PreparedQuery
from ..models.edition import Edition
from ..public.page_keys import ListPosition, build_beyond_condition
from ..shapes.shape_queries import EditionRows, ShapeQuery, ShapeRow, pad_ids


def fetch_newest(
    now: dt.datetime, limit: int, *, since: dt.datetime | None, position: ListPosition | None
) -> list[ShapeRow]:
    """Return up to `limit` listed editions below a position of the list, newest first."""
    values = [*([since] if since else []), *(position or ())]
    return _newest_query(limit, since is not None, position is not None)(now, *values)


def fetch_listed(now: dt.datetime, ids: Sequence[int], *, since: dt.datetime | None) -> list[ShapeRow]:
    """Return the listed ones of these editions, in their order."""
    if not ids:
        return []
    padded = pad_ids(ids)
    values = [since] if since else []
    rows = _listed_query(len(padded), since is not None)(now, *values, *padded)
    by_id = {row.pk: row for row in rows}
    return [by_id[pk] for pk in ids if pk in by_id]


def fetch_by_slug(now: dt.datetime, slugs: Sequence[str]) -> list[ShapeRow]:
    """Return the listed editions with these slugs, in their order."""
    if not slugs:
        return []
    padded = pad_ids(slugs)
    by_slug = {row.slug: row for row in _slugs_query(len(padded))(now, *padded)}
    return [by_slug[slug] for slug in slugs if slug in by_slug]


def fetch_found(now: dt.datetime, briefs: Sequence[int]) -> list[ShapeRow]:
    """Return the editions of these briefs that readers find."""
    if not briefs:
        return []
    padded = pad_ids(briefs)
    return _found_query(len(padded))(now, *padded)


def fetch_changes(position: ListPosition, until: dt.datetime, limit: int) -> list[tuple[Any, ...]]:
    """Return up to `limit` rows of `changed` after a position."""
    return _changes_query(limit)(position.published_at, until, position.id)


find_by_slug = ShapeQuery(lambda now, slug: Edition.objects.found(now).filter(slug=slug)[:1], str)


@lru_cache(maxsize=64)
def _newest_query(limit: int, has_since: bool, has_position: bool) -> ShapeQuery:
    def build(now: dt.datetime, *values: Any) -> EditionRows:
        editions = _listed(now, values[0] if has_since else None)
        if has_position:
            editions = editions.filter(build_beyond_condition("lt", *values[-2:]))
        return editions.order_by("-published_at", "-pk")[:limit]

    return ShapeQuery(build, *[dt.datetime] * has_since, *[dt.datetime, int] * has_position)


@lru_cache(maxsize=64)
def _changes_query(limit: int) -> PreparedQuery:
    def build(since: dt.datetime, until: dt.datetime, pk: int) -> EditionRows:
        beyond = Q(changed_at__gt=since) | Q(pk__gt=pk)
        return Edition.objects.changed(since, until).filter(beyond)[:limit]

    return PreparedQuery(build, dt.datetime, dt.datetime, int)


@lru_cache(maxsize=16)
def _listed_query(size: int, has_since: bool) -> ShapeQuery:
    def build(now: dt.datetime, *values: Any) -> EditionRows:
        return _listed(now, values[0] if has_since else None).filter(pk__in=values[has_since:])

    return ShapeQuery(build, *[dt.datetime] * has_since, *[int] * size)


@lru_cache(maxsize=2)
def _slugs_query(size: int) -> ShapeQuery:
    return ShapeQuery(lambda now, *slugs: Edition.objects.listed(now).filter(slug__in=slugs), *[str] * size)


@lru_cache(maxsize=8)
def _found_query(size: int) -> ShapeQuery:
    return ShapeQuery(lambda now, *briefs: Edition.objects.found(now).filter(brief__in=briefs), *[int] * size)


def _listed(now: dt.datetime, since: dt.datetime | None) -> EditionRows:
    listed: EditionRows = Edition.objects.listed(now)
    return listed.filter(Q(live_from__gte=since) | Q(reinstated_at__gte=since)) if since else listed
