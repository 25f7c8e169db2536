"""What each person can do next with a brief or an issue: the main act, the other acts, and one sentence that says why.

Every surface takes this from `next_step`: bar, badge, home, lists, inbox, palette, messages and mail. `turns` decides, this
module puts it into words.
"""

import datetime as dt
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from briefs.content import SIDES, Side
from briefs.models import Person, State
from briefs.workflow.acts import ACTS, NEXT_BRIEF

from .rules.gaps import Gap
from .rules.issue_review import IssueFacts
from .rules.leaves import LeafName
from .rules.standing import BriefFacts
from .turns import BriefTurn, IssueTurn

MAX_NAMES: Final = 2
"""Names that the line of a list gives for one language."""


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
    """What a person can do next. `main` would not be refused; it is `NEXT_BRIEF` if no act of theirs moves it on."""

    sentence: Sentence
    main: str
    others: Sequence[str] = ()

    @property
    def is_mine(self) -> bool:
        """Return whether the brief or issue waits for this person."""
        return ACTS[self.main].urgency > 0

    @property
    def label(self) -> str:
        return str(ACTS[self.main].label)


def next_step(facts: BriefFacts | IssueFacts, person: Person, *, in_list: bool = False) -> Step:
    """Return what the person can do next. A list has a short line, and leaves out the other acts (a third of the time)."""
    turn = BriefTurn(facts, person) if isinstance(facts, BriefFacts) else IssueTurn(facts, person)
    main = turn.find_main_act()
    sentence = describe_turn(turn, main, in_list=in_list)
    return Step(sentence, main, () if in_list else turn.list_other_acts(main))


def describe_turn(turn: BriefTurn | IssueTurn, main: str, *, in_list: bool = False) -> Sentence:
    """Return the sentence alone. Lists that show few of many briefs choose by the main act, and describe what they show."""
    wording = _BriefWording(turn) if isinstance(turn, BriefTurn) else _IssueWording(turn)
    if in_list and turn.row.state == State.IN_REVIEW:
        return join_lines([wording.summarize_review()])
    return join_lines(wording.list_lines(main))


_LANGUAGES: Final[dict[LeafName, Promise]] = {
    "zh": _("Chinese"),
    "en": _("English"),
    "common": _("list of facts"),
}
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


type Line = list[Phrase]
"""The phrases of one sentence."""


def say(text: str, **values: object) -> Line:
    sentence = text % values if values else text
    if sentence.startswith("you "):  # never a name, which is written as its bearer writes it
        sentence = f"Y{sentence[1:]}"
    return [Phrase(sentence)]


def join_lines(lines: Iterable[Line]) -> Sentence:
    phrases: list[Phrase] = []
    for line in lines:
        if phrases and _is_english():
            phrases.append(Phrase(" "))
        phrases += (Phrase(space_han(phrase.text), phrase.about) for phrase in line)
    return Sentence(phrases)


