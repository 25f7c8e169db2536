"""No page of another site can make a browser write here: every POST route asks for a token or for its own origin.

The desk uses Django's CSRF token. Public forms have no cookie that a token could be compared with; they check the
origin that the browser reports (`letters.Sender`). Who may write which row is in `test_permission_matrix`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone

from briefs.models import Edition, Letter
from briefs.publications import letters

from .admin.test_permission_matrix import post_data
from .support import route_registry
from .support.permission_fixtures import PermissionScenario
from .support.permission_matrix import matrix_rows
from .support.permission_requests import PermissionRequest, build_request
from .support.query_recorder import record_written_tables

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

OTHER_SITE = "https://evil.example"
SAMPLE_STEP = 5
"""The default run tries every fifth POST; that every route asks for a token is tested without requests."""
FORGED_HEADERS: list[dict[str, str]] = [
    {},
    {"Origin": OTHER_SITE},
    {"Origin": "null"},
    {"Origin": OTHER_SITE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
]
"""What browsers send with a form that was not opened here: from another site, a sandboxed frame, a sibling host."""


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_only_public_routes_are_exempt_from_the_token() -> None:
    without_token = {*route_registry.PUBLIC_ROUTES, *route_registry.TOKEN_ROUTES, *route_registry.MAIL_ROUTES}
    leaves = [leaf for leaf in route_registry.walk_routes() if leaf.route not in without_token]
    assert [leaf.route for leaf in leaves if getattr(leaf.entry.callback, "csrf_exempt", False)] == []


# The desk


def send_and_undo(
    client: Client, press: PermissionRequest, token: str = "", **headers: str
) -> tuple[int, list[str]]:
    """Send a request with this token alone, and undo it. Return the status and the tables written."""
    data = post_data(press) | {"csrfmiddlewaretoken": token}
    with transaction.atomic():
        press.prepare()
        with record_written_tables() as recorded:
            status = client.post(press.path + press.query, data, headers=headers).status_code
        transaction.set_rollback(True)
    return status, recorded.tables


def test_desk_refuses_sample_of_posts_without_a_token_or_from_another_site(
    scenario: PermissionScenario,
) -> None:
    """Try the POST of each row, which the same person may send, so that only the missing token can refuse it."""
    wrong, tried = [], set()
    request = RequestFactory().get("/")
    token = get_token(request)
    for row in [row for row in matrix_rows() if row.may_post][::SAMPLE_STEP]:
        press = build_request(scenario, row)
        client = Client(enforce_csrf_checks=True)
        client.cookies.update(scenario.clients[row.may_post[-1]].cookies)
        client.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
        answers = [
            send_and_undo(client, press),
            send_and_undo(client, press, token, Origin=OTHER_SITE),
            send_and_undo(client, press, token, Origin="null"),
        ]
        own, _tables = send_and_undo(client, press, token, Origin="http://testserver")
        if answers != [(403, [])] * 3 or own == 403:
            wrong.append((row.name, answers, own))
        tried.add(row.route)
    assert not wrong, "\n".join(map(str, wrong))
    assert len(tried) > 10


# Public forms


def test_public_form_is_refused_unless_its_own_page_sent_it(scenario: PermissionScenario) -> None:
    """The form's stamp is valid, so that only the origin can refuse it. Other public routes refuse every POST."""
    slugs = list(Edition.objects.listed(timezone.now()).values_list("slug", flat=True))[:2]
    addresses = [*route_registry.public_addresses(slugs)]
    addresses += [
        (resolve(address).route, address)
        for address in route_registry.token_addresses(scenario.shared_link.token)
    ]
    wrong, statuses_by_route = [], defaultdict[str, set[int]](set)
    for route, address in addresses:
        is_form = route in route_registry.TOKEN_ROUTES or route_registry.PUBLIC_ROUTES[route].posts
        form = {"authenticity_token": _read_stamp(address) if is_form else "", "text": "不對。"}
        with (
            time_machine.travel(timezone.now() + letters.MIN_FORM_AGE * 2, tick=False),
            record_written_tables() as recorded,
        ):
            statuses = {
                Client(enforce_csrf_checks=True).post(address, form, headers=headers).status_code
                for headers in FORGED_HEADERS[: None if is_form else 1]
            }
        if not statuses <= {403, 404, 405} or recorded.tables:
            wrong.append((address, statuses, recorded.tables))
        statuses_by_route[route] |= statuses
    assert wrong == []
    assert {route for route, public in route_registry.PUBLIC_ROUTES.items() if public.posts} <= {
        route for route, statuses in statuses_by_route.items() if 403 in statuses
    }


def test_public_form_is_accepted_from_its_own_page(scenario: PermissionScenario) -> None:
    slug = Edition.objects.listed(timezone.now()).values_list("slug", flat=True)[0]
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    for address in (f"/en/briefs/{slug}/report/", f"/preview/{scenario.shared_link.token}/en/"):
        form = {"authenticity_token": _read_stamp(address), "text": "不對。"}
        before = Letter.objects.count()
        with time_machine.travel(timezone.now() + letters.MIN_FORM_AGE * 2, tick=False), transaction.atomic():
            assert Client(enforce_csrf_checks=True).post(address, form, headers=own).status_code == 303
            assert Letter.objects.count() == before + 1
            transaction.set_rollback(True)


def _read_stamp(address: str) -> str:
    found = re.search(r'name="authenticity_token" value="([^"]+)"', Client().get(address).content.decode())
    return found[1] if found else ""
