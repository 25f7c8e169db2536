"""Pages of verbs that are no longer possible: they show the reason instead of the form."""

import pytest
from django.test import Client

from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, get_verb_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_second_approval_shows_the_reason_and_no_form(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.other_publisher)
    data = get_verb_form(client, brief, "approve").data_with(when="now")
    factories.approve(brief, team.publisher)
    response = client.post(brief_url(brief, "approve"), data)
    page = response.text
    assert response.status_code == 409
    reason = page[page.index('class="reasons"') :].partition("</div>")[0]
    assert "Approved" in reason
    assert "publisher" in reason
    for part in ('name="when"', 'name="at"', "Back without doing this"):
        assert part not in page
    assert "Back to the brief" in page
    assert client.get(brief_url(brief, "approve")).text.count('name="when"') == 0
