"""Every public address there is now, and what stands there: for the export as files.

Where to begin is read off the routes themselves: those without a variable part, and those of a brief for each
brief that is found. All other pages are reached by their links, so a new kind of page needs no line here.
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
    """Addresses from which all others are reached."""
    ways = list(_enumerable_routes(get_resolver()))
    for way in ways:
        if "slug" not in way.variables:
            yield from _route_addresses(way)
    of_briefs = [way for way in ways if set(way.variables) >= {"slug"} and "/briefs/" in _sample_address(way)]
    slugs = Edition.objects.found(now).order_by("pk").values_list("slug", flat=True)
    for slug, way in itertools.product(slugs.iterator(chunk_size=2000), of_briefs):
        yield from _route_addresses(way, slug=slug)


def fetch_response(address: str, **headers: str) -> HttpResponse:
    """What the site says there, without its middleware: that is about connections, and files have none."""
    parts = urlsplit(address)
    request = HttpRequest()
    request.method, request.path = "GET", parts.path
    request.path_info, request.GET = parts.path, QueryDict(parts.query)
    request.META = headers
    match = resolve(parts.path)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


@lru_cache(maxsize=100_000)  # the same few stand on every page
def is_exported(address: str) -> bool:
    """Whether it is a page of ours that stands still."""
    path = urlsplit(address).path
    if path.startswith(settings.STATIC_URL):
        return True
    try:
        return bool(getattr(resolve(path).func, "exported", False))
    except Resolver404:
        return False


def find_links(body: str) -> Iterator[str]:
    """Addresses of this site in a page or a sitemap, as they stand there but for escapes and fragments."""
    for found in _LINK_PATTERN.finditer(body):
        for part in (found[1] or found[2] or "").split(", "):
            if own := site_address(html.unescape(part.split(" ")[0])):
                yield own


def site_address(link: str) -> str:
    own = link.removeprefix(settings.SITE_URL).partition("#")[0]
    return own if own.startswith("/") and not own.startswith("//") else ""


def find_static_links(body: str) -> Iterator[str]:
    """Files that a style sheet or a module asks for, relative to its own."""
    yield from (found[1] for found in _STATIC_LINK_PATTERN.finditer(body))


def _enumerable_routes(resolver: URLResolver, namespace_prefix: str = "") -> Iterator[EnumerableRoute]:
    """The routes that can be enumerated: each variable is a brief's slug, or tells its values."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _enumerable_routes(
                entry, f"{namespace_prefix}{entry.namespace}:" if entry.namespace else namespace_prefix
            )
        elif isinstance(entry, URLPattern) and entry.name and getattr(entry.callback, "exported", False):
            yield from _enumerable_route(f"{namespace_prefix}{entry.name}")


@cache
def _route_converters(name: str) -> list[dict[str, Any]]:
    """For each form of a route the converters of its variables."""
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
