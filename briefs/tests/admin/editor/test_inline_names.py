"""Test autocomplete and inline creation of authors, sources and keywords in the brief form."""

import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from briefs import workflow
from briefs.bilingual.text import similarity
from briefs.content import Byline
from briefs.models import Author, Event, Keyword, Source
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import save_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
NAMES = "/admin/briefs/brief/names/"


def suggestions(client: Client, kind: str, q: str, **more: str) -> list[dict[str, Any]]:
    response = client.get(NAMES, {"kind": kind, "q": q, **more})
    assert response.status_code == 200
    return response.json()["rows"]


def suggested_names(client: Client, kind: str, q: str, **more: str) -> list[str]:
    return [row["name"] for row in suggestions(client, kind, q, **more)]


def create_name(client: Client, kind: str, status: int = 200, **values: Any) -> Any:
    response = client.post(NAMES + "create/", {"kind": kind, **values})
    assert response.status_code == status, response.text[:500]
    return response.json()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Vivek Chilukuri", "vivek chilukuri"),
        ("José Núñez", "Jose Nunez"),
        ("Ævar Ørn Þórðarson", "Aevar Orn Thordarson"),
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
def test_similar_names_are_recognised(first: str, second: str) -> None:
    assert similarity.are_similar_names(first, second)
    assert similarity.are_similar_names(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
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
def test_different_names_are_not_similar(first: str, second: str) -> None:
    assert not similarity.are_similar_names(first, second)
    assert not similarity.are_similar_names(second, first)


def test_author_is_suggested_by_every_name_with_details(writer_client: Client, team: Team) -> None:
    first = Author.make(name="Wei Wang", family="Wang", given="Wei", name_zh="王偉", name_zh_kind="own")
    second = Author.make(name="Wei Wang", family="Wang", given="Wei")
    Author.make(name="Owen Chen")
    byline = Byline(first.pk, "國防院研究員", "Fellow, INDSR")
    factories.draft_brief(team, factories.content(facts=factories.facts(authors=(byline,))))
    for typed in ("wei w", "Wang", "王偉", "wang wei"):
        assert {row["id"] for row in suggestions(writer_client, "author", typed)} >= {first.pk}, typed
    by_id = {row["id"]: row for row in suggestions(writer_client, "author", "Wei Wang")}
    assert by_id[first.pk]["detail"] == "Wang, Wei · Fellow, INDSR · 1 brief"
    assert by_id[first.pk]["name"] == "Wei Wang 王偉"
    assert by_id[second.pk]["detail"] == "Wang, Wei · not used yet"
    assert suggestions(writer_client, "author", "") == []


def test_suggestions_tolerate_accents_hyphens_and_typos(writer_client: Client) -> None:
    for name in ("José Núñez", "Lin Wei-Ling", "Vivek Chilukuri"):
        Author.make(name=name)
    for typed, more, names in (
        ("jose nunez", {}, ["José Núñez"]),
        ("weiling", {}, ["Lin Wei-Ling"]),
        ("José Núñes", {}, ["José Núñez"]),
        ("Zoe", {}, []),
        ("V. Chilukuri", {"new": "1"}, ["Vivek Chilukuri"]),  # as the panel for a new name asks
        ("Somebody Else", {"new": "1"}, []),
    ):
        assert suggested_names(writer_client, "author", typed, **more) == names


def test_suggestions_rank_exact_match_then_prefix_then_use(writer_client: Client, team: Team) -> None:
    for label in ("Biotechnology", "Technology policy", "Tech"):
        Keyword.make(label_zh=label[::-1], label_en=label)
    Source.make(name="Lawfare")
    factories.draft_brief(team)  # 科技 · Technology
    assert suggested_names(writer_client, "keyword", "tech") == [
        "hceT · Tech", "科技 · Technology", "ycilop ygolonhceT · Technology policy", "ygolonhcetoiB · Biotechnology"
    ]  # fmt: skip
    assert suggested_names(writer_client, "source", "") == ["Foreign Policy 外交政策"], "the sources in use"


def test_merged_keyword_is_not_suggested_and_its_uses_are_counted(writer_client: Client, team: Team) -> None:
    target = Keyword.make(label_zh="晶片", label_en="Chips")
    merged = Keyword.make(label_zh="芯片", label_en="Chip")
    factories.draft_brief(team, factories.content(facts=factories.facts(keywords=(merged.pk,))))
    workflow.vocabulary.merge_vocabulary([merged], into=target, by=team.writer)
    assert [(row["id"], row["uses"]) for row in suggestions(writer_client, "keyword", "chip")] == [
        (target.pk, 1)
    ]
    assert suggested_names(writer_client, "keyword", "芯片") == []


def test_create_panel_is_prefilled_from_typed_name(writer_client: Client) -> None:
    person = {"name": "Jane van Doe", "given": "Jane", "family": "van Doe", "name_order": "given-first"}
    for kind, typed, prefilled in (
        ("author", "Jane van Doe", person),
        ("author", "Kim Song", {"name_order": "unknown"}),
        ("author", "歐陽娜", {"name_zh_kind": "own"}),
        ("keyword", "Quantum", {"label_zh": "", "label_en": "Quantum"}),
        ("keyword", "量子", {"label_zh": "量子", "label_en": ""}),
        ("keyword", "量子 · Quantum", {"label_zh": "量子", "label_en": "Quantum"}),
        ("source", "Lawfare", {"name": "Lawfare"}),
    ):
        begin = writer_client.get(NAMES, {"kind": kind, "q": typed, "new": "1"}).json()["begin"]
        assert begin == begin | prefilled, typed


def test_writer_creates_each_name_once_and_stores_it(writer_client: Client, team: Team) -> None:
    author = {"name": " Vivek  Chilukuri", "family": "Chilukuri", "given": "Vivek", "name_zh": "齊祿庫里"}
    for kind, values, name in (
        ("author", author | {"name_zh_kind": "transliteration"}, "Vivek Chilukuri 齊祿庫里"),
        ("source", {"name": "Lawfare", "name_zh": ""}, "Lawfare"),
        ("keyword", {"label_zh": "量子", "label_en": "Quantum"}, "量子 · Quantum"),
    ):
        created, again = (create_name(writer_client, kind, **values) for _ in range(2))
        assert (created["name"], created["id"]) == (name, again["id"])
    row = Author.objects.get()
    assert (row.name_zh_kind, row.slug) == ("transliteration", "vivek-chilukuri")
    assert (Source.objects.count(), Keyword.objects.count()) == (1, 1)
    brief = factories.draft_brief(team)
    name = f"{row.name} {row.name_zh}"
    save_brief_form(writer_client, brief, id__w1=row.pk, was__w1=name, name__w1=name)
    assert [byline.author for byline in load_content(brief).facts.authors] == [row.pk]


def test_near_duplicate_must_be_confirmed_before_creation(writer_client: Client) -> None:
    existing = Author.make(name="Vivek Chilukuri", family="Chilukuri", given="Vivek")
    values = {"name": "V. Chilukuri", "family": "Chilukuri", "given": "V."}
    refused = create_name(writer_client, "author", 409, **values)
    assert [row["id"] for row in refused["like"]] == [existing.pk]
    assert Author.objects.count() == 1
    create_name(writer_client, "author", **values, known=[existing.pk])
    same = {"name": "Wei Wang", "family": "Wang", "given": "Wei"}
    first = create_name(writer_client, "author", **same)["id"]
    double_click = {create_name(writer_client, "author", **same, known=[first])["id"] for _ in range(2)}
    assert len(double_click - {first}) == 1
    assert Author.objects.count() == 4


def test_authors_of_same_name_are_distinguished_by_number(writer_client: Client, team: Team) -> None:
    first, second = (Author.make(name="Wei Wang").pk for _ in range(2))
    names = suggested_names(writer_client, "author", "wei wang")
    assert sorted(names) == [f"Wei Wang #{pk}" for pk in (first, second)]
    brief = factories.draft_brief(team)
    for change in ({"name__w1": f"Wei Wang #{second}"}, {"headline_zh": "名字不變"}):
        assert save_brief_form(writer_client, brief, **change).status_code == 302
        assert [byline.author for byline in load_content(brief).facts.authors] == [second]


@pytest.mark.parametrize(
    ("kind", "values", "about"),
    [
        ("author", {"name": ""}, "name"),
        ("author", {"name": "Jane Doe", "name_zh": "杜珍"}, "name_zh_kind"),
        ("author", {"name": "x" * 201}, "name"),
        ("author", {"name": "Jane \x07Doe"}, "name"),
        ("author", {"name": "Jane", "name_zh": "珍", "name_zh_kind": "nickname"}, "name_zh_kind"),
        ("keyword", {"label_zh": " ", "label_en": ""}, "label_zh"),
        ("keyword", {"label_zh": "技術", "label_en": "Technology", "known": "1"}, ""),
        ("source", {"name": ""}, "name"),
    ],
)
def test_invalid_name_is_refused_with_its_field(
    writer_client: Client, kind: str, values: dict[str, str], about: str
) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    reasons = create_name(writer_client, kind, 409, **values)["reasons"]
    assert about in [reason["about"] for reason in reasons]
    assert [kind.objects.count() for kind in (Author, Keyword, Source)] == [0, 1, 0]


def test_people_without_vocabulary_permission_create_nothing(client: Client, team: Team) -> None:
    sign_in(client, team.reviewer)
    assert not client.get(NAMES, {"kind": "author", "q": "x"}).json()["may_create"]
    for name in ("Jane Doe", ""):  # permission is checked before the values
        reasons = create_name(client, "author", 409, name=name)["reasons"]
        assert "Your role does not allow this" in reasons[0]["text"]
    assert not Author.objects.exists()


def test_create_ignores_unknown_fields_and_refuses_bad_requests(writer_client: Client) -> None:
    forged = {"slug": "mine", "listed": "", "merged_into": "1"}
    create_name(writer_client, "keyword", label_zh="量子", label_en="Quantum", **forged)
    keyword = Keyword.objects.get()
    assert (keyword.slug, keyword.listed, keyword.merged_into) == ("quantum", True, None)
    assert Event.objects.get().verb == "name_entry"
    for address in (NAMES, NAMES + "?kind=person&q=x"):
        assert writer_client.get(address).status_code == 400
    assert writer_client.post(NAMES + "create/", {"kind": "term"}).status_code == 400


def test_earlier_affiliations_are_listed_newest_first(writer_client: Client, team: Team) -> None:
    author, unused_author = Author.make(name="Vivek Chilukuri"), Author.make(name="Jane Doe")
    for date, zh, en in (
        ("2024-01-02", "研究員", "Fellow"),
        ("2025-06-09", "資深研究員", "Senior Fellow"),
        ("2025-07-01", "資深研究員", "Senior Fellow"),
        ("2023-01-01", "", ""),
    ):
        factories.draft_brief(
            team, factories.content(facts=factories.facts(date=date, authors=(Byline(author.pk, zh, en),)))
        )
    address = NAMES + "affiliations/?author="
    assert writer_client.get(f"{address}{author.pk}").json()["rows"] == [
        {"zh": "資深研究員", "en": "Senior Fellow", "when": "2025-07"},
        {"zh": "研究員", "en": "Fellow", "when": "2024-01"},
    ]
    for unknown in (unused_author.pk, "x", "9" * 30):
        assert writer_client.get(f"{address}{unknown}").json() == {"rows": []}


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_concurrent_create_requests_create_one_author(team: Team) -> None:
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
