"""Rules M1–M7 and N7: pairs that agree, pairs that differ, and 100 mistakes planted in ten correct briefs."""

import re
from pathlib import Path

import pytest

from briefs.bilingual.checks import CheckContext, Finding, run_checks
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import format_finding_message, read_rows
from briefs.tests.bilingual.checks.test_all_checks import ADVISORY_CHECKS
from briefs.tests.bilingual.checks.test_glossary import SHIPPED

FOLDER = Path(__file__).parent
BRIEFS = {
    number: lines.splitlines()
    for number, lines in re.findall(
        r"^\[(\d+)\]\n((?:.+\n)+)", (FOLDER / "clean_briefs.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
}
MISTAKES = read_rows(FOLDER / "planted_mistakes.tsv")
PAIRS = read_rows(FOLDER / "meaning_pairs.tsv")


@pytest.mark.parametrize(
    ("zh", "is_name"),
    [("習主席訪問河內。", True), ("拜習會後發布聲明。", True), ("兩國舉行聯合演習。", False), ("學習近代史。", False),
     ("習慣已改變。", False), ("與習會面。", True)],
)  # fmt: skip
def test_surname_of_one_character_is_a_name_only_as_a_word_of_its_own(zh, is_name):
    codes = {finding.code for finding in find_in_pair(zh, "Putin went home.")}
    assert ("meaning.names" in codes) == is_name


@pytest.mark.parametrize(
    ("zh", "en", "right"),
    [
        ("他們呼遇停火。", "They appealed for a ceasefire.", "呼籲"),
        ("談判陷入疆局，雙方各說各話。", "The talks have reached a deadlock.", "僵局"),
        ("談判陷入疆局，雙方各說各話。", "The talks have failed.", ""),
        ("談判陷入僵局，雙方各說各話。", "The talks have reached a deadlock.", ""),
        ("他們呼，遇停火。", "They appealed for a ceasefire.", ""),
        ("砲兵進駐。", "The artillery arrived.", ""),
        ("談判陷入疆局。", "A deadlock has a price.", "僵局"),
        ("使政府少了外匯。", "It cost the government foreign exchange.", ""),
        ("這座小廠原訂儘速關閉。", "The small factory was originally to close as soon as possible.", ""),
        ("損失由島與船承擔。", "Islands and ships bear it.", ""),
        ("美國停供經費。", "American funding stopped.", ""),
        ("漁季提前結束。", "The season closed early.", ""),
        ("走私香菸。", "They smuggle cigarettes.", ""),
    ],
)
def test_wrong_character_of_the_same_sound_is_found_by_the_english(zh, en, right):
    content = Content(bullets=(Bullet(1, zh, en),))
    findings = run_checks(content, CheckContext(), only=("homophones",))
    assert [finding.values["b"] for finding in findings] == [right][: bool(right)]


def build_content(lines: list[str]) -> Content:
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    bullets = tuple(Bullet(number, *pair) for number, pair in enumerate(pairs[1:], 1))
    return Content(summary_zh=pairs[0][0], summary_en=pairs[0][1], bullets=bullets)


def find_in_pair(zh: str, en: str) -> list[Finding]:
    content = Content(bullets=(Bullet(1, zh, en),))
    return run_checks(content, CheckContext(), only=("meaning", "numbers"))


def list_all_findings(lines: list[str]) -> set[tuple[str, int | None, str]]:
    findings = run_checks(build_content(lines), SHIPPED, only=ADVISORY_CHECKS)
    return {(finding.field, finding.bullet, format_finding_message(finding)) for finding in findings}


def test_agreeing_pairs_have_no_finding():
    agreeing = [row for row in PAIRS if len(row) == 2]
    assert len(agreeing) > 100
    findings = [f for zh, en in agreeing for f in find_in_pair(zh, en)]
    assert [f for f in findings if f.check_name == "meaning" or f.code == "numbers.differs"] == []


def test_differing_pairs_have_the_finding():
    differing = [row for row in PAIRS if len(row) == 3]
    assert len(differing) > 100
    found = {(zh, en): {finding.code for finding in find_in_pair(zh, en)} for zh, en, _ in differing}
    assert [row for row in differing if f"meaning.{row[2]}" not in found[row[0], row[1]]] == []


def test_correct_briefs_have_only_length_findings():
    for lines in BRIEFS.values():
        assert all("(ratio" in message for _, _, message in list_all_findings(lines))


def test_most_planted_mistakes_are_found():
    clean = {number: list_all_findings(lines) for number, lines in BRIEFS.items()}
    missed = []
    for number, kind, right, wrong in MISTAKES:
        text = "\n".join(BRIEFS[number])
        assert text.count(right) == 1
        if list_all_findings(text.replace(right, wrong).splitlines()) <= clean[number]:
            missed.append((kind, wrong))
    assert len(MISTAKES) == 100
    assert len(missed) <= 4, missed
