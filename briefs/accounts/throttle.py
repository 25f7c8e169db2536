"""Slow down whoever guesses passwords, and lock nobody out.

Counters in the database count the attempts of an account and of an address that did not succeed; after five the next
has to wait, longer each time. A browser that signed in before is counted alone, so its owner gets in while somebody
else attacks the account. Another browser gets a turn when it is told to wait (see promised_turns). No cache is needed:
a stopped Redis changes nothing.
"""

import datetime as dt
import hashlib
import hmac
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from ..database.bulk_delete import delete_in_batches
from ..models.accounts import SignInCounter
from .password_hashing import normal_priority

FREE_ATTEMPTS: Final = 5
FORGET_AFTER: Final = dt.timedelta(hours=1)
FIRST_PAUSE: Final = 10
LONGEST_PAUSE: Final = {"account": 30, "address": 900, "browser": 900, "code": 900, "reset": 900}
"""Seconds. Short for an account, since a stranger can cause it. A code is asked only after the right password."""
TURN_LASTS: Final = dt.timedelta(minutes=5)
HASHES_AT_ONCE: Final = 2
"""Checking a password takes a core for a third of a second. Readers need the others."""

_slots = threading.BoundedSemaphore(HASHES_AT_ONCE)
_known_browsers_slot = threading.BoundedSemaphore(1)
"""Strangers cannot take this one, however many they are."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The promise that the account's pause ends at `begins_at` for who asked at `asked_at`, whatever others do."""

    asked_at: dt.datetime
    begins_at: dt.datetime


class Paused(Exception):
    """Too many attempts. `until`: when the next one is allowed. `turn`: to be given to who asked."""

    def __init__(self, until: dt.datetime, turn: Turn) -> None:
        self.until, self.turn = until, turn
        super().__init__(until)


class Busy(Exception):
    """All slots for checking a password are taken."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in. `browser`: the id of a browser that is known for this account, else empty.

    `purpose`: what is given, or that a link to a new password is asked for.
    """

    username: str
    address: str
    browser: str = ""
    purpose: Literal["password", "code", "reset"] = "password"

    @property
    def keys(self) -> Mapping[str, str]:
        """Return the key of each counter by its kind."""
        if self.purpose == "code":
            return {"code": hash_key("code", self.username.casefold())}
        if self.purpose == "reset":
            return {"reset": hash_key("reset", _network(self.address))}
        if self.browser:
            return {"browser": hash_key("browser", self.browser)}
        return {
            "account": hash_key("account", self.username.casefold()),
            "address": hash_key("address", _network(self.address)),
        }


def hash_key(kind: str, value: str) -> str:
    words = f"sign-in {kind} {value}"
    return hmac.new(settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    """Return the address, of IPv6 the /64 that one customer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else address


def is_busy() -> bool:
    """Return whether an attempt from an unknown browser would be refused as Busy now."""
    return _slots._value == 0


@contextmanager
def checked_attempt(attempt: Attempt, *, now: dt.datetime, turn: Turn | None = None) -> Iterator[None]:
    """Check a password or a code inside. Raise Paused or Busy before, without cost.

    The attempt counts as failed until the block ends without an exception, so that attempts at once count too.
    """
    _require_no_pause(attempt, SignInCounter.objects.all(), now, turn)  # before a slot is taken
    with _slot_for(attempt):
        count_attempt(attempt, now=now, turn=turn)
        yield
        _forgive(attempt)


@contextmanager
def _slot_for(attempt: Attempt) -> Iterator[None]:
    if attempt.purpose != "password":
        yield
        return
    slots, priority = (
        (_known_browsers_slot, normal_priority()) if attempt.browser else (_slots, nullcontext())
    )
    if not slots.acquire(blocking=False):
        raise Busy
    try:
        with priority:
            yield
    finally:
        slots.release()


def count_attempt(attempt: Attempt, *, now: dt.datetime, turn: Turn | None = None) -> None:
    """Count the attempt as failed. Raise Paused if it comes too early."""
    kinds = {key: kind for kind, key in attempt.keys.items()}
    with transaction.atomic():
        new = [SignInCounter(key=key, updated_at=now) for key in kinds]
        SignInCounter.objects.bulk_create(new, ignore_conflicts=True)
        for row in _require_no_pause(attempt, SignInCounter.objects.select_for_update(), now, turn):
            row.failures = 1 if now - row.updated_at > FORGET_AFTER else row.failures + 1
            row.paused_until = _pause_end(kinds[row.key], row.failures, now)
            row.updated_at = now
            row.save()


def _require_no_pause(
    attempt: Attempt, counters: QuerySet[SignInCounter], now: dt.datetime, turn: Turn | None
) -> list[SignInCounter]:
    """Return the counters of the attempt. Raise Paused if one of them has a pause that is not over."""
    rows = list(counters.filter(key__in=attempt.keys.values()).order_by("key"))
    if turn and not _is_valid(turn, rows, attempt, now):
        turn = None
    ends = [
        min(row.paused_until, turn.begins_at)
        if turn and row.key == attempt.keys.get("account")
        else row.paused_until
        for row in rows
        if row.paused_until
    ]
    if until := max((end for end in ends if end > now), default=None):
        raise Paused(until, turn or Turn(now, until))
    return rows


def _is_valid(turn: Turn, rows: list[SignInCounter], attempt: Attempt, now: dt.datetime) -> bool:
    """Return whether the turn is neither over nor used up by a later attempt from the address."""
    used = any(
        row.failures and row.updated_at >= turn.asked_at
        for row in rows
        if row.key == attempt.keys.get("address")
    )
    return not used and now <= turn.begins_at + TURN_LASTS


def _pause_end(kind: str, failures: int, now: dt.datetime) -> dt.datetime | None:
    if failures < FREE_ATTEMPTS:
        return None
    seconds = FIRST_PAUSE * 2 ** min(failures - FREE_ATTEMPTS, 16)
    return now + dt.timedelta(seconds=min(seconds, LONGEST_PAUSE[kind]))


def _forgive(attempt: Attempt) -> None:
    """Forget the failures of the account or browser. An address keeps those of other accounts."""
    keys = dict(attempt.keys)
    address = keys.pop("address", "")
    SignInCounter.objects.filter(key__in=keys.values()).delete()
    SignInCounter.objects.filter(key=address).update(failures=F("failures") - 1, paused_until=None)


def delete_expired(now: dt.datetime) -> None:
    """Delete counters that no longer count."""
    delete_in_batches(SignInCounter.objects.filter(updated_at__lt=now - FORGET_AFTER))
