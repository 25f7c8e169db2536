"""Differences of texts and of contents: exact where the fix is small, readable where it is great, bounded always."""

import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.content import Bullet, Byline, Content, Facts
from briefs.text.text_diff import BulletDifference, DiffRun, diff_contents, diff_texts

CABLES = "海底電纜承載絕大多數的跨洋通訊，卻長期被視為單純的商業設施。本文主張，電纜韌性應納入國家安全規劃，政策核心應是「快速修復」，而非「全面防護」。"
RACE = "由於科技轉型成本高昂、過程長久,且影響深遠,各國政府勢必在「與美國及其盟友合作」或「與中國合作」之間做出抉擇,因此,誰能搶先佈局,就能占據優勢。"
MINERALS = "價格波動是民間投資卻步的主因。新建一座精煉廠約需12億美元與七年時間，而主導廠商只要短暫降價，便足以使新進業者虧損退場。"
SHIPS = "維修能力是最脆弱的一環。全球可用的維修船數量有限，且船齡偏高；一旦多起事故同時發生，等待時間可能由數日拉長為數月。"

# text, what is there, what is to stand there: two characters for two, at one place or at two
FIXES = [
    (CABLES, "單純", "普通"),
    (CABLES, "快速", "迅捷"),
    (CABLES, "防護", "保全"),
    (CABLES, "絕大", "極其"),
    (RACE, "高昂", "昂貴"),
    (RACE, "搶先", "率領"),
    (RACE, "抉擇", "選擇"),
    (RACE, "各國", "列強"),
    (MINERALS, "卻步", "退縮"),
    (MINERALS, "虧損", "破產"),
    (MINERALS, "短暫", "略微"),
    (SHIPS, "偏高", "老舊"),
    (SHIPS, "拉長", "延伸"),
    (SHIPS, "有限", "不足"),
]


def said(found: Sequence[DiffRun]) -> str:
    """As one line: [-gone-]{+new+}."""
    marks = {"equal": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
    return "".join(marks[run.kind].format(run.text) for run in found)


def texts(found: Sequence[DiffRun]) -> tuple[str, str]:
    return (
        "".join(run.text for run in found if run.kind != "inserted"),
        "".join(run.text for run in found if run.kind != "deleted"),
    )


def amounts(old: str, new: str) -> tuple[int, int]:
    found = diff_texts(old, new)
    assert texts(found) == (old, new)
    gone, came = ("".join(run.text for run in found if run.kind == kind) for kind in ("deleted", "inserted"))
    return len(gone), len(came)


@pytest.mark.parametrize(("text", "was", "now"), FIXES)
def test_a_fix_of_two_characters_shows_two_gone_and_two_new(text: str, was: str, now: str) -> None:
    assert text.count(was) == 1
    shared = len(set(was) & set(now))
    assert amounts(text, text.replace(was, now)) == (2 - shared, 2 - shared)


def test_every_two_characters_of_real_sentences() -> None:
    """Two neighbours changed for two that stand nowhere else: never more than two and two, wherever they stand."""
    wrong = []
    for text in (CABLES, RACE, MINERALS, SHIPS):
        for at in range(len(text) - 1):
            if text[at : at + 2].isascii() or any(c.isascii() and c.isalnum() for c in text[at : at + 2]):
                continue
            for now in ("鑿驥", "鑿" + text[at]):
                found = amounts(text, text[:at] + now + text[at + 2 :])
                if found[0] > 2 or found[1] > 2 or found[0] != found[1]:
                    wrong.append((text[at : at + 2], now, found))
    assert wrong == []


def test_one_character_at_each_of_two_places_stays_one_and_one() -> None:
    for apart in range(1, 8):
        for at in range(len(RACE) - apart - 1):
            changed = [*RACE]
            if any(changed[i].isascii() for i in (at, at + apart)):
                continue
            changed[at], changed[at + apart] = "鑿", "驥"
            assert amounts(RACE, "".join(changed)) == (2, 2)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("the cat sat", "the big cat sat", "the {+big +}cat sat"),
        ("the cat sat", "the cats sat", "the [-cat-]{+cats+} sat"),
        ("Biden's plan", "Biden plan", "[-Biden's-]{+Biden+} plan"),
        ("The big cat sat.", "A small dog sat.", "[-The big cat-]{+A small dog+} sat."),
        ("about 1,200 ships", "about 1,300 ships", "about [-1,200-]{+1,300+} ships"),
        ("於2025年投資3.5億美元", "於2025年投資35億美元", "於2025年投資[-3.5-]{+35+}億美元"),
        ("the U.S. lost", "the US lost", "the [-U.S.-]{+US+} lost"),
        ("a state-backed firm", "a state-owned firm", "a state-[-backed-]{+owned+} firm"),
        ("Costs rose, and so", "Costs rose; and so", "Costs rose[-,-]{+;+} and so"),
        ("naïve café", "naive café", "[-naïve-]{+naive+} café"),
        ("確保夥伴願意", "確保這些夥伴願意", "確保{+這些+}夥伴願意"),
        ("競賽,以", "競賽，以", "競賽[-,-]{+，+}以"),
        ("一。二。", "一。三。二。", "一。{+三。+}二。"),
        ("One. Two.", "One. Three. Two.", "One. {+Three. +}Two."),
        ("在美國，在日本。", "在美國，在韓國，在日本。", "在美國，{+在韓國，+}在日本。"),
        ("科技競爭與科技合作", "科技合作", "[-科技競爭與-]科技合作"),
        ("甲乙丙丁戊己庚", "子丑寅卯辰己午", "[-甲乙丙丁戊-]{+子丑寅卯辰+}己[-庚-]{+午+}"),
        ("", "新的", "{+新的+}"),
        ("舊的", "", "[-舊的-]"),
        ("同", "同", "同"),
        ("", "", ""),
    ],
)
def test_it_reads_as_an_editor_would_mark_it(old: str, new: str, expected: str) -> None:
    assert said(diff_texts(old, new)) == expected


