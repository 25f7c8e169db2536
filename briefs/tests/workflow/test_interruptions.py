"""Killed processes, locked databases, clock changes: approval is atomic, typed text returns, notices go out once."""

import datetime as dt
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from briefs import notifications, workflow
from briefs.models import Brief, Card, Edition, Event, Outbox, Rendering, SignOff

from ..support import factories
from ..support.concurrency import Racers, racers
from ..support.crawler import fetch
from ..support.factories import Team
from ..support.form_client import Form, get_brief_form, get_verb_form, sign_in, brief_url
from ..test_notifications import Post, post  # noqa: F401

pytestmark = [pytest.mark.filterwarnings("ignore:No directory at")]

SECOND = dt.timedelta(seconds=1)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="of a SQLite file and its processes")


@pytest.fixture(scope="module")
def two(django_db_setup: None, django_db_blocker: Any) -> Iterator[Racers]:
    with django_db_blocker.unblock(), racers(2) as made:
        yield made


# Killed


@on_sqlite
@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_approval_killed_at_any_statement_is_complete_or_absent(two: Racers) -> None:
    team = Team()
    with transaction.atomic():
        brief = factories.signed_brief(team)
    values = {"brief": brief.pk, "by": team.publisher.pk, "seen": factories.content_hash(brief), "change": False}
    whole = {"editions": 1, "renderings": 3, "cards": 2, "events": 1, "told": 2, "state": "approved"}
    nothing = dict.fromkeys(whole, 0) | {"state": "in_review"}
    for at in range(200):
        (came,) = two.race(("killed", {"at": at, "act": "approve", "values": values}))
        there = _published(brief)
        if came["did"]:
            break
        assert there == nothing, at
    assert there.keys() == whole.keys()
    assert there == {**there, "editions": 1, "events": 1, "told": 2, "state": "approved"}
    assert min(there["renderings"], there["cards"]) >= 1
    assert at > 20, "the kills fell into it"
    assert fetch(f"/en/briefs/{Edition.objects.get().slug}/").status == 200


def _published(brief: Brief) -> dict[str, Any]:
    return {
        "editions": Edition.objects.count(),
        "renderings": Rendering.objects.count(),
        "cards": Card.objects.count(),
        "events": Event.objects.filter(verb="approve").count(),
        "told": Outbox.objects.filter(kind="published").count(),
        "state": Brief.objects.get(pk=brief.pk).state,
    }


@on_sqlite
@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_sender_killed_at_any_statement_loses_no_notice(two: Racers, post: Post) -> None:  # noqa: F811
    """One that was sent and not yet written down goes again, and has the same Message-ID: it is shown once."""
    with transaction.atomic():
        factories.submitted_brief(Team())
    Outbox.objects.update(due_at=timezone.now() - SECOND)
    expected = sorted(Outbox.objects.values_list("to__email", flat=True))
    for at in range(100):
        Outbox.objects.filter(sent_at=None).update(claimed_at=None, attempts=0)  # as ten minutes later
        (came,) = two.race(("killed", {"at": at, "act": "send", "values": {"port": post.port}}))
        if came["did"]:
            break
    assert sorted({to[0] for to, _ in post.kept}) == expected
    assert len({message["Message-ID"] for _, message in post.kept}) == len(expected)
    assert not Outbox.objects.filter(sent_at=None).exists()


# Two workers, and one notice that cannot be sent


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_late_workers_send_each_notice_once_despite_a_broken_one(two: Racers, post: Post) -> None:  # noqa: F811
    team = Team()
    with transaction.atomic():
        for n in range(5):
            factories.submitted_brief(team, factories.content(str(n)))
    late = timezone.now() - dt.timedelta(hours=2)
    Outbox.objects.update(due_at=late)
    poison = Outbox.objects.order_by("pk")[7]
    Outbox.objects.filter(pk=poison.pk).update(kind="nothing that can be said")
    came = two.race(*[("send", {"port": post.port})] * 2, apart=0)
    assert sum(one["did"] for one in came) == 19
    assert Counter(to[0] for to, _ in post.kept) == Counter(
        Outbox.objects.exclude(pk=poison.pk).values_list("to__email", flat=True)
    )
    (failed,) = notifications.find_failed_notices()
    assert (failed.pk, failed.attempts) == (poison.pk, 1)
    assert "KeyError" in failed.error


# Locked out


@contextmanager
def locked(seconds: float) -> Iterator[None]:
    """Somebody outside holds the file's write lock so long."""
    held = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as outside:
            outside.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(seconds)
            outside.rollback()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    yield
    thread.join()


