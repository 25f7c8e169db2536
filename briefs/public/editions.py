"""What public pages ask of the database. Every question passes one of the three words of `Editions`.

`history` is the one exception: it reads editions of a brief that is found now and that were public before.
"""

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import Http404

from ..models.derived import Rendering
from ..models.edition import Edition
from ..rendering import View
from .paging import Place
from .prepared import Prepared

PAGE = 20

type Rows = QuerySet[Edition, Any]


class Gone(Exception):
    """The page was public and has been removed."""


class Found(NamedTuple):
    """A brief's public edition with what is derived from it."""

    pk: int
    brief_id: int
    number: int
    live_from: dt.datetime
    published_at: dt.datetime
    urgent: bool
    confirmed_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    card: dict[str, Any]
    html: str


class Line(NamedTuple):
    """One edition of a brief's history."""

    live_from: dt.datetime
    minor: bool = False
    kind: str = ""
    note_zh: str = ""
    note_en: str = ""
    first: bool = False


class Listing(NamedTuple):
    rows: list[tuple[int, dt.datetime, dict[str, Any]]]
    older: str
    newer: str
    newest: bool


class Entry(NamedTuple):
    """A brief in a feed."""

    published_at: dt.datetime
    live_from: dt.datetime
    card: dict[str, Any]
    html: str


def find(slug: str, view: View, now: dt.datetime) -> Found:
    """One query for what is there. Raises Gone and Http404: hidden and never written look the same."""
    rows = _found(slug, view, now)
    if not rows:
        if Edition.objects.gone(now).filter(slug=slug).exists():
            raise Gone
        raise Http404
    found = Found(*rows[0])
    if not found.html or not found.card:
        raise LookupError(f"Edition {found.pk} has nothing derived: run manage.py rebuild_derived.")
    return found


def history(edition: Found, now: dt.datetime) -> list[Line]:
    """Editions that were or are public, newest first: nothing scheduled, cancelled or removed."""
    rows = _history(edition.brief_id, now) if edition.number > 1 else []
    return [*(Line(*row) for row in rows[:-1]), Line(edition.published_at, first=True)]


def newest(now: dt.datetime, *, before: str | None = None, after: str | None = None) -> Listing:
    """Twenty listed briefs by their first day, from a key on. Raises Malformed."""
    if before is not None:
        got = _older(now, *Place.parse(before))
    elif after is not None:
        got = _newer(now, *Place.parse(after))
    else:
        got = _newest(now)
    more, rows = len(got) > PAGE, got[:PAGE]
    if upwards := before is None and after is not None:
        rows.reverse()
    has_older = bool(rows) if upwards else more
    has_newer = more if upwards else bool(rows) and before is not None
    return Listing(
        rows,
        older=str(Place(rows[-1][1], rows[-1][0])) if has_older else "",
        newer=str(Place(rows[0][1], rows[0][0])) if has_newer else "",
        newest=before is None and after is None,
    )


def feed(side: View, now: dt.datetime) -> list[Entry]:
    return [Entry(*row) for row in _feed(side, now)]


def _html(view: str) -> Subquery:
    return Subquery(Rendering.objects.filter(edition=OuterRef("pk"), view=view).values("html"))


def _find(slug: str, view: str, now: dt.datetime) -> Rows:
    columns = ["card__data" if name == "card" else name for name in Found._fields]
    found = Edition.objects.found(now).filter(slug=slug).annotate(html=_html(view))
    return found.values_list(*columns)[:1]


def _past(brief: int, now: dt.datetime) -> Rows:
    public = Edition.objects.filter(brief_id=brief, live_from__lte=now, removed_at=None)
    lines = public.exclude(live_until=F("live_from")).order_by("-live_from")
    return lines.values_list("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")


def _listed(now: dt.datetime) -> Rows:
    listed = Edition.objects.listed(now).filter(card__isnull=False).order_by("-published_at", "-pk")
    return listed.values_list("pk", "published_at", "card__data")


def _from(now: dt.datetime, published_at: dt.datetime, pk: int, *, older: bool) -> Rows:
    place = Place(published_at, pk)
    if older:
        return _listed(now).filter(place.older())[: PAGE + 1]
    return _listed(now).filter(place.newer()).order_by("published_at", "pk")[: PAGE + 1]


def _entries(side: str, now: dt.datetime) -> Rows:
    return (
        _listed(now)
        .annotate(html=_html(side))
        .values_list("published_at", "live_from", "card__data", "html")[:PAGE]
    )


_found = Prepared(_find, str, str, dt.datetime)
_history = Prepared(_past, int, dt.datetime)
_newest = Prepared(lambda now: _listed(now)[: PAGE + 1], dt.datetime)
_older = Prepared(lambda *key: _from(*key, older=True), dt.datetime, dt.datetime, int)
_newer = Prepared(lambda *key: _from(*key, older=False), dt.datetime, dt.datetime, int)
_feed = Prepared(_entries, str, dt.datetime)
