// Map keys to commands. Keys are ignored while an input method composes.

import { isBlank, isEmptyCell } from "./commands.js";
import { isMac } from "../strings.js";
import { keyInText, leaveAtEdge, walk } from "./texts.js";

const AFTER_COMPOSING = 30; // ms; some browsers send the Enter that ends a composition as a separate key
const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
const SHIFTS = { ArrowUp: "shift_up", ArrowDown: "shift_down" };

const LETTERS = { b: "split_both", m: "merge", u: "up", d: "down", n: "number", a: "add", s: "passage" };
const MOVES_AWAY = ["split_both", "add", "passage"]; // these move the focus from the row's number into a text

const isPair = (e) => (isMac ? e.ctrlKey && e.metaKey && !e.altKey : e.altKey && e.shiftKey && !e.ctrlKey);
const isMod = (e) => (isMac ? e.metaKey && !e.ctrlKey : e.ctrlKey && !e.metaKey) && !e.altKey;
const isAlt = (e) => e.altKey && !e.shiftKey && !e.ctrlKey && !e.metaKey;
const isPlain = (e) => !e.altKey && !e.ctrlKey && !e.metaKey;

/** Return the row command of a key without modifiers, for the row and its menu. */
export function rowCommand({ key, shiftKey }) {
  const way = shiftKey ? "out" : "in";
  const keys = { ...LETTERS, z: `${way}_zh`, e: `${way}_en`, delete: "remove", backspace: "remove" };
  return keys[key.toLowerCase()];
}

/** Tracks whether an input method is composing. */
export class CompositionTracker {
  constructor(form, ondone) {
    this.now = false;
    this.endedAt = -Infinity;
    form.addEventListener("compositionstart", () => {
      this.now = true;
    });
    form.addEventListener("compositionend", ({ target }) => {
      this.now = false;
      ondone(target); // on a slow machine this takes longer than AFTER_COMPOSING
      this.endedAt = performance.now();
    });
  }

  owns(event) {
    const ending = event.key === "Enter" && event.timeStamp - this.endedAt < AFTER_COMPOSING;
    return event.isComposing || event.keyCode === 229 || this.now || ending;
  }
}

/**
 * Listen to the whole page. Uses of `editor`: here(), run(name, pair, side, caret), step(way), save(), find(by),
 * findings, menu(pair, handle, side), caretIn(area), lastKey, focusKey, state, sheet.
 */
