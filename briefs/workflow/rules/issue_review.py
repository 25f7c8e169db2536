"""Rules of issues: who changed a language, who may sign it off, and what keeps an issue from publication.

They follow those of briefs (`four_eyes`), without notes, facts and suggestions.
"""

import datetime as dt
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from django.conf import settings
from django.db.models import F, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.translation import get_language, gettext

from briefs import policy
from briefs.content import ISSUE_TEXTS, SIDES, IssueContent, Side
from briefs.models import Brief, Edition, Issue, IssueEdition, IssueRevision, IssueSignOff, Person

from .four_eyes import ChangeTrail, Step, build_trail
from .refusals import Reason

REQUIRED_TEXTS = ("title", "preface")
_BLANK = IssueContent()


@dataclass(frozen=True, slots=True)
class IssueSideStatus:
    """Sign-off status of one language of an issue. People are ids. `has_edition`: whether an earlier one was approved."""

    side: Side
    hash: str
    changed_by: frozenset[int]
    signed_by: frozenset[int]
    has_edition: bool

    @property
    def is_signed(self) -> bool:
        if self.has_edition and not self.changed_by:
            return True
        return any(not self.rejects_signoff_by(person) for person in self.signed_by)

    def rejects_signoff_by(self, person: int) -> bool:
        """Return whether the person changed this language, so that their own sign-off does not count."""
        return settings.DIGEST_FOUR_EYES and person in self.changed_by


