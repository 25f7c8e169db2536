"""Every route is classified, refuses everybody it is not meant for, and ignores forged fields."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
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
    "account_login",
    "account_logout",
    "mfa_login_webauthn",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
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
    "sign_off_zh",
    "sign_off_en",
    "resolve",
    "confirm_date",
}


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
            if database_checksum() != before:
                errors.append((address, "changed a row"))
                before = database_checksum()
    assert errors == []
    assert tried == {
        leaf.route for leaf in route_registry.walk_routes() if route_registry.is_staff_route(leaf.route)
    }


POST_BODY = "state=approved&version=1&seen=x&draft=1&when=now"


def is_refused(response: Any) -> bool:
    """Whether the response refuses the request or redirects to the login page (after logging out: to the desk's front page)."""
    redirected = response.status_code == 302 and response["Location"].startswith("/admin/")
    return redirected or response.status_code in (403, 404, 405)


# The desk, signed in: forged fields


def forged_post_data(brief: Brief, verb: str, other_person: Person) -> dict[str, Any]:
    """Return valid data for the verb, plus every field that an attacker might try to set."""
    person_fields = [
        "approved_by",
        "edited_by",
        "confirmed_by",
        "by",
        "actor",
        "user",
        "person",
        "updated_by",
        "assigned_to",
    ]
    forged = dict.fromkeys(person_fields, other_person.pk) | {
        "state": "approved", "to_state": "approved", "slug": "forged", "four_eyes": "", "urgent": "on",
        "is_superuser": "on", "superuser": "1", "yes": "1", "changed_zh": "", "changed_en": "",
        "live_from": "2001-01-01T00:00", "published_at": "2001-01-01", "approved_at": "2001-01-01",
        "next_number": 99, "number": 99, "brief": 1, "pk": 1, "id": 1, "revision": 1, "hash_zh": "0" * 64,
        "_saveasnew": "1", "_popup": "1", "_method": "DELETE", "select_across": "1", "action": "delete_selected",
    }  # fmt: skip
    return forged | valid_post_data(brief)


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
    brief = workflow.create(factories.content(), by=author)
    workflow.submit(brief, by=author, version=brief.version)
    for verb in ("sign_off_zh", "sign_off_en", "sign_off_common"):
        client.post(
            f"/admin/briefs/brief/{brief.pk}/{verb}/", forged_post_data(brief, verb, team.other_publisher)
        )
    before = database_checksum()
    response = client.post(
        f"/admin/briefs/brief/{brief.pk}/approve/", forged_post_data(brief, "approve", team.other_publisher)
    )
    assert (response.status_code, database_checksum()) == (409, before), (
        "signed and approved by the author alone"
    )
    assert not Edition.objects.exists()
    colleague = logged_in_client(team.other_publisher)
    assert (
        colleague.post(
            f"/admin/briefs/brief/{brief.pk}/approve/", forged_post_data(brief, "approve", author)
        ).status_code
        == 302
    )
    assert Edition.objects.get().approved_by == team.other_publisher


def test_stock_admin_forms_write_no_row() -> None:
    """No action, editable list or inline of the stock admin writes anything, whatever is posted to it."""
    team = Team()
    brief = factories.live_brief(team)
    client = logged_in_client(team.publisher)
    before = database_checksum()
    for data in (
        {"action": "delete_selected", "_selected_action": [brief.pk], "post": "yes", "select_across": "1"},
        {
            "form-TOTAL_FORMS": 1,
            "form-INITIAL_FORMS": 1,
            "form-0-id": brief.pk,
            "form-0-state": "draft",
            "_save": "Save",
        },
    ):
        for name in ("brief", "author", "source", "keyword", "term", "sitetext", "letter", "outbox"):
            client.post(f"/admin/briefs/{name}/", data)
            assert database_checksum() == before, (name, data)
    for name in (
        "edition",
        "revision",
        "signoff",
        "event",
        "document",
        "note",
        "rendering",
        "card",
        "previewlink",
        "mailswitch",
        "bullet",
    ):
        assert client.get(f"/admin/briefs/{name}/").status_code == 404
        assert client.post(f"/admin/briefs/{name}/add/", {"brief": brief.pk, "number": 2}).status_code == 404
    assert database_checksum() == before
    assert "django.contrib.admindocs" not in settings.INSTALLED_APPS
