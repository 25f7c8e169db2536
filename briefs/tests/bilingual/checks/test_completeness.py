"""Completeness check: blocks submission and reports every missing field with its location."""

import dataclasses

import pytest

from briefs.bilingual.checks.registry import run_checks
from briefs.bilingual.checks.texts import CheckContext
from briefs.content import Bullet, Content, Facts
from briefs.tests.bilingual.checks.finding_messages import format_finding_message

COMPLETE = Content(
    headline_zh="標題",
    headline_en="Headline",
    summary_zh="摘要。",
    summary_en="Summary.",
    bullets=(Bullet(5, "一。", "One."), Bullet(3, "二。", "Two.")),
    facts=Facts(source=1, date="2025-06"),
)
ONE_SIDED_EN = "Bullet 2 has no English. Add it, or mark it as intentionally one-sided."
ONE_SIDED_ZH = "Bullet 2 has no Chinese. Add it, or mark it as intentionally one-sided."


def change_second_bullet(**values):
    return {"bullets": (COMPLETE.bullets[0], Bullet(3, **values))}


MISSING_FIELDS = [
    ({"facts": Facts(date="2025-06")}, ("source", None, ""), "Choose a source."),
    ({"facts": Facts(source=1)}, ("date", None, ""), "Enter the date of the article."),
    ({"headline_zh": ""}, ("headline", None, "zh"), "The Chinese headline is empty."),
    ({"headline_en": " "}, ("headline", None, "en"), "The English headline is empty."),
    ({"summary_zh": ""}, ("summary", None, "zh"), "The Chinese summary is empty."),
    ({"summary_en": ""}, ("summary", None, "en"), "The English summary is empty."),
    ({"summary_en": "\u200b…"}, ("summary", None, "en"), "The English summary is empty."),
    (change_second_bullet(text_zh="二。"), ("bullet", 3, "en"), ONE_SIDED_EN),
    (change_second_bullet(text_en="Two."), ("bullet", 3, "zh"), ONE_SIDED_ZH),
    (change_second_bullet(text_zh="二。", one_sided=" "), ("bullet", 3, "en"), ONE_SIDED_EN),
]


def check_completeness(content: Content):
    return run_checks(content, CheckContext(), only=("completeness",))


def test_one_sided_bullet_with_reason_is_complete():
    content = dataclasses.replace(
        COMPLETE, **change_second_bullet(text_en="Two.", one_sided="Not for readers in Taiwan")
    )
    assert check_completeness(content) == []


@pytest.mark.parametrize(("change", "location", "expected"), MISSING_FIELDS)
def test_each_missing_field_is_one_finding(change, location, expected):
    [finding] = check_completeness(dataclasses.replace(COMPLETE, **change))
    assert (finding.field, finding.bullet, finding.side) == location
    assert format_finding_message(finding) == expected


def test_all_missing_fields_are_reported_together():
    findings = check_completeness(Content(bullets=(Bullet(1, "一。"), Bullet(2, "", "Two."))))
    assert [finding.code.partition(".")[2] for finding in findings] == [
        "source", "date", "headline_zh", "headline_en", "summary_zh", "summary_en", "bullet_en", "bullet_zh",
    ]  # fmt: skip
