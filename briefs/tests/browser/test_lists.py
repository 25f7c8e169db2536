"""Find briefs and rows of the vocabulary in the lists and the palette of the desk, by keyboard, and act on them."""

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Issue, Keyword, State
from briefs.tests.support import browser_tabs, factories, issue_factories
from briefs.tests.support.browser_tabs import expect

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark
FIELD = "#palette input"
OPTION = "#palette [role=option]"


def test_briefs_are_found_filtered_and_acted_on_by_keyboard_alone(
    open_tab: OpenTab, team: factories.Team
) -> None:
    """Among 2,000 briefs: `/` finds two, a filter leaves one, `x` and the bar assign and submit it, `e` opens it."""
    texts = [factories.content(headline_zh=f"極地航道{n}", headline_en=f"Polar route {n}") for n in "12"]
    wanted, other = (factories.draft_brief(team, text) for text in texts)
    workflow.submit(other, by=team.writer, version=other.version)
    now = timezone.now()
    Brief.objects.bulk_create(
        Brief(updated_by=team.writer, headline_zh=f"第 {n} 篇", headline_en=f"Brief {n}", updated_at=now, created_at=now)
        for n in range(1998)
    )  # fmt: skip
    tab = open_tab(team.writer, "/admin/briefs/brief/")
    page = tab.page
    tab.press("/")
    page.keyboard.type("polar")
    tab.press("Enter")
    page.wait_for_url("**q=polar*")
    rows, counter = page.locator("#result_list tbody tr"), page.locator(".bulk b")
    expect(rows).to_have_count(2)
    page.locator(".filters > summary").focus()
    tab.press("Enter", "Tab", "Enter")
    tab.press_tab_until(".filters a[href*='state=draft']")
    tab.press("Enter")
    page.wait_for_url("**state=draft*")
    expect(rows).to_have_count(1)
    expect(page.locator(".filters > summary")).to_have_text("Filter: Draft")
    tab.press("j", "x")
    rows.locator(".action-select").focus()
    tab.press("Enter")  # opens the brief, and presses no button of the bar
    page.wait_for_url(f"**/brief/{wanted.pk}/change/")
    page.go_back()
    expect(counter).to_have_text("1 selected")
    page.locator(".bulk [value=assign_to]").focus()
    tab.press("Enter")
    page.get_by_label("Person").select_option(label=str(team.other_writer))
    page.get_by_role("button", name="Assign").focus()
    tab.press("Enter")
    expect(page.locator(".done-list")).to_be_visible()
    wanted.refresh_from_db()
    assert wanted.assigned_to == team.other_writer
    page.get_by_role("link", name="Back to the list").click()
    expect(rows).to_have_count(1)
    tab.press("j", "x")
    expect(counter).to_have_text("1 selected")
    page.locator(".bulk [value=submit_briefs]").focus()
    tab.press("Enter")
    expect(page.locator(".done-list")).to_be_visible()
    wanted.refresh_from_db()
    assert wanted.state == State.IN_REVIEW
    tab.open("/admin/briefs/brief/?q=polar&o=1")
    expect(rows).to_have_count(2)
    tab.press("j", "j", "k", "e")
    page.wait_for_url(f"**/brief/{other.pk}/change/")


def test_keyword_is_mended_from_the_list_and_saving_leads_back(
    open_tab: OpenTab, team: factories.Team
) -> None:
    keyword = Keyword.make(label_zh="嚇阻", label_en="Deterence")
    Keyword.make(label_zh="同盟", label_en="Alliances")
    tab = open_tab(team.writer, "/admin/briefs/keyword/?q=deter")
    page = tab.page
    page.get_by_role("link", name="嚇阻").click()
    page.get_by_label("English label").fill("Alliances")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".edit-form .errorlist").first).to_be_visible()
    page.get_by_label("English label").fill("Deterrence")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**?q=deter")
    expect(page.locator(".messagelist")).to_be_visible()
    keyword.refresh_from_db()
    assert keyword.label_en == "Deterrence"


