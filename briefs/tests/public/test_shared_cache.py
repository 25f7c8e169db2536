"""A cache that many share, as greedy as the rules allow: it learns nothing of the desk, and nobody can poison it."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings

from briefs import workflow
from briefs.admin.home import middleware

from ..support import corpus_fixtures, route_registry
from ..support.crawler import PublicResponse, fetch, problems
from ..support.state_model import World
from ..test_routes import addresses

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

BY_ITSELF = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
"""What a cache may keep when nothing is said of it."""


def directives(answer: Any) -> set[str]:
    return {part.strip().lower() for part in answer.headers.get("Cache-Control", "").split(",")} - {""}


def may_keep(answer: Any) -> bool:
    said = directives(answer)
    status = answer.status_code if isinstance(answer, HttpResponse) else answer.status
    return not said & {"no-store", "private"} and (bool(said) or status in BY_ITSELF)


@dataclass
class Shared:
    """Keeps by the address alone: whatever an answer varies by, it must say in the address."""

    kept: dict[str, PublicResponse] = field(default_factory=dict)

    def ask(self, address: str, method: str = "GET", **headers: str) -> PublicResponse:
        if address in self.kept and method in ("GET", "HEAD"):
            return self.kept[address]
        answer = fetch(address, method, **headers)
        if method in ("GET", "HEAD") and may_keep(answer):
            self.kept[address] = answer
        return answer


# The desk and its guests


def private_addresses(world: World) -> Iterator[str]:
    yield from ("/admin", "/admin/", "/admin/nowhere", "/preview", "/preview/", "/preview/x/y/z/")
    briefs = [item.brief for item in world.sample_briefs]
    one = next(brief for brief in briefs if brief.state == "in_review")
    for leaf in filter(lambda leaf: route_registry.is_staff_route(leaf.route), route_registry.walk_routes()):
        if leaf.name != "admin:logout":
            yield from addresses(leaf, one)
    yield from (f"/admin/briefs/brief/{brief.pk}/change/" for brief in briefs)
    tokens = [workflow.share(brief, by=world.team.writer).token for brief in briefs if brief.state in ("draft", "in_review")]  # fmt: skip
    for address in itertools.chain.from_iterable(
        map(route_registry.token_addresses, [*tokens[:3], "no-such-token"])
    ):
        yield from (address, address.rstrip("/"))


def kept_of(world: World, addresses: Iterable[str]) -> tuple[list[Any], set[tuple[str, int]]]:
    """Answers that some cache might keep, and (who, status) of all."""
    clients = {name: Client(raise_request_exception=False) for name in ("publisher", "nobody")}
    clients["publisher"].force_login(world.team.publisher)
    kept, seen = [], set()
    for address in addresses:
        for who, method in (("publisher", "GET"), ("publisher", "POST"), ("nobody", "GET")):
            with transaction.atomic():
                response = clients[who].generic(method, address)
                transaction.set_rollback(True)
            seen.add((who, response.status_code))
            if not {"private", "no-store"} <= directives(response):
                kept.append((who, method, address, response.status_code, directives(response)))
    return kept, seen


def test_some_answers_of_the_desk_and_to_a_guest_may_not_be_kept(world: World, clock: Any) -> None:
    kept, seen = kept_of(world, list(private_addresses(world))[::6])
    assert kept == []
    assert {("publisher", 200), ("publisher", 404), ("nobody", 302)} <= seen


@pytest.mark.heavy
def test_no_answer_of_the_desk_or_to_a_guest_may_be_kept(world: World, clock: Any) -> None:
    """Whatever comes of it: pages, redirects, refusals, files."""
    kept, seen = kept_of(world, private_addresses(world))
    assert kept == []
    assert {("publisher", 200), ("publisher", 404), ("nobody", 200), ("nobody", 301), ("nobody", 302)} <= seen


@pytest.mark.parametrize("path", ["/preview/a-token/en/", "/preview/a-token", "/admin/", "/admin"])
def test_nor_the_way_there_from_http(client: Client, path: str) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        response = client.get(path)
    assert response.status_code == 301
    assert {"private", "no-store"} <= directives(response)


def test_that_somebody_forgot_is_noticed(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "patch_cache_control", lambda response, **values: None)
    kept, _seen = kept_of(world, ["/admin", "/preview/x", "/admin/briefs/brief/1/citation/"])
    assert {address for _, _, address, *_ in kept} >= {"/admin", "/preview/x"}


# Everybody's pages


def public_addresses(world: World) -> list[str]:
    return [address for _, address in route_registry.public_addresses([item.slug for item in world.sample_briefs])]


def test_a_cache_that_the_staff_filled_with_some_pages_tells_nothing_new(world: World, clock: Any) -> None:
    some = [address for _, address in route_registry.some_public_addresses(world.slugs())]
    assert filled_by_staff_tells_nothing_new(world, [*some, *list(private_addresses(world))[::6]]) > 50


@pytest.mark.heavy
def test_a_cache_that_the_staff_filled_tells_the_public_nothing_new(world: World, clock: Any) -> None:
    everywhere = [*public_addresses(world), *private_addresses(world)]
    assert filled_by_staff_tells_nothing_new(world, everywhere) > 100


def filled_by_staff_tells_nothing_new(world: World, everywhere: list[str]) -> int:
    """Return how many answers the cache kept."""
    staff, shared = Client(raise_request_exception=False), Shared()
    staff.force_login(world.team.publisher)
    for address in everywhere:
        response = staff.get(address)
        assert not (may_keep(response) and response.cookies), address
        if may_keep(response):
            body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
            route = getattr(response.resolver_match, "route", "") if response.status_code != 404 else ""
            shared.kept[address] = PublicResponse(
                address, response.status_code, dict(response.items()), body, route, ()
            )
    assert problems(shared.kept.values(), world, world.now) == []
    differing = {a for a, kept in shared.kept.items() if (kept.status, kept.body) != _anew(a)}
    assert differing <= {"/"}, "the front door alone asks which language the browser takes, and says so"
    assert not any(address.startswith(("/admin", "/preview")) for address in shared.kept)
    return len(shared.kept)


def _anew(address: str) -> tuple[int, bytes]:
    answer = fetch(address)
    return answer.status, answer.body


POISON: list[dict[str, str]] = [
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
CONDITIONAL = {"range", "if_none_match", "if_modified_since"}
"""Answered with 206, 304 or 416, which a cache never gives to whoever did not ask so."""


def test_some_of_what_one_reader_sends_changes_nothing_for_the_next(world: World, clock: Any) -> None:
    nothing_is_poisoned(world, POISON[::5])


@pytest.mark.heavy
def test_nothing_that_one_reader_sends_changes_what_the_next_is_given(world: World, clock: Any) -> None:
    assert len(POISON) >= 60
    nothing_is_poisoned(world, POISON)


def nothing_is_poisoned(world: World, poison: list[dict[str, str]]) -> None:
    live, hidden = world.sample_briefs[0].slug, world.hidden(world.now)[0].slug
    tried = [
        "/en/", "/zh-hant/feed.atom", "/sitemap.xml", "/robots.txt", "/en/about/", "/nowhere/", "/en", "/static/briefs/digest.css",
        *(f"/en/briefs/{slug}/{rest}" for slug in (live, hidden) for rest in ("", "parallel/", "cite.ris")),
    ]  # fmt: skip
    clean = {address: fetch(address) for address in tried}
    poisoned = []
    for headers in poison:
        shared = Shared()
        for address in tried:
            first = shared.ask(address, **headers)
            if CONDITIONAL & headers.keys() and first.status in (206, 304, 416):
                shared.kept.pop(address, None)
            if shared.ask(address).comparable != clean[address].comparable:
                poisoned.append((headers, address))
    assert poisoned == []


def test_a_question_behind_the_address_is_another_address(world: World, clock: Any) -> None:
    """What the site does not know changes nothing, so that a cache keyed by the whole address holds one page twice."""
    shared = Shared()
    for question in (
        "?utm_source=x",
        "?page=2",
        "?host=evil.example",
        "?_method=DELETE",
        "?x=%0d%0aSet-Cookie:a=b",
        "?callback=x",
    ):
        for address in ("/en/", "/en/about/", "/sitemap.xml"):
            assert shared.ask(address + question).comparable == shared.ask(address).comparable, address + question


def test_vary_is_what_is_declared_and_never_everything() -> None:
    assert {public.vary for public in route_registry.PUBLIC_ROUTES.values()} == {"", "Accept-Language"}
    assert [route for route, public in route_registry.PUBLIC_ROUTES.items() if public.vary] == [""]
    assert {public.cache for public in route_registry.PUBLIC_ROUTES.values()} == {
        route_registry.PUBLIC_CACHE,
        route_registry.NO_STORE,
    }
    assert settings.MIDDLEWARE[:2] == [
        "digest.headers.permissions_policy",
        "briefs.admin.home.middleware.DeskMiddleware",
    ]
