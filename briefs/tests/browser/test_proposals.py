"""Proposals in a browser: the list, the page of one, and the forms that lead there."""

from typing import Any

import pytest

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Keyword, Proposal, Source, Term
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, set_language

pytestmark = browser_tabs.pytestmark
SIZES = [(1280, "light", "en"), (1280, "dark", "zh-hant"), (390, "dark", "en"), (390, "light", "zh-hant")]


@pytest.fixture
def team() -> factories.Team:
    team = factories.Team()
    text = "北京在灰色地帶的脅迫並非孤立事件，而是長期戰略的一環。"
    words = "Beijing’s coercion in the gray zone is no isolated event but part of a long strategy."
    factories.live_brief(team, factories.content(bullets=(Bullet(0, text, words),)))
    keyword, source = Keyword.objects.get(), Source.objects.get()
    keyword.label_zh, keyword.label_en = "科學與技術", "Science and technology"
    workflow.save_vocabulary_row(keyword, by=team.publisher)
    workflow.merge_vocabulary([source], into=Source.make(name="FP Analytics"), by=team.writer)
    term = Term(zh="灰色地帶", en="gray zone", also_en=["grey zone"])
    workflow.save_vocabulary_row(term, by=team.publisher)
    intro = ("本主題談科技競爭。\n\n第二段。", "This topic is about technology.\n\nA second paragraph.")
    workflow.revise_site_text(f"keyword/{keyword.slug}", *intro, by=team.publisher, version=0)
    return team


@pytest.mark.parametrize(("width", "scheme", "language"), SIZES)
def test_proposals_are_accessible_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    person = set_language(team.other_publisher, language)
    size = {"width": width, "height": 900}
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    results = {}
    keyword = Keyword.objects.get()
    pages = {str(one): f"/admin/briefs/proposal/{one.pk}/change/" for one in Proposal.objects.all()}
    pages |= {
        "list": "/admin/briefs/proposal/",
        "form": f"/admin/briefs/keyword/{keyword.pk}/change/",
        "introduction": f"/admin/briefs/keyword/{keyword.pk}/page/",
        "inbox": "/admin/inbox/",
    }
    for name, path in pages.items():
        tab.open(path)
        results[name] = (tab.accessibility_violations(), max(0, tab.horizontal_overflow()))
    assert {name: result for name, result in results.items() if result != ([], 0)} == {}
    assert tab.console_messages == []


def test_publisher_accepts_by_keyboard(chromium: Any, live_server: Any, team: factories.Team) -> None:
    tab = Tab(chromium, live_server.url, team.other_publisher, viewport={"width": 1280, "height": 900})
    proposal = Proposal.objects.get(kind="new")
    tab.open(f"/admin/briefs/proposal/{proposal.pk}/change/")
    tab.page.locator("button[value=accept]").focus()
    with tab.page.expect_navigation():  # to the next open proposal
        tab.page.keyboard.press("Enter")
    assert Term.objects.get().en == "gray zone"
