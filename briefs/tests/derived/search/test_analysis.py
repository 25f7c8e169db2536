"""Analyser, query language and highlighting. All are pure, and stored text and queries are analysed alike."""

import datetime as dt
import itertools
import random
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from briefs.bilingual.checks.texts import TermData
from briefs.bilingual.text.scripts import stem_word
from briefs.derived.search.analysis import fold, stem, tokenise
from briefs.derived.search.expansion import Concepts, expand_query
from briefs.derived.search.highlighting import find_spans, highlight_spans
from briefs.derived.search.query import ParsedQuery, Phrase, parse_query, tokenise_phrase

CONCEPTS = Concepts([(1, "fake-news", TermData("假訊息", "disinformation", avoid_en=("fake news",)))])


def expand(typed: str) -> ParsedQuery:
    return expand_query(parse_query(typed), CONCEPTS)


def highlight(text: str, phrases: Sequence[Phrase]) -> str:
    return highlight_spans(text, find_spans(text, phrases))


def describe_terms(typed: str) -> list[str]:
    """Describe the parsed terms as text: minus, field, tokens, star for a prefix."""
    described = []
    for term in parse_query(typed).terms:
        tokens, is_open = tokenise_phrase(term.alternatives[0])
        prefix = ("-" if term.is_excluded else "") + (f"{term.field}:" if term.field else "")
        described.append(f"{prefix}{' '.join(tokens)}{'*' if is_open else ''}")
    return described


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("科技戰略", "科技 技战 战略 略"),
        ("美", "美"),
        ("科技，戰略", "科技 技 战略 略"),
        ("華為5G電信", "华为 为 5g 电信 信"),
        ("U.S.-made AI", "us made ai"),
        ("the U.K. and the EU’s", "the uk and the eu"),
        ("China’s don't restrictions", "china dont restrict"),
        ("ＡＩ Café naïve", "ai cafe naiv"),
        ("Wałęsa Kılıç ĐẶNG Ødegård", "walesa kilic dang odegard"),
        ("1,200 in 2025, 3.5", "1200 in 2025 3 5"),
        ("㐀𠀀", "㐀𠀀 𠀀"),
        ("", ""),
    ],
)
def test_text_is_split_into_tokens(text: str, tokens: str) -> None:
    assert tokenise(text) == tokens.split()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *zip(["计划", "台湾", "战略", "软体", "人工智慧", "后勤", "干涉", "复兴", "回复", "链接", "沉默", "里程"], ["計畫", "臺灣", "戰略", "軟體", "人工智慧", "後勤", "幹涉", "復興", "回覆", "鏈接", "沈默", "裡程"], strict=True),
        ("台灣", "臺灣"),
        ("ＡＩ５Ｇ", "ai5g"),
        ("RESTRICTIONS", "restriction"),
    ],
)  # fmt: skip
def test_both_spellings_give_same_tokens(first: str, second: str) -> None:
    assert tokenise(first) == tokenise(second)


@pytest.mark.parametrize(
    "family", ["restrict restricts restricted restricting restriction restrictions", "technology technologies", "policy policies"]
)  # fmt: skip
def test_every_form_of_word_has_same_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


def test_threads_get_the_stems_that_one_thread_gets() -> None:
    words = [
        f"{a}{b}" for a in ("nation", "relat", "polic", "govern") for b in ("ality", "ional", "ies", "ments")
    ]
    expected = list(map(stem_word, words)) * 20
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            results = list(threads.map(lambda _: list(map(stem_word, words * 20)), range(4)))
    finally:
        sys.setswitchinterval(interval)
    assert results == [expected] * 4


def test_part_of_text_folds_as_in_whole_text() -> None:
    """Folding must not depend on adjacent characters, or substrings would not be found."""
    text = "計畫借鑑了臺灣後勤的鍊條，﹏Ｕ.S.《ＡＩ》與㈱ﬁne"
    for a, b in itertools.combinations(range(len(text) + 1), 2):
        assert fold(text[a:b]) in fold(text)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("科技 戰略", ["科技", "战略"]),
        ("科技戰略", ["科技 技战 战略"]),
        ("AI競爭", ["ai 竞争"]),
        ("第5代", ["第 5 代*"]),
        ("美", ["美*"]),
        ('"export controls"', ["export control"]),
        ("“export controls” 「科技 戰略」", ["export control", "科技 技 战略"]),
        ("techn*", ["techn*"]),
        ("technology*", ["technolog*"]),
        ('-中國 -"gray zone" －AI', ["-中国", "-gray zone", "-ai"]),
        ("state-backed", ["state", "back"]),
        ("author:Rey 作者：陳以安 作者:陈以安", ["author:rey", "author:陈以 以安", "author:陈以 以安"]),
        ('source:"Foreign Policy" 來源：外交', ["source:foreign polici", "source:外交"]),
        ("keyword:科技 關鍵字：美國 关键字:x -keyword:AI", ["keyword:科技", "keyword:美国", "keyword:x", "-keyword:ai"]),
        ("https://example.org/x", ["https", "exampl", "org", "x"]),
        ("author:", ["author"]),
        ("12:30", ["12", "30"]),
        ('"未完', ["未完"]),
        ("* - \" ' ; AND OR NOT NEAR( { } ^ : \\", ["and or not near"]),
        ("", []),
    ],
)  # fmt: skip
def test_query_is_parsed_into_terms(typed: str, terms: list[str]) -> None:
    assert describe_terms(typed) == terms


