"""Which acts on a brief are allowed to a person now, and which of them the person is expected to do.

The rules are those of `policy` and `four_eyes`; rows are loaded in bulk by `brief_facts`, so nothing here asks the
database.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs import policy
from briefs.content import SIDES, Side
from briefs.models import Assignment, Brief, Edition, Event, Note, Person, SignOff, State, Suggestion

from .reviewing import has_own_answer
from .rules import four_eyes
from .rules.leaves import LEAVES, LeafName
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
    "claim", "notes", "suggestions", "fill", "submit", "sign_off_zh", "sign_off_en", "sign_off_common",
    "assign_zh", "assign_en", "send_back", "take_back", "take_back_sign_off_zh", "take_back_sign_off_en",
    "take_back_sign_off_common", "approve", "reword", "revise", "recover", "reschedule", "cancel", "reinstate",
    "withdraw", "remove", "source_withdrew", "assign", "share", "discard",
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

    `people`: all who have a role. `gaps` refuse submission; `approval_gaps` refuse approval alone.
    """

    brief: Brief
    history: BriefHistory
    now: dt.datetime
    people: Sequence[Person] = ()
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    gaps: Sequence[Gap] = ()
    approval_gaps: Sequence[Gap] = ()
    notes: Sequence[Note] = ()
    suggestions: Sequence[Suggestion] = ()
    submission: Event | None = None
    """The last submission, if it has not been undone."""
    former_people: Mapping[int, Person] = field(default_factory=dict)
    """Those named in the history who are no longer on the staff."""
    is_answered: bool = False
    """Whether a reviewer has answered since the last submission."""

    @cached_property
    def leaves(self) -> four_eyes.Leaves:
        return four_eyes.build_leaves(self.history, {person.pk for person in self.people}, self.now)

    @cached_property
    def signing(self) -> four_eyes.Signing:
        return four_eyes.Signing(self.leaves, self.people)

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

    def list_yes(self, name: LeafName) -> list[SignOff]:
        """Return each person's newest yes to the leaf as it is now."""
        return [
            s
            for s in four_eyes.find_answers(self.history, name)
            if (s.leaf, s.answer) == (name, SignOff.Answer.YES)
        ]


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
        verb, leaf = _split_act(act)
        return self._is_permitted(verb) and self._meets_condition(verb, leaf)

    def _is_permitted(self, verb: str) -> bool:
        if verb == "claim":
            return policy.is_allowed(self.person, "assign", self.brief) and policy.has_role_for(
                self.person, "claim"
            )
        name = {"notes": "resolve", "suggestions": "edit", "fill": "edit", "reword": "edit"}.get(verb, verb)
        return policy.is_allowed(self.person, name, self.brief)

    def _meets_condition(self, verb: str, leaf: LeafName | None) -> bool:
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
                return leaf is not None and self.signing.can_sign(self.person, leaf)
            case "take_back_sign_off":
                return leaf is not None and self._can_take_back(leaf)
            case "assign":
                return leaf is None or self._can_ask(leaf)
            case "take_back":
                submitted = facts.submission
                return not (submitted and submitted.by_id != me) and not facts.is_answered
            case "approve":
                return self.can_approve()
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

    @property
    def signing(self) -> four_eyes.Signing:
        return self.facts.signing

    def find_named_signers(self, side: LeafName) -> list[Person]:
        """Return the signers whom a sentence names: those awaited and the readers of the language, if there are any."""
        signers = self.signing.find_signers(side)
        if side == "common":
            return signers
        awaited = self._list_awaited(side)
        return [p for p in signers if p in awaited or self._reviews(p, side)] or signers

    def find_asked(self, side: Side) -> Person | None:
        """Return the person who is asked for the side, if they can still sign it."""
        row = self.facts.assignments.get(side)
        return next((p for p in self.signing.find_signers(side) if row and p.pk == row.person_id), None)

    def _can_take_back(self, name: LeafName) -> bool:
        return bool(self.facts.history.revisions) and has_own_answer(self.facts.history, name, self.person.pk)

    def _can_ask(self, side: LeafName) -> bool:
        if self.brief.state != State.IN_REVIEW or side not in self.signing.open_leaves:
            return False
        return any(
            p.pk in self.signing.reviewer_ids and p != self.person for p in self.signing.find_signers(side)
        )

    def can_approve(self) -> bool:
        facts = self.facts
        if facts.notes or facts.gaps or facts.approval_gaps:
            return False
        return self.signing.settles_all(self.person.pk)

    def find_publishers(self) -> list[Person]:
        return [person for person in self.people if "publisher" in policy.get_roles(person)]

    @cached_property
    def approvers(self) -> list[Person]:
        return self.find_able("approve")

    # What this person should do

    def _list_wanted(self) -> Iterator[str]:
        """Yield the acts that this person is expected to do, the most urgent first. Not all of them are allowed."""
        if self.brief.state == State.DRAFT:
            yield from self._list_draft_acts()
        elif self.brief.state == State.IN_REVIEW:
            yield from self._list_review_acts()
        elif self.brief.state == State.DISCARDED:
            yield "recover"
        elif not self.facts.scheduled_edition:
            yield "revise"

    def _list_draft_acts(self) -> Iterator[str]:
        if self.writer is None:
            yield "claim"
        elif self.writer == self.person:
            yield from ("notes", "fill", "submit") if self.brief.returned_at else ("fill", "submit")

    def _list_review_acts(self) -> Iterator[str]:
        open_leaves = self.signing.open_leaves
        for name in sorted(open_leaves, key=self._is_asked_of_another):  # what one was asked for first
            if self._is_expected_to_sign(name):
                yield f"sign_off_{name}"
        if self._answers_suggestions():
            yield "suggestions"
        if self._answers_remarks():
            yield "notes"
        if self._answers_remarks() or self.is_publisher:
            yield "fill"
        if open_leaves:
            yield from self._list_waiting_acts(open_leaves)
        else:
            if self.is_publisher:
                yield "notes"
            yield "approve"

    def _is_asked_of_another(self, name: LeafName) -> bool:
        return name == "common" or self.find_asked(name) != self.person

    def _list_waiting_acts(self, open_leaves: Sequence[LeafName]) -> Iterator[str]:
        sides = [side for side in SIDES if side in open_leaves]
        if self.is_publisher:
            yield from (f"assign_{side}" for side in sides if not self._list_awaited(side))
        for side in sides:
            is_concerned = self.is_publisher or self.person == self.writer
            if self.facts.leaves[side].rejected_by and not self.signing.find_signers(side) and is_concerned:
                yield "reword"

    def _list_awaited(self, side: Side) -> list[Person]:
        """Return the signers for whom the side waits: as asked, as co-editors, or because they said no to it."""
        signers = self.signing.find_signers(side)
        if self.facts.leaves[side].rejected_by:
            return signers
        asked = self.find_asked(side)
        return [p for p in signers if p == asked or p.pk in self.facts.leaves[side].changed_by]

    def _is_expected_to_sign(self, side: LeafName) -> bool:
        """Return whether the leaf waits for this person, or for anybody who reviews this language."""
        if side == "common":
            return self.person in self.signing.find_signers(side)
        if awaited := self._list_awaited(side):
            return self.person in awaited
        signers = self.signing.find_signers(side)
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


def _split_act(act: str) -> tuple[str, LeafName | None]:
    for name in LEAVES:
        if act.endswith(f"_{name}"):
            return act.removesuffix(f"_{name}"), name
    return act, None
