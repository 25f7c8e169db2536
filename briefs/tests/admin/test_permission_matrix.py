"""The permission matrix of the desk, tried: each address by each person, and no row moved by a refusal."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, resolve

from briefs import policy, workflow
from briefs.admin.home import letter_views
from briefs.admin.review import review_views
from briefs.admin.uploads import upload_views
from briefs.admin.verbs import verb_views
from briefs.admin.verbs.verb_pages import VERB_FORMS
from briefs.models import Brief, Letter, Upload

from ..support import route_registry
from ..support.permission_fixtures import PermissionScenario
from ..support.permission_matrix import ACTORS, MatrixRow, matrix_rows
from ..support.permission_requests import PermissionRequest, build_request
from ..support.query_recorder import database_checksum, record_written_tables

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ROWS = matrix_rows()
LOOKING = {"admin/briefs/brief/<int:pk>/pulse/": {"briefs_presence"}}
"""Looks that write, and where: who has a brief open is told by asking."""
NOBODY = "atin"
"""Whoever is not in a cell of theirs is shut out; all others are told why not."""
EVERY_DAY = "nr"
"""People of whom the default run tries every fifth row; the whole is heavy only for the time it takes."""
NO_HEAD = {"admin/login/", "admin/briefs/brief/<int:pk>/pulse/"}
"""Where HEAD is not what GET is: the form to whoever is signed in already, and refused."""


# The table is whole


def declared(route: str) -> set[str]:
    return {row.act for row in ROWS if row.route == route}


def test_every_address_of_the_desk_is_declared() -> None:
    there = {leaf.route for leaf in route_registry.walk_routes() if route_registry.is_staff_route(leaf.route)}
    assert {row.route for row in ROWS} == there
    assert len(ROWS) == len({row.name for row in ROWS})


def test_every_verb_act_and_action_is_declared() -> None:
    assert declared("admin/briefs/brief/<int:pk>/<slug:verb>/") == {*VERB_FORMS, *verb_views.DIRECT_VERBS}
    assert declared("admin/briefs/brief/<int:pk>/review/") == {"", *review_views.REVIEW_ACTIONS}


def test_every_action_of_a_list_is_declared(scenario: PermissionScenario) -> None:
    request = RequestFactory().get("/admin/")
    request.user = scenario.people["s"]
    for model, screen in admin.site._registry.items():
        route = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert declared(route) == {"", *screen.get_actions(request)}, route


def test_every_row_says_how_it_is_pressed(scenario: PermissionScenario) -> None:
    for row in ROWS:
        assert resolve(build_request(scenario, row).path).route == row.route, row.name


# Knocking


def data_of(press: PermissionRequest) -> dict[str, Any]:
    return press.data | {name: SimpleUploadedFile("名.jpg", data) for name, data in press.files.items()}


def is_shut(response: Any) -> bool:
    """Refused, or sent elsewhere on the desk without a word of what was asked for."""
    away = response.status_code == 302 and response["Location"].startswith("/admin/")
    return away or response.status_code in (403, 404, 405)


def asked(client: Client, press: PermissionRequest, method: str) -> Any:
    if method == "POST":
        return client.post(press.path + press.query, data_of(press))
    return client.generic(method, press.path + press.query)


def knocked(client: Client, press: PermissionRequest, method: str) -> tuple[Any, list[str]]:
    """The answer, and the tables of which a row was written. Everything is undone, the sign-in too."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        press.prepare()
        with record_written_tables() as seen:
            response = asked(client, press, method)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)
    return response, seen.tables


def wrong_looks(scenario: PermissionScenario, row: MatrixRow, press: PermissionRequest, who: str) -> Iterator[str]:
    for method in ("GET",) if who in EVERY_DAY or row.route in NO_HEAD else ("GET", "HEAD"):
        response, tables = knocked(scenario.clients[who], press, method)
        said = f"{method} {row.name}: {who} {response.status_code}"
        if (response.status_code == 200) != (who in row.may_get):
            yield said
        if who in NOBODY and who not in row.may_get and not is_shut(response):
            yield f"{said}, not shut"
        if set(tables) - LOOKING.get(row.route, set()) and not undone(scenario, press, who, method):
            yield f"{said}, wrote {tables}"


def wrong_presses(scenario: PermissionScenario, row: MatrixRow, press: PermissionRequest, who: str) -> Iterator[str]:
    response, tables = knocked(scenario.clients[who], press, "POST")
    said = f"POST {row.name}: {who} {response.status_code}, wrote {tables}"
    answered = response.status_code < 400 and bool(tables) if row.changes_rows else press.is_answered(response)
    if answered != (who in row.may_post) and (row.changes_rows or row.may_post):
        yield said
    if who not in row.may_post:
        if tables and not undone(scenario, press, who, "POST"):
            yield f"{said}, though refused"
        if who in NOBODY and who not in row.may_get and not is_shut(response):
            yield f"{said}, not shut"


