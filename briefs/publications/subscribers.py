"""Subscribers: requests, confirmation mails, departures and erasures.

A request writes one row in one statement, whoever asks, so the answer tells nobody whether an address is known. Nothing
else changes until somebody presses the button behind the link of the confirmation mail.
"""

import datetime as dt
import logging
import re
import secrets
import time
import unicodedata
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.core.mail import mailers
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.crypto import salted_hmac

from briefs.models.bulk_writes import delete_in_batches
from briefs.models.mailings import READING, Copy, MailSide, Subscriber
from digest.client_address import get_network

from . import departures
from .confirmation_mail import build_confirmation

log = logging.getLogger(__name__)

REQUESTS_AN_HOUR: Final = 20
"""New addresses that one network may ask for in an hour."""
SENDER_HASH_LIFETIME: Final = dt.timedelta(days=1)
CONFIRM_LIFETIME: Final = dt.timedelta(days=7)
"""How long the link of a confirmation mail works, and how long an unconfirmed address is kept."""
MAIL_PAUSE: Final = dt.timedelta(hours=1)
MAILS_A_DAY: Final = 5
"""Confirmation mails to one mailbox: one in MAIL_PAUSE, and so many in 24 hours, those that failed among them. All of
`ada+anything@` are the mailbox of `ada@`.
"""
RETRY_AFTER: Final = dt.timedelta(minutes=10)
MAILS_A_RUN: Final = 200
SECONDS_A_RUN: Final = 20
FORGOTTEN_AFTER: Final = dt.timedelta(days=548)
"""18 months after the last mail."""


def make_token() -> tuple[str, str]:
    """Return the token of a link to `/u/{token}/` and its hash, which alone is stored."""
    token = secrets.token_urlsafe(16)
    return token, hash_token(token)


def derive_token(key: str) -> tuple[str, str]:
    """Return the token of the copy with this key and its hash. Whoever lacks SECRET_KEY cannot derive it."""
    digest = salted_hmac("briefs.copy_tokens", key, algorithm="sha256").digest()[:16]
    token = urlsafe_b64encode(digest).decode().rstrip("=")
    return token, hash_token(token)


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class AddressRejected(ValueError):
    """The text is no address that we can send mail to."""


_LOCAL_PART: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")


def fold_address(text: str) -> str:
    """Return the one form under which an address is stored: lower case, full-width signs narrow, host in Punycode.

    Raise AddressRejected for control characters and line ends, quoted or non-ASCII names, hosts without a dot.
    """
    if len(text) > 400 or any(
        unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in text
    ):
        raise AddressRejected
    name, at, host = unicodedata.normalize("NFKC", text.strip()).lower().rpartition("@")
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise AddressRejected from error
    is_well_formed = len(name) <= 64 and _LOCAL_PART.fullmatch(name) and _HOST.fullmatch(host)
    if not (at and is_well_formed and len(name) + 1 + len(host) <= 254):
        raise AddressRejected
    return f"{name}@{host}"


def format_address(address: str) -> str:
    """Return the address with its host in its own script, for the desk."""
    name, _at, host = address.rpartition("@")
    try:
        return f"{name}@{host.encode().decode('idna')}"
    except UnicodeError:
        return address


class AskedTooOften(Exception):
    """The network has asked for too many addresses. `retry_after`: seconds."""

    retry_after: Final = 3_600


def ask(address: str, side: MailSide, *, client: str, now: dt.datetime) -> None:
    """Store a request for mail. `address` is folded. The same statements run for known, unknown and departed addresses."""
    sender = salted_hmac(
        f"subscribe {now.astimezone(dt.UTC).date()}", get_network(client), algorithm="sha256"
    )
    asked_from = sender.hexdigest()
    hour_ago = now - dt.timedelta(hours=1)
    recent = Subscriber.objects.filter(asked_from=asked_from, asked_at__gt=hour_ago).exclude(asked_from="")
    if recent.order_by()[:REQUESTS_AN_HOUR].count() >= REQUESTS_AN_HOUR:
        raise AskedTooOften
    row = Subscriber(
        address=address, side=side, created_at=now, asked_at=now, asked_side=side, asked_from=asked_from
    )
    Subscriber.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["address"],
        update_fields=["asked_at", "asked_side", "asked_from"],
    )


