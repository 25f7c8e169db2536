"""Build a person's ordered list of tasks: verb, brief, reason, and waiting since when."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ... import policy
from ...content import SIDES, Side
from ...database.replica import PreparedQuery
from ...models import Assignment, Brief, Edition, Event, Note, Person, Revision, SignOff, State, Suggestion
from ...workflow.rules.four_eyes import SideSignOffStatus, SignOffStatuses
from ...workflow.rules.transitions import VERB_NAMES, format_time
from ..common import interface_labels
from ..common.interface_labels import SIDE_NAMES
from ..common.outstanding_work import (
    format_open_notes,
    join_phrases,
    load_editions_by_brief,
    load_outstanding_work,
    load_review_assignments,
    load_signoff_status,
)

MAX_BRIEFS_READ = 100
"""Maximum number of briefs searched for tasks: of those in review, oldest first, and of the person's own."""
MAX_EXCERPT_LENGTH = 60


class Rank(IntEnum):
    """Order of the kinds of tasks."""

    CONFIRM = 0
    APPROVE = 1
    REVIEW = 2
    REVIEW_AGAIN = 3
    ANSWER = 4
    SENT_BACK = 5
    DRAFT = 6
    CLAIM = 7


@dataclass(frozen=True, slots=True)
class Task:
    rank: Rank
    brief: Brief
    verb: str
    why: str
    since: dt.datetime
    age: str
    tone: str
    """`late`, or `soon` from the day before the due date, or empty."""
    due_on: dt.date | None
    page: str

    @property
    def url(self) -> str:
        if self.page in ("change", "review"):
            return reverse(f"admin:briefs_brief_{self.page}", args=[self.brief.pk])
        return reverse("admin:briefs_brief_verb", args=[self.brief.pk, self.page])

    @property
    def sort_key(self) -> tuple[Rank, bool, dt.date, dt.datetime]:
        return self.rank, not self.brief.has_priority, self.due_on or dt.date.max, self.since


def choose_tone(due_on: dt.date | None, today: dt.date) -> str:
    """Return `late` after the due date, `soon` from the day before it, else an empty string."""
    if due_on is None or (due_on - today).days > 1:
        return ""
    return "late" if due_on < today else "soon"


def _query_unconfirmed_ids() -> QuerySet[Any, Any]:
    """Find unconfirmed urgent editions by their events.

    Scanning the edition rows is slow, since each row's columns are stored after its content.
    """
    published = Event.objects.filter(verb="publish_urgently").values("edition")
    rows = Edition.objects.filter(pk__in=published, confirmed_by=None).uncancelled()
    return rows.order_by("approved_at").values_list("pk")[:MAX_BRIEFS_READ]


def _query_ids_in_review() -> QuerySet[Any, Any]:
    rows = Brief.objects.filter(state=State.IN_REVIEW).order_by("updated_at")
    return rows.values_list("pk")[:MAX_BRIEFS_READ]


def _query_draft_ids() -> QuerySet[Any, Any]:
    rows = Brief.objects.filter(state=State.DRAFT).order_by(F("due_on").asc(nulls_last=True), "-updated_at")
    return rows.values_list("pk")[:MAX_BRIEFS_READ]


def _query_own_ids(person: int) -> QuerySet[Any, Any]:
    wrote = Revision.objects.filter(by=person).values("brief")
    mine = Brief.objects.filter(Q(assigned_to=person) | Q(pk__in=wrote), state__in=policy.OPEN_STATES)
    return mine.order_by("-updated_at", "-id").values_list("pk")[:MAX_BRIEFS_READ]


_UNCONFIRMED_IDS = PreparedQuery(_query_unconfirmed_ids)
_BRIEF_IDS = {
    "in_review": PreparedQuery(_query_ids_in_review),
    "drafts": PreparedQuery(_query_draft_ids),
    "mine": PreparedQuery(_query_own_ids, int),
}


