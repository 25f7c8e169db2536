"""Fixtures of browser tests: one Chromium, pages of people with the consoles checked, a brief of three bullets."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler

from briefs.models import Brief, Person
from briefs.tests.support import factories

_chromium = ExitStack()


@pytest.fixture
def chromium() -> Iterator[Any]:
    """A browser without pages. What a test opened is closed before its rows are deleted, or it would go on asking for them."""
    browser = _start_chromium()
    yield browser
    for context in browser.contexts:
        context.close()


_answer = WSGIHandler.__call__


def _answer_late(*request: Any) -> Any:
    answer = _answer(*request)
    time.sleep(0.3)  # what was sent is stored by now
    return answer


@cache
def _start_chromium() -> Any:
    from briefs.tests.support import browser_tabs

    patch = _chromium.enter_context(pytest.MonkeyPatch.context())
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs an event loop in this thread
    if browser_tabs.SLOW == "answers":
        patch.setattr(WSGIHandler, "__call__", _answer_late)
    playwright = _chromium.enter_context(browser_tabs.sync_api.sync_playwright())
    browser = playwright.chromium.launch(
        executable_path=str(browser_tabs.CHROMIUM), args=browser_tabs.CHROMIUM_ARGS
    )
    _chromium.callback(_start_chromium.cache_clear)
    _chromium.callback(browser.close)
    return browser


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop the browser of this process before a test that may need an event loop of its own."""
    if nextitem is None or not nextitem.get_closest_marker("browser"):
        _chromium.close()


@pytest.fixture
def open_tab(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Open a page for a person, or for a reader. After the test, no console may have a message that was not expected."""
    from .editor_driver import Editor

    tabs = []

    def open_page(
        person: Person | None = None,
        at: str | Brief = "",
        *,
        kind: type[Editor] = Editor,
        browser: Any = chromium,
        **options: Any,
    ) -> Editor:
        tab = kind(browser, live_server.url, person, **options)
        tabs.append(tab)
        if isinstance(at, Brief):
            tab.brief(at)
        elif at:
            tab.open(at)
        return tab

    yield open_page
    assert [text for tab in tabs for text in tab.unexpected_messages()] == []


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    from .editor_driver import THREE_BULLETS, bullets

    return factories.draft_brief(team, factories.content(bullets=bullets(*THREE_BULLETS)))
