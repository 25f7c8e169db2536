// The lens: light the words that both languages must share, and tell which have no counterpart. The server finds
// them by the code of its checks. Marks lie under the text of an editor's cell, or around the words of a read one.

import { createElement } from "./dom.js";
import { insertItem } from "./margin.js";
import { fill } from "./strings.js";

const SIDES = ["zh", "en"];
const LANGUAGES = { zh: "zh-Hant-TW", en: "en" };
const WRITING = "textarea, input, select, [contenteditable]";
const STORED = "desk.lens";
const AFTER_TYPING = 500; // ms

const legend = document.getElementById("lens");
const otherSide = (side) => (side === "zh" ? "en" : "zh");

/** Texts of a cell, which is a textarea with its mirror, or words to be read. */
class Cell {
  constructor(pair, side) {
    Object.assign(this, { pair, side, element: pair.querySelector(`.cell[data-side=${side}]`) });
    this.area = this.element?.querySelector(".grow > textarea");
    this.host = this.element?.querySelector(".mirror, .words");
  }

  get text() {
    if (this.area) return this.area.value;
    const text = textNodes(this.host).map((node) => node.data).join("");
    return text === "–" ? "" : text;
  }

  get words() {
    return [...this.host.querySelectorAll(".lens-word")];
  }

  piecesOf(n) {
    return [...this.host.querySelectorAll(`.lens-word[data-n="${n}"]`)];
  }

  paint(spans) {
    for (const word of this.words) word.replaceWith(...word.childNodes);
    this.host.normalize();
    const lit = spans.map((span, n) => span && { ...span, n }).filter(Boolean);
    let offset = 0;
    for (const node of lit.length ? textNodes(this.host) : []) {
      wrap(node, offset, lit);
      offset += node.length;
    }
  }
}

/** Return the text nodes of the current text, without what was deleted from it. */
function textNodes(host) {
  const accept = (node) =>
    node.nodeName === "DEL" ? NodeFilter.FILTER_REJECT : node.nodeType === Node.TEXT_NODE ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP;
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, accept);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

/** Put an element around each part of a text node that belongs to a span. `offset`: where the node begins. */
function wrap(node, offset, spans) {
  const { data } = node;
  const parts = [];
  let at = 0;
  for (const { start, end, kind, isMatched, n } of spans) {
    const [from, to] = [Math.max(start - offset, at), Math.min(end - offset, data.length)];
    if (from >= to) continue;
    const word = createElement("span", { className: "lens-word", textContent: data.slice(from, to), data: { kind, n } });
    if (!isMatched) word.dataset.alone = "";
    parts.push(data.slice(at, from), word);
    at = to;
  }
  if (at) node.replaceWith(...parts, data.slice(at));
}

/** Move spans along with an edit of the text. Those that the edit touches become null. */
function follow(spans, old, text) {
  let [before, after] = [0, 0];
  const most = Math.min(old.length, text.length);
  while (before < most && old[before] === text[before]) before += 1;
  while (after < most - before && old[old.length - 1 - after] === text[text.length - 1 - after]) after += 1;
  const by = text.length - old.length;
  return spans.map((span) => {
    if (!span || span.end <= before) return span;
    return span.start >= old.length - after ? { ...span, start: span.start + by, end: span.end + by } : null;
  });
}

class Lens {
  constructor() {
    this.rows = new Map(); // by row key and side: {text, spans, asked}
    this.hidden = new Set();
    this.isOn = false;
    this.current = null; // the word shown by the buttons or arrow keys: [row key, side, n]
    this.lit = []; // the word that is lit with its counterparts, as `current`
    this.observer = new MutationObserver((records) => this.#changed(records));
    this.#restore();
    this.#listen();
    if (this.isOn) this.#start();
    this.#show();
  }

  #restore() {
    try {
      const { on, hidden } = JSON.parse(localStorage.getItem(STORED)) ?? {};
      this.isOn = on === true;
      this.hidden = new Set(hidden);
    } catch {
      // The browser forbids storage, or another version wrote it.
    }
  }

