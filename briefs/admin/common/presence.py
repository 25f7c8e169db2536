"""Track which brief each person has open, and where. Open pages send a heartbeat every few seconds."""

import datetime as dt
import re
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.csrf import get_token
from django.utils import timezone

from briefs.models import Event, Person, Presence, Revision

from .access import require_role
from .brief_pages import json_response

PRESENCE_TIMEOUT: Final = dt.timedelta(seconds=12)
"""A page counts as open if its last heartbeat is no older than this."""
PRESENCE_RETENTION: Final = dt.timedelta(minutes=10)
_PAGE = re.compile(r"[0-9a-f]{32}")
_ROW = re.compile(r"b\d{1,9}|headline|summary")


def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a page is open and return the newest version and the other people on the brief as JSON.

    The page sends its key as `page` and the row that has the focus as `row`. A POST with `leave` removes its presence.
    """
    person = require_role(request)
    now = timezone.now()
    page = _match(_PAGE, request.POST.get("page") or request.GET.get("page"))
    if request.method == "POST" and request.POST.get("leave"):
        Presence.objects.filter(brief=pk, person=person, page=page).delete()
        return HttpResponse(status=204)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET", "POST"])
    newest = Revision.objects.filter(brief=pk).select_related("brief", "by").defer("content").first()
    if newest is None:
        raise Http404
    record_presence(pk, person, now, page=page, row=_match(_ROW, request.GET.get("row")))
    pages = _load_present_pages(pk, now)
    answer = {
        "csrf": get_token(request),
        "version": newest.brief.version,
        "base": newest.number,
        "by": str(newest.by),
        "event": Event.objects.filter(brief=pk).order_by("-id").values_list("pk", flat=True).first(),
        "person": person.pk,
        "name": str(person),
        "people": _describe_people(pages, person, now),
        "own_pages": sum(p.person_id == person.pk and p.page != page for p in pages),
    }
    return json_response(answer)


def _match(pattern: re.Pattern[str], value: str | None) -> str:
    return value if value and pattern.fullmatch(value) else ""


def record_presence(brief: int, person: Person, now: dt.datetime, *, page: str = "", row: str = "") -> None:
    """Update the page's presence with one UPDATE. The first time, insert a row and delete outdated rows."""
    if not Presence.objects.filter(brief=brief, person=person, page=page).update(seen_at=now, row=row):
        Presence.objects.filter(seen_at__lt=now - PRESENCE_RETENTION).delete()
        presence = Presence(brief_id=brief, person=person, page=page, row=row, seen_at=now)
        Presence.objects.bulk_create([presence], ignore_conflicts=True)


def list_present_people(brief: int, excluding: Person, now: dt.datetime) -> list[dict[str, Any]]:
    """Return the other people who have the brief open, as JSON for the page."""
    return _describe_people(_load_present_pages(brief, now), excluding, now)


def _load_present_pages(brief: int, now: dt.datetime) -> list[Presence]:
    rows = Presence.objects.filter(brief=brief, seen_at__gt=now - PRESENCE_TIMEOUT)
    return list(rows.select_related("person").order_by("pk"))


def _describe_people(pages: list[Presence], excluding: Person, now: dt.datetime) -> list[dict[str, Any]]:
    """Return each person once, with the focused row of their most recent page."""
    latest: dict[int, Presence] = {}
    for page in pages:
        known = latest.get(page.person_id)
        if page.person_id != excluding.pk and (
            known is None or (known.seen_at, known.row) <= (page.seen_at, page.row)
        ):
            latest[page.person_id] = page
    return [
        {
            "name": name,
            "initial": name[:1],
            "seconds": max(0, int((now - page.seen_at).total_seconds())),
            "row": page.row,
        }
        for page in latest.values()
        for name in [str(page.person)]
    ]
