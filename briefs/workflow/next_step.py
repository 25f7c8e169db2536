"""Who can do what next with a brief: the main act, the other acts and the sentence for one person.

Every surface takes this from `next_step`: bar, badge, home, lists, inbox, palette, messages and mail. The rules are
those of `policy` and `rules`; rows are loaded in bulk by `brief_facts`, so nothing here asks the database.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from django.conf import settings
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from briefs import policy
from briefs.content import SIDES, Side
from briefs.models import Assignment, Brief, Edition, Event, Note, Person, SignOff, State, Suggestion

from .rules import four_eyes
from .rules.four_eyes import ChangedFact, format_fact_labels
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
STEP_ACTS: Final = (
    "confirm", "claim", "notes", "suggestions", "fill", "submit", "sign_off_zh", "sign_off_en", "assign_zh", "assign_en",
    "tick_facts", "send_back", "take_back", "take_back_sign_off_zh", "take_back_sign_off_en", "approve",
    "turn_into_suggestion", "reword", "revise", "recover", "reschedule", "cancel", "reinstate", "withdraw", "remove",
    "source_withdrew", "publish_urgently", "assign", "share", "discard",
)  # fmt: skip
OPENING_ACTS: Final = ("notes", "suggestions", "fill", "reword")
"""Acts that lead to a part of the brief's page instead of changing something."""


def get_act_name(act: str) -> str | Promise:
    return ACT_LABELS.get(act) or VERB_NAMES[act]


