"""Who has a brief open: seen within seconds, forgotten as quickly."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.admin.common.presence import list_current_presence
from briefs.models import Presence

from ...support import factories
from ...support.form_client import sign_in, brief_url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def names(client: Client, brief: object) -> list[str]:
    return [person["name"] for person in client.get(brief_url(brief, "pulse")).json()["people"]]


def test_two_people_see_each_other_and_not_themselves(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    one, two = sign_in(Client(), team.writer), sign_in(Client(), team.reviewer)
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False) as clock:
        assert names(one, brief) == []
        clock.shift(4)
        assert two.get(brief_url(brief, "pulse")).json()["people"] == [
            {"name": "writer", "initial": "w", "seconds": 4}
        ]
        assert names(one, brief) == ["reviewer"]
        clock.shift(11)
        assert names(one, brief) == ["reviewer"]
        clock.shift(2)
        assert names(one, brief) == [], "a page that fell silent is gone"


def test_the_pulse_says_what_is_newest(team: factories.Team) -> None:
    brief = factories.edit(factories.draft_brief(team), team.other_writer, headline_en="Newer")
    client = sign_in(Client(), team.writer)
    response = client.get(brief_url(brief, "pulse"))
    answer = response.json()
    assert (answer["version"], answer["base"], answer["by"]) == (brief.version, 2, "other-writer")
    assert answer["csrf"]
    assert "no-store" in response.headers["Cache-Control"]
    assert set(answer) == {"csrf", "version", "base", "by", "event", "people"}


def test_leaving_forgets_at_once(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    one, two = sign_in(Client(), team.writer), sign_in(Client(), team.reviewer)
    names(one, brief)
    assert one.post(brief_url(brief, "pulse"), {"leave": "1"}).status_code == 204
    assert names(two, brief) == []
    assert two.post(brief_url(brief, "pulse")).status_code == 405


def test_of_another_brief_and_of_none(team: factories.Team) -> None:
    brief, other = factories.draft_brief(team), factories.draft_brief(team)
    one, two = sign_in(Client(), team.writer), sign_in(Client(), team.reviewer)
    names(one, brief)
    assert names(two, other) == []
    assert one.get("/admin/briefs/brief/999/pulse/").status_code == 404
    one.logout()
    assert one.get(brief_url(brief, "pulse")).status_code == 302
    assert sign_in(Client(), team.outsider).get(brief_url(brief, "pulse")).status_code == 403


def test_what_is_long_past_is_swept(team: factories.Team) -> None:
    brief, other = factories.draft_brief(team), factories.draft_brief(team)
    long_ago = timezone.now() - dt.timedelta(hours=1)
    Presence.objects.create(brief=brief, person=team.publisher, seen_at=long_ago)
    client = sign_in(Client(), team.writer)
    names(client, other)
    assert [row.person for row in Presence.objects.all()] == [team.writer]


def test_everything_open_now_in_one_query(team: factories.Team) -> None:
    now = timezone.now()
    drafts = [factories.draft_brief(team) for _ in range(3)]
    for i, brief in enumerate(drafts):
        Presence.objects.create(brief=brief, person=team.writer, seen_at=now - dt.timedelta(seconds=6 * i))
    with CaptureQueriesContext(connection) as queries:
        found = [(brief.pk, str(person)) for brief, person, _ in list_current_presence(now)]
    assert found == [(drafts[0].pk, "writer"), (drafts[1].pk, "writer")]
    assert len(queries) == 1
