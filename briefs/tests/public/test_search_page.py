"""The search page: bilingual results, filters, paging, query count and rate limit. Also the staff page of logged searches."""

import datetime as dt
import html
import itertools
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.derived.search import search_log
from briefs.models import Author, Edition, Keyword, Search, Source, Term
from briefs.operations.sample_corpus import load_corpus
from briefs.public import rate_limits, search_queries
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import DAY, get_person, load_sample, numbered_content, publish
from digest.client_address import get_client_address

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Client:
    publish(load_sample())
    rey = Author.make(name="Tomás Rey")
    source = Source.make(name="Lawfare")
    keyword = Keyword.make(label_zh="太空", label_en="Space")
    Term.make(zh="川普", en="Trump", avoid_zh=["特朗普"])
    facts = numbered_content(0).facts
    facts = facts.__class__(
        source=source.pk, authors=(Byline(rey.pk),), keywords=(keyword.pk,), date="2024-02"
    )
    bullets = (
        Bullet(2, "川普談AI晶片。", "Trump on AI chips."),
        Bullet(7, "只有中文的衛星", ""),
        Bullet(5, "衛星 <b>", "Satellites & <i>cables</i>"),
    )
    publish(
        numbered_content(
            2,
            headline_zh="衛星不中立",
            headline_en="Satellites Are Not Neutral",
            bullets=bullets,
            facts=facts,
        ),
        "satellites",
        live_from=DAY + dt.timedelta(days=3),
    )
    return Client()


def get_search_page(client: Client, query: str, code: str = "en") -> str:
    response = client.get(f"/{code}/search/{query}")
    assert response.status_code == 200
    return str(response.content.decode())


def result_count(body: str) -> str:
    match = re.search(r'class="count ui" role="status">\s*(.*?)\s*</div>', body, re.DOTALL)
    assert match
    return " ".join(re.sub("<[^>]*>", "", html.unescape(match[1])).split())


def test_answer_is_the_point_that_holds_most_and_names_the_others(site: Client) -> None:
    body = get_search_page(site, "?q=卫星&year=2024", "zh-hant")
    assert result_count(body) == "1 篇文摘，2 則相符要點"
    assert '<h3 class="hed"><a href="/zh-hant/briefs/satellites/"><mark>衛星</mark>不中立</a></h3>' in body
    link = '<a class="no" href="/zh-hant/briefs/satellites/#b7" aria-label="第7點">7</a>'
    assert f'<p class="claim">只有中文的<mark>衛星</mark> {link}</p>' in body
    assert (
        '第<a href="/zh-hant/briefs/satellites/#b7">7</a>、<a href="/zh-hant/briefs/satellites/#b5">5</a>點'
        in body
    )
    english = get_search_page(site, "?q=satellite&year=2024")
    assert "<mark>Satellites</mark> Are Not Neutral" in english
    assert '<p class="claim"><mark>Satellites</mark> &amp; &lt;i&gt;cables&lt;/i&gt; <a' in english, (
        "a point that lacks this language is only named"
    )
    assert "#b7" in english


def test_answer_is_the_sentence_of_the_summary_that_holds_more_than_any_point(site: Client) -> None:
    summary = "Chips came first. Then tariffs on chips followed. Nobody objected."
    bullets = (Bullet(1, "關稅。", "Tariffs rose."), Bullet(2, "出口。", "Exports fell."))
    publish(numbered_content(3, summary_en=summary, bullets=bullets), "chips")
    body = get_search_page(site, "?q=tariffs+chips")
    assert "Then <mark>tariffs</mark> on <mark>chips</mark> followed.</p>" in body
    assert '<b>summary</b>, point <a href="/en/briefs/chips/#b1">1</a>' in body
    assert '<p class="claim"><mark>Exports</mark> fell. ' in get_search_page(site, "?q=exports")
    assert 'class="note"' not in get_search_page(site, "?q=exports"), "the row shows all that matches"


def test_surname_does_not_stand_for_a_full_name(site: Client) -> None:
    author = Author.make(name="Tsai Ming-yen", name_zh="蔡明諺")
    facts = numbered_content(0).facts.__class__(authors=(Byline(author.pk),), date="2024-02")
    bullets = (Bullet(1, "海軍演習。", "The navy drills, Mr. Lai and Ms. Abe say."),)
    content = numbered_content(3, bullets=bullets, facts=facts)
    publish(content, "drills")
    for query in ("蔡英文", "Tsai Ing-wen", "習近平", "Xi Jinping", "Xi", "賴清德", "安倍晉三"):
        assert result_count(get_search_page(site, f"?q={quote(query)}")) == f"Nothing found for “{query}”."
    assert result_count(get_search_page(site, "?q=Tsai")) == "1 brief"
    bullets = (Bullet(1, "賴清德會見習近平。", "Someone met another."),)
    publish(numbered_content(4, bullets=bullets), "meeting")
    assert result_count(get_search_page(site, "?q=Xi+Jinping")) == "1 brief, 1 matching bullet"
    assert result_count(get_search_page(site, "?q=Lai")) == "1 brief, 1 matching bullet"


