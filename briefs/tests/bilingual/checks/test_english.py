"""English checks (E1 to E8), quotations and white space: house-style cases and edge cases."""

import pytest

from briefs.bilingual.checks import whole_brief
from briefs.bilingual.checks.registry import run_checks
from briefs.bilingual.checks.texts import CheckContext
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import apply_repairs, format_finding_message

STYLE = "“%s” is not house style. Change to “%s”"
STRAIGHT = "Straight quotation marks. Change to “ ”"


def make_content(check: str, text: str) -> Content:
    """Put the text into the English headline for the headline check, else into a bullet."""
    return Content(headline_en=text) if check == "headline" else Content(bullets=(Bullet(1, "", text),))


def list_messages(check: str, text: str, context: CheckContext | None = None) -> list[str]:
    return [
        format_finding_message(finding)
        for finding in run_checks(make_content(check, text), context or CheckContext(), only=(check,))
    ]


def apply_all_repairs(check: str, text: str) -> str:
    content = make_content(check, text)
    repaired = apply_repairs(content, run_checks(content, CheckContext(), only=(check,)))
    text = repaired.headline_en or repaired.bullets[0].text_en
    assert list_messages(check, text) == []
    return text


CORRECT_TEXTS = {
    "spelling": [
        "defense, program, labor, center, organize", "the Labour Party", "at the Centre for Policy Studies",
        "the Ministry of Defence", "Defence Minister Lai", "Labour Party members", "Labour peers voted.", "the World Trade Organisation",
        "promise, exercise, advise, comprise, surprise, expertise, analyses", "four tour hour flour glamour contour",
        "see https://a.example/defence", "reprogrammed", "Grey’s Anatomy", "controlled, rebelled, enrolled",
    ],
    "abbreviations": [
        "the U.S.", "US$5 billion", "UK", "in the U.S. However", "NT$5 and HK$6", "USD", "the USA", "USMCA", "USS Nimitz",
        "the UN, the EU, AI and the G7", "Washington, D.C.", "LET US GO", "a bus", "S$5",
    ],
    "serial": [
        "a, b, and c", "Smith and Co.", "X and Y", "Smith, Jones and Co.", "However, China and Japan agree",
        "In Taiwan, Japan and Korea are watched", "If prices fall, producers and miners lose", "Recently, cars and ships",
        "in Taipei, which and", "large ships, cars and the rest", "It fell, rose and was sold", "in 2024, cars and ships",
        "on Thursday, forcefully and emotionally denying it", "all measures, national and international", "It is, more or less, done", "for the Party, Chinese and U.S. experts say",
    ],
    "dashes": [
        "10–15", "gray-zone", "text—text", "2024–25", "U.S.–China", "U.S.-made", "F-35", "COVID-19", "2025-06-09", "90-day",
        "a well-known fact", "cross-strait", "Indo-Pacific", "Sino-American", "https://a.example/10-15", "J-10", "24/7",
        "Chinese-made", "non-U.S.", "555-1234-99",
    ],
    "quotes": [
        "U.S.’s", "“trusted”", "5' 10\"", "a 6' wall", "“He said ‘yes’ to it”", "the states’ rights", "rock ’n’ roll",
    ],
    "headline": [
        "Is No Cure-All", "How China…", "A Word of Caution", "Stockpiling Critical Minerals Is No Cure-All",
        "Drone Supply Chains and Whole-of-Society Resilience", "What Is It For?", "Taiwan: A Way Forward", "The iPhone at 20",
        "Leaving the U.S.", "Stand Up to China", "Stand up to China", "Life in the Trump Era", "ASEAN", "AI and the EU",
        "“The Quad” and after It", "5g Is Here", "Charles de Gaulle Was Right",
    ],
    "taiwan": [
        "unification", "“reunification” quoted", "cross-strait", "\"reunification\" quoted", "German reunification",
        "the reunification of Korea", "mainland China", "the U.S. mainland", "mainland Europe", "“the mainland”",
        "China", "the PRC", "Taiwan, China, and Japan", "On Taiwan, China insists", "Chinese Taipei at the Olympics",
        "between Taiwan, China and Japan", "Taiwan, China’s neighbor,",
    ],
    "amounts": [
        "30 percent", "US$12 million", "24 hours", "seven years", "three proposals", "NT$3.5 billion", "one-third",
        "Thirty percent of voters", "percentage", "a mile", "5 GB", "https://a.example/?a=1%20b",
    ],
    "spaces": ["One two. Three", "5 percent", "At 5:00, 1,000 ships (more) ... “well,” he said."],
}  # fmt: skip

