"""Keep whole answers of public pages for each build, so that most requests cost one query."""

import datetime as dt
import hashlib
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, Final, NamedTuple

import django
import PIL
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.models import Model, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from briefs.models.edition import Edition, IssueEdition
from briefs.models.prepared import prepare
from briefs.models.site import SiteVersion

from .responses import LIST_OPTIONS, NO_STORE, ViewFunction, make_etag

_CODE: Final = ("briefs", "digest", "templates")
_NOT_IN_PAGES: Final = {"__pycache__", "tests", "benchmarks", "admin", "management", "migrations", "static"}
"""Folders that no public page reads. Static files are read where `collectstatic` put them."""
_SECRET: Final = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "CACHES", "MAILERS", "STORAGES")


@cache
def compute_build_hash() -> str:
    """Return the hash of what this process runs. It must be called at the start: the files may be replaced later.

    Contents are read (15 ms): a copy may have another time than its original, and a changed file need not be committed.
    """
    static = str(settings.STATIC_ROOT)
    names = [name for name in dir(settings) if name.isupper() and name not in _SECRET]
    return hash_parts(
        [
            platform.python_version(),
            [django.__version__, PIL.__version__],
            [(name, repr(getattr(settings, name))) for name in names],
            *(
                (path, content)
                for name in _CODE
                for path, content in _read_code(f"{settings.BASE_DIR}/{name}")
            ),
            *(
                (file.path.removeprefix(static), file.stat().st_size, file.stat().st_mtime_ns)
                for file in _list_files(static)
            ),
        ]
    )


def hash_parts(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _read_code(folder: str) -> Iterator[tuple[str, str]]:
    for file in _list_files(folder):
        if not file.name.endswith(".po"):  # pages read what was compiled from it
            with open(file.path, "rb", buffering=0) as stream:
                yield file.path.removeprefix(folder), hashlib.blake2b(stream.read()).hexdigest()


def _list_files(folder: str) -> Iterator["os.DirEntry[str]"]:
    if not os.path.isdir(folder):
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_file():
            yield entry
        elif entry.name not in _NOT_IN_PAGES:
            yield from _list_files(entry.path)


ALIAS: Final = "pages"
"""A separate cache, so that many pages do not evict the counters of rate limits."""
LIFETIME: Final = dt.timedelta(minutes=1)
LONGEST_BODY: Final = 512 * 1024
PAGING_KEYS: Final = frozenset({"before", "after"})


class _Version(NamedTuple):
    """The site version's token (empty if it may be outdated), and when an edition next becomes public or ends."""

    token: str = ""
    next_times: Sequence[dt.datetime] = ()


_version_of_request: ContextVar[_Version | None] = ContextVar("site_version", default=None)


def keep(view: ViewFunction, paging_keys: frozenset[str] = PAGING_KEYS) -> ViewFunction:
    """Keep the answers of a view whose answer depends only on address, public rows, settings and the time.

    Requests with query parameters other than `paging_keys` and options of lists always go to the view. Only answers of
    status 200 that shared caches may store are kept.
    """
    name = f"{view.__module__}.{view.__qualname__}"

    @wraps(view)
    def serve(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if settings.DEBUG or not _decides_alone(request.GET, paging_keys):
            return view(request, **arguments)
        now = timezone.now()
        version = _read_version(now)
        if not version.token:
            return view(request, **arguments)
        key = _build_key(version, name, request.path, sorted(request.GET.lists()))
        if kept := _get(key, now):
            return HttpResponse(kept[0], headers=kept[1])
        reset = _version_of_request.set(version)
        try:
            response = view(request, **arguments)
        finally:
            _version_of_request.reset(reset)
        if _may_be_kept(response):
            response.headers.setdefault("ETag", make_etag(response.content))
            _set(key, (response.content, dict(response.headers)), version, now)
        return response

    return serve


def _decides_alone(query: QueryDict, paging_keys: frozenset[str]) -> bool:
    """Return whether all parameters are paging keys or known options of lists. Others could fill the cache with copies."""
    return all(
        name in paging_keys or (len(values) == 1 and values[0] in LIST_OPTIONS.get(name, ()))
        for name, values in query.lists()
    )


def keep_part[T](name: str, build: Callable[[], T]) -> T:
    """Keep a value that several pages show and that does not depend on the address, such as a count over all briefs."""
    now = timezone.now()
    version = _version_of_request.get() or _read_version(now)
    if settings.DEBUG or not version.token:
        return build()
    key = _build_key(version, name)
    if kept := _get(key, now):
        part: T = kept[0]
        return part
    part = build()
    _set(key, (part,), version, now)
    return part


def _read_version(now: dt.datetime) -> _Version:
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        return _Version()  # the triggers renew the token at the commit only
    for token, *times in _version(now):
        return _Version(token, [time for time in times if time])
    return _Version()


def _build_key(version: _Version, *parts: Any) -> str:
    words = repr((version.token, compute_build_hash(), *parts))
    return hashlib.blake2b(words.encode(), digest_size=20).hexdigest()


def _get(key: str, now: dt.datetime) -> tuple[Any, ...] | None:
    kept = caches[ALIAS].get(key)
    return kept[2] if kept and kept[0] <= now < kept[1] else None


def _set(key: str, value: tuple[Any, ...], version: _Version, now: dt.datetime) -> None:
    """Store an answer with its time and expiry, because the cache's clock may differ from the pages' clock."""
    end = min([now + LIFETIME, *version.next_times])
    caches[ALIAS].set(key, (now, end, value), LIFETIME.total_seconds())


def _may_be_kept(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and response.headers.get("Cache-Control") != NO_STORE
        and "Vary" not in response.headers
        and len(response.content) <= LONGEST_BODY
    )


@prepare(dt.datetime)
def _version(now: dt.datetime) -> QuerySet[SiteVersion, Any]:
    return SiteVersion.objects.filter(pk=1).values_list(
        "token",
        *(
            _next_time(kind, column, now)
            for kind in (Edition, IssueEdition)
            for column in ("live_from", "live_until")
        ),
    )


def _next_time(kind: type[Model], column: str, now: dt.datetime) -> Subquery:
    """Select the next future time in `column` over all editions of briefs or issues."""
    future = kind._default_manager.filter(Q(**{f"{column}__gt": now}))
    return Subquery(future.order_by(column).values(column)[:1])
