// Show findings in the margins and mark them in the text. The server supplies the list and renders the items. Repairs
// happen only on a click. Dismissed findings stay readable, folded, with the reason.

import { createElement } from "../dom.js";
import { enterMargin, insertItem, openMargins, placeItems, rememberText } from "../margin.js";
import { translate } from "../strings.js";
import { mirror } from "./texts.js";

const ACTS = "button, a, summary";
/** What F8 goes through: findings, folded ones, suggestions, open notes, terms and memory. */
const STOPS = ".finding[data-id]:not(details:not([open]) *), .findings-past, .suggestion, .item.note, .rail";

export class Findings {
  /**
   * `flag`: the button that leads to the next finding and shows their number. `actions`: `repair(edits)`,
   * `copy(side)`, `flush()` → whether everything is saved, `post(values)` → the server's answer to a dismissal:
   * {findings, margin}, {reasons}, or null if it failed.
   */
  constructor(sheet, flag, actions) {
    Object.assign(this, { sheet, flag, actions, list: [], html: "", asking: null, unfolded: new Set() });
    this.fix = document.getElementById("desk-fix");
    this.fix.addEventListener("click", () => this.actions.repair(this.plain.edits));
    sheet.form.addEventListener("click", (event) => this.#clicked(event));
    sheet.form.addEventListener("toggle", ({ target }) => {
      if (target.matches(".findings-past")) this.unfolded[target.open ? "add" : "delete"](target.dataset.row);
    }, true);
  }

  /** Show the findings. `html`: their items, rendered by the server; `plain`: the repair of all that need no judgement. */
  show(list, html, plain) {
    const focus = this.#focus();
    const wasPressed = document.activeElement === this.fix;
    Object.assign(this, { list, html, plain });
    this.fix.hidden = !plain;
    if (wasPressed && !plain) this.sheet.area(this.sheet.lead("headline"), "zh").focus({ preventScroll: true });
    this.fix.textContent = plain?.label ?? "";
    const unfolded = new Set(this.unfolded);
    placeItems(this.sheet.form, "finding", html);
    leaveTabOrder(this.sheet.form);
    for (const past of this.sheet.form.querySelectorAll(".findings-past")) past.open = unfolded.has(past.dataset.row);
    const areas = [...this.sheet.form.querySelectorAll(".pair:not(.is-typing) .cell textarea")];
    for (const area of areas) area.spans = [];
    for (const finding of list) if (!finding.dismissed) this.#mark(finding);
    for (const area of areas) mirror(area);
    if (this.asking) this.#cardOf(this.asking.id)?.append(this.#reason(this.asking.id));
    this.#count();
    this.#refocus(focus);
    openMargins(this.sheet.form);
  }

  #mark(finding) {
    for (const [key, side, from, to] of finding.spans) {
      const pair = this.sheet.row(key);
      if (pair && !pair.matches(".is-typing")) this.sheet.area(pair, side).spans.push([from, to]);
    }
  }

