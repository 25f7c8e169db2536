"""Methods, freshness, cookies, spellings of an address, and how many queries each page asks."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.content import Facts
from briefs.models.edition import Edition
from briefs.models.vocabulary import Term
from briefs.public.languages import accepts_chinese
from briefs.tests.support import corpus_fixtures

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
BRIEF = "/zh-hant/briefs/next-technology-race/"
PAGES = [
    "/zh-hant/",
    "/en/",
    BRIEF,
    f"{BRIEF}parallel/",
    "/en/about/",
    "/en/feed.atom",
    "/sitemap.xml",
    "/robots.txt",
    "/.well-known/security.txt",
    *(
        f"/en/{path}"
        for path in ("keywords/technology/", "terms/cloud-computing/", "archive/2025/06/", "authors/")
    ),
]
SHELVES = {
    "keywords/": 2,
    "authors/": 2,
    "sources/": 2,
    "terms/": 2,
    "keywords/technology/": 4,
    "authors/vivek-chilukuri/": 4,
    "sources/foreign-policy/": 5,
    "terms/cloud-computing/": 4,
    "archive/": 1,
    "archive/2025/": 2,
    "archive/2025/06/": 2,
}
"""Pages to look around by, and how many queries each may ask."""
EVERYTHING = [*PAGES, "/", "/healthz", "/readyz", "/zh-tw/", "/en/nope/", "/nope"]


@pytest.fixture(scope="module")
def _seed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Publish the brief once for the module; each test undoes its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda: NOW)
            corpus_fixtures.get_or_make(Term, zh="雲端運算", en="cloud computing")
            corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _clock(_seed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize("path", PAGES)
def test_an_etag_saves_the_second_download(client: Client, path: str) -> None:
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


def test_an_etag_changes_with_the_words_and_only_then(client: Client) -> None:
    before = client.get(BRIEF).headers["ETag"]
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(1, facts=Facts(date="2025")), "hidden", live_from=NOW + dt.timedelta(hours=1)
    )
    assert client.get(BRIEF).headers["ETag"] == before
    first = Edition.objects.get(slug="next-technology-race")
    Edition.objects.filter(pk=first.pk).update(live_until=NOW)
    corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED, headline_zh="新標題"), brief=first.brief, live_from=NOW, published_at=first.published_at, minor=True)  # fmt: skip
    assert client.get(BRIEF, headers={"If-None-Match": before}).status_code == 200


def test_hidden_pages_answer_no_condition(client: Client) -> None:
    corpus_fixtures.publish(corpus_fixtures.numbered_content(1), "soon", live_from=NOW + dt.timedelta(hours=1))
    response = client.get("/en/briefs/soon/", headers={"If-None-Match": "*"})
    assert response.status_code == 404
    assert "ETag" not in response.headers


@pytest.mark.parametrize("path", EVERYTHING)
def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    for name in ("Content-Type", "ETag", "Cache-Control", "Vary", "Content-Length"):
        assert head.headers.get(name) == get.headers.get(name), name


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", [*PAGES, "/", "/healthz", "/readyz", "/zh-tw/"])
def test_nothing_is_written_to_a_public_address(path: str, method: str) -> None:
    response = getattr(Client(enforce_csrf_checks=False), method)(path)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["Cache-Control"] == "no-store"


def test_options_names_the_methods(client: Client) -> None:
    response = client.options(BRIEF)
    assert (response.status_code, response.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", EVERYTHING)
def test_no_cookie_and_vary_only_where_true(client: Client, path: str) -> None:
    for name in ("sessionid", "csrftoken", "messages"):
        client.cookies[name] = "x"
    response = client.get(path, headers={"accept-language": "en"})
    assert not response.cookies
    assert response.headers.get("Vary") == ("Accept-Language" if path == "/" else None)
    assert "nonce" not in response.headers["Content-Security-Policy"]
    assert "camera=(), " in response.headers["Permissions-Policy"]
    assert "csrf" not in response.content.decode()


@pytest.mark.parametrize("header", [{"Host": "127.0.0.1"}, {"X-Forwarded-Host": "evil.test"}, {"X-Forwarded-Proto": "https"}, {"X-HTTP-Method-Override": "DELETE"}, {"Accept-Language": "en"}, {"Cookie": "django_language=en"}])  # fmt: skip
def test_headers_do_not_change_a_page(client: Client, header: dict[str, str]) -> None:
    for path in PAGES:
        assert client.get(path, headers=header).content == client.get(path).content


@pytest.mark.parametrize("path", PAGES)
def test_the_clock_alone_changes_no_byte(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get(path).content
    monkeypatch.setattr(timezone, "now", lambda: NOW + dt.timedelta(hours=2))
    assert client.get(path).content == before


@pytest.mark.parametrize(
    ("accept", "chinese"),
    [
        ("zh-TW", True), ("zh", True), ("zh-Hant-HK", True), ("zh-CN,en;q=0.9", True), ("en-US,en;q=0.9,zh;q=0.1", True),
        ("ZH-hant", True), ("yue", True), ("en, cmn-Hant;q=0.1", True), (" fr , zh-SG ; q=0.5", True), ("", False), ("en", False), ("ja,ko", False), ("*", False),
        ("zh;q=0", False), ("zh-TW;q=0.0, en", False), ("zha", False), ("zh;q=x", True), (";;,,=", False), ("en;zh", False),
    ],
)  # fmt: skip
def test_who_takes_chinese(client: Client, accept: str, chinese: bool) -> None:
    assert accepts_chinese(accept) is chinese
    response = client.get("/", headers={"accept-language": accept})
    assert (response.status_code, response.headers["Location"]) == (302, "/zh-hant/" if chinese else "/en/")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/zh-tw/", "/zh-hant/"),
        ("/zh-TW/briefs/a/?x=1&y=%E4%B8%AD", "/zh-hant/briefs/a/?x=1&y=%E4%B8%AD"),
        ("/zh-Hant/about/", "/zh-hant/about/"),
        ("/zh/feed.atom", "/zh-hant/feed.atom"),
        ("/zh-hant-TW/", "/zh-hant/"),
        ("/zh-HK/中/", "/zh-hant/%E4%B8%AD/"),
        ("/EN/about/", "/en/about/"),
        ("/zh-tw//evil.test/", "/zh-hant//evil.test/"),
    ],
)
def test_other_spellings_lead_to_the_one(client: Client, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (301, target)


@pytest.mark.parametrize(
    "path", ["/de/", "/zh-cn/", "/zh-hans/", "/zh-hant-x/", "/english/", "/zh-hant/zh-hant/"]
)
def test_an_unknown_language_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


MOST = {
    BRIEF: 3,
    f"{BRIEF}parallel/": 3,
    "/en/": 2,
    **{f"/en/{path}": most for path, most in SHELVES.items()},
    "/en/feed.atom": 2,
    "/en/feed.json": 2,
    "/en/keywords/technology/feed.atom": 4,
    f"{BRIEF}cite.ris": 1,
    f"{BRIEF}card.png": 1,
    "/sitemap.xml": 9,
    "/en/about/": 1,
    "/en/briefs/nope/": 2,
    "/": 0,
    "/healthz": 0,
    "/robots.txt": 0,
}
"""How many queries a page may ask, however many briefs there are."""
DESK = ("briefs_brief", "briefs_revision", "briefs_person", "briefs_bullet", "django_session")


def test_queries_do_not_grow(client: Client) -> None:
    first = Edition.objects.get()
    Edition.objects.filter(pk=first.pk).update(live_until=NOW)
    corpus_fixtures.publish(
        corpus_fixtures.load_sample(corpus_fixtures.SEED),
        brief=first.brief,
        live_from=NOW,
        published_at=first.published_at,
        minor=True,
    )
    few = {path: _asked(client, path) for path in MOST}
    corpus_fixtures.publish_editions((f"s{n}", corpus_fixtures.numbered_content(n), {}) for n in range(30))
    many = {path: _asked(client, path) for path in MOST}
    assert {path: len(asked) for path, asked in many.items()} == {p: len(asked) for p, asked in few.items()}
    assert [path for path, asked in many.items() if len(asked) > MOST[path]] == []
    said = [sql for asked in (*few.values(), *many.values()) for sql in asked]
    assert [sql for sql in said for table in DESK if f'"{table}"' in sql] == []


def _asked(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return [query["sql"] for query in queries]
