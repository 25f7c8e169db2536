"""Random histories of a brief: public pages always show what a small model predicts."""

import copy
import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Edition, Note
from briefs.tests.support import factories, scale
from briefs.tests.support.crawler import fetch
from briefs.tests.support.factories import Team

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

START = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
TICK = dt.timedelta(microseconds=1)
MOMENT = dt.timedelta(milliseconds=1)


@dataclass
class Model:
    """The public text, the scheduled text and the state of the brief. The model has no intervals."""

    desk_state: str = "draft"
    draft_text: str = "0"
    public_text: str = ""
    takedown: str = ""
    scheduled: tuple[dt.datetime, str] | None = None
    approved_texts: list[str] = field(default_factory=list)
    """Texts of the editions that were not cancelled, in order."""

    def advance_to(self, now: dt.datetime) -> "Model":
        if self.scheduled and self.scheduled[0] <= now:
            self.public_text, self.takedown, self.scheduled = self.scheduled[1], "", None
        return self

    @property
    def status(self) -> int:
        return 404 if not self.public_text else 410 if self.takedown == "removed" else 200

    def allows(self, verb: str) -> bool:
        return {
            "rework": self.desk_state == "draft",
            "send_back": self.desk_state == "review",
            "approve": self.desk_state == "review",
            "cancel": bool(self.scheduled),
            "reschedule": bool(self.scheduled),
            "withdraw": bool(self.public_text) and not self.takedown,
            "remove": bool(self.public_text) and self.takedown != "removed",
            "reinstate": bool(self.public_text and self.takedown),
            "revise": self.desk_state == "approved",
            "discard": self.desk_state == "draft",
            "recover": self.desk_state == "discarded",
        }[verb]

    def publish(self, text: str, at: dt.datetime | None) -> None:
        self.drop_schedule()
        self.approved_texts.append(text)
        if at:
            self.scheduled = (at, text)
        else:
            self.public_text, self.takedown = text, ""

    def drop_schedule(self) -> None:
        if self.scheduled:
            self.approved_texts.pop()
        self.scheduled = None

    def cancel_schedule(self) -> None:
        if self.scheduled and self.desk_state == "approved":
            self.desk_state = "review"
        self.drop_schedule()

    def apply(self, verb: str, text: str, at: dt.datetime | None) -> None:
        match verb:
            case "rework":
                self.desk_state, self.draft_text = "review", text
            case "send_back" | "revise" | "recover":
                self.desk_state = "draft"
            case "approve":
                self.publish(self.draft_text, at)
                self.desk_state = "approved"
            case "reschedule":
                self.publish(self.scheduled[1] if self.scheduled else "", at)
            case "cancel":
                self.cancel_schedule()
            case "withdraw" | "remove":
                self.cancel_schedule()
                self.takedown = "withdrawn" if verb == "withdraw" else "removed"
            case "reinstate":
                self.takedown = ""
            case "discard":
                self.desk_state = "approved" if self.approved_texts else "discarded"
                self.draft_text = self.approved_texts[-1] if self.approved_texts else self.draft_text


VERBS = {
    "rework": 5,
    "approve": 6,
    "send_back": 1,
    "revise": 4,
    "discard": 2,
    "recover": 2,
    "cancel": 2,
    "reschedule": 3,
    "withdraw": 2,
    "remove": 1,
    "reinstate": 2,
}


def format_summary(text: str) -> str:
    return f"Words no{text}x."


