"""Find all public addresses and fetch their pages, for the static export.

Start addresses come from the routes: those without a variable part, and the brief routes for each brief
that is found. All other pages are reached by links, so a new kind of page needs no change here.
"""

import datetime as dt
import html
import itertools
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, URLResolver, get_resolver, resolve, reverse

from ...database import replica
from ...models.edition import Edition
from .. import page_cache

_LINK_PATTERN = re.compile(r'(?:href|src|action|content|srcset)="([^"]*)"|<(?:loc|icon)>([^<]*)<')
_STATIC_LINK_PATTERN = re.compile(r"""(?:url\(|\bfrom\s*|\bimport\s*\(?)\s*["']?([./\w-]+)""")


class EnumerableRoute(NamedTuple):
    name: str
    variables: dict[str, Any]


def list_start_addresses(now: dt.datetime) -> Iterator[str]:
    """Yield the addresses from which all others can be reached."""
    ways = list(_enumerable_routes(get_resolver()))
    for way in ways:
        if "slug" not in way.variables:
            yield from _route_addresses(way)
    of_briefs = [
        way for way in ways if "slug" in way.variables and "/briefs/" in next(_route_addresses(way, "x"))
    ]
    slugs = Edition.objects.found(now).order_by("pk").values_list("slug", flat=True)
    for slug, way in itertools.product(slugs.iterator(chunk_size=2000), of_briefs):
        yield from _route_addresses(way, slug=slug)


def fetch_response(address: str, **headers: str) -> HttpResponse:
    """Return the view's response for an address, without middleware.

    Middleware handles connections, which files do not have.
    """
    request = build_request(address)
    request.META = headers
    match = resolve(request.path)
    # the keys of pages are read from the primary too
    with replica.primary_only(), page_cache.switched_off():
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


def build_request(address: str) -> HttpRequest:
    parts, request = urlsplit(address), HttpRequest()
    request.method, request.path, request.path_info = "GET", parts.path, parts.path
    request.GET = QueryDict(parts.query)
    return request


@lru_cache(maxsize=100_000)  # the same few links are on every page
def is_exported(address: str) -> bool:
    """Return whether the address is a static file or an exported page."""
    path = urlsplit(address).path
    if path.startswith(settings.STATIC_URL):
        return True
    try:
        return bool(getattr(resolve(path).func, "exported", False))
    except Resolver404:
        return False


@lru_cache(maxsize=100_000)
def find_slug(address: str) -> str:
    """Return the slug of the brief whose page or file this is; empty for other addresses."""
    match = resolve(urlsplit(address).path)
    return str(match.kwargs["slug"]) if "/briefs/<slug:slug>" in match.route else ""


def find_links(body: str) -> Iterator[str]:
    """Yield this site's addresses in a page or sitemap, unescaped and without fragments."""
    for found in _LINK_PATTERN.finditer(body):
        for part in (found[1] or found[2] or "").split(", "):
            if own := site_address(html.unescape(part.split(" ")[0])):
                yield own


def site_address(link: str) -> str:
    own = link.removeprefix(settings.SITE_URL).partition("#")[0]
    return own if own.startswith("/") and not own.startswith("//") else ""


def find_static_links(body: str) -> Iterator[str]:
    """Yield the relative links to files in a style sheet or a module."""
    yield from (found[1] for found in _STATIC_LINK_PATTERN.finditer(body))


def _enumerable_routes(
    resolver: URLResolver, namespace_prefix: str = "", converters: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[EnumerableRoute]:
    """Yield the exported routes whose variables are all a brief's slug or have a converter with `values`."""
    for entry in resolver.url_patterns:
        variables = {**converters, **entry.pattern.converters}
        if isinstance(entry, URLResolver):
            prefix = f"{namespace_prefix}{entry.namespace}:" if entry.namespace else namespace_prefix
            yield from _enumerable_routes(entry, prefix, variables)
        elif entry.name and getattr(entry.callback, "exported", False):
            values = {
                variable: () if variable == "slug" else getattr(converter, "values", None)
                for variable, converter in variables.items()
            }
            if None not in values.values():
                yield EnumerableRoute(f"{namespace_prefix}{entry.name}", values)


def _route_addresses(route: EnumerableRoute, slug: str = "") -> Iterator[str]:
    names = [name for name in route.variables if name != "slug"]
    for values in itertools.product(*(route.variables[name] for name in names)):
        given = dict(zip(names, values, strict=True))
        yield reverse(route.name, kwargs=given | ({"slug": slug} if slug else {}))
