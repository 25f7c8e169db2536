"""Rule N, figures and names agree on both sides: house-style cases, the real document and the samples."""

from pathlib import Path

import pytest

from briefs.bilingual.checks.registry import run_checks
from briefs.bilingual.checks.texts import CheckContext, TermData
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import format_finding_message

FIXTURES = Path(__file__).parents[4] / "fixtures"
ZTE = TermData(zh="中興", en="ZTE")
NDAA = TermData(zh="國防授權法", en="National Defense Authorization Act", also_en=("NDAA",))


def list_messages(zh: str, en: str, *terms: TermData, names: tuple[str, ...] = ()) -> list[str]:
    """List the messages for one pair, each without its closing question."""
    content = Content(bullets=(Bullet(1, zh, en),))
    findings = run_checks(content, CheckContext(terms=terms, names=names), only=("numbers",))
    return [format_finding_message(finding).partition(". Is it")[0] for finding in findings]


AGREEING_PAIRS = [
    # basic cases
    ("投資12億美元。", "An investment of US$1.2 billion."),
    ("於2025年6月9日發表。", "Published on June 9, 2025."),
    ("以1.25億英鎊出售。", "It was sold for £125m."),
    ("英國時間9:30。", "At 9:30 BST."),
    ("5億公噸。", "500 million tons."),
    ("每三十分鐘換手。", "They change every 30 minutes."),
    ("只有四萬一千人。", "There were 41,000."),
    ("供應七到九成。", "It supplies 70 to 90 percent."),
    ("八成國民報名。", "Four in five citizens applied."),
    ("瑞典入約，土國入歐。", "Sweden joined NATO and Turkey the EU."),
    ("有 3 百萬人。", "There are three million people."),
    ("人工智能的競爭。", "Competition in AI."),
    ("總理與議員表示支持。", "The PM and the MPs were in favor."),
    ("讓美國再次偉大。", "MAKE AMERICA GREAT AGAIN, he wrote."),
    ("按照UNIX的傳統。", "In the Unix tradition."),
    ("罰款已累積到5億歐元。", "The fines have mounted to half a billion euros."),
    ("達到8兆7000億日圓。", "It reached ¥8.7 trillion."),
    ("達到300億人民幣。", "It reached ¥30 billion."),
    ("跌破三百多萬桶。", "It fell below more than three million barrels."),
    # N1: number words match figures
    ("提出三項建議。", "It makes 3 proposals."),
    ("二十一世紀的競爭。", "Competition in the 21st century."),
    ("6月開始。", "It begins in June."),
    ("雙方同意。", "The 2 sides agree."),
    ("超過半數。", "More than 50 percent."),
    ("三分之二的選民。", "Some 67 percent of voters."),
    ("四分之一的出口。", "25 percent of exports."),
    ("20年來。", "For two decades."),
    ("成長2倍。", "It doubled."),
    ("40％的人。", "40% of people."),
    ("二〇三〇年以前。", "By 2030."),
    ("三五年內。", "Within 3 to 5 years."),
    ("二十三個國家。", "Twenty-three countries, 23 in all."),
    ("一萬名操作員。", "10,000 operators."),
    # N2: 萬, 億, 兆; rounding; years
    ("3億5,000萬美元。", "US$350 million."),
    ("1.2兆美元。", "US$1.2 trillion."),
    ("10多萬人。", "More than 100,000 people."),
    ("約12萬3,500人。", "Some 123,456 people."),
    ("民國114年。", "In 2025."),
    ("九〇年代。", "In the 1990s."),
    ("2024至2025年。", "In 2024–25."),
    ("20億至30億美元。", "US$2–3 billion."),
    ("１，２００人。", "1,200 people."),
    ("3.5億美元。", "$350M."),
    ("2023,2024與2025年。", "In 2023, 2024, and 2025."),
    ("投資120 億美元，案件1.2 萬件。", "It invested US$12 billion in 12,000 cases."),
    ("2016年以後達46億美元。", "It grew after 2016 to US$4.6 billion."),
    ("20世紀80年代。", "In the 1980s."),
    ("上世紀五六十年代。", "In the 1950s and 1960s."),
    ("機率是十萬分之一。", "1 in 100,000."),
    ("機率是10萬分之一。", "0.001 percent."),
    # N3: names with digits
    ("5G電信網路。", "The 5G network."),
    ("F-35戰機。", "The F35 fighter."),
    ("Covid-19疫情。", "The COVID-19 pandemic."),
    ("殲-20戰機。", "The J-20 fighter."),
    ("「十四五」規劃。", "The 14th Five-Year Plan."),
    ("九二共識。", "The 1992 Consensus."),
    ("二十大之後。", "After the 20th Party Congress."),
    ("九一一事件。", "The attacks of 9/11."),
    ("第三季。", "In Q3."),
    ("神舟十九號。", "Shenzhou-19."),
    ("2025年中以前。", "By mid-2025."),
    # N4: idioms contain no number
    ("一帶一路、兩岸、一中、一國兩制與三中全會。", "Belt and Road and the rest."),
    ("五角大廈、四川、萬一、一旦、統一、進一步、一方面、億萬、三星。", "The Pentagon and the rest."),
    # N5: built-in pairs
    ("歐盟、聯合國與美國。", "The EU, the UN, the U.S., and the US."),
    ("中國大陸與中共。", "The PRC and the CCP."),
    ("英國的國內生產毛額。", "The GDP of the UK."),
    ("第二章。", "Chapter II."),
    ("碳邊境調整與外國投資委員會。", "CBAM and CFIUS."),
    ("人工智慧的發展。", "Progress in AI."),
    ("船舶自動識別系統（AIS）。", "The automatic identification system of vessels."),
    ("無人機。", "UAVs are everywhere.", TermData("無人機", "drone", also_en=("UAV",))),
    ("反介入。", "The A2/AD bubble.", TermData("反介入", "anti-access", also_en=("A2/AD",))),
    ("跨越38度線。", "Across the Demarcation Line.", TermData("38度線", "Demarcation Line")),
    ("中興通訊。", "The firm ZTE.", ZTE),
    ("依國防授權法。", "Under the NDAA.", NDAA),
    # N6: the unit must agree
    ("800公里。", "500 miles."),
    ("攝氏40度。", "40 degrees Celsius."),
    ("90天的庫存。", "A 90-day inventory."),
    ("每年三千億美元，遠低於一兆三千億。", "US$300 billion a year is far below US$1.3 trillion."),
    ("霹靂-15飛彈。", "PL-15 missiles."),
    # addresses and empty sides are skipped
    ("見 https://example.org/2019/NDAA 。", "See the page."),
    ("達成協議。", ""),
    ("共有7 萬 6 千人。", "Some 76,000 people."),
    ("升息一碼。", "It rose by 25 basis points."),
    ("三十5座。", "35 in all."),
    ("F-35A與B-52。", "F-35As and B-52s."),
    ("裝置容量1.5GW，另有15GW規劃中。", "Capacity is 1.5 GW, and 15 GW are planned."),
    ("剛果的鈷與上汽。", "The DRC, the DR Congo, and SAIC."),
    ("衛隊離開港口。", "The Long Range Desert Group (LRDG) left."),
    # N7: 一 and one are articles more often than counts
    ("一家企業離開。", "Six firms left."),
]

