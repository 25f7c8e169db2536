"""Public pages of a brief built from the real sample document."""

import dataclasses
import datetime as dt
import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from briefs.content import Bullet, Byline, Facts
from briefs.models import Source
from briefs.models.site import SiteText
from briefs.models.vocabulary import Author, Term
from briefs.tests.support.corpus_fixtures import (
    DAY,
    NO_STATIC,
    NOW,
    SEED,
    get_or_make,
    get_person,
    load_sample,
    numbered_content,
    parse_sample,
    publish,
    publish_editions,
    publish_next,
)
from briefs.tests.support.factories import change_note
from briefs.tests.support.published_issues import publish_issue

pytestmark = [pytest.mark.django_db, NO_STATIC, pytest.mark.usefixtures("fixed_clock")]

LATER = DAY + dt.timedelta(days=3)
ZH, EN, PARALLEL = (
    "/zh-hant/briefs/next-technology-race/",
    "/en/briefs/next-technology-race/",
    "/zh-hant/briefs/next-technology-race/parallel/",
)


def get_html(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


def in_chinese(message: str) -> str:
    with translation.override("zh-hant"):
        return gettext(message)


class Tree(HTMLParser):
    """Collect elements as (tag, attributes, path of ancestor tags). Fail if tags are not properly nested."""

    VOID = frozenset({"meta", "link", "br", "input", "img", "hr", "source"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), "/".join(self.open)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs, _ in self.elements if "id" in attrs]


def unescape_html(html: str) -> str:
    return html.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")


ROW = re.compile(
    r'<article class="row(?: lead)?" data-published="[^"]+">\s*(?:<p class="onfold">(?P<fold>.*?)</p>\s*)?'
    r'(?:<p class="kick">.*?</p>\s*)?<h[23] class="hed"><a href="(?P<url>[^"]+)">(?P<headline>.*?)</a></h[23]>\s*'
    r'<p class="by">(?P<by>.*?)</p>\s*<p class="claim">(?P<claim>.*?)</p>\s*(?:<div class="note">.*?</div>\s*)?'
    r'<div class="far" lang="(?P<lang>[^"]+)">(?P<far>.*?)</div>\s*</article>',
    re.DOTALL,
)


@pytest.fixture
def full_site(client: Client) -> list[str]:
    """A site with an issue and enough briefs for every list. Return the addresses of all lists of briefs."""
    get_or_make(Term, zh="要點", en="Bullet")
    facts = load_sample().facts
    editions = publish_editions(
        (f"n{n}", numbered_content(n, facts=facts), {"live_from": DAY + dt.timedelta(days=n)})
        for n in range(10)
    )
    publish_issue(1, [edition.brief for edition in editions[:4]])
    SiteText.objects.create(
        key="keyword/technology",
        start_here=[{"brief": editions[7].brief_id, "zh": "先讀。", "en": "Read this first."}],
        updated_at=NOW,
        updated_by=get_person("p"),
    )
    return [
        *("", "issues/1/", "keywords/technology/", "authors/vivek-chilukuri/", "sources/foreign-policy/"),
        *("terms/bullet/", "archive/2025/", "archive/2025/06/", "search/?q=Bullet", "search/?q=zzzzzz"),
    ]


def test_every_list_has_the_one_row(client: Client, full_site: list[str]) -> None:
    """A headline, who says it and a claim; in one language the other side is a headline, in both it is the same."""
    for lang, other, tag in (("en", "zh-hant", "zh-Hant-TW"), ("zh-hant", "en", "en")):
        for path in full_site:
            for both in (False, True):
                joint = "&" if "?" in path else "?"
                address = f"/{lang}/{path}" + (f"{joint}show=both" if both else "")
                page = client.get(address, follow=True).content.decode()
                rows = list(ROW.finditer(page))
                assert len(rows) == page.count("<article") >= 3, address
                for row in rows:
                    assert f'href="/{other}/briefs/' in row["far"], address
                    assert row["lang"] == tag
                    assert "<h" not in row["far"], "screen readers meet one heading a brief"
                    parts = re.findall(r'<(?:p|div) class="(\w+)">', row["far"])
                    assert [part for part in parts if part != "note"] == (
                        ["kick", "hed", "by", "claim"] if both else ["hed"]
                    )
                    assert ('tabindex="-1"' in row["far"]) is not both
                    assert ("Read this first." in row["claim"] or "先讀。" in row["claim"]) or row["by"]


def test_fold_has_what_orders_the_list(client: Client, full_site: list[str]) -> None:
    folds = {}
    for path in full_site:
        page = get_html(client, f"/en/{path}")
        folds[path] = [re.sub("<[^>]*>", "", row["fold"] or "") for row in ROW.finditer(page)]
    posted = [f"{21 - n} Jun posted" for n in range(10)]
    assert folds[""] == ["", "2", "3", "4", *posted[:5]], "the lead has no number, and five briefs are newest"
    assert folds["issues/1/"] == ["1", "2", "3", "4"]
    assert folds["keywords/technology/"] == ["1", *["9 Jun"] * 10]
    assert folds["authors/vivek-chilukuri/"] == folds["sources/foreign-policy/"] == ["9 Jun"] * 10
    assert folds["archive/2025/"] == folds["archive/2025/06/"] == ["9 Jun"] * 10
    assert folds["terms/bullet/"] == ["9 Jun 2025"] * 10
    assert folds["search/?q=Bullet"] == [str(n) for n in range(1, 11)]
    assert folds["search/?q=zzzzzz"] == posted[:3]
    older = re.search(r'rel="next" href="([^"]+)"', get_html(client, "/en/"))
    assert older
    rows = ROW.finditer(get_html(client, older[1]))
    assert [row["url"] for row in rows] == [f"/en/briefs/n{n}/" for n in range(4, -1, -1)]


def test_claim_is_the_last_sentence_of_the_summary(client: Client) -> None:
    chips = dataclasses.replace(
        load_sample(),
        summary_zh="晶片重要。作者主張「多賣。」",
        summary_en="Chips matter & sell. The author argues in the U.S. for more of <them>.",
    )
    publish(chips, "chips")
    for path, words in (
        ("en", "The author argues in the U.S. for more of &lt;them&gt;."),
        ("zh-hant", "作者主張「多賣。」"),
    ):
        (row,) = ROW.finditer(get_html(client, f"/{path}/"))
        assert (row["url"], row["claim"]) == (f"/{path}/briefs/chips/", words)
        assert "<b>" in row["by"]


def test_home_leads_with_three_points_in_the_languages_shown(client: Client, full_site: list[str]) -> None:
    page, both = get_html(client, "/en/"), get_html(client, "/en/?show=both")
    for html, languages in ((page, 1), (both, 2)):
        points = html[html.index('class="points"') : html.index("</ol>")]
        assert points.count('class="anchor"') * languages == points.count("<p")
        for words in ("ten minutes an issue", "十分鐘讀完一期", "韌性的價格1", "The Price of Resilience 1"):
            assert words in html
    assert "要點" in both[both.index('class="points"') : both.index("</ol>")]


def test_topic_shows_the_point_that_names_it(client: Client) -> None:
    content = load_sample()
    bullets = (
        Bullet(1, "技術官僚與biotechnology無關。", "Biotechnology is something else."),
        Bullet(2, "科技", ""),
        Bullet(3, "美國的優勢在此。", "Technology is where America leads."),
    )
    publish(dataclasses.replace(content, bullets=bullets), "named")
    for path, words in (("zh-hant", "美國的優勢在此。"), ("en", "Technology is where America leads.")):
        row = f'{words} <a class="no" href="/{path}/briefs/named/#b3"'
        topic, author = (
            " ".join(get_html(client, f"/{path}/{page}/").split())
            for page in ("keywords/technology", "authors/vivek-chilukuri")
        )
        assert row in topic
        assert row not in author, "an author's page shows the key line"


@pytest.mark.parametrize(("page", "first"), [("zh-hant", "zh-Hant-TW"), ("en", "en")])
def test_parallel_page_has_eight_pairs_with_page_language_first(
    client: Client, page: str, first: str
) -> None:
    publish(load_sample())
    html = get_html(client, f"/{page}/briefs/next-technology-race/parallel/")
    tree = Tree(html)
    assert [i for i in tree.ids() if re.fullmatch(r"b\d+", i)] == [f"b{n}" for n in range(1, 9)]
    sides = [a for tag, a, _ in tree.elements if tag == "div" and (a.get("class") or "").startswith("side")]
    assert [a["lang"] for a in sides[::2]] == [first] * 8
    assert {a["lang"] for a in sides[1::2]} == {"zh-Hant-TW", "en"} - {first}
    _, both = parse_sample()
    for side in both.values():
        for _, _, words in side["rows"]:
            assert unescape_html(html).count(words) == 1
    markers = re.findall(r'<span class="marker" aria-hidden="true">(.*)</span>', html)
    shown = [(a["lang"], a["class"], marker) for a, marker in zip(sides, markers, strict=True)]
    assert [values for lang, *values in shown if lang == "en"] == [["side level-0", "•"]] * 8
    assert [values for lang, *values in shown if lang != "en"] == [
        *[["side level-0", "•"]] * 5,
        *[["side level-1", "–"]] * 3,  # numbered 1. to 3. in the document, and points 6 to 8 here
    ]


@pytest.mark.parametrize("path", [ZH, EN, PARALLEL])
def test_anchors_are_bullet_numbers_not_positions(client: Client, path: str) -> None:
    content = load_sample()
    moved = (content.bullets[2], dataclasses.replace(content.bullets[0], number=9), content.bullets[1])
    publish(dataclasses.replace(content, bullets=moved))
    ids = Tree(get_html(client, path)).ids()
    assert [i for i in ids if re.fullmatch(r"b\d+", i)] == ["b3", "b9", "b2"]
    assert "summary" in ids
    assert len(ids) == len(set(ids))


def read_switch(page: str) -> dict[str, tuple[str, bool]]:
    """Return the address of each choice of the masthead's switch, and whether it is the current one."""
    nav = page[page.index('<nav class="views ui"') :]
    links = re.findall(
        r'<a\s+href="([^"]*)"[^>]*data-choice="show=(\w+)"([^>]*)>', nav[: nav.index("</nav>")]
    )
    return {name: (unescape_html(url), "aria-current" in rest) for url, name, rest in links}


@pytest.mark.parametrize(
    ("path", "zh", "en", "both"),
    [
        ("/en/", "/zh-hant/", "/en/", "/en/?show=both"),
        ("/zh-hant/archive/2025/?show=both", "/zh-hant/archive/2025/", "/en/archive/2025/", "/zh-hant/archive/2025/?show=both"),
        ("/en/search/?q=AI&show=both", "/zh-hant/search/?q=AI", "/en/search/?q=AI", "/en/search/?q=AI&show=both"),
        (EN, ZH, EN, EN + "parallel/"),
        (PARALLEL, ZH, EN, PARALLEL),
        ("/en/follow/", "/zh-hant/follow/", "/en/follow/", None),
    ],
)  # fmt: skip
def test_one_switch_leads_to_each_language_and_to_both(
    client: Client, path: str, zh: str, en: str, both: str | None
) -> None:
    publish(load_sample())
    html = get_html(client, path)
    if path in (EN, PARALLEL):
        end = "parallel/" * (path == PARALLEL)
        for code, twin in (("zh-Hant", ZH), ("en", EN), ("x-default", EN)):
            assert re.search(rf'hreflang="{code}"\s+href="{settings.SITE_URL}{twin}{end}"', html)
    switch = read_switch(html)
    assert {name: url for name, (url, _) in switch.items()} == {
        name: url for name, url in (("zh", zh), ("both", both), ("en", en)) if url
    }
    current = "both" if "both" in path or "parallel" in path else "zh" if path.startswith("/zh") else "en"
    assert [name for name, (_, is_current) in switch.items() if is_current] == [current]
    assert all(client.get(url).status_code == 200 for url, _ in switch.values())


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/en/?show=zh", "/zh-hant/"),
        (f"{PARALLEL}?show=en", EN + "parallel/"),
        ("/en/search/?q=%E6%99%B6+a&show=zh&rows=headlines", "/zh-hant/search/?q=%E6%99%B6+a"),
        ("/en/keywords/x/?show=both&rows=headlines", "/en/keywords/x/?show=both"),
        ("/en/search/feed.atom?q=x&show=zh", "/zh-hant/search/feed.atom?q=x"),
    ],
)
def test_language_in_the_query_leads_to_its_address(client: Client, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (302, target)


def test_hostile_text_is_escaped_on_every_page(client: Client) -> None:
    hostile = "<script>alert(1)</script><!--en--> & \"x\" 'y' %(author)s {{ 1 }}"
    author = Author.make(name=f"A {hostile}")
    content = load_sample(
        SEED, headline_zh=hostile, headline_en=hostile, summary_zh=hostile, summary_en=hostile,
        bullets=(Bullet(1, hostile, hostile),),
    )  # fmt: skip
    facts = dataclasses.replace(
        content.facts, authors=(Byline(author.pk, hostile, hostile),), title=hostile, url="javascript:alert(1)", archive_url="javascript:alert(1)",
        doi=f'10.1/{hostile}', date_label=hostile,
    )  # fmt: skip
    publish(dataclasses.replace(content, facts=facts))
    for path in (ZH, EN, PARALLEL, "/en/briefs/next-technology-race/parallel/", "/zh-hant/", "/en/feed.atom"):
        html = get_html(client, path)
        assert "<script>alert" not in html
        assert "javascript:" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html.replace("&amp;", "&")
        assert "%(author)s" in html
        if "feed" not in path:
            Tree(html)


def test_one_sided_bullet_is_skipped_and_leaves_gap_in_parallel(client: Client) -> None:
    content = load_sample()
    bullets = list(content.bullets)
    bullets[1] = dataclasses.replace(bullets[1], text_en="")
    publish(dataclasses.replace(content, bullets=tuple(bullets)))
    assert "b2" in Tree(get_html(client, ZH)).ids()
    assert f"{EN}#b2" not in get_html(client, ZH)
    assert "b2" not in Tree(get_html(client, EN)).ids()
    html = get_html(client, PARALLEL)
    assert html.count("lacuna") == 1
    assert in_chinese("Not in the English") in html


def test_article_url_becomes_link_with_access_note(client: Client) -> None:
    content = load_sample()
    changes = {
        "url": "https://foreignpolicy.com/x?a=1&b=2",
        "access": "subscription",
        "source_withdrew": True,
    }
    facts = dataclasses.replace(content.facts, **changes)
    publish(dataclasses.replace(content, facts=facts))
    html = get_html(client, EN)
    assert 'href="https://foreignpolicy.com/x?a=1&amp;b=2"' in html
    assert "Subscription required" in html
    assert "The source has withdrawn the original article." in html


def test_about_page_shows_site_text_or_default(client: Client) -> None:
    assert "A small team of editors" in get_html(client, "/en/about/")
    texts = {"text_zh": "甲\n\n乙", "text_en": "One & two"}
    SiteText.objects.create(key="about", updated_at=NOW, updated_by=get_person("p"), **texts)
    assert "<p>One &amp; two</p>" in get_html(client, "/en/about/")
    pairs = re.findall(
        r'<p>(.*?)</p>\s*<p class="far" lang="en">(.*?)</p>', get_html(client, "/zh-hant/about/")
    )
    assert pairs == [("甲", "One &amp; two"), ("乙", "")]


def test_list_shows_month_and_day_in_taipei_time(client: Client) -> None:
    publish(numbered_content(1), "one", live_from=dt.datetime(2026, 6, 30, 17, tzinfo=dt.UTC))
    at = DAY + dt.timedelta(days=30)
    publish(numbered_content(2), "two", live_from=at)
    assert "7月1日</time>刊登" in get_html(client, "/zh-hant/"), "the day in Taipei, not in UTC"
    assert "1 Jul</time> posted" in get_html(client, "/en/")


@pytest.mark.parametrize(("kind", "classes"), [("correction", "correction"), ("update", "correction quiet")])
def test_change_is_shown_above_text_and_in_history_and_only_a_correction_in_red(
    client: Client, kind: str, classes: str
) -> None:
    publish_next(publish(load_sample()), at=LATER, **change_note(kind, "改了一字。", "One word."))
    html = get_html(client, EN)
    assert html.count("One word.") == 2
    assert f'<p class="{classes}">' in html
    assert 'Updated on <time datetime="2026-06-15">15 June 2026</time>: One word.' in html
    assert "First published" in html
    assert "改了一字。" in get_html(client, ZH)
    both = get_html(client, f"{EN}parallel/")
    assert both.index("One word.") < both.index('<div lang="zh-Hant-TW">') < both.index("改了一字。")


def test_small_repair_is_shown_in_history_only(client: Client) -> None:
    publish_next(publish(load_sample()), at=LATER, **change_note("small_repair", "改", "One word."))
    html = get_html(client, EN)
    assert 'class="correction' not in html
    assert "One word." not in html
    assert "Small repair" in html


@pytest.mark.parametrize(
    ("date", "label", "expected"),
    [
        ("2025-06-09", "", ">9 June 2025<"),
        ("2025-06", "", ">June 2025<"),
        ("2025-05", "May/June 2025", ">May/June 2025<"),
        ("2025", "", ">2025<"),
    ],
)
def test_article_date_is_shown_with_its_precision(
    client: Client, date: str, label: str, expected: str
) -> None:
    facts = Facts(source=get_or_make(Source, name="S").pk, date=date, date_label=label)
    publish(numbered_content(1, facts=facts), "s")
    assert expected in get_html(client, "/en/briefs/s/")
