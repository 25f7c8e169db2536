"""Find briefs and rows of the vocabulary in the lists and the palette of the desk, by keyboard, and act on them."""

from briefs import workflow
from briefs.models import Issue, State
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark
FIELD = "#palette input"
OPTION = "#palette [role=option]"


def test_briefs_are_found_filtered_and_acted_on_by_keyboard_alone(
    open_tab: OpenTab, team: factories.Team
) -> None:
    """`/` finds two of three, a filter leaves one, `x` and the bar assign and submit it, `e` opens it."""
    texts = [factories.content(headline_zh=f"極地航道{n}", headline_en=f"Polar route {n}") for n in "12"]
    wanted, other = (factories.draft_brief(team, text) for text in texts)
    workflow.submit(other, by=team.writer, version=other.version)
    factories.draft_brief(team)
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
    expect(page.locator(".filters a[href*='state=draft']")).to_be_visible()
    assert tab.faults("menu of filters") == []
    tab.press_tab_until(".filters a[href*='state=draft']")
    tab.press("Enter")
    page.wait_for_url("**state=draft*")
    expect(rows).to_have_count(1)
    expect(page.locator(".filters > summary")).to_have_text("Filter: Draft")
    tab.press("j", "x")
    expect(counter).to_have_text("1 selected")
    assert tab.faults_by_width_and_colours("bulk bar") == []
    page.locator(".bulk [value=submit_briefs]").focus()
    tab.press("Enter")
    expect(page.locator(".done-list")).to_be_visible()
    assert tab.faults_by_width_and_colours("answers") == []
    wanted.refresh_from_db()
    assert wanted.state == State.IN_REVIEW
    tab.open("/admin/briefs/brief/?q=polar&o=1")
    expect(rows).to_have_count(2)
    tab.press("j", "j", "k", "e")
    page.wait_for_url(f"**/brief/{other.pk}/change/")


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
    expect(page.locator("#more-verbs")).to_be_visible()
    assert tab.faults_by_width_and_colours("more verbs") == []
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
    # On the page of a brief, too, a new issue is begun, by its name in the other language.
    tab.press("Control+k")
    page.keyboard.type("新增一期")
    tab.press("Enter")
    page.wait_for_url("**/briefs/issue/*/change/")
    assert Issue.objects.count() == 1