def test_search_page_is_cacheable_but_not_indexed(site: Client) -> None:
    response = site.get("/en/search/?q=AI")
    noindex = '<meta name="robots" content="noindex, follow">'
    assert noindex in response.content.decode()
    assert noindex not in get_search_page(site, "")  # without a question it is a page of the site
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert not response.cookies
    again = site.get("/en/search/?q=AI", headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304
    assert 'href="/zh-hant/search/?q=AI"' in response.content.decode()
    assert 'action="/en/search/"' in get_search_page(site, "")


def test_filters_narrow_results_and_can_be_removed(site: Client) -> None:
    body = get_search_page(site, "?q=AI")
    assert result_count(body) == "2 briefs, 4 matching bullets"
    links = dict(re.findall(r'<a\s+href="([^"]*)"\s+rel="nofollow"[^>]*>([^<]*)</a>', body))
    labels = {html.unescape(label): html.unescape(url) for url, label in links.items()}
    assert {"Space", "Technology", "Lawfare", "Foreign Policy", "Tomás Rey", "2024", "2025"} <= set(labels)
    narrowed = get_search_page(site, labels["Space"].removeprefix("/en/search/"))
    assert result_count(narrowed) == "1 brief, 1 matching bullet"
    assert 'aria-label="Remove filter: Space"' in narrowed
    assert 'href="/en/search/?q=AI"' in narrowed
    assert 'name="keyword" value="space"' in narrowed, "a new search keeps the filter"
    assert (
        result_count(get_search_page(site, "?year=2024"))
        == result_count(get_search_page(site, "?from=2024-01-01&to=2024-12-31"))
        == "1 brief"
    )
    assert (
        result_count(get_search_page(site, "?q=AI&year=2024&keyword=technology")) == "Nothing found for “AI”."
    )


def test_date_that_is_none_is_named_and_filters_nothing(site: Client) -> None:
    dates = ("from=2025-13", "to=yesterday", "year=20255", f"from={'9' * 99}", "to=2025-02-30", "from=<b>")
    for date, query in zip(dates, itertools.cycle(["?{0}", "?q=AI&{0}", "?q=nothing&{0}"])):
        name, value = date.split("=")
        wanted = html.escape(value[:39])
        page = get_search_page(site, query.format(f"{name}={quote(value)}"))
        assert re.search(f"“{wanted}…?” is not a date and was not used.", page), date
        assert f"「{wanted}" in get_search_page(site, query.format(f"{name}={quote(value)}"), "zh-hant")
        assert 'href="/en/search/?from' not in page
    assert "not a date" not in get_search_page(site, "?q=AI&from=2025-01&to=2025-06-30&year=2025")


def test_keyword_used_only_by_draft_is_never_shown(site: Client) -> None:
    hidden = Keyword.make(label_zh="機密", label_en="Secret thing")
    workflow.editing.create(
        factories.content(facts=factories.facts(keywords=(hidden.pk,))), by=get_person("writer")
    )
    assert "Secret thing" not in get_search_page(site, f"?keyword={hidden.slug}")
    assert "Secret" not in get_search_page(site, "?q=secrt+thing")
    assert "Secret thing" not in site.get("/en/search/suggest/?q=secret").content.decode()


def test_avoided_rendering_finds_and_explains_preferred_one(site: Client) -> None:
    assert "<mark>川普</mark>談AI晶片" in get_search_page(site, "?q=特朗普", "zh-hant")
    body = get_search_page(site, "?q=特朗普")
    assert "<mark>Trump</mark> on AI chips." in body
    assert "Also searched for “川普”, which is how we write “特朗普”." in body
    assert "<mark>川普</mark>" not in get_search_page(site, "?q=「特朗普」"), "quotation marks switch it off"


def test_search_without_results_corrects_words(site: Client) -> None:
    for typed in ("chilikuri", "chiluku"):
        body = get_search_page(site, f"?q={typed}")
        assert result_count(body) == "No exact match. Closest in words:"
        assert "Searched for <b>chilukuri</b>. Not used: " in " ".join(body.split())
        assert "/en/briefs/next-technology-race/" in body
    assert result_count(get_search_page(site, "?q=zzzzzz")) == "Nothing found for “zzzzzz”."
    for quoted in ("“zz zz”", "「zz」", "author:Rey 『zz』"):
        said = result_count(get_search_page(site, f"?q={quoted}"))
        assert said == f"Nothing found for {quoted}.", "its own marks are enough"
    assert "找不到「&lt;b&gt;zz」的相關內容。" in get_search_page(site, "?q=<b>zz", "zh-hant")


def test_search_page_without_answers_shows_ways_on(site: Client) -> None:
    def openings(query: str) -> str:
        page = get_search_page(site, query)
        return page.partition('class="openings"')[2].partition("<footer")[0]

    nothing = openings("?q=zzzzzz")
    assert 'href="/en/keywords/space/"' in nothing
    assert '<h3 class="hed"><a href="/en/briefs/satellites/">' in nothing
    assert openings("?q=AI") == ""
    examples = re.findall(r'<a href="/en/search/([^"]*)"', openings(""))
    assert "?q=author%3A%22Tom%C3%A1s+Rey%22+source%3ALawfare" in examples
    questions = [query for query in examples if "%3F" in query]
    assert len(questions) == min(3, Edition.objects.count())
    assert len(examples) == 5 + len(questions)
    pages = [get_search_page(site, html.unescape(query)) for query in examples]
    assert all('<article class="row"' in page for page in pages)
    assert all("satellites" in page for page in pages[len(questions) :])


def test_suggestions_lead_to_pages_of_five_kinds(site: Client) -> None:
    def suggestions(typed: str, code: str = "en") -> list[tuple[str, str, str]]:
        rows = json.loads(site.get(f"/{code}/search/suggest/", {"q": typed}).content)["suggestions"]
        assert all(site.get(row["url"]).status_code == 200 for row in rows)
        return [(row["label"], row["text"], row["url"]) for row in rows]

    assert suggestions("特朗") == [("Term", "Trump", "/en/terms/trump/")], (
        "an avoided rendering leads to the term"
    )
    assert suggestions("satel") == [("Brief", "Satellites Are Not Neutral", "/en/briefs/satellites/")]
    assert suggestions("rey") == [("Author", "Tomás Rey", "/en/authors/tomas-rey/")]
    assert suggestions("lawf") == [("Source", "Lawfare", "/en/sources/lawfare/")]
    assert suggestions("spa") == [("Keyword", "Space", "/en/keywords/space/")]
    assert suggestions("太空", "zh-hant")[0][1:] == ("太空", "/zh-hant/keywords/space/")
    assert [text for _, text, _ in suggestions("卫", "zh-hant")] == ["衛星不中立"]
    assert suggestions("tech")[0][1] == "Technology"
    assert [text for _, text, _ in suggestions("author:chil")] == ["Vivek Chilukuri"]
    assert suggestions("source:chil") == []
    assert suggestions("") == suggestions("-x") == suggestions("zzz") == suggestions("'\"*(") == []


def follow_result_pages(query: str, rel: str) -> tuple[list[list[str]], str]:
    """Follow the links with this `rel` and return the slugs on each page and the query of the last page."""
    pages: list[list[str]] = []
    while True:
        body = get_search_page(Client(), query)
        pages.append(re.findall(r'<h3 class="hed"><a href="/en/briefs/([^/]*)/', body))
        if not (next_link := re.search(rf'rel="{rel}" href="/en/search/([^"]*)"', body)):
            return pages, query
        query = html.unescape(next_link[1])


def test_paging_shows_each_result_once_by_rank_and_by_date(monkeypatch: pytest.MonkeyPatch) -> None:
    load_corpus(9)
    monkeypatch.setattr(search_queries, "RESULTS_PER_PAGE", 4)
    for order in ("", "&order=newest"):
        down, last = follow_result_pages(f"?q=the{order}", "next")
        assert [len(row) for row in down] == [4, 4, 1]
        assert len({slug for row in down for slug in row}) == 9
        up, first = follow_result_pages(last, "prev")
        assert up == down[::-1]
        assert follow_result_pages(first, "next")[0] == down, "paging down again gives the same pages"
        assert 'rel="prev"' not in get_search_page(Client(), f"?q=the{order}")
    assert len({get_search_page(Client(), f"?q=the&start={n}") for n in ("", "x", "-1", "0")}) == 1


@pytest.mark.parametrize(
    ("query", "most"),
    [("?q=the", 6), ("?q=chilikuri", 9), ("?q=科技&keyword=technology&source=lawfare&author=tomas-rey&year=2025", 10)],
)  # fmt: skip
def test_search_runs_as_many_queries_however_many_briefs(
    site: Client, query: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_log, "WRITE_INTERVAL", 1e9)  # no log write during the request
    costs = []
    for n in (3, 9):
        load_corpus(n)
        caches["pages"].clear()
        search_queries.run_search(
            search_queries.SearchParams("names"), timezone.now()
        )  # reads the names after a change
        with CaptureQueriesContext(connection) as queries:
            get_search_page(site, query)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    # In a transaction of PostgreSQL the names are read again, and whether an issue is public.
    assert costs[0] <= most + 2 * (connection.vendor == "postgresql")


def let_each_search_cost(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = itertools.count(step=seconds)
    monkeypatch.setattr(rate_limits.time, "thread_time", lambda: next(moments))


def test_searches_over_limit_get_429_but_pages_do_not(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "SEARCH_SECONDS", 4)
    cache.clear()
    monkeypatch.setattr(rate_limits.time, "time", lambda: 1_000_020.0)
    let_each_search_cost(0.5, monkeypatch)
    for _ in range(8):
        assert site.get("/en/search/?q=AI").status_code == 200
    refused = site.get("/en/search/?q=AI")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "Too many searches" in refused.content.decode()
    assert "搜尋過於頻繁" in refused.content.decode()
    assert refused.headers["Cache-Control"] == "no-store"
    assert site.get("/en/").status_code == site.get("/en/search/").status_code == 200
    assert site.get("/en/search/?q=AI", REMOTE_ADDR="203.0.113.9").status_code == 200
    assert [site.get("/en/search/suggest/?q=a").status_code for _ in range(13)] == [200] * 8 + [429] * 5
    monkeypatch.setattr(rate_limits.time, "time", lambda: 1_000_080.0)
    assert site.get("/en/search/?q=AI").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded_for", "address"),
    [(0, "6.6.6.6", "127.0.0.1"), (1, "6.6.6.6, 203.0.113.5", "203.0.113.5"), (2, "1.1.1.1", "127.0.0.1"), (1, "", "127.0.0.1")],
)  # fmt: skip
def test_client_address_is_the_one_seen_by_our_proxy(
    settings: Any, rf: Any, proxies: int, forwarded_for: str, address: str
) -> None:
    settings.DIGEST_PROXIES = proxies
    assert get_client_address(rf.get("/", headers={"x-forwarded-for": forwarded_for})) == address


def test_search_log_counts_queries_and_omits_personal_data(site: Client) -> None:
    search_log._pending.clear()
    for typed in (
        "Taiwan  Strait",
        "taiwan strait",
        "zzz",
        "x",
        "me@example.org",
        "0912-345-678",
        "https://a.b/c",
        "a" * 300,
    ):
        site.get("/en/search/", {"q": typed})
    site.get("/en/search/", {"q": "taiwan strait", "order": "newest", "keyword": "x"})
    search_log.write_pending()
    site.get("/en/search/", {"q": "TAIWAN STRAIT"})
    search_log.write_pending()
    rows = {row.words: (row.times, row.found, row.day) for row in Search.objects.all()}
    assert rows == {
        "taiwan strait": (3, 0, timezone.localdate()),
        "zzz": (1, 0, timezone.localdate()),
        "a" * 100: (1, 0, timezone.localdate()),
    }
    assert {field.name for field in Search._meta.fields} == {"id", "day", "words", "times", "found"}
    assert search_log.delete_expired(timezone.localdate() + dt.timedelta(days=500)) == 3


def test_staff_see_frequent_and_unsuccessful_searches() -> None:
    today = timezone.localdate()
    rows = [
        ("半導體", today, 5, 0),
        ("taiwan", today, 9, 4),
        ("ai", today - dt.timedelta(days=1), 2, 0),
        ("ai", today, 1, 3),
    ]
    for words, day, times, found in rows:
        Search.objects.create(words=words, day=day, times=times, found=found)
    Search.objects.create(words="old", day=today - dt.timedelta(days=100), times=99)
    client = Client()
    client.force_login(factories.person("writer", "Writers"))
    shown = client.get("/admin/briefs/search/")
    assert [row["words"] for row in shown.context["in_vain"]] == ["半導體"]
    assert [(row["words"], row["times"]) for row in shown.context["most"]] == [
        ("taiwan", 9),
        ("半導體", 5),
        ("ai", 3),
    ]
    assert [row["words"] for row in client.get("/admin/briefs/search/?days=365").context["in_vain"]] == [
        "old",
        "半導體",
    ]
    client.force_login(factories.person("outsider"))
    assert client.get("/admin/briefs/search/").status_code == 403
