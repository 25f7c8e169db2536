"""All checks together: real document and samples, overlapping findings, dismissals, time."""

import dataclasses
import re

import pytest

from briefs.bilingual.checks import (
    ALL_CHECKS,
    CheckContext,
    Dismissal,
    Edit,
    Finding,
    Repair,
    apply_edits,
    collect_plain_repairs,
    hash_text_pair,
    remove_dismissed,
    run_checks,
)
from briefs.bilingual.checks.registry import resolve_findings
from briefs.bilingual.documents.parser import read_document
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import format_finding_message
from briefs.tests.bilingual.checks.test_glossary import SHIPPED
from briefs.tests.bilingual.checks.test_numbers import FIXTURES
from briefs.tests.bilingual.checks.test_punctuation_and_length import read_fixture
from briefs.tests.support import limit_cpu_time

ADVISORY_CHECKS = tuple(name for name in ALL_CHECKS if name != "completeness")
SEED = "000_a01fbe574e0e12f3"


def read_fixture_with_headlines(name: str) -> Content:
    [path] = FIXTURES.glob(f"*/{name}*")
    [reading] = read_document(path.read_bytes(), path.name)
    title = reading.parsed.title
    return dataclasses.replace(
        read_fixture(name), headline_zh=title.get("zh", ""), headline_en=title.get("en", "")
    )


def list_findings(content: Content, context: CheckContext = SHIPPED) -> list[tuple[int | None, str]]:
    messages = [
        (f.bullet, format_finding_message(f)) for f in run_checks(content, context, only=ADVISORY_CHECKS)
    ]
    return [(bullet, text.partition(" Is it missing")[0]) for bullet, text in messages]


STRUCTURE = "Structure differs: 5 + 3 in Chinese, 8 in English."
SPACE = "Space between Chinese and Latin text. Remove"
STRAIGHT = "Straight quotation marks. Change to “ ”"
APOSTROPHE = "Straight apostrophe: use ’"


@pytest.mark.parametrize(("second", "fixed"), [((2, 5), 1), ((0, 1), 1), ((3, 4), 2)])
def test_fix_directly_leaves_out_what_overlaps_an_earlier_repair(second: tuple[int, int], fixed: int) -> None:
    text = "abcdef"
    findings = [
        Finding("spaces.x", "bullet", 1, "en", span, repair=Repair("r", {}, (edit,)))
        for span in ((0, 3), second)
        if (edit := Edit(1, "bullet", "en", *span, text[slice(*span)], "X"))
    ]
    repair = collect_plain_repairs(findings, Content(bullets=(Bullet(1, "", text),)), {"spaces"})
    assert (repair.values, len(repair.edits)) == ({"n": fixed}, fixed)


def test_real_document_has_known_findings():
    assert list_findings(read_fixture_with_headlines(SEED)) == [
        (6, STRUCTURE),
        (4, "雲端運算 appears in the Chinese only."),
        (1, "ZTE appears in the English only."),
        (3, "AI appears in the English only."),
        (None, "27 half-width commas between Chinese characters. Change to ，"),
        (6, "2 pairs of half-width brackets beside Chinese characters. Change to （）"),
        (1, SPACE),
        (None, APOSTROPHE),
    ]


def test_faulty_sample_has_known_findings():
    assert sorted(list_findings(read_fixture_with_headlines("03-faulty"))) == sorted(
        [
            (1, "2 half-width commas between Chinese characters. Change to ，"),
            (2, "Curly quotation marks in Chinese. Change to 「」"),
            (2, STRAIGHT),
            (3, "US$3.5 billion is 35億美元, not 3.5億美元."),
            (3, "Simplified character 产. Change to 產"),
            (4, "The glossary prefers 人工智慧 to 人工智能."),
            (4, "The glossary prefers 晶片 to 芯片."),
            (4, "“特朗普” is mainland usage. In Taiwan: 川普"),
            (5, "The Chinese says 2028, the English 2027. Is one of them wrong?"),
            (6, "NDAA appears in the English only."),
            (7, "40 percent appears in the English only."),
            (7, "The English is long for this Chinese (ratio 0.47). Has something been left out?"),
            (8, "The glossary prefers 灰色地帶 to 灰色區域."),
            (9, "500 miles is about 800 km; the Chinese says 500公里."),
            (9, "1 of 11 bullets in this list has no final stop. Add 。"),
            (10, "“...” in Chinese. Change to ……"),
            (10, "One language recommends what the other rejects."),
            (11, SPACE),
            (11, "1 space between Chinese characters. Remove"),
            (12, "British spelling defence. Change to defense"),
            (12, "British spelling programmes. Change to programs"),
            (12, "“US” is not house style. Change to “U.S.”"),
        ]
    )


