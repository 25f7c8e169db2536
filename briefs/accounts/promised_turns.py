"""Promise a paused browser its turn, in a signed cookie.

Without it a steady attacker would win every race for the end of an account's pause, and its owner would never get
in from a new browser. A turn is bound to the account and the address, and is used up by the next attempt from there.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from . import known_browsers, throttle

_SALT: Final = "promised turn"
_MAX_AGE: Final = 60 * 20


@contextmanager
def checked_attempt(request: HttpRequest, attempt: throttle.Attempt) -> Iterator[None]:
    """Check a password or a code inside. Raise Busy or Paused before; who is paused gets a turn."""
    turn = _find_turn(request, attempt)
    try:
        with throttle.checked_attempt(attempt, now=timezone.now(), turn=turn):
            yield
    except throttle.Paused as paused:
        times = {name: getattr(paused.turn, name).timestamp() for name in ("asked_at", "begins_at")}
        request._promised_turn = signing.dumps({"for": _bind(attempt), **times}, salt=_SALT)  # type: ignore[attr-defined]
        raise


def store_turn(request: HttpRequest, response: HttpResponse) -> None:
    """Give the browser the turn that it was promised during this request, if any."""
    if value := getattr(request, "_promised_turn", ""):
        known_browsers.set_cookie(response, "turn", value, max_age=_MAX_AGE)


def _find_turn(request: HttpRequest, attempt: throttle.Attempt) -> throttle.Turn | None:
    try:
        data = signing.loads(known_browsers.get_cookie(request, "turn"), salt=_SALT, max_age=_MAX_AGE)
        times = (dt.datetime.fromtimestamp(data[name], dt.UTC) for name in ("asked_at", "begins_at"))
        return throttle.Turn(*times) if data["for"] == _bind(attempt) else None
    except (signing.BadSignature, KeyError, TypeError):
        return None


def _bind(attempt: throttle.Attempt) -> str:
    return "".join(attempt.keys.values())