def _group_by_issue[Row: (IssueRevision, IssueEdition, IssueSignOff)](
    rows: QuerySet[Row], issues: Sequence[Issue]
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {issue.pk: [] for issue in issues}
    for row in rows.filter(issue__in=list(found)):
        found[row.issue_id].append(row)
    return found


@dataclass
class IssueFacts:
    """The rows about an issue that decide who can do what next. Revisions and editions are the newest first."""

    issue: Issue
    now: dt.datetime
    revisions: Sequence[IssueRevision]
    editions: Sequence[IssueEdition]
    signoffs: Sequence[IssueSignOff]
    loaded_together: "Sequence[IssueFacts]" = field(default=(), repr=False)

    @classmethod
    def load(cls, issue: Issue, now: dt.datetime) -> Self:
        return cls.load_many([issue], now)[0]

    @classmethod
    def load_many(cls, issues: Sequence[Issue], now: dt.datetime) -> list[Self]:
        """Load the facts of issues. Three queries, or none without an issue; one or two more when `available` is first read."""
        if not issues:
            return []
        revisions = _group_by_issue(IssueRevision.objects.order_by("-number"), issues)
        editions = _group_by_issue(IssueEdition.objects.order_by("-number"), issues)
        signoffs = _group_by_issue(IssueSignOff.objects.order_by("pk"), issues)
        found = [
            cls(issue, now, revisions[issue.pk], editions[issue.pk], signoffs[issue.pk]) for issue in issues
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
    def statuses(self) -> Mapping[Side, IssueSideStatus]:
        return {side: self._build_status(side) for side in SIDES}

    def _build_status(self, side: Side) -> IssueSideStatus:
        column = f"hash_{side}"
        values = [(r, getattr(r, column)) for r in reversed(self.revisions)]
        approved = getattr(self.last_edition, column) if self.last_edition else None
        trail, since = _build_trail(_BLANK.hash_side(side), values, approved)
        current = self.content.hash_side(side)
        signed: dict[int, bool] = {
            s.by_id: not s.taken_back for s in self.signoffs if s.side == side and s.hash == current
        }
        return IssueSideStatus(
            side,
            current,
            trail.find_people_since(since),
            frozenset(person for person, stands in signed.items() if stands),
            approved is not None,
        )

    @cached_property
    def is_signed(self) -> bool:
        return all(status.is_signed for status in self.statuses.values())

    @cached_property
    def last_editor(self) -> int:
        """Return the id of who made the newest change of texts or items that still counts."""
        values = [
            (r, (r.hash_zh, r.hash_en, tuple(r.content.get("items", ())))) for r in reversed(self.revisions)
        ]
        approved = None
        if edition := self.last_edition:
            approved = (edition.hash_zh, edition.hash_en, edition.frozen_content.items)
        blank = (_BLANK.hash_side("zh"), _BLANK.hash_side("en"), ())
        trail, since = _build_trail(blank, values, approved)
        newest = next((change for change in reversed(trail.list_since(since)) if change.by), None)
        if newest and newest.by:
            return newest.by
        return edition.edited_by_id if edition else self.revisions[-1].by_id

    @cached_property
    def is_unchanged(self) -> bool:
        """Return whether a standing edition that is not withdrawn has the same content."""
        edition = self.last_edition
        return bool(
            edition and not edition.withdrawn_at and edition.frozen_content.hash() == self.content.hash()
        )


def _build_trail(
    blank: Hashable, values: Sequence[tuple[IssueRevision, Hashable]], approved: Hashable | None
) -> tuple[ChangeTrail, int]:
    """Return the trail of changes, and the number of the newest revision with the approved value (0 without one)."""
    since = max((r.number for r, value in values if value == approved), default=0)
    steps = (Step(r.number, value, r.by_id, (r.by_id,)) for r, value in values)
    return build_trail(blank, steps, editions={since}, reviewed={since}), since


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


def why_not_ready(facts: IssueFacts) -> list[Reason]:
    """Return all unmet conditions of review."""
    return list_gaps(facts.content) + why_not_items(facts.content.items, facts.available)


def find_signers(status: IssueSideStatus, people: Sequence[Person]) -> list[Person]:
    """Return those of the people who may sign off the language."""
    return [
        person
        for person in people
        if policy.get_roles(person) & policy.REVIEWER_ROLES
        and not status.rejects_signoff_by(person.pk)
        and person.pk not in status.signed_by
    ]


def find_named_signers(status: IssueSideStatus, people: Sequence[Person]) -> list[Person]:
    """Return the signers who are asked and named: reviewers who read the language, without the publishers if possible."""
    signers = find_signers(status, people)
    readers = [person for person in signers if status.side in person.reviewed_sides]
    reviewers = [person for person in readers if "publisher" not in policy.get_roles(person)]
    return reviewers or readers or signers


def find_issue_publishers(facts: IssueFacts, people: Sequence[Person]) -> list[Person]:
    """Return those of the people who may publish the issue once it is signed."""
    return [person for person in people if is_able_to_publish(facts, person)]


def is_able_to_publish(facts: IssueFacts, person: Person) -> bool:
    is_publisher = bool(policy.get_roles(person) & policy.PUBLISHER_ROLES)
    return is_publisher and not (settings.DIGEST_FOUR_EYES and facts.last_editor == person.pk)


def format_people(people: Sequence[Person], missing_role: str) -> str:
    """Name up to three people, or whom to ask if there is none."""
    names = [str(person) for person in people if not person.is_superuser] or [str(p) for p in people]
    return gettext(", ").join(names[:3]) or missing_role


def why_not_sign_off(
    facts: IssueFacts, side: Side, person: Person, people: Sequence[Person]
) -> Reason | None:
    """Return a reason if the person may not sign off the language, naming who may."""
    status = facts.statuses[side]
    others = format_people(find_named_signers(status, people), gettext("another reviewer"))
    about = f"signoff-{side}"
    if not policy.get_roles(person) & policy.REVIEWER_ROLES:
        return Reason("issue-sign-role", {"name": others}, about)
    if status.rejects_signoff_by(person.pk):
        return Reason(f"issue-own-{side}", {"name": others}, about)
    return None


def why_not_publish(
    facts: IssueFacts, person: Person, people: Sequence[Person], *, at: dt.datetime | None = None
) -> list[Reason]:
    """Return all unmet conditions of publication, except the change note."""
    reasons = list_gaps(facts.content)
    moment = at if at and at > facts.now else facts.now
    listed = Edition.objects.listed(moment).filter(brief__in=facts.content.items)
    code = "issue-item-late" if moment > facts.now else "issue-item"
    public = set(listed.values_list("brief_id", flat=True)) | find_withdrawn(facts.shown_items, moment)
    if moment == facts.now:
        scheduled = find_available_editions(facts.content.items, facts.now) - public
        late = [pk for pk in facts.content.items if pk in scheduled]
        reasons += why_not_items(late, (), code="issue-item-late")
        public |= scheduled
    reasons += why_not_items(facts.content.items, public, code=code)
    for side, status in facts.statuses.items():
        if not status.is_signed:
            names = format_people(find_named_signers(status, people), gettext("another reviewer"))
            reasons.append(Reason(f"issue-unsigned-{side}", {"name": names}, f"signoff-{side}"))
    if settings.DIGEST_FOUR_EYES and facts.last_editor == person.pk:
        names = format_people(find_issue_publishers(facts, people), gettext("another publisher"))
        reasons.append(Reason("issue-last-editor", {"name": names}, "publish"))
    if facts.is_unchanged:
        reasons.append(Reason("issue-unchanged", {}, "publish"))
    if at is not None and at <= facts.now:
        values = {"time": f"{timezone.localtime(facts.now):%H:%M}", "zone": settings.TIME_ZONE}
        reasons.append(Reason("time-past", values, "at"))
    return reasons
