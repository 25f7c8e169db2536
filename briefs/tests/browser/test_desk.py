"""Test the brief form and admin pages in a browser: saving, refusals, conflicts, keyboard use and accessibility."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Person, State
from briefs.tests.support import factories
from briefs.tests.support.browser_tabs import Tab, expect, pytestmark, set_language
from briefs.tests.support.factories import load_content

__all__ = ["pytestmark"]


@pytest.mark.parametrize(("language", "name"), [("zh-hant", "第 1 點"), ("en", "Bullet 1")])
def test_writer_edits_and_saves_brief_in_own_interface_language(
    chromium: Any, live_server: Any, team: factories.Team, language: str, name: str
) -> None:
    brief = factories.draft_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.writer, language))
    tab.brief(brief)
    page = tab.page
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("#b1").get_attribute("aria-label") == name
    page.fill("[name=text_zh-b1]", "改過的第一點。")
    page.click(".is-next textarea")
    page.keyboard.type("新的一點。")
    tab.save()
    stored = [(b.number, b.text_zh) for b in load_content(brief).bullets]
    assert stored == [(1, "改過的第一點。"), (2, "第0點。"), (3, "第0點。"), (4, "新的一點。")]
    assert tab.accessibility_violations() == []
    assert tab.console_messages == []


def test_row_buttons_work_without_javascript(chromium: Any, live_server: Any, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"), java_script_enabled=False)
    tab.brief(brief)
    tab.page.fill("[name=summary_en]", "Typed first.")
    tab.page.click("[value='up:b2']")
    tab.page.click("[value='after:b2']")
    expect(tab.page.locator("[data-group=bullet] > .pair")).to_have_count(4)
    tab.page.fill("[name^=text_en-n]", "Between.")
    tab.page.click("#desk-store")
    content = load_content(brief)
    assert [b.number for b in content.bullets] == [2, 4, 1, 3]
    assert content.summary_en == "Typed first."


PRESS_SUBMIT_OF_OLD_PAGE = """() => {
  const button = document.createElement("button");
  button.setAttribute("formaction", location.pathname.replace("/change/", "/submit/"));
  document.getElementById("brief-form").append(button);
  button.click();
}"""
"""The page offers no act that would be refused, but one that was opened earlier may."""


def test_refusal_gets_focus_and_links_to_the_faulty_fields(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.draft_brief(team, factories.content(headline_en="", bullets=(Bullet(0, "只有中文"),)))
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.brief(brief)
    tab.page.evaluate(PRESS_SUBMIT_OF_OLD_PAGE)
    tab.page.locator("#reasons:focus").wait_for()
    assert tab.accessibility_violations() == []
    tab.page.click("#reasons a[href='#b1']")
    assert tab.page.evaluate("document.querySelector(':target').id") == "b1"
    tab.page.locator("[name=text_en-b1]:focus").wait_for()  # the cell whose text is missing
    tab.page.click("#reasons a[href='#headline']")
    tab.page.locator("[name=headline_en]:focus").wait_for()
    assert Brief.objects.get(pk=brief.pk).state == State.DRAFT
    assert [line for line in tab.console_messages if "409" not in line] == []


def test_conflict_page_without_javascript_keeps_both_texts(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"), java_script_enabled=False)
    tab.brief(brief)
    tab.page.fill("[name=summary_en]", "Mine, in full.")
    tab.page.fill("[name=headline_en]", "Mine too")
    theirs = replace(
        load_content(brief), summary_en="Theirs, in full.", headline_en="Theirs too", summary_zh="他們的。"
    )
    workflow.save(brief, theirs, by=team.other_writer, version=brief.version)
    tab.page.click("#desk-store")
    tab.page.locator(".clashes").wait_for()
    tab.page.check("[name=take-headline_en][value=theirs]")
    tab.page.click(".clashes .first")
    tab.page.locator(".messagelist .success").wait_for()
    content = load_content(brief)
    assert (content.summary_en, content.headline_en, content.summary_zh) == (
        "Mine, in full.",
        "Theirs too",
        "他們的。",
    )
    assert [line for line in tab.console_messages if "409" not in line] == []


@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.heavy)])
def test_brief_is_submitted_signed_approved_and_read_by_keyboard(
    chromium: Any, live_server: Any, team: factories.Team, scheme: str
) -> None:
    """Reach every button with Tab and press it with Enter. Writing is tested by keyboard in `test_editor.py`."""
    brief = factories.draft_brief(team)

    def press_enter(tab: Tab, selector: str) -> None:
        _press_tab_until_focused(tab, selector)
        with tab.page.expect_navigation():
            tab.page.keyboard.press("Enter")
        tab.page.wait_for_load_state("networkidle")
        assert tab.accessibility_violations() == []

    def press_verb(person: Person, verb: str) -> Tab:
        tab = Tab(chromium, live_server.url, set_language(person, "en"), color_scheme=scheme)
        tab.brief(brief)
        press_enter(tab, f":is([formaction$='/{verb}/'], [href$='/{verb}/'])")
        return tab

    press_verb(team.writer, "submit")
    press_verb(team.reviewer, "sign_off_zh")
    press_verb(team.reviewer, "sign_off_en")
    tab = press_verb(team.publisher, "approve")
    press_enter(tab, "[name=when][value=now]")
    assert Brief.objects.get(pk=brief.pk).state == State.APPROVED
    press_enter(tab, ".messagelist a[href*='/en/briefs/']")
    assert tab.page.inner_text("h1") == "A Headline"
    assert tab.console_messages == []


def _press_tab_until_focused(tab: Tab, selector: str) -> None:
    for _ in range(80):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"{selector} is not reachable by Tab")


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "dark"), (320, "light")]
)
def test_every_admin_page_is_accessible_and_fits(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str
) -> None:
    draft, review, live = (
        factories.draft_brief(team),
        factories.signed_brief(team),
        factories.live_brief(team),
    )
    workflow.add_note(review, "看一下", by=team.reviewer, bullet=1)
    workflow.claim("https://example.org/a", by=team.writer)
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    results: dict[str, Any] = {}
    signed_out = Tab(chromium, live_server.url, None, **options)
    signed_out.open("/admin/login/")
    results["login"] = (
        signed_out.accessibility_violations(),
        signed_out.horizontal_overflow() > 0,
        signed_out.console_messages,
    )
    tab = Tab(chromium, live_server.url, set_language(team.publisher, "zh-hant"), **options)
    keyword = load_content(draft).facts.keywords[0]
    for address in (
        "/admin/",
        "/admin/briefs/brief/",
        "/admin/briefs/brief/add/",
        "/admin/briefs/brief/upload/",
        f"/admin/briefs/keyword/{keyword}/change/",
        "/admin/briefs/term/add/",
        "/admin/briefs/sitetext/add/",
        *(f"/admin/briefs/brief/{b.pk}/change/" for b in (draft, review, live)),
        *(
            f"/admin/briefs/brief/{review.pk}/{verb}/"
            for verb in ("approve", "send_back", "publish_urgently")
        ),
        *(f"/admin/briefs/brief/{live.pk}/{verb}/" for verb in ("withdraw", "remove")),
    ):
        tab.open(address)
        results[address] = (
            tab.accessibility_violations(),
            tab.horizontal_overflow() > 0,
            list(tab.console_messages),
        )
    assert {address: result for address, result in results.items() if result != ([], False, [])} == {}


def test_csp_violations_are_recorded(chromium: Any, live_server: Any, team: factories.Team) -> None:
    """The other tests rely on violations appearing in `tab.console_messages`."""
    tab = Tab(chromium, live_server.url, team.writer)
    tab.page.evaluate(
        "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))"
    )
    with tab.page.expect_console_message(lambda message: "CSP img-src" in message.text):
        tab.page.evaluate(
            "document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.example/x.png'}))"
        )
    assert any("CSP style-src" in line for line in tab.console_messages)
    assert any("CSP img-src" in line for line in tab.console_messages)


def read_aloud(tab: Tab) -> list[tuple[str, str, str]]:
    """Return role, name and the rest of each part in the order in which a screen reader meets it."""
    tree = tab.page.locator("body").aria_snapshot()
    print(f"\n{tree}")  # noqa: T201
    return re.findall(r"^ *- '?([a-z]+)(?: \"((?:[^\"\\]|\\.)*)\")?'?:?(.*)", tree, re.MULTILINE)


@pytest.mark.parametrize(
    "page", ["change", *(pytest.param(p, marks=pytest.mark.heavy) for p in ("review", "home"))]
)
def test_screen_reader_hears_rows_margins_and_headings_in_order(
    chromium: Any, live_server: Any, team: factories.Team, page: str
) -> None:
    texts = (Bullet(0, "限制,以晶片。", "A limit of 5 chips."), Bullet(0, "第二點。", "A second point."))
    brief = factories.submitted_brief(team, factories.content(bullets=texts))
    workflow.add_note(brief, "看一下", by=team.reviewer, bullet=1)
    person = set_language(team.writer if page == "change" else team.reviewer, "en")
    tab = Tab(chromium, live_server.url, person, viewport={"width": 1440, "height": 900})
    if page != "home":
        tab.brief(brief, page)
        tab.page.locator("#b1 .finding").first.wait_for(state="attached")
        tab.page.locator("#b1 .cell :is(textarea, .words)").first.click()  # its margin shows everything
        tab.wait_for_layout()
    parts = read_aloud(tab)
    names = [f"{part}, {side}" for part in ("Headline", "Summary") for side in ("Chinese", "English")]
    names += [
        f"{side} {n}" if page == "change" else f"Bullet {n}, {side}"
        for n in (1, 2)
        for side in ("Chinese", "English")
    ]
    cells = [name for role, name, _ in parts if role in ("textbox", "group") and name in names]
    assert cells == (names if page != "home" else [])
    margins = [name for role, name, _ in parts if role == "group" and name.startswith("Margin")]
    rows = ("Headline", "Summary", "Bullet 1", "Bullet 2") if page != "home" else ()
    assert margins == [f"Margin: {row}" for row in rows]
    items = {name for _, name, _ in parts}
    wanted = {"Note: reviewer", "5 appears in the English only. Is it missing from the Chinese?"}
    assert page == "home" or wanted <= items, items
    levels = [int(rest.partition("[level=")[2][0]) for role, _, rest in parts if role == "heading"]
    assert (levels.count(1), levels[0]) == (1, 1)
    assert max(b - a for a, b in pairwise(levels)) <= 1, "a level of headings is left out"
    landmarks = [(role, name) for role, name, _ in parts if role in ("region", "complementary", "navigation")]
    assert len({*landmarks}) == len(landmarks) < 10
    controls = ("button", "link", "textbox", "combobox", "checkbox", "group")
    assert [part for part in parts if part[0] in controls and not (part[1] or part[2].strip())] == []
