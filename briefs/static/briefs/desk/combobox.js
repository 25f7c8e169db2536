// A text field with a list of suggestions, after the WAI-ARIA combobox pattern: arrows move through the list,
// Enter chooses, Escape closes. The focus stays in the field. Keys are ignored while an input method
// composes.

import { createElement } from "./dom.js";

const PAUSE = 150;

/** Compare names without case and without white space at the ends. */
export const isSameName = (a, b) => a.trim().toLocaleLowerCase() === b.trim().toLocaleLowerCase();

export class Combobox {
  #rows = [];
  #for = null; // the text for which the rows were fetched
  #at = -1;
  #requestCount = 0;
  #timer = 0;

  /**
   * `ask(typed)` resolves to rows {name, detail, run?}. Choosing a row calls its `run`, or else
   * `onpick(row)`.
   */
  constructor(input, { ask, onpick, onleave = () => {}, say = () => {} }) {
    Object.assign(this, { input, ask, onpick, onleave, say });
    const label = input.getAttribute("aria-label") ?? input.labels?.[0]?.textContent ?? "";
    const list = { id: `${input.id}-list`, className: "combo-list", hidden: true, aria: { role: "listbox", label } };
    this.list = createElement("ul", list);
    const parts = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false" };
    for (const [name, value] of Object.entries(parts)) input.setAttribute(name, value);
    input.setAttribute("aria-controls", this.list.id);
    input.removeAttribute("list");
    input.after(this.list);
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("input", (event) => event.isComposing || this.#later());
    input.addEventListener("compositionend", () => this.#later());
    input.addEventListener("click", () => this.isOpen || this.#show());
    input.addEventListener("blur", () => this.#leave());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => {
      const option = target.closest("[role=option]");
      if (option) this.#take(this.#rows[[...this.list.children].indexOf(option)]);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  close() {
    clearTimeout(this.#timer);
    this.#requestCount += 1; // a pending answer must not reopen the list
    this.list.hidden = true;
    this.#point(-1);
    this.input.setAttribute("aria-expanded", "false");
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), PAUSE);
  }

  /** Fetch and show the rows. The highlighted row stays highlighted if the new rows contain it. */
  async #show(at = -1) {
    const request = (this.#requestCount += 1);
    const typed = this.input.value;
    const rows = await this.ask(typed).catch(() => []);
    if (request !== this.#requestCount || document.activeElement !== this.input) return;
    const pointed = this.#rows[this.#at];
    if (at < 0 && pointed) at = rows.findIndex((row) => (row.run ? pointed.run : row.id === pointed.id));
    this.#rows = rows;
    this.#for = typed;
    this.list.replaceChildren(...rows.map((row, i) => this.#option(row, i)));
    this.list.hidden = !rows.length;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.#point(at < 0 ? at : Math.min(at, rows.length - 1));
    if (typed.trim()) this.say(rows.filter((row) => !row.run).length);
  }

  #option(row, i) {
    const option = createElement("li", { id: `${this.list.id}-${i}`, aria: { role: "option", selected: "false" } });
    option.classList.toggle("is-command", Boolean(row.run));
    option.append(createElement("span", {}, row.name));
    if (row.detail) option.append(createElement("small", {}, row.detail));
    return option;
  }

  #point(at) {
    this.#at = at;
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    const option = this.list.children[at];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229 || event.altKey) return;
    const { key } = event;
    if (event.ctrlKey || event.metaKey) {
      if (key.toLowerCase() === "s") this.#leave(); // the page saves what is typed
      return;
    }
    if (key === "ArrowDown" || key === "ArrowUp") this.#walk(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter") this.#enter();
    else if (key === "Escape" && this.isOpen) this.close();
    else {
      if (key === "Tab" && this.isOpen && this.#rows[this.#at] && !this.#rows[this.#at].run) this.#enter();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #walk(by) {
    if (!this.isOpen) return this.#show(0);
    const count = this.#rows.length;
    const from = this.#at < 0 && by < 0 ? count : this.#at;
    return this.#point((from + by + count) % count);
  }

  /**
   * Choose the highlighted row, the row with exactly the typed name, or else the first. Enter never submits the form.
   */
  async #enter() {
    if (this.input.value.trim() && this.#for !== this.input.value) await this.#show(); // typed faster than fetched
    const row = this.#rows[this.#at] ?? this.#exact() ?? (this.input.value.trim() && this.#rows[0]);
    if (this.isOpen && row) this.#take(row);
    else this.close();
  }

  #exact() {
    if (this.#for !== this.input.value) return null;
    const rows = this.#rows.filter((row) => !row.run && isSameName(row.name, this.input.value));
    return rows.length === 1 ? rows[0] : null;
  }

  #take(row) {
    this.close();
    if (row.run) return row.run();
    this.#for = row.name;
    return this.onpick(row);
  }

  #leave() {
    const row = this.#exact();
    this.close();
    this.onleave(row);
  }
}
