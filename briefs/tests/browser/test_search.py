"""Test the search page in a browser: suggestions, use without JavaScript, filters, and the search log of the admin."""

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from briefs.models import Search
from briefs.tests.support import browser_tabs, corpus_fixtures, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language

pytestmark = [*browser_tabs.pytestmark, pytest.mark.heavy]


@pytest.fixture(autouse=True)
def _published_briefs() -> None:
    cache.clear()
    corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
    for n in range(3):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"other-{n}")


def test_reader_chooses_and_closes_suggestions_by_keyboard(chromium: Any, live_server: Any) -> None:
    tab = Tab(chromium, live_server.url, None)
    page = tab.page
    tab.open("/en/search/")
    field = page.get_by_role("combobox")
    field.press_sequentially("chilu")
    page.get_by_role("option", name="Vivek Chilukuri").wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    assert tab.accessibility_violations() == []
    field.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    assert field.input_value() == "chilu"
    field.press("k")
    page.get_by_role("option", name="Vivek Chilukuri").wait_for()
    field.press("ArrowDown")
    assert (
        page.locator(f"#{field.get_attribute('aria-activedescendant')}").text_content()
        == "Vivek Chilukuri Author"
    )
    field.press("Enter")
    page.wait_for_url("**/en/authors/vivek-chilukuri/")
    assert tab.console_messages == []


def test_reader_searches_and_filters_without_javascript(chromium: Any, live_server: Any) -> None:
    tab = Tab(
        chromium, live_server.url, None, java_script_enabled=False, viewport={"width": 390, "height": 800}
    )
    page = tab.page
    page.goto(f"{tab.site}/zh-hant/")
    page.locator("#find").fill('zzz OR "')
    page.locator("#find").press("Enter")
    assert "找不到" in page.locator("[role=status]").inner_text()
    page.locator("#q").fill("标题")
    page.locator(".search button").click()
    expect(page.locator("main > .claim")).to_have_count(3)
    page.locator("[popovertarget=f-year]").click()
    page.locator("#from").fill("2026-01-01")
    page.get_by_role("button", name="套用").click()
    page.locator(".chips a").wait_for()
    page.wait_for_load_state()
    expect(page.locator("main > .claim")).to_have_count(0)
    page.locator(".chips a").click()
    expect(page.locator("main > .claim")).to_have_count(3)
    page.locator("#q").fill("供应链")
    page.locator("#q").press("Enter")
    page.locator(".claim .no").first.click()
    page.wait_for_url("**/zh-hant/briefs/next-technology-race/#b4")


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_answers_stand_above_the_fold_and_filters_fit_every_width(
    chromium: Any, live_server: Any, language: str
) -> None:
    for n in range(21):
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(
                20 + n, headline_zh="韌性的代價與修復速度", headline_en="The Price of Resilience and Repair"
            ),
            f"more-{n}",
        )
    tab = Tab(chromium, live_server.url, None)
    page = tab.page
    for width, height, lowest in (
        (1440, 900, 310),
        (1024, 768, 310),
        (800, 800, 310),
        (390, 844, 360),
        (320, 568, 400),
    ):
        page.set_viewport_size({"width": width, "height": height})
        tab.open(f"/{language}/")
        if width == 1440:
            bottoms = (
                "elements => elements.filter(e => e.getBoundingClientRect().bottom <= innerHeight).length"
            )
            assert page.eval_on_selector_all("main :is(h3, .front h2)", bottoms) >= 8
            assert page.eval_on_selector_all("main .point", bottoms) >= 1
        page.locator("#find").fill("標題" if language == "zh-hant" else "summary")
        page.locator("#find").press("Enter")
        assert page.locator("article.claim .point").first.bounding_box()["y"] <= lowest, width
        button = page.locator("[popovertarget=f-year]")
        button.click()
        panel = page.locator("#f-year").bounding_box()
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= width
        assert tab.horizontal_overflow() <= 0, width
        page.keyboard.press("Escape")
        expect(page.locator("#f-year")).to_be_hidden()
    assert tab.console_messages == []


@pytest.mark.parametrize(("language", "scheme", "width"), [("zh-hant", "light", 1280), ("en", "dark", 390)])
def test_writer_reads_the_search_log(
    chromium: Any, live_server: Any, language: str, scheme: str, width: int
) -> None:
    for words, result_count in (("半導體", 0), ("taiwan strait", 4)):
        Search.objects.create(words=words, day=timezone.localdate(), times=3, found=result_count)
    writer = set_language(factories.person("asker", "Writers"), language)
    tab = Tab(
        chromium, live_server.url, writer, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    tab.open("/admin/briefs/search/")
    expect(tab.page.locator("#in-vain + table tbody tr")).to_have_count(1)
    expect(tab.page.locator("#most + table tbody tr")).to_have_count(2)
    assert tab.accessibility_violations() == []
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []
