"""Random histories of a brief compared with a small model: public pages always show what the model predicts."""

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
from briefs.models.edition import EditionQuerySet
from briefs.workflow import schedule

from ..support import factories
from ..support.crawler import fetch, forget_prepared_queries

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

START = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
TICK = dt.timedelta(microseconds=1)
MOMENT = dt.timedelta(milliseconds=1)


@dataclass
class Model:
    """What is public, what comes, and where the desk stands. It knows no intervals."""

    desk: str = "draft"
    typed: str = "0"
    public: str = ""
    down: str = ""
    coming: tuple[dt.datetime, str] | None = None
    standing: list[str] = field(default_factory=list)
    """Words of the editions that were not cancelled, in order."""

    def at(self, now: dt.datetime) -> "Model":
        if self.coming and self.coming[0] <= now:
            self.public, self.down, self.coming = self.coming[1], "", None
        return self

    @property
    def status(self) -> int:
        return 404 if not self.public else 410 if self.down == "removed" else 200

    def allows(self, verb: str) -> bool:
        return {
            "rework": self.desk == "draft",
            "send_back": self.desk == "review",
            "approve": self.desk == "review",
            "publish_urgently": self.desk in ("draft", "review"),
            "cancel": bool(self.coming),
            "reschedule": bool(self.coming),
            "withdraw": bool(self.public) and not self.down,
            "remove": bool(self.public) and self.down != "removed",
            "reinstate": bool(self.public and self.down),
            "revise": self.desk == "approved",
            "discard": self.desk == "draft",
            "recover": self.desk == "discarded",
        }[verb]

    def publish(self, words: str, at: dt.datetime | None) -> None:
        self.forget()
        self.standing.append(words)
        if at:
            self.coming = (at, words)
        else:
            self.public, self.down = words, ""

    def forget(self) -> None:
        if self.coming:
            self.standing.pop()
        self.coming = None

    def call_off(self) -> None:
        if self.coming and self.desk == "approved":
            self.desk = "review"
        self.forget()

    def do(self, verb: str, words: str, at: dt.datetime | None) -> None:
        match verb:
            case "rework":
                self.desk, self.typed = "review", words
            case "send_back" | "revise" | "recover":
                self.desk = "draft"
            case "approve" | "publish_urgently":
                self.publish(self.typed, at)
                self.desk = "approved"
            case "reschedule":
                self.publish(self.coming[1] if self.coming else "", at)
            case "cancel":
                self.call_off()
            case "withdraw" | "remove":
                self.call_off()
                self.down = "withdrawn" if verb == "withdraw" else "removed"
            case "reinstate":
                self.down = ""
            case "discard":
                self.desk = "approved" if self.standing else "discarded"
                self.typed = self.standing[-1] if self.standing else self.typed