INCORRECT_TEXTS = [
    ("spelling", "defence", "British spelling defence. Change to defense", "defense"),
    ("spelling", "Programmes are run", "British spelling Programmes. Change to Programs", "Programs are run"),
    ("spelling", "They organise. Labour is cheap", "British spelling organise. Change to organize", "They organize. Labor is cheap"),
    ("spelling", "DEFENCE", "British spelling DEFENCE. Change to DEFENSE", "DEFENSE"),
    ("abbreviations", "the US", STYLE % ("US", "U.S."), "the U.S."),
    ("abbreviations", "in the US. It", STYLE % ("US.", "U.S."), "in the U.S. It"),
    ("abbreviations", "US-made", STYLE % ("US", "U.S."), "U.S.-made"),
    ("abbreviations", "U.S.$5", STYLE % ("U.S.$", "US$"), "US$5"),
    ("abbreviations", "some $5", STYLE % ("$", "US$"), "some US$5"),
    ("abbreviations", "U.K.", STYLE % ("U.K.", "UK."), "UK."),
    ("abbreviations", "in the U.N. However, it", STYLE % ("U.N.", "UN."), "in the UN. However, it"),
    ("abbreviations", "A.I. models", STYLE % ("A.I.", "AI"), "AI models"),
    ("serial", "growth, governance and security", "No comma before “and security” in a series. Add one", "growth, governance, and security"),
    ("serial", "zh, en or both", "No comma before “or both” in a series. Add one", "zh, en, or both"),
    ("serial", "It trades in chips, cars and ships", "No comma before “and ships” in a series. Add one", "It trades in chips, cars, and ships"),
    ("dashes", "10-15 percent", STYLE % ("-", "–"), "10–15 percent"),
    ("dashes", "a 10-15-year plan", STYLE % ("-", "–"), "a 10–15-year plan"),
    ("dashes", "U.S.-China ties", STYLE % ("-", "–"), "U.S.–China ties"),
    ("dashes", "text -- text", STYLE % (" -- ", "—"), "text—text"),
    ("dashes", "text---text", STYLE % ("---", "—"), "text—text"),
    ("quotes", '"trusted"', STRAIGHT, "“trusted”"),
    ("quotes", '“trusted"', STRAIGHT, "“trusted”"),
    ("quotes", "China's", "Straight apostrophe: use ’", "China’s"),
    ("quotes", "'90s and \"1990s\"", STRAIGHT, "’90s and “1990s”"),
    ("quotes", "\"He said 'yes' to China's\"", STRAIGHT, "“He said ‘yes’ to China’s”"),
    ("quotes", "He isn't 5' 10\"", "Straight apostrophe: use ’", "He isn’t 5' 10\""),
    ("quotes", "the ‘trusted’ chain", "‘ ’ are for a quotation inside another. Change to “ ”", "the “trusted” chain"),
    ("headline", "is no cure-all", "The headline is not in title case. Change to “Is No Cure-All”", "Is No Cure-All"),
    ("headline", "A Word Of Caution", "The headline is not in title case. Change to “A Word of Caution”", "A Word of Caution"),
    ("headline", "Is No Cure-All.", "Final stop in the headline. Remove", "Is No Cure-All"),
    ("taiwan", "It ships to Taiwan, China.", STYLE % ("Taiwan, China", "Taiwan"), "It ships to Taiwan."),
    ("taiwan", "Chinese Taipei", STYLE % ("Chinese Taipei", "Taiwan"), "Taiwan"),
    ("taiwan", "reunification", STYLE % ("reunification", "unification"), "unification"),
    ("taiwan", "The mainland is", STYLE % ("The mainland", "China"), "China is"),
    ("taiwan", "the Chinese mainland has", STYLE % ("the Chinese mainland", "China"), "China has"),
    ("amounts", "30 per cent", STYLE % ("per cent", "percent"), "30 percent"),
    ("amounts", "3.5 bn USD", STYLE % ("3.5 bn USD", "US$3.5 billion"), "US$3.5 billion"),
    ("amounts", "thirty %", STYLE % ("thirty %", "30 percent"), "30 percent"),
    ("amounts", "some 40%", STYLE % ("%", " percent"), "some 40 percent"),
    ("amounts", "US$3.5bn", STYLE % ("US$3.5bn", "US$3.5 billion"), "US$3.5 billion"),
    ("amounts", "3.5 billion U.S. dollars", STYLE % ("3.5 billion U.S. dollars", "US$3.5 billion"), "US$3.5 billion"),
    ("amounts", "5bn people", STYLE % ("5bn", "5 billion"), "5 billion people"),
    ("amounts", "a fifty-year-old man", STYLE % ("fifty", "50"), "a 50-year-old man"),
    ("amounts", "about five miles", STYLE % ("five miles", "5 miles"), "about 5 miles"),
    ("spaces", "The plan , which failed ,won ( again ) .", "5 spaces too many or too few beside punctuation marks. Clean up",
     "The plan, which failed, won (again)."),
    ("spaces", "One  two\u00a0three\u200b four", "3 double or invisible spaces. Clean up", "One two three four"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "text"), [(check, text) for check, texts in CORRECT_TEXTS.items() for text in texts]
)
def test_correct_english_has_no_finding(check, text):
    assert list_messages(check, text) == []