@on_sqlite
@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seconds", [3, 15])
def test_locked_database_serves_reads_and_delays_writes(client: Client, seconds: int) -> None:
    team = Team()
    with transaction.atomic():
        live, brief = factories.live_brief(team), factories.draft_brief(team, factories.content(headline_en="Another"))
    sign_in(client, team.writer)
    form = get_brief_form(client, brief)
    with locked(seconds):
        began = time.monotonic()
        assert fetch(f"/en/briefs/{live.slug}/").status == 200
        assert client.get(brief_url(brief)).status_code == 200
        assert time.monotonic() - began < seconds
        assert client.post(brief_url(brief), form.data_with(headline_en="Typed meanwhile")).status_code == 302
        assert time.monotonic() - began > seconds * 0.9
    assert Brief.objects.get(pk=brief.pk).headline_en == "Typed meanwhile"


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_save_to_a_database_locked_too_long_returns_the_typed_text(client: Client, language: str) -> None:
    team = Team()
    with transaction.atomic():
        brief = factories.draft_brief(team)
    sign_in(client, team.writer, language)
    form = get_brief_form(client, brief)
    typed = form.data_with(headline_en="Typed <&> meanwhile", summary_zh="\n第一行\n第二行 ")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=50")
    try:
        with locked(1):
            response = client.post(brief_url(brief), typed)
            assert fetch("/en/").status == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout=20000")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "no-store" in response["Cache-Control"]
    again = Form(response.content.decode().replace('class="verb-form"', 'id="again"'), id="again")
    assert {name: values for name, values in again.data.items() if name in typed} == {
        name: values for name, values in typed.items() if values
    }
    assert client.post(brief_url(brief), again.data).status_code == 302
    row = Brief.objects.get(pk=brief.pk)
    assert (row.headline_en, row.summary_zh) == ("Typed <&> meanwhile", "第一行\n第二行")


# The clock


@pytest.mark.django_db
def test_clock_set_back_causes_no_early_publication_or_second_notice(post: Post) -> None:  # noqa: F811
    team = Team()
    start = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        brief, at = factories.signed_brief(team), start + dt.timedelta(hours=1)
        edition = factories.approve(brief, team.publisher, at=at)
        Outbox.objects.exclude(kind="published").update(cancelled_at=start)

        def seen() -> tuple[int, int]:
            notifications.send_due()
            return fetch(f"/en/briefs/{edition.slug}/").status, len(post.kept)

        for hours, expected in (
            *((0, (404, 0)), (-1, (404, 0)), (0.99, (404, 0)), (1, (200, 2))),
            *((0.5, (404, 2)), (-23, (404, 2)), (1.1, (200, 2)), (25, (200, 2))),
        ):
            clock.move_to(start + dt.timedelta(hours=hours))
            assert seen() == expected, hours


@pytest.mark.django_db
def test_signed_brief_cannot_be_taken_back_after_the_clock_is_set_back() -> None:
    team = Team()
    with time_machine.travel(dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC), tick=False) as clock:
        brief = factories.submitted_brief(team)
        clock.shift(-3600)
        factories.sign_off(brief, team.reviewer, "zh")
        clock.shift(7200)
        with pytest.raises(workflow.Refused) as refused:
            workflow.take_back(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    assert refused.value.codes == ["already-signed"]
    assert SignOff.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "typed", "utc"),
    [
        ("Asia/Taipei", "2026-03-08T02:30", "2026-03-07T18:30"),
        ("Asia/Taipei", "2026-11-01T01:30", "2026-10-31T17:30"),
        ("America/New_York", "2026-03-08T01:59", "2026-03-08T06:59"),
        ("America/New_York", "2026-03-08T02:30", ""),
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T00:59", "2026-11-01T04:59"),
        ("America/New_York", "2026-11-01T01:30 the first", "2026-11-01T05:30"),
        ("America/New_York", "2026-11-01T01:30 the second", "2026-11-01T06:30"),
        ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00"),
        ("America/New_York", "0001-01-01T00:00", ""),
        ("Asia/Taipei", "0001-01-01T00:00", ""),
        ("America/New_York", "9999-12-31T23:59", ""),
    ],
)
def test_time_near_a_dst_change_is_published_exactly_or_refused(
    client: Client, settings: Any, zone: str, typed: str, utc: str
) -> None:
    """None a second early, none lost: what the publisher typed, in the zone of the site, as readers see it."""
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
            if which:  # it comes twice, so the page asks
                assert response.status_code == 409
                response = client.post(brief_url(brief, "approve"), data | {"which": str(int("second" in which))})
            assert response.status_code == (302 if utc else 409)
            if not utc:
                assert not Edition.objects.exists()
                return
            edition = Edition.objects.get()
            assert edition.live_from == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
            wall = edition.live_from.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            assert wall == dt.datetime.fromisoformat(typed)
            for moment, status in ((-SECOND, 404), (0 * SECOND, 200), (SECOND, 200)):
                clock.move_to(edition.live_from + moment)
                assert fetch(f"/en/briefs/{edition.slug}/").status == status
    finally:
        timezone.get_default_timezone.cache_clear()
