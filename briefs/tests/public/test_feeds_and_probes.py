"""Feeds, sitemap, robots.txt, security.txt, and the health probes."""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from briefs.models.edition import Edition
from briefs.models.vocabulary import Term
from briefs.public import sitemaps
from briefs.tests.support import corpus_fixtures

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def get_xml(client: Client, path: str) -> ET.Element:
    return ET.fromstring(client.get(path).content)


@pytest.mark.parametrize(("lang", "side"), [("zh-hant", "zh"), ("en", "en")])
def test_atom_feed_has_full_text(client: Client, lang: str, side: str) -> None:
    edition = corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
    response = client.get(f"/{lang}/feed.atom")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(response.content)
    address = f"{settings.SITE_URL}/{lang}/briefs/next-technology-race/"
    assert feed.attrib[XML_LANG] == ("zh-Hant-TW" if side == "zh" else "en")
    assert {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")} == {
        "self": f"{settings.SITE_URL}/{lang}/feed.atom",
        "alternate": f"{settings.SITE_URL}/{lang}/",
    }
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == address
    assert entry.findtext(f"{ATOM}title") == edition.frozen_content.headline(side)  # type: ignore[arg-type]
    assert entry.findtext(f"{ATOM}published") == entry.findtext(f"{ATOM}updated") == "2026-06-12T02:00:00Z"
    content = (entry.findtext(f"{ATOM}content") or "").replace("&#x27;", "'")
    _, sides = corpus_fixtures.parse_sample(corpus_fixtures.SEED)
    assert sides[side]["summary"] == entry.findtext(f"{ATOM}summary")
    for words in (sides[side]["summary"], *(row[2] for row in sides[side]["rows"])):
        assert words in content
    assert "Vivek Chilukuri" in content
    assert "href" not in content
    assert content.count("<li") == content.count("</li>") == 8


def test_feed_lists_twenty_newest_briefs(client: Client) -> None:
    for n in range(23):
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n),
            f"s{n}",
            live_from=corpus_fixtures.DAY + dt.timedelta(hours=n),
        )
    entries = get_xml(client, "/en/feed.atom").findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}title") for e in entries] == [f"Headline {n}" for n in range(22, 2, -1)]


def test_json_feed_matches_atom_feed(client: Client) -> None:
    edition = corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
    response = client.get("/zh-hant/feed.json")
    assert response.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = response.json()
    home = f"{settings.SITE_URL}/zh-hant/"
    assert {name: feed[name] for name in ("version", "home_page_url", "feed_url", "language")} == {
        "version": "https://jsonfeed.org/version/1.1",
        "home_page_url": home,
        "feed_url": f"{home}feed.json",
        "language": "zh-Hant-TW",
    }
    (item,), atom = feed["items"], get_xml(client, "/zh-hant/feed.atom").find(f"{ATOM}entry")
    assert atom is not None
    assert item["title"] == edition.frozen_content.headline_zh
    for name, tag in (
        ("id", "id"),
        ("summary", "summary"),
        ("content_html", "content"),
        ("date_published", "published"),
        ("date_modified", "updated"),
    ):
        assert item[name] == atom.findtext(f"{ATOM}{tag}"), name
    assert item["tags"] == ["科技", "美國", "全球"]


def test_feeds_show_change_notes_but_no_minor_or_future_change(client: Client) -> None:
    day = dt.timedelta(days=1)
    brief = corpus_fixtures.publish(
        corpus_fixtures.numbered_content(1), "a", live_until=corpus_fixtures.DAY + day
    ).brief
    corpus_fixtures.publish(corpus_fixtures.numbered_content(2), "a", brief=brief, live_from=corpus_fixtures.DAY + day, live_until=corpus_fixtures.DAY + 2 * day, published_at=corpus_fixtures.DAY,
                  change_kind="correction", change_note_zh="更正數字。", change_note_en="A <figure> corrected.")  # fmt: skip
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(3),
        "a",
        brief=brief,
        live_from=corpus_fixtures.DAY + 2 * day,
        published_at=corpus_fixtures.DAY,
        change_kind="small_repair",
    )
    soon = corpus_fixtures.publish(corpus_fixtures.numbered_content(4), "b", live_until=NOW + day)
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(5),
        "b",
        brief=soon.brief,
        live_from=NOW + day,
        published_at=corpus_fixtures.DAY,
        change_kind="update",
        change_note_zh="未來",
        change_note_en="Not yet",
    )
    for lang, note in (("en", "A &lt;figure&gt; corrected."), ("zh-hant", "更正數字。")):
        content = client.get(f"/{lang}/feed.json").json()["items"][-1]["content_html"]
        assert content.count("<strong>") == 1
        assert note in content
        assert "Not yet" not in client.get(f"/{lang}/feed.atom").content.decode()
    corrected = "2026-06-13T02:00:00Z"  # the later minor change does not update the entry
    assert client.get("/en/feed.json").json()["items"][-1]["date_modified"] == corrected
    assert [
        entry.findtext(f"{ATOM}updated") for entry in get_xml(client, "/en/feed.atom").iter(f"{ATOM}entry")
    ][-1] == corrected


