// Apply random commands to random rows and report faults. Within each language no character (except white space) may be
// lost, added or reordered, unless the command moves or pastes; keys stay unique; no command changes its input.
// Run by test_commands.py.
async (rounds, seed) => {
  const commands = await import("/static/briefs/desk/editor/commands.js");
  const random = (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
  const joinedText = (rows, side) => rows.map((row) => row[`text_${side}`]).join("").replace(/\s/g, "");
  const sorted = (text) => [...text].sort().join("");
  const notes = (rows) => sorted(rows.map((row) => row.passage + row.one_sided).join("").replace(/\s/g, ""));
  const zh = "甲乙丙丁。戊己,庚辛。壬癸AI子丑";
  const en = "One two. Three, four U.S. five. Six";
  const pick = (list) => list[random(list.length)];
  const makeRow = (i) => ({
    key: `b${i}`,
    level_zh: random(3),
    level_en: random(3),
    marker_zh: pick(["bullet", "number"]),
    marker_en: pick(["bullet", "number"]),
    text_zh: random(4) ? zh.slice(random(5)) + i : "",
    text_en: random(4) ? en.slice(random(9)) + i : "",
    passage: random(3) ? "" : `p${i}`,
    one_sided: random(4) ? "" : `o${i}`,
  });
  const arguments_ = (name, rows, side, length) =>
    ({
      split: [side, random(length + 1)],
      splitBoth: [side, random(length + 1)],
      enter: [side, random(length + 1), pick(["zh", "en"])],
      indent: [pick([["zh"], ["en"], ["zh", "en"]]), pick([1, -1])],
      toggleMarker: [[side]],
      moveTo: [random(rows.length + 1), side],
      pasteLines: [side, length, length, [{ text: "x" }, { text: "y", marker: "number", depth: 1 }, { text: "z" }]],
    })[name] ?? [side];
  const names =
    "enter addBelow split splitBoth merge shiftUp shiftDown joinSide indent toggleMarker add moveUp moveDown moveTo pasteLines".split(" ");
  const report = { ran: 0, refused: 0, faults: [], each: Object.fromEntries(names.map((name) => [name, 0])) };
  const fault = (...what) => report.faults.length < 5 && report.faults.push(what.join(" "));

  function checkResult(name, side, before, rows, result) {
    if (JSON.stringify(rows) !== before) fault(name, "changed its input");
    const moves = name.startsWith("move");
    for (const each of commands.SIDES) {
      const [was, is] = [joinedText(rows, each), joinedText(result.rows, each)];
      const added = name === "pasteLines" && each === side;
      const isIntact = moves || added ? sorted(is) === sorted(added ? `${was}xyz` : was) : was === is;
      if (!isIntact) fault(name, side, each, before, JSON.stringify(result.rows));
    }
    if (notes(rows) !== notes(result.rows)) fault(name, "lost a passage", before);
    if (new Set(result.rows.map((row) => row.key)).size !== result.rows.length) fault(name, "duplicate key");
    if (result.focus && !result.rows.some((row) => row.key === result.focus.key)) fault(name, "focus on a missing row");
  }

  function checkUpUndoesDown(rows, i, side, result) {
    const isFull = rows.slice(i).every((row) => row[`text_${side}`].trim()) && !rows.some(commands.isBlank);
    if (!isFull) return;
    const texts = (list) => JSON.stringify(list.map((row) => [row.text_zh, row.text_en]));
    if (texts(commands.shiftUp(result.rows, i + 1, side).rows) !== texts(rows)) fault("up does not undo down");
  }

  for (let round = 0; round < rounds; round++) {
    let rows = Array.from({ length: 1 + random(6) }, (_, i) => makeRow(i));
    for (let step = 0; step < 12; step++) {
      const i = random(rows.length);
      const side = pick(commands.SIDES);
      const name = pick(names);
      const before = JSON.stringify(rows);
      const result = commands[name](rows, i, ...arguments_(name, rows, side, rows[i][`text_${side}`].length));
      if (result.refused) {
        report.refused++;
        continue;
      }
      checkResult(name, side, before, rows, result);
      if (name === "shiftDown") checkUpUndoesDown(rows, i, side, result);
      rows = result.rows;
      report.ran++;
      report.each[name]++;
    }
  }
  return report;
}
