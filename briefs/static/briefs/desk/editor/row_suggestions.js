// Show suggestions beside the focused row: glossary terms, similar approved pairs while one side is empty, and the
// likeliest passages of the original.

import { SIDES, otherSide } from "./commands.js";
import { createElement, postForm } from "../dom.js";
import { insertItem } from "../margin.js";
import { translate } from "../strings.js";

const AFTER_TYPING = 400;
const AFTER_FOCUS = 150;

export class RowSuggestions {
  /** `url()` returns the address to fetch from; empty for a new brief. */
  constructor(sheet, url) {
    Object.assign(this, { sheet, url, carets: new WeakMap(), pair: null, lastTexts: "" });
    this.box = createElement("div", { className: "item rail", data: { rank: 7 } });
    sheet.form.addEventListener("input", ({ target }) => {
      if (target.closest(".pair .cell") && target.closest(".pair") === this.pair) this.#later(AFTER_TYPING);
    });
    document.addEventListener("selectionchange", () => {
      const area = document.activeElement;
      if (area?.closest?.(".pair .cell")) this.carets.set(area, [area.selectionStart, area.selectionEnd]);
    });
  }

  /** Show suggestions for the row that has the focus. `here` is {pair, area}, or null outside of texts. */
  write(here) {
    if (!here?.area || here.pair === this.pair) return;
    this.pair = here.pair;
    this.lastTexts = "";
    this.#clear();
    this.#later(AFTER_FOCUS);
  }

  #later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), wait);
  }

  #texts() {
    return Object.fromEntries(SIDES.map((side) => [side, this.sheet.area(this.pair, side).value]));
  }

  async #ask() {
    const { pair } = this;
    const url = this.url();
    if (!url || !pair?.isConnected) return;
    const texts = this.#texts();
    const current = JSON.stringify(texts);
    if (current === this.lastTexts) return;
    this.lastTexts = current;
    if (!(texts.zh + texts.en).trim()) return this.#clear();
    const answer = await this.#post(url, texts);
    if (this.pair !== pair || this.lastTexts !== current) return;
    if (answer) this.#show(answer);
    else this.lastTexts = "";
  }

  #post(url, texts) {
    this.running?.abort();
    this.running = new AbortController();
    const body = new FormData();
    for (const [name, value] of Object.entries(texts)) body.append(name, value);
    if (this.#passageField()) body.append("number", this.pair.id.slice(1));
    body.append("csrfmiddlewaretoken", this.sheet.form.elements.csrfmiddlewaretoken.value);
    return postForm(url, body, { signal: this.running.signal });
  }

  /** The field for the source passage of the row, if the brief has an original and the row no passage yet. */
  #passageField() {
    const field = this.pair.querySelector("[name^=passage-]");
    return "offersPassages" in this.sheet.form.dataset && field && !field.value.trim() ? field : null;
  }

  #clear() {
    this.box.remove();
  }

  #show({ terms, memory, passages }) {
    if (this.box.contains(document.activeElement)) return; // do not replace a button that has the focus
    const parts = [];
    if (terms.length) parts.push(this.#part("terms", terms.map((term) => this.#term(term))));
    if (memory.length) parts.push(this.#part("memory", memory.map((match) => this.#match(match))));
    if (passages.length) {
      const offers = this.#part("passages", passages.map((passage) => this.#passage(passage)));
      if (passages[0].unsure) offers.querySelector("h3").after(createElement("p", {}, translate("passages_unsure")));
      parts.push(offers);
    }
    this.box.replaceChildren(...parts);
    if (parts.length) insertItem(this.sheet.form, this.box, this.pair.dataset.lead ?? this.pair.id);
    else this.#clear();
  }

  #part(word, items) {
    const title = translate(word);
    return createElement("section", { aria: { label: title } }, createElement("h3", {}, title), createElement("ul", {}, ...items));
  }

  #term(term) {
    const [zh, en] = SIDES.map((side) => createElement("span", { lang: langOf(side), textContent: term[side] }));
    const link = term.url && { tabIndex: -1, href: term.url, target: "_blank", rel: "noopener" };
    const name = createElement(link ? "a" : "span", link || {}, zh, " · ", en);
    const item = createElement("li", { className: "term" }, name);
    if (term.missing) {
      item.classList.add("missing");
      item.append(this.#button("insert_term", { term: term[term.missing] }, term.missing, term[term.missing]));
    }
    return item;
  }

  #match(match) {
    const empty = otherSide(match.side);
    const marked = match.marked.map(([text, differs]) => (differs ? createElement("mark", {}, text) : text));
    const theirs = createElement("p", { lang: langOf(match.side), className: "theirs" }, ...marked);
    const offered = createElement("p", { lang: langOf(empty), className: "offered" }, match[empty]);
    const from = createElement("a", { tabIndex: -1, href: match.url, target: "_blank", rel: "noopener", textContent: match.brief });
    const alike = createElement("span", {}, translate("alike", { n: `${Math.round(match.score * 100)}%` }));
    const insert = this.#button("insert", {}, empty, match[empty], true);
    insert.setAttribute("aria-label", `${insert.textContent}: ${match[empty]}`);
    return createElement("li", { className: "match" }, theirs, offered, createElement("p", { className: "from" }, alike, " · ", from), insert);
  }

  #passage({ text, lang, marked }) {
    const runs = marked.map(([words, isShared]) => (isShared ? createElement("mark", {}, words) : words));
    const use = createElement("button", { type: "button", tabIndex: -1, textContent: translate("use_passage"), data: { key: "enter" } });
    use.setAttribute("aria-label", `${use.textContent}: ${text}`);
    use.addEventListener("click", () => {
      const field = this.#passageField();
      if (!field) return;
      field.value = text;
      field.closest("details").open = true;
      field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
      this.#clear();
      field.closest("details").querySelector("summary").focus();
    });
    return createElement("li", { className: "match" }, createElement("p", { lang, className: "theirs" }, ...runs), use);
  }

  #button(word, values, side, text, whole = false) {
    const button = createElement("button", { type: "button", tabIndex: -1, textContent: translate(word, values) });
    button.addEventListener("click", () => {
      const area = this.sheet.area(this.pair, side);
      this.#insert(area, text, whole);
      area.focus();
      this.#later(AFTER_TYPING);
    });
    return button;
  }

  /** Insert at the caret as if typed. A whole text is appended if the cell is no longer empty. */
  #insert(area, text, whole) {
    const end = area.value.length;
    const [from, to] = whole && area.value.trim() ? [end, end] : whole ? [0, end] : (this.carets.get(area) ?? [end, end]);
    const before = area.value.slice(0, Math.min(from, end));
    const isApart = area.lang === "en" && !whole && /[A-Za-z0-9,.;:]$/.test(before);
    area.setRangeText((isApart ? " " : "") + text, Math.min(from, end), Math.min(to, end), "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  }
}

function langOf(side) {
  return side === "zh" ? "zh-Hant-TW" : "en";
}