class _Wording[T: BriefTurn | IssueTurn]:
    """The sentence for one person: state, who, since when, what is missing, who must act and why nobody else may."""

    languages: Mapping[LeafName, Promise] = _LANGUAGES

    def __init__(self, turn: T) -> None:
        self.turn = turn

    @abstractmethod
    def list_lines(self, main: str) -> Iterator[Line]: ...

    def _find(self, person: Person | int | None) -> Person | None:
        if person is None or isinstance(person, Person):
            return person
        return self.turn.by_id.get(person)

    def _name(self, person: Person | int | None) -> str:
        row = self._find(person)
        return gettext("you") if row == self.turn.person else str(row or gettext("somebody"))

    def _join(self, people: Iterable[Person | int], *, by_and: bool = False) -> str:
        """Join names, the person's own as *you* in front."""
        me = self.turn.person.pk
        names = [self._name(person) for person in sorted(people, key=lambda p: getattr(p, "pk", p) != me)]
        if len(names) < 2:
            return "".join(names)
        text = (
            pgettext("names", "%(first)s and %(last)s")
            if by_and
            else pgettext("names", "%(first)s or %(last)s")
        )
        return text % {"first": gettext(", ").join(names[:-1]), "last": names[-1]}

    def summarize_review(self) -> Line:
        """Return the line of a list, such as *In review · Chinese ✓ Chen · English waits for Wu*."""
        open_leaves = self.turn.signing.open_leaves
        parts = [self._summarize_leaf(name) for name in self._list_shown_leaves()]
        if not open_leaves and (publishers := self.turn.find_able(self.turn.publication)):
            parts.append(gettext("waits for %(names)s") % {"names": self._join(publishers)})
        return say(gettext("In review · %(parts)s"), parts=" · ".join(parts))

    def _list_shown_leaves(self) -> list[LeafName]:
        """Return the languages, and what both share if it needs a yes of somebody who is not asked for a language."""
        return [*SIDES, *(name for name in self.turn.signing.list_asked_leaves() if name == "common")]

    def _summarize_leaf(self, name: LeafName) -> str:
        leaf, signing = self.turn.signing.leaves[name], self.turn.signing
        if name not in signing.open_leaves:
            return f"{self.languages[name]} ✓ {self._join(sorted(leaf.voices), by_and=True)}".strip()
        asked = self.turn.find_asked(name)
        signers = [asked] if asked else self.turn.find_named_signers(name)
        values = {"language": self.languages[name], "names": self._join(signers)}
        if leaf.rejected_by and not signers:
            return gettext("%(language)s to be reworded") % values
        if self.turn.person in signers:
            return gettext("%(language)s waits for %(names)s") % {**values, "names": gettext("you")}
        if 0 < len(signers) <= MAX_NAMES:
            return gettext("%(language)s waits for %(names)s") % values
        return gettext("%(language)s waits for a reviewer") % values

    def _list_gaps(self, begin: str, gaps: Sequence[Gap]) -> Line:
        line = [Phrase(begin)]
        for position, gap in enumerate(gaps):
            line += [Phrase(gettext(", "))] * bool(position) + [Phrase(gap.label, gap.about)]
        return [*line, Phrase(pgettext("sentence", "."))]

    def _list_missing(self, gaps: Sequence[Gap]) -> Line:
        n = len(gaps)
        begin = ngettext("%(n)s thing missing: ", "%(n)s things missing: ", n) % {"n": n}
        return self._list_gaps(begin, gaps)

    def _list_requests(self, names: Sequence[tuple[str, LeafName]]) -> Iterator[Line]:
        """Say whom submission would ask for each language."""
        requests = [
            gettext("%(name)s for the %(language)s") % {"name": name, "language": _LANGUAGES[leaf]}
            for name, leaf in names
        ]
        if requests:
            yield say(
                gettext("Submitting asks %(names)s."), names=pgettext("requests", " and ").join(requests)
            )

    def _say_nobody_is_left(self) -> Line:
        return say(gettext("To go on, ask an administrator to let one more person review."))


