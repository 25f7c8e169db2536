"""Refusal and not-found pages of the admin, shown only to people with access to it."""

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
    ("who", "verb", "method"), [("writer", "approve", "get"), ("reviewer", "add", "get")]
)
def test_refused_person_gets_admin_page_naming_who_may(
    client: Client, team: Team, who: str, verb: str, method: str, language: str
) -> None:
    person = getattr(team, who)
    address = "/admin/briefs/brief/add/" if verb == "add" else brief_url(factories.signed_brief(team), verb)
    sign_in(client, person)
    Person.objects.filter(pk=person.pk).update(language=language)
    page = getattr(client, method)(address)
    html = page.text
    assert (page.status_code, page.headers["Cache-Control"].count("no-store")) == (403, 1)
    assert BACK_LINK in html
    assert '<nav class="desk-nav"' in html, "the frame of the desk"
    permitted = ["writer", "other-writer", "publisher"] if verb == "add" else ["publisher", "other-publisher"]
    assert REFUSAL_MESSAGES[language] % ("、" if language == "zh-hant" else ", ").join(permitted) in html


def test_publisher_refused_among_accounts_is_sent_to_an_administrator(client: Client, team: Team) -> None:
    page = sign_in(client, team.publisher).get("/admin/briefs/person/")
    assert page.status_code == 403
    assert REFUSAL_MESSAGES["en"] % "an administrator" in page.text


@pytest.mark.parametrize("address", ["/admin/nowhere/", "/admin/briefs/brief/99999/change/", "/admin/x"])
def test_unknown_address_gets_admin_not_found_page(client: Client, team: Team, address: str) -> None:
    page = sign_in(client, team.writer).get(address)
    assert (page.status_code, "no-store" in page.headers["Cache-Control"]) == (404, True)
    assert BACK_LINK in page.text
    assert "Page not found" in page.text


def test_reader_and_anonymous_are_redirected_without_details(client: Client, team: Team) -> None:
    reader = factories.person("reader")
    reader.is_staff = False
    reader.save()
    for address in ("/admin/nowhere/", brief_url(factories.signed_brief(team), "approve")):
        anonymous = Client().get(address)
        page = sign_in(client, reader).get(address)
        assert (page.status_code, anonymous.status_code) == (302, 302)
        assert b"Ask" not in page.content + anonymous.content


def test_middleware_ignores_errors_of_anonymous_request(rf: RequestFactory) -> None:
    request = rf.get("/admin/nowhere/")
    request.user = AnonymousUser()
    for error in (Http404(), PermissionDenied("approve")):
        assert DeskMiddleware(lambda request: HttpResponse()).process_exception(request, error) is None
