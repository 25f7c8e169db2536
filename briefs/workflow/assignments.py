"""Assign the writer of a brief and a reviewer for each language, with due dates."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self

from briefs.content import SIDES, Side
from briefs.models import Assignment, Brief, Event, Person, State
from briefs.workflow import policy

from .rules.refusals import Refused, build_refusal
from .rules.transitions import notify, run_verb


@dataclass(frozen=True, slots=True)
class Assignee:
    """A person assigned to write or to review one language, with an optional due date."""

    person: Person | None = None
    due_on: dt.date | None = None

    def __str__(self) -> str:
        return " ".join(map(str, filter(None, (self.person or "–", self.due_on))))


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """The writer, the reviewers and the priority of one brief."""

    writer: Assignee = Assignee()
    reviewers: dict[Side, Assignee] = field(default_factory=lambda: dict.fromkeys(SIDES, Assignee()))
    urgent: bool = False

    @classmethod
    def load(cls, row: Brief) -> Self:
        return cls.build(row, find_open_assignments(row))

    @classmethod
    def build(cls, row: Brief, asked: Mapping[str, Assignment]) -> Self:
        reviewers = {
            side: Assignee(asked[side].person, asked[side].due_on) if side in asked else Assignee()
            for side in SIDES
        }
        return cls(Assignee(row.writer, row.due_on), reviewers, row.has_priority)

    def fingerprint(self) -> str:
        """Hash the plan. A page sends back the hash it showed, so that a plan changed meanwhile is not overwritten."""
        parts = (self.writer, *(self.reviewers[side] for side in SIDES))
        told = [(part.person.pk if part.person else None, part.due_on) for part in parts]
        return sha256(repr((told, self.urgent)).encode()).hexdigest()[:16]

    def with_reviewer(self, side: Side, assignee: Assignee) -> Self:
        return replace(self, reviewers={**self.reviewers, side: assignee})


def find_open_assignments(brief: Brief) -> dict[str, Assignment]:
    """Return the open assignments of a brief by side."""
    rows = Assignment.objects.open().filter(brief=brief).select_related("person")
    return {row.side: row for row in rows}


def apply_plan(
    brief: Brief | int, plan: AssignmentPlan, *, by: Person, seen: str = "", now: dt.datetime | None = None
) -> Event | None:
    """Replace the plan of a brief. Return None when the plan is unchanged.

    `seen` is the fingerprint of the plan that the page showed; the verb is refused when the plan changed since.
    """
    with run_verb("assign", brief, by=by, now=now) as run:
        row = run.row
        before = AssignmentPlan.load(row)
        if seen and seen != before.fingerprint():
            raise build_refusal("plan-changed", about="assign")
        if reasons := list(_find_role_refusals(before, plan)):
            raise Refused(*(reason for refused in reasons for reason in refused.reasons))
        if before == plan:
            return None
        changes = {
            "assigned_to": plan.writer.person, "due_on": plan.writer.due_on, "has_priority": plan.urgent
        }  # fmt: skip
        Brief.objects.filter(pk=row.pk).update(**changes)
        for side in SIDES:
            if before.reviewers[side] != plan.reviewers[side]:
                _replace_reviewer(row, side, plan.reviewers[side], by, run.now)
        event = run.record_event(note="\n".join(_describe_changes(before, plan)))
        _notify_assignees(row, event, before, plan)
        return event


def _find_role_refusals(before: AssignmentPlan, plan: AssignmentPlan) -> Iterator[Refused]:
    """Yield a refusal for each new assignee without the role, and for each due date without a reviewer."""
    writer = plan.writer.person
    if writer and writer != before.writer.person and not policy.get_roles(writer) & policy.WRITER_ROLES:
        yield build_refusal("not-a-writer", about="writer", name=str(writer))
    for side in SIDES:
        person = plan.reviewers[side].person
        if person is None and plan.reviewers[side].due_on:
            yield build_refusal("due-without-person", about=side)
        if (
            person
            and person != before.reviewers[side].person
            and not policy.get_roles(person) & policy.REVIEWER_ROLES
        ):
            yield build_refusal("not-a-reviewer", about=side, name=str(person))


def _replace_reviewer(row: Brief, side: Side, assignee: Assignee, by: Person, now: dt.datetime) -> None:
    Assignment.objects.filter(brief=row, side=side, ended_at=None).update(ended_at=now)
    if assignee.person:
        Assignment.objects.create(
            brief=row, side=side, person=assignee.person, due_on=assignee.due_on, by=by, at=now
        )


def _describe_changes(before: AssignmentPlan, plan: AssignmentPlan) -> Iterator[str]:
    """Yield one line for each change: `writer`, `zh`, `en` or `priority`. The admin translates these prefixes."""
    if before.writer != plan.writer:
        yield f"writer: {plan.writer}"
    for side in SIDES:
        if before.reviewers[side] != plan.reviewers[side]:
            yield f"{side}: {plan.reviewers[side]}"
    if before.urgent != plan.urgent:
        yield f"priority: {'yes' if plan.urgent else 'no'}"


def _notify_assignees(row: Brief, event: Event, before: AssignmentPlan, plan: AssignmentPlan) -> None:
    """Notify each new assignee once, even for several assignments."""
    told: dict[Person, list[Side]] = {}
    if plan.writer.person and plan.writer.person != before.writer.person:
        told[plan.writer.person] = []
    for side in SIDES:
        person = plan.reviewers[side].person
        if person and person != before.reviewers[side].person:
            told.setdefault(person, []).append(side)
    for person, sides in told.items():
        in_review = bool(sides) and row.state == State.IN_REVIEW
        notify(event, "assigned", [person], **(build_review_request_values(plan, sides) if in_review else {}))


def build_review_request_values(plan: AssignmentPlan, sides: list[Side]) -> dict[str, Any]:
    """Return the values of a notice: the languages to review and the earliest of their due dates."""
    days = [day for side in sides if (day := plan.reviewers[side].due_on)]
    return {"sides": ",".join(sides), "due_on": min(days).isoformat() if days else ""}


def end_assignments(row: Brief, *, now: dt.datetime) -> dict[str, Any]:
    """End all review assignments. Return the brief columns that the caller must update."""
    Assignment.objects.filter(brief=row, ended_at=None).update(ended_at=now)
    return {"due_on": None, "has_priority": False}
