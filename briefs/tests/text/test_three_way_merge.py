"""Three contents made one: what one person touched merges, what both touched is a clash, and no word is lost."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.content import SIDES, Bullet, Byline, Content, Facts, Side
from briefs.text.three_way_merge import collect_values_by_key, merge

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
def edited(draw: st.DrawFn, base: Content, fresh: range) -> Content:
    """Some cells written over, some bullets deleted, moved and added."""
    rows = []
    for bullet in base.bullets:
        act = draw(st.sampled_from(("keep", "keep", "zh", "en", "structure", "delete")))
        if act in SIDES:
            bullet = replace(bullet, **{f"text_{act}": draw(WORDS) or "字"})
        elif act == "structure":
            bullet = replace(bullet, level_en=draw(st.integers(0, 2)))
        if act != "delete":
            rows.append(bullet)
    if draw(st.booleans()):
        rows = draw(st.permutations(rows))
    for number in fresh:
        if draw(st.booleans()):
            rows.insert(draw(st.integers(0, len(rows))), draw(bullets_of(number)))
    changed = replace(base, bullets=tuple(rows))
    if draw(st.booleans()):
        changed = replace(changed, headline_zh=draw(WORDS), facts=replace(base.facts, title=draw(WORDS)))
    return changed


@st.composite
def three(draw: st.DrawFn) -> tuple[Content, Content, Content]:
    base = draw(contents())
    return base, draw(edited(base, range(10, 13))), draw(edited(base, range(20, 23)))


EXAMPLES = settings(max_examples=300, deadline=None)
FEW = settings(max_examples=30, deadline=None)


@pytest.mark.heavy
@EXAMPLES
@given(three())
def test_what_only_one_wrote_is_that_ones(them: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = them
    assert merge(base, base, theirs).content == theirs
    assert merge(base, mine, base).content == mine
    assert merge(base, mine, mine).content == mine
    for merged in (merge(base, base, theirs), merge(base, mine, base), merge(base, mine, mine)):
        assert merged.conflict_keys == ()


@pytest.mark.heavy
@EXAMPLES
@given(contents(), contents(), contents())
def test_what_only_one_wrote_is_that_ones_of_any_contents(
    base: Content, mine: Content, theirs: Content
) -> None:
    assert merge(base, base, theirs).content == theirs
    assert merge(base, mine, base).content == mine
    assert merge(base, mine, mine).content == mine
    numbers = [b.number for b in merge(base, mine, theirs).content.bullets]
    assert len(numbers) == len(set(numbers))


@pytest.mark.heavy
@EXAMPLES
@given(three())
def test_no_place_that_one_side_alone_touched_is_lost(them: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = them
    merged = merge(base, mine, theirs)
    was, own, other, now = (
        collect_values_by_key(content) for content in (base, mine, theirs, merged.content)
    )
    whole = {place.partition("-")[0] for place in merged.conflict_keys}
    for place in {**own, **other}:
        if place == "order" or place.partition("-")[0] in whole:
            continue
        a, b, c = (side.get(place) for side in (was, own, other))
        if place[0] == "b" and "-" not in place and b is not None and c is not None:
            continue  # compared cell by cell
        if "-" in place and place.partition("-")[0] not in now:
            continue  # deleted with its bullet, which is a place of its own
        if b == a:
            assert now.get(place) == c, place
        elif c == a:
            assert now.get(place) == b, place


@pytest.mark.heavy
@EXAMPLES
@given(three())
def test_new_bullets_of_both_are_kept_whole(them: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = them
    known = {b.number for b in base.bullets}
    kept = set(merge(base, mine, theirs).content.bullets)
    for content in (mine, theirs):
        assert {b for b in content.bullets if b.number not in known} <= kept


@pytest.mark.heavy
@EXAMPLES
@given(three())
def test_whoever_is_called_mine_the_same_comes_of_it(them: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = them
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert set(one.conflict_keys) == set(other.conflict_keys)
    numbers = [sorted(b.number for b in merged.content.bullets) for merged in (one, other)]
    assert numbers[0] == numbers[1]
    if not one.conflict_keys:
        a, b = (merged.content for merged in (one, other))
        assert replace(a, bullets=()) == replace(b, bullets=())
        assert set(a.bullets) == set(b.bullets)


@pytest.mark.heavy
@EXAMPLES
@given(three())
def test_every_choice_leaves_no_clash(them: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = them
    clashes = merge(base, mine, theirs).conflict_keys
    for whose, side in (("mine", mine), ("theirs", theirs)):
        settled = merge(base, mine, theirs, lambda place, whose=whose: whose)
        assert settled.conflict_keys == ()
        now, wanted = collect_values_by_key(settled.content), collect_values_by_key(side)
        for place in clashes:
            if place != "order" and place in now:
                assert now[place] == wanted.get(place) or place.partition("-")[0] in clashes


@pytest.mark.parametrize(
    ("test", "strategies"),
    [
        (test_what_only_one_wrote_is_that_ones, [three()]),
        (test_what_only_one_wrote_is_that_ones_of_any_contents, [contents()] * 3),
        (test_no_place_that_one_side_alone_touched_is_lost, [three()]),
        (test_new_bullets_of_both_are_kept_whole, [three()]),
        (test_whoever_is_called_mine_the_same_comes_of_it, [three()]),
        (test_every_choice_leaves_no_clash, [three()]),
    ],
)
def test_the_same_of_a_few_examples(test: Any, strategies: list[Any]) -> None:
    FEW(given(*strategies)(test.hypothesis.inner_test))()


def brief(*texts: str) -> Content:
    return Content(bullets=tuple(Bullet(n, text, f"{text} en") for n, text in enumerate(texts, 1)))


def with_(content: Content, number: int, **changes: object) -> Content:
    rows = tuple(replace(b, **changes) if b.number == number else b for b in content.bullets)
    return replace(content, bullets=rows)


def test_cells_of_one_bullet_merge_and_words_of_one_cell_clash() -> None:
    base = brief("甲", "乙")
    mine, theirs = (
        with_(base, 1, text_zh="我"),
        with_(base, 1, text_en="theirs", level_zh=1, marker_zh="number"),
    )
    merged = merge(base, mine, theirs)
    assert merged.content.bullets[0] == Bullet(1, "我", "theirs", 1, 0, "number")
    assert merged.conflict_keys == ()
    assert merged.keys_from_theirs == ("b1-zh-structure", "b1-en")
    both = merge(base, mine, with_(base, 1, text_zh="他"))
    assert both.conflict_keys == ("b1-zh",)
    assert both.content == mine


def test_deletion_against_a_change_is_a_clash_and_keeps_the_words() -> None:
    base = brief("甲", "乙", "丙")
    shorter = replace(base, bullets=base.bullets[:1] + base.bullets[2:])
    changed = with_(base, 2, text_en="changed")
    for mine, theirs in ((shorter, changed), (changed, shorter)):
        merged = merge(base, mine, theirs)
        assert merged.conflict_keys == ("b2",)
        assert [b.text_en for b in merged.content.bullets if b.number == 2] == ["changed"]
    assert merge(base, shorter, changed, lambda place: "mine").content == shorter
    assert [b.number for b in merge(base, changed, shorter, lambda place: "theirs").content.bullets] == [1, 3]


def test_deletion_of_what_the_other_only_moved_stands() -> None:
    base = brief("甲", "乙", "丙")
    shorter = replace(base, bullets=base.bullets[1:])
    moved = replace(base, bullets=(*base.bullets[1:], base.bullets[0]))
    assert merge(base, shorter, moved).content == shorter


def test_whoever_moved_leads_and_new_bullets_follow_their_neighbour() -> None:
    base = brief("甲", "乙", "丙")
    one, two, three_ = base.bullets
    moved = replace(base, bullets=(three_, one, two))
    added = replace(base, bullets=(Bullet(9, "首"), one, Bullet(7, "新"), Bullet(8, "新二"), two, three_))
    for mine, theirs in ((moved, added), (added, moved)):
        merged = merge(base, mine, theirs)
        assert [b.number for b in merged.content.bullets] == [9, 3, 1, 7, 8, 2]
        assert merged.conflict_keys == ()
    other = replace(base, bullets=(two, one, three_))
    clash = merge(base, moved, other)
    assert clash.conflict_keys == ("order",)
    assert [b.number for b in clash.content.bullets] == [3, 1, 2]
    assert merge(base, moved, other, lambda place: "theirs").content == other


@pytest.mark.parametrize("side", SIDES)
def test_one_empties_the_chinese_and_the_other_the_english(side: Side) -> None:
    base = with_(brief("甲", "乙"), 1, passage="p. 3")
    emptied = {s: with_(base, 1, **{f"text_{s}": ""}) for s in SIDES}
    mine, theirs = emptied[side], emptied["en" if side == "zh" else "zh"]
    merged = merge(base, mine, theirs)
    assert merged.conflict_keys == ("b1",)
    assert merged.content.bullets[0] == mine.bullets[0]
    assert merge(base, mine, theirs, lambda place: "theirs").content == theirs


def test_lists_of_authors_and_keywords_are_one_place_each() -> None:
    base = Content(facts=Facts(authors=(Byline(1),), keywords=(1,)))
    mine = replace(base, facts=replace(base.facts, keywords=(1, 2)))
    theirs = replace(base, facts=replace(base.facts, authors=(Byline(1), Byline(3)), keywords=(1, 4)))
    merged = merge(base, mine, theirs)
    assert merged.conflict_keys == ("keywords",)
    assert (merged.content.facts.authors, merged.content.facts.keywords) == (theirs.facts.authors, (1, 2))
