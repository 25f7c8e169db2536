"""Random people try random verbs while the clock jumps: permissions and public pages follow a model.

In `test_public_intervals.py` only the right people act. Here everyone tries everything, and the four-eyes rule is
implemented a second time, from a list of who changed and who answered what.
"""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from briefs import workflow
from briefs.content import SIDES
from briefs.models import Brief, Edition, Event, Person
from briefs.workflow.rules import four_eyes

from ..support import factories
from ..support.crawler import fetch
from .test_public_intervals import MOMENT, START, TICK, Model

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ROLES = {"W": "w", "V": "w", "R": "r", "S": "r", "P": "wrp", "Q": "wrp", "B": "wrp", "X": ""}
"""Of each person: writer, reviewer, publisher. B is everything by three groups, X is on the desk and nothing."""
MAY = {
    "edit": "wrp", "submit": "w", "take_back": "w", "sign": "wrp", "send_back": "r", "resolve": "wrp", "note": "wrp",
    "restore": "wrp", "approve": "p", "publish_urgently": "p", "confirm": "r", "cancel": "p", "reschedule": "p",
    "withdraw": "p", "remove": "p", "reinstate": "p", "revise": "w", "discard": "w", "recover": "w",
}  # fmt: skip
OFTEN = {
    "sign": 9,
    "approve": 12,
    "submit": 6,
    "resolve": 6,
    "cancel": 4,
    "reschedule": 4,
    "revise": 5,
    "note": 1,
}
"""How often a verb is tried; the others 2."""

type Texts = tuple[int, int]
"""Which words stand in Chinese and in English, by number."""


@dataclass
class Written:
    by: str
    texts: Texts
    sides: frozenset[str]
    returned: bool = False
    """To what is live, by throwing a draft away."""


@dataclass
class Approved:
    by: str
    texts: Texts
    revision: int
    urgent: bool
    confirmed: bool = False
    cancelled: bool = False


@dataclass
class Eyes:
    """Who changed what, who answered what, and what was approved."""

    revisions: list[Written] = field(default_factory=list)
    editions: list[Approved] = field(default_factory=list)
    answers: dict[tuple[str, int, str], bool] = field(default_factory=dict)
    submitted_by: str = ""
    answered: bool = False
    open_notes: int = 0

    @property
    def texts(self) -> Texts:
        return self.revisions[-1].texts

    def write(self, by: str, texts: Texts, *, returned: bool = False) -> None:
        was = self.texts if self.revisions else (0, 0)
        sides = frozenset(s for s, old, new in zip(SIDES, was, texts, strict=True) if old != new)
        self.revisions.append(Written(by, texts, sides, returned))

    def reviewed(self) -> Approved | None:
        return next((e for e in reversed(self.editions) if not e.urgent or e.confirmed), None)

    def standing(self) -> Approved | None:
        return next((e for e in reversed(self.editions) if not e.cancelled), None)

    def awaits(self) -> Approved | None:
        urgent = (e for e in reversed(self.editions) if e.urgent and not e.confirmed and not e.cancelled)
        return next(urgent, None)

    def baseline(self) -> int:
        """How many revisions count for nobody: they were approved, or thrown away."""
        reviewed = self.reviewed()
        if reviewed is None:
            return 0
        back = (n for n, one in enumerate(self.revisions, 1) if one.returned and one.texts == reviewed.texts)
        return max(reviewed.revision, *back, 0)

    def changed(self, side: str) -> set[str]:
        later = self.revisions[self.baseline() :]
        return {one.by for one in later if side in one.sides}

    def says(self, side: str, yes: bool) -> set[str]:
        text = self.texts[SIDES.index(side)]
        return {who for (s, t, who), said in self.answers.items() if (s, t, said) == (side, text, yes)}

    def signed(self, side: str) -> bool:
        yes = self.says(side, True)
        if self.says(side, False) or (self.reviewed() is None and not yes):
            return False
        return all(yes - {person} for person in self.changed(side))

    def may_sign(self, side: str, who: str) -> bool:
        changed = self.changed(side)
        if changed == {who}:
            return False
        beside = who in changed and any("r" in ROLES[other] for other in changed - {who})
        return "r" in ROLES[who] or beside

    def last_editor(self) -> str:
        return next((one.by for one in reversed(self.revisions) if one.sides), self.revisions[0].by)

    def may_approve(self, who: str) -> bool:
        wrote_facts = self.reviewed() is None and self.revisions[0].by == who
        signed = all(self.signed(side) for side in SIDES)
        return signed and not self.open_notes and who != self.last_editor() and not wrote_facts


