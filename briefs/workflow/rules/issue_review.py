"""The rows about an issue that decide who can do what next, which briefs it may hold, and from when it may be public."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Self

from django.db.models import Max, QuerySet

from briefs.content import NO_CHANGE, IssueContent
from briefs.models import Brief, Edition, Event, Issue, IssueEdition, IssueRevision, Person, SignOff

from . import four_eyes
from .gaps import Gap, find_issue_gaps
from .leaves import LEAVES
from .local_times import why_not_past
from .refusals import Reason


def _group_by_issue[Row: (IssueRevision, IssueEdition)](
    rows: QuerySet[Row], issues: Sequence[Issue]
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {issue.pk: [] for issue in issues}
    for row in rows.filter(issue__in=list(found)):
        found[row.issue_id].append(row)
    return found


class IssueFacts(four_eyes.PageFacts[Issue, IssueEdition]):
    """Revisions and editions are the newest first."""

    approval_gaps: ClassVar[Sequence[Gap]] = ()
    notes: ClassVar[Sequence[Any]] = ()
    suggestions: ClassVar[Sequence[Any]] = ()
    is_removed: ClassVar[bool] = False
    loaded_together: "Sequence[IssueFacts]"

    def __init__(self, row: Issue, now: dt.datetime, **given: Any) -> None:
        self.loaded_together = (self,)
        super().__init__(row, now, **given)

    @property
    def history(self) -> Self:
        return self

    @cached_property
    def revisions(self) -> Sequence[IssueRevision]:
        return list(IssueRevision.objects.filter(issue=self.row).order_by("-number"))

    @cached_property
    def editions(self) -> Sequence[IssueEdition]:
        return list(IssueEdition.objects.filter(issue=self.row).order_by("-number"))

    @cached_property
    def signoffs(self) -> Sequence[SignOff]:
        return list(SignOff.objects.filter(page=self.row.page).order_by("pk"))

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
        found: list[Self] = []
        for issue in issues:
            rows = {
                "revisions": revisions[issue.pk],
                "editions": editions[issue.pk],
                "signoffs": signoffs[issue.page],
            }
            found.append(cls(issue, now, people=people, loaded_together=found, **rows))
        return found

    @cached_property
    def content(self) -> IssueContent:
        return IssueContent.from_json(self.row.content)

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

    @property
    def last_edition(self) -> IssueEdition | None:
        return next((e for e in self.editions if not e.is_cancelled), None)

    @cached_property
    def submission(self) -> Event | None:
        """Return the last submission."""
        return self.row.events.filter(verb="submit_issue").select_related("by").last()

    @cached_property
    def is_answered(self) -> bool:
        """Return whether somebody has signed since the last submission."""
        last, verbs = self.submission, [f"sign_off_issue_{name}" for name in LEAVES]
        return bool(last and self.row.events.filter(verb__in=verbs, pk__gt=last.pk).exists())

    @cached_property
    def gaps(self) -> list[Gap]:
        """Return what refuses submission and publication."""
        against_items = why_not_items(self.content.items, self.available)
        return find_issue_gaps(self.content, against_items, was_public=self.was_public)

    @cached_property
    def is_unchanged(self) -> bool:
        """Return whether a standing edition that is not withdrawn has the same content, but for the change note."""
        if not (edition := self.last_edition) or edition.withdrawn_at:
            return False
        return replace(edition.frozen_content, **NO_CHANGE) == replace(self.content, **NO_CHANGE)


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
        rows = Brief.objects.in_bulk(missing)
        titles = {pk: str(rows.get(pk, pk)) for pk in items if pk in missing}
        reasons += [Reason(code, {"title": title}, f"item-{pk}") for pk, title in titles.items()]
    return reasons


def find_earliest_time(facts: IssueFacts) -> dt.datetime | None:
    """Return when the last of its scheduled briefs is public, before which the issue cannot be; None without such briefs."""
    scheduled = Edition.objects.scheduled(facts.now).filter(brief__in=facts.content.items)
    public = Edition.objects.listed(facts.now).values("brief")
    last: dt.datetime | None = scheduled.exclude(brief__in=public).aggregate(last=Max("live_from"))["last"]
    return last


def why_not_at_time(facts: IssueFacts, at: dt.datetime | None) -> list[Reason]:
    """Return the reasons against this time of publication: it is over, or a brief is not public by then. None is now."""
    moment = max(at or facts.now, facts.now)
    listed = Edition.objects.listed(moment).filter(brief__in=facts.content.items)
    public = set(listed.values_list("brief_id", flat=True)) | find_withdrawn(facts.shown_items, moment)
    late = [pk for pk in facts.content.items if pk in facts.available - public]
    return why_not_items(late, (), code="issue-item-late") + why_not_past(at, facts.now)
