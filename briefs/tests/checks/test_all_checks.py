"""All checks together: the real document and the samples, findings that do not pile up, dismissals, time."""

import dataclasses
import re
import time

import pytest

from briefs.checks import (
    ALL_CHECKS,
    CheckContext,
    Dismissal,
    Edit,
    Finding,
    Repair,
    combine_repairs,
    format_finding_message,
    hash_text_pair,
    remove_dismissed,
    resolve_findings,
    run_checks,
)
from briefs.content import Bullet, Content
from briefs.documents.reader import read_document
from briefs.tests.checks.test_glossary_agreement import SHIPPED
from briefs.tests.checks.test_number_agreement import FIXTURES
from briefs.tests.checks.test_punctuation_and_length import document as bullets_of

ADVICE = tuple(name for name in ALL_CHECKS if name != "completeness")
SEED = "000_a01fbe574e0e12f3"


def document(name: str) -> Content:
    [path] = FIXTURES.glob(f"*/{name}*")
    [reading] = read_document(path.read_bytes(), path.name)
    title = reading.parsed.title
    return dataclasses.replace(
        bullets_of(name), headline_zh=title.get("zh", ""), headline_en=title.get("en", "")
    )


def found(content: Content, context: CheckContext = SHIPPED) -> list[tuple[int | None, str]]:
    told = [(f.bullet, format_finding_message(f)) for f in run_checks(content, context, only=ADVICE)]
    return [(bullet, text.partition(" Is it missing")[0]) for bullet, text in told]


def applied(content: Content, repair: Repair) -> Content:
    """With one repair; its edits may not overlap, and each must find what it expects."""
    for edit in sorted(repair.edits, key=lambda edit: -edit.start):
        if edit.field == "bullet":
            [bullet] = [b for b in content.bullets if b.number == edit.bullet]
            new = dataclasses.replace(bullet, **{f"text_{edit.side}": changed(bullet.text(edit.side), edit)})
            content = dataclasses.replace(
                content, bullets=tuple(new if b is bullet else b for b in content.bullets)
            )
        else:
            name = f"{edit.field}_{edit.side}"
            content = dataclasses.replace(content, **{name: changed(getattr(content, name), edit)})
    return content


def changed(text: str, edit: Edit) -> str:
    assert text[edit.start : edit.end] == edit.expected
    return text[: edit.start] + edit.replacement + text[edit.end :]


STRUCTURE = "Structure differs: 5 + 3 in Chinese, 8 in English."
SPACE = "Space between Chinese and Latin text. Remove"
STRAIGHT = "Straight quotation marks. Change to “ ”"


def test_real_document():
    assert found(document(SEED)) == [
        (6, STRUCTURE),
        (4, "雲端運算 appears in the Chinese only."),
        (1, "ZTE appears in the English only."),
        (3, "AI appears in the English only."),
        (None, "27 half-width commas between Chinese characters. Change to ，"),
        (6, "2 pairs of half-width brackets beside Chinese characters. Change to （）"),
        (1, SPACE),
        (None, STRAIGHT),
    ]


def test_good_samples_have_none_but_structure():
    assert found(document("01-subsea")) == [(6, STRUCTURE)]
    assert found(document("02-critical")) == []


def test_faulty_sample_has_exactly_its_faults():
    assert sorted(found(document("03-faulty"))) == sorted(
        [
            (1, "2 half-width commas between Chinese characters. Change to ，"),
            (2, "Curly quotation marks in Chinese. Change to 「」"),
            (2, STRAIGHT),
            (3, "US$3.5 billion is 35億美元, not 3.5億美元."),
            (3, "Simplified character 产. Change to 產"),
            (4, "The glossary prefers 人工智慧 to 人工智能."),
            (4, "The glossary prefers 晶片 to 芯片."),
            (4, "“特朗普” is mainland usage. In Taiwan: 川普"),
            (5, "2028 appears in the Chinese only."),
            (5, "2027 appears in the English only."),
            (6, "NDAA appears in the English only."),
            (7, "40 percent appears in the English only."),
            (7, "The English is long for this Chinese (ratio 0.47). Has something been left out?"),
            (8, "The glossary prefers 灰色地帶 to 灰色區域."),
            (9, "500 miles is about 800 km; the Chinese says 500公里."),
            (9, "1 of 11 bullets in this list has no final stop. Add 。"),
            (10, "“...” in Chinese. Change to ……"),
            (11, SPACE),
            (11, "1 space between Chinese characters. Remove"),
            (12, "British spelling defence. Change to defense"),
            (12, "British spelling programmes. Change to programs"),
            (12, "“US” is not house style. Change to “U.S.”"),
        ]
    )


@pytest.mark.parametrize("name", [SEED, "03-faulty"])
def test_every_repair_applies_and_leaves_what_only_a_person_can_mend(name):
    content = document(name)
    for _ in range(30):
        findings = run_checks(content, SHIPPED, only=ADVICE)
        repair = next((f.repair for f in findings if f.repair and f.repair.edits), None)
        if repair is None:
            break
        content = applied(content, repair)
    else:
        pytest.fail("The repairs do not come to an end")
    assert {f.check_name for f in findings} <= {"structure", "numbers", "glossary", "length"}


