"""After an act the page says what was done, what follows and which brief waits next."""

import re
from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Keyword, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, reload_brief, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def message_after(client: Client, person: Person, brief: Brief, verb: str, **data: Any) -> str:
    sign_in(client, person)
    page = client.post(brief_url(brief, verb), {"version": reload_brief(brief).version, **data}, follow=True)
    assert page.status_code == 200, page.text[-4000:]
    return re.sub(r"<[^>]*>", "", str(next(iter(page.context["messages"]))))


def sign(client: Client, person: Person, brief: Brief, side: Any) -> str:
    seen = factories.seen(brief, side)
    return message_after(client, person, brief, f"sign_off_{side}", **{f"seen_{side}": seen})


def test_writer_learns_who_reviews_after_submission(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer)
    assert message_after(client, team.writer, brief, "submit") == (
        "Submitted for review. In review: Chinese waiting for reviewer; nobody has been asked for the English "
        "(other-publisher, publisher, reviewer or reviewer-en can review it). Nothing else waits for you."
    )
    workflow.send_back(brief, by=team.reviewer, note="No.", sides=("en",))
    again = message_after(client, team.writer, brief, "submit")
    assert "reviewer asked for changes to the English and it is the same still" in again


def test_reviewer_is_offered_the_next_brief(client: Client, team: Team) -> None:
    brief, other = factories.submitted_brief(team), factories.submitted_brief(team)
    for each in (brief, other):
        factories.assign_reviewer(each, "en", team.reviewer, by=team.writer)
        factories.assign_reviewer(each, "zh", team.reviewer_en, by=team.writer)
    factories.sign_off(brief, team.reviewer_en, "zh")
    assert sign(client, team.reviewer, brief, "en") == (
        "Signed off the English. In review: both languages are signed. Waiting for other-publisher or publisher to approve. "
        "You can take back your sign-off until it is approved. Next: Sign off the English · A Headline"
    )


def test_missing_name_of_a_keyword_links_to_the_form_that_takes_it(client: Client, team: Team) -> None:
    keyword = Keyword.make(label_zh="全新關鍵字")
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(keywords=(keyword.pk,))))
    sign_in(client, team.writer)
    page = client.get(brief_url(brief), {"view": "write"}).text
    link = re.search(r'<a class="gap" href="([^"]+)">English of the keyword “全新關鍵字”</a>', page)
    assert link, page
    form = client.get(link[1]).text
    assert re.search(r'<input[^>]* name="label_en"', form)
