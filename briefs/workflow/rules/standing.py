"""One person before one brief or issue: what each act would be refused for. Each condition is written once.

Verbs raise what a condition yields, the bar offers an act where it yields nothing, and a form lists it. Roles and states
are in the table `acts`.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar, Final

from django.utils.translation import gettext

from briefs.content import SIDES, Content
from briefs.derived import LoadedNames
from briefs.models import Assignment, Brief, Edition, Event, Issue, Note, Person, SignOff, State, Suggestion
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, NEXT_BRIEF

from . import four_eyes
from .gaps import Gap, find_gaps, find_keyword_gaps, list_date_gaps
from .histories import BriefHistory, load_editions, load_revisions, load_signoffs
from .issue_review import IssueFacts
from .leaves import LeafName
from .refusals import Reason
from .working_copy import load_working_copy

ANSWER_EVENTS: Final = ("sign_off_zh", "sign_off_en", "sign_off_common", "send_back")
"""Verbs of the events of answers. Compared by id, because clocks may disagree about the order."""


class BriefFacts(four_eyes.PageFacts[Brief, Edition]):
    is_unchanged: ClassVar[bool] = False

    @property
    def brief(self) -> Brief:
        return self.row

    @cached_property
    def editions(self) -> Sequence[Edition]:
        return load_editions(self.brief)

    @cached_property
    def history(self) -> BriefHistory:
        return BriefHistory(load_revisions(self.brief.pk), self.editions, load_signoffs(self.brief.page))

    @cached_property
    def content(self) -> Content:
        return load_working_copy(self.brief)

    @cached_property
    def names(self) -> LoadedNames:
        return LoadedNames(self.content)

    @cached_property
    def gaps(self) -> Sequence[Gap]:
        """Return what refuses submission."""
        return find_gaps(self.content, was_public=self.was_public)

    @cached_property
    def approval_gaps(self) -> Sequence[Gap]:
        """Return what refuses approval alone."""
        return [*list_date_gaps(self.brief), *find_keyword_gaps(self.names)]

    @cached_property
    def notes(self) -> Sequence[Note]:
        """Return the open notes."""
        return list(self.brief.notes.filter(resolved_at=None))

    @cached_property
    def suggestions(self) -> Sequence[Suggestion]:
        """Return the suggestions that nobody has answered."""
        return list(self.brief.suggestions.filter(answer=""))

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        rows = Assignment.objects.open().filter(brief=self.brief).select_related("person")
        return {row.side: row for row in rows}

    @cached_property
    def submission(self) -> Event | None:
        """Return the last submission."""
        return self.brief.events.filter(verb="submit").select_related("by").last()

    @cached_property
    def is_answered(self) -> bool:
        """Return whether a reviewer has answered since the last submission."""
        last = self.submission
        return bool(last and self.brief.events.filter(pk__gt=last.pk, verb__in=ANSWER_EVENTS).exists())

    @cached_property
    def former_people(self) -> Mapping[int, Person]:
        """Return those named in the history who are no longer on the staff."""
        return {}

    @property
    def is_removed(self) -> bool:
        return bool(self.public_edition and self.public_edition.removed_at)

    def list_yes(self, name: LeafName) -> list[SignOff]:
        """Return each person's newest yes to the leaf as it is now."""
        return [
            s
            for s in four_eyes.find_answers(self.history, name)
            if (s.leaf, s.answer) == (name, SignOff.Answer.YES)
        ]


def build_facts(row: Brief | Issue, now: dt.datetime, **given: Any) -> BriefFacts | IssueFacts:
    return BriefFacts(row, now, **given) if isinstance(row, Brief) else IssueFacts(row, now, **given)


@dataclass
class Standing:
    """One person before one brief or issue."""

    facts: BriefFacts | IssueFacts
    person: Person

    @property
    def row(self) -> Brief | Issue:
        return self.facts.row

    @property
    def signing(self) -> four_eyes.Signing:
        return self.facts.signing

    @property
    def people(self) -> Sequence[Person]:
        return self.facts.people

    @cached_property
    def by_id(self) -> dict[int, Person]:
        return {person.pk: person for person in self.people}

    def is_allowed(self, act: str) -> bool:
        """Return whether role and state allow the act."""
        return policy.is_allowed(self.person, act, self.row)

    def list_unmet(self, act: str) -> Iterator[Reason]:
        """Yield what the act is refused for, apart from role and state."""
        for condition in CONDITIONS.get(act, ()):
            yield from condition(self, ACTS[act].leaf)

    def is_able(self, act: str) -> bool:
        """Return whether the act would not be refused, and there is something to do in its place."""
        if act == NEXT_BRIEF:
            return True
        is_there = PLACES.get(ACTS[act].rule)
        if not self.is_allowed(act) or (is_there and not is_there(self)):
            return False
        return next(self.list_unmet(act), None) is None

    def as_seen_by(self, person: Person) -> "Standing":
        return self if person == self.person else type(self)(self.facts, person)

    def find_able(self, act: str) -> list[Person]:
        """Return everybody for whom the act would not be refused now."""
        return [person for person in self.people if self.as_seen_by(person).is_able(act)]

    @cached_property
    def writer(self) -> Person | None:
        """The person who writes the brief, unless they lost the role or left."""
        writer = self.by_id.get(getattr(self.row, "assigned_to_id", None) or 0)
        return writer if writer and policy.get_roles(writer) & policy.WRITER_ROLES else None

    def can_ask(self, side: LeafName) -> bool:
        """Return whether there is somebody to ask for a yes to the language."""
        if self.row.state != State.IN_REVIEW or side not in self.signing.open_leaves:
            return False
        return any(
            p.pk in self.signing.reviewer_ids and p != self.person for p in self.signing.find_signers(side)
        )


