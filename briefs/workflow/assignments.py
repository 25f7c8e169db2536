"""Who writes a brief and who reviews each of its languages, by when."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from .. import policy
from ..content import SIDES, Side
from ..models import Assignment, Brief, Event, Person, State
from .rules.refusals import Refused, refuse
from .rules.transitions import check, locked, notify, record


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked to do a part of the work, by which day."""

    person: Person | None = None
    due_on: dt.date | None = None

    def __str__(self) -> str:
        return " ".join(map(str, filter(None, (self.person or "–", self.due_on))))


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of one brief, and whether it goes before others."""

    writer: Asked = Asked()
    reviewers: dict[Side, Asked] = field(default_factory=lambda: dict.fromkeys(SIDES, Asked()))
    urgent: bool = False

    @classmethod
    def of(cls, row: Brief) -> Self:
        asked = standing(row)
        reviewers = {
            side: Asked(asked[side].person, asked[side].due_on) if side in asked else Asked()
            for side in SIDES
        }
        return cls(Asked(row.assigned_to, row.due_on), reviewers, row.has_priority)

    def seen(self) -> str:
        """What a page shows of it, so that nobody's choice is overwritten unseen."""
        parts = (self.writer, *(self.reviewers[side] for side in SIDES))
        told = [(part.person.pk if part.person else None, part.due_on) for part in parts]
        return sha256(repr((told, self.urgent)).encode()).hexdigest()[:16]

    def reviewing(self, side: Side, asked: Asked) -> Self:
        return replace(self, reviewers={**self.reviewers, side: asked})


def standing(brief: Brief) -> dict[str, Assignment]:
    """By side."""
    rows = Assignment.objects.filter(brief=brief, ended_at=None).select_related("person")
    return {row.side: row for row in rows}


def arrange(
    brief: Brief | int, plan: Plan, *, by: Person, seen: str = "", now: dt.datetime | None = None
) -> Event | None:
    """Put a whole plan in place. `seen` is of the plan that the person had before them. The same again changes nothing."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "assign", row)
        before = Plan.of(row)
        if seen and seen != before.seen():
            raise refuse("plan-changed", about="assign")
        if reasons := list(_unfit(before, plan)):
            raise Refused(*(reason for refused in reasons for reason in refused.reasons))
        if before == plan:
            return None
        changes = {
            "assigned_to": plan.writer.person, "due_on": plan.writer.due_on, "has_priority": plan.urgent
        }  # fmt: skip
        Brief.objects.filter(pk=row.pk).update(**changes)
        for side in SIDES:
            if before.reviewers[side] != plan.reviewers[side]:
                _replace(row, side, plan.reviewers[side], by, now)
        event = record(row, "assign", by=by, now=now, before=row.state, note="\n".join(_told(before, plan)))
        _tell(row, event, before, plan)
        return event


def assign(
    brief: Brief | int,
    side: Side,
    person: Person | None,
    *,
    by: Person,
    due_on: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Assignment | None:
    """Ask somebody to review one language; None takes the request back. Whoever is asked may sign off."""
    with transaction.atomic():
        row = locked(brief)
        arrange(row, Plan.of(row).reviewing(side, Asked(person, due_on)), by=by, now=now)
        return standing(row).get(side)


def reassign(
    brief: Brief | int,
    person: Person | None,
    *,
    by: Person,
    due_on: dt.date | None = None,
    urgent: bool | None = None,
    now: dt.datetime | None = None,
) -> None:
    """Who writes it, by when, and whether it goes before others."""
    with transaction.atomic():
        row = locked(brief)
        plan = Plan.of(row)
        goes_first = plan.urgent if urgent is None else urgent
        arrange(row, replace(plan, writer=Asked(person, due_on), urgent=goes_first), by=by, now=now)


def _unfit(before: Plan, plan: Plan) -> Iterator[Refused]:
    """Whoever is newly asked and has no role for it."""
    writer = plan.writer.person
    if writer and writer != before.writer.person and not policy.roles(writer) & policy.WRITER:
        yield refuse("not-a-writer", about="writer", name=str(writer))
    for side in SIDES:
        person = plan.reviewers[side].person
        if person is None and plan.reviewers[side].due_on:
            yield refuse("due-without-person", about=side)
        if person and person != before.reviewers[side].person and not policy.roles(person) & policy.REVIEWER:
            yield refuse("not-a-reviewer", about=side, name=str(person))


def _replace(row: Brief, side: Side, asked: Asked, by: Person, now: dt.datetime) -> None:
    Assignment.objects.filter(brief=row, side=side, ended_at=None).update(ended_at=now)
    if asked.person:
        Assignment.objects.create(
            brief=row, side=side, person=asked.person, due_on=asked.due_on, by=by, at=now
        )


def _told(before: Plan, plan: Plan) -> Iterator[str]:
    """What changed, a line each: `writer`, `zh`, `en` or `priority`, which the desk shows in the reader's language."""
    if before.writer != plan.writer:
        yield f"writer: {plan.writer}"
    for side in SIDES:
        if before.reviewers[side] != plan.reviewers[side]:
            yield f"{side}: {plan.reviewers[side]}"
    if before.urgent != plan.urgent:
        yield f"priority: {'yes' if plan.urgent else 'no'}"


def _tell(row: Brief, event: Event, before: Plan, plan: Plan) -> None:
    """Whoever is newly asked, once, whatever number of parts it is; nobody is told of what they took themselves."""
    told: dict[Person, list[Side]] = {}
    if plan.writer.person and plan.writer.person != before.writer.person:
        told[plan.writer.person] = []
    for side in SIDES:
        person = plan.reviewers[side].person
        if person and person != before.reviewers[side].person:
            told.setdefault(person, []).append(side)
    for person, sides in told.items():
        if person.pk == event.by_id:
            continue
        in_review = bool(sides) and row.state == State.IN_REVIEW
        notify(event, "assigned", [person], **(asked_of(plan, sides) if in_review else {}))


def asked_of(plan: Plan, sides: list[Side]) -> dict[str, Any]:
    """For a notice: which languages, and the first day by which one of them is due."""
    days = [day for side in sides if (day := plan.reviewers[side].due_on)]
    return {"sides": ",".join(sides), "due_on": min(days).isoformat() if days else ""}


def finish(row: Brief, *, now: dt.datetime) -> dict[str, Any]:
    """The work is done: nobody is asked any longer. Returns what to change in the brief's own row."""
    Assignment.objects.filter(brief=row, ended_at=None).update(ended_at=now)
    return {"due_on": None, "has_priority": False}
