"""For each contributor to what readers see, another account signed, ticked or accepted exactly that.

People of random teams work at the desk through its pages, at random and in the ways in which one account once reached
readers alone. A model records who put which words, names and facts in (`support/second_person_model.py`).
"""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction

from briefs.derived.public_brief import PageNames
from briefs.models import Brief, Keyword, Proposal, Term
from briefs.workflow.rules import four_eyes, proposed_rows
from briefs.workflow.rules.four_eyes import ChangedFact

from ..support import scale
from ..support.second_person_model import SIDES
from ..support.team_at_desk import SLOTS, START, VOCABULARY, Act, SecondPersonMissing, TeamAtDesk

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

TEAMS = ("pw", "pp", "prw", "pwww", "pprw", "pprww")
"""A letter a person: publisher, reviewer, writer. Three of the teams have a sole publisher."""
STEPS = 8


class World:
    """A team with a brief in its second edition and one that is signed, built through the desk's pages."""

    def __init__(self, roles: str) -> None:
        self.team = TeamAtDesk(roles)
        with time_machine.travel(START, tick=False) as clock:
            self.team.clock = clock
            self.live = self._publish_twice()
            self.signed = self._write_and_sign()

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

    def _write_and_sign(self) -> int:
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
        team.state = copy.deepcopy(kept)
        cache.clear()
        try:
            with time_machine.travel(START.replace(hour=12), tick=False) as clock:
                team.clock = clock
                yield team
        finally:
            transaction.set_rollback(True)
            team.state = kept
    cache.clear()


type Way = Callable[[World, TeamAtDesk], None]

# The ways in which one account reached readers alone


def introduce_public_topic(built: World, team: TeamAtDesk) -> None:
    """A publisher writes the introduction of a public topic."""
    team.introduce("p1", "keyword", Keyword.objects.order_by("pk")[0].pk)


def upload_under_another_name(built: World, team: TeamAtDesk) -> None:
    """The publisher uploads a text "written by" the writer, signs it and approves it."""
    pk = team.upload("p1", "w2")
    assert pk
    team.verb("w2", pk, "submit")
    team.sign("p1", pk)
    team.approve("p1", pk)


def import_under_another_name(built: World, team: TeamAtDesk) -> None:
    """The writer uploads her changed document again, written by somebody else, over a text that she wrote."""
    pk = team.upload("p1", "p2")
    assert pk
    team.verb("p1", pk, "submit")
    team.sign("p1", pk)
    team.sign("p2", pk)
    team.approve("p1", pk)


def add_glossary_term(built: World, team: TeamAtDesk) -> None:
    """A publisher adds a term whose renderings occur in public text."""
    team.add_term("p1", "summary")


def rename_public_name(built: World, team: TeamAtDesk) -> None:
    """A publisher renames a keyword that a public edition uses."""
    team.rename("p1", "keyword", Keyword.objects.order_by("pk")[0].pk)


def rename_after_page_was_shown(built: World, team: TeamAtDesk) -> None:
    """A writer renames a keyword while the publisher reads the page for approval."""
    team.open_page("p1", "approve", built.signed)
    team.rename("w2", "keyword", Keyword.objects.order_by("-pk")[0].pk)
    team.approve("p1", built.signed, stale=True)


def approve_own_facts(built: World, team: TeamAtDesk) -> None:
    """A publisher changes a fact, somebody else makes a harmless change, the publisher approves."""
    team.change_fact("p1", built.signed, "title")
    team.change_fact("w2", built.signed, "doi")
    team.approve("p1", built.signed)


def approve_own_facts_before_text(built: World, team: TeamAtDesk) -> None:
    """A publisher changes a fact, then a writer rewords and the publisher signs and approves."""
    team.change_fact("p1", built.signed, "title")
    team.reword("w2", built.signed, "1", "en")
    team.sign("p1", built.signed, "en")
    team.approve("p1", built.signed)


def approve_own_suggestion(built: World, team: TeamAtDesk) -> None:
    """A publisher suggests a wording, the writer accepts it, the publisher signs and approves it."""
    team.suggest("p1", built.signed, "1", "en")
    team.accept_suggestion("w2", built.signed)
    team.sign("p1", built.signed, "en")
    team.approve("p1", built.signed)


