"""Read the public pages in a browser: accessible at every width in both languages, by keyboard, without JavaScript."""

import dataclasses
import itertools
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from briefs.content import Bullet, Facts
from briefs.models import Brief, Edition, Keyword, Letter
from briefs.models.site import SiteText
from briefs.models.vocabulary import Source, Term
from briefs.publications.letters import MIN_FORM_AGE
from briefs.tests.support import browser_tabs, corpus_fixtures
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.published_issues import issue_content, publish_issue

from .editor_driver import Editor, OpenTab

pytestmark = browser_tabs.pytestmark

BRIEF = "briefs/next-technology-race/"
TERM = "terms/low-earth-orbit-satellite/"
PATHS = [
    "", BRIEF, f"{BRIEF}parallel/", f"{BRIEF}#b5", f"{BRIEF}parallel/#b4", f"{BRIEF}report/", f"{BRIEF}report/?sent=1",
    "briefs/withdrawn/", "briefs/removed/", "briefs/nowhere/", "keywords/", "keywords/technology/", "authors/",
    "authors/vivek-chilukuri/", "sources/", "sources/foreign-policy/", "terms/", TERM,
    "archive/", "archive/2025/", "archive/2025/06/", "about/", "follow/", "corpus/", "corrections/", f"{BRIEF}changes/",
    "search/", "search/?q=AI 美国", "search/?q=標題&keyword=technology&order=newest", "search/?q=zz", "search/?year=2025&from=2025-01-01",
    *(f"{path}?show=both" for path in ("", "keywords/technology/", TERM, "archive/", "archive/2025/", "authors/", "about/", "corrections/")),
    "search/?q=標題&show=both",
]  # fmt: skip
ISSUE_PATHS = ["", "issues/", "issues/?show=both", "issues/1/", "issues/2/", "issues/2/parallel/", BRIEF]


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
    first = corpus_fixtures.publish(content)
    correction_day = corpus_fixtures.DAY.replace(day=15)
    Edition.objects.filter(pk=first.pk).update(live_until=correction_day)
    corpus_fixtures.publish(
        content, brief=first.brief, live_from=correction_day, published_at=corpus_fixtures.DAY,
        change_kind="correction", change_note_zh="第2點原誤作「軟體」。", change_note_en="Bullet 2 had “software”.",
    )  # fmt: skip
    for n in range(3):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n, facts=content.facts), f"other-{n}")
    person, now = corpus_fixtures.get_person("p"), timezone.now()
    SiteText.objects.create(
        key="keyword/technology", text_zh="導言。", text_en="Introduction.", updated_at=now, updated_by=person,
        start_here=[{"brief": first.brief_id, "zh": "先讀", "en": "First"}],
    )  # fmt: skip
    withdrawn, removed = (
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), slug)
        for n, slug in ((7, "withdrawn"), (8, "removed"))
    )
    reasons = {"withdrawn_kind": "rights", "withdrawn_reason_zh": "因", "withdrawn_reason_en": "Why"}
    Edition.objects.filter(pk=withdrawn.pk).update(withdrawn_at=now, withdrawn_by=person, **reasons)
    Edition.objects.filter(pk=removed.pk).update(removed_at=now, removed_by=person)


@pytest.mark.parametrize(("language", "schemes"), [("zh-hant", ("light", "dark")), ("en", ("dark", "light"))])
def test_every_public_page_is_accessible_and_fits(
    open_tab: OpenTab, language: str, schemes: tuple[str, str]
) -> None:
    """At 1280, 390 and 320 pixels, light and dark: each pair in one of the languages."""
    faults: list[Any] = []

    def walk(*addresses: str) -> Editor:
        """Look at the pages in a browser that has kept none."""
        tab = open_tab()
        tab.expected_messages = ("status of 404", "status of 410")
        for address in addresses:
            tab.page.goto("about:blank")  # changing only the fragment would not reload the page
            tab.page.set_viewport_size({"width": 1440, "height": 900})
            tab.open(address)
            faults.extend(tab.overflow((address, 1440)))
            for width, scheme in zip((1280, 390, 320), itertools.cycle(schemes), strict=False):
                tab.page.set_viewport_size({"width": width, "height": 900})
                tab.page.emulate_media(color_scheme=scheme)
                faults.extend(tab.faults((address, width, scheme)))
        return tab

    walk("/api/docs/", *(f"/{language}/{path}" for path in PATHS))
    briefs = list(Brief.objects.order_by("pk"))
    publish_issue(1, briefs, withdrawn_at=timezone.now(), withdrawn_kind="rights", withdrawn_reason_zh="因")
    publish_issue(2, briefs, live_from=corpus_fixtures.DAY)
    notes = {"change_note_zh": "前言漏字。", "change_note_en": "A word was missing."}
    publish_issue(2, briefs, change_kind="correction", **notes)
    tab = walk(*(f"/{language}/{path}" for path in ISSUE_PATHS))
    expect(tab.page.locator(".dates a").first).to_have_attribute("href", f"/{language}/issues/2/")
    assert faults == []


