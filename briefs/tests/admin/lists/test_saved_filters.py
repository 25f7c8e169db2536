"""A person's saved views of the list: theirs alone, few, and nothing but what narrows it."""

import re
from urllib.parse import parse_qs

import pytest
from django.test import Client

from briefs.models import SavedFilter

from ...support import factories
from ...support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST = "/admin/briefs/brief/"
SAVE = LIST + "filters/"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def save(client: Client, name: str, query: str = "state=draft") -> str:
    response = client.post(SAVE, {"name": name, "query": query}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_a_filter_is_saved_shown_and_used(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    factories.submitted_brief(team)
    page = mine.get(LIST + "?state=draft").content.decode()
    assert "Save this filter" in page
    page = save(mine, "My  drafts ")
    row = SavedFilter.objects.get()
    assert (row.name, row.query, row.person) == ("My drafts", "state=draft", team.writer)
    assert re.search(r'href="\?state=draft"\s+aria-current="page"', page)
    assert "Save this filter" not in page  # it is there
    found = mine.get(f"{LIST}?{row.query}").context["cl"].result_list
    assert [b.pk for b in found] == [brief.pk]


def test_only_what_narrows_the_list_is_kept(mine: Client) -> None:
    save(mine, "x", "p=3&state=draft&complete=&q=%E6%99%B6%E7%89%87&e=1&password=x&from=2025-01-01&sort=due")
    assert parse_qs(SavedFilter.objects.get().query) == {
        "q": ["晶片"], "state": ["draft"], "from": ["2025-01-01"], "sort": ["due"]
    }  # fmt: skip


@pytest.mark.parametrize("query", ["", "p=2", "state=", "q=" + "x" * 600])
def test_nothing_to_keep_is_refused(mine: Client, query: str) -> None:
    assert "Choose a filter first" in save(mine, "x", query)
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x07b"])
def test_a_name_must_be_one(mine: Client, name: str) -> None:
    assert "at most 60 characters" in save(mine, name)
    assert not SavedFilter.objects.exists()


def test_a_name_is_used_once_and_twenty_are_enough(mine: Client, team: factories.Team) -> None:
    save(mine, "same")
    assert "You have a filter named “same” already." in save(mine, "same", "state=in_review")
    assert SavedFilter.objects.get().query == "state=draft"
    for n in range(19):
        SavedFilter.objects.create(person=team.writer, name=str(n), query=f"q={n}")
    assert "Delete one first." in save(mine, "one more", "q=more")
    assert SavedFilter.objects.count() == 20
    page = mine.get(LIST + "?q=unsaved").content.decode()
    assert "20 are saved" in page
    assert "Save this filter" not in page


def test_it_is_renamed_and_deleted(mine: Client, team: factories.Team) -> None:
    save(mine, "old")
    save(mine, "other", "q=x")
    row = SavedFilter.objects.get(name="old")
    address = f"{SAVE}{row.pk}/"
    assert 'value="old"' in mine.get(LIST + "?state=draft").content.decode()
    mine.post(address, {"do": "rename", "name": "new"})
    mine.post(address, {"do": "rename", "name": "new"})  # to the name that it has
    row.refresh_from_db()
    assert row.name == "new"
    page = mine.post(address, {"do": "rename", "name": "other"}, follow=True).content.decode()
    assert "already." in page
    assert "Deleted the filter “new”." in mine.post(address, {"do": "delete"}, follow=True).content.decode()
    assert [r.name for r in SavedFilter.objects.all()] == ["other"]


def test_nobody_sees_or_touches_another_persons(client: Client, team: factories.Team) -> None:
    row = SavedFilter.objects.create(person=team.writer, name="secret plan", query="state=draft")
    sign_in(client, team.publisher)
    assert "secret plan" not in client.get(LIST + "?state=draft").content.decode()
    for do in ("rename", "delete"):
        assert client.post(f"{SAVE}{row.pk}/", {"do": do, "name": "mine"}).status_code == 404
    row.refresh_from_db()
    assert row.name == "secret plan"
    sign_in(client, team.outsider)
    assert client.post(SAVE, {"name": "x", "query": "state=draft"}).status_code == 403
    assert client.get(SAVE).status_code == 403


def test_it_is_changed_by_post_alone(mine: Client, team: factories.Team) -> None:
    row = SavedFilter.objects.create(person=team.writer, name="x", query="state=draft")
    assert mine.get(SAVE).status_code == mine.get(f"{SAVE}{row.pk}/").status_code == 405


def test_a_saved_address_leads_nowhere_else(mine: Client) -> None:
    response = mine.post(SAVE, {"name": "x", "query": "q=1&next=https://evil.example/"})
    assert response.headers["Location"] == LIST + "?q=1"
