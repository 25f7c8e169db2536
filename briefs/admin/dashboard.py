"""The desk's front page: what waits for this person, and what the whole desk keeps an eye on.

Everything is read by a number of queries that does not grow, and from columns: no check runs here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import F, Max, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..content import SIDES
from ..models import Brief, Edition, Event, Person, Revision, State
from ..workflow.eyes import Answers
from ..workflow.moving import VERB_NAMES, clock
from . import ages
from .access import person_of
from .badges import Badge, desk_badge, public_badges
from .filters import PLANNED
from .left import Left, left_in
from .presence import open_now
from .standing import Editions, Standing, editions_of, standing_of

SHOWN = 10
LOOKED_AT = 100
"""Briefs in review that are looked through for what waits; the oldest first."""
LATE = 3
"""Days after which what waits is shown in red."""


@dataclass(frozen=True, slots=True)
class Line:
    brief: Brief
    what: str = ""
    badges: Sequence[Badge] = ()
    who: str = ""
    when: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    title: str
    lines: Sequence[Line]
    count: int
    empty: str
    wide: bool = False
    more: str = ""
    """Address of the list that holds them all."""


@dataclass
class Found:
    """Briefs of several boards, with what stands for them: read once for all."""

    person: Person
    now: dt.datetime
    held: frozenset[str] = field(init=False)
    editions: Editions = field(init=False)
    standing: dict[int, Standing] = field(init=False)
    moved: dict[int, dt.datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.held = frozenset(policy.roles(self.person))

    def read(self, briefs: Iterable[Brief]) -> None:
        rows = list({brief.pk: brief for brief in briefs}.values())
        self.editions = editions_of(rows)
        self.standing = standing_of(rows, self.editions)
        moves = Event.objects.filter(brief__in=[b.pk for b in rows], to_state=F("brief__state"))
        latest = moves.exclude(from_state=F("to_state")).order_by().values("brief").annotate(moved=Max("at"))
        self.moved = {row["brief"]: row["moved"] for row in latest}

    def badges(self, brief: Brief) -> list[Badge]:
        public = public_badges(brief, self.editions.get(brief.pk, []), self.now)
        return [desk_badge(brief, self.standing.get(brief.pk)), *public]

    def waiting(self, brief: Brief, what: str, since: dt.datetime | None = None) -> Line:
        since = since or self.moved.get(brief.pk, brief.updated_at)
        return Line(
            brief,
            what,
            self.badges(brief),
            who=str(brief.updated_by),
            when=ages.open_for(since, self.now),
            is_late=ages.days_between(since, self.now) >= LATE,
        )


def boards(request: HttpRequest) -> list[Board]:
    person = person_of(request)
    if not policy.roles(person):
        return []
    now = timezone.now()
    found = Found(person, now)
    rows = Brief.objects.select_related("updated_by")
    in_review = list(rows.filter(state=State.IN_REVIEW).order_by("updated_at")[:LOOKED_AT])
    mine = _mine(rows, person)
    mine_shown = list(mine.order_by("-updated_at", "-id")[:LOOKED_AT])
    urgent = _urgent()
    urgent_shown = list(urgent[:SHOWN])
    found.read([*in_review, *mine_shown, *(e.brief for e in urgent_shown)])
    left = left_in(mine_shown)
    waiting = [
        *_to_confirm(urgent_shown, found),
        *_to_do(in_review, found),
        *_sent_back(mine_shown, found, left),
    ]
    waiting = list({line.brief.pk: line for line in waiting}.values())
    return [
        Board(
            _("Waiting for me"), waiting[:SHOWN], len(waiting), _("Nothing is waiting for you."), wide=True
        ),
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
        _scheduled(now),
        _unconfirmed(urgent, urgent_shown, now),
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
    rows = rows.select_related("brief", "brief__updated_by", "approved_by")
    return rows.defer("content").order_by("approved_at")


def _own(brief: Brief, left: Left, found: Found) -> Line:
    badges = found.badges(brief)
    what = _sides(found.standing[brief.pk]) if brief.state == State.IN_REVIEW else str(left)
    return Line(brief, what, badges, when=ages.ago(brief.updated_at, found.now))


def _sides(standing: Standing) -> str:
    """Which language is signed off."""
    signed = [_("Chinese") if side == "zh" else _("English") for side in SIDES if standing[side].signed]
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
    planned = rows.filter(PLANNED).select_related("assigned_to")
    shown = list(planned.order_by(F("due_on").asc(nulls_last=True), "-id")[:SHOWN])
    today = timezone.localdate()
    lines = [
        Line(
            brief,
            who=str(brief.assigned_to or ""),
            when=ages.due(brief.due_on, today) if brief.due_on else "",
            is_late=bool(brief.due_on and brief.due_on < today),
        )
        for brief in shown
    ]
    count = _count(planned, shown, SHOWN)
    return Board(_("Planned"), lines, count, _("None now."), more=_list(state="planned", sort="due"))


def _scheduled(now: dt.datetime) -> Board:
    coming = Edition.objects.scheduled(now).select_related("brief").defer("content").order_by("live_from")
    shown = list(coming[:SHOWN])
    lines = [Line(e.brief, what=f"{clock(e.live_from)} ({settings.TIME_ZONE})") for e in shown]
    count = _count(coming, shown, SHOWN)
    return Board(_("Scheduled"), lines, count, _("None now."), more=_list(public="scheduled"))


def _unconfirmed(urgent: QuerySet[Edition], shown: Sequence[Edition], now: dt.datetime) -> Board:
    lines = [
        Line(
            e.brief,
            what=f"{e.approved_by}, {clock(e.approved_at)}",
            when=ages.open_for(e.approved_at, now),
            is_late=True,
        )
        for e in shown
    ]
    title, count = _("Urgent, awaiting confirmation"), _count(urgent, shown, SHOWN)
    return Board(title, lines, count, _("None now."), more=_list(public="urgent"))


def _to_confirm(urgent: Iterable[Edition], found: Found) -> Iterator[Line]:
    if policy.has_role(found.person, "confirm"):
        for edition in urgent:
            if edition.approved_by_id != found.person.pk:
                yield found.waiting(edition.brief, str(VERB_NAMES["confirm"]), edition.approved_at)


def _to_do(briefs: Iterable[Brief], found: Found) -> Iterator[Line]:
    """Briefs in review that this person could sign off or approve now."""
    for brief in briefs:
        standing = found.standing.get(brief.pk)
        if standing and any(answer.no for answer in standing.values()):
            continue
        if standing and all(answer.signed for answer in standing.values()):
            if "publisher" in found.held:
                yield found.waiting(brief, str(VERB_NAMES["approve"]))
            continue
        verbs = [
            VERB_NAMES[f"sign_off_{side}"] for side in SIDES if standing and _may_sign(found, standing[side])
        ]
        if verbs:
            yield found.waiting(brief, _(", ").join(map(str, verbs)))


def _may_sign(found: Found, answer: Answers) -> bool:
    me = found.person
    reviews = bool(found.held & policy.REVIEWER)
    return reviews and not (answer.signed or me.pk in answer.yes or answer.refuses_yes_of(me))


def _sent_back(briefs: Iterable[Brief], found: Found, left: dict[int, Left]) -> Iterator[Line]:
    for brief in briefs:
        standing = found.standing.get(brief.pk)
        if brief.state == State.DRAFT and standing and any(answer.no for answer in standing.values()):
            yield found.waiting(brief, str(left[brief.pk]) or _("Changes requested"))
