"""Punctuation of the desk's own sentences in Chinese: full width, also where two words are put together."""

import re

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Person

from ...support import factories
from ...support.form_client import reload_brief, get_verb_form, sign_in, brief_url
from ..verbs.test_verb_buttons import revised, urgent, withdrawn

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def chinese(client: Client, team: factories.Team) -> Client:
    sign_in(client, team.publisher)
    Person.objects.filter(pk=team.publisher.pk).update(language="zh-hant")
    return client


def words(response: object) -> str:
    """What is read, without tags."""
    return " ".join(re.sub(r"<[^>]*>", "", response.content.decode()).split())


def test_when_a_brief_was_withdrawn(chinese: Client, team: factories.Team) -> None:
    brief = withdrawn(team)
    assert re.search(r"已撤回：\d\d:\d\d – 理由", words(chinese.get(brief_url(brief, "reinstate"))))
    assert "已撤回（權利因素）：" in words(chinese.get(brief_url(brief)))


def test_when_a_brief_was_removed_and_why_it_was_urgent(chinese: Client, team: factories.Team) -> None:
    brief = urgent(team)
    assert re.search(r"publisher，\d\d:\d\d", words(chinese.get("/admin/")))
    workflow.remove(brief, by=team.publisher, reason="法院")
    read = words(chinese.get(brief_url(brief)))
    assert "急件：war" in read
    assert "已移除：法院" in read


def test_a_time_that_is_none(chinese: Client, team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    data = get_verb_form(chinese, brief, "approve").data_with(when="later", at="soon")
    assert "時間（Asia/Taipei）：請選擇時間" in words(chinese.post(brief_url(brief, "approve"), data))


def test_what_differs_in_substance(chinese: Client, team: factories.Team) -> None:
    brief: Brief = revised(team)
    content = workflow.load_working_copy(brief)
    first = content.bullets[0]
    factories.edit(
        brief, team.writer, bullets=(type(first)(first.number, "2028年", "In 2028"), *content.bullets[1:])
    )
    brief = reload_brief(brief)
    workflow.submit(brief, by=team.writer, version=brief.version)
    read = words(chinese.get(brief_url(brief, "approve")))
    assert re.search(r"（#b1 · (中文|英文)）：", read), read[-600:]


def test_what_readers_will_see_in_place_of_the_text(chinese: Client, team: factories.Team) -> None:
    brief = factories.live_brief(team)
    told = words(
        chinese.post(brief_url(brief, "withdraw"), get_verb_form(chinese, brief, "withdraw").data_with(reason_zh="侵權"))
    )
    assert re.search(r"讀者將看到的內容 本文已於 \d{4}年\d+月\d+日 撤回。理由：侵權", told)
    assert re.search(r"This brief was withdrawn on \d+ \w+ \d{4}\. Reason: … 這一版定稿的文字", told)
    told = words(chinese.get(brief_url(brief, "remove")))
    assert "讀者將看到的內容 本頁內容已移除。 This page has been removed. 這一版定稿的文字" in told
    told = words(chinese.get(brief_url(withdrawn(team), "reinstate")))
    assert "一分鐘內" in told
    assert "讀者將重新看到的內容" in told
