"""A shared cache that stores everything HTTP allows: it holds no private answer and cannot be poisoned."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.test.utils import override_settings

from briefs import workflow
from briefs.tests.support import route_registry
from briefs.tests.support.corpus_fixtures import NO_STATIC
from briefs.tests.support.crawler import PublicResponse, fetch, problems
from briefs.tests.support.state_model import World
from briefs.tests.test_routes import desk_addresses

pytestmark = [pytest.mark.django_db, NO_STATIC]

HEURISTICALLY_CACHEABLE = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
"""Statuses that a cache may store without a Cache-Control header (RFC 9110, section 15.1)."""


def directives(answer: Any) -> set[str]:
    return {part.strip().lower() for part in answer.headers.get("Cache-Control", "").split(",")} - {""}


def may_store(answer: Any) -> bool:
    cache_control = directives(answer)
    return not cache_control & {"no-store", "private"} and (
        bool(cache_control) or answer.status_code in HEURISTICALLY_CACHEABLE
    )


# Private answers: staff pages and previews


def private_addresses(world: World) -> Iterator[str]:
    yield from ("/admin", "/admin/", "/admin/nowhere", "/preview", "/preview/", "/preview/x/y/z/")
    briefs = [item.brief for item in world.sample_briefs]
    brief_in_review = next(brief for brief in briefs if brief.state == "in_review")
    for leaf in filter(lambda leaf: route_registry.is_staff_route(leaf.route), route_registry.walk_routes()):
        if leaf.name != "admin:logout":
            yield from desk_addresses(leaf, brief_in_review)
    yield from (f"/admin/briefs/brief/{brief.pk}/change/" for brief in briefs)
    tokens = [workflow.sharing.share(brief, by=world.team.writer).token for brief in briefs if brief.state in ("draft", "in_review")]  # fmt: skip
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
    cacheable, statuses = cacheable_answers(world, list(private_addresses(world))[::12])
    assert cacheable == []
    assert {("publisher", 200), ("publisher", 404), ("nobody", 302)} <= statuses


@pytest.mark.heavy
def test_no_private_answer_is_cacheable(world: World, clock: Any) -> None:
    """Covers pages, redirects, refusals and files."""
    cacheable, statuses = cacheable_answers(world, private_addresses(world))
    assert cacheable == []
    assert {("publisher", 200), ("publisher", 404)} <= statuses
    assert {("nobody", 200), ("nobody", 301), ("nobody", 302)} <= statuses


@pytest.mark.parametrize("path", ["/preview/a-token/en/", "/preview/a-token", "/admin/", "/admin"])
def test_https_redirect_of_private_address_is_not_cacheable(client: Client, path: str) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        response = client.get(path)
    assert response.status_code == 301
    assert {"private", "no-store"} <= directives(response)


# Public answers


@pytest.mark.heavy
def test_cache_filled_by_staff_reveals_nothing(world: World, clock: Any) -> None:
    """Fill a cache that is keyed by address alone and ignores Vary, as a publisher."""
    staff, stored = Client(raise_request_exception=False), dict[str, PublicResponse]()
    staff.force_login(world.team.publisher)
    public = [address for _, address in route_registry.public_addresses(world.slugs())]
    for address in [*public[::2], *private_addresses(world)]:
        response = staff.get(address)
        assert not (may_store(response) and response.cookies), address
        if may_store(response):
            body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
            route = getattr(response.resolver_match, "route", "") if response.status_code != 404 else ""
            headers = dict(response.items())
            stored[address] = PublicResponse(address, response.status_code, headers, body, route, ())
    assert problems(stored.values(), world, world.now) == []
    anew = {address: fetch(address) for address in stored}
    differing = {a for a in stored if (stored[a].status, stored[a].body) != (anew[a].status, anew[a].body)}
    assert differing <= {"/"}, "only the root depends on Accept-Language, and declares it in Vary"
    assert not any(address.startswith(("/admin", "/preview")) for address in stored)
    assert len(stored) > 100
