"""Test the autosave endpoint: its responses, merging, permissions and repeated requests after lost responses."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Event, Revision, RowKey
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

NEW_KEY = "n" + "0f" * 16
ADD_URL = "/admin/briefs/brief/add/"


@pytest.fixture
def brief(team: Team) -> Brief:
    return factories.draft_brief(team)


def autosave(
    client: Client, brief: Brief, data: dict[str, Any] | None = None, status: int = 200, **changes: Any
) -> Any:
    """Post the data, or the form that the page has now with some values changed."""
    data = data or get_brief_form(client, brief).data_with(**changes)
    response = client.post(brief_url(brief, "autosave"), data)
    assert response.status_code == status, response.text[:400]
    return response.json()


def with_bullet(data: dict[str, list[str]], key: str, **cells: str) -> dict[str, list[str]]:
    cells = {f"{name}-{key}": value for name, value in cells.items()}
    rows = [*data["bullet"], *([] if key in data["bullet"] else [key])]
    return {**data, "bullet": rows, **{name: [value] for name, value in cells.items()}}


def after_answer(data: dict[str, list[str]], answer: Any) -> dict[str, list[str]]:
    """Return the form data with the version and base of an autosave response."""
    return {**data, "version": [str(answer["version"])], "base": [str(answer["base"])]}


def revision_count(brief: Brief) -> int:
    return Revision.objects.filter(brief=brief).count()


# Stored content and response


def test_autosave_stores_change_as_one_revision(writer_client: Client, brief: Brief) -> None:
    answer = autosave(writer_client, brief, headline_en="Typed", text_zh__b2="改過")
    expected = {
        "brief": brief.pk, "url": brief_url(brief), "version": Brief.objects.get().version, "base": 2, "changed": True,
        "content": None, "merged_from": [], "reasons": [], "numbers": {}, "people": [],
    }  # fmt: skip
    assert answer == answer | expected
    assert isinstance(answer["findings"], list)
    assert isinstance(answer["fact_line"], str)
    assert load_content(brief).headline_en == "Typed"
    assert load_content(brief).bullets[1].text_zh == "改過"
    revision = Revision.objects.get(brief=brief, number=2)
    assert (revision.kind, revision.changed_zh, revision.changed_en) == ("save", True, True)
    keys = RowKey.objects.count()
    answer = autosave(writer_client, brief, headline_en="Typed  ")
    assert (answer["changed"], answer["version"], answer["base"]) == (False, expected["version"], 2)
    assert revision_count(brief) == 2
    assert RowKey.objects.count() == keys


def test_autosave_response_is_not_cached_and_bad_requests_fail(writer_client: Client, brief: Brief) -> None:
    address, data = brief_url(brief, "autosave"), get_brief_form(writer_client, brief).data
    response = writer_client.post(address, data)
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    new = f"{ADD_URL}autosave/"
    without_key, without_draft = {"draft": "1", "headline_zh": "新"}, {"client_key": "0" * 32}
    for where, sent, status in (
        (address, {"headline_en": "x"}, 400),
        ("/admin/briefs/brief/999/autosave/", data, 404),
        (new, without_key, 400),
        (new, without_draft, 400),
    ):
        assert writer_client.post(where, sent).status_code == status
    assert [writer_client.get(where).status_code for where in (address, new)] == [405, 405]
    assert Brief.objects.get() == brief


def test_autosave_after_lost_response_adds_no_second_bullet(writer_client: Client, brief: Brief) -> None:
    """The page keeps sending its old base; its own earlier save must not count as another person's."""
    data = with_bullet(
        get_brief_form(writer_client, brief).data_with(headline_en="One"), NEW_KEY, text_zh="新"
    )
    first = autosave(writer_client, brief, data)
    assert first["numbers"] == {NEW_KEY: 4}
    second = autosave(writer_client, brief, data)
    assert (second["changed"], second["numbers"], second["content"]) == (False, {NEW_KEY: 4}, None)
    continued = with_bullet({**data, "headline_en": ["One and more"]}, NEW_KEY, text_zh="新的", text_en="New")
    third = autosave(writer_client, brief, continued)
    assert (third["changed"], third["numbers"], third["content"]) == (True, {NEW_KEY: 4}, None)
    assert dict(third["key_points"])["4"] == "#b4  New"
    content = load_content(brief)
    assert content.headline_en == "One and more"
    assert [(b.number, b.text_zh, b.text_en) for b in content.bullets][-1] == (4, "新的", "New")
    assert revision_count(brief) == 3


