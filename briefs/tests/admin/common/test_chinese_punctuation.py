"""Punctuation of the admin's own Chinese sentences: full width, also where two phrases are joined."""

import re

import pytest
from django.test import Client

from briefs.tests.support import factories
from briefs.tests.support.brief_states import withdrawn
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, post_verb_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def visible_text(response: object) -> str:
    """Return the response as text, without tags."""
    return " ".join(re.sub(r"<[^>]*>", "", response.text).split())


def test_pages_of_acts_use_full_width_punctuation(client: Client, team: Team) -> None:
    brief, away, ready = factories.live_brief(team), withdrawn(team), factories.signed_brief(team)
    sign_in(client, team.publisher, "zh-hant")
    text = visible_text(client.get(brief_url(brief, "withdraw")))
    assert "著作權問題 – 本篇的權利有疑義，因此撤下。" in text
    assert re.search(r"讀者將看到的內容 本文已於 \d{4}年\d+月\d+日 撤回。理由：…", text)
    assert re.search(r"This brief was withdrawn on \d+ \w+ \d{4}\. Reason: … 這一版定稿的文字", text)
    text = visible_text(client.get(brief_url(brief, "remove")))
    assert "讀者將看到的內容 本頁內容已移除。 This page has been removed. 這一版定稿的文字" in text
    text = visible_text(client.get(brief_url(away, "reinstate")))
    assert "讀者將重新看到的內容" in text
    assert re.search(r"已撤回：\d\d:\d\d – 本篇的權利", text)
    refused = post_verb_form(client, ready, when="later", at="soon")
    assert "時間（Asia/Taipei）：請選擇時間" in visible_text(refused)
