"""Find, add and cancel editions; withdraw, remove and reinstate."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from briefs.content import CHANGE_FIELDS, SIDES, Content
from briefs.derived.build import build_derived_rows
from briefs.derived.public_brief import LoadedNames
from briefs.derived.translation_memory import rebuild_memory, store_edition_pairs
from briefs.models import Brief, Edition, Event, Outbox, Person, Revision, State, WithdrawalKind
from briefs.models.vocabulary import find_free_slug
from briefs.search import indexing
from briefs.text.slugs import build_slug

from .rules.histories import find_last_shown_edition, load_contributors, load_editions, load_revisions
from .rules.refusals import Reason, Refused, format_iso_date, why_not_past
from .rules.transitions import notify, run_verb

# Find the public and scheduled editions of a brief, and add or cancel editions.


def find_scheduled_edition(row: Brief, now: dt.datetime) -> Edition | None:
    return Edition.objects.scheduled(now).filter(brief=row).order_by("-number").first()


def find_newest_uncancelled_edition(row: Brief) -> Edition | None:
    """Return the newest edition that is not cancelled: past, live or scheduled."""
    return Edition.objects.uncancelled().filter(brief=row).order_by("-number").first()


def has_been_public(row: Brief, now: dt.datetime) -> bool:
    return find_last_shown_edition(load_editions(row), now) is not None


def why_not_at_time(
    row: Brief, at: dt.datetime | None, now: dt.datetime, *, frozen: Content | None = None
) -> list[Reason]:
    """Return the reasons against this publication time: in the past, or under embargo. An `at` of None is now."""
    reasons = why_not_past(at, now)
    embargoes = [row.article_embargo_until]
    if frozen and frozen.facts.embargo_until:
        embargoes.append(dt.datetime.fromisoformat(frozen.facts.embargo_until))
    latest = max((e for e in embargoes if e), default=None)
    if latest and (at or now) < latest:
        local = timezone.localtime(latest)
        until = f"{format_iso_date(local.date().isoformat())} {local:%H:%M}"
        reasons.append(Reason("embargo", {"time": until, "zone": settings.TIME_ZONE}, "at"))
    return reasons


def add_edition(
    row: Brief,
    content: Content,
    names: LoadedNames,
    existing_editions: Sequence[Edition],
    *,
    at: dt.datetime | None,
    now: dt.datetime,
    **values: Any,
) -> Edition:
    """Add an edition, cancel the scheduled one, and end the live one when the new one begins.

    `names`: those of the content. `existing_editions`: all of the brief, the newest first. The caller has locked the names and
    the brief (`begin_verb`).
    """
    live_from = at or now
    if later := next((e for e in existing_editions if e.live_from > now and not e.is_cancelled), None):
        cancel_edition(later, now)
    live = next((e for e in existing_editions if e.is_public(now)), None)
    if live:
        live_from = max(live_from, live.live_from + dt.timedelta(microseconds=1))
        Edition.objects.filter(pk=live.pk).update(live_until=live_from)
    seen = [e.published_at for e in existing_editions if e.live_from <= now and not e.is_cancelled]
    edition = Edition.objects.create(
        brief=row,
        number=existing_editions[0].number + 1 if existing_editions else 1,
        slug=row.slug or _free_slug(row, content),
        content=content.without_staff_fields().as_json(),
        published_at=min(seen, default=live_from),
        live_from=live_from,
        approved_at=now,
        **values,
    )
    build_derived_rows(edition, names)
    if existing_editions:
        indexing.drop_past_editions(now, row.pk)
    store_edition_pairs(edition)
    return edition


def _free_slug(row: Brief, content: Content) -> str:
    """Build a free slug from the English headline, or from date and id when no slug results. A slug never changes."""
    return find_free_slug(Brief, build_slug(content.headline_en, 80) or f"{content.facts.date}-{row.pk}")


def announce_edition(event: Event, revisions: Iterable[Revision]) -> None:
    """Notify contributors: now of a scheduled edition, and of any edition when it becomes public.

    `event`: recorded in this transaction. `revisions`: all of the brief.
    """
    edition: Edition = event.edition  # type: ignore[assignment]
    people = load_contributors(edition.brief, revisions)
    if edition.live_from > event.at:
        notify(event, "scheduled", people, is_first=True, time=edition.live_from.isoformat())
    notify(event, "published", people, due_at=edition.live_from, is_first=True)


def cancel_edition(edition: Edition, now: dt.datetime) -> None:
    """Cancel a scheduled edition and reopen the previous one.

    Empty its own interval first: two intervals must never overlap.
    """
    Edition.objects.filter(pk=edition.pk).update(live_until=edition.live_from)
    others = Edition.objects.filter(brief=edition.brief_id, live_from__lt=edition.live_from)
    others.filter(live_until=edition.live_from).update(live_until=None)
    Outbox.objects.filter(edition=edition, due_at__gt=now).update(cancelled_at=now)
    indexing.drop([edition.pk])
    rebuild_memory([edition.brief_id])


# Verbs after approval: cancel, reschedule, withdraw, remove, reinstate.

_KEPT_ON_RESCHEDULING = (
    *("revision_id", "approved_by_id", "edited_by_id", "four_eyes", "hash_zh", "hash_en", "hash_common"),
    *CHANGE_FIELDS,
)


def cancel(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    """Cancel the scheduled edition; the previous one stays public. An approved brief returns to review."""
    with run_verb("cancel", brief, by=by, now=now) as run:
        edition = get_present(run.facts.scheduled_edition)
        cancel_edition(edition, run.now)
        run.update_brief(to=State.IN_REVIEW if run.row.state == State.APPROVED else None)
        run.record_event(edition=edition)
        return edition


def get_present[Row](row: Row | None) -> Row:
    """Return the row that a condition of the verb has asked for."""
    if row is None:
        raise LookupError
    return row


def reschedule(
    brief: Brief | int, *, by: Person, at: dt.datetime | None, now: dt.datetime | None = None
) -> Edition:
    """Replace the scheduled edition by one with the same content and approval. An `at` of None is now."""
    with run_verb("reschedule", brief, by=by, now=now) as run:
        row, old = run.row, get_present(run.facts.scheduled_edition)
        if reasons := why_not_at_time(row, at, run.now, frozen=old.frozen_content):
            raise Refused(*reasons)
        kept = {name: getattr(old, name) for name in _KEPT_ON_RESCHEDULING}
        content = old.frozen_content
        names = LoadedNames(content)
        edition = add_edition(row, content, names, run.facts.editions, at=at, now=run.now, **kept)
        run.update_brief()
        announce_edition(run.record_event(edition=edition), load_revisions(row.pk))
        return edition


def withdraw(brief: Brief | int, *, by: Person, kind: str, now: dt.datetime | None = None) -> Edition:
    """Replace the public page by a notice with the sentence of the kind, and cancel a scheduled edition."""
    now = now or timezone.now()
    values: dict[str, Any] = {"withdrawn_at": now, "withdrawn_by": by, "withdrawn_kind": kind}
    reasons = []
    if kind in WithdrawalKind:
        values |= {f"withdrawn_reason_{side}": WithdrawalKind(kind).sentence(side) for side in SIDES}
    else:
        reasons.append(Reason("kind-needed", {}, "kind"))
    return _take_down(brief, "withdraw", by=by, now=now, values=values, reasons=reasons)


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
    note: str = "",
) -> Edition:
    with run_verb(verb, brief, by=by, now=now) as run:
        row, edition = run.row, get_present(run.facts.public_edition)
        if reasons:
            raise Refused(*reasons)
        if later := run.facts.scheduled_edition:
            cancel_edition(later, now)
        Edition.objects.filter(pk=edition.pk).update(**values)
        run.update_brief(to=State.IN_REVIEW if later and row.state == State.APPROVED else None)
        run.record_event(edition=edition, note=note)
        return edition


def reinstate(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    with run_verb("reinstate", brief, by=by, now=now) as run:
        edition = get_present(run.facts.public_edition)
        nobody = dict.fromkeys(("withdrawn_at", "withdrawn_by", "removed_at", "removed_by"))
        Edition.objects.filter(pk=edition.pk).update(
            **nobody,
            removed_reason="",
            reinstated_at=run.now,
            was_withdrawn_at=edition.withdrawn_at or edition.was_withdrawn_at,
        )
        run.update_brief()
        run.record_event(edition=edition)
        return edition
