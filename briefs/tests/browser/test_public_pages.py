"""Test the public pages in a browser: accessibility and width in both languages, keyboard use, no JavaScript."""

import dataclasses
import itertools
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from briefs.content import Facts
from briefs.demo import ARTICLE
from briefs.letters import MIN_FORM_AGE
from briefs.models import Brief, Edition, Keyword, Letter
from briefs.models.site import SiteText
from briefs.models.vocabulary import Source, Term
from briefs.tests.support import browser_tabs, corpus_fixtures
from briefs.tests.support.browser_tabs import Tab, expect
from briefs.tests.support.published_issues import issue_content, publish_issue

pytestmark = [*browser_tabs.pytestmark, pytest.mark.heavy]

BRIEF = "briefs/next-technology-race/"
PATHS = [
    "", BRIEF, f"{BRIEF}parallel/", f"{BRIEF}#b5", f"{BRIEF}parallel/#b4", f"{BRIEF}report/", f"{BRIEF}report/?sent=1",
    "briefs/withdrawn/", "briefs/removed/", "briefs/nowhere/", "keywords/", "keywords/technology/", "authors/",
    "authors/vivek-chilukuri/", "sources/", "sources/foreign-policy/", "terms/", "terms/low-earth-orbit-satellite/",
    "archive/", "archive/2025/", "archive/2025/06/", "about/", "follow/", "corpus/", "corrections/", f"{BRIEF}changes/",
    "search/", "search/?q=AI 美国", "search/?q=標題&keyword=technology&order=newest", "search/?q=zz", "search/?year=2025&from=2025-01-01",
    *(f"{path}show=both" for path in ("?", "keywords/technology/?", "terms/low-earth-orbit-satellite/?", "search/?q=標題&", "archive/2025/?rows=headlines&")),
    "?rows=headlines", "authors/vivek-chilukuri/?rows=headlines",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _published_briefs() -> None:
    cache.clear()
    corpus_fixtures.get_or_make(Term, zh="低軌衛星", en="low-earth orbit satellite")
    content = corpus_fixtures.load_sample(corpus_fixtures.SEED)
    bullets = list(content.bullets)
    bullets[1] = dataclasses.replace(bullets[1], text_en="")
    facts = dataclasses.replace(
        content.facts, title="The Next Tech Race", url="https://foreignpolicy.com/next", doi="10.1000/1", access="subscription",
        accessed_on="2025-06-10", archive_url="https://web.archive.org/next", source_withdrew=True,
    )  # fmt: skip
    content = dataclasses.replace(content, bullets=tuple(bullets), facts=facts)
    first = corpus_fixtures.publish(content, urgent=True, urgent_reason="x")
    Edition.objects.filter(pk=first.pk).update(live_until=corpus_fixtures.DAY.replace(day=15))
    corpus_fixtures.publish(
        content, brief=first.brief, live_from=corpus_fixtures.DAY.replace(day=15), published_at=corpus_fixtures.DAY, urgent=True, urgent_reason="x",
        change_kind="correction", change_note_zh="第2點原誤作「軟體」。", change_note_en="Bullet 2 had “software”.",
    )  # fmt: skip
    others = [
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n, facts=content.facts), f"other-{n}")
        for n in range(3)
    ]
    claims = [{"brief": edition.brief_id, "number": 1} for edition in (first, *others[:2])]
    SiteText.objects.create(
        key="keyword/technology", text_zh="導言。", text_en="Introduction.", updated_at=timezone.now(),
        updated_by=corpus_fixtures.get_person("p"), start_here=[{"brief": first.brief_id, "zh": "先讀", "en": "First"}],
        question={"zh": "該不該說？", "en": "Should they say it?", "claims": claims},
    )  # fmt: skip
    removal = {"by": corpus_fixtures.get_person("p"), "at": timezone.now()}
    withdrawn, removed = (
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), slug)
        for n, slug in ((7, "withdrawn"), (8, "removed"))
    )
    Edition.objects.filter(pk=withdrawn.pk).update(
        withdrawn_at=removal["at"], withdrawn_by=removal["by"], withdrawn_kind="rights", withdrawn_reason_zh="因", withdrawn_reason_en="Why",
    )  # fmt: skip
    Edition.objects.filter(pk=removed.pk).update(removed_at=removal["at"], removed_by=removal["by"])