VERBS = {
    "rework": 5,
    "approve": 6,
    "publish_urgently": 2,
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


def said(words: str) -> str:
    return f"Words no{words}x."


class Life:
    """One brief, its model, and dice."""

    def __init__(self, team: factories.Team, clock: Any, seed: int) -> None:
        self.team, self.clock, self.dice = team, clock, random.Random(seed)
        self.story: list[str] = [f"seed {seed}"]
        self.brief = factories.draft_brief(team, factories.content(summary_zh=said("0"), summary_en=said("0")))
        self.model = Model()
        self.counter = itertools.count(1)

    def step(self) -> None:
        self.pass_time()
        verb = self.dice.choices(list(VERBS), list(VERBS.values()))[0]
        words, at = str(next(self.counter)), self.some_time()
        self.story.append(f"{timezone.now():%d %H:%M:%S.%f} {verb} {words} at {at}")
        if self.model.allows(verb):
            self.perform(verb, words, at)
            self.model.do(verb, words, at if verb in ("approve", "publish_urgently", "reschedule") else None)
        else:
            with pytest.raises(workflow.Refused), transaction.atomic():
                self.perform(verb, words, at)
        self.clock.shift(MOMENT)
        self.model.at(timezone.now())

    def pass_time(self) -> None:
        """Onto a moment at which something comes true as often as not."""
        now, jumps = timezone.now(), [MOMENT, dt.timedelta(hours=1), dt.timedelta(days=2)]
        if self.model.coming:
            until = self.model.coming[0] - now
            jumps += [jump for jump in (until, until, until - TICK, until + TICK) if jump >= MOMENT]
        self.clock.shift(self.dice.choice(jumps))
        self.model.at(timezone.now())

    def some_time(self) -> dt.datetime | None:
        """Now, soon, or exactly when something else would have come."""
        soon = timezone.now() + dt.timedelta(seconds=self.dice.choice((1, 3600, 86_400, 200_000)))
        other = self.model.coming[0] if self.model.coming else None
        return self.dice.choice((None, soon, soon, other if other and other > timezone.now() else None))

    def perform(self, verb: str, words: str, at: dt.datetime | None) -> None:
        team, brief = self.team, self.brief
        version = Brief.objects.get(pk=brief.pk).version
        change = workflow.ChangeNote("update", f"改{words}", f"Changed {words}")
        match verb:
            case "rework":
                row = factories.edit(brief, team.writer, summary_zh=said(words), summary_en=said(words))
                workflow.submit(row, by=team.writer, version=row.version)
            case "send_back":
                workflow.send_back(brief, by=team.reviewer, note="再看")
            case "approve":
                self.sign()
                factories.approve(brief, team.publisher, at=at, change=change)
            case "publish_urgently":
                workflow.publish_urgently(
                    brief, by=team.publisher, seen=factories.content_hash(brief), reason="快", at=at, change=change
                )
            case "reschedule":
                workflow.reschedule(brief, by=team.publisher, at=at)
            case "withdraw":
                workflow.withdraw(brief, by=team.publisher, kind="other", reason_zh="因", reason_en="Because")
            case "remove":
                workflow.remove(brief, by=team.publisher, reason="x")
            case "cancel" | "reinstate":
                getattr(workflow, verb)(brief, by=team.publisher)
            case "revise" | "discard" | "recover":
                getattr(workflow, verb)(brief, by=team.writer, version=version)

    def sign(self) -> None:
        for note in Note.objects.filter(brief=self.brief, resolved_at=None):
            workflow.resolve(note, by=self.team.reviewer)
        factories.sign_off(self.brief, self.team.reviewer)

    # What holds

    def check(self) -> None:
        rows = list(Edition.objects.filter(brief=self.brief).order_by("live_from", "number"))
        self.check_one_at_a_time(rows)
        self.check_page(self.model)
        now, coming = timezone.now(), self.model.coming
        assert [e.live_from for e in rows if e.live_from > now and not e.is_cancelled] == (
            [coming[0]] if coming else []
        ), self.story
        if coming:
            for moment in (coming[0] - TICK, coming[0], coming[0] + dt.timedelta(days=9)):
                if moment > now:
                    self.clock.move_to(moment)
                    self.check_page(copy.deepcopy(self.model).at(moment))
            self.clock.move_to(now)

    def check_one_at_a_time(self, rows: list[Edition]) -> None:
        spans = [(e.live_from, e.live_until) for e in rows if not e.is_cancelled]
        for (_, until), (begins, _) in itertools.pairwise(spans):
            assert until is not None, self.story
            assert until <= begins, self.story
        for edge in {edge for span in spans for edge in span if edge}:
            for moment in (edge - TICK, edge, edge + TICK):
                assert Edition.objects.filter(brief=self.brief).public(moment).count() <= 1, self.story

    def check_page(self, model: Model) -> None:
        slug = Brief.objects.values_list("slug", flat=True).get(pk=self.brief.pk)
        if slug is None:
            assert not Edition.objects.filter(brief=self.brief).exists(), self.story
            return
        page, home = fetch(f"/en/briefs/{slug}/"), fetch("/en/")
        listed = bool(model.public) and not model.down
        assert page.status == model.status, self.story
        assert (f"/en/briefs/{slug}/" in home.text) == listed, self.story
        shown = {
            word
            for word in (page.text + home.text).split()
            for word in [word.partition("<")[0]]
            if word.startswith("no") and word.endswith("x.")
        }
        assert shown == ({f"no{model.public}x."} if listed else set()), self.story
        assert ("Because" in page.text) == (model.down == "withdrawn"), self.story


def live(runs: range, steps: int) -> Iterator[Life]:
    """Each life is undone before the next begins."""
    team = factories.Team()
    factories.facts()
    for seed in runs:
        with transaction.atomic():
            with time_machine.travel(START, tick=False) as clock:
                life = Life(team, clock, seed)
                for _ in range(steps):
                    life.step()
                    life.check()
            yield life
            transaction.set_rollback(True)


def test_few_random_histories_match_the_model() -> None:
    done = " ".join(line for life in live(range(6), 25) for line in life.story)
    assert all(verb in done for verb in VERBS)


@pytest.mark.heavy
def test_many_random_histories_match_the_model() -> None:
    lives = 25  # `test_lives` has a hundred
    assert sum(len(life.story) for life in live(range(1000, 1000 + lives), 50)) == lives * 51


def _leaves_open(edition: Edition, now: dt.datetime) -> None:
    Edition.objects.filter(pk=edition.pk).update(live_until=edition.live_from)


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "cancel does not open the edition before": (schedule, "cancel_edition", _leaves_open),
    "taking down leaves the schedule": (schedule, "find_scheduled_edition", lambda row, now: None),
    "listed forgets the end": (EditionQuerySet, "listed", lambda self, now: self.filter(live_from__lte=now, withdrawn_at=None, removed_at=None)),
    "public a moment early": (EditionQuerySet, "public", lambda self, now: self.filter(live_from__lte=now + dt.timedelta(seconds=1)).exclude(live_until__lte=now)),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", MUTANTS)
def test_model_detects_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_prepared_queries(monkeypatch)
    monkeypatch.setattr(*MUTANTS[name])
    with pytest.raises((AssertionError, pytest.fail.Exception, workflow.Refused)):
        for _ in live(range(12), 25):
            pass
