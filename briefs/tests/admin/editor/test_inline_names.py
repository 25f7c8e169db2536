"""Names of the vocabulary in the brief's form: found however they are typed, and made once."""

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Brief, Event, Keyword, Source
from briefs.text import name_similarity

from ...support import factories
from ...support.form_client import form_of, sign_in, url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
NAMES = "/admin/briefs/brief/names/"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def rows(client: Client, kind: str, q: str, **more: str) -> list[dict[str, Any]]:
    response = client.get(NAMES, {"kind": kind, "q": q, **more})
    assert response.status_code == 200
    return response.json()["rows"]


def found(client: Client, kind: str, q: str, **more: str) -> list[str]:
    return [row["name"] for row in rows(client, kind, q, **more)]


def create(client: Client, kind: str, status: int = 200, **values: Any) -> Any:
    response = client.post(NAMES + "create/", {"kind": kind, **values})
    assert response.status_code == status, response.content.decode()[:500]
    return response.json()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Vivek Chilukuri", "vivek chilukuri"),
        ("José Núñez", "Jose Nunez"),
        ("Lin Wei-Ling", "Wei-Ling Lin"),
        ("Lin Wei-Ling", "Lin Wei Ling"),
        ("Chilukuri, Vivek", "Vivek Chilukuri"),
        ("V. Chilukuri", "Vivek Chilukuri"),
        ("Vivek Chilukuri", "Vivek Chillukuri"),
        ("Vivek Chilukuri", "Vievk Chilukuri"),
        ("The Diplomat", "Diplomat"),
        ("林雨蒼", "林雨蒼"),
        ("人工智慧", "人工智能"),
    ],
)
def test_names_that_may_be_the_same(one: str, other: str) -> None:
    assert name_similarity.are_similar_names(one, other)
    assert name_similarity.are_similar_names(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("Jane Doe", "John Doe"),
        ("王小明", "王曉明"),
        ("AI", "EU"),
        ("China", "Chile"),
        ("Foreign Policy", "Foreign Affairs"),
        ("科技", "科學"),
        ("Wei Wang", "Wei Zhang"),
    ],
)
def test_names_that_are_two(one: str, other: str) -> None:
    assert not name_similarity.are_similar_names(one, other)
    assert not name_similarity.are_similar_names(other, one)


def test_the_distance_counts_single_slips() -> None:
    assert name_similarity.edit_distance("kitten", "sitting", 9) == 3
    assert name_similarity.edit_distance("abcd", "acbd", 9) == 1
    assert name_similarity.edit_distance("abcdefgh", "hgfedcba", 2) == 3


def test_rows_are_found_by_every_name_and_told_apart(mine: Client, team: factories.Team) -> None:
    first = Author.make(name="Wei Wang", family="Wang", given="Wei", name_zh="王偉", name_zh_kind="own")
    second = Author.make(name="Wei Wang", family="Wang", given="Wei")
    Author.make(name="Owen Chen")
    byline = Byline(first.pk, "國防院研究員", "Fellow, INDSR")
    factories.draft(team, factories.content(facts=factories.facts(authors=(byline,))))
    for typed in ("wei w", "Wang", "王偉", "wang wei"):
        assert {row["id"] for row in rows(mine, "author", typed)} >= {first.pk}, typed
    both = {row["id"]: row for row in rows(mine, "author", "Wei Wang")}
    assert both[first.pk]["detail"] == "Wang, Wei · Fellow, INDSR · 1 brief"
    assert both[first.pk]["name"] == "Wei Wang 王偉"
    assert both[second.pk]["detail"] == "Wang, Wei · not used yet"
    assert rows(mine, "author", "") == []


def test_accents_hyphens_and_slips_still_find(mine: Client) -> None:
    Author.make(name="José Núñez")
    Author.make(name="Lin Wei-Ling")
    assert found(mine, "author", "jose nunez") == ["José Núñez"]
    assert found(mine, "author", "weiling") == ["Lin Wei-Ling"]
    assert found(mine, "author", "José Núñes") == ["José Núñez"]
    assert found(mine, "author", "Zoe") == []


def test_the_whole_name_comes_first_then_its_beginning_then_the_most_used(
    mine: Client, team: factories.Team
) -> None:
    for label in ("Biotechnology", "Technology policy", "Tech"):
        Keyword.make(label_zh=label[::-1], label_en=label)
    factories.draft(team)  # 科技 · Technology
    assert found(mine, "keyword", "tech") == [
        "hceT · Tech", "科技 · Technology", "ycilop ygolonhceT · Technology policy", "ygolonhcetoiB · Biotechnology"
    ]  # fmt: skip


