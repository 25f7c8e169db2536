// Rows of pairs, authors and keywords: moved, added and deleted in the page. Without this module the same
// buttons post the form, and the server sends the page back with the rows changed. The order that counts is
// the order of the rows; a deleted one stays, marked, until the form is saved.

const form = document.getElementById("brief-form");
const ROW = ".pair, .name-row";

function number(rows) {
  [...rows.children].filter((row) => row.matches(ROW)).forEach((row, i) => {
    const shown = row.querySelector(":scope > .gutter > .n");
    if (shown) shown.textContent = i + 1;
    for (const part of [row, ...row.querySelectorAll("[aria-label]")]) {
      const label = part.getAttribute("aria-label");
      if (label) part.setAttribute("aria-label", label.replace(/\d+$/, i + 1));
    }
  });
}

function newKey(rows) {
  const letter = rows.dataset.letter;
  const taken = [...rows.children].map((row) => row.id ?? "").filter((id) => id.startsWith(letter));
  return letter + (Math.max(0, ...taken.map((id) => Number(id.slice(1)))) + 1);
}

function make(rows) {
  const row = rows.querySelector(":scope > template").content.firstElementChild.cloneNode(true);
  const key = newKey(rows);
  const blank = rows.dataset.letter + "0";
  for (const part of [row, ...row.querySelectorAll("*")]) {
    for (const name of ["id", "name", "value", "for"]) {
      const value = part.getAttribute(name);
      if (value?.endsWith(blank)) part.setAttribute(name, value.slice(0, -blank.length) + key);
    }
  }
  return row;
}

function write(row) {
  row.querySelector("textarea, input:not([type=hidden])").focus();
}

const ORDERS = {
  up: (row) => row.previousElementSibling?.before(row),
  down: (row) => row.nextElementSibling?.matches(ROW) && row.nextElementSibling.after(row),
  after: (row, rows) => {
    const made = make(rows);
    row.after(made);
    return made;
  },
  delete: (row) => mark(row, "1"),
  restore: (row) => mark(row, ""),
};

function mark(row, value) {
  row.classList.toggle("is-deleted", value === "1");
  row.querySelector(`[name="deleted-${row.id}"]`).value = value;
  row.querySelector(value ? ".restore" : ".delete").focus();
}

function add(group) {
  const rows = form.querySelector(`.rows[data-group="${group}"]`);
  const made = make(rows);
  rows.insertBefore(made, rows.querySelector(":scope > template"));
  number(rows);
  write(made);
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]");
  if (!button) return;
  event.preventDefault();
  const [order, key] = button.value.split(":");
  if (order === "add") return add(key), changed();
  const row = button.closest(ROW);
  const rows = row.parentElement;
  const made = ORDERS[order](row, rows);
  number(rows);
  if (order === "after") write(made);
  else if (order === "up" || order === "down") button.focus();
  changed();
});

function changed() {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
