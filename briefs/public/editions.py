"""What public pages ask of the database. Every question passes one of the three words of `Editions`.

`history` is the one exception: it reads editions of a brief that is found now and that were public before.
"""

import datetime as dt
from collections.abc import Collection
from functools import partial
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from ..content import SIDES, Content, Side
from ..database.prepared_query import Prepared
from ..models.derived import Card, EditionPicture, Rendering
from ..models.edition import Edition
from ..rendering import View
from ..rendering.term_marks import PAGES
from .keyset import Walk

PAGE = 20
MOST_BESIDE = 10

ANYWHERE = Q()

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
    credit: str
    source: str
    gist: str
    head: str
    cite: str
    html: str
    gloss: dict[str, Any] | None
    """`marks` and `html` of the page, as `Gloss` has them."""
    related: list[int] | None
    """Briefs that go with it, public or not."""
    older: int | None
    newer: int | None
    """The briefs beside it in the list of the newest."""


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

    @property
    def published(self) -> str:
        return timezone.localdate(self.published_at).isoformat()


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


def find(slug: str, view: View, now: dt.datetime, page: Side = "zh") -> Found:
    """One query for what is there. Raises Gone and Http404: hidden and never written look the same."""
    rows = _found[f"parallel_{page}" if view == "parallel" else view](slug, view, now)
    if not rows:
        raise _absence(slug, now)
    found = Found(*rows[0])
    if not found.html or not found.head:
        raise LookupError(f"Edition {found.pk} has nothing derived: run manage.py rebuild_derived.")
    return found


def history(edition: Found, now: dt.datetime) -> list[Line]:
    """Editions that were or are public, newest first: nothing scheduled, cancelled or removed."""
    rows = _history(edition.brief_id, now) if edition.number > 1 else []
    return [*(Line(*row) for row in rows[:-1]), Line(edition.published_at, first=True)]


def content(edition: Found) -> Content:
    return Content.from_json(Edition.objects.values_list("content", flat=True).get(pk=edition.pk))


def beside(edition: Found, page: Side, now: dt.datetime) -> dict[int, str]:
    """By brief, the lines of those that stand beside this one: the older, the newer, the related. Listed ones only."""
    briefs = [edition.older or 0, edition.newer or 0, *(edition.related or ())][:MOST_BESIDE]
    briefs += [0] * (MOST_BESIDE - len(briefs))
    return dict(_beside[page](now, *briefs))


def newest(page: Side, now: dt.datetime, *, before: str | None = None, after: str | None = None) -> Listing:
    """Twenty listed briefs by their first day, from a key on. Raises Malformed."""
    rows, older, newer = _newest[page].sheet(now, before=before, after=after)
    first = before is None and after is None
    lead = card(rows[0].pk) if first and rows else None
    return Listing(rows, older, newer, newest=first, lead=lead)


def card(pk: int) -> dict[str, Any]:
    """Of an edition that was found before."""
    data: dict[str, Any] = _card(pk)[0][0]
    return data


def card_of(slug: str, now: dt.datetime) -> dict[str, Any]:
    """Of a listed brief. Raises as `find` does; a withdrawn one has a notice and nothing else."""
    rows = _carded(slug, now)
    if not rows:
        raise _absence(slug, now)
    data: dict[str, Any] = rows[0][0]
    return data


def feed(page: Side, now: dt.datetime, *, kind: str = "", subject: int = 0) -> list[Entry]:
    """The newest, or the newest under a keyword or of a source."""
    rows = _feed_under[kind, page](subject, now) if kind else _feed[page](now)
    return [Entry(*row) for row in rows]


def changes(briefs: Collection[int], now: dt.datetime) -> dict[int, list[Line]]:
    """Of these briefs, the editions that were no minor change, newest first. Who has a note told readers of it."""
    rows = _public_past(now).filter(brief__in=briefs, minor=False)
    found: dict[int, list[Line]] = {}
    for brief, *row in rows.values_list("brief", *_LINE):
        found.setdefault(brief, []).append(Line(*row))
    return found


def shows(key: str, now: dt.datetime) -> bool:
    """Whether a listed edition has this picture."""
    return bool(_shows(key, now))


def _absence(slug: str, now: dt.datetime) -> Exception:
    return Gone() if Edition.objects.gone(now).filter(slug=slug).exists() else Http404()


