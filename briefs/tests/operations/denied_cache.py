"""A cache whose every call fails, and what the site makes of it."""

from typing import Any

from django.core.cache.backends.base import BaseCache

from digest.cache import FallbackMixin


class Denied(BaseCache):
    """A server whose every call fails."""

    calls = 0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _deny(self, *args: Any, **kwargs: Any) -> Any:
        Denied.calls += 1
        raise ConnectionError("redis://:password@host")

    add = get = set = touch = delete = incr = has_key = get_many = set_many = delete_many = clear = _deny


class DeniedCache(FallbackMixin, Denied):
    pass
