"""Send changes of public briefs to webhooks, signed as Standard Webhooks asks, and never into a private network.

Every address of the host is checked, and the connection goes to a checked address, so a host name cannot resolve to a
private one later. Redirects are not followed, and the body of the answer is not read.
"""

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import re
import secrets
import socket
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Thread
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from .accounts import second_factor
from .derived.brief_shape import CHANGES, Change, FoundBrief, ShapeQuery, build_shapes
from .models import Edition, Person, Webhook, WebhookDelivery
from .workflow.editions import queue_scheduled

# POST to checked addresses.

DEADLINE: Final = 10.0
"""Seconds for the whole exchange, with the resolution of the name. docs/api.md promises them to receivers."""
MAX_URL_LENGTH: Final = 500
_NAT64: Final = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """Nothing is sent to this address. `code`: `syntax`, `https` (missing) or `private`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Nothing is sent to this address ({code}).")
        self.code = code


class Post(NamedTuple):
    url: str
    body: bytes
    headers: Mapping[str, str]


def check_url(url: str) -> SplitResult:
    """Return the parts of the address. Raise AddressRefused, also for a private IP address. Names are not resolved."""
    parts = _split(url)
    is_loopback_site = settings.SITE_URL.startswith("http:")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_site):
        raise AddressRefused("https")
    try:
        find_addresses(parts, numeric_only=True)
    except OSError:  # a name
        return parts
    return parts


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or len(url) > MAX_URL_LENGTH or not re.fullmatch("[!-~]+", url) or "@" in parts.netloc:
        raise AddressRefused("syntax")
    return parts


def find_addresses(parts: SplitResult, *, numeric_only: bool = False) -> list[tuple[str, int]]:
    """Return every (IP address, port) of the host. Raise AddressRefused if one of them is private."""
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    flags = socket.AI_NUMERICHOST if numeric_only else 0
    address_infos = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM, flags=flags)
    addresses = list(dict.fromkeys(str(row[4][0]) for row in address_infos))
    if not all(map(is_public_address, addresses)):
        raise AddressRefused("private")
    return [(address, port) for address in addresses]


def is_public_address(text: str) -> bool:
    """Return whether an IP address is on the internet. On a local site, this machine's addresses count too."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.sixtofour or address.teredo or address.is_site_local:  # global in some versions of Python
            return False
        address = _unwrap(address)
    if address.is_loopback:
        return settings.SITE_URL.startswith("http:")
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _unwrap(address: IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address in a mapped or NAT64 address, else the address."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def post_all(posts: Sequence[Post]) -> list[str]:
    """Send all posts at the same time. Return for each the reason of its failure, or an empty text.

    A post that takes too long is left to its thread, which ends with the process.
    """
    errors = [f"No answer within {DEADLINE:.0f} seconds"] * len(posts)
    threads = [
        Thread(target=_post_into, args=(errors, index, post), daemon=True) for index, post in enumerate(posts)
    ]
    until = time.monotonic() + DEADLINE
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return list(errors)


def _post_into(errors: list[str], index: int, post: Post) -> None:
    try:
        status = _post(post)
    except TimeoutError:
        return  # as `errors` already says
    except AddressRefused as refused:
        errors[index] = str(refused)
    except (OSError, ValueError, http.client.HTTPException) as error:
        errors[index] = f"{type(error).__name__}: {error}"[:500]
    else:
        errors[index] = "" if 200 <= status < 300 else f"HTTP {status}"


def _post(post: Post) -> int:
    parts = check_url(post.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=DEADLINE)
    try:
        plain = _connect(find_addresses(parts))
        connection.sock = plain  # already connected, so http.client resolves nothing
        if secure:
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", path, post.body, dict(post.headers))
        response = connection.getresponse()
        response.close()
        return response.status
    finally:
        connection.close()


def _connect(addresses: list[tuple[str, int]]) -> socket.socket:
    """Connect to the first address that answers. Each address gets an equal share of the time."""
    for attempt, address in enumerate(addresses, 1):
        try:
            connected = socket.create_connection(address, DEADLINE / len(addresses))
        except OSError:
            if attempt == len(addresses):
                raise
        else:
            connected.settimeout(DEADLINE)
            return connected
    raise OSError("no address")


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
    """Store a webhook for a checked address. Return it with its secret, which cannot be shown again."""
    secret = _make_secret()
    with transaction.atomic():
        webhook = Webhook.objects.create(
            url=url, secret=second_factor.encrypt(secret), secret_at=now, created_at=now, created_by=by
        )
        queue_scheduled(webhook, now)
    return webhook, secret


def rotate_secret(webhook: Webhook, *, now: dt.datetime) -> str:
    """Make a new secret and return it. For a day, the old secret signs too."""
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

    Return the number of deliveries: 0 if it is waiting anyway, was cancelled, or its webhook is off.
    """
    rows = WebhookDelivery.objects.filter(pk=pk, cancelled_at=None, attempts__gt=0, webhook__off_at=None)
    return rows.update(due_at=now, attempts=0, sent_at=None, error="")


def find_given_up() -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(sent_at=None, cancelled_at=None, webhook__off_at=None)
    return rows.filter(attempts__gte=MAX_ATTEMPTS)


def delete_expired(now: dt.datetime) -> None:
    """Delete old deliveries that will not be tried again."""
    done = Q(cancelled_at__isnull=False) | Q(sent_at__isnull=False) | Q(attempts__gte=MAX_ATTEMPTS)
    WebhookDelivery.objects.filter(done, at__lt=now - KEPT).delete()


def send_due(now: dt.datetime | None = None, *, post: Poster = post_all) -> Sent:
    """Send due deliveries: one at a time per webhook, all webhooks in parallel.

    A webhook that fails waits for the next run, so that it does not delay the others.
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
    """Claim the next due delivery of each webhook, by setting the time of its next attempt before this one begins."""
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
    for index, delivery in enumerate(claimed):
        try:
            posts[index] = build_post(delivery, now)
        except SecretUnreadable:
            errors[index] = "The secret cannot be read with this SECRET_KEY. Make a new one."
    for index, error in zip(posts, post(list(posts.values())), strict=True):
        errors[index] = error
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
    briefs: list[FoundBrief] = build_shapes(_find_by_brief(now, edition.brief_id))
    kind, brief = delivery.kind, briefs[0] if briefs else None
    return CHANGES[kind](edition.brief_id, edition.number, delivery.at, brief)


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
