"""Every route is classified, refuses everybody it is not meant for, and ignores forged fields."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import resolve
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RegexPattern, RoutePattern

from briefs import workflow
from briefs.models import Brief, Edition, Person

from .support import factories, route_registry
from .support.factories import Team
from .support.permission_fixtures import valid_post_data
from .support.query_recorder import database_checksum
from .workflow.test_verb_permissions import list_cells

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SIGNED_OUT_ROUTES = {
    "account_login", "account_logout", "mfa_login_webauthn", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done",
}  # fmt: skip
"""Desk routes that a signed-out visitor may open."""


# The registry


def test_every_route_is_classified() -> None:
    assert route_registry.find_unclassified_routes() == []
    assert route_registry.find_stale_routes() == []


def test_public_example_resolves_to_its_route() -> None:
    examples = list(route_registry.public_addresses(["a-brief"]))
    assert {route for route, _ in examples} == set(route_registry.PUBLIC_ROUTES)
    resolved = [(route, address, resolve(urlsplit(address).path).route) for route, address in examples]
    assert [example for example in resolved if example[0] != example[2]] == []


# The desk, signed out


PATH_VALUES = {"app_label": "briefs", "url": "nowhere/at/all/", "content_type_id": "1", "document": "1"}
SEPARATE_VERBS = {"restore", "share", "unshare"}
"""Verbs that have their own route."""
VERBS = {verb for verb, _, _ in list_cells()} - SEPARATE_VERBS | {
    "sign_off_zh", "sign_off_en", "resolve", "confirm_date",
}  # fmt: skip


def desk_addresses(leaf: route_registry.RouteEntry, brief: Brief) -> Iterator[str]:
    """Yield real addresses of a desk route: for an existing brief, and for every verb."""
    pattern = leaf.entry.pattern
    if isinstance(pattern, RegexPattern):
        yield "/" + _filled(leaf.route, PATH_VALUES)
        return
    assert isinstance(pattern, RoutePattern)
    values = {
        name: str(uuid.UUID(int=1))
        if isinstance(converter, UUIDConverter)
        else PATH_VALUES.get(name, str(brief.pk))
        for name, converter in pattern.converters.items()
    }
    for verb in sorted(VERBS) if "verb" in values else [""]:
        yield "/" + _filled(leaf.route, values | ({"verb": verb} if verb else {}))


def _filled(route: str, values: dict[str, str]) -> str:
    """Replace `<int:pk>` and `(?P<pk>…)` by values."""
    for name, value in values.items():
        for segment in (
            part for part in route.split("/") if f"<{name}>" in part or part.endswith(f":{name}>")
        ):
            route = route.replace(segment, value)
    return route.removesuffix("$").replace("//", "/")


def test_signed_out_visitor_is_refused_on_every_desk_route() -> None:
    team = Team()
    brief = factories.live_brief(team)
    factories.signed_brief(team)
    client, before, errors, tried = Client(), database_checksum(), [], set()
    for leaf in filter(lambda leaf: route_registry.is_staff_route(leaf.route), route_registry.walk_routes()):
        for address in desk_addresses(leaf, brief):
            assert resolve(address).route == leaf.route, (address, leaf.route)
            tried.add(leaf.route)
            for method in METHODS:
                response = client.generic(method, address, POST_BODY, "application/x-www-form-urlencoded")
                if not (is_refused(response) or leaf.name in SIGNED_OUT_ROUTES):
                    errors.append((method, address, response.status_code))
                if "no-store" not in response.headers.get("Cache-Control", ""):
                    errors.append((method, address, "may be stored"))
            client.cookies.clear()
    assert errors == []
    assert database_checksum() == before
    assert tried == {
        leaf.route for leaf in route_registry.walk_routes() if route_registry.is_staff_route(leaf.route)
    }


POST_BODY = "state=approved&version=1&seen=x&draft=1&when=now"


def is_refused(response: Any) -> bool:
    """Whether the response refuses the request or redirects to the login page (after logging out: to the desk's front page)."""
    redirected = response.status_code == 302 and response["Location"].startswith("/admin/")
    return redirected or response.status_code in (403, 404, 405)


# The desk, signed in: forged fields
FORGED = {"state": "approved", "four_eyes": "", "superuser": "1", "is_superuser": "on", "hash_zh": "0" * 64}
"""More are tried by `admin/test_forged_fields`."""


def logged_in_client(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("superuser", [False, True])
def test_author_cannot_approve_own_brief_with_forged_post(superuser: bool) -> None:
    team = Team()
    author = team.publisher
    Person.objects.filter(pk=author.pk).update(is_superuser=superuser)
    client = logged_in_client(Person.objects.get(pk=author.pk))
    brief = workflow.editing.create(factories.content(), by=author)
    workflow.submit(brief, by=author, version=brief.version)
    forged = {**FORGED, **dict.fromkeys(("approved_by", "edited_by", "by"), team.other_publisher.pk)}
    address = f"/admin/briefs/brief/{brief.pk}/"
    for verb in ("sign_off_zh", "sign_off_en", "sign_off_common"):
        client.post(f"{address}{verb}/", forged | valid_post_data(brief))
    before = database_checksum()
    response = client.post(f"{address}approve/", forged | valid_post_data(brief))
    assert (response.status_code, database_checksum()) == (409, before), (
        "signed and approved by the author alone"
    )
    assert not Edition.objects.exists()
    colleague = logged_in_client(team.other_publisher)
    assert colleague.post(f"{address}approve/", valid_post_data(brief)).status_code == 302
    assert Edition.objects.get().approved_by == team.other_publisher
