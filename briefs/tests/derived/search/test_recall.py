"""Search results compared with a scan of the texts: all matches and nothing else. No query raises an error."""

import datetime as dt
import random

import pytest
from django.db import connection
from django.utils import timezone

from briefs.content import Bullet, Content
from briefs.derived.search import StoreRequest, get_store, parse_query
from briefs.derived.search.analysis import find_runs, fold, stem
from briefs.derived.search.expansion import Concepts, expand_query
from briefs.tests.support import scale
from briefs.tests.support.corpus_fixtures import DAY, load_sample, numbered_content, publish

from .test_analysis import hostile_queries
from .test_store import find_editions

pytestmark = pytest.mark.django_db

HAN = "美國計畫台灣後勤復興科技戰略供應鏈出口管制半導體軍備"
LATIN = [
    "export", "controls", "restrict", "restrictions", "technology", "AI", "U.S.", "policy", "policies",
    "allied", "alliance",
]  # fmt: skip


def random_content(pick: random.Random) -> Content:
    def zh() -> str:
        return "".join(pick.choices(HAN, k=pick.randint(1, 18))) + pick.choice("，。5A")

    def en() -> str:
        return " ".join(pick.choices(LATIN, k=pick.randint(1, 9))) + "."

    bullets = tuple(Bullet(n, zh() + zh(), en()) for n in range(1, 4))
    return numbered_content(
        0, headline_zh=zh(), headline_en=en(), summary_zh=zh() + zh(), summary_en=en(), bullets=bullets
    )


def texts(content: Content) -> list[str]:
    pairs = [(b.text_zh, b.text_en) for b in content.bullets]
    return [
        content.headline_zh,
        content.headline_en,
        content.summary_zh,
        content.summary_en,
        *(t for p in pairs for t in p),
    ]


def contains_han(content: Content, part: str) -> bool:
    return any(fold(part) in fold(text) for text in texts(content))


def contains_word(content: Content, word: str) -> bool:
    word_stem = stem(next(find_runs(fold(word))).text)
    return any(
        stem(run.text) == word_stem
        for text in texts(content)
        for run in find_runs(fold(text))
        if not run.is_han
    )


def assert_search_matches_scan(briefs: int, questions: int, seed: int) -> None:
    """Compare search with a scan for random Chinese substrings of 1 to 6 characters in both scripts, and for English words."""
    pick = random.Random(seed)
    contents = {}
    for n in range(briefs):
        content = random_content(pick)
        contents[publish(content, f"s{n}", live_from=DAY + dt.timedelta(hours=n)).pk] = content
    for _ in range(questions):
        if pick.random() < 0.7:
            text = "".join(pick.choices(HAN, k=pick.choice((1, 2, 2, 3, 4, 6))))
            if pick.random() < 0.8:  # a substring that occurs
                text = pick.choice(texts(pick.choice(list(contents.values()))))
                start = pick.randrange(len(text))
                text = "".join(c for c in text[start : start + pick.randint(1, 6)] if c in HAN) or "美國"
            query = pick.choice((text, fold(text)))
            expected = {pk for pk, content in contents.items() if contains_han(content, text)}
        else:
            query = pick.choice(LATIN)
            expected = {pk for pk, content in contents.items() if contains_word(content, query)}
        assert set(find_editions(query)) == expected, query
        results = get_store().find_ranked(StoreRequest(parse_query(query), (), timezone.now()))
        assert {row.edition for row in results.ranked} <= expected, query  # PostgreSQL ranks only the newest
        assert results.tally.is_approximate or results.tally.total == len(expected), query


def test_search_finds_what_scan_finds() -> None:
    assert_search_matches_scan(30, 80, seed=1)


@pytest.mark.heavy
def test_search_finds_what_scan_finds_in_many_briefs() -> None:
    """PostgreSQL gets fewer briefs and queries because it is slower, but still more briefs than it ranks."""
    briefs, questions = (200, scale(300)) if connection.vendor == "sqlite" else (200, 150)
    assert_search_matches_scan(briefs, questions, seed=2)


def assert_store_accepts_hostile_queries(n: int) -> None:
    publish(load_sample())
    for typed in hostile_queries(n):
        request = StoreRequest(expand_query(parse_query(typed), Concepts()), (), timezone.now())
        get_store().find_ranked(request)
        get_store().find_page(request, before=5, limit=3)
        get_store().find_page(request, after=5, limit=3)
        get_store().find_by_name(request, limit=3)


def test_hostile_query_raises_no_database_error() -> None:
    assert_store_accepts_hostile_queries(60)


@pytest.mark.heavy
def test_many_hostile_queries_raise_no_database_error() -> None:
    assert_store_accepts_hostile_queries(scale(1_000))
