"""The list goes back and forth by key: each brief once, whatever its moment, whatever key is sent."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from briefs.models.edition import Edition
from briefs.public import editions
from briefs.public.page_keys import ListPosition, MalformedKey
from briefs.tests.support import corpus_fixtures
from briefs.tests.support.crawler import forget_prepared_queries

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def slugs(html: str) -> list[str]:
    return re.findall(r'<h2><a href="/en/briefs/([^/]+)/">', html)


def link(html: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}"\s+href="([^"]+)"', html)
    return found[1] if found else None


def walk(client: Client, path: str | None, rel: str) -> tuple[list[list[str]], str]:
    got, last = [], ""
    while path:
        last = client.get(path).content.decode()
        got.append(slugs(last))
        path = link(last, rel)
    return got, last


def make(moments: list[int]) -> list[str]:
    first = NOW - dt.timedelta(days=90)
    corpus_fixtures.publish_editions(
        (f"s{n}", corpus_fixtures.numbered_content(n), {"live_from": first + dt.timedelta(minutes=minute)})
        for n, minute in enumerate(moments)
    )
    rows = Edition.objects.order_by("-published_at", "-pk")
    return list(rows.values_list("slug", flat=True))


@pytest.mark.parametrize(
    "moments", [list(range(45)), [7] * 45, [n // 15 for n in range(45)], list(range(40)), [0]]
)
def test_older_and_back_to_newer_show_each_brief_once(client: Client, moments: list[int]) -> None:
    expected = make(moments)
    down, last = walk(client, "/en/", "next")
    assert [s for page in down for s in page] == expected
    assert all(len(page) == 20 for page in down[:-1])
    back, top = walk(client, link(last, "prev"), "prev")
    assert [s for page in reversed(back) for s in page] == expected[: sum(map(len, down[:-1]))]
    assert link(top, "prev") is None


def test_a_brief_published_meanwhile_moves_nothing(client: Client) -> None:
    expected = make(list(range(30)))
    html = client.get("/en/").content.decode()
    corpus_fixtures.publish(corpus_fixtures.numbered_content(99), "new", live_from=NOW - dt.timedelta(days=1))
    rest = client.get(link(html, "next") or "").content.decode()
    assert slugs(html) + slugs(rest) == expected


def test_the_first_page_is_the_newest_and_has_no_way_up(client: Client) -> None:
    make([3])
    html = client.get("/en/").content.decode()
    assert link(html, "prev") is None
    assert link(html, "next") is None
    assert "entry lead" in html


@pytest.mark.parametrize("way", ["", "sources/foreign-policy/", "archive/2025/", "archive/2025/06/"])
def test_the_other_language_is_at_the_same_place(client: Client, way: str) -> None:
    facts = corpus_fixtures.load_sample(corpus_fixtures.SEED).facts
    corpus_fixtures.publish_editions(
        (f"s{n}", corpus_fixtures.numbered_content(n, facts=facts), {"live_from": NOW - dt.timedelta(hours=n)})
        for n in range(45)
    )
    first = client.get(f"/en/{way}").content.decode()
    assert f'<a href="/zh-hant/{way}" lang="zh-Hant-TW"' in first
    second = link(first, "next") or ""
    third = link(client.get(second).content.decode(), "next") or ""
    back = link(client.get(third).content.decode(), "prev") or ""
    for address in (second, third, back):
        other = address.replace("/en/", "/zh-hant/")
        html = client.get(address).content.decode()
        assert html.count(f'<a href="{other}" lang="zh-Hant-TW"') == 2
        assert f'rel="canonical" href="http://127.0.0.1:8000/en/{way}"' in html
        there = re.findall(r'<h2><a href="/zh-hant/briefs/([^/]+)/">', client.get(other).content.decode())
        assert there == slugs(html) != []


HOSTILE = [
    "",
    "x",
    "0",
    "-",
    "0-",
    "-0",
    "1-1-1",
    "g-1",
    "1' OR 1=1--",
    "f" * 15 + "-1",
    "f" * 16 + "-1",
    "1-" + "f" * 16,
    "１-１",
    "%00",
    "\x00",
    "1-1\n",
    "a" * 5000,
    "../..",
    "1.5-2",
]


@pytest.mark.parametrize("parameter", ["before", "after"])
@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_key_is_no_accident(client: Client, parameter: str, key: str) -> None:
    make([1, 2])
    response = client.get("/en/", {parameter: key})
    assert response.status_code in (200, 404)
    assert client.get(f"/en/?{parameter}=%ff%fe").status_code == 404


@pytest.mark.parametrize("key", ["0-0", "1-1", "fffffffffffff-fffffffffffffff"])
@pytest.mark.parametrize("parameter", ["before", "after"])
def test_a_key_of_nothing_gives_a_page(client: Client, parameter: str, key: str) -> None:
    make([1, 2])
    assert client.get("/en/", {parameter: key}).status_code in (200, 404)


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)), st.integers(0, 2**40))
def test_a_key_comes_back_as_it_was(moment: dt.datetime, id: int) -> None:
    place = ListPosition(moment.replace(tzinfo=dt.UTC), id)
    assert ListPosition.parse(str(place)) == place


@given(st.text())
def test_any_text_is_a_key_or_malformed(text: str) -> None:
    try:
        ListPosition.parse(text)
    except MalformedKey:
        return
    assert "-" in text


@pytest.mark.parametrize(
    "way", ["keywords/technology/", "authors/vivek-chilukuri/", "sources/foreign-policy/"]
)
def test_a_brief_with_several_keywords_stands_once_on_each_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(editions, "PAGE_SIZE", 2)
    forget_prepared_queries(monkeypatch)
    facts = corpus_fixtures.load_sample(corpus_fixtures.SEED).facts
    for n in range(5):
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n, facts=facts),
            f"s{n}",
            live_from=corpus_fixtures.DAY + dt.timedelta(hours=n),
        )
    older, last = walk(client, f"/en/{way}", "next")
    assert older == [["s4", "s3"], ["s2", "s1"], ["s0"]]
    newer, _ = walk(client, link(last, "prev"), "prev")
    assert newer == [["s2", "s1"], ["s4", "s3"]]
