"""Build the dashboard: the person's tasks and boards for the whole desk.

The number of queries is constant, and all data comes from columns, without running the checks.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import notifications, policy
from ...content import SIDES
from ...models import Assignment, Brief, Edition, Event, Letter, Person, Revision, State
from ...workflow.rules.four_eyes import SignOffStatuses
from ...workflow.rules.transitions import format_time
from ..common import relative_dates
from ..common.access import person_of
from ..common.badges import Badge
from ..common.interface_labels import SIDE_NAMES, format_with_remark
from ..common.outstanding_work import OutstandingWork, join_phrases, load_outstanding_work
from ..common.presence import list_current_presence
from ..common.signoff_status import load_review_assignments
from ..lists.filters import IS_PLANNED, build_overdue_condition
from . import tasks
from .tasks import BoardData, BoardLine, brief_page_url

MAX_BOARD_LINES = 10
MAX_BRIEFS_READ = 100
"""Maximum number of briefs searched for tasks: of those in review, oldest first, and of the person's own."""


@dataclass(frozen=True, slots=True)
class Board:
    title: str
    lines: Sequence[BoardLine]
    count: int
    empty_message: str
    wide: bool = False
    list_url: str = ""
    """URL of the list of all rows."""
    always_show_link: bool = False


def build_boards(request: HttpRequest) -> list[Board]:
    person = person_of(request)
    if not policy.get_roles(person):
        return []
    now = timezone.now()
    data = BoardData(person, now)
    rows = Brief.objects.select_related("updated_by", "source")
    in_review = list(rows.filter(state=State.IN_REVIEW).order_by("updated_at")[:MAX_BRIEFS_READ])
    mine = _briefs_of_person(rows, person)
    mine_shown = list(mine.order_by("-updated_at", "-id")[:MAX_BRIEFS_READ])
    urgent = _unconfirmed_editions()
    urgent_shown = list(urgent[:MAX_BOARD_LINES])
    data.load([*in_review, *mine_shown, *(e.brief for e in urgent_shown)])
    outstanding = load_outstanding_work(mine_shown)
    task_lines = tasks.build_task_lines(
        data, urgent=urgent_shown, in_review=in_review, mine=mine_shown, outstanding=outstanding
    )
    return [
        Board(
            _("Waiting for me"),
            task_lines[:MAX_BOARD_LINES],
            len(task_lines),
            _("Nothing is waiting for you."),
            wide=True,
        ),
        Board(
            _("My briefs"),
            [_own_brief_line(brief, outstanding[brief.pk], data) for brief in mine_shown[:MAX_BOARD_LINES]],
            _count_rows(mine, mine_shown, MAX_BRIEFS_READ),
            _("None now."),
            wide=True,
            list_url=_changelist_url(person=person.pk),
        ),
        _edited_now_board(now),
        _to_check_board(mine_shown, outstanding),
        _planned_board(rows),
        _overdue_board(rows, now),
        _scheduled_board(now),
        _unconfirmed_board(urgent, urgent_shown, now),
        *(board for board in (_letter_board(now), _unsent_mail_board(now)) if board.count),
    ]


def _changelist_url(**query: Any) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('admin:briefs_brief_changelist')}?{pairs}"


def _count_rows(rows: QuerySet[Any], shown: Sequence[Any], limit: int) -> int:
    return len(shown) if len(shown) < limit else rows.count()


def _briefs_of_person(rows: QuerySet[Brief], person: Person) -> QuerySet[Brief]:
    """Return open briefs that are assigned to the person or that they edited."""
    wrote = Revision.objects.filter(by=person).values("brief")
    return rows.filter(Q(assigned_to=person) | Q(pk__in=wrote), state__in=policy.OPEN_STATES)


def _unconfirmed_editions() -> QuerySet[Edition]:
    """Find unconfirmed urgent editions by their events.

    Scanning the edition rows is slow, since each row's columns are stored after its content.
    """
    published = Event.objects.filter(verb="publish_urgently").values("edition")
    rows = Edition.objects.filter(pk__in=published, confirmed_by=None).uncancelled()
    rows = rows.select_related("brief__source", "brief__updated_by", "approved_by")
    return rows.defer("content").order_by("approved_at")


def _own_brief_line(brief: Brief, outstanding: OutstandingWork, data: BoardData) -> BoardLine:
    badges = data.badges(brief)
    what = str(outstanding)
    if brief.state == State.IN_REVIEW:
        what = join_phrases([_signed_sides_phrase(data.signoff_status[brief.pk]), outstanding.notes_phrase])
    today = timezone.localtime(data.now).date()
    return BoardLine(
        brief,
        what,
        badges,
        when=relative_dates.format_ago(brief.updated_at, data.now),
        due=relative_dates.format_due(brief.due_on, today) if brief.due_on else "",
        is_overdue=bool(brief.due_on and brief.due_on < today and brief.state == State.DRAFT),
        href=_review_url(brief),
    )


def _review_url(brief: Brief) -> str:
    return brief_page_url(brief, "review") if brief.state == State.IN_REVIEW else ""


def _signed_sides_phrase(standing: SignOffStatuses) -> str:
    """Name the languages that are signed off."""
    signed = [str(SIDE_NAMES[side]) for side in SIDES if standing[side].is_signed]
    return _("Signed: %(languages)s") % {"languages": _(", ").join(signed)} if signed else _("Not signed yet")