def has_own_answer(history: four_eyes.History, name: LeafName, person: int) -> bool:
    """Return whether a yes or a no of this person to the leaf stands."""
    answers = (s for s in four_eyes.find_answers(history, name) if (s.by_id, s.leaf) == (person, name))
    return any(s.answer != SignOff.Answer.TAKEN_BACK for s in answers)


type Condition = Callable[[Standing, LeafName | None], Iterable[Reason]]
"""Yields what the act is refused for. For an act done at a place of the page: whether there is something to do."""


def _needs(code: str, is_met: Callable[[Any], object]) -> Condition:
    """Build a condition on the facts, with the code of its refusal."""
    return lambda standing, _leaf: () if is_met(standing.facts) else (Reason(code),)


def _is_complete(standing: Standing, _leaf: LeafName | None) -> Iterable[Reason]:
    return chain.from_iterable(gap.reasons for gap in standing.facts.gaps)


def _needs_no_confirmation(standing: Standing, _leaf: LeafName | None) -> Iterable[Reason]:
    return chain.from_iterable(gap.reasons for gap in standing.facts.approval_gaps)


def _has_no_open_note(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if n := len(standing.facts.notes):
        yield Reason("open-notes", {"n": n}, "notes")


def _is_settled(standing: Standing, _leaf: LeafName | None) -> Iterable[Reason]:
    prefix = "issue-" if isinstance(standing.row, Issue) else ""
    return standing.signing.why_not_settled(standing.person.pk, prefix)


def _is_own_submission(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    submission = standing.facts.submission
    if submission and submission.by_id != standing.person.pk:
        yield Reason("not-submitter", {"name": str(standing.by_id.get(submission.by_id) or submission.by)})


def _is_unanswered(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if standing.facts.is_answered:
        able = [p for p in standing.people if p.pk in standing.signing.reviewer_ids and p != standing.person]
        names = gettext(", ").join(map(str, able[:3])) or gettext("another reviewer")
        yield Reason("already-signed", {"name": names})


def _may_sign(standing: Standing, leaf: LeafName | None) -> Iterator[Reason]:
    if leaf and not standing.signing.may_sign(standing.person, leaf):
        yield Reason("not-your-side", {}, f"signoff-{leaf}")
    elif leaf and four_eyes.find_own_yes(standing.facts.history, leaf, standing.person.pk):
        yield Reason("signed-already", {}, f"signoff-{leaf}")


def _has_answered(standing: Standing, leaf: LeafName | None) -> Iterator[Reason]:
    history = standing.facts.history
    if leaf and not (history.revisions and has_own_answer(history, leaf, standing.person.pk)):
        yield Reason("no-own-signoff", {}, f"signoff-{leaf}")


_IS_PUBLIC: Final = _needs("nothing-public", lambda facts: facts.public_edition)
_IS_NOT_REMOVED: Final = _needs("already-removed", lambda facts: not facts.is_removed)
_CONDITIONS: Final[Mapping[str, tuple[Condition, ...]]] = {
    "submit": (_is_complete,),
    "take_back": (_is_own_submission, _is_unanswered),
    "sign_off_zh sign_off_en sign_off_common": (_may_sign,),
    "take_back_sign_off_zh take_back_sign_off_en take_back_sign_off_common": (_has_answered,),
    "approve": (
        *(_is_complete, _needs_no_confirmation, _is_settled, _has_no_open_note),
        _needs("issue-unchanged", lambda facts: not facts.is_unchanged),
    ),
    "cancel reschedule": (_needs("nothing-scheduled", lambda facts: facts.scheduled_edition),),
    "withdraw": (
        *(_IS_PUBLIC, _IS_NOT_REMOVED),
        _needs("already-withdrawn", lambda facts: not facts.is_withdrawn or facts.is_removed),
    ),
    "remove": (_IS_PUBLIC, _IS_NOT_REMOVED),
    "reinstate": (_needs("nothing-to-reinstate", lambda facts: facts.is_withdrawn or facts.is_removed),),
    "source_withdrew": (_needs("source-withdrew-already", lambda facts: not facts.row.article_withdrawn),),
}
CONDITIONS: Final = {
    act.name: conditions
    for names, conditions in _CONDITIONS.items()
    for act in ACTS.values()
    if act.rule in names.split()
}
"""An act of an issue has the conditions of the act that it derives from."""


def _signs_no_language(standing: Standing) -> bool:
    """Return whether no first yes to a language is offered, which would be one to `common` too.

    If `common` needs a yes, a language that needs none does not stand for it.
    """
    of_issue, signing = "_issue" if isinstance(standing.row, Issue) else "", standing.signing
    return not any(
        standing.person.pk not in signing.leaves[side].voices
        and standing.is_able(f"sign_off{of_issue}_{side}")
        for side in SIDES
        if side in signing.open_leaves or "common" not in signing.open_leaves
    )


PLACES: Final[Mapping[str, Callable[[Standing], object]]] = {
    "claim": lambda standing: standing.writer is None,
    "notes": lambda standing: standing.facts.notes,
    "suggestions": lambda standing: standing.facts.suggestions,
    "sign_off_common": _signs_no_language,
    "fill": lambda standing: (
        standing.facts.gaps or (standing.row.state == State.IN_REVIEW and standing.facts.approval_gaps)
    ),
    "assign_zh": lambda standing: standing.can_ask("zh"),
    "assign_en": lambda standing: standing.can_ask("en"),
}
