"""Rate limits for searches by client address. Other pages are not counted."""

import hmac
import time
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from ..client_address import count_attempt, get_client_address

SEARCH_LIMIT_WINDOW: Final = 60
"""Seconds."""
SUGGESTIONS_PER_SEARCH: Final = 4
"""Suggestion requests allowed for each search, as they are sent while the reader types."""


def seconds_to_wait(request: HttpRequest, *, is_suggestion: bool = False) -> int:
    """Return the seconds until the client may search again; 0 if it may search now.

    The count is stored under a keyed hash of the address for at most two windows.
    """
    most = settings.DIGEST_SEARCH_LIMIT * (SUGGESTIONS_PER_SEARCH if is_suggestion else 1)
    now = time.time()
    words = f"search {is_suggestion} {int(now // SEARCH_LIMIT_WINDOW)} {get_client_address(request)}"
    who = hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()
    if count_attempt(f"search.{who}", 2 * SEARCH_LIMIT_WINDOW) <= most:
        return 0
    return SEARCH_LIMIT_WINDOW - int(now % SEARCH_LIMIT_WINDOW)
