"""Build the tasks of one person, such as reviews and approvals, in order of urgency."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import F, Max, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ... import policy
from ...content import SIDES
from ...models import Assignment, Brief, Edition, Event, Note, Person, State, Suggestion
from ...workflow.rules.four_eyes import SideSignOffStatus, SignOffStatuses
from ...workflow.rules.transitions import VERB_NAMES
from ..common import relative_dates
from ..common.badges import Badge, desk_badge, public_badges
from ..common.outstanding_work import OutstandingWork, format_open_notes, join_phrases
from ..common.relative_dates import has_working_day_passed
from ..common.signoff_status import (
    EditionsByBrief,
    load_editions_by_brief,
    load_review_assignments,
    load_signoff_status,
)

LATE_AFTER_DAYS = 3
"""Days after which a task without a due date is shown as late."""


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A line of a board. `href` is the page of the task, if it is not the brief's own page."""

    brief: Brief | None
    """None for mail about an account."""
    what: str = ""
    badges: Sequence[Badge] = ()
    who: str = ""
    when: str = ""
    is_late: bool = False
    due: str = ""
    is_overdue: bool = False
    href: str = ""
    sort_key: tuple[bool, dt.date, dt.datetime] | None = None


@dataclass
class BoardData:
    """Data of the briefs of several boards, loaded once."""

    person: Person
    now: dt.datetime
    roles: frozenset[str] = field(init=False)
    editions: EditionsByBrief = field(init=False)
    signoff_status: dict[int, SignOffStatuses] = field(init=False)
    last_moved_at: dict[int, dt.datetime] = field(init=False)
    assignments: dict[int, dict[str, Assignment]] = field(init=False)

    def __post_init__(self) -> None:
        self.roles = frozenset(policy.get_roles(self.person))

    def load(self, briefs: Iterable[Brief]) -> None:
        rows = list({brief.pk: brief for brief in briefs}.values())
        self.editions = load_editions_by_brief(rows)
        self.signoff_status = load_signoff_status(rows, self.editions)
        self.assignments = load_review_assignments(rows)
        moves = Event.objects.filter(brief__in=[b.pk for b in rows], to_state=F("brief__state"))
        latest = moves.exclude(from_state=F("to_state")).order_by().values("brief").annotate(moved=Max("at"))
        self.last_moved_at = {row["brief"]: row["moved"] for row in latest}

    @cached_property
    def reviewers(self) -> frozenset[int]:
        return frozenset(policy.find_people_with_roles(policy.REVIEWER_ROLES).values_list("pk", flat=True))

    def badges(self, brief: Brief) -> list[Badge]:
        public = public_badges(brief, self.editions.get(brief.pk, []), self.now)
        first = [Badge(_("Priority"), "warn")] if brief.has_priority else []
        return [*first, desk_badge(brief, self.signoff_status.get(brief.pk)), *public]

    def build_task_line(
        self,
        brief: Brief,
        what: str,
        *,
        page: str = "",
        since: dt.datetime | None = None,
        due_on: dt.date | None = None,
        is_late: bool | None = None,
    ) -> BoardLine:
        since = since or self.last_moved_at.get(brief.pk, brief.updated_at)
        today = timezone.localtime(self.now).date()
        if is_late is None:
            is_late = not due_on and relative_dates.days_between(since, self.now) >= LATE_AFTER_DAYS
        return BoardLine(
            brief,
            what,
            self.badges(brief),
            who=str(brief.updated_by),
            when=relative_dates.format_open_for(since, self.now),
            is_late=is_late,
            due=relative_dates.format_due(due_on, today) if due_on else "",
            is_overdue=bool(due_on and due_on < today),
            href=brief_page_url(brief, page) if page else "",
            sort_key=(not brief.has_priority, due_on or dt.date.max, since),
        )


def brief_page_url(brief: Brief, page: str) -> str:
    if page in ("change", "review"):
        return reverse(f"admin:briefs_brief_{page}", args=[brief.pk])
    return reverse("admin:briefs_brief_verb", args=[brief.pk, page])


def build_task_lines(
    data: BoardData,
    *,
    urgent: Iterable[Edition],
    in_review: Sequence[Brief],
    mine: Sequence[Brief],
    outstanding: dict[int, OutstandingWork],
) -> list[BoardLine]:
    """Return one line per brief, for its first task, sorted by priority, due date and age."""
    rows = [
        *_to_confirm(urgent, data),
        *_to_sign_or_approve(in_review, data),
        *_to_answer(in_review, mine, data),
        *_sent_back(mine, data, outstanding),
    ]
    rows = list({line.brief: line for line in reversed(rows)}.values())
    return sorted(rows, key=lambda line: line.sort_key or (True, dt.date.max, data.now))


