"""The head and foot of a brief's page: the article in one sentence, who is asked and what each answered."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.models import Brief
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, sign_in

pytestmark = pytest.mark.django_db

ORIGINAL = 'href="https://example.org/a" target="_blank" rel="noopener"'


@pytest.fixture
def brief(team: Team) -> Brief:
    facts = factories.facts(url="https://example.org/a", date="")
    return factories.draft_brief(team, factories.content(facts=facts))


def read(client: Client, address: str) -> str:
    return client.get(address).text


def test_writer_opens_the_original_from_page_list_and_verb(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    for address in (brief_url(brief), "/admin/briefs/brief/", brief_url(brief, "discard")):
        assert ORIGINAL in read(client, address), address
    factories.edit(brief, team.writer, facts=factories.facts(doi="10.1/a b"))
    assert 'href="https://doi.org/10.1/a%20b"' in read(client, brief_url(brief))
    Brief.objects.update(article_url="javascript:alert(1)")
    assert "javascript:" not in read(client, "/admin/briefs/brief/")


def test_article_is_one_sentence_that_opens_its_form(client: Client, team: Team, brief: Brief) -> None:
    html = read(sign_in(client, team.writer), brief_url(brief))
    sentence, form = html.partition('id="fact-sentence"')[2].partition("</summary>")[::2]
    assert "<b>The author, the date, and who can read it are not known yet.</b>" in sentence
    assert "<a" not in sentence
    form = form.partition("</details>\n</section>")[0]
    assert all(f'id="{name}"' in form for name in ("authors", "date", "access", "picture"))


def test_page_says_who_waits_and_what_each_answered(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    for side, reviewer in (("zh", team.reviewer), ("en", team.reviewer_en)):
        factories.assign_reviewer(brief, side, reviewer, by=team.writer)
    factories.sign_off(brief, team.reviewer_en, "en")
    html = read(sign_in(client, team.reviewer), brief_url(brief))
    strip = html.partition('id="assigned"')[2].partition("</details>")[0]
    assert "waits for you" in strip
    assert "no answer yet" not in strip
    assert "Signed" in strip
    factories.edit(brief, team.writer, headline_en="Another")
    assert "Signature lapsed" in read(client, brief_url(brief))


def test_lapsed_answer_counts_what_changed_in_its_language(
    client: Client, team: Team, django_assert_num_queries: Any
) -> None:
    brief = factories.submitted_brief(team)
    sign_in(client, team.reviewer)
    for reviewer in (team.reviewer, team.reviewer_en):
        factories.sign_off(brief, reviewer, "en")
    first, second, third = factories.load_content(brief).bullets
    reworded = replace(first, text_en="Another point.", text_zh="另一點。")
    factories.edit(brief, team.writer, headline_en="Another", bullets=(reworded, second))
    strip = read(client, brief_url(brief)).partition('id="assigned"')[2].partition("</div>")[0]
    assert strip.count("changed in 3 places since") == 2, "headline, a bullet reworded, a bullet removed"
    with CaptureQueriesContext(connection) as of_one_revision:
        read(client, brief_url(brief))
    factories.sign_off(brief, team.reviewer_en, "en")
    factories.edit(brief, team.writer, bullets=(second, reworded, third))
    with django_assert_num_queries(len(of_one_revision)):
        strip = read(client, brief_url(brief)).partition('id="assigned"')[2].partition("</div>")[0]
    assert "changed in 2 places since" in strip, "a bullet moved, a bullet added"
    assert "changed in 3 places since" in strip


def test_writer_begins_a_brief_with_an_address(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    form = Form(read(client, "/admin/briefs/brief/add/"))
    response = client.post(
        "/admin/briefs/brief/add/",
        form.data_with(headline_zh="新的一篇", citation="https://example.org/b?utm_source=x", cite="1"),
    )
    brief = Brief.objects.get()
    assert brief.headline_zh == "新的一篇"
    facts = Form(response.text, id="facts-form")
    assert facts.data["take"] == ["url"]
    assert response.text.count(f'action="{brief_url(brief, "citation")}"') == 2
    assert client.post(brief_url(brief, "citation"), facts.data_with()).status_code == 302
    brief = Brief.objects.get()
    assert workflow.load_working_copy(brief).facts.url == "https://example.org/b"


def test_new_brief_is_calm_until_it_was_submitted(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, factories.content(headline_en=""))
    sign_in(client, team.writer)
    html = read(client, brief_url(brief))
    assert " calm" in html.partition("<body")[2].partition(">")[0]
    refused = client.post(brief_url(brief, "submit"), Form(html).data_with()).text
    assert " calm" not in refused.partition("<body")[2].partition(">")[0]
