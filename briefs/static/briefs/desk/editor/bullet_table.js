// Read the bullet table into rows, and render rows into the table. `render` reuses the elements of rows that
// remain, so that focus, caret and an input method's composition survive. It writes no style attributes
// (CSP).

import { parseRow, SIDES } from "./commands.js";
import { cloneRow } from "../dom.js";
import { mirror } from "./texts.js";
import { showProposals } from "../proposals.js";
import { translate } from "../strings.js";

const GLYPH = ["•", "◦", "▪"];
const LEADS = ["headline", "summary"];
const FIELDS = ["structure_zh", "text_zh", "structure_en", "text_en", "passage", "one_sided"];

export class BulletTable {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector(".rows[data-group=bullet]");
    this.template = this.box.querySelector(":scope > template");
    this.template.remove();
    this.pairs = new Map();
    for (const area of [...this.#areasIn(form), ...this.#areasIn(this.template.content)]) area.rows = 1; // mirrors grow
    for (const part of form.querySelectorAll(".pair .noted")) part.tabIndex = -1; // F8 goes there
    for (const part of [form, this.template.content]) this.#setStops(part);
    for (const pair of [...this.box.children]) {
      if (this.#field(pair, "deleted").value) pair.remove();
      else this.pairs.set(pair.id, pair);
    }
  }

  #areasIn(part) {
    return part.querySelectorAll(".cell textarea");
  }

  /** Tab goes from text to text. Source passage and reason are stops only while one of them has the focus. */
  #setStops(part, tabIndex = -1) {
    for (const field of part.querySelectorAll(".beside :is(summary, textarea, input)")) field.tabIndex = tabIndex;
  }

  /** Call on every focus: open the passage that got it, close the one that lost it. */
  focused(target) {
    const beside = target.closest(".pair .beside");
    if (this.beside && this.beside !== beside) this.#setStops(this.beside.parentElement);
    if (beside) this.#setStops(beside.parentElement, 0);
    this.beside = beside;
  }

  get rows() {
    return [...this.box.querySelectorAll(":scope > .pair")];
  }

  lead(name) {
    return this.form.querySelector(`[data-lead="${name}"]`);
  }

  /** Return the row with this key; or headline or summary, if `key` is their name. */
  row(key) {
    const pair = this.pairs.get(key);
    return pair?.isConnected ? pair : this.lead(key);
  }

  area(pair, side) {
    return pair.querySelector(`.cell[data-side=${side}] textarea`);
  }

  index(pair) {
    return this.rows.indexOf(pair);
  }

