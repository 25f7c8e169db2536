"""What each person can do next with an issue: the main act, the other acts, and one sentence that says why.

The desk's page, list and home take this from `next_issue_step`. The main act is one that the verbs would not refuse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from briefs import policy
from briefs.content import SIDES
from briefs.models import Person, State

from .issues import TEXT_LABELS
from .next_step import Line, Phrase, Sentence, format_moment, join_lines, say
from .reviewing import has_own_answer
from .rules import four_eyes, issue_review
from .rules.issue_review import IssueFacts
from .rules.leaves import LeafName
from .rules.refusals import Reason
from .rules.transitions import VERB_NAMES

FILL: Final = "fill"
ACT_LABELS: Final[dict[str, str | Promise]] = {FILL: _("Fill the gaps"), "": _("Next brief")}
SIDE_ACTS: Final[dict[str, tuple[str, LeafName]]] = {
    "sign_off_issue_zh": ("sign_off_issue", "zh"),
    "sign_off_issue_en": ("sign_off_issue", "en"),
    "sign_off_issue_common": ("sign_off_issue", "common"),
    "take_back_issue_zh": ("take_back_issue_sign_off", "zh"),
    "take_back_issue_en": ("take_back_issue_sign_off", "en"),
    "take_back_issue_common": ("take_back_issue_sign_off", "common"),
}
"""Verb and leaf of the acts on one leaf."""
OTHER_ACTS: Final = (
    *(
        "sign_off_issue_zh",
        "sign_off_issue_en",
        "sign_off_issue_common",
        "take_back_issue",
        "take_back_issue_zh",
        "take_back_issue_en",
        "take_back_issue_common",
    ),
    *("send_back_issue", "publish_issue", "revise_issue", "cancel_issue", "withdraw_issue", "discard_issue"),
)
_LANGUAGES: Final[dict[LeafName, Promise]] = {
    "zh": _("Chinese"),
    "en": _("English"),
    "common": _("list of briefs"),
}


@dataclass(frozen=True, slots=True)
class IssueStep:
    """`main` is empty if no act of the person moves the issue on."""

    sentence: Sentence
    main: str
    others: Sequence[str] = ()

    @property
    def label(self) -> str:
        return str(get_act_label(self.main))


def get_act_label(act: str) -> str | Promise:
    return ACT_LABELS.get(act) or VERB_NAMES[act]


def next_issue_step(
    facts: IssueFacts, person: Person, people: Sequence[Person], *, submitter: int | None = None
) -> IssueStep:
    """`people` are all active staff with a role. `submitter`: who submitted the issue, if it can still be taken back."""
    rule = _Rule(facts, person, people, submitter)
    main = rule.find_main_act()
    others = [act for act in OTHER_ACTS if act != main and rule.is_able(act)]
    return IssueStep(join_lines(_list_lines(rule)), main, others)


@dataclass
class _Rule:
    facts: IssueFacts
    person: Person
    people: Sequence[Person]
    submitter: int | None = None

    @cached_property
    def gaps(self) -> list[Reason]:
        """Return what review, and in review what publication, would be refused for."""
        return issue_review.why_not_ready(self.facts)

    def is_allowed(self, verb: str) -> bool:
        return policy.is_allowed(self.person, verb, self.facts.issue)

    def is_able(self, act: str) -> bool:
        """Return whether the verb would be done. Publication may still ask for a time."""
        facts = self.facts
        verb, leaf = SIDE_ACTS.get(act, (act, None))
        if not self.is_allowed(verb):
            return False
        if leaf and verb == "sign_off_issue":
            return self.signing.can_sign(self.person, leaf)
        if leaf:
            return has_own_answer(facts, leaf, self.person.pk)
        edition = facts.public_edition
        return {
            "take_back_issue": lambda: self.submitter == self.person.pk,
            "publish_issue": lambda: not self.gaps and self.person in self.publishers,
            "cancel_issue": lambda: bool(facts.scheduled_edition),
            "withdraw_issue": lambda: bool(edition and not edition.withdrawn_at),
        }.get(act, lambda: True)()

    def find_main_act(self) -> str:
        state = self.facts.issue.state
        if state in policy.OPEN_STATES and self.gaps:
            return FILL if self.is_allowed("edit_issue") else ""
        unsigned = [name for name in self.signing.open_leaves if self.person in self.find_named_signers(name)]
        acts = {
            State.DRAFT: ["submit_issue"],
            State.IN_REVIEW: [*(f"sign_off_issue_{side}" for side in unsigned), "publish_issue"],
            State.APPROVED: [] if self.facts.scheduled_edition else ["revise_issue"],
            State.DISCARDED: ["recover_issue"],
        }
        return next((act for act in acts.get(State(state), []) if self.is_able(act)), "")

    @property
    def signing(self) -> four_eyes.Signing:
        return self.facts.signing

    def find_named_signers(self, name: LeafName) -> list[Person]:
        return issue_review.find_named_signers(self.signing, name)

    @cached_property
    def publishers(self) -> list[Person]:
        """Return who can publish the issue now."""
        if self.facts.is_unchanged:
            return []
        return [
            p for p in self.people if p.pk in self.signing.publisher_ids and self.signing.settles_all(p.pk)
        ]

    def join(self, people: Sequence[Person | int]) -> str:
        """Join names by *or*, the person's own as *you*. Superusers are named if nobody else is there."""
        rows = [p if isinstance(p, Person) else self._find(p) for p in people]
        if self.person in rows:
            rows = [self.person]  # somebody else may do it too, but the sentence is for this person
        else:
            rows = [row for row in rows if row is None or not row.is_superuser] or rows
        names = [gettext("you") if row == self.person else str(row or gettext("somebody")) for row in rows]
        if len(names) < 2:
            return "".join(names)
        values = {"first": gettext(", ").join(names[:-1]), "last": names[-1]}
        return pgettext("names", "%(first)s or %(last)s") % values

    def _find(self, pk: int) -> Person | None:
        return next((person for person in self.people if person.pk == pk), None)