DIFFERING_PAIRS = [
    ("3.5億美元。", "US$3.5 billion.", ["US$3.5 billion is 35億美元, not 3.5億美元."]),
    ("在2028年前。", "By 2027.", ["The Chinese says 2028, the English 2027. Is one of them wrong?"]),
    ("系統無法互通。", "Nearly 40 percent could not.", ["40 percent appears in the English only"]),
    ("容量1.5GW。", "Capacity of 1.5 MW.", ["GW appears in the Chinese only", "MW appears in the English only"]),
    ("罰款5億歐元。", "A fine of half a million euros.", ["5億歐元 appears in the Chinese only"]),
    ("三百多萬人逃走。", "Three thousand people fled.", ["三百多萬 appears in the Chinese only"]),
    ("達到300億英鎊。", "It reached ¥30 billion.", ["The English says ¥30 billion, the Chinese 300億英鎊: the figure is the same, the unit is not."]),
    ("一萬名操作員。", "Many operators.", ["一萬 appears in the Chinese only"]),
    ("攝氏40度。", "40 degrees Fahrenheit.", ["The English says 40 degrees Fahrenheit, the Chinese 攝氏40: the figure is the same, the unit is not."]),
    ("九家企業。", "Six firms.", ["The Chinese says 九, the English Six. Is one of them wrong?"]),
    ("1萬2,000人。", "12,100 people.", ["The Chinese says 1萬2,000, the English 12,100. Is one of them wrong?"]),
    ("5G電信網路。", "The 4G network.", ["5G appears in the Chinese only", "4G appears in the English only"]),
    ("殲-20戰機。", "The J-10 fighter.", ["殲-20 appears in the Chinese only", "J-10 appears in the English only"]),
    ("五角大廈。", "All 5 offices.", ["5 appears in the English only"]),
    ("許多人失業。", "Some twenty-three million lost their jobs.", ["twenty-three million appears in the English only"]),
    ("航程500公里。", "A range of 500 miles.", ["500 miles is about 800 km; the Chinese says 500公里."]),
    ("新台幣5億元。", "US$500 million.", ["The English says US$500 million, the Chinese 新台幣5億元: the figure is the same, the unit is not."]),
    ("民國114年。", "In 2024.", ["The Chinese says 民國114, the English 2024. Is one of them wrong?"]),
    ("中興通訊。", "The firm ZTE.", ["ZTE appears in the English only"]),
    ("國防授權立法。", "Under the NDAA.", ["NDAA appears in the English only"], NDAA),
    ("共1,000人。", "1 million people.", ["1 million is 100萬, not 1,000."]),
    ("共100萬人。", "Some 1,000 people.", ["1,000 is 1000, not 100萬."]),
    ("占38.1%，共9人。", "It is 31.8 percent.", ["The Chinese says 38.1%, the English 31.8 percent. Is one of them wrong?", "9 appears in the Chinese only"]),
    ("約有十七分之一。", "About 17 percent.", ["The English says 17 percent, the Chinese 十七: the figure is the same, the unit is not."]),
]  # fmt: skip


