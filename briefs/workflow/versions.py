"""Verbs that begin, drop and recover a version."""

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from ..content import Content
from ..models import Brief, Person, Revision, State
from .editing import write
from .editions import standing_edition
from .rules.refusals import refuse
from .rules.transitions import check, fresh, locked, move, notify, people_who, record
from .rules.working_copy import content_of


def revise(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Start the next version. What is live stays up, untouched, until the next approval."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "revise", row)
        fresh(row, version)
        before = row.state
        move(row, by=by, now=now, to=State.DRAFT)
        record(row, "revise", by=by, now=now, before=before)


def discard(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """A draft without an edition is put away; a revision of a live one returns to what is live."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "discard", row)
        fresh(row, version)
        before = row.state
        if edition := standing_edition(row):
            content = _with_passages(edition.frozen, content_of(row))
            kind = Revision.Kind.RETURN
            revision = write(row, content, by=by, now=now, kind=kind, to=State.APPROVED)
        else:
            revision = None
            move(row, by=by, now=now, to=State.DISCARDED, claimed_key=None)
        record(row, "discard", by=by, now=now, before=before, edition=edition, revision=revision)


def _with_passages(content: Content, desk: Content) -> Content:
    """An edition does not hold what is for the desk alone; keep it where the bullet is still there."""
    kept = {b.number: b for b in desk.bullets}
    return replace(
        content,
        bullets=tuple(
            replace(b, passage=kept[b.number].passage, one_sided=kept[b.number].one_sided)
            if b.number in kept
            else b
            for b in content.bullets
        ),
    )


def recover(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "recover", row)
        fresh(row, version)
        before = row.state
        move(row, by=by, now=now, to=State.DRAFT)
        record(row, "recover", by=by, now=now, before=before)


def source_withdrew(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """The source took its article back: the next version says so, and waits for another person's approval.

    Only a fact changes, so both texts stay signed.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "source_withdrew", row)
        fresh(row, version)
        content = content_of(row)
        if content.facts.source_withdrew:
            raise refuse("source-withdrew-already")
        before = row.state
        content = replace(content, facts=replace(content.facts, source_withdrew=True))
        revision = write(row, content, by=by, now=now, kind=Revision.Kind.SAVE, to=State.IN_REVIEW)
        event = record(row, "source_withdrew", by=by, now=now, before=before, revision=revision)
        notify(event, "ready", people_who("approve", but=by))
