"""The rule of who can do what next, on random histories without a database. The true four-eyes rule decides."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence

import pytest
from django.utils.translation import override

from briefs.acts import BRIEF_BAR
from briefs.content import SIDES
from briefs.models import Assignment, Brief, Edition, Event, Note, Person, Revision, SignOff, State
from briefs.tests.support import scale
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules.gaps import Gap
from briefs.workflow.rules.histories import BriefHistory
from briefs.workflow.rules.leaves import LEAVES
from briefs.workflow.rules.refusals import Reason
from briefs.workflow.rules.standing import BriefFacts
from briefs.workflow.turns import BriefTurn

NOW = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)
ROLES = {"w": "writer", "r": "reviewer", "p": "publisher"}
TEAMS = {
    2: ["w p", "r p", "p p", "w rp"],
    3: ["w r p", "w p p", "w r:zh p", "r r p"],
    4: ["w r:zh r:en p", "w w r p", "w r p p", "wr wr p p"],
    5: ["w r:zh r:en wr p", "w r r p p", "w w r:zh r:en p"],
    6: ["w w r:zh r:en p p", "w wr r:zh r:en r p", "w r r r r p"],
}
"""Teams by size: each person's roles, and the language that a reviewer reads."""


STORY_ACTS = BRIEF_BAR[: BRIEF_BAR.index("reschedule")]
"""The acts of an open brief, without those on what is published."""


def make_person(pk: int, roles: str, reviews: str = "") -> Person:
    person = Person(pk=pk, username=f"P{pk}", name=f"P{pk}", reviews=reviews, is_staff=True)
    vars(person)["_roles"] = frozenset(ROLES[role] for role in roles)
    return person


def make_team(team: str) -> list[Person]:
    parts = [part.partition(":") for part in team.split()]
    return [make_person(pk, roles, reviews) for pk, (roles, _colon, reviews) in enumerate(parts, 1)]


