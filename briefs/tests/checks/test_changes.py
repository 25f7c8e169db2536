"""Minor changes: white space, punctuation and spelling, but never a figure, name, address, negation or opposite."""

import dataclasses

import pytest

from briefs.checks.changes import find_substantive_differences
from briefs.checks.texts import CheckContext, TermData
from briefs.content import Bullet, Byline, Content, Facts, Picture
from briefs.facts import FACTS, SCALAR_FACTS
from briefs.tests.support import limit_cpu_time
from briefs.tests.support.factories import valid_fact

CONTEXT = CheckContext(
    terms=(
        TermData(zh="晶片", en="chip", avoid_zh=("芯片",)),
        TermData(zh="嚇阻", en="deterrence", avoid_zh=("威懾",)),
        TermData(zh="灰色地帶", en="gray zone", also_en=("gray-zone",), avoid_en=("grey zone",)),
    ),
    names=("薛睿杰", "Vivek Chilukuri", "Science"),
)

MINOR_CHANGES = [
    ("zh", "中興技術迅大多數市場普及", "中興技術在大多數市場普及"),
    ("zh", "過程長久,且影響深遠,因此", "過程長久，且影響深遠，因此"),
    ("zh", "在5G 電信網路", "在5G電信網路"),
    ("zh", "“合作”", "「合作」"),
    ("zh", "共１２億美元", "共12億美元"),
    ("zh", "3項建議", "三項建議"),
    ("zh", "進一步合作", "更進一步合作"),
    ("zh", "没有共識", "沒有共識"),
    ("zh", "芯片出口", "晶片出口"),
    ("zh", "半導体", "半導體"),
    ("zh", "佈局", "布局。"),
    ("zh", "等等...", "等等……"),
    ("en", "The buisness model works", "The business model works"),
    ("en", "It does  well .", "It does well."),
    ("en", "China's lead", "China’s lead"),
    ("en", "They don't agree", "They don’t agree"),
    ("en", "They do not agree", "They don't agree"),
    ("en", "a grey zone operation", "a gray-zone operation"),
    ("en", "However, China leads", "But China leads"),
    ("en", "some 1,200 ships", "some 1200 ships"),
    ("en", "three proposals", "3 proposals"),
    ("en", "for science and trade", "for the sake of science and trade"),
    ("en", "a matter of science", "a matter of research"),
    ("en", "in the US today", "in the U.S. today"),
    ("en", "the F35 jet", "the F-35 jet"),
    ("en", "defence spending", "defense spending"),
    ("en", "40 percent of trade", "40% of trade"),
    ("en", "It is not able to win; he doesn't go", "It cannot win. He does not go"),
    ("zh", "他不會去，因為沒有共識", "他並不會前去，因没有共識"),
    ("en", "goverments of the U.S. and allies", "governments of the U.S., and allies"),
    ("zh", "支持台灣", "力挺台灣"),
    ("zh", "雙方支持", "雙方都支持"),
    ("en", "Exports rose", "Exports increased"),
    ("en", "He supports the plan", "He backs the plan"),
    ("en", "Leaders must act", "Leaders must act now"),
]

SUBSTANTIVE_CHANGES = [
    ("zh", "2027年", "2028年", "number", "2027", "2028"),
    ("zh", "3.5億美元", "35億美元", "number", "3.5億美元", "35億美元"),
    ("zh", "500公里", "500英里", "number", "500公里", "500英里"),
    ("zh", "三項建議", "四項建議", "number", "三", "四"),
    ("zh", "二十國與二十國", "二十國", "number", "二十", ""),
    ("zh", "美國應複製", "美國不應複製", "negation", "", "不"),
    ("zh", "不得不做", "不得做", "negation", "不", ""),
    ("zh", "無法互通", "可以互通", "negation", "無", ""),
    ("zh", "未必如此", "必如此", "negation", "未", ""),
    ("zh", "AI技術", "IT技術", "name", "AI", "IT"),
    ("zh", "5G網路", "4G網路", "name", "5G", "4G"),
    ("zh", "薛睿杰認為", "作者認為", "name", "薛睿杰", ""),
    ("zh", "延伸嚇阻", "延伸", "name", "嚇阻", ""),
    (
        "zh",
        "見https://a.example/1",
        "見https://a.example/2",
        "url",
        "https://a.example/1",
        "https://a.example/2",
    ),
    ("en", "by 2027", "by 2028", "number", "2027", "2028"),
    ("en", "three ships", "four ships", "number", "three", "four"),
    ("en", "US$3.5 billion", "US$3.5 million", "number", "US$3.5 billion", "US$3.5 million"),
    ("en", "500 miles", "500 kilometers", "number", "500 miles", "500 kilometers"),
    ("en", "in June it fell", "in July it fell", "number", "June", "July"),
    ("en", "It doubled", "It tripled", "number", "doubled", "tripled"),
    ("zh", "半數選民", "多數選民", "number", "半", ""),
    ("en", "It should do so", "It should not do so", "negation", "", "not"),
    ("en", "It should do so", "It shouldn’t do so", "negation", "", "n't"),
    ("en", "with a permit", "without a permit", "negation", "", "without"),
    ("en", "They never agreed", "They agreed", "negation", "never", ""),
    ("en", "NO permit", "A permit", "negation", "no", ""),
    ("zh", "甲不去，乙去", "甲去，乙不去", "negation", "不去", "去"),
    ("en", "A will not go but B will", "A will go but B will not", "negation", "not go", "go"),
    ("en", "Beijing said so", "Moscow said so", "name", "Beijing", "Moscow"),
    ("en", "The U.S. leads", "The U.N. leads", "name", "U.S", "U.N"),
    ("en", "as Science wrote", "as Nature wrote", "name", "Science", "Nature"),
    ("en", "WHO rules", "Who rules", "name", "WHO", ""),
    ("en", "Iran and Oman", "Iraq and Oman", "name", "Iran", "Iraq"),
    ("en", "export deterrence", "export", "name", "deterrence", ""),
    ("en", "China supports the plan", "China opposes the plan", "opposite", "supports", "opposes"),
    ("en", "It backs reform", "It rejects reform", "opposite", "backs", "rejects"),
    ("en", "A supports it; B opposes it", "A opposes it; B supports it", "opposite", "opposes", "opposes"),
    ("en", "Leaders must act", "Leaders may act", "opposite", "must", "may"),
    ("en", "Prices rose", "Prices fell", "opposite", "rose", "fell"),
    ("en", "all members agree", "most members agree", "opposite", "all", "most"),
    ("zh", "中國支持此案", "中國反對此案", "opposite", "支持", "反對"),
    ("zh", "議會同意", "議會拒絕", "opposite", "同意", "拒絕"),
    ("zh", "價格上升", "價格下降", "opposite", "上升", "下降"),
    ("zh", "出口增加", "進口增加", "opposite", "出口", "進口"),
    ("zh", "加入組織", "退出組織", "opposite", "加入", "退出"),
    ("zh", "短期而言", "長期而言", "opposite", "短期", "長期"),
    ("zh", "中國攻擊他們", "日本攻擊他們", "name", "中國", "日本"),
    ("en", "See www.a.example/x", "See www.b.example/x", "url", "www.a.example/x", "www.b.example/x"),
]


