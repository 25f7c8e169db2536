"""Rate limits for searches and the API by client address. Other pages are not counted."""

import hmac
import time
from hashlib import sha256
from typing import Final, Literal

from django.conf import settings
from django.http import HttpRequest

from ..client_address import count_attempt, get_client_address

SEARCH_LIMIT_WINDOW: Final = 60
"""Seconds."""
SUGGESTIONS_PER_SEARCH: Final = 4
"""Suggestion requests allowed for each search, as they are sent while the reader types."""
REQUESTS_PER_CORPUS_FILE: Final = 20
"""API requests that count as much as a file of the corpus, which is some seconds of work."""

type Activity = Literal["search", "suggestion", "api", "corpus"]


def get_limit(activity: Activity) -> int:
    """Return how often a client may do this in `SEARCH_LIMIT_WINDOW`."""
    match activity:
        case "search":
            return settings.DIGEST_SEARCH_LIMIT
        case "suggestion":
            return settings.DIGEST_SEARCH_LIMIT * SUGGESTIONS_PER_SEARCH
        case "api":
            return settings.DIGEST_API_LIMIT
        case "corpus":
            return -(-settings.DIGEST_API_LIMIT // REQUESTS_PER_CORPUS_FILE)


def seconds_to_wait(request: HttpRequest, activity: Activity = "search") -> int:
    """Return the seconds until the client may do this again; 0 if it may now.

    The count is stored under a keyed hash of the address for at most two windows.
    """
    most, now = get_limit(activity), time.time()
    words = f"{activity} {int(now // SEARCH_LIMIT_WINDOW)} {get_client_address(request)}"
    who = hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()
    if count_attempt(f"search.{who}", 2 * SEARCH_LIMIT_WINDOW) <= most:
        return 0
    return SEARCH_LIMIT_WINDOW - int(now % SEARCH_LIMIT_WINDOW)
