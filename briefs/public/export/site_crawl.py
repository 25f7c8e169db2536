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

_LINK = re.compile(r'(?:href|src|action|content|srcset)="([^"]*)"|<(?:loc|icon)>([^<]*)<')
_IN_STATIC = re.compile(r"""(?:url\(|\bfrom\s*|\bimport\s*\(?)\s*["']?([./\w-]+)""")


class Way(NamedTuple):
    name: str
    variables: dict[str, Any]


def starts(now: dt.datetime) -> Iterator[str]:
    """Addresses from which all others are reached."""
    ways = list(_ways(get_resolver()))
    for way in ways:
        if "slug" not in way.variables:
            yield from _addresses(way)
    of_briefs = [way for way in ways if set(way.variables) >= {"slug"} and "/briefs/" in _sample(way)]
    slugs = Edition.objects.found(now).order_by("pk").values_list("slug", flat=True)
    for slug, way in itertools.product(slugs.iterator(chunk_size=2000), of_briefs):
        yield from _addresses(way, slug=slug)


def answer(address: str, **headers: str) -> HttpResponse:
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


def links(body: str) -> Iterator[str]:
    """Addresses of this site in a page or a sitemap, as they stand there but for escapes and fragments."""
    for found in _LINK.finditer(body):
        for part in (found[1] or found[2] or "").split(", "):
            if own := own_address(html.unescape(part.split(" ")[0])):
                yield own


def own_address(link: str) -> str:
    own = link.removeprefix(settings.SITE_URL).partition("#")[0]
    return own if own.startswith("/") and not own.startswith("//") else ""


def links_in_static(body: str) -> Iterator[str]:
    """Files that a style sheet or a module asks for, relative to its own."""
    yield from (found[1] for found in _IN_STATIC.finditer(body))


def _ways(resolver: URLResolver, spaces: str = "") -> Iterator[Way]:
    """The routes that can be enumerated: each variable is a brief's slug, or tells its values."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _ways(entry, f"{spaces}{entry.namespace}:" if entry.namespace else spaces)
        elif isinstance(entry, URLPattern) and entry.name and getattr(entry.callback, "exported", False):
            yield from _way(f"{spaces}{entry.name}")


@cache
def _known(name: str) -> list[dict[str, Any]]:
    """For each form of a route the converters of its variables."""
    resolver, _, own = get_resolver(), *name.rpartition(":")[1:]
    for space in name.split(":")[:-1]:
        resolver = resolver.namespace_dict[space][1]
    return [converters for _, _, _, converters in resolver.reverse_dict.getlist(own)]


def _way(name: str) -> Iterator[Way]:
    for converters in _known(name)[:1]:
        variables = {
            variable: () if variable == "slug" else getattr(converter, "values", None)
            for variable, converter in converters.items()
        }
        if None not in variables.values():
            yield Way(name, variables)


def _sample(way: Way) -> str:
    return next(_addresses(way, slug="x"))


def _addresses(way: Way, slug: str = "") -> Iterator[str]:
    names = [name for name in way.variables if name != "slug"]
    for values in itertools.product(*(way.variables[name] for name in names)):
        given = dict(zip(names, values, strict=True))
        yield reverse(way.name, kwargs=given | ({"slug": slug} if slug else {}))