def test_autosave_after_lost_response_merges_save_by_other_writer(
    writer_client: Client, brief: Brief, team: Team
) -> None:
    data = get_brief_form(writer_client, brief).data_with(headline_en="A", summary_zh="我")
    autosave(writer_client, brief, data)
    factories.edit(brief, team.other_writer, headline_zh="他們")
    autosave(writer_client, brief, {**data, "headline_en": ["AB"]})
    factories.edit(brief, team.other_writer, summary_en="Theirs.")
    answer = autosave(writer_client, brief, {**data, "headline_en": ["ABC"], "summary_zh": ["我們"]})
    assert answer["merged_from"] == ["other-writer"]
    assert answer["content"]["fields"]["headline_zh"] == "他們"
    content = load_content(brief)
    assert (content.headline_en, content.summary_zh) == ("ABC", "我們")
    assert (content.headline_zh, content.summary_en) == ("他們", "Theirs.")


def test_two_tabs_of_one_writer_conflict_instead_of_overwriting(writer_client: Client, brief: Brief) -> None:
    first_tab, second_tab = get_brief_form(writer_client, brief), get_brief_form(writer_client, brief)
    assert first_tab.data["page"] != second_tab.data["page"]
    autosave(writer_client, brief, first_tab.data_with(headline_en="Tab one"))
    answer = autosave(writer_client, brief, second_tab.data_with(headline_en="Tab two"), 409)
    assert answer["clash"] is True
    autosave(writer_client, brief, second_tab.data_with(headline_zh="二"))
    assert (load_content(brief).headline_en, load_content(brief).headline_zh) == ("Tab one", "二")


def test_restored_bullet_gets_its_old_number(writer_client: Client, brief: Brief) -> None:
    data = with_bullet(get_brief_form(writer_client, brief).data, NEW_KEY, text_zh="新")
    data = after_answer(data, autosave(writer_client, brief, data))
    after_delete = after_answer(
        data, autosave(writer_client, brief, {**data, f"deleted-{NEW_KEY}": ["1"], "deleted-b2": ["1"]})
    )
    assert [b.number for b in load_content(brief).bullets] == [1, 3]
    answer = autosave(writer_client, brief, after_delete)
    assert answer["numbers"] == {NEW_KEY: 4}
    assert [b.number for b in load_content(brief).bullets] == [1, 2, 3, 4]


# Concurrent edits


def test_merge_returns_other_writers_text_and_keeps_own_as_typed(
    writer_client: Client, brief: Brief, team: Team
) -> None:
    form = get_brief_form(writer_client, brief)
    theirs = load_content(brief)
    rows = (Bullet(0, "他們新增", "Theirs"), *theirs.bullets[:2])
    rows = (*rows[:2], replace(rows[2], text_en="Their point"))
    workflow.editing.save(
        brief, replace(theirs, headline_zh="他們", bullets=rows), by=team.other_writer, version=1
    )
    data = with_bullet(
        form.data_with(headline_en="Mine, with a space ", text_zh__b2="我的 "), NEW_KEY, text_zh="新 "
    )
    data = with_bullet(data, "n" + "1" * 32, text_zh="")
    answer = autosave(writer_client, brief, data)
    state = answer["content"]
    assert answer["merged_from"] == ["other-writer"]
    assert state["fields"]["headline_zh"] == "他們"
    assert state["fields"]["headline_en"] == "Mine, with a space "
    rows = [(row["key"], row["text_zh"], row["text_en"]) for row in state["bullets"]]
    assert rows == [
        ("b4", "他們新增", "Theirs"),
        ("b1", "第0點。", "Point 0."),
        ("b2", "我的 ", "Their point"),
        (NEW_KEY, "新 ", ""),
        ("n" + "1" * 32, "", ""),
    ]
    assert set(state) == {"fields", "bullets", "authors", "keywords"}
    revision = Revision.objects.filter(brief=brief).latest("number")
    assert (revision.changed_zh, revision.changed_en, revision.by) == (True, True, team.writer)


