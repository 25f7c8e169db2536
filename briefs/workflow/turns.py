"""Whose turn it is: which of the acts that would not be refused a person is expected to do with a brief or an issue."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from briefs.content import SIDES, Side
from briefs.models import Brief, Person, State
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, BRIEF_BAR, ISSUE_BAR, NEXT_BRIEF

from .rules.issue_review import IssueFacts
from .rules.leaves import LEAVES, LeafName
from .rules.standing import BriefFacts, Standing


@dataclass
class Turn(Standing):
    """One person before one brief or issue. `find_main_act` says what they should do next."""

    bar: ClassVar[Sequence[str]]
    """Acts that the page may offer, in order."""
    publication: ClassVar[str]
    """The act that makes it public."""

    @abstractmethod
    def list_expected(self) -> Iterator[str]:
        """Yield the acts that this person is expected to do, the most urgent first. Not all of them are allowed."""

    @abstractmethod
    def find_named_signers(self, name: LeafName) -> list[Person]:
        """Return the signers whom a sentence names."""

    def find_asked(self, name: LeafName) -> Person | None:
        """Return the person who is asked for the leaf, if they can still sign it."""
        return None

    def find_main_act(self) -> str:
        """Return the first act that this person is expected to do and would not be refused, else `NEXT_BRIEF`."""
        return next((act for act in self.list_expected() if self.is_able(act)), NEXT_BRIEF)

    def list_other_acts(self, main: str) -> list[str]:
        return [act for act in self.bar if act != main and self.is_able(act)]

    def is_mine(self, main: str) -> bool:
        """Return whether the brief or issue waits for this person."""
        return ACTS[main].urgency > 0


@dataclass
class IssueTurn(Turn):
    facts: IssueFacts
    bar = ISSUE_BAR
    publication = "publish_issue"

    def list_expected(self) -> Iterator[str]:
        state = self.row.state
        if state in policy.OPEN_STATES and self.facts.gaps:
            yield "fill_issue"
        elif state == State.DRAFT:
            yield "submit_issue"
        elif state == State.IN_REVIEW:
            for name in self.signing.open_leaves:
                if self.person in self.find_named_signers(name):
                    yield f"sign_off_issue_{name}"
            yield "publish_issue"
        elif state == State.DISCARDED:
            yield "recover_issue"
        elif not self.facts.scheduled_edition:
            yield "revise_issue"

    def find_named_signers(self, name: LeafName) -> list[Person]:
        return self.signing.find_named_signers(name)


@dataclass
class BriefTurn(Turn):
    facts: BriefFacts
    bar = BRIEF_BAR
    publication = "approve"

    @property
    def brief(self) -> Brief:
        return self.facts.brief

    @property
    def is_publisher(self) -> bool:
        return "publisher" in policy.get_roles(self.person)

    def find_named_signers(self, name: LeafName) -> list[Person]:
        """Return the signers awaited and the readers of the language, if there are any, else all."""
        signers = self.signing.find_signers(name)
        if name == "common":
            return signers
        expected = [*self._list_awaited(name), *self.signing.list_readers(name)]
        return [p for p in self.signing.find_able(name) if p in expected] or signers

    def find_asked(self, name: LeafName) -> Person | None:
        row = self.facts.assignments.get(name)
        return next((p for p in self.signing.find_able(name) if row and p.pk == row.person_id), None)

    def list_expected(self) -> Iterator[str]:
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
        others = [p for p in signers if p.pk in self.facts.leaves[side].changed_by and p != asked]
        return [asked, *others] if asked else others

    def _is_expected_to_sign(self, side: LeafName) -> bool:
        """Return whether the leaf waits for this person, or for anybody who reviews this language."""
        if side == "common":
            return self.person in self.signing.find_signers(side)
        if awaited := self._list_awaited(side):
            return self.person in awaited
        signers = self.signing.find_signers(side)
        readers = self.signing.list_readers(side)
        publishers = (p for p in self.people if p.pk in self.signing.publisher_ids)
        if readers or any(self.as_seen_by(p).is_able(f"assign_{side}") for p in publishers):
            return self.person in readers
        return self.person in signers

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

    @property
    def own_answers(self) -> list[LeafName]:
        """Return the leaves to which an answer of this person stands."""
        return [name for name in LEAVES if self.is_able(f"take_back_sign_off_{name}")]
