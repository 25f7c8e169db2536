"""Test saving the brief form: content, row buttons without JavaScript, names of authors and keywords."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.models import Author, Brief, Keyword, Revision, Source
from briefs.tests.support import brief_states, factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, save_brief_form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_unchanged_form_saves_nothing(writer_client: Client, team: Team) -> None:
    author = Author.make(name="Vivek Chilukuri")
    facts = factories.facts(
        authors=(Byline(author.pk, "研究員", "Fellow"),), embargo_until="2030-01-02T03:04:00+00:00", title="T", kind="report",
        accessed_on="2025-07-01", access="free", source_withdrew=True, date_label="May/June", url="https://example.org/a",
    )  # fmt: skip
    bullets = (
        Bullet(0, "甲", "A", 1, 2, "number", "bullet", passage="p. 3"),
        Bullet(0, "乙", "", one_sided="只有中文"),
    )
    brief = factories.draft_brief(
        team, factories.content(bullets=bullets, facts=facts, summary_zh="一\n\n二")
    )
    before = load_content(brief)
    response = writer_client.post(brief_url(brief), get_brief_form(writer_client, brief).data)
    assert response.status_code == 302
    assert load_content(brief) == before
    assert Revision.objects.filter(brief=brief).count() == 1
    assert Brief.objects.get(pk=brief.pk).version == brief.version


def test_save_stores_both_languages_and_facts(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    changes = form.data_with(
        headline_zh="新標題", summary_en="New summary", text_zh__b1="改過", structure_en__b2="1-number",
        doi="https://doi.org/10.1000/182", embargo_until="2030-01-02T11:04",
    )  # fmt: skip
    assert "Saved" in writer_client.post(brief_url(brief), changes, follow=True).text
    content = load_content(brief)
    first, second, _third = content.bullets
    assert (content.headline_zh, content.summary_en, first.text_zh) == ("新標題", "New summary", "改過")
    assert (second.level_en, second.marker_en) == (1, "number")
    assert (content.facts.doi, content.facts.embargo_until) == ("10.1000/182", "2030-01-02T03:04:00+00:00")
    assert Revision.objects.filter(brief=brief).latest("number").by == team.writer


def press_row_button(client: Client, brief: Brief, form: Form, order: str) -> Form:
    """Press a row button as a browser without JavaScript does."""
    response = client.post(brief_url(brief), form.data_with(do=order))
    assert response.status_code == 200
    return Form(response.text)


def test_writer_moves_adds_and_deletes_bullets_without_javascript(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    form.data["text_zh-b2"] = ["尚未儲存"]
    form = press_row_button(writer_client, brief, form, "up:b3")
    assert form.data["bullet"] == ["b1", "b3", "b2"]
    assert form.data["text_zh-b2"] == ["尚未儲存"]
    form = press_row_button(writer_client, brief, form, "after:b1")
    new = form.data["bullet"][1]
    assert form.data["bullet"] == ["b1", new, "b3", "b2"]
    form = press_row_button(writer_client, brief, form, "delete:b3")
    form = press_row_button(writer_client, brief, form, "add:bullet")
    last = form.data["bullet"][4]
    assert form.data["bullet"] == ["b1", new, "b3", "b2", last]
    assert Revision.objects.count() == 1
    texts = {f"text_zh__{new}": "新", f"text_en__{new}": "new", f"text_en__{last}": "last"}
    writer_client.post(brief_url(brief), form.data_with(**texts))
    assert [(b.number, b.text_zh) for b in load_content(brief).bullets] == [
        (1, "第1點。".replace("1", "0")), (4, "新"), (2, "尚未儲存"), (5, "")
    ]  # fmt: skip


def test_save_keeps_author_order_and_creates_new_author(writer_client: Client, team: Team) -> None:
    known = Author.make(name="Vivek Chilukuri")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(known.pk, "甲", "A"),)))
    )
    form = press_row_button(writer_client, brief, get_brief_form(writer_client, brief), "up:w1")
    assert form.data["author"] == ["w1", f"a{known.pk}"]
    writer_client.post(brief_url(brief), form.data_with(name__w1="Jane van Doe", affiliation_en__w1="RAND"))
    new = Author.objects.get(name="Jane van Doe")
    assert (new.given, new.family) == ("Jane", "van Doe")
    assert load_content(brief).facts.authors == (Byline(new.pk, "", "RAND"), Byline(known.pk, "甲", "A"))


def test_typed_names_match_existing_vocabulary(writer_client: Client, team: Team) -> None:
    author = Author.make(name="林雨蒼", name_zh="林雨蒼")
    keyword = Keyword.make(label_zh="美國", label_en="United States")
    source = Source.make(name="Lawfare")
    brief = factories.draft_brief(team)
    typed = {"name__w1": "林雨蒼", "name__x1": "united states", "source_new": "lawfare"}
    save_brief_form(writer_client, brief, **typed)
    facts = load_content(brief).facts
    assert (facts.authors[0].author, facts.keywords[-1], facts.source) == (author.pk, keyword.pk, source.pk)
    assert (Author.objects.count(), Source.objects.count(), Keyword.objects.count()) == (1, 2, 2)


def test_author_renamed_meanwhile_stays_the_same_author(writer_client: Client, team: Team) -> None:
    author = Author.make(name="V. Chilukuri")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(author.pk),)))
    )
    form = get_brief_form(writer_client, brief)
    Author.objects.filter(pk=author.pk).update(name="Vivek Chilukuri")
    writer_client.post(brief_url(brief), form.data_with(headline_en="Changed"))
    assert load_content(brief).facts.authors == (Byline(author.pk),)
    assert Author.objects.count() == 1


def test_note_typed_before_saving_is_kept_once(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    response = save_brief_form(writer_client, brief, note_text="半句意見", headline_en="Changed")
    assert response.status_code == 302
    assert [get_brief_form(writer_client, brief).data["note_text"] for _ in range(2)] == [["半句意見"], [""]]
    assert not brief.notes.exists()


def test_edit_after_approval_reports_that_schedule_is_kept(writer_client: Client, team: Team) -> None:
    brief = brief_states.scheduled(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    save_brief_form(writer_client, brief, headline_en="Next")
    assert "stays scheduled, with the text that was approved" in writer_client.get(brief_url(brief)).text


def test_query_counts_of_form_and_save_ignore_bullet_count(writer_client: Client, team: Team) -> None:
    counts = []
    for n in (3, 30):
        bullets = tuple(Bullet(0, f"第{i}點", f"Point {i}") for i in range(n))
        brief = factories.submitted_brief(team, factories.content(bullets=bullets))
        factories.sign_off(brief, team.reviewer)
        with CaptureQueriesContext(connection) as of_form:
            form = get_brief_form(writer_client, brief)
        data = form.data_with(headline_en=f"Changed {n}")
        with CaptureQueriesContext(connection) as of_save:
            assert writer_client.post(brief_url(brief), data).status_code == 302
        counts.append((len(of_form), len(of_save)))
    assert counts[0] == counts[1]
    assert counts[1][0] <= 30  # five say who can do what next, here and on the next brief
