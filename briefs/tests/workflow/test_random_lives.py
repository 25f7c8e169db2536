"""Random people try random verbs while the clock jumps: permissions and public pages follow a model.

In `test_public_intervals.py` only the right people act. Here everyone tries everything, and the four-eyes rule
is implemented a second time, from a list of who changed and who answered what.
"""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from briefs import workflow
from briefs.content import SIDES
from briefs.facts import FACTS
from briefs.models import Brief, Edition, Event, Person
from briefs.tests.support import factories, scale
from briefs.tests.support.crawler import fetch
from briefs.workflow.rules import four_eyes

from .four_eyes_model import ROLES, EditionRecord, FourEyesModel, Texts
from .test_public_intervals import MOMENT, START, TICK, Model

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ROLES_BY_VERB = {
    "edit": "wrp", "submit": "w", "take_back": "w", "sign": "wrp", "send_back": "r", "resolve": "wrp", "note": "wrp",
    "restore": "wrp", "approve": "p", "publish_urgently": "p", "confirm": "r", "cancel": "p", "reschedule": "p",
    "withdraw": "p", "remove": "p", "reinstate": "p", "revise": "w", "discard": "w", "recover": "w",
}  # fmt: skip
VERB_WEIGHTS = {
    "sign": 9,
    "approve": 12,
    "submit": 6,
    "resolve": 6,
    "cancel": 4,
    "reschedule": 4,
    "revise": 5,
    "note": 1,
}
"""Weight of a verb in the random choice; every other verb has weight 2."""


