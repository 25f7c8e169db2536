"""Test the article date typed in the brief form: parsed as in an import (`documents/test_accepted_dates.py`), never guessed."""

import pytest
from django.test import Client

from briefs.models import Brief
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import get_brief_form, save_brief_form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def date_of(brief: Brief) -> tuple[str, str]:
    facts = factories.load_content(brief).facts
    return facts.date, facts.date_label


def test_date_in_common_notation_is_stored(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    for typed, stored in (
        ("", ("", "")),
        ("民國113年3月7日", ("2024-03-07", "")),
        ("03/17/2024", ("2024-03-17", "")),
        ("March/April 2024", ("2024-03", "March/April 2024")),
    ):
        save_brief_form(writer_client, brief, date=typed)
        assert date_of(brief) == stored
        assert get_brief_form(writer_client, brief).data["date"] == [stored[0]]
        assert Brief.objects.get().article_date_confirmed == bool(typed)


def test_ambiguous_date_is_rejected_with_both_readings(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    typed = {"date": "03/07/2024", "headline_en": "Kept"}
    answer = save_brief_form(writer_client, brief, "autosave", **typed).json()
    message = (
        "“03/07/2024” can be read in two ways. Choose 7 March 2024 (Thursday) or 3 July 2024 (Wednesday)."
    )
    assert answer["reasons"] == [{"about": "date", "text": message}]
    assert (date_of(brief), factories.load_content(brief).headline_en) == (("2025-06-09", ""), "Kept")
    page = save_brief_form(writer_client, brief, **typed)
    assert page.status_code == 409
    assert message in page.text
    assert 'value="03/07/2024"' in page.text