def free_own_text_by_a_letter(built: World, team: TeamAtDesk) -> None:
    """A publisher rewords, the writer adds a letter and deletes it, the publisher approves her own text."""
    team.reword("p1", built.signed, "1", "en")
    team.type_letter("w3", built.signed, "1", "en")
    team.sign("p1", built.signed, "en")
    team.sign("p2", built.signed, "en")
    team.approve("p1", built.signed)


def restore_earlier_edition(built: World, team: TeamAtDesk) -> None:
    """A writer restores what the first edition said, and its signatures come back."""
    first = team.state.editions[built.live][0]
    team.verb("w2", built.live, "revise")
    team.restore("w2", built.live, first)
    team.verb("w2", built.live, "submit")
    team.approve("p1", built.live)


WAYS: dict[Way, str] = {
    upload_under_another_name: "pw",
    import_under_another_name: "pp",
    add_glossary_term: "pw",
    rename_public_name: "pw",
    introduce_public_topic: "pw",
    rename_after_page_was_shown: "pw",
    approve_own_facts: "pw",
    approve_own_facts_before_text: "pw",
    approve_own_suggestion: "pw",
    free_own_text_by_a_letter: "ppw",
    restore_earlier_edition: "pw",
}
"""The team of each way."""


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_one_account_does_not_reach_readers(way: Way) -> None:
    with world(WAYS[way]) as built, one_sequence(built) as team:
        way(built, team)


# The model sees each way where the product does not close it


def ignore_second_changer(patch: pytest.MonkeyPatch, *, of_imports: bool) -> None:
    """Count only the person named as writer, or only who accepts a suggestion."""
    find = four_eyes.find_changers
    patch.setattr(
        four_eyes, "find_changers", lambda r: (r.by_id,) if (r.kind == "import") == of_imports else find(r)
    )


def change_names_at_once(patch: pytest.MonkeyPatch, *, of_terms: bool) -> None:
    """Store changes of terms, or of other names, without a proposal."""
    needs = proposed_rows.needs_proposal
    patch.setattr(
        proposed_rows,
        "needs_proposal",
        lambda before, after, *, by: isinstance(after, Term) != of_terms and needs(before, after, by=by),
    )


def leave_names_out_of_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PageNames, "hash_with", lambda names, content: content.hash_all())


def let_people_approve_own_facts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ChangedFact, "awaits_tick_for", lambda fact, approver: False)


def count_undone_edits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(four_eyes, "_find_undone", lambda changes, step, editions: None)


def let_old_signatures_stand(patch: pytest.MonkeyPatch) -> None:
    """Count every answer to the same text, however long ago."""

    def find(history: Any, side: str, trail: object = None) -> list[Any]:
        now = getattr(history.revisions[0], f"hash_{side}")
        return [signoff for signoff in history.signoffs if (signoff.side, signoff.hash) == (side, now)]

    patch.setattr(four_eyes, "find_standing_signoffs", find)


MISSING_GUARDS: dict[Way, Callable[[pytest.MonkeyPatch], None]] = {
    upload_under_another_name: partial(ignore_second_changer, of_imports=True),
    add_glossary_term: partial(change_names_at_once, of_terms=True),
    rename_public_name: partial(change_names_at_once, of_terms=False),
    rename_after_page_was_shown: leave_names_out_of_seen,
    approve_own_facts: let_people_approve_own_facts,
    approve_own_suggestion: partial(ignore_second_changer, of_imports=False),
    free_own_text_by_a_letter: count_undone_edits,
    restore_earlier_edition: let_old_signatures_stand,
}
"""What closes each way, taken away."""


