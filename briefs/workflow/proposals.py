"""Verbs on proposals: accept, reject, take back and renew. `vocabulary` makes them."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from briefs.content import hash_json
from briefs.derived import build
from briefs.models import Event, Person, Proposal, SiteText
from briefs.models.vocabulary import Vocabulary

from .rules import proposed_rows
from .rules.proposed_rows import SITE_TEXT_PREFIX
from .rules.refusals import build_refusal, tidy_or_refuse
from .rules.transitions import format_permitted_people, notify, require_allowed
from .vocabulary import (
    SITE_TEXT_VALUES,
    merge_vocabulary,
    read_site_text,
    revise_site_text,
    save_vocabulary_row,
    set_merged_into,
    store_row,
    store_site_text,
    unmerge_vocabulary,
)


def accept_proposal(proposal: Proposal, *, by: Person, seen: str, now: dt.datetime | None = None) -> None:
    """Store the proposed change. `seen`: `hash_proposal` as the page showed it. Raise Refused if it has changed since."""
    now = now or timezone.now()
    with transaction.atomic():
        build.lock_names_exclusively()
        row = _lock_open_proposal(proposal, by=by, verb="accept_proposal")
        if is_outdated(row):
            raise build_refusal("proposal-outdated")
        if seen != hash_proposal(row):
            raise build_refusal("proposal-seen")
        if row.kind == Proposal.Kind.INTRODUCTION:
            _store_introduction(row, now=now)
        else:
            _store_row(row, by=by, now=now)
        _decide(row, Proposal.Outcome.ACCEPTED, "accept_proposal", by=by, now=now)


def reject_proposal(proposal: Proposal, *, by: Person, reason: str, now: dt.datetime | None = None) -> None:
    """Close a proposal without its change. The author is told the reason."""
    now = now or timezone.now()
    reason = tidy_or_refuse(reason, about="reason").strip()
    if not reason:
        raise build_refusal("reason", about="reason")
    with transaction.atomic():
        row = _lock_open_proposal(proposal, by=by, verb="reject_proposal")
        _decide(row, Proposal.Outcome.REJECTED, "reject_proposal", by=by, now=now, reason=reason)


def withdraw_proposal(proposal: Proposal, *, by: Person, now: dt.datetime | None = None) -> None:
    """Take back one's own proposal."""
    now = now or timezone.now()
    with transaction.atomic():
        row = _lock_own_proposal(proposal, by=by)
        _decide(row, Proposal.Outcome.WITHDRAWN, "withdraw_proposal", by=by, now=now)


def renew_proposal(proposal: Proposal, *, by: Person, now: dt.datetime | None = None) -> Proposal | None:
    """Apply an outdated proposal's change to the current row. Return the new proposal, or None if none is needed."""
    now = now or timezone.now()
    with transaction.atomic():
        build.lock_names_exclusively()
        old = _lock_own_proposal(proposal, by=by)
        proposed_rows.close_proposal(old, Proposal.Outcome.REPLACED, by=by, now=now)
        if old.kind == Proposal.Kind.INTRODUCTION:
            key = old.about.removeprefix(SITE_TEXT_PREFIX)
            text = SiteText.objects.filter(key=key).first()
            return revise_site_text(
                key,
                old.after["text_zh"],
                old.after["text_en"],
                by=by,
                version=text.version if text else 0,
                start_here=old.after["start_here"],
                now=now,
            )
        stored = proposed_rows.find_row(old.about) if old.before else None
        values = proposed_rows.read_values(stored) if stored else {}
        changed = {name: old.after[name] for name in old.changed_columns}
        row = proposed_rows.build_row(old.about, stored, values | changed)
        if old.kind == Proposal.Kind.MERGE and stored and (heir := row.merged_into):
            return next(iter(merge_vocabulary([stored], into=heir, by=by, now=now)), None)
        if old.kind == Proposal.Kind.UNMERGE and stored:
            return unmerge_vocabulary(stored, by=by, now=now)
        _validate(row)
        return save_vocabulary_row(row, by=by, now=now)