def send_confirmations(now: dt.datetime) -> int:
    """Send the confirmation mails that are due. Return their number.

    A row is claimed before its mail is sent: its new token is stored, and the next mail waits an hour. After a failure the
    link of the earlier mail works again, and the mail is tried again after RETRY_AFTER.
    """
    waiting = Subscriber.objects.filter(Q(confirm_next_at=None) | Q(confirm_next_at__lte=now))
    rows = list(waiting.exclude(asked_side="").order_by("asked_at")[:MAILS_A_RUN])
    if not rows:
        return 0
    sent, until = 0, time.monotonic() + SECONDS_A_RUN
    mailer = mailers.default
    try:
        mailer.open()
    except Exception as error:  # the mail server is away
        log.warning("No confirmation mail was sent, %d waiting: %s", len(rows), type(error).__name__)
        return 0
    try:
        for row in rows:
            if time.monotonic() > until:
                break
            sent += _send_confirmation(row, mailer, now)
    finally:
        with suppress(Exception):  # the connection is closed either way
            mailer.close()
    return sent


def _send_confirmation(row: Subscriber, mailer: Any, now: dt.datetime) -> bool:
    own = Subscriber.objects.filter(pk=row.pk)
    claim = own.filter(asked_at=row.asked_at, confirm_next_at=row.confirm_next_at, asked_side=row.asked_side)
    others = list(_find_others_of_mailbox(row.address).values_list("confirm_next_at", "confirm_sent"))
    paused_until = max((next_at for next_at, _ in others if next_at), default=now)
    if paused_until > now:
        claim.update(confirm_next_at=paused_until)
        return False
    token, token_hash = make_token()
    second = int(now.timestamp())
    day_ago = second - 86_400
    sent = [at for at in row.confirm_sent if at > day_ago] + [second]
    sent_to_mailbox = sorted([*sent, *(at for _, times in others for at in times if at > day_ago)])
    allowed_at = now
    if len(sent_to_mailbox) >= MAILS_A_DAY:
        allowed_at = dt.datetime.fromtimestamp(sent_to_mailbox[-MAILS_A_DAY] + 86_400, dt.UTC)
    if not claim.update(
        confirm_hash=token_hash,
        confirm_side=row.asked_side,
        confirm_until=now + CONFIRM_LIFETIME,
        confirm_sent=sent,
        confirm_next_at=max(now + MAIL_PAUSE, allowed_at),
    ):
        return False
    try:
        mailer.send_messages([build_confirmation(row.address, MailSide(row.asked_side), token)])
    except Exception as error:  # its text would hold the address
        log.warning("A confirmation mail was not sent: %s", type(error).__name__)
        with suppress(Exception):
            mailer.close()  # the next mail opens it anew
        own.filter(confirm_hash=token_hash).update(
            confirm_hash=row.confirm_hash,
            confirm_side=row.confirm_side,
            confirm_until=row.confirm_until,
            confirm_next_at=max(now + RETRY_AFTER, allowed_at),
        )
        return False
    own.filter(asked_at=row.asked_at).update(asked_side="")
    return True


