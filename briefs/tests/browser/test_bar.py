"""Measure the page of a brief in every state: its bar fits, and no more is shown at rest than a writer needs."""

import itertools
from typing import Any

from briefs.content import Bullet, Content
from briefs.models import Brief
from briefs.tests.support import browser_tabs, factories
from briefs.tests.support.brief_states import STATES

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark

WIDTHS = (1440, 1024, 390, 320)
SAVES = ("saved", "kept", "signin")
NAMES = ("陳雅筑", "Alexandra Featherstonehaugh", "周以恆", "何孟庭", "許家豪")
ROLES = ("writer", "reviewer", "publisher")
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
    for (const n of [0, 1, 2, people.length]) {
      shown.show(people.slice(0, n).map((name) => ({ name, initial: name[0] })));
      await timersRan();
      out.push([save, n, faults()]);
    }
  }
  return out;
}"""


REST = """() => {
  const end = document.querySelector(".writing") ? Infinity : innerHeight;
  const isSeen = (part) => part.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const parts = [...document.querySelectorAll("a[href], button, summary, [role=button]")].filter((part) => {
    const box = part.getBoundingClientRect();
    return isSeen(part) && box.width > 1 && box.bottom > 0 && box.top < end;
  });
  const text = document.querySelector(".lead-headline .cell :is(textarea, .words)");
  const top = text.getBoundingClientRect().top + parseFloat(getComputedStyle(text).paddingTop);
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  const count = stops.filter((part) => part.tabIndex >= 0 && !part.disabled && isSeen(part)).length;
  return [Math.round(top), parts.map((part) => part.id || part.className || part.textContent.trim()), count];
}"""
"""Where the first text begins, in px, the controls while nothing has the focus, and the stops of the Tab key. Of a page for
writing all controls count, of a page for reading those on the screen."""
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


def test_page_of_a_brief_fits_and_is_calm_in_every_state(open_tab: OpenTab, team: factories.Team) -> None:
    """Each role in each state, with states of saving and people beside; views and languages take turns."""
    faults: list[Any] = []
    states = {**STATES, "changed": changed_in_review}
    tabs = {role: open_tab(getattr(team, role)) for role in ROLES}
    for n, (state, role) in enumerate(itertools.product(states, ROLES)):
        tab = tabs[role]
        browser_tabs.set_language(getattr(team, role), ("en", "zh-hant")[n % 2])
        tab.brief(states[state](team, long_content(str(n))), query=f"?view={('write', 'review')[n % 4 // 2]}")
        tab.page.evaluate("document.activeElement.blur()")
        mode = "reading" if tab.page.locator(".reading").count() else "writing"
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 900})
            tab.wait_for_layout()
            top, controls, stops = tab.page.evaluate(REST)
            is_low = top > TEXT_BEGINS and width in (1440, 390)
            is_full = len(controls) > MOST_CONTROLS[mode] and width == 1440
            if is_low or is_full or (stops > MOST_STOPS and mode == "writing"):
                faults.append((state, role, mode, width, top, controls, stops))
            bars = tab.page.evaluate(MEASURE, [NAMES, SAVES])
            faults += [(state, role, mode, width, *bar) for bar in bars if bar[2]]
    assert faults == []
