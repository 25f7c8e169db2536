"""Queries for feeds: the newest briefs of the site, of a subject, or of a search."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from ...database.prepared_query import PreparedQuery
from ...derived.public_brief import BRIEF_COLUMNS, build_briefs
from ...models.edition import Edition
from ...public_brief import PublicBrief
from ..editions import EditionRows
from ..keyset import PAGE_SIZE
from ..subjects.subject_queries import SUBJECT_KINDS


class FeedEntry(NamedTuple):
    brief_id: int
    brief: PublicBrief


def list_newest(now: dt.datetime) -> list[FeedEntry]:
    return _build_entries(_newest(now))


def list_newest_of_subject(kind: str, subject: int, now: dt.datetime) -> list[FeedEntry]:
    return _build_entries(_newest_of_subject[kind](now, subject))


def list_found(found: list[int], now: dt.datetime) -> list[FeedEntry]:
    """Return the listed ones of up to PAGE_SIZE editions, newest first."""
    if not found:
        return []
    return _build_entries(_listed_with_id(now, *found, *found[-1:] * (PAGE_SIZE - len(found))))


def _build_entries(rows: Sequence[Sequence[Any]]) -> list[FeedEntry]:
    briefs = build_briefs([row[1:] for row in rows])
    return [FeedEntry(row[0], brief) for row, brief in zip(rows, briefs, strict=True)]


def _select(rows: EditionRows) -> EditionRows:
    return rows.values_list("brief_id", *BRIEF_COLUMNS)[:PAGE_SIZE]


def _newest_query(now: dt.datetime) -> EditionRows:
    return _select(Edition.objects.listed(now).order_by("-published_at", "-pk"))


def _subject_query(kind: str, now: dt.datetime, pk: int) -> EditionRows:
    of = SUBJECT_KINDS[kind]
    return _select(of.listed_editions(now, pk).order_by(f"-{of.time_column}", f"-{of.id_column}"))


def _found_query(now: dt.datetime, *ids: int) -> EditionRows:
    return _select(Edition.objects.listed(now).filter(pk__in=ids).order_by("-published_at", "-pk"))


_newest = PreparedQuery(_newest_query, dt.datetime)
_newest_of_subject = {
    kind: PreparedQuery(partial(_subject_query, kind), dt.datetime, int) for kind in SUBJECT_KINDS
}
_listed_with_id = PreparedQuery(_found_query, dt.datetime, *[int] * PAGE_SIZE)