def test_pages_fit_at_200_percent_text_with_forced_colours(open_tab: OpenTab) -> None:
    tab = open_tab(viewport={"width": 640, "height": 900}, forced_colors="active")
    faults = []
    for path in ("", BRIEF, f"{BRIEF}parallel/", "keywords/", TERM, f"{BRIEF}report/"):
        tab.open(f"/en/{path}")
        faults += tab.faults(path)
        tab.page.evaluate("document.documentElement.style.fontSize = '200%'")
        faults += tab.overflow(path)
    assert faults == []
    colour = tab.page.evaluate("getComputedStyle(document.querySelector('.fishtail')).backgroundColor")
    assert colour != tab.page.evaluate("getComputedStyle(document.body).backgroundColor")


ENDS_ABOVE_FOLD = "found => found.filter((part) => part.getBoundingClientRect().bottom <= innerHeight).length"


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_front_page_has_a_lead_and_three_more_rows_on_the_first_screen(
    open_tab: OpenTab, language: str
) -> None:
    Edition.objects.update(removed_at=timezone.now())
    texts = {"headline_zh": "和平是一個過程，也是解決問題的方法", "headline_en": "Peace Is a Process and a Way of Solving Problems",
             "summary_zh": "講者主張，美國應提供大量援助，但復興計畫必須由歐洲國家共同提出。",
             "summary_en": "The speaker argues that the United States should give substantial help, but that the plan for recovery must be drawn up jointly."}  # fmt: skip
    sources = [
        corpus_fixtures.get_or_make(Source, name=name).pk
        for name in ("RAND Corporation", "John F. Kennedy Presidential Library")
    ]
    point = (
        "援助應能根治問題，而非暫時止痛。阻礙他國復興的政府不能期待美國的幫助。",
        "Assistance should provide a cure rather than a palliative. A government that blocks recovery cannot expect help.",
    )
    bullets = tuple(Bullet(n, *point) for n in (1, 2, 3))
    contents = [
        corpus_fixtures.numbered_content(
            1, **texts, bullets=bullets, facts=Facts(source=source, date="1963-06-10")
        )
        for source in sources
    ]
    briefs = [corpus_fixtures.publish(contents[n % 2], f"peace-{n}").brief for n in range(9)]
    issue = issue_content(1, briefs[:6])
    preface = "Two briefs are about the technology race; four are speeches of the Cold War. All are free to read in full."
    en = dataclasses.replace(issue.en, preface=preface)
    publish_issue(1, briefs[:6], content=dataclasses.replace(issue, en=en))
    tab = open_tab(at=f"/{language}/", viewport={"width": 1440, "height": 900})  # has kept no page
    for part, least in ((".lead .claim", 1), (".points li", 3), ("article.row h3", 3)):
        assert tab.page.eval_on_selector_all(part, ENDS_ABOVE_FOLD) >= least, part


def test_reader_opens_menu_of_bullet_by_keyboard_and_copies(open_tab: OpenTab) -> None:
    tab = open_tab(at=f"/en/{BRIEF}", permissions=["clipboard-read", "clipboard-write"])
    page = tab.page
    tab.press("Tab", "Enter")  # the skip link
    tab.press_tab_until("[href='#b3']")
    tab.press("Enter")
    page.wait_for_url("**#b3")
    copied = {}
    for _ in range(4):
        tab.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        tab.press("Enter")
        expect(page.locator("#b3 > .elsewhere button:focus")).to_contain_text("Copied")
        copied[name] = page.evaluate("navigator.clipboard.readText()")
    assert list(copied) == ["link", "text", "both languages", "citation"]
    link, text, both, citation = copied.values()
    _, sides = corpus_fixtures.parse_sample(corpus_fixtures.SEED)
    zh, en = sides["zh"]["rows"][2][2], sides["en"]["rows"][2][2]
    assert link == f"{tab.site}/en/{BRIEF}#b3"
    assert (text, both) == (f"{en}\n{citation}", f"{en}\n{zh}\n{citation}")
    assert citation == (
        "Think-Tank Digest, “How the U.S. Can Win the Next Technology Race,” June 12, 2026, "
        f"digest of “The Next Tech Race” by Vivek Chilukuri, Foreign Policy, June 9, 2025; digest corrected June 15, 2026, {link}"
    )
    tab.press("Tab", "Enter")
    expect(page.locator("#b3 .twintext[lang=zh-Hant-TW]")).to_contain_text(zh)
    expect(page.locator("#b3 a[href$='/report/?bullet=3']")).to_be_visible()
    assert tab.faults() == []
    tab.press("Escape")
    expect(page.locator(".elsewhere:visible")).to_have_count(0)
    tab.expect_focus("[href='#b3']")
    # Back returns to the place, with the menu open.
    number = page.locator("#b6 > .anchor")
    number.click()
    twin = page.locator("#b6 > .elsewhere a[hreflang]")
    twin.scroll_into_view_if_needed()
    before = number.bounding_box()
    twin.click()
    page.wait_for_url("**/zh-hant/**")
    page.go_back()
    expect(page.locator("#b6.opened > .elsewhere")).to_be_visible()
    tab.expect_read(
        f"() => Math.abs(document.querySelector('#b6 > .anchor').getBoundingClientRect().y - {before['y']}) < 2",
        True,
    )
    page.mouse.click(5, 300)
    expect(page.locator(".elsewhere:visible")).to_have_count(0)


