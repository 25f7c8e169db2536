"""Pages of keywords, authors, sources and archive periods: they exist only through listed editions and show each brief once."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from briefs.content import Byline, Facts
from briefs.models.edition import Edition
from briefs.models.vocabulary import Author, Keyword, Source
from briefs.public import list_pages
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
from briefs.tests.support.crawler import forget_prepared_queries

from .test_keyset_pages import follow_links, listed_slugs, page_link

pytestmark = [pytest.mark.django_db, NO_STATIC, pytest.mark.usefixtures("fixed_clock")]

HOUR = dt.timedelta(hours=1)
KINDS = ("keywords", "authors", "sources")


@pytest.fixture
def four_per_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_pages, "PAGE_SIZE", 4)
    forget_prepared_queries(monkeypatch)


class SubjectRows:
    """One vocabulary row of each kind, and facts that refer to them."""

    def __init__(self, tag: str = "one") -> None:
        self.rows = {
            "keywords": get_or_make(Keyword, label_zh=f"詞{tag}", label_en=f"Word {tag}"),
            "authors": get_or_make(Author, name=f"Ada {tag}"),
            "sources": get_or_make(Source, name=f"Review {tag}"),
        }

    def facts(self, date: str = "2025-06-09") -> Facts:
        author, keyword = self.rows["authors"], self.rows["keywords"]
        return Facts(
            source=self.rows["sources"].pk, authors=(Byline(author.pk),), keywords=(keyword.pk,), date=date
        )

    def address(self, kind: str, lang: str = "en") -> str:
        return f"/{lang}/{kind}/{self.rows[kind].slug}/"


def publish(n: int, facts: Facts, **values: Any) -> Edition:
    return corpus_fixtures.publish(numbered_content(n, facts=facts), f"s{n}", **values)


def remove(edition: Edition) -> None:
    Edition.objects.filter(pk=edition.pk).update(removed_at=NOW - HOUR, removed_by=get_person("p"))


def supersede(edition: Edition) -> None:
    """Publish the next edition, with other subjects."""
    publish_next(edition, numbered_content(9, facts=SubjectRows("other").facts()), at=NOW - HOUR)


HIDING_ACTIONS = {"removed": remove, "superseded": supersede}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("keywords", "removed"), ("authors", "superseded"), ("sources", "scheduled"), ("keywords", "draft")],
)
def test_subject_without_listed_brief_looks_like_unknown_subject(
    client: Client, kind: str, reason: str
) -> None:
    subject = SubjectRows()
    if reason != "draft":
        edition = publish(1, subject.facts(), live_from=NOW + HOUR if reason == "scheduled" else DAY)
        HIDING_ACTIONS.get(reason, lambda edition: None)(edition)
    for lang in ("en", "zh-hant"):
        hidden, unknown = client.get(subject.address(kind, lang)), client.get(f"/{lang}/{kind}/nobody/")
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.content == unknown.content
        assert dict(hidden.headers) == dict(unknown.headers)
        assert subject.rows[kind].slug not in client.get(f"/{lang}/{kind}/").content.decode()


@pytest.mark.parametrize("kind", ["keywords", "sources"])
def test_subject_of_withdrawn_briefs_has_a_page_and_leaves_lists(client: Client, kind: str) -> None:
    subject = SubjectRows()
    edition = publish(1, subject.facts())
    withdraw(edition, NOW - HOUR, "other")
    for lang, label in (("en", "Withdrawn"), ("zh-hant", "已撤回")):
        response = client.get(subject.address(kind, lang))
        page = response.content.decode()
        assert response.status_code == 200
        assert '<meta name="robots" content="noindex, follow">' in page
        assert re.search(rf'{label} <time.*?<h2 class="hed"><a href="/{lang}/briefs/s1/">', page, re.S)
        assert "Summary of 1" not in page
        for lists in (f"/{lang}/{kind}/", "/sitemap.xml"):
            assert subject.rows[kind].slug not in client.get(lists).content.decode()
    assert subject.address(kind) in client.get("/en/briefs/s1/").content.decode()
    publish(2, subject.facts())
    assert "briefs/s1/" not in client.get(subject.address(kind)).content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_subject_index_shows_brief_count_and_page_lists_them(client: Client, kind: str) -> None:
    subject = SubjectRows()
    for n in range(3):
        publish(n, subject.facts(), live_from=DAY + n * HOUR)
    publish(7, SubjectRows("two").facts())
    remove(publish(8, subject.facts()))
    index = client.get(f"/en/{kind}/").content.decode()
    row = re.search(rf'href="{subject.address(kind)}">[^<]*</a>.*?<span class="n">(\d+)</span>', index, re.S)
    assert row
    assert row[1] == "3"
    page = client.get(subject.address(kind)).content.decode()
    assert listed_slugs(page) == ["s2", "s1", "s0"]
    assert "3 briefs" not in page, "fewer than six are not counted"


def test_unlisted_keyword_has_page_but_is_not_in_index(client: Client) -> None:
    subject = SubjectRows()
    subject.rows["keywords"].listed = False
    subject.rows["keywords"].save()
    publish(1, subject.facts())
    assert client.get(subject.address("keywords")).status_code == 200
    assert subject.address("keywords") not in client.get("/en/keywords/").content.decode()


def test_merged_subject_redirects_to_surviving_subject(client: Client) -> None:
    kind = "authors"
    old, between, new = SubjectRows("old"), SubjectRows("between"), SubjectRows("new")
    publish(1, new.facts())
    for loser, survivor in ((old, between), (between, new)):
        loser.rows[kind].merged_into = survivor.rows[kind]
        loser.rows[kind].save()
    response = client.get(old.address(kind))
    assert (response.status_code, response.headers["Location"]) == (301, new.address(kind))
    remove(Edition.objects.get())
    assert client.get(old.address(kind)).status_code == 404, "the surviving subject is hidden"


@pytest.mark.parametrize(
    ("kind", "dates"),
    [
        ("keywords", ["2025-06-09"] * 9),
        ("authors", ["", "2025", "1887-01-01", "2025-06", "1969-12-31", "2025-01-01", "", "1887-01-02", "2026-01-01"]),
        ("sources", [f"2025-06-{n:02}" for n in (3, 9, 1, 7, 5, 8, 2, 6, 4)]),
    ],
)  # fmt: skip
def test_paging_timeline_shows_each_brief_once_by_article_date(
    client: Client, four_per_page: None, kind: str, dates: list[str]
) -> None:
    subject, other = SubjectRows(), SubjectRows("other")
    days = []
    for n, date in enumerate(dates):
        publish(n, subject.facts(date), live_from=DAY + n % 2 * HOUR)
        publish(n + 100, other.facts(date))
        days.append((date and date + "-01-01"[len(date) - 4 :], n))
    expected = [f"s{n}" for _, n in sorted(days, reverse=True)]
    down, last = follow_links(client, subject.address(kind), "next")
    assert [slug for page in down for slug in page] == expected
    back, top = follow_links(client, page_link(last, "prev"), "prev")
    assert [slug for page in reversed(back) for slug in page] == expected[:8]
    assert page_link(top, "prev") is None
    oldest = client.get(f"{subject.address(kind)}?after={corpus_fixtures.OLDEST_KEY}").content.decode()
    assert listed_slugs(oldest) == expected[-4:]


def test_archive_is_ordered_by_article_date(client: Client, four_per_page: None) -> None:
    subject = SubjectRows()
    days = [
        "2025-06-09",
        "2025-06-30",
        "2025-06",
        "2025-06-09",
        "2025-06-01",
        "2025-05-31",
        "2025",
        "2024-06-09",
    ]
    for n, date in enumerate(days):
        publish(n, subject.facts(date))
    publish(20, subject.facts("1887-01-01"), live_from=NOW + HOUR)
    june, last = follow_links(client, "/en/archive/2025/06/", "next")
    assert [slug for page in june for slug in page] == ["s1", "s3", "s0", "s4", "s2"]
    assert client.get(page_link(last, "prev") or "").status_code == 200
    year, _ = follow_links(client, "/en/archive/2025/", "next")
    assert [slug for page in year for slug in page] == ["s1", "s3", "s0", "s4", "s2", "s5", "s6"]
    index = client.get("/en/archive/").content.decode()
    paths = re.findall(r"/en/archive/(\d[\d/]*)/", index)
    assert paths == ["2025", "2025/06", "2025/05", "2024", "2024/06"]
    assert "1887" not in index


def test_archive_period_without_brief_gets_404(client: Client) -> None:
    publish(1, SubjectRows().facts())
    publish(2, SubjectRows().facts("1887-01-01"), live_from=NOW + HOUR)
    for path in ("1887/", "2025/07/", "2025/13/", "2025/00/", "0000/", "9999/", "99999/", "2025/006/"):
        assert client.get(f"/en/archive/{path}").status_code == 404, path
    response = client.get("/en/archive/2025/6/")
    assert (response.status_code, response.headers["Location"]) == (301, "/en/archive/2025/06/")


def test_source_page_shows_the_host_of_its_site_in_ascii(client: Client) -> None:
    subject = SubjectRows()
    publish(1, subject.facts())
    Source.objects.filter(pk=subject.rows["sources"].pk).update(url="https://例子.台灣/")
    assert (
        'href="https://xn--fsqu00a.xn--kpry57d/"' in client.get(subject.address("sources")).content.decode()
    )


def test_index_sorts_by_family_name_in_english_and_strokes_in_chinese(client: Client) -> None:
    families = {"Zoe Adams": "Adams", "Đặng Hữu": "Đặng", "Ola Ødegård": "Ødegård", "Amy Zorn": "Zorn"}
    authors = [Author.make(name=name, family=family) for name, family in families.items()]
    keywords = [
        get_or_make(Keyword, label_zh=zh, label_en=en)
        for zh, en in (("衛星", "a"), ("人權", "b"), ("太空", "c"))
    ]
    facts = Facts(
        source=get_or_make(Source, name="S").pk, authors=tuple(Byline(a.pk) for a in authors),
        keywords=tuple(k.pk for k in keywords), date="2025",
    )  # fmt: skip
    publish(1, facts)
    index = client.get("/en/authors/").content.decode()
    author_slugs = re.findall(r"/authors/([a-z-]+)/", index)
    assert list(dict.fromkeys(author_slugs)) == ["zoe-adams", "dang-huu", "ola-odegard", "amy-zorn"]
    assert re.findall(r'<h2 class="initial"[^>]*>(.)<', index) == list("ADOZ")
    chinese = client.get("/zh-hant/keywords/").content.decode()
    positions = [chinese.index(f">{zh}<") for zh in ("人權", "太空", "衛星")]
    assert positions == sorted(positions)


def related_slugs(client: Client, slug: str) -> dict[str, list[str]]:
    html = client.get(f"/en/briefs/{slug}/").content.decode()
    names = re.findall(r'<section class="related (\w+)".*?</section>', html, re.S)
    blocks = re.findall(r'<section class="related \w+".*?</section>', html, re.S)
    return {
        name: re.findall(r"/en/briefs/([^/]+)/", block) for name, block in zip(names, blocks, strict=True)
    }


def test_brief_links_to_newer_older_and_related_briefs(client: Client) -> None:
    common, rare = SubjectRows("common"), SubjectRows("rare")
    both = Facts(
        source=common.rows["sources"].pk, keywords=(common.rows["keywords"].pk, rare.rows["keywords"].pk), date="2025"
    )  # fmt: skip
    for n in range(6):
        publish(n, common.facts(), live_from=DAY + n * HOUR)
    publish(6, rare.facts(), live_from=DAY + 6 * HOUR)
    edition = publish(7, both, live_from=DAY + 7 * HOUR)
    assert related_slugs(client, "s7")["related"][0] == "s6", "the rarer keyword weighs more"
    assert related_slugs(client, "s7")["older"] == ["s6"]
    assert related_slugs(client, "s3")["newer"] == ["s4"]
    assert related_slugs(client, "s6")["related"][0] == "s7", "the older brief links to the newer one"
    remove(edition)
    assert "newer" not in related_slugs(client, "s6")
    assert "s7" not in str([related_slugs(client, f"s{n}") for n in range(7)])
