"""The inbox: what happened to one's briefs and remarks, read and unread. Mail is its echo."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import notifications
from ...models import Outbox, Person
from ...workflow.rules.transitions import PAST_TENSE_LABELS
from ..common import relative_dates
from ..common.access import require_role
from ..common.brief_pages import read_number, render_page

INBOX_PAGE_SIZE = 50
MAX_EXCERPT_LENGTH = 80
TALKING_VERBS = ("note", "reply", "resolve", "send_back")
"""Verbs whose event notes are what a person wrote."""


def inbox(request: HttpRequest) -> HttpResponse:
    """List the notices, newest first. A POST marks one (`read`, `unread`) or all of them (`all`)."""
    person = require_role(request)
    rows = notifications.find_inbox(person, timezone.now())
    if request.method == "POST":
        _mark(rows, request)
        return redirect("admin:inbox")
    if last := rows.filter(pk=read_number(request.GET, "before")).first():
        rows = rows.filter(Q(due_at__lt=last.due_at) | Q(due_at=last.due_at, pk__lt=last.pk))
    lines = build_inbox_lines(rows, INBOX_PAGE_SIZE + 1)
    return render_page(
        request,
        "home/inbox",
        title=_("Inbox"),
        opts=None,
        style="briefs/home.css",
        lines=lines[:INBOX_PAGE_SIZE],
        older=lines[INBOX_PAGE_SIZE - 1]["pk"] if len(lines) > INBOX_PAGE_SIZE else 0,
    )


def _mark(rows: QuerySet[Outbox], request: HttpRequest) -> None:
    # `find_inbox` orders its rows, and an ordered queryset cannot be updated on every engine.
    rows = rows.order_by()
    now = timezone.now()
    if "all" in request.POST:
        rows.filter(read_at=None).update(read_at=now)
    rows.filter(pk=read_number(request.POST, "read"), read_at=None).update(read_at=now)
    rows.filter(pk=read_number(request.POST, "unread")).update(read_at=None)


def count_unread(person: Person) -> int:
    return notifications.find_inbox(person, timezone.now()).filter(read_at=None).count()


def build_inbox_lines(rows: QuerySet[Outbox], limit: int) -> list[dict[str, object]]:
    now = timezone.now()
    return [
        {
            "pk": row.pk,
            "url": notifications.build_desk_path(row),
            "what": notifications.describe_notice(row),
            "who": _describe_act(row),
            "at": row.due_at,
            "age": relative_dates.format_duration(row.due_at, now),
            "is_read": row.read_at is not None,
        }
        for row in rows.select_related("brief__source", "event__by")[:limit]
    ]


def _describe_act(row: Outbox) -> str:
    """Return who did what, with what the person wrote."""
    event = row.event
    if event is None:
        return ""
    act = _("%(name)s %(did)s") % {"name": event.by, "did": PAST_TENSE_LABELS.get(event.verb, event.verb)}
    if event.verb not in TALKING_VERBS or not event.note:
        return act
    text = event.note if len(event.note) <= MAX_EXCERPT_LENGTH else f"{event.note[:MAX_EXCERPT_LENGTH]}…"
    return _("%(part)s: %(who)s") % {"part": act, "who": text}
