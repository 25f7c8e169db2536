"""Three-way merge of contents: changes by one person merge, changes by both conflict, no text is lost."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.bilingual.text.content_merge import collect_values_by_key, merge
from briefs.content import SIDES, Bullet, Byline, Content, Facts, Side

WORDS = st.text(alphabet="甲乙丙丁abc", max_size=4)
NUMBERS = range(1, 7)


@st.composite
def bullets_of(draw: st.DrawFn, number: int) -> Bullet:
    zh, en = draw(WORDS), draw(WORDS)
    marker = st.sampled_from(("bullet", "number"))
    return Bullet(
        number,
        zh or ("" if en else "字"),
        en,
        draw(st.integers(0, 2)),
        draw(st.integers(0, 2)),
        draw(marker),
        draw(marker),
        passage=draw(WORDS),
    )


@st.composite
def contents(draw: st.DrawFn, numbers: range = NUMBERS) -> Content:
    chosen = draw(st.lists(st.sampled_from(numbers), unique=True, max_size=len(numbers)))
    facts = Facts(
        source=draw(st.sampled_from((None, 1, 2))),
        authors=tuple(Byline(pk) for pk in draw(st.lists(st.integers(1, 3), unique=True))),
        keywords=tuple(draw(st.lists(st.integers(1, 3), unique=True))),
        title=draw(WORDS),
        source_withdrew=draw(st.booleans()),
    )
    bullets = tuple(draw(bullets_of(number)) for number in chosen)
    return Content(draw(WORDS), draw(WORDS), draw(WORDS), draw(WORDS), bullets, facts)


@st.composite
def edited_contents(draw: st.DrawFn, base: Content, new_numbers: range) -> Content:
    """Overwrite some cells of `base`; delete, move and add some bullets."""
    rows = []
    for bullet in base.bullets:
        action = draw(st.sampled_from(("keep", "keep", "zh", "en", "structure", "delete")))
        if action in SIDES:
            bullet = replace(bullet, **{f"text_{action}": draw(WORDS) or "字"})
        elif action == "structure":
            bullet = replace(bullet, level_en=draw(st.integers(0, 2)))
        if action != "delete":
            rows.append(bullet)
    if draw(st.booleans()):
        rows = draw(st.permutations(rows))
    for number in new_numbers:
        if draw(st.booleans()):
            rows.insert(draw(st.integers(0, len(rows))), draw(bullets_of(number)))
    changed = replace(base, bullets=tuple(rows))
    if draw(st.booleans()):
        changed = replace(changed, headline_zh=draw(WORDS), facts=replace(base.facts, title=draw(WORDS)))
    return changed


@st.composite
def base_and_two_edits(draw: st.DrawFn) -> tuple[Content, Content, Content]:
    base = draw(contents())
    return base, draw(edited_contents(base, range(10, 13))), draw(edited_contents(base, range(20, 23)))


MANY_EXAMPLES = settings(max_examples=150, deadline=None)
FEW_EXAMPLES = settings(max_examples=30, deadline=None)


@pytest.mark.heavy
@MANY_EXAMPLES
@given(contents(), contents(), contents())
def test_any_content_from_one_person_is_merged_unchanged(
    base: Content, mine: Content, theirs: Content
) -> None:
    for merged, content in (
        (merge(base, base, theirs), theirs),
        (merge(base, mine, base), mine),
        (merge(base, mine, mine), mine),
    ):
        assert (merged.content, merged.conflict_keys) == (content, ())
    numbers = [b.number for b in merge(base, mine, theirs).content.bullets]
    assert len(numbers) == len(set(numbers))


@pytest.mark.heavy
@MANY_EXAMPLES
@given(base_and_two_edits())
def test_value_changed_by_one_person_is_never_lost(versions: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = versions
    merged = merge(base, mine, theirs)
    base_values, my_values, their_values, merged_values = (
        collect_values_by_key(content) for content in (base, mine, theirs, merged.content)
    )
    conflicting_roots = {key.partition("-")[0] for key in merged.conflict_keys}
    for key in {**my_values, **their_values}:
        if key == "order" or key.partition("-")[0] in conflicting_roots:
            continue
        a, b, c = (side.get(key) for side in (base_values, my_values, their_values))
        if key[0] == "b" and "-" not in key and b is not None and c is not None:
            continue  # compared cell by cell
        if "-" in key and key.partition("-")[0] not in merged_values:
            continue  # deleted with its bullet, which has its own key
        if b == a:
            assert merged_values.get(key) == c, key
        elif c == a:
            assert merged_values.get(key) == b, key


@pytest.mark.heavy
@MANY_EXAMPLES
@given(base_and_two_edits())
def test_new_bullets_from_both_people_are_kept(versions: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = versions
    base_numbers = {b.number for b in base.bullets}
    merged_bullets = set(merge(base, mine, theirs).content.bullets)
    for content in (mine, theirs):
        assert {b for b in content.bullets if b.number not in base_numbers} <= merged_bullets


@pytest.mark.heavy
@MANY_EXAMPLES
@given(base_and_two_edits())
def test_merge_is_symmetric(versions: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = versions
    forward, reverse = merge(base, mine, theirs), merge(base, theirs, mine)
    assert set(forward.conflict_keys) == set(reverse.conflict_keys)
    numbers = [sorted(b.number for b in merged.content.bullets) for merged in (forward, reverse)]
    assert numbers[0] == numbers[1]
    if not forward.conflict_keys:
        a, b = (merged.content for merged in (forward, reverse))
        assert replace(a, bullets=()) == replace(b, bullets=())
        assert set(a.bullets) == set(b.bullets)


@pytest.mark.heavy
@MANY_EXAMPLES
@given(base_and_two_edits())
def test_choosing_one_version_resolves_every_conflict(versions: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = versions
    conflict_keys = merge(base, mine, theirs).conflict_keys
    for choice, version in (("mine", mine), ("theirs", theirs)):
        resolved = merge(base, mine, theirs, lambda key, choice=choice: choice)
        assert resolved.conflict_keys == ()
        resolved_values, chosen_values = (
            collect_values_by_key(resolved.content),
            collect_values_by_key(version),
        )
        for key in conflict_keys:
            if key != "order" and key in resolved_values:
                assert (
                    resolved_values[key] == chosen_values.get(key) or key.partition("-")[0] in conflict_keys
                )


@pytest.mark.parametrize(
    ("test", "strategies"),
    [
        (test_any_content_from_one_person_is_merged_unchanged, [contents()] * 3),
        (test_value_changed_by_one_person_is_never_lost, [base_and_two_edits()]),
        (test_new_bullets_from_both_people_are_kept, [base_and_two_edits()]),
        (test_merge_is_symmetric, [base_and_two_edits()]),
        (test_choosing_one_version_resolves_every_conflict, [base_and_two_edits()]),
    ],
)
def test_merge_properties_hold_in_few_examples(test: Any, strategies: list[Any]) -> None:
    FEW_EXAMPLES(given(*strategies)(test.hypothesis.inner_test))()


def make_content(*texts: str) -> Content:
    return Content(bullets=tuple(Bullet(n, text, f"{text} en") for n, text in enumerate(texts, 1)))


def change_bullet(content: Content, number: int, **changes: object) -> Content:
    rows = tuple(replace(b, **changes) if b.number == number else b for b in content.bullets)
    return replace(content, bullets=rows)


def test_different_cells_merge_and_same_cell_conflicts() -> None:
    base = make_content("甲", "乙")
    mine, theirs = (
        change_bullet(base, 1, text_zh="我"),
        change_bullet(base, 1, text_en="theirs", level_zh=1, marker_zh="number"),
    )
    merged = merge(base, mine, theirs)
    assert merged.content.bullets[0] == Bullet(1, "我", "theirs", 1, 0, "number")
    assert merged.conflict_keys == ()
    assert merged.keys_from_theirs == ("b1-zh-structure", "b1-en")
    conflicting = merge(base, mine, change_bullet(base, 1, text_zh="他"))
    assert conflicting.conflict_keys == ("b1-zh",)
    assert conflicting.content == mine


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        ("Two big states signed.", "Two states signed in May.", "Two big states signed in May."),
        ("兩個國家在春天簽了約。", "兩國在春天簽了約，隔年生效。", "兩個國家在春天簽了約，隔年生效。"),
        ("Three states signed.", "Three states have signed.", "Three states have signed."),
        ("Three states signed.", "Four states signed.", None),
        ("Two states signed it.", "Two states signed them.", None),
        ("", "Two states signed in May.", None),
    ],
)
def test_edits_at_different_places_of_a_text_merge(mine: str, theirs: str, merged: str | None) -> None:
    base = "Two states signed." if mine.isascii() else "兩國在春天簽約。"
    for first, second in ((mine, theirs), (theirs, mine)):
        versions = [replace(make_content(), summary_en=text) for text in (base, first, second)]
        result = merge(*versions)
        assert result.conflict_keys == (() if merged else ("summary_en",))
        assert result.content.summary_en == (merged or first)


def test_deletion_against_change_conflicts_and_keeps_the_text() -> None:
    base = make_content("甲", "乙", "丙")
    shorter = replace(base, bullets=base.bullets[:1] + base.bullets[2:])
    changed = change_bullet(base, 2, text_en="changed")
    for mine, theirs in ((shorter, changed), (changed, shorter)):
        merged = merge(base, mine, theirs)
        assert merged.conflict_keys == ("b2",)
        assert [b.text_en for b in merged.content.bullets if b.number == 2] == ["changed"]
    assert merge(base, shorter, changed, lambda key: "mine").content == shorter
    assert [b.number for b in merge(base, changed, shorter, lambda key: "theirs").content.bullets] == [1, 3]


def test_move_is_kept_and_new_bullets_follow_their_predecessor() -> None:
    base = make_content("甲", "乙", "丙")
    first, second, third = base.bullets
    moved = replace(base, bullets=(third, first, second))
    added = replace(base, bullets=(Bullet(9, "首"), first, Bullet(7, "新"), Bullet(8, "新二"), second, third))
    for mine, theirs in ((moved, added), (added, moved)):
        merged = merge(base, mine, theirs)
        assert [b.number for b in merged.content.bullets] == [9, 3, 1, 7, 8, 2]
        assert merged.conflict_keys == ()
    moved_differently = replace(base, bullets=(second, first, third))
    conflicting = merge(base, moved, moved_differently)
    assert conflicting.conflict_keys == ("order",)
    assert [b.number for b in conflicting.content.bullets] == [3, 1, 2]
    assert merge(base, moved, moved_differently, lambda key: "theirs").content == moved_differently


@pytest.mark.parametrize("side", SIDES)
def test_emptying_different_sides_of_a_bullet_conflicts(side: Side) -> None:
    base = change_bullet(make_content("甲", "乙"), 1, passage="p. 3")
    emptied = {s: change_bullet(base, 1, **{f"text_{s}": ""}) for s in SIDES}
    mine, theirs = emptied[side], emptied["en" if side == "zh" else "zh"]
    merged = merge(base, mine, theirs)
    assert merged.conflict_keys == ("b1",)
    assert merged.content.bullets[0] == mine.bullets[0]
    assert merge(base, mine, theirs, lambda key: "theirs").content == theirs