WIDTHS = (320, 390, 768, 1024, 1440)
MEDIA: list[dict[str, Any]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
]


@pytest.mark.parametrize("lang", ["zh-hant", "en"])
def test_every_public_page_is_accessible_and_fits(chromium: Any, live_server: Any, lang: str) -> None:
    """Load each page once and run axe at each width, with colours in turn: 5 runs a page, 1 in 3 with forced colours."""
    tab = Tab(chromium, live_server.url, None)
    failures, states = [], []
    media = itertools.cycle(MEDIA)
    for address in ["/api/docs/", *(f"/{lang}/{path}" for path in PATHS)]:
        tab.page.goto("about:blank")  # changing only the fragment would not reload the page
        tab.open(address)
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 900})
            tab.page.emulate_media(**(colours := next(media)))
            states.append((width, *colours.values()))
            failures += [(address, states[-1], fault) for fault in tab.accessibility_violations()]
            if tab.horizontal_overflow() > 0:
                failures.append((address, width, f"{tab.horizontal_overflow()} px too wide"))
    assert failures == []
    assert (len(states) >= 128, len({*states})) == (True, len(WIDTHS) * len(MEDIA))
    assert [line for line in tab.console_messages if "status of 4" not in line] == []


def test_site_of_two_briefs_has_no_empty_column(chromium: Any, live_server: Any) -> None:
    Edition.objects.update(removed_at=timezone.now())
    content = corpus_fixtures.load_sample(corpus_fixtures.SEED)
    content = dataclasses.replace(content, facts=dataclasses.replace(content.facts, **ARTICLE))
    for slug in ("first", "second"):
        corpus_fixtures.publish(content, slug)
    tab = Tab(chromium, live_server.url, None)
    for width, lang in itertools.product((1280, 1440), ("zh-hant", "en")):
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.open(f"/{lang}/")
        gaps = tab.page.eval_on_selector_all(
            ".top",
            """tops => tops.map(top => [...top.querySelectorAll('.front, .aside > :last-child')]
                .map(e => e.getBoundingClientRect().bottom).reduce((a, b) => Math.abs(a - b)))""",
        )
        assert len(gaps) == 2
        assert max(gaps) <= 200, (width, lang, gaps)


