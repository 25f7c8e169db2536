"""One person before one brief or issue: what each act would be refused for. Each condition is written once.

Verbs raise what a condition yields, the bar offers an act where it yields nothing, and a form lists it. Roles and states
are in the table `acts`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext

from briefs import policy
from briefs.acts import ACTS, NEXT_BRIEF
from briefs.content import SIDES, Content
from briefs.models import Assignment, Brief, Edition, Event, Issue, Note, Person, SignOff, State, Suggestion

from . import four_eyes
from .gaps import Gap, find_gaps, find_keyword_gaps, list_date_gaps
from .histories import BriefHistory, load_editions, load_revisions, load_signoffs
from .issue_review import IssueFacts
from .leaves import LeafName
from .refusals import Reason
from .working_copy import load_working_copy

ANSWER_EVENTS: Final = ("sign_off_zh", "sign_off_en", "sign_off_common", "send_back")
"""Verbs of the events of answers. Compared by id, because clocks may disagree about the order."""


class BriefFacts:
    """The rows about one brief that decide who can do what next. What is not `given` is loaded when first asked for."""

    def __init__(self, brief: Brief, now: dt.datetime, **given: Any) -> None:
        self.brief, self.now = brief, now
        vars(self).update(given)

    @cached_property
    def people(self) -> Sequence[Person]:
        """Return all who have a role."""
        return policy.load_staff()

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
    def gaps(self) -> Sequence[Gap]:
        """Return what refuses submission."""
        return find_gaps(self.content)

    @cached_property
    def approval_gaps(self) -> Sequence[Gap]:
        """Return what refuses approval alone."""
        return [*list_date_gaps(self.brief), *find_keyword_gaps(self.content)]

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

    @cached_property
    def leaves(self) -> four_eyes.Leaves:
        return four_eyes.build_leaves(self.history, {person.pk for person in self.people}, self.now)

    @cached_property
    def signing(self) -> four_eyes.Signing:
        return four_eyes.Signing(self.leaves, self.people)

    @cached_property
    def scheduled_edition(self) -> Edition | None:
        return next((e for e in self.editions if e.live_from > self.now and not e.is_cancelled), None)

    @cached_property
    def public_edition(self) -> Edition | None:
        return next((e for e in self.editions if e.is_public(self.now)), None)

    def list_yes(self, name: LeafName) -> list[SignOff]:
        """Return each person's newest yes to the leaf as it is now."""
        return [
            s
            for s in four_eyes.find_answers(self.history, name)
            if (s.leaf, s.answer) == (name, SignOff.Answer.YES)
        ]


@dataclass
class Standing:
    """One person before one brief or issue."""

    facts: BriefFacts | IssueFacts
    person: Person

    @property
    def row(self) -> Brief | Issue:
        return self.facts.brief if isinstance(self.facts, BriefFacts) else self.facts.issue

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
        is_there = PLACES.get(act, _is_anywhere)
        return self.is_allowed(act) and is_there(self) and next(self.list_unmet(act), None) is None

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


# Conditions of acts: each yields what the act is refused for.

type Condition = Callable[[Standing, LeafName | None], Iterator[Reason]]


