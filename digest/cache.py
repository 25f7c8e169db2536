"""A cache with a fallback: while the server is away or hangs, each process uses a cache of its own."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)

RETRY_DELAY: Final = 10.0
"""Seconds after a failure in which the server is not asked again, so that pages do not wait for it one by one."""

_retry_at = 0.0
"""When the server may be asked again (`time.monotonic`); 0 while it answers. Kept in the module, because Django makes a
cache object per thread."""


def _build_method(name: str) -> Callable[..., Any]:
    def call(self: "FallbackMixin", *args: Any, **kwargs: Any) -> Any:
        global _retry_at
        now, was_away = time.monotonic(), _retry_at > 0
        if now < _retry_at:
            return getattr(self.fallback, name)(*args, **kwargs)
        if was_away:
            _retry_at = now + RETRY_DELAY  # this thread tries the server, the others go on without it
        try:
            answer = getattr(super(FallbackMixin, self), name)(*args, **kwargs)
        except ValueError:  # raised by Django for the increment of a missing key
            if was_away:
                _end_pause()
            raise
        except Exception as error:  # away, hanging, full, read-only, loading …
            if not _retry_at:  # this thread is the first to notice
                log.error("The cache is away, each process uses its own: %s", type(error).__name__)
                for cache in caches.all():  # entries from an earlier failure
                    if isinstance(cache, FallbackMixin):
                        cache.fallback.clear()
            _retry_at = time.monotonic() + RETRY_DELAY
            return getattr(self.fallback, name)(*args, **kwargs)
        if was_away:
            _end_pause()
        return answer

    return call


def _end_pause() -> None:
    global _retry_at
    _retry_at = 0.0
    log.warning("The cache is back.")


class FallbackMixin(BaseCache):
    """Mixin for a cache backend. While it fails, a cache in this process answers, so callers need no `try`."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)  # type: ignore[call-arg, arg-type]  # the backend's
        name = f"{params.get('KEY_PREFIX', '')} while away"  # so that kept pages do not evict counters of attempts
        self.fallback = LocMemCache(name, {"OPTIONS": {"MAX_ENTRIES": 1000}})

    add = _build_method("add")
    get = _build_method("get")
    set = _build_method("set")
    touch = _build_method("touch")
    delete = _build_method("delete")
    incr = _build_method("incr")
    has_key = _build_method("has_key")
    get_many = _build_method("get_many")
    set_many = _build_method("set_many")
    delete_many = _build_method("delete_many")
    clear = _build_method("clear")

    def is_away(self) -> bool:
        return _retry_at > 0


class PatientRedisCache(FallbackMixin, RedisCache):
    pass
