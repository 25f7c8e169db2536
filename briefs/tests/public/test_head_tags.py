"""Metadata in the head of a brief page (citation tags, Open Graph, JSON-LD), and the card picture for link previews."""

import dataclasses
import io
import json
import re

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from briefs.content import Picture
from briefs.models import Author
from briefs.tests.support.corpus_fixtures import NO_STATIC, load_sample, publish

pytestmark = [pytest.mark.django_db, NO_STATIC]

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
    content = load_sample()
    others = (Author.make(name="Ministry of X and Y"), Author.make(name="Young Kim", name_order="unknown"))
    authors = (
        *content.facts.authors,
        *(dataclasses.replace(content.facts.authors[0], author=other.pk) for other in others),
    )
    Author.objects.filter(name="Vivek Chilukuri").update(family="Chilukuri", given="Vivek")
    publish(dataclasses.replace(content, facts=dataclasses.replace(content.facts, authors=authors)))
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
    publish(load_sample(headline_en=hostile))
    text = client.get(BRIEF_PAGE).content.decode()
    assert json_ld(text)["headline"] == hostile
    assert text.count("<script") == text.count("</script>") == 3, "JSON-LD, place.js and choice.js"
    assert "alert(1)//" not in re.sub(
        r'content="[^"]*"|<script type="application/ld.*?</script>|&[^<]*', "", text, flags=re.DOTALL
    )
    assert "\ufdd0" not in text


def test_card_is_png_per_language_and_revalidates_by_etag(client: Client) -> None:
    publish(load_sample())
    response = client.get(f"{BRIEF_PAGE}card.png")
    assert response.headers["Content-Type"] == "image/png"
    english = Image.open(io.BytesIO(response.content))
    assert english.size == (1200, 630)
    again = client.get(f"{BRIEF_PAGE}card.png", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    chinese = client.get("/zh-hant/briefs/next-technology-race/card.png")
    assert chinese.headers["ETag"] != response.headers["ETag"]
    assert client.get("/en/briefs/nope/card.png").status_code == 404


def test_link_preview_of_brief_with_picture_is_its_picture(client: Client) -> None:
    content = load_sample(picture_alt_en="A harbour")
    picture = Picture("0" * 64, 1600, 900)
    publish(dataclasses.replace(content, facts=dataclasses.replace(content.facts, picture=picture)))
    file = f"/media/pictures/{picture.key}-1600.jpg"

    text = client.get(BRIEF_PAGE).content.decode()

    for name, expected in {
        "og:image": f"{settings.SITE_URL}{file}",
        "og:image:type": "image/jpeg",
        "og:image:width": "1600",
        "og:image:height": "900",
        "og:image:alt": "A harbour",
    }.items():
        assert meta_values(text, name) == [expected], name
    assert json_ld(text)["image"] == f"{settings.SITE_URL}{file}"
    redirect = client.get(f"{BRIEF_PAGE}card.png")
    assert (redirect.status_code, redirect.headers["Location"]) == (302, file)
