"""Send changes of public briefs to webhooks, signed as Standard Webhooks asks (https://www.standardwebhooks.com).

A body is made when it is sent, like an answer of the change feed: a late attempt never carries a text that was
withdrawn meanwhile.
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence, Set
from typing import Final, NamedTuple

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ..accounts import second_factor
from ..derived.brief_shape import Change, FoundBrief
from ..derived.shape_queries import ShapeQuery, build_shapes
from ..models import Edition, Person, Webhook, WebhookDelivery
from ..workflow.rules.webhook_queue import queue_scheduled
from .guarded_post import Post, post_all

PAUSES: Final = tuple(dt.timedelta(minutes=n) for n in (1, 5, 30, 120, 300, 600, 840, 1200, 1440))
"""Pauses between attempts; together three days."""
MAX_ATTEMPTS: Final = len(PAUSES) + 1
MAX_WEBHOOKS: Final = 20
RUN_SECONDS: Final = 120.0
"""After this time a run claims nothing more; the next run continues."""
OLD_SECRET_SIGNS: Final = dt.timedelta(days=1)
KEPT: Final = dt.timedelta(days=90)
"""How long deliveries stay listed."""
TEST: Final = "test"
RECEIVER_GONE: Final = "HTTP 410"
"""The answer of a receiver that wants nothing more, by Standard Webhooks: it is switched off."""
_PREFIX: Final = "whsec_"

type Poster = Callable[[Sequence[Post]], list[str]]


class SecretUnreadable(Exception):
    """The secret was encrypted with a key that is gone."""


class Sent(NamedTuple):
    sent: int = 0
    failed: int = 0


def create(url: str, *, by: Person, now: dt.datetime) -> tuple[Webhook, str]:
    """Store a webhook for an address that was checked. Return it with its secret, which cannot be shown again."""
    secret = _make_secret()
    with transaction.atomic():
        webhook = Webhook.objects.create(
            url=url, secret=second_factor.encrypt(secret), secret_at=now, created_at=now, created_by=by
        )
        queue_scheduled(webhook, now)
    return webhook, secret


def rotate_secret(webhook: Webhook, *, now: dt.datetime) -> str:
    """Make a new secret and return it. The present one signs too for a day."""
    secret = _make_secret()
    Webhook.objects.filter(pk=webhook.pk).update(
        secret=second_factor.encrypt(secret), previous_secret=F("secret"), secret_at=now
    )
    return secret


def renew_encryption() -> None:
    """Encrypt secrets of an earlier key with `SECRET_KEY`."""
    for row in Webhook.objects.all() if settings.SECRET_KEY_FALLBACKS else ():
        stored = {"secret": row.secret, "previous_secret": row.previous_secret}
        renewed = {name: second_factor.renew(token) for name, token in stored.items()}
        if renewed != stored:
            Webhook.objects.filter(pk=row.pk, **stored).update(**renewed)


def switch(webhook: Webhook, *, on: bool, now: dt.datetime) -> None:
    """Switch a webhook on or off. Changes while it is off are not sent later."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(off_at=None if on else now)
        if on:
            queue_scheduled(webhook, now)


def queue_test(webhook: Webhook, *, now: dt.datetime) -> None:
    WebhookDelivery.objects.create(key=f"test:{uuid.uuid4()}", webhook=webhook, kind=TEST, at=now, due_at=now)


def resend(pk: int, *, now: dt.datetime) -> int:
    """Send a delivery again at the next run, under its id.

    Return 0 if it waits for its time, was cancelled, or its webhook is off.
    """
    rows = WebhookDelivery.objects.filter(pk=pk, cancelled_at=None, attempts__gt=0, webhook__off_at=None)
    return rows.update(due_at=now, attempts=0, sent_at=None, error="")


def find_given_up() -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(sent_at=None, cancelled_at=None, webhook__off_at=None)
    return rows.filter(attempts__gte=MAX_ATTEMPTS)


def delete_expired(now: dt.datetime) -> None:
    """Delete old deliveries, but none that will be tried."""
    done = Q(cancelled_at__isnull=False) | Q(sent_at__isnull=False) | Q(attempts__gte=MAX_ATTEMPTS)
    WebhookDelivery.objects.filter(done, at__lt=now - KEPT).delete()


