"""What public pages ask of the database. Every question passes one of the three words of `Editions`.

`history` is the one exception: it reads editions of a brief that is found now and that were public before.
"""

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Subquery
from django.http import Http404

from ..models.derived import Rendering
from ..models.edition import Edition
from ..rendering import View
from .paging import Malformed, Place

PAGE = 20

_HISTORY = ("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")


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


_COLUMNS = ["card__data" if name == "card" else name for name in Found._fields]


class Listing(NamedTuple):
    rows: list[tuple[int, dt.datetime, dict[str, Any]]]
    older: str
    newer: str
    newest: bool


def find(slug: str, view: View, now: dt.datetime) -> Found:
    """One query for what is there. Raises Gone and Http404: hidden and never written look the same."""
    html = Rendering.objects.filter(edition=OuterRef("pk"), view=view).values("html")
    found = Edition.objects.found(now).filter(slug=slug).annotate(html=Subquery(html))
    row = found.values_list(*_COLUMNS).first()
    if row is None:
        if Edition.objects.gone(now).filter(slug=slug).exists():
            raise Gone
        raise Http404
    if row[-1] is None or row[-2] is None:
        raise LookupError(f"Edition {row[0]} has nothing derived: run manage.py rebuild_derived.")
    return Found(*row)


def history(edition: Found, now: dt.datetime) -> list[dict[str, Any]]:
    """Editions that were or are public, newest first: nothing scheduled, cancelled or removed."""
    if edition.number == 1:
        return [{"live_from": edition.published_at, "first": True}]
    public = Edition.objects.filter(brief_id=edition.brief_id, live_from__lte=now, removed_at=None)
    rows = list(public.exclude(live_until=F("live_from")).order_by("-live_from").values(*_HISTORY))
    if rows:
        rows[-1] = {"live_from": edition.published_at, "first": True}
    return rows


def newest(now: dt.datetime, *, before: str | None = None, after: str | None = None) -> Listing:
    """Twenty listed briefs by their first day, from a key on. Raises Malformed."""
    listed = Edition.objects.listed(now).filter(card__isnull=False)
    rows = listed.order_by("-published_at", "-pk").values_list("pk", "published_at", "card__data")
    if before is not None:
        rows = rows.filter(Place.parse(before).older())
    elif after is not None:
        rows = rows.filter(Place.parse(after).newer()).order_by("published_at", "pk")
    got = list(rows[: PAGE + 1])
    more = len(got) > PAGE
    got = got[:PAGE]
    if before is None and after is not None:
        got.reverse()
        has_older, has_newer = bool(got), more
    else:
        has_older, has_newer = more, before is not None and bool(got)
    return Listing(
        got,
        older=_key(got[-1]) if has_older else "",
        newer=_key(got[0]) if has_newer else "",
        newest=before is None and after is None,
    )


def _key(row: tuple[int, dt.datetime, Any]) -> str:
    return str(Place(row[1], row[0]))


__all__ = ["Found", "Gone", "Listing", "Malformed", "find", "history", "newest"]
