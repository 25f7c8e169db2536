"""Pages of keywords, authors, sources and months: public through listed editions alone, each brief once."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs.content import Byline, Facts
from briefs.models.edition import Edition
from briefs.models.vocabulary import Author, Keyword, Source
from briefs.public import editions
from briefs.tests.support import corpus_fixtures

from ..support.crawler import forget_prepared_queries
from .test_keyset_pages import link, slugs, walk

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
KINDS = ("keywords", "authors", "sources")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def few_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "PAGE_SIZE", 4)
    forget_prepared_queries(monkeypatch)


class Names:
    """One row of each kind, and the facts that name them."""

    def __init__(self, tag: str = "one") -> None:
        self.rows = {
            "keywords": corpus_fixtures.get_or_make(Keyword, label_zh=f"詞{tag}", label_en=f"Word {tag}"),
            "authors": corpus_fixtures.get_or_make(Author, name=f"Ada {tag}"),
            "sources": corpus_fixtures.get_or_make(Source, name=f"Review {tag}"),
        }

    def facts(self, date: str = "2025-06-09") -> Facts:
        author, keyword = self.rows["authors"], self.rows["keywords"]
        return Facts(
            source=self.rows["sources"].pk, authors=(Byline(author.pk),), keywords=(keyword.pk,), date=date
        )

    def address(self, kind: str, lang: str = "en") -> str:
        return f"/{lang}/{kind}/{self.rows[kind].slug}/"


def publish(n: int, facts: Facts, **values: Any) -> Edition:
    return corpus_fixtures.publish(corpus_fixtures.numbered_content(n, facts=facts), f"s{n}", **values)


def take_down(edition: Edition) -> None:
    Edition.objects.filter(pk=edition.pk).update(
        removed_at=NOW - HOUR, removed_by=corpus_fixtures.get_person("p")
    )


def withdraw(edition: Edition) -> None:
    Edition.objects.filter(pk=edition.pk).update(
        withdrawn_at=NOW - HOUR, withdrawn_by=corpus_fixtures.get_person("p"), withdrawn_kind="other"
    )


def supersede(edition: Edition) -> None:
    """The next edition of the brief has other names."""
    Edition.objects.filter(pk=edition.pk).update(live_until=NOW - HOUR)
    corpus_fixtures.publish(corpus_fixtures.numbered_content(9, facts=Names("other").facts()), edition.slug, brief=edition.brief, live_from=NOW - HOUR, published_at=edition.published_at)  # fmt: skip


HIDES = {"removed": take_down, "withdrawn": withdraw, "superseded": supersede}


@pytest.mark.parametrize("name", [*HIDES, "scheduled", "draft"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_name_without_a_listed_brief_is_as_if_it_never_was(client: Client, kind: str, name: str) -> None:
    names = Names()
    if name != "draft":
        edition = publish(
            1, names.facts(), live_from=NOW + HOUR if name == "scheduled" else corpus_fixtures.DAY
        )
        HIDES.get(name, lambda edition: None)(edition)
    for lang in ("en", "zh-hant"):
        hidden, nowhere = client.get(names.address(kind, lang)), client.get(f"/{lang}/{kind}/nobody/")
        assert hidden.status_code == nowhere.status_code == 404
        assert hidden.content == nowhere.content
        assert dict(hidden.headers) == dict(nowhere.headers)
        assert names.rows[kind].slug not in client.get(f"/{lang}/{kind}/").content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_listed_with_its_number_and_leads_to_its_briefs(client: Client, kind: str) -> None:
    names = Names()
    for n in range(3):
        publish(n, names.facts(), live_from=corpus_fixtures.DAY + n * HOUR)
    publish(7, Names("two").facts())
    take_down(publish(8, names.facts()))
    index = client.get(f"/en/{kind}/").content.decode()
    row = re.search(rf'href="{names.address(kind)}">[^<]*</a>.*?<span class="n">(\d+)</span>', index, re.S)
    assert row
    assert row[1] == "3"
    page = client.get(names.address(kind)).content.decode()
    assert slugs(page) == ["s2", "s1", "s0"]
    assert "3 briefs" in page


def test_a_keyword_that_is_too_broad_has_a_page_and_no_place_in_the_index(client: Client) -> None:
    names = Names()
    names.rows["keywords"].listed = False
    names.rows["keywords"].save()
    publish(1, names.facts())
    assert client.get(names.address("keywords")).status_code == 200
    assert names.address("keywords") not in client.get("/en/keywords/").content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_the_old_address_of_a_merged_name_leads_to_the_new(client: Client, kind: str) -> None:
    old, between, new = Names("old"), Names("between"), Names("new")
    publish(1, new.facts())
    for loser, heir in ((old, between), (between, new)):
        loser.rows[kind].merged_into = heir.rows[kind]
        loser.rows[kind].save()
    response = client.get(old.address(kind))
    assert (response.status_code, response.headers["Location"]) == (301, new.address(kind))
    take_down(Edition.objects.get())
    assert client.get(old.address(kind)).status_code == 404, "where it leads is hidden"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moments", [list(range(9)), [5] * 9, [n // 3 for n in range(9)]])
def test_a_list_is_walked_without_a_gap_and_without_a_double(
    client: Client, few_a_page: None, kind: str, moments: list[int]
) -> None:
    names, other = Names(), Names("other")
    for n, minute in enumerate(moments):
        at = corpus_fixtures.DAY + dt.timedelta(minutes=minute)
        publish(n, names.facts(), live_from=at)
        publish(n + 100, other.facts(), live_from=at)
    rows = Edition.objects.order_by("-published_at", "-pk").values_list("slug", flat=True)
    expected = [slug for slug in rows if len(slug) < 4]
    down, last = walk(client, names.address(kind), "next")
    assert [slug for page in down for slug in page] == expected
    back, top = walk(client, link(last, "prev"), "prev")
    assert [slug for page in reversed(back) for slug in page] == expected[:8]
    assert link(top, "prev") is None


def test_the_archive_goes_by_the_day_of_the_article(client: Client, few_a_page: None) -> None:
    names = Names()
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
        publish(n, names.facts(date))
    publish(20, names.facts("1887-01-01"), live_from=NOW + HOUR)
    june, last = walk(client, "/en/archive/2025/06/", "next")
    assert [slug for page in june for slug in page] == ["s1", "s3", "s0", "s4", "s2"]
    assert client.get(link(last, "prev") or "").status_code == 200
    year, _ = walk(client, "/en/archive/2025/", "next")
    assert [slug for page in year for slug in page] == ["s1", "s3", "s0", "s4", "s2", "s5", "s6"]
    index = client.get("/en/archive/").content.decode()
    paths = re.findall(r"/en/archive/(\d[\d/]*)/", index)
    assert paths == ["2025", "2025/06", "2025/05", "2024", "2024/06"]
    assert "1887" not in index


def test_the_day_of_an_article_stands_on_the_fold_as_far_as_it_is_known(client: Client) -> None:
    names = Names()
    for n, date in enumerate(["2025-06-09", "2025-06"]):
        publish(n, names.facts(date))
    html = client.get("/zh-hant/archive/2025/06/").content.decode()
    assert re.findall(r'<time datetime="([\d-]*)">', html) == ["2025-06", "2025-06-09"]


@pytest.mark.parametrize(
    "path", ["1887/", "2025/07/", "2025/13/", "2025/00/", "0000/", "9999/", "99999/", "2025/006/"]
)
def test_a_time_without_a_brief_is_not_found(client: Client, path: str) -> None:
    publish(1, Names().facts())
    publish(2, Names().facts("1887-01-01"), live_from=NOW + HOUR)
    assert client.get(f"/en/archive/{path}").status_code == 404


def test_a_month_has_one_spelling(client: Client) -> None:
    publish(1, Names().facts())
    response = client.get("/en/archive/2025/6/")
    assert (response.status_code, response.headers["Location"]) == (301, "/en/archive/2025/06/")


@pytest.mark.parametrize("key", ["x", "0-0", "-", "f" * 15 + "-1", "1-1 OR 1=1"])
def test_a_key_of_nothing_is_no_accident(client: Client, key: str) -> None:
    names = Names()
    publish(1, names.facts())
    for address in (*map(names.address, KINDS), "/en/archive/2025/", "/en/archive/2025/06/"):
        for way in ("before", "after"):
            assert client.get(address, {way: key}).status_code in (200, 404), address


def test_names_stand_by_family_in_english_and_by_strokes_in_chinese(client: Client) -> None:
    authors = [Author.make(name="Zoe Adams", family="Adams"), Author.make(name="Amy Zorn", family="Zorn")]
    keywords = [
        corpus_fixtures.get_or_make(Keyword, label_zh=zh, label_en=en)
        for zh, en in (("衛星", "a"), ("人權", "b"), ("太空", "c"))
    ]
    facts = Facts(
        source=corpus_fixtures.get_or_make(Source, name="S").pk, authors=tuple(Byline(a.pk) for a in authors),
        keywords=tuple(k.pk for k in keywords), date="2025",
    )  # fmt: skip
    publish(1, facts)
    named = re.findall(r"/authors/([a-z-]+)/", client.get("/en/authors/").content.decode())
    assert list(dict.fromkeys(named)) == ["zoe-adams", "amy-zorn"]
    chinese = client.get("/zh-hant/keywords/").content.decode()
    assert [chinese.index(f">{zh}<") for zh in ("人權", "太空", "衛星")] == sorted(
        chinese.index(f">{zh}<") for zh in ("人權", "太空", "衛星")
    )


def beside(client: Client, slug: str) -> dict[str, list[str]]:
    html = client.get(f"/en/briefs/{slug}/").content.decode()
    parts = re.findall(r'<section class="related (\w+)".*?</section>', html, re.S)
    blocks = re.findall(r'<section class="related \w+".*?</section>', html, re.S)
    return {
        name: re.findall(r"/en/briefs/([^/]+)/", block) for name, block in zip(parts, blocks, strict=True)
    }


def test_a_brief_stands_between_its_neighbours_and_leads_to_what_goes_with_it(client: Client) -> None:
    common, rare = Names("common"), Names("rare")
    both = Facts(
        source=common.rows["sources"].pk, keywords=(common.rows["keywords"].pk, rare.rows["keywords"].pk), date="2025"
    )  # fmt: skip
    for n in range(6):
        publish(n, common.facts(), live_from=corpus_fixtures.DAY + n * HOUR)
    publish(6, rare.facts(), live_from=corpus_fixtures.DAY + 6 * HOUR)
    edition = publish(7, both, live_from=corpus_fixtures.DAY + 7 * HOUR)
    assert beside(client, "s7")["related"][0] == "s6", "the rarer keyword weighs more"
    assert beside(client, "s7")["older"] == ["s6"]
    assert beside(client, "s3")["newer"] == ["s4"]
    assert beside(client, "s6")["related"][0] == "s7", "the older brief is told of the newer"
    take_down(edition)
    assert "newer" not in beside(client, "s6")
    assert "s7" not in str([beside(client, f"s{n}") for n in range(7)])
