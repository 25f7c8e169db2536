// The row's menu: every command with its key, in three columns (the pair, 中文, English). On a phone it opens
// at the bottom of the screen.

import { createElement } from "../dom.js";
import { rowCommand } from "./keys.js";
import { isMac, translate } from "../strings.js";

const BOTH = [
  ["split_both", "B"],
  ["merge", "M"],
  ["up", "U"],
  ["down", "D"],
  ["in", "→"],
  ["out", "←"],
  ["number", "N"],
  ["add", "A"],
  ["passage", "S"],
  ["remove", isMac ? "⌫" : "Del"],
];
const side = (name, key) => [
  [`shift_up_${name}`],
  [`shift_down_${name}`],
  [`join_${name}`],
  [`in_${name}`, key],
  [`out_${name}`, `⇧${key}`],
  [`number_${name}`],
  [`copy_${name}`],
];
const COLUMNS = { "": BOTH, zh: side("zh", "Z"), en: side("en", "E") };
const NARROW = matchMedia("(max-width: 760px)");

export class RowMenu {
  constructor(sheet, run) {
    this.sheet = sheet;
    this.run = run;
    this.box = createElement("div", { className: "row-menu", id: "row-menu", popover: "auto", aria: { role: "menu" } });
    for (const [name, items] of Object.entries(COLUMNS)) this.box.append(this.#column(name, items));
    this.box.addEventListener("click", ({ target }) => {
      const item = target.closest("[data-run]");
      if (item) this.#go(item.dataset.run);
    });
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed") this.handle?.setAttribute("aria-expanded", "false");
    });
    document.querySelector("main").append(this.box);
  }

  #column(name, items) {
    const label = translate(name || "pair");
    const head = createElement("div", { className: "menu-head", textContent: label, aria: { role: "presentation" } });
    const column = createElement("div", { aria: { role: "group", label } }, head);
    for (const [command, key] of items) column.append(this.#item(command, key));
    return column;
  }

  #item(command, key) {
    const item = createElement("button", { type: "button", tabIndex: -1, data: { run: command }, aria: { role: "menuitem" } });
    item.append(createElement("span", { textContent: translate(command.replace(/_(zh|en)$/, "")) }));
    if (command.startsWith("copy_")) item.firstChild.textContent = translate(command);
    if (key) item.append(createElement("kbd", { textContent: key, aria: { hidden: "true" } }));
    return item;
  }

  open(pair, handle, side) {
    Object.assign(this, { pair, handle, side });
    this.box.setAttribute("aria-label", translate("menu", { n: this.sheet.index(pair) + 1 }));
    this.box.showPopover();
    handle.setAttribute("aria-expanded", "true");
    this.#moveTo(handle);
    this.box.querySelector("[role=menuitem]").focus();
  }

  /**
   * Place the menu beside the row's number. Setting `style` properties is allowed by the CSP; a style
   * attribute is not.
   */
  #moveTo(handle) {
    const { style } = this.box;
    if (NARROW.matches) {
      style.top = style.left = "";
      return;
    }
    const at = handle.getBoundingClientRect();
    const within = (value, most) => `${Math.max(8, Math.min(value, most - 8))}px`;
    style.top = within(at.bottom + 4, innerHeight - this.box.offsetHeight);
    style.left = within(at.left, innerWidth - this.box.offsetWidth);
  }

  #go(command) {
    this.box.hidePopover();
    this.run(command, this.pair, this.side);
  }

  #close() {
    this.box.hidePopover();
    this.handle.focus();
  }

  #key(event) {
    event.stopPropagation(); // closing focuses the row, whose own shortcuts must not handle this key
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const command = isPlain ? rowCommand(event) : null;
    const step = isPlain ? this.#step(event.key) : null;
    if (event.key === "Tab" || event.key === "Escape") this.#close();
    else if (step) step.focus();
    else if (command) this.#go(command);
    else return;
    event.preventDefault();
  }

  /** Return the item to focus after an arrow key, Home or End. */
  #step(key) {
    const columns = [...this.box.querySelectorAll("[role=group]")].map((group) => [
      ...group.querySelectorAll("[role=menuitem]"),
    ]);
    const c = columns.findIndex((column) => column.includes(document.activeElement));
    if (c < 0) return null;
    const r = columns[c].indexOf(document.activeElement);
    const neighbour = (by) => {
      const column = columns[(c + by + columns.length) % columns.length];
      return column[Math.min(r, column.length - 1)];
    };
    return {
      ArrowDown: columns[c][(r + 1) % columns[c].length],
      ArrowUp: columns[c].at(r - 1),
      ArrowRight: neighbour(1),
      ArrowLeft: neighbour(-1),
      Home: columns[c][0],
      End: columns[c].at(-1),
    }[key];
  }
}
