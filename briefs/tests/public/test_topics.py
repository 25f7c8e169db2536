"""Pages of topics, authors and sources: introduction, chosen briefs, names with counts; and what follows them."""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from briefs.content import Bullet, Byline, Facts
from briefs.models.edition import Edition
from briefs.models.site import SiteText
from briefs.models.vocabulary import Author, Keyword, Source, Term
from briefs.public import rate_limits
from briefs.public.list_pages import build_year_key
from briefs.tests.support import corpus_fixtures
from briefs.tests.support.corpus_fixtures import (
    DAY,
    NO_STATIC,
    NOW,
    get_or_make,
    get_person,
    numbered_content,
    publish_next,
    withdraw,
)

from .test_responses import captured_queries

pytestmark = [pytest.mark.django_db, NO_STATIC, pytest.mark.usefixtures("fixed_clock")]

ATOM = "{http://www.w3.org/2005/Atom}"
TOPIC = "keywords/technology/"


def publish(n: int, **values: Any) -> Edition:
    """Publish a brief of the topic, by one of two authors, of a term, an hour later than the one before."""
    get_or_make(Term, zh="要點", en="Bullet")
    author = get_or_make(Author, name=("Ada Lin", "Bo Wu")[n % 2])
    facts = Facts(
        source=get_or_make(Source, name="Review").pk,
        authors=(Byline(author.pk),),
        keywords=(
            get_or_make(Keyword, label_zh="科技", label_en="Technology").pk,
            get_or_make(Keyword, label_zh=f"詞{n % 3}", label_en=f"Word {n % 3}").pk,
        ),
        date=f"2025-06-{28 - n:02}",
    )
    at = DAY + dt.timedelta(hours=n)
    return corpus_fixtures.publish(numbered_content(n, facts=facts), f"s{n}", live_from=at, **values)


def introduce(key: str, *chosen: Edition) -> None:
    SiteText.objects.create(
        key=key,
        text_zh="導言<一>。\n\n第二段。",
        text_en="The introduction.",
        start_here=[{"brief": e.brief_id, "zh": f"理由{e.slug}", "en": f"Reason {e.slug}"} for e in chosen],
        updated_at=NOW,
        updated_by=get_person("p"),
    )


def get_text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def listed(page: str, start: str = "Timeline", end: str = "<footer") -> list[str]:
    """Return the briefs of the timeline, or of what stands between other headings."""
    part = page.partition(start)[2].partition(end)[0]
    return re.findall(r'<h3 class="hed"><a href="/[a-z-]+/briefs/([^/]+)/">', part)


def test_topic_shows_introduction_choices_and_names_in_one_language_or_both(client: Client) -> None:
    editions = [publish(n) for n in range(6)]
    introduce("keyword/technology", editions[3], editions[0])
    for lang, order in (("zh-hant", ("科技", "導言&lt;一&gt;。", "第二段。", "理由s3", "理由s0")), ("en", ("Technology", "The introduction.", "Reason s3", "Reason s0"))):  # fmt: skip
        page = get_text(client, f"/{lang}/{TOPIC}")
        places = [page.index(words, page.index("<main")) for words in order]
        assert places == sorted(places)
        start, timeline = ("從這裡開始", "文摘年表") if lang == "zh-hant" else ("Start here", "Timeline")
        assert listed(page, start, timeline) == ["s3", "s0"]
        assert listed(page, timeline) == ["s0", "s1", "s2", "s3", "s4", "s5"]
        assert ("導言&lt;一&gt;。" in page, "Reason s3" in page) == (lang == "zh-hant", lang == "en")
        both = get_text(client, f"/{lang}/{TOPIC}?show=both")
        assert listed(both, start, timeline) == ["s3", "s0"]
        for words in ("導言&lt;一&gt;。", "The introduction.", "Reason s3", "理由s3", "科技", "Technology"):
            assert words in both
    assert '<meta name="description" content="The introduction.">' in page
    names = dict(
        re.findall(r'<a href="/en/(\w+/[\w-]+)/">[^<]*</a>(?:\s|&nbsp;)<span class="n">(\d+)</span>', page)
    )
    assert names == {
        "authors/ada-lin": "3", "authors/bo-wu": "3", "sources/review": "6", "keywords/word-0": "2", "keywords/word-1": "2",
        "keywords/word-2": "2", "terms/bullet": "6",
    }  # fmt: skip
    assert "6 briefs" in page


def test_withdrawn_or_moved_choice_is_left_out_and_hidden_topic_reveals_nothing(client: Client) -> None:
    kept, withdrawn, moved, *others = (publish(n) for n in range(9))
    introduce("keyword/technology", withdrawn, moved, kept)
    p = get_person("p")
    withdraw(withdrawn, NOW)
    publish_next(moved, numbered_content(2), at=NOW)
    page = get_text(client, f"/en/{TOPIC}")
    assert listed(page, "Start here", "Timeline") == ["s0"]
    assert "Reason s1" not in page
    gone = [edition.pk for edition in (kept, withdrawn, *others)]
    Edition.objects.filter(pk__in=gone).update(removed_at=NOW, removed_by=p)
    hidden, unknown = client.get(f"/en/{TOPIC}"), client.get("/en/keywords/nobody/")
    assert (hidden.status_code, hidden.content) == (404, unknown.content)


