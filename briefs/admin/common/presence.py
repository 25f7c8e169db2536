"""Track which brief each person has open. Open pages send a heartbeat every few seconds."""

import datetime as dt
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.csrf import get_token
from django.utils import timezone

from ...models import Brief, Event, Person, Presence, Revision
from .access import require_role
from .brief_pages import json_response

PRESENCE_TIMEOUT: Final = dt.timedelta(seconds=12)
"""A page counts as open if its last heartbeat is no older than this."""
PRESENCE_RETENTION: Final = dt.timedelta(minutes=10)


def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a page is open and return the newest version and the other people on the brief as JSON.

    A POST with `leave` removes the person's presence.
    """
    person = require_role(request)
    now = timezone.now()
    if request.method == "POST" and request.POST.get("leave"):
        Presence.objects.filter(brief=pk, person=person).delete()
        return HttpResponse(status=204)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET", "POST"])
    newest = Revision.objects.filter(brief=pk).select_related("brief", "by").defer("content").first()
    if newest is None:
        raise Http404
    record_presence(pk, person, now)
    answer = {
        "csrf": get_token(request),
        "version": newest.brief.version,
        "base": newest.number,
        "by": str(newest.by),
        "event": Event.objects.filter(brief=pk).order_by("-id").values_list("pk", flat=True).first(),
        "people": list_present_people(pk, person, now),
    }
    return json_response(answer)


def record_presence(brief: int, person: Person, now: dt.datetime) -> None:
    """Update the person's presence with one UPDATE. The first time, insert a row and delete outdated rows."""
    if not Presence.objects.filter(brief=brief, person=person).update(seen_at=now):
        Presence.objects.filter(seen_at__lt=now - PRESENCE_RETENTION).delete()
        row = Presence(brief_id=brief, person=person, seen_at=now)
        Presence.objects.bulk_create([row], ignore_conflicts=True)


def list_present_people(brief: int, excluding: Person, now: dt.datetime) -> list[dict[str, Any]]:
    """Return the other people who have the brief open, as JSON for the page."""
    rows = Presence.objects.filter(brief=brief, seen_at__gt=now - PRESENCE_TIMEOUT).exclude(person=excluding)
    return [
        {"name": name, "initial": name[:1], "seconds": max(0, int((now - row.seen_at).total_seconds()))}
        for row in rows.select_related("person").order_by("pk")
        for name in [str(row.person)]
    ]


def list_current_presence(now: dt.datetime) -> list[tuple[Brief, Person]]:
    """Return every brief that somebody has open, most recently seen first. One query."""
    rows = Presence.objects.filter(seen_at__gt=now - PRESENCE_TIMEOUT)
    rows = rows.select_related("brief__source", "person").order_by("-seen_at", "pk")
    return [(row.brief, row.person) for row in rows]
