"""Rules F1–F6 and E9: marks, repeated words and points, language, addresses, weekdays and misspellings."""

from importlib.util import find_spec

import pytest

from briefs.bilingual.checks import CheckContext, TermData, run_checks
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import format_finding_message

CORRECT_PAIRS = [
    ("（一）「可」；1）《外交》『書』。", "1) one (two) [three]; a) first"),
    ("為了了解目的的確切，是是非非？！", "He had had it; I know that that is so."),
    ("一步一步、及時、和平地一個一個來。", "Bora Bora. Etc., and the U.S., which"),
    ("等等……", "So..."),
    ("中興（ZTE）", "The ZTE (中興)"),
    ("中興（ZTE)", ""),
    ("2025年6月9日（星期一）", "Monday, June 9, 2025"),
    ("2025年6月8日（星期天）", "Sunday, June 8, 2025"),
    ("2025年6月31日（星期一）", "Monday, June 31, 2025"),
    ("見 https://a.example/1 。", "See https://a.example/1."),
    ("見 https://a.example/1 。", "See the page."),
]
INCORRECT_PAIRS = [
    ("他說「不可。", "", ["“「” has no partner."]),
    ("", "The first (of two.", ["“(” has no partner."]),
    ("因此，，誰", "", ["Doubled punctuation “，，”. Change to “，”"]),
    ("美、日、及韓", "", ["No 、 before 及, 和 and 與. Remove"]),
    ("結束。。", "So,, it ended,.", [
        "Doubled punctuation “。。”. Change to “。”",
        "Doubled punctuation “,,”. Change to “,”",
        "Doubled punctuation “,.”. Change to “.”",
    ]),
    ("美國美國的的政策", "The the policy", ["“美國” is written twice. Remove one", "“的” is written twice. Remove one", "“The” is written twice. Remove one"]),
    ("This text is not in Chinese", "這段文字不是英文", ["This Chinese text is mostly in English.", "This English text is mostly in Chinese."]),
    ("印太戰略", "The 印太 strategy of “印太” (印太)", ["“印太” is Chinese. Translate it, or put it in brackets or quotation marks."]),
    ("2025年6月9日（星期二）", "Tuesday, June 9, 2025", ["The date was not a 星期二. Change to 星期一", "The date was not a Tuesday. Change to Monday"]),
    ("見 https://a.example/1 。", "See https://a.example/2.", ["The two languages link to different addresses."]),
]  # fmt: skip


SAME_POINTS = [
    ([("第一點。", "One."), ("第二點。", "Two."), ("", ""), ("", "")], []),
    ([("第一點。", "One."), ("第一點。", "One."), ("第一點。", "One.")], [
        (2, "", "The same as point 1."), (3, "", "The same as point 1."),
    ]),
    ([("第一點。", "One."), ("第二點。", "one. ")], [(2, "en", "The same as point 1.")]),
    ([("第一點。", ""), ("第一點。", "")], [(2, "zh", "The same as point 1.")]),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "expected"), SAME_POINTS)
def test_point_that_repeats_an_earlier_one_is_found(
    texts: list[tuple[str, str]], expected: list[tuple[int, str, str]]
) -> None:
    content = Content(bullets=tuple(Bullet(n, *text) for n, text in enumerate(texts, 1)))
    findings = run_checks(content, CheckContext(), only=("form",))
    assert [(found.bullet, found.side, format_finding_message(found)) for found in findings] == expected


def list_messages(zh: str, en: str, check: str = "form", context: CheckContext | None = None) -> list[str]:
    content = Content(bullets=(Bullet(1, zh, en),))
    findings = run_checks(content, context or CheckContext(), only=(check,))
    return [format_finding_message(finding) for finding in findings]


@pytest.mark.parametrize(("zh", "en"), CORRECT_PAIRS)
def test_correct_form_has_no_finding(zh, en):
    assert list_messages(zh, en) == []


@pytest.mark.parametrize(("zh", "en", "expected"), INCORRECT_PAIRS)
def test_incorrect_form_is_found(zh, en, expected):
    assert list_messages(zh, en) == expected


@pytest.mark.skipif(not find_spec("spellchecker"), reason="the word list is not installed")
def test_misspelled_word_is_found_unless_it_is_a_name_or_occurs_twice():
    text = "The goverment supports demining, renewables and carmakers in Falcot."
    [message] = list_messages("", text, "misspellings")
    assert message == "“goverment” may be misspelled. Change to government"
    assert list_messages("", f"{text} Its goverment again.", "misspellings") == []
    assert list_messages("", text, "misspellings", CheckContext(names=("goverment",))) == []
    term = TermData(zh="政府", en="goverment")
    assert list_messages("", text, "misspellings", CheckContext(terms=(term,))) == []
    other_language = TermData(zh="goverment", en="state")
    assert list_messages("", text, "misspellings", CheckContext(terms=(other_language,))) == [message]
    assert list_messages("", "Narcis Termes attended.", "misspellings") == []
