"""The rule of four eyes: a table of cases, and every case of three people."""

from itertools import chain, combinations, product

import pytest

from briefs.workflow.rules.leaves import LEAVES, NOBODY, Leaf, find_changers

ANN, BEN, EVE = 1, 2, 3
PEOPLE = (ANN, BEN, EVE)
SUBSETS = [frozenset(some) for some in chain.from_iterable(combinations(PEOPLE, n) for n in range(4))]
NOT_SETTLED, SETTLED = False, True

CASES = [
    # leaf, who changed it, who said yes, who presses, whether it goes public
    ("zh", {ANN}, {}, None, NOT_SETTLED),
    ("zh", {ANN}, {}, BEN, NOT_SETTLED),  # a press is no yes to a language that nobody signed
    ("zh", {ANN}, {ANN}, None, NOT_SETTLED),
    ("zh", {ANN}, {ANN}, ANN, NOT_SETTLED),
    ("zh", {ANN}, {BEN}, None, SETTLED),
    ("zh", {ANN}, {BEN}, BEN, SETTLED),
    ("zh", {ANN}, {ANN}, BEN, SETTLED),  # the press is the second yes
    ("zh", {ANN, BEN}, {ANN}, None, NOT_SETTLED),
    ("zh", {ANN, BEN}, {ANN, BEN}, None, SETTLED),
    ("zh", {ANN, BEN}, {ANN}, BEN, SETTLED),
    ("zh", {ANN, BEN}, {EVE}, None, SETTLED),
    ("zh", {}, {BEN}, BEN, NOT_SETTLED),  # nobody's change needs two voices
    ("zh", {}, {BEN}, EVE, SETTLED),
    ("zh", {NOBODY}, {BEN}, BEN, NOT_SETTLED),
    ("zh", {NOBODY, ANN}, {BEN}, BEN, NOT_SETTLED),  # only Ben has read all of the import
    ("zh", {NOBODY, ANN}, {BEN}, ANN, SETTLED),
    ("common", {ANN}, {}, ANN, NOT_SETTLED),
    ("common", {ANN}, {}, BEN, SETTLED),
    ("common", {ANN}, {BEN}, ANN, SETTLED),
    ("common", {ANN, BEN}, {}, BEN, NOT_SETTLED),
    ("common", {ANN, BEN}, {ANN}, BEN, SETTLED),
    ("common", {NOBODY}, {}, BEN, NOT_SETTLED),
    ("common", {NOBODY}, {ANN}, BEN, SETTLED),
]


@pytest.mark.parametrize(("name", "changed_by", "voices", "press", "expected"), CASES)
def test_leaf_goes_public_when_two_people_have_seen_it(name, changed_by, voices, press, expected) -> None:
    leaf = Leaf(name, "h", frozenset(changed_by), frozenset(voices))
    assert leaf.is_settled(four_eyes=True, press=press) is expected


def test_no_blocks_whoever_said_yes_and_what_readers_have_needs_no_yes() -> None:
    leaf = Leaf("zh", "h", frozenset({ANN}), frozenset({BEN, EVE}), frozenset({BEN}))
    assert not leaf.is_settled(four_eyes=True, press=EVE)
    assert Leaf("zh", "h", is_public=True).is_settled(four_eyes=True)
    assert not Leaf("zh", "h", rejected_by=frozenset({BEN}), is_public=True).is_settled(four_eyes=True)


@pytest.mark.parametrize(("voices", "expected"), [({}, NOT_SETTLED), ({ANN}, SETTLED)])
def test_one_voice_settles_with_the_setting_off_the_own_too(voices, expected) -> None:
    assert (
        Leaf("zh", "h", frozenset({ANN}), frozenset(voices)).is_settled(four_eyes=False, press=ANN)
        is expected
    )
    assert Leaf("common", "h", frozenset({ANN})).is_settled(four_eyes=False, press=ANN)


@pytest.mark.parametrize("name", LEAVES)
def test_no_leaf_goes_public_by_one_person_alone_and_a_further_yes_never_harms(name) -> None:
    for changed_by, voices, press in product(SUBSETS, SUBSETS, (None, *PEOPLE)):
        leaf = Leaf(name, "h", changed_by, voices)
        if not leaf.is_settled(four_eyes=True, press=press):
            continue
        assert len(changed_by | voices | {press} - {None}) > 1
        for more in PEOPLE:
            assert Leaf(name, "h", changed_by, voices | {more}).is_settled(four_eyes=True, press=press)


def test_two_people_can_always_finish_whoever_changed_what_and_presses() -> None:
    """Every team of two or three with a publisher, every set of changers of each leaf, every publisher who presses."""
    for size in (2, 3):
        team = PEOPLE[:size]
        for reviewers in (frozenset(some) for some in SUBSETS if some <= set(team)):
            for press, name in product(reviewers, LEAVES):
                for changers in (*(some for some in SUBSETS if some <= set(team)), {NOBODY}, {NOBODY, ANN}):
                    leaf = Leaf(name, "h", frozenset(changers))
                    signers = [p for p in team if leaf.may_be_signed_by(p, reviewers, four_eyes=True)]
                    signed = Leaf(name, "h", leaf.changed_by, frozenset(signers))
                    assert signed.is_settled(four_eyes=True, press=press), (team, reviewers, press, leaf)


STEPS = [
    # the hash and the people of each revision since the edition with the hash "x", and who changed the leaf
    ([], set()),
    ([("x", {ANN})], set()),
    ([("y", {ANN})], {ANN}),
    ([("y", {ANN, BEN})], {ANN, BEN}),
    ([("y", {ANN}), ("y", {BEN})], {ANN}),  # Ben changed another leaf
    ([("y", {ANN}), ("z", {BEN})], {ANN, BEN}),
    ([("y", {ANN}), ("x", {ANN})], set()),
    ([("y", {ANN}), ("x", {BEN})], set()),
    ([("y", {ANN}), ("z", {BEN}), ("y", {EVE})], {ANN}),
    ([("y", {ANN}), ("z", {BEN}), ("x", {EVE}), ("z", {EVE})], {EVE}),
    ([("y", {NOBODY}), ("z", {ANN})], {NOBODY, ANN}),
]


@pytest.mark.parametrize(("steps", "expected"), STEPS)
def test_changers_are_those_of_runs_with_a_net_effect(steps, expected) -> None:
    assert find_changers("x", steps) == expected
