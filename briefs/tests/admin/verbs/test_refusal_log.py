"""Log of refusals: who was refused what, without what they typed."""

import pytest
from django.test import Client

from briefs.models import State
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, reload_brief, sign_in, snapshot_rows

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_refusal_changes_no_row_and_alone_is_logged_with_the_person_and_without_input(
    client: Client, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    brief, draft = factories.signed_brief(team), factories.draft_brief(team)
    client.post(brief_url(draft, "submit"), {})
    for person, row, verb, data, status in (
        (team.writer, brief, "approve", {}, 403),
        (team.reviewer, brief, "withdraw", {"kind": "SECRET"}, 403),
        (team.reviewer, draft, "send_back", {"note_zh": "SECRET"}, 409),
        (team.writer, draft, "sign_off_zh", {"seen_zh": factories.seen(draft, "zh")}, 409),
        (team.writer, brief, "take_back", {"version": brief.version, "note_text": "SECRET"}, 409),
    ):
        before = snapshot_rows()
        assert not caplog.records
        response = sign_in(client, person).post(brief_url(row, verb), data)
        assert (response.status_code, snapshot_rows()) == (status, before), verb
        expected = f"{status} to {person.username} (person {person.pk}): {brief_url(row, verb)}"
        assert [r.getMessage() for r in caplog.records if r.name == "briefs.refused"] == [expected]
        assert "SECRET" not in caplog.text
        caplog.clear()
    client.get(brief_url(draft, "approve"))
    client.post(brief_url(draft, "submit"), {"version": draft.version})
    assert reload_brief(draft).state == State.IN_REVIEW
    assert [r for r in caplog.records if r.name == "briefs.refused"] == []


def test_control_characters_in_address_cannot_forge_log_lines(
    client: Client, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client, team.outsider)
    client.post("/admin/briefs/brief/1/x%0aforged%1b[31m/approve/")
    client.post("/admin/briefs/search/%0aforged")
    client.post("/admin/briefs/brief/1/approve/")
    assert all("\n" not in r.getMessage() and "\x1b" not in r.getMessage() for r in caplog.records)
