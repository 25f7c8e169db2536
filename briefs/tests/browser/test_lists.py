"""Test the dashboard and the lists of the desk in a browser: filters, keys, rows that open in place, bulk acts."""

from typing import Any

import pytest
from django.utils import timezone

from briefs import webhooks, workflow
from briefs.models import Brief, Keyword, Person, Presence, Proposal, SavedFilter, Term
from briefs.tests.admin.lists.test_desk_list import list_desk_lists
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import Tab, expect, set_language

pytestmark = browser_tabs.pytestmark
LIST = "/admin/briefs/brief/"


@pytest.fixture
def team() -> factories.Team:
    """Return a team with a brief in every section of the dashboard."""
    team = factories.Team()
    draft = factories.draft_brief(team, factories.content(headline_en=""))
    factories.submitted_brief(team)
    urgent = factories.draft_brief(team)
    workflow.publish_urgently(urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war")
    factories.approve(factories.signed_brief(team), team.publisher, at=factories.tomorrow())
    workflow.claim(
        "https://example.org/a-long-address/of-an-article", by=team.writer, due_on=timezone.localdate()
    )
    Presence.objects.create(brief=draft, person=team.reviewer, seen_at=timezone.now())
    return team


SIZES = [(1280, "light", "en"), (1024, "dark", "zh-hant"), (390, "dark", "en"), (320, "light", "zh-hant")]


@pytest.mark.parametrize(("width", "scheme", "language"), SIZES)
def test_dashboard_and_brief_list_in_use_are_accessible_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    size = {"width": width, "height": 900}
    person = set_language(team.writer, language)
    tab = Tab(chromium, live_server.url, person, viewport=size, color_scheme=scheme)
    page, results = tab.page, {}

    def check(label: str) -> None:
        page.wait_for_load_state("networkidle")
        results[label] = (tab.accessibility_violations(), max(0, tab.horizontal_overflow()))

    check("front page")
    expect(page.locator(".waiting li")).to_have_count(2)
    expect(page.locator(".week ul")).to_have_count(3)
    tab.open(LIST)
    check("list")
    page.locator(".filters > summary").click()
    page.locator(".filters .menu summary").first.click()
    check("menu of filters")
    page.locator(".filters a[href*='state=draft']").click()
    check("filtered")
    page.locator(".saved-filters summary").click()
    check("naming a filter")
    page.locator(".saved-filters [name=name]").fill("Drafts")
    page.keyboard.press("Enter")
    page.locator(".saved-filters [aria-current]").wait_for()
    page.locator(".saved-filters summary").click()
    check("saved")
    page.locator("#rows [type=checkbox]").first.check()
    check("bulk bar")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.locator("#rows .edit-form").wait_for()
    check("row form")
    page.keyboard.press("Escape")
    page.locator(".bulk [value=submit_briefs]").click()
    page.locator(".done-list").wait_for()
    check("answers")
    assert {label: result for label, result in results.items() if result != ([], 0)} == {}
    assert SavedFilter.objects.get().query == "state=draft"
    assert tab.console_messages == []


def test_briefs_are_found_filtered_and_acted_on_by_keyboard_alone(chromium: Any, live_server: Any) -> None:
    """Among 2,000 briefs: `/` finds two, a filter leaves one, `e` assigns it, `x` and the bar submit it."""
    team = factories.Team()
    wanted, other = (
        factories.draft_brief(
            team, factories.content(headline_zh=f"極地航道{n}", headline_en=f"Polar route {n}")
        )
        for n in "12"
    )
    workflow.submit(other, by=team.writer, version=other.version)
    Brief.objects.bulk_create(
        Brief(
            updated_by=team.writer,
            headline_zh=f"第 {n} 篇",
            headline_en=f"Brief {n}",
            updated_at=timezone.now(),
            created_at=timezone.now(),
        )
        for n in range(1998)
    )
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    page, press = tab.page, tab.page.keyboard.press
    tab.open(LIST)
    press("/")
    page.keyboard.type("polar")
    press("Enter")
    page.wait_for_url("**q=polar*")
    expect(page.locator("#rows > .row")).to_have_count(2)
    page.locator(".filters > summary").focus()
    press("Enter")
    press("Tab")
    press("Enter")
    for _ in range(2):
        press("Tab")
    press("Enter")
    page.wait_for_url("**state=draft*")
    expect(page.locator("#rows > .row")).to_have_count(1)
    press("j")
    press("e")
    page.locator("#rows .edit-form").wait_for()
    page.keyboard.type(team.other_writer.username)
    press("Control+Enter")
    page.locator("#rows .edit-form").wait_for(state="detached")
    assert Brief.objects.get(pk=wanted.pk).assigned_to == team.other_writer
    press("x")
    page.locator(".bulk").wait_for()
    assert page.locator(".bulk b").text_content() == "1 selected"
    page.locator(".bulk [value=submit_briefs]").focus()
    press("Enter")
    page.locator(".done-list").wait_for()
    assert Brief.objects.get(pk=wanted.pk).state == "in_review"
    assert tab.console_messages == []


@pytest.mark.parametrize("is_public", [False, True])
def test_keyword_is_mended_or_proposed_with_two_clicks(
    chromium: Any, live_server: Any, is_public: bool
) -> None:
    team = factories.Team()
    keyword = Keyword.make(label_zh="嚇阻", label_en="Deterence")
    if is_public:
        factories.live_brief(team, factories.content(facts=factories.facts(keywords=(keyword.pk,))))
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.open("/admin/briefs/keyword/?q=deter")
    page = tab.page
    page.get_by_role("link", name="Deterence").click()
    page.get_by_label("English label").fill("Deterrence")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".messagelist").wait_for()
    page.wait_for_url("**?q=deter")
    assert Keyword.objects.get(pk=keyword.pk).label_en == ("Deterence" if is_public else "Deterrence")
    assert Proposal.objects.count() == is_public
    assert page.locator(f"#row-{keyword.pk}").evaluate("row => row === document.activeElement")
    assert tab.console_messages == []