D = dt.date


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("date:2025", D(2025, 1, 1), D(2025, 12, 31)),
        ("日期：2025-02", D(2025, 2, 1), D(2025, 2, 28)),
        ("date:2025年6月9日", D(2025, 6, 9), D(2025, 6, 9)),
        ("date:2024-05..2025-06", D(2024, 5, 1), D(2025, 6, 30)),
        ("2024..", D(2024, 1, 1), None),
        ("after:2025-01 before:2025-03-04", D(2025, 1, 1), D(2025, 3, 3)),
        ("since:2024 until:2025-03", D(2024, 1, 1), D(2025, 3, 31)),
        ("自：2024 迄：2025", D(2024, 1, 1), D(2025, 12, 31)),
        ("before:2025", None, D(2024, 12, 31)),
        ("before:0001", None, D(1, 1, 1)),
        ("date：２０２４－０５", D(2024, 5, 1), D(2024, 5, 31)),
        ("date:2025-13 date:x 2025", None, None),
    ],
)
def test_query_dates_become_range(typed: str, since: D | None, until: D | None) -> None:
    query = parse_query(typed)
    assert (query.since, query.until) == (since, until)


def list_alternatives(typed: str) -> list[list[str]]:
    """Return the words of the alternatives of each term."""
    return [
        [" ".join(word.text for word in way) for way in term.alternatives] for term in expand(typed).terms
    ]


FAKE_NEWS = ["fake news", "假讯息", "disinformation", "不实讯息", "虚假信息"]
WHO = ["世卫组织", "世界卫生组织", "世卫", "world health organization"]


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        # another rendering of a concept, and within a longer run ours
        ("特朗普", [["特朗普", "川普", "trump"]]),
        ("川普", [["川普", "特朗普", "trump"]]),
        ("东盟峰会 Kiev", [["东盟峰会", "东协峰会"], ["kiev", "基辅", "kyiv"]]),
        ("AI芯片", [["ai 芯片", "ai 晶片"]]),
        # a concept is one term
        ("fake news law", [FAKE_NEWS, ["law"]]),
        ("law FAKE News", [["law"], FAKE_NEWS]),
        ("世衛組織 staff", [WHO, ["staff"]]),
        # only in capitals or as we write it, for it is a word, which is not searched for
        ("WHO", [WHO]),
        ("who", [["who"]]),
        ("U.S. us", [["美国", "united states", "usa", "america", "american"], ["us"]]),
        ("Fed fed", [["联准会", "联邦准备", "federal reserve"], ["fed"]]),
        # a surname is none of the renderings of a full name
        ("蔡英文 Tsai", [["蔡英文", "tsai ing wen"], ["tsai"]]),
        # countries beside each other
        ("英 法 核", [["英国", "united kingdom", "britain", "british", "uk", "briton"], ["法国", "france", "french"], ["核"]]),
        ("法 法", [["法"], ["法"]]),
        # amounts without their unit, and dates
        ("40億", [["40 亿", "4 billion"]]),
        ("40億歐元", [["40 亿", "4 billion"], ["欧元"]]),
        ("$4 billion", [["4 billion", "40 亿"]]),
        ("四十億 3.5 million", [["四十亿", "40 亿", "4 billion"], ["3 5 million", "350 万"]]),
        ("2025年6月17日", [["2025 年 6 月 17 日", "17 june 2025", "june 17 2025", "2025 06 17"]]),
        ("Jun. 17, 2025", [["jun 17 2025", "2025 年 6 月 17 日", "17 june 2025", "june 17 2025", "2025 06 17"]]),
        ("June 2025", [["june 2025", "2025 年 6 月"]]),
        ("2025-13-40 G20", [["2025"], ["13"], ["40"], ["g20", "二十国集团", "20 国集团", "二十国", "20 国", "group of twenty"]]),
        # quotation marks, fields, exclusions and stars switch it off
        ('"特朗普" 「東盟」 -Kiev author:Kiev Kiev*', [["特朗普"], ["东盟"], *[["kiev"]] * 3]),
        ("news fake", [["news"], ["fake"]]),
        ("fake -news", [["fake"], ["news"]]),
    ],
)  # fmt: skip
def test_query_gets_other_renderings_as_alternatives(typed: str, terms: list[list[str]]) -> None:
    assert list_alternatives(typed) == terms


