"""Alignment of Chinese and English points when the languages differ in their number of points."""

from itertools import combinations

import pytest
from django.conf import settings

from briefs.bilingual.documents.alignment import align
from briefs.bilingual.documents.types import Point, serialize_pairing
from briefs.bilingual.lexicon.dictionary import set_dictionary_path
from briefs.tests.bilingual.documents.test_parser import FIXTURES, SEED, caution_codes, parse
from briefs.tests.support import limit_cpu_time

SAMPLES = [
    SEED,
    *(FIXTURES / "samples" / name for name in ("01-subsea-cables.txt", "02-critical-minerals.txt")),
]
TERMS = [
    ("華為", "Huawei"),
    ("海底電纜", "subsea cable"),
    ("低軌衛星", "Low-Earth orbit"),
    ("維修", "repair"),
]


def read_points(path):
    document = parse(path.read_bytes())
    return document.sides["zh"].points, document.sides["en"].points


def count_correct_pairs(pairs, zh, en):
    """Count the pairs whose two points have the same position in the complete document."""
    return sum(1 for pair in pairs if pair.zh and pair.en and zh.index(pair.zh) == en.index(pair.en))


def split_pairs(pairs):
    return [pair.zh for pair in pairs if pair.zh], [pair.en for pair in pairs if pair.en]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_equal_counts_are_paired_in_order(path):
    zh, en = read_points(path)
    pairs = align(zh, en)
    assert count_correct_pairs(pairs, zh, en) == len(zh)
    assert all(0.5 <= pair.confidence <= 1 for pair in pairs)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("side", ["zh", "en"])
def test_over_90_percent_of_pairs_are_correct_with_points_missing(path, missing, side):
    zh, en = read_points(path)
    paired = total = 0
    for removed in combinations(range(len(zh)), missing):
        remaining = [n for n in range(len(zh)) if n not in removed]
        some_zh = [zh[n] for n in remaining] if side == "zh" else list(zh)
        some_en = [en[n] for n in remaining] if side == "en" else list(en)
        pairs = align(some_zh, some_en, terms=TERMS)
        assert split_pairs(pairs) == (some_zh, some_en)
        paired += count_correct_pairs(pairs, zh, en)
        total += len(remaining)
    assert paired / total > 0.9


def test_one_sided_point_is_reported_with_its_line():
    text = SEED.read_text().split("\n")
    del text[14]
    document = parse("\n".join(text))
    assert len(document.pairs) == 8
    unpaired = [pair.en for pair in document.pairs if pair.zh is None]
    assert len(unpaired) == 1
    caution = next(c for c in document.cautions if c.code == "one-sided")
    assert caution.line == unpaired[0].line
    assert caution.message() == f"This point has no counterpart in Chinese: “{unpaired[0].text}”"
    assert caution_codes(document).count("one-sided") == 1


@pytest.mark.parametrize(
    "counts", [(1000, 1000), (1000, 900), (1000, 10), pytest.param((20_000, 19_000), marks=pytest.mark.heavy)]
)
def test_alignment_of_a_thousand_points_ends(counts):
    zh = [Point("字" * (10 + n % 50) + str(2000 + n)) for n in range(counts[0])]
    en = [Point("word " * (6 + n % 30) + str(2000 + n)) for n in range(counts[0] - counts[1], counts[0])]
    with limit_cpu_time():
        pairs = align(zh, en)
    assert split_pairs(pairs) == (zh, en)


def align_without_point(path, removed):
    """Remove one Chinese point of a sample, align, and return the pairs as (Chinese, English) positions."""
    zh, en = read_points(path)
    pairs = align([point for n, point in enumerate(zh) if n != removed], en)
    return [
        (zh.index(pair.zh) if pair.zh else None, en.index(pair.en) if pair.en else None) for pair in pairs
    ]


@pytest.mark.parametrize(
    ("path", "removals", "count"), [(SAMPLES[1], 8, 8), (FIXTURES / "samples/03-faulty-drones.txt", 11, 12)]
)
def test_point_with_amounts_or_acronym_missing_in_chinese_stays_unpaired(path, removals, count):
    for removed in range(removals):
        expected = [(None if n == removed else n, n) for n in range(count)]
        assert align_without_point(path, removed)[:removals] == expected[:removals]