  #field(pair, name) {
    return pair.querySelector(`[name="${name}-${pair.id}"]`);
  }

  // Reading

  read() {
    const fields = {};
    for (const name of LEADS) {
      for (const side of SIDES) fields[`${name}_${side}`] = this.area(this.lead(name), side).value;
    }
    return { fields, rows: this.rows.map((pair) => this.#read(pair)) };
  }

  #read(pair) {
    const fields = FIELDS.map((name) => [name, this.#field(pair, name).value]);
    return parseRow({ key: pair.id, ...Object.fromEntries(fields) });
  }

  // Writing

  render(state) {
    for (const name of LEADS) {
      for (const side of SIDES) this.#fill(this.area(this.lead(name), side), state.fields[`${name}_${side}`]);
    }
    const kept = new Set(state.rows.map((row) => row.key));
    for (const pair of this.rows) if (!kept.has(pair.id)) pair.remove();
    this.#arrange(state.rows.map((row) => this.pairs.get(row.key) ?? this.#make(row.key)));
    for (const row of state.rows) this.#fillRow(row);
    this.decorate(state.rows);
    showProposals(this.form);
  }

  /** Bring the rows into this order. The others move around the row that has the focus: an element that is moved loses it. */
  #arrange(pairs) {
    const held = document.activeElement.closest(".pair");
    let next = this.box.firstElementChild;
    for (const pair of pairs) {
      while (pair === held && next !== held) {
        const passed = next;
        next = next.nextElementSibling;
        this.box.append(passed);
      }
      if (pair === next) next = next.nextElementSibling;
      else this.box.insertBefore(pair, next);
    }
  }

  #fillRow(row) {
    const pair = this.pairs.get(row.key);
    for (const side of SIDES) {
      this.#field(pair, `structure_${side}`).value = `${row[`level_${side}`]}-${row[`marker_${side}`]}`;
      this.#fill(this.area(pair, side), row[`text_${side}`]);
    }
    this.#note(pair, "passage", row.passage);
    this.#note(pair, "one_sided", row.one_sided);
  }

  #make(key) {
    const pair = cloneRow(this.template, "n0", key);
    this.pairs.set(key, pair);
    return pair;
  }

  #fill(area, value) {
    if (area.value !== value) {
      area.value = value;
      area.spans = []; // the marked positions belong to the old text
    }
    mirror(area);
  }

  #note(pair, name, value) {
    const field = this.#field(pair, name);
    if (field.value !== value) field.value = value;
  }

  /**
   * Update row numbers, markers as readers see them, labels for screen readers, and hints for missing text.
   */
  decorate(rows) {
    const counts = { zh: [0, 0, 0], en: [0, 0, 0] };
    rows.forEach((row, i) => {
      const pair = this.pairs.get(row.key);
      this.#name(pair, i + 1, i === rows.length - 1);
      this.#classify(pair, row);
      for (const side of SIDES) this.#decorateCell(pair, row, side, i, counts[side]);
    });
  }

  /** The last row is always empty: it has no number, no commands, and one stop of the Tab key. */
  #name(pair, n, isLast) {
    pair.classList.toggle("is-next", isLast);
    pair.setAttribute("aria-label", isLast ? translate("next_row") : translate("row", { n }));
    const margin = pair.querySelector(".margin");
    margin.setAttribute("aria-label", margin.getAttribute("aria-label").replace(/\d+$/, n));
    pair.querySelector(".n").textContent = n;
    pair.querySelector(".handle").setAttribute("aria-label", translate("drag", { n }));
  }

  #classify(pair, row) {
    const [zh, en] = [row.text_zh.trim(), row.text_en.trim()];
    const differs = row.level_zh !== row.level_en || row.marker_zh !== row.marker_en;
    pair.classList.toggle("differs", differs);
    pair.classList.toggle("is-blank", !zh && !en);
    pair.classList.toggle("only-zh", Boolean(zh && !en && !row.one_sided.trim()));
    pair.classList.toggle("only-en", Boolean(en && !zh && !row.one_sided.trim()));
    pair.classList.toggle("has-notes", Boolean(row.passage.trim() || row.one_sided.trim()));
  }

  #decorateCell(pair, row, side, i, count) {
    const cell = pair.querySelector(`.cell[data-side=${side}]`);
    const level = row[`level_${side}`];
    const isNumber = row[`marker_${side}`] === "number";
    const hasWords = Boolean(row[`text_${side}`].trim());
    cell.dataset.level = level;
    if (hasWords) {
      count.fill(0, level + 1);
      count[level] = isNumber ? count[level] + 1 : 0;
    }
    const marker = cell.querySelector(".marker");
    const glyph = isNumber ? `${count[level] || 1}.` : GLYPH[level];
    if (marker.textContent !== glyph) marker.textContent = glyph;
    const area = this.area(pair, side);
    const isLast = pair.matches(".is-next");
    area.setAttribute("aria-label", isLast ? `${translate("next_row")}, ${translate(side)}` : translate(`cell_${side}`, { n: i + 1 }));
    area.tabIndex = isLast && side === "en" ? -1 : 0;
    if (i) area.removeAttribute("aria-describedby");
    else area.setAttribute("aria-describedby", "desk-hint"); // announce the hint only once
    const missing = !hasWords && pair.matches(".only-zh, .only-en");
    area.placeholder = isLast ? this.box.dataset[`next_${side}`] : missing ? translate(`missing_${side}`) : "";
  }

  focus({ key, side, caret }) {
    const pair = this.row(key);
    if (!pair) return;
    const area = this.area(pair, side);
    area.focus({ preventScroll: true });
    area.setSelectionRange(caret, caret);
    area.scrollIntoView({ block: "nearest" });
  }
}