@pytest.mark.parametrize(("check", "text", "expected", "corrected"), INCORRECT_TEXTS)
def test_incorrect_english_is_reported_and_repaired(check, text, expected, corrected):
    assert list_messages(check, text)[0] == expected
    assert apply_all_repairs(check, text) == corrected


@pytest.mark.parametrize(
    ("check", "text", "expected"),
    [
        ("quotes", "the “trusted chain", "A quotation mark has no partner."),
        ("quotes", "the trusted” chain", "A quotation mark has no partner."),
        ("quotes", 'the "trusted chain', "A quotation mark has no partner."),
        ("headline", "ALL CAPS", "The headline is all in capitals."),
        ("headline", "A" + "a" * 90, "The English headline has 91 characters; the limit is 90."),
        ("taiwan", "mainland officials", "“mainland” alone is not house style."),
        ("taiwan", "the mainland officials", "“mainland” alone is not house style."),
        ("taiwan", "China and the PRC", "China and PRC are both used in this brief. Choose one."),
    ],
)
def test_finding_that_needs_a_decision_has_no_repair(check, text, expected):
    [finding] = run_checks(make_content(check, text), CheckContext(), only=(check,))
    assert (format_finding_message(finding), finding.repair) == (expected, None)


def test_names_may_keep_british_spelling():
    assert list_messages("spelling", "as the Programme Centre says") == []
    context = CheckContext(names=("grey institute",))
    assert list_messages("spelling", "as the grey institute says", context) == []


def test_chinese_headline_length_and_final_stop_are_checked():
    def list_headline_messages(headline):
        return [
            format_finding_message(f)
            for f in run_checks(Content(headline_zh=headline), CheckContext(), only=("headline",))
        ]

    assert list_headline_messages("關鍵礦物儲備不是萬靈丹") == []
    assert list_headline_messages("字" * 24) == []
    assert list_headline_messages("字" * 25) == ["The Chinese headline has 25 characters; the limit is 24."]
    assert list_headline_messages("AI不是萬靈丹。") == ["Final stop in the headline. Remove"]


CONTENT_WITH_QUOTATIONS = Content(
    summary_zh="「一二三四五」",
    summary_en="“one two three”",
    bullets=(Bullet(1, "說「六七八」", "said “four five” and more"),),
)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (8, []),
        (7, [("zh", 1, "Quoted words add up to 8; the limit is 7.")]),
        (4, [("zh", None, "Quoted words add up to 8; the limit is 4."), ("en", 1, "Quoted words add up to 5; the limit is 4.")]),
    ],
)  # fmt: skip
def test_quoted_words_over_the_limit_are_reported(limit, expected, monkeypatch):
    monkeypatch.setattr(whole_brief, "QUOTE_LIMIT", limit)
    findings = run_checks(CONTENT_WITH_QUOTATIONS, CheckContext(), only=("quotations",))
    assert [(f.side, f.bullet, format_finding_message(f)) for f in findings] == expected


@pytest.mark.parametrize(
    ("zh", "expected", "corrected"),
    [
        ("個資與 保存", "1 space between Chinese characters. Remove", "個資與保存"),
        ("說： 「是」", "1 space between Chinese characters. Remove", "說：「是」"),
        ("AI\u200b技術", "1 double or invisible space. Clean up", "AI技術"),
        ("the  US", "1 double or invisible space. Clean up", "the US"),
    ],
)
def test_extra_space_in_chinese_is_removed(zh, expected, corrected):
    content = Content(bullets=(Bullet(1, zh),))
    [finding] = run_checks(content, CheckContext(), only=("spaces",))
    assert format_finding_message(finding) == expected
    assert apply_repairs(content, [finding]).bullets[0].text_zh == corrected
