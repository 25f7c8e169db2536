"""The desk's front page and the inbox."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ... import notifications, policy
from ...content import SIDES
from ...models import Brief, Edition, Letter, Outbox, Person
from ...workflow.rules.transitions import PAST_TENSE_LABELS
from ..common import interface_labels
from ..common.access import person_of, require_role
from ..common.brief_pages import read_number, render_page
from ..common.presence import list_current_presence
from ..tasks.task_list import MAX_BRIEFS_READ, TaskList, choose_tone

# The inbox: notices about one's briefs and remarks, read and unread. Most are also mailed.

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
    # A separate query, because not every engine can update the ordered queryset of `find_inbox`.
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
            "age": interface_labels.format_duration(row.due_at, now),
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


# The front page: tasks of the person, the publishing week, other open briefs.

MAX_TASKS = 30
MAX_NEWS = 5
MAX_LINES = 8
DAYS_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a section. A day without a publication has no brief."""

    brief: Brief | None
    who: str = ""
    when: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: Sequence[Line]
    count: str
    list_url: str
    """URL of the list of all rows."""
    is_by_day: bool = False


def build_dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return the template's context; empty for a person without a role."""
    person = person_of(request)
    may_import = policy.has_role_for(person, "import")
    if not policy.get_roles(person):
        return {"may_import": may_import}
    waiting = TaskList(person, timezone.now())
    rest = [
        _edited_now(waiting.now),
        _unconfirmed(waiting),
        _letters(waiting.now),
        _unsent_mail(waiting.now),
    ]
    return {
        "may_import": may_import,
        "today": waiting.today,
        "tasks": waiting.tasks[:MAX_TASKS],
        "task_count": len(waiting.tasks),
        "news": build_inbox_lines(notifications.find_inbox(person, waiting.now), MAX_NEWS),
        "my_list_url": _list_url(person=person.pk),
        "groups": [
            ("week", _("This week"), [_scheduled(waiting), _in_review(waiting), *_drafts(waiting)]),
            ("rest", _("Everything else"), [section for section in rest if section.lines]),
        ],
        "nothing_in": _(", ").join(section.title for section in rest if not section.lines),
    }


def next_brief(request: HttpRequest) -> HttpResponse:
    """Redirect to the first brief that waits for this person, except `?after=`, or to the dashboard."""
    task = TaskList(person_of(request), timezone.now()).find_next(after=read_number(request.GET, "after"))
    return redirect(task.url if task else "admin:index")


def _list_url(**query: Any) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('admin:briefs_brief_changelist')}?{pairs}"


def _section(title: object, lines: Sequence[Line], url: str, *, limit: int = MAX_BRIEFS_READ) -> Section:
    count = str(sum(line.brief is not None for line in lines))
    return Section(str(title), lines[:MAX_LINES], count if len(lines) < limit else f"{count}+", url)


def _drafts(waiting: TaskList) -> list[Section]:
    """Return the sections of briefs that are planned and being written, the earliest due date first."""
    planned: list[Line] = []
    writing: list[Line] = []
    for brief in waiting.drafts:
        who = str(brief.assigned_to or (_("nobody yet") if brief.is_planned else brief.updated_by))
        line = Line(
            brief, who, _format_due(brief.due_on, waiting.today), choose_tone(brief.due_on, waiting.today)
        )
        (planned if brief.is_planned else writing).append(line)
    return [
        _section(pgettext("week", "Writing"), writing, _list_url(state="draft")),
        _section(_("Planned"), planned, _list_url(state="planned", sort="due")),
    ]


def _format_due(due_on: dt.date | None, today: dt.date) -> str:
    return interface_labels.format_due(due_on, today) if due_on else ""


def _in_review(waiting: TaskList) -> Section:
    """Return the briefs in review, with the people whose signature is missing and the earliest due date."""
    dated = []
    for brief in waiting.in_review:
        statuses, assigned = waiting.signoff_status[brief.pk], waiting.assignments.get(brief.pk, {})
        unsigned = [side for side in SIDES if not statuses[side].is_signed]
        rows = [assigned[side] for side in unsigned if side in assigned]
        due_on = min((row.due_on for row in rows if row.due_on), default=None)
        who = _(", ").join(dict.fromkeys(str(row.person) for row in rows))
        who = who or (_("nobody yet") if unsigned else _("Ready for approval"))
        line = Line(brief, who, _format_due(due_on, waiting.today), choose_tone(due_on, waiting.today))
        dated.append((due_on or dt.date.max, line))
    lines = [line for _day, line in sorted(dated, key=lambda pair: pair[0])]
    return _section(_("In review"), lines, _list_url(state="in_review"))


def _scheduled(waiting: TaskList) -> Section:
    """Return the scheduled editions of the next days, with the days that are free, and those after them."""
    coming = Edition.objects.scheduled(waiting.now).select_related("brief__source").defer("content")
    by_day: dict[dt.date, list[Line]] = defaultdict(list)
    days = [waiting.today + dt.timedelta(days=n) for n in range(DAYS_SHOWN)]
    for edition in coming.order_by("live_from")[:MAX_BRIEFS_READ]:
        moment = timezone.localtime(edition.live_from)
        when = f"{_format_day(moment.date(), waiting.today)} {moment:%H:%M}"
        by_day[moment.date()].append(Line(edition.brief, when=when))
    lines = [
        line
        for day in sorted({*days, *by_day})
        for line in by_day.get(day, [Line(None, when=_format_day(day, waiting.today))])
    ]
    count = sum(map(len, by_day.values()))
    url = _list_url(public="scheduled")
    return Section(_("Scheduled"), lines[: DAYS_SHOWN + MAX_LINES], str(count), url, is_by_day=True)


def _format_day(day: dt.date, today: dt.date) -> str:
    return _("Today") if day == today else formats.date_format(day, pgettext("date format", "D, M j"))


def _edited_now(now: dt.datetime) -> Section:
    people: dict[Brief, list[str]] = {}
    for brief, person in list_current_presence(now):
        people.setdefault(brief, []).append(str(person))
    lines = [Line(brief, _(", ").join(names)) for brief, names in people.items()]
    return _section(_("Being edited now"), lines, "")


def _unconfirmed(waiting: TaskList) -> Section:
    lines = [
        Line(
            edition.brief,
            str(edition.approved_by),
            interface_labels.format_duration(edition.approved_at, waiting.now),
            "late",
        )
        for edition in waiting.urgent
    ]
    return _section(_("Urgent, awaiting confirmation"), lines, _list_url(public="urgent"))


def _letters(now: dt.datetime) -> Section:
    rows = Letter.objects.filter(handled_at=None).select_related("brief__source").order_by("-id")
    lines = [
        Line(row.brief, row.name or row.get_kind_display(), interface_labels.format_ago(row.at, now))
        for row in rows[: MAX_LINES + 1]
    ]
    url = reverse("admin:briefs_letter_changelist")
    return _section(Letter._meta.verbose_name_plural, lines, url, limit=MAX_LINES + 1)


def _unsent_mail(now: dt.datetime) -> Section:
    rows: Iterable[Any] = notifications.find_failed_notices()[: MAX_LINES + 1]
    lines = [
        Line(row.brief, str(row.to), interface_labels.format_ago(row.due_at, now), "late") for row in rows
    ]
    url = reverse("admin:briefs_outbox_changelist")
    return _section(_("Notices not sent"), lines, url, limit=MAX_LINES + 1)