@pytest.mark.parametrize("product", ["4,000 drones", "NSATU drones"])
def test_point_with_an_extra_figure_or_name_stays_unpaired(product):
    zh = [
        Point("目前的攔截方式成本過高，長期難以負擔，必須另尋辦法。"),
        Point("各國因此提出共同的構想，但出資比例、指揮權與時程至今沒有共識。"),
    ]
    en = [
        Point("Current methods of interception cost too much and cannot be kept up for long."),
        Point(
            "Governments have therefore floated a common idea, but they have not agreed on who pays, who commands, "
            "or when it should be ready."
        ),
        Point(
            f"The author notes that Kyiv now makes {product} and that its experience offers the best lessons."
        ),
    ]
    assert [pair.zh for pair in align(zh, en)] == [*zh, None]


@pytest.fixture
def no_dictionary(tmp_path):
    path = settings.DICTIONARY_FILE
    set_dictionary_path(tmp_path / "none")
    yield
    set_dictionary_path(path)


TALKS = [
    ("歐盟對中國電動車課徵的反補貼稅並未阻止進口成長。", "The EU's countervailing duties on Chinese electric cars have not stopped imports from growing."),
    ("匈牙利與西班牙爭取中國車廠設廠。", "Hungary and Spain are courting Chinese carmakers for factories."),
    ("德國車廠擔心遭到報復，因此反對更強硬的措施。", "German manufacturers fear retaliation and oppose tougher measures."),
    (
        "作者建議以最低進口價格取代關稅，並要求投資者轉移技術。",
        "The author proposes replacing tariffs with minimum import prices and making investors transfer technology.",
    ),
    ("等到價格崩跌才出手就太遲了，太陽能產業即是教訓。", "To act once prices have collapsed is too late, as the solar industry has taught."),
]  # fmt: skip


def make_points(texts):
    return [Point(text, line=n) for n, text in enumerate(texts)]


def find_places(pairs):
    return [(pair.zh and pair.zh.line, pair.en and pair.en.line) for pair in pairs]


@pytest.mark.parametrize(("missing_zh", "missing_en"), [(0, 2), (3, 0)])
def test_equal_counts_do_not_hide_a_point_missing_on_each_side(missing_zh, missing_en):
    zh = [point for n, point in enumerate(make_points(zh for zh, _ in TALKS)) if n != missing_zh]
    en = [point for n, point in enumerate(make_points(en for _, en in TALKS)) if n != missing_en]
    places = find_places(align(zh, en))
    assert [(n, n) for n in range(5) if n not in (missing_zh, missing_en)] == [
        p for p in places if None not in p
    ]


def test_two_points_that_are_one_in_the_other_language_are_reported():
    zh, en = make_points(zh for zh, _ in TALKS), make_points(en for _, en in TALKS)
    joined_zh = [*zh[:1], Point(zh[1].text + zh[2].text, line=1), *zh[3:]]
    pairs = align(joined_zh, en)
    assert [(pair.zh and pair.zh.line, pair.en.line, pair.joined) for pair in pairs] in (
        [(0, 0, ""), (1, 1, ""), (None, 2, "previous"), (3, 3, ""), (4, 4, "")],
        [(0, 0, ""), (None, 1, "next"), (1, 2, ""), (3, 3, ""), (4, 4, "")],
    )
    joined_en = [*en[:3], Point(f"{en[3].text} {en[4].text}", line=3)]
    assert [pair.joined for pair in align(zh, joined_en)] in (
        ["", "", "", "", "previous"],
        ["", "", "", "next", ""],
    )


def parse_with_last_pair(zh, en):
    pairs = [*TALKS[:4], (zh, en)]
    lines = [
        "摘要:",
        "一句。",
        *(f"• {zh}" for zh, _ in pairs),
        "Summary:",
        "One.",
        *(f"• {en}" for _, en in pairs),
    ]
    return parse("\n".join(["作者: A", "來源: B", "日期: 2025-06-09", *lines]))


def test_doubtful_pair_is_reported_also_at_equal_counts():
    zh = "等到市場崩跌才出手就遲了。"
    document = parse_with_last_pair(zh, "Prevention beats cure, as ministers like to say in speeches.")
    caution = next(c for c in document.cautions if c.code == "pair-doubtful")
    assert caution.message().startswith(f"This pair may not say the same: “{zh}”")
    assert [pair["doubtful"] for pair in serialize_pairing(document)] == [False] * 4 + [True]


@pytest.mark.usefixtures("no_dictionary")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_without_dictionary_points_are_paired_by_names_and_lengths(path):
    zh, en = read_points(path)
    pairs = align(zh[1:], en, terms=TERMS)
    assert count_correct_pairs(pairs, zh, en) >= len(zh) - 2
    assert not any(pair.joined for pair in pairs)
