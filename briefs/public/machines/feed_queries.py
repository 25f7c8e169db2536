"""Queries for feeds: the newest briefs of the site, of a subject, or of a search."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from ...content import SIDES, Side
from ...database.prepared_query import PreparedQuery
from ...models.edition import Edition
from ...rendering import READING_VIEWS, ReadingView, select_order
from .. import editions
from ..editions import EditionRows
from ..keyset import PAGE_SIZE
from ..subjects.subject_queries import SUBJECT_KINDS


class FeedEntry(NamedTuple):
    pk: int
    brief_id: int
    published_at: dt.datetime
    card: dict[str, Any]
    byline: str
    html: str


def list_newest(language: Side, view: ReadingView, now: dt.datetime) -> list[FeedEntry]:
    return _build_entries(_newest[view, language](now), language, view)


def list_newest_of_subject(
    kind: str, subject: int, language: Side, view: ReadingView, now: dt.datetime
) -> list[FeedEntry]:
    return _build_entries(_newest_of_subject[kind, view, language](now, subject), language, view)


def list_found(found: list[int], language: Side, view: ReadingView, now: dt.datetime) -> list[FeedEntry]:
    """Return the listed ones of up to PAGE_SIZE editions, newest first."""
    if not found:
        return []
    ids = [*found, *found[-1:] * (PAGE_SIZE - len(found))]
    return _build_entries(_listed_with_id[view, language](now, *ids), language, view)


def _build_entries(rows: Sequence[Sequence[Any]], language: Side, view: ReadingView) -> list[FeedEntry]:
    entries = [FeedEntry(*row) for row in rows if None not in row]  # else its derived rows are not made yet
    if view != "parallel":
        return entries
    return [entry._replace(html=select_order(entry.html, language)) for entry in entries]


def _select(language: Side, view: ReadingView, rows: EditionRows) -> EditionRows:
    shown: EditionRows = (
        editions.annotate_face(rows, language)
        .annotate(html=editions.select_html(view))
        .values_list("pk", "brief_id", "published_at", "card__data", "face__byline", "html")[:PAGE_SIZE]
    )
    return shown


def _newest_query(language: Side, view: ReadingView, now: dt.datetime) -> EditionRows:
    listed = Edition.objects.listed(now).filter(card__isnull=False)
    return _select(language, view, listed.order_by("-published_at", "-pk"))


def _subject_query(kind: str, language: Side, view: ReadingView, now: dt.datetime, pk: int) -> EditionRows:
    of = SUBJECT_KINDS[kind]
    return _select(
        language, view, of.listed_editions(now, pk).order_by(f"-{of.time_column}", f"-{of.id_column}")
    )


def _found_query(language: Side, view: ReadingView, now: dt.datetime, *ids: int) -> EditionRows:
    listed = Edition.objects.listed(now).filter(card__isnull=False, pk__in=ids)
    return _select(language, view, listed.order_by("-published_at", "-pk"))


_VIEWS = [(view, page) for page in SIDES for view in READING_VIEWS if view in (page, "parallel")]
_newest = {
    (view, page): PreparedQuery(partial(_newest_query, page, view), dt.datetime) for view, page in _VIEWS
}
_newest_of_subject = {
    (kind, view, page): PreparedQuery(partial(_subject_query, kind, page, view), dt.datetime, int)
    for kind in SUBJECT_KINDS
    for view, page in _VIEWS
}
_listed_with_id = {
    (view, page): PreparedQuery(partial(_found_query, page, view), dt.datetime, *[int] * PAGE_SIZE)
    for view, page in _VIEWS
}
