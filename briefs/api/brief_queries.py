"""Queries of the API and the assistants for editions in their declared shape, compiled once (`database.prepared_query`)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from msgspec import Struct

from ..database.prepared_query import PreparedQuery
from ..derived.brief_shape import Change
from ..derived.shape_queries import EditionRows, ShapeQuery, ShapeRow, build_shapes, pad_ids
from ..models.edition import Edition
from ..public.page_keys import ListPosition, build_beyond_condition
from . import parameters
from .api_responses import Problem

SETTLING: Final = dt.timedelta(minutes=1)
"""Every change that is older has been committed."""


class ChangePage(Struct):
    """Changes, oldest first. `cursor` is the next `since`, also if there are no changes. `more`: read on now."""

    changes: list[Change]
    cursor: str
    more: bool


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


def find_row(slug: str) -> ShapeRow:
    """Return the columns of a brief that readers find. Raise Problem if it was removed, else Http404."""
    now = timezone.now()
    if rows := find_by_slug(now, slug):
        return rows[0]
    removed = Edition.objects.gone(now).filter(slug=slug).values_list("removed_at", flat=True).first()
    if removed:
        raise Problem(HTTPStatus.GONE, "This brief was removed. Delete your copy.", removed=removed)
    raise Http404


def build_change_page(values: Mapping[str, str]) -> ChangePage:
    position, limit = parameters.read_change_position(values), parameters.read_limit(values)
    now = timezone.now()
    rows = fetch_changes(position, now - SETTLING, limit + 1)
    page = rows[:limit]
    found = fetch_found(now, list({row[1] for row in page}))
    by_id = {brief.id: brief for brief in build_shapes(found)}
    changes = [Change(brief, number, kind, at, by_id.get(brief)) for _, brief, number, kind, at in page]
    last = ListPosition(page[-1][-1], page[-1][0]) if page else position
    return ChangePage(changes, str(last), len(rows) > limit)


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
