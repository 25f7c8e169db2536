"""Work with what stands beside a row: findings and their repairs, suggestions, notes, terms and earlier translations."""

from briefs import workflow
from briefs.content import Bullet, hash_json
from briefs.models import Brief, Dismissal, Suggestion, Term
from briefs.tests.derived.test_translation_memory import EN as REMEMBERED_EN
from briefs.tests.derived.test_translation_memory import ZH as REMEMBERED_ZH
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content
from briefs.workflow import originals
from briefs.workflow.review_comments import TextAnchor

from .editor_driver import EN, OpenTab, stored_texts

pytestmark = browser_tabs.pytestmark
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def suggest(team: factories.Team, brief: Brief, number: int, text: str) -> None:
    was = next(bullet for bullet in load_content(brief).bullets if bullet.number == number).text_en
    workflow.review_comments.suggest(
        brief, TextAnchor("bullet", number), "en", text, by=team.reviewer, seen=hash_json(was)
    )


FAULTY = (
    Bullet(0, "限制,以芯片。", "A limit on chips.", level_zh=1),
    Bullet(0, "芯片,也。", "Chips in 10-15 places, too."),
    Bullet(0, "第三點。", "The third point."),
)
CODES = """() => [...document.querySelectorAll(".finding[data-id]")].map((item) =>
  `${item.closest(".pair")?.id} ${item.dataset.code}`)"""
FOCUSED_FINDING = """() => {
  const item = document.activeElement.closest(".finding");
  return `${item?.closest(".pair")?.id} ${item?.dataset.code}`;
}"""


