"""What waits for a person, over briefs, issues and mailings, and the links of a next step."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from briefs.models import Brief, Issue, Mailing, Person, Revision, State
from briefs.publications.mailings import describe_halt
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, NEXT_BRIEF, get_label
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import Sentence, describe_turn, next_step
from briefs.workflow.rules import KEYWORD_PREFIX, BriefFacts, IssueFacts
from briefs.workflow.turns import BriefTurn

from . import interface_labels


def build_act_url(facts: BriefFacts, act: str) -> str:
    """Return the page, and the place on it, at which the act is done."""
    pk = facts.brief.pk
    page = reverse("admin:briefs_brief_change", args=[pk])
    if act == NEXT_BRIEF:
        return f"{reverse('admin:next')}?after={pk}"
    if act == "notes":
        return f"{page}#note-{facts.notes[0].pk}"
    if act == "fill":
        return _build_place_url(f"{page}?view=write", [*facts.gaps, *facts.approval_gaps][0].about)
    if act in ("suggestions", "sign_off_zh", "sign_off_en", "sign_off_common"):
        return f"{page}?view=review"
    if act == "reword":
        return f"{page}?view=write"
    if act in ("assign", "assign_zh", "assign_en"):
        return f"{reverse('admin:briefs_brief_assign', args=[pk])}{f'#{act[-2:]}' if act != 'assign' else ''}"
    if act == "share":
        return reverse("admin:briefs_brief_share", args=[pk])
    if act == "claim" or ACTS[act].way == "button":
        return page
    return reverse("admin:briefs_brief_verb", args=[pk, act])


def build_keyword_url(pk: int | str, *, back: str) -> str:
    """Return the page of a keyword, from which saving leads to the page at `back`."""
    return f"{reverse('admin:briefs_keyword_change', args=[pk])}?{urlencode({'next': back})}"


def _build_place_url(url: str, about: str) -> str:
    """Return the place at which a gap is filled: on the page itself, or the page of the keyword, which leads back."""
    if about.startswith(KEYWORD_PREFIX):
        return build_keyword_url(about.removeprefix(KEYWORD_PREFIX), back=url)
    return f"{url}#{about}"


def render_sentence(sentence: Sentence, url: str) -> SafeString:
    """Render the sentence with a link to each place that it names, on the page at `url` if it is there."""
    links = (
        format_html('<a class="gap" href="{}">{}</a>', _build_place_url(url, phrase.about), phrase.text)
        if phrase.about
        else phrase.text
        for phrase in sentence.phrases
    )
    return format_html_join("", "{}", ((part,) for part in links))


MAX_BRIEFS_READ = 100
"""Maximum number of briefs searched for tasks: of those in review, oldest first, and of the person's own."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A brief or an issue that waits for the person, or a halted mailing. `verb`: label of the act `main`."""

    title: str
    verb: str
    url: str
    since: dt.datetime
    now: dt.datetime
    sentence: Callable[[], object]
    """Why it waits. Called for what is shown: the front page shows few of many tasks."""
    brief: Brief | None = None
    main: str = ""
    lang: str = ""
    due_on: dt.date | None = None
    has_priority: bool = False

    @cached_property
    def why(self) -> str:
        return str(self.sentence())

    @cached_property
    def age(self) -> str:
        return interface_labels.format_duration(self.since, self.now)

    @cached_property
    def due(self) -> str:
        return interface_labels.format_due(self.due_on, timezone.localdate(self.now)) if self.due_on else ""

    @cached_property
    def tone(self) -> str:
        return choose_tone(self.due_on, timezone.localdate(self.now))

    @property
    def sort_key(self) -> tuple[int, bool, dt.date, dt.datetime]:
        return ACTS[self.main].urgency, not self.has_priority, self.due_on or dt.date.max, self.since


def choose_tone(due_on: dt.date | None, today: dt.date) -> str:
    """Return `late` after the due date, `soon` from the day before it, else an empty string."""
    if due_on is None or (due_on - today).days > 1:
        return ""
    return "late" if due_on < today else "soon"


