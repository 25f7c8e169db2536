"""Test that a brief's bar fits: roles, states, people, states of saving, widths and languages, measured in the browser."""

import itertools
import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from briefs.content import Bullet, Content
from briefs.models import Brief, Person
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.brief_states import STATES
from briefs.tests.support.browser_tabs import expect

from .editor_driver import EN, Editor

pytestmark = browser_tabs.pytestmark

WIDTHS = (1440, 1280, 1024, 390, 320)
SAVES = ("saved", "saving", "kept", "signin", "clash")
NAMES = ("陳雅筑", "Alexandra Featherstonehaugh", "周以恆", "何孟庭", "許家豪")
MEASURE = """async ([people, saves]) => {
  const bar = document.querySelector(".act-bar"), page = document.documentElement;
  const faults = () => {
    const out = [], main = bar.querySelector(".main-act"), more = bar.querySelector(".more-verbs");
    if (page.scrollWidth > page.clientWidth) out.push(`page scrolls ${page.scrollWidth}`);
    if (bar.scrollWidth > bar.clientWidth) out.push(`bar overflows ${bar.scrollWidth} > ${bar.clientWidth}`);
    const parts = [...bar.querySelectorAll("button, a, h1, .badge, .face, .progress, .words")]
      .filter((part) => part.checkVisibility() && !part.closest("[popover]"))
      .map((part) => [part, part.getBoundingClientRect()]).filter(([, box]) => box.width > 1);
    for (const wanted of [main, more]) {
      const box = parts.find(([part]) => part === wanted)?.[1];
      if (!box || box.left < 0 || box.right > page.clientWidth) out.push(`${wanted?.className} is not visible`);
      else if (!wanted.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2))) out.push(`${wanted.className} is covered`);
    }
    const name = ([part]) => part.className || part.id || part.tagName;
    for (const one of parts) if (one[1].left < 0 || one[1].right > page.clientWidth) out.push(`outside: ${name(one)}`);
    parts.forEach((one, i) => parts.slice(i + 1).forEach((other) => {
      const [[a, r], [b, s]] = [one, other];
      if (a.contains(b) || b.contains(a) || (a.matches(".face") && b.matches(".face"))) return;
      if (r.left < s.right - 1 && s.left < r.right - 1 && r.top < s.bottom - 1 && s.top < r.bottom - 1) out.push(`overlap: ${name(one)} / ${name(other)}`);
    }));
    return out;
  };
  const timersRan = () => new Promise((done) => setTimeout(done));
  await new Promise(requestAnimationFrame); // the window has its new width; what follows changes only what layout computes
  await timersRan();
  if (!document.getElementById("desk-who")) return [["read only", 0, faults()]];
  const folder = document.querySelector("script[src*='/desk/']:is([src*='editor.js'], [src*='review.js'])").src.replace(/desk\\/.*/, "desk/editor/");
  const [{ PeopleHere }, { StatusDisplay }] = await Promise.all([import(`${folder}presence.js`), import(`${folder}status.js`)]);
  const status = document.getElementById("desk-save") && new StatusDisplay(document.getElementById("brief-form"), () => {});
  const shown = new PeopleHere(), out = [];
  for (const save of status ? saves : ["review"]) {
    status?.state(save);
    for (let n = 0; n <= people.length; n += 1) {
      shown.show(people.slice(0, n).map((name) => ({ name, initial: name[0] })));
      await timersRan();
      out.push([save, n, faults()]);
    }
  }
  return out;
}"""

type State = tuple[str, str, str, int]
"""Language, state, role, and width of the window."""


def measure(tab: Editor, width: int) -> list[tuple[str, int, list[str]]]:
    tab.page.set_viewport_size({"width": width, "height": 800})
    return [tuple(row) for row in tab.page.evaluate(MEASURE, [NAMES, SAVES])]


def measure_all(
    chromium: Any, site: str, team: factories.Team, cases: Iterable[tuple[str, str, str]]
) -> Iterator[tuple[State, Any]]:
    briefs: dict[str, Brief] = {}
    for language, state, role in cases:
        brief = briefs.setdefault(state, STATES[state](team)) if state not in briefs else briefs[state]
        tab = Editor(chromium, site, getattr(team, role), language)
        pages = ["change", "review"] if state in ("in review", "ready") else ["change"]
        for page in pages:
            tab.page.goto(f"{site}/admin/briefs/brief/{brief.pk}/{page}/")
            tab.wait_until_ready()
            for width in WIDTHS:
                for row in measure(tab, width):
                    yield (language, f"{state}, {page}", role, width), row
        assert tab.unexpected_messages() == []
        tab.page.context.close()


def report_and_assert(rows: Iterable[tuple[State, Any]]) -> None:
    faults = []
    count = 0
    for (language, state, role, width), (save, people, found) in rows:
        count += 1
        if found:
            faults.append((language, state, role, width, save, people, found))
    print(f"\n{count} states of the bar, {len(faults)} with a fault")  # noqa: T201
    assert faults == []


@pytest.mark.heavy
def test_bar_fits_in_every_state(chromium: Any, live_server: Any, team: factories.Team) -> None:
    """Take each state and role in one of the languages, or in both if the environment asks for all."""
    acts = list(itertools.product(STATES, ("writer", "reviewer", "publisher")))
    chinese, english = (acts, acts) if "TEST_ALL_BAR_STATES" in os.environ else (acts[::2], acts[1::2])
    cases = [*(("zh-hant", *act) for act in chinese), *(("en", *act) for act in english)]
    report_and_assert(measure_all(chromium, live_server.url, team, cases))