def test_palette_goes_everywhere_and_acts_on_the_open_brief(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.submitted_brief(team, factories.content(headline_en="The Drone Wall"))
    tab = open_tab(team.writer, "/admin/")
    page = tab.page
    selected = page.locator("#palette [aria-selected=true]")
    tab.press("Control+k")
    tab.expect_focus(FIELD)
    page.keyboard.type("drone")
    expect(page.locator(OPTION, has_text="The Drone Wall").first).to_be_visible()
    expect(page.locator(OPTION, has_text="Search the text")).to_be_visible()
    tab.press("ArrowDown")
    expect(selected).to_contain_text("Search the text")
    expect(page.locator(FIELD)).to_have_attribute("aria-activedescendant", str(selected.get_attribute("id")))
    assert tab.faults() == []
    tab.press("ArrowUp", "Enter")
    page.wait_for_url(f"**/brief/{brief.pk}/change/")
    page.click(".more-verbs")
    page.click("#find-link")
    tab.expect_focus(FIELD)
    page.keyboard.type("讀者來函")
    tab.press("Enter")  # before the results are there
    page.wait_for_url("**/briefs/letter/")
    # A brief that was begun on the open page, and an act, which saves what was just typed.
    tab.new_brief()
    page.fill("[name=headline_en]", "Begun just now")
    tab.save()
    tab.press("Control+k")
    expect(page.locator(OPTION, has_text="Begun just now").first).to_be_visible()
    expect(page.locator(OPTION, has_text="Discard").first).to_be_visible()
    draft = factories.draft_brief(team)
    tab.brief(draft)
    page.fill("[name=headline_en]", "Typed just now")
    tab.press("Control+k")
    tab.expect_focus(FIELD)
    page.keyboard.type("送審")
    expect(selected).to_contain_text("Submit for review")
    tab.press("Enter")
    tab.expect_done("Submitted for review.")
    draft.refresh_from_db()
    assert (draft.state, draft.headline_en) == (State.IN_REVIEW, "Typed just now")
    # In the palette no letter is a shortcut of the page; Escape gives the focus back.
    reviewer = open_tab(team.reviewer)
    reviewer.brief(brief, "review")
    reviewer.page.focus("#cell-summary-zh")
    reviewer.press("Control+k")
    expect(reviewer.page.locator(OPTION).first).to_be_visible()
    reviewer.page.keyboard.type("jns?")
    expect(reviewer.page.locator(FIELD)).to_have_value("jns?")
    reviewer.press("Escape")
    reviewer.expect_focus("#cell-summary-zh")
    # What stands folded in the menu is opened there.
    reviewer.press("Control+k")
    reviewer.page.fill(FIELD, "reviewer's card")
    reviewer.press("Enter")
    expect(reviewer.page.locator("#more-verbs .card[open] li").first).to_be_visible()


MENU = """() => [...document.querySelectorAll("#more-verbs :is(a, button, summary):not(#find-link, #desk-flag, :disabled)")]
  .filter((part) => getComputedStyle(part).display !== "none").map((part) => part.textContent.trim())"""
"""What can be chosen under ⋯, without the palette itself and the number of findings."""


@pytest.mark.parametrize(("role", "language"), [("writer", "en"), ("publisher", "zh-hant")])
def test_palette_has_all_that_is_under_more(
    open_tab: OpenTab, team: factories.Team, role: str, language: str
) -> None:
    live = factories.live_brief(team)
    if role == "writer":
        issue = issue_factories.draft_issue(team, live).pk
        addresses = [f"brief/{factories.draft_brief(team).pk}", f"issue/{issue}"]
    else:
        issue = issue_factories.published_issue(team, live).issue_id
        addresses = [f"brief/{factories.submitted_brief(team).pk}", f"brief/{live.pk}", f"issue/{issue}"]
    for address in addresses:
        tab = open_tab(getattr(team, role), f"/admin/briefs/{address}/change/", language=language)
        page = tab.page
        page.locator("#more-verbs").wait_for(state="attached")
        names = [name for name in page.evaluate(MENU) if name]
        assert names
        for name in names:
            tab.press("Control+k")
            page.fill(FIELD, name)
            expect(page.locator("#palette section:first-child [role=option]").first).to_contain_text(name)
            tab.press("Escape")


def test_new_issue_is_begun_from_the_palette(open_tab: OpenTab, team: factories.Team) -> None:
    tab = open_tab(team.writer, "/admin/", language="zh-hant")
    tab.press("Control+k")
    tab.page.keyboard.type("new issue")
    tab.press("Enter")
    tab.page.wait_for_url("**/briefs/issue/*/change/")
    assert Issue.objects.count() == 1