def test_term_opens_card_and_page_stays(open_tab: OpenTab) -> None:
    tab = open_tab(at=f"/zh-hant/{BRIEF}")
    page, card = tab.page, tab.page.locator(".gloss:popover-open")
    term = page.locator("a.term").last
    term.focus()
    term.evaluate("e => e.scrollIntoView({block: 'end'})")  # where the card has no room below the term
    before = page.evaluate("scrollY"), term.bounding_box()
    tab.press("Enter")
    expect(card.locator("p")).to_have_text(["低軌衛星", "low-earth orbit satellite"])
    assert tab.faults() == []
    tab.press("Tab")
    tab.expect_focus(f"[href*='/{TERM}']")
    tab.press("Escape")
    expect(card).to_have_count(0)
    assert (page.evaluate("scrollY"), term.bounding_box()) == before
    tab.expect_focus("a.term")
    for close in (term.click, lambda: page.mouse.click(5, 300)):
        term.click()
        expect(card).to_be_visible()
        close()
        expect(card).to_have_count(0)
    assert (page.evaluate("scrollY"), term.bounding_box()) == before


def boxes(tab: Editor, selector: str) -> list[Any]:
    script = "all => all.map((part) => part.getBoundingClientRect().toJSON())"
    return list(tab.page.eval_on_selector_all(selector, script))


