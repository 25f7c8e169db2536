"""Every route is for somebody: classified, shut to whoever it is not for, and deaf to forged fields."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path, resolve
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RegexPattern, RoutePattern

from briefs import workflow
from briefs.models import Brief, Edition, Event, Person

from .support import factories, route_registry
from .support.factories import Team
from .support.permission_requests import valid_post_data
from .support.query_recorder import database_checksum
from .workflow.test_verb_permissions import STATES, cells, older

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SIGNED_OUT = {"admin:login"}
"""Pages of the desk that answer whoever has not signed in."""


# The registry


def test_every_route_is_classified() -> None:
    assert route_registry.find_unclassified_routes() == []
    assert route_registry.find_stale_routes() == []


def test_every_public_example_leads_to_its_route() -> None:
    examples = list(route_registry.public_addresses(["a-brief"]))
    assert {route for route, _ in examples} == set(route_registry.PUBLIC_ROUTES)
    found = [(route, address, resolve(urlsplit(address).path).route) for route, address in examples]
    assert [example for example in found if example[0] != example[2]] == []


def test_a_route_that_nobody_classified_fails(editable_urlpatterns: list[Any]) -> None:
    editable_urlpatterns.append(path("drafts/<int:pk>/", lambda request, pk: HttpResponse(str(pk))))
    assert route_registry.find_unclassified_routes() == ["drafts/<int:pk>/"]


def test_an_entry_without_a_route_fails(editable_urlpatterns: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(route_registry.PUBLIC_ROUTES, "gone/", route_registry.PublicRoute(lambda slugs: iter(["/gone/"])))
    assert route_registry.find_stale_routes() == ["gone/"]
    editable_urlpatterns[:] = []
    assert set(route_registry.find_stale_routes()) == {
        *route_registry.PUBLIC_ROUTES,
        *route_registry.TOKEN_ROUTES,
        *route_registry.STAFF_PREFIXES,
    }


# The desk, signed out


NAMED = {"app_label": "briefs", "url": "nowhere/at/all/", "content_type_id": "1", "document": "1"}
OWN = {"restore", "share", "unshare"}
"""Verbs with an address of their own."""
VERBS = {verb for verb, _, _ in cells()} - OWN | {"sign_off_zh", "sign_off_en", "resolve", "confirm_date"}


def addresses(leaf: route_registry.RouteEntry, brief: Brief) -> Iterator[str]:
    """Real addresses of a leaf of the desk: of a brief that is there, and of every verb."""
    pattern = leaf.entry.pattern
    if isinstance(pattern, RegexPattern):
        yield "/" + _filled(leaf.route, NAMED)
        return
    assert isinstance(pattern, RoutePattern)
    values = {
        name: str(uuid.UUID(int=1))
        if isinstance(converter, UUIDConverter)
        else NAMED.get(name, str(brief.pk))
        for name, converter in pattern.converters.items()
    }
    for verb in sorted(VERBS) if "verb" in values else [""]:
        yield "/" + _filled(leaf.route, values | ({"verb": verb} if verb else {}))


def _filled(route: str, values: dict[str, str]) -> str:
    """`<int:pk>`, `(?P<pk>…)` → what stands in their place."""
    for name, value in values.items():
        for opening in (
            part for part in route.split("/") if f"<{name}>" in part or part.endswith(f":{name}>")
        ):
            route = route.replace(opening, value)
    return route.removesuffix("$").replace("//", "/")


def test_the_desk_is_shut_to_everybody_else_and_nothing_moves() -> None:
    team = Team()
    brief = factories.live_brief(team)
    factories.signed_brief(team)
    client, before, wrong, seen = Client(), database_checksum(), [], set()
    for leaf in filter(lambda leaf: route_registry.is_staff_route(leaf.route), route_registry.walk_routes()):
        for address in addresses(leaf, brief):
            assert resolve(address).route == leaf.route, (address, leaf.route)
            seen.add(leaf.route)
            for method in METHODS:
                response = client.generic(method, address, BODY, "application/x-www-form-urlencoded")
                if not (is_shut(response) or leaf.name in SIGNED_OUT):
                    wrong.append((method, address, response.status_code))
                if "no-store" not in response.headers.get("Cache-Control", ""):
                    wrong.append((method, address, "may be kept"))
            client.cookies.clear()
            if database_checksum() != before:
                wrong.append((address, "moved a row"))
                before = database_checksum()
    assert wrong == []
    assert seen == {leaf.route for leaf in route_registry.walk_routes() if route_registry.is_staff_route(leaf.route)}


BODY = "state=approved&version=1&seen=x&draft=1&when=now"


def is_shut(response: Any) -> bool:
    """Refused, or sent to sign in (or, already signed out, to the desk's front page)."""
    away = response.status_code == 302 and response["Location"].startswith("/admin/")
    return away or response.status_code in (403, 404, 405)


def test_an_open_door_of_the_desk_is_noticed(editable_urlpatterns: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    editable_urlpatterns.insert(0, path("admin/open/", lambda request: HttpResponse("a draft")))
    with pytest.raises(AssertionError, match="/admin/open/"):
        test_the_desk_is_shut_to_everybody_else_and_nothing_moves()


# The desk, signed in: forged fields


def posted(brief: Brief, verb: str, other: Person) -> dict[str, Any]:
    """All that any verb asks for, right; and beside it all that a person might wish to decide."""
    people = [
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
    forged = dict.fromkeys(people, other.pk) | {
        "state": "approved", "to_state": "approved", "slug": "forged", "four_eyes": "", "urgent": "on",
        "is_superuser": "on", "superuser": "1", "yes": "1", "changed_zh": "", "changed_en": "",
        "live_from": "2001-01-01T00:00", "published_at": "2001-01-01", "approved_at": "2001-01-01",
        "next_number": 99, "number": 99, "brief": 1, "pk": 1, "id": 1, "revision": 1, "hash_zh": "0" * 64,
        "_saveasnew": "1", "_popup": "1", "_method": "DELETE", "select_across": "1", "action": "delete_selected",
    }  # fmt: skip
    return forged | valid_post_data(brief, verb)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


ROWS = {verb: {column: who for v, column, who in cells() if v == verb} for verb, _, _ in cells()}


NEEDS_MORE = {"edit", "unshare", "handle"}
"""They need more than the brief: the page's form, a link, a letter. (`test_desk_words`, `test_sharing_desk`)"""

EVERY_DAY = ("signed",)
"""State tried in the default run; the others are heavy only for the time they take together."""


@pytest.mark.parametrize(
    "column", [c if c in EVERY_DAY else pytest.param(c, marks=pytest.mark.heavy) for c in STATES]
)
def test_forged_fields_open_no_verb_and_change_no_outcome(column: str) -> None:
    """A POST with everything right does exactly what MATRIX allows this person, whatever else it claims."""
    team = Team()
    brief = STATES[column](team)
    people = {"w": team.writer, "r": team.reviewer_en, "p": team.publisher, "x": team.outsider}
    clients = {key: signed_in(person) for key, person in people.items()}
    older(brief)  # for `restore`
    before, wrong = database_checksum(), []
    for verb in sorted(ROWS):
        if verb in NEEDS_MORE:
            continue
        address = f"/admin/briefs/brief/{brief.pk}/{'sign_off_en' if verb == 'sign_off' else verb}/"
        for key, person in people.items():
            with transaction.atomic():
                data = posted(brief, verb, team.other_publisher)
                response = clients[key].post(address, data)
                moved = database_checksum() != before
                if moved != (key in ROWS[verb][column]):
                    wrong.append((verb, key, response.status_code, moved))
                if moved:
                    wrong += [(verb, key, said) for said in forgeries(brief, person, team)]
                transaction.set_rollback(True)
    assert wrong == []


def forgeries(brief: Brief, person: Person, team: Team) -> Iterator[str]:
    """What only a forged field can have brought about."""
    row, event = Brief.objects.get(pk=brief.pk), Event.objects.latest("id")
    if event.by != person or row.updated_by == team.other_publisher:
        yield "somebody else's name"
    if row.slug == "forged" or Edition.objects.filter(slug="forged").exists():
        yield "slug"
    for edition in Edition.objects.filter(brief=brief):
        if edition.edited_by != team.writer or not edition.four_eyes or edition.live_from.year < 2026:
            yield "edition"
        if team.other_publisher.pk in (
            edition.approved_by_id,
            edition.confirmed_by_id,
            edition.withdrawn_by_id,
            edition.removed_by_id,
        ):
            yield "approved by another"
    if Person.objects.filter(is_superuser=True).exists():
        yield "superuser"


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_approves_own_work_by_a_forged_post(superuser: bool) -> None:
    team = Team()
    author = team.publisher
    Person.objects.filter(pk=author.pk).update(is_superuser=superuser)
    client = signed_in(Person.objects.get(pk=author.pk))
    brief = workflow.create(factories.content(), by=author)
    workflow.submit(brief, by=author, version=brief.version)
    for verb in ("sign_off_zh", "sign_off_en", "approve"):
        before = database_checksum()
        response = client.post(
            f"/admin/briefs/brief/{brief.pk}/{verb}/", posted(brief, verb, team.other_publisher)
        )
        assert (response.status_code, database_checksum()) == (409, before), verb
    factories.sign_off(brief, team.reviewer)
    before = database_checksum()
    response = client.post(
        f"/admin/briefs/brief/{brief.pk}/approve/", posted(brief, "approve", team.other_publisher)
    )
    assert (response.status_code, database_checksum()) == (409, before), (
        "signed by another, approved by the last editor"
    )
    assert not Edition.objects.exists()
    colleague = signed_in(team.other_publisher)
    assert (
        colleague.post(
            f"/admin/briefs/brief/{brief.pk}/approve/", posted(brief, "approve", author)
        ).status_code
        == 302
    )
    assert Edition.objects.get().approved_by == team.other_publisher


def test_the_stock_forms_of_the_admin_write_no_brief_and_no_edition() -> None:
    """No action, no list of editable rows, no inline: whatever is posted to a list or a page of rows."""
    team = Team()
    brief = factories.live_brief(team)
    client = signed_in(team.publisher)
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
