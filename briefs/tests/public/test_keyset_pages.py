"""Keyset pagination of lists: each brief once in both directions, also with equal times and malformed keys."""

import datetime as dt
import re

import pytest
from django.test import Client

from briefs.models.edition import Edition
from briefs.tests.support.corpus_fixtures import (
    NO_STATIC,
    NOW,
    load_sample,
    numbered_content,
    publish_editions,
)

pytestmark = [pytest.mark.django_db, NO_STATIC, pytest.mark.usefixtures("fixed_clock")]


def listed_slugs(html: str) -> list[str]:
    return re.findall(r'<h[23] class="hed"><a href="/en/briefs/([^/]+)/">', html)


def page_link(html: str, rel: str) -> str | None:
    match = re.search(rf'rel="{rel}"\s+href="([^"]+)"', html)
    return match[1] if match else None


def follow_links(client: Client, path: str | None, rel: str) -> tuple[list[list[str]], str]:
    pages, last = [], ""
    while path:
        last = client.get(path).content.decode()
        pages.append(listed_slugs(last))
        path = page_link(last, rel)
    return pages, last


def publish_at_minutes(moments: list[int]) -> list[str]:
    first = NOW - dt.timedelta(days=90)
    publish_editions(
        (
            f"s{n}",
            numbered_content(n),
            {"live_from": first + dt.timedelta(minutes=minute, microseconds=7 * minute)},
        )
        for n, minute in enumerate(moments)
    )
    rows = Edition.objects.order_by("-published_at", "-pk")
    return list(rows.values_list("slug", flat=True))


@pytest.mark.parametrize("moments", [list(range(40)), [n // 15 for n in range(45)], [0]])
def test_paging_to_older_and_back_shows_each_brief_once(client: Client, moments: list[int]) -> None:
    expected = publish_at_minutes(moments)
    down, last = follow_links(client, "/en/", "next")
    assert [s for page in down for s in page] == expected
    assert all(len(page) == 20 for page in down[:-1])
    back, top = follow_links(client, page_link(last, "prev"), "prev")
    assert [s for page in reversed(back) for s in page] == expected[: sum(map(len, down[:-1]))]
    assert page_link(top, "prev") is None


@pytest.mark.parametrize("list_path", ["", "sources/foreign-policy/", "archive/2025/"])
def test_language_switch_keeps_page_of_list(client: Client, list_path: str) -> None:
    facts = load_sample().facts
    publish_editions(
        (f"s{n}", numbered_content(n, facts=facts), {"live_from": NOW - dt.timedelta(hours=n)})
        for n in range(45)
    )
    first = client.get(f"/en/{list_path}").content.decode()
    assert len(re.findall(rf'<a\s+href="/zh-hant/{list_path}"\s+lang="zh-Hant-TW"', first)) == 2
    second = page_link(first, "next") or ""
    third = page_link(client.get(second).content.decode(), "next") or ""
    back = page_link(client.get(third).content.decode(), "prev") or ""
    for address in (second, third, back):
        translated = address.replace("/en/", "/zh-hant/")
        html = client.get(address).content.decode()
        assert len(re.findall(rf'<a\s+href="{re.escape(translated)}"\s+lang="zh-Hant-TW"', html)) == 2
        assert f'rel="canonical" href="http://127.0.0.1:8000/en/{list_path}"' in html
        translated_slugs = re.findall(
            r'<h[23] class="hed"><a href="/zh-hant/briefs/([^/]+)/">', client.get(translated).content.decode()
        )
        assert translated_slugs == listed_slugs(html) != []


MALFORMED_KEYS = [
    "", "x", "0", "-", "0-", "-0", "1-1-1", "g-1", "1' OR 1=1--", "f" * 15 + "-1", "1-" + "f" * 16, "１-１", "%00", "\x00", "1-1\n",
    "a" * 5000, "../..", "1.5-2",
]  # fmt: skip


@pytest.mark.parametrize("parameter", ["before", "after"])
def test_malformed_key_gives_page_or_404(client: Client, parameter: str) -> None:
    publish_at_minutes([1, 2])
    answers = {key: client.get("/en/", {parameter: key}).status_code for key in MALFORMED_KEYS}
    assert set(answers.values()) <= {200, 404}, answers
    assert client.get(f"/en/?{parameter}=%ff%fe").status_code == 404