@pytest.mark.parametrize("name", [SEED, "03-faulty"])
def test_all_repairs_apply_and_leave_only_manual_findings(name):
    content = read_fixture_with_headlines(name)
    for _ in range(30):
        findings = run_checks(content, SHIPPED, only=ADVISORY_CHECKS)
        repair = next((f.repair for f in findings if f.repair and f.repair.edits), None)
        if repair is None:
            break
        content = apply_edits(content, repair.edits)
        assert content, repair
    else:
        pytest.fail("The repairs never end")
    assert {f.check_name for f in findings} <= {"structure", "numbers", "glossary", "length", "meaning"}


def test_every_finding_code_has_a_message():
    modules = (FIXTURES.parent / "briefs/bilingual/checks").glob("*.py")
    source = "".join(path.read_text(encoding="utf-8") for path in modules)
    codes = set(re.findall(rf'"((?:{"|".join(ALL_CHECKS)})\.[a-z_]+)(?<!\.json)(?<!\.txt)"', source)) - {
        "structure.copy"
    }
    assert codes >= {"stops.missing", "quotes.unbalanced", "taiwan.word"}
    for code in codes:
        names = "a b n m r mark value zh en right host known"
        values = dict.fromkeys(names.split(), "1")
        assert format_finding_message(Finding(code, "bullet", values=values))


def make_finding(
    code: str, start: int, end: int, *edits: tuple[int, int], bullet: int = 1, **values
) -> Finding:
    repair = Repair(code, values, tuple(Edit(bullet, "bullet", "zh", s, e, "x", "y") for s, e in edits))
    return Finding(code, "bullet", bullet, "zh", (start, end), values, repair if edits else None)


def test_first_of_two_overlapping_findings_is_kept():
    first, second = (
        make_finding("glossary.avoid", 0, 2, (0, 2)),
        make_finding("mainland.wording", 1, 4, (1, 4)),
    )
    assert resolve_findings([first, second]) == [first]
    assert resolve_findings([second, first]) == [second]
    elsewhere = make_finding("mainland.wording", 1, 4, (1, 4), bullet=2)
    assert resolve_findings([first, elsewhere]) == [first, elsewhere]


def test_repeated_message_in_one_text_becomes_one_finding():
    first, second = (make_finding("mainland.wording", s, s + 2, (s, s + 2), a="芯片") for s in (0, 5))
    [finding] = resolve_findings([first, second])
    assert (finding.span, finding.repair.edits) == ((0, 2), first.repair.edits + second.repair.edits)
    different = make_finding("mainland.wording", 9, 11, (9, 11), a="信息")
    assert len(resolve_findings([first, second, different])) == 2


TWO_BULLETS = Content(bullets=(Bullet(1, "芯片,也", "A chip"), Bullet(2, "芯片,也", "A chip, US")))


def list_remaining(content: Content, *dismissals: Dismissal) -> list[tuple[int | None, str]]:
    findings = run_checks(
        content,
        CheckContext(mainland_wordings=SHIPPED.mainland_wordings),
        only=("mainland", "punctuation", "abbreviations"),
    )
    return [(f.bullet, f.code) for f in remove_dismissed(findings, dismissals, content)]


