"""Queries of real researchers over ten briefs: the right one is among the first three, and no search ends in nothing."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.content import Bullet, Byline, Content, Facts
from briefs.models import Author, Keyword, Source, Term
from briefs.public import search_queries
from briefs.public.search_queries import SearchParams, SearchResults
from briefs.search import did_you_mean
from briefs.search.expansion import Concepts
from briefs.search.query import parse_query
from briefs.tests.support import corpus_fixtures
from briefs.tests.support.corpus_fixtures import FIXTURES, get_or_make

pytestmark = pytest.mark.django_db

FOLDER = FIXTURES / "search"
LEAST_FOUND = 76
MAX_QUERIES = 7


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
    moments = (corpus_fixtures.DAY + dt.timedelta(days=n) for n in range(len(rows)))
    corpus_fixtures.publish_editions(
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
        assert len(asked) <= MAX_QUERIES, typed
        assert results.hits, f"{typed}: no way on"
        first = [hit.brief.slug for hit in results.hits[:3]]
        if slug not in first:
            missed.append((typed, slug, first))
    assert len(queries) - len(missed) >= LEAST_FOUND, missed


def describe(typed: str) -> str:
    """Describe what was searched instead of what was typed: corrections, words, words left out, day."""
    if not (rescue := search(typed).rescue):
        return ""
    corrections = [f"{before}→{after}" for before, after in rescue.corrections]
    left_out = [f"-{word}" for word in rescue.left_out]
    return " ".join([*corrections, *rescue.words, *left_out, str(rescue.article_day or "")]).strip()


def test_page_tells_what_was_searched_instead() -> None:
    publish_briefs()
    assert {typed: describe(typed) for typed in RESCUES} == RESCUES
    body = Client().get("/en/search/?q=俄國破冰船數量").content.decode()
    assert "Not found as one word; searched separately: 俄國, 破冰船." in " ".join(body.split())
    assert "No brief has all the words. Left out: 數量." in " ".join(body.split())
    body = Client().get("/en/search/?q=看無人機").content.decode()
    assert "searched separately: 無人機." in body, "the single character is not searched"


RESCUES = {
    "drones": "",
    "烏克蘭無人機": "烏克蘭 無人機",
    "債務陷阱外交": "債務陷阱 -外交",
    "俄烏戰爭無人機產業": "俄 烏 無人機 -戰爭 -產業",
    "Ukranian drones": "Ukranian→Ukrainian",
    "semiconducter cabels": "semiconducter→semiconductor -cabels",
    "2025-06-17 drones": "2025-06-17",
    "破冰般": "破冰般→破冰船",
    "how do the drones of Ukraine fly": "-fly",
    '"烏克蘭無人機"': "",
    '"Ukranian" drones': "",
    "-drones 烏克蘭無人機": "",
}


def test_only_the_beginning_of_a_long_query_is_cut_into_words() -> None:
    run = "半導體出口管制與海底電纜的維修能力決定聯盟信任"
    planned = did_you_mean.plan(parse_query(" ".join([run] * 8)), Concepts())
    assert planned
    cut = [len(group) > 1 for group in planned.groups]
    assert (cut[:2], any(cut[3:])) == ([True, True], False)


def test_parts_that_cannot_win_are_not_searched() -> None:
    """Single characters begin thousands of tokens, and words are worth more than a guess that has them."""
    planned = did_you_mean.plan(parse_query("看半導體晶片澤倫斯"), Concepts())
    assert planned
    parts = {piece.text for piece in planned.groups[0]}
    assert {"半導體", "晶片", "澤倫斯"} <= parts
    assert not parts & {"看", "半導體晶", "導體晶片"}
