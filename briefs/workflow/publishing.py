"""Verbs that publish: approve after all sign-offs, or publish urgently and confirm afterwards."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import cast

from django.conf import settings
from django.utils.translation import gettext

from briefs.content import SIDES, Content
from briefs.derived import build
from briefs.derived.public_brief import PageNames
from briefs.models import Brief, ChangeKind, Edition, Keyword, Person, State

from .assignments import end_assignments
from .editions import (
    NO_CHANGE_NOTE,
    ChangeNote,
    add_edition,
    announce_edition,
    find_last_shown_edition,
    find_unconfirmed_edition,
    why_not_at_time,
)
from .reviewing import why_not_complete
from .rules import four_eyes
from .rules.fact_ticks import ChangedFact, format_fact_labels, load_changed_facts
from .rules.four_eyes import SignOffStatuses
from .rules.refusals import Reason, Refused, build_refusal, format_iso_date
from .rules.transitions import BriefHistory, VerbRun, find_people_for_verb, notify, run_verb
from .rules.working_copy import load_working_copy


def approve(
    brief: Brief | int,
    *,
    by: Person,
    seen: str,
    names_seen: PageNames | None = None,
    at: dt.datetime | None = None,
    change: ChangeNote = NO_CHANGE_NOTE,
    ticked: Collection[str] = (),
    now: dt.datetime | None = None,
) -> Edition:
    """Freeze the content whose hash (`hash_for_approval`) the publisher saw. It is public now, or from `at`.

    `names_seen`: the names that the page showed, so that a refusal can name those that changed. Raise Refused with all
    unmet conditions.
    """
    with run_verb("approve", brief, by=by, now=now) as run:
        row, (content, names) = run.row, _load_seen_content(run, seen, names_seen)
        history = BriefHistory.load(row)
        changed_facts = load_changed_facts(history, content, names, build_statuses(history, content))
        reasons = why_not_approve(row, content, history, by, changed_facts, ticked=ticked)
        reasons += why_not_at_time(row, at, run.now) + why_not_change_note(history, change, run.now)
        if reasons:
            raise Refused(*reasons)
        if change.kind == ChangeKind.SMALL_REPAIR:
            change = ChangeNote(change.kind)
        return _publish(run, content, history, at=at, change=change, note=change.note_zh)


def hash_for_approval(row: Brief) -> str:
    """Return the hash of what an approver sees: the content, and the names as readers will see them."""
    content = load_working_copy(row)
    return PageNames.load(content).hash_with(content)


def _load_seen_content(run: VerbRun, seen: str, names_seen: PageNames | None) -> tuple[Content, PageNames]:
    """Load content and names. Raise Refused if they differ from what the publisher saw (`seen`)."""
    build.lock_names_shared()
    content = load_working_copy(run.row)
    names = PageNames.load(content)
    if seen == names.hash_with(content):
        return content, names
    if names_seen and seen == names_seen.hash_with(content):
        changes = names.find_changes_since(names_seen)
        told = gettext("; ").join(f"{change.before or '–'} → {change.after or '–'}" for change in changes)
        raise build_refusal("seen-names", about="approve", names=told)
    raise build_refusal("seen", about="approve")


def _publish(
    run: VerbRun,
    content: Content,
    history: BriefHistory,
    *,
    at: dt.datetime | None,
    change: ChangeNote,
    note: str,
    urgent_reason: str = "",
) -> Edition:
    """Freeze the content as an edition, approve the brief, and notify its contributors."""
    edition = add_edition(
        run.row,
        content,
        history.editions,
        at=at,
        now=run.now,
        revision_id=history.revisions[0].pk,
        approved_by_id=run.by.pk,
        edited_by_id=four_eyes.find_last_editor(history, run.by.pk),
        four_eyes=settings.DIGEST_FOUR_EYES,
        urgent=bool(urgent_reason),
        urgent_reason=urgent_reason,
        change_kind=change.kind,
        change_note_zh=change.note_zh.strip(),
        change_note_en=change.note_en.strip(),
    )
    run.update_brief(to=State.APPROVED, slug=edition.slug, **end_assignments(run.row, now=run.now))
    event = run.record_event(edition=edition, note=note)
    if urgent_reason:
        notify(event, "urgent", find_people_for_verb("confirm"))
    announce_edition(event)
    return edition


def why_not_approve(
    row: Brief,
    content: Content,
    history: BriefHistory,
    person: Person,
    changed_facts: Sequence[ChangedFact],
    *,
    ticked: Collection[str] = (),
) -> list[Reason]:
    """Return all unmet conditions: blocking findings, date, sign-offs, keyword labels, open notes, last editor, ticks."""
    statuses = build_statuses(history, content)
    reasons = (
        why_not_complete(content)
        + _unconfirmed_date_reasons(row, content)
        + four_eyes.why_not_signed(statuses)
    )
    reasons += unlabelled_keyword_reasons(content)
    if open_notes := row.notes.filter(resolved_at=None).count():
        reasons.append(Reason("open-notes", {"n": open_notes}, "notes"))
    if settings.DIGEST_FOUR_EYES and four_eyes.find_last_editor(history, person.pk) == person.pk:
        reasons.append(Reason("last-editor", {}, "approve"))
    if own := [fact.name for fact in changed_facts if fact.awaits_tick_for(person.pk)]:
        reasons.append(Reason("facts-own", {"facts": format_fact_labels(own)}, "approve"))
    if left := [fact.name for fact in changed_facts if fact.is_unsigned and fact.name not in ticked]:
        reasons.append(Reason("facts-unticked", {"facts": format_fact_labels(left)}, "facts"))
    return reasons


def build_statuses(history: BriefHistory, content: Content) -> SignOffStatuses:
    return four_eyes.build_statuses_by_side(history, {side: content.hash_side(side) for side in SIDES})


def _unconfirmed_date_reasons(row: Brief, content: Content) -> list[Reason]:
    if not content.facts.date or row.article_date_confirmed:
        return []
    readings = [
        format_iso_date(value) for value in (content.facts.date, row.article_date_alternative) if value
    ]
    values = {"raw": row.article_date_raw, "first": readings[0], "second": readings[-1]}
    return [Reason("date-unconfirmed" if len(readings) > 1 else "month-unconfirmed", values, "date")]


def unlabelled_keyword_reasons(content: Content) -> list[Reason]:
    """Return a reason for each keyword that lacks a label in one language."""
    rows = cast("set[Keyword]", set(build.resolve_merged(Keyword, set(content.facts.keywords)).values()))
    half = [row for row in rows if not (row.label_zh and row.label_en)]
    return [
        Reason("keyword-en" if not k.label_en else "keyword-zh", {"label": str(k), "pk": k.pk}, "keywords")
        for k in sorted(half, key=lambda row: row.pk)
    ]


def why_not_change_note(history: BriefHistory, change: ChangeNote, now: dt.datetime) -> list[Reason]:
    """Return reasons against the change note, which is required from the second public edition on."""
    if find_last_shown_edition(history.editions, now) is None or change.is_described:
        return []
    return [Reason("kind-needed" if change.note_zh and change.note_en else "change-note", {}, "change")]


def why_not_publish_urgently(
    row: Brief, content: Content, *, at: dt.datetime | None = None, now: dt.datetime
) -> list[Reason]:
    """Return the unmet conditions that apply even to urgent publication."""
    skipped = ("completeness.bullet_zh", "completeness.bullet_en")
    reasons = [r for r in why_not_complete(content) if r.code not in skipped]
    return reasons + _unconfirmed_date_reasons(row, content) + why_not_at_time(row, at, now)


def publish_urgently(
    brief: Brief | int,
    *,
    by: Person,
    seen: str,
    reason: str,
    names_seen: PageNames | None = None,
    at: dt.datetime | None = None,
    change: ChangeNote = NO_CHANGE_NOTE,
    now: dt.datetime | None = None,
) -> Edition:
    """Publish without sign-offs. The edition stays marked until another person confirms it.

    The completeness check still applies, except for bullets without a translation.
    """
    reason = reason.strip()
    with run_verb("publish_urgently", brief, by=by, now=now) as run:
        row, (content, _names) = run.row, _load_seen_content(run, seen, names_seen)
        reasons = why_not_publish_urgently(row, content, at=at, now=run.now)
        if not reason:
            reasons.append(Reason("urgent-reason", {}, "reason"))
        if reasons:
            raise Refused(*reasons)
        change = change if change.is_described else NO_CHANGE_NOTE
        history = BriefHistory.load(row)
        return _publish(run, content, history, at=at, change=change, note=reason, urgent_reason=reason)


def confirm(
    brief: Brief | int, *, by: Person, seen: int | None = None, now: dt.datetime | None = None
) -> Edition:
    """Confirm an urgent edition as a second person. `seen` is the id of the edition that the page showed."""
    with run_verb("confirm", brief, by=by, now=now) as run:
        edition = find_unconfirmed_edition(run.row)
        if edition is None:
            raise build_refusal("nothing-urgent")
        if edition.approved_by_id == by.pk:
            raise build_refusal("urgent-confirm-own")
        if seen is not None and seen != edition.pk:
            raise build_refusal("seen")
        Edition.objects.filter(pk=edition.pk).update(confirmed_by=by, confirmed_at=run.now)
        notify(run.record_event(edition=edition), "confirmed", [edition.approved_by], by_mail=False)
        return edition