def test_feeds_leave_out_characters_that_xml_forbids(client: Client) -> None:
    content = replace(
        corpus_fixtures.numbered_content(1),
        headline_en='A <b> & "]]>\x01\ufffe',
        summary_en="Less < more\x0b & so on",
    )
    corpus_fixtures.publish(content, "a")
    (entry,) = read_feed(client, "/en/feed.atom").values()
    assert (entry["title"], entry["summary"]) == ('A <b> & "]]>', "Less < more & so on")
    assert (
        get_xml(client, "/en/search/feed.atom?q=x%01%EF%BF%BEy").findtext(f"{ATOM}title", "").startswith("xy")
    )


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("", "parallel/feed.atom"),
        ("keywords/technology/", "feed.json"),
        ("terms/emerging-markets/", "feed.json"),
    ],
)
def test_feeds_replace_the_text_of_a_withdrawn_brief(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, file: str
) -> None:
    Term.make(zh="新興市場", en="emerging markets", slug="emerging-markets")
    sample = corpus_fixtures.load_sample(corpus_fixtures.SEED)
    content = replace(sample, facts=replace(sample.facts, url="https://example.org/race"))
    edition = corpus_fixtures.publish(content)
    reader = read_feed(client, f"/en/{path}{file}")
    (before,) = reader.values()
    Edition.objects.filter(pk=edition.pk).update(
        withdrawn_at=NOW,
        withdrawn_kind="rights",
        withdrawn_reason_zh="應權利人要求。",
        withdrawn_reason_en="At the owner’s request.",
    )
    reader |= read_feed(client, f"/en/{path}{file}")
    assert reader.keys() == {before["id"], f"{settings.SITE_URL}/en/corrections/#w{edition.pk}"}
    after, log = reader[before["id"]], reader[f"{settings.SITE_URL}/en/corrections/#w{edition.pk}"]
    assert after["title"] == f"Withdrawn: {before['title']}"
    assert (after["published"], after["updated"]) == (before["published"], "2026-11-24T04:00:00Z")
    assert "withdrawn on 24 November 2026. Reason: At the owner’s request." in after["content"]
    assert ("應權利人要求。" in after["content"]) is file.startswith("parallel")
    assert content.facts.url in after["content"]
    assert (log["title"], log["published"]) == (f"Withdrawn: {content.headline_en}", "2026-11-24T04:00:00Z")
    for entry in reader.values():
        assert content.summary_en[:40] not in f"{entry}"
        assert content.bullets[0].text_en[:40] not in f"{entry}"
    page = client.get(f"/en/{path}").content.decode()
    assert ("/en/briefs/next-technology-race/" in page) is bool(path), "only a subject's page still names it"
    assert ('content="noindex, follow"' in page) is bool(path)
    feed = client.get("/en/corrections/feed.atom").content.decode()
    assert log["id"] in feed, "the same entry under the same id"
    monkeypatch.setattr(timezone, "now", lambda: NOW + dt.timedelta(days=90, seconds=1))
    assert read_feed(client, f"/en/{path}{file}") == {}


def read_feed(client: Client, address: str) -> dict[str, dict[str, str]]:
    """Return the entries by id, with the fields that a feed reader stores."""
    response = client.get(address)
    assert response.status_code == 200, address
    if address.endswith(".json"):
        names = {"content_html": "content", "date_published": "published", "date_modified": "updated"}
        items = [
            {names.get(name, name): value for name, value in item.items()}
            for item in response.json()["items"]
        ]
    else:
        entries = ET.fromstring(response.content).findall(f"{ATOM}entry")
        items = [{child.tag.removeprefix(ATOM): child.text or "" for child in entry} for entry in entries]
    return {item["id"]: item for item in items}


