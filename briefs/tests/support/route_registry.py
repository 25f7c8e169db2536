"""The registry of routes: each is for everybody, for the desk, or for whoever holds a token.

A route that is not here fails the build (`test_routes`). One that is here as PUBLIC is crawled by
`test_leaks` without another line of test code.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

from briefs.public.languages import LANGUAGE_ALIAS_PATTERN
from briefs.public.subjects import subject_queries

PUBLIC_CACHE = "public, max-age=60"
NO_STORE = "no-store"

PICTURE_KEYS: set[str] = set()
"""Keys of what `worlds` has uploaded, each 320 pixels wide."""

SUBJECT_SLUGS: dict[str, set[str]] = {}
"""Slugs of all its keywords and sources."""

type Examples = Callable[[Iterable[str]], Iterator[str]]
"""Slugs → addresses of the route."""


@dataclass(frozen=True, slots=True)
class PublicRoute:
    examples: Examples
    cache: str = PUBLIC_CACHE
    vary: str = ""
    posts: bool = False
    """Takes a POST, and turns away one that does not come from its own page."""


def _each(*addresses: str) -> Examples:
    return lambda slugs: iter(addresses)


def _both(path: str) -> Examples:
    return _each(f"/zh-hant/{path}", f"/en/{path}")


def _briefs(rest: str = "") -> Examples:
    return lambda slugs: (f"/{code}/briefs/{slug}/{rest}" for slug in slugs for code in ("zh-hant", "en"))


def _in_turn(*ways: str) -> Examples:
    """Each slug at one of these addresses, so that all of them are tried without trying everything everywhere."""
    return lambda slugs: (way.format(slug) for slug, way in zip(slugs, itertools.cycle(ways)))


def _each_of(kind: str, *ways: str) -> Examples:
    """Of every row there is, public or not, and of none."""
    return lambda slugs: _in_turn(*ways)([*sorted(SUBJECT_SLUGS.get(kind, ())), *["no-such-row"] * len(ways)])


def _files(slugs: Iterable[str]) -> Iterator[str]:
    slugs = list(slugs)
    for what in ("cite", "original"):
        ways = [
            f"/{code}/briefs/{{}}/{what}.{end}"
            for end in ("ris", "bib", "json")
            for code in ("en", "zh-hant")
        ]
        yield from _in_turn(*ways)(slugs)


def _feeds(kind: str) -> Examples:
    ways = [f"/{code}/{kind}/{{}}/feed.{end}" for end in ("atom", "json") for code in ("en", "zh-hant")]
    return _each_of(kind, *ways)


def _searches(slugs: Iterable[str]) -> Iterator[str]:
    """For words of headlines, as they stand in the slugs: each finds one brief, or one that is hidden. And odd ones."""
    words = ["", "?q=", "?q=*", "?q=-x", "?year=2025", "?q=x&before=0&start=-1", "?keyword=x&from=2025-13"]
    for code in ("zh-hant", "en"):
        yield from (f"/{code}/search/{word}" for word in words)
        yield from (f"/{code}/search/?q={slug}" for slug in slugs)


def _suggestions(slugs: Iterable[str]) -> Iterator[str]:
    for code in ("zh-hant", "en"):
        yield f"/{code}/search/suggest/"
        yield from (f"/{code}/search/suggest/?q={slug[:12]}" for slug in slugs)


def _pictures(slugs: Iterable[str]) -> Iterator[str]:
    """Real ones, whoever's they are, and some that are none."""
    yield from ("/media/pictures/x", f"/media/pictures/{'0' * 64}-640.webp")
    for key in PICTURE_KEYS:
        yield from (f"/media/pictures/{key}-320.{end}" for end in ("webp", "jpg"))


def _names(kind: str) -> Examples:
    """Of every name there is, whether anything public has it or not."""
    model = subject_queries.SUBJECT_KINDS[kind].model
    return lambda slugs: (
        f"/{code}/{kind}/{slug}/"
        for slug in [*model._default_manager.values_list("slug", flat=True), "no-such-name"]
        for code in ("zh-hant", "en")
    )


def _guests(*paths: str) -> Examples:
    return lambda tokens: (f"/preview/{token}/{path}" for token in tokens for path in paths)


def _spellings(slugs: Iterable[str]) -> Iterator[str]:
    yield from ("/zh/", "/EN/", "/zh-Hant-HK/feed.atom")
    yield from (f"/zh-TW/briefs/{slug}/" for slug in slugs)


YEARS = (1887, 1900, 2025, 2026, 2093)
_PAGE = "<language:language>/"
_GUEST = "preview/<str:token>/"

