"""Registry of routes: each is public, for the staff of the desk, or for the holder of a token.

An unregistered route fails `test_routes`. A route in PUBLIC_ROUTES is crawled by `test_leaks` without further code.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

from briefs.models import Issue
from briefs.public import subject_queries
from briefs.public.responses import LANGUAGE_ALIAS_PATTERN

PUBLIC_CACHE = "public, max-age=60"
NO_STORE = "no-store"

PICTURE_KEYS: set[str] = set()
"""Keys of the pictures that `state_model` has stored, each 320 pixels wide."""

SUBJECT_SLUGS: dict[str, set[str]] = {}
"""Slugs of all names of `state_model`, by kind."""

type Examples = Callable[[Iterable[str]], Iterator[str]]
"""Turns slugs (or tokens) into addresses of the route."""


@dataclass(frozen=True, slots=True)
class PublicRoute:
    examples: Examples
    cache: str = PUBLIC_CACHE
    vary: str = ""
    posts: bool = False
    """Whether the route accepts a POST, if it comes from its own page."""


def _fixed(*addresses: str) -> Examples:
    return lambda slugs: iter(addresses)


def _both_languages(*ends: str) -> Examples:
    return _fixed(*(f"/{code}/{path}" for path in ends for code in ("zh-hant", "en")))


def _brief_pages(rest: str = "") -> Examples:
    return lambda slugs: (f"/{code}/briefs/{slug}/{rest}" for slug in slugs for code in ("zh-hant", "en"))


def _alternating(*templates: str) -> Examples:
    """Use one template per slug in turn: every slug and every template is tried, but not every combination."""
    return lambda slugs: (template.format(slug) for slug, template in zip(slugs, itertools.cycle(templates)))


def _subject_addresses(kind: str, *templates: str) -> Examples:
    """Addresses of every row, public or not, and of a missing one."""
    return lambda slugs: _alternating(*templates)(
        [*sorted(SUBJECT_SLUGS.get(kind, ())), *["no-such-row"] * len(templates)]
    )


def _citation_files(slugs: Iterable[str]) -> Iterator[str]:
    slugs = list(slugs)
    for kind in ("cite", "original"):
        templates = [
            f"/{code}/briefs/{{}}/{kind}.{end}"
            for end in ("ris", "bib", "json")
            for code in ("en", "zh-hant")
        ]
        yield from _alternating(*templates)(slugs)


def _feeds(kind: str) -> Examples:
    templates = [f"/{code}/{kind}/{{}}/feed.{end}" for end in ("atom", "json") for code in ("en", "zh-hant")]
    return _subject_addresses(kind, *templates)


def _searches(slugs: Iterable[str]) -> Iterator[str]:
    """Searches for the words of each slug, which match one brief (public or hidden), and unusual queries."""
    words = ["", "?q=", "?q=*", "?q=-x", "?year=2025", "?q=x&before=0&start=-1", "?keyword=x&from=2025-13"]
    for code in ("zh-hant", "en"):
        yield from (f"/{code}/search/{word}" for word in words)
    for slug in slugs:
        yield f"/zh-hant/search/?q={slug}"
        yield exact_search_address(slug)


def exact_search_address(slug: str) -> str:
    """Return the search for all words of a slug, in quotation marks, so that none is replaced or left out."""
    return f"/en/search/?q=%22{slug.replace('-', '%22+%22')}%22"


def _search_feeds(*files: str) -> Examples:
    """Feeds of searches for the words of each slug, and of odd searches."""
    odd = ["", "?q=", "?q=*", "?year=2025", "?q=x&before=0&start=-1"]
    templates = [f"/{code}/search/{file}?q={{}}" for file in files for code in ("en", "zh-hant")]
    return lambda slugs: itertools.chain(
        (f"/en/search/{files[0]}{query}" for query in odd), _alternating(*templates)(slugs)
    )


def _suggestions(slugs: Iterable[str]) -> Iterator[str]:
    for code in ("zh-hant", "en"):
        yield f"/{code}/search/suggest/"
        yield from (f"/{code}/search/suggest/?q={slug[:12]}" for slug in slugs)


def _pictures(slugs: Iterable[str]) -> Iterator[str]:
    """Existing pictures, public or not, and missing ones."""
    yield from ("/media/pictures/x", f"/media/pictures/{'0' * 64}-640.webp")
    for key in PICTURE_KEYS:
        yield from (f"/media/pictures/{key}-320.{end}" for end in ("webp", "jpg"))


def _names(kind: str) -> Examples:
    """Addresses of every name, whether a public brief has it or not."""
    model = subject_queries.SUBJECT_KINDS[kind].model
    return lambda slugs: (
        f"/{code}/{kind}/{slug}/"
        for slug in [*model._default_manager.values_list("slug", flat=True), "no-such-name"]
        for code in ("zh-hant", "en")
    )


def _token_paths(*paths: str) -> Examples:
    return lambda tokens: (f"/preview/{token}/{path}" for token in tokens for path in paths)


def _spellings(slugs: Iterable[str]) -> Iterator[str]:
    yield from ("/zh/", "/EN/", "/zh-Hant-HK/feed.atom")
    yield from (f"/zh-TW/briefs/{slug}/" for slug in slugs)


def _api_lists(slugs: Iterable[str]) -> Iterator[str]:
    """The list, with every filter, for each page after every edition, and searches for the words of each slug."""
    odd = [
        "",
        "limit=1",
        "limit=0",
        "cursor=x",
        "q=*",
        "q=-x",
        "year=2025",
        "from=2025-13",
        "keyword=x&to=2025-06-09",
    ]
    odd += ["updated_since=2093-01-01", "updated_since=x", "fields=id,status", "fields=content", "state=draft", "q=x&cursor=s1"]  # fmt: skip
    yield from (f"/api/v1/briefs?{query}" for query in odd)
    yield from (f"/api/v1/briefs?q=%22{slug.replace('-', '%22+%22')}%22" for slug in slugs)


def _issues(rest: str) -> Examples:
    """Addresses of every issue, published or not, and of a missing one."""
    return lambda slugs: (
        f"/{code}/issues/{number}/{rest}"
        for number in [*Issue.objects.order_by("number").values_list("number", flat=True), 999_999_999]
        for code in ("zh-hant", "en")
    )


YEARS = (1887, 1900, 2025, 2026, 2093)
_PAGE = "<language:language>/"
_GUEST = "preview/<str:token>/"

PUBLIC_ROUTES: dict[str, PublicRoute] = {
    "": PublicRoute(_fixed("/"), vary="Accept-Language"),
    _PAGE: PublicRoute(_both_languages("")),
    f"{_PAGE}issues/<issue:number>/issue.<issue_file:file_format>": PublicRoute(
        _both_languages("issues/1/issue.epub", "issues/1/issue.epub?side=both", "issues/1/issue.pdf")
    ),
    f"{_PAGE}follow/": PublicRoute(_both_languages("follow/")),
    f"{_PAGE}about/": PublicRoute(_both_languages("about/")),
    f"{_PAGE}corrections/": PublicRoute(_both_languages("corrections/")),
    f"{_PAGE}corrections/feed.atom": PublicRoute(_both_languages("corrections/feed.atom")),
    f"{_PAGE}feed.<feed:feed_format>": PublicRoute(
        _fixed(*(f"/{code}/feed.{end}" for code in ("zh-hant", "en") for end in ("atom", "json")))
    ),
    f"{_PAGE}parallel/feed.atom": PublicRoute(_both_languages("parallel/feed.atom")),
    **{
        f"{_PAGE}{kind}/<slug:slug>/feed.<feed:feed_format>": PublicRoute(_feeds(kind))
        for kind in subject_queries.SUBJECT_KINDS
    },
    **{
        f"{_PAGE}{kind}/<slug:slug>/parallel/feed.atom": PublicRoute(
            _subject_addresses(
                kind, *(f"/{code}/{kind}/{{}}/parallel/feed.atom" for code in ("en", "zh-hant"))
            )
        )
        for kind in subject_queries.SUBJECT_KINDS
    },
    f"{_PAGE}search/feed.<feed:feed_format>": PublicRoute(_search_feeds("feed.atom", "feed.json")),
    f"{_PAGE}search/parallel/feed.atom": PublicRoute(_search_feeds("parallel/feed.atom")),
    f"{_PAGE}subscribe/": PublicRoute(_both_languages("subscribe/"), cache=NO_STORE, posts=True),
    f"{_PAGE}search/": PublicRoute(_searches),
    f"{_PAGE}search/suggest/": PublicRoute(_suggestions),
    f"{_PAGE}briefs/<slug:slug>/": PublicRoute(_brief_pages()),
    f"{_PAGE}briefs/<slug:slug>.md": PublicRoute(_alternating("/en/briefs/{}.md", "/zh-hant/briefs/{}.md")),
    f"{_PAGE}briefs/<slug:slug>/parallel/": PublicRoute(_brief_pages("parallel/")),
    f"{_PAGE}briefs/<slug:slug>/changes/": PublicRoute(_brief_pages("changes/")),
    f"{_PAGE}briefs/<slug:slug>/<citation:file>": PublicRoute(_citation_files),
    f"{_PAGE}briefs/<slug:slug>/card.png": PublicRoute(
        _alternating("/en/briefs/{}/card.png", "/zh-hant/briefs/{}/card.png")
    ),
    f"{_PAGE}briefs/<slug:slug>/report/": PublicRoute(_brief_pages("report/"), cache=NO_STORE, posts=True),
    **{f"{_PAGE}{kind}/": PublicRoute(_both_languages(f"{kind}/")) for kind in subject_queries.SUBJECT_KINDS},
    **{f"{_PAGE}{kind}/<slug:slug>/": PublicRoute(_names(kind)) for kind in subject_queries.SUBJECT_KINDS},
    f"{_PAGE}issues/": PublicRoute(
        _fixed("/zh-hant/issues/", "/en/issues/", "/en/issues/?show=both", "/en/issues/?before=x")
    ),
    f"{_PAGE}issues/feed.atom": PublicRoute(_both_languages("issues/feed.atom")),
    f"{_PAGE}issues/<issue:number>/": PublicRoute(_issues("")),
    f"{_PAGE}issues/<issue:number>/parallel/": PublicRoute(_issues("parallel/")),
    f"{_PAGE}archive/": PublicRoute(_both_languages("archive/")),
    f"{_PAGE}archive/<year:year>/": PublicRoute(_fixed(*(f"/en/archive/{year}/" for year in YEARS))),
    f"{_PAGE}archive/<year:year>/<month:month>/": PublicRoute(
        _fixed(*(f"/zh-hant/archive/{year}/{month}/" for year in YEARS for month in ("1", "06", "12")))
    ),
    "media/pictures/<str:name>": PublicRoute(_pictures),
    "sitemap.xml": PublicRoute(_fixed("/sitemap.xml")),
    "sitemap-pages.xml": PublicRoute(_fixed("/sitemap-pages.xml")),
    "sitemap-<int:block>.xml": PublicRoute(
        _fixed("/sitemap-0.xml", "/sitemap-1.xml", f"/sitemap-{10**30}.xml")
    ),
    "robots.txt": PublicRoute(_fixed("/robots.txt")),
    "favicon.ico": PublicRoute(_fixed("/favicon.ico")),
    ".well-known/security.txt": PublicRoute(_fixed("/.well-known/security.txt")),
    rf"^{LANGUAGE_ALIAS_PATTERN}/(?P<rest>.*)$": PublicRoute(_spellings),
    "api/v1/briefs": PublicRoute(_api_lists),
    "api/v1/briefs/<slug:slug>": PublicRoute(_alternating("/api/v1/briefs/{}")),
    "api/v1/changes": PublicRoute(
        _fixed(
            *(
                f"/api/v1/changes{query}"
                for query in ("", "?limit=3", "?since=2093-01-01", "?since=0-0", "?since=x")
            )
        )
    ),
    "api/v1/issues": PublicRoute(
        _fixed(*(f"/api/v1/issues{query}" for query in ("", "?limit=1", "?cursor=x", "?number=1")))
    ),
    "api/v1/manifest": PublicRoute(_fixed("/api/v1/manifest", "/api/v1/manifest?limit=2&after=1")),
    "api/v1/vocabulary": PublicRoute(_fixed("/api/v1/vocabulary")),
    "api/v1/openapi.json": PublicRoute(_fixed("/api/v1/openapi.json")),
    "^api/v1/": PublicRoute(_alternating("/api/v1/issues/{}")),
    "api/docs/": PublicRoute(_fixed("/api/docs/")),
    "corpus/": PublicRoute(_fixed("/corpus/"), vary="Accept-Language"),
    f"{_PAGE}corpus/": PublicRoute(_both_languages("corpus/")),
    **{f"corpus/digest.{end}": PublicRoute(_fixed(f"/corpus/digest.{end}")) for end in ("jsonl", "tmx")},
}
STAFF_PREFIXES = ("admin/",)
"""Prefixes of the routes of the desk."""
TOKEN_ROUTES: dict[str, Examples] = {
    _GUEST: _token_paths(""),
    f"{_GUEST}picture/<str:name>": _token_paths(),  # needs the name of a picture; tested in preview/test_preview_pages.py
    f"{_GUEST}<preview_language:language>/": _token_paths("zh-hant/", "en/"),
    f"{_GUEST}<preview_language:language>/parallel/": _token_paths("zh-hant/parallel/", "en/parallel/"),
}
"""Their examples are built from tokens."""
MAIL_ROUTES = {"u/<slug:token>/"}
"""Whoever has the token of a mail may act, without a browser too. Tested in public/test_subscribe_pages.py."""


class RouteEntry(NamedTuple):
    route: str
    name: str
    entry: URLPattern


def walk_routes(
    resolver: URLResolver | None = None, route: str = "", namespaces: tuple[str, ...] = ()
) -> Iterator[RouteEntry]:
    """Yield every URL pattern, its route written as in `ResolverMatch.route`."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = str(entry.pattern)
        full_route = route + pattern.removeprefix("^") if route else pattern
        if isinstance(entry, URLResolver):
            inner_namespaces = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from walk_routes(entry, full_route, inner_namespaces)
        else:
            yield RouteEntry(full_route, ":".join((*namespaces, entry.name or "")), entry)


