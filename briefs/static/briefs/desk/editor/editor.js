// The pair editor: connects keys, pointer, saving and findings to the commands. The form also works without
// it.

import * as act from "./commands.js";
import { pasteText, readClipboard, splitColumns } from "./clipboard.js";
import { enableDragging } from "../dragging.js";
import { attachChecks } from "./checks.js";
import { readTypedFields } from "../form.js";
import { History } from "./history.js";
import { CompositionTracker, listenForKeys } from "./keys.js";
import { focusLinkTargets } from "../focus.js";
import { RowMenu } from "./menu.js";
import { BulletTable } from "./bullet_table.js";
import { ServerSync } from "./server_sync.js";
import { StatusDisplay } from "./status.js";
import { keepInLine, mirror } from "./texts.js";
import { enterMargin, insertItem } from "../margin.js";
import { createElement, postForm, showMacKeys } from "../dom.js";
import { translate } from "../strings.js";

const form = document.getElementById("brief-form");
const CELL = ".pair .cell textarea";
/** Results whose message has an Undo button. */
const BIG = ["did_remove", "did_merge", "did_join", "did_shift_up", "did_shift_down", "did_fix", "did_accept", "did_copy", "did_move", "did_paste"];
/** Commands whose result is visible and needs no message. */
const SEEN = new Set(["enter", "add", "in", "out", "number", "up", "down"]);

class Editor {
  constructor() {
    this.sheet = new BulletTable(form);
    this.history = new History(this.sheet.read());
    this.display = new StatusDisplay(form, () => this.step("undo"));
    this.carets = new WeakMap(); // the last caret in each cell, for "split both sides"
    this.side = "zh";
    this.begun = "zh"; // the side where the row that has the focus was begun: Enter goes down there
    this.lastKey = ""; // of the last key or click
    this.focusKey = ""; // of the one that moved the focus here
    this.#replaceRows(this.state.rows);
  }

  get state() {
    return this.history.now;
  }

  /**
   * Return where the focus is: {pair, side, area, key, caret}, or null outside the bullet table and lead
   * texts.
   */
  here() {
    const active = document.activeElement;
    const pair = form.contains(active) && active.closest(".pair");
    if (!pair || active.closest(".margin")) return null;
    const area = active.matches(CELL) ? active : null;
    if (area) this.carets.set(area, area.selectionStart);
    return {
      pair,
      area,
      side: area?.closest(".cell").dataset.side ?? this.side,
      key: pair.dataset.lead ?? pair.id,
      caret: area ? area.selectionStart : 0,
    };
  }

