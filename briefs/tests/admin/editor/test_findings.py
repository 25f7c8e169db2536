"""Test findings sent to the brief form."""

import dataclasses
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from briefs import workflow
from briefs.admin.common import findings
from briefs.bilingual import checks
from briefs.bilingual.checks import CheckContext, Edit, apply_edits
from briefs.content import Bullet, Content
from briefs.models import Author, Term
from briefs.tests.bilingual.checks.test_all_checks import SEED, read_fixture_with_headlines
from briefs.tests.bilingual.documents.test_alignment import TALKS
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.workflow.rules.check_context import load_check_context

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def vocabulary() -> None:
    factories.load_vocabulary()


def findings_of(content: Content) -> list[dict[str, Any]]:
    with translation.override("en"):
        return [f for f in findings.as_json(0, content, {}) if f["check"] != "completeness"]


def without_numbers(content: Content) -> Content:
    return dataclasses.replace(
        content, bullets=tuple(dataclasses.replace(b, number=0) for b in content.bullets)
    )


def build_long_brief() -> Content:
    bullets = [
        b for name in (SEED, "01-", "02-", "03-") for b in read_fixture_with_headlines(name).bullets
    ] * 2
    numbered = (dataclasses.replace(bullet, number=n) for n, bullet in enumerate(bullets[:60], 1))
    return Content("標題", "Title", "摘要", "Summary", tuple(numbered))


# Seed document and samples, with the default vocabulary


@pytest.mark.usefixtures("vocabulary")
def test_seed_document_has_expected_findings_and_one_comma_repair() -> None:
    seed = read_fixture_with_headlines(SEED)
    reported = findings_of(seed)
    assert [f["key"] for f in reported if f["check"] == "numbers"] == ["b1", "b3"]
    assert [f["check"] for f in reported].count("length") == 0
    [commas] = [f for f in reported if f["code"] == "punctuation.commas"]
    assert commas["repair"]["label"] == "Apply all 27"
    edits = commas["repair"]["edits"]
    assert len(edits) == 27
    texts = {f"b{b.number}": b.text_zh for b in seed.bullets} | {"summary": seed.summary_zh}
    for edit in edits:
        text = texts[edit["key"]]
        around = text[edit["start"] - 1] + text[edit["end"]]
        assert text[edit["start"] : edit["end"]] == edit["was"]
        assert not any(c.isascii() and c.isalnum() for c in around)


@pytest.mark.usefixtures("vocabulary")
def test_added_term_clears_the_number_finding_for_its_name() -> None:
    seed = read_fixture_with_headlines(SEED)
    [zte] = [f for f in findings_of(seed) if f["key"] == "b1" and f["check"] == "numbers"]
    assert "ZTE" in zte["message"]
    assert zte["link"]["url"] == "/admin/briefs/term/add/?en=ZTE"
    Term.make(zh="中興", en="ZTE")
    assert [f["key"] for f in findings_of(seed) if f["check"] == "numbers"] == ["b3"]


@pytest.mark.usefixtures("vocabulary")
def test_findings_query_count_is_independent_of_bullet_count(team: Team) -> None:
    content_queries = 3
    for content in (read_fixture_with_headlines(SEED), build_long_brief()):
        brief = factories.draft_brief(team, without_numbers(content))
        with CaptureQueriesContext(connection) as queries:
            findings.as_json(brief.pk, workflow.load_working_copy(brief), {})
        assert len(queries) == 5 + content_queries


def test_check_context_is_narrowed_to_names_that_may_occur() -> None:
    for n in range(400):
        Author.make(name=f"Author Number{n}", name_zh=f"作者{n}")
    Author.make(name="Quad Labour", name_zh="臺大", family="Labour")
    content = Content(bullets=(Bullet(1, "台大與張三。", "Quad Labour said so."),))
    narrowed, whole = load_check_context(content), load_check_context()
    assert len(whole.names) == 802
    assert set(narrowed.names) == {"Quad Labour", "臺大"}
    assert checks.run_checks(content, narrowed) == checks.run_checks(content, whole)


def test_ratio_band_is_computed_from_300_published_pairs_on(team: Team) -> None:
    usual = CheckContext().ratio_band
    assert load_check_context().ratio_band == usual
    ratios = [round(0.8 + n / 100, 2) for n in range(400)]
    pairs = [("字" * round(ratio * 100), "word " * 100) for ratio in ratios]
    assert checks.compute_ratio_band(pairs[:299]) is None
    assert checks.compute_ratio_band(reversed(pairs)) == (0.84, 4.75)
    assert checks.compute_ratio_band(pairs[50:] * 2)[0] == usual[0]
    assert checks.compute_ratio_band([("短", "short")] * 400) is None
    bullets = tuple(Bullet(0, "字" * (30 + n % 5), "word " * 10) for n in range(310))
    factories.live_brief(team, factories.content(bullets=bullets))
    assert load_check_context().ratio_band == (usual[0], 3.4)


