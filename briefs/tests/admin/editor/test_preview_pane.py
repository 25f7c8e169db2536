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
    factories.edit(brief, team.writer, headline_en="Not yet public")
    both, from_zh, zh, en = (
        preview_of(writer_client, brief, query) for query in ("?page=en", "?page=zh", "?view=zh", "?view=en")
    )
    for words in ("Not yet public", "標題", 'class="pair'):
        assert words in both
    assert both.index("Point 0.") < both.index("第0點。")
    assert from_zh.index("第0點。") < from_zh.index("Point 0.")
    for page, shown, hidden in (
        (zh, ('<html lang="zh-Hant-TW"', "外交政策"), "Point 0."),
        (en, ('<html lang="en"', "Foreign Policy", "?view=zh", "?view=parallel&amp;page=en"), "第0點。"),
    ):
        assert all(words in page for words in shown)
        assert hidden not in page
        assert "/briefs/preview/" not in page


def test_preview_of_nearly_empty_brief_escapes_markup(writer_client: Client, team: Team) -> None:
    bare = Content(headline_zh="只有標題", bullets=(Bullet(0, "<b>不是標記</b>"),), facts=Facts())
    brief = factories.draft_brief(team, bare)
    for view in ("zh", "en", "parallel", "nonsense"):
        page = preview_of(writer_client, brief, f"?view={view}")
        assert "<b>不是標記" not in page
