"""What a role may not do, and what is not there: said on a page of the desk, to those who are of it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory

from briefs.admin.home.middleware import DeskMiddleware
from briefs.models import Person

from ...support import factories
from ...support.form_client import sign_in, brief_url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

BACK = '<a href="/admin/">'
ASK = {
    "zh-hant": "您的權限無法執行此操作，請洽 %s。",
    "en": "Your role does not allow this. Ask %s to do it.",
}


@pytest.mark.parametrize("language", ASK)
@pytest.mark.parametrize(
    ("who", "end", "method"),
    [
        ("writer", "approve", "get"),
        ("writer", "withdraw", "get"),
        ("writer", "approve", "post"),
        ("reviewer", "add", "get"),
    ],
)
def test_a_role_is_refused_on_a_page_of_the_desk(
    client: Client, team: factories.Team, who: str, end: str, method: str, language: str
) -> None:
    person = getattr(team, who)
    address = "/admin/briefs/brief/add/" if end == "add" else brief_url(factories.signed_brief(team), end)
    sign_in(client, person)
    Person.objects.filter(pk=person.pk).update(language=language)
    page = getattr(client, method)(address)
    html = page.content.decode()
    assert (page.status_code, page.headers["Cache-Control"].count("no-store")) == (403, 1)
    assert BACK in html
    assert "base_site" in str([template.name for template in page.templates])
    able = ["writer", "other-writer", "publisher"] if end == "add" else ["publisher", "other-publisher"]
    assert ASK[language] % ("、" if language == "zh-hant" else ", ").join(able) in html


@pytest.mark.parametrize("address", ["/admin/nowhere/", "/admin/briefs/brief/99999/change/", "/admin/x"])
def test_what_is_not_there_is_the_desks_own_page(client: Client, team: factories.Team, address: str) -> None:
    page = sign_in(client, team.writer).get(address)
    assert (page.status_code, "no-store" in page.headers["Cache-Control"]) == (404, True)
    assert BACK in page.content.decode()
    assert "Page not found" in page.content.decode()


def test_for_others_nothing_is_told(client: Client, team: factories.Team) -> None:
    reader = factories.person("reader")
    reader.is_staff = False
    reader.save()
    for address in ("/admin/nowhere/", brief_url(factories.signed_brief(team), "approve")):
        anonymous = Client().get(address)
        page = sign_in(client, reader).get(address)
        assert (page.status_code, anonymous.status_code) == (302, 302)
        assert b"Ask" not in page.content + anonymous.content


def test_the_desks_own_page_is_for_those_of_the_desk(rf: RequestFactory) -> None:
    request = rf.get("/admin/nowhere/")
    request.user = AnonymousUser()
    for error in (Http404(), PermissionDenied("approve")):
        assert DeskMiddleware(lambda request: HttpResponse()).process_exception(request, error) is None
