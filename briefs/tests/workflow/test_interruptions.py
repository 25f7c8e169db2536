"""Killed processes, locked databases, clock changes: no half approval, lost text or second notice."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from briefs.models import Brief, Edition, EditionPlace, Event, Outbox, SearchEntry
from briefs.operations import notifications
from briefs.tests.support import factories
from briefs.tests.support.concurrency import Racers, racers
from briefs.tests.support.crawler import fetch
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, get_verb_form, sign_in
from briefs.tests.support.mail_server import MailServer

pytestmark = [pytest.mark.filterwarnings("ignore:No directory at")]

SECOND = dt.timedelta(seconds=1)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="needs a SQLite file and processes")


@pytest.fixture(scope="module")
def two_racers(django_db_setup: None, django_db_blocker: Any) -> Iterator[Racers]:
    with django_db_blocker.unblock(), racers(2) as pair:
        yield pair


# Killed processes


@on_sqlite
@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_approval_killed_at_any_statement_is_complete_or_absent(two_racers: Racers) -> None:
    team = Team()
    with transaction.atomic():
        brief = factories.signed_brief(team)
    values = {"brief": brief.pk, "by": team.publisher.pk, "seen": factories.content_hash(brief)}
    nothing = dict.fromkeys(("editions", "places", "index", "events", "notices"), 0) | {"state": "in_review"}
    for statement in range(200):
        (outcome,) = two_racers.race(("killed", {"at": statement, "act": "approve", "values": values}))
        rows = _count_published_rows(brief)
        if outcome["did"]:
            break
        assert rows == nothing, statement
    assert rows == rows | {"editions": 1, "events": 1, "notices": 2, "state": "approved"}
    assert min(rows["places"], rows["index"]) >= 1
    assert statement > 20, "too few statements were interrupted"
    assert fetch(f"/en/briefs/{Edition.objects.get().slug}/").status == 200


def _count_published_rows(brief: Brief) -> dict[str, Any]:
    return {
        "editions": Edition.objects.count(),
        "places": EditionPlace.objects.count(),
        "index": SearchEntry.objects.count(),
        "events": Event.objects.filter(verb="approve").count(),
        "notices": Outbox.objects.filter(kind="published").count(),
        "state": Brief.objects.get(pk=brief.pk).state,
    }


@on_sqlite
@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_sender_killed_at_any_statement_loses_no_notice(two_racers: Racers, mail_server: MailServer) -> None:
    """A notice sent but not yet recorded is sent again with the same Message-ID, so readers see it once."""
    with transaction.atomic():
        factories.submitted_brief(Team())
    Outbox.objects.update(due_at=timezone.now() - SECOND)
    expected = sorted(Outbox.objects.values_list("to__email", flat=True))
    for statement in range(100):
        # make unsent notices due again, as if ten minutes had passed
        Outbox.objects.filter(sent_at=None).update(claimed_at=None, attempts=0)
        (outcome,) = two_racers.race(
            ("killed", {"at": statement, "act": "send", "values": {"port": mail_server.port}})
        )
        if outcome["did"]:
            break
    assert sorted({to[0] for to, _ in mail_server.accepted}) == expected
    assert len({message["Message-ID"] for _, message in mail_server.accepted}) == len(expected)
    assert not Outbox.objects.filter(sent_at=None).exists()


# Two workers and a notice that cannot be sent


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_late_workers_send_each_notice_once_despite_a_broken_one(
    two_racers: Racers, mail_server: MailServer
) -> None:
    team = Team()
    with transaction.atomic():
        for n in range(5):
            factories.submitted_brief(team, factories.content(str(n)))
    two_hours_ago = timezone.now() - dt.timedelta(hours=2)
    Outbox.objects.update(due_at=two_hours_ago)
    broken = Outbox.objects.order_by("pk")[7]
    Outbox.objects.filter(pk=broken.pk).update(kind="nothing that can be said")
    outcomes = two_racers.race(*[("send", {"port": mail_server.port})] * 2, spread=0)
    assert sum(outcome["did"] for outcome in outcomes) == 19
    assert Counter(to[0] for to, _ in mail_server.accepted) == Counter(
        Outbox.objects.exclude(pk=broken.pk).values_list("to__email", flat=True)
    )
    (failed,) = notifications.find_failed_notices()
    assert (failed.pk, failed.attempts) == (broken.pk, 1)
    assert "KeyError" in failed.error


# Locked database


# Clock changes


@pytest.mark.django_db
def test_clock_set_back_causes_no_early_publication_or_second_notice(mail_server: MailServer) -> None:
    team = Team()
    start = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        brief, at = factories.signed_brief(team), start + dt.timedelta(hours=1)
        edition = factories.approve(brief, team.publisher, at=at)
        Outbox.objects.exclude(kind="published").update(cancelled_at=start)

        def status_and_notice_count() -> tuple[int, int]:
            notifications.send_due()
            return fetch(f"/en/briefs/{edition.slug}/").status, len(mail_server.accepted)

        for hours, expected in (
            *((0, (404, 0)), (-1, (404, 0)), (0.99, (404, 0)), (1, (200, 2))),
            *((0.5, (404, 2)), (-23, (404, 2)), (1.1, (200, 2)), (25, (200, 2))),
        ):
            clock.move_to(start + dt.timedelta(hours=hours))
            assert status_and_notice_count() == expected, hours


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "typed", "utc"),
    [
        ("Asia/Taipei", "2026-03-08T02:30", "2026-03-07T18:30"),
        ("America/New_York", "2026-03-08T02:30", ""),
        ("America/New_York", "2026-11-01T01:30 the first", "2026-11-01T05:30"),
        ("America/New_York", "2026-11-01T01:30 the second", "2026-11-01T06:30"),
        ("America/New_York", "0001-01-01T00:00", ""),
        ("America/New_York", "9999-12-31T23:59", ""),
    ],
)
def test_time_near_a_dst_change_is_published_exactly_or_refused(
    client: Client, settings: Any, zone: str, typed: str, utc: str
) -> None:
    """The typed time is read in the time zone of the site; readers see the edition from that second on."""
    settings.TIME_ZONE = zone
    timezone.get_default_timezone.cache_clear()
    team = Team()
    try:
        with time_machine.travel(dt.datetime(2026, 2, 1, 2, 0, tzinfo=dt.UTC), tick=False) as clock:
            brief = factories.signed_brief(team)
            sign_in(client, team.publisher)
            form = get_verb_form(client, brief, "approve")
            typed, _space, which = typed.partition(" ")
            data = form.data_with(when="later", at=typed)
            response = client.post(brief_url(brief, "approve"), data)
            if which:  # the time occurs twice, so the page asks which one
                assert response.status_code == 409
                response = client.post(
                    brief_url(brief, "approve"), data | {"which": str(int("second" in which))}
                )
            assert response.status_code == (302 if utc else 409)
            if not utc:
                assert not Edition.objects.exists()
                return
            edition = Edition.objects.get()
            assert edition.live_from == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
            local_time = edition.live_from.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            assert local_time == dt.datetime.fromisoformat(typed)
            for moment, status in ((-SECOND, 404), (0 * SECOND, 200), (SECOND, 200)):
                clock.move_to(edition.live_from + moment)
                assert fetch(f"/en/briefs/{edition.slug}/").status == status
    finally:
        timezone.get_default_timezone.cache_clear()
