"""Rules of issues: which briefs one may hold, and what keeps it from review and publication."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from django.db.models import F, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import get_language

from briefs.content import ISSUE_TEXTS, SIDES, IssueContent, Side
from briefs.models import Brief, Edition, Event, Issue, IssueEdition, IssueRevision, Person, SignOff

from . import four_eyes
from .leaves import LEAVES, LeafName
from .refusals import Reason, why_not_past

REQUIRED_TEXTS = ("title", "preface")


def _group_by_issue[Row: (IssueRevision, IssueEdition)](
    rows: QuerySet[Row], issues: Sequence[Issue]
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {issue.pk: [] for issue in issues}
    for row in rows.filter(issue__in=list(found)):
        found[row.issue_id].append(row)
    return found


@dataclass
class IssueFacts:
    """The rows about an issue that decide who can do what next. Revisions and editions are the newest first.

    `people`: all who have a role.
    """

    issue: Issue
    now: dt.datetime
    revisions: Sequence[IssueRevision]
    editions: Sequence[IssueEdition]
    signoffs: Sequence[SignOff]
    people: Sequence[Person]
    loaded_together: "Sequence[IssueFacts]" = field(default=(), repr=False)

    @classmethod
    def load(cls, issue: Issue, now: dt.datetime, people: Sequence[Person]) -> Self:
        return cls.load_many([issue], now, people)[0]

    @classmethod
    def load_many(cls, issues: Sequence[Issue], now: dt.datetime, people: Sequence[Person]) -> list[Self]:
        """Load the facts of issues. Three queries, or none without an issue; one or two more when `available` is first read."""
        if not issues:
            return []
        revisions = _group_by_issue(IssueRevision.objects.order_by("-number"), issues)
        editions = _group_by_issue(IssueEdition.objects.order_by("-number"), issues)
        signoffs: dict[str, list[SignOff]] = {issue.page: [] for issue in issues}
        for signoff in SignOff.objects.filter(page__in=list(signoffs)).order_by("pk"):
            signoffs[signoff.page].append(signoff)
        found = [
            cls(issue, now, revisions[issue.pk], editions[issue.pk], signoffs[issue.page], people)
            for issue in issues
        ]
        for facts in found:
            facts.loaded_together = found
        return found

    @cached_property
    def content(self) -> IssueContent:
        return IssueContent.from_json(self.issue.content)

    @cached_property
    def available(self) -> set[int]:
        """Return the briefs that the issue may hold: public and scheduled ones, and those whose notice it shows already."""
        items = {pk for facts in self.loaded_together for pk in facts.content.items}
        found = find_available_editions(items, self.now)
        withdrawn = find_withdrawn(items - found, self.now)
        for facts in self.loaded_together:
            facts.available = found | withdrawn & facts.shown_items
        return found | withdrawn & self.shown_items

    @property
    def shown_items(self) -> set[int]:
        """Return the briefs of the public edition."""
        return set(self.public_edition.frozen_content.items) if self.public_edition else set()

    @cached_property
    def standing_editions(self) -> list[IssueEdition]:
        """Return the editions that are not cancelled."""
        return [e for e in self.editions if e.live_until is None or e.live_until > e.live_from]

    @property
    def scheduled_edition(self) -> IssueEdition | None:
        return next((e for e in self.standing_editions if e.live_from > self.now), None)

    @property
    def public_edition(self) -> IssueEdition | None:
        """Return the edition that readers see now, or the notice of its withdrawal."""
        shown = (e for e in self.standing_editions if e.live_from <= self.now)
        return next((e for e in shown if e.live_until is None or e.live_until > self.now), None)

    @property
    def has_been_public(self) -> bool:
        return any(e.live_from <= self.now for e in self.standing_editions)

    @property
    def last_edition(self) -> IssueEdition | None:
        return next(iter(self.standing_editions), None)

    @cached_property
    def signing(self) -> four_eyes.Signing:
        leaves = four_eyes.build_leaves(self, {person.pk for person in self.people}, self.now)
        return four_eyes.Signing(leaves, self.people)

    @cached_property
    def submission(self) -> Event | None:
        """Return the last submission."""
        return self.issue.events.filter(verb="submit_issue").select_related("by").last()

    @cached_property
    def is_answered(self) -> bool:
        """Return whether somebody has signed since the last submission."""
        last, verbs = self.submission, [f"sign_off_issue_{name}" for name in LEAVES]
        return bool(last and self.issue.events.filter(verb__in=verbs, pk__gt=last.pk).exists())

    @cached_property
    def why_not_ready(self) -> list[Reason]:
        """Return what review and publication would be refused for."""
        return list_gaps(self.content) + why_not_items(self.content.items, self.available)

    @cached_property
    def is_unchanged(self) -> bool:
        """Return whether a standing edition that is not withdrawn has the same content."""
        edition = self.last_edition
        return bool(
            edition and not edition.withdrawn_at and edition.frozen_content.hash() == self.content.hash()
        )


# Which briefs an issue may hold


def find_available_editions(briefs: Collection[int], now: dt.datetime) -> set[int]:
    """Return those of the briefs that are public or scheduled."""
    rows = Edition.objects.listed(now) | Edition.objects.scheduled(now)
    return set(rows.filter(brief__in=briefs).values_list("brief_id", flat=True))


def find_withdrawn(briefs: Collection[int], now: dt.datetime) -> set[int]:
    """Return those of the briefs that readers see as a notice."""
    rows = Edition.objects.found(now).filter(brief__in=briefs, withdrawn_at__isnull=False)
    return set(rows.values_list("brief_id", flat=True))


def why_not_items(
    items: Sequence[int], allowed: Collection[int], *, code: str = "issue-item"
) -> list[Reason]:
    """Return reasons against the items that are not among the allowed ones, and against doubled ones."""
    reasons = []
    if len(set(items)) < len(items):
        reasons.append(Reason("issue-item-twice", {}, "items"))
    if missing := set(items) - set(allowed):
        side = "en" if (get_language() or "").startswith("en") else "zh"
        rows = Brief.objects.in_bulk(missing)
        for pk in (pk for pk in items if pk in missing):
            row = rows.get(pk)
            title = (getattr(row, f"headline_{side}", "") or str(row)) if row else f"{pk}"
            reasons.append(Reason(code, {"title": title}, f"item-{pk}"))
    return reasons


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


def find_headlines(briefs: Collection[int], now: dt.datetime, side: Side) -> dict[int, "ItemFacts"]:
    """Return headline, number and times of the newest standing edition of each brief, by the brief's id. One query."""
    rows = Edition.objects.uncancelled().filter(brief__in=briefs).order_by("brief", "number")
    headline = KeyTextTransform(f"headline_{side}", "content")
    columns = ("brief_id", headline, "number", "published_at", "live_from", "withdrawn_at", "removed_at")
    return {row[0]: ItemFacts(now, *row) for row in rows.values_list(*columns)}


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A brief of an issue, as its list shows it."""

    now: dt.datetime
    brief: int
    headline: str
    number: int
    published_at: dt.datetime
    live_from: dt.datetime
    withdrawn_at: dt.datetime | None
    removed_at: dt.datetime | None

    @property
    def is_available(self) -> bool:
        return not (self.withdrawn_at or self.removed_at)

    @property
    def is_scheduled(self) -> bool:
        return self.published_at > self.now


# What keeps an issue from review, sign-off and publication


def list_gaps(content: IssueContent) -> list[Reason]:
    """Return what the issue lacks. `about` is the field."""
    gaps = [
        Reason(f"issue-{name}_{side}", {}, f"{name}_{side}")
        for name in ISSUE_TEXTS
        for side in SIDES
        if name in REQUIRED_TEXTS and not getattr(content.side(side), name)
    ]
    return gaps if content.items else [*gaps, Reason("issue-empty", {}, "items")]


def find_named_signers(signing: four_eyes.Signing, name: LeafName) -> list[Person]:
    """Return the signers who are asked and named: reviewers who read the language, without the publishers if possible."""
    signers = signing.find_signers(name)
    readers = [person for person in signers if name == "common" or name in person.reviewed_sides]
    reviewers = [person for person in readers if person.pk not in signing.publisher_ids]
    return reviewers or readers or signers


def why_not_at_time(facts: IssueFacts, at: dt.datetime | None) -> list[Reason]:
    """Return the reasons against this time of publication: it is over, or a brief is not public by then. None is now."""
    moment = max(at or facts.now, facts.now)
    listed = Edition.objects.listed(moment).filter(brief__in=facts.content.items)
    public = set(listed.values_list("brief_id", flat=True)) | find_withdrawn(facts.shown_items, moment)
    late = [pk for pk in facts.content.items if pk in facts.available - public]
    return why_not_items(late, (), code="issue-item-late") + why_not_past(at, facts.now)