  #clicked(event) {
    const button = event.target.closest("[data-act], .findings-past button");
    if (!button) return;
    event.preventDefault();
    if (button.name === "undo") return this.#send({ undo: button.value });
    const finding = this.list.find(({ id }) => id === button.closest("[data-id]").dataset.id);
    const { repair, all } = finding;
    const acts = {
      repair: () => this.actions.repair(repair.edits),
      all: () => this.actions.repair(all.edits),
      copy: () => this.actions.copy(button.dataset.from),
      dismiss: () => this.#ask(finding.id),
    };
    acts[button.dataset.act]();
  }

  #count() {
    const n = this.list.filter((finding) => !finding.dismissed && !finding.style).length;
    this.flag.dataset.n = n;
    this.flag.textContent = n ? translate("findings", { n }) : translate("clean");
  }

  // Dismissal

  #ask(id) {
    this.asking = this.asking?.id === id ? null : { id, reason: "" };
    this.show(this.list, this.html, this.plain);
    this.#cardOf(id)?.querySelector(this.asking ? ".reason input" : ".dismiss")?.focus();
  }

  #reason(id) {
    const { asking } = this;
    const input = createElement("input", { value: asking.reason, maxLength: 500, type: "text" });
    input.addEventListener("input", () => {
      asking.reason = input.value;
    });
    const done = () => (input.value.trim() ? this.#send({ finding: id, reason: input.value }) : input.focus());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter") done();
      else this.#ask(id);
    });
    const button = (label, act, className) => {
      const made = createElement("button", { type: "button", className, textContent: label });
      made.addEventListener("click", act);
      return made;
    };
    const label = createElement("label", {}, translate("dismiss_reason"), input);
    const yes = button(translate("dismiss_now"), done, "do");
    const no = button(translate("cancel"), () => this.#ask(id), "do quiet");
    return createElement("div", { className: "reason" }, label, yes, no);
  }

  /** Post a dismissal, after saving: it holds for the stored text only. */
  async #send(values) {
    const answer = (await this.actions.flush()) ? await this.actions.post(values) : null;
    if (answer?.findings) {
      this.asking = null;
      return this.show(answer.findings, answer.margin, answer.plain_repair);
    }
    const why = answer?.reasons?.map((reason) => reason.text).join(" ") || translate("not_dismissed");
    this.#complain(this.#cardOf(values.finding), why);
  }

  #complain(card, why) {
    card?.querySelector(".trouble")?.remove();
    const trouble = createElement("p", { className: "item trouble", aria: { role: "alert" }, data: { rank: 0, row: "" } }, why);
    if (card) card.append(trouble);
    else insertItem(this.sheet.form, trouble);
  }

  // Keyboard

  /**
   * Focus the first button of the next or previous card in reading order (F8), or the one that Enter is for. Return
   * false if there is none. Tab goes from text to text and leaves all this out.
   */
  go(by) {
    const cards = this.#cards();
    if (!cards.length) return false;
    const here = document.activeElement;
    const inside = cards.indexOf(here.closest(STOPS));
    let at = inside + by;
    if (inside < 0) {
      rememberText(here);
      const next = cards.findIndex((card) => here.compareDocumentPosition(card) & Node.DOCUMENT_POSITION_FOLLOWING);
      at = by > 0 ? next : (next < 0 ? cards.length : next) - 1;
      if (by > 0 && next < 0) at = 0;
    }
    this.#enter(cards[(at + cards.length) % cards.length]);
    return true;
  }

  #cards() {
    return [...this.sheet.form.querySelectorAll(STOPS)];
  }

  /** In an item, up and down walk the open ones. Its other keys are in `margin.js`. */
  key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !event.target.closest?.(STOPS) || event.target.matches("input, textarea")) return false;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    return this.go(by);
  }

  #cardOf(id) {
    return this.#cards().find((card) => card.dataset.id === id);
  }

  #enter(card) {
    enterMargin(this.sheet.form, card);
    card.focus({ preventScroll: true });
    const acts = [...card.querySelectorAll("[data-key=enter]"), ...card.querySelectorAll(ACTS)];
    acts.find((part) => part.checkVisibility())?.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  /**
   * Remember which card has the focus. `#refocus` returns to it, or to the card that took its place in the row, or else
   * in the page.
   */
  #focus() {
    const card = document.activeElement?.closest?.(".finding[data-id], .findings-past"); // redrawn ones
    if (!card || !this.sheet.form.contains(card)) return null;
    const asks = document.activeElement.matches(".reason input");
    const { id, row } = card.dataset;
    return { id, row, at: this.#cards().indexOf(card), inRow: this.#cardsOf(row).indexOf(card), asks };
  }

  #cardsOf(row) {
    return this.#cards().filter((card) => card.dataset.row === row);
  }

  #refocus(focus) {
    if (!focus) return;
    const take = (cards, at) => cards[Math.min(Math.max(at, 0), cards.length - 1)];
    const card = this.#cardOf(focus.id) ?? take(this.#cardsOf(focus.row), focus.inRow) ?? take(this.#cards(), focus.at);
    if (!card) this.sheet.area(this.sheet.lead("headline"), "zh").focus();
    else if (focus.asks && card.dataset.id === focus.id) (card.querySelector(".reason input") ?? card).focus();
    else this.#enter(card);
  }
}

/** F8 walks the margins; the Tab key goes from text to text. */
export function leaveTabOrder(form) {
  for (const part of form.querySelectorAll(".inner .item :is(button, a, summary)")) part.tabIndex = -1;
}