  #focusNow() {
    const at = this.here();
    return at && { key: at.key, side: at.side, caret: at.caret };
  }

  // Changes

  /** Render the result of a command as one undo step, or show why it was refused. */
  apply(result, { quiet = false } = {}) {
    if (result.refused) {
      this.display.say(translate(result.refused));
      return false;
    }
    if (result.rows === this.state.rows && !result.fields) {
      this.sheet.focus(result.focus);
      return true;
    }
    const before = this.#focusNow();
    const { fields = this.state.fields, focus = before } = result;
    this.history.did({ fields, rows: act.withEmptyLast(result.rows, focus?.key), focus }, before);
    this.sheet.render(this.state);
    if (result.focus) this.sheet.focus(result.focus);
    if (result.message && !quiet) this.#announce(result.message);
    this.#changed();
    return true;
  }

  #announce([word, values = {}]) {
    const side = values.side && translate(values.side);
    this.display.say(translate(word, { ...values, side }), BIG.includes(word));
  }

  #changed() {
    document.getElementById("desk-undo").disabled = !this.history.past.length;
    document.getElementById("desk-redo").disabled = !this.history.future.length;
    this.sync?.touched();
  }

  /** Replace the current rows, with an empty one at their end, without a step to undo. */
  #replaceRows(rows) {
    this.history.now = { ...this.state, rows: act.withEmptyLast(rows, document.activeElement?.closest(".pair")?.id) };
    this.sheet.render(this.state);
  }

  /** Findings wait until the typed row is left. */
  #leaveTyped(target) {
    const typed = form.querySelector(".pair.is-typing");
    if (!typed || (typed.contains(target) && !target.closest(".margin"))) return;
    typed.classList.remove("is-typing");
    this.sync.save({ ask: true });
  }

  /** The focus has moved: remember the side where a row is begun, and drop an empty pair that was left. */
  focused(target) {
    const cell = target.closest(".cell");
    const pair = target.closest(".pair");
    this.#leaveTyped(target);
    if (cell) {
      this.side = cell.dataset.side;
      const isFree = pair.matches(".is-blank"); // a Tab into an empty pair begins it
      if (pair !== this.pair && (isFree || this.lastKey !== "Tab")) this.begun = this.side;
      this.pair = pair;
    }
    this.focusKey = this.lastKey;
    if (this.state.rows.slice(0, -1).some((row) => act.isEmpty(row) && row.key !== pair?.id)) this.#replaceRows(this.state.rows);
  }

  /** A click sets the side where the row is begun. */
  pressed(target) {
    this.lastKey = "";
    if (target.matches(CELL)) this.begun = target.closest(".cell").dataset.side;
  }

  step(way) {
    const state = this.history[way]();
    if (!state) return true;
    this.#replaceRows(state.rows);
    if (state.focus) this.sheet.focus(state.focus);
    this.display.say(translate(way === "undo" ? "did_undo" : "did_redo"));
    this.#changed();
    return true;
  }

  /** Merge another person's saved changes into the current state and into every undo and redo step. */
  take(change) {
    const at = this.here();
    const selection = at?.area && [at.area.selectionStart, at.area.selectionEnd, at.area.value];
    const top = at?.pair.getBoundingClientRect().top;
    this.history.rebase(change);
    this.#replaceRows(this.state.rows);
    if (at) scrollBy({ top: at.pair.getBoundingClientRect().top - top, behavior: "instant" }); // the line stays where it is
    if (selection) keepSelection(at.area, ...selection);
  }

  // Commands by name, for keys and menu

  caretIn(area) {
    return Math.min(this.carets.get(area) ?? 0, area.value.length);
  }

  /**
   * Return the last caret position in a text, or undefined if it was at either end (then the split is
   * guessed).
   */
  #inside(area) {
    const caret = this.carets.get(area);
    return caret > 0 && caret < area.value.trimEnd().length ? caret : undefined;
  }

  run(name, pair, side = this.side, caret) {
    const i = this.sheet.index(pair);
    if (name === "passage") return this.#openPassage(pair);
    const area = this.sheet.area(pair, side);
    const at = caret ?? this.carets.get(area) ?? area.value.length;
    const key = pair.id;
    const result = this.#result(name, i, side, at);
    const verb = name.replace(/_(zh|en)$/, "");
    if (result.rows && !result.focus && verb !== "remove") result.focus = { key, side, caret: at };
    this.history.settle();
    return this.apply(result, { quiet: SEEN.has(verb) });
  }

  #result(name, i, side, caret) {
    const all = this.state.rows;
    const rows = i < all.length - 1 ? all.slice(0, -1) : all; // nothing is joined with the empty last row
    const [, verb, one] = name.match(/^(.*?)(?:_(zh|en))?$/);
    const sides = one ? [one] : act.SIDES;
    const twin = this.sheet.area(this.sheet.rows[i], act.otherSide(side));
    const commands = {
      enter: () => act.enter(all, i, side, caret, this.begun),
      split_both: () => act.splitBoth(rows, i, side, caret, this.#inside(twin)),
      merge: () => act.merge(rows, i, side),
      merge_up: () => act.merge(rows, i - 1, side),
      join: () => act.joinSide(rows, i, one ?? side),
      up: () => act.moveUp(rows, i, side, caret),
      down: () => act.moveDown(rows, i, side, caret),
      in: () => act.indent(rows, i, sides, 1),
      out: () => act.indent(rows, i, sides, -1),
      number: () => act.toggleMarker(rows, i, sides),
      shift_up: () => act.shiftUp(rows, i, one ?? side),
      shift_down: () => act.shiftDown(rows, i, one ?? side),
      copy: () => act.copyStructure(rows, one),
      add: () => act.addBelow(all, i, this.begun),
      remove: () => act.remove(rows, i, side),
    };
    return commands[verb]();
  }

  #openPassage(pair) {
    const details = pair.querySelector("details.beside");
    details.open = true;
    enterMargin(form, details);
    details.querySelector("textarea").focus();
    return true;
  }

  // Typing

  typed(area) {
    if (!area.matches(CELL)) return;
    area.closest(".pair").classList.add("is-typing");
    if (!this.composing.now) keepInLine(area);
    area.spans = [];
    mirror(area);
    if (this.composing.now) return; // an unfinished composition is not stored
    this.read(area.name);
  }

  /** Record typing as an undo step. `where` is the field's name: a text, a source passage or a reason. */
  read(where) {
    const { fields, rows } = this.sheet.read();
    const focus = this.#focusNow();
    this.history.typed({ fields, rows: act.withEmptyLast(rows, focus?.key), focus }, where);
    if (this.state.rows.length === rows.length) this.sheet.decorate(this.state.rows);
    else this.sheet.render(this.state);
    this.#changed();
  }

  /** Paste several lines as rows, and two columns as pairs. One line goes into the text, as all do in headline and summary. */
  async pasted(event) {
    const at = this.here();
    if (!at?.area) return;
    const clipboard = readClipboard(event.clipboardData);
    const found = splitColumns(clipboard.rows.length ? clipboard.rows : [[{ text: "" }]]);
    const count = (found.lines ?? found.zh).filter(({ text }) => text.trim()).length;
    const isLine = !count || (count < 2 && found.lines && !found.lines.some((line) => line.marker || isMarked(line)));
    if (isLine || at.pair.dataset.lead) {
      pasteText(event, clipboard);
      return;
    }
    event.preventDefault();
    const { selectionStart, selectionEnd, value } = at.area;
    const read = await this.#readMarkers(found);
    const i = this.sheet.index(at.pair);
    if (i < 0) return;
    const isSame = at.area.value === value; // typing went on while the server read the lines
    const [from, to] = isSame ? [selectionStart, selectionEnd] : [at.area.value.length, at.area.value.length];
    this.history.settle();
    if (read.lines) this.apply(act.pasteLines(this.state.rows, i, at.side, from, to, read.lines));
    else this.apply(act.pastePairs(this.state.rows, i, at.side, read.zh.map((zh, n) => ({ zh, en: read.en[n] }))));
  }

  /**
   * Let the server read typed markers and join wrapped lines, by the importer's rules. Without it, only the commonest
   * markers are read. Lines of HTML are paragraphs, and rows of a table stay rows.
   */
  async #readMarkers(found) {
    const names = Object.keys(found);
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.sync.token);
    for (const name of names) body.append("column", found[name].map((line) => (line.marker ? "" : line.text)).join("\n"));
    if (found.lines?.every((line) => !line.marker)) body.set("joins", "1");
    const isRead = names.some((name) => found[name].some((line) => !line.marker && line.text.trim()));
    const answer = isRead ? await postForm(form.dataset.paste, body, { signal: AbortSignal.timeout(4000) }) : null;
    const columns = answer?.columns ?? [];
    const read = names.map((name, n) => [name, found[name].map((line, k) => asRead(line, columns[n]?.[k]))]);
    return relative(Object.fromEntries(read));
  }

  // Called by toolbar and keys

  save() {
    if (this.display.status.dataset.state === "signin") this.display.onsignin();
    this.#saveWithNames();
    return true;
  }

  /** Save. If the autosave leaves a new name, post the form, which adds it. */
  async #saveWithNames() {
    await this.sync.save();
    if (this.display.status.dataset.state === "untaken" && this.display.hasRejectedName) form.requestSubmit();
  }

  find(by) {
    return this.findings.go(by);
  }

  menu(pair, handle, side = this.side) {
    this.popup.open(pair, handle, side);
    return true;
  }
}