def test_row_with_an_error_stays_open_and_says_why(chromium: Any, live_server: Any) -> None:
    team = factories.Team()
    Keyword.make(label_zh="嚇阻", label_en="Deterrence")
    Keyword.make(label_zh="同盟", label_en="Alliances")
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"))
    tab.open("/admin/briefs/keyword/")
    page = tab.page
    page.get_by_role("link", name="Alliances").click()
    page.get_by_label("English label").fill("Deterrence")
    page.keyboard.press("Control+Enter")
    page.locator("#rows .edit-form .errorlist").first.wait_for()
    assert tab.accessibility_violations() == []
    page.keyboard.press("Escape")
    expect(page.locator("#rows .edit-form")).to_have_count(0)
    assert Keyword.objects.filter(label_en="Alliances").exists()


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "zh-hant"), (1024, "light", "en"), (390, "dark", "zh-hant"), (320, "dark", "en")],
)
def test_every_list_and_its_forms_are_accessible_and_fit(
    chromium: Any, live_server: Any, team: factories.Team, width: int, scheme: str, language: str
) -> None:
    root = Person.objects.create_superuser("root", password="pw", is_staff=True, name="Root")
    keyword = Keyword.make(label_zh="嚇阻", label_en="Deterence")
    Term.make(zh="灰色地帶", en="gray zone", avoid_zh=["灰色區域"])
    factories.live_brief(team, factories.content(facts=factories.facts(keywords=(keyword.pk,))))
    keyword.label_en = "Deterrence"
    workflow.save_vocabulary_row(keyword, by=team.writer)
    webhooks.create("https://partner.example/hook", by=root, now=timezone.now())
    size = {"width": width, "height": 900}
    tab = Tab(chromium, live_server.url, set_language(root, language), viewport=size, color_scheme=scheme)
    results = {}
    pages = [
        *list_desk_lists(),
        f"briefs/keyword/{keyword.pk}/change/",
        f"briefs/keyword/{keyword.pk}/history/",
        "password_change/",
    ]
    pages += [
        f"briefs/person/{root.pk}/change/",
        f"briefs/person/{root.pk}/password/",
        "briefs/source/add/",
        "briefs/",
    ]
    for path in pages:
        tab.open(f"/admin/{path}")
        if tab.page.locator("#rows a.t[data-edit]").count():
            tab.page.locator("#rows a.t[data-edit]").first.click()
            tab.page.locator("#rows .edit-form").wait_for()
        results[path] = (tab.accessibility_violations(), max(0, tab.horizontal_overflow()))
    assert {path: result for path, result in results.items() if result != ([], 0)} == {}
    assert tab.console_messages == []


def test_lists_work_without_javascript(chromium: Any, live_server: Any, team: factories.Team) -> None:
    """A filter is a link, the form of a row is its page, and the bulk bar is at the bottom."""
    Keyword.make(label_zh="嚇阻")
    tab = Tab(chromium, live_server.url, set_language(team.writer, "en"), java_script_enabled=False)
    page = tab.page
    tab.open("/admin/briefs/keyword/")
    page.locator(".filters > summary").click()
    page.locator(".filters .menu summary").first.click()
    page.get_by_role("link", name="No English label").click()
    expect(page.locator(".chip")).to_have_count(1)
    page.locator("#rows a.t").click()
    page.get_by_label("English label").fill("Deterrence")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**missing=en**")
    assert Keyword.objects.get(label_zh="嚇阻").label_en == "Deterrence"
    page.locator(".chip").click()
    page.wait_for_load_state()
    expect(page.locator(".chip")).to_have_count(0)
    tab.open(f"{LIST}?state=draft")
    page.locator("#rows [type=checkbox]").last.check()
    page.locator(".bulk [value=submit_briefs]").click()
    expect(page.locator(".done-list").first).to_be_visible()
