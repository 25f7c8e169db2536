"""Random sequences of acts of a team at the desk, each in a world that is undone afterwards."""

import pickle
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import time_machine
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from briefs.models import Brief, Edition, Keyword, Proposal, Suggestion

from .second_person_model import SIDES
from .team_at_desk import TeamAtDesk
from .team_steps import SLOTS, START, VOCABULARY, Act, SecondPersonMissing

TEAMS = ("pw", "pp", "prw", "pwww", "pprw", "pprww")
"""A letter a person: publisher, reviewer, writer. Three of the teams have a sole publisher."""
STEPS = 7
BLOCK = 8
"""How many sequences run in one world."""


class World:
    """A team with a brief in its second edition and one that is signed, built through the desk's pages."""

    def __init__(self, roles: str) -> None:
        self.team = TeamAtDesk(roles)
        with time_machine.travel(START, tick=False) as clock:
            self.team.clock = clock
            self.live = self._publish_twice()
            self.signed = self.write_and_sign()
        self.state = pickle.dumps(self.team.state)

    def _people(self) -> tuple[str, str, str]:
        """Return who writes, who signs and who approves."""
        writer, publisher = self.team.people[-1], self.team.people[0]
        return writer, next((name for name in self.team.with_role("r")), publisher), publisher

    def _publish_twice(self) -> int:
        team, (writer, signer, publisher) = self.team, self._people()
        pk = team.create(writer)
        for edition in (1, 2):
            if edition == 2:
                assert team.verb(writer, pk, "revise")
                for slot, side in (("summary", "zh"), ("1", "en")):
                    team.reword(writer, pk, slot, side)
            assert team.verb(writer, pk, "submit")
            assert team.sign(signer, pk)
            assert team.approve(publisher, pk)
        return pk

    def write_and_sign(self) -> int:
        team, (writer, signer, _publisher) = self.team, self._people()
        pk = team.create(writer)
        assert team.verb(writer, pk, "submit")
        assert team.sign(signer, pk)
        return pk


@contextmanager
def world(roles: str) -> Iterator[World]:
    """Build the world of a team, and undo it afterwards."""
    with transaction.atomic():
        yield World(roles)
        transaction.set_rollback(True)


@contextmanager
def one_sequence(built: World) -> Iterator[TeamAtDesk]:
    """Run a sequence in a world and undo it afterwards."""
    team = built.team
    kept = team.state
    with transaction.atomic():
        team.state = pickle.loads(built.state)
        cache.clear()
        try:
            with time_machine.travel(START.replace(hour=12), tick=False) as clock:
                team.clock = clock
                yield team
        finally:
            transaction.set_rollback(True)
            team.state = kept
    cache.clear()


WEIGHTS = {
    "reword": 3, "type_letter": 2, "retype": 0.6, "move": 0.3, "fact": 2.5, "keyword": 0.8, "tick": 0.4, "restore": 1,
    "suggest": 3, "accept": 15, "upload": 3, "document": 0.3, "sheet": 0.2, "word": 0.3, "open_approval": 1, "rename": 3,
    "term": 1.5, "merge": 0.8, "name_sheet": 0.4, "introduce": 0.4, "accept_proposal": 5, "send_back": 0.3, "urgent": 0.4,
    "confirm": 3, "discard": 0.3, "take_down": 0.6, "put_back": 5, "cancel": 3, "reschedule": 3, "wait": 4,
}  # fmt: skip
"""How often each kind of act is chosen, among those that have something to act on."""
EDITS = (
    "reword",
    "type_letter",
    "retype",
    "move",
    "fact",
    "keyword",
    "tick",
    "restore",
    "suggest",
    "sheet",
    "word",
)
ACTS = 3
"""A sequence begins with one to as many acts. In the other steps one person tries to bring the result to readers."""


