"""Words of Django's admin that our pages show, in our Chinese."""

import pytest
from django.test import Client

from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_header_and_selection_of_lists_speak_our_words(client: Client, team: Team) -> None:
    sign_in(client, team.writer, "zh-hant")
    script = client.get("/admin/jsi18n/").text
    assert "已選 %(sel)s 項，共 %(cnt)s 項" in script or "\\u5df2\\u9078" in script
    page = client.get("/admin/").text
    for stock in ("個被選", "歡迎", "目前主題", "切換主題"):
        assert stock not in script + page
