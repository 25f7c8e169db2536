"""For each contributor to what readers see, another account signed, ticked or accepted exactly that.

People of random teams work at the desk through its pages, at random and in the ways in which one account once reached
readers alone. A model records who put which words, names and facts in (`support/second_person_model.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import pytest

from briefs.derived.public_brief import PageNames
from briefs.models import Keyword, Term
from briefs.tests.support import only_with_more_rounds, scale
from briefs.tests.support.random_team import (
    BLOCK,
    STEPS,
    TEAMS,
    World,
    find_failure,
    one_sequence,
    shrink,
    world,
)
from briefs.tests.support.team_at_desk import TeamAtDesk
from briefs.tests.support.team_steps import SecondPersonMissing
from briefs.workflow.rules import fact_ticks, four_eyes, proposed_rows
from briefs.workflow.rules.fact_ticks import ChangedFact

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


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


def approve_names_of_own_import(built: World, team: TeamAtDesk) -> None:
    """Names come to the desk by an import in one publisher's name, and the writer's brief uses them. He approves it."""
    imported = team.import_documents("p1")
    assert imported
    pk = team.upload("w3", "w3", team.change_document(team.state.documents[imported], "w3"))
    assert pk
    team.verb("w3", pk, "submit")
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


def approve_own_rename_of_draft_row(built: World, team: TeamAtDesk) -> None:
    """A publisher renames a keyword that only drafts use, and approves the first brief that carries it."""
    team.rename("p1", "keyword", Keyword.objects.order_by("-pk")[0].pk)
    team.approve("p1", built.signed)


def approve_own_merge_of_draft_row(built: World, team: TeamAtDesk) -> None:
    """A publisher merges a keyword that only drafts use into another, and approves the brief that has it."""
    rows = Keyword.objects.order_by("pk").values_list("pk", flat=True)
    team.merge("p1", "keyword", rows.reverse()[0], rows[0])
    team.approve("p1", built.signed)


def approve_own_term_of_drafts(built: World, team: TeamAtDesk) -> None:
    """A publisher adds a term that only a draft has, and approves that draft."""
    for side, words in (("zh", "航母與"), ("en", "A carrier and ")):
        token = team.new_token(side[0], "w2")
        team.reword("w2", built.signed, "summary", side, f"{words}{token}{'。' if side == 'zh' else '.'}")
    values = {"zh": f"航母{team.new_token('n', 'p1')}", "en": f"flattop {team.new_token('n', 'p1')}"}
    team.save_name(
        "p1", "term", None, values | {"also_zh": "航母", "also_en": "carrier"}, "adds a term of drafts"
    )
    team.sign("p1", built.signed)
    team.approve("p1", built.signed)


WAYS: dict[Way, str] = {
    upload_under_another_name: "pw",
    import_under_another_name: "pp",
    approve_names_of_own_import: "ppw",
    add_glossary_term: "pw",
    rename_public_name: "pw",
    introduce_public_topic: "pw",
    rename_after_page_was_shown: "pw",
    approve_own_facts: "pw",
    approve_own_facts_before_text: "pw",
    approve_own_suggestion: "pw",
    free_own_text_by_a_letter: "ppw",
    restore_earlier_edition: "pw",
    approve_own_rename_of_draft_row: "pw",
    approve_own_merge_of_draft_row: "pw",
    approve_own_term_of_drafts: "pw",
}
"""The team of each way."""


def in_world_of_its_team(ways: Iterable[Way]) -> pytest.MarkDecorator:
    """Try each way in the world of its team."""
    cases = [pytest.param(way, WAYS[way], id=way.__name__) for way in ways]
    return pytest.mark.parametrize(("way", "team_world"), cases, indirect=["team_world"])


@in_world_of_its_team(WAYS)
def test_one_account_does_not_reach_readers(way: Way, team_world: World) -> None:
    with one_sequence(team_world) as team:
        way(team_world, team)


# The model sees each way where the product does not close it


def ignore_second_changer(patch: pytest.MonkeyPatch, *, of_imports: bool) -> None:
    """Count only the person named as writer, or only who accepts a suggestion."""
    find = four_eyes.find_changers
    patch.setattr(
        four_eyes, "find_changers", lambda r: (r.by_id,) if (r.kind == "import") == of_imports else find(r)
    )


def forget_who_uploads(patch: pytest.MonkeyPatch) -> None:
    ignore_second_changer(patch, of_imports=True)
    forget_who_named_rows_of_drafts(patch)


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


def forget_who_named_rows_of_drafts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fact_ticks, "_load_namers", lambda pages: [{} for _ in pages])


MISSING_GUARDS: dict[Way, Callable[[pytest.MonkeyPatch], None]] = {
    upload_under_another_name: forget_who_uploads,
    add_glossary_term: partial(change_names_at_once, of_terms=True),
    rename_public_name: partial(change_names_at_once, of_terms=False),
    rename_after_page_was_shown: leave_names_out_of_seen,
    approve_own_facts: let_people_approve_own_facts,
    approve_own_suggestion: partial(ignore_second_changer, of_imports=False),
    free_own_text_by_a_letter: count_undone_edits,
    restore_earlier_edition: let_old_signatures_stand,
    approve_names_of_own_import: forget_who_named_rows_of_drafts,
    approve_own_rename_of_draft_row: forget_who_named_rows_of_drafts,
}
"""What closes each way, taken away."""


@in_world_of_its_team(MISSING_GUARDS)
def test_model_sees_what_one_account_brings_to_readers(
    way: Way, team_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_sequence(team_world) as team:
        MISSING_GUARDS[way](monkeypatch)
        with pytest.raises(SecondPersonMissing):
            way(team_world, team)


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
@pytest.mark.parametrize("team_world", ["pw"], indirect=True)
def test_honest_way_stays_open(way: Way, team_world: World) -> None:
    with one_sequence(team_world) as team:
        way(team_world, team)


# Random sequences


def run_sequences(built: World, seeds: Sequence[int]) -> None:
    for seed in seeds:
        if find_failure(built, seed):
            steps, failure = shrink(built, seed, list(range(STEPS)))
            pytest.fail(f"team {built.team.people}, seed {seed}, steps {steps}:\n{failure}")


FEW = 2
"""Sequences of the smallest and the largest team in the default run. CI runs 17 of each team, which is 102, on both databases."""


@pytest.mark.parametrize("team_world", [TEAMS[0], TEAMS[-1]], indirect=True)
def test_few_random_sequences_need_two_people(team_world: World) -> None:
    run_sequences(team_world, range(FEW))


@pytest.mark.heavy
@pytest.mark.parametrize("team_world", TEAMS, indirect=True)
def test_many_random_sequences_need_two_people(team_world: World) -> None:
    run_sequences(team_world, range(scale(17)))


@pytest.mark.heavy
@only_with_more_rounds
@pytest.mark.parametrize("way", MISSING_GUARDS, ids=lambda way: way.__name__)
def test_random_sequences_find_a_missing_guard(way: Way) -> None:
    """Without a guard, one of 480 sequences brings to readers what one person vouched for. With it, the same one does not."""
    for first in range(0, 80, BLOCK):
        for roles in TEAMS:
            with world(roles) as built:
                for seed in range(first, first + BLOCK):
                    with pytest.MonkeyPatch.context() as patch:
                        MISSING_GUARDS[way](patch)
                        found = find_failure(built, seed)
                    if found:
                        assert not find_failure(built, seed)
                        return
    pytest.fail("not found")
