"""Decision pages: the obstacles, with links to where to fix them, and the text that is decided upon."""

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.common.task_list import build_keyword_url
from briefs.content import Byline
from briefs.models import Author, Edition, FactTick, Keyword
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, get_verb_form, sign_in

from .test_verb_buttons import press_button, reload_brief, urgent

pytestmark = pytest.mark.django_db


def test_approve_page_links_each_obstacle_to_where_to_fix_it(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "Which minister?", by=team.reviewer, bullet=2)
    keyword = Keyword.make(label_zh="半邊")
    content = workflow.load_working_copy(brief)
    factories.edit(brief, team.writer, facts=replace(content.facts, keywords=(keyword.pk,)))
    sign_in(client, team.publisher)
    page = client.get(brief_url(brief, "approve")).content.decode()
    for href in (
        f"{brief_url(brief, 'review')}#signoff-zh",
        f"{brief_url(brief, 'review')}#note-{note.pk}",
        build_keyword_url(keyword.pk, back=brief_url(brief, "change")),
    ):
        assert f'href="{href}"' in page, href
    refused = client.post(
        brief_url(brief, "approve"), get_verb_form(client, brief, "approve").data_with(when="now")
    )
    assert build_keyword_url(keyword.pk, back=brief_url(brief, "change")) in refused.content.decode()


def test_ambiguous_clock_time_asks_for_utc_offset(
    client: Client, team: factories.Team, settings: Any
) -> None:
    settings.TIME_ZONE = "America/New_York"
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve").data_with(when="later", at="2090-11-05T01:30")
    response = client.post(brief_url(brief, "approve"), form)
    assert response.status_code == 409
    page = response.content.decode()
    assert "01:30 (UTC-04:00)" in page
    assert "01:30 (UTC-05:00)" in page
    assert client.post(brief_url(brief, "approve"), {**form, "which": ["0"]}).status_code == 302
    edition = Edition.objects.get(brief=brief)
    assert edition.live_from == dt.datetime(2090, 11, 5, 5, 30, tzinfo=dt.UTC)


def test_confirming_urgent_edition_replaced_since_page_is_refused(
    client: Client, team: factories.Team
) -> None:
    brief = urgent(team)
    sign_in(client, team.reviewer)
    form = get_verb_form(client, brief, "confirm").data_with()
    workflow.revise(brief, by=team.writer, version=reload_brief(brief).version)
    factories.edit(brief, team.writer, summary_en="Other words.")
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="again")
    response = client.post(brief_url(brief, "confirm"), form)
    assert response.status_code == 409
    assert "Other words." in response.content.decode()
    assert not Edition.objects.exclude(confirmed_by=None).exists()