def _board_of_rows(
    title: object, rows: QuerySet[Any], lines: list[BoardLine], url: str, **options: Any
) -> Board:
    """Build a board of the first rows of a query, with a link to the list of all."""
    count = _count_rows(rows, lines, MAX_BOARD_LINES)
    return Board(str(title), lines, count, _("None now."), list_url=url, **options)


def _edited_now_board(now: dt.datetime) -> Board:
    people: dict[Brief, list[str]] = {}
    for brief, person in list_current_presence(now):
        people.setdefault(brief, []).append(str(person))
    lines = [BoardLine(brief, who=_(", ").join(names)) for brief, names in people.items()]
    return Board(_("Being edited now"), lines[:MAX_BOARD_LINES], len(lines), _("Nobody has a brief open."))


def _to_check_board(briefs: Iterable[Brief], outstanding: dict[int, OutstandingWork]) -> Board:
    rows = sorted((b for b in briefs if outstanding[b.pk].count), key=lambda b: -outstanding[b.pk].count)
    lines = [
        BoardLine(b, str(outstanding[b.pk]), [Badge(str(outstanding[b.pk].count), "warn")]) for b in rows
    ]
    return Board(_("To check"), lines[:MAX_BOARD_LINES], len(lines), _("No findings."))


def _planned_board(rows: QuerySet[Brief]) -> Board:
    """List claimed briefs that have not been started, earliest due date first."""
    planned = rows.filter(IS_PLANNED).select_related("assigned_to")
    planned = planned.order_by(F("due_on").asc(nulls_last=True), "-id")
    today = timezone.localdate()
    lines = [
        BoardLine(
            brief,
            who=str(brief.assigned_to or ""),
            when=relative_dates.format_due(brief.due_on, today) if brief.due_on else "",
            is_late=bool(brief.due_on and brief.due_on < today),
        )
        for brief in planned[:MAX_BOARD_LINES]
    ]
    return _board_of_rows(_("Planned"), planned, lines, _changelist_url(state="planned", sort="due"))


def _overdue_board(rows: QuerySet[Brief], now: dt.datetime) -> Board:
    """List overdue briefs of the whole desk with the people responsible and the due date."""
    today = timezone.localtime(now).date()
    late = rows.filter(build_overdue_condition(today)).select_related("assigned_to").order_by("updated_at")
    shown = list(late[:MAX_BOARD_LINES])
    asked = load_review_assignments(shown)
    lines = [_late_line(brief, asked.get(brief.pk, {}), today) for brief in shown]
    return _board_of_rows(_("Overdue"), late, lines, _changelist_url(due="overdue"))


def _late_line(brief: Brief, assignments: dict[str, Assignment], today: dt.date) -> BoardLine:
    parts = [(brief.assigned_to, brief.due_on)]
    if brief.state == State.IN_REVIEW:
        parts = [(row.person, row.due_on) for row in assignments.values()]
    late = [(who, day) for who, day in parts if day and day < today]
    names = dict.fromkeys(str(who or "–") for who, _day in late)
    first = min(day for _who, day in late)
    return BoardLine(
        brief,
        who=_(", ").join(names),
        when=relative_dates.format_due(first, today),
        is_late=True,
        href=_review_url(brief),
    )


def _letter_board(now: dt.datetime) -> Board:
    """List unhandled letters."""
    rows = Letter.objects.filter(handled_at=None).select_related("brief").order_by("-id")
    lines = [
        BoardLine(
            row.brief,
            what=row.get_kind_display(),
            who=row.name,
            when=relative_dates.format_ago(row.at, now),
        )
        for row in rows[:MAX_BOARD_LINES]
    ]
    url, title = reverse("admin:briefs_letter_changelist"), Letter._meta.verbose_name_plural
    return _board_of_rows(title, rows, lines, url, always_show_link=True)


def _unsent_mail_board(now: dt.datetime) -> Board:
    """List notices that could not be sent."""
    rows = notifications.find_failed_notices()
    lines = [
        BoardLine(
            row.brief,
            what=notifications.get_kind_label(row.kind),
            who=str(row.to),
            when=relative_dates.format_ago(row.due_at, now),
            is_late=True,
        )
        for row in rows[:MAX_BOARD_LINES]
    ]
    url = reverse("admin:briefs_outbox_changelist")
    return _board_of_rows(_("Notices not sent"), rows, lines, url, always_show_link=True)


def _scheduled_board(now: dt.datetime) -> Board:
    coming = Edition.objects.scheduled(now).select_related("brief__source").defer("content")
    coming = coming.order_by("live_from")
    lines = [
        BoardLine(e.brief, what=format_with_remark(format_time(e.live_from), settings.TIME_ZONE))
        for e in coming[:MAX_BOARD_LINES]
    ]
    return _board_of_rows(_("Scheduled"), coming, lines, _changelist_url(public="scheduled"))


def _unconfirmed_board(urgent: QuerySet[Edition], shown: Sequence[Edition], now: dt.datetime) -> Board:
    lines = [
        BoardLine(
            e.brief,
            what=_("%(name)s, %(time)s") % {"name": e.approved_by, "time": format_time(e.approved_at)},
            when=relative_dates.format_open_for(e.approved_at, now),
            is_late=relative_dates.has_working_day_passed(e.approved_at, now),
        )
        for e in shown
    ]
    return _board_of_rows(_("Urgent, awaiting confirmation"), urgent, lines, _changelist_url(public="urgent"))
