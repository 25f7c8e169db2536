// Keys of a list, and rows whose form opens in place. The form is that of the row's own page, so both save alike.
// j k move, x selects, e opens the form, / searches, Enter follows the title, Ctrl+Enter saves, Escape closes.

import { createElement } from "./dom.js";

const search = document.getElementById("searchbar");
const box = document.getElementById("rows-box");
const bulk = document.querySelector(".bulk");
const listRows = () => [...document.querySelectorAll("#rows > .row")];
const currentRow = () => document.querySelector("#rows > .row.is-on");
const openForm = () => document.querySelector("#rows .edit-form");

function moveTo(row) {
  if (!row) return;
  currentRow()?.classList.remove("is-on");
  row.classList.add("is-on");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const rows = listRows();
  const at = rows.indexOf(currentRow());
  moveTo(rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]);
}

// Selection

const boxes = () => [...document.querySelectorAll("#rows > .row > [type=checkbox]")];

function showSelection() {
  if (!bulk) return;
  const n = boxes().filter((one) => one.checked).length;
  const counter = bulk.querySelector("[data-counted]");
  document.body.classList.toggle("has-selection", n > 0);
  counter.textContent = n ? counter.dataset.counted.replace("{n}", n) : "";
}

function select(checked, rows = boxes()) {
  for (const one of rows) one.checked = checked;
  showSelection();
}

// The form of a row

const readPage = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");

function close() {
  const row = openForm()?.closest(".row");
  row?.classList.remove("is-open");
  openForm()?.closest(".edit").remove();
  return row;
}

function put(row, page) {
  close();
  const form = page.querySelector(".edit-form");
  if (!form) return location.assign(row.dataset.editUrl);
  for (const part of form.querySelectorAll("[data-page]")) part.remove();
  form.action = row.dataset.editUrl;
  for (const link of form.querySelectorAll("a[href]")) link.href = new URL(link.getAttribute("href"), form.action);
  const cancel = form.querySelector("[data-cancel]");
  cancel.replaceWith(createElement("button", { type: "button", className: "btn", data: { cancel: "" }, textContent: box.dataset.cancel }));
  row.append(createElement("div", { className: "edit" }, form));
  row.classList.add("is-open");
  moveTo(row);
  (form.querySelector(".has-errors :is(input, textarea, select)") ??
    form.querySelector(":is(input:not([type=hidden]), textarea, select)"))?.focus();
}

async function edit(row) {
  if (!row?.dataset.editUrl) return row?.querySelector("a.t")?.click();
  const response = await fetch(row.dataset.editUrl);
  if (!response.ok) return location.assign(row.dataset.editUrl);
  put(row, await readPage(response));
}

/** Show the messages of another page. */
function showMessages(page) {
  document.querySelector(".messagelist")?.remove();
  const list = page.querySelector(".messagelist");
  if (list) box.before(list);
  list?.setAttribute("role", "status");
}

async function save(form, submitter) {
  const row = form.closest(".row");
  const response = await fetch(form.action, { method: "POST", body: new FormData(form, submitter) });
  const page = await readPage(response);
  if (!response.redirected) return put(row, page);
  const fresh = page.getElementById("rows") ? page : await readPage(await fetch(location.href));
  showMessages(page);
  close();
  document.getElementById("rows").replaceWith(fresh.getElementById("rows"));
  showSelection();
  moveTo(document.getElementById(row.id) ?? listRows()[0]);
}

document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (!target.closest("#rows .edit-form")) return;
  event.preventDefault();
  save(target, submitter);
});

document.addEventListener("click", (event) => {
  const { target } = event;
  const row = target.closest("#rows > .row");
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.closest("[data-edit]")) {
    event.preventDefault();
    edit(row);
  } else if (target.closest(".edit-form [data-cancel]")) moveTo(close());
  else if (target.closest("[data-all]")) select(true);
  else if (target.closest("[data-clear]")) select(false);
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("#rows > .row > [type=checkbox]")) showSelection();
  if (target.matches(".filters select")) target.form.requestSubmit();
});

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => search?.focus(),
  x: () => {
    const mine = currentRow()?.querySelector(":scope > [type=checkbox]");
    if (mine) select(!mine.checked, [mine]);
  },
  e: () => edit(currentRow()),
  Enter: () => currentRow()?.querySelector("a.t")?.click(),
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.isComposing || target.closest("dialog")) return;
  const isTyping = target.matches("input:not([type=checkbox]), textarea, select");
  const form = target.closest(".edit-form");
  if (key === "Escape") {
    if (form) moveTo(close());
    else if (target === search) step(0);
    else document.querySelector("details.filters[open]")?.removeAttribute("open");
  } else if (form && key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".first"));
  } else if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey && KEYS[key]) {
    if (key === "Enter" && target.closest("a, button, summary, [type=checkbox]")) return;
    event.preventDefault();
    KEYS[key]();
  }
});

for (const button of bulk?.querySelectorAll("[hidden]") ?? []) button.hidden = false;
for (const form of document.querySelectorAll("#list-filters")) {
  // An address without the empty fields of the menu.
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
}
showSelection();
