"""Pairs that may not say the same, and bullets that continue their neighbours."""

import pytest

from briefs.bilingual.checks import CheckContext, apply_edits, run_checks
from briefs.content import Bullet, Content
from briefs.tests.bilingual.documents.test_alignment import TALKS


def check_pairing(rows):
    content = Content(bullets=tuple(Bullet(n, zh, en) for n, (zh, en) in enumerate(rows, 1)))
    return content, run_checks(content, CheckContext(), only=["pairing"])


def test_pairs_that_say_the_same_are_not_reported():
    assert check_pairing(TALKS)[1] == []


@pytest.mark.parametrize("swapped", [(1, 4)])
def test_swapped_texts_are_reported_once_and_the_repair_swaps_them_back(swapped):
    rows = list(TALKS)
    one, other = swapped
    rows[one], rows[other] = (TALKS[one][0], TALKS[other][1]), (TALKS[other][0], TALKS[one][1])
    content, [finding] = check_pairing(rows)
    assert (finding.code, finding.bullet, finding.values) == ("pairing.swap", one + 1, {"n": other + 1})
    repaired = apply_edits(content, finding.repair.edits)
    assert [(b.text_zh, b.text_en) for b in repaired.bullets] == TALKS


def test_pair_without_a_better_partner_is_reported():
    rows = [
        *TALKS[:4],
        (TALKS[4][0], "Fishermen in the northern lakes complain about noise from ferries at night."),
    ]
    [finding] = check_pairing(rows)[1]
    assert (finding.code, finding.bullet, finding.repair) == ("pairing.doubtful", 5, None)


@pytest.mark.parametrize("side", ["zh", "en"])
def test_bullet_that_continues_its_neighbour_is_reported(side):
    zh, en = TALKS[1]
    rest_zh, rest_en = TALKS[3]
    rows = [(zh, f"{en} {rest_en}"), (rest_zh, "")] if side == "zh" else [(zh + rest_zh, en), ("", rest_en)]
    [finding] = check_pairing([TALKS[0], *rows, TALKS[2], TALKS[4]])[1]
    assert (finding.code, finding.bullet, finding.values) == ("pairing.joined", 3, {"n": 2})
