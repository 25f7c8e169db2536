"""Verbs that only issues have: create, save and publish. Their rules are in `rules.issue_review`.

A sign-off is bound to the hash of one leaf and of `common` (the briefs in their order), publication to that of all. The version of an
issue is the number of its newest revision, so a save names the revision that the person began from.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Subquery
from django.utils import timezone

from briefs.content import MAX_ISSUE_ITEMS, IssueContent
from briefs.models import ChangeKind, Edition, Issue, IssueEdition, IssueItem, IssueRevision, Person, State

from .editions import begin_interval, describe_approval
from .rules import issue_review
from .rules.gaps import ISSUE_TEXT_LABELS
from .rules.local_times import format_time
from .rules.refusals import Reason, Refused, build_refusal, tidy_or_refuse
from .rules.transitions import IssueRun, require_allowed, run_issue_verb

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
        run.store(content, to=State.DRAFT)
    else:
        number = newest.number + 1 if newest else 1
        issue = Issue(number=number, content=content.to_json(), created_at=now)
        issue.updated_at, issue.updated_by = now, by
        issue.save()
        run = IssueRun("create_issue", issue, by, now, "")
        run.add_revision(content)
    run.record_event()
    return issue


def save_issue(
    issue: Issue, content: IssueContent, *, by: Person, version: int, now: dt.datetime | None = None
) -> Issue:
    """Store texts and items. `version` is the one that the person began from: what others saved since then is kept.

    Raise IssueConflict if they saved other words for a field that this person changed too. A save without a change
    writes nothing.
    """
    with run_issue_verb("edit_issue", issue, by=by, now=now) as run:
        row, mine = run.row, _prepare(content)
        stored = IssueContent.from_json(row.content)
        if version != row.version:
            mine = _merge(row, version, mine, stored)
        if mine == stored:
            return row
        allowed = issue_review.find_available_editions(mine.items, run.now) | set(stored.items)
        if reasons := issue_review.why_not_items(mine.items, allowed):
            raise Refused(*reasons)
        run.store(mine)
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


def publish_issue(
    issue: Issue,
    *,
    by: Person,
    seen: str,
    at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> IssueEdition:
    """Freeze what the publisher saw. It is public now, or from `at`. `seen`: `IssueContent.hash` as the page showed it."""
    with run_issue_verb("publish_issue", issue, by=by, now=now, checks_conditions=False) as run:
        facts = run.facts
        if facts.content.hash() != seen:
            raise build_refusal("issue-seen", about="publish")
        if reasons := run.list_unmet() + issue_review.why_not_at_time(facts, at):
            raise Refused(*reasons)
        run.store_press()
        edition = IssueEdition.objects.create(
            issue=run.row,
            issue_number=run.row.number,
            content=facts.content.to_json(),
            **begin_interval(facts.editions, at, run.now),
            **describe_approval(run),
        )
        IssueItem.objects.bulk_create(
            IssueItem(issue_edition=edition, brief_id=brief, position=position)
            for position, brief in enumerate(facts.content.items, 1)
        )
        run.update(to=State.APPROVED)
        run.record_event(note=edition.change_note_zh)
        return edition
