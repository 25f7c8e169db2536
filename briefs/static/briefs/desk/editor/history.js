// One undo for words and structure alike: the browser's own is lost once a value is set from code.

const MOST = 300;
const PAUSE = 1200; // ms: typing in one place within this is one step

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

  /** The next letter begins a step of its own. */
  settle() {
    this.run = null;
  }

  /** Somebody else's words come in: into every state, so that no undo takes them away again. */
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
    const state = from.pop();
    if (!state) return null;
    to.push(this.now);
    this.now = state;
    this.run = null;
    return state;
  }
}
