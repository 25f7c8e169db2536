// Move, add and delete rows of authors and keywords. Without this module the same buttons post the form, and
// the server returns the page with the rows changed. Rows are saved in page order. A deleted row stays,
// marked, until the form is saved.

import { announce, cloneRow } from "../dom.js";

const form = document.getElementById("brief-form");
const ROW = ".name-row";
const GROUPS = "[data-group=author], [data-group=keyword]";

const rowsIn = (box) => [...box.querySelectorAll(`:scope > ${ROW}`)];

function number(box) {
  rowsIn(box).forEach((row, i) => {
    for (const part of [row, ...row.querySelectorAll("[aria-label]")]) {
      const label = part.getAttribute("aria-label");
      if (label) part.setAttribute("aria-label", label.replace(/\d+$/, i + 1));
    }
  });
}

function newKey(box) {
  const { letter } = box.dataset;
  const taken = rowsIn(box).map((row) => row.id).filter((id) => id.startsWith(letter));
  return letter + (Math.max(0, ...taken.map((id) => Number(id.slice(1)))) + 1);
}

function make(box, key = newKey(box)) {
  const template = box.querySelector(":scope > template");
  const row = cloneRow(template, `${box.dataset.letter}0`, key);
  template.before(row);
  return row;
}

function write(row) {
  row.querySelector("textarea, input:not([type=hidden])").focus();
}

function mark(row, value) {
  row.classList.toggle("is-deleted", value === "1");
  row.querySelector(`[name="deleted-${row.id}"]`).value = value;
  row.querySelector(value ? ".restore" : ".delete")?.focus();
}

const ORDERS = {
  up: (row) => row.previousElementSibling?.before(row),
  down: (row) => row.nextElementSibling?.matches(ROW) && row.nextElementSibling.after(row),
  delete: (row) => mark(row, "1"),
  restore: (row) => mark(row, ""),
};

/** Replace the rows of a group with those that another person saved. */
export function replaceRows(group, rows) {
  const box = form.querySelector(`[data-group="${group}"]`);
  for (const row of rowsIn(box)) row.remove();
  for (const values of rows) {
    const row = make(box, values.key);
    for (const [name, value] of Object.entries(values)) {
      const field = row.querySelector(`[name="${name}-${values.key}"]`);
      if (field) field.value = value;
    }
    announce(row, "desk:filled");
  }
  if (!rows.length) make(box);
  number(box);
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]");
  const [order, key] = button?.value.split(":") ?? [];
  const row = button?.closest(ROW);
  const box = row?.parentElement ?? form.querySelector(`[data-group="${key}"]:is(${GROUPS})`);
  if (!button || !box || (!row && order !== "add")) return;
  event.preventDefault();
  if (order === "add") write(make(box));
  else ORDERS[order]?.(row);
  if (order === "up" || order === "down") button.focus();
  number(box);
  announce(form, "desk:changed");
});