def test_confirming_shows_what_readers_got_since_the_reviewed_edition(
    client: Client, team: factories.Team
) -> None:
    brief = factories.live_brief(team)
    for words in ("Hasty words.", "Hastier words."):
        workflow.revise(brief, by=team.writer, version=reload_brief(brief).version)
        factories.edit(brief, team.writer, summary_en=words)
        workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="now")
    page = sign_in(client, team.reviewer).get(brief_url(brief, "confirm")).content.decode()
    compared = page[page.index("What changed for readers") :]
    assert re.search("<del>[^<]+</del> ?<ins>Hastier words", compared)
    assert "Hasty" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_source_withdrawal_is_approved_by_another_publisher(client: Client, team: factories.Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    assert press_button(client, brief, "source_withdrew") == 302
    refused = client.post(
        brief_url(brief, "approve"), get_verb_form(client, brief, "approve").data_with(when="now")
    )
    assert "You changed these facts" in refused.content.decode()
    sign_in(client, team.other_publisher)
    form = get_verb_form(client, brief, "approve")
    assert form.data["note_zh"] == ["原文已由來源撤回。"]
    assert (
        client.post(
            brief_url(brief, "approve"), form.data_with(when="now", ticked="source_withdrew")
        ).status_code
        == 302
    )
    client.logout()
    page = client.get(f"/en/briefs/{reload_brief(brief).slug}/").content.decode()
    assert "The source has withdrawn the original article." in page


def test_sole_publisher_approves_a_source_withdrawal_that_somebody_else_ticked(
    client: Client, team: factories.Team
) -> None:
    brief = factories.live_brief(team)
    team.other_publisher.groups.clear()
    sign_in(client, team.publisher)
    assert "another publisher" not in client.get(brief_url(brief, "source_withdrew")).content.decode()
    assert press_button(client, brief, "source_withdrew") == 302
    sign_in(client, team.writer)
    (button,) = re.findall(r'name="fact"\s+value="([^"]+)"', client.get(brief_url(brief)).content.decode())
    assert (
        client.post(
            brief_url(brief, "tick_facts"), get_brief_form(client, brief).data_with(fact=button)
        ).status_code
        == 302
    )
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve")
    data = form.data_with(when="now", ticked="source_withdrew")
    assert client.post(brief_url(brief, "approve"), data).status_code == 302
    assert reload_brief(brief).state == "approved"


def test_writer_ticks_the_facts_that_a_publisher_changed_on_the_page_of_the_brief(
    client: Client, team: factories.Team
) -> None:
    brief = factories.submitted_brief(team)
    content = workflow.load_working_copy(brief)
    factories.edit(brief, team.publisher, facts=replace(content.facts, title="A Title", doi="10.1000/x"))
    sign_in(client, team.publisher)
    approve_page = client.get(brief_url(brief, "approve")).content.decode()
    assert f'href="{brief_url(brief)}#fact-ticks"' in approve_page
    assert "changed by publisher" in approve_page
    assert (
        'formaction="/admin/briefs/brief/1/tick_facts/"' not in client.get(brief_url(brief)).content.decode()
    )
    for person, view in ((team.writer, "write"), (team.reviewer, "review")):
        sign_in(client, person)
        page = client.get(brief_url(brief) + f"?view={view}").content.decode()
        (button,) = re.findall(r'name="fact"\s+value="(title:\w+ doi:\w+)"', page)
        data = get_brief_form(client, brief).data_with(fact=button)
        assert client.post(brief_url(brief, "tick_facts"), data).status_code == 302
        assert FactTick.objects.filter(by=person).count() == 2
    assert "ticked by writer, reviewer" in client.get(brief_url(brief)).content.decode()


def test_ticking_an_author_shows_how_citations_print_the_name(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    author = Author.make(name="Ann Lee", family="Hidden", given="Ann")
    content = workflow.load_working_copy(brief)
    factories.edit(brief, team.publisher, facts=replace(content.facts, authors=(Byline(author.pk),)))
    sign_in(client, team.reviewer)
    assert "in citations: Hidden, Ann" in client.get(brief_url(brief)).content.decode()
    factories.sign_off(brief, team.reviewer)
    factories.edit(brief, team.writer, facts=replace(content.facts, authors=(Byline(author.pk, "研究員"),)))
    sign_in(client, team.publisher)
    assert "in citations: Hidden, Ann" in client.get(brief_url(brief, "approve")).content.decode()


def test_approve_page_after_a_rename_says_what_changed_and_shows_the_new_name(
    client: Client, team: factories.Team
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve").data_with(when="now")
    Keyword.objects.update(label_en="Techno")
    refused = client.post(brief_url(brief, "approve"), form)
    assert "科技 · Technology → 科技 · Techno" in refused.content.decode()
    again = Form(refused.content.decode(), id=None).data_with(when="now")
    assert client.post(brief_url(brief, "approve"), again).status_code == 302


@pytest.mark.parametrize("is_merged", [False, True])
def test_reviewer_ticks_a_keyword_that_a_publisher_named(
    client: Client, team: factories.Team, *, is_merged: bool
) -> None:
    brief = factories.signed_brief(team)
    keyword = Keyword.objects.get()
    if is_merged:
        heir = Keyword.make(label_zh="末", label_en="Last")
        Keyword.objects.exclude(pk=heir.pk).update(merged_into=heir)
        keyword = heir
    keyword.label_en = "Techno"
    workflow.save_vocabulary_row(keyword, by=team.publisher)
    sign_in(client, team.reviewer)
    (button,) = re.findall(
        r'name="fact"\s+value="(keywords:\w+)"', client.get(brief_url(brief)).content.decode()
    )
    data = get_brief_form(client, brief).data_with(fact=button)
    assert client.post(brief_url(brief, "tick_facts"), data).status_code == 302
    factories.approve(brief, team.publisher)
