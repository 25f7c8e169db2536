"""Verbs of issues: create, save, review, publish, correct and withdraw. Their rules are in `rules.issue_review`.

A sign-off is bound to the hash of one leaf and of `common` (the briefs in their order), publication to that of all. The version of an
issue is the number of its newest revision, so a save names the revision that the person began from.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Subquery
from django.utils import timezone

from briefs import policy
from briefs.content import MAX_ISSUE_ITEMS, NO_CHANGE, SIDES, IssueContent, get_change
from briefs.models import (
    ChangeKind,
    Edition,
    Event,
    Issue,
    IssueEdition,
    IssueItem,
    IssueRevision,
    Person,
    SignOff,
    State,
    WithdrawalKind,
)

from .editions import get_present
from .rules import four_eyes, issue_review
from .rules.gaps import ISSUE_TEXT_LABELS
from .rules.issue_review import IssueFacts
from .rules.leaves import LeafName
from .rules.refusals import Reason, Refused, build_refusal, tidy_or_refuse
from .rules.transitions import Run, format_time, notify, require_allowed

TEXT_LIMITS: Final = {
    "title": 200, "preface": 5_000, "subject": 200, "preheader": 300, "why": 300, "change_note": 2_000,
}  # fmt: skip
_ONE_LINE = ("title", "subject", "preheader", "why")
MAX_ATTEMPTS: Final = 20
"""Attempts to take the next number. Each lost one means that somebody else began an issue."""


def find_kind(field: str) -> str:
    """Return the kind of a text field, which has the label: `why_zh` for `why-12_zh`."""
    return re.sub(r"-\d+", "", field)


class IssueConflict(Refused):
    """Raised when somebody saved other words for the same field first. `theirs` is the stored content.

    `merged` has the person's own words, and elsewhere what others saved; `fields` are those in conflict.
    """

    def __init__(
        self, reason: Reason, *, theirs: IssueContent, merged: IssueContent, fields: list[str], version: int
    ) -> None:
        super().__init__(reason)
        self.theirs, self.merged, self.fields, self.version = theirs, merged, fields, version


class IssueRun(Run[Issue]):
    @cached_property
    def facts(self) -> IssueFacts:
        return IssueFacts.load(self.row, self.now, policy.load_staff())

    def update(self, **changes: Any) -> None:
        changes |= {"updated_at": self.now, "updated_by": self.by}
        Issue.objects.filter(pk=self.row.pk).update(**changes)
        for name, value in changes.items():
            setattr(self.row, name, value)


@contextmanager
def _run_verb(
    verb: str, issue: Issue | int, *, by: Person, now: dt.datetime | None, checks_conditions: bool = True
) -> Iterator[IssueRun]:
    """Lock an issue in a transaction. Raise Refused unless policy and conditions allow the verb."""
    now = now or timezone.now()
    with transaction.atomic():
        # Without a join: PostgreSQL drops a row whose `updated_by` changed while the lock was awaited.
        row = Issue.objects.select_for_update().get(pk=issue if isinstance(issue, int) else issue.pk)
        require_allowed(by, verb, row)
        run = IssueRun(verb, row, by, now, row.state)
        if checks_conditions:
            run.require_conditions()
        yield run


# Write


def create_issue(*, by: Person, now: dt.datetime | None = None) -> Issue:
    """Begin the next issue with every brief first published since the last issue, in order of publication."""
    now = now or timezone.now()
    require_allowed(by, "create_issue")
    items = find_new_briefs(None, now)
    content = IssueContent(items=tuple(items[-MAX_ISSUE_ITEMS:]))
    for _attempt in range(MAX_ATTEMPTS):  # others may take the same number at the same time
        try:
            with transaction.atomic():
                return _insert_issue(content, by, now)
        except IntegrityError:
            continue
    raise build_refusal("issue-seen")


def find_new_briefs(before_number: int | None, now: dt.datetime) -> list[int]:
    """Return the briefs first published since the last save of the last issue with a lower number, in order of publication.

    Without an issue: in the last week. A scheduled issue counts too. What becomes public between its last save and its day
    is for the next one: nobody saw it among the briefs that the issue leaves out.
    """
    editions = IssueEdition.objects.exclude(live_until=F("live_from"))  # cancelled
    if before_number is not None:
        editions = editions.filter(issue_number__lt=before_number)
    number = Subquery(editions.order_by("-issue_number").values("issue_number")[:1])
    last_issue = list(editions.filter(issue_number=number).order_by("number"))
    since = now - dt.timedelta(days=7)
    held: Sequence[int] = ()
    if last_issue:
        first, held = last_issue[0], last_issue[-1].frozen_content.items
        saves = IssueRevision.objects.filter(issue=first.issue_id, at__lte=first.approved_at)
        since = saves.order_by("-number").values_list("at", flat=True).first() or first.approved_at
    rows = Edition.objects.listed(now).filter(published_at__gt=since).exclude(brief__in=held)
    return list(rows.order_by("published_at", "pk").values_list("brief_id", flat=True))


def _insert_issue(content: IssueContent, by: Person, now: dt.datetime) -> Issue:
    newest = Issue.objects.select_for_update().order_by("-number").first()
    if newest and newest.state == State.DISCARDED:  # its number was never published
        issue = newest
        run = IssueRun("create_issue", issue, by, now, issue.state)
        run.update(state=State.DRAFT, content=content.to_json(), version=issue.version + 1)
    else:
        number = newest.number + 1 if newest else 1
        issue = Issue(number=number, content=content.to_json(), created_at=now)
        issue.updated_at, issue.updated_by = now, by
        issue.save()
        run = IssueRun("create_issue", issue, by, now, "")
    _add_revision(issue, content, by, now)
    run.record_event()
    return issue


def _add_revision(
    issue: Issue, content: IssueContent, by: Person, now: dt.datetime, *, begins_version: bool = False
) -> None:
    IssueRevision.objects.create(
        issue=issue,
        begins_version=begins_version,
        number=issue.version,
        content=content.to_json(),
        by=by,
        at=now,
        **{f"hash_{name}": value for name, value in content.hashes().items()},
    )


def save_issue(
    issue: Issue | int, content: IssueContent, *, by: Person, version: int, now: dt.datetime | None = None
) -> Issue:
    """Store texts and items. `version` is the one that the person began from: what others saved since then is kept.

    Raise IssueConflict if they saved other words for a field that this person changed too. A save without a change
    writes nothing.
    """
    with _run_verb("edit_issue", issue, by=by, now=now) as run:
        row, mine = run.row, _prepare(content)
        stored = IssueContent.from_json(row.content)
        if version != row.version:
            mine = _merge(row, version, mine, stored)
        if mine == stored:
            return row
        allowed = issue_review.find_available_editions(mine.items, run.now) | set(stored.items)
        if reasons := issue_review.why_not_items(mine.items, allowed):
            raise Refused(*reasons)
        run.update(content=mine.to_json(), version=row.version + 1)
        _add_revision(row, mine, by, run.now)
        return row


def _prepare(content: IssueContent) -> IssueContent:
    """Tidy the texts. Raise Refused for control characters, texts that are too long, and too many briefs."""
    texts, reasons = content.texts(), []
    if (kind := content.change_kind) and kind not in ChangeKind:
        reasons.append(Reason("unknown-choice", {"value": kind}, "change_kind"))
    for field, typed in texts.items():
        if field == "change_kind":
            continue
        text, name = tidy_or_refuse(typed, about=field).strip(), find_kind(field)[:-3]
        texts[field] = " ".join(text.split("\n")) if name in _ONE_LINE else text
        if (n := len(texts[field])) > (limit := TEXT_LIMITS[name]):
            told = {"field": str(ISSUE_TEXT_LABELS[find_kind(field)]), "n": n, "limit": limit}
            reasons.append(Reason("too-long", told, field))
    if (n := len(content.items)) > MAX_ISSUE_ITEMS:
        reasons.append(Reason("issue-full", {"n": n, "limit": MAX_ISSUE_ITEMS}, "items"))
    if reasons:
        raise Refused(*reasons)
    return IssueContent.from_texts(texts, content.items)


def _merge(row: Issue, version: int, mine: IssueContent, theirs: IssueContent) -> IssueContent:
    """Merge field by field with what others saved since `version`. Raise IssueConflict where both changed a field."""
    base = row.revisions.filter(number=version).first()
    if base is None:
        raise build_refusal("issue-seen")
    before = IssueContent.from_json(base.content)
    old, own, other = ({**c.texts(), "items": c.items} for c in (before, mine, theirs))
    values: dict[str, Any] = {}
    fields = []
    for name in own | other:  # a brief that one of them lacks has no text there
        was, typed, stored = (texts.get(name, "") for texts in (old, own, other))
        values[name] = stored if typed == was else typed
        if typed != was and stored not in (was, typed):
            fields.append(name)
    merged = IssueContent.from_texts(values, values["items"])
    if fields:
        told = {"name": str(row.updated_by), "time": format_time(row.updated_at)}
        raise IssueConflict(
            Reason("stale", told), theirs=theirs, merged=merged, fields=fields, version=row.version
        )
    return merged


def discard_issue(issue: Issue | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Discard a draft that was never published. Of a correction, bring back what the newest edition has."""
    with _run_verb("discard_issue", issue, by=by, now=now) as run:
        if edition := run.facts.last_edition:
            content = edition.frozen_content
            run.update(state=State.APPROVED, content=content.to_json(), version=run.row.version + 1)
            _add_revision(run.row, content, by, run.now)
        else:
            run.update(state=State.DISCARDED)
        run.record_event()


