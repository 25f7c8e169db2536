// Undo for text and structure together. The browser's own undo is lost once code sets a value.

import { isEmpty } from "./commands.js";

const MOST = 300;
const PAUSE = 1200; // ms; typing in one field with shorter pauses is one step

/** Return whether two states have the same texts. The empty last row may have another key. */
function isSame(a, b) {
  const full = ({ fields, rows }) => JSON.stringify([fields, rows.filter((row) => !isEmpty(row))]);
  return full(a) === full(b);
}

export class History {
  constructor(state) {
    this.past = [];
    this.future = [];
    this.now = state;
    this.run = null;
  }

  typed(state, where, time = performance.now()) {
    const goesOn = this.run?.where === where && time - this.run.at <= PAUSE;
    if (!goesOn) this.#keep();
    this.run = { where, at: time };
    this.now = state;
  }

  did(state, before) {
    this.#keep(before);
    this.run = null;
    this.now = state;
  }

  undo() {
    return this.#step(this.past, this.future);
  }

  redo() {
    return this.#step(this.future, this.past);
  }

  /** End the current typing step; the next letter begins a new one. */
  settle() {
    this.run = null;
  }

  /** Apply another person's change to every state, so that undo does not remove it. */
  rebase(change) {
    this.past = this.past.map(change);
    this.future = this.future.map(change);
    this.now = change(this.now);
    this.run = null;
  }

  #keep(focus) {
    this.past.push({ ...this.now, focus: focus ?? this.now.focus });
    if (this.past.length > MOST) this.past.shift();
    this.future.length = 0;
  }

  #step(from, to) {
    const at = from.findLastIndex((state) => !isSame(state, this.now));
    if (at < 0) return null;
    const [state] = from.splice(at);
    to.push(this.now);
    this.now = state;
    this.run = null;
    return state;
  }
}
