"""Steps that every verb shares: lock, check policy and conditions, update on condition, record one Event."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext

from briefs.content import IssueContent
from briefs.derived.build import lock_names_shared
from briefs.models import (
    Brief,
    Edition,
    Event,
    Issue,
    IssueEdition,
    IssueRevision,
    Outbox,
    Person,
    Revision,
    SignOff,
    State,
)
from briefs.workflow import policy
from briefs.workflow.acts import ISSUE_ACTS, get_label

from . import four_eyes
from .issue_review import IssueFacts
from .leaves import LeafName
from .local_times import format_time
from .refusals import Reason, Refused, Stale, build_refusal
from .standing import CONDITIONS, BriefFacts, Standing, build_facts
from .working_copy import load_working_copy

NOTICE_CONDITIONS: dict[str, str] = {
    "review": "act", "assigned": "act", "ready": "act",
    "issue_review": "act", "issue_ready": "act",
    "sent_back": "returned", "noted": "note", "suggested": "suggestion", "answered": "open",
    "signed_zh": "signed_zh", "signed_en": "signed_en", "scheduled": "scheduled", "published": "public",
    "drafted": "draft", "letter": "letter",
}  # fmt: skip
"""What a notice of each kind is about. It is news while that is true (`notifications.find_inbox`); `act` is none,
since what the person has to do is among their acts."""


type Target = Brief | Issue | int
"""A brief, its id, or an issue."""


@dataclass
class Run[Row: (Brief, Issue)](ABC):
    """One run of a verb in its transaction: the locked brief or issue, its state before, the person and the time."""

    verb: str
    row: Row
    by: Person
    now: dt.datetime
    from_state: str

    @property
    @abstractmethod
    def facts(self) -> Any:
        """Return what decides the acts on the row."""

    @abstractmethod
    def update(self, *, to: State | None = None, **changes: Any) -> None:
        """Update the row, and its state if `to` is given."""

    def notify(self, event: Event, kind: str, to: Iterable[Person], **values: Any) -> None:
        notify(event, kind, to, **values)

    def list_unmet(self) -> list[Reason]:
        """Return what the verb is refused for, apart from role and state."""
        return list(Standing(self.facts, self.by).list_unmet(self.verb)) if self.verb in CONDITIONS else []

    def require_conditions(self) -> None:
        if reasons := self.list_unmet():
            raise Refused(*reasons)

    def store_answers(self, names: Iterable[LeafName], answer: str, *, note: str = "") -> list[SignOff]:
        """Store the person's answer to each leaf as it is now."""
        number, leaves = self.facts.history.revisions[0].number, self.facts.signing.leaves
        values = {"revision": number, "by": self.by, "at": self.now, "note": note}
        return SignOff.objects.bulk_create(
            four_eyes.build_signoff(self.row, leaves, name, answer, **values) for name in names
        )

    def store_press(self) -> None:
        """Store *Publish* as a yes to each leaf for which it is a voice. It counts again if the edition is cancelled."""
        leaves = self.facts.signing.leaves.items()
        pressed = [name for name, leaf in leaves if leaf.voices or name == "common"]
        new = (name for name in pressed if self.by.pk not in self.facts.signing.leaves[name].voices)
        self.store_answers(new, SignOff.Answer.YES)

    def record_event(
        self,
        verb: str = "",
        *,
        note: str = "",
        edition: Edition | IssueEdition | None = None,
        revision: Revision | IssueRevision | None = None,
    ) -> Event:
        """Record the Event of the verb, or of another `verb`. That of an issue names no edition or revision."""
        event = self._build_event(verb, note=note, edition=edition, revision=revision)
        event.save()
        return event

    def record_events(self, verb: str, notes: Iterable[str]) -> list[Event]:
        """Record an event for each note, in one query."""
        return Event.objects.bulk_create(self._build_event(verb, note=note) for note in notes)

    def _build_event(self, verb: str, **values: Any) -> Event:
        if isinstance(self.row, Brief):
            values["brief"] = self.row
        else:
            values |= {"about": self.row.about, "edition": None, "revision": None}
        states = {"from_state": self.from_state, "to_state": self.row.state}
        return Event(verb=verb or self.verb, by=self.by, at=self.now, **states, **values)


