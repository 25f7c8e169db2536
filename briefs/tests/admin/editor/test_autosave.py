"""The page saves by itself: every answer of the contract, and nothing doubled or lost when answers are."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.admin.common import findings
from briefs.content import Bullet, Content
from briefs.models import Brief, Event, Revision, RowKey

from ...support import factories
from ...support.form_client import Form, form_of, sign_in, url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

NEW = "n" + "0f" * 16
ADD = "/admin/briefs/brief/add/"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    return factories.draft(team)


def content_of(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def send(client: Client, brief: Brief, data: dict[str, Any], status: int = 200) -> Any:
    response = client.post(url(brief, "autosave"), data)
    assert response.status_code == status, response.content.decode()[:400]
    return response.json()


def with_row(data: dict[str, list[str]], key: str, **cells: str) -> dict[str, list[str]]:
    cells = {f"{name}-{key}": value for name, value in cells.items()}
    rows = [*data["bullet"], *([] if key in data["bullet"] else [key])]
    return {**data, "bullet": rows, **{name: [value] for name, value in cells.items()}}


def heard(data: dict[str, list[str]], answer: Any) -> dict[str, list[str]]:
    """The page after an answer that changed no words of it."""
    return {**data, "version": [str(answer["version"])], "base": [str(answer["base"])]}


def revisions(brief: Brief) -> int:
    return Revision.objects.filter(brief=brief).count()


# What is stored and what is answered


def test_a_change_is_one_revision_and_is_acknowledged(mine: Client, brief: Brief) -> None:
    answer = send(mine, brief, form_of(mine, brief).with_(headline_en="Typed", text_zh__b2="改過"))
    row = Brief.objects.get(pk=brief.pk)
    assert (answer["brief"], answer["url"]) == (brief.pk, url(brief))
    assert (answer["version"], answer["base"]) == (row.version, 2)
    assert answer["changed"] is True
    assert len(answer["at"]) == 5
    assert (answer["content"], answer["merged_from"], answer["reasons"]) == (None, [], [])
    assert (answer["numbers"], answer["people"]) == ({}, [])
    assert isinstance(answer["findings"], list)
    assert isinstance(answer["fact_sentence"], str)
    assert content_of(brief).headline_en == "Typed"
    assert content_of(brief).bullets[1].text_zh == "改過"
    revision = Revision.objects.get(brief=brief, number=2)
    assert (revision.kind, revision.changed_zh, revision.changed_en) == ("save", True, True)


def test_an_answer_is_never_kept_by_a_cache(mine: Client, brief: Brief) -> None:
    response = mine.post(url(brief, "autosave"), form_of(mine, brief).data)
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert mine.get(url(brief, "autosave")).status_code == 405
    assert mine.post(url(brief, "autosave"), {"headline_en": "x"}).status_code == 400
    assert mine.post("/admin/briefs/brief/999/autosave/", form_of(mine, brief).data).status_code == 404


def test_nothing_changed_writes_nothing_and_is_acknowledged(mine: Client, brief: Brief) -> None:
    data = form_of(mine, brief).data
    answer = send(mine, brief, {**data, "headline_en": [f"{data['headline_en'][0]}  "]})
    assert answer["changed"] is False
    assert (answer["version"], answer["base"]) == (brief.version, 1)
    assert revisions(brief) == 1
    assert not RowKey.objects.exists()


def test_an_answer_that_was_lost_and_a_page_that_goes_on(mine: Client, brief: Brief) -> None:
    """The page never heard of its first save: the row is the same, and its own words are no other person's."""
    data = with_row(form_of(mine, brief).with_(headline_en="One"), NEW, text_zh="新")
    first = send(mine, brief, data)
    assert first["numbers"] == {NEW: 4}
    again = send(mine, brief, data)
    assert (again["changed"], again["numbers"], again["content"]) == (False, {NEW: 4}, None)
    on = with_row({**data, "headline_en": ["One and more"]}, NEW, text_zh="新的", text_en="New")
    third = send(mine, brief, on)
    assert (third["changed"], third["numbers"], third["content"]) == (True, {NEW: 4}, None)
    content = content_of(brief)
    assert content.headline_en == "One and more"
    assert [(b.number, b.text_zh, b.text_en) for b in content.bullets][-1] == (4, "新的", "New")
    assert revisions(brief) == 3