def list_differences(side: str, before: str, after: str):
    """List the substantive differences between two one-bullet briefs."""
    old, new = (Content(bullets=(Bullet(4, **{f"text_{side}": text}),)) for text in (before, after))
    return list(find_substantive_differences(old, new, CONTEXT))


@pytest.mark.parametrize("case", MINOR_CHANGES, ids=lambda case: f"{case[1]}→{case[2]}")
def test_minor_change_has_no_substantive_difference(case):
    assert list_differences(*case) == []


@pytest.mark.parametrize("case", SUBSTANTIVE_CHANGES, ids=lambda case: f"{case[1]}→{case[2]}")
def test_substantive_change_is_reported(case):
    side, old, new, kind, before, after = case
    differences = [(d.bullet, d.side, d.kind, d.before, d.after) for d in list_differences(side, old, new)]
    assert (4, side, kind, before, after) in differences
    kinds = {d[2] for d in differences}
    assert kinds <= {kind, "number", "name", "opposite"}


def test_swapped_names_are_reported():
    assert [d.kind for d in list_differences("en", "China attacked Japan", "Japan attacked China")] == [
        "name",
        "name",
    ]


def test_change_of_any_fact_is_reported():
    rows = {"source": 1, "authors": (Byline(1),), "keywords": (1,), "picture": Picture("a" * 64, 800, 600)}
    changed = rows | {name: valid_fact(name) for name in SCALAR_FACTS}
    assert changed.keys() == FACTS.keys()
    for name, value in changed.items():
        new = Content(facts=dataclasses.replace(Facts(), **{name: value}))
        assert [(d.kind, d.before) for d in find_substantive_differences(Content(), new, CONTEXT)] == [
            ("fact", name)
        ]


def test_removed_bullet_is_reported_on_each_side():
    old = Content(bullets=(Bullet(1, "一點。", "A point."), Bullet(2, "又一點。", "Another point.")))
    new = dataclasses.replace(old, bullets=old.bullets[:1])
    differences = [(d.kind, d.bullet, d.side) for d in find_substantive_differences(old, new, CONTEXT)]
    assert differences == [("missing", 2, "zh"), ("missing", 2, "en")]


@pytest.mark.parametrize("field", ["headline", "summary"])
@pytest.mark.parametrize("side", ["zh", "en"])
def test_headline_and_summary_are_compared(field, side):
    old, new = (Content(**{f"{field}_{side}": text}) for text in ("2027", "2028"))
    differences = [
        (d.kind, d.field, d.bullet, d.side) for d in find_substantive_differences(old, new, CONTEXT)
    ]
    assert differences == [("number", field, None, side)]


def test_identical_content_has_no_difference():
    content = Content("標題", "Title", "摘要2027", "Summary 2027", (Bullet(1, "不", "not"),), Facts(source=1))
    assert not list(find_substantive_differences(content, content, CONTEXT))


@pytest.mark.heavy
@pytest.mark.parametrize("piece", ["A", "A.", "Aa ", "A-", "不", "not ", "n't", "晶片", "www.", "May ", "1 "])
def test_comparison_of_large_paste_ends(piece):
    text = (piece * 50_000)[:50_000]
    with limit_cpu_time():
        list_differences("en", text, text + "x")
        list_differences("zh", text, "晶" + text)