def test_writer_repairs_and_dismisses_findings(open_tab: OpenTab, team: factories.Team) -> None:
    brief = factories.draft_brief(team, factories.content(bullets=FAULTY))
    tab = open_tab(team.writer, brief, viewport=WIDE)
    page = tab.page
    style = page.locator(".findings-past[data-row=style]")
    codes = ["b1 structure", "b2 numbers", "b2 numbers"]
    codes += [f"undefined {code}" for code in ("mainland", "punctuation", "mainland", "dashes")]
    tab.expect_read(CODES, codes)
    expect(page.locator("#b1 mark")).to_have_count(2)
    expect(page.locator("#desk-flag")).to_have_text("3 to check")
    expect(style.locator(".finding").first).to_be_hidden()
    style.locator("summary").click()
    assert tab.faults() == []
    # A repair of one place or of all is one step to undo.
    page.focus("[name=text_zh-b1]")
    style.locator(".finding[data-code=punctuation] button", has_text="2").click()
    expect(page.locator(".finding[data-code=punctuation]")).to_have_count(0)
    tab.expect_texts(
        ["限制，以芯片。", "A limit on chips."],
        ["芯片，也。", FAULTY[1].text_en],
        ["第三點。", "The third point."],
    )
    tab.expect_state("saved")
    page.focus("[name=text_zh-b1]")
    tab.press("Control+z")
    expect(page.locator("[name=text_zh-b1]")).to_have_value(FAULTY[0].text_zh)
    tab.press("Control+y")
    expect(page.locator("[name=text_zh-b1]")).to_have_value("限制，以芯片。")
    # The structure of one language is copied to the other.
    page.locator("#b1 .finding[data-code=structure] button").first.click()
    expect(page.locator(".finding[data-code=structure]")).to_have_count(0)
    tab.expect_state("saved")
    assert load_content(brief).bullets[0].level_en == 1
    # Everything plain at once; what needs judgement stays.
    page.locator("#desk-fix", has_text="directly").press("Enter")
    expect(page.locator("#desk-fix")).to_be_hidden()
    tab.expect_focus("[name=headline_zh]")
    tab.expect_state("saved")
    assert [zh for zh, _ in stored_texts(brief)] == ["限制，以晶片。", "晶片，也。", "第三點。"]
    page.evaluate("document.activeElement.blur()")
    tab.press("Control+z")
    expect(page.locator(".finding[data-code=mainland]")).to_have_count(2)
    # F8 goes from finding to finding; one is dismissed with a reason, which a save leaves alone, and is brought back.
    page.focus("[name=text_zh-b2]")
    for key, finding in (
        *[("F8", "b2 numbers")] * 2,
        ("Shift+F8", "b2 numbers"),
        ("F8", "b2 numbers"),
        ("F8", "undefined undefined"),
        *[("F8", "undefined mainland")] * 2,
    ):
        tab.press(key)
        tab.expect_read(FOCUSED_FINDING, finding)
    style.locator(".finding[data-code=mainland] .dismiss").last.focus()
    tab.press("Enter")
    tab.expect_focus(".reason input")
    tab.press("Escape")
    tab.expect_focus(".findings-past .finding .dismiss")
    tab.press("Enter")
    tab.expect_focus(".reason input")
    tab.type("A bra")
    with page.expect_response("**/news/"):  # what the save changed, the last that comes to the page
        page.evaluate(
            "() => { const area = document.querySelector('[name=text_en-b3]'); area.value += ' More.';"
            " area.dispatchEvent(new InputEvent('input', {bubbles: true})); }"
        )
    tab.expect_state("saved")
    tab.wait_for_layout()
    expect(page.locator(".reason input:focus")).to_have_value("A bra")
    tab.type("nd")
    tab.press("Enter")
    past = page.locator("#b2 .findings-past")
    expect(past).to_have_count(1)
    assert Dismissal.objects.get().reason == "A brand"
    page.focus("[name=text_zh-b2]")
    past.locator("summary").click()
    expect(past.locator(".why")).to_contain_text("A brand")
    assert tab.faults() == []
    past.locator("button").click()
    expect(style.locator(".finding[data-code=mainland]")).to_have_count(2)
    assert not Dismissal.objects.filter(undone_at=None).exists()
    # Enter on a finding repairs it, Escape leads back to the text.
    page.focus("[name=text_zh-b2]")
    tab.press("F8", "F8", "F8", "F8", "F8")
    tab.expect_read(FOCUSED_FINDING, "undefined mainland")
    tab.press("Enter")
    expect(page.locator("[name=text_zh-b2]")).to_have_value("晶片，也。")
    tab.press("F8", "Escape")
    tab.expect_focus(".pair .cell textarea")


