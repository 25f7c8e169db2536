// Merge other people's saved changes into the form, cell by cell, from three states: `mine`, `sent`,
// `theirs`. A cell changed here since `sent` keeps its value, which the next save sends. Pure functions.

// The cells that the server merges, too.
const CELLS = [["text_zh"], ["level_zh", "marker_zh"], ["text_en"], ["level_en", "marker_en"], ["passage"], ["one_sided"]];

const same = (a, b, names) => names.every((name) => a[name] === b[name]);

function mergedRow(mine, sent, theirs) {
  const row = { ...mine };
  for (const names of CELLS) {
    if (same(mine, sent, names)) for (const name of names) row[name] = theirs[name];
  }
  return row;
}

const byKey = (rows) => new Map(rows.map((row) => [row.key, row]));
const ALL = CELLS.flat();

/** Return the order of the keys that all three states have, in each of them, as text. */
function ordersOf(...states) {
  const all = states.map((rows) => rows.map((row) => row.key));
  return all.map((keys) => keys.filter((key) => all.every((each) => each.includes(key))).join(" "));
}

/** Insert the keys of `more` missing from `order`, each after the key that precedes it in `like`. */
function woven(order, more, like) {
  const out = [...order];
  like.forEach((key, i) => {
    if (!more.has(key) || out.includes(key)) return;
    const before = like.slice(0, i).findLast((each) => out.includes(each));
    out.splice(before === undefined ? 0 : out.indexOf(before) + 1, 0, key);
  });
  return out;
}

export function mergeRows(mine, sent, theirs) {
  const [here, then, there] = [byKey(mine), byKey(sent), byKey(theirs)];
  const rows = new Map();
  for (const [key, row] of there) {
    if (!here.has(key)) {
      if (!then.has(key)) rows.set(key, row); // add their new rows, but not rows deleted here
    } else {
      rows.set(key, then.has(key) ? mergedRow(here.get(key), then.get(key), row) : here.get(key));
    }
  }
  for (const [key, row] of here) {
    if (there.has(key)) continue;
    const untouched = then.has(key) && same(row, then.get(key), ALL);
    const blank = !row.text_zh.trim() && !row.text_en.trim(); // the server drops blank rows
    if (!untouched || blank) rows.set(key, row);
  }
  const [own, was] = ordersOf(mine, sent, theirs);
  const [lead, other] = own === was ? [theirs, mine] : [mine, theirs];
  const known = new Set(rows.keys());
  const order = lead.map((row) => row.key).filter((key) => known.has(key));
  return woven(order, known, other.map((row) => row.key)).map((key) => rows.get(key));
}

const isContested = (mine, sent, theirs) => mine !== sent && theirs !== sent && mine !== theirs;

/**
 * Return whether a text, a cell or the order was changed both here since it was sent and by others: the server has to
 * merge it first.
 */
export function isChangedByBoth(mine, sent, theirs) {
  const [then, there] = [byKey(sent.rows), byKey(theirs.rows)];
  const shared = mine.rows.filter((row) => then.has(row.key) && there.has(row.key));
  const cells = shared.flatMap((row) => {
    const versions = [row, then.get(row.key), there.get(row.key)];
    return CELLS.map((names) => versions.map((each) => JSON.stringify(names.map((name) => each[name]))));
  });
  const leads = Object.keys(sent.fields).map((name) => [mine, sent, theirs].map((state) => state.fields[name]));
  return [ordersOf(mine.rows, sent.rows, theirs.rows), ...leads, ...cells].some((values) => isContested(...values));
}

function mergeFields(mine, sent, theirs) {
  const out = { ...mine };
  for (const name of Object.keys(theirs)) {
    if (mine[name] === sent[name]) out[name] = theirs[name];
  }
  return out;
}

/** Merge states of the form {fields, rows}. */
export function mergeStates(mine, sent, theirs) {
  return {
    ...mine,
    fields: mergeFields(mine.fields, sent.fields, theirs.fields),
    rows: mergeRows(mine.rows, sent.rows, theirs.rows),
  };
}