def send_due(now: dt.datetime | None = None, *, post: Poster = post_all) -> Sent:
    """Send what is due: of each webhook one delivery at a time, all webhooks at once.

    A webhook that fails waits for the next run, so it holds up nobody else.
    """
    now, began = now or timezone.now(), time.monotonic()
    sent, failed = 0, set[int]()
    while time.monotonic() - began < RUN_SECONDS and (claimed := list(_claim_next(now, failed))):
        errors = _post_claimed(claimed, now, post)
        for delivery, error in zip(claimed, errors, strict=True):
            done = {"error": error} if error else {"error": "", "sent_at": now}
            WebhookDelivery.objects.filter(pk=delivery.pk).update(**done)
            failed |= {delivery.webhook_id} if error else set()
            if error == RECEIVER_GONE:
                switch(delivery.webhook, on=False, now=now)
            sent += not error
    return Sent(sent, len(failed))


def _claim_next(now: dt.datetime, skipped: Set[int]) -> Iterator[WebhookDelivery]:
    """Claim the next delivery of each webhook: set the time of the next attempt before this one begins."""
    for webhook in Webhook.objects.exclude(pk__in=skipped):
        due = WebhookDelivery.objects.filter(
            webhook=webhook, due_at__lte=now, sent_at=None, cancelled_at=None
        )
        if webhook.off_at:
            due.update(cancelled_at=now)
            continue
        due = due.filter(attempts__lt=MAX_ATTEMPTS).select_related("edition").defer("edition__content")
        if delivery := due.order_by("due_at", "pk").first():
            pause = PAUSES[min(delivery.attempts, len(PAUSES) - 1)]
            unclaimed = due.filter(pk=delivery.pk, due_at=delivery.due_at)
            if unclaimed.update(due_at=now + pause, attempts=F("attempts") + 1):
                delivery.webhook = webhook
                yield delivery


def _post_claimed(claimed: Sequence[WebhookDelivery], now: dt.datetime, post: Poster) -> list[str]:
    errors, posts = [""] * len(claimed), dict[int, Post]()
    for place, delivery in enumerate(claimed):
        try:
            posts[place] = build_post(delivery, now)
        except SecretUnreadable:
            errors[place] = "The secret cannot be read with this SECRET_KEY. Make a new one."
    for place, error in zip(posts, post(list(posts.values())), strict=True):
        errors[place] = error
    return errors


def build_post(delivery: WebhookDelivery, now: dt.datetime) -> Post:
    body = msgspec.json.encode(
        {"type": delivery.kind, "timestamp": delivery.at, "data": _build_change(delivery, now)}
    )
    name, moment = f"msg_{delivery.message_id.hex}", int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"digest/{settings.VERSION} (+{settings.SITE_URL})",
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(
            sign(secret, name, moment, body) for secret in _read_secrets(delivery.webhook, now)
        ),
    }
    return Post(delivery.webhook.url, body, headers)


def _build_change(delivery: WebhookDelivery, now: dt.datetime) -> Change | None:
    if (edition := delivery.edition) is None:
        return None
    found: list[FoundBrief] = build_shapes(_find_by_brief(now, edition.brief_id))
    kind, brief = delivery.kind, found[0] if found else None
    return Change(edition.brief_id, edition.number, kind, delivery.at, brief)  # type: ignore[arg-type]


_find_by_brief = ShapeQuery(lambda now, brief: Edition.objects.found(now).filter(brief=brief)[:1], int)


def sign(secret: str, name: str, moment: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, f"{name}.{moment}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _make_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _read_secrets(webhook: Webhook, now: dt.datetime) -> Iterator[str]:
    stored = [webhook.secret]
    if webhook.previous_secret and now < webhook.secret_at + OLD_SECRET_SIGNS:
        stored.append(webhook.previous_secret)
    for secret in map(second_factor.decrypt, stored):
        if not secret.startswith(_PREFIX):
            raise SecretUnreadable
        yield secret
