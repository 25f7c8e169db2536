// Keys of a list: j k move, x selects, e and Enter open, / searches. The bulk bar counts what is selected.

const search = document.getElementById("searchbar");
const bulk = document.querySelector(".bulk");
const rows = [...document.querySelectorAll("#result_list tbody tr")];
const boxes = rows.map((row) => row.querySelector(".action-select")).filter(Boolean);
let current = -1;

function moveTo(index) {
  rows[current]?.classList.remove("is-on");
  current = Math.max(0, Math.min(rows.length - 1, index));
  const row = rows[current];
  if (!row) return;
  row.classList.add("is-on");
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function showSelection() {
  const n = boxes.filter((box) => box.checked).length;
  document.body.classList.toggle("has-selection", n > 0);
  const counter = bulk?.querySelector("[data-counted]");
  if (counter) counter.textContent = n ? counter.dataset.counted.replace("{n}", n) : "";
}

const open = (row) => row?.querySelector("th a")?.click();

const KEYS = {
  j: () => moveTo(current + 1),
  k: () => moveTo(current - 1),
  x: () => rows[current]?.querySelector(".action-select")?.click(),
  e: () => open(rows[current]),
  "/": () => search?.focus(),
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || target.closest("dialog")) return;
  // On a checkbox, Enter would press the first button of the bar.
  const act = key === "Enter" && target.matches("tr, .action-select") ? () => open(target.closest("tr")) : KEYS[key];
  if (key === "Escape" && target === search) moveTo(0);
  else if (key === "Escape") document.querySelector("details.filters[open]")?.removeAttribute("open");
  else if (act && !target.matches("input:not([type=checkbox]), select")) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("change", showSelection);

for (const button of bulk?.querySelectorAll("[data-select]") ?? []) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const box of boxes) box.checked = Boolean(button.dataset.select);
    showSelection();
  });
}
// An address without the empty fields of the menu.
document.getElementById("list-filters")?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
addEventListener("pageshow", showSelection); // also what the browser restores on *Back*