def test_topic_lists_claims_by_year_of_the_article(client: Client) -> None:
    keyword = get_or_make(Keyword, label_zh="科技", label_en="Technology")
    for n, date in enumerate(("2025-06-09", "2025-05", "2024", "2024-03")):
        facts = Facts(keywords=(keyword.pk,), date=date, date_label="" if n < 3 else "Spring 2024")
        corpus_fixtures.publish(numbered_content(n, facts=facts), f"s{n}")
    for lang, expected in (
        ("en", ["2025", "9 Jun", "May", "2024", "Spring 2024", "2024"]),
        ("zh-hant", ["2025年", "6月9日", "5月", "2024年", "2024年春季號", "2024年"]),
    ):
        page = get_text(client, f"/{lang}/{TOPIC}")
        assert (
            re.findall(r'<p class="(?:year-mark" id="y\d+|onfold)"><time[^>]*>(.*?)</time>', page) == expected
        )


def test_queries_of_topic_and_feeds_do_not_grow(client: Client) -> None:
    chosen = [publish(n) for n in range(12)]
    introduce("keyword/technology", *chosen[:2])
    limits = {
        f"/en/{TOPIC}": 7,
        **{f"/en/{path}": 5 for path in ("authors/ada-lin/", "sources/review/")},
        f"/en/{TOPIC}parallel/feed.atom": 5,
        "/en/authors/ada-lin/feed.json": 5,
        "/en/terms/bullet/feed.atom": 5,
        "/en/search/feed.atom?q=Bullet": 6,
        "/en/parallel/feed.atom": 4,
    }
    assert {path: count_queries(client, path) for path in limits} == limits
    for n in range(12, 20):
        publish(n)
    assert {path: count_queries(client, path) for path in limits} == limits


def test_term_shows_the_first_point_with_it_and_names_the_others(client: Client) -> None:
    publish(1)
    corpus_fixtures.publish(
        numbered_content(
            2,
            summary_en="It began. Each Bullet counted. It ended.",
            bullets=(Bullet(1, "其他。", "Others."), Bullet(4, "要點四。", "Bullet four."), Bullet(6, "要點六。", "Bullet six.")),
        ),
        "two",
    )  # fmt: skip
    corpus_fixtures.publish(
        numbered_content(
            3,
            summary_zh="開始。要點都算。",
            summary_en="It began. Each Bullet counted.\n\nIt ended.",
            bullets=(),
        ),
        "three",
    )
    page = get_text(client, "/en/terms/bullet/")
    rows = {
        slug: row
        for row in page.split("<article")[1:]
        for slug in re.findall(r'<h3 class="hed"><a href="/en/briefs/(\w+)/', row)
    }
    assert '<mark>Bullet</mark> four. <a class="no" href="/en/briefs/two/#b4"' in rows["two"]
    assert 'Also in point <a href="/en/briefs/two/#b6">6</a>' in rows["two"]
    both = get_text(client, "/en/terms/bullet/?show=both")
    assert both.count("Also in") == both.count("也見") == 1, "each side in its language"
    assert "Each <mark>Bullet</mark> counted.</p>" in rows["three"]
    assert "<mark>Bullet</mark> of 1" in rows["s1"]


def count_queries(client: Client, path: str) -> int:
    """Count the queries but that of the site version, which PostgreSQL does not answer in a test's transaction."""
    return sum("briefs_siteversion" not in str(query) for query in captured_queries(client, path))


def get_feed(client: Client, path: str) -> dict[str, ET.Element]:
    """Return the entries of an Atom feed by id, after checking what makes it valid."""
    feed = ET.fromstring(get_text(client, path))
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"{settings.SITE_URL}{path}"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for tag in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{tag}"), tag
    entries = {e.findtext(f"{ATOM}id") or "": e for e in feed.findall(f"{ATOM}entry")}
    assert len(entries) == len(feed.findall(f"{ATOM}entry"))
    return entries


