"""What public pages ask of the database. Every question passes one of the three words of `Editions`.

`history` is the one exception: it reads editions of a brief that is found now and that were public before.
"""

import datetime as dt
from functools import partial
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.http import Http404

from ..content import SIDES, Side
from ..models.derived import Card, EditionPicture, Rendering
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


class Row(NamedTuple):
    """A brief on a list: its place in the order, its first day, its entry as HTML."""

    pk: int
    published_at: dt.datetime
    published: str
    html: str


class Listing(NamedTuple):
    rows: list[Row]
    older: str
    newer: str
    newest: bool
    lead: dict[str, Any] | None
    """The whole card of the first row, on the first page."""


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


def newest(page: Side, now: dt.datetime, *, before: str | None = None, after: str | None = None) -> Listing:
    """Twenty listed briefs by their first day, from a key on. Raises Malformed."""
    if before is not None:
        got = _older[page](now, *Place.parse(before))
    elif after is not None:
        got = _newer[page](now, *Place.parse(after))
    else:
        got = _newest[page](now)
    more, rows = len(got) > PAGE, [Row(*row) for row in got[:PAGE]]
    if upwards := before is None and after is not None:
        rows.reverse()
    has_older = bool(rows) if upwards else more
    has_newer = more if upwards else bool(rows) and before is not None
    first = before is None and after is None
    return Listing(
        rows,
        older=str(Place(rows[-1].published_at, rows[-1].pk)) if has_older else "",
        newer=str(Place(rows[0].published_at, rows[0].pk)) if has_newer else "",
        newest=first,
        lead=_card(rows[0].pk)[0][0] if first and rows else None,
    )


def feed(side: View, now: dt.datetime) -> list[Entry]:
    return [Entry(*row) for row in _feed(side, now)]


def shows(key: str, now: dt.datetime) -> bool:
    """Whether a listed edition has this picture."""
    return bool(_shows(key, now))


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
    return Edition.objects.listed(now).filter(card__isnull=False).order_by("-published_at", "-pk")


def _rows(page: Side, listed: Rows) -> Rows:
    """Of each card the one string that is wanted: reading whole cards is half the time of a page."""
    published = KeyTextTransform("published", "card__data")
    html = KeyTextTransform("entry", KeyTransform(page, KeyTransform("html", "card__data")))
    return listed.values_list("pk", "published_at", published, html)[: PAGE + 1]


def _older_than(page: Side, now: dt.datetime, *place: Any) -> Rows:
    return _rows(page, _listed(now).filter(Place(*place).older()))


def _newer_than(page: Side, now: dt.datetime, *place: Any) -> Rows:
    return _rows(page, _listed(now).filter(Place(*place).newer()).order_by("published_at", "pk"))


def _entries(side: str, now: dt.datetime) -> Rows:
    return (
        _listed(now)
        .annotate(html=_html(side))
        .values_list("published_at", "live_from", "card__data", "html")[:PAGE]
    )


def _showing(key: str, now: dt.datetime) -> Rows:
    with_it = EditionPicture.objects.filter(key=key).values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).values_list("pk")[:1]


_shows = Prepared(_showing, str, dt.datetime)
_found = Prepared(_find, str, str, dt.datetime)
_history = Prepared(_past, int, dt.datetime)
_card = Prepared(lambda pk: Card.objects.filter(pk=pk).values_list("data"), int)
_newest = {page: Prepared(lambda now, page=page: _rows(page, _listed(now)), dt.datetime) for page in SIDES}
_older = {page: Prepared(partial(_older_than, page), dt.datetime, dt.datetime, int) for page in SIDES}
_newer = {page: Prepared(partial(_newer_than, page), dt.datetime, dt.datetime, int) for page in SIDES}
_feed = Prepared(_entries, str, dt.datetime)
