"""Brief list with its badges and filters."""

import re

import pytest
from django.test import Client
from django.utils import timezone, translation

from briefs import workflow
from briefs.admin.common.brief_pages import desk_badge, public_badges
from briefs.admin.lists import desk_list
from briefs.content import SIDES, Bullet, Facts
from briefs.models import Brief, Keyword, Person, Source
from briefs.tests.support import factories
from briefs.tests.support.form_client import brief_url, sign_in
from briefs.workflow import policy
from briefs.workflow.brief_facts import load_brief_facts, load_editions_by_brief

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST_URL = "/admin/briefs/brief/"


def fresh(brief: Brief) -> Brief:
    return Brief.objects.get(pk=brief.pk)


def badge_texts(brief: Brief) -> list[str]:
    brief = fresh(brief)
    editions = load_editions_by_brief([brief])
    facts = load_brief_facts([brief], timezone.now(), policy.load_staff())
    with translation.override("en"):
        badges = [desk_badge(facts[brief.pk]), *public_badges(brief, editions[brief.pk], timezone.now())]
    return ["Scheduled" if badge.text.startswith("Scheduled") else badge.text for badge in badges]


def test_badges_follow_brief_life_cycle(team: factories.Team) -> None:
    brief = workflow.claim("https://example.org/a", by=team.writer)
    assert badge_texts(brief) == ["Planned"]
    workflow.editing.save(brief, factories.content(), by=team.writer, version=brief.version)
    assert badge_texts(brief) == ["Draft"]
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    assert badge_texts(brief) == ["In review"]
    workflow.send_back(brief, by=team.reviewer, note="no", sides=("en",))
    assert badge_texts(brief) == ["Changes requested"]
    factories.edit(brief, team.writer, summary_en="Better.")
    assert badge_texts(brief) == ["Changes requested"], "until it is submitted"
    workflow.reviewing.resolve(brief.notes.get(), by=team.writer)
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    factories.sign_off(brief, team.reviewer)
    assert badge_texts(brief) == ["Ready for approval"]
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    assert badge_texts(brief) == ["Approved", "Scheduled"]
    workflow.reschedule(brief, by=team.publisher, at=None)
    assert badge_texts(brief) == ["Approved", "Live"]
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    assert badge_texts(brief) == ["Draft", "Live, being revised"]
    workflow.withdraw(brief, by=team.publisher, kind="other")
    assert badge_texts(brief) == ["Draft", "Withdrawn"]
    workflow.remove(brief, by=team.publisher, reason="r")
    assert badge_texts(brief) == ["Draft", "Removed"]
    brief = factories.draft_brief(team)
    workflow.discard(brief, by=team.writer, version=brief.version)
    assert badge_texts(brief) == ["Discarded"]


def listed_pks(client: Client, query: str) -> set[int]:
    response = client.get(LIST_URL + query)
    assert response.status_code == 200
    return {brief.pk for brief in response.context["cl"].result_list}


def test_each_filter_lists_expected_briefs(writer_client: Client, team: factories.Team) -> None:
    lawfare = Source.make(name="Lawfare")
    keyword = Keyword.make(label_zh="美國", label_en="United States")
    planned = workflow.claim("https://example.org/planned", by=team.other_writer)
    both = factories.draft_brief(team)
    zh = factories.draft_brief(
        team, factories.content(headline_en="", facts=factories.facts(source=lawfare.pk))
    )
    en = factories.draft_brief(
        team, factories.content(summary_zh="", facts=factories.facts(keywords=(keyword.pk,)))
    )
    lacking = factories.draft_brief(team, factories.content(bullets=(Bullet(0, "只有", ""),)))
    intended = factories.draft_brief(
        team, factories.content(bullets=(Bullet(0, "只有", "", one_sided="意"),))
    )
    live = factories.live_brief(team)
    drafts = {both.pk, zh.pk, en.pk, lacking.pk, intended.pk}
    assert listed_pks(writer_client, "?state=planned") == {planned.pk}
    assert listed_pks(writer_client, "?state=draft") == drafts
    assert listed_pks(writer_client, "?state=approved") == {live.pk}
    assert listed_pks(writer_client, "?complete=both") == {both.pk, intended.pk, live.pk}
    assert listed_pks(writer_client, "?complete=zh") == {zh.pk, lacking.pk}
    assert listed_pks(writer_client, "?complete=en") == {en.pk}
    assert listed_pks(writer_client, "?complete=neither") == {planned.pk}
    assert (
        listed_pks(writer_client, "?keyword=united") == listed_pks(writer_client, "?keyword=美國") == {en.pk}
    )
    assert listed_pks(writer_client, "?source=lawf") == {zh.pk}
    assert listed_pks(writer_client, "?state=open") == {planned.pk, *drafts}
    assert listed_pks(writer_client, f"?person={team.other_writer.pk}") == {planned.pk}
    assert listed_pks(writer_client, f"?person={team.publisher.pk}") == {live.pk}
    assert listed_pks(writer_client, "?source=x") == listed_pks(writer_client, "?keyword=unit ed") == set()
    assert listed_pks(writer_client, "?source=--") == set()
    assert listed_pks(writer_client, "?state=draft&complete=zh&source=lawfare&q=標題") == {zh.pk}


def test_empty_list_suggests_next_step(writer_client: Client) -> None:
    assert "No briefs yet. Import a file or start a new one." in writer_client.get(LIST_URL).content.decode()
    assert "Nothing found." in writer_client.get(LIST_URL + "?q=x").content.decode()


def test_long_list_is_counted_only_up_to_limit(
    writer_client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_list, "MAX_COUNTED", 2)
    for _ in range(4):
        factories.draft_brief(team)
    response = writer_client.get(LIST_URL)
    assert response.context["cl"].result_count == 3
    assert "More than 5,000" in response.content.decode()


def test_person_switches_interface_language(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer, "en")
    assert 'lang="en"' in client.get(LIST_URL).content.decode()[:400]
    response = client.post("/admin/language/", {"language": "zh-hant", "next": LIST_URL})
    assert response.headers["Location"] == LIST_URL
    assert 'lang="zh-hant"' in client.get(LIST_URL).content.decode()[:400]
    for next_url in ("https://evil.example/admin/", "//evil.example/admin/", "/elsewhere/"):
        assert (
            client.post("/admin/language/", {"language": "xx", "next": next_url}).headers["Location"]
            == "/admin/"
        )
    assert Person.objects.get(pk=team.writer.pk).language == "zh-hant"
    assert client.get("/admin/language/").status_code == 405


def test_chinese_text_fields_are_marked_with_language(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team, factories.content(facts=Facts()))
    page = writer_client.get(brief_url(brief)).content.decode()
    assert len(re.findall(r'<textarea[^>]*lang="zh-Hant-TW"', page)) >= len(SIDES) + 3
