"""Keep whole answers of public pages, so that most requests cost one query.

The key has the token of `SiteVersion`, which database triggers change with every row that pages show. It is read on the
connection that the page reads, before the page: an answer is at most newer than its key. As editions become public and
end without a write, an answer is kept until the next such time, and for `LIFETIME` at most.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.db.models import Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ..database.prepared_query import PreparedQuery
from ..database.replica import get_read_connection
from ..models.edition import Edition
from ..models.site import SiteVersion
from .build_hash import compute_build_hash
from .responses import NO_STORE, make_etag

ALIAS: Final = "pages"
"""A cache of its own: a flood of pages must not evict the counters of rate limits."""
LIFETIME: Final = dt.timedelta(minutes=1)
LONGEST_BODY: Final = 512 * 1024
PAGING_KEYS: Final = frozenset({"before", "after"})

type View = Callable[..., HttpResponse]
type _KeptAnswer = tuple[dt.datetime, dt.datetime, bytes, dict[str, str]]
"""When it was made and when it ends, body and headers."""

_is_off: ContextVar[bool] = ContextVar("page_cache_off", default=False)


@contextmanager
def switched_off() -> Iterator[None]:
    """Neither keep answers nor use them: for one who asks for every page of the site."""
    reset = _is_off.set(True)
    try:
        yield
    finally:
        _is_off.reset(reset)


def keep(view: View, paging_keys: frozenset[str] = PAGING_KEYS) -> View:
    """Keep the answers of a view whose answer depends only on address, public rows, settings and the time.

    A request with another query parameter than `paging_keys` goes to the view. Kept are answers of status 200 that
    shared caches may store.
    """
    name = f"{view.__module__}.{view.__qualname__}"

    @wraps(view)
    def serve(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if _is_off.get() or settings.DEBUG or not paging_keys.issuperset(request.GET):
            return view(request, **arguments)
        now = timezone.now()
        token, *times = _read_version(now)
        if not token:
            return view(request, **arguments)
        cache, key = caches[ALIAS], _build_key(token, name, request)
        kept: _KeptAnswer | None = cache.get(key)
        if kept and kept[0] <= now < kept[1]:
            return HttpResponse(kept[2], headers=kept[3])
        response = view(request, **arguments)
        if _may_be_kept(response):
            response.headers.setdefault("ETag", make_etag(response.content))
            end = min([now + LIFETIME, *filter(None, times)])
            cache.set(key, (now, end, response.content, dict(response.headers)), LIFETIME.total_seconds())
        return response

    return serve


def _read_version(now: dt.datetime) -> tuple[str, dt.datetime | None, dt.datetime | None]:
    """Return the token, and when the next edition becomes public and ends. The token is empty if it may be outdated."""
    connection = get_read_connection()
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        return "", None, None  # the triggers wait for the commit
    rows = _version(now)
    return rows[0] if rows else ("", None, None)


def _build_key(token: str, name: str, request: HttpRequest) -> str:
    query = sorted(request.GET.lists())
    parts = repr((token, compute_build_hash(), name, request.path, query))
    return hashlib.blake2b(parts.encode(), digest_size=20).hexdigest()


def _may_be_kept(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and response.headers.get("Cache-Control") != NO_STORE
        and "Vary" not in response.headers
        and len(response.content) <= LONGEST_BODY
    )


def _version_query(now: dt.datetime) -> QuerySet[SiteVersion, Any]:
    return SiteVersion.objects.filter(pk=1).values_list(
        "token", _next_time("live_from", now), _next_time("live_until", now)
    )


def _next_time(column: str, now: dt.datetime) -> Subquery:
    """Select the next such time of any edition. It says nothing about which."""
    return Subquery(Edition.objects.filter(Q(**{f"{column}__gt": now})).order_by(column).values(column)[:1])


_version = PreparedQuery(_version_query, dt.datetime)
