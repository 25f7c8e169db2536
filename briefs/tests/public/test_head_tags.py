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

from briefs.models import Author
from briefs.public.machines import card_drawing, fonts

from ..support import corpus_fixtures

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
def test_head_tags_describe_brief_with_one_tag_per_author(
    client: Client, code: str, title: str, path: str
) -> None:
    content = corpus_fixtures.load_sample(corpus_fixtures.SEED)
    second = Author.make(name="Ministry of X and Y")
    authors = (*content.facts.authors, dataclasses.replace(content.facts.authors[0], author=second.pk))
    Author.objects.filter(name="Vivek Chilukuri").update(family="Chilukuri", given="Vivek")
    corpus_fixtures.publish(
        dataclasses.replace(content, facts=dataclasses.replace(content.facts, authors=authors))
    )
    text = client.get(f"/{code}/briefs/next-technology-race/{path}").content.decode()
    own = f"{settings.SITE_URL}/{code}/briefs/next-technology-race/"
    for name in ("citation_author", "DC.creator"):
        assert meta_values(text, name) == ["Chilukuri, Vivek", "Ministry of X and Y"]
    for name, expected in {
        "citation_title": title,
        "citation_publication_date": "2026/06/12",
        "citation_language": "en" if code == "en" else "zh-TW",
        "citation_public_url": own,
        "DC.date": "2026-06-12",
        "og:type": "article",
        "og:url": own,
        "og:image": f"{own}card.png",
        "article:published_time": "2026-06-12T02:00:00Z",
    }.items():
        assert meta_values(text, name) == [expected], name
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
    assert based["datePublished"] == "2025-06-09"


def test_headline_cannot_break_out_of_json_ld(client: Client) -> None:
    hostile = "</script><!--<script>alert(1)//\u2028 & \"quoted\" 'x'"
    corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED, headline_en=hostile))
    text = client.get(BRIEF_PAGE).content.decode()
    assert json_ld(text)["headline"] == hostile
    assert text.count("<script") == text.count("</script>") == 2, "JSON-LD and place.js"
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


def test_card_without_chinese_font_is_plain_and_logs_one_warning(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fonts, "_list_faces", lambda language: [])
    for cached in (fonts.find_face, fonts.load_font):
        cached.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, logger="briefs.public.machines.fonts"):
            cards = [
                card_drawing.draw(card_drawing.CardText(title, "", ""), "zh")
                for title in ("標題", "另一個標題")
            ]
            english = card_drawing.draw(card_drawing.CardText("A Headline", "", ""), "en")
        assert cards[0] == cards[1]
        assert english != cards[0]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
    finally:
        for cached in (fonts.find_face, fonts.load_font):
            cached.cache_clear()


HEADLINES = ["一" * 200, "W" * 300, "A Word " * 60, "「" * 30, "短", "x", "，。" * 20, "5G電信與AI" * 9]


@pytest.mark.parametrize("side", ["zh", "en"])
def test_headline_on_card_stays_between_source_and_byline(side: str) -> None:
    for headline in HEADLINES:
        data = card_drawing.draw(card_drawing.CardText(headline, "", ""), side)  # type: ignore[arg-type]
        empty = card_drawing.draw(card_drawing.CardText("", "", ""), side)  # type: ignore[arg-type]
        card, blank = (Image.open(io.BytesIO(d)).convert("RGB") for d in (data, empty))
        box = ImageChops.difference(card, blank).getbbox()
        if box:
            assert box[1] >= card_drawing.TOP + card_drawing.SMALL_SIZE, headline
            assert box[3] <= card_drawing.BOTTOM - card_drawing.SMALL_SIZE, headline
