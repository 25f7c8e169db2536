"""How often one address may search. Pages are not counted, and work whatever becomes of the cache."""

import hmac
import threading
import time
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

WINDOW: Final = 60
"""Seconds."""
SUGGESTIONS: Final = 4
"""For each search: they are asked for while somebody types."""
_PAUSE: Final = 10.0
"""Seconds for which a cache that failed is left alone, and this process counts by itself."""
_MOST_HERE: Final = 10_000

_here: dict[str, int] = {}
_lock = threading.Lock()
_down_until = 0.0


def seconds_to_wait(request: HttpRequest, *, typing: bool = False) -> int:
    """0 for who may ask now. The address is counted by a keyed hash and forgotten with the minute."""
    most = settings.DIGEST_SEARCH_LIMIT * (SUGGESTIONS if typing else 1)
    now = time.time()
    words = f"search {typing} {int(now // WINDOW)} {address_of(request)}"
    who = hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()
    return WINDOW - int(now % WINDOW) if _count(f"search.{who}") > most else 0


def address_of(request: HttpRequest) -> str:
    """The client's, as the outermost of our own proxies saw it: what stands before that, anybody may write."""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proxies = settings.DIGEST_PROXIES
    if proxies and len(told) >= proxies:
        return told[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str) -> int:
    global _down_until
    if time.monotonic() >= _down_until:
        try:
            cache.add(key, 0, 2 * WINDOW)
            return int(cache.incr(key))
        except Exception:  # down, full, or emptied in between
            _down_until = time.monotonic() + _PAUSE
    with _lock:
        if len(_here) >= _MOST_HERE:
            _here.clear()
        _here[key] = _here.get(key, 0) + 1
        return _here[key]
