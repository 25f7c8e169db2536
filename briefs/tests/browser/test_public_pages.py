"""Read the public pages in a browser: accessible at every width in both languages, by keyboard, without JavaScript."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from briefs.models import Brief, Edition, Keyword, Subscriber
from briefs.models.site import SiteText
from briefs.models.vocabulary import Term
from briefs.publications import subscribers
from briefs.tests.support import browser_tabs, corpus_fixtures
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.published_issues import publish_issue

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
    "search/?q=標題&show=both", "subscribe/", "subscribe/?done=erased",
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


def make_links_of_mails(language: str) -> list[str]:
    """Return the links of somebody who asked for mail and of a subscriber."""
    now, links = timezone.now(), []
    for confirm_side, confirmed_at in (("zh", None), ("", now)):
        token, token_hash = subscribers.make_token()
        Subscriber.objects.create(
            address=f"{token}@example.org", side="zh", created_at=now, confirmed_at=confirmed_at,
            confirm_hash=token_hash, confirm_side=confirm_side, confirm_until=now + dt.timedelta(days=1),
        )  # fmt: skip
        links.append(f"/u/{token}/?language={language[:2]}&done=confirmed")
    return links


@pytest.mark.parametrize(("language", "schemes"), [("zh-hant", ("light", "dark")), ("en", ("dark", "light"))])
def test_every_public_page_is_accessible_and_fits(
    open_tab: OpenTab, language: str, schemes: tuple[str, str]
) -> None:
    """At 1280 and 320 pixels, light and dark: each pair in one of the languages."""
    faults: list[Any] = []

    def walk(*addresses: str) -> Editor:
        """Look at the pages in a browser that has kept none."""
        tab = open_tab()
        tab.expected_messages = ("status of 404", "status of 410")
        for address in addresses:
            tab.page.goto("about:blank")  # changing only the fragment would not reload the page
            tab.open(address)
            for width in (1440, 390):
                tab.page.set_viewport_size({"width": width, "height": 900})
                faults.extend(tab.overflow((address, width)))
            for width, scheme in zip((1280, 320), schemes, strict=True):
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
    tab = walk(*make_links_of_mails(language), *(f"/{language}/{path}" for path in ISSUE_PATHS))
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


def boxes(tab: Editor, selector: str) -> list[Any]:
    script = "all => all.map((part) => part.getBoundingClientRect().toJSON())"
    return list(tab.page.eval_on_selector_all(selector, script))


BROKEN_PARTS = (
    """all => all.filter((part) => part.getClientRects().length > 1).map((part) => part.innerText)"""
)


def test_columns_are_aligned_and_lines_are_not_broken(open_tab: OpenTab, settings: Any) -> None:
    name = "A Digest of Writing on Foreign Policy From Think Tanks"
    settings.DIGEST_SITE_NAME = {"zh": "智庫文摘", "en": name}
    cache.clear()
    # Parallel, on screen and on paper.
    tab = open_tab(at=f"/zh-hant/{BRIEF}parallel/")
    page = tab.page
    sides = boxes(tab, "li.pair > .side")
    left, right = sides[::2], sides[1::2]
    assert len(left) == len(right) == 8
    for one, other in zip(left, right, strict=True):
        assert one["right"] < other["left"]
        assert abs(one["top"] - other["top"]) < 8
    (lacuna,), (text,) = boxes(tab, "#b2 .lacuna"), boxes(tab, "#b2 div.side")
    assert lacuna["height"] >= text["height"] - 2
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    one, other = boxes(tab, "#summary .summary")
    (label,) = boxes(tab, "#summary > .anchor")
    assert one["right"] <= label["left"] + 1
    assert label["right"] <= other["left"]
    page.emulate_media(media="screen")
    # The panel of a filter is on the screen.
    for width in (1440, 800, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        tab.open("/en/search/?q=標題")
        page.locator("[popovertarget=f-year]").click()
        expect(page.locator("#f-year")).to_be_visible()
        (panel,) = boxes(tab, "#f-year")
        assert (panel["left"] >= 0, panel["right"] <= width) == (True, True)
    # No date, name or access in the byline is broken.
    tab.open(f"/zh-hant/{BRIEF}")
    for width in range(320, 1440, 80):
        page.set_viewport_size({"width": width, "height": 900})
        parts = ":is(.digested, .correction) :is(time, .who, .access)"
        assert page.eval_on_selector_all(parts, BROKEN_PARTS) == [], width
    # The name of the site, however long, is clear of the switch of languages, and the menu of the search.
    tab.open("/en/keywords/?show=both")
    expect(page.locator(".masthead .name:not(.twin)")).to_have_text(name)
    for width in (800, 820, 860, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for one, other in ((".name:not(.twin) a", ".views a"), (".menu a", ".find input")):
            left, right = (boxes(tab, f".masthead {part}") for part in (one, other))
            assert left[-1]["right"] <= right[0]["left"], (width, one)


def test_reader_reads_a_brief_by_keyboard(open_tab: OpenTab) -> None:
    tab = open_tab(at=f"/en/{BRIEF}", permissions=["clipboard-read", "clipboard-write"])
    page = tab.page
    tab.press("Tab", "Enter")  # the skip link
    tab.press_tab_until("[href='#b3']")
    tab.press("Enter")
    page.wait_for_url("**#b3")
    copied = []
    for _ in range(4):
        tab.press("Tab")
        tab.press("Enter")
        expect(page.locator("#b3 > .elsewhere button:focus")).to_contain_text("Copied")
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    link, text, both, citation = copied
    _, sides = corpus_fixtures.parse_sample(corpus_fixtures.SEED)
    zh, en = sides["zh"]["rows"][2][2], sides["en"]["rows"][2][2]
    assert link == f"{tab.site}/en/{BRIEF}#b3"
    assert (text, both) == (f"{en}\n{citation}", f"{en}\n{zh}\n{citation}")
    assert citation.startswith(
        "Think-Tank Digest, “How the U.S. Can Win the Next Technology Race,” June 12, 2026, "
    )
    assert citation.endswith(link)
    tab.press("Tab", "Enter")
    expect(page.locator("#b3 .twintext[lang=zh-Hant-TW]")).to_contain_text(zh)
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
    # A term opens its card, and the page stays.
    tab.open(f"/zh-hant/{BRIEF}")
    card, term = page.locator(".gloss:popover-open"), page.locator("a.term").last
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
    tab.expect_focus("a.term")
    for close in (term.click, lambda: page.mouse.click(5, 300)):
        term.click()
        expect(card).to_be_visible()
        close()
        expect(card).to_have_count(0)
    assert (page.evaluate("scrollY"), term.bounding_box()) == before
    # Without JavaScript the link to a point opens its menu, without the buttons.
    plain = open_tab(at=f"/zh-hant/{BRIEF}#b4", java_script_enabled=False)
    menu = plain.page.locator("#b4 > .elsewhere")
    expect(menu).to_be_visible()
    expect(menu.locator("a")).to_have_count(2)
    expect(menu.locator("button")).to_have_count(0)


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


def test_browser_keeps_the_choice_of_languages_and_the_last_visit(open_tab: OpenTab) -> None:
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
    tab = open_tab(at="/en/")
    page = tab.page
    page.get_by_role("link", name="Both", exact=True).click()
    page.wait_for_url("**/en/?show=both")
    for path, moved in (
        ("/en/archive/2025/", "/en/archive/2025/?show=both"),
        ("/en/search/?q=AI", "/en/search/?q=AI&show=both"),
        (f"/zh-hant/{BRIEF}#b4", f"/zh-hant/{BRIEF}parallel/#b4"),
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
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error(); } });")
    page.reload()
    page.wait_for_load_state()
    tab.expect_read(MARKED, [])


def test_reader_searches_and_follows_by_keyboard(open_tab: OpenTab) -> None:
    tab = open_tab(at="/en/search/")
    page = tab.page
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
    page.set_viewport_size({"width": 390, "height": 844})
    tab.open("/zh-hant/keywords/technology/")
    page.focus(".follow button")
    tab.press("Enter")
    expect(page.locator("#feeds")).to_be_visible()
    tab.press("Tab")
    tab.expect_focus("[href$='/zh-hant/keywords/technology/feed.atom']")
    assert tab.faults() == []
    tab.press("Escape")
    expect(page.locator("#feeds")).to_be_hidden()
    tab.expect_focus(".follow button")
