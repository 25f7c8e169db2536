"""Rules M1–M7 and N7: pairs that agree, pairs that differ, and 100 mistakes planted in ten correct briefs."""

import re
from pathlib import Path

import pytest

from briefs.checks import CheckContext, Finding, run_checks
from briefs.content import Bullet, Content
from briefs.tests.checks.finding_messages import format_finding_message
from briefs.tests.checks.test_all_checks import ADVISORY_CHECKS
from briefs.tests.checks.test_glossary import SHIPPED

FOLDER = Path(__file__).parent
BRIEFS = {
    number: lines.splitlines()
    for number, lines in re.findall(
        r"^\[(\d+)\]\n((?:.+\n)+)", (FOLDER / "clean_briefs.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
}
MISTAKES = [
    line.split("\t")
    for line in (FOLDER / "planted_mistakes.tsv").read_text(encoding="utf-8").splitlines()
]  # fmt: skip

AGREEING_PAIRS = [
    # M1
    ("東京與首爾加強合作。", "Japan and South Korea are deepening cooperation."),
    ("華府要求北京讓步。", "The United States asked China for concessions."),
    ("美日同盟。", "The alliance of the United States and Japan."),
    ("駐韓美軍。", "U.S. Forces Korea."),
    ("歐洲的態度。", "The attitude of the EU."),
    ("南海的局勢。", "The situation in the South China Sea."),
    ("普京的演說。", "Putin’s speech."),
    ("該國拒絕。", "Vietnam refused."),
    ("中華民國的歷史。", "The history of the Republic of China."),
    ("中華人民共和國的歷史。", "The history of the People’s Republic of China."),
    # M2
    ("合作並非沒有代價。", "Cooperation comes at a price."),
    ("韓國未必同意。", "South Korea may well disagree."),
    ("各國反應不一。", "Reactions vary."),
    ("不僅如此，未來的無人機會更便宜。", "Moreover, drones will become cheaper."),
    ("不應增加預算，而應改革制度。", "Governments should reform the system rather than increase the budget."),
    ("沒有人知道。", "It is unknown."),
    ("毫無疑問，這是大事。", "This is of course important."),
    ("這絕非易事。", "That is challenging."),
    ("它無法容忍異見。", "It is intolerant of dissent."),
    ("無法提供影像。", "They will not be able to provide video."),
    # M3 to M5
    ("關稅推高成本。", "Tariffs raise costs."),
    ("出口下降，進口上升。", "Exports fell while imports rose."),
    ("政府必須說明。", "Governments will have to explain."),
    ("多數礦砂運往中國。", "Most ores are shipped to China."),
    ("營收增加兩倍。", "Revenue tripled."),
    ("成長一倍。", "It doubled."),
    ("其中半數。", "Half of them."),
    ("5月公布。", "It was published in May."),
    ("這可能在5月發生。", "That may happen in May."),
    ("去年春季。", "Last spring."),
    # M7
    ("法國反對，德國支持。", "Germany supported it, while France was opposed."),
    ("該國退出談判後拒絕重新加入。", "The country left the talks and refused to return."),
    ("第二，短期內成本較高。", "Another point is that costs are higher in the short run."),
    # M6
    ("中國攻擊菲律賓的船隻。", "The Philippines was attacked by China."),
    ("美國對中國實施制裁。", "China was sanctioned by the United States."),
    ("印度向俄羅斯購買石油。", "India buys oil from Russia."),
    ("美國制裁中國。", "China faces sanctions from the United States."),
    ("日本是中國最大的出口市場。", "China’s exports go mostly to Japan."),
    # N7
    ("福爾多等三處設施。", "Fordow and two other sites."),
    ("雙方提出三項建議。", "Both sides made three proposals."),
]
DIFFERING_PAIRS = [
    ("首爾加強防衛。", "Japan is strengthening its defense.", "names"),
    ("南韓與日本。", "North Korea and Japan.", "names"),
    ("和談在伊斯坦堡舉行。", "The talks took place in Ankara.", "names"),
    ("普丁宣布停火。", "Zelensky announced a cease-fire.", "names"),
    ("東海的衝突。", "Conflict in the South China Sea.", "names"),
    ("北約的決定。", "A decision by ASEAN.", "names"),
    ("北京不會讓步。", "Beijing will make concessions.", "negation_zh"),
    ("北京將讓步。", "Beijing will not make concessions.", "negation_en"),
    ("各國應公開資料，因為這很難。", "Countries should not disclose data, because it is hard.", "obligation"),
    ("不應增加預算，而應改革制度。", "Governments should increase the budget rather than reform the system.", "contrast"),
    ("出口上升。", "Exports fell.", "direction"),
    ("法國反對加徵關稅。", "France supported the tariffs.", "opposites"),
    ("印度拒絕加入。", "India agreed to join.", "opposites"),
    ("每桶60美元的價格上限。", "A price floor of US$60 a barrel.", "opposites"),
    ("第三，盟國應增產。", "Second, allies should produce more.", "opposites"),
    ("參議院通過法案。", "The House of Representatives passed the bill.", "opposites"),
    ("北韓向俄羅斯派遣1萬名士兵。", "Russia sent 10,000 soldiers to North Korea.", "actors"),
    ("政府必須退讓。", "The government may give way.", "certainty"),
    ("所有國家同意。", "Most countries agree.", "quantity"),
    ("營收增為五倍。", "Revenue doubled.", "multiples"),
    ("其中四分之一。", "A third of them.", "multiples"),
    ("上升3個百分點。", "It rose 3 percent.", "multiples"),
    ("於6月公布。", "It was published in July.", "dates"),
    ("於星期一公布。", "It was published on Tuesday.", "dates"),
    ("明年公布。", "It was published last year.", "dates"),
    ("以歐元計價。", "It is priced in yen.", "currency"),
    ("菲律賓攻擊中國的船隻。", "China attacked Philippine boats.", "actors"),
    ("印度向俄羅斯購買石油。", "Russia buys oil from India.", "actors"),
    ("川普批評澤倫斯基。", "Zelensky criticized Trump.", "actors"),
    ("中國對日本實施制裁。", "Japan imposed sanctions on China.", "actors"),
]  # fmt: skip


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


@pytest.mark.parametrize(("zh", "en"), AGREEING_PAIRS)
def test_agreeing_pair_has_no_finding(zh, en):
    assert [f for f in find_in_pair(zh, en) if f.check_name == "meaning" or f.code == "numbers.count"] == []


@pytest.mark.parametrize(("zh", "en", "code"), DIFFERING_PAIRS)
def test_differing_pair_has_finding(zh, en, code):
    assert f"meaning.{code}" in {finding.code for finding in find_in_pair(zh, en)}


def test_different_small_counts_are_found():
    assert [finding.code for finding in find_in_pair("九家企業。", "Six firms.")] == ["numbers.count"]


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
    assert len(missed) <= 9, missed