class Life:
    """One brief, its two models, dice, and eight people."""

    def __init__(self, people: dict[str, Person], clock: Any, seed: int) -> None:
        self.people, self.clock, self.dice = people, clock, random.Random(seed)
        self.story = [f"seed {seed}"]
        self.done: set[str] = set()
        self.refused: set[str] = set()
        self.counter = itertools.count(2)
        begun_by = self.dice.choice("WVB")
        self.brief = workflow.create(self.content((1, 1)), by=people[begun_by])
        self.eyes, self.model = Eyes(), Model()
        self.eyes.write(begun_by, (1, 1))
        self.model.typed = said((1, 1))

    @staticmethod
    def content(texts: Texts) -> Any:
        zh, en = texts
        return factories.content(summary_zh=f"摘要 no{zh}x。", summary_en=f"Words no{en}x.")

    def row(self) -> Brief:
        return Brief.objects.get(pk=self.brief.pk)

    # One step

    def step(self) -> None:
        self.pass_time()
        verb, who, side = self.some_try()
        at = self.some_time() if verb in ("approve", "publish_urgently", "reschedule") else None
        self.story.append(f"{timezone.now():%d %H:%M:%S.%f} {who} {verb} {side} at {at}")
        before = self.counts()
        if self.allows(verb, who, side):
            again = verb == "sign" and who in self.eyes.says(side, True)
            self.perform(verb, self.people[who], side, at)
            self.follow(verb, who, side, at)
            self.done.add(verb)
            events = 0 if again or verb == "edit" else 1
            assert Event.objects.filter(brief=self.brief).count() == before[0] + events, self.story
        else:
            with pytest.raises(workflow.Refused):
                self.perform(verb, self.people[who], side, at)
            self.refused.add(verb)
            assert self.counts() == before, self.story
        self.clock.shift(MOMENT)
        self.model.at(timezone.now())

    def some_try(self) -> tuple[str, str, str]:
        """Three times in four something that may be done now. Of what has nothing to do it to, nothing is tried."""
        others = [n for n, one in enumerate(self.eyes.revisions, 1) if one.texts != self.eyes.texts]
        self.restored = self.dice.choice(others or [0])
        idle = {"resolve"} if not self.eyes.open_notes else set()
        idle |= {"restore"} if not others else set()
        tries = [(verb, who, side) for verb in MAY.keys() - idle for who in ROLES for side in SIDES]
        able = [one for one in sorted(tries) if self.allows(*one)]
        chosen = able if able and self.dice.random() < 0.75 else sorted(tries)
        verbs = sorted({verb for verb, _who, _side in chosen})
        verb = self.dice.choices(verbs, [OFTEN.get(verb, 2) for verb in verbs])[0]
        return self.dice.choice([one for one in chosen if one[0] == verb])

    def counts(self) -> tuple[int, int]:
        return Event.objects.filter(brief=self.brief).count(), self.row().version

    def allows(self, verb: str, who: str, side: str) -> bool:
        desk, eyes_, roles = self.model.desk, self.eyes, ROLES[who]
        if not set(MAY[verb]) & set(roles):
            return False
        match verb:
            case "edit" | "restore":
                return desk == "review" or (desk == "draft" and "w" in roles)
            case "submit":
                return desk == "draft"
            case "take_back":
                return desk == "review" and eyes_.submitted_by == who and not eyes_.answered
            case "sign":
                return desk == "review" and eyes_.may_sign(side, who)
            case "note" | "resolve":
                return desk != "discarded"
            case "approve":
                return self.model.allows(verb) and eyes_.may_approve(who)
            case "confirm":
                awaits = eyes_.awaits()
                return awaits is not None and awaits.by != who
        return self.model.allows(verb)

    def perform(self, verb: str, by: Person, side: str, at: dt.datetime | None) -> None:
        brief, row = self.brief.pk, self.row()
        change = workflow.ChangeNote("update", "改", "Changed")
        match verb:
            case "edit":
                n = next(self.counter)
                zh, en = self.eyes.texts
                self.typed = (n, en) if side == "zh" else (zh, n)
                made = self.content(self.typed)
                content = workflow.load_working_copy(row)
                text = factories.replace(content, summary_zh=made.summary_zh, summary_en=made.summary_en)
                workflow.save(brief, text, by=by, version=row.version)
            case "restore":
                workflow.restore(brief, self.restored, by=by, version=row.version)
            case "sign":
                factories.sign_off(row, by, side)
            case "send_back":
                workflow.send_back(brief, by=by, note="再看", sides=[side])
            case "note":
                workflow.add_note(brief, "看", by=by)
            case "resolve":
                workflow.resolve(row.notes.filter(resolved_at=None)[0], by=by)
            case "approve":
                factories.approve(row, by, at=at, change=change, ticked=list(four_eyes.FACT_LABELS))
            case "publish_urgently":
                seen = factories.content_hash(row)
                workflow.publish_urgently(brief, by=by, seen=seen, reason="快", at=at, change=change)
            case "reschedule":
                workflow.reschedule(brief, by=by, at=at)
            case "withdraw":
                workflow.withdraw(brief, by=by, kind="other", reason_zh="因", reason_en="Because")
            case "remove":
                workflow.remove(brief, by=by, reason="x")
            case "confirm" | "cancel" | "reinstate":
                getattr(workflow, verb)(brief, by=by)
            case _:
                getattr(workflow, verb)(brief, by=by, version=row.version)

    def follow(self, verb: str, who: str, side: str, at: dt.datetime | None) -> None:
        """What the verb means to the models."""
        eyes_, model = self.eyes, self.model
        if model.coming and verb in (
            "approve",
            "publish_urgently",
            "cancel",
            "reschedule",
            "withdraw",
            "remove",
        ):
            coming = eyes_.standing()
            assert coming is not None
            coming.cancelled = True
        match verb:
            case "edit":
                eyes_.write(who, self.typed)
            case "restore":
                eyes_.write(who, eyes_.revisions[self.restored - 1].texts)
            case "submit":
                model.desk, eyes_.submitted_by, eyes_.answered = "review", who, False
            case "take_back":
                model.desk = "draft"
            case "sign":
                again = who in eyes_.says(side, True)
                eyes_.answers[side, eyes_.texts[SIDES.index(side)], who] = True
                eyes_.answered = eyes_.answered or not again
            case "send_back":
                eyes_.answers[side, eyes_.texts[SIDES.index(side)], who] = False
                eyes_.open_notes, eyes_.answered, model.desk = eyes_.open_notes + 1, True, "draft"
            case "note":
                eyes_.open_notes += 1
            case "resolve":
                eyes_.open_notes -= 1
            case "confirm":
                awaits = eyes_.awaits()
                assert awaits is not None
                awaits.confirmed = True
            case "approve" | "publish_urgently":
                urgent = verb == "publish_urgently"
                eyes_.editions.append(Approved(who, eyes_.texts, len(eyes_.revisions), urgent))
            case "reschedule":
                eyes_.editions.append(replace(eyes_.editions[-1], cancelled=False))
            case "discard":
                self._discarded(who)
        if verb in ("approve", "publish_urgently", "reschedule", "cancel", "withdraw", "remove", "reinstate",
                    "revise", "recover", "discard"):  # fmt: skip
            model.do(verb, "", at)
        model.typed = said(eyes_.texts)

    def _discarded(self, who: str) -> None:
        if standing := self.eyes.standing():
            self.eyes.write(who, standing.texts, returned=True)

    def pass_time(self) -> None:
        now, jumps = timezone.now(), [MOMENT, dt.timedelta(hours=1), dt.timedelta(days=2)]
        if self.model.coming:
            until = self.model.coming[0] - now
            jumps += [jump for jump in (until, until - TICK, until + TICK) if jump >= MOMENT]
        self.clock.shift(self.dice.choice(jumps))
        self.model.at(timezone.now())

    def some_time(self) -> dt.datetime | None:
        soon = timezone.now() + dt.timedelta(seconds=self.dice.choice((1, 3600, 86_400)))
        return self.dice.choice((None, soon))

    # What holds

    def check(self) -> None:
        row = self.row()
        assert row.state == DESK[self.model.desk], self.story
        standing = four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))
        for side in SIDES:
            assert standing[side].is_signed == self.eyes.signed(side), (side, self.story)  # type: ignore[index]
        if row.slug is None:
            assert not Edition.objects.filter(brief=row).exists(), self.story
            return
        page, home = fetch(f"/en/briefs/{row.slug}/parallel/"), fetch("/en/")
        listed = bool(self.model.public) and not self.model.down
        assert page.status == self.model.status, self.story
        assert (f"/en/briefs/{row.slug}/" in home.text) == listed, self.story
        shown = {one for one in ALL if f"no{one}x" in page.text}
        assert shown == ({int(n) for n in self.model.public.split()} if listed else set()), self.story


