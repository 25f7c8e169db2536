// Read a clipboard into rows of lines. A line is {text, marker?, depth?}: HTML lists tell marker and depth, Word's
// paragraphs and typed markers are read too. A row has one line, or one per column of a table or of tabs.

const BLOCKS =
  "ADDRESS ARTICLE ASIDE BLOCKQUOTE CAPTION DD DIV DL DT FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION TABLE TR UL".split(" ");
const SKIPPED = "SCRIPT STYLE META TITLE HEAD TEMPLATE NOSCRIPT IMG SVG svg BUTTON".split(" ");
const HEADS = /^(?:中文|華文|英文|chinese|english|中|英|zh|en|no\.?|#|編號)$/i;
const MARKER_CELL = /^(?:[^\p{L}\p{N}\s]{1,2}|[o§vØüqnul]|[(（]?(?:\d{1,3}|[a-zA-Z]|[一二三四五六七八九十]{1,3}|[ivx]{1,4})[.)、）]?|[①-⑳])$/u;
const HAN = /[\u3400-\u9fff]/g;
const LATIN = /[A-Za-z]+/g;

const tidy = (text) => text.replace(/[\s\u00a0]+/g, " ").trim();

/**
 * Return {rows, isCut}. Rows are lists of lines: of the HTML if it has lists, tables, Word's list paragraphs or struck
 * text, else of the plain text. `isCut`: deleted or struck text was left out.
 */
export function readClipboard(data) {
  const html = data.getData("text/html");
  const plain = data.getData("text/plain");
  const reader = new HtmlReader();
  const rows = html ? reader.read(html) : [];
  const isStructured = reader.isCut || rows.some((row) => row.length > 1 || row[0].marker);
  return { rows: isStructured || !plain.trim() ? rows : readPlain(plain), isCut: reader.isCut };
}

/** Paste into a text what was not deleted or struck. If nothing was, the browser pastes. */
export function pasteText(event, { rows, isCut } = readClipboard(event.clipboardData)) {
  if (!isCut) return;
  event.preventDefault();
  document.execCommand("insertText", false, rows.map(joined).join("\n\n"));
}

function readPlain(text) {
  const lines = text.split(/\r\n?|\n/);
  const hasColumns = lines.some((line) => cellsOf(line.trim()).length > 1);
  return lines.map((line) => {
    const cells = hasColumns && line.trim() ? cellsOf(line) : [];
    return cells.length > 1 ? cells.map((cell) => ({ text: cell, whole: line })) : [{ text: line }];
  });
}

/** A tab after a marker is no column. */
function cellsOf(line) {
  const cells = line.split("\t").map(tidy);
  while (cells.length > 1 && MARKER_CELL.test(cells[0])) cells.shift();
  return cells;
}

/** Page styles would be violations of the CSP, even in a document that is never shown. */
const withoutStyles = (html) =>
  html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/<[^>]*>/g, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));

class HtmlReader {
  isCut = false;

  read(html) {
    this.rows = [];
    this.line = null;
    const page = new DOMParser().parseFromString(withoutStyles(html), "text/html");
    this.#walk(page.body, -1);
    this.#end();
    return this.rows.filter((row) => row.some(({ text }) => text));
  }