def _html(view: str) -> Subquery:
    return Subquery(Rendering.objects.filter(edition=OuterRef("pk"), view=view).values("html"))


_LINE = ("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")
_FACE = {name: f"face__{name}" for name in ("byline", "credit", "source", "gist", "head", "cite")}
_COLUMNS = {"card": "card__data", "related": "related__briefs", **_FACE}
"""Of `Found`, where the name of a column is another."""


def _find(name: str, slug: str, view: str, now: dt.datetime) -> Rows:
    found: Rows = (
        facing(Edition.objects.found(now), PAGES[name][0])
        .filter(slug=slug)
        .annotate(
            html=_html(view),
            older=_next_to(now, "lt", "-"),
            newer=_next_to(now, "gt", ""),
        )
    )
    columns = _COLUMNS | {"gloss": f"gloss__{name}"}
    return found.values_list(*(columns.get(column, column) for column in Found._fields))[:1]


def _next_to(now: dt.datetime, way: str, order: str) -> Subquery:
    """The brief on one side of an edition in the list of the newest."""
    moment, same = Q(**{f"published_at__{way}e": OuterRef("published_at")}), OuterRef("published_at")
    there = moment & (Q(**{f"published_at__{way}": same}) | Q(**{f"pk__{way}": OuterRef("pk")}))
    listed = Edition.objects.listed(now).filter(there).order_by(f"{order}published_at", f"{order}pk")
    return Subquery(listed.values("brief_id")[:1])


def _lines_of(page: Side, now: dt.datetime, *briefs: Any) -> Rows:
    listed = Edition.objects.listed(now).filter(brief_id__in=briefs)
    return listed.values_list("brief_id", f"related__line_{page}")


def _past(brief: int, now: dt.datetime) -> Rows:
    return _public_past(now).filter(brief_id=brief).values_list(*_LINE)


def _public_past(now: dt.datetime) -> Rows:
    public = Edition.objects.filter(live_from__lte=now, removed_at=None)
    return public.exclude(live_until=F("live_from")).order_by("-live_from")


def _listed(now: dt.datetime, *, where: Q = ANYWHERE) -> Rows:
    return Edition.objects.listed(now).filter(where, card__isnull=False)


def entries(page: Side, listed: Rows) -> Rows:
    rows: Rows = facing(listed, page).values_list("pk", "published_at", "face__entry")
    return rows


def facing(rows: Rows, page: Side) -> Any:
    """With what pages of this language show of each, as `face`."""
    return rows.annotate(face=FilteredRelation("faces", condition=Q(faces__page=page)))


def _entries(page: Side, now: dt.datetime, **places: Any) -> Rows:
    listed = _listed(now).filter(**places).order_by("-published_at", "-pk")
    rows: Rows = facing(listed, page).annotate(html=_html(page))
    return rows.values_list(*(_COLUMNS.get(name, name) for name in Entry._fields))[:PAGE]


def _entries_under(kind: str, page: Side, pk: int, now: dt.datetime) -> Rows:
    if kind == "sources":
        return _entries(page, now, card__source=pk)
    return _entries(page, now, in_keywords__keyword=pk)


def _carded_by(slug: str, now: dt.datetime) -> Rows:
    return _listed(now).filter(slug=slug).values_list("card__data")[:1]


def _showing(key: str, now: dt.datetime) -> Rows:
    with_it = EditionPicture.objects.filter(key=key).values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).values_list("pk")[:1]


_shows = Prepared(_showing, str, dt.datetime)
_found = {name: Prepared(partial(_find, name), str, str, dt.datetime) for name in PAGES}
_beside = {page: Prepared(partial(_lines_of, page), dt.datetime, *[int] * MOST_BESIDE) for page in SIDES}
_history = Prepared(_past, int, dt.datetime)
_card = Prepared(lambda pk: Card.objects.filter(pk=pk).values_list("data"), int)
_newest = {
    page: Walk(
        _listed, partial(entries, page), Row, dt.datetime, at="published_at", pk="pk", size=lambda: PAGE
    )
    for page in SIDES
}
_carded = Prepared(_carded_by, str, dt.datetime)
_feed = {page: Prepared(partial(_entries, page), dt.datetime) for page in SIDES}
_feed_under = {
    (kind, page): Prepared(partial(_entries_under, kind, page), int, dt.datetime)
    for kind in ("keywords", "sources")
    for page in SIDES
}