class TaskList:
    """What waits for one person. The number of queries is constant."""

    def __init__(self, person: Person, now: dt.datetime, people: list[Person] | None = None) -> None:
        self.person, self.now = person, now
        self.people = people or policy.load_staff()

    @cached_property
    def _briefs(self) -> list[Brief]:
        """Read the oldest in review, the next drafts, and the newest of one's own."""
        wrote = Revision.objects.filter(by=self.person).values("brief")
        mine = Q(assigned_to=self.person) | Q(pk__in=wrote)
        briefs = Brief.objects.order_by()
        lists: tuple[QuerySet[Any], ...] = (
            briefs.filter(state=State.IN_REVIEW).order_by("updated_at").values("pk"),
            briefs.filter(state=State.DRAFT)
            .order_by(F("due_on").asc(nulls_last=True), "-updated_at")
            .values("pk"),
            briefs.filter(mine, state__in=policy.OPEN_STATES).order_by("-updated_at", "-id").values("pk"),
        )
        wanted = Q()
        for rows in lists:
            wanted |= Q(pk__in=rows[:MAX_BRIEFS_READ])
        return list(Brief.objects.filter(wanted).select_related("updated_by", "source", "assigned_to"))

    @cached_property
    def turns(self) -> Mapping[int, BriefTurn]:
        """What the person can do, by brief id."""
        found = load_brief_facts(self._briefs, self.now, self.people)
        return {pk: BriefTurn(facts, self.person) for pk, facts in found.items()}

    @cached_property
    def tasks(self) -> list[Task]:
        """Everything that waits for the person: halted mailings, issues, then briefs."""
        return [*self._list_mailing_tasks(), *self._list_issue_tasks(), *self.brief_tasks]

    @cached_property
    def brief_tasks(self) -> list[Task]:
        """One task for each brief whose main act is this person's, in order of urgency."""
        mains = ((turn, turn.find_main_act()) for turn in self.turns.values())
        tasks = [self._build_brief_task(turn, main) for turn, main in mains if ACTS[main].urgency]
        return sorted(tasks, key=lambda task: task.sort_key)

    def find_next(self, after: int) -> Task | None:
        """Return the first task about another brief than `after`."""
        return next((task for task in self.brief_tasks if task.brief and task.brief.pk != after), None)

    def _build_brief_task(self, turn: BriefTurn, main: str) -> Task:
        facts, brief = turn.facts, turn.brief
        row = facts.assignments.get(main[-2:] if main.startswith("sign_off_") else "")
        if row and row.person_id != self.person.pk:
            row = None
        moments = [row.at] if row else []
        moments += [facts.submission.at] if facts.submission else []
        return Task(
            title=str(brief),
            verb=get_label(main),
            url=build_act_url(facts, main),
            since=max(moments, default=brief.returned_at or brief.updated_at),
            now=self.now,
            sentence=partial(describe_turn, turn, main, in_list=True),
            brief=brief,
            main=main,
            lang=brief.headline_lang,
            due_on=brief.due_on if brief.state == State.DRAFT else row.due_on if row else None,
            has_priority=brief.has_priority,
        )

    def _list_issue_tasks(self) -> Iterator[Task]:
        """Yield each issue in review that the person can sign or publish. One query, or five if one is in review."""
        issues = list(Issue.objects.filter(state=State.IN_REVIEW).order_by("number"))
        for facts in IssueFacts.load_many(issues, self.now, self.people):
            issue, step = facts.row, next_step(facts, self.person, in_list=True)
            if step.is_mine and step.main != "fill_issue":
                yield Task(
                    title=interface_labels.format_issue(issue.number),
                    verb=step.label,
                    url=reverse("admin:briefs_issue_change", args=[issue.pk]),
                    since=issue.updated_at,
                    now=self.now,
                    sentence=lambda step=step: step.sentence,  # type: ignore[misc]
                )

    def _list_mailing_tasks(self) -> Iterator[Task]:
        """Yield each mailing that paused by itself, or that a mail server stopped in the last week and nobody sent anew.

        One query.
        """
        if not policy.has_role_for(self.person, "resume_mailing"):
            return
        own = Q(issue_edition__issue=OuterRef("issue_edition__issue")) | Q(edition=OuterRef("edition"))
        anew = Exists(Mailing.objects.filter(own, created_at__gt=OuterRef("state_at")))
        stopped = Q(state=Mailing.Status.STOPPED, state_at__gt=self.now - dt.timedelta(days=7)) & ~anew
        halted = Mailing.objects.filter(Q(state=Mailing.Status.PAUSED) | stopped, state_by=None)
        rows = halted.defer("bodies").select_related("issue_edition", "edition__brief").order_by("state_at")
        for mailing in rows:
            issue, edition = mailing.issue_edition, mailing.edition
            yield Task(
                title=interface_labels.format_issue(issue.issue_number)
                if issue
                else str(edition and edition.brief),
                verb=_("Mail to readers"),
                url=build_mailing_url(mailing),
                since=mailing.state_at,
                now=self.now,
                sentence=partial(describe_halt, mailing),
            )


def build_mailing_url(mailing: Mailing) -> str:
    """Return the page of the issue's mail, or of the brief's notices."""
    if issue := mailing.issue_edition:
        return reverse("admin:briefs_issue_mail", args=[issue.issue_id])
    return reverse("admin:briefs_brief_tell", args=[mailing.edition and mailing.edition.brief_id])
