"""The address that lights the words of rows as they are typed."""

import json
from typing import Any

import pytest
from django.test import Client

from briefs.models import Brief, Revision, Term
from briefs.tests.support import factories
from briefs.tests.support.form_client import brief_url, sign_in

pytestmark = pytest.mark.django_db
ROW = ["政府不應退出。", "Governments should withdraw."]


def light(client: Client, brief: Brief, rows: Any) -> Any:
    return client.post(brief_url(brief, "lens"), {"rows": json.dumps(rows)})


def test_writer_lights_rows_as_typed(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    answer = light(client, brief, {"b1": ROW, "n7": ["三項建議。", "Three proposals."], "b2": ["三", ""]})
    assert answer.json() == {
        "b1": {"zh": [[2, 4, "negation", False, None]], "en": []},
        "n7": {"zh": [[0, 1, "number", True, 0]], "en": [[0, 5, "number", True, 0]]},
        "b2": {"zh": [], "en": []},
    }
    assert Revision.objects.filter(brief=brief).count() == 1


def test_positions_count_as_in_javascript(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    answer = light(client, brief, {"b1": ["𠀋不應退出。", "😀 They should not withdraw."]}).json()
    assert answer["b1"]["zh"][0][:2] == [2, 4]
    assert answer["b1"]["en"][0][:2] == [15, 18]


def test_glossary_term_of_the_site_is_lit(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    rows = {"b1": ["深空通訊的發展。", "A study of deep-space links."]}
    assert light(client, brief, rows).json()["b1"] == {"zh": [], "en": []}
    Term.make(zh="深空通訊", en="deep-space links")
    assert light(client, brief, rows).json()["b1"]["zh"] == [[0, 4, "name", True, 0]]


def test_queries_of_lens_are_constant_in_rows(
    client: Client, team: factories.Team, django_assert_max_num_queries: Any
) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    for n in (1, 30):
        with django_assert_max_num_queries(8):
            assert len(light(client, brief, {f"b{i}": ROW for i in range(n)}).json()) == n


@pytest.mark.parametrize(
    "data", ["", "[", "[]", "null", '{"b1": "x"}', '{"b1": ["x"]}', '{"b1": ["x", 1]}', '{"b1": [null, ""]}']
)
def test_lens_refuses_what_is_no_pair_of_texts(data: str, client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert client.post(brief_url(brief, "lens"), {"rows": data}).status_code == 400


def test_lens_refuses_too_many_rows_outsider_get_and_unknown_brief(
    client: Client, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.outsider)
    assert light(client, brief, {}).status_code == 403
    sign_in(client, team.reviewer)
    assert light(client, brief, {}).json() == {}
    assert light(client, brief, {str(n): ["", ""] for n in range(301)}).status_code == 400
    assert client.get(brief_url(brief, "lens")).status_code == 405
    assert client.post("/admin/briefs/brief/99999/lens/", {"rows": "{}"}).status_code == 404