def test_autosave_of_field_changed_by_other_writer_is_a_conflict(
    writer_client: Client, brief: Brief, team: Team
) -> None:
    form = get_brief_form(writer_client, brief)
    factories.edit(brief, team.other_writer, headline_en="Theirs")
    unchanged = autosave(writer_client, brief, form.data)
    assert (unchanged["changed"], unchanged["content"]["fields"]["headline_en"]) == (False, "Theirs")
    mine = form.data_with(headline_en="Mine")
    answer = autosave(writer_client, brief, mine, 409)
    assert (answer["clash"], answer["by"]) == (True, "other-writer")
    assert "other-writer saved a newer version" in answer["text"]
    assert load_content(brief).headline_en == "Theirs"
    page = writer_client.post(brief_url(brief), mine)
    assert page.status_code == 409
    assert Form(page.text).data["take-headline_en"] == ["mine"]


# Permissions


def test_autosave_after_approval_stores_nothing(writer_client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    form = get_brief_form(writer_client, brief)
    factories.approve(brief, team.publisher)
    before = load_content(brief)
    reason = {"about": "", "text": "This brief is live. Start a revision to change it."}
    answer = autosave(writer_client, brief, form.data_with(headline_en="Typed"), 409)
    assert answer == {"clash": False, "reasons": [reason]}
    assert load_content(brief) == before


def test_presence_request_returns_valid_csrf_token(team: Team, brief: Brief) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), team.writer)
    data = get_brief_form(client, brief).data_with(headline_en="Typed")
    client.cookies["csrftoken"] = "x" * 32  # signing in again in another tab rotates the CSRF secret
    assert client.post(brief_url(brief, "autosave"), data).status_code == 403
    token = client.get(brief_url(brief, "pulse")).json()["csrf"]
    autosave(client, brief, {**data, "csrfmiddlewaretoken": [token]})
    assert load_content(brief).headline_en == "Typed"


# New brief without a database row


def test_new_brief_autosaved_repeatedly_is_created_once(writer_client: Client, team: Team) -> None:
    form = Form(writer_client.get(ADD_URL).text)
    key = form.data["bullet"][0]
    data = with_bullet(form.data_with(headline_zh="新文摘"), key, text_zh="一")
    first = writer_client.post(f"{ADD_URL}autosave/", data).json()
    brief = Brief.objects.get()
    assert (first["url"], first["numbers"], first["changed"]) == (brief_url(brief), {key: 1}, True)
    assert (brief.begun_as, brief.state) == (form.data["client_key"][0], "draft")
    second = writer_client.post(
        f"{ADD_URL}autosave/", with_bullet(data, key, text_zh="一二", text_en="One")
    ).json()
    assert (second["brief"], second["numbers"], second["base"]) == (brief.pk, {key: 1}, 2)
    assert [(b.number, b.text_zh) for b in load_content(brief).bullets] == [(1, "一二")]
    assert Event.objects.filter(verb="create").count() == 1
    data = {**after_answer(data, second), "headline_en": ["New"], f"text_zh-{key}": ["一二"]}
    third = autosave(writer_client, brief, data)
    assert (third["base"], third["content"]) == (3, None)
    saved = writer_client.post(ADD_URL, {**data, f"text_zh-{key}": ["一二三"]})
    assert saved.headers["Location"] == brief_url(brief)
    assert load_content(brief).bullets[0].text_zh == "一二三"
    assert Brief.objects.count() == 1


# What a save writes and asks


def test_autosave_query_count_is_independent_of_bullet_count(writer_client: Client, team: Team) -> None:
    counts = []
    for n in (8, 60):
        bullets = tuple(Bullet(0, f"第{i}點", f"Point {i}") for i in range(n))
        brief = factories.draft_brief(team, factories.content(bullets=bullets))
        form = get_brief_form(writer_client, brief)
        data = with_bullet(form.data_with(headline_en=f"Changed {n}"), NEW_KEY, text_zh="新")
        with CaptureQueriesContext(connection) as plain:
            answer = autosave(writer_client, brief, data)
        factories.edit(brief, team.other_writer, headline_zh="他們")
        with CaptureQueriesContext(connection) as merged:
            autosave(writer_client, brief, {**after_answer(data, answer), "summary_zh": ["我"]})
        counts.append((len(plain), len(merged)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 28, "measured: 25"
    assert counts[0][1] <= 32, "measured: 29"
