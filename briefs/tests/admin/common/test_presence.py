"""Presence: who has a brief open, as recorded by polling and expired within seconds."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from briefs.models import Presence
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def names_present(client: Client, brief: object) -> list[str]:
    return [person["name"] for person in client.get(brief_url(brief, "pulse")).json()["people"]]


def test_people_see_each_other_until_presence_expires(team: Team) -> None:
    brief = factories.draft_brief(team)
    writer_client, reviewer_client = sign_in(Client(), team.writer), sign_in(Client(), team.reviewer)
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False) as clock:
        assert names_present(writer_client, brief) == []
        clock.shift(4)
        assert reviewer_client.get(brief_url(brief, "pulse")).json()["people"] == [
            {"name": "writer", "initial": "w", "seconds": 4, "row": ""}
        ]
        assert names_present(writer_client, brief) == ["reviewer"]
        clock.shift(11)
        assert names_present(writer_client, brief) == ["reviewer"]
        clock.shift(2)
        assert names_present(writer_client, brief) == [], "a page that stopped polling is gone"


def test_pulse_reports_newest_version_and_its_editor(team: Team) -> None:
    brief = factories.edit(factories.draft_brief(team), team.other_writer, headline_en="Newer")
    client = sign_in(Client(), team.writer)
    response = client.get(brief_url(brief, "pulse"))
    data = response.json()
    assert (data["version"], data["base"], data["by"]) == (brief.version, 2, "other-writer")
    assert data["csrf"]
    assert "no-store" in response.headers["Cache-Control"]
    assert set(data) == {*("csrf", "version", "base", "by", "event", "people", "person", "name", "own_pages")}


def test_each_page_of_a_person_is_counted_and_leaves_alone(team: Team) -> None:
    brief = factories.draft_brief(team)
    pulse = brief_url(brief, "pulse")
    client, other_client = sign_in(Client(), team.writer), sign_in(Client(), team.reviewer)
    first, second = ({"page": letter * 32, "row": row} for letter, row in (("a", "b1"), ("b", "headline")))
    assert [client.get(pulse, page).json()["own_pages"] for page in (first, second)] == [0, 1]
    people = other_client.get(pulse).json()["people"]
    assert [(person["name"], person["row"]) for person in people] == [("writer", "headline")]
    assert client.post(pulse, {"leave": "1", "page": "b" * 32}).status_code == 204
    assert client.get(pulse, first).json()["own_pages"] == 0
    assert names_present(other_client, brief) == ["writer"]
    assert other_client.post(pulse).status_code == 405
    client.post(pulse, {"leave": "1", "page": "a" * 32})
    assert names_present(other_client, brief) == []
    client.get(pulse, {"page": "<script>", "row": "b1'; drop"})
    assert Presence.objects.values_list("page", "row").get(person=team.writer) == ("", "")


def test_presence_is_per_brief_and_deleted_when_expired(team: Team) -> None:
    brief, other_brief = factories.draft_brief(team), factories.draft_brief(team)
    writer_client, reviewer_client = sign_in(Client(), team.writer), sign_in(Client(), team.reviewer)
    names_present(writer_client, brief)
    assert names_present(reviewer_client, other_brief) == []
    assert writer_client.get("/admin/briefs/brief/999/pulse/").status_code == 404
    Presence.objects.update(seen_at=timezone.now() - dt.timedelta(hours=1))
    names_present(sign_in(Client(), team.publisher), other_brief)
    assert [row.person for row in Presence.objects.all()] == [team.publisher]