def _list_lines(rule: _Rule) -> Iterator[Line]:
    facts, state = rule.facts, rule.facts.issue.state
    if state == State.DRAFT:
        yield say(gettext("Draft of a correction.") if facts.has_been_public else gettext("In preparation."))
        if rule.gaps:
            yield _list_gaps(rule)
        yield from _list_requests(rule)
    elif state == State.IN_REVIEW:
        yield from _list_review(rule)
    elif state == State.DISCARDED:
        yield say(gettext("Discarded. The next new issue may take its number."))
    if scheduled := facts.scheduled_edition:
        yield say(gettext("Public from %(time)s."), time=format_moment(scheduled.live_from))
    if edition := facts.public_edition:
        values = {"time": format_moment(edition.live_from), "n": edition.number}
        if edition.withdrawn_at:
            yield say(gettext("Withdrawn; readers see the notice."))
        elif state == State.APPROVED:
            yield say(gettext("Published since %(time)s."), **values)
        else:
            yield say(gettext("Readers see edition %(n)s."), **values)


def _list_gaps(rule: _Rule) -> Line:
    n = len(rule.gaps)
    line = [Phrase(ngettext("%(n)s thing missing: ", "%(n)s things missing: ", n) % {"n": n})]
    for position, gap in enumerate(rule.gaps):
        line += [Phrase(gettext(", "))] * bool(position) + [Phrase(_label_gap(gap), gap.about)]
    return [*line, Phrase(pgettext("sentence", "."))]


def _label_gap(gap: Reason) -> str:
    if gap.code == "issue-empty":
        return gettext("a brief")
    label = TEXT_LABELS.get(gap.about)
    return str(label) if label else str(gap).rstrip(".。")


def _list_requests(rule: _Rule) -> Iterator[Line]:
    """Say whom submission would ask for each language."""
    unsigned = [side for side in SIDES if side in rule.signing.open_leaves]
    requests = [
        gettext("%(name)s for the %(language)s") % {"name": rule.join(signers), "language": _LANGUAGES[side]}
        for side in unsigned
        if (signers := rule.find_named_signers(side))
    ]
    if requests:
        names = pgettext("requests", " and ").join(requests)
        yield say(gettext("Submitting asks %(names)s."), names=names)
    if len(requests) < len(unsigned):
        yield say(gettext("To go on, ask an administrator to let one more person review."))


def _list_review(rule: _Rule) -> Iterator[Line]:
    facts = rule.facts
    parts = []
    shown: list[LeafName] = [*SIDES, *(name for name in rule.signing.open_leaves if name == "common")]
    for name in shown:
        leaf = rule.signing.leaves[name]
        values: dict[str, object] = {"language": _LANGUAGES[name]}
        if name not in rule.signing.open_leaves:
            names = rule.join(sorted(leaf.voices))
            values["names"] = names
            text = gettext("%(language)s signed by %(names)s") if names else gettext("%(language)s unchanged")
        elif signers := rule.find_named_signers(name):
            values |= {"name": rule.join(signers), "since": ""}
            text = gettext("%(language)s waiting for %(name)s%(since)s")
        else:
            text = gettext("nobody here can sign the %(language)s")
        parts.append(text % values)
    yield say(gettext("In review: %(parts)s."), parts=gettext("; ").join(parts))
    if rule.gaps:
        yield _list_gaps(rule)
    if rule.signing.lacks_signers():
        yield say(gettext("To go on, ask an administrator to let one more person review."))
    elif facts.is_unchanged:
        yield say(gettext("Nothing differs from the published issue."))
    elif rule.publishers and not rule.gaps:
        if rule.is_able("publish_issue"):
            yield say(gettext("You can publish it."))
        else:
            yield say(gettext("Waiting for %(names)s to publish."), names=rule.join(rule.publishers))
