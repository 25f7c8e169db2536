"""What waits for one person: to review, to approve, to confirm, to answer, to mend. What goes first stands first."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import F, Max, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ... import policy
from ...content import SIDES, Side
from ...models import Assignment, Brief, Edition, Event, Note, Person, State, Suggestion
from ...workflow.rules.four_eyes import Answers, Standing
from ...workflow.rules.transitions import VERB_NAMES
from ..common import relative_dates
from ..common.badges import Badge, desk_badge, public_badges
from ..common.outstanding_work import Left, joined, open_notes
from ..common.signoff_status import Editions, asked_of, editions_of, standing_of

LATE = 3
"""Days after which what waits without a due day is shown in red."""


@dataclass(frozen=True, slots=True)
class Line:
    """`href` is where it is done, if that is not the brief's own page."""

    brief: Brief
    what: str = ""
    badges: Sequence[Badge] = ()
    who: str = ""
    when: str = ""
    is_late: bool = False
    due: str = ""
    is_overdue: bool = False
    href: str = ""
    order: tuple[bool, dt.date, dt.datetime] | None = None


@dataclass
class Found:
    """Briefs of several boards, with what stands for them: read once for all."""

    person: Person
    now: dt.datetime
    held: frozenset[str] = field(init=False)
    editions: Editions = field(init=False)
    standing: dict[int, Standing] = field(init=False)
    moved: dict[int, dt.datetime] = field(init=False)
    asked: dict[int, dict[str, Assignment]] = field(init=False)

    def __post_init__(self) -> None:
        self.held = frozenset(policy.roles(self.person))

    def read(self, briefs: Iterable[Brief]) -> None:
        rows = list({brief.pk: brief for brief in briefs}.values())
        self.editions = editions_of(rows)
        self.standing = standing_of(rows, self.editions)
        self.asked = asked_of(rows)
        moves = Event.objects.filter(brief__in=[b.pk for b in rows], to_state=F("brief__state"))
        latest = moves.exclude(from_state=F("to_state")).order_by().values("brief").annotate(moved=Max("at"))
        self.moved = {row["brief"]: row["moved"] for row in latest}

    @cached_property
    def reviewers(self) -> frozenset[int]:
        return frozenset(policy.holding(policy.REVIEWER).values_list("pk", flat=True))

    def badges(self, brief: Brief) -> list[Badge]:
        public = public_badges(brief, self.editions.get(brief.pk, []), self.now)
        first = [Badge(_("Priority"), "warn")] if brief.has_priority else []
        return [*first, desk_badge(brief, self.standing.get(brief.pk)), *public]

    def waiting(
        self,
        brief: Brief,
        what: str,
        *,
        page: str = "",
        since: dt.datetime | None = None,
        due_on: dt.date | None = None,
        is_late: bool | None = None,
    ) -> Line:
        since = since or self.moved.get(brief.pk, brief.updated_at)
        today = timezone.localtime(self.now).date()
        if is_late is None:
            is_late = not due_on and relative_dates.days_between(since, self.now) >= LATE
        return Line(
            brief,
            what,
            self.badges(brief),
            who=str(brief.updated_by),
            when=relative_dates.open_for(since, self.now),
            is_late=is_late,
            due=relative_dates.due(due_on, today) if due_on else "",
            is_overdue=bool(due_on and due_on < today),
            href=address(brief, page) if page else "",
            order=(not brief.has_priority, due_on or dt.date.max, since),
        )


def address(brief: Brief, page: str) -> str:
    if page in ("change", "review"):
        return reverse(f"admin:briefs_brief_{page}", args=[brief.pk])
    return reverse("admin:briefs_brief_verb", args=[brief.pk, page])


def lines(
    found: Found,
    *,
    urgent: Iterable[Edition],
    in_review: Sequence[Brief],
    mine: Sequence[Brief],
    left: dict[int, Left],
) -> list[Line]:
    """One a brief: the first thing that is asked of it. By priority, due day, age."""
    rows = [
        *_to_confirm(urgent, found),
        *_to_do(in_review, found),
        *_to_answer(in_review, mine, found),
        *_sent_back(mine, found, left),
    ]
    rows = list({line.brief.pk: line for line in reversed(rows)}.values())
    return sorted(rows, key=lambda line: line.order or (True, dt.date.max, found.now))