def test_writer_inserts_offered_words_and_accepts_a_suggestion(
    open_tab: OpenTab, team: factories.Team
) -> None:
    """On a phone, where a margin is a dot until it is opened."""
    factories.live_brief(team, factories.content(bullets=(Bullet(0, REMEMBERED_ZH, REMEMBERED_EN),)))
    Term.make(zh="關鍵礦產", en="critical minerals")
    rows = (
        Bullet(0, "關鍵礦產。", "The EU buys , too."),
        Bullet(0, REMEMBERED_ZH.replace("年底前", "上半年"), one_sided="So"),
        Bullet(0, "第三點。", "The third point."),
    )
    brief = factories.submitted_brief(team, factories.content("二", bullets=rows))
    suggest(team, brief, 3, "A better point.")
    tab = open_tab(team.writer, brief, viewport=PHONE)
    page = tab.page

    def open_margin(row: str, item: str) -> None:
        page.focus(f"[name=text_zh-{row}]")
        expect(page.locator(f"#{row} {item}")).to_be_attached()
        page.locator(f"#{row} .margin").click()
        expect(page.locator(f"#{row} {item}")).to_be_visible()

    # The glossary's rendering, where the cursor was.
    page.focus("[name=text_en-b1]")
    page.evaluate("document.activeElement.setSelectionRange(12, 12)")
    open_margin("b1", ".rail .term.missing")
    page.locator("#b1 .rail .term.missing button").press("Enter")
    expect(page.locator("[name=text_en-b1]")).to_have_value("The EU buys critical minerals, too.")
    expect(page.locator("#b1 .rail .missing")).to_have_count(0)
    # A sentence that was translated before.
    open_margin("b2", ".rail .match")
    match = page.locator("#b2 .rail .match")
    expect(match.locator("mark").first).to_be_attached()
    expect(match.locator("a")).to_have_attribute("href", f"/admin/briefs/brief/{brief.pk - 1}/change/#b1")
    assert tab.faults() == []
    match.locator("button").click()
    expect(page.locator("[name=text_en-b2]")).to_have_value(REMEMBERED_EN)
    expect(match).to_have_count(0)
    tab.save()
    tab.press("Control+z")
    expect(page.locator("[name=text_en-b2]")).to_have_value("")
    # A suggestion: what is typed elsewhere is saved first, and the answer is one step to undo.
    page.fill("[name=text_zh-b1]", "還沒存。")
    open_margin("b3", ".suggestion")
    page.locator("#b3 [value^='accept:']").click()
    expect(page.locator("#b3 .suggestion")).to_have_count(0)
    expect(page.locator("[name=text_en-b3]")).to_have_value("A better point.")
    tab.expect_state("saved")
    assert Suggestion.objects.get().answer == "accepted"
    one, _, three = load_content(brief).bullets
    assert (one.text_zh, three.text_en) == ("還沒存。", "A better point.")
    page.focus("[name=text_en-b3]")
    tab.press("Control+z")
    expect(page.locator("[name=text_en-b3]")).to_have_value("The third point.")
    tab.save()
    assert load_content(brief).bullets[2].text_en == "The third point."
    assert tab.overflow() == []


LAYER = """() => [...document.querySelectorAll("#b2 .cell[data-side=en] .proposal")].map((layer) =>
  [layer.innerText.trim(), ...["ins", "del"].map((tag) => [...layer.querySelectorAll(tag)].map((part) => part.textContent))])"""


def test_suggestion_is_previewed_in_the_cell_while_its_row_is_in_use(
    open_tab: OpenTab, team: factories.Team
) -> None:
    """The text, the caret and what is stored stay as they are."""
    brief = factories.submitted_brief(team)
    suggest(team, brief, 2, "A better point 0.")
    tab = open_tab(team.writer, brief, viewport=WIDE)
    page = tab.page
    english = page.locator("[name=text_en-b2]")
    whole = [["PointA better point 0.", ["A better point"], ["Point"]]]
    tab.expect_read(LAYER, [])
    page.focus("[name=text_zh-b2]")
    tab.expect_read(LAYER, whole)
    expect(english).to_have_css("color", "rgba(0, 0, 0, 0)")
    assert tab.faults() == []
    english.focus()  # while one writes, the words keep their places
    english.evaluate("area => area.setSelectionRange(3, 3)")
    tab.expect_read(LAYER, [["Point 0.", [""], ["Point"]]])
    expect(english).not_to_have_css("color", "rgba(0, 0, 0, 0)")
    page.hover("#b2 .suggestion")
    tab.expect_read(LAYER, whole)
    page.mouse.move(0, 0)
    tab.expect_cursor(1, EN, 3)
    tab.type("s")  # another text: the suggestion no longer fits
    tab.expect_read(LAYER, [])
    tab.press("Control+z")
    expect(page.locator("#b2 .cell[data-side=en] .proposal")).to_have_count(1)
    expect(english).to_have_value("Point 0.")