def recover_issue(issue: Issue | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Make a discarded issue a draft again."""
    with _run_verb("recover_issue", issue, by=by, now=now) as run:
        run.update(state=State.DRAFT)
        run.record_event()


# Review


def submit_issue(issue: Issue | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Ask for the sign-offs. Raise Refused with everything that is missing."""
    with _run_verb("submit_issue", issue, by=by, now=now) as run:
        facts = run.facts
        run.update(state=State.IN_REVIEW)
        event = run.record_event()
        asked = {
            person.pk: person
            for name in facts.signing.open_leaves
            for person in issue_review.find_named_signers(facts.signing, name)
        }
        notify(event, "issue_review", asked.values(), issue=run.row.pk, number=run.row.number)
        _announce_if_signed(run, event, facts)


def _announce_if_signed(run: IssueRun, event: Event, facts: IssueFacts) -> None:
    """Notify those who may publish the issue once every leaf is signed."""
    signing = facts.signing
    people = [p for p in facts.people if p.pk in signing.publisher_ids and signing.settles_all(p.pk)]
    notify(event, "issue_ready", people, issue=run.row.pk, number=run.row.number)


def take_back_issue(issue: Issue | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Return one's own issue from review to draft, until the first sign-off."""
    with _run_verb("take_back_issue", issue, by=by, now=now) as run:
        run.update(state=State.DRAFT)
        run.record_event()


def hash_for_sign_off(content: IssueContent, name: LeafName) -> str:
    """Return what a page that shows this content sends back as `seen`."""
    return four_eyes.format_seen(name, content.hashes())


def sign_off_issue(
    issue: Issue | int, name: LeafName, *, by: Person, seen: str, now: dt.datetime | None = None
) -> None:
    """Say yes to one language and to the `common` leaf beside it, or to `common` alone. `seen`: as in `reviewing.sign_off`."""
    with _run_verb(f"sign_off_issue_{name}", issue, by=by, now=now, checks_conditions=False) as run:
        facts, leaves = run.facts, run.facts.signing.leaves
        if four_eyes.find_own_yes(facts, name, by.pk):
            return
        run.require_conditions()
        if seen != four_eyes.format_seen(name, four_eyes.get_hashes(leaves)):
            raise build_refusal("issue-seen", about=f"signoff-{name}")
        run.store_answers([name], SignOff.Answer.YES)
        _announce_if_signed(run, run.record_event(), IssueFacts.load(run.row, run.now, facts.people))


def take_back_issue_sign_off(
    issue: Issue | int, name: LeafName, *, by: Person, now: dt.datetime | None = None
) -> None:
    """End the person's own standing yes or no to one leaf."""
    with _run_verb(f"take_back_issue_{name}", issue, by=by, now=now) as run:
        run.store_answers([name], SignOff.Answer.TAKEN_BACK)
        run.record_event()


def send_back_issue(issue: Issue | int, *, by: Person, note: str, now: dt.datetime | None = None) -> None:
    """Say no to the issue, and return it to draft with a note for whoever submitted it."""
    note = tidy_or_refuse(note, about="note").strip()
    with _run_verb("send_back_issue", issue, by=by, now=now) as run:
        if not note:
            raise build_refusal("note-needed", about="note")
        run.store_answers(SIDES, SignOff.Answer.NO, note=note)
        run.update(state=State.DRAFT)
        event = run.record_event(note=note)
        if submission := run.facts.submission:
            notify(event, "issue_returned", [submission.by], issue=run.row.pk, number=run.row.number)


# Publish


def publish_issue(
    issue: Issue | int,
    *,
    by: Person,
    seen: str,
    at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> IssueEdition:
    """Freeze what the publisher saw. It is public now, or from `at`. `seen`: `IssueContent.hash` as the page showed it."""
    with _run_verb("publish_issue", issue, by=by, now=now, checks_conditions=False) as run:
        facts = run.facts
        if facts.content.hash() != seen:
            raise build_refusal("issue-seen", about="publish")
        if reasons := run.list_unmet() + issue_review.why_not_at_time(facts, at):
            raise Refused(*reasons)
        run.store_press()
        edition = _add_edition(run, facts, at)
        run.update(state=State.APPROVED)
        run.record_event(note=edition.change_note_zh)
        return edition


def _add_edition(run: IssueRun, facts: IssueFacts, at: dt.datetime | None) -> IssueEdition:
    """Add the edition, cancel a scheduled one, and end the public one when the new one begins."""
    if later := facts.scheduled_edition:
        _cancel_edition(later)
    live_from = at or run.now
    public = facts.public_edition
    if public:
        live_from = max(live_from, public.live_from + dt.timedelta(microseconds=1))
        IssueEdition.objects.filter(pk=public.pk).update(live_until=live_from)
    shown = [e.published_at for e in facts.standing_editions if e.live_from <= run.now]
    edition = IssueEdition.objects.create(
        issue=run.row,
        issue_number=run.row.number,
        number=facts.editions[0].number + 1 if facts.editions else 1,
        content=facts.content.to_json(),
        revision=facts.revisions[0],
        **{f"hash_{name}": leaf.hash for name, leaf in facts.signing.leaves.items()},
        published_at=min(shown, default=live_from),
        live_from=live_from,
        approved_at=run.now,
        approved_by=run.by,
        edited_by_id=facts.revisions[0].by_id,
        four_eyes=settings.DIGEST_FOUR_EYES,
        **(get_change(facts.content) if facts.has_been_public else {}),
    )
    IssueItem.objects.bulk_create(
        IssueItem(issue_edition=edition, brief_id=brief, position=position)
        for position, brief in enumerate(facts.content.items, 1)
    )
    return edition


def _cancel_edition(edition: IssueEdition) -> None:
    """Empty the interval of a scheduled edition, and reopen the one that it would have ended."""
    IssueEdition.objects.filter(pk=edition.pk).update(live_until=edition.live_from)
    others = IssueEdition.objects.filter(issue=edition.issue_id, live_from__lt=edition.live_from)
    others.filter(live_until=edition.live_from).update(live_until=None)


def cancel_issue(issue: Issue | int, *, by: Person, now: dt.datetime | None = None) -> IssueEdition:
    """Cancel the scheduled edition; an earlier one stays public. An approved issue returns to review."""
    with _run_verb("cancel_issue", issue, by=by, now=now) as run:
        edition = get_present(run.facts.scheduled_edition)
        _cancel_edition(edition)
        _return_to_review(run)
        run.record_event()
        return edition


def _return_to_review(run: IssueRun) -> None:
    run.update(state=State.IN_REVIEW if run.row.state == State.APPROVED else run.row.state)


def revise_issue(issue: Issue | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Begin a correction. Readers keep the present edition until the next one is published."""
    with _run_verb("revise_issue", issue, by=by, now=now) as run:
        run.update(state=State.DRAFT)
        stored = IssueContent.from_json(run.row.content)
        if (content := replace(stored, **NO_CHANGE)) != stored:
            run.update(content=content.to_json(), version=run.row.version + 1)
            _add_revision(run.row, content, by, run.now, begins_version=True)
        run.record_event()


def withdraw_issue(
    issue: Issue | int,
    *,
    by: Person,
    kind: str,
    now: dt.datetime | None = None,
) -> IssueEdition:
    """Replace the issue's page by a notice with the sentence of the kind, and cancel a scheduled edition."""
    with _run_verb("withdraw_issue", issue, by=by, now=now) as run:
        facts = run.facts
        edition = get_present(facts.public_edition)
        if kind not in WithdrawalKind:
            raise Refused(Reason("kind-needed", {}, "kind"))
        if later := facts.scheduled_edition:
            _cancel_edition(later)
            _return_to_review(run)
        IssueEdition.objects.filter(pk=edition.pk).update(
            withdrawn_at=run.now,
            withdrawn_by=by,
            withdrawn_kind=kind,
            **{f"withdrawn_reason_{side}": WithdrawalKind(kind).sentence(side, "issue") for side in SIDES},
        )
        run.record_event()
        return edition
