// Show findings beside their rows and mark them in the text. The server supplies the list. Repairs happen
// only on a click. Dismissed findings stay readable, folded, with the reason.

import { createElement } from "../dom.js";
import { translate } from "../strings.js";

const OWN = ".finding, .findings-past";
/**
 * What F8 goes through: findings, dismissed ones, suggestions beside the row, the sign of open notes, and
 * words that the lens shows as lacking a counterpart.
 */
const STOPS = ".finding[data-id], .findings-past, .rail, .pair .noted, .lens-alone";
const ACTS = "button, a, summary";

export class Findings {
  /**
   * `flag` shows the number of findings. `actions`: `repair(edits, id)`, `copy(side)`, `flush()` → whether
   * everything is saved, `post(values)` → the server's answer to a dismissal: {findings}, {reasons}, or null
   * if it failed.
   */
  constructor(sheet, flag, actions) {
    Object.assign(this, { sheet, flag, actions, list: [], asking: null, unfolded: new Set() });
  }

  show(list) {
    const focus = this.#focus();
    this.list = list;
    this.sheet.form.querySelectorAll(OWN).forEach((card) => card.remove());
    const areas = [...this.sheet.form.querySelectorAll(".pair .cell textarea")];
    for (const area of areas) area.spans = [];
    const past = new Map();
    for (const finding of list) {
      if (finding.dismissed) past.set(finding.key, [...(past.get(finding.key) ?? []), finding]);
      else this.#place(finding.key, this.#card(finding));
      if (!finding.dismissed) this.#mark(finding);
    }
    for (const [key, some] of past) this.#place(key, this.#past(key, some));
    for (const area of areas) this.sheet.mirror(area);
    this.#count();
    this.#refocus(focus);
  }

  // Placement

