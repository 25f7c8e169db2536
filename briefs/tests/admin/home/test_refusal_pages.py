"""Refusal and not-found pages of the admin, shown only to people with access to it."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory

from briefs.models import Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, sign_in
from digest.middleware import DeskMiddleware

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

BACK_LINK = '<a href="/admin/">'
REFUSAL_MESSAGES = {
    "zh-hant": "您的權限無法執行此操作，請洽 %s。",
    "en": "Your role does not allow this. Ask %s to do it.",
}


@pytest.mark.parametrize("language", REFUSAL_MESSAGES)
@pytest.mark.parametrize(
    ("who", "address", "permitted"),
    [
        ("writer", "brief/{}/approve/", ("publisher", "other-publisher")),
        ("reviewer", "brief/add/", ("writer", "other-writer", "publisher")),
        ("publisher", "person/", ({"en": "an administrator", "zh-hant": "管理員"},)),
    ],
)
def test_refused_person_gets_admin_page_naming_who_may(
    client: Client, team: Team, who: str, address: str, permitted: tuple[Any, ...], language: str
) -> None:
    sign_in(client, getattr(team, who), language)
    page = client.get(f"/admin/briefs/{address.format(factories.signed_brief(team).pk)}")
    assert (page.status_code, page.headers["Cache-Control"].count("no-store")) == (403, 1)
    assert BACK_LINK in page.text
    assert '<nav class="desk-nav"' in page.text, "the frame of the desk"
    names = [each if isinstance(each, str) else each[language] for each in permitted]
    assert REFUSAL_MESSAGES[language] % ("、" if language == "zh-hant" else ", ").join(names) in page.text


def test_unknown_address_gets_admin_not_found_page(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    for address in ("/admin/nowhere/", "/admin/briefs/brief/99999/change/", "/admin/x"):
        page = client.get(address)
        assert (page.status_code, "no-store" in page.headers["Cache-Control"]) == (404, True)
        assert BACK_LINK in page.text
        assert "Page not found" in page.text


def test_reader_and_anonymous_are_redirected_without_details(client: Client, team: Team) -> None:
    Person.objects.filter(pk=team.outsider.pk).update(is_staff=False)
    client.force_login(Person.objects.get(pk=team.outsider.pk))
    for address in ("/admin/nowhere/", brief_url(factories.signed_brief(team), "approve")):
        for visitor in (client, Client()):
            page = visitor.get(address)
            assert (page.status_code, "Ask" in page.text) == (302, False)


def test_middleware_ignores_errors_of_anonymous_request(rf: RequestFactory) -> None:
    request = rf.get("/admin/nowhere/")
    request.user = AnonymousUser()
    for error in (Http404(), PermissionDenied("approve")):
        assert DeskMiddleware(lambda request: HttpResponse()).process_exception(request, error) is None
