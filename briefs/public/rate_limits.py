"""Rate limits for searches and the API by client address. Other pages are not counted."""

import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final, Literal

from django.conf import settings
from django.http import HttpRequest

from digest.client_address import count_attempt, get_client_address

SEARCH_LIMIT_WINDOW: Final = 60
"""Seconds."""
SEARCH_SECONDS: Final = 4
"""Processor time of the searches of one address in a window. An office behind one address does not reach it."""
API_LIMIT: Final = 120
"""API requests of one address in a window."""
REQUESTS_PER_CORPUS_FILE: Final = 20
"""API requests that count as much as a file of the corpus, which is some seconds of work."""

type Activity = Literal["search", "suggestion", "api", "corpus"]


def get_limit(activity: Activity) -> int:
    """Return what a client may use in `SEARCH_LIMIT_WINDOW`: seconds of processor time for searches, else requests."""
    match activity:
        case "search" | "suggestion":
            return SEARCH_SECONDS
        case "api":
            return API_LIMIT
        case "corpus":
            return -(-API_LIMIT // REQUESTS_PER_CORPUS_FILE)


def seconds_to_wait(request: HttpRequest, activity: Activity = "search") -> int:
    """Count a request. Return the seconds until the client may make another; 0 if this one is allowed.

    Searches are counted by `charge_time`: an office behind one address may make many, and a costly one counts more.
    """
    if activity in ("search", "suggestion"):
        is_allowed = _count(request, activity, 0) < get_limit(activity) * 1_000
    else:
        is_allowed = _count(request, activity, 1) <= get_limit(activity)
    return 0 if is_allowed else SEARCH_LIMIT_WINDOW - int(time.time() % SEARCH_LIMIT_WINDOW)


@contextmanager
def charge_time(request: HttpRequest, activity: Activity = "search") -> Iterator[None]:
    """Count the processor time of the block, in milliseconds, against the client's limit."""
    start = time.thread_time()
    try:
        yield
    finally:
        _count(request, activity, round((time.thread_time() - start) * 1_000))


def _count(request: HttpRequest, activity: Activity, amount: int) -> int:
    """Add to what a client used in this window, under a keyed hash of the address. It is kept for two windows at most."""
    words = f"{activity} {int(time.time() // SEARCH_LIMIT_WINDOW)} {get_client_address(request)}"
    who = hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()
    return count_attempt(f"search.{who}", 2 * SEARCH_LIMIT_WINDOW, amount)
