"""The page of administrators: calm when all is well, else what is wrong and what to do."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from briefs.models import JobRun, Outbox, Person
from briefs.operations import health
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/status/"
DAMAGED = {"Examination of the database"} if connection.vendor == "sqlite" else set()


@pytest.fixture
def administrator(client: Client) -> Person:
    person = factories.person("root")
    person.is_superuser = True
    sign_in(client, person)
    for name in (*health.JOB_LIMITS, health.INTEGRITY):
        JobRun.record(name)
    return person


def test_page_is_calm_when_all_is_well(client: Client, administrator: Person) -> None:
    page = client.get(PAGE).text
    assert "All is well." in page
    assert "status-wrong" not in page.partition("<body")[2]
    assert settings.VERSION in page
    assert 'href="/admin/status/"' in client.get("/admin/").text


def test_page_says_what_is_late_failed_or_full_and_what_to_do(
    client: Client, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = timezone.now() - dt.timedelta(days=2)
    JobRun.record(JobRun.PROVED_BACKUP, old)
    JobRun.objects.filter(name="publish_due").delete()
    JobRun.record(health.DAMAGE)
    Outbox.objects.create(key="k", kind="review", to=administrator, due_at=old, error="refused")
    monkeypatch.setattr(health, "LOW_DISK", 1 << 60)
    response: Any = client.get(PAGE)
    rows = {row.name: row for row in response.context["wrong"]}
    assert (
        rows.keys()
        == {"Last proved backup", "Sending and tidying (publish_due)", "Notices", "Free disk space"} | DAMAGED
    )
    assert all(rows[name].figure != "never" for name in DAMAGED), "it was examined, and found damaged"
    assert rows["Last proved backup"].figure == "2 days ago"
    assert rows["Sending and tidying (publish_due)"].figure == "never"
    assert rows["Notices"].figure == "1 due, 1 failed"
    page = response.text
    assert f"{len(rows)} things need you." in page
    assert "Look at the timer digest-backup on the server." in page
    assert 'href="/admin/briefs/outbox/"' in page


def test_late_notices_that_nothing_tried_to_send_point_to_the_timer(
    client: Client, administrator: Person
) -> None:
    due_at = timezone.now() - dt.timedelta(days=2)
    Outbox.objects.create(key="k", kind="review", to=administrator, due_at=due_at)
    response: Any = client.get(PAGE)
    (row,) = response.context["wrong"]
    assert (row.name, row.figure, row.url) == ("Notices", "1 due, 0 failed", "")
    assert row.advice == "Look at the timer digest-publish on the server."