def test_parallel_sides_are_aligned_on_screen_and_paper(open_tab: OpenTab) -> None:
    tab = open_tab(at=f"/zh-hant/{BRIEF}parallel/")
    sides = boxes(tab, "li.pair > .side")
    left, right = sides[::2], sides[1::2]
    assert len(left) == len(right) == 8
    for one, other in zip(left, right, strict=True):
        assert one["right"] < other["left"]
        assert abs(one["top"] - other["top"]) < 8
    for column in (left[:5], right[:5]):
        assert len({round(box["left"]) // 60 for box in column}) == 1
    (lacuna,), (text,) = boxes(tab, "#b2 .lacuna"), boxes(tab, "#b2 div.side")
    assert lacuna["height"] >= text["height"] - 2
    tab.page.set_viewport_size({"width": 794, "height": 1123})
    tab.page.emulate_media(media="print")
    (address, label), (one, other) = (
        boxes(tab, ".address, #summary > .anchor"),
        boxes(tab, "#summary .summary"),
    )
    if address["left"] > label["left"]:
        address, label = label, address
    assert address["right"] <= label["left"] + 1
    assert one["right"] <= label["left"] + 1
    assert label["right"] <= other["left"]


BROKEN_PARTS = (
    """all => all.filter((part) => part.getClientRects().length > 1).map((part) => part.innerText)"""
)


def test_lines_are_marked_and_not_broken(open_tab: OpenTab, settings: Any) -> None:
    tab = open_tab()
    page = tab.page
    # Across the fold the headline is level with its own; on a narrower screen it is left out.
    for width, is_shown in ((1440, True), (1024, True), (1000, False), (390, False)):
        page.set_viewport_size({"width": width, "height": 900})
        tab.open("/en/search/?q=標題")
        own, far = page.locator("article.row h3").first, page.locator("article.row .far .hed").first
        expect(far).to_be_visible(visible=is_shown)
        if is_shown:
            assert abs(own.bounding_box()["y"] - far.bounding_box()["y"]) <= 6, width
    # No date, name or access in the byline is broken.
    tab.open(f"/zh-hant/{BRIEF}")
    for width in range(320, 1440, 40):
        page.set_viewport_size({"width": width, "height": 900})
        parts = ":is(.digested, .correction) :is(time, .who, .access)"
        assert page.eval_on_selector_all(parts, BROKEN_PARTS) == [], width
    # The name of the site, however long, is clear of the switch of languages.
    name = "A Digest of Writing on Foreign Policy From Think Tanks"
    settings.DIGEST_SITE_NAME = {"zh": "智庫文摘", "en": name}
    cache.clear()
    tab.open("/en/?show=both")
    expect(page.locator(".masthead .name:not(.twin)")).to_have_text(name)
    for width in (800, 820, 860, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        (title,), (switch, *_) = boxes(tab, ".masthead .name:not(.twin) a"), boxes(tab, ".masthead .views a")
        assert title["right"] <= switch["left"], width
    # Names of an index have room across the fold at every width, and on paper.
    tab.open("/en/keywords/")
    for width, medium in (
        (390, "screen"),
        (820, "screen"),
        (1000, "screen"),
        (1440, "screen"),
        (700, "print"),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media=medium)  # type: ignore[arg-type]
        assert boxes(tab, ".names .far")[0]["width"] >= 150, width
        if medium == "screen" and width >= 800:
            (field,), entries = boxes(tab, ".masthead .find input"), boxes(tab, ".masthead .menu a")
            assert entries[-1]["right"] <= field["left"], width
    page.emulate_media(media="screen")
    # A link to the original has an arrow.
    tab.open(f"/en/{BRIEF}")
    assert "↗" in page.locator("main .out").first.evaluate("e => getComputedStyle(e, '::after').content")


def test_choice_of_languages_is_kept_in_the_browser(open_tab: OpenTab) -> None:
    tab = open_tab(at="/en/")
    page = tab.page
    page.get_by_role("link", name="Both", exact=True).click()
    page.wait_for_url("**/en/?show=both")
    for path, moved in (
        ("/en/archive/2025/", "/en/archive/2025/?show=both"),
        ("/en/search/?q=AI", "/en/search/?q=AI&show=both"),
        ("/en/search/?from=2025-13", "/en/search/?from=2025-13&show=both"),
        (f"/zh-hant/{BRIEF}#b4", f"/zh-hant/{BRIEF}parallel/#b4"),
        ("/en/about/", "/en/about/?show=both"),
        ("/en/follow/", "/en/follow/"),
    ):
        tab.open(path)
        page.wait_for_url(f"{tab.site}{moved}")
    tab.open("/zh-hant/archive/2025/")
    page.wait_for_url("**/zh-hant/archive/2025/?show=both")
    page.get_by_role("link", name="English", exact=True).click()
    page.wait_for_url("**/en/archive/2025/**")
    tab.open("/zh-hant/archive/2025/")
    expect(page).to_have_url(f"{tab.site}/zh-hant/archive/2025/")
    assert page.context.cookies() == []


END_VISIT = """() => {
  const visit = JSON.parse(localStorage["digest-visit"]);
  localStorage["digest-visit"] = JSON.stringify({ ...visit, at: visit.at - 7_200_000 });
}"""
TAKE_MARKS_AWAY = """() => {
  document.querySelectorAll("[data-published] > .new-mark").forEach((mark) => mark.remove());
  document.getElementById("new-legend").classList.remove("shown");
}"""
MARKED = """() => [...document.querySelectorAll("[data-published] > .new-mark")]
  .map((mark) => mark.parentElement.querySelector(".hed a").pathname.split("/")[3])"""


def test_lists_mark_what_appeared_since_the_last_visit(open_tab: OpenTab) -> None:
    tab = open_tab(at="/en/", viewport={"width": 320, "height": 900})
    page = tab.page

    def expect_marks(*slugs: str) -> None:
        """Expect the marks, once the page is loaded, and that no text is elsewhere without them."""
        page.wait_for_load_state()
        tab.expect_read(MARKED, list(slugs))
        expect(page.locator("#new-legend")).to_be_visible(visible=bool(slugs))
        tab.wait_for_layout()
        places = page.evaluate(browser_tabs.PLACES_OF_TEXTS)
        page.evaluate(TAKE_MARKS_AWAY)
        assert page.evaluate(browser_tabs.PLACES_OF_TEXTS) == places

    expect_marks()  # nothing on the first visit
    keyword = Keyword.objects.get(label_en="Technology")
    facts = dataclasses.replace(corpus_fixtures.numbered_content(1).facts, keywords=(keyword.pk,))
    content = corpus_fixtures.numbered_content(50, facts=facts)
    corpus_fixtures.publish(content, "fresh", live_from=timezone.now())
    page.evaluate(END_VISIT)
    tab.open("/en/keywords/technology/")
    expect_marks("fresh")
    page.reload()
    expect_marks("fresh")  # for the whole visit
    tab.open("/zh-hant/")
    expect_marks("fresh")  # also the lead of the home page
    page.evaluate(END_VISIT)
    page.reload()
    expect_marks()  # seen in the visit before
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error(); } });")
    page.reload()
    expect_marks()