def test_bar_fits_where_it_is_fullest(chromium: Any, live_server: Any, team: factories.Team) -> None:
    cases = [("en", "in review", "publisher"), ("zh-hant", "draft", "writer"), ("en", "live", "publisher")]
    report_and_assert(measure_all(chromium, live_server.url, team, cases))


def test_saved_fades_and_trouble_does_not(chromium: Any, live_server: Any, team: factories.Team) -> None:
    tab = Editor(chromium, live_server.url, team.writer, viewport={"width": 1440, "height": 800})
    tab.page.clock.install()
    tab.brief(factories.draft_brief(team))
    words = tab.page.locator("#desk-save .words")
    words.wait_for()
    tab.page.clock.run_for(21_000)
    save = tab.page.locator("#desk-save")
    assert save.evaluate("save => getComputedStyle(save).opacity") == "0"
    assert tab.page.locator("#desk-save").get_attribute("aria-label").startswith("Saved ")
    tab.page.route("**/autosave/", lambda route: route.abort())
    tab.focus_cell(0, EN)
    tab.insert_text(" More.")
    tab.page.clock.run_for(3_000)
    tab.wait_for_state("kept")
    tab.page.clock.run_for(60_000)
    expect(words).to_be_visible()
    assert "The network is down" in tab.page.locator("#desk-trouble").inner_text()
    tab.page.context.close()


def test_headline_in_the_bar_follows_the_field(chromium: Any, live_server: Any, team: factories.Team) -> None:
    tab = Editor(chromium, live_server.url, team.writer)
    tab.brief(factories.draft_brief(team))
    tab.page.fill("[name=headline_en]", "Another headline")
    expect(tab.page.locator("h1")).to_have_text(["Another headline"])
    tab.save()
    tab.page.context.close()


REST = """() => {
  const isSeen = (part) => part.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const parts = [...document.querySelectorAll("a[href], button, summary, [role=button]")].filter((part) => {
    const box = part.getBoundingClientRect();
    return isSeen(part) && box.width > 1 && box.bottom > 0 && box.top < innerHeight;
  });
  const text = document.querySelector(".lead-headline .cell :is(textarea, .words)");
  const top = text.getBoundingClientRect().top + parseFloat(getComputedStyle(text).paddingTop);
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  const count = stops.filter((part) => part.tabIndex >= 0 && !part.disabled && isSeen(part)).length;
  return [Math.round(top), parts.map((part) => part.id || part.className || part.textContent.trim()), count];
}"""
"""Where the first text begins, in px, the controls on the screen while nothing has the focus, and the stops of the Tab key."""
TEXT_BEGINS = 160
MOST_STOPS = 45
"""For writing twelve points."""
MOST_CONTROLS = {"writing": 20, "reading": 8}


def long_content(address: str) -> Content:
    """Twelve points of usual length with things to check, and an article with an address."""
    zh, en = (
        "作者指出,可信賴供應鏈的關鍵在於飛控晶片、馬達與電池。",
        "The key lies in flight-control chips, motors, and batteries. ",
    )
    facts = factories.facts(
        url=f"https://example.org/{address}", title="Who Builds the Drones?", language="en", access="free"
    )
    return factories.content(
        facts=facts, bullets=tuple(Bullet(0, f"{n}{zh * 2}", f"{n} {en * 2}") for n in range(12))
    )


def changed_in_review(team: factories.Team, text: Content) -> Brief:
    """The reviewer signed, and a text was changed since: only that is shown, with the answer below it."""
    brief = factories.submitted_brief(team, text)
    factories.sign_off(brief, team.reviewer, "en")
    return factories.edit(brief, team.writer, headline_en="Another Headline")


def review_of_sole_publisher(team: factories.Team, text: Content) -> Brief:
    """What the publisher writes becomes a suggestion."""
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    return STATES["in review"](team, text)


@pytest.mark.heavy
def test_page_of_a_brief_is_calm_in_every_state(
    chromium: Any, live_server: Any, team: factories.Team
) -> None:
    faults = []
    states = {**STATES, "changed": changed_in_review, "one publisher": review_of_sole_publisher}
    for n, (state, role) in enumerate(itertools.product(states, ("writer", "reviewer", "publisher"))):
        brief = states[state](team, long_content(str(n)))
        tab = Editor(chromium, live_server.url, getattr(team, role), ("en", "zh-hant")[n % 2])
        for view, width in itertools.product(("write", "review"), (1440, 390)):
            tab.page.set_viewport_size({"width": width, "height": 900})
            tab.page.goto(f"{tab.site}/admin/briefs/brief/{brief.pk}/change/?view={view}")
            tab.wait_until_ready()
            tab.page.evaluate("document.activeElement.blur()")
            tab.wait_for_layout()
            top, controls, stops = tab.page.evaluate(REST)
            mode = "reading" if tab.page.locator(".reading").count() else "writing"
            is_full = len(controls) > MOST_CONTROLS[mode] and width == 1440
            is_long = stops > MOST_STOPS and mode == "writing"
            if top > TEXT_BEGINS or is_full or is_long:
                faults.append((state, role, mode, width, top, controls, stops))
        tab.page.context.close()
    assert faults == []