/** Keep the selection in a text into which somebody else's words have come. */
function keepSelection(area, start, end, was) {
  const by = area.value.startsWith(was.slice(0, end)) ? 0 : area.value.length - was.length;
  area.setSelectionRange(start + by, end + by);
}

const TYPED_MARKER = /^\s*(?:[•‧·◦●○▪–o§-]|\d{1,3}[.)、])\t/;
const isMarked = (line) => TYPED_MARKER.test(line.text);

/** A marker of the HTML counts first. */
function asRead(line, read) {
  if (line.marker) return line;
  if (read) return read.marker ? read : { text: read.text };
  const [, number, text] = line.text.match(/^\s*(?:[•‧●○▪–-]|(\d+[.)、]))\s+(.*)$/) ?? [];
  return text ? { text: text.trim(), marker: number ? "number" : "bullet", depth: 0 } : { text: line.text.trim() };
}

/** Drop empty lines, and let depths count from the first line with a marker. */
function relative(read) {
  const names = Object.keys(read);
  const isFull = read[names[0]].map((_, n) => names.some((name) => read[name][n].text));
  const result = {};
  for (const name of names) {
    const lines = read[name].filter((_, n) => isFull[n]);
    const first = lines.find((line) => line.marker)?.depth ?? 0;
    result[name] = lines.map((line) => (line.marker ? { ...line, depth: line.depth - first } : line));
  }
  return result;
}

