"""Find what is open for a person, and let the person leave: hand over the work, close the account."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from ... import policy, workflow
from ...accounts import sign_in_log
from ...accounts.sessions import end_sessions
from ...models import Assignment, Brief, Edition, Note, Outbox, Person, PreviewLink, Revision, Suggestion
from ...models.accounts import SignInEvent
from ...preview.links import active_links
from ...workflow import Assignee, AssignmentPlan, Refused, build_refusal
from ...workflow.rules.transitions import lock_brief
from ..common.assignment_rows import get_assignees, replace_assignee

type PartKey = tuple[int, str]
"""Id of a brief, and a part of its plan: `writer`, `zh` or `en`."""
type Receivers = Mapping[PartKey, Person | None]
"""Who gets each part. None: nobody yet."""


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part of an open brief that the person has. `to_answer` counts notes and suggestions."""

    brief: Brief
    part: str
    due_on: dt.date | None
    to_answer: int
    is_assigned: bool = True
    """False for a brief that the person began and that is assigned to nobody."""

    @property
    def key(self) -> PartKey:
        return self.brief.pk, self.part


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Everything that is open for a person. A constant number of queries."""

    writing: Sequence[OpenPart]
    reviews: Sequence[OpenPart]
    scheduled: Sequence[Edition]
    links: Sequence[PreviewLink]
    waiting_mail: int

    @classmethod
    def load(cls, person: Person, *, now: dt.datetime) -> Self:
        briefs = _find_open_briefs(person)
        asked = _find_open_reviews(person)
        answers = _count_open_answers([*briefs, *(row.brief for row in asked)])
        scheduled = Edition.objects.scheduled(now).filter(approved_by=person).defer("content")
        mail = Outbox.objects.filter(to=person, sent_at=None, cancelled_at=None)
        return cls(
            [
                OpenPart(b, "writer", b.due_on, answers.get(b.pk, 0), b.assigned_to_id is not None)
                for b in briefs
            ],
            [OpenPart(row.brief, row.side, row.due_on, answers.get(row.brief.pk, 0)) for row in asked],
            list(scheduled.select_related("brief__source").order_by("live_from")),
            list(find_shared_links(person, now).select_related("brief__source")),
            mail.count(),
        )


def _find_open_briefs(person: Person) -> list[Brief]:
    began = Exists(Revision.objects.filter(brief=OuterRef("pk"), number=1, by=person))
    rows = Brief.objects.filter(Q(assigned_to=person) | Q(began, assigned_to=None))
    rows = rows.filter(state__in=policy.OPEN_STATES).select_related("source")
    return list(rows.order_by("state", "-updated_at", "-id"))


def count_assigned_parts(person: Person) -> int:
    """Count what is assigned to the person, without the briefs that the person began and nobody has."""
    briefs = Brief.objects.filter(assigned_to=person, state__in=policy.OPEN_STATES)
    return briefs.count() + _open_reviews(person).count()


def _open_reviews(person: Person) -> QuerySet[Assignment]:
    return Assignment.objects.filter(person=person, ended_at=None, brief__state__in=policy.OPEN_STATES)


def _find_open_reviews(person: Person) -> list[Assignment]:
    rows = _open_reviews(person)
    return list(rows.select_related("brief__source").order_by("-brief__state", "-brief__updated_at", "id"))


def _count_open_answers(briefs: Sequence[Brief]) -> dict[int, int]:
    """Count the open notes and unanswered suggestions by brief id. Two queries."""
    ids = [brief.pk for brief in briefs]
    open_rows = (
        Note.objects.filter(brief__in=ids, resolved_at=None),
        Suggestion.objects.filter(brief__in=ids, answer=""),
    )
    found: dict[int, int] = {}
    for rows in open_rows:
        for pk, n in rows.order_by().values_list("brief").annotate(n=Count("pk")):
            found[pk] = found.get(pk, 0) + n
    return found


def find_shared_links(person: Person, now: dt.datetime) -> QuerySet[PreviewLink]:
    """Return the preview links that the person shared and that still open."""
    return active_links(now).filter(by=person).order_by("brief_id", "id")


@dataclass(frozen=True, slots=True)
class Departure:
    """What `leave` changed."""

    parts: int
    links: int
    closed: bool
    """Whether the account was open before."""

    def __bool__(self) -> bool:
        return bool(self.parts or self.links or self.closed)


def has_left(person: Person) -> bool:
    return not (person.is_active or person.is_staff)


def find_departure_refusal(person: Person, by: Person) -> Refused | None:
    """Return why the person cannot leave: it is the own account, or that of the last administrator."""
    if person.pk == by.pk:
        return build_refusal("leave-own")
    admins = Person.objects.filter(is_superuser=True, is_active=True, is_staff=True)
    if admins.filter(pk=person.pk).exists() and not admins.exclude(pk=person.pk).exists():
        return build_refusal("leave-last", name=str(person))
    return None


@transaction.atomic
def leave(
    person: Person,
    receivers: Receivers,
    *,
    by: Person,
    revoke_links: bool,
    now: dt.datetime,
    request: HttpRequest | None = None,
) -> Departure:
    """Hand over the parts in `receivers`, close the account and end its sessions. Nothing is deleted.

    Parts that somebody else has by now stay as they are, and so do those that `receivers` lacks: what came in since
    the page was shown is not handed over unseen. Raise Refused, with nothing changed, if one hand-over fails.
    """
    person = _lock_account(person)
    if refused := find_departure_refusal(person, by):
        raise refused
    links = list(find_shared_links(person, now)) if revoke_links else []
    parts = 0
    for pk in sorted({pk for pk, _part in receivers} | {link.brief_id for link in links}):
        parts += _hand_over(pk, person, receivers, by=by, now=now)
        for link in links:
            if link.brief_id == pk:
                workflow.unshare(link, by=by, now=now)
    is_open = not has_left(person)
    departure = Departure(parts, len(links), is_open)
    if is_open:
        Person.objects.filter(pk=person.pk).update(is_active=False, is_staff=False)
    sessions = end_sessions(person)
    if departure:
        what = "left" if is_open else "handed over"
        detail = f"{what}: {parts} parts handed over, {len(links)} links revoked, {sessions} sessions ended"
        sign_in_log.record(
            SignInEvent.Kind.ACCOUNT, username=person.username, person=by, request=request, detail=detail
        )
    return departure


def _lock_account(person: Person) -> Person:
    """Lock the person and all administrators, so that the last two cannot close each other's account at once.

    `no_key`: verbs that hold a brief may insert rows that refer to the person meanwhile, which would deadlock.
    """
    rows = Person.objects.select_for_update(no_key=True).filter(Q(pk=person.pk) | Q(is_superuser=True))
    return next(row for row in rows.order_by("pk") if row.pk == person.pk)


def _hand_over(pk: int, person: Person, receivers: Receivers, *, by: Person, now: dt.datetime) -> int:
    """Replace the person in the plan of one brief. Return the number of parts."""
    brief = lock_brief(pk)
    if brief.state not in policy.OPEN_STATES:
        return 0
    plan = AssignmentPlan.load(brief)
    parts = list(_find_parts_to_hand_over(plan, pk, person, receivers))
    for part, assignee in parts:
        plan = replace_assignee(plan, part, assignee)
    if parts:
        workflow.apply_plan(brief, plan, by=by, now=now)
    return len(parts)


def _find_parts_to_hand_over(
    plan: AssignmentPlan, pk: int, person: Person, receivers: Receivers
) -> Iterator[tuple[str, Assignee]]:
    for part, assignee in get_assignees(plan).items():
        if (pk, part) not in receivers:
            continue
        receiver = receivers[pk, part]
        is_free = part == "writer" and assignee.person is None and receiver is not None
        if assignee.person == person or is_free:
            due_on = assignee.due_on if receiver or part == "writer" else None
            yield part, Assignee(receiver, due_on)