def get_act_label(act: str) -> str:
    return str(get_act_name(act))


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a brief lacks. `about` is its anchor on the brief's page."""

    label: str
    about: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence. With `about` it links to that place of the brief's page."""

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    phrases: Sequence[Phrase] = ()

    def __str__(self) -> str:
        return "".join(phrase.text for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class Step:
    """What a person can do next. `main` is always allowed; it is `NEXT_BRIEF` if no allowed act moves the brief on.

    `note` is for the row in which the person types, when the change would become a suggestion.
    """

    sentence: Sentence
    main: str
    others: Sequence[str] = ()
    note: str = ""

    @property
    def is_mine(self) -> bool:
        """Return whether the brief waits for this person. Starting a revision waits for nobody."""
        return self.main not in (NEXT_BRIEF, "revise", "recover")

    @property
    def label(self) -> str:
        return get_act_label(self.main)

    @property
    def verbs(self) -> list[str]:
        """Return the other acts that are verbs of their own, with a page or a button."""
        return [act for act in self.others if act not in ACT_LABELS]


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
        return next((e for e in self._standing if e.urgent and not e.confirmed_by_id), None)

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


def next_step(facts: BriefFacts, person: Person, people: Sequence[Person]) -> Step:
    """Return what the person can do next. `people` are all active staff with a role, as `policy.load_staff` returns them."""
    return _StepRule(facts, person, people).build()


def find_able_people(facts: BriefFacts, act: str, people: Sequence[Person]) -> list[Person]:
    """Return the people who would not be refused the act."""
    return [person for person in people if is_able(facts, person, act, people)]


def is_able(facts: BriefFacts, person: Person, act: str, people: Sequence[Person]) -> bool:
    return _StepRule(facts, person, people).is_able(act)


@dataclass
class _StepRule:
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

    def build(self) -> Step:
        main = next((act for act in self._list_wanted() if self.is_able(act)), NEXT_BRIEF)
        others = tuple(act for act in STEP_ACTS if act != main and self.is_able(act))
        return Step(_Wording(self).build(main), main, others, self._note_while_typing())

    def as_seen_by(self, person: Person) -> "_StepRule":
        return self if person == self.person else _StepRule(self.facts, person, self.people)

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
                return side is not None and self.can_sign(side)
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

    def can_sign(self, side: Side) -> bool:
        """Return whether a sign-off of this side would be stored as a new answer."""
        status = self.facts.statuses[side]
        reviewers = {p.pk for p in self.people if policy.get_roles(p) & policy.REVIEWER_ROLES}
        return self.person.pk not in status.signed_by and not four_eyes.why_not_sign_off(
            status, self.person, reviewers
        )

    def _is_useful(self, side: Side) -> bool:
        """Return whether a yes by this person would answer for somebody whom no yes answers for yet."""
        status, me = self.facts.statuses[side], self.person.pk
        if me in status.rejected_by:
            return True
        if not status.signed_by:
            return True
        uncovered = (pk for pk in status.changed_by if not status.signed_by - {pk})
        return any(pk != me for pk in uncovered)

    def find_signers(self, side: Side) -> list[Person]:
        """Return whose sign-off this side needs or could use; after a no, only theirs who said it."""
        rejected = self.facts.statuses[side].rejected_by
        rules = [self.as_seen_by(p) for p in self.people if not rejected or p.pk in rejected]
        return [rule.person for rule in rules if rule.can_sign(side) and rule._is_useful(side)]

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
        if self._answers_remarks():
            yield from ("suggestions", "notes")
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
        if self.writer is not None:
            return self.person == self.writer
        return bool(self.facts.submission and self.facts.submission.by_id == self.person.pk)

    def edits_become_suggestions(self) -> bool:
        """Return whether a change of a text by this person would leave nobody who can approve."""
        if self.brief.state != State.IN_REVIEW or not policy.is_allowed(self.person, "edit", self.brief):
            return False
        is_sole = settings.DIGEST_FOUR_EYES and self.find_publishers() == [self.person]
        return is_sole and not self.is_last_editor()

    def _note_while_typing(self) -> str:
        if not self.edits_become_suggestions():
            return ""
        if self.writer is None or self.writer == self.person:
            return gettext("Only you can approve this, so what you change here becomes a suggestion.")
        text = gettext("Only you can approve this, so what you change here becomes a suggestion to %(name)s.")
        return space_han(text % {"name": self.writer})


def _split_act(act: str) -> tuple[str, Side | None]:
    for side in SIDES:
        if act.endswith(f"_{side}"):
            return act.removesuffix(f"_{side}"), side
    return act, None


# The sentence

_LANGUAGES: Final[dict[Side, Promise]] = {"zh": _("Chinese"), "en": _("English")}
_HAN_THEN_LATIN = re.compile(r"([\u3400-\u9fff])([A-Za-z0-9])")
_LATIN_THEN_HAN = re.compile(r"([A-Za-z0-9%])([\u3400-\u9fff])")


def _is_english() -> bool:
    return (get_language() or "").startswith("en")


def space_han(text: str) -> str:
    """Put one space between Han and Latin letters or figures, as the interface has it in Chinese."""
    if _is_english():
        return text
    return _LATIN_THEN_HAN.sub(r"\1 \2", _HAN_THEN_LATIN.sub(r"\1 \2", text))


def format_since(moment: dt.datetime, now: dt.datetime) -> str:
    """Return the weekday of the last six days, else the date; an empty text for today."""
    day, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    if (today - day).days < 1:
        return ""
    if (today - day).days < 7:
        return formats.date_format(day, pgettext("date format", "l"))
    return formats.date_format(day, pgettext("date format", "M j"))


type _Line = list[Phrase]
"""The phrases of one sentence."""


def _say(text: str, **values: object) -> _Line:
    sentence = text % values if values else text
    if sentence.startswith("you "):  # never a name, which is written as its bearer writes it
        sentence = f"Y{sentence[1:]}"
    return [Phrase(sentence)]


@dataclass
class _Wording:
    """The sentence for one person: state, who, since when, what is missing, who must act and why nobody else may."""

    rule: _StepRule

    def build(self, main: str) -> Sentence:
        phrases: list[Phrase] = []
        for line in self._list_lines(main):
            if phrases and _is_english():
                phrases.append(Phrase(" "))
            phrases += (Phrase(space_han(phrase.text), phrase.about) for phrase in line)
        return Sentence(phrases)

    def _list_lines(self, main: str) -> Iterator[_Line]:
        facts, brief = self.rule.facts, self.rule.brief
        if facts.urgent_edition:
            yield from self._describe_urgent(facts.urgent_edition)
        if brief.state == State.DRAFT:
            yield from self._describe_draft()
        elif brief.state == State.IN_REVIEW:
            yield from self._describe_review(main)
        elif brief.state == State.DISCARDED:
            yield _say(gettext("Discarded."))
        elif not facts.urgent_edition:
            yield from self._describe_publication()

    def _name(self, person: Person | int | None) -> str:
        pk = person.pk if isinstance(person, Person) else person
        if pk == self.rule.person.pk:
            return gettext("you")
        known = self.rule.by_id.get(pk or 0) or self.rule.facts.former_people.get(pk or 0)
        return str(known or gettext("somebody"))

    def _join(self, people: Iterable[Person | int], *, by_and: bool = False) -> str:
        me = self.rule.person.pk
        names = [self._name(person) for person in sorted(people, key=lambda p: getattr(p, "pk", p) != me)]
        if len(names) < 2:
            return "".join(names)
        text = (
            pgettext("names", "%(first)s and %(last)s")
            if by_and
            else pgettext("names", "%(first)s or %(last)s")
        )
        return text % {"first": gettext(", ").join(names[:-1]), "last": names[-1]}

    def _describe_urgent(self, edition: Edition) -> Iterator[_Line]:
        text = gettext("Published urgently by %(name)s; a second person has yet to confirm it.")
        yield _say(text, name=self._name(edition.approved_by_id))
        able = self.rule.find_able("confirm")
        if not able:
            yield _say(gettext("To go on, ask an administrator to let one more person review."))
        elif self.rule.person not in able:
            yield _say(gettext("%(names)s can confirm it."), names=self._join(able))

    # Drafts

    def _describe_draft(self) -> Iterator[_Line]:
        rule, brief = self.rule, self.rule.brief
        missing = rule.facts.gaps and len([*rule.facts.gaps, *rule.facts.approval_gaps])
        if brief.returned_at:
            yield self._describe_return(brief.returned_at)
        if rule.writer is None:
            yield _say(gettext("Nobody is writing this yet."))
            if not rule.find_able("claim"):
                yield _say(gettext("To go on, ask an administrator to let one more person write."))
        elif rule.writer == rule.person:
            yield from self._describe_own_draft()
        elif brief.returned_at:
            yield _say(gettext("Waiting for %(name)s."), name=self._name(rule.writer))
        elif missing:
            yield _say(
                gettext("%(name)s is writing; %(n)s missing."), name=self._name(rule.writer), n=missing
            )
        else:
            text = gettext("%(name)s is writing; complete, not yet submitted.")
            yield _say(text, name=self._name(rule.writer))

    def _describe_return(self, moment: dt.datetime) -> _Line:
        facts, n = self.rule.facts, len(self.rule.facts.notes)
        notes = ngettext("%(n)s note to answer", "%(n)s notes to answer", n) % {"n": n}
        day = format_since(moment, facts.now)
        values = {
            "name": self._name(self.rule.brief.returned_by_id),
            "notes": notes if n else gettext("every note is answered"),
            "day": pgettext("sent back", " on %(day)s") % {"day": day} if day else "",
        }
        sides = [side for side in SIDES if facts.statuses[side].rejected_by]
        if len(sides) == 1:
            text = gettext("%(name)s sent the %(language)s back%(day)s; %(notes)s.")
            return _say(text, language=_LANGUAGES[sides[0]], **values)
        return _say(gettext("%(name)s sent it back%(day)s; %(notes)s."), **values)

    def _describe_own_draft(self) -> Iterator[_Line]:
        facts, brief = self.rule.facts, self.rule.brief
        if facts.gaps:
            if brief.due_on and not brief.returned_at:
                day = formats.date_format(brief.due_on, pgettext("date format", "M j"))
                yield _say(gettext("Draft, due %(day)s."), day=day)
            elif not brief.returned_at:
                yield _say(gettext("Draft."))
            gaps = [*facts.gaps, *facts.approval_gaps]
            n = len(gaps)
            begin = ngettext("%(n)s thing missing: ", "%(n)s things missing: ", n) % {"n": n}
            yield self._list_gaps(begin, gaps)
            return
        if not brief.returned_at:
            yield _say(gettext("Draft, complete."))
        if facts.approval_gaps:
            yield self._list_gaps(gettext("Before approval: "), facts.approval_gaps)
        asked = {
            side: self.rule.by_id.get(facts.assignments[side].person_id)
            for side in SIDES
            if side in facts.assignments
        }
        requests = [
            gettext("%(name)s for the %(language)s")
            % {"name": self._name(person), "language": _LANGUAGES[side]}
            for side, person in asked.items()
            if person
        ]
        if requests:
            yield _say(
                gettext("Submitting asks %(names)s."), names=pgettext("requests", " and ").join(requests)
            )

    def _list_gaps(self, begin: str, gaps: Sequence[Gap]) -> _Line:
        line = [Phrase(begin)]
        for position, gap in enumerate(gaps):
            line += [Phrase(gettext(", "))] * bool(position) + [Phrase(gap.label, gap.about)]
        return [*line, Phrase(pgettext("sentence", "."))]

    # Review

    def _describe_review(self, main: str) -> Iterator[_Line]:
        rule, facts = self.rule, self.rule.facts
        if facts.are_both_signed:
            parts = [gettext("both languages are signed")]
        else:
            parts = [self._describe_side(side) for side in SIDES]
        yield _say(gettext("In review: %(parts)s."), parts=gettext("; ").join(parts))
        if facts.gaps or facts.approval_gaps:
            yield self._list_gaps(gettext("Before approval: "), [*facts.gaps, *facts.approval_gaps])
        if facts.are_both_signed:
            yield from self._describe_approval()
        if rule.is_publisher and rule.is_last_editor_blocked():
            yield self._describe_last_edit()
        if not rule.free_publishers:
            yield from self._describe_ways_out()
        elif rule.lacks_signers() and not rule.find_able("publish_urgently"):
            yield _say(gettext("To go on, ask an administrator to let one more person review."))
        mine = [str(_LANGUAGES[side]) for side in SIDES if rule.is_able(f"take_back_sign_off_{side}")]
        if mine and main == NEXT_BRIEF:
            yield _say(gettext("You can take back your sign-off until it is approved."))

    def _describe_side(self, side: Side) -> str:
        rule, status = self.rule, self.rule.facts.statuses[side]
        signers, asked = rule.find_named_signers(side), rule.find_asked(side)
        values = {"language": _LANGUAGES[side], "names": self._join(signers)}
        if status.is_signed:
            values["names"] = self._join(sorted(status.signed_by), by_and=True)
            return gettext("%(language)s signed by %(names)s") % values
        if status.rejected_by:
            values["by"] = self._join(sorted(status.rejected_by), by_and=True)
            if signers:
                return (
                    gettext("%(by)s asked for changes to the %(language)s and it is the same still") % values
                )
            return gettext("the %(language)s needs another wording, as %(by)s asked for") % values
        if status.signed_by:
            if signers:
                return gettext("%(language)s was reworded, so %(names)s must sign too") % values
            return gettext("%(language)s lacks one signature that nobody here can give") % values
        if asked:
            day = format_since(self._find_waiting_since(side), rule.facts.now)
            since = pgettext("waiting", " since %(day)s") % {"day": day} if day else ""
            values |= {"name": self._name(asked), "since": since}
            return gettext("%(language)s waiting for %(name)s%(since)s") % values
        if signers:
            return gettext("nobody has been asked for the %(language)s (%(names)s can review it)") % values
        return gettext("nobody has been asked for the %(language)s, and nobody here can review it") % values

    def _find_waiting_since(self, side: Side) -> dt.datetime:
        facts = self.rule.facts
        moments = [facts.assignments[side].at, *([facts.submission.at] if facts.submission else [])]
        return max(moments)

    def _describe_approval(self) -> Iterator[_Line]:
        rule, facts = self.rule, self.rule.facts
        if n := len(facts.notes):
            text = ngettext(
                "%(n)s note to settle before approval.", "%(n)s notes to settle before approval.", n
            )
            yield _say(text, n=n)
        elif rule.is_able("approve"):
            yield _say(gettext("You can approve it."))
            yield from self._describe_signatures()
        elif rule.approvers:
            yield _say(gettext("Waiting for %(names)s to approve."), names=self._join(rule.approvers))
        elif rule.free_publishers and not (facts.gaps or facts.approval_gaps):
            yield self._describe_own_facts(rule.free_publishers)

    def _describe_signatures(self) -> Iterator[_Line]:
        """Tell the approver who signed what and when, and how many of the pairs they had unfolded."""
        for side in SIDES:
            signatures = []
            for signoff in self.rule.facts.list_standing_yes(side):
                day = format_since(signoff.at, self.rule.facts.now) or gettext("today")
                values = {
                    "name": self._name(signoff.by_id),
                    "day": day,
                    "n": signoff.pairs_read,
                    "m": signoff.pairs,
                }
                text = (
                    gettext("%(name)s (%(day)s)")
                    if signoff.pairs is None
                    else gettext("%(name)s (read %(n)s of %(m)s, %(day)s)")
                )
                signatures.append(text % values)
            if signatures:
                yield _say(
                    gettext("%(language)s: %(names)s."),
                    language=_LANGUAGES[side],
                    names=gettext(", ").join(signatures),
                )

    def _describe_own_facts(self, publishers: Sequence[Person]) -> _Line:
        """Say who has to tick the facts that the publishers changed."""
        rule = self.rule
        facts = {fact.name for p in publishers for fact in rule.as_seen_by(p).list_own_facts()}
        values = {"names": self._join(publishers, by_and=True), "facts": format_fact_labels(sorted(facts))}
        if able := rule.find_able("tick_facts"):
            text = gettext("%(names)s changed facts: %(facts)s. %(others)s can tick them.")
            return _say(text, others=self._join(able), **values)
        text = gettext(
            "%(names)s changed facts: %(facts)s. To go on, ask an administrator to let one more person review."
        )
        return _say(text, **values)

    def _describe_last_edit(self) -> _Line:
        if self.rule.free_publishers:
            return _say(gettext("You made the last edit, so somebody else must approve it."))
        return _say(gettext("You made the last edit, so somebody else must approve it, and nobody else can."))

    def _describe_ways_out(self) -> Iterator[_Line]:
        """Name the ways that are allowed to the publisher who made the last edit, when nobody else can approve."""
        rule = self.rule
        editor = next(iter(rule.find_publishers()), None)
        if editor and editor != rule.person:
            text = gettext("%(name)s made the last edit and nobody else can approve.")
            yield _say(text, name=self._name(editor))
        as_editor = rule.as_seen_by(editor) if editor else None
        suggestion = as_editor and as_editor.is_able("turn_into_suggestion")
        urgent = as_editor and as_editor.is_able("publish_urgently")
        name = self._name(rule.writer) if rule.writer and rule.writer != editor else gettext("somebody else")
        if suggestion and urgent:
            text = gettext(
                "The edit can become a suggestion for %(name)s, or it can be published urgently and confirmed by a reviewer."
            )
            yield _say(text, name=name)
        elif suggestion:
            yield _say(gettext("The edit can become a suggestion for %(name)s."), name=name)
        elif urgent:
            yield _say(gettext("It can be published urgently and confirmed by a reviewer."))
        if not suggestion:
            yield _say(gettext("Ask an administrator for a second publisher."))

    # Published

    def _describe_publication(self) -> Iterator[_Line]:
        facts = self.rule.facts
        if edition := facts.scheduled_edition:
            yield _say(gettext("Approved; public %(time)s."), time=format_moment(edition.live_from))
        elif (edition := facts.public_edition) is None:
            yield _say(gettext("Approved."))
        elif edition.withdrawn_at or edition.removed_at:
            yield _say(gettext("Removed.") if edition.removed_at else gettext("Withdrawn."))
        elif self.rule.is_able("revise"):
            yield _say(
                gettext(
                    "Live. To correct it, start a revision; readers keep this one until the next is approved."
                )
            )
        else:
            yield _say(gettext("Live."))


def format_moment(moment: dt.datetime) -> str:
    local = timezone.localtime(moment)
    return formats.date_format(local, pgettext("date format", "l, F j, H:i"))
