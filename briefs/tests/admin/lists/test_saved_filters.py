"""Saved filters of the brief list: private, limited in number, and holding only filter and order parameters."""

import re
from urllib.parse import parse_qs

import pytest
from django.test import Client

from briefs.models import SavedFilter
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST_URL = "/admin/briefs/brief/"
FILTERS_URL = LIST_URL + "filters/"


def save_filter(client: Client, name: str, query: str = "state=draft") -> str:
    response = client.post(FILTERS_URL, {"name": name, "query": query}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_writer_saves_filter_and_uses_it(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    factories.submitted_brief(team)
    page = writer_client.get(LIST_URL + "?state=draft").content.decode()
    assert "Save this filter" in page
    page = save_filter(writer_client, "My  drafts ")
    row = SavedFilter.objects.get()
    assert (row.name, row.query, row.person) == ("My drafts", "state=draft", team.writer)
    assert re.search(r'href="\?state=draft"\s+aria-current="page"', page)
    assert "Save this filter" not in page  # already saved
    results = writer_client.get(f"{LIST_URL}?{row.query}").context["cl"].result_list
    assert [b.pk for b in results] == [brief.pk]


def test_only_filter_and_order_parameters_are_saved(writer_client: Client) -> None:
    save_filter(
        writer_client,
        "x",
        "p=3&state=draft&complete=&q=%E6%99%B6%E7%89%87&e=1&password=x&from=2025-01-01&sort=due",
    )
    assert parse_qs(SavedFilter.objects.get().query) == {
        "q": ["晶片"], "state": ["draft"], "from": ["2025-01-01"], "sort": ["due"]
    }  # fmt: skip


@pytest.mark.parametrize("query", ["", "p=2", "state=", "q=" + "x" * 600])
def test_query_without_usable_filter_is_refused(writer_client: Client, query: str) -> None:
    assert "Choose a filter first" in save_filter(writer_client, "x", query)
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x07b"])
def test_invalid_filter_name_is_refused(writer_client: Client, name: str) -> None:
    assert "at most 60 characters" in save_filter(writer_client, name)
    assert not SavedFilter.objects.exists()


def test_duplicate_name_and_twenty_first_filter_are_refused(
    writer_client: Client, team: factories.Team
) -> None:
    save_filter(writer_client, "same")
    assert "You have a filter named “same” already." in save_filter(writer_client, "same", "state=in_review")
    assert SavedFilter.objects.get().query == "state=draft"
    for n in range(19):
        SavedFilter.objects.create(person=team.writer, name=str(n), query=f"q={n}")
    assert "Delete one first." in save_filter(writer_client, "one more", "q=more")
    assert SavedFilter.objects.count() == 20
    page = writer_client.get(LIST_URL + "?q=unsaved").content.decode()
    assert "20 are saved" in page
    assert "Save this filter" not in page


def test_writer_renames_and_deletes_filter(writer_client: Client, team: factories.Team) -> None:
    save_filter(writer_client, "old")
    save_filter(writer_client, "other", "q=x")
    row = SavedFilter.objects.get(name="old")
    address = f"{FILTERS_URL}{row.pk}/"
    assert 'value="old"' in writer_client.get(LIST_URL + "?state=draft").content.decode()
    writer_client.post(address, {"do": "rename", "name": "new"})
    # renaming a filter to its own name is allowed
    writer_client.post(address, {"do": "rename", "name": "new"})
    row.refresh_from_db()
    assert row.name == "new"
    page = writer_client.post(address, {"do": "rename", "name": "other"}, follow=True).content.decode()
    assert "already." in page
    assert (
        "Deleted the filter “new”."
        in writer_client.post(address, {"do": "delete"}, follow=True).content.decode()
    )
    assert [r.name for r in SavedFilter.objects.all()] == ["other"]


def test_filter_of_another_person_is_neither_shown_nor_changed(client: Client, team: factories.Team) -> None:
    row = SavedFilter.objects.create(person=team.writer, name="secret plan", query="state=draft")
    sign_in(client, team.publisher)
    assert "secret plan" not in client.get(LIST_URL + "?state=draft").content.decode()
    for do in ("rename", "delete"):
        assert client.post(f"{FILTERS_URL}{row.pk}/", {"do": do, "name": "mine"}).status_code == 404
    row.refresh_from_db()
    assert row.name == "secret plan"
    sign_in(client, team.outsider)
    assert client.post(FILTERS_URL, {"name": "x", "query": "state=draft"}).status_code == 403
    assert client.get(FILTERS_URL).status_code == 403


def test_get_of_filter_address_is_refused(writer_client: Client, team: factories.Team) -> None:
    row = SavedFilter.objects.create(person=team.writer, name="x", query="state=draft")
    assert (
        writer_client.get(FILTERS_URL).status_code
        == writer_client.get(f"{FILTERS_URL}{row.pk}/").status_code
        == 405
    )


def test_saved_query_cannot_redirect_to_another_site(writer_client: Client) -> None:
    response = writer_client.post(FILTERS_URL, {"name": "x", "query": "q=1&next=https://evil.example/"})
    assert response.headers["Location"] == LIST_URL + "?q=1"