@pytest.mark.parametrize("path", [TOPIC, "search/?q=Bullet&author=ada-lin"])
def test_follow_lists_feeds_of_the_page_in_both_languages(client: Client, path: str) -> None:
    for n in range(3):
        publish(n)
    corpus_fixtures.publish(numbered_content(9, bullets=()), "other")
    page = get_text(client, f"/en/{path}").replace("&amp;", "&")
    base, _, query = path.partition("?")
    query = query and f"?{query}"
    files = [f"/en/{base}feed.atom", f"/en/{base}feed.json", f"/zh-hant/{base}feed.atom", f"/en/{base}parallel/feed.atom"]  # fmt: skip
    menu = page[page.index('id="feeds"') :]
    assert re.findall(r'href="([^"]+feed\.[^"]+)"', menu[: menu.index("</ul>")]) == [f + query for f in files]
    head = page[: page.index("</head>")]
    assert [f + query in head for f in files] == [True, True, False, True]
    slugs = ["s2", "s0"] if "ada-lin" in path else ["s2", "s1", "s0"]
    for file in (files[0], files[2]):
        found = list(get_feed(client, file + query))
        assert found == [f"{settings.SITE_URL}{file[: file.index('/', 1)]}/briefs/{slug}/" for slug in slugs]
    items = client.get(files[1] + query).json()["items"]
    assert [item["id"] for item in items] == [f"{settings.SITE_URL}/en/briefs/{slug}/" for slug in slugs]
    both = get_feed(client, files[3] + query)
    assert list(both) == [f"{settings.SITE_URL}/en/briefs/{slug}/parallel/" for slug in slugs]


def test_parallel_feed_has_each_pair_in_both_languages(client: Client) -> None:
    publish(1)
    for lang, texts in (("en", ["Headline 1", "標題1", "Summary of no. 1.", "第1篇的摘要。", "Bullet of 1", "要點1"]), ("zh-hant", ["標題1", "Headline 1", "第1篇的摘要。", "Summary of no. 1.", "要點1", "Bullet of 1"])):  # fmt: skip
        (entry,) = get_feed(client, f"/{lang}/parallel/feed.atom").values()
        whole = f"{entry.findtext(f'{ATOM}title')}\n{entry.findtext(f'{ATOM}content')}"
        assert [whole.index(text) for text in texts] == sorted(whole.index(text) for text in texts)
        assert "href" not in whole
    first = client.get("/en/parallel/feed.atom")
    again = client.get("/en/parallel/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_search_feed_lists_newest_and_needs_a_search(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(22):
        publish(n)
    entries = list(get_feed(client, "/en/search/feed.atom?q=Bullet"))
    assert entries == [f"{settings.SITE_URL}/en/briefs/s{n}/" for n in range(21, 1, -1)]
    assert next(iter(get_feed(client, "/en/search/feed.atom?keyword=word-0"))).endswith("/s21/")
    assert get_feed(client, "/en/search/feed.atom?q=nothing-here") == {}
    for path in ("search/feed.atom", "search/feed.json?q=", "search/parallel/feed.atom?before=0"):
        assert client.get(f"/en/{path}").status_code == 404, path
    assert 'id="feeds"' not in get_text(client, "/en/search/")
    monkeypatch.setattr(rate_limits, "SEARCH_SECONDS", 0)
    assert client.get("/en/search/feed.atom?q=Bullet").status_code == 429


def test_topic_leads_to_each_year_of_its_timeline(client: Client) -> None:
    keyword = get_or_make(Keyword, label_zh="科技", label_en="Technology")
    dates = [f"{year}-{month:02}" for year in (2025, 2024, 2022) for month in range(1, 11)]
    for n, date in enumerate(["", *dates]):
        facts = Facts(keywords=(keyword.pk,), date=date)
        corpus_fixtures.publish(numbered_content(n, facts=facts), f"s{n}")
    years = get_year_links(client, f"/en/{TOPIC}?show=both")
    assert [*years] == ["2025", "2024", "2022"]
    assert (years["2025"], years["2024"]) == ("#y2025", "#y2024")
    page = get_text(client, years["2022"])
    assert "Newer briefs" in page
    assert re.findall('class="year-mark" id="(.*?)"', page) == ["y2022"]
    assert page.count('<article class="row"') == 10 + 1, "the brief without a date is last"
    assert get_year_links(client, years["2022"]) == {
        year: f"/en/{TOPIC}?before={build_year_key(int(year))}&show=both" for year in years
    }
    assert '"year-mark" id="y2022"' not in get_text(client, f"/en/{TOPIC}")
    Edition.objects.exclude(slug__in=["s1", "s2"]).update(withdrawn_at=NOW, withdrawn_by=get_person("p"), withdrawn_kind="other")  # fmt: skip
    assert get_year_links(client, f"/en/{TOPIC}") == {}, (
        "a single year needs no link, and withdrawn briefs have none"
    )


def get_year_links(client: Client, path: str) -> dict[str, str]:
    page = get_text(client, path)
    nav = page.partition('aria-label="Years of the articles"')[2].partition("</nav>")[0]
    return {year: unescape(url) for url, year in re.findall('<a href="(.*?)">(.*?)</a>', nav)}


def test_later_page_of_timeline_repeats_no_introduction(client: Client) -> None:
    introduce("keyword/technology", [publish(n) for n in range(22)][3])
    first = get_text(client, f"/en/{TOPIC}")
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    page = get_text(client, older)
    assert listed(page) == ["s20", "s21"]
    assert "The introduction." not in page
    assert "Start here" not in page
    assert "noindex" in page