function wire(editor) {
  const { sheet } = editor;
  form.addEventListener("input", ({ target }) => {
    if (target.matches(CELL)) editor.typed(target);
    else if (target.closest(".pair .beside")) editor.read(target.name);
    else editor.sync.touched();
  });
  form.addEventListener("change", ({ target }) => !target.closest(".pair") && editor.sync.touched());
  form.addEventListener("desk:changed", () => editor.sync.touched());
  form.addEventListener("paste", (event) => editor.pasted(event));
  form.addEventListener("beforeinput", (event) => {
    const way = { historyUndo: "undo", historyRedo: "redo" }[event.inputType]; // menu, shake, voice
    if (!way || !event.target.closest(".pair")) return;
    event.preventDefault();
    editor.step(way);
  });
  form.addEventListener("focusout", () => setTimeout(() => editor.focused(document.activeElement)));
  form.addEventListener("focusin", ({ target }) => {
    editor.focused(target);
    sheet.focused(target);
    editor.rail.write(editor.here());
  });
  document.addEventListener("pointerdown", ({ target }) => editor.pressed(target));
  document.addEventListener("selectionchange", () => {
    const area = document.activeElement;
    if (area?.matches(CELL)) editor.carets.set(area, area.selectionStart);
  });
  form.addEventListener("click", (event) => clicked(event, editor));
  enableDragging(sheet.box, {
    rows: () => sheet.rows,
    onmove: (from, slot) => editor.apply(act.moveTo(editor.state.rows, from, slot, editor.side)),
    onpress: (pair, handle) => editor.menu(pair, handle),
  });
}

function clicked(event, editor) {
  const hit = (selector) => event.target.closest(selector);
  if (hit("#desk-undo")) editor.step("undo");
  else if (hit("#desk-redo")) editor.step("redo");
  else if (hit("#desk-flag")) editor.find(1);
}

if (form?.elements.draft) {
  document.documentElement.classList.add("desk-js");
  focusLinkTargets(form);
  const editor = new Editor();
  editor.composing = new CompositionTracker(form, (target) => target.matches(CELL) && editor.typed(target));
  editor.popup = new RowMenu(editor.sheet, (name, pair, side) => editor.run(name, pair, side));
  editor.sync = new ServerSync(editor, form);
  attachChecks(editor);
  wire(editor);
  listenForKeys(editor, editor.composing);
  showMacKeys();
  editor.sync.begin(readTypedFields(form));
}
