"""One model of a citation behind every carrier: what Zotero saves, files, copied text, print and box."""

import dataclasses
import datetime as dt
import html
import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from briefs.bilingual.citations.citation_reader import read_citation
from briefs.models import Author, Edition, Source
from briefs.tests.support import corpus_fixtures
from briefs.tests.support.corpus_fixtures import NO_STATIC, load_sample, publish, publish_next, withdraw
from briefs.tests.support.factories import change_note

pytestmark = [pytest.mark.django_db, NO_STATIC]

SLUG = "next-technology-race"
ADDRESS = "https://foreignpolicy.com/a_b?x=1"
SITE = {"zh": "智庫文摘", "en": "Think-Tank Digest"}
HEADLINE = {"zh": "美國如何贏得下一場科技競賽", "en": "How the U.S. Can Win the Next Technology Race"}
ORIGINAL = {
    "zh": "摘自Vivek Chilukuri，〈Why It Wins〉，《外交政策》，2025年6月9日",
    "en": "Digest of “Why It Wins” by Vivek Chilukuri, Foreign Policy, June 9, 2025",
}
STOP = {"zh": "。", "en": ". "}
DAY = {"zh": "2026年6月13日", "en": "June 13, 2026"}
PATHS = {"zh": f"/zh-hant/briefs/{SLUG}", "en": f"/en/briefs/{SLUG}"}
TAGS = {
    "itemType": "z:itemType", "title": "DC.title", "publicationTitle": "og:site_name", "date": "z:date", "language": "DC.language",
    "url": "og:url", "abstractNote": "og:description", "extra": "z:extra",
}  # fmt: skip
"""What Zotero's translators "Embedded Metadata" and "RDF" take each field of a page from."""
NAMES_AUTHORS = re.compile(
    r'<meta (?:name|property)="(?:citation_|DC\.creator|DC\.source|author|article:author)|class="(?:article-)?bylines?"'
)
SIDES = pytest.mark.parametrize("side", ["zh", "en"])


@pytest.fixture
def edition() -> Edition:
    """Published at 23:30 UTC, which is the next day in Taipei."""
    content = load_sample()
    Author.objects.filter(name="Vivek Chilukuri").update(family="Chilukuri", given="Vivek")
    Source.objects.filter(name="Foreign Policy").update(name_zh="外交政策", kind="magazine")
    facts = dataclasses.replace(content.facts, title="Why It Wins", url=ADDRESS, language="en")
    return publish(
        dataclasses.replace(content, facts=facts), live_from=corpus_fixtures.DAY.replace(hour=23, minute=30)
    )


def get(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def save_page(page: str) -> dict[str, str]:
    """Return what Zotero saves of a page, from which it takes no authors."""
    assert not NAMES_AUTHORS.search(page)
    found = dict(reversed(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page)))
    return {name: html.unescape(found.get(tag, "")) for name, tag in TAGS.items()}