def is_outdated(proposal: Proposal) -> bool:
    """Return whether the row, or the row to merge it into, has changed since the proposal."""
    if proposal.kind == Proposal.Kind.INTRODUCTION:
        key = proposal.about.removeprefix(SITE_TEXT_PREFIX)
        return bool(read_site_text(SiteText.objects.filter(key=key).first()) != proposal.before)
    if proposal.kind == Proposal.Kind.NEW:
        return False
    stored = proposed_rows.find_row(proposal.about)
    if stored is None or proposed_rows.read_values(stored) != proposal.before:
        return True
    if proposal.kind != Proposal.Kind.MERGE:
        return False
    heir = proposed_rows.build_row(proposal.about, stored, proposal.after).merged_into
    return not heir or bool(heir.merged_into)


def hash_proposal(proposal: Proposal) -> str:
    """Hash what is decided: the proposed values, and the current names of the row to merge into."""
    heir = None
    if proposal.kind == Proposal.Kind.MERGE and (changes := proposed_rows.get_row_changes(proposal)):
        heir = changes[1].merged_into
    names = proposed_rows.read_values(heir) if heir else {}
    return hash_json([proposal.pk, proposal.before, proposal.after, names])


def may_decide(person: Person, proposal: Proposal) -> bool:
    return proposed_rows.find_deciders(proposal.author).filter(pk=person.pk).exists()


def _lock_open_proposal(proposal: Proposal, *, by: Person, verb: str) -> Proposal:
    require_allowed(by, verb)
    row = _lock(proposal)
    if not may_decide(by, row):
        if row.author_id == by.pk:
            raise build_refusal("proposal-own")
        names = [str(person) for person in proposed_rows.find_deciders(row.author)[:3]]
        raise build_refusal("role", name=", ".join(names) or format_permitted_people("approve"))
    return row


def _lock_own_proposal(proposal: Proposal, *, by: Person) -> Proposal:
    require_allowed(by, "withdraw_proposal")
    row = _lock(proposal)
    if row.author_id != by.pk:
        raise build_refusal("proposal-not-own", name=str(row.author))
    return row


def _lock(proposal: Proposal) -> Proposal:
    row = Proposal.objects.select_for_update(of=("self",)).select_related("author").get(pk=proposal.pk)
    if row.outcome:
        raise build_refusal("proposal-decided", name=str(row.decided_by), outcome=row.get_outcome_display())
    return row


def _decide(
    row: Proposal, outcome: str, verb: str, *, by: Person, now: dt.datetime, reason: str = ""
) -> None:
    label = proposed_rows.get_label(row)
    proposed_rows.close_proposal(row, outcome, by=by, now=now, reason=reason)
    note = reason or f"{label} ({row.author})"
    event = Event.objects.create(about=row.about, verb=verb, by=by, at=now, note=note)
    notify(event, "decided", [row.author], proposal=row.pk, label=label, outcome=outcome)


def _store_introduction(proposal: Proposal, *, now: dt.datetime) -> None:
    key = proposal.about.removeprefix(SITE_TEXT_PREFIX)
    old = SiteText.objects.select_for_update().filter(key=key).first()
    values = {name: proposal.after[name] for name in SITE_TEXT_VALUES if name in proposal.after}
    store_site_text(key, values, old, by=proposal.author, now=now)


def _store_row(proposal: Proposal, *, by: Person, now: dt.datetime) -> None:
    stored = proposed_rows.find_row(proposal.about, lock=True) if proposal.before else None
    row = proposed_rows.build_row(proposal.about, stored, proposal.after)
    if stored and proposal.kind in (Proposal.Kind.MERGE, Proposal.Kind.UNMERGE):
        set_merged_into(stored, row.merged_into)
        return
    _validate(row)
    store_row(row, stored, by=by, now=now, is_recorded=False)


def _validate(row: Vocabulary) -> None:
    """Raise Refused if another entry took the name meanwhile."""
    try:
        row.full_clean(exclude={"slug", "merged_into"}, validate_unique=False, validate_constraints=False)
        row.validate_constraints(exclude={"slug"})
    except ValidationError as error:
        raise build_refusal("label-taken-now", label=str(row)) from error