class _BriefWording(_Wording[BriefTurn]):
    def list_lines(self, main: str) -> Iterator[Line]:
        brief = self.turn.brief
        if brief.state == State.DRAFT:
            yield from self._describe_draft()
        elif brief.state == State.IN_REVIEW:
            yield from self._describe_review(main)
        elif brief.state == State.DISCARDED:
            yield say(gettext("Discarded."))
        else:
            yield from self._describe_publication()

    def _find(self, person: Person | int | None) -> Person | None:
        former = None if isinstance(person, Person) else self.turn.facts.former_people.get(person or 0)
        return super()._find(person) or former

    # Drafts

    def _describe_draft(self) -> Iterator[Line]:
        turn, brief = self.turn, self.turn.brief
        missing = turn.facts.gaps and len([*turn.facts.gaps, *turn.facts.approval_gaps])
        if brief.returned_at:
            yield self._describe_return(brief.returned_at)
        if turn.writer is None:
            yield say(gettext("Nobody is writing this yet."))
            if not turn.find_able("claim"):
                yield say(gettext("To go on, ask an administrator to let one more person write."))
        elif turn.writer == turn.person:
            yield from self._describe_own_draft()
        elif brief.returned_at:
            yield say(gettext("Waiting for %(name)s."), name=self._name(turn.writer))
        elif missing:
            yield say(gettext("%(name)s is writing; %(n)s missing."), name=self._name(turn.writer), n=missing)
        else:
            text = gettext("%(name)s is writing; complete, not yet submitted.")
            yield say(text, name=self._name(turn.writer))

    def _describe_return(self, moment: dt.datetime) -> Line:
        facts, n = self.turn.facts, len(self.turn.facts.notes)
        notes = ngettext("%(n)s note to answer", "%(n)s notes to answer", n) % {"n": n}
        day = format_since(moment, facts.now)
        values = {
            "name": self._name(self.turn.brief.returned_by_id),
            "notes": notes if n else gettext("every note is answered"),
            "day": pgettext("sent back", " on %(day)s") % {"day": day} if day else "",
        }
        sides = [side for side in SIDES if facts.leaves[side].rejected_by]
        if len(sides) == 1:
            text = gettext("%(name)s sent the %(language)s back%(day)s; %(notes)s.")
            return say(text, language=_LANGUAGES[sides[0]], **values)
        return say(gettext("%(name)s sent it back%(day)s; %(notes)s."), **values)

    def _describe_own_draft(self) -> Iterator[Line]:
        facts, brief = self.turn.facts, self.turn.brief
        if facts.gaps:
            if brief.due_on and not brief.returned_at:
                day = formats.date_format(brief.due_on, pgettext("date format", "M j"))
                yield say(gettext("Draft, due %(day)s."), day=day)
            elif not brief.returned_at:
                yield say(gettext("Draft."))
            yield self._list_missing([*facts.gaps, *facts.approval_gaps])
            return
        if not brief.returned_at:
            yield say(gettext("Draft, complete."))
        if facts.approval_gaps:
            yield self._list_gaps(gettext("Before approval: "), facts.approval_gaps)
        asked = (
            (side, self._find(facts.assignments[side].person_id))
            for side in SIDES
            if side in facts.assignments
        )
        yield from self._list_requests([(self._name(person), side) for side, person in asked if person])

    # Review

    def _describe_review(self, main: str) -> Iterator[Line]:
        turn, facts = self.turn, self.turn.facts
        open_leaves = turn.signing.open_leaves
        if open_leaves:
            parts = [self._describe_leaf(name, name in open_leaves) for name in self._list_shown_leaves()]
        else:
            parts = [gettext("both languages are signed")]
        yield say(gettext("In review: %(parts)s."), parts=gettext("; ").join(parts))
        if facts.gaps or facts.approval_gaps:
            gaps = [*facts.gaps, *facts.approval_gaps]
            yield self._list_gaps(gettext("Before approval: "), gaps)
        if not open_leaves:
            yield from self._describe_approval()
        if turn.signing.lacks_signers():
            yield self._say_nobody_is_left()
        if turn.own_answers and main == NEXT_BRIEF:
            yield say(gettext("You can take back your sign-off until it is approved."))

    def _describe_leaf(self, name: LeafName, is_open: bool) -> str:
        turn, leaf = self.turn, self.turn.facts.leaves[name]
        signers = turn.find_named_signers(name)
        values = {"language": _LANGUAGES[name], "names": self._join(signers)}
        if leaf.rejected_by:
            values["by"] = self._join(sorted(leaf.rejected_by), by_and=True)
            if signers:
                return (
                    gettext("%(by)s asked for changes to the %(language)s and it is the same still") % values
                )
            return gettext("the %(language)s needs another wording, as %(by)s asked for") % values
        if not is_open:
            values["names"] = self._join(sorted(leaf.voices), by_and=True)
            if not leaf.voices:
                return gettext("%(language)s as readers have it") % values
            return gettext("%(language)s signed by %(names)s") % values
        if leaf.voices and signers:
            return gettext("%(language)s needs a second yes, by %(names)s") % values
        if leaf.voices or (name == "common" and not signers):
            return gettext("%(language)s lacks one signature that nobody here can give") % values
        if name == "common":
            return gettext("the facts need a yes by %(names)s") % values
        if asked := turn.find_asked(name):
            day = format_since(self._find_waiting_since(name), turn.facts.now)
            since = pgettext("waiting", " since %(day)s") % {"day": day} if day else ""
            values |= {"name": self._name(asked), "since": since}
            return gettext("%(language)s waiting for %(name)s%(since)s") % values
        if signers:
            return gettext("nobody has been asked for the %(language)s (%(names)s can review it)") % values
        return gettext("nobody has been asked for the %(language)s, and nobody here can review it") % values

    def _find_waiting_since(self, side: Side) -> dt.datetime:
        facts = self.turn.facts
        moments: list[dt.datetime] = [
            facts.assignments[side].at,
            *([facts.submission.at] if facts.submission else []),
        ]
        return max(moments)

    def _describe_approval(self) -> Iterator[Line]:
        turn, facts = self.turn, self.turn.facts
        if n := len(facts.notes):
            text = ngettext(
                "%(n)s note to settle before approval.", "%(n)s notes to settle before approval.", n
            )
            yield say(text, n=n)
        elif turn.is_able("approve"):
            yield say(gettext("You can approve it."))
            yield from self._describe_signatures()
        elif approvers := turn.find_able("approve"):
            yield say(gettext("Waiting for %(names)s to approve."), names=self._join(approvers))

    def _describe_signatures(self) -> Iterator[Line]:
        """Tell the approver who signed what and when."""
        for side in SIDES:
            signatures = []
            for signoff in self.turn.facts.list_yes(side):
                day = format_since(signoff.at, self.turn.facts.now) or gettext("today")
                values = {"name": self._name(signoff.by_id), "day": day}
                signatures.append(gettext("%(name)s (%(day)s)") % values)
            if signatures:
                yield say(
                    gettext("%(language)s: %(names)s."),
                    language=_LANGUAGES[side],
                    names=gettext(", ").join(signatures),
                )

    # Published

    def _describe_publication(self) -> Iterator[Line]:
        facts = self.turn.facts
        if edition := facts.scheduled_edition:
            yield say(gettext("Approved; public %(time)s."), time=format_moment(edition.live_from))
        elif (edition := facts.public_edition) is None:
            yield say(gettext("Approved."))
        elif edition.withdrawn_at or edition.removed_at:
            removed = gettext("Readers are told that it is gone.")
            yield say(removed if edition.removed_at else gettext("Readers see the notice of its withdrawal."))
        elif self.turn.is_able("revise"):
            yield say(
                gettext(
                    "Live. To correct it, start a revision; readers keep this one until the next is approved."
                )
            )
        else:
            yield say(gettext("Live."))