def test_avoided_rendering_is_told_with_the_preferred_one() -> None:
    query = expand("fake news 芯片出口 disinformation")
    assert query.spellings == (("fake news", "disinformation"), ("芯片", "晶片"))
    assert query.glossary_terms == (1,)


def test_long_query_is_truncated_and_flagged() -> None:
    assert parse_query("字 " * 5_000).is_truncated
    assert len(parse_query("a b c d e f g h i j k l m n o p q r s t").terms) == 16
    assert not parse_query("科技").is_truncated


@pytest.mark.parametrize(
    ("text", "typed", "html"),
    [
        ("與美國及ＡＩ競爭", "美国 ai", "與<mark>美國</mark>及<mark>ＡＩ</mark>競爭"),
        ("New restrictions apply", "restrict", "New <mark>restrictions</mark> apply"),
        ("the U.S. and us", '"U.S."', "the <mark>U.S.</mark> and <mark>us</mark>"),
        ("export controls, control exports", '"export control"', "<mark>export controls</mark>, control exports"),
        ("technology techs", "techn*", "<mark>technology</mark> techs"),
        ("在AI競爭力與AI", "AI競爭", "在<mark>AI競爭</mark>力與AI"),
        ("<b>AI</b> & \"科技\"", "科技 ai", "&lt;b&gt;<mark>AI</mark>&lt;/b&gt; &amp; &quot;<mark>科技</mark>&quot;"),
        ("ﬁne café", "fine cafe", "<mark>ﬁne</mark> <mark>café</mark>"),
        ("Ærø, Wałęsa", "aero walesa", "<mark>Ærø</mark>, <mark>Wałęsa</mark>"),
        ("dying O’Neil, D'Arcy’s 2,500", "die oneil d'arcy 2,500", "<mark>dying</mark> <mark>O’Neil</mark>, <mark>D&#x27;Arcy’s</mark> <mark>2,500</mark>"),
        ("Qur'an, Xi’an’s, Ba'ath; quran; Q uran", "quran xi'an baath", "<mark>Qur&#x27;an</mark>, <mark>Xi’an’s</mark>, <mark>Ba&#x27;ath</mark>; <mark>quran</mark>; Q uran"),
        ("the Shi'ite party, shi ites", '"shiite party"', "the <mark>Shi&#x27;ite party</mark>, shi ites"),
        ("happy, happiness; unhappy", "happy", "<mark>happy</mark>, <mark>happiness</mark>; unhappy"),
        ("川普再任", "特朗普", "<mark>川普</mark>再任"),
        ("美美美", "美美", "<mark>美美美</mark>"),
        ("作者", "author:作者", "作者"),
    ],
)  # fmt: skip
def test_hits_are_highlighted(text: str, typed: str, html: str) -> None:
    assert highlight(text, expand(typed).highlighted_phrases) == html


ODD_CHARACTERS = "\"'*-:()[]{}^~+|&!\\/%_;,.。「」『』“”：－＊　\x00\x01\x1f\x7f\u200b\u202e\ufeff\ud800\udfff\U0001f600\U0010ffff\ue000\ue001\ue002\ue003"
WORDS = ["AND", "OR", "NOT", "NEAR", "科技", "美", "restrict", "author:", "作者：", "date:", "..", "2025", "U.S.", "'';--", "𠀀", "e\u0301"]  # fmt: skip


def hostile_queries(n: int, seed: int = 7) -> list[str]:
    pick = random.Random(seed)
    pool = [*ODD_CHARACTERS, *WORDS, " ", " "]
    random_queries = ["".join(pick.choices(pool, k=pick.choice((1, 3, 9, 40)))) for _ in range(n)]
    return [
        *random_queries,
        "美" * 10_000,
        '"' * 10_000,
        "a " * 5_000,
        "(" * 5_000,
        "-" * 999,
        "".join(map(chr, range(1, 0x300))),
    ]


def test_hostile_query_raises_no_error() -> None:
    for typed in hostile_queries(200):
        query = expand(typed)
        tokens = [
            token
            for term in query.terms
            for alternative in term.alternatives
            for token in tokenise_phrase(alternative)[0]
        ]
        assert all(token.isalnum() and len(token) <= 60 for token in tokens), typed
        assert highlight(typed, query.highlighted_phrases).replace("<mark>", "").replace("</mark>", "")
