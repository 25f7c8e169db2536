"""Verbs that start, discard and recover a version of a brief."""

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from ..content import Content
from ..models import Brief, Person, Revision, State
from .editing import write_revision
from .editions import find_newest_uncancelled_edition
from .rules.refusals import build_refusal
from .rules.transitions import (
    find_people_for_verb,
    lock_brief,
    notify,
    record_event,
    require_allowed,
    require_current_version,
    update_brief,
)
from .rules.working_copy import load_working_copy


def revise(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Start the next version. The live edition stays public until the next approval."""
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        require_allowed(by, "revise", row)
        require_current_version(row, version)
        before = row.state
        update_brief(row, by=by, now=now, to=State.DRAFT)
        record_event(row, "revise", by=by, now=now, from_state=before)


def discard(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Discard a draft without an edition. Otherwise restore the content of the newest uncancelled edition."""
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        require_allowed(by, "discard", row)
        require_current_version(row, version)
        before = row.state
        if edition := find_newest_uncancelled_edition(row):
            content = _with_passages(edition.frozen_content, load_working_copy(row))
            kind = Revision.Kind.RETURN
            revision = write_revision(row, content, by=by, now=now, kind=kind, to=State.APPROVED)
        else:
            revision = None
            update_brief(row, by=by, now=now, to=State.DISCARDED, claimed_key=None)
        record_event(row, "discard", by=by, now=now, from_state=before, edition=edition, revision=revision)


def _with_passages(content: Content, desk: Content) -> Content:
    """Copy the staff-only bullet fields from the working copy (`desk`), because editions do not contain them."""
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
        row = lock_brief(brief)
        require_allowed(by, "recover", row)
        require_current_version(row, version)
        before = row.state
        update_brief(row, by=by, now=now, to=State.DRAFT)
        record_event(row, "recover", by=by, now=now, from_state=before)


def source_withdrew(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Mark the article as withdrawn by its source in a new version, and submit that for approval.

    Only a fact changes, so both languages stay signed.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        require_allowed(by, "source_withdrew", row)
        require_current_version(row, version)
        content = load_working_copy(row)
        if content.facts.source_withdrew:
            raise build_refusal("source-withdrew-already")
        before = row.state
        content = replace(content, facts=replace(content.facts, source_withdrew=True))
        revision = write_revision(row, content, by=by, now=now, kind=Revision.Kind.SAVE, to=State.IN_REVIEW)
        event = record_event(row, "source_withdrew", by=by, now=now, from_state=before, revision=revision)
        notify(event, "ready", find_people_for_verb("approve", exclude=by))