class VerbRun(Run[Brief]):
    @cached_property
    def facts(self) -> BriefFacts:
        return BriefFacts(self.row, self.now)

    def update(self, *, to: State | None = None, **changes: Any) -> None:
        """Update the row and increment its version. Raise Refused when the row changed since it was read."""
        brief = self.row
        if to is not None:
            changes["state"] = to
        changes |= {"version": brief.version + 1, "updated_at": self.now, "updated_by": self.by}
        done = Brief.objects.filter(pk=brief.pk, version=brief.version, state=brief.state).update(**changes)
        if not done:
            brief.refresh_from_db()
            raise Refused(build_wrong_state_reason(brief))
        for name, value in changes.items():
            setattr(brief, name, value)


class IssueRun(Run[Issue]):
    @cached_property
    def facts(self) -> IssueFacts:
        return IssueFacts(self.row, self.now)

    def update(self, *, to: State | None = None, **changes: Any) -> None:
        changes |= {"state": to or self.row.state, "updated_at": self.now, "updated_by": self.by}
        Issue.objects.filter(pk=self.row.pk).update(**changes)
        for name, value in changes.items():
            setattr(self.row, name, value)

    def store(self, content: IssueContent, *, begins_version: bool = False, **changes: Any) -> None:
        """Store the content as the next revision."""
        self.update(content=content.to_json(), version=self.row.version + 1, **changes)
        self.add_revision(content, begins_version=begins_version)

    def add_revision(self, content: IssueContent, *, begins_version: bool = False) -> None:
        hashes = {f"hash_{name}": value for name, value in content.hashes().items()}
        IssueRevision.objects.create(
            issue=self.row,
            begins_version=begins_version,
            number=self.row.version,
            content=content.to_json(),
            by=self.by,
            at=self.now,
            **hashes,
        )

    def notify(self, event: Event, kind: str, to: Iterable[Person], **values: Any) -> None:
        notify(event, f"issue_{kind}", to, issue=self.row.pk, number=self.row.number, **values)


@contextmanager
def begin_verb(verb: str, target: Model | int, *, by: Person, now: dt.datetime | None) -> Iterator[VerbRun]:
    """Lock a brief in a transaction. `target` is the brief, its id, or a row that belongs to it.

    The caller must check the policy. `run_verb` does both.
    """
    now = now or timezone.now()
    with transaction.atomic():
        lock_names_shared()  # before the brief: whoever changes a name locks in this order too
        row = lock_brief(target)
        yield VerbRun(verb, row, by, now, row.state)


@contextmanager
def run_verb(
    verb: str,
    target: Model | int,
    *,
    by: Person,
    now: dt.datetime | None,
    version: int | None = None,
    approved_closed: bool = False,
    checks_conditions: bool = True,
) -> Iterator[VerbRun]:
    """Lock a brief in a transaction. Raise Refused unless policy, version (if given) and conditions allow the verb.

    With `approved_closed`, an approved brief is refused with a hint to start a revision. Without `checks_conditions`, the
    caller must raise `VerbRun.list_unmet` with its own reasons.
    """
    with begin_verb(verb, target, by=by, now=now) as run:
        if approved_closed and run.row.state == State.APPROVED:
            raise build_refusal("approved-closed")
        require_allowed(by, verb, run.row)
        if version is not None:
            require_current_version(run.row, version)
        if checks_conditions:
            run.require_conditions()
        yield run


@contextmanager
def run_issue_verb(
    verb: str, issue: Issue, *, by: Person, now: dt.datetime | None, checks_conditions: bool = True
) -> Iterator[IssueRun]:
    """Lock an issue in a transaction. Raise Refused unless policy and conditions allow the verb."""
    now = now or timezone.now()
    with transaction.atomic():
        # Without a join: PostgreSQL drops a row whose `updated_by` changed while the lock was awaited.
        row = Issue.objects.select_for_update().get(pk=issue.pk)
        require_allowed(by, verb, row)
        run = IssueRun(verb, row, by, now, row.state)
        if checks_conditions:
            run.require_conditions()
        yield run