@pytest.mark.parametrize("name", [SEED, "03-faulty", "01-subsea", "02-critical"])
def test_spans_hold_what_the_finding_says(name):
    content = document(name)
    for finding in run_checks(content, SHIPPED, only=ADVICE):
        if finding.span and finding.repair and "a" in finding.values:
            edit = finding.repair.edits[0]
            assert finding.values["a"] == edit.expected
            assert (edit.start, edit.end) == finding.span


def test_every_code_has_a_sentence():
    source = "".join(p.read_text(encoding="utf-8") for p in (FIXTURES.parent / "briefs/checks").glob("*.py"))
    codes = set(re.findall(rf'"((?:{"|".join(ALL_CHECKS)})\.[a-z_]+)"', source)) - {"structure.copy"}
    assert codes >= {"stops.missing", "quotes.unbalanced", "taiwan.word"}
    for code in codes:
        values = dict.fromkeys(("a", "b", "n", "m", "r", "mark", "value", "zh", "en", "right"), "1")
        assert format_finding_message(Finding(code, "bullet", values=values))


def at(code: str, start: int, end: int, *edits: tuple[int, int], bullet: int = 1, **values) -> Finding:
    repair = Repair(code, values, tuple(Edit(bullet, "bullet", "zh", s, e, "x", "y") for s, e in edits))
    return Finding(code, "bullet", bullet, "zh", (start, end), values, repair if edits else None)


def test_first_of_two_that_overlap_is_kept():
    one, other = at("glossary.avoid", 0, 2, (0, 2)), at("mainland.wording", 1, 4, (1, 4))
    assert resolve_findings([one, other]) == [one]
    assert resolve_findings([other, one]) == [other]
    elsewhere = at("mainland.wording", 1, 4, (1, 4), bullet=2)
    assert resolve_findings([one, elsewhere]) == [one, elsewhere]


def test_findings_without_a_span_do_not_compete():
    one, two = Finding("length.zh_short", "bullet", 1, "zh"), Finding("structure.differs", "bullet", 1)
    assert resolve_findings([one, two]) == [one, two]


def test_repair_of_a_whole_brief_loses_only_the_place_that_is_taken():
    word, commas = at("glossary.avoid", 3, 5, (3, 5)), at("punctuation.commas", 3, 4, (3, 4), (8, 9), n=2)
    [_, left] = resolve_findings([word, commas])
    assert (left.span, left.values, left.repair.edits) == ((8, 9), {"n": 1}, commas.repair.edits[1:])


def test_marks_of_a_quotation_are_never_parted():
    word, quotes = at("glossary.avoid", 3, 5, (3, 5)), at("punctuation.quotes", 3, 9, (3, 4), (8, 9))
    assert resolve_findings([word, quotes]) == [word, quotes]


def test_the_same_sentence_twice_in_one_text_is_one_finding_with_both_repairs():
    one, two = (at("mainland.wording", s, s + 2, (s, s + 2), a="芯片") for s in (0, 5))
    [finding] = resolve_findings([one, two])
    assert (finding.span, finding.repair.edits) == ((0, 2), one.repair.edits + two.repair.edits)
    other = at("mainland.wording", 9, 11, (9, 11), a="信息")
    assert len(resolve_findings([one, two, other])) == 2


def test_one_repair_for_all_of_a_kind():
    content = Content(
        bullets=(Bullet(1, "芯片與芯片", "Defence"), Bullet(2, "信息(a)中(大陸)", "chips and a Centre"))
    )
    findings = run_checks(content, SHIPPED, only=("mainland", "punctuation", "spelling"))
    kinds = combine_repairs(findings)
    assert {code: repair.values["n"] for code, repair in kinds.items()} == {
        "mainland.wording": 3,
        "punctuation.brackets": 2,
    }
    mended = applied(content, kinds["mainland.wording"])
    assert [bullet.text_zh[:5] for bullet in mended.bullets] == ["晶片與晶片", "資訊(a)"]


def test_apply_all_counts_as_the_finding_does():
    assert combine_repairs([at("punctuation.commas", 0, 1, (0, 1), (2, 3), n=2)])[
        "punctuation.commas"
    ].values == {"n": 2}
    assert combine_repairs([at("punctuation.brackets", 0, 1, (0, 1), (2, 3), n=1)]) == {}


TWO = Content(bullets=(Bullet(1, "芯片,也", "A chip"), Bullet(2, "芯片,也", "A chip, US")))


def left(content: Content, *dismissals: Dismissal) -> list[tuple[int | None, str]]:
    findings = run_checks(
        content,
        CheckContext(mainland_wordings=SHIPPED.mainland_wordings),
        only=("mainland", "punctuation", "abbreviations"),
    )
    return [(f.bullet, f.code) for f in remove_dismissed(findings, dismissals, content)]


