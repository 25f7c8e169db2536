// Read the brief form as it would be posted, compare and parse such entries, and merge stored facts into the
// form.

import { parseRow } from "./editor/commands.js";
import { announce } from "./dom.js";

// Fields that belong to the page, not to the brief. A change in them is nothing to save.
const NOT_WORDS =
  /^(csrfmiddlewaretoken|version|base|page|against|client_key|draft|do|iso|note|finding|undo|plan|(seen[_-]|note[_-]|reply-|suggest-|why-|take-|citation|reason-).*)$/;

/** Return [name, value] of the fields to save, in page order, without files. */
export function readTypedFields(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_WORDS.test(name));
}

export const isTypedField = (name) => Boolean(name) && !NOT_WORDS.test(name);

export const fingerprint = (entries) => JSON.stringify(entries);

/** A fingerprint without the keys of rows: a new row gets another key when it is saved. */
export function fingerprintIgnoringKeys(entries) {
  return JSON.stringify(
    entries.map(([name, value]) => [name.replace(/-[a-z][0-9a-f]+$/, ""), GROUP_NAMES.includes(name) ? "" : value]),
  );
}

const ROW_KEY = /-([a-z][0-9a-f]+)$/;
const ROW_STATE = /^(structure_|deleted-|id-|was-)/;

/** Leave out rows in which nothing is written: adding one is nothing to save. */
export function withoutBlankRows(entries) {
  const keyOf = ([name, value]) => (GROUP_NAMES.includes(name) ? value : name.match(ROW_KEY)?.[1]);
  const written = ([name, value]) => !GROUP_NAMES.includes(name) && !ROW_STATE.test(name) && value.trim();
  const rows = new Set(entries.filter(([name]) => GROUP_NAMES.includes(name)).map(keyOf));
  const full = new Set(entries.filter(written).map(keyOf));
  return entries.filter((entry) => !rows.has(keyOf(entry)) || full.has(keyOf(entry)));
}

const GROUPS = { author: "authors", keyword: "keywords" };
const GROUP_NAMES = ["bullet", "author", "keyword"];

/** Group entries into {fields, bullets, authors, keywords}. Every value is text. */
export function parseFormState(entries) {
  const values = new Map(entries);
  const rowsOf = (group) => entries.filter(([name]) => name === group).map(([, key]) => rowOf(key));
  const rowOf = (key) => {
    const row = { key };
    for (const [name, value] of values) {
      if (name.endsWith(`-${key}`)) row[name.slice(0, -key.length - 1)] = value;
    }
    return row;
  };
  const fields = {};
  for (const [name, value] of entries) {
    if (!name.includes("-") && !GROUP_NAMES.includes(name)) fields[name] = value;
  }
  return { fields, bullets: rowsOf("bullet"), authors: rowsOf("author"), keywords: rowsOf("keyword") };
}

const LEADS = ["headline_zh", "headline_en", "summary_zh", "summary_en"];

/** Return the texts of a parsed form as {fields, rows}, the format that the editor uses. */
export function extractTexts(state) {
  const fields = Object.fromEntries(LEADS.map((name) => [name, state.fields[name] ?? ""]));
  const rows = state.bullets.filter((row) => !row.deleted).map(parseRow);
  return { fields, rows };
}

/**
 * Overwrite facts that are unchanged here since `sent` with the stored ones. Lists are replaced as a whole.
 */
export function mergeFacts(form, sent, theirs, fillGroup) {
  const mine = parseFormState(readTypedFields(form));
  for (const [name, value] of Object.entries(theirs.fields)) {
    const asSent = (mine.fields[name] ?? "") === (sent.fields[name] ?? "");
    if (!LEADS.includes(name) && asSent && (mine.fields[name] ?? "") !== value) setField(form, name, value);
  }
  for (const [group, list] of Object.entries(GROUPS)) {
    const untouched = JSON.stringify(mine[list]) === JSON.stringify(sent[list]);
    if (untouched && !sameRows(mine[list], theirs[list])) fillGroup(group, theirs[list]);
  }
}

function sameRows(mine, theirs) {
  const shown = (rows) =>
    rows.filter((row) => row.name?.trim() && !row.deleted).map(({ name, affiliation_zh, affiliation_en }) => [
      name,
      affiliation_zh ?? "",
      affiliation_en ?? "",
    ]);
  return JSON.stringify(shown(mine)) === JSON.stringify(shown(theirs));
}

export function setField(form, name, value) {
  const field = form.elements[name];
  if (!field || field instanceof RadioNodeList) return;
  if (field.type === "checkbox") field.checked = Boolean(value);
  else field.value = value;
  announce(field, "desk:filled");
}