def run_act(
    act: str, row: Target, *, version: int | None = None, **values: Any
) -> AbstractContextManager[VerbRun | IssueRun]:
    """Run an act of a brief, or what the table makes of it for an issue, which has no `version` to compare."""
    if isinstance(row, Issue):
        return run_issue_verb(ISSUE_ACTS[act], row, **values)
    return run_verb(act, row, version=version, **values)


def lock_brief(target: Model | int) -> Brief:
    """Return the brief, locked until the transaction ends. (On SQLite the transaction locks the whole file.)"""
    pk = target if isinstance(target, int) else target.pk
    if not isinstance(target, Brief | int):
        pk = type(target)._default_manager.values_list("brief_id", flat=True).get(pk=pk)
    return Brief.objects.select_for_update().get(pk=pk)


def require_allowed(person: Person, verb: str, row: Brief | Issue | None = None) -> None:
    """Raise Refused with the reason unless the policy allows the verb."""
    if not policy.has_role_for(person, verb):
        raise build_refusal("role", name=format_permitted_people(verb, row))
    if not policy.fits_state(verb, row):
        raise Refused(build_wrong_state_reason(row))  # type: ignore[arg-type]
    if not policy.is_allowed(person, verb, row):
        raise build_refusal("role", name=format_permitted_people(verb, row))


def build_wrong_state_reason(row: Brief | Issue) -> Reason:
    """Build the reason for a wrong state: the current state, and who caused it by which verb and when."""
    last = row.events.filter(to_state=row.state).exclude(from_state=row.state).select_related("by").last()
    values = {
        "state": State(row.state).label,
        "name": str(last.by) if last else "–",
        "verb": get_label(last.verb) if last else "–",
        "time": format_time(last.at) if last else "–",
    }
    return Reason("state" if isinstance(row, Brief) else "issue-state", values)


def format_permitted_people(verb: str, row: Brief | Issue | None = None) -> str:
    """Name up to three people who can do it now, or whose roles allow it if nobody can."""
    people = sorted(_find_able_people(verb, row), key=lambda person: (person.is_superuser, person.pk))
    people = people or list(policy.find_permitted_people(verb, row).order_by("is_superuser", "pk")[:3])
    return gettext(", ").join(map(str, people[:3])) or gettext("a publisher")


def _find_able_people(verb: str, row: Brief | Issue | None) -> list[Person]:
    if row is None or verb not in CONDITIONS:
        return []
    facts = build_facts(row, timezone.now())
    return Standing(facts, facts.people[0]).find_able(verb) if facts.people else []


def require_current_version(brief: Brief, version: int) -> None:
    """Raise Stale with the stored content unless `version` is the newest one."""
    if brief.version != version:
        values = {"name": str(brief.updated_by), "time": format_time(brief.updated_at)}
        raise Stale(Reason("stale", values), theirs=load_working_copy(brief), version=brief.version)


def find_people_for_verb(verb: str) -> list[Person]:
    """Return everybody with a role for the verb."""
    people = [person for person in policy.load_staff() if policy.has_role_for(person, verb)]
    return sorted(people, key=lambda person: person.pk)


def notify(
    event: Event,
    kind: str,
    to: Iterable[Person],
    *,
    due_at: dt.datetime | None = None,
    by_mail: bool = True,
    is_first: bool = False,
    **values: Any,
) -> None:
    """Queue one message for each person but the actor. Without `by_mail` it is only in their inboxes.

    One act makes one message at a time for a person: whoever has one of this event gets no second, which is not looked up if
    the message `is_first` of its event at that time. The unique key prevents duplicates.
    """
    due_at = due_at or event.at
    people = {p.pk: p for p in to if p.is_active and p.pk != event.by_id}
    if people and not is_first:
        for pk in Outbox.objects.filter(event=event, due_at=due_at).values_list("to", flat=True):
            people.pop(pk, None)
    rows = [
        Outbox(
            key=f"{kind}:{event.pk}:{person.pk}",
            kind=kind,
            to=person,
            brief=event.brief,
            edition=event.edition,
            event=event,
            values=_to_json_values(values),
            condition=NOTICE_CONDITIONS.get(kind, ""),
            due_at=due_at,
            cancelled_at=None if by_mail else event.at,
        )
        for person in people.values()
    ]
    Outbox.objects.bulk_create(rows)


def _to_json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}
