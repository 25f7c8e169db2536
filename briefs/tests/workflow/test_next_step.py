"""The rule of who can do what next, on random histories without a database. The true four-eyes rule decides."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence

import pytest
from django.utils.translation import override

from briefs.content import SIDES
from briefs.models import Assignment, Brief, Edition, Event, Note, Person, Revision, SignOff, State
from briefs.tests.support import scale
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules import four_eyes
from briefs.workflow.rules.fact_ticks import ChangedFact
from briefs.workflow.rules.transitions import BriefHistory
from briefs.workflow.step_rule import STEP_ACTS, BriefFacts, Gap, StepRule

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


STORY_ACTS = (*STEP_ACTS[: STEP_ACTS.index("reschedule")], "publish_urgently")
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
        self.ticks: set[int] = set()
        self.assignments = {side: self.ask(side, rng.choice(team)) for side in SIDES if rng.random() < 0.6}
        self.gaps = rng.choice([0, 0, 2])
        self.submission: Event | None = None
        self.is_answered = False
        self.log: list[str] = [" ".join("".join(sorted(r[0] for r in vars(p)["_roles"])) for p in team)]
        self.write(author, {"zh": 1, "en": 1, "facts": 1})

    def ask(self, side: str, person: Person) -> Assignment:
        return Assignment(side=side, person_id=person.pk, at=NOW)

    def write(self, person: Person, changes: dict[str, int]) -> None:
        if "facts" in changes:
            self.ticks = set()
        last = self.revisions[0] if self.revisions else None
        values = {p: str(changes.get(p) or (last and getattr(last, f"hash_{p}"))) for p in (*SIDES, "facts")}
        number = len(self.revisions) + 1
        hashes = {f"hash_{part}": value for part, value in values.items()}
        revision = Revision(pk=number, brief_id=1, number=number, by_id=person.pk, **hashes)
        self.revisions.insert(0, revision)

    @property
    def facts(self) -> BriefFacts:
        history = BriefHistory(tuple(self.revisions), tuple(self.editions), tuple(self.signoffs))
        since = four_eyes.find_baseline_number(history)
        changed_by = four_eyes.build_part_trail(history, "facts").find_people_since(since)
        fact = ChangedFact("url", "h", changed_by, frozenset(self.ticks), False)
        return BriefFacts(
            self.brief,
            history,
            NOW,
            self.assignments,
            gaps=[Gap("gap", "b1")] * self.gaps,
            notes=self.notes,
            changed_facts=[fact] if changed_by else [],
            submission=self.submission,
            is_answered=self.is_answered,
        )

    def steps(self) -> list[Step]:
        facts = self.facts
        return [next_step(facts, person, self.team) for person in self.team]

    def act(self) -> None:
        facts, person = self.facts, self.rng.choice(self.team)
        if self.gaps and self.rng.random() < 0.5:
            self.gaps -= 1
        if self.rng.random() < 0.35:
            self.edit(facts, person)
            return
        acts = [act for act in STORY_ACTS if StepRule(facts, person, self.team).is_able(act)]
        if acts:
            self.do(self.rng.choice(acts), person, facts)

    def edit(self, facts: BriefFacts, person: Person) -> None:
        if not StepRule(facts, person, self.team).is_able("reword"):
            return
        if next_step(facts, person, self.team).note:  # the change is kept as a suggestion
            return
        self.count += 1
        part = self.rng.choice(("zh", "en", "facts"))
        before = getattr(self.revisions[0], f"hash_{part}")
        self.log.append(f"{person} edits {part}")
        self.write(person, {part: self.count})
        if self.rng.random() < 0.15:  # types a letter and deletes it
            self.write(person, {part: int(before)})

    def do(self, act: str, person: Person, facts: BriefFacts) -> None:
        self.log.append(f"{person} {act}")
        verb, side = (act[:-3], act[-2:]) if act[-3:] in ("_zh", "_en") else (act, "")
        match verb:
            case "claim":
                self.brief.assigned_to_id = person.pk
            case "submit":
                self.brief.state, self.brief.returned_at = State.IN_REVIEW, None
                self.submission, self.is_answered = Event(by_id=person.pk, at=NOW), False
            case "sign_off" | "take_back_sign_off":
                self.answer(side, person, yes=verb == "sign_off", taken_back=verb != "sign_off")
            case "assign":
                self.assignments[side] = self.ask(
                    side,
                    self.rng.choice(StepRule(facts, self.team[0], self.team).find_able(f"sign_off_{side}")),
                )
            case "send_back":
                sides = self.rng.choice((("zh",), ("en",), SIDES))
                for one in sides:
                    self.answer(one, person, yes=False)
                self.brief.state, self.brief.returned_at = State.DRAFT, NOW
                self.brief.returned_by_id = person.pk
                self.notes = [*self.notes, Note(by_id=person.pk)]
            case "take_back":
                self.brief.state = State.DRAFT
            case "notes":
                self.notes = self.notes[1:]
            case "tick_facts":
                self.ticks.add(person.pk)
            case "approve" | "publish_urgently":
                self.publish(person, urgent=verb != "approve")
            case "confirm":
                edition = facts.urgent_edition
                assert edition
                edition.confirmed_by_id = 1
            case "revise" | "recover":
                self.brief.state = State.DRAFT
            case "turn_into_suggestion":
                before = four_eyes.find_revision_before_own_changes(facts.history, person.pk)
                assert before
                self.write(person, {s: int(getattr(before, f"hash_{s}")) for s in SIDES})

    def answer(self, side: str, person: Person, *, yes: bool, taken_back: bool = False) -> None:
        revision = self.revisions[0]
        row = SignOff(
            side=side, revision_id=revision.pk, by_id=person.pk, yes=yes, taken_back=taken_back, at=NOW
        )
        self.signoffs.append(row)
        self.is_answered = True

    def publish(self, person: Person, *, urgent: bool) -> None:
        self.brief.state = State.APPROVED
        edition = Edition(
            pk=len(self.editions) + 1, number=len(self.editions) + 1, revision_id=self.revisions[0].pk, urgent=urgent,
            approved_by_id=person.pk, live_from=NOW, hash_zh=self.revisions[0].hash_zh, hash_en=self.revisions[0].hash_en,
        )  # fmt: skip
        self.editions.insert(0, edition)
        self.assignments = {}


def is_complete(team: Sequence[Person]) -> bool:
    """Return whether a team has two publishers, or two reviewers of each language, a publisher and a writer beside."""
    roles = [vars(p)["_roles"] for p in team]
    publishers = sum("publisher" in held for held in roles)
    readers = [
        sum("reviewer" in r and s in p.reviewed_sides for p, r in zip(team, roles, strict=True))
        for s in SIDES
    ]
    return publishers >= 2 or (publishers >= 1 and min(readers) >= 2)


def run_stories(size: int, count: int) -> Iterator[tuple[Story, list[Step]]]:
    for seed in range(count):
        rng = random.Random(seed * 10 + size)
        story = Story(make_team(rng.choice(TEAMS[size])), rng)
        for _ in range(rng.randint(2, 14)):
            yield story, story.steps()
            story.act()


def check_stories(size: int, count: int) -> dict[str, int]:
    found = dict.fromkeys(("stops", "open", "stuck"), 0)
    with override("en"):
        for story, steps in run_stories(size, count):
            facts = story.facts
            found["stops"] += 1
            for person, step in zip(story.team, steps, strict=True):
                assert StepRule(facts, person, story.team).is_able(step.main), (step.main, story.log)
                assert step.main not in step.others
                assert str(step.sentence), story.log
            if story.brief.state in (State.DRAFT, State.IN_REVIEW) or facts.urgent_edition:
                found["open"] += 1
                if not any(step.is_mine for step in steps):
                    found["stuck"] += 1
                    sentences = {str(step.sentence) for step in steps}
                    assert not is_complete(story.team), (sentences, story.log)
                    assert all("sk an administrator" in text for text in sentences), (sentences, story.log)
    return found


@pytest.mark.parametrize("size", TEAMS)
def test_main_act_of_few_random_histories_is_allowed(size: int) -> None:
    assert check_stories(size, 25)["open"] > 25


@pytest.mark.heavy
@pytest.mark.parametrize("size", TEAMS)
def test_main_act_of_many_random_histories_is_allowed(size: int) -> None:
    found = check_stories(size, scale(1_000))
    assert found["open"] > 1_000
