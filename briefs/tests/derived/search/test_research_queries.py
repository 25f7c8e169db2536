"""Queries of real researchers over ten briefs: the right one is among the first three, and no search ends in nothing.

Where none matches, the page says so, and shows the closest by their words. `test_meaning` tests the sentence model.
"""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.content import Bullet, Byline, Content, Facts
from briefs.derived.search.expansion import Concepts, expand_query
from briefs.derived.search.query import parse_query
from briefs.derived.search.units import MAX_UNITS, divide_question
from briefs.models import Author, Keyword, Source, Term
from briefs.public import search_queries
from briefs.public.search_queries import SearchParams, SearchResults
from briefs.tests.support.corpus_fixtures import (
    DAY,
    FIXTURES,
    get_or_make,
    numbered_content,
    publish,
    publish_editions,
)

pytestmark = pytest.mark.django_db

FOLDER = FIXTURES / "search"
LEAST_FOUND = 80
MAX_QUERIES = {"sqlite": 8, "postgresql": 10}
"""In a transaction on PostgreSQL, the names, the glossary and the count of documents are read for each search."""


def load_queries() -> list[tuple[str, str]]:
    """Return the slug of the brief that each query is for, and the query."""
    lines = (FOLDER / "queries.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and line[0] != "#")
    return [(slug, typed) for slug, typed in pairs]


def publish_briefs() -> None:
    """Publish the briefs, the glossary as the demo has it, and the briefs' terms."""
    for row in json.loads((FIXTURES / "vocabulary.json").read_text(encoding="utf-8")):
        if row["model"] == "briefs.term":
            Term.objects.create(**row["fields"])
    rows = json.loads((FOLDER / "briefs.json").read_text(encoding="utf-8"))
    moments = (DAY + dt.timedelta(days=n) for n in range(len(rows)))
    publish_editions(
        (row["slug"], _build_content(row), {"live_from": moment})
        for row, moment in zip(rows, moments, strict=True)
    )


def _build_content(row: dict[str, Any]) -> Content:
    facts = Facts(
        source=get_or_make(Source, name=row["source"]).pk,
        authors=tuple(Byline(get_or_make(Author, name=name, name_zh=zh).pk) for name, zh in row["authors"]),
        keywords=tuple(get_or_make(Keyword, label_zh=zh, label_en=en).pk for zh, en in row["keywords"]),
        date=row["date"],
    )
    bullets = tuple(Bullet(n, zh, en) for n, (zh, en) in enumerate(row["bullets"], start=1))
    texts = {name: row[name] for name in ("headline_zh", "headline_en", "summary_zh", "summary_en")}
    return Content(**texts, bullets=bullets, facts=facts)


def search(typed: str) -> SearchResults:
    return search_queries.run_search(SearchParams.from_query({"q": typed}), timezone.now())


def test_right_brief_is_among_first_three_of_researchers_queries() -> None:
    publish_briefs()
    queries = load_queries()
    assert len(queries) == 80
    search("names")  # the first search after a change reads the names
    missed: list[tuple[str, str, list[str]]] = []
    for slug, typed in queries:
        with CaptureQueriesContext(connection) as asked:
            results = search(typed)
        assert len(asked) <= MAX_QUERIES[connection.vendor], typed
        assert results.hits, f"{typed}: no way on"
        first = [hit.brief.slug for hit in results.hits[:3]]
        if slug not in first:
            missed.append((typed, slug, first))
    assert len(queries) - len(missed) >= LEAST_FOUND, missed


def describe(typed: str) -> str:
    """Return `exact` or how close the best brief is, its slug, and (words that were not used)."""
    results = search(typed)
    slug = results.hits[0].brief.slug if results.hits else ""
    if not (closest := results.closest):
        return f"exact {slug}" if results.count else ""
    unused = f"({' '.join(closest.unused)})" if closest.unused else ""
    return " ".join(filter(None, ["close" if closest.is_close else "nearest", slug, unused]))


def test_closest_brief_is_called_so() -> None:
    publish_briefs()
    assert {typed: describe(typed) for typed in ANSWERS} == ANSWERS


ANSWERS = {
    "drones": "exact ukraine-drones",
    "烏克蘭無人機": "close ukraine-drones",
    "債務陷阱外交": "close belt-road-debt",
    "Ukranian drones": "close ukraine-drones (Ukranian)",
    "2025-06-17 drones": "close ukraine-drones",
    "how do the drones of Ukraine work": "close ukraine-drones (how do the of)",
    # a name, figure or acronym that nothing has finds nothing, in whatever company of stop words
    "Xqzvian": "",
    "who is Xqzvian": "",
    "蔡明諺": "",
    "蔡英文": "",
    "2031": "",
    "AUKUS": "",
    # conditions stay conditions
    '"烏克蘭無人機"': "",
    '"Ukranian" drones': "",
    "-drones 烏克蘭無人機": "",
    "author:Melnyk 無人機潛艦": "close ukraine-drones",
    "author:Hollis 無人機潛艦": "",
    "無人機潛艦 until:2020": "",
}


@pytest.mark.parametrize(
    ("typed", "parts", "unused"),
    [
        ("美國對台灣課多少關稅", ["美國", "台灣", "關稅"], ["對", "課", "多少"]),
        ("歐盟人工智慧法", ["歐盟", "人工智慧", "法"], []),
        ("英法核武", ["英", "法", "核武"], []),
        ("中法關係", ["中", "法", "關係"], []),
        ("憲法法庭", ["憲法法庭"], []),
        ("法希爾", ["法希爾"], []),
        ("船不夠", ["船"], ["不夠"]),
        ("Why does Iran sell uranium?", ["Iran", "sell", "uranium"], ["Why", "does"]),
        ("Nobody sells them uranium somewhere", ["sells", "uranium"], ["Nobody", "them", "somewhere"]),
        ("2025年5月 export controls 40億美元", ["2025年5月", "export controls", "40億", "美元"], []),
        ("author:Hollis 晶片 -中國", ["晶片"], []),
        ("WHO OR drones", ["WHO", "drones"], ["OR"]),
        ("who arms us", ["arms"], ["who", "us"]),
        ("晶片與停火", ["晶片", "停火"], ["與"]),
    ],
)
def test_question_is_divided(typed: str, parts: list[str], unused: list[str]) -> None:
    concepts = Concepts()
    found, others = divide_question(expand_query(parse_query(typed), concepts), concepts)
    assert ([part.text for part in found], others) == (parts, unused)


MISLEADING = """
蔡明諺 writes, as Tsai Ming-yen. Missiles at sea: who commands them? It aids us all. Ice melts, salt is left.
Kennedy, the president. They mass-produce chips, fed by demand. 憲法法庭與法希爾。他們的美德與日常。第40億個人，500萬人。
"""


MISLEADING_QUERIES = [
    "蔡英文", "Tsai Ing-wen", "賴總統", "習近平", "安倍晉三", "金正恩", "Wang Yi", "Emmanuel Macron",
    "WHO", "WHO commands", "US", "U.S.", "US missiles", "UN", "IT", "AID", "AIDS", "ICE", "Fed", "SALT", "MAD", "START",
    "英法核武", "英 法", "中法關係", "德法", "日韓", "美中", "中俄", "印中", "法國", "英國", "日本 美國",
    "船不夠", "水不夠", "民眾", "核", "2024", "2031年", "1949", "40億歐元", "500 million",
]  # fmt: skip


def test_misleading_words_are_no_exact_match() -> None:
    """Not by a surname, small letters, a part of another word, or with a word thrown away."""
    bullets = (Bullet(1, "飛彈在那裡。", MISLEADING),)
    publish(numbered_content(1, bullets=bullets), "misleading")
    assert [typed for typed in MISLEADING_QUERIES if search(typed).count] == []


@pytest.mark.parametrize(
    ("typed", "code", "sentences"),
    [
        ("烏克蘭無人機", "en", ["<h2>No exact match. Closest in words:</h2>", "Searched for <b>烏克蘭</b>, <b>無人機</b>."]),
        ("小島養殖牡蠣的無人機", "en", ["<h2>Probably no brief on this; the nearest:</h2>"]),
        ("債務陷阱外交", "zh-hant", ["<h2>沒有完全符合的文摘，以下幾篇用詞最接近：</h2>"]),
        ("Xqzvian", "en", ["Nothing found for “Xqzvian”."]),
    ],
)  # fmt: skip
def test_page_says_how_close_its_briefs_are(typed: str, code: str, sentences: list[str]) -> None:
    publish_briefs()
    page = " ".join(Client().get(f"/{code}/search/", {"q": typed}).content.decode().split())
    assert not [sentence for sentence in sentences if sentence not in page]


def test_closest_briefs_are_no_matches_for_programs() -> None:
    publish_briefs()
    feed = Client().get("/en/search/feed.json", {"q": "債務陷阱外交"}).json()
    assert feed["items"] == []
    page = Client().get("/api/v1/briefs", {"q": "債務陷阱外交", "fields": "slug"}).json()
    assert (page["briefs"], page["next"]) == ([], None)
    assert page["closest"][0] == {"slug": "belt-road-debt"}
    assert Client().get("/api/v1/briefs", {"q": "債務"}).json()["closest"] == []
    assert Client().get("/api/v1/briefs", {"q": "小島養殖牡蠣的無人機"}).json()["closest"] == [], (
        "probably none is on it"
    )


def test_only_the_beginning_of_a_long_question_is_looked_up() -> None:
    concepts = Concepts()
    typed = " ".join(["半導體出口管制與海底電纜的維修能力決定聯盟信任"] * 8)
    parts, _ = divide_question(expand_query(parse_query(typed), concepts), concepts)
    assert sum(len(part.units) for part in parts) == MAX_UNITS