def undone(scenario: PermissionScenario, press: PermissionRequest, who: str, method: str) -> bool:
    """Whether the request itself rolled back what it wrote."""
    with transaction.atomic():
        press.prepare()
        before = database_checksum()
        asked(scenario.clients[who], press, method)
        same = database_checksum() == before
        transaction.set_rollback(True)
    return same


@pytest.mark.heavy
@pytest.mark.parametrize("who", ACTORS)
def test_matrix(scenario: PermissionScenario, who: str) -> None:
    is_right(scenario, who)


@pytest.mark.parametrize("first", range(len(EVERY_DAY)))
def test_a_part_of_the_matrix(scenario: PermissionScenario, first: int) -> None:
    """Other rows for each person."""
    is_right(scenario, EVERY_DAY[first], slice(first, None, 5))


def is_right(scenario: PermissionScenario, who: str, part: slice = slice(None)) -> None:
    before, wrong = database_checksum(), list(wrong_cells(scenario, who, part))
    assert not wrong, "\n".join(wrong)
    assert database_checksum() == before


def wrong_cells(scenario: PermissionScenario, who: str, part: slice = slice(None)) -> Iterator[str]:
    for row in ROWS[part]:
        press = build_request(scenario, row)
        if row.may_get != ".":
            yield from wrong_looks(scenario, row, press, who)
        yield from wrong_presses(scenario, row, press, who)


# Everybody's pages, and a guest's


@pytest.mark.heavy
def test_a_public_page_is_the_same_for_everybody(scenario: PermissionScenario) -> None:
    """Whoever is signed in: none of it knows who asks. Whatever is sent, no row moves but the counts of searches."""
    slugs = [*Brief.objects.exclude(slug=None).values_list("slug", flat=True)[:3], "no-such-brief"]
    wrong = []
    with transaction.atomic():
        with record_written_tables() as seen:
            for (_route, address), method in product(
                route_registry.public_addresses(slugs), ("GET", "POST", "DELETE")
            ):
                plain = seen_by(Client(), address, method)
                answers = {who: seen_by(scenario.clients[who], address, method) for who in "nps"}
                wrong += [(who, method, address) for who, answer in answers.items() if answer != plain]
        transaction.set_rollback(True)
    assert wrong == []
    assert set(seen.tables) <= {"briefs_search"}


def test_a_guests_link_opens_for_whoever_has_it_until_it_is_revoked(scenario: PermissionScenario) -> None:
    def statuses() -> set[int]:
        addresses = list(route_registry.token_addresses(scenario.shared_link.token))
        return {scenario.clients[who].get(address).status_code for who in ACTORS for address in addresses}

    with transaction.atomic():
        assert statuses() == {200}
        workflow.unshare(scenario.shared_link.link, by=scenario.people["v"])
        assert statuses() == {404}
        transaction.set_rollback(True)


RENEWED = rb'nonce="[^"]*"|name="stamp" value="[^"]*"'
"""What differs from answer to answer."""


def seen_by(client: Client, address: str, method: str) -> Any:
    response = client.generic(method, address)
    body = b"" if response.streaming else re.sub(RENEWED, b"", response.content)
    return response.status_code, response.get("Location"), response.get("Vary"), body


# The tests of the matrix


def test_a_new_address_or_action_has_to_be_declared(
    scenario: PermissionScenario, editable_urlpatterns: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    editable_urlpatterns.insert(0, path("admin/open/", lambda request: HttpResponse("a draft")))
    with pytest.raises(AssertionError):
        test_every_address_of_the_desk_is_declared()
    screen = admin.site._registry[Brief]
    monkeypatch.setattr(screen, "actions", (*screen.actions, lambda screen, request, rows: None))
    with pytest.raises(AssertionError):
        test_every_action_of_a_list_is_declared(scenario)


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "a role knows every verb": (policy, "has_role_for", lambda person, verb: bool(policy.get_roles(person))),
    "everybody on the desk has a role": (policy, "get_roles", lambda person: policy.ALL_ROLES),
    "uploads are anybody's": (upload_views, "find_pending_upload", lambda owner, pk: Upload.objects.get(pk=pk)),
    "a look writes": (letter_views, "letters_queryset", lambda: Letter.objects.filter(pk=Letter.objects.update(name="seen"))),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_cell_is_noticed(scenario: PermissionScenario, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(*MUTANTS[name])
    assert any(next(wrong_cells(scenario, who), "") for who in ("n", "r", "v"))
