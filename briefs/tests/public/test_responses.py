"""Methods, caching, cookies, redirects to canonical addresses, and the number of queries per page."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.models.edition import Edition
from briefs.models.vocabulary import Term
from briefs.public.responses import accepts_chinese
from briefs.tests.support.corpus_fixtures import (
    NO_STATIC,
    get_or_make,
    load_sample,
    numbered_content,
    publish,
    publish_editions,
    publish_next,
)

pytestmark = [pytest.mark.django_db, NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
BRIEF, TERM = "/zh-hant/briefs/next-technology-race/", "terms/low-earth-orbit-satellite/"
PAGES = [
    "/zh-hant/",
    "/en/",
    BRIEF,
    f"{BRIEF}parallel/",
    "/en/about/",
    "/en/corpus/",
    "/api/docs/",
    "/en/feed.atom",
    "/sitemap.xml",
    "/robots.txt",
    "/.well-known/security.txt",
    *(f"/en/{path}" for path in ("keywords/technology/", TERM, "archive/2025/06/", "authors/")),
]
SUBJECT_PAGES = {
    **dict.fromkeys(("keywords/", "authors/", "sources/", "terms/"), 3),
    **dict.fromkeys(("keywords/technology/", "authors/vivek-chilukuri/", "sources/foreign-policy/", TERM), 6),
    **dict.fromkeys(("archive/2025/", "archive/2025/06/"), 4),
    "archive/": 2,
}
"""Index and subject pages, with the maximum number of queries of each."""


@pytest.fixture(scope="module")
def _seed_brief(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Publish the brief once for the module. Each test rolls back its own changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda: NOW)
            get_or_make(Term, zh="低軌衛星", en="low-earth orbit satellite")
            publish(load_sample())
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _fixed_clock(_seed_brief: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize("path", PAGES[1::3])
def test_matching_etag_gets_304_without_body(client: Client, path: str) -> None:
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "public, max-age=60"
    etag = first.headers["ETag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(path, headers={"If-None-Match": sent})
        assert again.status_code == 304, sent
        assert again.content == b""
        assert again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == "public, max-age=60"
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "chinese"),
    [
        ("zh-TW", True), ("zh-CN,en;q=0.9", True), ("en-US,en;q=0.9,zh;q=0.1", True), ("ZH-hant", True), ("yue", True),
        ("en, cmn-Hant;q=0.1", True), ("", False), ("ja,ko", False), ("zh;q=0", False), ("zha", False), ("zh;q=x", True), (";;,,=", False),
    ],
)  # fmt: skip
def test_accept_language_chooses_language_at_root(client: Client, accept: str, chinese: bool) -> None:
    assert accepts_chinese(accept) is chinese
    response = client.get("/", headers={"accept-language": accept})
    assert (response.status_code, response.headers["Location"]) == (302, "/zh-hant/" if chinese else "/en/")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/zh-tw/", "/zh-hant/"),
        ("/zh-TW/briefs/a/?x=1&y=%E4%B8%AD", "/zh-hant/briefs/a/?x=1&y=%E4%B8%AD"),
        ("/zh-HK/中/", "/zh-hant/%E4%B8%AD/"),
        ("/zh-hans/search/?q=%E8%8A%AF", "/zh-hant/search/?q=%E8%8A%AF"),
        ("/zh-Hans-SG/", "/zh-hant/"),
        ("/EN/about/", "/en/about/"),
        ("/zh-tw//evil.test/", "/zh-hant//evil.test/"),
    ],
)
def test_other_language_spellings_redirect_to_canonical_one(client: Client, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (301, target)


def test_unknown_language_code_gets_404(client: Client) -> None:
    for path in ("/de/", "/zh-jp/", "/zh-hanx/", "/zh-hant-x/", "/english/", "/zh-hant/zh-hant/"):
        assert client.get(path).status_code == 404, path


MAX_QUERIES = {
    BRIEF: 8,
    f"{BRIEF}parallel/": 8,
    "/en/": 6,
    **{f"/en/{path}": most for path, most in SUBJECT_PAGES.items()},
    "/en/feed.atom": 5,
    "/en/feed.json": 5,
    "/en/keywords/technology/feed.atom": 6,
    f"{BRIEF}cite.ris": 4,
    "/en/briefs/next-technology-race.md": 4,
    f"{BRIEF}card.png": 3,
    "/sitemap.xml": 10,
    "/en/about/": 2,
    "/en/corrections/": 6,
    "/en/follow/": 1,
    "/en/corrections/feed.atom": 6,
    f"{BRIEF}changes/": 8,
    "/en/corpus/": 9,
    "/api/docs/": 1,
    "/api/v1/briefs": 4,
    "/api/v1/briefs?q=bullet": 7,
    "/api/v1/briefs?q=bullet&source=foreign-policy": 7,
    "/api/v1/briefs?q=AI&keyword=technology&updated_since=2020-01-01": 7,
    "/api/v1/briefs/next-technology-race": 4,
    "/api/v1/changes": 6,
    "/api/v1/manifest": 4,
    "/api/v1/vocabulary": 9,
    "/en/briefs/nope/": 3,
    "/": 0,
    "/robots.txt": 0,
}
"""Maximum number of queries of the first answer, for any number of briefs.

One reads the site version, if answers are kept, and one the names. This brief has a history, which is one more.
"""
DESK_TABLES = ("briefs_brief", "briefs_revision", "briefs_person", "briefs_bullet", "django_session")


def test_query_count_does_not_grow_with_briefs(client: Client) -> None:
    first = Edition.objects.get()
    publish_next(first, at=NOW, change_kind="small_repair")
    facts = first.frozen_content.facts  # names of a kind that no brief of a page has are not looked up
    for n, slug in enumerate(("second", "third")):  # one or two briefs have no list of topics
        publish(numbered_content(40 + n, facts=facts), slug)
    few = {path: captured_queries(client, path) for path in MAX_QUERIES}
    publish_editions((f"s{n}", numbered_content(n, facts=facts), {}) for n in range(30))
    many = {path: captured_queries(client, path) for path in MAX_QUERIES}
    assert {path: len(queries) for path, queries in many.items()} == {
        p: len(queries) for p, queries in few.items()
    }
    assert [path for path, queries in many.items() if len(queries) > MAX_QUERIES[path]] == []
    all_queries = [sql for queries in (*few.values(), *many.values()) for sql in queries]
    assert [sql for sql in all_queries for table in DESK_TABLES if f'"{table}"' in sql] == []


def captured_queries(client: Client, path: str) -> list[str]:
    caches["pages"].clear()
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return [query["sql"] for query in queries]
