"""Limit guesses of passwords and codes without locking out the owner, and check strangers' passwords at low priority."""

import datetime as dt
import hashlib
import hmac
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import transaction
from django.db.models import F, Q, QuerySet

from briefs.models.bulk_writes import delete_in_batches
from briefs.models.people import SignInCounter
from digest.client_address import get_block, get_network

_NICENESS: Final = 5


def _lower_priority() -> None:
    with suppress(OSError):  # only Linux has a priority for a thread
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), own + _NICENESS)


_threads = ThreadPoolExecutor(4, "password", initializer=_lower_priority)
_is_urgent = ContextVar("_is_urgent", default=False)


@contextmanager
def normal_priority() -> Iterator[None]:
    token = _is_urgent.set(True)
    try:
        yield
    finally:
        _is_urgent.reset(token)


class LowPriorityHasher(PBKDF2PasswordHasher):
    """Django's default hasher, run in a low-priority thread, where it releases the GIL. The hashes are the same."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        if _is_urgent.get():
            return super().encode(password, salt, iterations)
        return _threads.submit(super().encode, password, salt, iterations).result()


@dataclass(frozen=True, slots=True)
class Limit:
    """Allow `burst` failed attempts at once, and one more after each `interval`."""

    burst: int
    interval: dt.timedelta

    def next_at(self, empties_at: dt.datetime) -> dt.datetime:
        """Return when the next attempt is allowed. `empties_at`: when the counter will have forgotten all attempts."""
        return empties_at - (self.burst - 1) * self.interval


_MINUTE: Final = dt.timedelta(minutes=1)
LIMITS: Final[Mapping[str, Limit]] = {
    # passwords from unknown browsers: 20 in any hour and 90 in any day at one account, 5 in 15 minutes from one address.
    # Each invented name is an account, so a block of addresses has as many at all accounts as one account has
    "account": Limit(18, 20 * _MINUTE),
    "block": Limit(18, 20 * _MINUTE),
    "address": Limit(5, 15 * _MINUTE),
    # from a browser that signed in before
    "browser": Limit(5, 5 * _MINUTE),
    "browser code": Limit(5, 15 * _MINUTE),
    # codes after the right password, from unknown browsers
    "code": Limit(5, 60 * _MINUTE),
    # codes sent together with a password: by one address, and by all of them
    "sent code": Limit(5, 60 * _MINUTE),
    "sent codes": Limit(5, 60 * _MINUTE),
    # links to a new password
    "reset": Limit(5, 15 * _MINUTE),
}
# Slots for checking a password, which takes a core for a third of a second. Readers need the others.

_common_slot = threading.BoundedSemaphore(1)
_newcomers_slot = threading.BoundedSemaphore(1)
"""Reserved for blocks of addresses without a recent failure, so that attackers leave it to others after their first guess."""
_owners_slot = threading.BoundedSemaphore(1)
"""Reserved for browsers that signed in before, and for passwords sent with a valid code."""


class Paused(Exception):
    """Too many attempts. `until`: when the next one is allowed."""

    def __init__(self, until: dt.datetime) -> None:
        self.until = until
        super().__init__(until)


class Busy(Exception):
    """All slots in which the password may be checked are taken."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in. `browser`: the id of the browser if it is known for this account, else empty.

    `purpose`: the kind of secret. "password with code": a valid code came with the password; it works for one attempt only.
    """

    username: str
    address: str
    browser: str = ""
    purpose: Literal["password", "password with code", "code", "sent code", "sent codes", "reset"] = (
        "password"
    )

    @property
    def keys(self) -> Mapping[str, str]:
        """Return the key of each counter by its kind."""
        account, network = self.username.casefold(), get_network(self.address)
        if self.purpose == "password with code":
            values = {}
        elif self.purpose in ("password", "code") and self.browser:
            values = {"browser" if self.purpose == "password" else "browser code": self.browser}
        elif self.purpose == "password":
            values = {"account": account, "address": network, "block": get_block(self.address)}
        elif self.purpose == "sent code":
            values = {"sent code": f"{network} {account}"}
        else:
            values = {self.purpose: network if self.purpose == "reset" else account}
        return {kind: hash_key(kind, value) for kind, value in values.items()}

    @property
    def is_by_owner(self) -> bool:
        return bool(self.browser) or self.purpose == "password with code"


def hash_key(kind: str, value: str) -> str:
    words = f"sign-in {kind} {value}"
    return hmac.new(settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256).hexdigest()


def is_busy() -> bool:
    """Return whether any attempt from an unknown browser would be refused as Busy now."""
    return _common_slot._value == _newcomers_slot._value == 0


@contextmanager
def checked_attempt(attempt: Attempt, *, now: dt.datetime) -> Iterator[bool]:
    """Context in which to check a password or a code. Raise Paused or Busy before the costly check.

    The attempt counts as failed until the block ends without an exception, so simultaneous attempts count too.
    Yield whether a failure would use up the allowance of strangers at the account.
    """
    counters = _require_allowance(attempt, SignInCounter.objects.all(), now)  # before a slot is taken
    block = attempt.keys.get("block")
    has_failed = any(row.key == block and row.empties_at and row.empties_at > now for row in counters)
    with _slot_for(attempt, has_failed=has_failed):
        uses_up = count_attempt(attempt, now=now)
        yield uses_up
        forgive(attempt)


@contextmanager
def _slot_for(attempt: Attempt, *, has_failed: bool) -> Iterator[None]:
    """Hold a slot. `has_failed`: an attempt from the block of addresses failed recently."""
    if not attempt.purpose.startswith("password"):
        yield
        return
    if attempt.is_by_owner:
        slots = [_owners_slot]
    else:
        slots = [_common_slot] if has_failed else [_common_slot, _newcomers_slot]
    slot = next((slot for slot in slots if slot.acquire(blocking=False)), None)
    if slot is None:
        raise Busy
    try:
        with normal_priority() if attempt.is_by_owner else nullcontext():
            yield
    finally:
        slot.release()


def count_attempt(attempt: Attempt, *, now: dt.datetime) -> bool:
    """Count the attempt as failed. Raise Paused if it comes too early.

    Return whether it used up the allowance of strangers at the account.
    """
    kinds = {key: kind for kind, key in attempt.keys.items()}
    uses_up = False
    with transaction.atomic():
        new = [SignInCounter(key=key, updated_at=now) for key in kinds]
        SignInCounter.objects.bulk_create(new, ignore_conflicts=True)
        for row in _require_allowance(attempt, SignInCounter.objects.select_for_update(), now):
            limit = LIMITS[kinds[row.key]]
            row.empties_at = max(row.empties_at or now, now) + limit.interval
            row.updated_at = now
            row.save(update_fields=["empties_at", "updated_at"])
            uses_up |= kinds[row.key] == "account" and limit.next_at(row.empties_at) > now
    return uses_up


def _require_allowance(
    attempt: Attempt, counters: QuerySet[SignInCounter], now: dt.datetime
) -> list[SignInCounter]:
    """Return the counters of the attempt. Raise Paused if the allowance of one of them is used up."""
    kinds = {key: kind for kind, key in attempt.keys.items()}
    rows = list(counters.filter(key__in=kinds).order_by("key")) if kinds else []
    ends = [LIMITS[kinds[row.key]].next_at(row.empties_at) for row in rows if row.empties_at]
    if until := max((end for end in ends if end > now), default=None):
        raise Paused(until)
    return rows


def forgive(attempt: Attempt) -> None:
    """Take back a counted attempt that succeeded. If the owner made it, delete its counters."""
    for kind, key in attempt.keys.items():
        counter = SignInCounter.objects.filter(key=key)
        if attempt.is_by_owner:
            counter.delete()
        else:
            counter.update(empties_at=F("empties_at") - LIMITS[kind].interval)


def delete_expired(now: dt.datetime) -> None:
    """Delete empty counters and expired used codes."""
    an_hour_ago = now - dt.timedelta(hours=1)
    expired = Q(empties_at__lt=now) | Q(empties_at=None, updated_at__lt=an_hour_ago)
    delete_in_batches(SignInCounter.objects.filter(expired))