def _find_others_of_mailbox(address: str) -> QuerySet[Subscriber]:
    name, _at, host = address.rpartition("@")
    mailbox = name.partition("+")[0]
    tagged = Q(address__startswith=f"{mailbox}+", address__endswith=f"@{host}")
    return Subscriber.objects.filter(tagged | Q(address=f"{mailbox}@{host}")).exclude(address=address)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a token opens. `subscriber` is None if the address was erased since. `confirms`: the button confirms this language."""

    subscriber: Subscriber | None
    confirms: str = ""
    is_expired: bool = False

    @property
    def is_reading(self) -> bool:
        return bool(self.subscriber and self.subscriber.is_reading)


def open_link(token: str, now: dt.datetime) -> OpenedLink | None:
    """Find the subscriber of a confirmation mail or of a copy. Return None for an unknown token."""
    token_hash = hash_token(token)
    if row := Subscriber.objects.filter(confirm_hash=token_hash).first():
        is_expired = row.confirm_until is None or row.confirm_until <= now
        return OpenedLink(row, "" if is_expired else row.confirm_side, is_expired)
    copy = Copy.objects.filter(token_hash=token_hash).select_related("subscriber").first()
    return OpenedLink(copy.subscriber) if copy else None


def confirm(token: str, now: dt.datetime) -> bool:
    """Give the address the language of its confirmation mail, and mail from now on. Return False if the link was used."""
    rows = Subscriber.objects.filter(confirm_hash=hash_token(token), confirm_until__gt=now)
    is_reading = When(READING, then=F("confirmed_at"))
    return bool(
        rows.exclude(confirm_side="").update(
            side=F("confirm_side"),
            confirmed_at=Case(is_reading, default=now),
            left_at=None,
            bounced_at=None,
            confirm_side="",
            asked_side="",
        )
    )


def change_side(subscriber: Subscriber, side: MailSide) -> None:
    Subscriber.objects.reading().filter(pk=subscriber.pk).update(side=side, asked_side="", confirm_side="")


def leave(subscriber: Subscriber, now: dt.datetime) -> None:
    """Send no more mail. The departure goes to the file first, so that no restore forgets it."""
    if subscriber.left_at is None:
        departures.append("left", subscriber.address, now)
        rows = Subscriber.objects.filter(pk=subscriber.pk, left_at=None)
        rows.update(left_at=now, asked_side="", confirm_side="")


def erase(subscriber: Subscriber, now: dt.datetime) -> None:
    """Delete the address. Its copies stay, with a number only."""
    departures.append("erased", subscriber.address, now)
    Subscriber.objects.filter(pk=subscriber.pk).delete()


def delete_expired(now: dt.datetime) -> None:
    """Forget addresses never confirmed, those without mail for 18 months, requests too old to answer, and hashes of clients."""
    old = now - CONFIRM_LIFETIME
    delete_in_batches(Subscriber.objects.filter(confirmed_at=None, asked_at__lt=old))
    last = Greatest(
        *(Coalesce(name, "created_at") for name in ("last_mailed_at", "confirmed_at", "asked_at"))
    )
    forgotten = Subscriber.objects.alias(last=last).filter(last__lt=now - FORGOTTEN_AFTER)
    delete_in_batches(forgotten)
    Subscriber.objects.filter(asked_at__lt=old).exclude(asked_side="").update(asked_side="")
    day_ago = now - SENDER_HASH_LIFETIME
    Subscriber.objects.filter(asked_at__lt=day_ago).exclude(asked_from="").update(asked_from="")


def repeat_departures() -> tuple[int, int]:
    """Apply the file of departures to a restored database. Return how many left and how many were erased.

    A person who subscribed again after the departure stays.
    """
    times = departures.read()
    erased, left = [], []
    for row in Subscriber.objects.iterator() if times else ():
        erased_at = departures.find_time(times, "erased", row.address)
        left_at = departures.find_time(times, "left", row.address)
        if erased_at and erased_at >= row.created_at:
            erased.append(row.pk)
        elif left_at and row.left_at is None and left_at >= (row.confirmed_at or row.created_at):
            left.append((row.pk, left_at))
    with transaction.atomic():
        Subscriber.objects.filter(pk__in=erased).delete()
        for pk, at in left:
            Subscriber.objects.filter(pk=pk).update(left_at=at, asked_side="", confirm_side="")
    return len(left), len(erased)