def test_follow_opens_its_feeds_and_closes_by_escape(open_tab: OpenTab) -> None:
    tab = open_tab(at="/zh-hant/keywords/technology/", viewport={"width": 390, "height": 844})
    tab.page.focus(".follow button")
    tab.press("Enter")
    expect(tab.page.locator("#feeds")).to_be_visible()
    tab.press("Tab")
    tab.expect_focus("[href$='/zh-hant/keywords/technology/feed.atom']")
    assert tab.faults() == []
    tab.press("Escape")
    expect(tab.page.locator("#feeds")).to_be_hidden()
    tab.expect_focus(".follow button")


def test_reader_chooses_suggestions_of_the_search_by_keyboard(open_tab: OpenTab) -> None:
    tab = open_tab(at="/en/search/")
    page = tab.page
    examples, topics = boxes(tab, "section:is([aria-labelledby=examples], [aria-labelledby=topics])")
    assert examples["right"] < topics["left"]
    field, option = page.get_by_role("combobox"), page.get_by_role("option", name="Vivek Chilukuri")
    field.press_sequentially("chilu")
    expect(option).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    assert tab.faults() == []
    field.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(field).to_have_value("chilu")
    field.press("k")
    expect(option).to_be_visible()
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    field.press("Enter")
    page.wait_for_url("**/en/authors/vivek-chilukuri/")


def test_reader_searches_links_and_reports_without_javascript(open_tab: OpenTab) -> None:
    tab = open_tab(at="/zh-hant/", java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = tab.page
    results = page.locator("main > .row")
    page.locator("#find").fill("标题")
    page.locator("#find").press("Enter")
    expect(results).to_have_count(3)
    page.locator("[popovertarget=f-year]").click()
    page.locator("#from").fill("2026-01-01")
    page.get_by_role("button", name="套用").click()
    expect(page.locator(".chips a")).to_be_visible()
    expect(results).to_have_count(0)
    page.locator(".chips a").click()
    expect(results).to_have_count(3)
    page.locator("#q").fill("供应链")
    page.locator("#q").press("Enter")
    page.locator(".claim .no").first.click()
    page.wait_for_url(f"**/zh-hant/{BRIEF}#b4")
    menu = page.locator("#b4 > .elsewhere")
    expect(menu).to_be_visible()
    expect(menu.locator("a")).to_have_count(2)
    expect(menu.locator("button")).to_have_count(0)
    page.locator(".history a[href*=report]").click()
    page.fill("[name=text]", "第 4 點有誤。")
    page.select_option("[name=bullet]", "4")
    with time_machine.travel(timezone.now() + MIN_FORM_AGE, tick=True):
        page.locator("form.letter button").click()
        expect(page.locator("[role=status]")).to_be_visible()
    assert Letter.objects.get().bullet == 4
    assert page.context.cookies() == []


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_answers_of_the_search_stand_above_the_fold(open_tab: OpenTab, language: str) -> None:
    texts = {"headline_zh": "韌性的代價與修復速度", "headline_en": "The Price of Resilience and Repair"}
    for n in range(21):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(20 + n, **texts), f"more-{n}")
    tab = open_tab()
    page = tab.page
    for width, height, lowest in ((1440, 900, 310), (1024, 768, 310), (800, 800, 310), (390, 844, 360), (320, 568, 400)):  # fmt: skip
        page.set_viewport_size({"width": width, "height": height})
        tab.open(f"/{language}/")
        page.locator("#find").fill("標題" if language == "zh-hant" else "summary")
        page.locator("#find").press("Enter")
        headline = page.locator("article.row .hed").first
        expect(headline).to_be_visible()
        page.wait_for_load_state()
        assert headline.bounding_box()["y"] <= lowest, width
        page.locator("[popovertarget=f-year]").click()
        expect(page.locator("#f-year")).to_be_visible()
        (panel,) = boxes(tab, "#f-year")
        assert panel["left"] >= 0
        assert panel["right"] <= width
        assert tab.overflow(width) == []
        tab.press("Escape")
        expect(page.locator("#f-year")).to_be_hidden()