def _to_confirm(urgent: Iterable[Edition], data: BoardData) -> Iterator[BoardLine]:
    if policy.has_role_for(data.person, "confirm"):
        for e in urgent:
            if e.approved_by_id != data.person.pk:
                what, is_late = str(VERB_NAMES["confirm"]), has_working_day_passed(e.approved_at, data.now)
                yield data.build_task_line(
                    e.brief, what, page="confirm", since=e.approved_at, is_late=is_late
                )


def _to_sign_or_approve(briefs: Iterable[Brief], data: BoardData) -> Iterator[BoardLine]:
    """Yield briefs in review that this person should sign off or can approve now."""
    for brief in briefs:
        standing = data.signoff_status.get(brief.pk)
        if not standing or _is_rejected(standing):
            continue
        if all(answer.is_signed for answer in standing.values()):
            if "publisher" in data.roles:
                yield data.build_task_line(brief, str(VERB_NAMES["approve"]), page="approve")
            continue
        assignments = data.assignments.get(brief.pk, {})
        sides = [
            side for side in SIDES if _is_waiting_for_signature(data, standing[side], assignments.get(side))
        ]
        if sides:
            mine = [assignments[side] for side in sides if side in assignments]
            yield data.build_task_line(
                brief,
                _(", ").join(str(VERB_NAMES[f"sign_off_{side}"]) for side in sides),
                page="review",
                due_on=min((row.due_on for row in mine if row.due_on), default=None),
            )


def _is_rejected(statuses: SignOffStatuses) -> bool:
    return any(answer.rejected_by for answer in statuses.values())


def _is_waiting_for_signature(
    data: BoardData, answer: SideSignOffStatus, assignment: Assignment | None
) -> bool:
    """Return whether this person should sign off the side.

    A side assigned to another reviewer does not wait for this person, unless that reviewer alone changed the
    text.
    """
    me = data.person.pk
    if answer.is_signed or me in answer.signed_by or answer.rejects_signoff_by(data.person):
        return False
    if me in answer.changed_by and answer.changed_by & data.reviewers - {me}:
        return True  # a reviewer reworded it, so it waits for the writer too
    if not data.roles & policy.REVIEWER_ROLES:
        return False
    theirs = assignment is not None and assignment.person_id != me and assignment.person_id in data.reviewers
    return not theirs or (assignment is not None and answer.changed_by == {assignment.person_id})


def _to_answer(in_review: Sequence[Brief], mine: Sequence[Brief], data: BoardData) -> Iterator[BoardLine]:
    """Yield briefs in review with unanswered suggestions or notes by other people."""
    rows = {brief.pk: brief for brief in (*in_review, *mine) if brief.state == State.IN_REVIEW}
    if not rows:
        return
    wrote = [brief.pk for brief in mine if brief.pk in rows]
    suggested = _times_by_brief(Suggestion.objects.filter(brief__in=wrote, answer="").exclude(by=data.person))
    answers_for = _briefs_answered_by(rows, data.person)
    noted = _times_by_brief(
        Note.objects.filter(brief__in=answers_for, resolved_at=None).exclude(by=data.person)
    )
    for pk in suggested.keys() | noted.keys():
        n, notes = len(suggested.get(pk, [])), noted.get(pk, [])
        suggestions_phrase = (
            ngettext("%(n)s suggestion to answer", "%(n)s suggestions to answer", n) % {"n": n} if n else ""
        )
        since = min([*suggested.get(pk, []), *notes])
        yield data.build_task_line(
            rows[pk],
            join_phrases([suggestions_phrase, format_open_notes(len(notes))]),
            page="review",
            since=since,
        )


def _times_by_brief(rows: QuerySet[Any]) -> dict[int, list[dt.datetime]]:
    times: dict[int, list[dt.datetime]] = {}
    for pk, at in rows.values_list("brief", "at"):
        times.setdefault(pk, []).append(at)
    return times


def _briefs_answered_by(rows: dict[int, Brief], person: Person) -> list[int]:
    """Return the briefs whose notes this person answers, as writer or as last submitter."""
    submits = Event.objects.filter(brief__in=rows, verb="submit").order_by("id").values_list("brief", "by")
    submitter = dict(submits)
    return [pk for pk, brief in rows.items() if person.pk in (brief.assigned_to_id, submitter.get(pk))]


def _sent_back(
    briefs: Iterable[Brief], data: BoardData, outstanding: dict[int, OutstandingWork]
) -> Iterator[BoardLine]:
    for brief in briefs:
        standing = data.signoff_status.get(brief.pk)
        if brief.state == State.DRAFT and standing and _is_rejected(standing):
            yield data.build_task_line(
                brief,
                str(outstanding[brief.pk]) or _("Changes requested"),
                page="review",
                due_on=brief.due_on,
            )
