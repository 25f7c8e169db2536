"""The preview beside the form: what is stored now, as readers will see it, for the desk alone."""

from dataclasses import replace

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import Bullet, Content, Facts
from briefs.models import Brief

from ...support import factories
from ...support.form_client import sign_in, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def shown(client: Client, brief: Brief, query: str = "") -> str:
    response = client.get(url(brief, "preview") + query)
    assert response.status_code == 200
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex"
    return response.content.decode()


def test_three_views_of_what_is_stored_now(mine: Client, team: factories.Team) -> None:
    brief = factories.live(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    brief = factories.edit(Brief.objects.get(pk=brief.pk), team.writer, headline_en="Not yet public")
    both = shown(mine, brief)
    assert "Not yet public" in both
    assert "標題" in both
    assert 'class="pair' in both
    zh, en = shown(mine, brief, "?view=zh"), shown(mine, brief, "?view=en")
    assert '<html lang="zh-Hant-TW"' in zh
    assert '<html lang="en"' in en
    assert "Point 0." not in zh
    assert "第0點。" not in en
    assert "外交政策" in zh
    assert "Foreign Policy" in en


def test_the_page_of_a_view_leads_to_the_others_and_never_to_a_public_brief(
    mine: Client, team: factories.Team
) -> None:
    page = shown(mine, factories.draft(team), "?view=en")
    assert "?view=zh" in page
    assert "?view=parallel&amp;page=en" in page
    assert "/briefs/preview/" not in page


def test_side_by_side_either_language_leads(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    en, zh = shown(mine, brief, "?page=en"), shown(mine, brief, "?page=zh")
    assert en.index("Point 0.") < en.index("第0點。")
    assert zh.index("第0點。") < zh.index("Point 0.")


def test_a_brief_with_nothing_but_a_line_has_a_preview(mine: Client, team: factories.Team) -> None:
    bare = Content(headline_zh="只有標題", bullets=(Bullet(0, "<b>不是標記</b>"),), facts=Facts())
    brief = factories.draft(team, bare)
    for view in ("zh", "en", "parallel", "nonsense"):
        page = shown(mine, brief, f"?view={view}")
        assert "<b>不是標記" not in page


def test_it_is_for_the_desk_alone(client: Client, team: factories.Team) -> None:
    brief = factories.draft(team, replace(factories.content(), headline_zh="秘密"))
    assert client.get(url(brief, "preview")).status_code == 302
    sign_in(client, team.outsider)
    assert client.get(url(brief, "preview")).status_code == 403
    sign_in(client, team.reviewer)
    assert client.get(url(brief, "preview")).status_code == 200