def format_moment(moment: dt.datetime) -> str:
    local = timezone.localtime(moment)
    return formats.date_format(local, pgettext("date format", "l, F j, H:i"))


class _IssueWording(_Wording[IssueTurn]):
    languages = {**_LANGUAGES, "common": _("list of briefs")}

    def list_lines(self, main: str) -> Iterator[Line]:
        facts, state = self.turn.facts, self.turn.row.state
        if state == State.DRAFT:
            yield say(gettext("Draft of a correction.") if facts.was_public else gettext("In preparation."))
            if facts.gaps:
                yield self._list_missing(facts.gaps)
            yield from self._describe_requests()
        elif state == State.IN_REVIEW:
            yield from self._describe_review()
        elif state == State.DISCARDED:
            yield say(gettext("Discarded. The next new issue may take its number."))
        if scheduled := facts.scheduled_edition:
            yield say(gettext("Public from %(time)s."), time=format_moment(scheduled.live_from))
        if edition := facts.public_edition:
            values = {"time": format_moment(edition.live_from), "n": edition.number}
            if edition.withdrawn_at:
                yield say(gettext("Readers see the notice of its withdrawal."))
            elif state == State.APPROVED:
                yield say(gettext("Published since %(time)s."), **values)
            else:
                yield say(gettext("Readers see edition %(n)s."), **values)

    def _join(self, people: Iterable[Person | int], *, by_and: bool = False) -> str:
        """Join names, or say *you* alone. Superusers are named if nobody else is there."""
        rows = [self._find(person) for person in people]
        if self.turn.person in rows:
            return gettext("you")  # somebody else may do it too, but the sentence is for this person
        named = [row for row in rows if row is None or not row.is_superuser] or rows
        return super()._join((row.pk if row else 0 for row in named), by_and=by_and)

    def _describe_requests(self) -> Iterator[Line]:
        unsigned = [side for side in SIDES if side in self.turn.signing.open_leaves]
        signers = {side: self.turn.find_named_signers(side) for side in unsigned}
        yield from self._list_requests(
            [(self._join(people), side) for side, people in signers.items() if people]
        )
        if not all(signers.values()):
            yield self._say_nobody_is_left()

    def _describe_review(self) -> Iterator[Line]:
        facts, signing = self.turn.facts, self.turn.signing
        parts = map(self._describe_leaf, self._list_shown_leaves())
        yield say(gettext("In review: %(parts)s."), parts=gettext("; ").join(parts))
        if facts.gaps:
            yield self._list_missing(facts.gaps)
        publishers = self.turn.find_able("publish_issue")
        if signing.lacks_signers():
            yield self._say_nobody_is_left()
        elif facts.is_unchanged:
            yield say(gettext("Nothing differs from the published issue."))
        elif self.turn.person in publishers:
            yield say(gettext("You can publish it."))
        elif publishers:
            yield say(gettext("Waiting for %(names)s to publish."), names=self._join(publishers))

    def _describe_leaf(self, name: LeafName) -> str:
        signing = self.turn.signing
        values: dict[str, object] = {"language": self.languages[name]}
        if name not in signing.open_leaves:
            names = values["names"] = self._join(sorted(signing.leaves[name].voices))
            text = gettext("%(language)s signed by %(names)s") if names else gettext("%(language)s unchanged")
        elif signers := self.turn.find_named_signers(name):
            values |= {"name": self._join(signers), "since": ""}
            text = gettext("%(language)s waiting for %(name)s%(since)s")
        else:
            text = gettext("nobody here can sign the %(language)s")
        return text % values