class RandomSequence:
    """One random sequence. Each step has a generator of its own, so that steps can be left out to find the shortest."""

    def __init__(self, built: World, team: TeamAtDesk, seed: int) -> None:
        self.team, self.seed = team, f"{' '.join(team.people)} {seed}"
        self.rng = random.Random(self.seed)
        self.focus = self.rng.choice([built.signed, built.signed, built.live])
        self.eager = self.rng.choice(team.with_role("p") * 2 + team.people)
        """Who does most of the work, as one who tries to reach readers alone."""
        self.acts = self.rng.randint(1, ACTS)
        self.last = ""
        others = [name for name in team.people if name != self.eager]
        self.signers = [self.eager, *self.rng.sample(others, len(others))]

    def run(self, steps: Sequence[int]) -> None:
        for step in steps:
            self.rng = random.Random(f"{self.seed} {step}")
            if step < self.acts:
                self.act()
            elif self.publish(step - self.acts):
                break

    def act(self) -> None:
        weights = WEIGHTS | dict.fromkeys(self.list_impossible(), 0)
        if not self.last and self.rng.random() < 0.35:
            self.open_approval()
            weights["rename"] *= 3
        if self.last == "reword":
            weights["type_letter"] *= 4
        if len(self.team.state.editions.get(self.focus, ())) > 1:
            weights["restore"] *= 6
        self.last = name = self.rng.choices(list(weights), list(weights.values()))[0]
        if name in EDITS and self.team.find_state(self.focus) == "approved":
            self.team.verb(self.anybody("p", "w"), self.focus, "revise")
        getattr(self, name)()

    def list_impossible(self) -> Iterator[str]:
        """Yield the kinds of acts that have nothing to act on."""
        pk, state = self.focus, self.team.find_state(self.focus)
        if not Suggestion.objects.filter(brief=pk, answer="").exists():
            yield "accept"
        if not Proposal.objects.filter(outcome="").exists():
            yield "accept_proposal"
        if self.team.model.brief(pk).unconfirmed is None:
            yield "confirm"
        now = timezone.now()
        if not Edition.objects.scheduled(now).exists():
            yield from ("cancel", "reschedule", "wait")
        if not Edition.objects.listed(now).filter(brief=pk).exists():
            yield "take_down"
        if not Edition.objects.public(now).exclude(withdrawn_at=None, removed_at=None).exists():
            yield "put_back"
        if state == "discarded":
            yield from EDITS
        if state != "in_review":
            yield from ("open_approval", "send_back")

    def publish(self, turn: int) -> bool:
        """Try to bring the brief to readers, with as few people as the desk lets. Return whether it was approved."""
        team, pk = self.team, self.focus
        match team.find_state(pk):
            case "approved":
                return True
            case "discarded":
                team.verb(self.anybody("p", "w"), pk, "recover")
                return False
            case "draft":
                team.verb(self.anybody("p", "w"), pk, "submit")
        if turn or self.rng.random() < 0.4:
            self.sign(self.signers[max(0, turn - 1) % len(self.signers)])
            if not all(team.model.brief(pk).part(side).is_vouched() for side in SIDES):
                return False
        approver = self.eager if self.eager[0] == "p" else self.rng.choice(team.with_role("p"))
        is_later = self.rng.random() < 0.1
        is_approved = team.approve(approver, pk, stale=self.rng.random() < 0.6, later=is_later)
        if is_approved and is_later:
            team.wait()
        return is_approved

    def sign(self, who: str) -> None:
        """Sign what has no yes of this person, and sometimes tick what somebody else changed among the facts."""
        record = self.team.model.brief(self.focus)
        parts = record.parts.items()
        for side in SIDES:
            if (who, record.part(side).value) not in record.part(side).vouchers:
                self.team.sign(who, self.focus, side, stale=self.is_stale())
        if who != self.eager and any(part.changes for name, part in parts if name not in SIDES):
            self.team.tick_facts(who, self.focus)

    # Who and what

    def anybody(self, *roles: str) -> str:
        """Return anybody with one of the roles, half of the time the eager one."""
        people = self.team.with_role(*roles) if roles else self.team.people
        return self.rng.choice([self.eager] * len(people) + people if self.eager in people else people)

    def mostly_another(self) -> str:
        """Return anybody, mostly not the eager one."""
        return self.rng.choice(self.signers[1:] * 3 + self.signers)

    def text(self) -> tuple[str, str]:
        return self.rng.choice(SLOTS), self.rng.choice(SIDES)

    def is_stale(self) -> bool:
        return self.rng.random() < 0.25

    def row(self, kind: str) -> int | None:
        """Return a row of the vocabulary, mostly one that the brief uses."""
        used = self.team.read_copy(self.focus).rows.get(kind if kind == "source" else f"{kind}s", [])
        if used and self.rng.random() < 0.6:
            return self.rng.choice(used)
        rows = list(
            VOCABULARY[kind].objects.filter(merged_into=None).order_by("pk").values_list("pk", flat=True)
        )
        return self.rng.choice(rows) if rows else None

    # Acts

    def open_approval(self) -> None:
        who = self.anybody("p")
        self.team.play(f"{who} opens the page to approve brief {self.focus}", lambda: self._open(who))

    def _open(self, who: str) -> Act:
        self.team.open_page(who, "approve", self.focus)
        return Act(who)

    def reword(self) -> None:
        self.team.reword(
            self.anybody(), self.focus, *self.text(), autosave=self.rng.random() < 0.4, stale=self.is_stale()
        )

    def type_letter(self) -> None:
        self.team.type_letter(self.mostly_another(), self.focus, *self.text(), undo=self.rng.random() < 0.8)

    def retype(self) -> None:
        """Type a text that the slot had before."""
        self.team.retype(self.anybody(), self.focus, *self.text(), self.rng.choice)

    def move(self) -> None:
        self.team.move_bullets(self.anybody(), self.focus)

    def fact(self) -> None:
        name = self.rng.choice(("title", "title", "doi", "date"))
        self.team.change_fact(self.anybody(), self.focus, name, stale=self.is_stale())

    def keyword(self) -> None:
        old = Keyword.objects.filter(pk=self.row("keyword")).first()
        who = self.anybody()
        if self.rng.random() < 0.3:
            pk, typed = self.team.create_keyword(who)
            self.team.add_keyword(who, self.focus, typed, pk)
        else:
            self.team.add_keyword(who, self.focus, str(old) if old and self.rng.random() < 0.4 else "")

    def tick(self) -> None:
        self.team.tick_facts(self.anybody(), self.focus)

    def accept_proposal(self) -> None:
        if waiting := list(Proposal.objects.filter(outcome="").values_list("pk", flat=True)):
            self.team.accept_proposal(self.mostly_another(), self.rng.choice(waiting))

    def introduce(self) -> None:
        if pk := self.row("keyword"):
            self.team.introduce(self.anybody("p"), "keyword", pk)

    def restore(self) -> None:
        newest = Brief.objects.get(pk=self.focus).revisions.latest("number").number
        editions = self.team.state.editions.get(self.focus, [])
        self.team.restore(
            self.mostly_another(), self.focus, self.rng.choice([*editions * 3, *range(1, newest + 1)])
        )

    def suggest(self) -> None:
        self.team.suggest(self.anybody(), self.focus, *self.text())

    def accept(self) -> None:
        self.team.accept_suggestion(self.mostly_another(), self.focus)

    def upload(self) -> None:
        who = self.anybody("p", "w")
        old = self.team.state.documents.get(self.focus)
        text = self.team.change_document(old, who) if old and self.rng.random() < 0.5 else ""
        others = [name for name in self.team.people if name != who]
        self.focus = (
            self.team.upload(who, self.rng.choice([who, *others * 3]), text, as_file=self.rng.random() < 0.4)
            or self.focus
        )

    def document(self) -> None:
        self.focus = self.team.import_documents(self.rng.choice([*self.team.people, None])) or self.focus

    def sheet(self) -> None:
        self.team.import_sheet(self.anybody("p", "w"), self.focus)

    def word(self) -> None:
        self.team.import_word_table(self.anybody(), self.focus)

    def rename(self) -> None:
        kind = self.rng.choice(("author", "source", "keyword", "keyword", "term"))
        if pk := self.row(kind):
            self.team.rename(self.mostly_another(), kind, pk)

    def term(self) -> None:
        self.team.add_term(self.anybody(), self.rng.choice(("summary", "1", "2")))

    def merge(self) -> None:
        kind = self.rng.choice(("author", "source", "keyword"))
        loser, heir = self.row(kind), self.row(kind)
        if loser and heir and loser != heir:
            self.team.merge(self.anybody(), kind, loser, heir)

    def name_sheet(self) -> None:
        if pk := self.row("keyword"):
            self.team.import_names(self.anybody(), pk)

    def send_back(self) -> None:
        self.team.form_verb(self.anybody("p", "r"), self.focus, "send_back", note="再看", sides=["zh"])
        for who in self.team.with_role("p")[:1]:
            self.team.resolve_notes(who, self.focus)

    def urgent(self) -> None:
        who = self.anybody("p")
        note = {"when": "now", "kind": "update", "note_zh": "改", "note_en": "Changed", "reason": "快"}
        self.team.form_verb(who, self.focus, "publish_urgently", **note)

    def confirm(self) -> None:
        self.team.form_verb(self.anybody(), self.focus, "confirm")

    def discard(self) -> None:
        self.team.form_verb(self.anybody("p", "w"), self.focus, "discard")

    def take_down(self) -> None:
        who = self.anybody("p")
        reasons = {"kind": "other", "reason": "x", "reason_zh": "誤", "reason_en": "Error"}
        self.team.form_verb(who, self.focus, self.rng.choice(("withdraw", "remove")), **reasons)

    def put_back(self) -> None:
        editions = Edition.objects.public(timezone.now()).exclude(withdrawn_at=None, removed_at=None)
        pk = self.rng.choice(list(editions.order_by("pk").values_list("brief_id", flat=True)))
        self.team.form_verb(self.anybody("p"), pk, "reinstate")

    def cancel(self) -> None:
        self.team.form_verb(self.anybody("p"), self.scheduled(), "cancel")

    def reschedule(self) -> None:
        self.team.reschedule(self.anybody("p"), self.scheduled(), later=self.rng.random() < 0.5)

    def scheduled(self) -> int:
        editions = Edition.objects.scheduled(timezone.now()).order_by("pk")
        return self.rng.choice(list(editions.values_list("brief_id", flat=True)))

    def wait(self) -> None:
        self.team.wait()


def find_failure(built: World, seed: int, steps: Sequence[int] = range(STEPS)) -> str:
    """Run one sequence. Return what one person alone brought to readers, or an empty string."""
    with one_sequence(built) as team:
        start = len(team.state.log)
        try:
            RandomSequence(built, team, seed).run(steps)
        except SecondPersonMissing as missing:
            return "\n".join(str(missing).split("\n")[start:])
    return ""


def shrink(built: World, seed: int, steps: list[int]) -> tuple[list[int], str]:
    """Leave out steps while the sequence still fails."""
    failure = find_failure(built, seed, steps)
    for step in list(steps):
        shorter = [kept for kept in steps if kept != step]
        if found := find_failure(built, seed, shorter):
            steps, failure = shorter, found
    return steps, failure
