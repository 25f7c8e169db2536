"""Dates relative to today: ages, durations, working days."""

import datetime as dt

import pytest
from django.utils import translation

from briefs.admin.common import interface_labels

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


NOW = dt.datetime(2025, 6, 9, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("days", "ago"),
    [(0, "today 12:00"), (1, "yesterday"), (5, "5 days ago"), (31, "31 days ago"), (32, "2025-05-08")],
)
def test_age_is_counted_in_days(days: int, ago: str) -> None:
    with translation.override("en"):
        assert interface_labels.format_ago(NOW - dt.timedelta(days=days), NOW) == ago


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "1 minute"), (59, "59 minutes"), (60, "1 hour"), (23 * 60 + 59, "23 hours"), (24 * 60, "1 day")],
)
def test_duration_is_counted_in_minutes_hours_and_days(minutes: int, shown: str) -> None:
    with translation.override("en"):
        assert interface_labels.format_duration(NOW - dt.timedelta(minutes=minutes), NOW) == shown


def test_day_changes_at_midnight_of_site_time_zone() -> None:
    before, after = (dt.datetime(2025, 6, 8, *time, tzinfo=dt.UTC) for time in ((15, 59), (16, 1)))
    assert interface_labels.days_between(before, after) == 1  # in Taipei it is the next day
    with translation.override("en"):
        texts = [interface_labels.format_due(dt.date(2025, 6, n), dt.date(2025, 6, 9)) for n in (8, 9, 10)]
    assert texts == ["1 day overdue", "due today", "due in 1 day"]
