"""The date of an article, typed on the desk: read as an import reads it, and never guessed."""

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Brief

from ...support import factories
from ...support.form_client import form_of, sign_in, url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def date_of(brief: Brief) -> tuple[str, str]:
    facts = workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts
    return facts.date, facts.date_label


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2024年3月7日", ("2024-03-07", "")),
        ("March 7, 2024", ("2024-03-07", "")),
        ("7 March 2024", ("2024-03-07", "")),
        ("民國113年3月7日", ("2024-03-07", "")),
        ("2024/3/7", ("2024-03-07", "")),
        ("03/17/2024", ("2024-03-17", "")),
        ("March 2024", ("2024-03", "")),
        ("2024-03", ("2024-03", "")),
        ("March/April 2024", ("2024-03", "March/April 2024")),
        ("", ("", "")),
    ],
)
@pytest.mark.parametrize("end", ["", "autosave"])
def test_a_date_is_typed_as_people_write_it(
    mine: Client, team: factories.Team, end: str, typed: str, stored: tuple[str, str]
) -> None:
    brief = factories.draft(team)
    address = url(brief, end) if end else url(brief)
    mine.post(address, form_of(mine, brief).with_(date=typed))
    assert date_of(brief) == stored
    assert form_of(mine, brief).data["date"] == [stored[0]]
    assert Brief.objects.get(pk=brief.pk).article_date_confirmed == bool(typed)


@pytest.mark.parametrize("order", ["mdy", "dmy"])
def test_one_that_reads_in_two_ways_is_asked_about(
    mine: Client, team: factories.Team, settings: object, order: str
) -> None:
    settings.DIGEST_DATE_ORDER = order
    brief = factories.draft(team)
    before = date_of(brief)
    data = form_of(mine, brief).with_(date="03/07/2024", headline_en="Kept")
    answer = mine.post(url(brief, "autosave"), data).json()
    readings = ["7 March 2024 (Thursday)", "3 July 2024 (Wednesday)"][:: 1 if order == "mdy" else -1]
    told = "“03/07/2024” can be read in two ways. Choose {} or {}.".format(*readings)
    assert answer["reasons"] == [{"about": "date", "text": told}]
    assert date_of(brief) == before
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).headline_en == "Kept"
    page = mine.post(url(brief), {**form_of(mine, brief).data, "date": ["03/07/2024"]})
    assert page.status_code == 409
    assert told in page.content.decode()
    assert 'value="03/07/2024"' in page.content.decode()


def test_what_is_no_date_is_said_and_kept(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    page = mine.post(url(brief), form_of(mine, brief).with_(date="last spring"))
    assert page.status_code == 409
    assert "“last spring” is not a date." in page.content.decode()
    assert 'value="last spring"' in page.content.decode()
