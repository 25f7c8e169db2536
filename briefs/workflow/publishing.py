"""Verbs that approve: with everybody's yes, or urgently and confirmed afterwards."""

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from .. import checks
from ..content import SIDES, Content
from ..derived import build
from ..models import Brief, Edition, Keyword, Person, State
from .assignments import finish
from .editions import (
    NO_CHANGE,
    Change,
    announce,
    awaiting_confirmation,
    freeze,
    was_public,
    why_not_at,
)
from .rules import four_eyes
from .rules.brief_history import Ledger
from .rules.check_context import context
from .rules.clock import spoken
from .rules.refusals import Reason, Refused, refuse
from .rules.submission_checks import incomplete, unready
from .rules.transitions import check, locked, move, notify, people_who, record
from .rules.working_copy import content_of


def approve(
    brief: Brief | int,
    *,
    by: Person,
    seen: str,
    at: dt.datetime | None = None,
    change: Change = NO_CHANGE,
    ticked: Collection[str] = (),
    now: dt.datetime | None = None,
) -> Edition:
    """Freeze the content whose hash (`Content.seen`) the publisher saw; public now, or from `at`.

    Raises Refused with everything unmet at once.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "approve", row)
        content = content_of(row)
        if seen != content.seen():
            raise refuse("seen", about="approve")
        ledger = Ledger.of(row)
        reasons = why_not_approve(row, content, ledger, by, ticked=ticked)
        reasons += why_not_at(row, at, now) + why_not_change(ledger, content, change, now)
        if reasons:
            raise Refused(*reasons)
        change = replace(change, kind="", note_zh="", note_en="") if change.minor else change
        edition = freeze(row, content, ledger, by=by, at=at, now=now, change=change)
        before = row.state
        move(row, by=by, now=now, to=State.APPROVED, slug=edition.slug, **finish(row, now=now))
        event = record(row, "approve", by=by, now=now, before=before, edition=edition, note=change.note_zh)
        announce(event, edition, but=by, now=now)
        return edition


def why_not_approve(
    row: Brief, content: Content, ledger: Ledger, person: Person, *, ticked: Collection[str] = ()
) -> list[Reason]:
    """Everything unmet in the text, its sign-offs and its facts."""
    standing = four_eyes.standing(ledger, {side: content.hash_side(side) for side in SIDES})
    reasons = unready(row, content) + _date_unconfirmed(row, content) + four_eyes.unsigned(standing)
    reasons += unlabelled(content)
    if open_notes := row.notes.filter(resolved_at=None).count():
        reasons.append(Reason("open-notes", {"n": open_notes}, "notes"))
    if settings.DIGEST_FOUR_EYES:
        if four_eyes.last_editor(ledger) == person.pk:
            reasons.append(Reason("last-editor", {}, "approve"))
        elif four_eyes.last_facts_editor(ledger) == person.pk:
            reasons.append(Reason("facts-own", {}, "approve"))
    changed = four_eyes.facts_since_signoffs(ledger, content, standing)
    if left := [name for name in changed if name not in ticked]:
        reasons.append(
            Reason(
                "facts-unticked",
                {"facts": gettext(", ").join(str(four_eyes.FACT_LABELS[name]) for name in left)},
                "facts",
            )
        )
    return reasons


def _date_unconfirmed(row: Brief, content: Content) -> list[Reason]:
    if not content.facts.date or row.article_date_confirmed:
        return []
    readings = [spoken(value) for value in (content.facts.date, row.article_date_alternative) if value]
    values = {"raw": row.article_date_raw, "first": readings[0], "second": readings[-1]}
    return [Reason("date-unconfirmed", values, "date")]


def unlabelled(content: Content) -> list[Reason]:
    """Keywords that lack a label in one language, with it."""
    rows = cast("set[Keyword]", set(build.current(Keyword, set(content.facts.keywords)).values()))
    half = [row for row in rows if not (row.label_zh and row.label_en)]
    return [
        Reason("keyword-en" if not k.label_en else "keyword-zh", {"label": str(k), "pk": k.pk}, "keywords")
        for k in sorted(half, key=lambda row: row.pk)
    ]


def why_not_change(ledger: Ledger, content: Content, change: Change, now: dt.datetime) -> list[Reason]:
    """From the second public edition on, a note in both languages, or a tick that the texts bear out."""
    before = was_public(ledger.editions, now)
    if before is None:
        return []
    if not change.minor:
        return [] if change.described else [Reason("change-note", {}, "change")]
    if checks.differs(before.frozen, content, context()):
        return [Reason("not-minor", {}, "change")]
    return []


def why_not_urgently(
    row: Brief, content: Content, *, at: dt.datetime | None = None, now: dt.datetime
) -> list[Reason]:
    """What no edition goes without, however urgent."""
    skipped = ("completeness.bullet_zh", "completeness.bullet_en")
    reasons = [r for r in incomplete(content) if r.code not in skipped]
    return reasons + _date_unconfirmed(row, content) + why_not_at(row, at, now)


def publish_urgently(
    brief: Brief | int,
    *,
    by: Person,
    seen: str,
    reason: str,
    at: dt.datetime | None = None,
    change: Change = NO_CHANGE,
    now: dt.datetime | None = None,
) -> Edition:
    """Alone, and flagged until somebody else confirms. Never without source, date, headlines, summaries."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "publish_urgently", row)
        content = content_of(row)
        if seen != content.seen():
            raise refuse("seen", about="approve")
        reasons = why_not_urgently(row, content, at=at, now=now)
        if not reason.strip():
            reasons.append(Reason("urgent-reason", {}, "reason"))
        if reasons:
            raise Refused(*reasons)
        change = change if change.described else NO_CHANGE
        urgent = reason.strip()
        edition = freeze(row, content, Ledger.of(row), by=by, at=at, now=now, change=change, urgent=urgent)
        before = row.state
        move(row, by=by, now=now, to=State.APPROVED, slug=edition.slug, **finish(row, now=now))
        event = record(
            row, "publish_urgently", by=by, now=now, before=before, edition=edition, note=reason.strip()
        )
        notify(event, "urgent", people_who("confirm", but=by))
        announce(event, edition, but=by, now=now)
        return edition


def confirm(
    brief: Brief | int, *, by: Person, seen: int | None = None, now: dt.datetime | None = None
) -> Edition:
    """Afterwards, by somebody else. `seen` is the edition that the person looked at."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "confirm", row)
        edition = awaiting_confirmation(row)
        if edition is None:
            raise refuse("nothing-urgent")
        if edition.approved_by_id == by.pk:
            raise refuse("urgent-confirm-own")
        if seen is not None and seen != edition.pk:
            raise refuse("seen")
        Edition.objects.filter(pk=edition.pk).update(confirmed_by=by, confirmed_at=now)
        record(row, "confirm", by=by, now=now, before=row.state, edition=edition)
        return edition
