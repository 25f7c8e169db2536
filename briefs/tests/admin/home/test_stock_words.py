"""Words of Django's admin that our pages show, in our Chinese."""

import pytest
from django.test import Client
from django.utils.functional import Promise

from briefs.admin.home.desk_site import STOCK_WORDS
from briefs.models import Person
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def chinese_client(client: Client, team: Team) -> Client:
    sign_in(client, team.writer)
    Person.objects.update(language="zh-hant")
    return client


def test_stock_words_are_lazy_so_that_they_follow_the_interface() -> None:
    assert all(isinstance(word, Promise) for word in STOCK_WORDS)


def test_selection_of_list_is_counted_in_our_words(chinese_client: Client) -> None:
    script = chinese_client.get("/admin/jsi18n/").text
    assert "已選 %(sel)s 項，共 %(cnt)s 項" in script or "\\u5df2\\u9078" in script
    assert "個被選" not in script


def test_header_greets_nobody_and_names_the_colours(chinese_client: Client) -> None:
    page = chinese_client.get("/admin/").text
    for stock in ("歡迎", "目前主題", "切換主題"):
        assert stock not in page
