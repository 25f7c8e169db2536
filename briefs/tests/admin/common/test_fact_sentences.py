"""Sentence about the article's facts: every known part, and every missing one."""

import datetime as dt
from dataclasses import replace
from html import unescape

import pytest
import time_machine
from django.utils import translation
from django.utils.html import strip_tags

from briefs.admin.common.fact_text import build_fact_line
from briefs.admin.common.name_fields import NamesById
from briefs.content import Byline, Facts

NAMES = NamesById(authors={1: "Vivek Chilukuri", 2: "Jane Doe", 3: "林雨蒼"}, sources={1: "Foreign Policy"})
COMPLETE_FACTS = Facts(
    source=1,
    authors=(Byline(1),),
    date="2025-06-09",
    url="https://www.foreignpolicy.com/story?x=1",
    access="free",
    kind="commentary",
    embargo_until="2025-06-12T00:00:00+00:00",
)


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"), time_machine.travel(dt.datetime(2025, 6, 10, tzinfo=dt.UTC), tick=False):
        yield


def read_line(facts: Facts, names: NamesById) -> str:
    return unescape(strip_tags(build_fact_line(facts, names)))


def fact_sentence(**values: object) -> str:
    return read_line(replace(COMPLETE_FACTS, **values), NAMES)


def test_complete_facts_give_full_sentence() -> None:
    assert fact_sentence() == (
        "Vivek Chilukuri wrote this commentary for Foreign Policy; it appeared on Monday, 9 June 2025, is free to"
        " read, and may not be published before 12 June 2025, 08:00 (Asia/Taipei). It is at foreignpolicy.com."
    )


@pytest.mark.parametrize(
    ("author", "told"), [(1, "Vivek Chilukuri 為 Foreign Policy 撰寫"), (3, "林雨蒼為 Foreign Policy 撰寫")]
)
def test_chinese_sentence_has_a_space_only_beside_latin_names(author: int, told: str) -> None:
    with translation.override("zh-hant"):
        assert fact_sentence(authors=(Byline(author),)).startswith(told)


def test_missing_facts_are_named_as_not_known() -> None:
    assert read_line(Facts(), NamesById()) == (
        "The author, the source, the date, the address, and who can read it are not known yet."
    )
    assert fact_sentence(date="").startswith("The date is not known yet.")
    assert "not known" not in fact_sentence()


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"date": "2025-06"}, "it appeared in June 2025,"),
        ({"date": "2025-05", "date_label": "May/June 2025"}, "in the issue May/June 2025, dated May 2025"),
        ({"date": "", "date_label": "May/June 2025"}, "it appeared in the issue May/June 2025"),
        ({"date_label": "No. 7"}, "on Monday, 9 June 2025, in the issue No. 7"),
        ({"authors": (Byline(1), Byline(2))}, "Vivek Chilukuri and Jane Doe wrote this"),
        ({"authors": (Byline(1), Byline(2), Byline(3))}, "Vivek Chilukuri, Jane Doe, and 林雨蒼 wrote"),
        ({"authors": (Byline(1, "研究員", "Fellow, CNAS"),)}, "Vivek Chilukuri (Fellow, CNAS) wrote"),
        ({"authors": (Byline(1, "研究員", ""),)}, "Vivek Chilukuri (研究員) wrote"),
        ({"kind": "testimony"}, "wrote this testimony for"),
        ({"kind": ""}, "wrote this article for"),
        ({"authors": ()}, "This commentary is from Foreign Policy; it"),
        ({"authors": (), "source": None}, "The article appeared on Monday"),
        ({"source": None}, "Vivek Chilukuri wrote this commentary; it"),
        ({"access": "registration"}, "can be read after registration"),
        ({"access": "subscription"}, "can be read by subscribers only"),
        ({"language": "fr"}, "is in French"),
        ({"language": "zh-TW"}, "is in Traditional Chinese"),
        ({"language": "xx-odd"}, "is in xx-odd"),
        ({"embargo_until": "2025-06-09T00:00:00+00:00"}, "was under embargo until 9 June 2025, 08:00"),
        ({"embargo_until": ""}, "Monday, 9 June 2025 and is free to read."),
        ({"title": "A Story"}, "Its title is “A Story”."),
        ({"doi": "10.1/x"}, "It is at foreignpolicy.com, with the DOI 10.1/x."),
        ({"url": "", "doi": "10.1/x"}, "Its DOI is 10.1/x."),
        ({"url": "https://www.chathаm.org/a"}, "It is at xn--chathm-7nf.org."),
        ({"url": "https://[bad"}, "It is at https://[bad."),
        ({"archive_url": "https://web.archive.org/web/1/x"}, "An archived copy is at web.archive.org."),
        ({"accessed_on": "2025-06-10"}, "We consulted it on 10 June 2025."),
        ({"source_withdrew": True}, "Its source has withdrawn it."),
    ],
)
def test_each_fact_appears_in_sentence(values: dict[str, object], part: str) -> None:
    assert part in fact_sentence(**values)


def test_every_combination_gives_well_formed_sentence() -> None:
    """No placeholder, doubled space or stray comma, and a full stop at the end."""
    parts: dict[str, list[object]] = {
        "authors": [(), (Byline(1),), (Byline(1, "甲", "A"), Byline(2))],
        "source": [None, 1],
        "date": ["", "2025-06", "2025-06-09"],
        "kind": ["", "interview"],
        "access": ["", "free"],
        "embargo_until": ["", "2025-06-12T00:00:00+00:00"],
    }
    combinations = [Facts()]
    for name, values in parts.items():
        combinations = [
            replace(combination, **{name: value}) for combination in combinations for value in values
        ]
    for language in ("en", "zh-hant"):
        with translation.override(language):
            for combination in combinations:
                text = read_line(combination, NAMES)
                assert text.strip() == text
                assert text.endswith((".", "。"))
                assert not any(fragment in text for fragment in ("%(", "  ", " ,", "None", ",,", ";;")), text