def test_dismissal_hides_one_rule_on_one_bullet():
    all_findings = list_remaining(TWO_BULLETS)
    assert all_findings == [
        (1, "mainland.wording"),
        (2, "mainland.wording"),
        (1, "punctuation.commas"),
        (2, "abbreviations.style"),
    ]
    dismissal = Dismissal("mainland.wording", 1, hash_text_pair(TWO_BULLETS, 1))
    assert list_remaining(TWO_BULLETS, dismissal) == all_findings[1:]
    assert list_remaining(TWO_BULLETS, dataclasses.replace(dismissal, code="mainland")) == all_findings[1:]
    assert list_remaining(TWO_BULLETS, dataclasses.replace(dismissal, bullet=2)) == all_findings
    assert list_remaining(TWO_BULLETS, dataclasses.replace(dismissal, text_hash="")) == all_findings


@pytest.mark.parametrize("change", [{"text_zh": "新的芯片,也"}, {"text_en": "The chip"}])
def test_dismissal_ends_when_the_text_changes(change):
    dismissal = Dismissal("mainland.wording", 1, hash_text_pair(TWO_BULLETS, 1))
    edited = dataclasses.replace(
        TWO_BULLETS, bullets=(dataclasses.replace(TWO_BULLETS.bullets[0], **change), TWO_BULLETS.bullets[1])
    )
    assert (1, "mainland.wording") in list_remaining(edited, dismissal)


def test_dismissal_removes_its_bullet_from_brief_wide_repair():
    findings = run_checks(TWO_BULLETS, CheckContext(), only=("punctuation",))
    assert [format_finding_message(f) for f in findings] == [
        "2 half-width commas between Chinese characters. Change to ，"
    ]
    [finding] = remove_dismissed(
        findings, [Dismissal("punctuation.commas", 1, hash_text_pair(TWO_BULLETS, 1))], TWO_BULLETS
    )
    assert format_finding_message(finding) == "1 half-width comma between Chinese characters. Change to ，"
    assert (finding.bullet, [edit.bullet for edit in finding.repair.edits]) == (2, [2])


def test_blocking_findings_cannot_be_dismissed():
    content = Content(bullets=(Bullet(1, "一"),))
    findings = run_checks(content, CheckContext(), only=("completeness",))
    dismissals = [
        Dismissal("completeness", 1, hash_text_pair(content, 1)),
        Dismissal("completeness", None, hash_text_pair(content, None, "summary"), "summary"),
    ]
    assert remove_dismissed(findings, dismissals, content) == findings


SLOW_PIECES = ["a", "A, ", "A, B and ", "- ", "--", " ", '"', "'", "1-1", "1,111,", "US ", "U.K. ", "US-China-", "$1", "thirty-", "1bn ",
           "the mainland ", "Taiwan, China ", "China PRC ", "missile ", "Grey Zone ", "defence ", "It's ", "In Taiwan, ", "wWw.",
           "\u00a0", "\u200b", "产a", "晶片", "芯片", "臺灣台灣", "週一周一", "國立臺灣", "川普‧", "唐納·川普", "「", "『", "《", "十",
           "一億", "二〇二五年", "10000，", "3項", "四十%", "，", "烏俄戰爭俄烏戰爭", "中國對日本", "China attacked Japan ", "不應甲，而應乙", "should a rather than b ",
           "不", "not ", "五六十年代", "的的", "the the ", "(", "」", "2025年6月9日（星期一）", "qwertz ", "Some of most ",
               "1.", "1兆", "A.", "AB1 ", "US$1 billion ", "2-3 ", "twenty-three million ", "5公里 ", "百分之", "殲-20 ", "http://",
               "1分之1", "民國", "Covid-19 ", "萬", "NDAA ", "1\u4e00"]  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("piece", SLOW_PIECES)
def test_each_check_of_50_kb_paste_ends(piece):
    text = (piece * 50_000)[:50_000]
    chinese = not piece.isascii() or piece == '"'
    content = Content(bullets=(Bullet(1, text, "Five.") if chinese else Bullet(1, "五", text),))
    for name in ADVISORY_CHECKS:
        with limit_cpu_time():
            run_checks(content, SHIPPED, only=(name,))
