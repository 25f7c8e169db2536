"""Rate limits for searches by client address. Other pages are not counted and do not need the cache."""

import hmac
import threading
import time
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from ..client_address import get_client_address

SEARCH_LIMIT_WINDOW: Final = 60
"""Seconds."""
SUGGESTIONS_PER_SEARCH: Final = 4
"""Suggestion requests allowed for each search, as they are sent while the reader types."""
_CACHE_RETRY_DELAY: Final = 10.0
"""Seconds before a failed cache is tried again. Until then the process counts locally."""
_MAX_LOCAL_COUNTS: Final = 10_000

_local_counts: dict[str, int] = {}
_lock = threading.Lock()
_cache_down_until = 0.0


def seconds_to_wait(request: HttpRequest, *, is_suggestion: bool = False) -> int:
    """Return the seconds until the client may search again; 0 if it may search now.

    The count is stored under a keyed hash of the address for at most two windows.
    """
    most = settings.DIGEST_SEARCH_LIMIT * (SUGGESTIONS_PER_SEARCH if is_suggestion else 1)
    now = time.time()
    words = f"search {is_suggestion} {int(now // SEARCH_LIMIT_WINDOW)} {get_client_address(request)}"
    who = hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()
    return (
        SEARCH_LIMIT_WINDOW - int(now % SEARCH_LIMIT_WINDOW)
        if _increment_count(f"search.{who}") > most
        else 0
    )


def _increment_count(key: str) -> int:
    global _cache_down_until
    if time.monotonic() >= _cache_down_until:
        try:
            cache.add(key, 0, 2 * SEARCH_LIMIT_WINDOW)
            return int(cache.incr(key))
        except Exception:  # the cache is down or full, or was emptied between the two calls
            _cache_down_until = time.monotonic() + _CACHE_RETRY_DELAY
    with _lock:
        if len(_local_counts) >= _MAX_LOCAL_COUNTS:
            _local_counts.clear()
        _local_counts[key] = _local_counts.get(key, 0) + 1
        return _local_counts[key]
