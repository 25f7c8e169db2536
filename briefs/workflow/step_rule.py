"""Which acts on a brief are allowed to a person now, and which of them the person is expected to do.

The rules are those of `policy` and `four_eyes`; rows are loaded in bulk by `brief_facts`, so nothing here asks the
database.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs import policy
from briefs.content import SIDES, Side
from briefs.models import Assignment, Brief, Edition, Event, Note, Person, SignOff, State, Suggestion

from .rules import four_eyes
from .rules.fact_ticks import ChangedFact
from .rules.transitions import VERB_NAMES, BriefHistory

NEXT_BRIEF: Final = "next"
ACT_LABELS: Final[dict[str, str | Promise]] = {
    "claim": _("Claim the writing"),
    "notes": _("Answer the notes"),
    "suggestions": _("Answer the suggestions"),
    "fill": _("Fill the gaps"),
    "reword": _("Change the text"),
    "assign_zh": _("Ask a reviewer for the Chinese"),
    "assign_en": _("Ask a reviewer for the English"),
    NEXT_BRIEF: _("Next brief"),
}
"""Labels of acts that are not verbs. `get_act_label` also has the labels of verbs."""
IDLE_ACTS: Final = (NEXT_BRIEF, "revise", "recover")
"""Main acts of a person for whom the brief does not wait. Starting a revision waits for nobody."""
STEP_ACTS: Final = (
    "confirm", "claim", "notes", "suggestions", "fill", "submit", "sign_off_zh", "sign_off_en", "assign_zh", "assign_en",
    "tick_facts", "send_back", "take_back", "take_back_sign_off_zh", "take_back_sign_off_en", "approve",
    "turn_into_suggestion", "reword", "revise", "recover", "reschedule", "cancel", "reinstate", "withdraw", "remove",
    "source_withdrew", "publish_urgently", "assign", "share", "discard",
)  # fmt: skip


def get_act_name(act: str) -> str | Promise:
    return ACT_LABELS.get(act) or VERB_NAMES[act]


def get_act_label(act: str) -> str:
    return str(get_act_name(act))


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a brief lacks. `about` is its anchor on the brief's page, or the keyword that lacks a name."""

    label: str
    about: str


KEYWORD_PREFIX: Final = "keyword-"
"""Beginning of `Gap.about` for a keyword, followed by its id."""


@dataclass
class BriefFacts:
    """The rows about one brief that decide who can do what next.

    `gaps` refuse submission; `approval_gaps` refuse approval alone.
    """

    brief: Brief
    history: BriefHistory
    now: dt.datetime
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    gaps: Sequence[Gap] = ()
    approval_gaps: Sequence[Gap] = ()
    notes: Sequence[Note] = ()
    suggestions: Sequence[Suggestion] = ()
    changed_facts: Sequence[ChangedFact] = ()
    submission: Event | None = None
    """The last submission, if it has not been undone."""
    former_people: Mapping[int, Person] = field(default_factory=dict)
    """Those named in the history who are no longer on the staff."""
    is_answered: bool = False
    """Whether a reviewer has answered since the last submission."""

    @cached_property
    def statuses(self) -> four_eyes.SignOffStatuses:
        return four_eyes.compute_statuses(self.history)

    @cached_property
    def are_both_signed(self) -> bool:
        return all(status.is_signed for status in self.statuses.values())

    @cached_property
    def urgent_edition(self) -> Edition | None:
        return next((e for e in self._standing if not e.is_reviewed), None)

    @cached_property
    def scheduled_edition(self) -> Edition | None:
        return next((e for e in self._standing if e.live_from > self.now), None)

    @cached_property
    def public_edition(self) -> Edition | None:
        return next((e for e in self.history.editions if e.is_public(self.now)), None)

    @property
    def is_taken_down(self) -> bool:
        edition = self.public_edition
        return bool(edition and (edition.withdrawn_at or edition.removed_at))

    @property
    def _standing(self) -> list[Edition]:
        return [edition for edition in self.history.editions if not edition.is_cancelled]

    @cached_property
    def _last_editors(self) -> dict[int, int]:
        return {}

    def find_last_editor(self, approver: Person) -> int:
        if approver.pk not in self._last_editors:
            self._last_editors[approver.pk] = four_eyes.find_last_editor(self.history, approver.pk)
        return self._last_editors[approver.pk]

    def list_standing_yes(self, side: Side) -> list[SignOff]:
        """Return each person's newest yes to the current text."""
        newest = {s.by_id: s for s in four_eyes.find_standing_signoffs(self.history, side)}
        return [signoff for pk, signoff in newest.items() if pk in self.statuses[side].signed_by]


