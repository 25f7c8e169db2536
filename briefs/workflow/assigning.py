"""Who writes a brief and who reviews each of its languages, by when."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from .. import policy
from ..content import Side
from ..models import Assignment, Brief, Person
from .moving import check, locked, notify, record
from .refusals import refuse


def assign(
    brief: Brief | int,
    side: Side,
    person: Person | None,
    *,
    by: Person,
    due_on: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Assignment | None:
    """Ask somebody to review one language; None takes the request back. The same again changes nothing.

    Whoever is asked must hold a role that may sign off.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "assign", row)
        if person is not None and not policy.roles(person) & policy.REVIEWER:
            raise refuse("not-a-reviewer", about=f"assign-{side}", name=str(person))
        standing = Assignment.objects.filter(brief=row, side=side, ended_at=None)
        before = standing.select_related("person").first()
        if before and person and (before.person_id, before.due_on) == (person.pk, due_on):
            return before
        standing.update(ended_at=now)
        if person is None:
            if before:
                record(row, "assign", by=by, now=now, before=row.state, note=f"{side}: –")
            return None
        made = Assignment.objects.create(brief=row, side=side, person=person, due_on=due_on, by=by, at=now)
        event = record(row, "assign", by=by, now=now, before=row.state, note=f"{side}: {person}")
        notify(event, "assigned", [person] if person.pk != by.pk else [])
        return made


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
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "assign", row)
        if person is not None and not policy.roles(person) & policy.WRITER:
            raise refuse("not-a-writer", about="assigned_to", name=str(person))
        changes = {
            "assigned_to": person,
            "due_on": due_on,
            "has_priority": row.has_priority if urgent is None else urgent,
        }
        if all(getattr(row, name) == value for name, value in changes.items()):
            return
        told = row.assigned_to_id
        Brief.objects.filter(pk=row.pk).update(**changes)
        event = record(row, "assign", by=by, now=now, before=row.state, note=str(person or "–"))
        if person is not None and person.pk not in (by.pk, told):
            notify(event, "assigned", [person])


def standing(brief: Brief) -> dict[str, Assignment]:
    """By side."""
    rows = Assignment.objects.filter(brief=brief, ended_at=None).select_related("person")
    return {row.side: row for row in rows}
