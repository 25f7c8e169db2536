"""Queries of real researchers over ten briefs: the right one is among the first three, and no search ends in nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.public.search import search_queries
from briefs.public.search.search_params import SearchParams
from briefs.public.search.search_queries import SearchResults

from ..support import research_queries

pytestmark = pytest.mark.django_db

LEAST_FOUND = 76
MAX_QUERIES = 6


def search(typed: str) -> SearchResults:
    return search_queries.run_search(SearchParams.from_query({"q": typed}), timezone.now())


def test_right_brief_is_among_first_three_of_researchers_queries() -> None:
    research_queries.publish_briefs()
    queries = research_queries.load_queries()
    assert len(queries) == 80
    missed: list[tuple[str, str, list[str]]] = []
    for slug, typed in queries:
        with CaptureQueriesContext(connection) as asked:
            results = search(typed)
        assert len(asked) <= MAX_QUERIES, typed
        assert results.hits, f"{typed}: no way on"
        first = [hit.slug for hit in results.hits[:3]]
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
    research_queries.publish_briefs()
    assert {typed: describe(typed) for typed in RESCUES} == RESCUES
    body = Client().get("/en/search/?q=俄國破冰船數量").content.decode()
    assert "Not found as one word; searched separately: 俄國, 破冰船." in " ".join(body.split())
    assert "No brief has all the words. Left out: 數量." in " ".join(body.split())


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
