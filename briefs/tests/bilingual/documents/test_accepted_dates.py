"""Accepted forms of dates: what each is read as, and what is reported about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefs.bilingual.documents.fields import date_reader
from briefs.tests.bilingual.documents.test_parser import BODY, HEADER, SEED, parse

DATES = [
    ("06/09/2025", "2025-06-09", "2025-09-06", ""),
    ("06/23/2025", "2025-06-23", "", ""),
    ("06/06/2025", "2025-06-06", "", ""),
    ("2025-06-09", "2025-06-09", "", ""),
    ("9 June 2025", "2025-06-09", "", ""),
    ("09-Jun-2025", "2025-06-09", "", ""),
    ("June 9, 2025", "2025-06-09", "", ""),
    ("Sept. 1st, 2025", "2025-09-01", "", ""),
    ("Monday, June 9, 2025", "2025-06-09", "", ""),
    ("2025年6月9日", "2025-06-09", "", ""),
    ("2025年6月9日（星期一）15:20", "2025-06-09", "", ""),
    ("Updated June 9, 2025", "2025-06-09", "", ""),
    ("二〇二五年六月九日", "2025-06-09", "", ""),
    ("民國114年6月9日", "2025-06-09", "", "minguo"),
    ("中華民國 114 年 6 月 9 日", "2025-06-09", "", "minguo"),
    ("114.6.9", "2025-06-09", "", "minguo"),
    ("June 2025", "2025-06", "", ""),
    ("2025年6月", "2025-06", "", ""),
    ("民國114年6月", "2025-06", "", "minguo"),
    ("May/June 2025", "2025-05", "", "issue"),
    ("2025年5/6月", "2025-05", "", "issue"),
    ("May/June 2025 (Vol. 104, No. 3)", "2025-05", "", "issue"),
    ("2025年5-6月號（第104卷第3期）", "2025-05", "", "issue"),
    ("Summer 2025", "2025-06", "", "issue season"),
    ("2025年秋季號", "2025-09", "", "issue season"),
    ("Winter 2024/25", "2024-12", "", "issue season"),
    ("Spring/Summer 2025", "2025-03", "", "issue season"),
    ("June 2025 issue", "2025-06", "", ""),
]


@pytest.mark.parametrize(("text", "iso", "alternative", "traits"), DATES)
def test_date_is_read(text, iso, alternative, traits):
    date, notes = date_reader.read_date(text)
    assert (date.iso, date.alternative, date.raw) == (iso, alternative, text)
    assert date.ambiguous is bool(alternative)
    assert date.label == (text if "issue" in traits else "")
    assert notes == set(traits.split()) - {"issue"}


def test_day_first_order_is_applied():
    date, _ = date_reader.read_date("06/09/2025", "dmy")
    assert (date.iso, date.alternative) == ("2025-09-06", "2025-06-09")
    assert parse(SEED.read_bytes(), date_order="dmy").date.iso == "2025-09-06"


@pytest.mark.parametrize(
    "text",
    ["", "2025", "yesterday", "31/02/2025", "13/13/2025", "2025-02-30", "99/06/09", "151.1.1", "06/09/25", "Junk 9, 2025",
     "2025-06-09 and later", "June/June 2025", "0000-01-01", "9" * 500, "西元前2006年6月9日"],
)  # fmt: skip
def test_unreadable_date_gives_none(text):
    assert date_reader.read_date(text) is None


def test_unreadable_date_is_kept_and_reported():
    document = parse(HEADER.replace("2025-06-19", "last spring") + BODY)
    assert document.date is None
    assert document.unplaced_lines == ((3, "日期/Date: last spring"),)
    assert [(c.line, c.code, c.values["text"]) for c in document.cautions] == [
        (3, "date-unreadable", "last spring")
    ]


@given(
    number=st.integers(1, 53),
    year=st.integers(1912, 2060),
    form=st.sampled_from(["{y}年第{n}期", "No. {n}, {y}", "第{n}期（{y}年）"]),
)
def test_later_issue_is_never_filed_under_an_earlier_month(number, year, form):
    months = [date_reader.read_date(form.format(y=year, n=n))[0].iso for n in (number, 53)]
    assert f"{year}-01" <= months[0] <= months[1] == f"{year}-12"


@pytest.mark.parametrize("text", ["2025年第0期", "第3期", "No. 3", "2025年第3", "2025年第120期", "25年第3期"])
def test_number_of_issue_without_a_year_or_a_month_is_unreadable(text):
    assert date_reader.read_date(text) is None