@pytest.mark.parametrize("lang", ["zh-hant", "en"])
def test_front_page_shows_an_issue_and_two_newer_briefs_at_once(
    chromium: Any, live_server: Any, lang: str
) -> None:
    words = {"headline_zh": "和平是一個過程，也是解決問題的方法", "headline_en": "Peace Is a Process and a Way of Solving Problems",
             "summary_zh": "作者主張從可以達成的協議開始談，先禁止核試。", "summary_en": "He argues that talks should begin with an agreement within reach: a ban on nuclear tests."}  # fmt: skip
    sources = [
        corpus_fixtures.get_or_make(Source, name=name).pk
        for name in ("RAND Corporation", "John F. Kennedy Presidential Library")
    ]
    contents = [
        corpus_fixtures.numbered_content(1, **words, facts=Facts(source=source, date="1963-06-10"))
        for source in sources
    ]
    briefs = [corpus_fixtures.publish(contents[n % 2], f"peace-{n}").brief for n in range(9)]
    issue = issue_content(1, briefs[:6])
    preface = (
        "Two briefs are about the technology race and industrial policy; four are speeches of the Cold War. "
    )
    en = dataclasses.replace(issue.en, preface=f"{preface * 2}\n\n{preface}")
    publish_issue(1, briefs[:6], content=dataclasses.replace(issue, en=en))
    tab = Tab(chromium, live_server.url, None, viewport={"width": 1440, "height": 900})
    tab.open(f"/{lang}/")
    ends = "found => found.map(e => e.getBoundingClientRect().bottom).filter(end => end <= 900).length"
    assert tab.page.eval_on_selector_all("main h3", ends) >= 8
    assert tab.page.eval_on_selector_all("main .claim .point", ends) >= 1


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_issues_are_accessible_and_fit(chromium: Any, live_server: Any, width: int) -> None:
    briefs = list(Brief.objects.order_by("pk"))
    publish_issue(1, briefs, withdrawn_at=timezone.now(), withdrawn_kind="rights", withdrawn_reason_zh="因")
    publish_issue(2, briefs, live_from=corpus_fixtures.DAY)
    note = {
        "change_kind": "correction",
        "change_note_zh": "前言漏字。",
        "change_note_en": "A word was missing.",
    }
    publish_issue(2, briefs, **note)
    tab = Tab(chromium, live_server.url, None, viewport={"width": width, "height": 900})
    failures = []
    for path in ("", "issues/", "issues/?show=both", "issues/1/", "issues/2/", "issues/2/parallel/", BRIEF):
        for lang in ("zh-hant", "en"):
            tab.page.goto(f"{tab.site}/{lang}/{path}")
            for scheme in ("dark", "light"):
                tab.page.emulate_media(color_scheme=scheme)
                failures += [(path, lang, scheme, fault) for fault in tab.accessibility_violations()]
            if tab.horizontal_overflow() > 0:
                failures.append((path, lang, f"{tab.horizontal_overflow()} px too wide"))
    assert failures == []
    assert tab.console_messages == []
    assert tab.page.locator(".dates a").first.get_attribute("href") == "/en/issues/2/"


def test_openings_of_search_stand_side_by_side(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None)
    tab.open("/en/search/")
    examples, topics = (
        tab.page.locator(f"section[aria-labelledby={name}]").bounding_box() for name in ("examples", "topics")
    )
    assert examples["x"] + examples["width"] < topics["x"]


