"""Test saves of the brief form that are refused: faulty input, wrong state, missing permission."""

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Author, Brief, Revision
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, save_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_bullet_of_another_brief_and_unknown_level_are_refused(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    data = form.data_with(bullet=["b1", "b77"], text_zh__b77="外來", structure_zh__b1="7-bullet")
    response = writer_client.post(brief_url(brief), data)
    page = response.text
    assert response.status_code == 409
    assert "Bullet 77 is not of this brief" in page
    assert "level or marker of bullet 1" in page
    assert "外來" in page
    assert Revision.objects.count() == 1


def test_refused_save_lists_all_errors_with_links_and_keeps_input(writer_client: Client, team: Team) -> None:
    """SQLite would store a long affiliation; PostgreSQL would raise an error."""
    brief = factories.draft_brief(team)
    typed = {
        "date": "yesterday", "url": "ftp://x", "headline_zh": "字" * 301, "text_en-b2": "typed \x07 words",
        "name-w1": "New Name", "affiliation_en-w1": "x" * 301,
    }  # fmt: skip
    response = save_brief_form(writer_client, brief, **typed)
    page = response.text
    assert response.status_code == 409
    for sentence, anchor in (
        ("“yesterday” is not a date", "#date"),
        ("Enter an address that starts with http", "#url"),
        ("Headline is too long: 301", "#headline_zh"),
        ("remove the control character U+0007", "#b2"),
        ("Affiliation at the time is too long: 301 characters; the limit is 300.", ""),
    ):
        assert sentence in page
        assert f'href="{anchor}' in page
    kept = Form(page).data
    assert {name: kept[name] for name in typed if name != "text_en-b2"} == {
        name: [value] for name, value in typed.items() if name != "text_en-b2"
    }
    assert "typed" in kept["text_en-b2"][0]
    assert "autofocus" in page[page.index('id="reasons"') :][:80]
    assert Revision.objects.count() == 1
    assert not Author.objects.exists()


def test_text_typed_before_approval_is_kept_for_a_revision(writer_client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    form = get_brief_form(writer_client, brief)
    factories.approve(brief, team.publisher)
    response = writer_client.post(brief_url(brief), form.data_with(summary_en="Typed meanwhile"))
    assert response.status_code == 409
    assert "This brief is live. Start a revision to change it." in response.text
    refused_form = Form(response.text)
    assert refused_form.data["summary_en"] == ["Typed meanwhile"]
    assert writer_client.post(brief_url(brief, "revise"), refused_form.data).status_code == 302
    assert load_content(brief).summary_en == "Typed meanwhile"


def test_revise_with_older_text_is_a_conflict(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    brief = factories.edit(brief, team.other_writer, summary_en="Newer.")
    workflow.submit(brief, by=team.other_writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    refused_form = Form(writer_client.post(brief_url(brief), form.data_with(summary_en="Older.")).text)
    response = writer_client.post(brief_url(brief, "revise"), refused_form.data)
    assert response.status_code == 409
    conflict = Form(response.text)
    assert conflict.data["take-summary_en"] == ["mine"]
    assert load_content(brief).summary_en == "Newer."
    assert Brief.objects.get(pk=brief.pk).state == "draft"


def test_refused_new_brief_keeps_input(writer_client: Client, team: Team) -> None:
    form = Form(writer_client.get("/admin/briefs/brief/add/").text)
    response = writer_client.post(
        "/admin/briefs/brief/add/", form.data_with(headline_zh="新文摘", date="bad")
    )
    assert response.status_code == 409
    assert Form(response.text).data["headline_zh"] == ["新文摘"]
    assert not Brief.objects.exists()


def test_reviewer_reads_draft_but_cannot_save_it(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.reviewer)
    page = client.get(brief_url(brief)).text
    assert "draft" not in Form(page).data
    assert "摘要。" in page
    response = client.post(
        brief_url(brief), {"draft": "1", "version": brief.version, "headline_en": "Forged", "base": "1"}
    )
    assert response.status_code == 409
    assert "Your role does not allow this. Ask writer" in response.text
    assert Revision.objects.count() == 1


def test_post_without_form_fields_is_a_bad_request(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    assert writer_client.post(brief_url(brief), {"version": brief.version}).status_code == 400
    assert Revision.objects.count() == 1