def test_what_is_equal_by_accident_makes_no_confetti() -> None:
    old = "維修能力是最脆弱的一環。全球可用的維修船數量有限，且船齡偏高。"
    new = "政府應先補足人力的缺口，並且讓各地船廠分擔工作，以免拖延。"
    found = diff_texts(old, new)
    assert texts(found) == (old, new)
    assert max(len(run.text) for run in found if run.kind == "equal") <= 3
    assert sum(run.kind == "equal" for run in found) <= 4


def test_a_large_text_changed_here_and_there_is_compared_by_character_all_the_same() -> None:
    text = CABLES * 100
    changed = text[:3_000] + "鑿驥" + text[3_002:]
    assert amounts(text, changed) == (2, 2)
    sentences = [f"第{i}句說的是{chr(0x4E00 + i)}。" for i in range(1_500)]
    often = [s.replace("說", "講") if i % 3 == 0 else s for i, s in enumerate(sentences)]
    assert amounts("".join(sentences), "".join(often)) == (500, 500)


HAN = [chr(0x4E00 + i) for i in range(20_000)]
N = 20_000


def hostile() -> dict[str, tuple[str, str]]:
    dice = random.Random(7)

    def some(of: Sequence[str], n: int = N) -> str:
        return "".join(dice.choices(of, k=n))

    return {
        "all different": (some(HAN[:10_000]), some(HAN[10_000:])),
        "random": (some(HAN), some(HAN)),
        "few characters": (some("的一是在不了有和人"), some("的一是在不了有和人")),
        "many stops": (some("的一是。"), some("的一是。")),
        "only stops": ("。" * N, "，" * N),
        "one sentence against many": (some(HAN), "。".join(some(HAN, N // 2))),
        "words": (" ".join(some("abcd", N // 2)), " ".join(some("abcd", N // 2))),
        "out of step": ("甲乙" * (N // 2), "乙甲丙" * (N // 3)),
        "long runs": ("一" * N, "一" * (N - 5_000) + "二" * 5_000),
        "every other": ("一二" * (N // 2), "一三" * (N // 2)),
        "blanks": (" \n" * (N // 2), "\n " * (N // 2)),
        "marks": ("e\u0301" * (N // 2), "\u0301" * N),
    }


@pytest.mark.parametrize("case", hostile())
def test_the_worst_texts_are_answered_within_a_second(case: str) -> None:
    """Against the processor's clock, since the machine may be busy with something else."""
    old, new = hostile()[case]
    begun = time.process_time()
    found = diff_texts(old, new)
    assert time.process_time() - begun < 1
    assert texts(found) == (old, new)


WORDS = st.lists(
    st.sampled_from([*"的一是美國在，。 \n", "the ", "cat", "U.S.", "1,200", "’", "e\u0301", "𠮷", "😀"]),
    max_size=40,
).map("".join)


@settings(max_examples=30, deadline=None)
@given(WORDS | st.text(max_size=60), WORDS | st.text(max_size=60))
def test_runs_give_back_both_of_a_few_texts(old: str, new: str) -> None:
    give_back_both(old, new)


@pytest.mark.heavy
@settings(max_examples=300, deadline=None)
@given(WORDS | st.text(max_size=60), WORDS | st.text(max_size=60))
def test_runs_give_back_both_texts(old: str, new: str) -> None:
    give_back_both(old, new)


def give_back_both(old: str, new: str) -> None:
    for effort in (0, 20, 400_000):
        found = diff_texts(old, new, effort)
        assert texts(found) == (old, new)
        assert all(run.text for run in found)
        assert all(a.kind != b.kind for a, b in itertools.pairwise(found))
        assert old != new or not any(run.kind != "equal" for run in found)


# Contents

THREE = tuple(Bullet(n, f"第{n}點", f"Point {n}") for n in (1, 2, 3, 4, 5))
BASE = Content("標題", "Headline", "摘要", "Summary", THREE, Facts(source=1, date="2025-06-09"))


def order(numbers: Sequence[int]) -> Content:
    return replace(BASE, bullets=tuple(THREE[n - 1] for n in numbers))


def moved(content: Content) -> dict[int, int]:
    return {row.number: row.old_position for row in diff_contents(BASE, content).rows if row.is_moved}


def test_only_the_one_that_moved_has_moved() -> None:
    assert moved(order([5, 1, 2, 3, 4])) == {5: 5}
    assert moved(order([2, 3, 4, 5, 1])) == {1: 1}
    assert moved(order([1, 3, 4, 5])) == {}, "what stood behind a removed one did not move"
    assert moved(replace(BASE, bullets=(Bullet(9, "新", "New"), *THREE))) == {}
    assert moved(order([1, 2, 3, 4, 5])) == {}


def test_no_fewer_can_have_moved() -> None:
    """Against every subset, for every order of five."""
    for numbers in itertools.permutations((1, 2, 3, 4, 5)):
        most = max(
            size
            for size in range(1, 6)
            for stay in itertools.combinations(numbers, size)
            if list(stay) == sorted(stay)
        )
        assert len(moved(order(numbers))) == 5 - most


def rows_by_number(old: Content, new: Content) -> dict[int, BulletDifference]:
    return {row.number: row for row in diff_contents(old, new).rows}


def test_each_change_of_a_bullet_has_its_name() -> None:
    changed = (
        replace(THREE[0], text_zh="改"),
        replace(THREE[1], level_en=1),
        replace(THREE[2], marker_zh="number", text_en="Other"),
        replace(THREE[4], passage="p. 3"),
        Bullet(6, "新"),
    )
    difference = diff_contents(BASE, replace(BASE, bullets=changed))
    rows = {row.number: row for row in difference.rows}
    assert [row.number for row in difference.rows] == [1, 2, 3, 4, 5, 6], (
        "a removed one stands behind what it followed"
    )
    assert (rows[1].is_reworded("zh"), rows[1].is_reworded("en"), rows[1].is_restructured("zh")) == (
        True,
        False,
        False,
    )
    assert (rows[2].is_restructured("en"), rows[2].is_restructured("zh"), rows[2].is_reworded("en")) == (
        True,
        False,
        False,
    )
    assert (rows[3].is_restructured("zh"), rows[3].is_reworded("en")) == (True, True)
    assert (rows[4].old_position, rows[4].new_position, rows[4].new) == (4, 0, None)
    assert (
        rows[5].has_changed_annotations,
        rows[5].old_position,
        rows[5].new_position,
        rows[5].is_moved,
    ) == (True, 5, 4, False)
    assert (rows[6].old_position, rows[6].new_position, rows[6].old) == (0, 5, None)
    assert not any(row.is_same for row in difference.rows)


def test_structure_of_a_side_without_words_is_no_change() -> None:
    old = replace(BASE, bullets=(Bullet(1, "只有中文"),))
    new = replace(BASE, bullets=(Bullet(1, "只有中文", level_en=2),))
    assert rows_by_number(old, new)[1].is_same


def test_leads_and_facts_are_named() -> None:
    facts = replace(BASE.facts, date="2025-06", authors=(Byline(3),))
    difference = diff_contents(BASE, replace(BASE, headline_zh="新標題", summary_en="Other", facts=facts))
    assert difference.leads == ("headline_zh", "summary_en")
    assert difference.facts == ("authors", "date")
    assert diff_contents(BASE, BASE).is_empty
    assert not difference.is_empty


def test_two_thousand_bullets_turned_about() -> None:
    many = tuple(Bullet(n, f"第{n}點", f"Point {n}") for n in range(1, 2_001))
    begun = time.process_time()
    difference = diff_contents(replace(BASE, bullets=many), replace(BASE, bullets=many[::-1]))
    assert time.process_time() - begun < 1
    assert sum(row.is_moved for row in difference.rows) == 1_999