# Data for the page


@pytest.mark.usefixtures("vocabulary")
def test_finding_offsets_are_utf16_and_keys_are_page_keys() -> None:
    key = "n" + "0" * 32
    content = Content(bullets=(Bullet(4, "𠮷🎉限制,以芯片,也", "A chip"),))
    with translation.override("zh-hant"):
        by_code = {f["code"]: f for f in findings.as_json(0, content, {4: key})}
    commas = by_code["punctuation.commas"]
    assert commas["message"] == "中文字之間有 2 個半形逗號。改為「，」"
    assert commas["key"] == key
    edits = [(e["start"], e["end"], e["was"]) for e in commas["repair"]["edits"]]
    assert edits == [(6, 7, ","), (10, 11, ",")]
    assert commas["spans"] == [[key, "zh", 6, 7], [key, "zh", 10, 11]]


def test_finding_id_is_stable_and_unique() -> None:
    original = Content(bullets=(Bullet(1, "芯片,也", "A chip"), Bullet(2, "信息", "")))
    moved = Content(bullets=(Bullet(3, "新的", ""), Bullet(2, "信息", ""), Bullet(1, "說芯片,也", "A chip")))
    ids = [{f["id"] for f in findings_of(c) if f["check"] == "mainland"} for c in (original, moved)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 2
    all_ids = [f["id"] for f in findings_of(build_long_brief())]
    assert len(set(all_ids)) == len(all_ids)


def test_repair_of_all_similar_findings_is_offered_once() -> None:
    content = Content(
        bullets=(Bullet(1, "芯片", "Chip"), Bullet(2, "軟件", "Software"), Bullet(3, "硬件", "It"))
    )
    reported = [f for f in findings_of(content) if f["code"] == "mainland.wording"]
    assert [f["repair"]["label"] for f in reported] == ["Apply repair"] * 3
    assert [bool(f["all"]) for f in reported] == [True, False, False]
    assert reported[0]["all"]["label"] == "Apply all 3"
    assert [e["key"] for e in reported[0]["all"]["edits"]] == ["b1", "b2", "b3"]


def test_pair_of_quotation_marks_counts_as_one_repair() -> None:
    one_pair, two_pairs = (
        Content(bullets=(Bullet(1, text, "He says so"),)) for text in ("他說“好”的", "他說“好”的“話”的")
    )
    labels = [
        f["repair"]["label"]
        for c in (one_pair, two_pairs)
        for f in findings_of(c)
        if f["code"] == "punctuation.quotes"
    ]
    assert labels == ["Apply repair", "Apply all 2"]


def test_insertion_finding_marks_the_preceding_character() -> None:
    bullets = tuple(Bullet(n, text, "A point.") for n, text in enumerate(("一。", "二。", "三"), 1))
    [stop] = [f for f in findings_of(Content(bullets=bullets)) if f["code"] == "stops.missing"]
    assert stop["spans"] == [["b3", "zh", 0, 1]]


def test_edits_are_refused_together_if_one_does_not_match() -> None:
    content = Content(bullets=(Bullet(1, "限制,以,及", "x"),))
    good = Edit(1, "bullet", "zh", 2, 3, ",", "，")
    assert apply_edits(content, [good]).bullets[0].text_zh == "限制，以,及"  # type: ignore[union-attr]
    for bad in (
        dataclasses.replace(good, start=4, end=5, expected=";"),
        dataclasses.replace(good, start=2, end=4, expected=",以"),
        dataclasses.replace(good, bullet=9),
    ):
        assert apply_edits(content, [good, bad]) is None


def test_swapped_pairs_offer_to_swap_the_partner() -> None:
    texts = [TALKS[1], TALKS[0], *TALKS[2:]]
    rows = zip(TALKS, texts, strict=True)
    content = Content(bullets=tuple(Bullet(n, zh, en) for n, ((zh, _), (_, en)) in enumerate(rows, 1)))
    [found] = [f for f in findings_of(content) if f["check"] == "pairing"]
    assert found["message"] == "This pair may not say the same. The English of bullet 2 fits better."
    assert found["repair"]["label"] == "Swap partner"
    assert [(edit["key"], edit["to"]) for edit in found["repair"]["edits"]] == [
        ("b1", TALKS[0][1]),
        ("b2", TALKS[1][1]),
    ]
    assert found["all"] is None


def test_unchanged_text_is_checked_again_when_the_glossary_changes() -> None:
    content = factories.content(bullets=(Bullet(1, "中興在此。", "A firm is here."),))
    before = findings_of(content)
    runs = findings.run_cached_checks.cache_info().misses
    assert findings_of(content) == before
    assert findings.run_cached_checks.cache_info().misses == runs, "the same text is checked once"
    Term.make(zh="中興", en="ZTE")
    assert "glossary.zh_only" in {finding["code"] for finding in findings_of(content)}
