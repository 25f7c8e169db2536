"""Acts on versions of a brief or an issue: restore, revise, discard, recover, and the source withdrew the article."""

import datetime as dt
from dataclasses import replace
from typing import Any, Final

from briefs.content import NO_CHANGE, Content
from briefs.models import Brief, ChangeKind, Person, Revision, State

from .editing import write_revision
from .editions import find_newest_uncancelled_edition, has_been_public
from .originals import limit_originals
from .rules.refusals import build_refusal
from .rules.revisions import add_revisions_of_names
from .rules.transitions import IssueRun, Target, find_people_for_verb, notify, run_act, run_verb
from .rules.working_copy import load_working_copy

_UNCONFIRMED = ("date-ambiguous", "date-numbered", "date-short-year")


def restore(
    brief: Brief | int, number: int, *, by: Person, version: int, now: dt.datetime | None = None
) -> Revision | None:
    """Restore text, order, bullet numbers and facts of revision `number`. Return None when nothing changes.

    Ids of vocabulary rows that were merged since are restored too; they are resolved when displayed.
    """
    with run_verb("restore", brief, by=by, now=now, version=version, approved_closed=True) as run:
        row = run.row
        old = row.revisions.filter(number=number).first()
        if old is None:
            raise build_refusal("unknown-revision", number=number)
        content = Content.from_json(old.content)
        if content.facts.date != load_working_copy(row).facts.date:
            _set_date(row, content.facts.date, old)
        revision = write_revision(run, content, kind=Revision.Kind.RESTORE)
        if revision is not None:
            run.record_event(note=f"r{number}", revision=revision)
        return revision


def _set_date(row: Brief, iso: str, old: Revision) -> None:
    """Mark a date that was ambiguous in its file as unconfirmed, unless this reading was confirmed before."""
    is_open = _was_ambiguous(row, iso, old)
    other = _swap_day_and_month(iso) if is_open else ""
    row.article_date_confirmed = bool(iso) and not is_open
    row.article_date_alternative = other
    label = Content.from_json(old.content).facts.date_label if is_open else ""
    row.article_date_raw = f"{iso[5:7]}/{iso[8:]}/{iso[:4]}" if other else label


def _was_ambiguous(row: Brief, iso: str, old: Revision) -> bool:
    imports = row.revisions.filter(kind=Revision.Kind.IMPORT, number__lte=old.number)
    read = imports.order_by("-number").first()
    if read is None or not any(note.get("code") in _UNCONFIRMED for note in read.document_notes):
        return False
    if Content.from_json(read.content).facts.date not in (iso, _swap_day_and_month(iso)):
        return False
    return not row.events.filter(verb="confirm_date", note=iso).exists()


def _swap_day_and_month(iso: str) -> str:
    """Return the date with day and month swapped, or "" when that is no date."""
    try:
        date = dt.date.fromisoformat(iso)
        return date.replace(month=date.day, day=date.month).isoformat()
    except ValueError:
        return ""


def revise(row: Target, *, by: Person, version: int | None = None, now: dt.datetime | None = None) -> None:
    """Start the next version, of a brief written by `by`. The live edition stays public until the next approval."""
    _return_to_draft("revise", row, by=by, version=version, now=now, assigned_to=by, due_on=None)


def recover(row: Target, *, by: Person, version: int | None = None, now: dt.datetime | None = None) -> None:
    _return_to_draft("recover", row, by=by, version=version, now=now)


def _return_to_draft(
    verb: str,
    row: Target,
    *,
    by: Person,
    version: int | None,
    now: dt.datetime | None,
    **changes: Any,
) -> None:
    with run_act(verb, row, by=by, now=now, version=version) as run:
        if isinstance(run, IssueRun):
            content = replace(run.facts.content, **NO_CHANGE)
            run.update(to=State.DRAFT)
            if content != run.facts.content:
                run.store(content, begins_version=True)
        else:
            run.update(to=State.DRAFT, **changes)
            add_revisions_of_names([run.row], by=None, now=run.now)  # while it was closed, nobody added them
            if any(getattr(run.row, name) for name in NO_CHANGE):
                blank = replace(load_working_copy(run.row), **NO_CHANGE)
                write_revision(run, blank, kind=Revision.Kind.REVISE)
        run.record_event()


def discard(row: Target, *, by: Person, version: int | None = None, now: dt.datetime | None = None) -> None:
    """Discard a draft without an edition. Otherwise restore the content of the newest uncancelled edition."""
    with run_act("discard", row, by=by, now=now, version=version) as run:
        if isinstance(run, IssueRun):
            if last := run.facts.last_edition:
                run.store(last.frozen_content, to=State.APPROVED)
            else:
                run.update(to=State.DISCARDED)
            run.record_event()
            return
        if edition := find_newest_uncancelled_edition(run.row):
            content = keep_staff_fields(edition.frozen_content, load_working_copy(run.row))
            revision = write_revision(run, content, kind=Revision.Kind.RETURN, to=State.APPROVED)
        else:
            revision = None
            run.update(to=State.DISCARDED, claimed_key=None)
        limit_originals(run.row, run.now)
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


_SOURCE_WITHDREW: Final[dict[str, Any]] = {
    "change_kind": ChangeKind.EDITORS_NOTE,
    "change_note_zh": "原文已由來源撤回。",
    "change_note_en": "The source has withdrawn the original article.",
}


def source_withdrew(brief: Brief | int, *, by: Person, version: int, now: dt.datetime | None = None) -> None:
    """Mark the article as withdrawn by its source in a new version, and submit that for approval.

    Only a fact changes, so both languages are as readers have them.
    """
    with run_verb("source_withdrew", brief, by=by, now=now, version=version) as run:
        content = load_working_copy(run.row)
        content = replace(content, facts=replace(content.facts, source_withdrew=True))
        if has_been_public(run.row, run.now):
            content = replace(content, **_SOURCE_WITHDREW)
        revision = write_revision(run, content, kind=Revision.Kind.SAVE, to=State.IN_REVIEW)
        event = run.record_event(revision=revision)
        notify(event, "ready", find_people_for_verb("approve"))
