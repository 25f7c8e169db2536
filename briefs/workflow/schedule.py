"""Verbs after approval: another time, no time, taken down, put back."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..models import Brief, Edition, Person, State, WithdrawalKind
from .editions import add, announce, close, public_edition, scheduled_edition, why_not_at
from .rules.brief_history import editions_of
from .rules.refusals import Reason, Refused, refuse
from .rules.transitions import check, locked, move, record


def cancel(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    """A scheduled edition never comes; the one before stays. What was approved waits in review again."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "cancel", row)
        edition = scheduled_edition(row, now)
        if edition is None:
            raise refuse("nothing-scheduled")
        close(edition, now)
        before = row.state
        move(row, by=by, now=now, to=State.IN_REVIEW if before == State.APPROVED else None)
        record(row, "cancel", by=by, now=now, before=before, edition=edition)
        return edition


def reschedule(
    brief: Brief | int, *, by: Person, at: dt.datetime | None, now: dt.datetime | None = None
) -> Edition:
    """Cancel, and a new edition with the same content and sign-offs; `at` None is now."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "reschedule", row)
        old = scheduled_edition(row, now)
        if old is None:
            raise refuse("nothing-scheduled")
        if reasons := why_not_at(row, at, now, frozen=old.frozen):
            raise Refused(*reasons)
        kept = {
            name: getattr(old, name)
            for name in (
                *(
                    "revision_id",
                    "approved_by_id",
                    "edited_by_id",
                    "four_eyes",
                    "urgent",
                    "urgent_reason",
                    "minor",
                ),
                *("change_kind", "change_note_zh", "change_note_en", "confirmed_at", "confirmed_by_id"),
            )
        }
        edition = add(row, old.frozen, editions_of(row), at=at, now=now, **kept)
        before = row.state
        move(row, by=by, now=now)
        event = record(row, "reschedule", by=by, now=now, before=before, edition=edition)
        announce(event, edition, but=by, now=now)
        return edition


def withdraw(
    brief: Brief | int,
    *,
    by: Person,
    kind: str,
    reason_zh: str,
    reason_en: str,
    now: dt.datetime | None = None,
) -> Edition:
    """The page becomes a notice with kind and reason; what is scheduled is cancelled."""
    now = now or timezone.now()
    reasons = []
    if kind not in WithdrawalKind.values:
        reasons.append(Reason("kind-needed", {}, "kind"))
    if not (reason_zh.strip() and reason_en.strip()):
        reasons.append(Reason("reason-needed", {}, "reason"))
    values = {
        "withdrawn_at": now,
        "withdrawn_by": by,
        "withdrawn_kind": kind,
        "withdrawn_reason_zh": reason_zh.strip(),
        "withdrawn_reason_en": reason_en.strip(),
    }
    return _take_down(
        brief, "withdraw", by=by, now=now, values=values, reasons=reasons, note=reason_zh.strip()
    )


def remove(brief: Brief | int, *, by: Person, reason: str, now: dt.datetime | None = None) -> Edition:
    """The page answers 410; what is scheduled is cancelled."""
    now = now or timezone.now()
    reasons = [] if reason.strip() else [Reason("reason", {}, "reason")]
    values = {"removed_at": now, "removed_by": by, "removed_reason": reason.strip()}
    return _take_down(brief, "remove", by=by, now=now, values=values, reasons=reasons, note=reason.strip())


def _take_down(
    brief: Brief | int,
    verb: str,
    *,
    by: Person,
    now: dt.datetime,
    values: dict[str, Any],
    reasons: list[Reason],
    note: str,
) -> Edition:
    with transaction.atomic():
        row = locked(brief)
        check(by, verb, row)
        edition = public_edition(row, now)
        if edition is None:
            raise refuse("nothing-public")
        if edition.removed_at:
            raise refuse("already-removed")
        if edition.withdrawn_at and verb == "withdraw":
            raise refuse("already-withdrawn")
        if reasons:
            raise Refused(*reasons)
        before = row.state
        if later := scheduled_edition(row, now):
            close(later, now)
        Edition.objects.filter(pk=edition.pk).update(**values)
        move(row, by=by, now=now, to=State.IN_REVIEW if later and before == State.APPROVED else None)
        record(row, verb, by=by, now=now, before=before, edition=edition, note=note)
        return edition


def reinstate(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "reinstate", row)
        edition = public_edition(row, now)
        if edition is None or not (edition.withdrawn_at or edition.removed_at):
            raise refuse("nothing-to-reinstate")
        empty = {
            "withdrawn_kind": "",
            "withdrawn_reason_zh": "",
            "withdrawn_reason_en": "",
            "removed_reason": "",
        }
        nobody = dict.fromkeys(("withdrawn_at", "withdrawn_by", "removed_at", "removed_by"))
        Edition.objects.filter(pk=edition.pk).update(**empty, **nobody)
        move(row, by=by, now=now)
        record(row, "reinstate", by=by, now=now, before=row.state, edition=edition)
        return edition
