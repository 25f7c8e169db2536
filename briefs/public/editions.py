"""What public pages ask of the database. Every question passes one of the three words of `Editions`.

`history` is the one exception: it reads editions of a brief that is found now and that were public before.
"""

import datetime as dt
from collections.abc import Collection
from functools import partial
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from ..content import SIDES, Side
from ..models.derived import Card, EditionKeyword, EditionPicture, Rendering
from ..models.edition import Edition
from ..rendering import View
from .paging import Place
from .prepared import Prepared
from .subjects import KINDS, Subject

PAGE = 20

_LINE = ("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")

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
    byline: str
    source: str
    gist: str
    head: str
    cite: str
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
    """A brief on a list: its place in the order, its entry as HTML."""

    pk: int
    published_at: dt.datetime
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

    pk: int
    brief_id: int
    number: int
    published_at: dt.datetime
    live_from: dt.datetime
    card: dict[str, Any]
    byline: str
    html: str


def find(slug: str, page: Side, view: View, now: dt.datetime) -> Found:
    """One query for what is there. Raises Gone and Http404: hidden and never written look the same."""
    rows = _found[page](slug, view, now)
    if not rows:
        if Edition.objects.gone(now).filter(slug=slug).exists():
            raise Gone
        raise Http404
    found = Found(*rows[0])
    if not found.html or not found.head:
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


def card(slug: str, now: dt.datetime) -> dict[str, Any] | None:
    """Of a listed brief."""
    rows = _carded(slug, now)
    return rows[0][0] if rows else None


def feed(page: Side, now: dt.datetime, subject: Subject | None = None) -> list[Entry]:
    """The newest, or the newest under a keyword or of a source."""
    rows = _feed_under[subject.kind, page](subject.pk, now) if subject else _feed[page](now)
    return [Entry(*row) for row in rows]


def changes(briefs: Collection[int], now: dt.datetime) -> dict[int, list[Line]]:
    """What these briefs' readers were told of changes, newest first: the notes of `history`."""
    rows = _public_past(now).filter(brief__in=briefs, minor=False).exclude(change_note_zh="")
    found: dict[int, list[Line]] = {}
    for brief, *row in rows.values_list("brief", *_LINE):
        found.setdefault(brief, []).append(Line(*row))
    return found


def shows(key: str, now: dt.datetime) -> bool:
    """Whether a listed edition has this picture."""
    return bool(_shows(key, now))


def _html(view: str) -> Subquery:
    return Subquery(Rendering.objects.filter(edition=OuterRef("pk"), view=view).values("html"))


def _find(page: Side, slug: str, view: str, now: dt.datetime) -> Rows:
    found: Rows = _facing(Edition.objects.found(now).filter(slug=slug), page).annotate(html=_html(view))
    columns = {"card": "card__data"} | {
        name: f"face__{name}" for name in ("byline", "source", "gist", "head", "cite")
    }
    return found.values_list(*(columns.get(name, name) for name in Found._fields))[:1]


def _facing(rows: Rows, page: Side) -> Any:
    """With what pages of this language show of it, as `face`."""
    return rows.annotate(face=FilteredRelation("faces", condition=Q(faces__page=page)))


def _past(brief: int, now: dt.datetime) -> Rows:
    lines = _public_past(now).filter(brief_id=brief)
    return lines.values_list(*_LINE)


def _public_past(now: dt.datetime) -> Rows:
    public = Edition.objects.filter(live_from__lte=now, removed_at=None)
    return public.exclude(live_until=F("live_from")).order_by("-live_from")


def _listed(now: dt.datetime) -> Rows:
    return Edition.objects.listed(now).filter(card__isnull=False).order_by("-published_at", "-pk")


def _rows(page: Side, listed: Rows) -> Rows:
    rows: Rows = _facing(listed, page).values_list("pk", "published_at", "face__entry")
    return rows[: PAGE + 1]


def _older_than(page: Side, now: dt.datetime, *place: Any) -> Rows:
    return _rows(page, _listed(now).filter(Place(*place).older()))


def _newer_than(page: Side, now: dt.datetime, *place: Any) -> Rows:
    return _rows(page, _listed(now).filter(Place(*place).newer()).order_by("published_at", "pk"))


def _entries(page: Side, now: dt.datetime, **places: Any) -> Rows:
    rows: Rows = _facing(_listed(now).filter(**places), page).annotate(html=_html(page))
    columns = {"card": "card__data", "byline": "face__byline"}
    return rows.values_list(*(columns.get(name, name) for name in Entry._fields))[:PAGE]


def _entries_under(kind: str, page: Side, pk: int, now: dt.datetime) -> Rows:
    if kind == "sources":
        return _entries(page, now, card__source=pk)
    return _entries(page, now, pk__in=EditionKeyword.objects.filter(keyword=pk).values("edition"))


def _showing(key: str, now: dt.datetime) -> Rows:
    with_it = EditionPicture.objects.filter(key=key).values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).values_list("pk")[:1]


_shows = Prepared(_showing, str, dt.datetime)
_found = {page: Prepared(partial(_find, page), str, str, dt.datetime) for page in SIDES}
_history = Prepared(_past, int, dt.datetime)
_card = Prepared(lambda pk: Card.objects.filter(pk=pk).values_list("data"), int)
_newest = {page: Prepared(lambda now, page=page: _rows(page, _listed(now)), dt.datetime) for page in SIDES}
_older = {page: Prepared(partial(_older_than, page), dt.datetime, dt.datetime, int) for page in SIDES}
_newer = {page: Prepared(partial(_newer_than, page), dt.datetime, dt.datetime, int) for page in SIDES}
_carded = Prepared(
    lambda slug, now: (
        Edition.objects.listed(now).filter(slug=slug, card__isnull=False).values_list("card__data")[:1]
    ),
    str,
    dt.datetime,
)
_feed = {page: Prepared(partial(_entries, page), dt.datetime) for page in SIDES}
_feed_under = {
    (kind, page): Prepared(partial(_entries_under, kind, page), int, dt.datetime)
    for kind in KINDS
    for page in SIDES
}
