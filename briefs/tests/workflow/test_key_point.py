"""The point that an editor chooses to stand for a brief: what it changes, when it is cleared, and where readers see it."""

from dataclasses import replace

import pytest
from django.test import Client

from briefs.bilingual.text.content_merge import merge
from briefs.content import Bullet, Content
from briefs.models import Brief
from briefs.tests.support import corpus_fixtures, factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import get_brief_form, sign_in

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

POINTS = (Bullet(1, "甲。", "One."), Bullet(2, "乙。", "Two."), Bullet(3, "丙。", ""))


def test_choice_is_part_of_both_languages_and_no_choice_of_none() -> None:
    content = Content("標題", "Headline", "摘要。", "Summary.", POINTS)
    chosen = replace(content, key_point=2)
    assert all(content.hash_side(side) != chosen.hash_side(side) for side in ("zh", "en"))
    assert content.hash_facts() == chosen.hash_facts()
    assert "key_point" not in content.as_json()
    assert Content.from_json(chosen.as_json()) == chosen


def draft(team: Team, key_point: int = 0) -> Brief:
    new = tuple(replace(bullet, number=0) for bullet in POINTS)
    brief = factories.draft_brief(team, replace(factories.content(), bullets=new))
    return factories.edit(brief, team.writer, key_point=key_point) if key_point else brief


def test_writer_chooses_a_point_on_the_form(client: Client, team: Team) -> None:
    brief = draft(team)
    sign_in(client, team.writer)
    address = f"/admin/briefs/brief/{brief.pk}/change/"
    client.post(address, get_brief_form(client, brief).data_with(key_point="2"))
    assert load_content(brief).key_point == 2
    assert 'value="2" selected' in client.get(address).text
    client.post(address, get_brief_form(client, brief).data_with(key_point=""))
    assert load_content(brief).key_point == 0


def test_point_in_one_language_of_no_pair_or_deleted_is_not_chosen(team: Team) -> None:
    assert [load_content(draft(team, number)).key_point for number in (2, 3, 9)] == [2, 0, 0]
    for bullets in ((POINTS[0],), (POINTS[0], replace(POINTS[1], text_zh=""))):
        brief = draft(team, 2)
        assert factories.edit(brief, team.writer, bullets=(POINTS[1], POINTS[0])).key_point == 2, "moved"
        factories.edit(brief, team.writer, bullets=bullets)
        assert load_content(brief).key_point == 0


def test_choice_of_one_person_and_text_of_another_merge() -> None:
    base = Content("標題", "Headline", bullets=POINTS)
    merged = merge(base, replace(base, headline_en="Mine"), replace(base, key_point=2))
    assert (merged.content.headline_en, merged.content.key_point, merged.conflict_keys) == ("Mine", 2, ())
    assert merge(base, replace(base, key_point=1), replace(base, key_point=2)).conflict_keys == ("key_point",)


def test_readers_see_the_chosen_point_in_lists(client: Client) -> None:
    content = corpus_fixtures.numbered_content(1, bullets=POINTS[:2], key_point=2)
    corpus_fixtures.publish(content, "chosen")
    for n in (2, 3):
        at = corpus_fixtures.DAY.replace(year=2026, month=5 + n)
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"newer-{n}", live_from=at)
    page = " ".join(client.get("/zh-hant/").text.split())
    assert '<p class="claim">乙。</p>' in page
    assert client.get("/api/v1/briefs/chosen").json()["key_point"] == 2
