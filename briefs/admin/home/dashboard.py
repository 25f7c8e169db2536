"""The desk's front page: what waits for this person, and what the whole desk keeps an eye on.

Everything is read by a number of queries that does not grow, and from columns: no check runs here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import notifications, policy
from ...models import Assignment, Brief, Edition, Event, Letter, Person, Revision, State
from ...workflow.rules.four_eyes import Standing
from ...workflow.rules.transitions import clock
from ..common import relative_dates
from ..common.access import person_of
from ..common.badges import Badge
from ..common.interface_labels import remarked
from ..common.outstanding_work import Left, joined, left_in
from ..common.presence import open_now
from ..common.signoff_status import asked_of
from ..lists.filters import IS_PLANNED, build_overdue_condition
from . import tasks
from .tasks import Found, Line, address, sides_signed

SHOWN = 10
LOOKED_AT = 100
"""Briefs in review that are looked through for what waits; the oldest first."""


@dataclass(frozen=True, slots=True)
class Board:
    title: str
    lines: Sequence[Line]
    count: int
    empty: str
    wide: bool = False
    more: str = ""
    """Address of the list that holds them all."""
    always_more: bool = False


def boards(request: HttpRequest) -> list[Board]:
    person = person_of(request)
    if not policy.roles(person):
        return []
    now = timezone.now()
    found = Found(person, now)
    rows = Brief.objects.select_related("updated_by", "source")
    in_review = list(rows.filter(state=State.IN_REVIEW).order_by("updated_at")[:LOOKED_AT])
    mine = _mine(rows, person)
    mine_shown = list(mine.order_by("-updated_at", "-id")[:LOOKED_AT])
    urgent = _urgent()
    urgent_shown = list(urgent[:SHOWN])
    found.read([*in_review, *mine_shown, *(e.brief for e in urgent_shown)])
    left = left_in(mine_shown)
    waits = tasks.lines(found, urgent=urgent_shown, in_review=in_review, mine=mine_shown, left=left)
    return [
        Board(_("Waiting for me"), waits[:SHOWN], len(waits), _("Nothing is waiting for you."), wide=True),
        Board(
            _("My briefs"),
            [_own(brief, left[brief.pk], found) for brief in mine_shown[:SHOWN]],
            _count(mine, mine_shown, LOOKED_AT),
            _("None now."),
            wide=True,
            more=_list(person=person.pk),
        ),
        _edited_now(now),
        _to_check(mine_shown, left),
        _planned(rows),
        _overdue(rows, now),
        _scheduled(now),
        _unconfirmed(urgent, urgent_shown, now),
        *_letters(now),
        *_unsent(now),
    ]


def _list(**query: Any) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('admin:briefs_brief_changelist')}?{pairs}"


def _count(rows: QuerySet[Any], shown: Sequence[Any], limit: int) -> int:
    return len(shown) if len(shown) < limit else rows.count()


def _mine(rows: QuerySet[Brief], person: Person) -> QuerySet[Brief]:
    """Open ones that are assigned to the person, or that they wrote in."""
    wrote = Revision.objects.filter(by=person).values("brief")
    return rows.filter(Q(assigned_to=person) | Q(pk__in=wrote), state__in=policy.OPEN)


def _urgent() -> QuerySet[Edition]:
    """By the events: an edition's own columns stand behind its content, and reading past all of them is slow."""
    published = Event.objects.filter(verb="publish_urgently").values("edition")
    rows = Edition.objects.filter(pk__in=published, confirmed_by=None).exclude(live_until=F("live_from"))
    rows = rows.select_related("brief__source", "brief__updated_by", "approved_by")
    return rows.defer("content").order_by("approved_at")


def _own(brief: Brief, left: Left, found: Found) -> Line:
    badges = found.badges(brief)
    what = str(left)
    if brief.state == State.IN_REVIEW:
        what = joined([_sides(found.standing[brief.pk]), left.notes])
    today = timezone.localtime(found.now).date()
    return Line(
        brief,
        what,
        badges,
        when=relative_dates.ago(brief.updated_at, found.now),
        due=relative_dates.due(brief.due_on, today) if brief.due_on else "",
        is_overdue=bool(brief.due_on and brief.due_on < today and brief.state == State.DRAFT),
        href=address(brief, "review") if brief.state == State.IN_REVIEW else "",
    )


def _sides(standing: Standing) -> str:
    """Which language is signed off."""
    signed = [_("Chinese") if side == "zh" else _("English") for side in sides_signed(standing)]
    return _("Signed: %(languages)s") % {"languages": _(", ").join(signed)} if signed else _("Not signed yet")


def _edited_now(now: dt.datetime) -> Board:
    people: dict[int, list[str]] = {}
    briefs: dict[int, Brief] = {}
    for brief, person, _seen in open_now(now):
        briefs.setdefault(brief.pk, brief)
        people.setdefault(brief.pk, []).append(str(person))
    lines = [Line(brief, who=_(", ").join(people[pk])) for pk, brief in briefs.items()]
    return Board(_("Being edited now"), lines[:SHOWN], len(lines), _("Nobody has a brief open."))