def test_writer_answers_notes_that_appear_on_the_open_page(open_tab: OpenTab, team: factories.Team) -> None:
    rows = tuple(Bullet(0, zh, en) for zh, en in (("甲。", "One."), ("乙。", "Two."), ("丙。", "Three.")))
    brief = factories.submitted_brief(team, factories.content(bullets=rows))
    tab = open_tab(team.writer, brief, viewport=WIDE)
    page = tab.page
    note = workflow.reviewing.add_note(brief, "Which one?", by=team.reviewer, bullet=2)
    tab.poll()
    expect(page.locator(f"#b2 #note-{note.pk}")).to_contain_text("Which one?")
    page.focus("[name=text_zh-b2]")
    tab.press("F8")
    tab.expect_focus(f"#note-{note.pk}, #note-{note.pk} *")
    tab.press("r")
    tab.expect_focus(f"#reply-{note.pk}")
    page.keyboard.type("The second, X and R too.")
    tab.press("Control+Enter")
    expect(page.locator(f"#note-{note.pk} .reply")).to_contain_text("The second, X and R too.")
    page.focus(f"#note-{note.pk}")
    tab.press("x")
    expect(page.locator(f"#note-{note.pk}.past")).to_be_attached()
    tab.expect_focus("[name=text_zh-b2]")
    note.refresh_from_db()
    assert note.resolved_by == team.writer
    # Notes stand at their rows; those that are resolved are folded. A mail links to one.
    for text, place in (("Too long.", {"field": "summary", "side": "en"}), ("Why?", {"bullet": 1})):
        linked = workflow.reviewing.add_note(brief, text, by=team.reviewer, **place)
    workflow.send_back(brief, by=team.reviewer, note="Which plan?", sides=("en",))
    tab.brief(brief, query=f"#note-{linked.pk}")
    expect(page.locator(f"#summary #note-{linked.pk - 1}")).to_contain_text("Too long.")
    expect(page.locator(f"#b1 #note-{linked.pk} .words")).to_be_visible()
    assert tab.faults() == []
    for number in (linked.pk - 1, linked.pk):
        page.locator(f"#note-{number}").focus()
        tab.press("x")
        expect(page.locator(f"#note-{number}.past")).to_be_attached()
    # The last answer is said at once, without waiting for the next poll, and leaves the focus in place.
    expect(page.locator("#step")).to_contain_text("1 note to answer")
    with tab.hold("**/pulse/"):
        page.locator(".whole .item.note:not(.past)").focus()
        tab.press("x")
        expect(page.locator("#step")).not_to_contain_text("note to answer")
        tab.expect_focus(".whole > .act > summary")
    assert tab.overflow() == []


def test_writer_keeps_passages_of_the_original_by_keyboard(open_tab: OpenTab, team: factories.Team) -> None:
    rows = (
        Bullet(0, "去年港口的貨物約4,000萬噸。", "The port took 40 million tons of cargo last year."),
        Bullet(0, "央行應在秋季前升息。", "The bank should raise rates before autumn."),
    )
    brief = factories.draft_brief(team, factories.content(bullets=rows))
    Term.make(zh="港口", en="port")
    passages = "The port handled about 40 million tons of cargo last year.", "“We have no second crane,” he said when the storm had passed."  # fmt: skip
    originals.paste_original(brief, "\n".join(passages), by=team.writer)
    tab = open_tab(team.writer, brief, viewport=WIDE)
    page = tab.page
    page.focus("[name=text_en-b1]")
    expect(page.locator("#b1 .rail .match")).to_have_count(2)
    expect(page.locator("#b1 .rail")).not_to_contain_text("Unsure")
    tab.press("F8", "Enter")
    expect(page.locator("[name=passage-b1]")).to_have_value(passages[0])
    expect(page.locator("#b1 .rail .match")).to_have_count(0)
    page.focus("[name=text_en-b2]")
    expect(page.locator("#b2 .rail")).to_contain_text("Unsure: none of them clearly says this.")
    tab.press("F8", "ArrowRight", "Escape")
    tab.expect_focus("[name=text_en-b2]")
    expect(page.locator("[name=passage-b2]")).to_have_value("")
    assert tab.faults() == []
    page.set_viewport_size(PHONE)
    assert tab.overflow() == []
    tab.expect_state("saved")
    assert load_content(brief).bullets[0].passage == passages[0]