def test_a_merged_row_is_no_suggestion_and_its_briefs_count(mine: Client, team: factories.Team) -> None:
    keep = Keyword.make(label_zh="晶片", label_en="Chips")
    gone = Keyword.make(label_zh="芯片", label_en="Chip")
    factories.draft(team, factories.content(facts=factories.facts(keywords=(gone.pk,))))
    workflow.merge_vocabulary([gone], into=keep, by=team.writer)
    assert [(row["id"], row["uses"]) for row in rows(mine, "keyword", "chip")] == [(keep.pk, 1)]
    assert found(mine, "keyword", "芯片") == []


def test_before_anything_is_typed_the_usual_sources_are_there(mine: Client, team: factories.Team) -> None:
    Source.make(name="Lawfare")
    factories.draft(team)
    assert found(mine, "source", "") == ["Foreign Policy 外交政策"]


def test_suggestions_cost_the_same_for_any_number(mine: Client, team: factories.Team) -> None:
    counts = []
    for n in (2, 8):
        for i in range(n):
            author = Author.make(name=f"Vivek {n} {i}")
            factories.draft(
                team, factories.content(facts=factories.facts(authors=(Byline(author.pk, "甲", "A"),)))
            )
        with CaptureQueriesContext(connection) as queries:
            rows(mine, "author", "vivek")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_new_entry_begins_with_what_was_typed(mine: Client) -> None:
    def begin(kind: str, q: str) -> dict[str, str]:
        return mine.get(NAMES, {"kind": kind, "q": q, "new": "1"}).json()["begin"]

    assert begin("author", "Jane van Doe") == {"name": "Jane van Doe", "given": "Jane", "family": "van Doe"}
    assert begin("author", "歐陽娜")["name_zh_kind"] == "own"
    assert begin("keyword", "Quantum") == {"label_zh": "", "label_en": "Quantum"}
    assert begin("keyword", "量子") == {"label_zh": "量子", "label_en": ""}
    assert begin("keyword", "量子 · Quantum") == {"label_zh": "量子", "label_en": "Quantum"}
    assert begin("source", "Lawfare") == {"name": "Lawfare"}


def test_what_is_alike_is_offered_with_a_new_one(mine: Client) -> None:
    Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    Author.make(name="Jane Doe", name_zh="杜珍", name_zh_kind="transliteration")
    for typed in ("V. Chilukuri", "Chilukuri Vivek", "Vivék Chilukuri"):
        assert found(mine, "author", typed, new="1") == ["Vivek Chilukuri"], typed
    assert found(mine, "author", "杜珍", new="1") == ["Jane Doe 杜珍"]
    assert found(mine, "author", "Somebody Else", new="1") == []


def test_each_kind_is_made_with_all_its_names(mine: Client) -> None:
    made = create(
        mine,
        "author",
        name=" Vivek  Chilukuri",
        family="Chilukuri",
        given="Vivek",
        name_zh="齊祿庫里",
        name_zh_kind="transliteration",
    )
    author = Author.objects.get()
    assert (made["id"], made["name"]) == (author.pk, "Vivek Chilukuri 齊祿庫里")
    assert (author.name_zh_kind, author.slug) == ("transliteration", "vivek-chilukuri")
    assert create(mine, "source", name="Lawfare", name_zh="")["name"] == "Lawfare"
    assert create(mine, "keyword", label_zh="量子", label_en="Quantum")["name"] == "量子 · Quantum"


def test_a_double_click_makes_one(mine: Client) -> None:
    for kind, values in (
        ("author", {"name": "Jane Doe", "family": "Doe", "given": "Jane"}),
        ("source", {"name": "Lawfare"}),
        ("keyword", {"label_zh": "量子", "label_en": "Quantum"}),
    ):
        assert create(mine, kind, **values)["id"] == create(mine, kind, **values)["id"]
    assert (Author.objects.count(), Source.objects.count(), Keyword.objects.count()) == (1, 1, 1)


def test_near_duplicates_are_shown_before_a_second_one_is_made(mine: Client) -> None:
    there = Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    values = {"name": "V. Chilukuri", "family": "Chilukuri", "given": "V."}
    refused = create(mine, "author", 409, **values)
    assert [row["id"] for row in refused["like"]] == [there.pk]
    assert Author.objects.count() == 1
    create(mine, "author", **values, known=[there.pk])
    assert Author.objects.count() == 2


def test_two_of_one_name_may_be_two_people(mine: Client) -> None:
    values = {"name": "Wei Wang", "family": "Wang", "given": "Wei"}
    first = create(mine, "author", **values)["id"]
    second = create(mine, "author", **values, known=[first])["id"]
    assert second != first
    assert create(mine, "author", **values, known=[first])["id"] == second  # clicked twice


def test_two_of_one_name_are_told_apart_by_typing(mine: Client, team: factories.Team) -> None:
    first, second = (Author.make(name="Wei Wang").pk for _ in range(2))
    offered = found(mine, "author", "wei wang")
    assert sorted(offered) == [f"Wei Wang #{pk}" for pk in (first, second)]
    brief = factories.draft(team)
    data = form_of(mine, brief).with_(name__w1=f"Wei Wang #{second}")
    assert mine.post(url(brief), data).status_code == 302
    facts = workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts
    assert [byline.author for byline in facts.authors] == [second]
    data = form_of(mine, brief).with_(headline_zh="名字不變")
    assert mine.post(url(brief), data).status_code == 302
    facts = workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts
    assert [byline.author for byline in facts.authors] == [second]