class Story:
    """One brief in memory, to which people do what they are able to do."""

    def __init__(self, team: Sequence[Person], rng: random.Random) -> None:
        self.team, self.rng, self.count = team, rng, 1
        writers = [p for p in team if vars(p)["_roles"] & {"writer", "publisher"}]
        self.brief = Brief(pk=1, state=State.DRAFT)
        author = rng.choice(writers)
        self.brief.assigned_to_id = rng.choice([author.pk, author.pk, None])
        self.revisions: list[Revision] = []
        self.editions: list[Edition] = []
        self.signoffs: list[SignOff] = []
        self.notes: list[Note] = []
        self.assignments = {side: self.ask(side, rng.choice(team)) for side in SIDES if rng.random() < 0.6}
        self.gaps = rng.choice([0, 0, 2])
        self.submission: Event | None = None
        self.is_answered = False
        self.log: list[str] = [" ".join("".join(sorted(r[0] for r in vars(p)["_roles"])) for p in team)]
        self.write(author, {"zh": 1, "en": 1, "common": 1})

    def ask(self, side: str, person: Person) -> Assignment:
        return Assignment(side=side, person_id=person.pk, at=NOW)

    def write(self, person: Person, changes: dict[str, int]) -> None:
        last = self.revisions[0] if self.revisions else None
        values = {p: str(changes.get(p) or (last and getattr(last, f"hash_{p}"))) for p in LEAVES}
        number = len(self.revisions) + 1
        hashes = {f"hash_{part}": value for part, value in values.items()}
        revision = Revision(pk=number, brief_id=1, number=number, by_id=person.pk, **hashes)
        self.revisions.insert(0, revision)

    @property
    def facts(self) -> BriefFacts:
        history = BriefHistory(tuple(self.revisions), tuple(self.editions), tuple(self.signoffs))
        return BriefFacts(
            self.brief,
            NOW,
            people=self.team,
            editions=self.editions,
            history=history,
            assignments=self.assignments,
            gaps=[Gap("gap", "b1", (Reason("change-note"),))] * self.gaps,
            approval_gaps=(),
            notes=self.notes,
            suggestions=(),
            submission=self.submission,
            is_answered=self.is_answered,
        )

    def steps(self) -> list[Step]:
        facts = self.facts
        return [next_step(facts, person) for person in self.team]

    def act(self) -> None:
        facts, person = self.facts, self.rng.choice(self.team)
        if self.gaps and self.rng.random() < 0.5:
            self.gaps -= 1
        if self.rng.random() < 0.35:
            self.edit(facts, person)
            return
        acts = [act for act in STORY_ACTS if BriefTurn(facts, person).is_able(act)]
        if acts:
            self.do(self.rng.choice(acts), person, facts)

    def edit(self, facts: BriefFacts, person: Person) -> None:
        if not BriefTurn(facts, person).is_able("reword"):
            return
        self.count += 1
        part = self.rng.choice(LEAVES)
        before = getattr(self.revisions[0], f"hash_{part}")
        self.log.append(f"{person} edits {part}")
        self.write(person, {part: self.count})
        if self.rng.random() < 0.15:  # types a letter and deletes it
            self.write(person, {part: int(before)})

    def do(self, act: str, person: Person, facts: BriefFacts) -> None:
        self.log.append(f"{person} {act}")
        verb, side = act, ""
        for name in LEAVES:
            if act.endswith(f"_{name}"):
                verb, side = act.removesuffix(f"_{name}"), name
        match verb:
            case "claim":
                self.brief.assigned_to_id = person.pk
            case "submit":
                self.brief.state, self.brief.returned_at = State.IN_REVIEW, None
                self.submission, self.is_answered = Event(by_id=person.pk, at=NOW), False
            case "sign_off" | "take_back_sign_off":
                self.answer(side, person, "yes" if verb == "sign_off" else "taken_back")
            case "assign":
                self.assignments[side] = self.ask(
                    side,
                    self.rng.choice(BriefTurn(facts, self.team[0]).find_able(f"sign_off_{side}")),
                )
            case "send_back":
                sides = self.rng.choice((("zh",), ("en",), SIDES))
                for one in sides:
                    self.answer(one, person, "no")
                self.brief.state, self.brief.returned_at = State.DRAFT, NOW
                self.brief.returned_by_id = person.pk
                self.notes = [*self.notes, Note(by_id=person.pk)]
            case "take_back":
                self.brief.state = State.DRAFT
            case "notes":
                self.notes = self.notes[1:]
            case "approve":
                self.publish(person)
            case "revise" | "recover":
                self.brief.state = State.DRAFT

    def answer(self, leaf: str, person: Person, answer: str) -> None:
        now = self.revisions[0]
        row = SignOff(
            page="brief/1", leaf=leaf, hash=getattr(now, f"hash_{leaf}"), hash_common=now.hash_common, revision=now.number,
            by_id=person.pk, answer=answer, at=NOW, pk=len(self.signoffs) + 1,
        )  # fmt: skip
        self.signoffs.append(row)
        self.is_answered = True

    def publish(self, person: Person) -> None:
        self.brief.state = State.APPROVED
        edition = Edition(
            pk=len(self.editions) + 1, number=len(self.editions) + 1, revision_id=self.revisions[0].pk, four_eyes=True,
            approved_by_id=person.pk, live_from=NOW, hash_zh=self.revisions[0].hash_zh, hash_en=self.revisions[0].hash_en,
            hash_common=self.revisions[0].hash_common,
        )  # fmt: skip
        self.editions.insert(0, edition)
        self.assignments = {}


def run_stories(size: int, count: int) -> Iterator[tuple[Story, list[Step]]]:
    for seed in range(count):
        rng = random.Random(seed * 10 + size)
        story = Story(make_team(rng.choice(TEAMS[size])), rng)
        for _ in range(rng.randint(2, 14)):
            yield story, story.steps()
            story.act()


def check_stories(size: int, count: int) -> dict[str, int]:
    found = dict.fromkeys(("stops", "open"), 0)
    with override("en"):
        for story, steps in run_stories(size, count):
            facts = story.facts
            found["stops"] += 1
            for person, step in zip(story.team, steps, strict=True):
                assert BriefTurn(facts, person).is_able(step.main), (step.main, story.log)
                assert step.main not in step.others
                assert str(step.sentence), story.log
            if story.brief.state in (State.DRAFT, State.IN_REVIEW):
                found["open"] += 1
                sentences = {str(step.sentence) for step in steps}
                assert any(step.is_mine for step in steps), (sentences, story.log)
    return found


@pytest.mark.parametrize("size", TEAMS)
def test_main_act_of_few_random_histories_is_allowed(size: int) -> None:
    assert check_stories(size, 25)["open"] > 25


@pytest.mark.heavy
@pytest.mark.parametrize("size", TEAMS)
def test_main_act_of_many_random_histories_is_allowed(size: int) -> None:
    found = check_stories(size, scale(1_000))
    assert found["open"] > 1_000
