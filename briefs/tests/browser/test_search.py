"""Test the search page in a browser: suggestions, use without JavaScript, filters, and the search log of the admin."""

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from briefs.models import Search

from ..support import browser_tabs, corpus_fixtures, factories
from ..support.browser_tabs import Tab, set_language

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
    assert page.get_by_role("option").count() == 0
    assert field.input_value() == "chilu"
    field.press("k")
    page.get_by_role("option", name="Vivek Chilukuri").wait_for()
    field.press("ArrowDown")
    assert (
        page.locator(f"#{field.get_attribute('aria-activedescendant')}").text_content() == "Vivek Chilukuri"
    )
    field.press("Enter")
    page.wait_for_url("**/search/?q=Vivek+Chilukuri")
    assert page.locator("article.answer").count() == 1
    assert tab.console_messages == []


def test_reader_searches_and_filters_without_javascript(chromium: Any, live_server: Any) -> None:
    tab = Tab(
        chromium, live_server.url, None, java_script_enabled=False, viewport={"width": 390, "height": 800}
    )
    page = tab.page
    page.goto(f"{tab.site}/zh-hant/")
    page.get_by_role("link", name="搜尋", exact=True).click()
    page.locator("#q").fill('zzz OR "')
    page.locator("#q").press("Enter")
    assert "找不到" in page.locator("[role=status]").inner_text()
    page.locator("#q").fill("标题")
    page.locator(".search button").click()
    assert page.locator("article.answer").count() == 3
    page.locator(".facets summary").click()
    page.locator("#from").fill("2026-01-01")
    page.get_by_role("button", name="套用").click()
    assert page.locator("article.answer").count() == 0
    page.locator(".chips a").click()
    assert page.locator("article.answer").count() == 3
    page.locator("#q").fill("供应链")
    page.locator("#q").press("Enter")
    page.locator("li.pair .anchor").first.click()
    assert page.url.endswith("/zh-hant/briefs/next-technology-race/parallel/#b4")


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_search_filters_fit_every_width(chromium: Any, live_server: Any, language: str) -> None:
    tab = Tab(chromium, live_server.url, None)
    tab.open(f"/{language}/search/?q=summary")
    assert tab.page.locator(".facets #from").count() == 1
    for width in (1440, 1024, 800, 700, 390, 320):
        tab.page.set_viewport_size({"width": width, "height": 800})
        tab.page.evaluate("document.querySelector('details.facets').open = true")
        assert tab.horizontal_overflow() <= 0, width
        column, field = (tab.page.locator(part).bounding_box() for part in (".between", "#from"))
        assert field["x"] + field["width"] <= column["x"] + column["width"], width


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
    assert tab.page.locator("#in-vain + table tbody tr").count() == 1
    assert tab.page.locator("#most + table tbody tr").count() == 2
    assert tab.accessibility_violations() == []
    assert tab.horizontal_overflow() <= 0
    assert tab.console_messages == []