def plain(fragment: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", fragment)).split())


def part(pattern: str, page: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    assert found, pattern
    return html.unescape(found[1])


@SIDES
def test_zotero_saves_notice_of_withdrawn_brief(client: Client, edition: Edition, side: str) -> None:
    withdraw(edition)
    page = get(client, f"{PATHS[side]}/")
    item = save_page(page)
    assert (item["itemType"], item["publicationTitle"]) == ("webpage", SITE[side])
    assert item["title"] == f"{'已撤回：' if side == 'zh' else 'Withdrawn: '}{HEADLINE[side]}"
    assert item["extra"] == item["abstractNote"] == part(r'<section class="withdrawn".*?<p>(.*?)</p>', page)
    assert (item["date"], item["url"]) == ("2026-06-13", f"{settings.SITE_URL}{PATHS[side]}/")
    assert "Chilukuri" in page
    assert f'href="{ADDRESS}"' in page
    assert edition.content[f"summary_{side}"][:20] not in page


@SIDES
def test_every_carrier_says_the_same(client: Client, edition: Edition, side: str) -> None:
    page = get(client, f"{PATHS[side]}/")
    address = f"{settings.SITE_URL}{PATHS[side]}/"
    stated: dict[str, tuple[str, str, str, str]] = {}
    notes: dict[str, str] = {}

    item = save_page(page)
    assert (item["itemType"], item["language"]) == ("webpage", "zh-Hant-TW" if side == "zh" else "en")
    stated["head"] = (item["title"], item["publicationTitle"], item["date"], item["url"])
    notes["head"] = item["extra"]
    data: dict[str, Any] = json.loads(part(r'<script type="application/ld\+json">(.*?)</script>', page))
    stated["json-ld"] = (data["headline"], data["publisher"]["name"], data["datePublished"][:10], data["url"])
    assert data["author"] == data["publisher"]
    based = data["isBasedOn"]
    assert (based["headline"], based["publisher"]["name"], based["datePublished"], based["url"]) == ("Why It Wins", "Foreign Policy", "2025-06-09", ADDRESS)  # fmt: skip
    assert [author["name"] for author in based["author"]] == ["Vivek Chilukuri"]
    for end, note in (
        ("ris", r"M3  - (.*?)\r"),
        ("bib", r"type = \{(.*?)\},\n"),
        ("json", r'"genre": "(.*?)",\n'),
    ):
        file = get(client, f"{PATHS[side]}/cite.{end}")
        cited = read_citation(file).article
        assert (cited.source, len(cited.authors)) == ("", 1)
        mark = ("（文摘）", " (digest)")[side == "en"]
        assert cited.title.endswith(mark) is (end != "json"), "no style prints the genre of the others"
        stated[end] = (cited.title.removesuffix(mark), cited.authors[0].literal, cited.date, cited.get("url"))
        notes[end] = f"{part(note, file)}{STOP[side]}{ADDRESS}"
    assert set(stated.values()) == {(HEADLINE[side], SITE[side], "2026-06-13", address)}, stated
    assert set(notes.values()) == {item["extra"]}, notes

    copied = part(r'data-citation="([^"]*)"', page)
    marks = ("{}，〈{}〉，{}，{}，", "{}, “{},” {}, {}, ")[side == "en"]
    expected = (SITE[side], HEADLINE[side], DAY[side], ORIGINAL[side].replace("Digest", "digest"))
    assert copied == marks.format(*expected)
    box = [plain(line) for line in re.findall(r"<dd lang=.*?>(.*?)</dd>", page, re.DOTALL)]
    english = settings.SITE_URL + PATHS["en"]
    assert box[0] == f"{SITE['en']}. “{HEADLINE['en']}.” {DAY['en']}. {ORIGINAL['en']}. {english}/."
    assert box[1] == f"{SITE['en']}. (2026, June 13). {HEADLINE['en']} [{ORIGINAL['en']}]. {english}/."
    assert box[2] == f"{SITE['zh']}，〈{HEADLINE['zh']}〉，{DAY['zh']}，{ORIGINAL['zh']}，{settings.SITE_URL}{PATHS['zh']}/。"  # fmt: skip
    assert part(r'<p class="address">(.*?)</p>', page) == address
    digested = plain(part(r'<p class="digested">(.*?)</p>', page))
    for fact in ("Vivek Chilukuri", "Why It Wins", *(("《外交政策》", "2025年6月9日") if side == "zh" else ("Foreign Policy", "9 June 2025"))):  # fmt: skip
        assert fact in digested
    assert f'<a class="out" href="{ADDRESS}" rel="external">' in part(r'<p class="digested">(.*?)</p>', page)


@SIDES
def test_every_carrier_says_that_the_digest_was_corrected(
    client: Client, edition: Edition, side: str
) -> None:
    day = edition.live_from + dt.timedelta(days=2)
    publish_next(edition, at=day, **change_note("correction", "更正。", "Corrected."))
    said = {"zh": "；文摘於2026年6月15日更正", "en": "; digest corrected June 15, 2026"}[side]
    page = html.unescape(get(client, f"{PATHS[side]}/"))
    boxes = re.findall(r"<dd lang=.*?>(.*?)</dd>", page, re.DOTALL)[slice(2, 3) if side == "zh" else slice(2)]
    files = [get(client, f"{PATHS[side]}/cite.{end}") for end in ("ris", "bib", "json")]
    for carrier in (save_page(page)["extra"], part(r'data-citation="(.*?)" data-', page), *boxes, *files):
        assert said in carrier


@pytest.mark.parametrize(
    ("kind", "article_kind", "tags"),
    [
        ("magazine", "", ("TY  - MGZN", "T2  - Foreign Policy")),
        ("newspaper", "", ("TY  - NEWS", "T2  - Foreign Policy")),
        ("think-tank", "", ("TY  - ELEC", "T2  - Foreign Policy")),
        ("think-tank", "report", ("TY  - RPRT", "PB  - Foreign Policy")),
    ],
)
def test_original_saves_as_what_it_is(
    client: Client, kind: str, article_kind: str, tags: tuple[str, ...]
) -> None:
    content = load_sample()
    Source.objects.filter(name="Foreign Policy").update(kind=kind, name_zh="外交政策")
    facts = dataclasses.replace(content.facts, kind=article_kind)
    publish(dataclasses.replace(content, facts=facts))
    file = get(client, f"{PATHS['en']}/original.ris")
    for tag in (*tags, "AU  - Vivek Chilukuri,", "DA  - 2025/06/09/"):
        assert f"{tag}\r\n" in file
    marked = "《外交政策》" if kind in ("magazine", "newspaper") else "外交政策"
    for address in ("", "briefs/next-technology-race/", "briefs/next-technology-race/parallel/"):
        text = plain(get(client, f"/zh-hant/{address}").partition("<main")[2])
        assert marked in text
        assert ("《外交政策》" in text) == (marked == "《外交政策》")