def test_lost_answers_with_another_persons_save_between(
    mine: Client, brief: Brief, team: factories.Team
) -> None:
    data = form_of(mine, brief).with_(headline_en="A", summary_zh="我")
    send(mine, brief, data)
    factories.edit(brief, team.other_writer, headline_zh="他們")
    send(mine, brief, {**data, "headline_en": ["AB"]})
    factories.edit(brief, team.other_writer, summary_en="Theirs.")
    answer = send(mine, brief, {**data, "headline_en": ["ABC"], "summary_zh": ["我們"]})
    assert answer["merged_from"] == ["other-writer"]
    assert answer["content"]["fields"]["headline_zh"] == "他們"
    content = content_of(brief)
    assert (content.headline_en, content.summary_zh) == ("ABC", "我們")
    assert (content.headline_zh, content.summary_en) == ("他們", "Theirs.")


def test_two_tabs_of_one_person_write_over_nothing(mine: Client, brief: Brief) -> None:
    one, two = form_of(mine, brief), form_of(mine, brief)
    assert one.data["page"] != two.data["page"]
    send(mine, brief, one.with_(headline_en="Tab one"))
    answer = send(mine, brief, two.with_(headline_en="Tab two"), 409)
    assert answer["clash"] is True
    send(mine, brief, two.with_(headline_zh="二"))
    assert (content_of(brief).headline_en, content_of(brief).headline_zh) == ("Tab one", "二")


def test_a_deleted_bullet_comes_back_with_its_number(mine: Client, brief: Brief) -> None:
    data = with_row(form_of(mine, brief).data, NEW, text_zh="新")
    data = heard(data, send(mine, brief, data))
    gone = heard(data, send(mine, brief, {**data, f"deleted-{NEW}": ["1"], "deleted-b2": ["1"]}))
    assert [b.number for b in content_of(brief).bullets] == [1, 3]
    back = send(mine, brief, gone)
    assert back["numbers"] == {NEW: 4}
    assert [b.number for b in content_of(brief).bullets] == [1, 2, 3, 4]


def test_a_row_without_a_lasting_key_is_not_remembered(mine: Client, brief: Brief) -> None:
    answer = send(mine, brief, with_row(form_of(mine, brief).data, "n1", text_zh="新"))
    assert answer["numbers"] == {"n1": 4}
    assert not RowKey.objects.filter(key="n1").exists()


def test_one_page_leaves_one_row_of_memory(mine: Client, brief: Brief) -> None:
    data = form_of(mine, brief).data
    for n in range(5):
        data = heard(data, send(mine, brief, {**data, "headline_en": [f"{n}"]}))
    assert RowKey.objects.count() == 1


# Two people


def test_others_words_come_back_and_ones_own_stay_as_typed(
    mine: Client, brief: Brief, team: factories.Team
) -> None:
    form = form_of(mine, brief)
    theirs = content_of(brief)
    rows = (Bullet(0, "他們新增", "Theirs"), *theirs.bullets[:2])
    rows = (*rows[:2], replace(rows[2], text_en="Their point"))
    workflow.save(brief, replace(theirs, headline_zh="他們", bullets=rows), by=team.other_writer, version=1)
    data = with_row(form.with_(headline_en="Mine, with a space ", text_zh__b2="我的 "), NEW, text_zh="新 ")
    data = with_row(data, "n" + "1" * 32, text_zh="")
    answer = send(mine, brief, data)
    state = answer["content"]
    assert answer["merged_from"] == ["other-writer"]
    assert state["fields"]["headline_zh"] == "他們"
    assert state["fields"]["headline_en"] == "Mine, with a space "
    rows = [(row["key"], row["text_zh"], row["text_en"]) for row in state["bullets"]]
    assert rows == [
        ("b4", "他們新增", "Theirs"),
        ("b1", "第0點。", "Point 0."),
        ("b2", "我的 ", "Their point"),
        (NEW, "新 ", ""),
        ("n" + "1" * 32, "", ""),
    ]
    assert set(state) == {"fields", "bullets", "authors", "keywords"}
    revision = Revision.objects.filter(brief=brief).latest("number")
    assert (revision.changed_zh, revision.changed_en, revision.by) == (True, True, team.writer)


