"""A shared cache that stores everything HTTP allows: it holds no private answer and cannot be poisoned."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import override_settings

from briefs import workflow
from briefs.tests.support import corpus_fixtures, route_registry
from briefs.tests.support.crawler import PublicResponse, fetch, problems
from briefs.tests.support.state_model import World
from briefs.tests.test_routes import desk_addresses
from digest import middleware

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

HEURISTICALLY_CACHEABLE = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
"""Statuses that a cache may store without a Cache-Control header (RFC 9110, section 15.1)."""


def directives(answer: Any) -> set[str]:
    return {part.strip().lower() for part in answer.headers.get("Cache-Control", "").split(",")} - {""}


def may_store(answer: Any) -> bool:
    cache_control = directives(answer)
    status = answer.status_code if isinstance(answer, HttpResponseBase) else answer.status
    return not cache_control & {"no-store", "private"} and (
        bool(cache_control) or status in HEURISTICALLY_CACHEABLE
    )


@dataclass
class SharedCache:
    """A cache keyed by address alone, ignoring Vary: an answer may only depend on its address."""

    stored: dict[str, PublicResponse] = field(default_factory=dict)

    def ask(self, address: str, method: str = "GET", **headers: str) -> PublicResponse:
        if address in self.stored and method in ("GET", "HEAD"):
            return self.stored[address]
        answer = fetch(address, method, **headers)
        if method in ("GET", "HEAD") and may_store(answer):
            self.stored[address] = answer
        return answer


# Private answers: staff pages and previews


def private_addresses(world: World) -> Iterator[str]:
    yield from ("/admin", "/admin/", "/admin/nowhere", "/preview", "/preview/", "/preview/x/y/z/")
    briefs = [item.brief for item in world.sample_briefs]
    brief_in_review = next(brief for brief in briefs if brief.state == "in_review")
    for leaf in filter(lambda leaf: route_registry.is_staff_route(leaf.route), route_registry.walk_routes()):
        if leaf.name != "admin:logout":
            yield from desk_addresses(leaf, brief_in_review)
    yield from (f"/admin/briefs/brief/{brief.pk}/change/" for brief in briefs)
    tokens = [workflow.share(brief, by=world.team.writer).token for brief in briefs if brief.state in ("draft", "in_review")]  # fmt: skip
    for address in itertools.chain.from_iterable(
        map(route_registry.token_addresses, [*tokens[:3], "no-such-token"])
    ):
        yield from (address, address.rstrip("/"))


def cacheable_answers(world: World, addresses: Iterable[str]) -> tuple[list[Any], set[tuple[str, int]]]:
    """Return the answers that lack `private, no-store`, and (who, status) of all answers."""
    clients = {name: Client(raise_request_exception=False) for name in ("publisher", "nobody")}
    clients["publisher"].force_login(world.team.publisher)
    cacheable, statuses = [], set()
    for address in addresses:
        for who, method in (("publisher", "GET"), ("publisher", "POST"), ("nobody", "GET")):
            with transaction.atomic():
                response = clients[who].generic(method, address)
                transaction.set_rollback(True)
            statuses.add((who, response.status_code))
            if not {"private", "no-store"} <= directives(response):
                cacheable.append((who, method, address, response.status_code, directives(response)))
    return cacheable, statuses


def test_sample_of_private_answers_is_not_cacheable(world: World, clock: Any) -> None:
    cacheable, statuses = cacheable_answers(world, list(private_addresses(world))[::6])
    assert cacheable == []
    assert {("publisher", 200), ("publisher", 404), ("nobody", 302)} <= statuses


@pytest.mark.heavy
def test_no_private_answer_is_cacheable(world: World, clock: Any) -> None:
    """Covers pages, redirects, refusals and files."""
    cacheable, statuses = cacheable_answers(world, private_addresses(world))
    assert cacheable == []
    assert {
        ("publisher", 200),
        ("publisher", 404),
        ("nobody", 200),
        ("nobody", 301),
        ("nobody", 302),
    } <= statuses


@pytest.mark.parametrize("path", ["/preview/a-token/en/", "/preview/a-token", "/admin/", "/admin"])
def test_https_redirect_of_private_address_is_not_cacheable(client: Client, path: str) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        response = client.get(path)
    assert response.status_code == 301
    assert {"private", "no-store"} <= directives(response)


def test_missing_cache_control_is_detected(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "patch_cache_control", lambda response, **values: None)
    cacheable, _statuses = cacheable_answers(
        world, ["/admin", "/preview/x", "/admin/briefs/brief/1/citation/"]
    )
    assert {address for _, _, address, *_ in cacheable} >= {"/admin", "/preview/x"}


# Public answers


def public_addresses(world: World) -> list[str]:
    return [
        address for _, address in route_registry.public_addresses([item.slug for item in world.sample_briefs])
    ]


def test_cache_filled_by_staff_with_sample_reveals_nothing(world: World, clock: Any) -> None:
    sample = [address for _, address in route_registry.some_public_addresses(world.slugs())]
    assert check_cache_filled_by_staff(world, [*sample, *list(private_addresses(world))[::6]]) > 50


@pytest.mark.heavy
def test_cache_filled_by_staff_reveals_nothing(world: World, clock: Any) -> None:
    everywhere = [*public_addresses(world), *private_addresses(world)]
    assert check_cache_filled_by_staff(world, everywhere) > 100


def check_cache_filled_by_staff(world: World, addresses: list[str]) -> int:
    """Fill a cache as a publisher, assert that it reveals nothing, and return how many answers it stored."""
    staff, shared = Client(raise_request_exception=False), SharedCache()
    staff.force_login(world.team.publisher)
    for address in addresses:
        response = staff.get(address)
        assert not (may_store(response) and response.cookies), address
        if may_store(response):
            body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
            route = getattr(response.resolver_match, "route", "") if response.status_code != 404 else ""
            shared.stored[address] = PublicResponse(
                address, response.status_code, dict(response.items()), body, route, ()
            )
    assert problems(shared.stored.values(), world, world.now) == []
    differing = {
        address
        for address, stored in shared.stored.items()
        if (stored.status, stored.body) != status_and_body(address)
    }
    assert differing <= {"/"}, "only the root depends on Accept-Language, and declares it in Vary"
    assert not any(address.startswith(("/admin", "/preview")) for address in shared.stored)
    return len(shared.stored)


def status_and_body(address: str) -> tuple[int, bytes]:
    answer = fetch(address)
    return answer.status, answer.body


HOSTILE_HEADERS: list[dict[str, str]] = [
    *({name: value} for name in ("x_forwarded_host", "x_host", "x_forwarded_server", "x_original_host", "forwarded", "host")
      for value in ("evil.example", "testserver:1234", "evil.example/path")),
    *({"x_forwarded_proto": value} for value in ("http", "https", "javascript", "nothttps")),
    *({name: value} for name in ("x_forwarded_port", "x_forwarded_prefix", "x_forwarded_path", "x_script_name")
      for value in ("1234", "/evil", "//evil.example")),
    *({name: value} for name in ("x_original_url", "x_rewrite_url", "x_override_url") for value in ("/admin/", "/nowhere")),
    *({name: value} for name in ("x_http_method_override", "x_http_method", "x_method_override") for value in ("POST", "HEAD", "PURGE")),
    *({"accept": value} for value in ("application/json", "*/*;q=0", "\x7f")), *({"accept_language": v} for v in ("en", "xx", "*")),
    {"accept_encoding": "br;q=1, *;q=0"}, {"range": "bytes=0-1"}, {"range": "bytes=9999999-"}, {"if_none_match": "*"},
    {"if_modified_since": "Fri, 01 Jan 2100 00:00:00 GMT"}, {"cookie": "sessionid=x; csrftoken=x"}, {"authorization": "Basic eDp5"},
    {"origin": "https://evil.example"}, {"expect": "100-continue"}, {"te": "trailers"}, {"via": "1.1 evil"},
]  # fmt: skip
CONDITIONAL_HEADERS = {"range", "if_none_match", "if_modified_since"}
"""Request headers answered with 206, 304 or 416, which a cache never returns to an unconditional request."""


def test_sample_of_hostile_headers_does_not_poison_cache(world: World, clock: Any) -> None:
    assert_not_poisoned(world, HOSTILE_HEADERS[::5])


@pytest.mark.heavy
def test_hostile_headers_do_not_poison_cache(world: World, clock: Any) -> None:
    assert len(HOSTILE_HEADERS) >= 60
    assert_not_poisoned(world, HOSTILE_HEADERS)


def assert_not_poisoned(world: World, header_sets: list[dict[str, str]]) -> None:
    live, hidden = world.sample_briefs[0].slug, world.hidden(world.now)[0].slug
    addresses = [
        "/en/", "/zh-hant/feed.atom", "/sitemap.xml", "/robots.txt", "/en/about/", "/nowhere/", "/en", "/static/briefs/digest.css",
        *(f"/en/briefs/{slug}/{page}" for slug in (live, hidden) for page in ("", "parallel/", "cite.ris")),
    ]  # fmt: skip
    clean = {address: fetch(address) for address in addresses}
    poisoned = []
    for headers in header_sets:
        shared = SharedCache()
        for address in addresses:
            first = shared.ask(address, **headers)
            if CONDITIONAL_HEADERS & headers.keys() and first.status in (206, 304, 416):
                shared.stored.pop(address, None)
            if shared.ask(address).comparable != clean[address].comparable:
                poisoned.append((headers, address))
    assert poisoned == []


def test_unknown_query_string_gets_same_page(world: World, clock: Any) -> None:
    """Unknown parameters change nothing. A cache keyed by the whole address merely stores the page twice."""
    shared = SharedCache()
    for query_string in (
        "?utm_source=x",
        "?page=2",
        "?host=evil.example",
        "?_method=DELETE",
        "?x=%0d%0aSet-Cookie:a=b",
        "?callback=x",
    ):
        for address in ("/en/", "/en/about/", "/sitemap.xml"):
            assert shared.ask(address + query_string).comparable == shared.ask(address).comparable, (
                address + query_string
            )


def test_only_redirects_to_a_language_declare_vary() -> None:
    assert {public.vary for public in route_registry.PUBLIC_ROUTES.values()} == {"", "Accept-Language"}
    redirects = [route for route, public in route_registry.PUBLIC_ROUTES.items() if public.vary]
    assert redirects == ["", "corpus/"]
    assert {public.cache for public in route_registry.PUBLIC_ROUTES.values()} == {
        route_registry.PUBLIC_CACHE,
        route_registry.NO_STORE,
    }
    assert settings.MIDDLEWARE[:3] == [
        "digest.observation.note_route",
        "digest.middleware.permissions_policy",
        "digest.middleware.DeskMiddleware",
    ]