class Simulation:
    """One brief, its model, and a seeded random generator."""

    def __init__(self, team: Team, clock: Any, seed: int) -> None:
        self.team, self.clock, self.rng = team, clock, random.Random(seed)
        self.log: list[str] = [f"seed {seed}"]
        self.brief = factories.draft_brief(
            team, factories.content(summary_zh=format_summary("0"), summary_en=format_summary("0"))
        )
        self.model = Model()
        self.counter = itertools.count(1)

    def step(self) -> None:
        self.advance_clock()
        verb = self.rng.choices(list(VERBS), list(VERBS.values()))[0]
        text, at = str(next(self.counter)), self.pick_time()
        self.log.append(f"{timezone.now():%d %H:%M:%S.%f} {verb} {text} at {at}")
        if self.model.allows(verb):
            self.perform(verb, text, at)
            self.model.apply(verb, text, at if verb in ("approve", "reschedule") else None)
        else:
            with pytest.raises(workflow.Refused), transaction.atomic():
                self.perform(verb, text, at)
        self.clock.shift(MOMENT)
        self.model.advance_to(timezone.now())

    def advance_clock(self) -> None:
        """Move the clock, often to the time of the scheduled edition or one tick before or after."""
        now, jumps = timezone.now(), [MOMENT, dt.timedelta(hours=1), dt.timedelta(days=2)]
        if self.model.scheduled:
            until = self.model.scheduled[0] - now
            jumps += [jump for jump in (until, until, until - TICK, until + TICK) if jump >= MOMENT]
        self.clock.shift(self.rng.choice(jumps))
        self.model.advance_to(timezone.now())

    def pick_time(self) -> dt.datetime | None:
        """Return None for now, a moment soon, or exactly the time of the scheduled edition."""
        soon = timezone.now() + dt.timedelta(seconds=self.rng.choice((1, 3600, 86_400, 200_000)))
        scheduled = self.model.scheduled[0] if self.model.scheduled else None
        return self.rng.choice(
            (None, soon, soon, scheduled if scheduled and scheduled > timezone.now() else None)
        )

    def perform(self, verb: str, text: str, at: dt.datetime | None) -> None:
        team, brief = self.team, self.brief
        version = Brief.objects.get(pk=brief.pk).version
        note = factories.change_note("update", f"改{text}", f"Changed {text}")
        match verb:
            case "rework":
                summaries = dict.fromkeys(("summary_zh", "summary_en"), format_summary(text))
                row = factories.edit(brief, team.writer, **summaries, **note)
                workflow.submit(row, by=team.writer, version=row.version)
            case "send_back":
                workflow.send_back(brief, by=team.reviewer, note="再看")
            case "approve":
                self.sign()
                factories.approve(brief, team.publisher, at=at)
            case "reschedule":
                workflow.reschedule(brief, by=team.publisher, at=at)
            case "withdraw":
                workflow.withdraw(brief, by=team.publisher, kind="other")
            case "remove":
                workflow.remove(brief, by=team.publisher, reason="x")
            case "cancel" | "reinstate":
                getattr(workflow, verb)(brief, by=team.publisher)
            case "revise" | "discard" | "recover":
                getattr(workflow, verb)(brief, by=team.writer, version=version)

    def sign(self) -> None:
        for note in Note.objects.filter(brief=self.brief, resolved_at=None):
            workflow.reviewing.resolve(note, by=self.team.reviewer)
        factories.sign_off(self.brief, self.team.reviewer)

    # Invariants

    def check(self) -> None:
        rows = list(Edition.objects.filter(brief=self.brief).order_by("live_from", "number"))
        self.check_intervals_are_disjoint(rows)
        self.check_page(self.model)
        now, scheduled = timezone.now(), self.model.scheduled
        assert [e.live_from for e in rows if e.live_from > now and not e.is_cancelled] == (
            [scheduled[0]] if scheduled else []
        ), self.log
        if scheduled:
            for moment in (scheduled[0] - TICK, scheduled[0], scheduled[0] + dt.timedelta(days=9)):
                if moment > now:
                    self.clock.move_to(moment)
                    self.check_page(copy.deepcopy(self.model).advance_to(moment))
            self.clock.move_to(now)

    def check_intervals_are_disjoint(self, rows: list[Edition]) -> None:
        spans = [(e.live_from, e.live_until) for e in rows if not e.is_cancelled]
        for (_, until), (start, _) in itertools.pairwise(spans):
            assert until is not None, self.log
            assert until <= start, self.log
        for boundary in {boundary for span in spans for boundary in span if boundary}:
            for moment in (boundary - TICK, boundary, boundary + TICK):
                editions_of_brief = Edition.objects.filter(brief=self.brief)
                assert editions_of_brief.public(moment).count() <= 1, self.log
                others = editions_of_brief.exclude(pk__in=editions_of_brief.listed(moment).values("pk"))
                assert set(editions_of_brief.unlisted(moment)) == set(others), self.log

    def check_page(self, model: Model) -> None:
        slug = Brief.objects.values_list("slug", flat=True).get(pk=self.brief.pk)
        if slug is None:
            assert not Edition.objects.filter(brief=self.brief).exists(), self.log
            return
        page, home = fetch(f"/en/briefs/{slug}/"), fetch("/en/")
        listed = bool(model.public_text) and not model.takedown
        assert page.status == model.status, self.log
        assert (f"/en/briefs/{slug}/" in home.text) == listed, self.log
        shown = {
            word
            for word in (page.text + home.text).split()
            for word in [word.partition("<")[0]]
            if word.startswith("no") and word.endswith("x.")
        }
        assert shown == ({f"no{model.public_text}x."} if listed else set()), self.log
        assert ("The editors took this brief down." in page.text) == (model.takedown == "withdrawn"), self.log


def run_simulations(seeds: range, steps: int) -> Iterator[Simulation]:
    """Yield one finished simulation per seed. Each is rolled back before the next begins."""
    team = Team()
    factories.facts()
    for seed in seeds:
        with transaction.atomic():
            with time_machine.travel(START, tick=False) as clock:
                simulation = Simulation(team, clock, seed)
                for _ in range(steps):
                    simulation.step()
                    simulation.check()
            yield simulation
            transaction.set_rollback(True)


def test_few_random_histories_match_the_model() -> None:
    logs = " ".join(line for simulation in run_simulations(range(3), 25) for line in simulation.log)
    assert all(verb in logs for verb in VERBS)


@pytest.mark.heavy
def test_many_random_histories_match_the_model() -> None:
    count = scale(6)
    assert (
        sum(len(simulation.log) for simulation in run_simulations(range(1000, 1000 + count), 50))
        == count * 51
    )