def test_pages_fit_at_200_percent_text_with_forced_colours(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None, viewport={"width": 640, "height": 900}, forced_colors="active")
    for path in (
        "",
        BRIEF,
        f"{BRIEF}parallel/",
        "keywords/",
        "terms/low-earth-orbit-satellite/",
        f"{BRIEF}report/",
    ):
        tab.page.goto(f"{tab.site}/en/{path}")
        tab.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert tab.horizontal_overflow() <= 0, path
    colour = tab.page.evaluate("getComputedStyle(document.querySelector('.fishtail')).backgroundColor")
    assert colour != tab.page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_reader_opens_menu_of_bullet_by_keyboard_and_copies(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None, permissions=["clipboard-read", "clipboard-write"])
    page = tab.page
    page.goto(f"{tab.site}/en/{BRIEF}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "#b3":
            break
    page.locator("[href='#b3']:focus").press("Enter")
    page.wait_for_url("**#b3")
    copied = {}
    for _ in range(4):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        page.locator("#b3 > .elsewhere button:focus", has_text="Copied").wait_for()
        copied[name] = page.evaluate("navigator.clipboard.readText()")
    assert list(copied) == ["link", "text", "both languages", "citation"]
    link, text, both, citation = copied.values()
    _, sides = corpus_fixtures.parse_sample(corpus_fixtures.SEED)
    zh, en = sides["zh"]["rows"][2][2], sides["en"]["rows"][2][2]
    assert link == f"{tab.site}/en/{BRIEF}#b3"
    assert text == f"{en}\n{citation}"
    assert both == f"{en}\n{zh}\n{citation}"
    assert citation == (
        "Think-Tank Digest, “How the U.S. Can Win the Next Technology Race,” June 12, 2026, "
        f"digest of an article by Vivek Chilukuri, Foreign Policy, June 9, 2025, {link}"
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#b3 .twintext[lang=zh-Hant-TW]", has_text=zh)).to_be_visible()
    expect(page.locator("#b3 a[href$='/report/?bullet=3']")).to_be_visible()
    assert tab.accessibility_violations() == []
    page.keyboard.press("Escape")
    expect(page.locator(".elsewhere:visible")).to_have_count(0)
    assert page.evaluate("document.activeElement.hash") == "#b3"
    number = page.locator("#b6 > .anchor")
    number.click()
    link = page.locator("#b6 > .elsewhere a[hreflang]")
    link.scroll_into_view_if_needed()
    before = number.bounding_box()
    link.click()
    page.wait_for_url("**/zh-hant/**")
    page.go_back()
    page.locator("#b6.opened > .elsewhere").wait_for()
    assert abs(number.bounding_box()["y"] - before["y"]) < 2, "Back returns to the place, with the menu open"
    page.mouse.click(5, 300)
    expect(page.locator(".elsewhere:visible")).to_have_count(0)
    assert tab.console_messages == []


def test_term_opens_card_and_page_stays(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None)
    page, card = tab.page, tab.page.locator(".gloss:popover-open")
    page.goto(f"{tab.site}/zh-hant/{BRIEF}")
    term = page.locator("a.term").last
    term.focus()
    term.evaluate("e => e.scrollIntoView({block: 'end'})")  # where the card has no room below the term
    before = page.evaluate("scrollY"), term.bounding_box()
    page.keyboard.press("Enter")
    expect(card.locator("p")).to_have_text(["低軌衛星", "low-earth orbit satellite"])
    assert tab.accessibility_violations() == []
    page.keyboard.press("Tab")
    assert "/terms/low-earth-orbit-satellite/" in page.evaluate("document.activeElement.href")
    page.keyboard.press("Escape")
    assert (page.evaluate("scrollY"), term.bounding_box()) == before
    assert page.evaluate("document.activeElement.className") == "term"
    for close in (term.click, lambda: page.mouse.click(5, 300)):
        expect(card).to_have_count(0)
        term.click()
        expect(card).to_be_visible()
        close()
    expect(card).to_have_count(0)
    assert (page.evaluate("scrollY"), term.bounding_box()) == before


@pytest.mark.parametrize("lang", ["zh-hant", "en"])
def test_reader_links_bullet_and_sends_report_without_javascript(
    chromium: Any, live_server: Any, lang: str
) -> None:
    tab = Tab(chromium, live_server.url, None, java_script_enabled=False)
    page = tab.page
    page.goto(f"{tab.site}/{lang}/{BRIEF}")
    page.locator("#b4 > .anchor").click()
    bar = page.locator("#b4 > .elsewhere")
    expect(bar).to_be_visible()
    expect(bar.locator("a")).to_have_count(2)
    expect(bar.locator("button")).to_have_count(0)
    page.locator(".history a[href*=report]").click()
    page.fill("[name=text]", "第 4 點有誤。")
    page.select_option("[name=bullet]", "4")
    with time_machine.travel(timezone.now() + MIN_FORM_AGE, tick=True):
        page.locator("form.letter button").click()
    expect(page.locator("[role=status]")).to_be_visible()
    assert Letter.objects.get().bullet == 4
    assert page.context.cookies() == []


def test_parallel_sides_are_aligned_and_missing_side_leaves_gap(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None)
    tab.page.goto(f"{tab.site}/zh-hant/{BRIEF}parallel/")
    boxes = tab.page.eval_on_selector_all(
        "li.pair",
        "ps => ps.map(p => [...p.querySelectorAll(':scope > .side')].map(s => s.getBoundingClientRect().toJSON()))",
    )
    assert len(boxes) == 8
    for left, right in boxes:
        assert left["right"] < right["left"]
        assert abs(left["top"] - right["top"]) < 8
    assert {(round(left["left"]) // 60, round(right["left"]) // 60) for left, right in boxes[:5]} == {
        (round(boxes[0][0]["left"]) // 60, round(boxes[0][1]["left"]) // 60)
    }
    lacuna = tab.page.locator("#b2 .lacuna").bounding_box()
    assert lacuna["height"] >= tab.page.locator("#b2 div.side").bounding_box()["height"] - 2


@pytest.mark.parametrize("path", ["", BRIEF])
def test_link_to_the_original_has_an_arrow_on_every_page(chromium: Any, live_server: Any, path: str) -> None:
    Edition.objects.exclude(slug="next-technology-race").update(removed_at=timezone.now())
    tab = Tab(chromium, live_server.url, None)
    tab.open(f"/en/{path}")
    arrow = tab.page.locator("main .out").evaluate("e => getComputedStyle(e, '::after').content")
    assert "↗" in arrow


@pytest.mark.parametrize(
    ("width", "address", "marks"),
    [(390, "en/search/?q=標題", "open-quote"), (390, "zh-hant/search/?q=標題", "open-quote"), (1440, "en/search/?q=標題", "none"), (1440, "en/search/?q=標題&show=both", "open-quote")],
)  # fmt: skip
def test_headline_on_the_line_of_the_names_has_quotation_marks(
    chromium: Any, live_server: Any, width: int, address: str, marks: str
) -> None:
    tab = Tab(chromium, live_server.url, None, viewport={"width": width, "height": 900})
    tab.open(f"/{address}")
    headline = tab.page.locator("main .says h3 a").first
    assert headline.evaluate("e => getComputedStyle(e, '::before').content") == marks
    assert ("〈" in headline.evaluate("e => getComputedStyle(e).quotes")) is address.startswith("zh")


@pytest.mark.parametrize(
    "name", ["Think-Tank Digest", "A Digest of Writing on Foreign Policy From Think Tanks"]
)
def test_name_of_the_site_is_clear_of_the_switch_of_languages(
    chromium: Any, live_server: Any, settings: Any, name: str
) -> None:
    settings.DIGEST_SITE_NAME = {"zh": "智庫文摘", "en": name}
    tab = Tab(chromium, live_server.url, None)
    tab.open("/en/?show=both")
    assert tab.page.inner_text(".masthead .name:not(.twin)") == name
    for width in (800, 820, 860, 1024, 1440):
        tab.page.set_viewport_size({"width": width, "height": 900})
        end, start = tab.page.evaluate(
            """() => [document.querySelector('.masthead .name:not(.twin) a').getBoundingClientRect().right,
                document.querySelector('.masthead .views a').getBoundingClientRect().left]"""
        )
        assert end <= start, width


def test_no_date_name_or_access_in_the_byline_is_broken(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None)
    tab.open(f"/zh-hant/{BRIEF}")
    for width in range(320, 1440, 40):
        tab.page.set_viewport_size({"width": width, "height": 900})
        broken = tab.page.eval_on_selector_all(
            ":is(.digested, .correction) :is(time, .who, .access)",
            "all => all.filter(e => e.getClientRects().length > 1).map(e => e.innerText)",
        )
        assert broken == [], width


@pytest.mark.parametrize("lang", ["zh-hant", "en"])
def test_printed_parallel_page_keeps_to_its_columns(chromium: Any, live_server: Any, lang: str) -> None:
    tab = Tab(chromium, live_server.url, None, viewport={"width": 794, "height": 1123})
    tab.page.emulate_media(media="print")
    tab.open(f"/{lang}/{BRIEF}parallel/")
    edges = {
        name: tab.page.locator(selector).evaluate("e => e.getBoundingClientRect().toJSON()")
        for name, selector in {
            "address": ".address", "label": "#summary > .anchor", "left": "#summary .summary >> nth=0", "right": "#summary .summary >> nth=1",
        }.items()
    }  # fmt: skip
    assert edges["address"]["right"] <= edges["label"]["left"] + 1
    assert edges["left"]["right"] <= edges["label"]["left"] + 1
    assert edges["label"]["right"] <= edges["right"]["left"]


SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""
END_VISIT = """() => {
  const visit = JSON.parse(localStorage["digest-visit"]);
  localStorage["digest-visit"] = JSON.stringify({ ...visit, at: visit.at - 7_200_000 });
}"""


def marked(tab: Tab) -> list[str]:
    return tab.page.eval_on_selector_all("[data-published] > .new-mark", "all => all.map((mark) => mark.parentElement.querySelector('a').pathname.split('/')[3])")  # type: ignore[no-any-return]  # fmt: skip


def test_choice_of_languages_and_rows_is_kept_in_the_browser(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None)
    page = tab.page
    tab.open("/en/")
    page.get_by_role("link", name="Both", exact=True).click()
    page.wait_for_url("**/en/?show=both")
    for path, moved in (
        ("/en/archive/2025/", "/en/archive/2025/?show=both"),
        ("/en/search/?q=AI", "/en/search/?q=AI&show=both"),
        ("/en/search/?from=2025-13", "/en/search/?from=2025-13&show=both"),
        (f"/zh-hant/{BRIEF}#b4", f"/zh-hant/{BRIEF}parallel/#b4"),
        ("/en/about/", "/en/about/"),
        ("/en/?show=en", "/en/?show=en"),
    ):
        page.goto(f"{tab.site}{path}")
        page.wait_for_url(f"{tab.site}{moved}")
    tab.open("/en/?show=both")
    page.get_by_role("link", name="headlines only").click()
    page.goto(f"{tab.site}/zh-hant/archive/2025/")
    page.wait_for_url("**/zh-hant/archive/2025/?show=both&rows=headlines")
    page.get_by_role("link", name="論點", exact=True).click()
    page.get_by_role("link", name="English", exact=True).click()
    page.goto(f"{tab.site}/zh-hant/archive/2025/")
    assert page.url == f"{tab.site}/zh-hant/archive/2025/"
    assert page.context.cookies() == []
    assert tab.console_messages == []


@pytest.mark.parametrize("width", [1280, 320])
def test_lists_mark_what_appeared_since_the_last_visit(chromium: Any, live_server: Any, width: int) -> None:
    tab = Tab(chromium, live_server.url, None, viewport={"width": width, "height": 900})
    tab.page.goto(f"{tab.site}/en/")
    assert (marked(tab), tab.page.is_visible("#new-legend")) == ([], False), "nothing on the first visit"
    keyword = Keyword.objects.get(label_en="Technology")
    facts = dataclasses.replace(corpus_fixtures.numbered_content(1).facts, keywords=(keyword.pk,))
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(50, facts=facts), "fresh", live_from=timezone.now()
    )  # fmt: skip
    tab.page.evaluate(END_VISIT)
    tab.page.goto(f"{tab.site}/en/keywords/technology/")
    for _ in range(2):  # the mark stays for the whole visit
        assert (marked(tab), tab.page.is_visible("#new-legend")) == (["fresh"], True)
        assert tab.page.evaluate(SHIFT) == 0
        tab.page.reload()
    tab.page.goto(f"{tab.site}/zh-hant/")
    assert (marked(tab), tab.page.evaluate(SHIFT)) == (["fresh"], 0), "also the lead of the home page"
    tab.page.evaluate(END_VISIT)
    tab.page.reload()
    assert (marked(tab), tab.page.is_visible("#new-legend")) == ([], False), "seen in the visit before"
    tab.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error(); } });"
    )
    tab.page.reload()
    assert marked(tab) == []
    assert tab.console_messages == []


def test_follow_opens_its_feeds_and_closes_by_escape(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None, viewport={"width": 390, "height": 844})
    tab.page.goto(f"{tab.site}/zh-hant/keywords/technology/")
    tab.page.focus(".follow button")
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.pathname") == "/zh-hant/keywords/technology/feed.atom"
    assert tab.accessibility_violations() == []
    tab.page.keyboard.press("Escape")
    assert not tab.page.is_visible("#feeds")
    assert tab.page.evaluate("document.activeElement.localName") == "button"