def locations(root: ET.Element) -> list[str]:
    return [(e.text or "").removeprefix(settings.SITE_URL) for e in root.iter(f"{MAP}loc")]


def test_sitemap_lists_both_languages_with_alternate_links(client: Client) -> None:
    first = corpus_fixtures.publish(corpus_fixtures.numbered_content(1), "a")
    Edition.objects.filter(pk=first.pk).update(live_until=NOW)
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(2),
        "a",
        brief=first.brief,
        live_from=NOW,
        published_at=first.published_at,
        change_kind="small_repair",
    )
    root = get_xml(client, "/sitemap.xml")
    paths = (
        *("", "corrections/", "follow/", "about/", "sources/", "sources/sample-review/"),
        *("archive/", "archive/2025/", "archive/2025/06/", "briefs/a/"),
    )
    assert locations(root) == [f"/{code}/{path}" for path in paths for code in ("zh-hant", "en")]
    undated = [u.findtext(f"{MAP}loc") for u in root.findall(f"{MAP}url") if not u.findtext(f"{MAP}lastmod")]
    assert undated == [
        f"{settings.SITE_URL}/{code}/{page}/" for page in ("follow", "about") for code in ("zh-hant", "en")
    ]
    for url in root.findall(f"{MAP}url")[-2:]:
        assert url.findtext(f"{MAP}lastmod") == "2026-11-24T04:00:00Z"
        twins = {e.attrib["hreflang"]: e.attrib["href"] for e in url.findall(f"{XHTML}link")}
        assert twins == {
            "zh-Hant": f"{settings.SITE_URL}/zh-hant/briefs/a/",
            "en": f"{settings.SITE_URL}/en/briefs/a/",
            "x-default": f"{settings.SITE_URL}/en/briefs/a/",
        }
    for path in locations(root):
        assert client.get(path).status_code == 200


def test_large_sitemap_becomes_index_with_every_listed_brief(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "BRIEFS_PER_SITEMAP", 3)
    for n in range(10):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"s{n}")
    for n in range(11, 18):
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n), f"soon{n}", live_from=NOW + dt.timedelta(days=1)
        )
    index = get_xml(client, "/sitemap.xml")
    assert index.tag == f"{MAP}sitemapindex"
    parts = locations(index)
    assert len(parts) >= 5
    assert all(locations(get_xml(client, part)) for part in parts), (
        "no part is empty because of scheduled briefs"
    )
    assert all((last.text or "") <= "2026-11-24" for last in index.iter(f"{MAP}lastmod"))
    paths = [path for part in parts for path in locations(get_xml(client, part))]
    assert sorted(p for p in paths if "/en/briefs/" in p) == sorted(f"/en/briefs/s{n}/" for n in range(10))
    assert len(paths) == len(set(paths))
    assert client.get("/sitemap-999999.xml").status_code == 404
    assert client.get(f"/sitemap-{10**30}.xml").status_code == 404


def test_robots_and_security_txt_have_required_fields(client: Client) -> None:
    robots = client.get("/robots.txt").content.decode()
    assert "Disallow: /admin/\nDisallow: /preview/" in robots
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in robots
    fields = dict(
        line.split(": ", 1) for line in client.get("/.well-known/security.txt").content.decode().splitlines()
    )
    assert fields["Contact"] == f"mailto:{settings.DEFAULT_FROM_EMAIL}"
    assert fields["Preferred-Languages"] == "zh-Hant, en"
    assert NOW < dt.datetime.fromisoformat(fields["Expires"]) < NOW + dt.timedelta(days=365)


@pytest.mark.parametrize(("language", "word"), [("en", "Copy the address"), ("zh-hant", "複製網址")])
def test_every_address_on_the_page_about_feeds_is_a_feed(client: Client, language: str, word: str) -> None:
    page = client.get(f"/{language}/follow/").content.decode()
    addresses = re.findall(r'<a class="button" href="([^"]+)"', page)
    assert page.count(word) == len(addresses) == len(set(addresses)) == 5
    for address in addresses:
        assert f"<code>{address}</code>" in page
        assert client.get(urlsplit(address).path).headers["Content-Type"].startswith("application/atom+xml")
    assert f'href="/{language}/follow/"' in client.get(f"/{language}/").content.decode()