def test_a_dismissal_silences_one_rule_on_one_bullet():
    both = left(TWO)
    assert both == [
        (1, "mainland.wording"),
        (2, "mainland.wording"),
        (1, "punctuation.commas"),
        (2, "abbreviations.style"),
    ]
    dismissal = Dismissal("mainland.wording", 1, hash_text_pair(TWO, 1))
    assert left(TWO, dismissal) == both[1:]
    assert left(TWO, dataclasses.replace(dismissal, code="mainland")) == both[1:]
    assert left(TWO, dataclasses.replace(dismissal, bullet=2)) == both
    assert left(TWO, dataclasses.replace(dismissal, text_hash="")) == both


@pytest.mark.parametrize("change", [{"text_zh": "新的芯片,也"}, {"text_en": "The chip"}])
def test_a_dismissal_ends_when_the_text_changes(change):
    dismissal = Dismissal("mainland.wording", 1, hash_text_pair(TWO, 1))
    edited = dataclasses.replace(TWO, bullets=(dataclasses.replace(TWO.bullets[0], **change), TWO.bullets[1]))
    assert (1, "mainland.wording") in left(edited, dismissal)


def test_a_dismissal_outlives_a_move_and_a_change_elsewhere():
    dismissal = Dismissal("mainland.wording", 1, hash_text_pair(TWO, 1))
    moved = dataclasses.replace(TWO, bullets=(Bullet(3, "新的"), *reversed(TWO.bullets)))
    assert (1, "mainland.wording") not in left(moved, dismissal)


def test_a_dismissal_takes_its_bullet_out_of_a_repair_of_the_whole_brief():
    findings = run_checks(TWO, CheckContext(), only=("punctuation",))
    assert [format_finding_message(f) for f in findings] == [
        "2 half-width commas between Chinese characters. Change to ，"
    ]
    [finding] = remove_dismissed(findings, [Dismissal("punctuation.commas", 1, hash_text_pair(TWO, 1))], TWO)
    assert format_finding_message(finding) == "1 half-width comma between Chinese characters. Change to ，"
    assert (finding.bullet, [edit.bullet for edit in finding.repair.edits]) == (2, [2])


def test_summary_and_headline_can_be_dismissed_too():
    content = Content(headline_zh="芯片", summary_zh="芯片")
    for field, rest in (("headline", "summary"), ("summary", "headline")):
        dismissal = Dismissal("mainland", None, hash_text_pair(content, None, field), field)
        findings = run_checks(content, SHIPPED, only=("mainland",))
        assert [f.field for f in remove_dismissed(findings, [dismissal], content)] == [rest]


def test_what_refuses_cannot_be_dismissed():
    content = Content(bullets=(Bullet(1, "一"),))
    findings = run_checks(content, CheckContext(), only=("completeness",))
    dismissals = [
        Dismissal("completeness", 1, hash_text_pair(content, 1)),
        Dismissal("completeness", None, hash_text_pair(content, None, "summary"), "summary"),
    ]
    assert remove_dismissed(findings, dismissals, content) == findings


def long_brief() -> Content:
    bullets = [b for name in (SEED, "01-", "02-", "03-") for b in document(name).bullets] * 2
    numbered = (dataclasses.replace(bullet, number=n) for n, bullet in enumerate(bullets[:60], 1))
    return Content("標題", "Title", "摘要", "Summary", tuple(numbered))


def test_sixty_bullets_cost_little():
    content = long_brief()
    assert len(content.bullets) == 60
    run_checks(content, SHIPPED)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        run_checks(content, SHIPPED)
        seconds.append(time.process_time() - start)
    assert min(seconds) <= 1, "a bound that only a fault crosses: it takes about 0.04 s"


HOSTILE = ["a", "A, ", "A, B and ", "- ", "--", " ", '"', "'", "1-1", "1,111,", "US ", "U.K. ", "US-China-", "$1", "thirty-", "1bn ",
           "the mainland ", "Taiwan, China ", "China PRC ", "missile ", "Grey Zone ", "defence ", "It's ", "In Taiwan, ", "wWw.",
           "\u00a0", "\u200b", "产a", "晶片", "芯片", "臺灣台灣", "週一周一", "國立臺灣", "川普‧", "唐納·川普", "「", "『", "《", "十",
           "一億", "二〇二五年", "10000，", "3項", "四十%", "，", "烏俄戰爭俄烏戰爭"]  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_paste_of_50_kb_costs_no_check_much(piece):
    """About 0.05 s each on an idle machine; the limit leaves room for a busy one."""
    text = (piece * 50_000)[:50_000]
    chinese = not piece.isascii() or piece == '"'
    content = Content(bullets=(Bullet(1, text, "Five.") if chinese else Bullet(1, "五", text),))
    context = dataclasses.replace(SHIPPED, quote_limit=100)
    for name in ADVICE:
        start = time.process_time()
        run_checks(content, context, only=(name,))
        assert time.process_time() - start < 5, name