ALL = range(1, 60)
DESK = {"draft": "draft", "review": "in_review", "approved": "approved", "discarded": "discarded"}


def said(texts: Texts) -> str:
    return f"{texts[0]} {texts[1]}"


def lives(runs: range, steps: int) -> Iterator[Life]:
    """Each is undone before the next begins."""
    factories.facts()
    groups = {"w": "Writers", "r": "Reviewers", "wrp": "Publishers"}
    people = {
        key: factories.person(
            f"p{key}", *(groups.values() if key == "B" else [groups[r]] if (r := roles) else [])
        )
        for key, roles in ROLES.items()
    }
    for seed in runs:
        with transaction.atomic():
            with time_machine.travel(START, tick=False) as clock:
                life = Life(people, clock, seed)
                for _ in range(steps):
                    life.step()
                    life.check()
            yield life
            transaction.set_rollback(True)


def test_few_random_histories_by_everyone_match_the_model() -> None:
    assert sum(len(life.story) for life in lives(range(2), 50)) == 2 * 51


@pytest.mark.heavy
def test_many_random_histories_by_everyone_match_the_model() -> None:
    """Each verb is done and refused somewhere."""
    done, refused, number = set[str](), set[str](), 100 if connection.vendor == "sqlite" else 40
    for life in lives(range(2000, 2000 + number), 50):
        done |= life.done
        refused |= life.refused
    assert done == refused == set(MAY)