def test_a_merge_says_only_what_this_person_changed(mine: Client, brief: Brief, team: factories.Team) -> None:
    form = form_of(mine, brief)
    factories.edit(brief, team.other_writer, headline_zh="他們", facts=factories.facts(title="Theirs"))
    send(mine, brief, form.with_(headline_en="Mine"))
    revision = Revision.objects.filter(brief=brief).latest("number")
    assert (revision.changed_zh, revision.changed_en, revision.changed_facts) == (False, True, False)


def test_an_untouched_page_takes_what_others_wrote(mine: Client, brief: Brief, team: factories.Team) -> None:
    form = form_of(mine, brief)
    factories.edit(brief, team.other_writer, headline_zh="他們")
    answer = send(mine, brief, form.data)
    assert answer["changed"] is False
    assert answer["content"]["fields"]["headline_zh"] == "他們"
    assert answer["base"] == 2
    assert revisions(brief) == 2


def test_both_changed_the_same_words(mine: Client, brief: Brief, team: factories.Team) -> None:
    form = form_of(mine, brief)
    factories.edit(brief, team.other_writer, headline_en="Theirs")
    answer = send(mine, brief, form.with_(headline_en="Mine"), 409)
    assert answer["clash"] is True
    assert answer["by"] == "other-writer"
    assert answer["at"] in answer["text"]
    assert "other-writer saved a newer version" in answer["text"]
    assert content_of(brief).headline_en == "Theirs"
    page = mine.post(url(brief), form.with_(headline_en="Mine"))
    assert page.status_code == 409
    assert Form(page.content.decode()).data["take-headline_en"] == ["mine"]


# Who may


def test_approved_meanwhile_stores_nothing(mine: Client, team: factories.Team) -> None:
    brief = factories.signed(team)
    form = form_of(mine, brief)
    factories.approve(brief, team.publisher)
    was = content_of(brief)
    answer = send(mine, brief, form.with_(headline_en="Typed"), 409)
    assert answer == {
        "clash": False,
        "reasons": [{"about": "", "text": "This brief is live. Start a revision to change it."}],
    }
    assert content_of(brief) == was


def test_a_reviewer_saves_in_review_and_not_before(client: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    sign_in(client, team.reviewer)
    data = {"draft": "1", "base": "1", "headline_en": "Reviewed"}
    answer = send(client, brief, data, 409)
    assert "Your role does not allow this." in answer["reasons"][0]["text"]
    workflow.submit(brief, by=team.writer, version=1)
    send(client, brief, form_of(client, brief).with_(headline_en="Reviewed"))
    assert content_of(brief).headline_en == "Reviewed"


def test_whoever_only_signed_in_may_not(client: Client, team: factories.Team, brief: Brief) -> None:
    sign_in(client, team.outsider)
    assert client.post(url(brief, "autosave"), {"draft": "1"}).status_code == 403
    sign_in(client, team.reviewer)
    assert client.post(f"{ADD}autosave/", {"draft": "1", "client_key": "0" * 32}).status_code == 403
    assert Brief.objects.count() == 1


def test_signed_out_is_sent_to_the_door(mine: Client, brief: Brief) -> None:
    data = form_of(mine, brief).with_(headline_en="Typed")
    mine.logout()
    response = mine.post(url(brief, "autosave"), data)
    assert response.status_code == 302
    assert "/login/" in response.headers["Location"]
    assert revisions(brief) == 1


def test_a_stale_token_is_mended_by_the_pulse(team: factories.Team, brief: Brief) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), team.writer)
    data = form_of(client, brief).with_(headline_en="Typed")
    client.cookies["csrftoken"] = "x" * 32  # signed in again elsewhere: the secret is another one
    assert client.post(url(brief, "autosave"), data).status_code == 403
    token = client.get(url(brief, "pulse")).json()["csrf"]
    send(client, brief, {**data, "csrfmiddlewaretoken": [token]})
    assert content_of(brief).headline_en == "Typed"


