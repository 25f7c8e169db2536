"""What refuses a submission: every reason at once, each with the place to mend it."""

import dataclasses
import re

import pytest

from briefs.checks.check_registry import ALL_CHECKS, BLOCKING_CHECKS, run_blocking_checks, run_checks
from briefs.checks.context import CheckContext
from briefs.checks.messages import FINDING_MESSAGES, PLURAL_FINDING_MESSAGES, format_finding_message
from briefs.content import Bullet, Content, Facts

COMPLETE = Content(
    headline_zh="標題",
    headline_en="Headline",
    summary_zh="摘要。",
    summary_en="Summary.",
    bullets=(Bullet(5, "一。", "One."), Bullet(3, "二。", "Two.")),
    facts=Facts(source=1, date="2025-06"),
)
HEADLINE = "Enter a headline in both languages before you submit."
ONE_SIDED_EN = "Bullet 2 has no English. Add it, or mark it as intentionally one-sided."
ONE_SIDED_ZH = "Bullet 2 has no Chinese. Add it, or mark it as intentionally one-sided."


def second(**values):
    return {"bullets": (COMPLETE.bullets[0], Bullet(3, **values))}


MISSING = [
    ({"facts": Facts(date="2025-06")}, ("source", None, ""), "Choose a source."),
    ({"facts": Facts(source=1)}, ("date", None, ""), "Enter the date of the article."),
    ({"headline_zh": ""}, ("headline", None, "zh"), HEADLINE),
    ({"headline_en": " "}, ("headline", None, "en"), HEADLINE),
    ({"headline_zh": "", "headline_en": ""}, ("headline", None, "zh"), HEADLINE),
    ({"summary_zh": ""}, ("summary", None, "zh"), "The Chinese summary is empty."),
    ({"summary_en": ""}, ("summary", None, "en"), "The English summary is empty."),
    ({"summary_en": "\u200b…"}, ("summary", None, "en"), "The English summary is empty."),
    (second(text_zh="二。"), ("bullet", 3, "en"), ONE_SIDED_EN),
    (second(text_en="Two."), ("bullet", 3, "zh"), ONE_SIDED_ZH),
    (second(text_zh="二。", one_sided=" "), ("bullet", 3, "en"), ONE_SIDED_EN),
]


def test_a_complete_brief_has_no_finding():
    assert run_blocking_checks(COMPLETE, CheckContext()) == []


def test_a_bullet_marked_one_sided_with_a_reason_is_complete():
    content = dataclasses.replace(COMPLETE, **second(text_en="Two.", one_sided="Not for readers in Taiwan"))
    assert run_blocking_checks(content, CheckContext()) == []


@pytest.mark.parametrize(("change", "place", "expected"), MISSING)
def test_each_thing_missing_is_one_finding(change, place, expected):
    [finding] = run_blocking_checks(dataclasses.replace(COMPLETE, **change), CheckContext())
    assert (finding.field, finding.bullet, finding.side) == place
    assert format_finding_message(finding) == expected


def test_all_reasons_at_once():
    found = run_blocking_checks(Content(bullets=(Bullet(1, "一。"), Bullet(2, "", "Two."))), CheckContext())
    assert [finding.code.partition(".")[2] for finding in found] == [
        "source", "date", "headline", "summary_zh", "summary_en", "bullet_en", "bullet_zh",
    ]  # fmt: skip


def test_only_completeness_blocks():
    assert BLOCKING_CHECKS == ("completeness",)
    assert set(BLOCKING_CHECKS) < set(ALL_CHECKS)


def test_unknown_check_is_no_empty_list():
    with pytest.raises(KeyError, match="speling"):
        run_checks(COMPLETE, CheckContext(), only=("speling",))


def test_every_sentence_names_its_values_and_no_other_form():
    texts = [
        *FINDING_MESSAGES.values(),
        *(text for both in PLURAL_FINDING_MESSAGES.values() for text in both),
    ]
    for text in texts:
        assert not re.sub(r"%\(\w+\)s", "", text).count("%")
        assert "{" not in text
