"""Punctuation, length and structure checks: house-style cases, the real document and the samples."""

from dataclasses import replace

import pytest

from briefs.bilingual.checks.registry import run_checks
from briefs.bilingual.checks.texts import CheckContext
from briefs.bilingual.documents.parser import read_document
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import apply_repairs, format_finding_message
from briefs.tests.bilingual.checks.test_numbers import FIXTURES

COMMA = "%s half-width comma%s between Chinese characters. Change to ，"
CURLY = "Curly quotation marks in Chinese. Change to 「」"
SPACE = "Space between Chinese and Latin text. Remove"
BRACKETS = "1 pair of half-width brackets beside Chinese characters. Change to （）"
WIDTH = "1 half-width punctuation mark between Chinese characters. Change to full width"


def read_fixture(name: str) -> Content:
    """Read a fixture into a content, with levels and markers."""
    [path] = FIXTURES.glob(f"*/{name}*")
    [reading] = read_document(path.read_bytes(), path.name)
    parsed = reading.parsed
    assert parsed, reading.refusal
    bullets = []
    for n, pair in enumerate(parsed.pairs, 1):
        values = {"number": n}
        for side, point in (("zh", pair.zh), ("en", pair.en)):
            if point:
                values |= {
                    f"text_{side}": point.text,
                    f"level_{side}": point.level,
                    f"marker_{side}": point.marker,
                }
        bullets.append(Bullet(**values))
    summaries = {f"summary_{side}": parsed.sides[side].summary for side in ("zh", "en")}
    return Content(**summaries, bullets=tuple(bullets))


def list_messages(content: Content, *only: str) -> list[tuple[int | None, str]]:
    return [
        (finding.bullet, format_finding_message(finding))
        for finding in run_checks(content, CheckContext(), only=only)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "因此，誰能搶先", "共1,200人", "(CSIS, RAND)", "開發金融公司（DFC）", "函數f(x)為", "（一）",
        "「與中國合作」", "「他說『可』」", "《外交事務》", "他說——不", "等等……", "數值5–10", "5G電信", "AI技術",
        "川普（Donald Trump）", "見https://a.example/x--一", "say \"yes\" 嗎", "",
    ],
)  # fmt: skip
def test_correct_punctuation_has_no_finding(text):
    assert list_messages(Content(bullets=(Bullet(1, text),)), "punctuation") == []


@pytest.mark.parametrize(
    ("text", "expected", "corrected"),
    [
        ("限制, 以贏得,也", COMMA % (2, "s"), "限制，以贏得，也"),
        ("「合作」,因此", COMMA % (1, ""), "「合作」，因此"),
        ("問題:誰", WIDTH, "問題：誰"),
        ("中國(大陸)", BRACKETS, "中國（大陸）"),
        ("“他說‘可’”", CURLY, "「他說『可』」"),
        ('"合作"', "Straight quotation marks in Chinese. Change to 「」", "「合作」"),
        ("「他說「可」」", "「」 inside 「」. Change to 『』", "「他說『可』」"),
        ("『合作』", "『』 are for a quotation inside another. Change to 「」", "「合作」"),
        ("等等...", "“...” in Chinese. Change to ……", "等等……"),
        ("他說---不", "“---” in Chinese. Change to ——", "他說——不"),
        ("他說──不", "“──” in Chinese. Change to ——", "他說——不"),
        ("5G 電信", SPACE, "5G電信"),
    ],
)
def test_incorrect_punctuation_is_reported_and_repaired(text, expected, corrected):
    content = Content(bullets=(Bullet(1, text),))
    [finding] = run_checks(content, CheckContext(), only=("punctuation",))
    assert format_finding_message(finding) == expected
    assert apply_repairs(content, [finding]).bullets[0].text_zh == corrected
    assert run_checks(Content(bullets=(Bullet(1, corrected),)), CheckContext(), only=("punctuation",)) == []


def test_unpaired_curly_mark_is_reported_without_repair():
    [finding] = run_checks(Content(bullets=(Bullet(1, "“合作"),)), CheckContext(), only=("punctuation",))
    assert (format_finding_message(finding), finding.repair, finding.span) == (CURLY, None, (0, 1))


@pytest.mark.parametrize(("side", "code"), [("en", "length.en_short"), ("zh", "length.zh_short")])
def test_bullet_cut_in_half_is_reported_as_short(side, code):
    content = read_fixture("000_a01fbe574e0e12f3")
    separator = " " if side == "en" else ""
    for place, bullet in enumerate(content.bullets):
        parts = bullet.text(side).split(" ") if side == "en" else list(bullet.text(side))
        half = separator.join(parts[: (len(parts) + 1) // 2])
        bullets = list(content.bullets)
        bullets[place] = replace(bullet, **{f"text_{side}": half})
        findings = run_checks(replace(content, bullets=tuple(bullets)), CheckContext(), only=("length",))
        assert (bullet.number, code) in [(f.bullet, f.code) for f in findings]


def test_short_bullet_may_differ_more_from_the_brief_than_a_long_one():
    usual = [Bullet(n, "字" * 48 + "。", "word " * 29 + "word.") for n in range(1, 5)]
    short, long = Bullet(5, "字" * 24, "word " * 10), Bullet(6, "字" * 72, "word " * 30)
    assert list_messages(Content(bullets=(*usual, short)), "length") == []
    assert [n for n, _ in list_messages(Content(bullets=(*usual, long)), "length")] == [6]


def test_structure_check_ignores_one_sided_bullets():
    two_sided = Bullet(1, "一", "One")
    assert list_messages(Content(bullets=(two_sided, Bullet(2, "二", level_zh=1))), "structure") == []
    assert list_messages(Content(bullets=(two_sided, Bullet(2, "二", "Two", level_zh=1))), "structure") == [
        (2, "Structure differs: 1 + 1 in Chinese, 2 in English.")
    ]