class Simulation:
    """One brief, its two models, a seeded random generator, and eight people."""

    def __init__(self, people: dict[str, Person], clock: Any, seed: int) -> None:
        self.people, self.clock, self.rng = people, clock, random.Random(seed)
        self.log = [f"seed {seed}"]
        self.allowed_verbs: set[str] = set()
        self.refused_verbs: set[str] = set()
        self.counter = itertools.count(2)
        author = self.rng.choice("WVB")
        self.brief = workflow.create(self.content((1, 1)), by=people[author])
        self.eyes_model, self.model = FourEyesModel(), Model()
        self.eyes_model.add_revision(author, (1, 1))
        self.model.draft_text = format_texts((1, 1))

    @staticmethod
    def content(texts: Texts) -> Any:
        zh, en = texts
        return factories.content(summary_zh=f"摘要 no{zh}x。", summary_en=f"Words no{en}x.")

    def row(self) -> Brief:
        return Brief.objects.get(pk=self.brief.pk)

    # One step

    def step(self) -> None:
        self.advance_clock()
        verb, who, side = self.pick_attempt()
        at = self.pick_time() if verb in ("approve", "publish_urgently", "reschedule") else None
        self.log.append(f"{timezone.now():%d %H:%M:%S.%f} {who} {verb} {side} at {at}")
        before = self.counts()
        if self.allows(verb, who, side):
            already_signed = verb == "sign" and who in self.eyes_model.find_answerers(side, True)
            self.perform(verb, self.people[who], side, at)
            self.update_models(verb, who, side, at)
            self.allowed_verbs.add(verb)
            events = 0 if already_signed or verb == "edit" else 1
            assert Event.objects.filter(brief=self.brief).count() == before[0] + events, self.log
        else:
            with pytest.raises(workflow.Refused):
                self.perform(verb, self.people[who], side, at)
            self.refused_verbs.add(verb)
            assert self.counts() == before, self.log
        self.clock.shift(MOMENT)
        self.model.advance_to(timezone.now())

    def pick_attempt(self) -> tuple[str, str, str]:
        """Pick a verb, a person and a side; three picks in four are allowed. Verbs that have nothing to act
        on are skipped.
        """
        older_numbers = [
            n
            for n, revision in enumerate(self.eyes_model.revisions, 1)
            if revision.texts != self.eyes_model.texts
        ]
        self.restored_number = self.rng.choice(older_numbers or [0])
        impossible = {"resolve"} if not self.eyes_model.open_notes else set()
        impossible |= {"restore"} if not older_numbers else set()
        attempts = [
            (verb, who, side) for verb in ROLES_BY_VERB.keys() - impossible for who in ROLES for side in SIDES
        ]
        allowed = [attempt for attempt in sorted(attempts) if self.allows(*attempt)]
        chosen = allowed if allowed and self.rng.random() < 0.75 else sorted(attempts)
        verbs = sorted({verb for verb, _who, _side in chosen})
        verb = self.rng.choices(verbs, [VERB_WEIGHTS.get(verb, 2) for verb in verbs])[0]
        return self.rng.choice([attempt for attempt in chosen if attempt[0] == verb])

    def counts(self) -> tuple[int, int]:
        return Event.objects.filter(brief=self.brief).count(), self.row().version

    def allows(self, verb: str, who: str, side: str) -> bool:
        desk, eyes_model, roles = self.model.desk_state, self.eyes_model, ROLES[who]
        if not set(ROLES_BY_VERB[verb]) & set(roles):
            return False
        match verb:
            case "edit" | "restore":
                return desk == "review" or (desk == "draft" and "w" in roles)
            case "submit":
                return desk == "draft"
            case "take_back":
                return desk == "review" and eyes_model.submitted_by == who and not eyes_model.answered
            case "sign":
                return desk == "review" and eyes_model.may_sign(side, who)
            case "note" | "resolve":
                return desk != "discarded"
            case "approve":
                return self.model.allows(verb) and eyes_model.may_approve(who)
            case "confirm":
                unconfirmed = eyes_model.find_unconfirmed()
                return unconfirmed is not None and unconfirmed.by != who
        return self.model.allows(verb)

    def perform(self, verb: str, by: Person, side: str, at: dt.datetime | None) -> None:
        brief, row = self.brief.pk, self.row()
        change = workflow.ChangeNote("update", "改", "Changed")
        match verb:
            case "edit":
                n = next(self.counter)
                zh, en = self.eyes_model.texts
                self.edited_texts = (n, en) if side == "zh" else (zh, n)
                new = self.content(self.edited_texts)
                content = workflow.load_working_copy(row)
                text = factories.replace(content, summary_zh=new.summary_zh, summary_en=new.summary_en)
                workflow.save(brief, text, by=by, version=row.version)
            case "restore":
                workflow.restore(brief, self.restored_number, by=by, version=row.version)
            case "sign":
                factories.sign_off(row, by, side)
            case "send_back":
                workflow.send_back(brief, by=by, note="再看", sides=[side])
            case "note":
                workflow.add_note(brief, "看", by=by)
            case "resolve":
                workflow.resolve(row.notes.filter(resolved_at=None)[0], by=by)
            case "approve":
                factories.approve(row, by, at=at, change=change, ticked=list(FACTS))
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

    def update_models(self, verb: str, who: str, side: str, at: dt.datetime | None) -> None:
        """Apply the verb to both models."""
        eyes_model, model = self.eyes_model, self.model
        if model.scheduled and verb in (
            "approve",
            "publish_urgently",
            "cancel",
            "reschedule",
            "withdraw",
            "remove",
        ):
            scheduled = eyes_model.find_latest_uncancelled()
            assert scheduled is not None
            scheduled.cancelled = True
        match verb:
            case "edit":
                eyes_model.add_revision(who, self.edited_texts)
            case "restore":
                eyes_model.add_revision(who, eyes_model.revisions[self.restored_number - 1].texts)
            case "submit":
                model.desk_state, eyes_model.submitted_by, eyes_model.answered = "review", who, False
            case "take_back":
                model.desk_state = "draft"
            case "sign":
                already_signed = who in eyes_model.find_answerers(side, True)
                eyes_model.answer(side, who, True)
                eyes_model.answered = eyes_model.answered or not already_signed
            case "send_back":
                eyes_model.answer(side, who, False)
                eyes_model.open_notes, eyes_model.answered, model.desk_state = (
                    eyes_model.open_notes + 1,
                    True,
                    "draft",
                )
            case "note":
                eyes_model.open_notes += 1
            case "resolve":
                eyes_model.open_notes -= 1
            case "confirm":
                unconfirmed = eyes_model.find_unconfirmed()
                assert unconfirmed is not None
                unconfirmed.confirmed = True
            case "approve" | "publish_urgently":
                urgent = verb == "publish_urgently"
                eyes_model.editions.append(
                    EditionRecord(who, eyes_model.texts, len(eyes_model.revisions), urgent)
                )
            case "reschedule":
                eyes_model.editions.append(replace(eyes_model.editions[-1], cancelled=False))
            case "discard":
                self._return_to_published(who)
        if verb in ("approve", "publish_urgently", "reschedule", "cancel", "withdraw", "remove", "reinstate",
                    "revise", "recover", "discard"):  # fmt: skip
            model.apply(verb, "", at)
        model.draft_text = format_texts(eyes_model.texts)

    def _return_to_published(self, who: str) -> None:
        if latest := self.eyes_model.find_latest_uncancelled():
            self.eyes_model.add_revision(who, latest.texts, discarded_to=latest.revision)

    def advance_clock(self) -> None:
        now, jumps = timezone.now(), [MOMENT, dt.timedelta(hours=1), dt.timedelta(days=2)]
        if self.model.scheduled:
            until = self.model.scheduled[0] - now
            jumps += [jump for jump in (until, until - TICK, until + TICK) if jump >= MOMENT]
        self.clock.shift(self.rng.choice(jumps))
        self.model.advance_to(timezone.now())

    def pick_time(self) -> dt.datetime | None:
        soon = timezone.now() + dt.timedelta(seconds=self.rng.choice((1, 3600, 86_400)))
        return self.rng.choice((None, soon))

    # Invariants

    def check(self) -> None:
        row = self.row()
        assert row.state == BRIEF_STATES[self.model.desk_state], self.log
        statuses = four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))
        for side in SIDES:
            assert statuses[side].is_signed == self.eyes_model.is_signed(side), (side, self.log)  # type: ignore[index]
        if row.slug is None:
            assert not Edition.objects.filter(brief=row).exists(), self.log
            return
        page, home = fetch(f"/en/briefs/{row.slug}/parallel/"), fetch("/en/")
        listed = bool(self.model.public_text) and not self.model.takedown
        assert page.status == self.model.status, self.log
        assert (f"/en/briefs/{row.slug}/" in home.text) == listed, self.log
        shown = {number for number in TEXT_NUMBERS if f"no{number}x" in page.text}
        assert shown == ({int(n) for n in self.model.public_text.split()} if listed else set()), self.log


