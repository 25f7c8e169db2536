"""Test concurrent saves without JavaScript: merges, conflict pages and forms sent twice."""

from dataclasses import replace

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Revision
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, save_brief_form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_stale_form_shows_both_texts_and_writer_chooses(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    theirs = replace(load_content(brief), headline_en="Their headline", summary_zh="他們的摘要")
    theirs = replace(theirs, bullets=(replace(theirs.bullets[0], text_en="Their point"), *theirs.bullets[1:]))
    workflow.editing.save(brief, theirs, by=team.other_writer, version=brief.version)
    data = form.data_with(headline_en="My headline", text_en__b1="My point", text_zh__n1="新的")
    data["bullet"] = [*data["bullet"], "n1"]
    response = writer_client.post(brief_url(brief), data)
    page = response.text
    assert response.status_code == 409
    assert "other-writer saved a newer version" in page
    assert "1 other place was merged by itself." in page
    assert Revision.objects.count() == 2
    clash = page[page.index('id="clash-headline_en"') :]
    assert "<mark>My</mark> headline" in clash
    assert "<mark>Their</mark> headline" in clash
    conflict = Form(page)
    assert conflict.data["headline_en"] == ["My headline"]
    assert conflict.data["text_zh-n1"] == ["新的"]
    assert "take-summary_zh" not in conflict.data  # changed by the other writer only
    assert conflict.data["take-headline_en"] == ["mine"]
    decided = conflict.data_with(**{"take-b1-en": "theirs"})
    assert writer_client.post(brief_url(brief), decided).status_code == 302
    content = load_content(brief)
    assert (content.headline_en, content.summary_zh) == ("My headline", "他們的摘要")
    assert (content.bullets[0].text_en, content.bullets[-1].text_zh) == ("Their point", "新的")


def test_changes_in_different_fields_merge_with_a_message(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    theirs = load_content(brief)
    theirs = replace(theirs, bullets=(theirs.bullets[0], Bullet(0, "他們新增", "Theirs"), theirs.bullets[2]))
    workflow.editing.save(brief, theirs, by=team.other_writer, version=brief.version)
    response = writer_client.post(brief_url(brief), form.data_with(headline_en="Mine"), follow=True)
    assert response.status_code == 200
    assert "What other-writer saved meanwhile was merged with yours." in response.text
    assert [b.number for b in load_content(brief).bullets] == [1, 4, 3]
    assert load_content(brief).headline_en == "Mine"
    revision = Revision.objects.filter(brief=brief).latest("number")
    assert (revision.changed_zh, revision.changed_en) == (False, True)


def test_bullet_deleted_by_one_and_changed_by_other_is_a_conflict(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    theirs = load_content(brief)
    theirs = replace(theirs, bullets=(replace(theirs.bullets[0], text_en="Their point"), *theirs.bullets[1:]))
    workflow.editing.save(brief, theirs, by=team.other_writer, version=brief.version)
    page = writer_client.post(brief_url(brief), form.data_with(deleted__b1="1")).text
    conflict = Form(page)
    assert "Not there" in page[page.index('id="clash-b1"') :]
    assert conflict.data["take-b1"] == ["theirs"]
    assert writer_client.post(brief_url(brief), conflict.data_with(**{"take-b1": "mine"})).status_code == 302
    assert [b.number for b in load_content(brief).bullets] == [2, 3]


def test_save_by_third_person_during_conflict_is_a_new_conflict(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    first = get_brief_form(writer_client, brief).data_with(headline_en="First", summary_en="First.")
    factories.edit(brief, team.other_writer, headline_en="Second", summary_en="Second.")
    conflict = Form(writer_client.post(brief_url(brief), first).text)
    factories.edit(brief, team.publisher, headline_en="Third", summary_zh="第三")
    choices = {"take-headline_en": "theirs", "take-summary_en": "mine"}
    response = writer_client.post(brief_url(brief), conflict.data_with(**choices))
    assert response.status_code == 409
    page = Form(response.text)
    assert page.data["take-headline_en"] == ["theirs"], "shown again: it was chosen on another text"
    assert page.data["take-summary_en"] == ["mine"]
    assert 'id="clash-summary_en"' not in response.text
    assert "<mark>Third</mark>" in response.text
    assert writer_client.post(brief_url(brief), page.data).status_code == 302
    content = load_content(brief)
    assert (content.headline_en, content.summary_en, content.summary_zh) == ("Third", "First.", "第三")


def test_form_with_unknown_base_overwrites_nothing(writer_client: Client, team: Team) -> None:
    brief = factories.edit(factories.draft_brief(team), team.other_writer, headline_zh="較新")
    assert save_brief_form(writer_client, brief, base=77, version=1, headline_zh="舊").status_code == 409
    assert load_content(brief).headline_zh == "較新"


def test_form_sent_twice_adds_one_bullet_and_makes_one_brief(writer_client: Client, team: Team) -> None:
    """Without JavaScript a new bullet has no permanent key to recognise it by."""
    add = "/admin/briefs/brief/add/"
    form = Form(writer_client.get(add).text)
    new = form.data_with(headline_zh="新文摘", **{f"text_en__{form.data['bullet'][0]}": "First"})
    answers = [writer_client.post(add, new).headers["Location"] for _ in range(2)]
    brief = Brief.objects.get()
    assert answers == [brief_url(brief)] * 2
    assert (brief.state, brief.headline_zh, brief.bullets.get().number) == ("draft", "新文摘", 1)
    assert Revision.objects.count() == 1
    data = get_brief_form(writer_client, brief).data_with(text_zh__n1="新的")
    data["bullet"] = [*data["bullet"], "n1"]
    assert [writer_client.post(brief_url(brief), data).status_code for _ in range(2)] == [302, 302]
    assert [b.text_zh for b in load_content(brief).bullets].count("新的") == 1
    assert Revision.objects.count() == 2


def test_submit_is_refused_if_merge_brought_unseen_text(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    factories.edit(brief, team.other_writer, headline_en="Theirs")
    response = writer_client.post(brief_url(brief, "submit"), form.data_with(headline_zh="我的"))
    assert response.status_code == 409
    page = response.text
    assert "The brief changed while you were reading." in page
    assert "What other-writer saved meanwhile was merged with yours." in page
    assert Brief.objects.get(pk=brief.pk).state == "draft"
    assert (load_content(brief).headline_zh, load_content(brief).headline_en) == ("我的", "Theirs")


def test_more_conflicts_than_one_page_shows_are_chosen_on_the_next(
    writer_client: Client, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefs.admin.editor.brief_views.MAX_CHOICES", 1)
    brief = factories.draft_brief(team)
    data = get_brief_form(writer_client, brief).data_with(headline_en="Mine", summary_en="My summary")
    factories.edit(brief, team.other_writer, headline_en="Theirs", summary_en="Their summary")
    first = Form(writer_client.post(brief_url(brief), data).text)
    assert ("take-headline_en" in first.data, "take-summary_en" in first.data) == (True, False)
    data = first.data_with(**{"take-headline_en": "theirs"})
    second = Form(writer_client.post(brief_url(brief), data).text)
    assert second.data["take-headline_en"] == ["theirs"]
    data = second.data_with(**{"take-summary_en": "mine"})
    assert writer_client.post(brief_url(brief), data).status_code == 302
    content = load_content(brief)
    assert (content.headline_en, content.summary_en) == ("Theirs", "My summary")


def test_forged_form_with_thousands_of_authors_is_refused(writer_client: Client) -> None:
    data = Form(writer_client.get("/admin/briefs/brief/add/").text).data
    keys = [f"w{n}" for n in range(501)]
    assert writer_client.post("/admin/briefs/brief/add/", data | {"author": keys}).status_code == 400
