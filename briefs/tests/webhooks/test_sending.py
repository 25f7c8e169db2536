"""Changes reach every webhook that works, signed, with one id however often they are tried."""

import base64
import datetime as dt
import hashlib
import hmac
import random
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from briefs import webhooks, workflow
from briefs.models import Person, Webhook, WebhookDelivery
from briefs.tests.support import corpus_fixtures, factories
from briefs.tests.support.concurrency import racers
from briefs.tests.support.factories import Team

from .receiver import Received, Receiver

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

START = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
KILLS = 60
"""With 500, 354 deliveries arrived with 392 requests, on 2026-11-27."""
REASONS = {"kind": "rights", "reason_zh": "權", "reason_en": "Rights"}


def add(team: Team, url: str) -> tuple[Webhook, str]:
    return webhooks.create(url, by=team.publisher, now=timezone.now())


def is_signed(one: Received, secret: str) -> bool:
    """Verify as a receiver would, by the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in one.headers["webhook-signature"].split()


def test_each_change_is_sent_once_as_the_feed_shows_it(
    client: Client, team: Team, receiver: Receiver
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        _, secret = add(team, receiver.url("/ok"))
        brief = factories.live_brief(team)
        by = team.publisher
        acts = (
            (None, "published", "public"),
            (lambda: factories.publish_revision(team, brief, "again"), "corrected", "public"),
            (lambda: workflow.withdraw(brief, by=by, **REASONS), "withdrawn", "withdrawn"),
            (lambda: workflow.remove(brief, by=by, reason="r"), "removed", None),
            (lambda: workflow.reinstate(brief, by=by), "reinstated", "public"),
        )
        for act, kind, status in acts:
            if act:
                act()
            receiver.received.clear()
            assert webhooks.send_due() == (1, 0)
            assert webhooks.send_due() == (0, 0)
            (one,) = receiver.received
            assert is_signed(one, secret)
            clock.shift(2 * MINUTE)
            change = client.get("/api/v1/changes").json()["changes"][-1]
            assert one.message == {"type": kind, "timestamp": change["at"], "data": change}
            assert (change["kind"], change["brief"] and change["brief"]["status"]) == (kind, status)
        assert len({row.message_id for row in WebhookDelivery.objects.all()}) == len(acts)


def test_scheduled_edition_is_sent_at_its_time_and_a_cancelled_one_never(
    team: Team, receiver: Receiver
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        early, late, gone = (factories.signed_brief(team) for _ in range(3))
        at = START + dt.timedelta(hours=1)
        factories.approve(early, team.publisher, at=at)
        webhook, _ = add(team, receiver.url("/ok"))  # also hears of what was scheduled before
        for brief in (late, gone):
            factories.approve(brief, team.publisher, at=at)
        workflow.reschedule(late, by=team.publisher, at=at + MINUTE)
        workflow.cancel(gone, by=team.publisher)
        webhooks.switch(webhook, on=False, now=timezone.now())
        webhooks.switch(webhook, on=True, now=timezone.now())
        assert webhooks.send_due() == (0, 0)
        clock.move_to(at)
        assert webhooks.send_due() == (1, 0)
        clock.shift(MINUTE)
        assert webhooks.send_due() == (1, 0)
        clock.shift(dt.timedelta(days=1))
        assert webhooks.send_due() == (0, 0)
    assert [one.message["data"]["id"] for one in receiver.received] == [early.pk, late.pk]


def test_late_attempt_carries_no_text_that_was_removed(team: Team, receiver: Receiver) -> None:
    add(team, receiver.url("/500"))
    brief = factories.live_brief(team)
    webhooks.send_due()
    workflow.remove(brief, by=team.publisher, reason="r")
    for minutes in (2, 2.5):  # one failure a run
        webhooks.send_due(timezone.now() + minutes * MINUTE)
    first, *_, again = (one for one in receiver.received if one.message["type"] == "published")
    assert (first.id, first.message["data"]["brief"] is None) == (again.id, False)
    assert again.message["data"] | {"at": ""} == {"id": brief.pk, "edition": 1, "kind": "published", "at": "", "brief": None}  # fmt: skip


def test_bad_receivers_hold_up_nobody(
    team: Team, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "DEADLINE", 1.0)
    for path in ("/hang", "/500", "/redirect", "/drip", "/ok", "/cut", "/other"):
        add(team, receiver.url(path))
    for _ in range(3):
        factories.live_brief(team)
    assert webhooks.send_due() == (6, 5)
    assert {path: len(receiver.of(path)) for path in ("/ok", "/other", "/hang", "/500", "/redirect")} == {
        "/ok": 3, "/other": 3, "/hang": 1, "/500": 1, "/redirect": 1,
    }  # fmt: skip


def test_delivery_is_retried_with_growing_pauses_and_given_up(
    client: Client, team: Team, receiver: Receiver
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        webhook, _ = add(team, receiver.url("/500"))
        webhooks.queue_test(webhook, now=timezone.now())
        tried = []
        while waiting := WebhookDelivery.objects.filter(attempts__lt=webhooks.MAX_ATTEMPTS).first():
            clock.move_to(waiting.due_at)
            assert webhooks.send_due() == (0, 1)
            tried.append(timezone.now())
            clock.shift(MINUTE / 2)
            assert webhooks.send_due() == (0, 0)
        clock.shift(dt.timedelta(days=7))
        assert webhooks.send_due() == (0, 0)
        pauses = [later - earlier for earlier, later in pairwise(tried)]
        assert len(tried) == webhooks.MAX_ATTEMPTS
        assert pauses == sorted(pauses)
        assert sum(pauses, dt.timedelta()) > dt.timedelta(days=3)
        (row,) = webhooks.find_given_up()
        Webhook.objects.update(url=receiver.url("/ok"))
        client.force_login(factories.person("root", is_superuser=True))
        page = client.get("/admin/briefs/webhook/").content.decode()
        assert "HTTP 500" in page
        assert f'value="resend:{row.pk}"' in page
        assert "/admin/briefs/webhook/" in client.get("/admin/status/").content.decode()
        change, again = "/admin/briefs/webhook/change/", {"do": f"resend:{row.pk}"}
        client.post(change, {"do": f"off:{webhook.pk}"})
        assert again["do"] not in client.get("/admin/briefs/webhook/").content.decode()
        assert client.post(change, again).status_code == 404, "switched off: it would be cancelled"
        client.post(change, {"do": f"on:{webhook.pk}"})
        assert client.post(change, again).status_code == 302
        assert webhooks.send_due() == (1, 0)
    assert len({one.id for one in receiver.received}) == 1
    assert len(receiver.received) == webhooks.MAX_ATTEMPTS + 1
    webhooks.delete_expired(START + webhooks.KEPT)
    assert WebhookDelivery.objects.exists()
    webhooks.delete_expired(START + webhooks.KEPT + dt.timedelta(days=1))
    assert not WebhookDelivery.objects.exists()


def test_receiver_that_wants_nothing_more_is_switched_off(team: Team, receiver: Receiver) -> None:
    webhook, _ = add(team, receiver.url("/410"))
    for _ in range(2):
        webhooks.queue_test(webhook, now=timezone.now())
    assert webhooks.send_due() == (0, 1)
    assert Webhook.objects.get().off_at
    assert [row.error for row in WebhookDelivery.objects.order_by("pk")] == ["HTTP 410", ""]
    later = timezone.now() + dt.timedelta(days=1)
    assert webhooks.send_due(later) == (0, 0)
    assert len(receiver.received) == 1


def test_deliveries_of_a_webhook_that_is_off_are_shown_as_not_sent(client: Client, team: Team) -> None:
    def read(language: str) -> str:
        Person.objects.filter(pk=root.pk).update(language=language)
        return client.get("/admin/briefs/webhook/").content.decode()

    root = factories.person("root", is_superuser=True)
    client.force_login(root)
    webhook, _ = add(team, "http://127.0.0.1:9/")
    slug = factories.live_brief(team).slug
    assert "Goes out at the next run" in read("en")
    webhooks.switch(webhook, on=False, now=timezone.now())
    page = read("en")
    assert "Not sent: switched off or cancelled" in page
    assert "Goes out at the next run" not in page
    assert f'href="/en/briefs/{slug}/"' in page
    assert f'href="/zh-hant/briefs/{slug}/"' in read("zh-hant")


def test_secret_is_shown_once_and_the_old_one_signs_for_a_day(
    client: Client, team: Team, receiver: Receiver, settings: Any
) -> None:
    client.force_login(factories.person("root", is_superuser=True))
    with time_machine.travel(START, tick=False) as clock:
        made = client.post("/admin/briefs/webhook/", {"url": receiver.url("/ok")}).content.decode()
        old = read_secret(made)
        webhook = Webhook.objects.get()
        assert old not in webhook.secret
        new = read_secret(
            client.post("/admin/briefs/webhook/change/", {"do": f"rotate:{webhook.pk}"}).content.decode()
        )
        assert "whsec_" not in client.get("/admin/briefs/webhook/").content.decode()
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
        for hours, signs in ((0, (True, True)), (25, (False, True))):
            clock.move_to(START + dt.timedelta(hours=hours))
            webhooks.queue_test(webhook, now=timezone.now())
            call_command("publish_due")  # it also encrypts with the new key
            assert (is_signed(receiver.received[-1], old), is_signed(receiver.received[-1], new)) == signs
            settings.SECRET_KEY_FALLBACKS = []
        settings.SECRET_KEY = "a key from nowhere"
        webhooks.queue_test(webhook, now=timezone.now())
        assert webhooks.send_due() == (0, 1)
        assert "SECRET_KEY" in WebhookDelivery.objects.latest("pk").error


def read_secret(page: str) -> str:
    return "whsec_" + page.partition('value="whsec_')[2].partition('"')[0].replace("&#x2B;", "+")


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://169.254.169.254/", "partner.example", ""])
def test_administrator_is_told_why_an_address_is_refused(client: Client, team: Team, url: str) -> None:
    client.force_login(factories.person("root", is_superuser=True))
    page = client.post("/admin/briefs/webhook/", {"url": url})
    assert (page.status_code, "reasons" in page.content.decode()) == (409, True)
    assert not Webhook.objects.exists()


def test_same_address_is_not_added_twice(client: Client, team: Team) -> None:
    client.force_login(factories.person("root", is_superuser=True, language="en"))
    url = {"url": "http://127.0.0.1/hook"}
    assert client.post("/admin/briefs/webhook/", url).status_code == 200
    page = client.post("/admin/briefs/webhook/", url)
    assert (page.status_code, Webhook.objects.count()) == (409, 1)
    assert "in the list already" in page.content.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="needs a SQLite file and processes")
@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_killed_sender_delivers_everything_with_one_id(receiver: Receiver) -> None:
    dice, kills, statement_counts = random.Random(20), 0, set[int]()
    with transaction.atomic():
        team = Team()
        hooks = [add(team, receiver.url(path))[0] for path in ("/ok", "/other")]
    with racers(1) as one:
        while kills < KILLS:
            if kills % 5 == 0:
                with transaction.atomic():
                    brief = factories.live_brief(team) if kills % 20 == 0 else None
                    for hook in hooks if brief is None else ():
                        webhooks.queue_test(hook, now=timezone.now())
            # as if the pause had passed
            WebhookDelivery.objects.filter(sent_at=None).update(due_at=timezone.now(), attempts=0)
            at = dice.randrange(20)
            (outcome,) = one.race(("killed", {"at": at, "act": "webhooks", "values": {}}), spread=0)
            kills += not outcome["did"]
            statement_counts |= set() if outcome["did"] else {at}
    WebhookDelivery.objects.filter(sent_at=None).update(due_at=timezone.now(), attempts=0)
    webhooks.send_due()
    rows = WebhookDelivery.objects.select_related("webhook")
    expected = {(row.webhook.url.removeprefix(receiver.url("")), f"msg_{row.message_id.hex}") for row in rows}
    assert {(one.path, one.id) for one in receiver.received} == expected
    assert not rows.filter(sent_at=None).exists()
    assert len(statement_counts) > 8