  #remember() {
    try {
      localStorage.setItem(STORED, JSON.stringify({ on: this.isOn, hidden: [...this.hidden] }));
    } catch {
      // The choice holds for this page.
    }
  }

  get pairs() {
    return [...document.querySelectorAll(".sheet .pair")].filter((pair) => pair.querySelector(".cell[data-side]"));
  }

  // Switching

  toggle() {
    this.isOn = !this.isOn;
    this.#remember();
    if (this.isOn) this.#start();
    else this.#stop();
    this.#show();
    if (!this.isOn) this.#say(legend.dataset.off);
  }

  #start() {
    this.isAnnounced = false;
    this.observer.observe(document.querySelector(".sheet"), { childList: true, subtree: true, characterData: true });
    for (const pair of this.pairs) this.#paint(pair);
    this.ask();
  }

  #stop() {
    this.observer.disconnect();
    this.running?.abort();
    clearTimeout(this.timer);
    for (const pair of this.pairs) {
      for (const side of SIDES) new Cell(pair, side).paint([]);
      pair.querySelector(".lens-line")?.remove();
    }
  }

  #toggleKind(kind) {
    if (!this.hidden.delete(kind)) this.hidden.add(kind);
    this.#remember();
    for (const pair of this.pairs) this.#paint(pair);
    this.#show();
  }

  // Asking the server

  #row(pair) {
    const none = () => ({ text: "", spans: [], asked: "" });
    if (!this.rows.has(pair.id)) this.rows.set(pair.id, { zh: none(), en: none() });
    return this.rows.get(pair.id);
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), AFTER_TYPING);
  }

  /** Ask for the rows whose texts changed since the last answer. */
  async ask() {
    const { pk } = document.getElementById("brief-form")?.dataset ?? {};
    const url = legend.dataset.address.replace("/0/", `/${legend.dataset.pk || pk || 0}/`);
    if (!this.isOn || this.isComposing || url.includes("/0/")) return;
    const asked = {};
    for (const pair of this.pairs) {
      const row = this.#row(pair);
      const texts = SIDES.map((side) => new Cell(pair, side).text);
      if (texts.some((text, n) => text !== row[SIDES[n]].asked)) asked[pair.id] = texts;
    }
    const answer = Object.keys(asked).length ? await this.#post(url, asked) : {};
    if (!answer || !this.isOn) return;
    for (const [key, spans] of Object.entries(answer)) this.#take(key, asked[key], spans);
    for (const pair of this.pairs) if (pair.id in answer) this.#paint(pair);
    this.#show();
    if (!this.isAnnounced) this.#say(`${legend.dataset.on} ${this.#countText()}`);
    this.isAnnounced = true;
  }

  async #post(url, rows) {
    this.running?.abort();
    this.running = new AbortController();
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("rows", JSON.stringify(rows));
    const sent = fetch(url, { method: "POST", redirect: "manual", body, signal: this.running.signal });
    return sent.then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  }

  #take(key, texts, answer) {
    const row = this.rows.get(key);
    if (this.lit[0] === key) this.lit = []; // the words are numbered anew
    SIDES.forEach((side, n) => {
      const spans = answer[side].map(([start, end, kind, isMatched, partner]) => ({ start, end, kind, isMatched, partner }));
      row[side] = { text: texts[n], spans, asked: texts[n] };
    });
  }

  // Painting

  /** The page changed the rows: an editor's mirror was filled again, or a read row was replaced. */
  #changed(records) {
    const elements = records.map(({ target }) => (target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement));
    const cells = new Set(elements.map((element) => element?.closest(".cell[data-side]")).filter((cell) => cell?.isConnected));
    const rows = records.flatMap(({ addedNodes, removedNodes }) => [...addedNodes, ...removedNodes]).filter((node) => node.matches?.(".pair"));
    const isStale = [
      ...[...cells].map((cell) => this.#paint(cell.closest(".pair"), [cell.dataset.side])),
      ...rows.filter((row) => row.isConnected).map((row) => this.#paint(row)),
    ];
    if (rows.length || isStale.some(Boolean)) this.#later();
  }

  /** Paint the words of a row where they are now. Return whether its texts differ from those that were asked about. */
  #paint(pair, sides = SIDES) {
    const row = this.#row(pair);
    let isStale = false;
    for (const side of sides) {
      const cell = new Cell(pair, side);
      const { text } = cell;
      const known = row[side];
      if (known.text !== text) Object.assign(known, { spans: follow(known.spans, known.text, text), text });
      isStale ||= text !== known.asked;
      cell.paint(known.spans.map((span) => (span && this.hidden.has(span.kind) ? null : span)));
    }
    if (this.lit[0] === pair.id) this.light(pair, ...this.lit.slice(1));
    this.#writeLine(pair, row);
    this.observer.takeRecords();
    return isStale;
  }

  #alone(row) {
    const found = SIDES.flatMap((side) => row[side].spans.map((span, n) => ({ ...span, side, n })));
    return found.filter(({ kind, isMatched }) => kind && !isMatched && !this.hidden.has(kind));
  }

  /** List the words without a counterpart below the row, as buttons that show them. */
  #writeLine(pair, row) {
    const old = pair.querySelector(".lens-line");
    const alone = this.#alone(row);
    const words = alone.map(({ side, start, end }) => row[side].text.slice(start, end));
    if (old?.dataset.words === JSON.stringify(words)) {
      [...old.querySelectorAll("button")].forEach((button, i) => this.#point(button, alone[i]));
      return;
    }
    const focus = old ? [...old.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    old?.remove();
    if (!alone.length) return;
    const line = createElement("div", { className: "item lens-line", data: { rank: 4, words: JSON.stringify(words) } });
    const isRead = pair.querySelector(".cell .words");
    line.append(createElement("span", {}, legend.dataset.none));
    alone.forEach((word, i) => {
      const button = createElement("button", { type: "button", className: "lens-alone", lang: LANGUAGES[word.side], tabIndex: isRead ? 0 : -1 }, words[i]);
      line.append(" ", this.#point(button, word));
    });
    insertItem(document.getElementById("brief-form"), line, pair.dataset.lead ?? pair.id);
    if (focus >= 0) (line.querySelectorAll("button")[focus] ?? line.lastElementChild).focus();
  }

  #point(button, { side, n, kind }) {
    Object.assign(button.dataset, { side, n, kind });
    return button;
  }

  // The legend

  #show() {
    document.documentElement.classList.toggle("lens-on", this.isOn);
    legend.hidden = !this.isOn;
    this.#showButton();
    if (!this.isOn) return;
    this.#showCounts();
    this.place();
  }

  #showButton() {
    for (const button of document.querySelectorAll("[data-lens-toggle]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", this.isOn);
    }
  }

  #showCounts() {
    for (const button of legend.querySelectorAll("[data-kind][aria-pressed]")) {
      const { kind } = button.dataset;
      button.setAttribute("aria-pressed", !this.hidden.has(kind));
      button.querySelector(".n").textContent = this.#every((span) => span.kind === kind && !span.isMatched).length;
    }
    const isNone = !this.#words().length;
    legend.querySelector(".lens-count").textContent = this.#countText();
    for (const button of legend.querySelectorAll("[data-walk]")) button.disabled = isNone;
  }

  #every(fits) {
    return this.pairs.flatMap((pair) => SIDES.flatMap((side) => this.#row(pair)[side].spans.filter((span) => span && fits(span))));
  }

  #countText() {
    const n = this.#words().length;
    return n ? fill(legend.dataset.count, { n }) : legend.dataset.all;
  }

  #say(text) {
    document.getElementById("lens-said").textContent = text;
  }

  /** Keep the legend below the bar, which may wrap and need not stay on top. */
  place() {
    const bar = document.querySelector(".desk .bar");
    const isSticky = bar && getComputedStyle(bar).position === "sticky";
    document.documentElement.style.setProperty("--lens-top", `${isSticky ? bar.offsetHeight : 0}px`);
  }

  // Walking

  /** Return the words without a counterpart in reading order: [pair, side, n]. */
  #words() {
    return this.pairs.flatMap((pair) => this.#alone(this.#row(pair)).map(({ side, n }) => [pair, side, n]));
  }

  walk(by) {
    const words = this.#words();
    if (!words.length) return;
    const at = words.findIndex(([pair, side, n]) => this.#isCurrent(pair, side, n));
    const next = at < 0 ? this.#fromHere(words, by) : (at + by + words.length) % words.length;
    this.#reveal(...words[next]);
    const [pair, side, n] = words[next];
    const text = fill(legend.dataset.at, { n: next + 1, m: words.length, word: this.#text(pair, side, n) });
    legend.querySelector(".lens-count").textContent = text;
    this.#say(text);
  }

  #fromHere(words, by) {
    const here = document.activeElement.closest(".pair");
    const after = here ? words.findIndex(([pair]) => pair === here || here.compareDocumentPosition(pair) & Node.DOCUMENT_POSITION_FOLLOWING) : 0;
    if (by > 0) return Math.max(after, 0);
    return (after < 0 ? words.length : after || words.length) - 1;
  }

  #isCurrent(pair, side, n) {
    return this.current?.[0] === pair.id && this.current[1] === side && this.current[2] === n;
  }

  #text(pair, side, n) {
    const { text, spans } = this.#row(pair)[side];
    return spans[n] ? text.slice(spans[n].start, spans[n].end) : "";
  }

  #reveal(pair, side, n) {
    this.current = [pair.id, side, n];
    this.light(pair, side, n);
    const [word] = new Cell(pair, side).piecesOf(n);
    word?.scrollIntoView({ block: "nearest" });
  }

  /** Light a word with its counterparts, and no other. */
  light(pair, side, n) {
    for (const word of document.querySelectorAll(".lens-word.is-lit")) word.classList.remove("is-lit");
    const span = pair && this.#row(pair)[side].spans[n];
    this.lit = span ? [pair.id, side, n] : [];
    if (!span) return;
    const theirs = this.#row(pair)[otherSide(side)].spans;
    const partners = theirs.flatMap((other, i) => (other && (i === span.partner || other.partner === n) ? [i] : []));
    const pieces = partners.flatMap((i) => new Cell(pair, otherSide(side)).piecesOf(i));
    for (const word of [...new Cell(pair, side).piecesOf(n), ...pieces]) word.classList.add("is-lit");
  }

  /** Step through all lit words of a read row. */
  #step(pair, by) {
    const words = SIDES.flatMap((side) => this.#row(pair)[side].spans.map((span, n) => [span, side, n]));
    const lit = words.filter(([span]) => span && !this.hidden.has(span.kind));
    if (!lit.length) return;
    const at = lit.findIndex(([, side, n]) => this.#isCurrent(pair, side, n));
    const [span, side, n] = lit[at < 0 ? (by > 0 ? 0 : lit.length - 1) : (at + by + lit.length) % lit.length];
    this.#reveal(pair, side, n);
    const partner = span.partner === null ? "" : this.#text(pair, otherSide(side), span.partner);
    const word = this.#text(pair, side, n);
    this.#say(span.isMatched ? [word, partner].filter(Boolean).join(" = ") : `${legend.dataset.none} ${word}`);
  }

  // Pointer, caret and keys

  #listen() {
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("click", ({ target }) => this.#clicked(target));
    document.addEventListener("focusin", ({ target }) => {
      if (target.matches(".lens-alone")) this.#reveal(target.closest(".pair"), target.dataset.side, Number(target.dataset.n));
    });
    for (const type of ["pointermove", "pointerdown"]) document.addEventListener(type, (event) => this.isOn && this.#pointed(event));
    document.addEventListener("selectionchange", () => this.isOn && this.#caret());
    document.addEventListener("compositionstart", () => {
      this.isComposing = true;
    });
    document.addEventListener("compositionend", () => {
      this.isComposing = false;
      if (this.isOn) this.#later();
    });
    document.getElementById("brief-form")?.addEventListener("desk:saved", () => this.ask());
    new MutationObserver(() => this.#showButton()).observe(legend.parentElement, { childList: true }); // the review page replaces its bar
    addEventListener("resize", () => this.isOn && this.place());
  }

  #clicked(target) {
    const button = target.closest("[data-lens-toggle], #lens button, .lens-alone");
    if (!button) return;
    if (button.matches("[data-lens-toggle]")) return this.toggle();
    if (button.matches(".lens-alone")) return this.#enter(button);
    if (button.matches("[data-lens-close]")) return this.#close();
    if (button.dataset.walk) return this.walk(Number(button.dataset.walk));
    if (button.dataset.kind) this.#toggleKind(button.dataset.kind);
  }

  #close() {
    this.toggle();
    [...document.querySelectorAll("[data-lens-toggle], .more-verbs")].find((button) => button.checkVisibility())?.focus();
  }

  /** Put the caret after the word, in a row that is being written. */
  #enter(button) {
    const pair = button.closest(".pair");
    const { side, n } = button.dataset;
    this.#reveal(pair, side, Number(n));
    const { area } = new Cell(pair, side);
    const span = this.#row(pair)[side].spans[n];
    if (!area || !span) return;
    area.focus({ preventScroll: true });
    area.setSelectionRange(span.end, span.end);
  }

  #key(event) {
    const { key, target } = event;
    if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches?.(WRITING) || target.closest?.("[popover], dialog")) return;
    const pair = target.closest?.(".review > .pair");
    const by = event.shiftKey ? -1 : 1;
    if (key.toLowerCase() === "l" && !event.shiftKey && !event.repeat) this.toggle();
    else if (!this.isOn) return;
    else if (key === "F8" && !document.getElementById("desk-flag")) this.#toButton(by);
    else if (pair && ["ArrowLeft", "ArrowRight"].includes(key)) this.#step(pair, key === "ArrowRight" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  /** On the review page, F8 goes to the next word without a counterpart. In the editor the findings include them. */
  #toButton(by) {
    const buttons = [...document.querySelectorAll(".lens-alone")];
    const here = document.activeElement;
    const before = buttons.filter((button) => button.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING);
    const at = buttons.includes(here) ? buttons.indexOf(here) + by : before.length - (by < 0 ? 1 : 0);
    buttons.at(at % buttons.length)?.focus();
  }

  #pointed({ target, clientX, clientY }) {
    const cell = target.closest?.(".sheet .cell[data-side]");
    const holds = ({ left, right, top, bottom }) => left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
    const word = [...(cell?.querySelectorAll(".lens-word") ?? [])].find((one) => [...one.getClientRects()].some(holds));
    const under = word ? `${cell.closest(".pair").id} ${cell.dataset.side} ${word.dataset.n}` : "";
    if (under === this.under) return;
    this.under = under;
    this.light(word && cell.closest(".pair"), cell?.dataset.side, Number(word?.dataset.n));
  }

  #caret() {
    const area = document.activeElement;
    if (!area?.matches(".grow > textarea")) return;
    const { side } = area.closest(".cell").dataset;
    const pair = area.closest(".pair");
    const n = this.#row(pair)[side].spans.findIndex((span) => span && span.start <= area.selectionStart && area.selectionStart <= span.end);
    this.light(n < 0 ? null : pair, side, n);
  }
}

if (legend && document.querySelector(".sheet .pair .cell[data-side]")) new Lens();