def _to_check(briefs: Iterable[Brief], left: dict[int, Left]) -> Board:
    rows = sorted((b for b in briefs if left[b.pk].count), key=lambda b: -left[b.pk].count)
    lines = [Line(b, str(left[b.pk]), [Badge(str(left[b.pk].count), "warn")]) for b in rows]
    return Board(_("To check"), lines[:SHOWN], len(lines), _("No findings."))


def _planned(rows: QuerySet[Brief]) -> Board:
    """What is claimed and not yet begun, the most urgent first."""
    planned = rows.filter(IS_PLANNED).select_related("assigned_to")
    shown = list(planned.order_by(F("due_on").asc(nulls_last=True), "-id")[:SHOWN])
    today = timezone.localdate()
    lines = [
        Line(
            brief,
            who=str(brief.assigned_to or ""),
            when=relative_dates.due(brief.due_on, today) if brief.due_on else "",
            is_late=bool(brief.due_on and brief.due_on < today),
        )
        for brief in shown
    ]
    count = _count(planned, shown, SHOWN)
    return Board(_("Planned"), lines, count, _("None now."), more=_list(state="planned", sort="due"))


def _overdue(rows: QuerySet[Brief], now: dt.datetime) -> Board:
    """Of the whole desk: whose day has passed, and which day that was."""
    today = timezone.localtime(now).date()
    late = rows.filter(build_overdue_condition(today)).select_related("assigned_to").order_by("updated_at")
    shown = list(late[:SHOWN])
    asked = asked_of(shown)
    lines = [_late_line(brief, asked.get(brief.pk, {}), today) for brief in shown]
    count = _count(late, shown, SHOWN)
    return Board(_("Overdue"), lines, count, _("None now."), more=_list(due="overdue"))


def _late_line(brief: Brief, asked: dict[str, Assignment], today: dt.date) -> Line:
    parts = [(brief.assigned_to, brief.due_on)]
    if brief.state == State.IN_REVIEW:
        parts = [(row.person, row.due_on) for row in asked.values()]
    late = [(who, day) for who, day in parts if day and day < today]
    names = dict.fromkeys(str(who or "–") for who, _day in late)
    first = min(day for _who, day in late)
    page = "review" if brief.state == State.IN_REVIEW else ""
    return Line(
        brief,
        who=_(", ").join(names),
        when=relative_dates.due(first, today),
        is_late=True,
        href=address(brief, page) if page else "",
    )


def _letters(now: dt.datetime) -> Iterator[Board]:
    """What readers and guests wrote and nobody has handled; of none there is nothing to say."""
    rows = Letter.objects.filter(handled_at=None).select_related("brief").order_by("-id")
    shown = list(rows[:SHOWN])
    if shown:
        lines = [
            Line(row.brief, what=row.get_kind_display(), who=row.name, when=relative_dates.ago(row.at, now))
            for row in shown
        ]
        more, count = reverse("admin:briefs_letter_changelist"), _count(rows, shown, SHOWN)
        yield Board(str(Letter._meta.verbose_name_plural), lines, count, "", more=more, always_more=True)


def _unsent(now: dt.datetime) -> Iterator[Board]:
    """Notices that could not be sent; of a desk whose mail goes out there is nothing to say."""
    rows = notifications.failures()
    shown = list(rows[:SHOWN])
    lines = [
        Line(row.brief, what=notifications.name_of(row.kind), who=str(row.to), when=relative_dates.ago(row.due_at, now), is_late=True)
        for row in shown
    ]  # fmt: skip
    if lines:
        more = reverse("admin:briefs_outbox_changelist")
        yield Board(_("Notices not sent"), lines, _count(rows, shown, SHOWN), "", more=more, always_more=True)


def _scheduled(now: dt.datetime) -> Board:
    coming = (
        Edition.objects.scheduled(now).select_related("brief__source").defer("content").order_by("live_from")
    )
    shown = list(coming[:SHOWN])
    lines = [Line(e.brief, what=remarked(clock(e.live_from), settings.TIME_ZONE)) for e in shown]
    count = _count(coming, shown, SHOWN)
    return Board(_("Scheduled"), lines, count, _("None now."), more=_list(public="scheduled"))


def _unconfirmed(urgent: QuerySet[Edition], shown: Sequence[Edition], now: dt.datetime) -> Board:
    lines = [
        Line(
            e.brief,
            what=_("%(name)s, %(time)s") % {"name": e.approved_by, "time": clock(e.approved_at)},
            when=relative_dates.open_for(e.approved_at, now),
            is_late=relative_dates.is_working_day_ago(e.approved_at, now),
        )
        for e in shown
    ]
    title, count = _("Urgent, awaiting confirmation"), _count(urgent, shown, SHOWN)
    return Board(title, lines, count, _("None now."), more=_list(public="urgent"))
