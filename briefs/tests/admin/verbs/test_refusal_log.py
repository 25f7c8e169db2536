"""Log of refusals: who was refused what, without what they typed."""

import pytest
from django.test import Client

from briefs.models import State
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, reload_brief, sign_in, snapshot_rows

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_refusal_changes_no_row_and_logs_person_without_input(
    client: Client, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    brief = factories.signed_brief(team)
    draft = factories.draft_brief(team)
    cases = [
        (team.writer, brief, "approve", {}, 403),
        (team.reviewer, brief, "withdraw", {"kind": "SECRET"}, 403),
        (team.reviewer, draft, "send_back", {"note_zh": "SECRET"}, 409),
        (team.writer, draft, "sign_off_zh", {"seen_zh": factories.seen(draft, "zh")}, 409),
        (team.writer, brief, "take_back", {"version": brief.version, "note_text": "SECRET"}, 409),
    ]
    for person, row, verb, data, status in cases:
        sign_in(client, person)
        before = snapshot_rows()
        caplog.clear()
        response = client.post(brief_url(row, verb), data)
        refusals = [r for r in caplog.records if r.name == "briefs.refused"]
        assert (response.status_code, snapshot_rows()) == (status, before), verb
        expected = f"{status} to {person.username} (person {person.pk}): {brief_url(row, verb)}"
        assert [r.getMessage() for r in refusals] == [expected]
        assert "SECRET" not in caplog.text


def test_anonymous_post_read_and_success_are_not_logged_as_refused(
    client: Client, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    brief = factories.draft_brief(team)
    client.post(brief_url(brief, "submit"), {})
    sign_in(client, team.writer)
    client.get(brief_url(brief, "approve"))
    client.post(brief_url(brief, "submit"), {"version": brief.version})
    assert reload_brief(brief).state == State.IN_REVIEW
    assert [r for r in caplog.records if r.name == "briefs.refused"] == []


def test_control_characters_in_address_cannot_forge_log_lines(
    client: Client, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client, team.outsider)
    client.post("/admin/briefs/brief/1/x%0aforged%1b[31m/approve/")
    client.post("/admin/briefs/search/%0aforged")
    client.post("/admin/briefs/brief/1/approve/")
    assert all("\n" not in r.getMessage() and "\x1b" not in r.getMessage() for r in caplog.records)