def _to_confirm(urgent: Iterable[Edition], found: Found) -> Iterator[Line]:
    if policy.has_role(found.person, "confirm"):
        for e in urgent:
            if e.approved_by_id != found.person.pk:
                what, late = (
                    str(VERB_NAMES["confirm"]),
                    relative_dates.is_working_day_ago(e.approved_at, found.now),
                )
                yield found.waiting(e.brief, what, page="confirm", since=e.approved_at, is_late=late)


def _to_do(briefs: Iterable[Brief], found: Found) -> Iterator[Line]:
    """Briefs in review that this person is to sign off, or could approve now."""
    for brief in briefs:
        standing = found.standing.get(brief.pk)
        if not standing or any(answer.no for answer in standing.values()):
            continue
        if all(answer.signed for answer in standing.values()):
            if "publisher" in found.held:
                yield found.waiting(brief, str(VERB_NAMES["approve"]), page="approve")
            continue
        asked = found.asked.get(brief.pk, {})
        sides = [side for side in SIDES if _may_sign(found, standing[side], asked.get(side))]
        if sides:
            mine = [asked[side] for side in sides if side in asked]
            yield found.waiting(
                brief,
                _(", ").join(str(VERB_NAMES[f"sign_off_{side}"]) for side in sides),
                page="review",
                due_on=min((row.due_on for row in mine if row.due_on), default=None),
            )


def _may_sign(found: Found, answer: Answers, asked: Assignment | None) -> bool:
    """What another reviewer is asked for does not wait for this one, unless they were the sole editor of it."""
    me = found.person.pk
    if answer.signed or me in answer.yes or answer.refuses_yes_of(found.person):
        return False
    if me in answer.changed_by and answer.changed_by & found.reviewers - {me}:
        return True  # a reviewer reworded it, so it waits for the writer too
    if not found.held & policy.REVIEWER:
        return False
    theirs = asked is not None and asked.person_id != me and asked.person_id in found.reviewers
    return not theirs or (asked is not None and answer.changed_by == {asked.person_id})


def _to_answer(in_review: Sequence[Brief], mine: Sequence[Brief], found: Found) -> Iterator[Line]:
    """What others suggested and noted in review, and the writer has not answered."""
    rows = {brief.pk: brief for brief in (*in_review, *mine) if brief.state == State.IN_REVIEW}
    if not rows:
        return
    wrote = [brief.pk for brief in mine if brief.pk in rows]
    suggested = _times(Suggestion.objects.filter(brief__in=wrote, answer="").exclude(by=found.person))
    answers_for = _answered_by(rows, found.person)
    noted = _times(Note.objects.filter(brief__in=answers_for, resolved_at=None).exclude(by=found.person))
    for pk in suggested.keys() | noted.keys():
        n, notes = len(suggested.get(pk, [])), noted.get(pk, [])
        told = (
            ngettext("%(n)s suggestion to answer", "%(n)s suggestions to answer", n) % {"n": n} if n else ""
        )
        since = min([*suggested.get(pk, []), *notes])
        yield found.waiting(rows[pk], joined([told, open_notes(len(notes))]), page="review", since=since)


def _times(rows: QuerySet[Any]) -> dict[int, list[dt.datetime]]:
    """By brief."""
    times: dict[int, list[dt.datetime]] = {}
    for pk, at in rows.values_list("brief", "at"):
        times.setdefault(pk, []).append(at)
    return times


def _answered_by(rows: dict[int, Brief], person: Person) -> list[int]:
    """The briefs whose notes this person answers: as their writer, or as who submitted them."""
    submits = Event.objects.filter(brief__in=rows, verb="submit").order_by("id").values_list("brief", "by")
    submitter = dict(submits)
    return [pk for pk, brief in rows.items() if person.pk in (brief.assigned_to_id, submitter.get(pk))]


def _sent_back(briefs: Iterable[Brief], found: Found, left: dict[int, Left]) -> Iterator[Line]:
    for brief in briefs:
        standing = found.standing.get(brief.pk)
        if brief.state == State.DRAFT and standing and any(answer.no for answer in standing.values()):
            yield found.waiting(
                brief, str(left[brief.pk]) or _("Changes requested"), page="review", due_on=brief.due_on
            )


def sides_signed(standing: Standing) -> list[Side]:
    return [side for side in SIDES if standing[side].signed]
