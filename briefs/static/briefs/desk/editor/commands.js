// The editor's commands, as pure functions on rows: (rows, i, …) → {rows, focus, message} or {refused}.
//
// A row is {key, level_zh, marker_zh, text_zh, level_en, marker_en, text_en, passage, one_sided}. The key
// identifies the bullet: existing rows keep theirs, new rows get a new one. `message` names the message to show,
// with its values.

export const SIDES = ["zh", "en"];
const MAX_LEVEL = 2;

const HAN_END = /[\u3000-\u9fff\uff00-\uffef」』]\s*$/;
const HAN_START = /^\s*[\u3000-\u9fff\uff00-\uffef「『]/;
const SENTENCE_END = /[。！？；](?=.)|[.!?;]\s+(?=\S)/gs;
const CLAUSE_END = /[，、,]\s*(?=\S)/gs;

export const otherSide = (side) => (side === "zh" ? "en" : "zh");

/** Return `n` and 32 hex digits. Browsers offer `crypto.randomUUID` only over https. */
export function newKey() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return `n${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const text = (row, side) => row[`text_${side}`];
export const isEmptyCell = (row, side) => !text(row, side).trim();
const level = (row, side) => row[`level_${side}`];

export const isBlank = (row) => SIDES.every((side) => isEmptyCell(row, side));

/** Return whether nothing is written in a row, neither text nor notes. Only such a row may be dropped. */
export const isEmpty = (row) => isBlank(row) && !row.passage.trim() && !row.one_sided.trim();

export const EMPTY_ROW = {
  level_zh: 0,
  marker_zh: "bullet",
  text_zh: "",
  level_en: 0,
  marker_en: "bullet",
  text_en: "",
  passage: "",
  one_sided: "",
};

/** Build a row from posted fields. `structure_*` is level and marker: `1-number`. */
export function parseRow({ key, passage = "", one_sided = "", ...fields }) {
  const row = { key, passage, one_sided };
  for (const side of SIDES) {
    const [level, marker] = (fields[`structure_${side}`] ?? "0-bullet").split("-");
    Object.assign(row, { [`level_${side}`]: Number(level), [`marker_${side}`]: marker });
    row[`text_${side}`] = fields[`text_${side}`] ?? "";
  }
  return row;
}

/** Return an empty row with a new key and the levels and markers of `like`. */
function born(like) {
  return { ...like, key: newKey(), text_zh: "", text_en: "", passage: "", one_sided: "" };
}

/** Return one language of a row: level, marker and text. They move together. */
function cell(row, side) {
  return {
    [`level_${side}`]: level(row, side),
    [`marker_${side}`]: row[`marker_${side}`],
    [`text_${side}`]: text(row, side),
  };
}

const replaced = (rows, i, row) => rows.with(i, row);
const inserted = (rows, i, ...more) => rows.toSpliced(i, 0, ...more);
const without = (rows, i) => rows.toSpliced(i, 1);
const focusOn = (row, side, caret = 0) => ({ key: row.key, side, caret });

function joinTexts(a, b) {
  const [left, right] = [a.trimEnd(), b.trimStart()];
  if (!left || !right) return left || right;
  return HAN_END.test(left) || HAN_START.test(right) ? left + right : `${left} ${right}`;
}

/** Return the source passage and the one-sidedness reason of two merged rows. */
function joinedNotes(a, b) {
  return { passage: joinTexts(a.passage, b.passage), one_sided: joinTexts(a.one_sided, b.one_sided) };
}

/** Remove row `i`, whose text has moved away. Its notes go to the row above. */
function dropped(rows, i) {
  const above = rows[i - 1];
  const kept = above ? replaced(rows, i - 1, { ...above, ...joinedNotes(above, rows[i]) }) : rows;
  return without(kept, i);
}

/**
 * Return the rows with one empty row at their end and no other, but the one with the key `kept`: that of the row which
 * has the focus. The empty last row has the levels and markers of the row above.
 */
export function withEmptyLast(rows, kept) {
  const empty = rows.findLast((row, i) => isEmpty(row) && (i === rows.length - 1 || row.key !== kept));
  const full = rows.filter((row) => row !== empty && (!isEmpty(row) || row.key === kept));
  if (empty && empty.key === kept) return [...full, empty];
  return [...full, { ...born(full.at(-1) ?? EMPTY_ROW), key: empty?.key ?? newKey() }];
}

// Enter and split

/**
 * Enter. Inside a text, the rest goes down its side. At its end, the caret goes down to the side where this row was
 * begun: into the next row, or into a new pair if that cell has text.
 */
export function enter(rows, i, side, caret, begun) {
  if (text(rows[i], side).slice(caret).trim()) return split(rows, i, side, caret);
  const next = rows[i + 1];
  return next && isEmptyCell(next, begun) ? { rows, focus: focusOn(next, begun) } : add(rows, i, begun);
}

/** Ctrl+Enter: a new pair below, or the empty one that is there. */
export function addBelow(rows, i, begun) {
  const next = rows[i + 1];
  return next && isBlank(next) ? { rows, focus: focusOn(next, begun) } : add(rows, i, begun);
}

/**
 * Split one language at the caret. If the cell below is empty, the tail goes there, so that splitting 中文 and
 * then English makes one new pair, not two.
 */
export function split(rows, i, side, caret) {
  const row = rows[i];
  const next = rows[i + 1];
  const head = text(row, side).slice(0, caret);
  const tail = text(row, side).slice(caret);
  const kept = replaced(rows, i, { ...row, [`text_${side}`]: head.trimEnd() });
  const moved = { ...cell(row, side), [`text_${side}`]: tail.trimStart() };
  const falls = Boolean(next && isEmptyCell(next, side));
  const below = falls ? { ...next, ...moved } : { ...born(row), ...moved };
  return {
    rows: falls ? replaced(kept, i + 1, below) : inserted(kept, i + 1, below),
    focus: focusOn(below, side),
    message: ["did_split", { n: i + 1 }],
  };
}

/** Guess where the other language splits: at the sentence end closest to the same relative position. */
function findCounterpartBreak(from, caret, to) {
  const wanted = (caret / Math.max(1, from.length)) * to.length;
  for (const ends of [SENTENCE_END, CLAUSE_END]) {
    const places = [...to.matchAll(ends)].map((match) => match.index + match[0].length);
    if (places.length) {
      return places.reduce((best, place) =>
        Math.abs(place - wanted) < Math.abs(best - wanted) ? place : best,
      );
    }
  }
  return to.length;
}

/** Split both languages. Without `otherCaret` the split of the other language is guessed. */
export function splitBoth(rows, i, side, caret, otherCaret) {
  const row = rows[i];
  const twin = otherSide(side);
  const cuts = {
    [side]: caret,
    [twin]: otherCaret ?? findCounterpartBreak(text(row, side), caret, text(row, twin)),
  };
  const head = { ...row };
  const tail = born(row);
  for (const each of SIDES) {
    head[`text_${each}`] = text(row, each).slice(0, cuts[each]).trimEnd();
    tail[`text_${each}`] = text(row, each).slice(cuts[each]).trimStart();
  }
  return {
    rows: inserted(replaced(rows, i, head), i + 1, tail),
    focus: focusOn(tail, side),
    message: ["did_split", { n: i + 1 }],
  };
}

// Merge and join

/** Merge the next row into row `i`. An empty side takes over the next row's level and marker too. */
export function merge(rows, i, side = "zh") {
  const [upper, lower] = [rows[i], rows[i + 1]];
  if (!upper || !lower) return { refused: "no_next" };
  const one = { ...upper, ...joinedNotes(upper, lower) };
  for (const each of SIDES) {
    const falls = isEmptyCell(upper, each) && !isEmptyCell(lower, each);
    const whole = { [`text_${each}`]: joinTexts(text(upper, each), text(lower, each)) };
    Object.assign(one, falls ? cell(lower, each) : whole);
  }
  const seam = text(one, side).length - text(lower, side).trimStart().length;
  return {
    rows: without(replaced(rows, i, one), i + 1),
    focus: focusOn(one, side, Math.max(0, seam)),
    message: ["did_merge", { n: i + 1, m: i + 2 }],
  };
}

/** Append the next row's text in one language to row `i`, and move the rest of that language up. */
export function joinSide(rows, i, side) {
  const next = rows[i + 1];
  if (!next || isEmptyCell(next, side)) return { refused: "no_next" };
  const whole = joinTexts(text(rows[i], side), text(next, side));
  const joined = replaced(rows, i, { ...rows[i], [`text_${side}`]: whole });
  const emptied = replaced(joined, i + 1, { ...next, [`text_${side}`]: "" });
  const pulled = shiftUp(emptied, i + 1, side);
  const out = pulled.rows ?? (isBlank(emptied[i + 1]) ? dropped(emptied, i + 1) : emptied);
  return {
    rows: out,
    focus: focusOn(out[i], side, whole.length),
    message: ["did_join", { side, n: i + 1, m: i + 2 }],
  };
}

// Shift

/**
 * Move one language down by a row, from row `i` to the first empty cell; later rows do not change. Keys do
 * not move: they stay with the other language.
 */
export function shiftDown(rows, i, side) {
  if (isEmptyCell(rows[i], side)) return { refused: "at_edge" };
  const out = [...rows];
  let gap = rows.findIndex((row, j) => j > i && isEmptyCell(row, side));
  if (gap < 0) gap = out.push(born(rows.at(-1))) - 1;
  for (let j = gap; j > i; j--) out[j] = { ...out[j], ...cell(rows[j - 1], side) };
  out[i] = { ...out[i], [`text_${side}`]: "" };
  return {
    rows: out,
    focus: focusOn(out[i + 1], side),
    message: ["did_shift_down", { side, n: i + 1 }],
  };
}

/** Move one language up into the empty cell in or just above row `i`, from there to the next empty cell. */
export function shiftUp(rows, i, side) {
  const gap = isEmptyCell(rows[i], side) ? i : i - 1;
  const falls = rows[gap + 1];
  if (gap < 0 || !isEmptyCell(rows[gap], side) || !falls || isEmptyCell(falls, side)) return { refused: "no_gap" };
  let end = rows.findIndex((row, j) => j > gap && isEmptyCell(row, side));
  if (end < 0) end = rows.length;
  const out = [...rows];
  for (let j = gap; j < end - 1; j++) out[j] = { ...out[j], ...cell(rows[j + 1], side) };
  out[end - 1] = { ...out[end - 1], [`text_${side}`]: "" };
  return {
    rows: isBlank(out[end - 1]) ? dropped(out, end - 1) : out,
    focus: focusOn(out[gap], side),
    message: ["did_shift_up", { side, n: i + 1 }],
  };
}

// Move

/** Return the end (exclusive) of the block of a pair and the pairs nested under it on both sides. */
function blockEnd(rows, i) {
  let end = i + 1;
  while (rows[end] && SIDES.every((side) => level(rows[end], side) > level(rows[i], side))) end++;
  return end;
}

const sameLevels = (a, b) => SIDES.every((side) => level(a, side) === level(b, side));

/** Move a pair, with the pairs nested under it, to before the row that is now at `slot`. */
export function moveTo(rows, i, slot, side = "zh", caret = 0) {
  const end = blockEnd(rows, i);
  if (slot < 0 || slot > rows.length || (slot >= i && slot <= end)) return { refused: "at_edge" };
  const block = rows.slice(i, end);
  const rest = rows.toSpliced(i, block.length);
  const to = slot > i ? slot - block.length : slot;
  return {
    rows: inserted(rest, to, ...block),
    focus: focusOn(rows[i], side, caret),
    message: ["did_move", { n: i + 1, m: to + 1 }],
  };
}

/** Move a pair above the previous pair, or above the whole previous block if that has the same level. */
export function moveUp(rows, i, side, caret) {
  let slot = i - 1;
  for (let above = i - 1; above >= 0; above--) {
    if (sameLevels(rows[above], rows[i]) && blockEnd(rows, above) === i) slot = above;
    if (SIDES.some((each) => level(rows[above], each) <= level(rows[i], each))) break;
  }
  return moveTo(rows, i, slot, side, caret);
}

export function moveDown(rows, i, side, caret) {
  const end = blockEnd(rows, i);
  if (end >= rows.length) return { refused: "at_edge" };
  const slot = sameLevels(rows[end], rows[i]) ? blockEnd(rows, end) : end + 1;
  return moveTo(rows, i, slot, side, caret);
}

// Structure

export function indent(rows, i, sides, by) {
  const row = { ...rows[i] };
  for (const side of sides) {
    row[`level_${side}`] = Math.min(MAX_LEVEL, Math.max(0, level(row, side) + by));
  }
  if (sameLevels(row, rows[i])) return { refused: "at_edge" };
  const now = sides.map((side) => level(row, side) + 1);
  return {
    rows: replaced(rows, i, row),
    message: ["did_level", { n: i + 1, m: [...new Set(now)].join("/") }],
  };
}

export function toggleMarker(rows, i, sides) {
  const marker = rows[i][`marker_${sides[0]}`] === "bullet" ? "number" : "bullet";
  const row = { ...rows[i] };
  for (const side of sides) row[`marker_${side}`] = marker;
  return { rows: replaced(rows, i, row), message: ["number", {}] };
}

export function copyStructure(rows, from) {
  const to = otherSide(from);
  const copied = rows.map((row) => ({
    ...row,
    [`level_${to}`]: level(row, from),
    [`marker_${to}`]: row[`marker_${from}`],
  }));
  return { rows: copied, message: ["did_copy", {}] };
}

// Add and delete

export function add(rows, i, side = "zh") {
  const fresh = born(rows[i] ?? EMPTY_ROW);
  return { rows: inserted(rows, i + 1, fresh), focus: focusOn(fresh, side) };
}

export function remove(rows, i, side = "zh") {
  const near = rows[i - 1] ?? rows[i + 1];
  const caret = i && near ? text(near, side).length : 0;
  return {
    rows: without(rows, i),
    focus: near && focusOn(near, side, caret),
    message: ["did_remove", { n: i + 1 }],
  };
}

/**
 * Paste lines into one language at the caret, one row per line, filling empty cells below first. A line is
 * {text, marker, depth}. A line with a marker keeps it; `depth` is relative to the level of row `i`.
 */
export function pasteLines(rows, i, side, from, to, lines) {
  const whole = text(rows[i], side);
  const base = level(rows[i], side);
  const tail = whole.slice(to).trim();
  const head = joinTexts(whole.slice(0, from), lines[0].text);
  let out = replaced(rows, i, placed(rows[i], side, base, { ...(whole.trim() ? {} : lines[0]), text: head }));
  for (const line of [...lines.slice(1), ...(tail ? [{ text: tail }] : [])]) {
    if (!(out[i + 1] && isEmptyCell(out[i + 1], side))) out = add(out, i, side).rows;
    i += 1;
    out = replaced(out, i, placed(out[i], side, base, line));
  }
  return { rows: out, focus: focusOn(out[i], side, text(out[i], side).length - tail.length) };
}

/** Paste pairs below row `i`, the first into it if it is blank. A pair is {zh, en}, each a line. */
export function pastePairs(rows, i, side, pairs) {
  const base = { ...EMPTY_ROW, ...rows[i] };
  const fresh = pairs.map((pair) => {
    let row = born(base);
    for (const each of SIDES) {
      row = { ...row, [`text_${each}`]: pair[each].text };
      row[`level_${each}`] = pair[each].marker ? nested(level(base, each), pair[each]) : level(base, each);
      row[`marker_${each}`] = pair[each].marker ?? "bullet";
    }
    return row;
  });
  const isFree = rows[i] && isBlank(rows[i]);
  const { key, passage, one_sided } = base; // a free row keeps its notes
  if (isFree) Object.assign(fresh[0], { key, passage, one_sided });
  const out = isFree ? rows.toSpliced(i, 1, ...fresh) : inserted(rows, i + 1, ...fresh);
  const last = fresh.at(-1);
  return { rows: out, focus: focusOn(last, side, text(last, side).length), message: ["did_paste", { n: fresh.length }] };
}

const nested = (base, line) => Math.min(MAX_LEVEL, Math.max(0, base + line.depth));

/** Return the row with a pasted line. If the other language is empty, it gets the same level and marker. */
function placed(row, side, base, line) {
  const filled = { ...row, [`text_${side}`]: line.text };
  if (!line.marker) return filled;
  for (const each of isEmptyCell(row, otherSide(side)) ? SIDES : [side]) {
    filled[`marker_${each}`] = line.marker;
    filled[`level_${each}`] = nested(base, line);
  }
  return filled;
}

// Repairs

/** Apply a repair's edits, last first. Refuse all of them if a text is not what an edit expects. */
export function repair(state, edits) {
  const fields = { ...state.fields };
  const rows = state.rows.map((row) => ({ ...row }));
  for (const edit of [...edits].sort((a, b) => b.start - a.start)) {
    const row = rows.find((each) => each.key === edit.key);
    const box = row ?? fields;
    const name = row ? `text_${edit.side}` : `${edit.key}_${edit.side}`;
    if (box[name]?.slice(edit.start, edit.end) !== edit.was) return { refused: "stale" };
    box[name] = box[name].slice(0, edit.start) + edit.to + box[name].slice(edit.end);
  }
  return { fields, rows, message: ["did_fix", {}] };
}