PUBLIC_ROUTES: dict[str, PublicRoute] = {
    "": PublicRoute(_each("/"), vary="Accept-Language"),
    _PAGE: PublicRoute(_both("")),
    f"{_PAGE}about/": PublicRoute(_both("about/")),
    f"{_PAGE}feed.<feed:feed_format>": PublicRoute(
        _each(*(f"/{code}/feed.{end}" for code in ("zh-hant", "en") for end in ("atom", "json")))
    ),
    f"{_PAGE}keywords/<slug:slug>/feed.<feed:feed_format>": PublicRoute(_feeds("keywords")),
    f"{_PAGE}sources/<slug:slug>/feed.<feed:feed_format>": PublicRoute(_feeds("sources")),
    f"{_PAGE}search/": PublicRoute(_searches),
    f"{_PAGE}search/suggest/": PublicRoute(_suggestions),
    f"{_PAGE}briefs/<slug:slug>/": PublicRoute(_briefs()),
    f"{_PAGE}briefs/<slug:slug>/parallel/": PublicRoute(_briefs("parallel/")),
    f"{_PAGE}briefs/<slug:slug>/<citation:file>": PublicRoute(_files),
    f"{_PAGE}briefs/<slug:slug>/card.png": PublicRoute(
        _in_turn("/en/briefs/{}/card.png", "/zh-hant/briefs/{}/card.png")
    ),
    f"{_PAGE}briefs/<slug:slug>/report/": PublicRoute(_briefs("report/"), cache=NO_STORE, posts=True),
    **{f"{_PAGE}{kind}/": PublicRoute(_both(f"{kind}/")) for kind in subject_queries.SUBJECT_KINDS},
    **{f"{_PAGE}{kind}/<slug:slug>/": PublicRoute(_names(kind)) for kind in subject_queries.SUBJECT_KINDS},
    f"{_PAGE}archive/": PublicRoute(_both("archive/")),
    f"{_PAGE}archive/<year:year>/": PublicRoute(_each(*(f"/en/archive/{year}/" for year in YEARS))),
    f"{_PAGE}archive/<year:year>/<month:month>/": PublicRoute(
        _each(*(f"/zh-hant/archive/{year}/{month}/" for year in YEARS for month in ("1", "06", "12")))
    ),
    "media/pictures/<str:name>": PublicRoute(_pictures),
    "sitemap.xml": PublicRoute(_each("/sitemap.xml")),
    "sitemap-pages.xml": PublicRoute(_each("/sitemap-pages.xml")),
    "sitemap-<int:block>.xml": PublicRoute(_each("/sitemap-0.xml", "/sitemap-1.xml", f"/sitemap-{10**30}.xml")),
    "robots.txt": PublicRoute(_each("/robots.txt")),
    ".well-known/security.txt": PublicRoute(_each("/.well-known/security.txt")),
    "healthz": PublicRoute(_each("/healthz"), cache=NO_STORE),
    "readyz": PublicRoute(_each("/readyz"), cache=NO_STORE),
    rf"^{LANGUAGE_ALIAS_PATTERN}/(?P<rest>.*)$": PublicRoute(_spellings),
}
STAFF_PREFIXES = ("admin/",)
"""Prefixes."""
TOKEN_ROUTES: dict[str, Examples] = {
    _GUEST: _guests(""),
    f"{_GUEST}picture/<str:name>": _guests(),  # whose name is of one picture: test_preview asks for it
    f"{_GUEST}<preview_language:language>/": _guests("zh-hant/", "en/"),
    f"{_GUEST}<preview_language:language>/parallel/": _guests("zh-hant/parallel/", "en/parallel/"),
}
"""The examples are made of tokens."""


class RouteEntry(NamedTuple):
    route: str
    name: str
    entry: URLPattern


def walk_routes(
    resolver: URLResolver | None = None, route: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[RouteEntry]:
    """Every leaf of the resolver, its route written as `ResolverMatch.route` writes it."""
    for entry in (resolver or get_resolver()).url_patterns:
        own = str(entry.pattern)
        whole = route + own.removeprefix("^") if route else own
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from walk_routes(entry, whole, inner)
        else:
            yield RouteEntry(whole, ":".join((*spaces, entry.name or "")), entry)


def is_staff_route(route: str) -> bool:
    return route.startswith(STAFF_PREFIXES)


def find_unclassified_routes() -> list[str]:
    return [leaf.route for leaf in walk_routes() if not is_staff_route(leaf.route) and leaf.route not in PUBLIC_ROUTES | TOKEN_ROUTES]


def find_stale_routes() -> list[str]:
    """Registered, but gone."""
    known = {leaf.route for leaf in walk_routes()}
    missing = [route for route in PUBLIC_ROUTES | TOKEN_ROUTES if route not in known]
    return missing + [prefix for prefix in STAFF_PREFIXES if not any(route.startswith(prefix) for route in known)]


def token_addresses(token: str) -> Iterator[str]:
    """Every address that a token opens."""
    for examples in TOKEN_ROUTES.values():
        yield from examples([token])


def public_addresses(slugs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(route, address) of every example of every public route."""
    slugs = list(slugs)
    for route, public in PUBLIC_ROUTES.items():
        for address in public.examples(slugs):
            yield route, address


def some_public_addresses(slugs: Iterable[str], most: int = 8) -> Iterator[tuple[str, str]]:
    """Yield up to so many addresses of each route, spread over its examples."""
    for route, found in itertools.groupby(public_addresses(slugs), key=lambda example: example[0]):
        addresses = [address for _, address in found]
        n = min(most, len(addresses))
        yield from ((route, addresses[k * len(addresses) // n]) for k in range(n))
