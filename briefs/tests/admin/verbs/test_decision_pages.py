"""Decision pages: the obstacles, with links to where to fix them, and the text that is decided upon."""

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.common.task_list import build_keyword_url
from briefs.models import Keyword
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import (
    Form,
    brief_url,
    get_verb_form,
    post_verb_form,
    sign_in,
    snapshot_rows,
)

from .test_verb_buttons import press_button

pytestmark = pytest.mark.django_db


def test_approve_page_links_each_obstacle_to_where_to_fix_it(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.reviewing.add_note(brief, "Which minister?", by=team.reviewer, bullet=2)
    keyword = Keyword.make(label_zh="半邊")
    factories.edit(brief, team.writer, facts=factories.facts(keywords=(keyword.pk,)))
    page = sign_in(client, team.publisher).get(brief_url(brief, "approve")).text
    before = snapshot_rows()
    refused = post_verb_form(client, brief)
    assert (refused.status_code, snapshot_rows()) == (409, before)
    for html in (page, refused.text):
        for href in (
            f"{brief_url(brief, 'review')}#signoff-zh",
            f"{brief_url(brief, 'review')}#note-{note.pk}",
            build_keyword_url(keyword.pk, back=brief_url(brief, "change")),
        ):
            assert f'href="{href}"' in html, href
        for words in ("have seen the Chinese.", "have seen the English.", "1 note is still open"):
            assert words in html
    assert "摘要。" in page
    assert "A summary." in page


def test_approval_of_text_changed_since_page_or_given_twice_is_refused(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    form = get_verb_form(sign_in(client, team.other_publisher), brief, "approve").data_with(when="now")
    factories.edit(brief, team.writer, summary_en="Slipped in")
    before = snapshot_rows()
    response = client.post(brief_url(brief, "approve"), form)
    assert response.status_code == 409
    assert "The brief changed while you were reading" in response.text
    assert snapshot_rows() == before
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    second = client.post(brief_url(brief, "approve"), form)
    assert second.status_code == 409
    reason = second.text[second.text.index('class="reasons"') :].partition("</div>")[0]
    assert "Approved" in reason
    assert "publisher" in reason
    for page in (second.text, client.get(brief_url(brief, "approve")).text):
        assert 'name="when"' not in page
        assert "Back to the brief" in page


def test_source_withdrawal_is_approved_by_another_publisher(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    assert press_button(client, brief, "source_withdrew") == 302
    assert "Two people have to have seen the facts" in post_verb_form(client, brief).text
    assert post_verb_form(sign_in(client, team.other_publisher), brief).status_code == 302
    assert "The source has withdrawn the original article." in Client().get(f"/en/briefs/{brief.slug}/").text


def test_approve_page_after_a_rename_says_what_changed_and_shows_the_new_name(
    client: Client, team: Team
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve").data_with(when="now")
    row = Keyword.objects.get()
    row.label_en = "Techno"
    workflow.vocabulary.save_vocabulary_row(row, by=team.writer)
    refused = client.post(brief_url(brief, "approve"), form)
    assert "科技 · Technology → 科技 · Techno" in refused.text
    assert "Two people have to have seen the Chinese" not in refused.text
    again = Form(refused.text, id=None).data_with(when="now")
    assert client.post(brief_url(brief, "approve"), again).status_code == 302