class TaskList:
    """The tasks of one person. The number of queries is constant; each runs when its rows are first needed."""

    def __init__(self, person: Person, now: dt.datetime) -> None:
        self.person, self.now = person, now
        self.today = timezone.localtime(now).date()
        self.roles = policy.get_roles(person)

    @cached_property
    def _briefs(self) -> dict[str, list[Brief]]:
        """Return the briefs by list. Prepared queries read the ids first, because many lists are empty."""
        ids = {
            name: [pk for (pk,) in find_ids(*([self.person.pk] if name == "mine" else []))]
            for name, find_ids in _BRIEF_IDS.items()
        }
        every = {pk for pks in ids.values() for pk in pks}
        briefs = Brief.objects.select_related("updated_by", "source", "assigned_to")
        rows = briefs.in_bulk(every) if every else {}
        return {name: [rows[pk] for pk in pks if pk in rows] for name, pks in ids.items()}

    @property
    def in_review(self) -> list[Brief]:
        return self._briefs["in_review"]

    @property
    def drafts(self) -> list[Brief]:
        return self._briefs["drafts"]

    @property
    def mine(self) -> list[Brief]:
        return self._briefs["mine"]

    @cached_property
    def urgent(self) -> list[Edition]:
        if not (ids := [pk for (pk,) in _UNCONFIRMED_IDS()]):
            return []
        rows = Edition.objects.filter(pk__in=ids).select_related(
            "brief__source", "brief__updated_by", "approved_by"
        )
        return list(rows.defer("content").order_by("approved_at"))

    @cached_property
    def _rows(self) -> list[Brief]:
        return list({brief.pk: brief for brief in (*self.in_review, *self.mine)}.values())

    @cached_property
    def signoff_status(self) -> dict[int, SignOffStatuses]:
        return load_signoff_status(self._rows, load_editions_by_brief(self._rows))

    @cached_property
    def assignments(self) -> dict[int, dict[str, Assignment]]:
        return load_review_assignments(self._rows)

    @cached_property
    def last_moves(self) -> dict[int, Event]:
        if not self._rows:
            return {}
        moves = Event.objects.filter(brief__in=self._rows, to_state=F("brief__state")).select_related("by")
        moves = moves.exclude(from_state=F("to_state")).order_by("id")
        return {event.brief_id: event for event in moves if event.brief_id}

    @cached_property
    def my_answers(self) -> dict[tuple[int, str], SignOff]:
        answers = SignOff.objects.filter(brief__in=self.in_review, by=self.person).order_by("id")
        return {(answer.brief_id, answer.side): answer for answer in answers}

    @cached_property
    def reviewers(self) -> frozenset[int]:
        return frozenset(policy.find_people_with_roles(policy.REVIEWER_ROLES).values_list("pk", flat=True))

    @cached_property
    def tasks(self) -> list[Task]:
        """Return one task per brief (the first that applies), in order of urgency."""
        found = sorted(
            (task for _rank, tasks in self._list_by_rank() for task in tasks), key=lambda task: task.sort_key
        )
        return list({task.brief: task for task in reversed(found)}.values())[::-1]

    def find_next(self, after: int) -> Task | None:
        """Return the first task about another brief than `after`, without loading tasks of lower rank."""
        best: list[Task] = []
        for rank, tasks in self._list_by_rank():
            if best and best[0].rank < rank:
                break
            best += [task for task in tasks if task.brief.pk != after]
            best = sorted(best, key=lambda task: task.sort_key)[:1]
        return best[0] if best else None

    def _list_by_rank(self) -> Iterator[tuple[Rank, Iterator[Task]]]:
        """Yield groups of tasks, each with the lowest rank that its tasks can have, in the order of these ranks."""
        yield Rank.CONFIRM, self._confirmations()
        yield Rank.APPROVE, self._reviews()
        yield Rank.ANSWER, self._answers()
        yield Rank.SENT_BACK, self._own_drafts()
        yield Rank.CLAIM, self._unclaimed_drafts()

    def _task(
        self,
        rank: Rank,
        brief: Brief,
        verb: object,
        why: str,
        page: str,
        *,
        since: dt.datetime | None = None,
        due_on: dt.date | None = None,
        tone: str = "",
    ) -> Task:
        if since is None:
            move = self.last_moves.get(brief.pk)
            since = move.at if move else brief.updated_at
        if due_on:
            why = join_phrases([why, interface_labels.format_due(due_on, self.today)])
            tone = tone or choose_tone(due_on, self.today)
        age = interface_labels.format_duration(since, self.now)
        return Task(rank, brief, str(verb), why, since, age, tone, due_on, page)

    def _confirmations(self) -> Iterator[Task]:
        if policy.has_role_for(self.person, "confirm"):
            for edition in self.urgent:
                if edition.approved_by_id != self.person.pk:
                    why = _("%(name)s published it urgently, %(time)s; another person has to confirm it")
                    values = {"name": edition.approved_by, "time": format_time(edition.approved_at)}
                    yield self._task(
                        Rank.CONFIRM,
                        edition.brief,
                        VERB_NAMES["confirm"],
                        why % values,
                        "confirm",
                        since=edition.approved_at,
                        tone="late",
                    )

    def _reviews(self) -> Iterator[Task]:
        """Yield briefs in review that this person can approve or should sign off."""
        for brief in self.in_review:
            statuses = self.signoff_status.get(brief.pk)
            if not statuses:
                continue
            if all(status.is_signed for status in statuses.values()):
                if "publisher" in self.roles:
                    why = _("Both languages are signed")
                    yield self._task(Rank.APPROVE, brief, VERB_NAMES["approve"], why, "approve")
                continue
            assigned = self.assignments.get(brief.pk, {})
            sides = [side for side in SIDES if self._is_waiting_for_me(statuses[side], assigned.get(side))]
            mine = [side for side in sides if side in assigned or self.person.pk in statuses[side].changed_by]
            answered = [side for side in sides if (brief.pk, side) in self.my_answers]
            if answered:
                yield self._second_review(brief, sides, self.my_answers[brief.pk, answered[-1]])
            elif mine:
                yield self._first_review(brief, mine, assigned, statuses)
            elif sides:
                verb = _claim_review_verb(sides)
                yield self._task(Rank.CLAIM, brief, verb, _("In review, and nobody is asked"), "review")

    def _first_review(
        self, brief: Brief, sides: list[Side], assigned: dict[str, Assignment], statuses: SignOffStatuses
    ) -> Task:
        rows = [assigned[side] for side in sides if side in assigned]
        askers = dict.fromkeys(str(row.by) for row in rows if row.by_id != self.person.pk)
        signed = _(", ").join(str(SIDE_NAMES[side]) for side in SIDES if statuses[side].is_signed)
        why = [
            _("%(name)s asks you") % {"name": _(", ").join(askers)} if askers else "",
            signed and pgettext("left", "signed: %(languages)s") % {"languages": signed},
        ]
        verb = VERB_NAMES[f"sign_off_{sides[0]}"] if len(sides) == 1 else _("Sign off both languages")
        due_on = min((row.due_on for row in rows if row.due_on), default=None)
        return self._task(Rank.REVIEW, brief, verb, join_phrases(why), "review", due_on=due_on)

    def _second_review(self, brief: Brief, sides: list[Side], answer: SignOff) -> Task:
        move = self.last_moves.get(brief.pk)
        is_new_submission = move is not None and move.at > answer.at
        if answer.yes:
            sentence = _("You signed it off on %(time)s; %(name)s changed it since")
        elif is_new_submission:
            sentence = _("You sent it back on %(time)s; %(name)s submitted it again")
        else:
            sentence = _("You answered on %(time)s; %(name)s changed it since")
        name = move.by if is_new_submission and move and not answer.yes else brief.updated_by
        since = move.at if is_new_submission and move else brief.updated_at
        rows = [row for side, row in self.assignments.get(brief.pk, {}).items() if side in sides]
        due_on = min((r.due_on for r in rows if r.due_on and r.person_id == self.person.pk), default=None)
        why = sentence % {"time": format_time(answer.at), "name": name}
        verb = _("Review what changed")
        return self._task(Rank.REVIEW_AGAIN, brief, verb, why, "review", since=since, due_on=due_on)

    def _is_waiting_for_me(self, status: SideSignOffStatus, assignment: Assignment | None) -> bool:
        """Return whether this person should sign off the side.

        A side assigned to another reviewer does not wait for this person, unless that reviewer alone changed the text. A
        rejected side that was submitted again unchanged waits for the person who rejected it.
        """
        me = self.person.pk
        if status.rejected_by:
            return me in status.rejected_by
        if status.is_signed or me in status.signed_by or status.rejects_signoff_by(self.person):
            return False
        if me in status.changed_by and status.changed_by & self.reviewers - {me}:
            return True  # a reviewer reworded it, so it waits for the writer too
        if not self.roles & policy.REVIEWER_ROLES:
            return False
        if assignment is None or assignment.person_id == me or assignment.person_id not in self.reviewers:
            return True
        return status.changed_by == {assignment.person_id}

    def _answers(self) -> Iterator[Task]:
        """Yield briefs in review with suggestions or notes by other people that this person should answer."""
        rows = {b.pk: b for b in (*self.in_review, *self.mine) if b.state == State.IN_REVIEW}
        wrote = [brief.pk for brief in self.mine if brief.pk in rows]
        # Notes are answered by the writer and by whoever submitted the brief.
        answers_for = [
            pk
            for pk, brief in rows.items()
            if self.person.pk in (brief.assigned_to_id, pk in self.last_moves and self.last_moves[pk].by_id)
        ]
        if not (wrote or answers_for):
            return
        suggested = _group_by_brief(
            Suggestion.objects.filter(brief__in=wrote, answer="").exclude(by=self.person)
        )
        noted = _group_by_brief(
            Note.objects.filter(brief__in=answers_for, resolved_at=None).exclude(by=self.person)
        )
        for pk in suggested.keys() | noted.keys():
            yield self._answer(rows[pk], suggested[pk], noted[pk])

    def _answer(self, brief: Brief, suggestions: list[Suggestion], notes: list[Note]) -> Task:
        n, m = len(suggestions), len(notes)
        remarks: list[Note | Suggestion] = [*notes, *suggestions]
        first = min(remarks, key=lambda row: row.at)
        rest = [
            format_open_notes(m) if m > 1 or n else "",
            ngettext("%(n)s suggestion to answer", "%(n)s suggestions to answer", n) % {"n": n} if n else "",
        ]
        text = first.text if len(first.text) <= MAX_EXCERPT_LENGTH else f"{first.text[:MAX_EXCERPT_LENGTH]}…"
        begin = _("%(part)s: %(who)s") % {"part": first.by, "who": text}
        verb = ngettext("Answer a note", "Answer the notes", m) if m else _("Answer a suggestion")
        return self._task(Rank.ANSWER, brief, verb, join_phrases([begin, *rest]), "review", since=first.at)

    def _own_drafts(self) -> Iterator[Task]:
        """Yield the drafts that this person writes, with what they lack."""
        me = self.person.pk
        drafts = [b for b in self.mine if b.state == State.DRAFT and b.assigned_to_id in (None, me)]
        outstanding = load_outstanding_work(drafts)
        for brief in drafts:
            lacking, statuses = outstanding[brief.pk], self.signoff_status.get(brief.pk)
            move = self.last_moves.get(brief.pk)
            if statuses and _is_rejected(statuses) and move:
                why = _("%(name)s sent it back") % {"name": move.by}
                why = join_phrases([why, str(lacking)])
                yield self._task(
                    Rank.SENT_BACK, brief, _("Sent back to you"), why, "review", due_on=brief.due_on
                )
                continue
            verb, why = _("Go on writing"), str(lacking)
            if brief.is_planned:
                verb, why = _("Start writing"), pgettext("draft", "Nothing is written yet")
            elif not lacking.count:
                verb, why = str(VERB_NAMES["submit"]), pgettext("draft", "Nothing is missing")
            yield self._task(
                Rank.DRAFT, brief, verb, why, "change", since=brief.updated_at, due_on=brief.due_on
            )

    def _unclaimed_drafts(self) -> Iterator[Task]:
        if self.roles & policy.WRITER_ROLES:
            for brief in self.drafts:
                if brief.is_planned and brief.assigned_to_id is None:
                    why = _("Planned, and nobody writes it")
                    verb = _("Claim the writing")
                    yield self._task(Rank.CLAIM, brief, verb, why, "change", due_on=brief.due_on)


def _claim_review_verb(sides: Sequence[Side]) -> str:
    if len(sides) > 1:
        return _("Claim the review")
    return _("Claim the Chinese review") if sides[0] == "zh" else _("Claim the English review")


def _is_rejected(statuses: SignOffStatuses) -> bool:
    return any(status.rejected_by for status in statuses.values())


def _group_by_brief(rows: QuerySet[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.select_related("by"):
        found[row.brief_id].append(row)
    return found
