"""Permission matrix of the admin: every person tries every address, and a refusal changes no row."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import resolve

from briefs import workflow
from briefs.admin.review import review_views
from briefs.models import Brief
from briefs.tests.support import route_registry
from briefs.tests.support.permission_fixtures import PermissionScenario
from briefs.tests.support.permission_matrix import ACTORS, MatrixRow, matrix_rows
from briefs.tests.support.permission_requests import PermissionRequest, build_request
from briefs.tests.support.query_recorder import database_checksum, record_written_tables

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ROWS = matrix_rows()
TABLES_WRITTEN_BY_GET = {
    "admin/briefs/brief/<int:pk>/pulse/": {"briefs_presence"},
    "admin/briefs/subscriber/export/": {"briefs_event"},
}
"""Addresses whose GET writes, and the tables: who has a brief open, and that somebody downloaded the subscribers."""
WITHOUT_ACCESS = "atin"
"""People who must be shut out where the matrix does not list them. All others get an explanation."""
SAMPLED_PEOPLE = "nr"
"""People whom the default run tries on every fifth row. The full matrix is marked heavy only for its duration."""
DIFFERENT_HEAD = TABLES_WRITTEN_BY_GET.keys()
"""Addresses that refuse HEAD."""


# Completeness of the table


def declared_acts(route: str) -> set[str]:
    return {row.act for row in ROWS if row.route == route}


def test_every_admin_address_is_declared() -> None:
    admin_routes = {
        leaf.route for leaf in route_registry.walk_routes() if route_registry.is_staff_route(leaf.route)
    }
    assert {row.route for row in ROWS} == admin_routes
    assert len(ROWS) == len({row.name for row in ROWS})


def test_every_review_action_is_declared() -> None:
    assert declared_acts("admin/briefs/brief/<int:pk>/review/") == {"", *review_views.REVIEW_ACTIONS}


RIGHTS = """
wvps    submit, revise, discard, recover, source_withdrew, submit_issue, discard_issue, recover_issue, revise_issue
reps    sign_off_zh, sign_off_en, sign_off_common, sign_off_issue_zh, sign_off_issue_en, sign_off_issue_common
reps    send_back, send_back_issue
ps      approve, cancel, reschedule, withdraw, remove, reinstate, publish_issue, cancel_issue, withdraw_issue
wvreps  confirm_date, note, resolve, note_letter, handle
w       take_back, take_back_issue
r       take_back_sign_off_zh, take_back_sign_off_en, take_back_issue_zh, take_back_issue_en
-       take_back_sign_off_common, take_back_issue_common
"""
"""Who may do each act of the table in the scenario. Written out, so that a right is declared twice."""


def test_table_gives_each_act_to_the_people_listed() -> None:
    lines = (line.split(maxsplit=1) for line in RIGHTS.strip().splitlines())
    expected = {act: who.strip("-") for who, acts in lines for act in acts.split(", ")}
    assert {row.act: row.may_post for row in ROWS if "<slug:verb>" in row.route} == expected


def test_every_list_action_is_declared(scenario: PermissionScenario) -> None:
    request = RequestFactory().get("/admin/")
    request.user = scenario.people["s"]
    for model, screen in admin.site._registry.items():
        route = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert declared_acts(route) == {"", *screen.get_actions(request)}, route


def test_every_row_has_a_request_for_its_route(scenario: PermissionScenario) -> None:
    for row in ROWS:
        assert resolve(build_request(scenario, row).path).route == row.route, row.name


# Requests


def post_data(press: PermissionRequest) -> dict[str, Any]:
    return press.data | {name: SimpleUploadedFile("名.jpg", data) for name, data in press.files.items()}


def is_shut_out(response: Any) -> bool:
    """Whether the response is a refusal or a redirect to another admin page."""
    redirected = response.status_code == 302 and response["Location"].startswith("/admin/")
    return redirected or response.status_code in (403, 404, 405)


def send_request(client: Client, press: PermissionRequest, method: str) -> Any:
    if method == "POST":
        return client.post(press.path + press.query, post_data(press))
    return client.generic(method, press.path + press.query)


def send_and_roll_back(client: Client, press: PermissionRequest, method: str) -> tuple[Any, list[str]]:
    """Return the response and the tables written. Everything is undone, including the sign-in."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        press.prepare()
        with record_written_tables() as recorded:
            response = send_request(client, press, method)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)
    return response, recorded.tables


def find_wrong_reads(
    scenario: PermissionScenario, row: MatrixRow, press: PermissionRequest, who: str
) -> Iterator[str]:
    for method in ("GET",) if who in SAMPLED_PEOPLE or row.route in DIFFERENT_HEAD else ("GET", "HEAD"):
        response, tables = send_and_roll_back(scenario.clients[who], press, method)
        cell = f"{method} {row.name}: {who} {response.status_code}"
        if (response.status_code == 200) != (who in row.may_get):
            yield cell
        if who in WITHOUT_ACCESS and who not in row.may_get and not is_shut_out(response):
            yield f"{cell}, not shut"
        if set(tables) - TABLES_WRITTEN_BY_GET.get(row.route, set()) and not rolls_back_own_writes(
            scenario, press, who, method
        ):
            yield f"{cell}, wrote {tables}"