@dataclass
class StepRule:
    """One person before one brief. `people` are all active staff with a role, as `policy.load_staff` returns them."""

    facts: BriefFacts
    person: Person
    people: Sequence[Person]

    @property
    def brief(self) -> Brief:
        return self.facts.brief

    @cached_property
    def by_id(self) -> dict[int, Person]:
        return {person.pk: person for person in self.people}

    @cached_property
    def writer(self) -> Person | None:
        """The person who writes the brief, unless they lost the role or left."""
        writer = self.by_id.get(self.brief.assigned_to_id or 0)
        return writer if writer and policy.get_roles(writer) & policy.WRITER_ROLES else None

    @cached_property
    def is_publisher(self) -> bool:
        return "publisher" in policy.get_roles(self.person)

    def find_main_act(self) -> str:
        """Return the first allowed act that this person is expected to do, else `NEXT_BRIEF`."""
        return next((act for act in self._list_wanted() if self.is_able(act)), NEXT_BRIEF)

    def list_other_acts(self, main: str) -> tuple[str, ...]:
        return tuple(act for act in STEP_ACTS if act != main and self.is_able(act))

    def as_seen_by(self, person: Person) -> "StepRule":
        return self if person == self.person else StepRule(self.facts, person, self.people)

    def find_able(self, act: str) -> list[Person]:
        return [person for person in self.people if self.as_seen_by(person).is_able(act)]

    # What is allowed

    def is_able(self, act: str) -> bool:
        """Return whether the act would not be refused."""
        if act == NEXT_BRIEF:
            return True
        verb, side = _split_act(act)
        return self._is_permitted(verb) and self._meets_condition(verb, side)

    def _is_permitted(self, verb: str) -> bool:
        if verb == "claim":
            return policy.is_allowed(self.person, "assign", self.brief) and policy.has_role_for(
                self.person, "claim"
            )
        name = {"notes": "resolve", "suggestions": "edit", "fill": "edit", "reword": "edit"}.get(verb, verb)
        return policy.is_allowed(self.person, name, self.brief)

    def _meets_condition(self, verb: str, side: Side | None) -> bool:
        facts, me = self.facts, self.person.pk
        is_open = self.brief.state in policy.OPEN_STATES
        match verb:
            case "claim":
                return self.brief.state == State.DRAFT and self.writer is None
            case "notes":
                return is_open and bool(facts.notes)
            case "suggestions":
                return bool(facts.suggestions)
            case "fill":
                return bool(facts.gaps or (self.brief.state == State.IN_REVIEW and facts.approval_gaps))
            case "submit":
                return not facts.gaps
            case "sign_off":
                return side is not None and self.can_sign(self.person, side)
            case "take_back_sign_off":
                return side is not None and me in facts.statuses[side].signed_by
            case "assign":
                return side is None or self._can_ask(side)
            case "take_back":
                submitted = facts.submission
                return not (submitted and submitted.by_id != me) and not facts.is_answered
            case "tick_facts":
                return bool(self.list_tickable_facts())
            case "approve":
                return self.can_approve()
            case "turn_into_suggestion":
                return self.is_publisher and self.is_last_editor() and self._has_own_last_change()
            case "publish_urgently":
                return not (facts.gaps or facts.approval_gaps) and any(
                    q != self.person and policy.has_role_for(q, "confirm") for q in self.people
                )
            case "confirm":
                return bool(facts.urgent_edition and facts.urgent_edition.approved_by_id != me)
            case "reschedule" | "cancel":
                return facts.scheduled_edition is not None
            case "reinstate":
                return facts.is_taken_down
            case "withdraw":
                return facts.public_edition is not None and not facts.is_taken_down
            case "remove":
                return facts.public_edition is not None and not facts.public_edition.removed_at
            case "source_withdrew":
                return facts.public_edition is not None and not self.brief.article_withdrawn
            case _:
                return True

    @cached_property
    def _reviewers(self) -> frozenset[int]:
        return frozenset(p.pk for p in self.people if policy.get_roles(p) & policy.REVIEWER_ROLES)

    def can_sign(self, person: Person, side: Side) -> bool:
        """Return whether the person's sign-off of this side would be stored as a new answer."""
        status = self.facts.statuses[side]
        if person.pk in status.signed_by:
            return False
        return not four_eyes.why_not_sign_off(status, person, self._reviewers)

    def _is_useful(self, person: Person, side: Side) -> bool:
        """Return whether a yes by the person would answer for somebody whom no yes answers for yet."""
        status = self.facts.statuses[side]
        if person.pk in status.rejected_by:
            return True
        if not status.signed_by:
            return True
        uncovered = (pk for pk in status.changed_by if not status.signed_by - {pk})
        return any(pk != person.pk for pk in uncovered)

    @cached_property
    def _signers(self) -> dict[Side, list[Person]]:
        return {}

    def find_signers(self, side: Side) -> list[Person]:
        """Return whose sign-off this side needs or could use; after a no, only theirs who said it."""
        if side not in self._signers:
            rejected = self.facts.statuses[side].rejected_by
            people = [p for p in self.people if not rejected or p.pk in rejected]
            self._signers[side] = [p for p in people if self.can_sign(p, side) and self._is_useful(p, side)]
        return self._signers[side]

    def find_named_signers(self, side: Side) -> list[Person]:
        """Return the signers whom a sentence names: those awaited and the readers of the language, if there are any."""
        signers, awaited = self.find_signers(side), self._list_awaited(side)
        return [p for p in signers if p in awaited or self._reviews(p, side)] or signers

    def find_asked(self, side: Side) -> Person | None:
        """Return the person who is asked for the side, if they can still sign it."""
        row = self.facts.assignments.get(side)
        return next((p for p in self.find_signers(side) if row and p.pk == row.person_id), None)

    def lacks_signers(self) -> bool:
        """Return whether nobody can sign a side that is as it should be."""
        return any(
            not (status.is_signed or status.rejected_by or self.find_signers(side))
            for side, status in self.facts.statuses.items()
        )

    def _can_ask(self, side: Side) -> bool:
        if self.brief.state != State.IN_REVIEW or self.facts.statuses[side].is_signed:
            return False
        return bool(self._find_askable(side))

    def _find_askable(self, side: Side) -> list[Person]:
        reviewers = (p for p in self.find_signers(side) if policy.get_roles(p) & policy.REVIEWER_ROLES)
        return [p for p in reviewers if p != self.person]

    def is_last_editor(self) -> bool:
        return self.facts.find_last_editor(self.person) == self.person.pk

    def is_last_editor_blocked(self) -> bool:
        return settings.DIGEST_FOUR_EYES and self.is_last_editor()

    def _has_own_last_change(self) -> bool:
        return four_eyes.find_revision_before_own_changes(self.facts.history, self.person.pk) is not None

    def can_approve(self) -> bool:
        facts = self.facts
        if not facts.are_both_signed or facts.notes or facts.gaps or facts.approval_gaps:
            return False
        return not self.is_last_editor_blocked() and not self.list_own_facts()

    def list_own_facts(self) -> list[ChangedFact]:
        """Return the facts that this person changed, as long as nobody else has ticked them."""
        return [fact for fact in self.facts.changed_facts if fact.awaits_tick_for(self.person.pk)]

    def list_tickable_facts(self) -> list[ChangedFact]:
        """Return the facts that keep a publisher from approving and that this person can tick for them."""
        me = self.person.pk
        found = [
            fact
            for publisher in self.find_publishers()
            for fact in self.as_seen_by(publisher).list_own_facts()
            if publisher != self.person and me not in fact.ticked_by and not fact.rejects_tick_by(self.person)
        ]
        return list({fact.name: fact for fact in found}.values())

    def find_publishers(self) -> list[Person]:
        return [person for person in self.people if "publisher" in policy.get_roles(person)]

    @cached_property
    def free_publishers(self) -> list[Person]:
        """The publishers who did not edit the text last."""
        return [p for p in self.find_publishers() if not self.as_seen_by(p).is_last_editor_blocked()]

    @cached_property
    def approvers(self) -> list[Person]:
        return self.find_able("approve")

    # What this person should do

    def _list_wanted(self) -> Iterator[str]:
        """Yield the acts that this person is expected to do, the most urgent first. Not all of them are allowed."""
        if self.facts.urgent_edition:
            yield "confirm"
        if self.brief.state == State.DRAFT:
            yield from self._list_draft_acts()
        elif self.brief.state == State.IN_REVIEW:
            yield from self._list_review_acts()
        elif self.brief.state == State.DISCARDED:
            yield "recover"
        elif not self.facts.urgent_edition and not self.facts.scheduled_edition:
            yield "revise"

    def _list_draft_acts(self) -> Iterator[str]:
        if self.writer is None:
            yield "claim"
        elif self.writer == self.person:
            yield from ("notes", "fill", "submit") if self.brief.returned_at else ("fill", "submit")

    def _list_review_acts(self) -> Iterator[str]:
        if not self.free_publishers and self.is_publisher:
            yield "turn_into_suggestion"  # rather now than after two sign-offs that would lapse
        for side in sorted(
            SIDES, key=lambda side: self.find_asked(side) != self.person
        ):  # what one was asked for first
            if not self.facts.statuses[side].is_signed and self._is_expected_to_sign(side):
                yield f"sign_off_{side}"
        if self._answers_suggestions():
            yield "suggestions"
        if self._answers_remarks():
            yield "notes"
        if self._answers_remarks() or self.is_publisher:
            yield "fill"
        if self.facts.are_both_signed:
            yield from self._list_approval_acts()
        else:
            yield from self._list_waiting_acts()

    def _list_approval_acts(self) -> Iterator[str]:
        if self.is_publisher:
            yield "notes"
        yield "approve"
        if not self.approvers:
            yield "tick_facts"
        if not self.free_publishers:
            yield "publish_urgently"

    def _list_waiting_acts(self) -> Iterator[str]:
        unsigned = [side for side in SIDES if not self.facts.statuses[side].is_signed]
        if self.is_publisher:
            yield from (f"assign_{side}" for side in unsigned if not self._list_awaited(side))
        for side in unsigned:
            if not self.find_signers(side):
                if self.facts.statuses[side].rejected_by and (
                    self.is_publisher or self.person == self.writer
                ):
                    yield "reword"
                yield "publish_urgently"

    def _list_awaited(self, side: Side) -> list[Person]:
        """Return the signers for whom the side waits: as asked, as co-editors, or because they said no to it."""
        status, signers = self.facts.statuses[side], self.find_signers(side)
        if status.rejected_by:
            return signers
        asked = self.find_asked(side)
        has_co_editors = len(status.changed_by) > 1
        return [p for p in signers if p == asked or (has_co_editors and p.pk in status.changed_by)]

    def _is_expected_to_sign(self, side: Side) -> bool:
        """Return whether the side waits for this person, or for anybody who reviews this language."""
        if awaited := self._list_awaited(side):
            return self.person in awaited
        signers = self.find_signers(side)
        readers = [p for p in signers if self._reviews(p, side)]
        if readers or any(self.as_seen_by(p).is_able(f"assign_{side}") for p in self.find_publishers()):
            return self.person in readers
        return self.person in signers

    def _reviews(self, person: Person, side: Side) -> bool:
        return side in person.reviewed_sides and bool(policy.get_roles(person) & policy.REVIEWER_ROLES)

    def _answers_remarks(self) -> bool:
        """Return whether this person answers notes and suggestions: the writer, else whoever submitted the brief."""
        return self.person.pk in self._list_responders()

    def _list_responders(self) -> set[int]:
        if self.writer is not None:
            return {self.writer.pk}
        return {self.facts.submission.by_id} if self.facts.submission else set()

    def _answers_suggestions(self) -> bool:
        """Return whether this person answers the suggestions: as remarks, but their own are for everybody else."""
        authors = {suggestion.by_id for suggestion in self.facts.suggestions}
        if self._answers_remarks():
            return authors != {self.person.pk}
        return self._list_responders() == authors and self.person.pk not in authors

    def edits_become_suggestions(self) -> bool:
        """Return whether a change of a text by this person would leave nobody who can approve."""
        if self.brief.state != State.IN_REVIEW or not policy.is_allowed(self.person, "edit", self.brief):
            return False
        is_sole = settings.DIGEST_FOUR_EYES and self.find_publishers() == [self.person]
        return is_sole and not self.is_last_editor()


def _split_act(act: str) -> tuple[str, Side | None]:
    for side in SIDES:
        if act.endswith(f"_{side}"):
            return act.removesuffix(f"_{side}"), side
    return act, None
