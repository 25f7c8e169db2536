"""The desk's front page and the inbox."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from briefs.admin.common import interface_labels
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import read_number, render_page
from briefs.admin.common.task_list import TaskList
from briefs.models import Brief, Edition, Outbox, Person
from briefs.models.prepared import PreparedQuery
from briefs.operations import notifications
from briefs.workflow import policy
from briefs.workflow.acts import get_past

# The inbox: notices about one's briefs and remarks, read and unread. Most are also mailed.

INBOX_PAGE_SIZE = 50
MAX_EXCERPT_LENGTH = 80
TALKING_VERBS = ("note", "reply", "resolve", "send_back")
"""Verbs whose event notes are what a person wrote."""


def inbox(request: HttpRequest) -> HttpResponse:
    """List the open notices, newest first. A POST marks one (`read`) or all of them (`all`) as read."""
    person = require_role(request)
    rows = notifications.find_inbox(person, timezone.now())
    if request.method == "POST":
        _mark(rows, person, request)
        return redirect("admin:inbox")
    if last := rows.filter(pk=read_number(request.GET, "before")).first():
        rows = rows.filter(Q(due_at__lt=last.due_at) | Q(due_at=last.due_at, pk__lt=last.pk))
    lines = build_inbox_lines(rows, INBOX_PAGE_SIZE + 1)
    return render_page(
        request,
        "home/inbox",
        title=_("Inbox"),
        opts=None,
        lines=lines[:INBOX_PAGE_SIZE],
        older=lines[INBOX_PAGE_SIZE - 1]["pk"] if len(lines) > INBOX_PAGE_SIZE else 0,
    )


def _mark(rows: QuerySet[Outbox], person: Person, request: HttpRequest) -> None:
    now = timezone.now()
    if "all" in request.POST:
        Outbox.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(read_at=now)
    own = Outbox.objects.filter(to=person, pk=read_number(request.POST, "read"), read_at=None)
    own.update(read_at=now)


def _unread_query(person_pk: int, now: dt.datetime) -> QuerySet[Outbox, Any]:
    return notifications.find_inbox(Person(pk=person_pk), now).order_by().values_list("pk")


_unread = PreparedQuery(_unread_query, int, dt.datetime, around="SELECT COUNT(*) FROM ({queryset}) AS unread")
"""Every page of the desk shows the number, and Django builds this SQL in ten times the time that it takes to run."""


def count_unread(person: Person) -> int:
    ((unread,),) = _unread(person.pk, timezone.now())
    return int(unread)


def build_inbox_lines(rows: QuerySet[Outbox], limit: int) -> list[dict[str, object]]:
    now = timezone.now()
    return [
        {
            "pk": row.pk,
            "url": notifications.build_desk_path(row),
            "what": notifications.describe_notice(row),
            "who": _describe_act(row),
            "at": row.due_at,
            "age": interface_labels.format_duration(row.due_at, now),
        }
        for row in rows.select_related("brief__source", "event__by")[:limit]
    ]


def _describe_act(row: Outbox) -> str:
    """Return who did what, with what the person wrote."""
    event = row.event
    if event is None:
        return ""
    act = _("%(name)s %(did)s") % {"name": event.by, "did": get_past(event.verb)}
    if event.verb not in TALKING_VERBS or not event.note:
        return act
    text = event.note if len(event.note) <= MAX_EXCERPT_LENGTH else f"{event.note[:MAX_EXCERPT_LENGTH]}…"
    return _("%(part)s: %(who)s") % {"part": act, "who": text}


# The front page: tasks of the person, then what is scheduled.

MAX_TASKS = 30
MAX_SCHEDULED = 8


@dataclass(frozen=True, slots=True)
class ScheduledLine:
    brief: Brief
    when: str


def build_dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return the template's context; empty for a person without a role."""
    person = person_of(request)
    may_import = policy.has_role_for(person, "import")
    if not policy.get_roles(person):
        return {"may_import": may_import}
    waiting = TaskList(person, timezone.now())
    tasks = waiting.tasks
    today = timezone.localdate(waiting.now)
    scheduled = list(_list_scheduled(waiting.now, today))
    return {
        "may_import": may_import,
        "today": today,
        "tasks": tasks[:MAX_TASKS],
        "task_count": len(tasks),
        "is_alone": not tasks and len(waiting.people) == 1,
        "my_list_url": _list_url(person=person.pk),
        "scheduled": scheduled[:MAX_SCHEDULED],
        "scheduled_url": _list_url(public="scheduled") if len(scheduled) > MAX_SCHEDULED else "",
    }


def next_brief(request: HttpRequest) -> HttpResponse:
    """Redirect to the first brief that waits for this person, except `?after=`, or to the dashboard."""
    task = TaskList(person_of(request), timezone.now()).find_next(after=read_number(request.GET, "after"))
    return redirect(task.url if task else "admin:index")


def _list_url(**query: Any) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('admin:briefs_brief_changelist')}?{pairs}"


def _list_scheduled(now: dt.datetime, today: dt.date) -> Iterator[ScheduledLine]:
    """Yield the first scheduled editions, one more than are shown."""
    coming = Edition.objects.scheduled(now).select_related("brief__source").defer("content")
    for edition in coming.order_by("live_from")[: MAX_SCHEDULED + 1]:
        moment = timezone.localtime(edition.live_from)
        yield ScheduledLine(edition.brief, f"{_format_day(moment.date(), today)} {moment:%H:%M}")


def _format_day(day: dt.date, today: dt.date) -> str:
    return _("Today") if day == today else formats.date_format(day, pgettext("date format", "D, M j"))
