"""Verbs that start, discard and recover a version of a brief."""

import datetime as dt
from dataclasses import replace

from ..content import Content
from ..models import Brief, Person, Revision, State
from .editing import write_revision
from .editions import find_newest_uncancelled_edition
from .rules.refusals import build_refusal
from .rules.transitions import find_people_for_verb, notify, run_verb
from .rules.working_copy import load_working_copy


def revise(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Start the next version. The live edition stays public until the next approval."""
    _return_to_draft("revise", brief, by=by, version=version, now=now)


def recover(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    _return_to_draft("recover", brief, by=by, version=version, now=now)


def _return_to_draft(
    verb: str, brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None
) -> None:
    with run_verb(verb, brief, by=by, now=now, version=version) as run:
        run.update_brief(to=State.DRAFT)
        run.record_event()


def discard(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Discard a draft without an edition. Otherwise restore the content of the newest uncancelled edition."""
    with run_verb("discard", brief, by=by, now=now, version=version) as run:
        if edition := find_newest_uncancelled_edition(run.row):
            content = keep_staff_fields(edition.frozen_content, load_working_copy(run.row))
            revision = write_revision(run, content, kind=Revision.Kind.RETURN, to=State.APPROVED)
        else:
            revision = None
            run.update_brief(to=State.DISCARDED, claimed_key=None)
        run.record_event(edition=edition, revision=revision)


def keep_staff_fields(content: Content, desk: Content) -> Content:
    """Copy the staff-only bullet fields from the working copy (`desk`)."""
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


def source_withdrew(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Mark the article as withdrawn by its source in a new version, and submit that for approval.

    Only a fact changes, so both languages stay signed.
    """
    with run_verb("source_withdrew", brief, by=by, now=now, version=version) as run:
        content = load_working_copy(run.row)
        if content.facts.source_withdrew:
            raise build_refusal("source-withdrew-already")
        content = replace(content, facts=replace(content.facts, source_withdrew=True))
        revision = write_revision(run, content, kind=Revision.Kind.SAVE, to=State.IN_REVIEW)
        event = run.record_event(revision=revision)
        notify(event, "ready", find_people_for_verb("approve"))