@pytest.mark.parametrize("way", MISSING_GUARDS, ids=lambda way: way.__name__)
def test_model_sees_what_one_account_brings_to_readers(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(WAYS[way]) as built, one_sequence(built) as team:
        MISSING_GUARDS[way](monkeypatch)
        with pytest.raises(SecondPersonMissing):
            way(built, team)


# What stays possible


def letter_added_and_deleted_by_approver(built: World, team: TeamAtDesk) -> None:
    """The publisher who signed adds a letter and deletes it, so she still may approve."""
    team.type_letter("p1", built.signed, "1", "en")
    assert team.approve("p1", built.signed)


def suggestion_frees_its_author(built: World, team: TeamAtDesk) -> None:
    """The writer accepts the publisher's suggestion and signs beside her, so the publisher may approve."""
    team.suggest("p1", built.signed, "1", "en")
    team.accept_suggestion("w2", built.signed)
    team.sign("p1", built.signed, "en")
    team.sign("w2", built.signed, "en")
    assert team.approve("p1", built.signed)


@pytest.mark.parametrize("way", [letter_added_and_deleted_by_approver, suggestion_frees_its_author])
def test_honest_way_stays_open(way: Way) -> None:
    with world("pw") as built, one_sequence(built) as team:
        way(built, team)


# Random sequences

WEIGHTS = {
    "progress": 11, "open_approval": 2, "reword": 2, "type_letter": 1.5, "retype": 1, "move": 0.6, "fact": 2.5, "keyword": 0.6,
    "tick": 1, "accept_proposal": 1.5, "introduce": 0.3,
    "restore": 1.5, "suggest": 1.2, "accept": 1.2, "upload": 1, "document": 0.6, "sheet": 0.5, "word": 0.4, "rename": 1.2, "term": 0.5,
    "merge": 0.5, "name_sheet": 0.3, "send_back": 0.3, "urgent": 0.3, "confirm": 0.3, "discard": 0.3, "reinstate": 0.2,
}  # fmt: skip
"""How often each kind of step is chosen."""


class RandomSequence:
    """One random sequence. Each step has a generator of its own, so that steps can be left out to find the shortest."""

    def __init__(self, built: World, team: TeamAtDesk, seed: int) -> None:
        self.team, self.seed = team, seed
        self.rng = random.Random(seed)
        self.focus = self.rng.choice([built.signed, built.signed, built.live])

    def run(self, steps: Sequence[int]) -> None:
        for step in steps:
            self.rng = random.Random(f"{self.seed} {step}")
            name = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            getattr(self, name)()

    # Who and what

    def anybody(self) -> str:
        return self.rng.choice(self.team.people)

    def approver(self) -> str:
        """Return a publisher, more often one who changed something."""
        publishers, record = self.team.with_role("p"), self.team.model.brief(self.focus)
        editors = {
            person for part in record.parts.values() for change in part.changes for person in change.people
        }
        return self.rng.choice([name for name in publishers if name in editors] * 2 + publishers)

    def text(self) -> tuple[str, str]:
        return self.rng.choice(SLOTS), self.rng.choice(SIDES)

    def is_stale(self) -> bool:
        return self.rng.random() < 0.25

    def row(self, kind: str) -> int | None:
        rows = list(
            VOCABULARY[kind].objects.filter(merged_into=None).order_by("pk").values_list("pk", flat=True)
        )
        return self.rng.choice(rows) if rows else None

    # Steps

    def progress(self) -> None:
        """Bring the brief nearer to readers, not always in the right order."""
        team, pk = self.team, self.focus
        match team.find_state(pk):
            case "draft":
                team.verb(self.rng.choice(team.with_role("p", "w")), pk, "submit")
            case "in_review":
                record = team.model.brief(pk)
                signed = {
                    name
                    for name in SIDES
                    for _, value in record.part(name).vouchers
                    if value == record.part(name).value
                }
                unsigned = [side for side in SIDES if side not in signed]
                if self.rng.random() < (0.35 if unsigned else 0.8):
                    team.approve(self.approver(), pk, stale=self.rng.random() < 0.6)
                else:
                    side = self.rng.choice(unsigned or SIDES)
                    team.sign(
                        self.rng.choice(team.people + team.with_role("p", "r")),
                        pk,
                        side,
                        stale=self.is_stale(),
                    )
            case "approved":
                team.verb(self.rng.choice(team.with_role("p", "w")), pk, "revise")
            case "discarded":
                team.verb(self.rng.choice(team.with_role("p", "w")), pk, "recover")

    def open_approval(self) -> None:
        who = self.rng.choice(self.team.with_role("p"))
        self.team.play(f"{who} opens the page to approve brief {self.focus}", lambda: self._open(who))

    def _open(self, who: str) -> Act:
        self.team.open_page(who, "approve", self.focus)
        return Act(who)

    def reword(self) -> None:
        self.team.reword(
            self.anybody(), self.focus, *self.text(), autosave=self.rng.random() < 0.4, stale=self.is_stale()
        )

    def type_letter(self) -> None:
        self.team.type_letter(self.anybody(), self.focus, *self.text(), undo=self.rng.random() < 0.8)

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
        self.team.add_keyword(self.anybody(), self.focus, str(old) if old and self.rng.random() < 0.4 else "")

    def tick(self) -> None:
        self.team.tick_facts(self.anybody(), self.focus)

    def accept_proposal(self) -> None:
        if waiting := list(Proposal.objects.filter(outcome="").values_list("pk", flat=True)):
            self.team.accept_proposal(self.anybody(), self.rng.choice(waiting))

    def introduce(self) -> None:
        if pk := self.row("keyword"):
            self.team.introduce(self.rng.choice(self.team.with_role("p")), "keyword", pk)

    def restore(self) -> None:
        newest = Brief.objects.get(pk=self.focus).revisions.latest("number").number
        editions = self.team.state.editions.get(self.focus, [])
        self.team.restore(self.anybody(), self.focus, self.rng.choice([*editions * 3, *range(1, newest + 1)]))

    def suggest(self) -> None:
        self.team.suggest(self.anybody(), self.focus, *self.text())

    def accept(self) -> None:
        self.team.accept_suggestion(self.anybody(), self.focus)

    def upload(self) -> None:
        who = self.rng.choice(self.team.with_role("p", "w"))
        old = self.team.state.documents.get(self.focus)
        text = self.team.change_document(old, who) if old and self.rng.random() < 0.5 else ""
        self.focus = self.team.upload(who, self.anybody(), text) or self.focus

    def document(self) -> None:
        self.focus = self.team.import_documents(self.rng.choice([*self.team.people, None])) or self.focus

    def sheet(self) -> None:
        self.team.import_sheet(
            self.rng.choice(self.team.with_role("p", "w")), self.focus, by_command=self.rng.random() < 0.5
        )

    def word(self) -> None:
        self.team.import_word_table(self.anybody(), self.focus)

    def rename(self) -> None:
        kind = self.rng.choice(("author", "source", "keyword", "keyword", "term"))
        if pk := self.row(kind):
            self.team.rename(self.anybody(), kind, pk)

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
        self.team.form_verb(
            self.rng.choice(self.team.with_role("p", "r")), self.focus, "send_back", note="再看", sides=["zh"]
        )
        for who in self.team.with_role("p")[:1]:
            self.team.resolve_notes(who, self.focus)

    def urgent(self) -> None:
        who = self.rng.choice(self.team.with_role("p"))
        note = {"when": "now", "kind": "update", "note_zh": "改", "note_en": "Changed", "reason": "快"}
        self.team.form_verb(who, self.focus, "publish_urgently", **note)

    def confirm(self) -> None:
        self.team.form_verb(self.anybody(), self.focus, "confirm")

    def discard(self) -> None:
        self.team.form_verb(self.rng.choice(self.team.with_role("p", "w")), self.focus, "discard")

    def reinstate(self) -> None:
        who = self.rng.choice(self.team.with_role("p"))
        if self.team.form_verb(who, self.focus, "remove", reason="x"):
            self.team.form_verb(who, self.focus, "reinstate")


def find_failure(built: World, seed: int, steps: Sequence[int]) -> str:
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


def run_sequences(roles: str, seeds: Sequence[int]) -> None:
    with world(roles) as built:
        for seed in seeds:
            if find_failure(built, seed, range(STEPS)):
                steps, failure = shrink(built, seed, list(range(STEPS)))
                pytest.fail(f"team {roles}, seed {seed}, steps {steps}:\n{failure}")


@pytest.mark.parametrize("roles", TEAMS)
def test_few_random_sequences_need_two_people(roles: str) -> None:
    run_sequences(roles, range(2))


@pytest.mark.heavy
@pytest.mark.parametrize("roles", TEAMS)
def test_many_random_sequences_need_two_people(roles: str) -> None:
    run_sequences(roles, range(1000, 1000 + scale(17)))
