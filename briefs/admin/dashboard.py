"""The desk's front page: what waits for this person, and what the whole desk keeps an eye on."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..content import SIDES
from ..models import Brief, Edition, Person, Revision, State
from ..workflow.eyes import Answers
from ..workflow.moving import VERB_NAMES, clock
from .access import person_of
from .badges import Badge, desk_badge, public_badges
from .standing import Editions, Standing, editions_of, standing_of

SHOWN = 10
LOOKED_AT = 100
"""Briefs in review that are looked through for what waits; the oldest first."""


@dataclass(frozen=True, slots=True)
class Line:
    brief: Brief
    what: str = ""
    badges: Sequence[Badge] = ()


@dataclass(frozen=True, slots=True)
class Board:
    title: str
    lines: Sequence[Line]
    count: int
    empty: str
    wide: bool = False


@dataclass
class Found:
    """Briefs of several boards, with what stands for them: read once for all."""

    person: Person
    now: dt.datetime
    held: frozenset[str] = field(init=False)
    editions: Editions = field(init=False)
    standing: dict[int, Standing] = field(init=False)

    def __post_init__(self) -> None:
        self.held = frozenset(policy.roles(self.person))

    def read(self, briefs: Iterable[Brief]) -> None:
        rows = list({brief.pk: brief for brief in briefs}.values())
        self.editions = editions_of(rows)
        self.standing = standing_of(rows, self.editions)

    def badges(self, brief: Brief) -> list[Badge]:
        public = public_badges(brief, self.editions.get(brief.pk, []), self.now)
        return [desk_badge(brief, self.standing.get(brief.pk)), *public]


def boards(request: HttpRequest) -> list[Board]:
    person = person_of(request)
    if not policy.roles(person):
        return []
    now = timezone.now()
    found = Found(person, now)
    in_review = list(Brief.objects.filter(state=State.IN_REVIEW).order_by("updated_at")[:LOOKED_AT])
    mine = _mine(person)
    mine_shown = list(mine.order_by("-updated_at", "-id")[:LOOKED_AT])
    urgent = _urgent()
    coming = Edition.objects.scheduled(now).select_related("brief").defer("content").order_by("live_from")
    coming_shown, urgent_shown = list(coming[:SHOWN]), list(urgent[:SHOWN])
    found.read([*in_review, *mine_shown, *(e.brief for e in (*coming_shown, *urgent_shown))])
    waiting = [*_to_confirm(urgent_shown, found), *_to_do(in_review, found), *_sent_back(mine_shown, found)]
    waiting = list({line.brief.pk: line for line in waiting}.values())
    return [
        Board(
            _("Waiting for me"), waiting[:SHOWN], len(waiting), _("Nothing is waiting for you."), wide=True
        ),
        Board(
            _("My briefs"),
            [Line(brief, badges=found.badges(brief)) for brief in mine_shown[:SHOWN]],
            len(mine_shown) if len(mine_shown) < LOOKED_AT else mine.count(),
            _("None now."),
            wide=True,
        ),
        Board(
            _("Urgent, awaiting confirmation"),
            [Line(e.brief, what=f"{e.approved_by}, {clock(e.approved_at)}") for e in urgent_shown],
            len(urgent_shown) if len(urgent_shown) < SHOWN else urgent.count(),
            _("None now."),
        ),
        Board(
            _("Scheduled"),
            [Line(e.brief, what=f"{clock(e.live_from)} ({settings.TIME_ZONE})") for e in coming_shown],
            len(coming_shown) if len(coming_shown) < SHOWN else coming.count(),
            _("None now."),
        ),
    ]


def _mine(person: Person) -> QuerySet[Brief]:
    """Open ones that are assigned to the person, or that they wrote in."""
    wrote = Revision.objects.filter(by=person).values("brief")
    return Brief.objects.filter(Q(assigned_to=person) | Q(pk__in=wrote), state__in=policy.OPEN)


def _urgent() -> Any:
    rows = Edition.objects.filter(urgent=True, confirmed_by=None).exclude(live_until=F("live_from"))
    return rows.select_related("brief", "approved_by").defer("content").order_by("approved_at")


def _to_confirm(urgent: Iterable[Edition], found: Found) -> Iterable[Line]:
    if policy.has_role(found.person, "confirm"):
        for edition in urgent:
            if edition.approved_by_id != found.person.pk:
                yield Line(edition.brief, str(VERB_NAMES["confirm"]), found.badges(edition.brief))


def _to_do(briefs: Iterable[Brief], found: Found) -> Iterable[Line]:
    """Briefs in review that this person could sign off or approve now."""
    for brief in briefs:
        standing = found.standing.get(brief.pk)
        if standing and any(answer.no for answer in standing.values()):
            continue
        if standing and all(answer.signed for answer in standing.values()):
            if "publisher" in found.held:
                yield Line(brief, str(VERB_NAMES["approve"]), found.badges(brief))
            continue
        verbs = [
            VERB_NAMES[f"sign_off_{side}"] for side in SIDES if standing and _may_sign(found, standing[side])
        ]
        if verbs:
            yield Line(brief, _(", ").join(map(str, verbs)), found.badges(brief))


def _may_sign(found: Found, answer: Answers) -> bool:
    me = found.person
    reviews = bool(found.held & policy.REVIEWER)
    return reviews and not (answer.signed or me.pk in answer.yes or answer.refuses_yes_of(me))


def _sent_back(briefs: Iterable[Brief], found: Found) -> Iterable[Line]:
    for brief in briefs:
        standing = found.standing.get(brief.pk)
        if brief.state == State.DRAFT and standing and any(answer.no for answer in standing.values()):
            yield Line(brief, _("Changes requested"), found.badges(brief))