@pytest.mark.parametrize("case", AGREEING_PAIRS, ids=lambda case: f"{case[0]}/{case[1]}")
def test_agreeing_sides_have_no_finding(case):
    zh, en, *terms = case
    assert list_messages(zh, en, *terms) == []


@pytest.mark.parametrize("case", DIFFERING_PAIRS, ids=lambda case: f"{case[0]}/{case[1]}")
def test_differing_sides_are_reported(case):
    zh, en, expected, *terms = case
    assert list_messages(zh, en, *terms) == expected


@pytest.mark.parametrize(
    ("idiom", "number"),
    [
        ("一帶一路", "1"), ("兩岸", "2"), ("一中", "1"), ("一國兩制", "2"), ("三中全會", "3"), ("五角大廈", "5"),
        ("四川", "4"), ("萬一", "10,001"), ("一旦", "1"), ("統一", "1"), ("進一步", "1"), ("一方面", "1"),
        ("億萬", "100 million"), ("三星", "3"),
    ],
)  # fmt: skip
def test_number_word_in_idiom_matches_no_figure(idiom, number):
    assert list_messages(f"在{idiom}之後", f"Then {number}.") == [f"{number} appears in the English only"]


def test_acronym_that_the_chinese_introduces_is_not_asked_for_again():
    introduced = (
        Bullet(1, "威爾斯國會議員（AM）擔心。", "Welsh AMs were worried."),
        Bullet(2, "議員同意。", "The AMs agreed."),
    )
    findings = run_checks(Content(bullets=introduced), CheckContext(), only=("numbers",))
    assert findings == []
    assert list_messages("議員同意。", "The AMs agreed.") == ["AMs appears in the English only"]


def test_known_name_in_capitals_needs_no_counterpart():
    assert list_messages("范斯訪歐。", "JD Vance visited Europe.") == ["JD appears in the English only"]
    assert list_messages("范斯訪歐。", "JD Vance visited Europe.", names=("JD Vance",)) == []


def test_span_refers_to_the_unnormalized_text():
    zh, en = "投資３５億美元。", "It spent."
    [finding] = run_checks(Content(bullets=(Bullet(7, zh, en),)), CheckContext(), only=("numbers",))
    assert (finding.bullet, finding.side, finding.field) == (7, "zh", "bullet")
    assert zh[slice(*finding.span)] == finding.values["value"] == "３５億美元"


def test_name_without_counterpart_offers_glossary_entry():
    [finding] = run_checks(Content(bullets=(Bullet(1, "中興。", "ZTE."),)), CheckContext(), only=("numbers",))
    assert finding.repair is not None
    assert (finding.repair.code, finding.repair.values) == ("names.glossary", {"name": "ZTE"})