  #place(key, card) {
    const notes = this.sheet.row(key)?.querySelector(".notes") ?? this.#elsewhere();
    notes.insertBefore(card, notes.querySelector(":scope > .rail"));
  }

  /** Return the box for findings that belong to no row, such as source and date. */
  #elsewhere() {
    const { box, form } = this.sheet;
    let notes = form.querySelector(".notes.of-facts");
    if (!notes) {
      notes = createElement("div", { className: "notes of-facts" });
      box.after(notes);
    }
    return notes;
  }

  #mark(finding) {
    for (const [key, side, from, to] of finding.spans) {
      const pair = this.sheet.row(key);
      if (pair) this.sheet.area(pair, side).spans.push([from, to]);
    }
  }

  // Cards

  #card(finding) {
    const card = createElement("div", { className: "finding", tabIndex: -1, data: { id: finding.id, code: finding.check } });
    if (finding.blocks) card.classList.add("blocks");
    card.append(this.#message(finding), ...this.#offers(finding));
    if (this.asking?.id === finding.id) card.append(this.#reason(finding));
    return card;
  }

  #message(finding) {
    const text = createElement("p", {}, finding.message);
    if (finding.blocks) text.append(" ", createElement("small", {}, translate("blocks")));
    return text;
  }

  #offers(finding) {
    const { repair, all, copy, link, dismissable } = finding;
    const offers = [];
    if (repair) offers.push(this.#button(repair.label, finding, () => this.actions.repair(repair.edits, repair.id)));
    if (all) offers.push(this.#button(all.label, finding, () => this.actions.repair(all.edits, all.id)));
    for (const { label, from } of copy ?? []) offers.push(this.#button(label, finding, () => this.actions.copy(from)));
    const { key } = finding;
    if (["source", "date", "url", "picture"].includes(key)) {
      const field = this.sheet.form.elements[key === "picture" ? "picture_alt_zh" : key];
      if (field) offers.push(this.#button("→", finding, () => field.focus()));
    }
    if (link) offers.push(createElement("a", { tabIndex: -1, href: link.url, target: "_blank", rel: "noopener", textContent: link.label }));
    if (dismissable) offers.push(this.#button(translate("dismiss"), finding, () => this.#ask(finding), "dismiss"));
    return offers;
  }

  #button(label, finding, act, className = "") {
    const button = createElement("button", { type: "button", className, textContent: label, tabIndex: -1 });
    button.setAttribute("aria-label", `${label}: ${finding.message}`);
    button.addEventListener("click", act);
    return button;
  }

  #past(key, some) {
    const box = createElement("details", { className: "findings-past", open: this.unfolded.has(key) });
    box.append(createElement("summary", { tabIndex: -1 }, translate("dismissed", { n: some.length })));
    for (const finding of some) {
      const { by, reason } = finding.dismissed;
      const why = createElement("p", { className: "why" }, translate("dismissed_by", { by, reason }));
      const back = this.#button(translate("undismiss"), finding, () => this.#send({ undo: finding.dismissed.pk }));
      box.append(createElement("div", { data: { id: finding.id } }, createElement("p", {}, finding.message), why, back));
    }
    box.addEventListener("toggle", () => this.unfolded[box.open ? "add" : "delete"](key));
    return box;
  }

  #count() {
    const n = this.list.filter((finding) => !finding.dismissed).length;
    const text = n ? translate("findings", { n }) : translate("clean");
    this.flag.dataset.n = n;
    const rest = createElement("span", { className: "wide-label" }, n ? text.replace(String(n), "") : ` ${text}`);
    this.flag.replaceChildren(n ? String(n) : "✓", rest);
    this.flag.setAttribute("aria-label", text);
    const missing = this.list.filter((finding) => finding.blocks && !finding.dismissed).length;
    const detail = missing ? translate("missing", { n: missing }) : "";
    this.sheet.form.dispatchEvent(new CustomEvent("desk:missing", { detail }));
  }

  // Dismissal

  #ask(finding) {
    this.asking = this.asking?.id === finding.id ? null : { id: finding.id, reason: "" };
    this.show(this.list);
    this.#cardOf(finding.id)?.querySelector(this.asking ? ".reason input" : ".dismiss")?.focus();
  }

  #reason(finding) {
    const { asking } = this;
    const input = createElement("input", { value: asking.reason, maxLength: 500, type: "text" });
    input.addEventListener("input", () => {
      asking.reason = input.value;
    });
    const done = () => (input.value.trim() ? this.#send({ finding: finding.id, reason: input.value }) : input.focus());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter") done();
      else this.#ask(finding);
    });
    const label = createElement("label", {}, translate("dismiss_reason"), input);
    const yes = this.#button(translate("dismiss_now"), finding, done);
    const no = this.#button(translate("cancel"), finding, () => this.#ask(finding), "dismiss");
    for (const button of [yes, no]) button.tabIndex = 0; // the question is open, so Tab goes through it
    return createElement("div", { className: "reason" }, label, yes, no);
  }

  /** Post a dismissal, after saving: it holds for the stored text only. */
  async #send(values) {
    const answer = (await this.actions.flush()) ? await this.actions.post(values) : null;
    if (answer?.findings) {
      this.asking = null;
      return this.show(answer.findings);
    }
    const why = answer?.reasons?.map((reason) => reason.text).join(" ") || translate("not_dismissed");
    this.#complain(this.#cardOf(values.finding), why);
  }

  #complain(card, why) {
    const where = card ?? this.#elsewhere();
    where.querySelector(".trouble")?.remove();
    where.append(createElement("p", { className: "trouble finding", aria: { role: "alert" } }, why));
  }

  // Keyboard

  /**
   * Focus the first button of the next or previous card in reading order (F8), or a word that the lens shows as
   * lacking a counterpart. Return false if there is neither. Tab goes from text to text
   * and leaves all this out.
   */
  go(by) {
    const cards = this.#cards();
    if (!cards.length) return false;
    const here = document.activeElement;
    const inside = cards.indexOf(here.closest(STOPS));
    let at = inside + by;
    if (inside < 0) {
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

  /** In a card: up and down walk the cards, left and right its buttons; X dismisses, Escape returns to the text. */
  key(event) {
    const card = event.target.closest?.(STOPS);
    if (!card || event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return false;
    const buttons = [...card.querySelectorAll(ACTS)];
    const beside = (by) => buttons[(buttons.indexOf(event.target) + by + buttons.length) % buttons.length]?.focus();
    const acts = {
      ArrowDown: () => this.go(1),
      ArrowUp: () => this.go(-1),
      ArrowRight: () => beside(1),
      ArrowLeft: () => beside(-1),
      x: () => card.querySelector(".dismiss")?.click(),
      Escape: () => card.closest(".pair")?.querySelector(".cell textarea").focus(),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    act?.();
    return Boolean(act);
  }

  #cardOf(id) {
    return this.#cards().find((card) => card.dataset.id === id);
  }

  #enter(card) {
    (card.matches(ACTS) ? card : (card.querySelector(ACTS) ?? card)).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  /** Remember which card has the focus. `#refocus` returns to it, or to the card that took its position. */
  #focus() {
    const card = document.activeElement?.closest?.(".finding[data-id], .findings-past"); // redrawn ones
    if (!card || !this.sheet.form.contains(card)) return null;
    const asks = document.activeElement.matches(".reason input");
    return { id: card.dataset.id, at: this.#cards().indexOf(card), asks };
  }

  #refocus(focus) {
    if (!focus) return;
    const cards = this.#cards();
    const card = this.#cardOf(focus.id) ?? cards[Math.min(Math.max(focus.at, 0), cards.length - 1)];
    if (!card) this.flag.focus();
    else if (focus.asks && card.dataset.id === focus.id) (card.querySelector(".reason input") ?? card).focus();
    else this.#enter(card);
  }
}
