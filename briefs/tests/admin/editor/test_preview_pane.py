"""Test the preview pane of the brief form: the stored text as readers will see it, for editorial staff only."""

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import Bullet, Content, Facts
from briefs.models import Brief
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url

pytestmark = pytest.mark.django_db


def preview_of(client: Client, brief: Brief, query: str = "") -> str:
    response = client.get(brief_url(brief, "preview") + query)
    assert response.status_code == 200
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex"
    return response.text


def test_preview_shows_stored_text_in_three_views(writer_client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    brief = factories.edit(Brief.objects.get(pk=brief.pk), team.writer, headline_en="Not yet public")
    both = preview_of(writer_client, brief)
    assert "Not yet public" in both
    assert "標題" in both
    assert 'class="pair' in both
    zh, en = preview_of(writer_client, brief, "?view=zh"), preview_of(writer_client, brief, "?view=en")
    assert '<html lang="zh-Hant-TW"' in zh
    assert '<html lang="en"' in en
    assert "Point 0." not in zh
    assert "第0點。" not in en
    assert "外交政策" in zh
    assert "Foreign Policy" in en


def test_preview_links_to_other_views_but_not_to_public_pages(writer_client: Client, team: Team) -> None:
    page = preview_of(writer_client, factories.draft_brief(team), "?view=en")
    assert "?view=zh" in page
    assert "?view=parallel&amp;page=en" in page
    assert "/briefs/preview/" not in page


def test_parallel_preview_starts_with_the_requested_language(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    en, zh = preview_of(writer_client, brief, "?page=en"), preview_of(writer_client, brief, "?page=zh")
    assert en.index("Point 0.") < en.index("第0點。")
    assert zh.index("第0點。") < zh.index("Point 0.")


def test_preview_of_nearly_empty_brief_escapes_markup(writer_client: Client, team: Team) -> None:
    bare = Content(headline_zh="只有標題", bullets=(Bullet(0, "<b>不是標記</b>"),), facts=Facts())
    brief = factories.draft_brief(team, bare)
    for view in ("zh", "en", "parallel", "nonsense"):
        page = preview_of(writer_client, brief, f"?view={view}")
        assert "<b>不是標記" not in page
