// Random commands over random rows. Within each language no character is lost, added or reordered (white space aside),
// but by a move or a paste; keys stay unique; no command changes its input. Run by test_commands.py.
async (rounds, seed) => {
  const act = await import("/static/briefs/desk/editor/commands.js");
  const random = (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
  const flat = (rows, side) => rows.map((row) => row[`text_${side}`]).join("").replace(/\s/g, "");
  const sorted = (text) => [...text].sort().join("");
  const notes = (rows) => sorted(rows.map((row) => row.passage + row.one_sided).join("").replace(/\s/g, ""));
  const zh = "甲乙丙丁。戊己,庚辛。壬癸AI子丑";
  const en = "One two. Three, four U.S. five. Six";
  const any = (list) => list[random(list.length)];
  const make = (i) => ({
    key: `b${i}`,
    level_zh: random(3),
    level_en: random(3),
    marker_zh: any(["bullet", "number"]),
    marker_en: any(["bullet", "number"]),
    text_zh: random(4) ? zh.slice(random(5)) + i : "",
    text_en: random(4) ? en.slice(random(9)) + i : "",
    passage: random(3) ? "" : `p${i}`,
    one_sided: random(4) ? "" : `o${i}`,
  });
  const arguments_ = (name, rows, side, length) =>
    ({
      split: [side, random(length + 1)],
      splitBoth: [side, random(length + 1)],
      indent: [any([["zh"], ["en"], ["zh", "en"]]), any([1, -1])],
      toggleMarker: [[side]],
      moveTo: [random(rows.length + 1), side],
      pasteLines: [side, length, length, [{ text: "x" }, { text: "y", marker: "number", depth: 1 }, { text: "z" }]],
    })[name] ?? [side];
  const names =
    "split splitBoth merge shiftUp shiftDown joinSide indent toggleMarker add moveUp moveDown moveTo pasteLines".split(" ");
  const told = { ran: 0, refused: 0, faults: [], each: Object.fromEntries(names.map((name) => [name, 0])) };
  const fault = (...what) => told.faults.length < 5 && told.faults.push(what.join(" "));

  function judge(name, side, before, rows, result) {
    if (JSON.stringify(rows) !== before) fault(name, "changed its input");
    const moves = name.startsWith("move");
    for (const each of act.SIDES) {
      const [was, is] = [flat(rows, each), flat(result.rows, each)];
      const added = name === "pasteLines" && each === side;
      const kept = moves || added ? sorted(is) === sorted(added ? `${was}xyz` : was) : was === is;
      if (!kept) fault(name, side, each, before, JSON.stringify(result.rows));
    }
    if (notes(rows) !== notes(result.rows)) fault(name, "lost a passage", before);
    if (new Set(result.rows.map((row) => row.key)).size !== result.rows.length) fault(name, "a key twice");
    if (result.focus && !result.rows.some((row) => row.key === result.focus.key)) fault(name, "focus on nothing");
  }

  function undoesDown(rows, i, side, result) {
    const isFull = rows.slice(i).every((row) => row[`text_${side}`].trim()) && !rows.some(act.isBlank);
    if (!isFull) return;
    const texts = (list) => JSON.stringify(list.map((row) => [row.text_zh, row.text_en]));
    if (texts(act.shiftUp(result.rows, i + 1, side).rows) !== texts(rows)) fault("up does not undo down");
  }

  for (let round = 0; round < rounds; round++) {
    let rows = Array.from({ length: 1 + random(6) }, (_, i) => make(i));
    for (let step = 0; step < 12; step++) {
      const i = random(rows.length);
      const side = any(act.SIDES);
      const name = any(names);
      const before = JSON.stringify(rows);
      const result = act[name](rows, i, ...arguments_(name, rows, side, rows[i][`text_${side}`].length));
      if (result.refused) {
        told.refused++;
        continue;
      }
      judge(name, side, before, rows, result);
      if (name === "shiftDown") undoesDown(rows, i, side, result);
      rows = result.rows;
      told.ran++;
      told.each[name]++;
    }
  }
  return told;
}
