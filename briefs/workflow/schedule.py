"""Verbs after approval: cancel, reschedule, withdraw, remove, reinstate."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from ..derived.brief_shape import ChangeName
from ..models import Brief, Edition, Person, State, WithdrawalKind
from .editions import (
    add_edition,
    announce_edition,
    cancel_edition,
    find_public_edition,
    find_scheduled_edition,
    why_not_at_time,
)
from .rules.brief_history import load_editions
from .rules.refusals import Reason, Refused, build_refusal
from .rules.transitions import VerbRun, run_verb
from .rules.webhook_queue import queue_change

_KEPT_ON_RESCHEDULING = (
    *("revision_id", "approved_by_id", "edited_by_id", "four_eyes", "urgent", "urgent_reason", "minor"),
    *("change_kind", "change_note_zh", "change_note_en", "confirmed_at", "confirmed_by_id"),
)

_CHANGES: Final[Mapping[str, ChangeName]] = {"withdraw": "withdrawn", "remove": "removed"}


def cancel(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    """Cancel the scheduled edition; the previous one stays public. An approved brief returns to review."""
    with run_verb("cancel", brief, by=by, now=now) as run:
        edition = _get_scheduled_edition(run)
        cancel_edition(edition, run.now)
        run.update_brief(to=State.IN_REVIEW if run.row.state == State.APPROVED else None)
        run.record_event(edition=edition)
        return edition


def _get_scheduled_edition(run: VerbRun) -> Edition:
    edition = find_scheduled_edition(run.row, run.now)
    if edition is None:
        raise build_refusal("nothing-scheduled")
    return edition


def reschedule(
    brief: Brief | int, *, by: Person, at: dt.datetime | None, now: dt.datetime | None = None
) -> Edition:
    """Replace the scheduled edition by one with the same content and approval. An `at` of None is now."""
    with run_verb("reschedule", brief, by=by, now=now) as run:
        row, old = run.row, _get_scheduled_edition(run)
        if reasons := why_not_at_time(row, at, run.now, frozen=old.frozen_content):
            raise Refused(*reasons)
        kept = {name: getattr(old, name) for name in _KEPT_ON_RESCHEDULING}
        edition = add_edition(row, old.frozen_content, load_editions(row), at=at, now=run.now, **kept)
        run.update_brief()
        announce_edition(run.record_event(edition=edition))
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
    """Replace the public page by a notice with kind and reason, and cancel a scheduled edition."""
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
    """Make the public page answer 410, and cancel a scheduled edition."""
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
    with run_verb(verb, brief, by=by, now=now) as run:
        row = run.row
        edition = find_public_edition(row, now)
        if edition is None:
            raise build_refusal("nothing-public")
        if edition.removed_at:
            raise build_refusal("already-removed")
        if edition.withdrawn_at and verb == "withdraw":
            raise build_refusal("already-withdrawn")
        if reasons:
            raise Refused(*reasons)
        if later := find_scheduled_edition(row, now):
            cancel_edition(later, now)
        Edition.objects.filter(pk=edition.pk).update(**values)
        run.update_brief(to=State.IN_REVIEW if later and row.state == State.APPROVED else None)
        queue_change(run.record_event(edition=edition, note=note), _CHANGES[verb])
        return edition


def reinstate(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    with run_verb("reinstate", brief, by=by, now=now) as run:
        edition = find_public_edition(run.row, run.now)
        if edition is None or not (edition.withdrawn_at or edition.removed_at):
            raise build_refusal("nothing-to-reinstate")
        texts = ("withdrawn_kind", "withdrawn_reason_zh", "withdrawn_reason_en", "removed_reason")
        empty = dict.fromkeys(texts, "")
        nobody = dict.fromkeys(("withdrawn_at", "withdrawn_by", "removed_at", "removed_by"))
        Edition.objects.filter(pk=edition.pk).update(**empty, **nobody, reinstated_at=run.now)
        run.update_brief()
        queue_change(run.record_event(edition=edition), "reinstated")
        return edition
