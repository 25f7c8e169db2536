"""Run the editor's row commands in a browser as pure functions, on random rows."""

import random
from dataclasses import asdict, replace
from pathlib import Path

from briefs.bilingual.text.content_merge import merge
from briefs.content import Bullet, Content
from briefs.tests.support import browser_tabs

from .editor_driver import OpenTab

pytestmark = browser_tabs.pytestmark
DRIVER = Path(__file__).with_name("commands.js").read_text(encoding="utf-8")


MERGE_AS_PAGE = """async (cases) => {
  const { isChangedByBoth, mergeRows } = await import("/static/briefs/desk/editor/merge_form.js");
  return cases.map(([sent, mine, theirs]) =>
    isChangedByBoth(...[mine, sent, theirs].map((rows) => ({ fields: {}, rows }))) ? null : mergeRows(mine, sent, theirs));
}"""


CASES = """async () => {
  const { EMPTY_ROW, pastePairs, withEmptyLast } = await import("/static/briefs/desk/editor/commands.js");
  const { History } = await import("/static/briefs/desk/editor/history.js");
  const { mergeRows } = await import("/static/briefs/desk/editor/merge_form.js");
  const row = (key, text_zh, text_en, more) => ({ ...EMPTY_ROW, key, text_zh, text_en, ...more });
  const read = (rows) => rows.map((r) => [r.key, r.text_zh, r.text_en, r.level_zh, r.passage].join(" ").trim());
  const sent = [row("b1", "一", "One"), row("b2", "二", "Two"), row("b3", "三", "Three")];
  const mine = [row("b1", "一改", "One"), row("n1", "", ""), row("b2", "二", "Two"), row("b3", "三", "Three")];
  const theirs = [row("b3", "三", "Three!"), row("b1", "一", "One!", { level_zh: 1 }), row("b9", "九", "Nine")];
  const noted = withEmptyLast([row("n1", "", "", { passage: "¶" })], null);
  const history = new History({ fields: {}, rows: noted });
  history.did({ fields: {}, rows: withEmptyLast([row("n1", "", "")], null) });
  const pair = { zh: { text: "一" }, en: { text: "One" } };
  return {
    merged: read(mergeRows(mine, sent, theirs)),
    rows: noted.length,
    undone: read(history.undo()?.rows ?? [])[0],
    pasted: read(pastePairs(noted, 0, "zh", [pair]).rows)[0],
  };
}"""


def change_rows(rng: random.Random, rows: tuple[Bullet, ...], new: int) -> tuple[Bullet, ...]:
    """Return the rows after a few changes: words, level, marker, passage, reason, a move, and perhaps a new row."""
    changed = list(rows)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(changed))
        one = changed.pop(at)
        name, value = rng.choice(
            [("text_zh", f"改{new}。"), ("text_en", f"Changed {new}."), ("level_zh", 1), ("level_en", 1), ("marker_en", "number"), ("passage", f"¶ {new}"), ("one_sided", f"因{new}"), ("text_zh", one.text_zh)]
        )  # fmt: skip
        changed.insert(rng.choice([at, at, rng.randrange(len(changed) + 1)]), replace(one, **{name: value}))
    if rng.random() < 0.4:
        changed.insert(rng.randrange(len(changed) + 1), Bullet(new, f"新{new}。", f"New {new}."))
    return tuple(changed)


def test_commands_lose_no_text_and_page_and_server_merge_alike(open_tab: OpenTab) -> None:
    page = open_tab(at="/admin/login/").page
    report = page.evaluate(f"({DRIVER})(2000, 7)")
    assert report["faults"] == []
    assert report["ran"] >= 10_000
    assert min(report["each"].values()) > 300, report["each"]
    # What only one of two people changed is merged by the page; the server must store what the page shows.
    rng, base = random.Random(34), tuple(Bullet(n, f"第{n}點。", f"Point {n}.") for n in range(1, 6))
    cases = [(base, change_rows(rng, base, 50), change_rows(rng, base, 60)) for _ in range(400)]
    as_rows = [
        [[{**asdict(one), "key": f"b{one.number}"} for one in rows] for rows in case] for case in cases
    ]
    compared = 0
    for case, shown in zip(cases, page.evaluate(MERGE_AS_PAGE, as_rows), strict=True):
        stored = merge(*(Content(bullets=rows) for rows in case))
        if shown is None or stored.conflict_keys:
            continue
        compared += 1
        assert shown == [{**asdict(one), "key": f"b{one.number}"} for one in stored.content.bullets], case
    assert compared > 100
    # Of the other person, what is new and what was moved or deleted comes; a note survives undo and pasting.
    assert page.evaluate(CASES) == {
        "merged": ["b3 三 Three! 0", "b1 一改 One! 1", "n1   0", "b9 九 Nine 0"],
        "rows": 2,
        "undone": "n1   0 ¶",
        "pasted": "n1 一 One 0 ¶",
    }