export function listenForKeys(editor, composing) {
  const { sheet } = editor;

  document.addEventListener("keydown", (event) => {
    if (composing.owns(event)) return;
    editor.lastKey = event.key;
    if (handled(event)) event.preventDefault();
  });

  /** Run the key's command. Return true if the browser's own action must be prevented. */
  function handled(event) {
    const key = event.key.toLowerCase();
    if (isMod(event) && !event.shiftKey && key === "s") return editor.save();
    if (key === "f8" && isPlain(event)) return editor.find(event.shiftKey ? -1 : 1);
    if (key === "?" && isPlain(event) && !event.target.matches("textarea, input, select")) return showKeys();
    if (editor.findings.key(event)) return true;
    const at = editor.here();
    if (!at && event.target !== document.body) return false;
    if (isMod(event) && key === "z") return editor.step(event.shiftKey ? "redo" : "undo");
    if (isMod(event) && !isMac && key === "y") return editor.step("redo");
    if (!at) return false;
    if (at.pair.dataset.lead) return at.area ? keyInText(event, at.area) : false;
    if (isPair(event) && ARROWS[event.key]) return does(ARROWS[event.key], at);
    if (at.area) return inText(event, at);
    return document.activeElement.matches(".handle") && onRow(event, at);
  }

  function showKeys() {
    document.getElementById("keys-sheet").togglePopover();
    return true;
  }

  function does(name, { pair, side, caret }) {
    editor.run(name, pair, side, caret);
    return true;
  }

  function inText(event, at) {
    if (leaveAtEdge(event, at.area)) return true;
    if (event.key === "Enter") return onEnter(event, at);
    if (event.key === "Tab") return onTab(event, at);
    if (isAlt(event) && SHIFTS[event.key]) return does(SHIFTS[event.key], at);
    if (event.key === "Escape") {
      at.pair.querySelector(".handle").focus();
      return true;
    }
    const isFlat = at.area.selectionStart === at.area.selectionEnd;
    if (!isPlain(event) || !isFlat) return false;
    if (event.key === "Backspace" && at.caret === 0) return onBackspace(event, at);
    if (event.key === "Delete" && at.caret === at.area.value.length) return onDelete(event, at);
    return false;
  }

  /** Never a line break inside a bullet. In an empty pair nothing happens. */
  function onEnter(event, at) {
    if (!isMod(event) && !isPlain(event)) return false;
    const isIdle = event.shiftKey || event.repeat || isBlank(rowOf(at));
    return isIdle || does(isMod(event) ? "add" : "enter", at);
  }

  const rowOf = (at) => editor.state.rows[sheet.index(at.pair)];
  const isLast = (at) => sheet.index(at.pair) === editor.state.rows.length - 1;

  /** After a column written by Enter, Tab in the empty last row leads to the first empty cell. */
  function onTab(event, at) {
    if (event.shiftKey || !isPlain(event) || !isLast(at) || editor.focusKey !== "Enter") return false;
    const areas = sheet.rows.slice(0, -1).flatMap((pair) => [...pair.querySelectorAll(".cell textarea")]);
    const gap = areas.find((area) => !area.value.trim());
    if (!gap) return false;
    editor.lastKey = ""; // the column is begun there
    gap.focus();
    return true;
  }

  /** Merge with the row above, but not while the key is held down (`repeat`). An empty pair that is left is gone. */
  function onBackspace(event, at) {
    const i = sheet.index(at.pair);
    if (event.repeat) return true;
    if (isBlank(rowOf(at))) return (i === 0 && isLast(at)) || walk(at.area, i ? -1 : 1);
    return i > 0 && (!joins(at, i - 1) || does("merge_up", at));
  }

  function onDelete(event, at) {
    const i = sheet.index(at.pair);
    const hasNext = i < editor.state.rows.length - 2;
    return hasNext && (event.repeat || !joins(at, i + 1) || does("merge", at));
  }

  /** Whether a key joins the row with row `i`: not where this column is empty in one, for then the other language's
      points alone would become one. */
  function joins(at, i) {
    const both = [rowOf(at), editor.state.rows[i]];
    return both.some(isBlank) || !both.some((row) => isEmptyCell(row, at.side));
  }

  // Keys while the row's number has the focus. No text is edited there, so plain letters are commands.

  function onRow(event, at) {
    if (isAlt(event) && SHIFTS[event.key]) return again(SHIFTS[event.key], at);
    if (!isPlain(event)) return false;
    const command = event.key.toLowerCase() === "j" ? "join" : rowCommand(event);
    if (MOVES_AWAY.includes(command)) return does(command, { ...at, caret: undefined });
    if (command) return again(command, at);
    const act = rowKeys(at)[event.key];
    return act ? act() !== false : false;
  }

  function rowKeys(at) {
    const i = sheet.index(at.pair);
    const handle = at.pair.querySelector(".handle");
    const menu = () => editor.menu(at.pair, handle, at.side);
    const back = () =>
      sheet.focus({ key: at.key, side: at.side, caret: editor.caretIn(sheet.area(at.pair, at.side)) });
    return {
      ArrowUp: () => focusHandle(sheet.rows[i - 1]),
      ArrowDown: () => focusHandle(sheet.rows[i + 1]),
      ArrowRight: () => again("in", at),
      ArrowLeft: () => again("out", at),
      Escape: back,
      Enter: menu,
      " ": menu,
    };
  }

  /** Run a command and keep the focus on the row's number. */
  function again(name, at) {
    const i = sheet.index(at.pair);
    editor.run(name, at.pair, at.side);
    const pair = at.pair.isConnected ? at.pair : sheet.rows[Math.max(0, Math.min(i, sheet.rows.length - 2))];
    if (sheet.rows.length > 1) focusHandle(pair);
    else sheet.area(pair, at.side).focus(); // the empty last row has no handle
    return true;
  }

  function focusHandle(pair) {
    const handle = pair?.querySelector(".handle");
    handle?.focus({ preventScroll: true });
    handle?.scrollIntoView({ block: "nearest" });
  }
}
