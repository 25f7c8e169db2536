"""Diffs of texts and contents: exact for small fixes, readable for large ones, bounded in time."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.bilingual.text.content_diff import diff_contents
from briefs.bilingual.text.text_diff import DiffRun, diff_texts
from briefs.content import Bullet, Byline, Content, Facts
from briefs.tests.support import limit_cpu_time

CABLES = "海底電纜承載絕大多數的跨洋通訊，卻長期被視為單純的商業設施。本文主張，電纜韌性應納入國家安全規劃，政策核心應是「快速修復」，而非「全面防護」。"
RACE = "由於科技轉型成本高昂、過程長久,且影響深遠,各國政府勢必在「與美國及其盟友合作」或「與中國合作」之間做出抉擇,因此,誰能搶先佈局,就能占據優勢。"
MINERALS = "價格波動是民間投資卻步的主因。新建一座精煉廠約需12億美元與七年時間，而主導廠商只要短暫降價，便足以使新進業者虧損退場。"
SHIPS = "維修能力是最脆弱的一環。全球可用的維修船數量有限，且船齡偏高；一旦多起事故同時發生，等待時間可能由數日拉長為數月。"


def format_runs(runs: Sequence[DiffRun]) -> str:
    """Return the diff as one line, marked [-deleted-] and {+inserted+}."""
    marks = {"equal": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
    return "".join(marks[run.kind].format(run.text) for run in runs)


def rebuild_texts(runs: Sequence[DiffRun]) -> tuple[str, str]:
    return (
        "".join(run.text for run in runs if run.kind != "inserted"),
        "".join(run.text for run in runs if run.kind != "deleted"),
    )


def count_changed_characters(old: str, new: str) -> tuple[int, int]:
    runs = diff_texts(old, new)
    assert rebuild_texts(runs) == (old, new)
    deleted, inserted = (
        "".join(run.text for run in runs if run.kind == kind) for kind in ("deleted", "inserted")
    )
    return len(deleted), len(inserted)


def test_any_two_character_change_shows_at_most_two_each() -> None:
    """Replace each pair of adjacent characters by characters that occur nowhere else in the text."""
    wrong = []
    for text in (CABLES, RACE, MINERALS, SHIPS):
        for start in range(len(text) - 1):
            if text[start : start + 2].isascii() or any(
                c.isascii() and c.isalnum() for c in text[start : start + 2]
            ):
                continue
            for replacement in ("鑿驥", "鑿" + text[start]):
                counts = count_changed_characters(text, text[:start] + replacement + text[start + 2 :])
                if counts[0] > 2 or counts[1] > 2 or counts[0] != counts[1]:
                    wrong.append((text[start : start + 2], replacement, counts))
    assert wrong == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("the cat sat", "the cats sat", "the [-cat-]{+cats+} sat"),
        ("Biden's plan", "Biden plan", "[-Biden's-]{+Biden+} plan"),
        ("The big cat sat.", "A small dog sat.", "[-The big cat-]{+A small dog+} sat."),
        ("於2025年投資3.5億美元", "於2025年投資35億美元", "於2025年投資[-3.5-]{+35+}億美元"),
        ("the U.S. lost", "the US lost", "the [-U.S.-]{+US+} lost"),
        ("a state-backed firm", "a state-owned firm", "a state-[-backed-]{+owned+} firm"),
        ("競賽,以", "競賽，以", "競賽[-,-]{+，+}以"),
        ("One. Two.", "One. Three. Two.", "One. {+Three. +}Two."),
        ("在美國，在日本。", "在美國，在韓國，在日本。", "在美國，{+在韓國，+}在日本。"),
        ("科技競爭與科技合作", "科技合作", "[-科技競爭與-]科技合作"),
        ("甲乙丙丁戊己庚", "子丑寅卯辰己午", "[-甲乙丙丁戊-]{+子丑寅卯辰+}己[-庚-]{+午+}"),
        ("", "新的", "{+新的+}"),
        ("舊的", "", "[-舊的-]"),
        ("", "", ""),
    ],
)
def test_diff_marks_whole_words_and_clauses(old: str, new: str, expected: str) -> None:
    assert format_runs(diff_texts(old, new)) == expected


def test_large_text_with_small_changes_is_compared_by_character() -> None:
    text = CABLES * 100
    changed = text[:3_000] + "鑿驥" + text[3_002:]
    assert count_changed_characters(text, changed) == (2, 2)
    sentences = [f"第{i}句說的是{chr(0x4E00 + i)}。" for i in range(1_500)]
    changed_sentences = [s.replace("說", "講") if i % 3 == 0 else s for i, s in enumerate(sentences)]
    assert count_changed_characters("".join(sentences), "".join(changed_sentences)) == (500, 500)


HAN_CHARACTERS = [chr(0x4E00 + i) for i in range(20_000)]
SLOW_TEXT_LENGTH = 20_000


def build_slow_texts() -> dict[str, tuple[str, str]]:
    dice = random.Random(7)

    def choose(of: Sequence[str], n: int = SLOW_TEXT_LENGTH) -> str:
        return "".join(dice.choices(of, k=n))

    return {
        "all different": (choose(HAN_CHARACTERS[:10_000]), choose(HAN_CHARACTERS[10_000:])),
        "random": (choose(HAN_CHARACTERS), choose(HAN_CHARACTERS)),
        "few characters": (choose("的一是在不了有和人"), choose("的一是在不了有和人")),
        "many stops": (choose("的一是。"), choose("的一是。")),
        "only stops": ("。" * SLOW_TEXT_LENGTH, "，" * SLOW_TEXT_LENGTH),
        "one sentence against many": (
            choose(HAN_CHARACTERS),
            "。".join(choose(HAN_CHARACTERS, SLOW_TEXT_LENGTH // 2)),
        ),
        "words": (
            " ".join(choose("abcd", SLOW_TEXT_LENGTH // 2)),
            " ".join(choose("abcd", SLOW_TEXT_LENGTH // 2)),
        ),
        "out of step": ("甲乙" * (SLOW_TEXT_LENGTH // 2), "乙甲丙" * (SLOW_TEXT_LENGTH // 3)),
        "long runs": ("一" * SLOW_TEXT_LENGTH, "一" * (SLOW_TEXT_LENGTH - 5_000) + "二" * 5_000),
        "every other": ("一二" * (SLOW_TEXT_LENGTH // 2), "一三" * (SLOW_TEXT_LENGTH // 2)),
        "blanks": (" \n" * (SLOW_TEXT_LENGTH // 2), "\n " * (SLOW_TEXT_LENGTH // 2)),
        "marks": ("e\u0301" * (SLOW_TEXT_LENGTH // 2), "\u0301" * SLOW_TEXT_LENGTH),
    }


@pytest.mark.heavy
@pytest.mark.parametrize("case", build_slow_texts())
def test_comparison_of_slowest_texts_ends(case: str) -> None:
    old, new = build_slow_texts()[case]
    with limit_cpu_time():
        runs = diff_texts(old, new)
    assert rebuild_texts(runs) == (old, new)


WORDS = st.lists(
    st.sampled_from([*"的一是美國在，。 \n", "the ", "cat", "U.S.", "1,200", "’", "e\u0301", "𠮷", "😀"]),
    max_size=40,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(WORDS | st.text(max_size=60), WORDS | st.text(max_size=60))
def test_runs_rebuild_both_texts(old: str, new: str) -> None:
    for effort in (0, 20, 400_000):
        runs = diff_texts(old, new, effort)
        assert rebuild_texts(runs) == (old, new)
        assert all(run.text for run in runs)
        assert all(a.kind != b.kind for a, b in itertools.pairwise(runs))
        assert old != new or not any(run.kind != "equal" for run in runs)


# Diffs of contents

BULLETS = tuple(Bullet(n, f"第{n}點", f"Point {n}") for n in (1, 2, 3, 4, 5))
BASE = Content("標題", "Headline", "摘要", "Summary", BULLETS, Facts(source=1, date="2025-06-09"))


def reorder_bullets(numbers: Sequence[int]) -> Content:
    return replace(BASE, bullets=tuple(BULLETS[n - 1] for n in numbers))


def list_moved_bullets(content: Content) -> dict[int, int]:
    return {row.number: row.old_position for row in diff_contents(BASE, content).rows if row.is_moved}


def test_number_of_moved_bullets_is_minimal() -> None:
    """Compare with the longest ordered subset, found by brute force, for every order of five bullets."""
    for numbers in itertools.permutations((1, 2, 3, 4, 5)):
        longest_unmoved = max(
            size
            for size in range(1, 6)
            for unmoved in itertools.combinations(numbers, size)
            if list(unmoved) == sorted(unmoved)
        )
        assert len(list_moved_bullets(reorder_bullets(numbers))) == 5 - longest_unmoved


def test_each_kind_of_bullet_change_is_reported() -> None:
    changed = (
        replace(BULLETS[0], text_zh="改"),
        replace(BULLETS[1], level_en=1),
        replace(BULLETS[2], marker_zh="number", text_en="Other"),
        replace(BULLETS[4], passage="p. 3"),
        Bullet(6, "新"),
    )
    difference = diff_contents(BASE, replace(BASE, bullets=changed))
    rows = {row.number: row for row in difference.rows}
    assert [row.number for row in difference.rows] == [1, 2, 3, 4, 5, 6], (
        "a removed bullet is listed after its predecessor"
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


def test_changed_leads_and_facts_are_listed() -> None:
    facts = replace(BASE.facts, date="2025-06", authors=(Byline(3),))
    difference = diff_contents(BASE, replace(BASE, headline_zh="新標題", summary_en="Other", facts=facts))
    assert difference.leads == ("headline_zh", "summary_en")
    assert difference.facts == ("authors", "date")
    assert diff_contents(BASE, BASE).is_empty
    assert not difference.is_empty


def test_comparison_of_two_thousand_reversed_bullets_ends() -> None:
    many = tuple(Bullet(n, f"第{n}點", f"Point {n}") for n in range(1, 2_001))
    with limit_cpu_time():
        difference = diff_contents(replace(BASE, bullets=many), replace(BASE, bullets=many[::-1]))
    assert sum(row.is_moved for row in difference.rows) == 1_999