def test_a_label_that_is_taken_stays_taken(mine: Client) -> None:
    there = Keyword.make(label_zh="科技", label_en="Technology")
    refused = create(mine, "keyword", 409, label_zh="技術", label_en="Technology", known=[there.pk])
    assert refused["reasons"]
    assert Keyword.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "values", "about"),
    [
        ("author", {"name": ""}, "name"),
        ("author", {"name": "Jane Doe", "name_zh": "杜珍"}, "name_zh_kind"),
        ("author", {"name": "x" * 201}, "name"),
        ("author", {"name": "Jane \x07Doe"}, "name"),
        ("author", {"name": "Jane", "name_zh": "珍", "name_zh_kind": "nickname"}, "name_zh_kind"),
        ("keyword", {"label_zh": " ", "label_en": ""}, "label_zh"),
        ("source", {"name": ""}, "name"),
    ],
)
def test_what_cannot_be_a_name_says_where(
    mine: Client, kind: str, values: dict[str, str], about: str
) -> None:
    reasons = create(mine, kind, 409, **values)["reasons"]
    assert about in [reason["about"] for reason in reasons]
    assert [kind.objects.count() for kind in (Author, Keyword, Source)] == [0, 0, 0]


def test_who_may_not_edit_the_vocabulary_makes_nothing(client: Client, team: factories.Team) -> None:
    sign_in(client, team.reviewer)
    assert not client.get(NAMES, {"kind": "author", "q": "x"}).json()["may_create"]
    reasons = create(client, "author", 409, name="Jane Doe")["reasons"]
    assert "Your role does not allow this" in reasons[0]["text"]
    assert "Your role" in create(client, "author", 409, name="")["reasons"][0]["text"]  # before anything else
    sign_in(client, team.outsider)
    assert client.get(NAMES, {"kind": "author", "q": "x"}).status_code == 403
    assert client.post(NAMES + "create/", {"kind": "author", "name": "Jane Doe"}).status_code == 403
    assert not Author.objects.exists()


def test_only_what_is_asked_for_is_written(mine: Client) -> None:
    create(mine, "keyword", label_zh="量子", label_en="Quantum", slug="mine", listed="", merged_into="1")
    keyword = Keyword.objects.get()
    assert (keyword.slug, keyword.listed, keyword.merged_into) == ("quantum", True, None)
    assert not Event.objects.exists()
    assert mine.get(NAMES + "create/").status_code == 405
    for address in (NAMES, NAMES + "?kind=person&q=x"):
        assert mine.get(address).status_code == 400
    assert mine.post(NAMES + "create/", {"kind": "term"}).status_code == 400


def test_affiliations_of_earlier_briefs_are_offered_newest_first(mine: Client, team: factories.Team) -> None:
    author, other = Author.make(name="Vivek Chilukuri"), Author.make(name="Jane Doe")
    for date, zh, en in (
        ("2024-01-02", "研究員", "Fellow"),
        ("2025-06-09", "資深研究員", "Senior Fellow"),
        ("2025-07-01", "資深研究員", "Senior Fellow"),
        ("2023-01-01", "", ""),
    ):
        factories.draft(
            team, factories.content(facts=factories.facts(date=date, authors=(Byline(author.pk, zh, en),)))
        )
    address = NAMES + "affiliations/?author="
    assert mine.get(f"{address}{author.pk}").json()["rows"] == [
        {"zh": "資深研究員", "en": "Senior Fellow", "when": "2025-07"},
        {"zh": "研究員", "en": "Fellow", "when": "2024-01"},
    ]
    for nobody in (other.pk, "x", "9" * 30):
        assert mine.get(f"{address}{nobody}").json() == {"rows": []}


def test_a_made_author_is_who_the_form_means(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    made = create(mine, "author", name="Jane Doe", family="Doe", given="Jane")
    form = form_of(mine, brief)
    data = form.with_(id__w1=made["id"], was__w1=made["name"], name__w1=made["name"])
    assert mine.post(url(brief), data).status_code == 302
    facts = workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts
    assert [byline.author for byline in facts.authors] == [made["id"]]


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_one_moment_make_one(team: factories.Team) -> None:
    answers: list[int] = []
    clients = [sign_in(Client(), team.writer) for _ in range(4)]

    def click(client: Client) -> None:
        values = {"kind": "author", "name": "Jane Doe", "family": "Doe", "given": "Jane"}
        answers.append(client.post(NAMES + "create/", values).json()["id"])
        connections.close_all()

    threads = [threading.Thread(target=click, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert Author.objects.count() == 1