def is_complete(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if isinstance(standing.facts, IssueFacts):
        yield from standing.facts.why_not_ready
    else:
        for gap in standing.facts.gaps:
            yield from gap.reasons


def has_nothing_to_confirm(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if isinstance(standing.facts, BriefFacts):
        for gap in standing.facts.approval_gaps:
            yield from gap.reasons


def has_no_open_note(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if isinstance(standing.facts, BriefFacts) and (n := len(standing.facts.notes)):
        yield Reason("open-notes", {"n": n}, "notes")


def is_settled(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    prefix = "issue-" if isinstance(standing.row, Issue) else ""
    yield from standing.signing.why_not_settled(standing.person.pk, prefix)


def differs_from_public(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if isinstance(standing.facts, IssueFacts) and standing.facts.is_unchanged:
        yield Reason("issue-unchanged", {}, "publish")


def is_own_submission(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    submission = standing.facts.submission
    if submission and submission.by_id != standing.person.pk:
        yield Reason("not-submitter", {"name": str(standing.by_id.get(submission.by_id) or submission.by)})


def is_unanswered(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if standing.facts.is_answered:
        able = [p for p in standing.people if p.pk in standing.signing.reviewer_ids and p != standing.person]
        names = gettext(", ").join(map(str, able[:3])) or gettext("another reviewer")
        yield Reason("already-signed", {"name": names})


def may_sign(standing: Standing, leaf: LeafName | None) -> Iterator[Reason]:
    if leaf is None:
        return
    row, person = standing.signing.leaves[leaf], standing.person.pk
    if not four_eyes.may_sign(row, person, standing.signing.reviewer_ids):
        yield Reason("not-your-side", {}, f"signoff-{leaf}")
    elif person in row.voices:
        yield Reason("signed-already", {}, f"signoff-{leaf}")


def has_answered(standing: Standing, leaf: LeafName | None) -> Iterator[Reason]:
    history = standing.facts if isinstance(standing.facts, IssueFacts) else standing.facts.history
    if leaf and not (history.revisions and has_own_answer(history, leaf, standing.person.pk)):
        yield Reason("no-own-signoff", {}, f"signoff-{leaf}")


def is_scheduled(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if standing.facts.scheduled_edition is None:
        yield Reason("nothing-scheduled")


def is_public(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if standing.facts.public_edition is None:
        yield Reason("nothing-public")


def is_not_removed(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if getattr(standing.facts.public_edition, "removed_at", None):
        yield Reason("already-removed")


def is_not_withdrawn(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    edition = standing.facts.public_edition
    if edition and edition.withdrawn_at and not getattr(edition, "removed_at", None):
        yield Reason("already-withdrawn")


def is_taken_down(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    edition = standing.facts.public_edition
    if not (isinstance(edition, Edition) and (edition.withdrawn_at or edition.removed_at)):
        yield Reason("nothing-to-reinstate")


def does_not_say_so(standing: Standing, _leaf: LeafName | None) -> Iterator[Reason]:
    if isinstance(standing.row, Brief) and standing.row.article_withdrawn:
        yield Reason("source-withdrew-already")


_CONDITIONS: Final[Mapping[str, tuple[Condition, ...]]] = {
    "submit submit_issue": (is_complete,),
    "take_back take_back_issue": (is_own_submission, is_unanswered),
    "sign_off_zh sign_off_en sign_off_common": (may_sign,),
    "sign_off_issue_zh sign_off_issue_en sign_off_issue_common": (may_sign,),
    "take_back_sign_off_zh take_back_sign_off_en take_back_sign_off_common": (has_answered,),
    "take_back_issue_zh take_back_issue_en take_back_issue_common": (has_answered,),
    "approve publish_issue": (
        is_complete,
        has_nothing_to_confirm,
        is_settled,
        has_no_open_note,
        differs_from_public,
    ),
    "cancel reschedule cancel_issue": (is_scheduled,),
    "withdraw withdraw_issue": (is_public, is_not_removed, is_not_withdrawn),
    "remove": (is_public, is_not_removed),
    "reinstate": (is_taken_down,),
    "source_withdrew": (does_not_say_so,),
}
CONDITIONS: Final = {act: conditions for acts, conditions in _CONDITIONS.items() for act in acts.split()}


# Acts done at a place of the page, which no verb refuses: whether there is something to do.


def _is_anywhere(standing: Standing) -> bool:
    return True


def _signs_no_language(standing: Standing) -> bool:
    """Return whether no yes to a language is offered, which would be one to `common` too."""
    of_issue = "_issue" if isinstance(standing.row, Issue) else ""
    return not any(standing.is_able(f"sign_off{of_issue}_{side}") for side in SIDES)


def _has_gaps(standing: Standing) -> bool:
    if isinstance(standing.facts, IssueFacts):
        return bool(standing.facts.why_not_ready)
    return bool(
        standing.facts.gaps or (standing.row.state == State.IN_REVIEW and standing.facts.approval_gaps)
    )


PLACES: Final[Mapping[str, Callable[[Standing], bool]]] = {
    "claim": lambda standing: standing.writer is None,
    "notes": lambda standing: isinstance(standing.facts, BriefFacts) and bool(standing.facts.notes),
    "suggestions": lambda standing: (
        isinstance(standing.facts, BriefFacts) and bool(standing.facts.suggestions)
    ),
    "sign_off_common": _signs_no_language,
    "sign_off_issue_common": _signs_no_language,
    "fill": _has_gaps,
    "fill_issue": _has_gaps,
    **{f"assign_{side}": lambda standing, side=side: standing.can_ask(side) for side in SIDES},  # type: ignore[misc]
}
