"""Glossary check with the shipped vocabulary: one-sided terms and renderings to avoid."""

import json

import pytest

from briefs.bilingual.checks.chinese import load_default_wordings
from briefs.bilingual.checks.registry import run_checks
from briefs.bilingual.checks.texts import CheckContext, TermData
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import apply_repairs, format_finding_message
from briefs.tests.bilingual.checks.test_numbers import FIXTURES

ROWS = json.loads((FIXTURES / "vocabulary.json").read_text(encoding="utf-8"))
TERMS = tuple(TermData.from_mapping(row["fields"]) for row in ROWS if row["model"] == "briefs.term")
SHIPPED = CheckContext(terms=TERMS, mainland_wordings=load_default_wordings())


def list_messages(zh: str, en: str, context: CheckContext = SHIPPED, only=("glossary",)) -> list[str]:
    findings = run_checks(Content(bullets=(Bullet(1, zh, en),)), context, only=only)
    return [format_finding_message(finding).partition(". Is it")[0] for finding in findings]


AGREEING_PAIRS = [
    ("人工智慧的發展。", "Progress in AI."),
    ("擴大嚇阻。", "Extended deterrence."),
    ("台海情勢。", "The Taiwan Strait."),
    ("稀土磁鐵。", "Rare-earth magnets."),
    ("灰色地帶。", "A gray-zone operation."),
    ("GRAY: 灰色地帶。", "Gray Zone"),
    ("美國在台協會（AIT）。", "The AIT."),
    ("統一規格。", "A common standard."),
    ("兩德統一。", "German reunification."),
    ("建立統一的指揮體系。", "Build a unified chain of command."),
    ("微晶片。", "Microchips."),
    ("拒止式嚇阻與懲罰式嚇阻。", "Deterrence by denial and by punishment."),
    ("引導彈藥。", "Guided munitions."),
    # one side is still empty
    ("無人機。", ""),
    ("", "A drone."),
    # quotations may use avoided renderings
    ("稱為「灰色區域」。", "What it calls a “grey zone”."),
    # avoided rendering inside a longer approved one
    ("演算法。", "An algorithm."),
]


@pytest.mark.parametrize(("zh", "en"), AGREEING_PAIRS)
def test_term_on_both_sides_has_no_finding(zh, en):
    assert list_messages(zh, en) == []


ONE_SIDED_TERMS = [
    ("無人機。", "It flies.", ["無人機 appears in the Chinese only"]),
    ("會飛。", "Two Drones.", ["Drone appears in the English only"]),
    ("會飛。", "A drone, or UAV.", ["drone appears in the English only"]),
    ("和平統一。", "Peace.", ["統一 appears in the Chinese only"]),
]
AVOIDED_RENDERINGS = [
    ("灰色區域。", "A gray zone.", ["The glossary prefers 灰色地帶 to 灰色區域."]),
    ("灰色地帶。", "Grey zones are.", ["The glossary prefers Gray zone to Grey zone."]),
    ("灰色地帶。", "The Grey Zone.", ["The glossary prefers Gray Zone to Grey Zone."]),
    ("人工智能。", "AI.", ["The glossary prefers 人工智慧 to 人工智能."]),
    ("算法。", "An algorithm.", ["The glossary prefers 演算法 to 算法."]),
    ("國際貨幣基金組織。", "The IMF.", ["The glossary prefers 國際貨幣基金 to 國際貨幣基金組織."]),
    ("第一島鏈。", "The First Island Chain.", ["The glossary prefers first island chain to First Island Chain."]),
    ("四方安全對話。", "The QUAD met.", ["The glossary prefers Quadrilateral Security Dialogue to QUAD."]),
    ("資料中心。", "Data centres.", ["The glossary prefers Data center to Data centre."]),
    ("導彈與芯片。", "Missiles and chips.", ["The glossary prefers 飛彈 to 導彈.", "The glossary prefers 晶片 to 芯片."]),
]  # fmt: skip


@pytest.mark.parametrize(("zh", "en", "expected"), ONE_SIDED_TERMS + AVOIDED_RENDERINGS)
def test_one_sided_term_or_avoided_rendering_is_reported(zh, en, expected):
    assert list_messages(zh, en) == expected


@pytest.mark.parametrize(("zh", "en", "expected"), AVOIDED_RENDERINGS)
def test_avoided_rendering_is_repaired(zh, en, expected):
    content = Content(bullets=(Bullet(1, zh, en),))
    [bullet] = apply_repairs(content, run_checks(content, SHIPPED, only=("glossary",))).bullets
    assert list_messages(bullet.text_zh, bullet.text_en) == []


def test_headline_may_omit_a_term_but_not_use_avoided_rendering():
    content = Content("無人機與灰色區域", "The First Island Chain")
    assert [format_finding_message(f) for f in run_checks(content, SHIPPED, only=("glossary",))] == [
        "The glossary prefers 灰色地帶 to 灰色區域."
    ]


def test_known_company_name_may_contain_avoided_rendering():
    context = CheckContext(terms=TERMS, names=("芯片社", "Data Centre Alliance"))
    assert list_messages("芯片社。", "Data Centre Alliance.", context) == []