# A brief that has no row yet


def test_a_brief_is_begun_once_however_often_it_is_sent(mine: Client, team: factories.Team) -> None:
    form = Form(mine.get(ADD).content.decode())
    data = with_row(form.with_(headline_zh="新文摘"), NEW, text_zh="一")
    first = mine.post(f"{ADD}autosave/", data).json()
    brief = Brief.objects.get()
    assert (first["url"], first["numbers"], first["changed"]) == (url(brief), {NEW: 1}, True)
    assert (brief.begun_as, brief.state) == (form.data["client_key"][0], "draft")
    again = mine.post(f"{ADD}autosave/", with_row(data, NEW, text_zh="一二", text_en="One")).json()
    assert (again["brief"], again["numbers"], again["base"]) == (brief.pk, {NEW: 1}, 2)
    assert [(b.number, b.text_zh) for b in content_of(brief).bullets] == [(1, "一二")]
    assert Event.objects.filter(verb="create").count() == 1
    data = {**heard(data, again), "headline_en": ["New"], f"text_zh-{NEW}": ["一二"]}
    on = send(mine, brief, data)
    assert (on["base"], on["content"]) == (3, None)
    saved = mine.post(ADD, {**data, f"text_zh-{NEW}": ["一二三"]})
    assert saved.headers["Location"] == url(brief)
    assert content_of(brief).bullets[0].text_zh == "一二三"
    assert Brief.objects.count() == 1


def test_a_brief_begun_needs_its_key(mine: Client) -> None:
    assert mine.post(f"{ADD}autosave/", {"draft": "1", "headline_zh": "新"}).status_code == 400
    assert mine.post(f"{ADD}autosave/", {"client_key": "0" * 32}).status_code == 400
    assert mine.get(f"{ADD}autosave/").status_code == 405
    assert not Brief.objects.exists()


# Repairs


@pytest.mark.parametrize("extra", [{}, {"headline_en": "And more"}])
def test_a_repair_is_no_ones_change_if_it_is_all(
    mine: Client, brief: Brief, monkeypatch: pytest.MonkeyPatch, extra: dict[str, str]
) -> None:
    def repaired(pk: int, content: Content, id: str) -> Content | None:
        assert (pk, id) == (brief.pk, "commas")
        return replace(content, summary_zh="摘要，")

    monkeypatch.setattr(findings, "apply_minor_repair", repaired)
    send(mine, brief, form_of(mine, brief).with_(summary_zh="摘要，", repair="commas", **extra))
    revision = Revision.objects.get(brief=brief, number=2)
    assert revision.kind == ("save" if extra else "repair")
    assert revision.changed_zh is bool(extra)


# Cost


def test_queries_do_not_grow_with_the_bullets(mine: Client, team: factories.Team) -> None:
    counts = []
    for n in (8, 30, 60):
        bullets = tuple(Bullet(0, f"第{i}點", f"Point {i}") for i in range(n))
        brief = factories.draft(team, factories.content(bullets=bullets))
        form = form_of(mine, brief)
        data = with_row(form.with_(headline_en=f"Changed {n}"), NEW, text_zh="新")
        with CaptureQueriesContext(connection) as plain:
            answer = send(mine, brief, data)
        factories.edit(brief, team.other_writer, headline_zh="他們")
        with CaptureQueriesContext(connection) as merged:
            send(mine, brief, {**heard(data, answer), "summary_zh": ["我"]})
        counts.append((len(plain), len(merged)))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0][0] <= 34, "31 when it was written"
    assert counts[0][1] <= 39, "36 when it was written"
