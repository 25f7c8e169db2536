"""Test revision pages in a browser: list, comparison and restoring a revision."""

from dataclasses import replace
from typing import Any

import pytest

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories

pytestmark = browser_tabs.pytestmark


def brief_with_every_difference(team: factories.Team) -> Brief:
    """Return a brief whose third revision differs from the first in every possible way."""
    texts = tuple(
        Bullet(0, f"第{n}點，說的是快速修復。", f"Point {n} is about rapid repair.") for n in range(5)
    )
    brief = factories.draft_brief(team, factories.content(bullets=texts))
    content = workflow.load_working_copy(brief)
    first, second, third, _, fifth = content.bullets
    bullets = (
        fifth,
        replace(first, text_zh=first.text_zh.replace("快速", "立即"), text_en="Point 0 is about repair."),
        replace(second, level_en=1, passage="p. 3"),
        third,
        Bullet(0, "新的一點。", "A new point."),
    )
    factories.edit(brief, team.writer, summary_zh="先改摘要。")
    facts = replace(content.facts, title="The Article")
    return factories.edit(brief, team.writer, bullets=bullets, headline_en="Another", facts=facts)


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "zh-hant"), (1024, "dark", "en"), (390, "dark", "zh-hant"), (320, "light", "en")],
)
def test_revision_and_comparison_pages_are_accessible_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    brief = brief_with_every_difference(team)
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    tab = browser_tabs.Tab(
        chromium, live_server.url, browser_tabs.set_language(team.writer, language), **options
    )
    for verb in ("revisions/", "compare/?from=1&to=3", "compare/?from=3&to=1"):
        tab.open(f"/admin/briefs/brief/{brief.pk}/{verb}")
        for summary in tab.page.locator("#content details > summary").all():
            summary.click()
        assert tab.page.locator("#content details[open]").count() > 0
        assert (
            verb,
            tab.accessibility_violations(),
            tab.horizontal_overflow() > 0,
            tab.console_messages,
        ) == (
            verb,
            [],
            False,
            [],
        )


def test_writer_compares_and_restores_revision_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = brief_with_every_difference(team)
    original = brief.revisions.get(number=1).content
    tab = browser_tabs.Tab(chromium, live_server.url, browser_tabs.set_language(team.writer, "en"))
    tab.brief(brief, "compare")
    tab.page.select_option("#pick-from", "1")
    tab.page.focus(".picks button")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/compare/?from=1&to=3")
    assert tab.page.locator("#b1 [lang=zh-Hant-TW] del").all_text_contents() == ["快速"]
    assert tab.page.locator("#b1 [lang=zh-Hant-TW] ins").all_text_contents() == ["立即"]
    deletion = tab.page.locator("#b1 del").first
    decoration = deletion.evaluate("e => getComputedStyle(e).textDecorationLine")
    assert decoration == "line-through", "deletions must be recognisable without colour"
    tab.page.focus(".restore button")
    tab.page.keyboard.press("Enter")
    tab.page.locator(".messagelist .success").wait_for()
    assert brief.revisions.latest("number").content == original
    assert tab.console_messages == []