TEXT_NUMBERS = range(1, 60)
BRIEF_STATES = {"draft": "draft", "review": "in_review", "approved": "approved", "discarded": "discarded"}


def format_texts(texts: Texts) -> str:
    return f"{texts[0]} {texts[1]}"


def run_simulations(seeds: range, steps: int) -> Iterator[Simulation]:
    """Yield one finished simulation per seed. Each is rolled back before the next begins."""
    factories.facts()
    groups = {"w": "Writers", "r": "Reviewers", "wrp": "Publishers"}
    people = {
        key: factories.person(
            f"p{key}", *(groups.values() if key == "B" else [groups[r]] if (r := roles) else [])
        )
        for key, roles in ROLES.items()
    }
    for seed in seeds:
        with transaction.atomic():
            with time_machine.travel(START, tick=False) as clock:
                simulation = Simulation(people, clock, seed)
                for _ in range(steps):
                    simulation.step()
                    simulation.check()
            yield simulation
            transaction.set_rollback(True)


def test_few_random_histories_by_everyone_match_the_model() -> None:
    assert sum(len(simulation.log) for simulation in run_simulations(range(2), 50)) == 2 * 51


@pytest.mark.heavy
def test_many_random_histories_by_everyone_match_the_model() -> None:
    """Every verb is allowed at least once and refused at least once."""
    allowed, refused, count = set[str](), set[str](), scale(40)
    for simulation in run_simulations(range(2000, 2000 + count), 50):
        allowed |= simulation.allowed_verbs
        refused |= simulation.refused_verbs
    assert allowed == refused == set(ROLES_BY_VERB)