def is_staff_route(route: str) -> bool:
    return route.startswith(STAFF_PREFIXES)


def find_unclassified_routes() -> list[str]:
    return [
        leaf.route
        for leaf in walk_routes()
        if not is_staff_route(leaf.route) and leaf.route not in {*PUBLIC_ROUTES, *TOKEN_ROUTES, *MAIL_ROUTES}
    ]


def find_stale_routes() -> list[str]:
    """Return registered routes that no longer exist."""
    existing = {leaf.route for leaf in walk_routes()}
    missing = [route for route in (*PUBLIC_ROUTES, *TOKEN_ROUTES, *MAIL_ROUTES) if route not in existing]
    return missing + [
        prefix for prefix in STAFF_PREFIXES if not any(route.startswith(prefix) for route in existing)
    ]


def token_addresses(token: str) -> Iterator[str]:
    """Yield every address that a token opens."""
    for examples in TOKEN_ROUTES.values():
        yield from examples([token])


def public_addresses(slugs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (route, address) of every example of every public route."""
    slugs = list(slugs)
    for route, public in PUBLIC_ROUTES.items():
        for address in public.examples(slugs):
            yield route, address


def some_public_addresses(slugs: Iterable[str], limit: int = 8) -> Iterator[tuple[str, str]]:
    """Yield up to `limit` addresses of each route, spread over its examples."""
    for route, examples in itertools.groupby(public_addresses(slugs), key=lambda example: example[0]):
        addresses = [address for _, address in examples]
        n = min(limit, len(addresses))
        yield from ((route, addresses[k * len(addresses) // n]) for k in range(n))
