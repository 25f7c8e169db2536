"""Words of Django's admin that our pages show, in our Chinese."""

import pytest
from django.test import Client

from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_header_speaks_our_words(client: Client, team: Team) -> None:
    page = sign_in(client, team.writer, "zh-hant").get("/admin/").text
    for stock in ("歡迎", "目前主題", "切換主題"):
        assert stock not in page
