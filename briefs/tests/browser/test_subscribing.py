"""A reader subscribes, confirms, changes the language, leaves and is erased, in a browser; the pages fit and are accessible."""

import os
import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from briefs.models import Person, Subscriber
from briefs.publications import subscribers
from briefs.tests.support import browser_tabs
from briefs.tests.support.browser_tabs import Tab

pytestmark = [*browser_tabs.pytestmark, pytest.mark.heavy]

BUTTONS = {
    "en": ("Subscribe", "Confirm the subscription", "Save", "Unsubscribe", "Delete everything about me"),
    "zh": ("訂閱", "確認訂閱", "儲存", "取消訂閱", "刪除我的所有資料"),
}


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def read_link() -> str:
    subscribers.send_confirmations(timezone.now())
    found = re.search(r"/u/[\w-]{22}/", str(mail.outbox[-1].body))
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("side", "width", "scheme", "javascript"),
    [
        ("zh", 1440, "light", True),
        ("en", 1024, "dark", True),
        ("zh", 390, "dark", False),
        ("en", 320, "light", True),
    ],
)
def test_reader_subscribes_changes_leaves_and_is_erased(
    chromium: Any, live_server: Any, side: str, width: int, scheme: str, javascript: bool
) -> None:
    viewport = {"width": width, "height": 900}
    tab = Tab(
        chromium,
        live_server.url,
        None,
        viewport=viewport,
        color_scheme=scheme,
        java_script_enabled=javascript,
    )
    page, code = tab.page, {"zh": "zh-hant", "en": "en"}[side]
    subscribe, confirm, save, leave, erase = BUTTONS[side]
    faults: list[Any] = []

    def look(name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{side}-{width}-{scheme}.png", full_page=True)
        if javascript:
            faults.extend((name, fault) for fault in tab.accessibility_violations())
            if tab.horizontal_overflow() > 0:
                faults.append((name, "too wide"))

    tab.open(f"/{code}/subscribe/")
    look("subscribe")
    page.get_by_role("textbox", name=re.compile("E-mail|電子郵件")).fill("ada@example.org")
    page.get_by_role("button", name=subscribe, exact=True).click()
    page.get_by_role("status").wait_for()
    look("asked")
    link = read_link()
    tab.open(link)
    look("confirm")
    button = page.get_by_role("button", name=confirm, exact=True)
    box = button.bounding_box()
    assert box
    assert box["height"] >= 44
    assert not Subscriber.objects.reading().exists()
    button.click()
    page.get_by_role("status").wait_for()
    look("confirmed")
    page.get_by_role("radio").nth(2).check()
    page.get_by_role("button", name=save, exact=True).click()
    page.get_by_role("status").wait_for()
    assert Subscriber.objects.reading().get().side == "both"
    page.get_by_role("button", name=leave, exact=True).click()
    page.get_by_role("link", name=re.compile("Subscribe again|重新訂閱")).wait_for()
    look("left")
    assert not Subscriber.objects.reading().exists()
    page.get_by_role("button", name=erase, exact=True).click()
    page.get_by_role("status").wait_for()
    assert not Subscriber.objects.exists()
    tab.open(link)
    look("unknown")
    assert faults == []
    assert [line for line in tab.console_messages if "status of 4" not in line] == []
    assert page.context.cookies() == []


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "zh-hant"), (390, "dark", "en"), (320, "light", "zh-hant")],
)
def test_pages_of_the_desk_are_accessible_and_fit(
    chromium: Any, live_server: Any, width: int, scheme: str, language: str
) -> None:
    root = Person.objects.create_superuser("root", name="Root", language=language)
    now = timezone.now()
    for n, (name, side) in enumerate(
        (("ada", "zh"), ("bob", "en"), ("a-very-long-name-of-a-reader", "both"))
    ):
        Subscriber.objects.create(
            address=f"{name}@mail.example.org",
            side=side,
            created_at=now,
            confirmed_at=now,
            left_at=now if n == 1 else None,
        )
    tab = Tab(chromium, live_server.url, root, viewport={"width": width, "height": 900}, color_scheme=scheme)
    faults: list[Any] = []

    def look(name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            tab.page.screenshot(path=f"{folder}/desk-{name}-{language}-{width}-{scheme}.png", full_page=True)
        faults.extend((name, fault) for fault in tab.accessibility_violations())
        if tab.horizontal_overflow() > 0:
            faults.append((name, "too wide"))

    tab.open("/admin/briefs/subscriber/")
    look("list")
    tab.page.get_by_role("link", name="ada@mail.example.org").click()
    look("one")
    tab.open("/admin/briefs/subscriber/import/")
    look("import")
    text = "address,language,consent\nnew@mail.example.org,en,2025-06-09\nbob@mail.example.org,en,2025-06-09\nx,en,2025-06-09\n"
    tab.page.locator("#file").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    tab.page.locator("form.sheet button").click()
    tab.page.locator(".sheet-rows").wait_for()
    look("preview")
    tab.page.locator("form.confirm button").first.click()
    tab.page.get_by_role("link", name="new@mail.example.org").wait_for()
    assert faults == []
    assert tab.console_messages == []
