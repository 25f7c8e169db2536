"""Metadata in the head of a brief page (citation tags, Open Graph, JSON-LD), and the card picture for link previews."""

import dataclasses
import io
import json
import logging
import re

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from PIL import Image, ImageChops

from briefs.models import Author, Source
from briefs.public import card_views
from briefs.tests.support import corpus_fixtures

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

BRIEF_PAGE = "/en/briefs/next-technology-race/"


def meta_values(text: str, name: str) -> list[str]:
    return re.findall(rf'<meta (?:name|property)="{name}" content="([^"]*)">', text)


def json_ld(text: str) -> dict[str, object]:
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    values: dict[str, object] = json.loads(script)
    return values


@pytest.mark.parametrize("path", ["", "parallel/"])
@pytest.mark.parametrize(
    ("code", "title"),
    [("en", "How the U.S. Can Win the Next Technology Race"), ("zh-hant", "美國如何贏得下一場科技競賽")],
)
def test_head_tags_describe_the_brief_and_json_ld_its_article(
    client: Client, code: str, title: str, path: str
) -> None:
    content = corpus_fixtures.load_sample(corpus_fixtures.SEED)
    others = (Author.make(name="Ministry of X and Y"), Author.make(name="Young Kim", name_order="unknown"))
    authors = (
        *content.facts.authors,
        *(dataclasses.replace(content.facts.authors[0], author=other.pk) for other in others),
    )
    Author.objects.filter(name="Vivek Chilukuri").update(family="Chilukuri", given="Vivek")
    corpus_fixtures.publish(
        dataclasses.replace(content, facts=dataclasses.replace(content.facts, authors=authors))
    )
    text = client.get(f"/{code}/briefs/next-technology-race/{path}").content.decode()
    own = f"{settings.SITE_URL}/{code}/briefs/next-technology-race/"
    assert 'name="citation_' not in text
    assert (
        f'<link rel="alternate" type="text/markdown" href="/{code}/briefs/next-technology-race.md">' in text
    )
    for name, expected in {
        "DC.title": title,
        "DC.creator": None,
        "DC.source": None,
        "DC.date": "2026-06-12",
        "og:type": "article",
        "og:url": own,
        "og:image": f"{own}card.png",
        "article:published_time": "2026-06-12T10:00:00+08:00",
    }.items():
        assert meta_values(text, name) == [expected][: bool(expected)], name
    data = json_ld(text)
    assert (data["headline"], data["url"], data["@type"]) == (title, own, "Article")
    based = data["isBasedOn"]
    assert isinstance(based, dict)
    assert based["publisher"]["name"] == "Foreign Policy"
    assert based["author"][0] == {
        "@type": "Person",
        "name": "Vivek Chilukuri",
        "familyName": "Chilukuri",
        "givenName": "Vivek",
    }
    assert based["author"][1:] == [
        {"@type": "Organization", "name": "Ministry of X and Y"},
        {"@type": "Person", "name": "Young Kim"},
    ]
    assert based["datePublished"] == "2025-06-09"


def test_headline_cannot_break_out_of_json_ld(client: Client) -> None:
    hostile = "</script><!--<script>alert(1)//\u2028 & \"quoted\" 'x'"
    corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED, headline_en=hostile))
    text = client.get(BRIEF_PAGE).content.decode()
    assert json_ld(text)["headline"] == hostile
    assert text.count("<script") == text.count("</script>") == 3, "JSON-LD, place.js and choice.js"
    assert "alert(1)//" not in re.sub(
        r'content="[^"]*"|<script type="application/ld.*?</script>|&[^<]*', "", text, flags=re.DOTALL
    )
    assert "\ufdd0" not in text


def test_card_is_png_per_language_and_revalidates_by_etag(client: Client) -> None:
    corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
    cache.clear()
    response = client.get(f"{BRIEF_PAGE}card.png")
    assert response.headers["Content-Type"] == "image/png"
    english = Image.open(io.BytesIO(response.content))
    assert english.size == (1200, 630)
    again = client.get(f"{BRIEF_PAGE}card.png", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    chinese = client.get("/zh-hant/briefs/next-technology-race/card.png")
    assert chinese.headers["ETag"] != response.headers["ETag"]
    assert client.get("/en/briefs/nope/card.png").status_code == 404


@pytest.mark.parametrize(("code", "words"), [("en", "Digest of Vivek Chilukuri, Foreign Policy"), ("zh-hant", "Vivek Chilukuri《外交政策》")])  # fmt: skip
def test_card_says_what_the_brief_digests(
    client: Client, code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = corpus_fixtures.load_sample(corpus_fixtures.SEED)
    Source.objects.filter(name="Foreign Policy").update(name_zh="外交政策", kind="magazine")
    corpus_fixtures.publish(content)
    drawn: list[card_views.CardText] = []
    monkeypatch.setattr(card_views, "draw", lambda text, side: drawn.append(text) or b"")  # type: ignore[func-returns-value]
    cache.clear()
    client.get(f"/{code}/briefs/next-technology-race/card.png")
    assert drawn[0].byline.endswith(words)


def test_card_without_chinese_font_is_plain_and_logs_one_warning(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(card_views, "_list_faces", lambda language: [])
    for cached in (card_views.find_face, card_views.load_font):
        cached.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, logger="briefs.public.card_views"):
            cards = [
                card_views.draw(card_views.CardText(title, "", ""), "zh") for title in ("標題", "另一個標題")
            ]
            english = card_views.draw(card_views.CardText("A Headline", "", ""), "en")
        assert cards[0] == cards[1]
        assert english != cards[0]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
    finally:
        for cached in (card_views.find_face, card_views.load_font):
            cached.cache_clear()


HEADLINES = ["一" * 200, "W" * 300, "A Word " * 60, "「" * 30, "短", "x", "，。" * 20, "5G電信與AI" * 9]


@pytest.mark.parametrize("side", ["zh", "en"])
def test_headline_on_card_stays_between_source_and_byline(side: str) -> None:
    for headline in HEADLINES:
        data = card_views.draw(card_views.CardText(headline, "", ""), side)  # type: ignore[arg-type]
        empty = card_views.draw(card_views.CardText("", "", ""), side)  # type: ignore[arg-type]
        card, blank = (Image.open(io.BytesIO(d)).convert("RGB") for d in (data, empty))
        box = ImageChops.difference(card, blank).getbbox()
        if box:
            assert box[1] >= card_views.TOP + card_views.SMALL_SIZE, headline
            assert box[3] <= card_views.BOTTOM - card_views.SMALL_SIZE, headline


@pytest.mark.parametrize(
    "headline",
    [
        "中國可能封鎖台灣海峽，美國必須延長嚇阻的時間",
        "華府對2026年AI晶片出口管制的延長",
        "美國如何贏得下一場科技競賽",
        "兵役延長為一年，兩岸下一輪談判",
    ],
)
def test_no_word_of_a_headline_is_broken_on_its_card(headline: str) -> None:
    units = card_views._measure_units(headline)
    words = ["延長", "出口", "管制", "台灣海峽，", "2026年", "美國", "下一場", "一年，", "下一輪"]
    for width in range(5, 20):
        lines = card_views._break_lines(units, width)
        assert "".join(lines) == headline
        for word in words:
            assert (word in headline) == any(word in line for line in lines), (width, lines)
