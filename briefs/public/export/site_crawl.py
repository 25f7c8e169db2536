"""Find all public addresses and fetch their pages, for the static export.

Start addresses come from the routes: those without a variable part, and the brief routes for each brief
that is found. All other pages are reached by links, so a new kind of page needs no change here.
"""

import datetime as dt
import html
import itertools
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from ...models.edition import Edition

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
    of_briefs = [way for way in ways if set(way.variables) >= {"slug"} and "/briefs/" in _sample_address(way)]
    slugs = Edition.objects.found(now).order_by("pk").values_list("slug", flat=True)
    for slug, way in itertools.product(slugs.iterator(chunk_size=2000), of_briefs):
        yield from _route_addresses(way, slug=slug)


def fetch_response(address: str, **headers: str) -> HttpResponse:
    """Return the view's response for an address, without middleware.

    Middleware handles connections, which files do not have.
    """
    parts = urlsplit(address)
    request = HttpRequest()
    request.method, request.path = "GET", parts.path
    request.path_info, request.GET = parts.path, QueryDict(parts.query)
    request.META = headers
    match = resolve(parts.path)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


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


def _enumerable_routes(resolver: URLResolver, namespace_prefix: str = "") -> Iterator[EnumerableRoute]:
    """Yield the exported routes whose variables are all a brief's slug or have a converter with `values`."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _enumerable_routes(
                entry, f"{namespace_prefix}{entry.namespace}:" if entry.namespace else namespace_prefix
            )
        elif isinstance(entry, URLPattern) and entry.name and getattr(entry.callback, "exported", False):
            yield from _enumerable_route(f"{namespace_prefix}{entry.name}")


@cache
def _route_converters(name: str) -> list[dict[str, Any]]:
    """Return the converters of the route's variables, one dict per form of the route."""
    resolver, _, own = get_resolver(), *name.rpartition(":")[1:]
    for space in name.split(":")[:-1]:
        resolver = resolver.namespace_dict[space][1]
    return [converters for _, _, _, converters in resolver.reverse_dict.getlist(own)]


def _enumerable_route(name: str) -> Iterator[EnumerableRoute]:
    for converters in _route_converters(name)[:1]:
        variables = {
            variable: () if variable == "slug" else getattr(converter, "values", None)
            for variable, converter in converters.items()
        }
        if None not in variables.values():
            yield EnumerableRoute(name, variables)


def _sample_address(route: EnumerableRoute) -> str:
    return next(_route_addresses(route, slug="x"))


def _route_addresses(route: EnumerableRoute, slug: str = "") -> Iterator[str]:
    names = [name for name in route.variables if name != "slug"]
    for values in itertools.product(*(route.variables[name] for name in names)):
        given = dict(zip(names, values, strict=True))
        yield reverse(route.name, kwargs=given | ({"slug": slug} if slug else {}))