  #walk(parent, depth) {
    for (const node of parent.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) this.#write(node.data);
      else if (node.nodeType === Node.ELEMENT_NODE && !SKIPPED.includes(node.tagName)) this.#element(node, depth);
    }
  }

  #element(node, depth) {
    const { tagName } = node;
    if (isStruck(node)) {
      this.isCut ||= Boolean(node.textContent.trim());
      return;
    }
    if (tagName === "BR") return this.#break();
    if (tagName === "TABLE") return this.#table(node);
    if (isIgnoredMarker(node)) return this.#marker(node);
    const isBlock = BLOCKS.includes(tagName);
    if (isBlock && !(this.line?.isItem && !this.line.text)) this.#end();
    if (tagName === "LI") this.#item(node, depth);
    else if (isWordItem(node)) this.line = { text: "", depth: wordLevel(node), marker: "bullet", isItem: true };
    this.#walk(node, depth + (tagName === "UL" || tagName === "OL" ? 1 : 0));
    if (isBlock) this.#end();
  }

  #item(node, depth) {
    this.#end();
    const level = Number(node.getAttribute("aria-level") ?? node.dataset.ariaLevel);
    const isNumbered = node.parentElement.tagName === "OL" && !isBulleted(node);
    const mark = isNumbered ? "number" : "bullet";
    this.line = { text: "", marker: mark, depth: level ? level - 1 : Math.max(0, depth), isItem: true };
  }

  #marker(node) {
    const sign = tidy(node.textContent);
    if (this.line) this.line.marker = /[\p{N}\p{L}]/u.test(sign) && !/^[o§vØüqnul]$/.test(sign) ? "number" : "bullet";
  }

  #write(data) {
    const text = data.replace(/[\s\u00a0]+/g, " ");
    if (!this.line?.text && !text.trim()) return;
    this.line ??= { text: "" };
    this.line.text += text;
  }

  /** A break inside an item is a soft one. */
  #break() {
    if (this.line?.isItem) this.line.text += " ";
    else this.#end();
  }

  #end() {
    const { line } = this;
    this.line = null;
    if (line && tidy(line.text)) this.rows.push([{ ...line, text: tidy(line.text) }]);
  }

  #table(table) {
    this.#end();
    const before = this.rows;
    const tableRows = [...table.rows].map((row) => [...row.cells].map((cell) => this.#cell(cell)));
    this.rows = before;
    for (const cells of tableRows) {
      const height = Math.max(...cells.map((lines) => lines.length));
      for (let n = 0; n < height; n += 1) this.rows.push(cells.map((lines) => lines[n] ?? { text: "" }));
    }
  }

  /** Return the lines of a cell, at least one. */
  #cell(cell) {
    this.rows = [];
    this.line = null;
    this.#walk(cell, -1);
    this.#end();
    const lines = this.rows.flat();
    return lines.length ? lines : [{ text: "" }];
  }
}

/** Tracked deletions and text that is struck through. */
const isStruck = (node) => /^(?:DEL|S|STRIKE)$/.test(node.tagName) || /line-through/i.test(node.dataset.style ?? "");

/** Word puts the sign of an item into a span of its own. */
const isIgnoredMarker = (node) => /mso-list:\s*Ignore/i.test(node.dataset.style ?? "");
const isWordItem = (node) => node.tagName === "P" && wordLevel(node) !== null;

function wordLevel(node) {
  const found = (node.dataset.style ?? "").match(/mso-list:[^;]*\blevel(\d)/i);
  return found ? Number(found[1]) - 1 : null;
}

const isBulleted = (node) => /list-style-type:\s*(?:disc|circle|square)/i.test(node.dataset.style ?? "");

/**
 * Return {zh, en}, lists of lines of equal length, if the rows have two columns that differ in script; else the
 * lines of one column.
 */
export function splitColumns(rows) {
  const full = rows.filter((row) => row.some(({ text }) => text.trim()));
  const width = Math.max(...full.map((row) => row.length));
  const columns = Array.from({ length: width }, (_, n) => full.map((row) => row[n] ?? { text: "" }));
  const worded = columns.filter((column) => column.some(({ text }) => text && !MARKER_CELL.test(text)));
  const [zh, en] = ["zh", "en"].map((side) => worded.filter((column) => scriptOf(column) === side));
  const isTable = width > 1 && full.every((row) => row.length > 1) && zh.length === 1 && en.length === 1;
  if (!isTable) return { lines: rows.map((row) => (row.length > 1 ? { text: row[0].whole ?? joined(row) } : row[0])) };
  const isHead = HEADS.test(zh[0][0].text) && HEADS.test(en[0][0].text);
  return { zh: zh[0].slice(Number(isHead)), en: en[0].slice(Number(isHead)) };
}

const joined = (row) => row.map(({ text }) => text).filter(Boolean).join(" ");

function scriptOf(column) {
  const text = column.map((line) => line.text).join(" ");
  const [han, words] = [HAN, LATIN].map((pattern) => (text.match(pattern) ?? []).length);
  if (!han && !words) return null;
  return han > words ? "zh" : "en";
}