def find_wrong_posts(
    scenario: PermissionScenario, row: MatrixRow, press: PermissionRequest, who: str
) -> Iterator[str]:
    response, tables = send_and_roll_back(scenario.clients[who], press, "POST")
    cell = f"POST {row.name}: {who} {response.status_code}, wrote {tables}"
    answered = (
        response.status_code < 400 and bool(tables) if row.changes_rows else press.is_answered(response)
    )
    if answered != (who in row.may_post) and (row.changes_rows or row.may_post):
        yield cell
    if who not in row.may_post:
        if tables and not rolls_back_own_writes(scenario, press, who, "POST"):
            yield f"{cell}, though refused"
        if who in WITHOUT_ACCESS and who not in row.may_get and not is_shut_out(response):
            yield f"{cell}, not shut"


def rolls_back_own_writes(
    scenario: PermissionScenario, press: PermissionRequest, who: str, method: str
) -> bool:
    """Whether the request itself rolled back what it wrote."""
    with transaction.atomic():
        press.prepare()
        before = database_checksum()
        send_request(scenario.clients[who], press, method)
        same = database_checksum() == before
        transaction.set_rollback(True)
    return same


@pytest.mark.heavy
@pytest.mark.parametrize("who", ACTORS)
def test_person_gets_declared_answer_at_every_address(
    scenario: PermissionScenario, who: str, request: pytest.FixtureRequest
) -> None:
    """The publisher gets it while the cache is away."""
    if who == "p":
        request.getfixturevalue("denied_cache")
    check_rows(scenario, who)


@pytest.mark.parametrize("first", range(len(SAMPLED_PEOPLE)))
def test_person_gets_declared_answer_at_every_fifth_address(
    scenario: PermissionScenario, first: int, request: pytest.FixtureRequest
) -> None:
    """Each person gets a different fifth of the rows, and the second person while the cache is away."""
    if first:
        request.getfixturevalue("denied_cache")
    check_rows(scenario, SAMPLED_PEOPLE[first], slice(first, None, 5))


def check_rows(scenario: PermissionScenario, who: str, part: slice = slice(None)) -> None:
    before, wrong_cells = database_checksum(), list(find_wrong_cells(scenario, who, part))
    assert not wrong_cells, "\n".join(wrong_cells)
    assert database_checksum() == before


def find_wrong_cells(scenario: PermissionScenario, who: str, part: slice = slice(None)) -> Iterator[str]:
    for row in ROWS[part]:
        press = build_request(scenario, row)
        if row.may_get != ".":
            yield from find_wrong_reads(scenario, row, press, who)
        yield from find_wrong_posts(scenario, row, press, who)


# Public pages and preview links


@pytest.mark.heavy
def test_public_page_is_identical_for_everybody(scenario: PermissionScenario) -> None:
    """Public pages ignore the signed-in person. No method writes a row except search counts."""
    slugs = [*Brief.objects.exclude(slug=None).values_list("slug", flat=True)[:3], "no-such-brief"]
    differences = []
    with transaction.atomic():
        with record_written_tables() as recorded:
            for (_route, address), method in product(
                route_registry.public_addresses(slugs), ("GET", "POST", "DELETE")
            ):
                anonymous_answer = fetch_comparable(Client(), address, method)
                answers = {who: fetch_comparable(scenario.clients[who], address, method) for who in "nps"}
                differences += [
                    (who, method, address) for who, answer in answers.items() if answer != anonymous_answer
                ]
        transaction.set_rollback(True)
    assert differences == []
    assert set(recorded.tables) <= {"briefs_search"}


def test_preview_link_opens_for_everybody_until_revoked(scenario: PermissionScenario) -> None:
    def statuses() -> set[int]:
        addresses = list(route_registry.token_addresses(scenario.shared_link.token))
        return {scenario.clients[who].get(address).status_code for who in ACTORS for address in addresses}

    with transaction.atomic():
        assert statuses() == {200}
        workflow.sharing.unshare(scenario.shared_link.link, by=scenario.people["v"])
        assert statuses() == {404}
        transaction.set_rollback(True)


PER_RESPONSE_VALUES = rb'nonce="[^"]*"|name="authenticity_token" value="[^"]*"'
"""Values that differ from response to response."""


def fetch_comparable(client: Client, address: str, method: str) -> Any:
    response = client.generic(method, address)
    body = b"" if response.streaming else re.sub(PER_RESPONSE_VALUES, b"", response.content)
    return response.status_code, response.get("Location"), response.get("Vary"), body


# Tests of the matrix tests


def test_session_without_factor_opens_no_address_of_the_desk(scenario: PermissionScenario, settings) -> None:
    settings.DIGEST_REQUIRE_MFA = False
    rows = [row for row in ROWS if not row.route.startswith("admin/account/")]
    requests = [build_request(scenario, row) for row in rows]
    settings.DIGEST_REQUIRE_MFA = True
    before, opened = database_checksum(), []
    for row, request in zip(rows, requests, strict=True):
        for who in ("w", "s"):
            for send in (scenario.clients[who].get, scenario.clients[who].post):
                answer = send(request.path + request.query, request.data)
                if answer.status_code != 302 or not answer["Location"].startswith("/admin/"):
                    opened.append((row.name, who, answer.status_code))
    assert opened == []
    assert database_checksum() == before
