"""The ordered list of what waits for one person: the briefs on which they have a main act."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ... import policy
from ...models import Brief, Edition, Event, Person, Revision, State
from ...workflow.brief_facts import load_brief_facts
from ...workflow.next_step import BriefFacts, Step, next_step
from ..common import interface_labels
from ..common.step_links import build_act_url

MAX_BRIEFS_READ = 100
"""Maximum number of briefs searched for tasks: of those in review, oldest first, and of the person's own."""
ACT_ORDER: Final = (
    "confirm", "approve", "turn_into_suggestion", "tick_facts", "reword", "publish_urgently", "sign_off_zh", "sign_off_en",
    "suggestions", "notes", "fill", "submit", "assign_zh", "assign_en", "claim",
)  # fmt: skip
"""Order of the acts in the list, the most urgent first."""


@dataclass(frozen=True, slots=True)
class Task:
    """A brief that waits for the person. `tone` is `late`, or `soon` from the day before the due date, or empty."""

    facts: BriefFacts
    step: Step
    verb: str
    url: str
    since: dt.datetime
    age: str
    due_on: dt.date | None
    due: str
    tone: str

    @property
    def brief(self) -> Brief:
        return self.facts.brief

    @property
    def why(self) -> str:
        return str(self.step.sentence)

    @property
    def sort_key(self) -> tuple[int, bool, dt.date, dt.datetime]:
        order = ACT_ORDER.index(self.step.main)
        return order, not self.brief.has_priority, self.due_on or dt.date.max, self.since


def choose_tone(due_on: dt.date | None, today: dt.date) -> str:
    """Return `late` after the due date, `soon` from the day before it, else an empty string."""
    if due_on is None or (due_on - today).days > 1:
        return ""
    return "late" if due_on < today else "soon"


class TaskList:
    """What waits for one person. The number of queries is constant."""

    def __init__(self, person: Person, now: dt.datetime) -> None:
        self.person, self.now = person, now
        self.today = timezone.localtime(now).date()

    @cached_property
    def _briefs(self) -> list[Brief]:
        """Read the oldest in review, the next drafts, the newest of one's own, and those published urgently."""
        wrote = Revision.objects.filter(by=self.person).values("brief")
        mine = Q(assigned_to=self.person) | Q(pk__in=wrote)
        # The events find the urgent editions, since the columns of an edition are stored after its content.
        urgent = Event.objects.filter(verb="publish_urgently").values("edition")
        unconfirmed = Edition.objects.filter(pk__in=urgent, confirmed_by=None).uncancelled()
        briefs = Brief.objects.order_by()
        lists: tuple[QuerySet[Any], ...] = (
            briefs.filter(state=State.IN_REVIEW).order_by("updated_at").values("pk"),
            briefs.filter(state=State.DRAFT)
            .order_by(F("due_on").asc(nulls_last=True), "-updated_at")
            .values("pk"),
            briefs.filter(mine, state__in=policy.OPEN_STATES).order_by("-updated_at", "-id").values("pk"),
            unconfirmed.order_by("approved_at").values("brief"),
        )
        wanted = Q()
        for rows in lists:
            wanted |= Q(pk__in=rows[:MAX_BRIEFS_READ])
        return list(Brief.objects.filter(wanted).select_related("updated_by", "source", "assigned_to"))

    @cached_property
    def in_review(self) -> list[Brief]:
        found = [brief for brief in self._briefs if brief.state == State.IN_REVIEW]
        return sorted(found, key=lambda brief: brief.updated_at)

    @cached_property
    def drafts(self) -> list[Brief]:
        found = [brief for brief in self._briefs if brief.state == State.DRAFT]
        return sorted(found, key=lambda brief: (brief.due_on or dt.date.max, -brief.updated_at.timestamp()))

    @cached_property
    def people(self) -> list[Person]:
        return policy.load_staff()

    @cached_property
    def facts(self) -> Mapping[int, BriefFacts]:
        return load_brief_facts(self._briefs, self.now, self.people)

    @cached_property
    def tasks(self) -> list[Task]:
        """One task for each brief whose main act is this person's, in order of urgency."""
        steps = ((facts, next_step(facts, self.person, self.people)) for facts in self.facts.values())
        tasks = [self._build_task(facts, step) for facts, step in steps if step.is_mine]
        return sorted(tasks, key=lambda task: task.sort_key)

    def find_next(self, after: int) -> Task | None:
        """Return the first task about another brief than `after`."""
        return next((task for task in self.tasks if task.brief.pk != after), None)

    def _build_task(self, facts: BriefFacts, step: Step) -> Task:
        brief, urgent = facts.brief, facts.urgent_edition
        side = step.main[-2:] if step.main.startswith("sign_off_") else ""
        row = facts.assignments.get(side)
        if row and row.person_id != self.person.pk:
            row = None
        moments = [row.at] if row else []
        moments += [facts.submission.at] if facts.submission else []
        since = max(moments, default=brief.returned_at or brief.updated_at)
        if step.main == "confirm" and urgent:
            since = urgent.approved_at
        due_on = brief.due_on if brief.state == State.DRAFT else (row.due_on if row else None)
        return Task(
            facts,
            step,
            step.label,
            build_act_url(facts, step.main),
            since,
            interface_labels.format_duration(since, self.now),
            due_on,
            interface_labels.format_due(due_on, self.today) if due_on else "",
            "late" if step.main == "confirm" else choose_tone(due_on, self.today),
        )
