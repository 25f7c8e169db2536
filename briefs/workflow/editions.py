"""Find, add and cancel editions of briefs and issues; withdraw, remove and reinstate."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Literal, cast

from django.conf import settings
from django.utils import timezone

from briefs.bilingual.text.slugs import build_slug
from briefs.content import CHANGE_FIELDS, SIDES, Content, get_change
from briefs.derived import LoadedNames
from briefs.derived.build import build_derived_rows
from briefs.derived.search import indexing
from briefs.derived.translation_memory import rebuild_memory, store_edition_pairs
from briefs.models import (
    Brief,
    Edition,
    Event,
    Issue,
    IssueEdition,
    Outbox,
    Person,
    Revision,
    State,
    WithdrawalKind,
)
from briefs.models.vocabulary import find_free_slug

from .rules.histories import find_last_shown_edition, load_contributors, load_editions, load_revisions
from .rules.local_times import format_iso_date, why_not_past
from .rules.refusals import Reason, Refused
from .rules.transitions import IssueRun, Target, VerbRun, notify, run_act, run_verb

type AnyEdition = Edition | IssueEdition


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
    """Add an edition of a brief, as `begin_interval` describes.

    `names`: those of the content. The caller has locked the names and the brief (`begin_verb`).
    """
    edition = Edition.objects.create(
        brief=row,
        slug=row.slug or _free_slug(row, content),
        content=content.without_staff_fields().as_json(),
        **begin_interval(existing_editions, at, now),
        **values,
    )
    build_derived_rows(edition, names)
    if existing_editions:
        indexing.drop_past_editions(now, row.pk)
    store_edition_pairs(edition)
    return edition


def begin_interval(
    existing_editions: Sequence[Edition] | Sequence[IssueEdition], at: dt.datetime | None, now: dt.datetime
) -> dict[str, Any]:
    """Cancel the scheduled edition, and end the live one when the new one begins. Return number and times of the new one.

    `existing_editions`: all of the brief or issue, the newest first.
    """
    live_from = at or now
    if later := next((e for e in existing_editions if e.live_from > now and not e.is_cancelled), None):
        cancel_edition(later, now)
    if live := next((e for e in existing_editions if e.is_public(now)), None):
        live_from = max(live_from, live.live_from + dt.timedelta(microseconds=1))
        update_edition(live, live_until=live_from)
    seen = [e.published_at for e in existing_editions if e.live_from <= now and not e.is_cancelled]
    return {
        "number": existing_editions[0].number + 1 if existing_editions else 1,
        "published_at": min(seen, default=live_from),
        "live_from": live_from,
        "approved_at": now,
    }


def describe_approval(run: VerbRun | IssueRun) -> dict[str, Any]:
    """Return the columns of a new edition that say what was approved, by whom and under which rule."""
    facts, newest = run.facts, run.facts.history.revisions[0]
    return {
        "revision_id": newest.pk,
        "approved_by_id": run.by.pk,
        "edited_by_id": newest.by_id,
        "four_eyes": settings.DIGEST_FOUR_EYES,
        **(get_change(facts.content) if facts.was_public else {}),
        **{f"hash_{name}": leaf.hash for name, leaf in facts.signing.leaves.items()},
    }


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


def update_edition(edition: AnyEdition, **values: Any) -> None:
    type(edition)._default_manager.filter(pk=edition.pk).update(**values)


def cancel_edition(edition: AnyEdition, now: dt.datetime) -> None:
    """Cancel a scheduled edition and reopen the previous one.

    Empty its own interval first: two intervals must never overlap.
    """
    update_edition(edition, live_until=edition.live_from)
    before = {"live_from__lt": edition.live_from, "live_until": edition.live_from}
    if isinstance(edition, IssueEdition):
        IssueEdition.objects.filter(issue=edition.issue_id, **before).update(live_until=None)
        return
    Edition.objects.filter(brief=edition.brief_id, **before).update(live_until=None)
    Outbox.objects.filter(edition=edition, due_at__gt=now).update(cancelled_at=now)
    indexing.drop([edition.pk])
    rebuild_memory([edition.brief_id])


_KEPT_ON_RESCHEDULING = (
    *("revision_id", "approved_by_id", "edited_by_id", "four_eyes", "hash_zh", "hash_en", "hash_common"),
    *CHANGE_FIELDS,
)


def cancel(row: Target, *, by: Person, now: dt.datetime | None = None) -> AnyEdition:
    """Cancel the scheduled edition; the previous one stays public. An approved brief or issue returns to review."""
    with run_act("cancel", row, by=by, now=now) as run:
        edition = cast("AnyEdition", run.facts.scheduled_edition)  # a condition of the act
        cancel_edition(edition, run.now)
        run.update(to=State.IN_REVIEW if run.row.state == State.APPROVED else None)
        run.record_event(edition=edition)
        return edition


def reschedule(
    brief: Brief | int, *, by: Person, at: dt.datetime | None, now: dt.datetime | None = None
) -> Edition:
    """Replace the scheduled edition by one with the same content and approval. An `at` of None is now."""
    with run_verb("reschedule", brief, by=by, now=now) as run:
        row, old = run.row, cast("Edition", run.facts.scheduled_edition)
        if reasons := why_not_at_time(row, at, run.now, frozen=old.frozen_content):
            raise Refused(*reasons)
        kept = {name: getattr(old, name) for name in _KEPT_ON_RESCHEDULING}
        content = old.frozen_content
        names = LoadedNames(content)
        edition = add_edition(row, content, names, run.facts.editions, at=at, now=run.now, **kept)
        run.update()
        announce_edition(run.record_event(edition=edition), load_revisions(row.pk))
        return edition


def withdraw(row: Target, *, by: Person, kind: str, now: dt.datetime | None = None) -> AnyEdition:
    """Replace the public page by a notice with the sentence of the kind, and cancel a scheduled edition."""
    with run_act("withdraw", row, by=by, now=now) as run:
        if kind not in WithdrawalKind:
            raise Refused(Reason("kind-needed", {}, "kind"))
        page: Literal["brief", "issue"] = "issue" if isinstance(row, Issue) else "brief"
        told = {f"withdrawn_reason_{side}": WithdrawalKind(kind).sentence(side, page) for side in SIDES}
        return _take_down(run, withdrawn_at=run.now, withdrawn_by=by, withdrawn_kind=kind, **told)


def remove(brief: Brief | int, *, by: Person, reason: str, now: dt.datetime | None = None) -> AnyEdition:
    """Make the public page answer 410, and cancel a scheduled edition."""
    with run_act("remove", brief, by=by, now=now) as run:
        if not (reason := reason.strip()):
            raise Refused(Reason("reason", {}, "reason"))
        return _take_down(run, note=reason, removed_at=run.now, removed_by=by, removed_reason=reason)


def _take_down(run: VerbRun | IssueRun, *, note: str = "", **values: Any) -> AnyEdition:
    edition = cast("AnyEdition", run.facts.public_edition)  # a condition of the act
    if later := run.facts.scheduled_edition:
        cancel_edition(later, run.now)
    update_edition(edition, **values)
    run.update(to=State.IN_REVIEW if later and run.row.state == State.APPROVED else None)
    run.record_event(edition=edition, note=note)
    return edition


def reinstate(brief: Brief | int, *, by: Person, now: dt.datetime | None = None) -> Edition:
    with run_verb("reinstate", brief, by=by, now=now) as run:
        edition = cast("Edition", run.facts.public_edition)  # a condition of the act
        nobody = dict.fromkeys(("withdrawn_at", "withdrawn_by", "removed_at", "removed_by"))
        update_edition(
            edition,
            **nobody,
            removed_reason="",
            reinstated_at=run.now,
            was_withdrawn_at=edition.withdrawn_at or edition.was_withdrawn_at,
        )
        run.update()
        run.record_event(edition=edition)
        return edition
