"""Decision pages: the obstacles, with links to where to fix them, and the text that is decided upon."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.common.task_list import build_keyword_url
from briefs.models import Edition, Keyword
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_verb_form, sign_in

from .test_verb_buttons import press_button, reload_brief

pytestmark = pytest.mark.django_db


def test_approve_page_links_each_obstacle_to_where_to_fix_it(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "Which minister?", by=team.reviewer, bullet=2)
    keyword = Keyword.make(label_zh="半邊")
    content = workflow.load_working_copy(brief)
    factories.edit(brief, team.writer, facts=replace(content.facts, keywords=(keyword.pk,)))
    sign_in(client, team.publisher)
    page = client.get(brief_url(brief, "approve")).text
    for href in (
        f"{brief_url(brief, 'review')}#signoff-zh",
        f"{brief_url(brief, 'review')}#note-{note.pk}",
        build_keyword_url(keyword.pk, back=brief_url(brief, "change")),
    ):
        assert f'href="{href}"' in page, href
    refused = client.post(
        brief_url(brief, "approve"), get_verb_form(client, brief, "approve").data_with(when="now")
    )
    assert build_keyword_url(keyword.pk, back=brief_url(brief, "change")) in refused.text


def test_ambiguous_clock_time_asks_for_utc_offset(client: Client, team: Team, settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve").data_with(when="later", at="2090-11-05T01:30")
    response = client.post(brief_url(brief, "approve"), form)
    assert response.status_code == 409
    page = response.text
    assert "01:30 (UTC-04:00)" in page
    assert "01:30 (UTC-05:00)" in page
    assert client.post(brief_url(brief, "approve"), {**form, "which": ["0"]}).status_code == 302
    edition = Edition.objects.get(brief=brief)
    assert edition.live_from == dt.datetime(2090, 11, 5, 5, 30, tzinfo=dt.UTC)


def test_source_withdrawal_is_approved_by_another_publisher(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    assert press_button(client, brief, "source_withdrew") == 302
    refused = client.post(
        brief_url(brief, "approve"), get_verb_form(client, brief, "approve").data_with(when="now")
    )
    assert "Two people have to have seen the facts and the note on the change." in refused.text
    sign_in(client, team.other_publisher)
    form = get_verb_form(client, brief, "approve")
    assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302
    client.logout()
    page = client.get(f"/en/briefs/{reload_brief(brief).slug}/").text
    assert "The source has withdrawn the original article." in page


def test_approve_page_after_a_rename_says_what_changed_and_shows_the_new_name(
    client: Client, team: Team
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve").data_with(when="now")
    row = Keyword.objects.get()
    row.label_en = "Techno"
    workflow.save_vocabulary_row(row, by=team.writer)
    refused = client.post(brief_url(brief, "approve"), form)
    assert "科技 · Technology → 科技 · Techno" in refused.text
    assert "Two people have to have seen the Chinese" not in refused.text
    again = Form(refused.text, id=None).data_with(when="now")
    assert client.post(brief_url(brief, "approve"), again).status_code == 302
